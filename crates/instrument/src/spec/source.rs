//! Files as a spec names them.

use crate::loss::Loss;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file identified by its contents, not its location. An index and its shards count as one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name without folders.
    pub file: String,
    /// SHA-256 of its bytes, in hexadecimal; for an index, of its bytes followed by those of its shards, sorted by
    /// name.
    pub sha256: String,
    /// The element type of untyped arrays, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dtype: Option<String>,
}

/// A network from a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// The file.
    pub source: Source,
    /// The number of features, then the units of every layer, ending with the outputs.
    pub units: Vec<usize>,
    /// φ of each hidden layer by canonical name, if they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activations: Option<Vec<String>>,
    /// The selected modules of the file, in order, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers_from: Option<Vec<String>>,
}

/// A batch from a file, or the rows that batches are drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchFile {
    /// The file.
    pub source: Source,
    /// Columns of `x`.
    pub features: usize,
    /// Columns of `y`, or the largest class plus one.
    pub outputs: usize,
    /// How `y` is read, which determines the loss.
    pub targets: TargetKind,
    /// Number of rows if every batch is drawn from them; absent if all rows are the batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn_from: Option<usize>,
}

/// What `y` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Class indices: softmax cross-entropy.
    Classes,
    /// Values: mean squared error.
    Values,
}

impl TargetKind {
    /// The loss for such targets.
    pub fn loss(self) -> Loss {
        match self {
            TargetKind::Classes => Loss::CrossEntropy,
            TargetKind::Values => Loss::MeanSquaredError,
        }
    }
}

/// Gradients from another program, measured like those of one more arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// Their name in tables and figures.
    pub name: String,
    /// The file.
    pub source: Source,
    /// log₂ of the loss scale, which is divided out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub log2_scale: i32,
    /// The arithmetic with which an audit compares them, by its given name or else in canonical spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Other arithmetics that are likely for the file's element type; empty if the model was named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub likely: Vec<String>,
}

fn is_zero(number: &i32) -> bool {
    *number == 0
}
