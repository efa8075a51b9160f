//! What a sweep measures: the fields that all of its cells share, and the axes along which they differ.
//!
//! A cell is one network spec with all of its precisions and trials. The plan and the version determine every cell, so
//! `plan.json` is all that a run needs to go on with a sweep.

use super::{Field, Fields, Kind, Spec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the plan's layout.
pub const PLAN_SCHEMA: &str = "precision-probe-sweep-plan/1";

/// What `plan.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepPlan {
    /// Name and version of the layout.
    #[schemars(extend("const" = PLAN_SCHEMA))]
    pub schema: String,
    /// Version of precision-probe that measures.
    pub version: String,
    /// What the cells share; its activations are the first axis, and fields with an axis have their first value.
    pub spec: Spec,
    /// The other axes, in the order of the spec's fields.
    pub axes: Vec<Axis>,
    /// True where horizons are found by bisection, so that not every depth is measured.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bisects: bool,
    /// SHA-256 of the version, the spec's JSON and the axes' JSON, in hexadecimal; with bisection, of that word, too.
    pub spec_hash: String,
}

/// The values of a field that cells differ in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The field of the spec: `loss_scale`.
    pub field: String,
    /// Its values as options take them.
    pub values: Vec<String>,
}

/// A value of an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AxisValue {
    /// A switch.
    Switch(bool),
    /// A whole number.
    Whole(u64),
    /// Another number.
    Real(f64),
    /// A name.
    Text(String),
}

impl AxisValue {
    /// The value of a field; `None` of a field without a value.
    pub fn of(field: &Field<Spec>, spec: &Spec) -> Option<AxisValue> {
        let text = (field.text)(spec)?;
        Some(match field.option.kind {
            Kind::Switch => AxisValue::Switch(text == "on"),
            Kind::Number => match (text.parse(), text.parse()) {
                (Ok(whole), _) => AxisValue::Whole(whole),
                (_, Ok(real)) => AxisValue::Real(real),
                _ => AxisValue::Text(text),
            },
            Kind::Name | Kind::Among(_) | Kind::List(_) => AxisValue::Text(text),
        })
    }
}

/// As options take it, so that tables and commands spell it alike.
impl std::fmt::Display for AxisValue {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            AxisValue::Switch(is_on) => f.write_str(if *is_on { "on" } else { "off" }),
            AxisValue::Whole(number) => write!(f, "{number}"),
            AxisValue::Real(number) => write!(f, "{number:?}"),
            AxisValue::Text(text) => f.write_str(text),
        }
    }
}

impl Axis {
    /// The field of the table; `None` of a name that is no field's.
    pub fn field(&self) -> Option<&'static Field<Spec>> {
        Spec::FIELDS.iter().find(|field| field.name == self.field)
    }
}
