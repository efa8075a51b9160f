//! A batch from a file: inputs `x` and targets `y`, one row per sample.

use super::Contents;
use super::names::is_inert;
use super::tensor::Tensor;
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

/// How `y` is to be read where its type does not say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossName {
    /// Class indices, whatever they are stored as.
    CrossEntropy,
    /// Values, whatever they are stored as.
    MeanSquaredError,
}

impl LossName {
    /// Reads a name.
    ///
    /// # Errors
    /// A sentence with the two names.
    pub fn parse(text: &str) -> Result<LossName, String> {
        match text {
            "cross-entropy" => Ok(LossName::CrossEntropy),
            "mse" => Ok(LossName::MeanSquaredError),
            _ => Err(format!("unknown loss `{text}`; give cross-entropy or mse")),
        }
    }
}

impl Samples {
    /// Reads `x` (batch × features) and `y`: integers in one dimension are classes, floats (batch × outputs) values,
    /// and `loss` decides where the type does not.
    ///
    /// # Errors
    /// One sentence with the tensor, what is wrong and the fix.
    pub fn new(contents: &Contents, loss: Option<LossName>) -> Result<Samples, String> {
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
            (1, true) if wants(LossName::CrossEntropy) => classes(y)?,
            (1, _) if loss == Some(LossName::CrossEntropy) => classes(y)?,
            (2, false) if wants(LossName::MeanSquaredError) => values(y)?,
            (2, _) if loss == Some(LossName::MeanSquaredError) => values(y)?,
            _ => return Err(misfit(y, loss)),
        };
        Ok(Samples { inputs: transposed(x), labels })
    }

    /// What a reader should know of the tensors of a batch that are not used, in sentences.
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

/// Rows of a file are samples, columns of a matrix are.
fn transposed(tensor: &Tensor) -> Array2<f64> {
    let rows = ArrayView2::from_shape((tensor.shape[0], tensor.shape[1]), &tensor.values);
    rows.expect("invariant: as many values as the shape").t().as_standard_layout().into_owned()
}

fn misfit(y: &Tensor, loss: Option<LossName>) -> String {
    let found = format!("`y` has shape {} in {}", y.shape_in_words(), y.dtype);
    match (loss, y.shape.len()) {
        (Some(LossName::CrossEntropy), _) => {
            format!("{found}: --loss cross-entropy takes class indices of shape [batch]")
        }
        (Some(LossName::MeanSquaredError), _) => {
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
