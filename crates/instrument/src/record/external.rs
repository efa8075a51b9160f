//! Gradients that another program computed, in an audit's record.

use super::format::StoredType;
use crate::number::Number;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Gradients that another program computed: how they were stored and what could not be matched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// What most of their numbers were stored as, in safetensors' words: `F16`.
    pub dtype: String,
    /// All types of the matched tensors, the one of most numbers first; empty where there is only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dtypes: Vec<String>,
    /// Relative tolerance of torch.testing.assert_close for that type.
    pub relative_tolerance: f64,
    /// Absolute tolerance of torch.testing.assert_close for that type.
    pub absolute_tolerance: f64,
    /// Parameters without a gradient in the file.
    pub missing: Vec<String>,
    /// Tensors of the file that belong to no parameter, with their shapes.
    pub unused: Vec<String>,
    /// What was read otherwise than as it stands there, in sentences.
    pub notes: Vec<String>,
}

/// One site's gradients of another program next to ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalSite {
    /// log₂‖theirs − ours‖₂ of the weight gradient for each arithmetic of our own, in their order; −∞ where every
    /// entry is the same, `None` if one of the two is not finite or absent.
    pub log2_distance: Vec<Number>,
    /// Entries of weight, bias and slope gradient that torch.testing.assert_close refuses with its default tolerances
    /// where the exact gradient, rounded to the type of the dump, is expected.
    pub not_close: u64,
    /// Entries that were compared with these tolerances: those whose exact gradient is known.
    pub entries: u64,
    /// log₂‖theirs‖₂, weights and biases together, as far as the file has them; −∞ if every entry is zero, `None` if
    /// one is not finite. Absent from records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log2_norm: Option<Number>,
    /// Theirs along each arithmetic of our own, in their order; absent from records before schema 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub projections: Vec<Projection>,
    /// What the weight gradient was stored as; absent where all tensors of the file have one type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_type: Option<StoredType>,
    /// The same of the bias gradient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias_type: Option<StoredType>,
}

/// Another program's gradient d along the gradient m of an arithmetic of our own, weights and biases together, as far
/// as the file has them: d = c·m + r with r orthogonal to m. All are `None` if an entry is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Projection {
    /// log₂‖m‖₂; −∞ where every entry is zero.
    pub log2_norm: Number,
    /// log₂|c|, c = ⟨d, m⟩/‖m‖²; −∞ if d is zero or orthogonal to m, `None` if m is zero.
    pub log2_factor: Number,
    /// c is negative.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_negative: bool,
    /// log₂‖r‖₂; −∞ where d is a multiple of m to the last bit.
    pub log2_rest: Number,
}
