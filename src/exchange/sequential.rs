//! The state dict of a `torch.nn.Sequential` as a chain of affine layers.

use super::tensor::Tensor;
use ndarray::Array2;
use std::collections::BTreeMap;

/// A chain of affine layers, each with at most one PReLU behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequential {
    /// From the input to the head.
    pub layers: Vec<Linear>,
}

/// One `torch.nn.Linear`.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Its name in the file, such as `0` or `model.fc2`: parameters are `<name>.weight` and `<name>.bias`.
    pub name: String,
    /// out × in.
    pub weight: Array2<f64>,
    /// out × 1.
    pub bias: Option<Array2<f64>>,
    /// The PReLU behind it.
    pub slope: Option<Slope>,
}

/// One `torch.nn.PReLU` with a single slope.
#[derive(Clone, Debug, PartialEq)]
pub struct Slope {
    /// Its parameter's name in the file, such as `1.weight`.
    pub name: String,
    /// Its value.
    pub value: f64,
}

/// The tensors of one module.
#[derive(Default)]
struct Module {
    weight: Option<Tensor>,
    bias: Option<Tensor>,
}

impl Sequential {
    /// Reads the layers in the order of their numbers: `0.weight`, `0.bias`, `2.weight`, … behind any one prefix.
    ///
    /// # Errors
    /// One sentence with the tensor, what is wrong and the fix.
    pub fn new(tensors: Vec<Tensor>) -> Result<Sequential, String> {
        let mut modules: BTreeMap<u64, Module> = BTreeMap::new();
        let mut first: Option<(String, String)> = None;
        for tensor in tensors {
            tensor.check_finite()?;
            let name = tensor.name.clone();
            let (prefix, number, is_weight) = split(&name)?;
            let (known, example) = first.get_or_insert_with(|| (prefix.to_string(), name.clone()));
            if known != prefix {
                return Err(format!(
                    "tensors `{example}` and `{name}` differ in more than their number: give one chain of layers, as nn.Sequential saves it"
                ));
            }
            let module = modules.entry(number).or_default();
            let place = if is_weight { &mut module.weight } else { &mut module.bias };
            if let Some(other) = place.replace(tensor) {
                return Err(format!("tensors `{}` and `{name}` have the same number: keep one", other.name));
            }
        }
        let mut layers: Vec<Linear> = Vec::new();
        for Module { weight, bias } in modules.into_values() {
            let Some(weight) = weight else {
                let name = bias.map_or(String::new(), |bias| bias.name);
                return Err(format!("tensor `{name}` has no weight beside it: every layer needs one"));
            };
            match weight.shape.len() {
                2 => layers.push(linear(weight, bias, layers.last())?),
                1 => add_slope(&mut layers, &weight, bias.as_ref())?,
                _ => {
                    let (name, shape) = (&weight.name, weight.shape_in_words());
                    return Err(format!("tensor `{name}` has shape {shape}: only nn.Linear, [out × in], is read"));
                }
            }
        }
        match layers.as_slice() {
            [] => Err("the file holds no layer: give the state dict of an nn.Sequential".into()),
            [only] => {
                Err(format!("the file holds one layer, `{}`: a network has a hidden layer and a head", only.name))
            }
            [.., Linear { slope: Some(slope), .. }] => {
                Err(format!("tensor `{}` stands behind the last layer: a network ends with its head", slope.name))
            }
            _ => Ok(Sequential { layers }),
        }
    }

    /// Features, then the units of every layer; the last are the outputs.
    pub fn units(&self) -> Vec<usize> {
        let features = self.layers.first().map(|layer| layer.weight.ncols());
        features.into_iter().chain(self.layers.iter().map(|layer| layer.weight.nrows())).collect()
    }
}

/// `net.2.weight` as `net.`, 2 and whether it is the weight.
fn split(name: &str) -> Result<(&str, u64, bool), String> {
    let unknown = || {
        format!(
            "tensor `{name}` is no numbered weight or bias, such as `0.weight`: give the state dict of an nn.Sequential"
        )
    };
    let weight = name.strip_suffix(".weight");
    let module = weight.or_else(|| name.strip_suffix(".bias")).ok_or_else(unknown)?;
    let prefix = module.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = module[prefix.len()..].parse().map_err(|_| unknown())?;
    Ok((prefix, number, weight.is_some()))
}

fn linear(weight: Tensor, bias: Option<Tensor>, below: Option<&Linear>) -> Result<Linear, String> {
    let (rows, columns) = (weight.shape[0], weight.shape[1]);
    let (name, shape) = (&weight.name, weight.shape_in_words());
    if rows == 0 || columns == 0 {
        return Err(format!("tensor `{name}` has shape {shape}: a layer has inputs and outputs"));
    }
    if let Some(below) = below.filter(|below| below.weight.nrows() != columns) {
        let units = below.weight.nrows();
        return Err(format!(
            "tensor `{name}` of shape {shape} takes {columns} inputs and the layer before, `{}`, has {units} outputs: give layers that fit",
            below.name
        ));
    }
    if let Some(bias) = bias.as_ref().filter(|bias| bias.shape != [rows]) {
        let (bias, has) = (&bias.name, bias.shape_in_words());
        return Err(format!("tensor `{bias}` has shape {has} and its weight {shape}: a bias has shape [{rows}]"));
    }
    let matrix = |shape, values| Array2::from_shape_vec(shape, values).expect("invariant: as many values as the shape");
    Ok(Linear {
        name: name.strip_suffix(".weight").unwrap_or(name).to_string(),
        bias: bias.map(|bias| matrix((rows, 1), bias.values)),
        weight: matrix((rows, columns), weight.values),
        slope: None,
    })
}

/// A weight in one dimension is the slope of a PReLU, or belongs to a module that is not read.
fn add_slope(layers: &mut [Linear], weight: &Tensor, bias: Option<&Tensor>) -> Result<(), String> {
    let (name, shape) = (&weight.name, weight.shape_in_words());
    if bias.is_some() {
        return Err(format!("tensor `{name}` of shape {shape} has a bias: normalisation layers are not read"));
    }
    if weight.shape != [1] {
        return Err(format!(
            "tensor `{name}` has shape {shape}: a PReLU with a slope per channel is not read, one with a single slope ([1]) is"
        ));
    }
    match layers.last_mut() {
        Some(Linear { slope: slope @ None, .. }) => {
            *slope = Some(Slope { name: name.clone(), value: weight.values[0] });
            Ok(())
        }
        _ => Err(format!("tensor `{name}`, the slope of a PReLU, has no layer before it: give one PReLU per layer")),
    }
}
