//! What an arithmetic computes in, role by role, with the constants that reports compare and draw.

use super::Number;
use crate::arithmetic::{ArithmeticName, Policy};
use crate::exchange::Dtype;
use crate::format::{F32, Format, Special};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The constants of a format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormatFacts {
    /// Canonical name.
    pub name: String,
    /// Significand bits p.
    pub precision: u32,
    /// Bits of a stored number; absent if exponents are unbounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// The largest number; absent if exponents are unbounded or no double holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest: Option<f64>,
    /// Whether larger results become infinite, else NaN or the largest number.
    pub has_infinities: bool,
    /// log₂ of the largest finite number; none if unbounded.
    pub log2_max: Number,
    /// log₂ of the smallest normal number; none if unbounded.
    pub log2_smallest_normal: Number,
    /// log₂ of the smallest subnormal number; none if unbounded.
    pub log2_smallest_subnormal: Number,
}

impl FormatFacts {
    /// Of a format.
    pub fn of(format: &Format) -> FormatFacts {
        let log2 = |exponent: Option<i32>| exponent.map_or(Number::None, |exponent| Number::new(f64::from(exponent)));
        let max = format.max();
        FormatFacts {
            name: format.name(),
            precision: format.precision,
            bits: format.max_exponent().map(|_| format.code_bits()),
            largest: max.as_ref().map(|max| max.to_f64()).filter(|max| max.is_finite()),
            has_infinities: format.special().is_none_or(Special::has_infinities),
            log2_max: max.map_or(Number::None, |max| {
                let (fraction, exponent) = max.to_f64_exp();
                Number::new(core_math::log2(fraction) + f64::from(exponent))
            }),
            log2_smallest_normal: log2(format.smallest_normal_exponent()),
            log2_smallest_subnormal: log2(format.smallest_subnormal_exponent()),
        }
    }
}

/// What another program stored a tensor as.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoredType {
    /// In safetensors' words: `F16`.
    pub dtype: String,
    /// Its format; absent for numbers that are stored exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatFacts>,
}

impl StoredType {
    /// Of an element type.
    pub fn of(dtype: Dtype) -> StoredType {
        StoredType { dtype: dtype.to_string(), format: dtype.format().as_ref().map(FormatFacts::of) }
    }
}

/// The arithmetic of one role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Canonical spelling: `f16:acc=f32`. Equal arithmetics have equal names.
    pub name: String,
    /// Its format.
    pub format: FormatFacts,
    /// The format of its accumulator.
    pub accumulator: String,
    /// The same arithmetic with an accumulator in f32; absent if its own is not narrower.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summed_in_f32: Option<String>,
    /// Whether it rounds stochastically.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_stochastic: bool,
}

impl From<ArithmeticName> for Role {
    fn from(name: ArithmeticName) -> Role {
        let summed_in_f32 = || name.summed_in(F32).to_string();
        Role {
            name: name.to_string(),
            format: FormatFacts::of(&name.format),
            accumulator: name.accumulator.name(),
            summed_in_f32: (name.accumulator.precision < F32.precision).then(summed_in_f32),
            is_stochastic: name.is_stochastic(),
        }
    }
}

impl Role {
    /// Whether it is plain f32.
    pub fn is_f32(&self) -> bool {
        self.name == F32.name()
    }

    /// Whether its format has fewer significand bits than f32.
    pub fn is_below_f32(&self) -> bool {
        self.format.precision < F32.precision
    }

    /// The name of the same arithmetic with an accumulator at least as wide as f32.
    pub fn summed_in_f32(&self) -> &str {
        self.summed_in_f32.as_deref().unwrap_or(&self.name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The arithmetics of a policy's roles. Equal policies have equal roles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// The format in which parameters, inputs and targets are stored; absent if they enter each role exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<FormatFacts>,
    /// The forward pass.
    pub forward: Role,
    /// The backward pass.
    pub backward: Role,
}

impl From<Policy> for Roles {
    fn from(policy: Policy) -> Roles {
        Roles {
            storage: policy.storage.as_ref().map(FormatFacts::of),
            forward: policy.forward.into(),
            backward: policy.backward.into(),
        }
    }
}

impl Roles {
    /// Whether one arithmetic serves all roles.
    pub fn is_plain(&self) -> bool {
        self.forward == self.backward && self.storage.as_ref() == Some(&self.forward.format)
    }

    /// Bits of the widest format in which numbers are stored or computed, accumulators apart; `None` for unbounded
    /// exponents.
    pub fn bits(&self) -> Option<u32> {
        let [forward, backward] = [&self.forward, &self.backward].map(|role| role.format.bits);
        let storage = self.storage.as_ref().map_or(Some(0), |storage| storage.bits);
        Some(forward?.max(backward?).max(storage?))
    }
}
