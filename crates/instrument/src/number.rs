//! Numbers as a record keeps them: nine digits, and words for values that JSON numbers cannot represent.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// A number that may be infinite or absent: written as a JSON number or as `"inf"`, `"-inf"`, `"none"`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Number {
    /// A finite number.
    Finite(f64),
    /// +∞: x/0, or a non-finite gradient.
    Infinite,
    /// −∞: the logarithm of an exact zero.
    MinusInfinite,
    /// 0/0 or not applicable: left out of quantiles, but counted.
    None,
}

impl Number {
    /// Classifies a double, rounded to 9 significant digits; NaN becomes `None`.
    pub fn new(x: f64) -> Number {
        if x.is_nan() {
            Number::None
        } else if x.is_infinite() {
            if x > 0.0 { Number::Infinite } else { Number::MinusInfinite }
        } else {
            let digits = format!("{x:.8e}").parse::<f64>();
            // −0 and 0 mean the same to a reader; one spelling keeps records comparable.
            Number::Finite(digits.expect("a formatted double parses") + 0.0)
        }
    }

    /// The number as a double: ±∞, or NaN for `None`.
    pub fn value(self) -> f64 {
        match self {
            Number::Finite(x) => x,
            Number::Infinite => f64::INFINITY,
            Number::MinusInfinite => f64::NEG_INFINITY,
            Number::None => f64::NAN,
        }
    }

    /// The finite value, if it is one.
    pub fn finite(self) -> Option<f64> {
        if let Number::Finite(x) = self { Some(x) } else { None }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Number::Finite(x) => serializer.serialize_f64(*x),
            Number::Infinite => serializer.serialize_str("inf"),
            Number::MinusInfinite => serializer.serialize_str("-inf"),
            Number::None => serializer.serialize_str("none"),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Finite(f64),
            Word(String),
        }
        match Raw::deserialize(deserializer)? {
            Raw::Finite(x) => Ok(Number::Finite(x)),
            Raw::Word(word) => match word.as_str() {
                "inf" => Ok(Number::Infinite),
                "-inf" => Ok(Number::MinusInfinite),
                "none" => Ok(Number::None),
                _ => Err(serde::de::Error::custom(format!("`{word}` is not a number, `inf`, `-inf` or `none`"))),
            },
        }
    }
}

/// A JSON number or one of the words.
impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number that may be infinite or absent.",
            "anyOf": [{ "type": "number" }, { "enum": ["inf", "-inf", "none"] }],
        })
    }
}
