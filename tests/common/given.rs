//! Small networks, given entry by entry, and what is measured of them.
#![allow(dead_code)] // each test binary uses a part

use precision_probe::exchange::{Activations, Dtype, Tensor, write_safetensors};
use precision_probe::probe::{Silent, run};
use precision_probe::record::{Attribute, Record, Run};
use precision_probe::spec::{Files, Spec};
use tempfile::TempDir;

/// Rows of numbers.
pub type Rows = Vec<Vec<f64>>;

/// What a network should put out.
#[derive(Clone)]
pub enum Wanted {
    Values(Rows),
    Classes(Vec<usize>),
}

/// A network and its batch, one sample a row.
#[derive(Clone)]
pub struct Given {
    pub activation: &'static str,
    /// Weights and, where there are any, biases.
    pub layers: Vec<(Rows, Option<Vec<f64>>)>,
    pub inputs: Rows,
    pub wanted: Wanted,
}

/// Rows from a function of the place.
pub fn rows((rows, columns): (usize, usize), of: impl Fn(usize, usize) -> f64) -> Rows {
    (0..rows).map(|i| (0..columns).map(|j| of(i, j)).collect()).collect()
}

/// Every entry alike.
pub fn same(shape: (usize, usize), value: f64) -> Rows {
    rows(shape, |_, _| value)
}

/// Entries of different signs and sizes from 1/8 to 1, which few bits hold.
pub fn mixed(shape: (usize, usize)) -> Rows {
    rows(shape, |i, j| {
        let step = 1 + (5 * i + 3 * j) % 8;
        if (i + 2 * j) % 3 == 0 { -(step as f64) / 8.0 } else { step as f64 / 8.0 }
    })
}

/// A factor times every entry.
pub fn times(factor: f64, rows: Rows) -> Rows {
    rows.into_iter().map(|row| row.into_iter().map(|x| factor * x).collect()).collect()
}

fn tensor(name: &str, rows: &Rows) -> Tensor {
    Tensor::doubles(name, vec![rows.len(), rows[0].len()], rows.concat())
}

/// A layer as it is written down: its rows of weights, and its biases; no biases if no layer has any.
pub type Layer<'a> = (&'a [&'a [f64]], &'a [f64]);

/// A network and its batch as they are written down.
pub fn literal(activation: &'static str, layers: &[Layer], inputs: &[&[f64]], targets: &[&[f64]]) -> Given {
    let layer = |(weights, biases): &Layer| (owned(weights), (!biases.is_empty()).then(|| biases.to_vec()));
    Given { activation, layers: layers.iter().map(layer).collect(), inputs: owned(inputs), wanted: values(targets) }
}

/// Targets as they are written down.
pub fn values(targets: &[&[f64]]) -> Wanted {
    Wanted::Values(owned(targets))
}

fn owned(rows: &[&[f64]]) -> Rows {
    rows.iter().map(|row| row.to_vec()).collect()
}

impl Given {
    /// A network without biases.
    pub fn new(activation: &'static str, layers: Vec<Rows>, inputs: Rows, wanted: Rows) -> Given {
        let layers = layers.into_iter().map(|weights| (weights, None)).collect();
        Given { activation, layers, inputs, wanted: Wanted::Values(wanted) }
    }

    /// The same with biases of one value in each layer.
    pub fn biased(self, biases: &[f64]) -> Given {
        let layers = self.layers.into_iter().zip(biases);
        let layers = layers.map(|((weights, _), bias)| (weights.clone(), Some(vec![*bias; weights.len()]))).collect();
        Given { layers, ..self }
    }

    /// Its record.
    pub fn measured(&self, formats: &[&str], attribute: Attribute) -> Record {
        let place = TempDir::new().unwrap();
        let [network, batch] = ["w.safetensors", "b.safetensors"].map(|name| place.path().join(name));
        let mut tensors = Vec::new();
        for (index, (weights, biases)) in self.layers.iter().enumerate() {
            tensors.push(tensor(&format!("{}.weight", 2 * index), weights));
            if let Some(biases) = biases {
                tensors.push(Tensor::doubles(format!("{}.bias", 2 * index), vec![biases.len()], biases.clone()));
            }
        }
        let wanted = match &self.wanted {
            Wanted::Values(values) => tensor("y", values),
            Wanted::Classes(classes) => {
                let classes: Vec<f64> = classes.iter().map(|class| *class as f64).collect();
                Tensor { dtype: Dtype::I64, ..Tensor::doubles("y", vec![classes.len()], classes) }
            }
        };
        write_safetensors(&network, &tensors).unwrap();
        write_safetensors(&batch, &[tensor("x", &self.inputs), wanted]).unwrap();
        let formats = formats.iter().map(|name| (*name).to_string()).collect();
        let (mut files, mut spec) = (Files::default(), Spec { formats, attribute, ..Spec::default() });
        files.weights(&mut spec, &network, None, Some(Activations::Same(self.activation.into()))).unwrap();
        files.batch(&mut spec, &batch, None, None).unwrap();
        run(&spec.validate_with(files).unwrap(), &Silent)
    }
}

/// The record of a spec.
pub fn probe(spec: &Spec) -> Record {
    run(&spec.validate().expect("the spec is valid"), &Silent)
}

/// The only run of a spec's record.
pub fn only_run(spec: &Spec) -> Run {
    let mut record = probe(spec);
    assert_eq!(record.runs.len(), 1);
    record.runs.remove(0)
}

/// The record of drawn networks of a depth.
pub fn drawn(activations: &[&str], depth: usize, formats: &[&str], change: impl Fn(&mut Spec)) -> Record {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_string()).collect();
    let mut spec = Spec { activations: names(activations), depth, formats: names(formats), ..Spec::default() };
    change(&mut spec);
    probe(&spec)
}
