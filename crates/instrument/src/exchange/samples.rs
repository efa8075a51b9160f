//! A batch from a file: inputs `x` and targets `y`, one row per sample.

use super::Contents;
use super::names::is_inert;
use super::tensor::Tensor;
use crate::format::{F32, two_to};
use crate::loss::Loss;
use crate::quote::listed;
use ndarray::{Array2, ArrayView2};

/// Inputs and targets of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// x, features × batch.
    pub inputs: Array2<f64>,
    /// y.
    pub labels: Labels,
}

/// What the outputs should have been.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// Class indices, for cross-entropy.
    Classes(Vec<usize>),
    /// Values, outputs × batch, for the mean squared error.
    Values(Array2<f64>),
}

impl Samples {
    /// Reads `x` (batch × features) and `y`: integers in one dimension are classes, floats (batch × outputs) values,
    /// and `loss` decides where the type does not. Floats whose rows are all probability distributions are values only if
    /// `loss` says so: cross-entropy may be meant.
    ///
    /// # Errors
    /// One sentence with the tensor, what is wrong and the fix.
    pub fn new(contents: &Contents, loss: Option<Loss>) -> Result<Samples, String> {
        let (x, y) = (named(contents, "x")?, named(contents, "y")?);
        x.check_finite()?;
        y.check_finite()?;
        let &[batch, features] = &x.shape[..] else {
            return Err(format!("`x` has shape {}: give [batch × features]", x.shape_in_words()));
        };
        if batch == 0 || features == 0 {
            return Err(format!("`x` has shape {}: give at least one sample of one feature", x.shape_in_words()));
        }
        if y.shape.first() != Some(&batch) {
            let (x, y) = (x.shape_in_words(), y.shape_in_words());
            return Err(format!("`x` has shape {x} and `y` {y}: give a row of `y` for every row of `x`"));
        }
        let wants = |wanted| loss.is_none_or(|loss| loss == wanted);
        let labels = match (y.shape.len(), y.dtype.is_integer()) {
            (1, true) if wants(Loss::CrossEntropy) => classes(y)?,
            (1, _) if loss == Some(Loss::CrossEntropy) => classes(y)?,
            (2, false) if loss.is_none() && are_probabilities(y) => return Err(ambiguous(y)),
            (2, false) if wants(Loss::MeanSquaredError) => values(y)?,
            (2, _) if loss == Some(Loss::MeanSquaredError) => values(y)?,
            _ => return Err(misfit(y, loss)),
        };
        Ok(Samples { inputs: transposed(x), labels })
    }

    /// Notes on the tensors of a batch that are not used, in sentences.
    pub fn notes(contents: &Contents) -> Vec<String> {
        let is_used = |name: &str| matches!(name, "x" | "y");
        let skipped = contents.skipped_note(is_used);
        let others = contents.described().filter(|(name, shape, _)| !is_used(name) && !is_inert(name, shape));
        let others: Vec<String> = others.map(|(_, _, words)| words).collect();
        let unused = (!others.is_empty()).then(|| format!("not used (a batch is `x` and `y`): {}", listed(&others)));
        skipped.into_iter().chain(unused).collect()
    }

    /// Rows of the file.
    pub fn batch(&self) -> usize {
        self.inputs.ncols()
    }

    /// Columns of `x`.
    pub fn features(&self) -> usize {
        self.inputs.nrows()
    }

    /// Fewest outputs that a network for these targets has: columns of `y`, or the largest class and one.
    pub fn outputs(&self) -> usize {
        match &self.labels {
            Labels::Classes(classes) => classes.iter().max().map_or(0, |largest| largest + 1),
            Labels::Values(values) => values.nrows(),
        }
    }
}

/// The tensor of that name, or the sentence with the name that was probably meant.
fn named<'c>(contents: &'c Contents, name: &str) -> Result<&'c Tensor, String> {
    if let Some(unread) = contents.unread.iter().find(|unread| unread.name == name) {
        return Err(unread.reason.clone());
    }
    contents.get(name).ok_or_else(|| {
        let found = contents.in_words();
        let meant = meant(contents, name).map_or(String::new(), |meant| format!("; rename `{meant}` if it is meant"));
        format!("there is no `{name}`, only {found}: a batch has inputs `x` and targets `y`{meant}")
    })
}

/// The tensor that was probably meant by `x` or `y`: one of the usual words for it, or one whose name begins like it.
fn meant<'c>(contents: &'c Contents, name: &str) -> Option<&'c str> {
    const INPUTS: [&str; 6] = ["x", "inputs", "input", "features", "images", "data"];
    const TARGETS: [&str; 6] = ["y", "targets", "target", "labels", "label", "classes"];
    let words = if name == "x" { INPUTS } else { TARGETS };
    let candidates = || contents.described().map(|(found, ..)| found).filter(|found| !matches!(*found, "x" | "y"));
    let is_word = |found: &&str| words.iter().any(|word| word.eq_ignore_ascii_case(found));
    let begins = |found: &&str| found.to_ascii_lowercase().starts_with(&format!("{name}_"));
    candidates().find(is_word).or_else(|| candidates().find(begins))
}

fn classes(y: &Tensor) -> Result<Labels, String> {
    // Any network has fewer outputs than a file may have numbers.
    let is_class = |value: f64| value.fract() == 0.0 && (0.0..super::MOST_NUMBERS as f64).contains(&value);
    if let Some(index) = y.values.iter().position(|&value| !is_class(value)) {
        let value = y.values[index];
        return Err(format!("`y`, entry [{index}] is {value}: a class is a whole number from 0"));
    }
    Ok(Labels::Classes(y.values.iter().map(|&value| value as usize).collect()))
}

fn values(y: &Tensor) -> Result<Labels, String> {
    match y.shape[1] {
        0 => Err(format!("`y` has shape {}: give at least one output", y.shape_in_words())),
        _ => Ok(Labels::Values(transposed(y))),
    }
}

/// Whether each row of at least two floats is a probability distribution: no entry is negative, and the sum is 1 up to
/// rounding.
fn are_probabilities(y: &Tensor) -> bool {
    let Some(format) = y.dtype.format().filter(|_| y.shape[1] >= 2) else { return false };
    // What is stored was rounded a few times to its type (label smoothing: three times), subnormals by up to half their
    // spacing, and before that computed in f32 at least, whose sums and quotients of n terms lose n + 4 roundings.
    let columns = y.shape[1] as f64;
    let subnormal = format.smallest_subnormal_exponent().map_or(0.0, |exponent| two_to(exponent.into()));
    let rounding = 4.0 * format.unit_roundoff() + columns * subnormal / 2.0 + (columns + 4.0) * F32.unit_roundoff();
    let is_distribution =
        |row: &[f64]| row.iter().all(|&p| p >= 0.0) && (row.iter().sum::<f64>() - 1.0).abs() <= rounding;
    y.values.chunks_exact(y.shape[1]).all(is_distribution)
}

/// The message about probabilities without `--loss`: what each choice would mean.
fn ambiguous(y: &Tensor) -> String {
    let is_one_hot = y.values.iter().all(|&p| p == 0.0 || p == 1.0);
    let what = if is_one_hot { "a one-hot vector" } else { "a probability distribution" };
    format!(
        "`y` has shape {} in {} and every row is {what}: give --loss mse for the mean squared error of these values, or, \
         for cross-entropy, store one class per row as an integer (such as the row's argmax), since probabilities as \
         targets of cross-entropy are not supported",
        y.shape_in_words(),
        y.dtype
    )
}

/// Transposes: samples are rows of a file and columns of a matrix.
fn transposed(tensor: &Tensor) -> Array2<f64> {
    let rows = ArrayView2::from_shape((tensor.shape[0], tensor.shape[1]), &tensor.values);
    rows.expect("invariant: as many values as the shape").t().as_standard_layout().into_owned()
}

fn misfit(y: &Tensor, loss: Option<Loss>) -> String {
    let found = format!("`y` has shape {} in {}", y.shape_in_words(), y.dtype);
    match (loss, y.shape.len()) {
        (Some(Loss::CrossEntropy), _) => {
            format!("{found}: --loss cross-entropy takes class indices of shape [batch], not probabilities or scores")
        }
        (Some(Loss::MeanSquaredError), _) => {
            format!("{found}: --loss mse takes targets of shape [batch × outputs]")
        }
        (None, 1) => format!(
            "{found}: store class indices as integers or give --loss cross-entropy; targets have shape [batch × outputs]"
        ),
        (None, 2) => {
            format!("{found}: reshape it to [batch] if it holds class indices, or give --loss mse for targets")
        }
        _ => format!("{found}: give class indices [batch] or targets [batch × outputs]"),
    }
}
