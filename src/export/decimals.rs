//! Gradients in decimals as JSON, with what is known of their errors.

use crate::number::Number;
use crate::truth::{TrueTensor, Unproven};
use rug::Float;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// Significant digits of a true gradient.
const DIGITS: usize = 60;
/// log₂ of more than the largest relative change that rounding to [`DIGITS`] digits makes: 10^-59/2 < 2^-196.
const ROUNDING: i64 = -196;

/// Digits that tell a number of so many bits from its neighbours, at least those of the truth: 0.30103·p + 2.
pub fn digits(precision: u32) -> usize {
    DIGITS.max((precision as usize * 30_103).div_ceil(100_000) + 2)
}

/// A number as `-1.25e-3`; `inf`, `-inf` and `NaN` as they are.
pub fn decimal(x: &Float, digits: usize) -> String {
    if x.is_nan() {
        "NaN".into()
    } else if x.is_infinite() {
        if x.is_sign_negative() { "-inf" } else { "inf" }.into()
    } else if x.is_zero() {
        "0".into()
    } else {
        format!("{:.*e}", digits, x)
    }
}

/// The file: parameters in the network's order.
#[derive(Serialize)]
pub struct Document {
    /// `cross-entropy` or `mse`.
    pub loss: &'static str,
    /// By name.
    #[serde(serialize_with = "in_order")]
    pub parameters: Vec<(String, Entry)>,
}

impl Document {
    /// The file's bytes.
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("plain fields serialise");
        bytes.push(b'\n');
        bytes
    }
}

fn in_order<S: Serializer>(entries: &[(String, Entry)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for (name, entry) in entries {
        map.serialize_entry(name, entry)?;
    }
    map.end()
}

/// One gradient.
#[derive(Serialize)]
pub struct Entry {
    shape: Vec<usize>,
    /// Row-major.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
    /// log₂ of a bound of the 2-norm of what the decimals differ from the true gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    log2_error_bound: Option<Number>,
    /// Why there are no values.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_established: Option<String>,
}

impl Entry {
    /// A computed gradient.
    pub fn computed(shape: Vec<usize>, values: Vec<String>) -> Entry {
        Entry { shape, values: Some(values), log2_error_bound: None, not_established: None }
    }

    /// A true gradient: the bound holds for the decimals, whose own rounding it includes.
    pub fn established(shape: Vec<usize>, gradient: &TrueTensor) -> Entry {
        let bound = (gradient.error + gradient.norm().scaled(ROUNDING)).log2();
        // Hundredths, upwards, and more than the logarithm's own error.
        let bound = ((bound + 1e-6) * 100.0).ceil() / 100.0;
        let values = gradient.values().iter().map(|x| decimal(x, DIGITS)).collect();
        Entry { values: Some(values), log2_error_bound: Some(Number::new(bound)), ..Entry::computed(shape, Vec::new()) }
    }

    /// A true gradient that is not known.
    pub fn unknown(shape: Vec<usize>, reason: Unproven) -> Entry {
        Entry { shape, values: None, log2_error_bound: None, not_established: Some(reason.to_string()) }
    }
}
