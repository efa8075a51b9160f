//! The modules of a state dict: which tensors belong to one layer, and which belong to none.

use super::Contents;
use super::names::{self, Role};
use super::tensor::{Tensor, shape_in_words};
use std::collections::HashMap;

/// The parameters of one layer or of one PReLU.
pub(super) struct Module {
    /// What precedes the last word in the names of its tensors.
    pub name: String,
    /// The weight, the kernel or the slope.
    pub weight: Tensor,
    /// Which of them it is.
    pub role: Role,
    /// The bias.
    pub bias: Option<Tensor>,
}

/// A tensor that is neither inert nor part of a module.
pub(super) struct Other {
    /// Its module by name.
    pub module: String,
    /// Name, shape and type, as messages show them.
    pub words: String,
    /// Why it is not read and the fix, in one sentence.
    pub reason: String,
}

/// A state dict.
pub(super) struct State {
    /// In the order of their weights in the file.
    pub modules: Vec<Module>,
    /// Tensors that the network must not need.
    pub others: Vec<Other>,
}

impl State {
    /// Sorts the tensors of a file into modules; inert ones are dropped.
    ///
    /// # Errors
    /// One sentence, if a module has two weights.
    pub fn new(contents: Contents) -> Result<State, String> {
        let mut state = State { modules: Vec::new(), others: Vec::new() };
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut biases = Vec::new();
        for tensor in contents.tensors {
            if names::is_inert(&tensor.name, &tensor.shape) {
                continue;
            }
            let name = names::split(&tensor.name).0;
            match names::role(&tensor.name) {
                None => {
                    let reason = refusal(&tensor.name, &tensor.shape);
                    state.others.push(Other { module: name, words: words(&tensor), reason });
                }
                Some(Role::Bias) => biases.push((name, tensor)),
                Some(role) => {
                    if let Some(&first) = places.get(&name) {
                        let (a, b) = (&state.modules[first].weight.name, &tensor.name);
                        return Err(format!("both `{a}` and `{b}` are the weight of one layer: keep one"));
                    }
                    places.insert(name.clone(), state.modules.len());
                    state.modules.push(Module { name, weight: tensor, role, bias: None });
                }
            }
        }
        for (name, bias) in biases {
            match places.get(&name).map(|&place| &mut state.modules[place].bias) {
                Some(place @ None) => *place = Some(bias),
                // `bias` and `bias:0`
                Some(Some(first)) => {
                    return Err(format!(
                        "both `{}` and `{}` are the bias of one layer: keep one",
                        first.name, bias.name
                    ));
                }
                None => {
                    let reason = format!("tensor `{}` has no weight: every layer needs one", bias.name);
                    state.others.push(Other { module: name, words: words(&bias), reason });
                }
            }
        }
        for unread in contents.unread.into_iter().filter(|unread| !names::is_inert(&unread.name, &unread.shape)) {
            let reason = match names::role(&unread.name) {
                Some(_) => unread.reason,
                None => refusal(&unread.name, &unread.shape),
            };
            let words = format!("`{}` {} {}", unread.name, shape_in_words(&unread.shape), unread.dtype);
            state.others.push(Other { module: names::split(&unread.name).0, words, reason });
        }
        Ok(state)
    }
}

impl Module {
    /// Inputs and outputs of a layer; `None` for the single slope of a PReLU.
    ///
    /// # Errors
    /// One sentence with the tensor that belongs to no layer that can be read.
    pub fn sizes(&self) -> Result<Option<(usize, usize)>, String> {
        let (name, shape) = (&self.weight.name, self.weight.shape_in_words());
        match (self.role, &self.weight.shape[..]) {
            (Role::Weight | Role::Kernel | Role::Matrix, &[a, b]) => {
                if a == 0 || b == 0 {
                    return Err(format!("tensor `{name}` has shape {shape}: a layer has inputs and outputs"));
                }
                Ok(Some(if self.role == Role::Kernel { (a, b) } else { (b, a) }))
            }
            (Role::Weight | Role::Slope, [] | [_]) if self.bias.is_some() => Err(format!(
                "tensor `{name}` of shape {shape} has a bias: normalisation layers are not read; pick others with --layers-from"
            )),
            (Role::Weight | Role::Slope, [] | [1]) => Ok(None),
            (Role::Weight, [_]) | (Role::Slope, _) => Err(format!(
                "tensor `{name}` has shape {shape}: a PReLU with a slope per channel is not read, one with a single slope ([1]) is"
            )),
            (Role::Kernel | Role::Matrix, _) => Err(format!(
                "tensor `{name}` has shape {shape}: only a dense kernel, [in × out], is read; pick layers with --layers-from"
            )),
            _ => Err(format!(
                "tensor `{name}` has shape {shape}: only nn.Linear, [out × in], is read; pick layers with --layers-from"
            )),
        }
    }

    /// Its tensors, as messages show them.
    pub fn words(&self) -> impl Iterator<Item = String> {
        std::iter::once(words(&self.weight)).chain(self.bias.iter().map(words))
    }
}

fn words(tensor: &Tensor) -> String {
    format!("`{}` {} {}", tensor.name, tensor.shape_in_words(), tensor.dtype)
}

/// Why a tensor that is no parameter of a layer cannot be ignored.
fn refusal(name: &str, shape: &[usize]) -> String {
    if names::is_of_quantised(name) {
        return format!(
            "tensor `{name}` belongs to quantised weights, whose stored numbers are scaled: dequantise them and save the result"
        );
    }
    format!(
        "tensor `{name}` of shape {} is not a weight, kernel or bias: name those of a layer NAME.weight [out × in] and NAME.bias, or leave it out with --layers-from",
        shape_in_words(shape)
    )
}
