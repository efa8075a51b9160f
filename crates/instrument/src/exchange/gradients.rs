//! Gradients that another program computed, matched to the parameters of a network.
//!
//! Names are compared first, without a prefix that all names of one side share (`Dense_0/kernel` and `Dense_0.weight` are the
//! same name), then shapes, in the order of the names, `2` before `10`. Kernels stored as in × out are transposed.

use super::Contents;
use super::names::{self, natural, shared_prefixes};
use super::sequential::Sequential;
use super::tensor::{Dtype, Tensor, shape_in_words};
use crate::quote::listed;
use ndarray::{Array2, ArrayView2};

/// A parameter that may have a gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its name in the file of weights.
    pub name: String,
    /// Weights out × in, biases out × 1, slopes 1 × 1.
    pub shape: (usize, usize),
    /// False for biases and slopes, which files hold in one dimension.
    pub is_matrix: bool,
}

/// The gradients of a file, and what could not be matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// The type of most of the matched numbers.
    pub dtype: Dtype,
    /// One for each parameter, in their order; `None` if the file has no gradient of it.
    pub tensors: Vec<Option<Gradient>>,
    /// Parameters that have no gradient in the file.
    pub missing: Vec<String>,
    /// Tensors of the file that match no parameter.
    pub unused: Vec<String>,
    /// What a reader should know, in sentences: what was matched by shape, what was transposed.
    pub notes: Vec<String>,
}

/// The gradient of one parameter, in the parameter's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// Every number exactly, infinities and NaN included.
    pub values: Array2<f64>,
    /// What they were stored as.
    pub dtype: Dtype,
}

/// Characters that end a prefix which all names of a file share.
const PREFIX_ENDS: [char; 4] = ['.', '/', ':', '_'];

/// How a file stores a tensor relative to its parameter's shape.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// In the same order of axes.
    Same,
    /// in × out.
    Transposed,
    /// A square matrix, stored either way.
    Either,
}

impl Sequential {
    /// The parameters in the order of the network that is built from them: weight, bias and slope of each layer.
    pub fn parameters(&self) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for layer in &self.layers {
            let weight = (layer.weight_name.clone(), layer.weight.dim(), true);
            let bias = layer.bias_name.clone().zip(layer.bias.as_ref()).map(|(name, bias)| (name, bias.dim(), false));
            let slope = layer.slope.as_ref().map(|slope| (slope.name.clone(), (1, 1), false));
            let own = [Some(weight), bias, slope].into_iter().flatten();
            wanted.extend(own.map(|(name, shape, is_matrix)| Wanted { name, shape, is_matrix }));
        }
        wanted
    }
}

impl Gradients {
    /// Matches the tensors of a file to parameters.
    ///
    /// # Errors
    /// One sentence with the fix, if no weight has a gradient, or a gradient is not of a floating-point type or cannot be
    /// read.
    pub fn new(contents: &Contents, wanted: &[Wanted]) -> Result<Gradients, String> {
        let matched = matched(&contents.tensors, wanted);
        if let Some(unread) = contents.unread.iter().find(|unread| is_needed(&unread.name, wanted, &matched)) {
            return Err(unread.reason.clone());
        }
        let has_weight = matched.iter().zip(wanted).any(|(found, wanted)| wanted.is_matrix && found.is_some());
        if !has_weight {
            let parameters: Vec<&str> = wanted.iter().take(4).map(|wanted| wanted.name.as_str()).collect();
            return Err(format!(
                "none of its tensors ({}) has the name or the shape of a weight ({}, …): give the gradients of this network",
                contents.in_words(),
                parameters.join(", ")
            ));
        }
        let [weights, kernels] = [false, true].map(|is| are_transposed(&contents.tensors, wanted, &matched, is));
        let mut tensors = Vec::with_capacity(wanted.len());
        let (mut by_shape, mut transposed) = (Vec::new(), Vec::new());
        for (wanted, found) in wanted.iter().zip(&matched) {
            let Some((index, is_named)) = *found else {
                tensors.push(None);
                continue;
            };
            let tensor = &contents.tensors[index];
            if !tensor.dtype.is_float() {
                return Err(format!("tensor `{}` is {}: gradients are floats", tensor.name, tensor.dtype));
            }
            if !is_named {
                by_shape.push(format!("`{}` is {}", tensor.name, wanted.name));
            }
            let found = layout(tensor, wanted).unwrap_or(Layout::Same);
            let is_kernel = names::is_kernel(&tensor.name);
            let others = if is_kernel { kernels } else { weights };
            let is_transposed = found == Layout::Transposed || found == Layout::Either && others.unwrap_or(is_kernel);
            if is_transposed {
                transposed.push(format!("`{}`", tensor.name));
            }
            tensors.push(Some(Gradient { values: values(tensor, wanted.shape, is_transposed), dtype: tensor.dtype }));
        }
        let used = |index: usize| matched.iter().flatten().any(|(used, _)| *used == index);
        let unused = contents.tensors.iter().enumerate().filter(|(index, _)| !used(*index));
        let unused = unused.map(|(_, tensor)| (&tensor.name, &tensor.shape));
        let unused = unused.chain(contents.unread.iter().map(|unread| (&unread.name, &unread.shape)));
        let mut notes = contents.notes.clone();
        notes.extend((!by_shape.is_empty()).then(|| format!("matched by shape: {}", listed(&by_shape))));
        notes.extend(names::transposed_note(&transposed));
        notes.extend(types_note(&tensors));
        Ok(Gradients {
            dtype: dtypes(&tensors).first().copied().unwrap_or(Dtype::F64),
            missing: wanted
                .iter()
                .zip(&tensors)
                .filter(|(_, found)| found.is_none())
                .map(|(w, _)| w.name.clone())
                .collect(),
            unused: unused.map(|(name, shape)| format!("{name} {}", shape_in_words(shape))).collect(),
            tensors,
            notes,
        })
    }

    /// The types of the matched tensors, the one of most numbers first; of equally many, the one that comes first.
    pub fn dtypes(&self) -> Vec<Dtype> {
        dtypes(&self.tensors)
    }

    /// Whether the matched tensors differ in type.
    pub fn is_mixed(&self) -> bool {
        self.dtypes().len() > 1
    }
}

/// For every parameter the index of its tensor and whether it has the parameter's name.
fn matched(tensors: &[Tensor], wanted: &[Wanted]) -> Vec<Option<(usize, bool)>> {
    let names: Vec<String> = tensors.iter().map(|tensor| names::gradient_spelling(&tensor.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let parameters: Vec<String> = wanted.iter().map(|wanted| names::common_spelling(&wanted.name)).collect();
    let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
    let named = |cut: usize, cut_parameter: usize| -> Vec<Option<usize>> {
        let position = |parameter: &&str| names.iter().position(|name| name[cut..] == parameter[cut_parameter..]);
        parameters.iter().map(position).collect()
    };
    let mut best = vec![None; wanted.len()];
    for cut in shared_prefixes(&names, &PREFIX_ENDS) {
        for cut_parameter in shared_prefixes(&parameters, &PREFIX_ENDS) {
            let found = named(cut, cut_parameter);
            if found.iter().flatten().count() > best.iter().flatten().count() {
                best = found;
            }
        }
    }
    let mut matched: Vec<Option<(usize, bool)>> = best
        .into_iter()
        .zip(wanted)
        .map(|(index, wanted)| {
            index.filter(|&index| layout(&tensors[index], wanted).is_some()).map(|index| (index, true))
        })
        .collect();
    // A step counter, for instance, is not a gradient.
    let is_gradient = |tensor: &Tensor| tensor.dtype.is_float() && !names::is_extra_state(&tensor.name);
    let mut left: Vec<usize> = (0..tensors.len())
        .filter(|index| is_gradient(&tensors[*index]) && !matched.iter().flatten().any(|(used, _)| used == index))
        .collect();
    left.sort_by(|&a, &b| natural(names[a], names[b]));
    for (place, wanted) in matched.iter_mut().zip(wanted).filter(|(place, _)| place.is_none()) {
        if let Some(position) = left.iter().position(|&index| layout(&tensors[index], wanted).is_some()) {
            *place = Some((left.remove(position), false));
        }
    }
    matched
}

/// Whether a tensor that cannot be read has the name of a parameter that no other tensor has.
fn is_needed(unread: &str, wanted: &[Wanted], matched: &[Option<(usize, bool)>]) -> bool {
    let unread = names::gradient_spelling(unread);
    let ends =
        |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    wanted.iter().zip(matched).filter(|(_, found)| !found.is_some_and(|(_, is_named)| is_named)).any(|(wanted, _)| {
        let wanted = names::common_spelling(&wanted.name);
        ends(&unread, &wanted) || ends(&wanted, &unread)
    })
}

/// How a tensor is stored; `None` if it does not fit the parameter.
fn layout(tensor: &Tensor, wanted: &Wanted) -> Option<Layout> {
    let (rows, columns) = wanted.shape;
    if !wanted.is_matrix {
        let is_vector = tensor.shape.iter().filter(|&&length| length != 1).count() <= 1;
        return (is_vector && tensor.values.len() == rows * columns).then_some(Layout::Same);
    }
    match tensor.shape[..] {
        [a, b] if a == b && (a, b) == wanted.shape => Some(Layout::Either),
        [a, b] if (a, b) == wanted.shape => Some(Layout::Same),
        [a, b] if (b, a) == wanted.shape => Some(Layout::Transposed),
        _ => None,
    }
}

/// Whether those matrices of a file that are kernels by name, or those that are not, are stored as in × out; `None` unless
/// the ones that are not square agree.
fn are_transposed(
    tensors: &[Tensor],
    wanted: &[Wanted],
    matched: &[Option<(usize, bool)>],
    is_kernel: bool,
) -> Option<bool> {
    let layouts = matched.iter().zip(wanted).filter(|(_, wanted)| wanted.is_matrix);
    let layouts = layouts.filter_map(|(found, wanted)| Some((&tensors[(*found)?.0], wanted)));
    let layouts = layouts.filter(|(tensor, _)| names::is_kernel(&tensor.name) == is_kernel);
    let mut layouts =
        layouts.filter_map(|(tensor, wanted)| layout(tensor, wanted)).filter(|layout| *layout != Layout::Either);
    let first = layouts.next()?;
    layouts.all(|layout| layout == first).then_some(first == Layout::Transposed)
}

fn values(tensor: &Tensor, (rows, columns): (usize, usize), is_transposed: bool) -> Array2<f64> {
    let stored = if is_transposed { (columns, rows) } else { (rows, columns) };
    let view = ArrayView2::from_shape(stored, &tensor.values).expect("invariant: as many values as the parameter");
    if is_transposed { view.t().as_standard_layout().into_owned() } else { view.to_owned() }
}

/// The types of tensors, the one of most numbers first; of equally many, the one that comes first.
fn dtypes(tensors: &[Option<Gradient>]) -> Vec<Dtype> {
    let mut counts: Vec<(Dtype, usize)> = Vec::new();
    for gradient in tensors.iter().flatten() {
        match counts.iter_mut().find(|(dtype, _)| *dtype == gradient.dtype) {
            Some((_, count)) => *count += gradient.values.len(),
            None => counts.push((gradient.dtype, gradient.values.len())),
        }
    }
    // A stable sort: equal counts keep their order.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(dtype, _)| dtype).collect()
}

/// The note about tensors of several types; `None` if there is one type.
fn types_note(tensors: &[Option<Gradient>]) -> Option<String> {
    let count = |dtype: Dtype| tensors.iter().flatten().filter(|gradient| gradient.dtype == dtype).count();
    let types: Vec<String> = dtypes(tensors)
        .into_iter()
        .map(|dtype| match count(dtype) {
            1 => format!("{dtype} (1 tensor)"),
            several => format!("{dtype} ({several} tensors)"),
        })
        .collect();
    (types.len() > 1).then(|| format!("of several types: {}; each tensor is judged with its own", types.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, shape: &[usize], first: f64) -> Tensor {
        let count = shape.iter().product::<usize>();
        Tensor::doubles(name, shape.to_vec(), (0..count).map(|index| first + index as f64).collect())
    }

    fn wanted(prefix: &str, shapes: &[(usize, usize)]) -> Vec<Wanted> {
        let layer = |(index, &(rows, columns)): (usize, &(usize, usize))| {
            let name = |kind: &str| format!("{prefix}{}.{kind}", 2 * index);
            let weight = Wanted { name: name("weight"), shape: (rows, columns), is_matrix: true };
            [weight, Wanted { name: name("bias"), shape: (rows, 1), is_matrix: false }]
        };
        shapes.iter().enumerate().flat_map(layer).collect()
    }

    fn matched(tensors: Vec<Tensor>, wanted: &[Wanted]) -> Gradients {
        Gradients::new(&Contents { tensors, ..Contents::default() }, wanted).unwrap()
    }

    fn firsts(gradients: &Gradients) -> Vec<Option<f64>> {
        gradients.tensors.iter().map(|found| found.as_ref().map(|gradient| gradient.values[(0, 0)])).collect()
    }

    /// A prefix that all names of a side share does not matter, nor does the order in the file.
    #[test]
    fn names_match_behind_any_prefix() {
        let wanted = wanted("net.", &[(3, 2), (3, 3)]);
        for prefix in ["", "net.", "module.net.", "grads/"] {
            let name = |rest: &str| format!("{prefix}{rest}");
            let tensors = vec![
                tensor(&name("2.weight"), &[3, 3], 30.0),
                tensor(&name("2.bias"), &[3], 40.0),
                tensor(&name("0.bias"), &[3], 20.0),
                tensor(&name("0.weight"), &[3, 2], 10.0),
            ];
            let gradients = matched(tensors, &wanted);
            assert_eq!(firsts(&gradients), [10.0, 20.0, 30.0, 40.0].map(Some), "{prefix}");
            assert!(gradients.notes.is_empty() && gradients.missing.is_empty() && gradients.unused.is_empty());
        }
    }

    /// Without common names the shapes decide in the order of the names, in which 10 comes after 9.
    #[test]
    fn shapes_match_in_the_natural_order_of_names() {
        let wanted = wanted("", &[(3, 2), (3, 3), (3, 3), (2, 3)]);
        let tensors = vec![
            tensor("arr_10", &[3, 3], 50.0),
            tensor("arr_9", &[3], 40.0),
            tensor("arr_2", &[3], 20.0),
            tensor("arr_1", &[3, 2], 10.0),
            tensor("arr_3", &[3, 3], 30.0),
            tensor("step", &[], 7.0),
        ];
        let gradients = matched(tensors, &wanted);
        let expected = [Some(10.0), Some(20.0), Some(30.0), Some(40.0), Some(50.0), None, None, None];
        assert_eq!(firsts(&gradients), expected);
        assert_eq!(gradients.missing, ["4.bias", "6.weight", "6.bias"]);
        assert_eq!(gradients.unused, ["step []"]);
        let note = "matched by shape: `arr_1` is 0.weight, `arr_2` is 0.bias, `arr_3` is 2.weight, `arr_9` is 2.bias and 1 more";
        assert_eq!(gradients.notes, [note]);
    }

    /// Kernels are stored as in × out: shapes decide for those that are not square, and for square ones those of the same
    /// word, or their name.
    #[test]
    fn kernels_are_transposed() {
        let square = [(3, 3), (3, 3)];
        let transposed = |names: [&str; 2], shapes: [[usize; 2]; 2], layers: &[(usize, usize)]| {
            let tensors = names.iter().zip(shapes).map(|(name, shape)| tensor(name, &shape, 0.0)).collect();
            let gradients = matched(tensors, &wanted("", layers));
            let is_transposed = |index: usize| gradients.tensors[index].as_ref().unwrap().values[(1, 0)] == 1.0;
            [is_transposed(0), is_transposed(2)]
        };
        assert_eq!(transposed(["0.weight", "2.weight"], [[3, 3]; 2], &square), [false, false]);
        assert_eq!(transposed(["Dense_0/kernel", "Dense_1/kernel"], [[3, 3]; 2], &square), [true, true]);
        assert_eq!(transposed(["0.weight", "2.weight"], [[2, 3], [3, 3]], &[(3, 2), (3, 3)]), [true, true]);
        assert_eq!(transposed(["a/kernel", "b/kernel"], [[3, 2], [3, 3]], &[(3, 2), (3, 3)]), [false, false]);
        // Mixed names: the layout of a weight says nothing about a kernel's.
        assert_eq!(transposed(["0.weight", "2.kernel"], [[3, 2], [3, 3]], &[(3, 2), (3, 3)]), [false, true]);
        assert_eq!(transposed(["0/kernel", "2.weight"], [[2, 3], [3, 3]], &[(3, 2), (3, 3)]), [true, false]);
    }

    #[test]
    fn what_is_no_gradient_is_refused() {
        let refused = |tensors| Gradients::new(&Contents { tensors, ..Contents::default() }, &wanted("", &[(3, 2)]));
        let error = refused(vec![tensor("x", &[32, 16], 0.0), tensor("0.bias", &[3], 0.0)]).unwrap_err();
        assert!(error.contains("give the gradients of this network"), "{error}");
        let integers = Tensor { dtype: Dtype::I32, ..tensor("0.weight", &[3, 2], 0.0) };
        assert!(refused(vec![integers]).unwrap_err().contains("gradients are floats"));
        assert!(refused(Vec::new()).unwrap_err().contains("no tensor"));
    }
}
