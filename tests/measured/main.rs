//! What a record holds for the judgement: the layer's gradient as one vector, rows, the exact network, and what each trial
//! does under a source's removal and a remedy. Networks are given entry by entry, with answers that are known by hand.

#[path = "../common/mod.rs"]
mod common;
mod exact;
mod layers;
mod minibatches;
mod trials;
mod twins;

use precision_probe::exchange::{Activations, Tensor, write_safetensors};
use precision_probe::probe::{Silent, run};
use precision_probe::record::{ArithmeticRun, Attribute, LayerTrial, Record};
use precision_probe::spec::{Files, Spec};
use tempfile::TempDir;

/// A layer: its rows of weights, and its biases; no biases where there are none in any layer.
pub type Layer<'a> = (&'a [&'a [f64]], &'a [f64]);

/// A network and its batch, one sample a row.
pub struct Given<'a> {
    pub activation: &'a str,
    pub layers: &'a [Layer<'a>],
    pub inputs: &'a [&'a [f64]],
    pub targets: &'a [&'a [f64]],
}

/// Rows of numbers as a tensor.
fn matrix(name: &str, rows: &[&[f64]]) -> Tensor {
    Tensor::doubles(name, vec![rows.len(), rows[0].len()], rows.concat())
}

impl Given<'_> {
    /// The record of some formats, without attribution.
    pub fn measured(&self, formats: &[&str]) -> Record {
        self.measured_with(formats, Spec { attribute: Attribute::None, ..Spec::default() })
    }

    /// The same with the options of a spec.
    pub fn measured_with(&self, formats: &[&str], spec: Spec) -> Record {
        let place = TempDir::new().unwrap();
        let [network, batch] = ["w.safetensors", "b.safetensors"].map(|name| place.path().join(name));
        let mut tensors = Vec::new();
        for (index, (weight, bias)) in self.layers.iter().enumerate() {
            tensors.push(matrix(&format!("{}.weight", 2 * index), weight));
            if !bias.is_empty() {
                tensors.push(Tensor::doubles(format!("{}.bias", 2 * index).as_str(), vec![bias.len()], bias.to_vec()));
            }
        }
        write_safetensors(&network, &tensors).unwrap();
        write_safetensors(&batch, &[matrix("x", self.inputs), matrix("y", self.targets)]).unwrap();
        let formats = formats.iter().map(|name| (*name).to_string()).collect();
        let (mut files, mut spec) = (Files::default(), Spec { formats, ..spec });
        files.weights(&mut spec, &network, None, Some(Activations::Same(self.activation.into()))).unwrap();
        files.batch(&mut spec, &batch, None, None).unwrap();
        run(&spec.validate_with(files).unwrap(), &Silent)
    }
}

/// The first trial of a layer (from 1) of an arithmetic.
pub fn trial(record: &Record, arithmetic: usize, layer: usize) -> &LayerTrial {
    &record.runs[0].arithmetics[arithmetic].layers[layer - 1].trials[0]
}

/// The arithmetics of the first run.
pub fn arithmetics(record: &Record) -> &[ArithmeticRun] {
    &record.runs[0].arithmetics
}
