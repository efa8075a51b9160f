//! A state dict as a chain of affine layers.

use super::Contents;
use super::names::{self, Role, SEPARATORS};
use super::order::{self, Unit};
use super::orientation;
use super::state::{Module, Other, State};
use super::tensor::Tensor;
use crate::quote::listed;
use ndarray::Array2;
use std::collections::HashSet;

/// A chain of affine layers, each with at most one PReLU after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequential {
    /// From the input to the head.
    pub layers: Vec<Linear>,
}

/// One `torch.nn.Linear`, or one `Dense` of Flax or Keras.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Its name in the file, such as `0`, `model.fc2` or `params/Dense_0`.
    pub name: String,
    /// The weight's own name in the file, such as `0.weight` or `params/Dense_0/kernel`.
    pub weight_name: String,
    /// out × in, however the file stores it.
    pub weight: Array2<f64>,
    /// The bias's own name in the file.
    pub bias_name: Option<String>,
    /// out × 1.
    pub bias: Option<Array2<f64>>,
    /// The PReLU after it.
    pub slope: Option<Slope>,
}

/// One PReLU with a single slope.
#[derive(Clone, Debug, PartialEq)]
pub struct Slope {
    /// Its parameter's name in the file, such as `1.weight`.
    pub name: String,
    /// Its value.
    pub value: f64,
}

/// A network as it was read from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The network.
    pub network: Sequential,
    /// The modules that `--layers-from` names, by their whole names in its order; `None` without that option.
    pub layers_from: Option<Vec<String>>,
    /// What a reader should know, in sentences: which order was taken, what was transposed, skipped or left out.
    pub notes: Vec<String>,
}

impl Sequential {
    /// Reads the layers of a state dict: `<module>.weight` (out × in), `<module>/kernel` (in × out) or `W1` (either), each
    /// with its `bias`, and the slopes of PReLUs.
    ///
    /// `layers_from` names the modules to take, in their order. Without it all are taken: in the order of their numbers
    /// where their names differ in nothing else, else in the order of the file if the shapes fit.
    ///
    /// # Errors
    /// One sentence with the tensor or the layer, what is wrong and the fix.
    pub fn read(contents: Contents, layers_from: Option<&[String]>) -> Result<Imported, String> {
        let mut notes: Vec<String> = contents.skipped_note(|_| false).into_iter().collect();
        let State { mut modules, others } = State::new(contents.in_place())?;
        notes.extend(orientation::settle(&mut modules));
        let modules = match layers_from {
            Some(given) => picked(modules, &others, given, &mut notes)?,
            None => ordered(modules, others.first(), &mut notes)?,
        };
        let kernels = modules.iter().filter(|module| module.role == Role::Kernel);
        let kernels: Vec<String> = kernels.map(|module| format!("`{}`", module.weight.name)).collect();
        notes.extend(names::transposed_note(&kernels));
        let layers_from = layers_from.map(|_| modules.iter().map(|module| module.name.clone()).collect());
        Ok(Imported { network: Sequential { layers: chain(modules)? }, layers_from, notes })
    }

    /// Features, then the units of every layer; the last are the outputs.
    pub fn units(&self) -> Vec<usize> {
        let features = self.layers.first().map(|layer| layer.weight.ncols());
        features.into_iter().chain(self.layers.iter().map(|layer| layer.weight.nrows())).collect()
    }
}

/// All modules in the order that names and shapes decide; `other` is the first tensor that belongs to none.
fn ordered(modules: Vec<Module>, other: Option<&Other>, notes: &mut Vec<String>) -> Result<Vec<Module>, String> {
    if let Some(other) = other {
        return Err(other.reason.clone());
    }
    let sizes: Vec<Option<(usize, usize)>> = modules.iter().map(Module::sizes).collect::<Result<_, _>>()?;
    check_layers(&modules, &sizes, "the file holds")?;
    let names: Vec<&str> = modules.iter().map(|module| module.name.as_str()).collect();
    let prefix = shared_prefix(&names);
    let units: Vec<Unit> =
        names.iter().zip(&sizes).map(|(name, &sizes)| Unit { name: &name[prefix..], sizes }).collect();
    let (order, note) = order::by_name_or_place(&units)?;
    notes.extend(note);
    Ok(in_order(modules, &order).0)
}

/// The modules that `--layers-from` gives; what it leaves out is noted.
fn picked(
    modules: Vec<Module>,
    others: &[Other],
    given: &[String],
    notes: &mut Vec<String>,
) -> Result<Vec<Module>, String> {
    let mut names: Vec<&str> = modules.iter().map(|module| module.name.as_str()).collect();
    // A layer whose weight cannot be read is refused for that reason, not as unknown.
    let mut known: HashSet<&str> = names.iter().copied().collect();
    let more = others.iter().map(|other| other.module.as_str());
    names.extend(more.filter(|module| !module.is_empty() && known.insert(module)));
    let order = order::picked(&names, shared_prefix(&names), given)?;
    for name in order.iter().map(|&index| names[index]) {
        let is_part = |module: &str| {
            let rest = module.strip_prefix(name).map(|rest| rest.trim_start_matches(SEPARATORS));
            matches!(rest, Some("" | "weight" | "kernel"))
        };
        if let Some(other) = others.iter().find(|other| is_part(&other.module)) {
            return Err(other.reason.clone());
        }
    }
    let (modules, left) = in_order(modules, &order);
    let sizes: Vec<Option<(usize, usize)>> = modules.iter().map(Module::sizes).collect::<Result<_, _>>()?;
    check_layers(&modules, &sizes, "--layers-from gives")?;
    let left = left.iter().flat_map(Module::words).chain(others.iter().map(|other| other.words.clone()));
    let left: Vec<String> = left.collect();
    notes.extend((!left.is_empty()).then(|| format!("left out by --layers-from: {}", listed(&left))));
    Ok(modules)
}

/// How many bytes all of these names begin with, up to a separator after which no name is another's whole one.
fn shared_prefix(names: &[&str]) -> usize {
    let whole: HashSet<&str> = names.iter().copied().collect();
    let is_unmistakable = |cut: &usize| names.iter().all(|name| !whole.contains(&name[*cut..]));
    names::shared_prefixes(names, &SEPARATORS).into_iter().rev().find(is_unmistakable).unwrap_or(0)
}

/// The modules of these indices in their order, and the others.
fn in_order(modules: Vec<Module>, order: &[usize]) -> (Vec<Module>, Vec<Module>) {
    let mut modules: Vec<Option<Module>> = modules.into_iter().map(Some).collect();
    let taken = order.iter().filter_map(|&index| modules.get_mut(index)?.take()).collect();
    (taken, modules.into_iter().flatten().collect())
}

/// A network has at least two layers.
fn check_layers(modules: &[Module], sizes: &[Option<(usize, usize)>], source: &str) -> Result<(), String> {
    let layers = || modules.iter().zip(sizes).filter(|(_, sizes)| sizes.is_some()).map(|(module, _)| module);
    match (layers().next(), layers().nth(1)) {
        (None, _) => Err(format!("{source} no layer: give the state dict of a network with a weight per layer")),
        (Some(only), None) => {
            Err(format!("{source} one layer, `{}`: a network has a hidden layer and a head", only.name))
        }
        _ => Ok(()),
    }
}

/// Modules in their order as layers that fit, each with its slope.
fn chain(modules: Vec<Module>) -> Result<Vec<Linear>, String> {
    let mut layers: Vec<Linear> = Vec::with_capacity(modules.len());
    for module in modules {
        module.weight.check_finite()?;
        module.bias.as_ref().map_or(Ok(()), Tensor::check_finite)?;
        match module.sizes()? {
            Some(sizes) => layers.push(linear(module, sizes, layers.last())?),
            None => add_slope(&mut layers, &module.weight)?,
        }
    }
    match layers.last() {
        Some(Linear { slope: Some(slope), .. }) => {
            Err(format!("tensor `{}` comes after the last layer: a network ends with its head", slope.name))
        }
        _ => Ok(layers),
    }
}

fn linear(module: Module, (inputs, outputs): (usize, usize), below: Option<&Linear>) -> Result<Linear, String> {
    let Module { name, weight, role, bias } = module;
    let (tensor, shape) = (&weight.name, weight.shape_in_words());
    if let Some(below) = below.filter(|below| below.weight.nrows() != inputs) {
        let (units, how) = (below.weight.nrows(), if role == Role::Kernel { " (a kernel is in × out)" } else { "" });
        return Err(format!(
            "tensor `{tensor}` of shape {shape} takes {inputs} inputs{how} and the layer before, `{}`, has {units} outputs: give layers that fit",
            below.name
        ));
    }
    if let Some(bias) = bias.as_ref().filter(|bias| bias.shape != [outputs]) {
        let (bias, has) = (&bias.name, bias.shape_in_words());
        return Err(format!("tensor `{bias}` has shape {has} and its weight {shape}: a bias has shape [{outputs}]"));
    }
    let matrix = |shape, values| Array2::from_shape_vec(shape, values).expect("invariant: as many values as the shape");
    let (bias_name, bias) = bias.map(|bias| (bias.name, matrix((outputs, 1), bias.values))).unzip();
    let weight_name = weight.name;
    let weight = match role {
        Role::Kernel => matrix((inputs, outputs), weight.values).t().as_standard_layout().into_owned(),
        _ => matrix((outputs, inputs), weight.values),
    };
    Ok(Linear { name, weight_name, weight, bias_name, bias, slope: None })
}

fn add_slope(layers: &mut [Linear], tensor: &Tensor) -> Result<(), String> {
    match layers.last_mut() {
        Some(Linear { slope: slope @ None, .. }) => {
            *slope = Some(Slope { name: tensor.name.clone(), value: tensor.values[0] });
            Ok(())
        }
        _ => Err(format!(
            "tensor `{}`, the slope of a PReLU, has no layer before it: give one PReLU per layer",
            tensor.name
        )),
    }
}
