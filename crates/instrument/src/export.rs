//! Network, batch, every arithmetic's gradients and the exact ones as files for other programs.
//!
//! Parameters have the names that `load_state_dict` of a `torch.nn.Sequential` expects: those of the file that the
//! network came from, or, of a drawn one, 0, 2, 4, … for the affine layers and 1, 3, … for PReLU. Gradients
//! have the names and shapes of their parameters.

mod decimals;

use crate::arithmetic::{Exact, Policy};
use crate::backprop::{Setup, gradients};
use crate::data::{Batch, Targets};
use crate::exchange::{Dtype, Tensor, gradient_bytes, safetensors_bytes};
use crate::graph::{Network, Operation};
use crate::probe::{self, Drawn};
use crate::record::Run;
use crate::spec::{Plan, RunPlan};
use crate::truth::Undecided;
use crate::truth::{Prepared, TruthPass};
use decimals::{Document, Entry};
use ndarray::Array2;

/// The file that marks a directory as an export.
pub const TRUTH: &str = "truth.json";
/// How the names of files of gradients begin.
pub const GRADIENTS: &str = "gradients.";
// The network, the batch, and the doubles nearest to the exact gradients.
const NETWORK: &str = "network.safetensors";
const BATCH: &str = "batch.safetensors";
const NEAREST: &str = "truth.safetensors";

/// Names and contents of one run's files: trial 1, with the exact gradient at the precision that its measurement needed, and
/// gradients computed with the loss scale of the measurement and then unscaled.
///
/// `network.safetensors` and `batch.safetensors` hold what was measured; `gradients.<arithmetic>.safetensors` each
/// arithmetic's gradients exactly, as doubles, with the arithmetic in the metadata, or, if doubles cannot hold them,
/// `gradients.<arithmetic>.json` in decimals; [`TRUTH`] the exact gradients in decimals, five digits more than are proven
/// and at most 60, with their error bounds, and `truth.safetensors` the nearest doubles. The same plan gives the same
/// bytes.
pub fn files(plan: &Plan, run: &RunPlan, measured: &Run) -> Vec<(String, Vec<u8>)> {
    let Drawn { network, batch } = probe::draw(plan, run, 0);
    let places = places(&network, plan.network.is_some());
    let mut files = what_is_measured(&network, &batch, &places);
    let scales = measured.arithmetics.iter().map(|arithmetic| arithmetic.log2_loss_scale.unwrap_or(0));
    files.extend(plan.arithmetics.iter().zip(scales).map(|(policy, log2_loss_scale)| {
        let setup = Setup { log2_loss_scale, ..(*policy).into() };
        computed(setup, &stem(plan, policy), &network, &batch, &places)
    }));
    let precision = measured.truth.precision.first().copied().unwrap_or(64);
    files.extend(truth(&network, &batch, &places, precision));
    files
}

/// The files that are known before anything is measured: the network and the batch.
pub fn inputs(plan: &Plan, run: &RunPlan) -> Vec<(String, Vec<u8>)> {
    let Drawn { network, batch } = probe::draw(plan, run, 0);
    what_is_measured(&network, &batch, &places(&network, plan.network.is_some()))
}

/// Names of all files that [`files`] may return, those of gradients with either extension.
pub fn names(plan: &Plan) -> Vec<String> {
    let fixed = [NETWORK, BATCH, NEAREST, TRUTH].map(String::from);
    let gradients = plan.arithmetics.iter().map(|policy| stem(plan, policy));
    fixed
        .into_iter()
        .chain(gradients.flat_map(|stem| ["safetensors", "json"].map(|ending| format!("{stem}.{ending}"))))
        .collect()
}

fn what_is_measured(network: &Network, batch: &Batch, places: &[Place]) -> Vec<(String, Vec<u8>)> {
    let parameters = network.parameters.iter().zip(places);
    let parameters: Vec<Tensor> = parameters.map(|(parameter, place)| place.tensor(&parameter.values)).collect();
    vec![(NETWORK.to_string(), safetensors_bytes(&parameters)), (BATCH.to_string(), safetensors_bytes(&samples(batch)))]
}

/// `gradients.f16-acc-f32`: the file of an arithmetic's gradients without its ending.
fn stem(plan: &Plan, policy: &Policy) -> String {
    format!("{GRADIENTS}{}", plan.spec.names.of(&policy.to_string()).replace([':', '=', '/'], "-"))
}

/// What a parameter is called in the files, and that biases and slopes have one dimension there.
struct Place {
    name: String,
    is_vector: bool,
}

impl Place {
    fn shape<T>(&self, matrix: &Array2<T>) -> Vec<usize> {
        if self.is_vector { vec![matrix.len()] } else { vec![matrix.nrows(), matrix.ncols()] }
    }

    fn tensor(&self, matrix: &Array2<f64>) -> Tensor {
        Tensor::doubles(self.name.clone(), self.shape(matrix), matrix.iter().copied().collect())
    }
}

/// The place of every parameter of a network.
fn places(network: &Network, is_from_file: bool) -> Vec<Place> {
    let named = |parameter: &crate::graph::Parameter| Place { name: parameter.name.clone(), is_vector: false };
    let mut places: Vec<Place> = network.parameters.iter().map(named).collect();
    let mut put = |parameter: Option<usize>, name: String, is_vector| {
        if let Some(parameter) = parameter {
            let kept = std::mem::take(&mut places[parameter].name);
            places[parameter] = Place { name: if is_from_file { kept } else { name }, is_vector };
        }
    };
    for (index, layer) in network.sites.iter().enumerate() {
        if let Operation::Affine { weight, bias } = network.nodes[layer.node].operation {
            put(Some(weight), format!("{}.weight", 2 * index), false);
            put(bias, format!("{}.bias", 2 * index), true);
        }
        let activation = layer.activation.map(|node| &network.nodes[node].operation);
        if let Some(Operation::Activation { slope, .. }) = activation {
            put(*slope, format!("{}.weight", 2 * index + 1), true);
        }
    }
    places
}

/// `x` and `y`, a row per sample.
fn samples(batch: &Batch) -> Vec<Tensor> {
    let rows = |name: &str, columns: &Array2<f64>| {
        Tensor::doubles(name, vec![columns.ncols(), columns.nrows()], columns.t().iter().copied().collect())
    };
    let y = match &batch.targets {
        Targets::Classes(classes) => Tensor {
            dtype: Dtype::I64,
            ..Tensor::doubles("y", vec![classes.len()], classes.iter().map(|&class| class as f64).collect())
        },
        Targets::Values(values) => rows("y", values),
    };
    vec![rows("x", &batch.inputs), y]
}

/// One arithmetic's gradients in a file of that stem: as doubles if doubles hold them exactly, else in decimals.
fn computed(setup: Setup, stem: &str, network: &Network, batch: &Batch, places: &[Place]) -> (String, Vec<u8>) {
    let name = setup.policy;
    let parameters = network.site_parameters();
    let mut found: Vec<Option<Array2<Exact>>> = vec![None; places.len()];
    for layer in gradients(setup, network, batch) {
        for (parameter, gradient) in parameters[layer.site].iter().zip([Some(layer.weight), layer.bias, layer.slope]) {
            if let (Some(parameter), Some(gradient)) = (*parameter, gradient) {
                found[parameter] = Some(gradient.to_array());
            }
        }
    }
    let found = || places.iter().zip(&found).filter_map(|(place, found)| Some((place, found.as_ref()?)));
    let is_double = |x: &Exact| matches!(x, Exact::Double(_)) || !x.is_finite() || Exact::Double(x.to_f64()) == *x;
    if found().all(|(_, gradient)| gradient.iter().all(is_double)) {
        let tensors: Vec<Tensor> = found().map(|(place, matrix)| place.tensor(&matrix.map(Exact::to_f64))).collect();
        return (format!("{stem}.safetensors"), gradient_bytes(&tensors, &name.to_string()));
    }
    let digits = decimals::digits(name.backward.format.precision);
    let entries = found().map(|(place, matrix)| {
        let values = matrix.iter().map(|x| decimals::decimal(&x.to_float(), digits)).collect();
        (place.name.clone(), Entry::computed(place.shape(matrix), values))
    });
    (format!("{stem}.json"), Document { loss: network.loss.option(), parameters: entries.collect() }.to_json())
}

/// The exact gradients in decimals with their bounds, and the nearest doubles of those that are established.
fn truth(network: &Network, batch: &Batch, places: &[Place], precision: u32) -> [(String, Vec<u8>); 2] {
    let parameters = network.site_parameters();
    let prepared = Prepared::new(network);
    let mut entries: Vec<Option<Entry>> = places.iter().map(|_| None).collect();
    let mut nearest: Vec<Option<Tensor>> = places.iter().map(|_| None).collect();
    for layer in TruthPass::new(network, &prepared, batch, precision, Undecided::Refused) {
        for (parameter, gradient) in parameters[layer.site].iter().zip([Some(layer.weight), layer.bias, layer.slope]) {
            let (Some(parameter), Some(gradient)) = (*parameter, gradient) else { continue };
            let place = &places[parameter];
            let shape = place.shape(&network.parameters[parameter].values);
            entries[parameter] = Some(match gradient {
                Ok(gradient) => {
                    nearest[parameter] = Some(place.tensor(&gradient.values().map(rug::Float::to_f64)));
                    Entry::established(shape, &gradient)
                }
                Err(reason) => Entry::unknown(shape, reason),
            });
        }
    }
    let names = places.iter().map(|place| place.name.clone());
    let parameters = names.zip(entries).filter_map(|(name, entry)| Some((name, entry?))).collect();
    let nearest: Vec<Tensor> = nearest.into_iter().flatten().collect();
    [
        (NEAREST.to_string(), safetensors_bytes(&nearest)),
        (TRUTH.to_string(), Document { loss: network.loss.option(), parameters }.to_json()),
    ]
}
