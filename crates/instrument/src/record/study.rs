//! The record of a study: six claims about activations, each with what was measured and the answer that follows.

use super::Number;
pub use crate::spec::study::StudySpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Name and version of the layout.
pub const SCHEMA: &str = "precision-probe-study/4";
/// The layouts before it, which are still read: the same fields.
const FORMER: [&str; 2] = ["precision-probe-study/3", "precision-probe-study/1"];

/// Everything that a study found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// Name and version of the layout.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Version of precision-probe that measured.
    pub version: String,
    /// What was asked.
    pub spec: StudySpec,
    /// SHA-256 of the version and the spec's JSON, in hexadecimal.
    pub spec_hash: String,
    /// Networks at initialisation whose gradients were compared with the exact ones, over all activations and depths.
    pub networks: u64,
    /// Copies of networks that were trained, over all activations, depths, seeds and arithmetics.
    pub copies: u64,
    /// The claims from (a) on.
    pub claims: Vec<Claim>,
}

/// One claim and its measured answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// `a` to `f`.
    pub letter: char,
    /// What is claimed, as a sentence.
    pub statement: String,
    /// Whether it holds.
    pub answer: Answer,
    /// Why, in a few sentences with the deciding numbers.
    pub reasons: Vec<String>,
    /// The deciding numbers with their intervals.
    pub findings: Vec<Finding>,
    /// What shows them: one chart and more.
    pub charts: Vec<Chart>,
}

/// Whether a claim holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It held wherever it was tested.
    Confirmed,
    /// It held nowhere where it was tested.
    Refuted,
    /// It held in some cases, which this tells apart: "the init and the format".
    DependsOn(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Answer::Confirmed => f.write_str("confirmed"),
            Answer::Refuted => f.write_str("refuted"),
            Answer::DependsOn(what) => write!(f, "depends on {what}"),
        }
    }
}

/// One number that decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What it is, with its unit: "noise/signal of leaky over relu's, layer 1, f16, depth 100".
    pub what: String,
    /// Over the draws; a count or share of draws has no spread.
    pub value: Spread,
}

/// Order statistics over draws, never interpolated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// 10 % quantile: the least of at most ten.
    pub low: Number,
    /// Upper median.
    pub median: Number,
    /// 90 % quantile: the greatest of at most ten.
    pub high: Number,
    /// Draws that have a value.
    pub count: usize,
}

/// Curves over one quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// What is shown.
    pub title: String,
    /// What the axis to the right is.
    pub horizontal: String,
    /// What the axis upwards is.
    pub vertical: String,
    /// Whether the axis upwards is logarithmic: values are numbers, not logarithms.
    pub logarithmic: bool,
    /// Places on the axis to the right, in order, evenly spaced: depths, slopes, ranges of noise.
    pub places: Vec<String>,
    /// One curve each.
    pub series: Vec<Series>,
    /// Values to hold them against, with their names.
    pub references: Vec<(String, Number)>,
}

/// One curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Its name: an activation, an arithmetic, or both.
    pub name: String,
    /// One for each place; count 0 where there is nothing.
    pub points: Vec<Spread>,
}

impl Claim {
    fn check(&self) -> Result<(), String> {
        for finding in &self.findings {
            finding.value.check().map_err(|what| format!("`{}`: {what}", finding.what))?;
        }
        for chart in &self.charts {
            for series in &chart.series {
                let (points, places) = (series.points.len(), chart.places.len());
                if points != places {
                    return Err(format!("`{}`: {} has {points} points at {places} places", chart.title, series.name));
                }
                let checked = series.points.iter().try_for_each(Spread::check);
                checked.map_err(|what| format!("`{}`, {}: {what}", chart.title, series.name))?;
            }
        }
        Ok(())
    }
}

impl Spread {
    fn check(&self) -> Result<(), String> {
        let all = [self.low, self.median, self.high];
        match self.count {
            0 => Ok(()),
            _ if all.contains(&Number::None) => Err("a number of some draws is none".into()),
            // As doubles: the order of the enum is another one.
            _ if all.map(Number::value).is_sorted() => Ok(()),
            _ => Err("a median is not between its ends".into()),
        }
    }
}

impl Study {
    /// The bytes of `study.json`.
    pub fn to_json(&self) -> String {
        super::text::write(self)
    }

    /// Whether the study can be believed.
    ///
    /// # Errors
    /// The first contradiction and its place, as a part of a sentence.
    pub fn check(&self) -> Result<(), String> {
        self.claims.iter().try_for_each(|claim| {
            claim.check().map_err(|contradiction| format!("claim {}: {contradiction}", claim.letter))
        })
    }

    /// Reads a study back.
    ///
    /// # Errors
    /// A sentence with the place where the text is not a study of this schema.
    pub fn from_json(text: &str) -> Result<Study, String> {
        super::text::read(text, "record", SCHEMA, &FORMER, |_| Ok(()))
    }
}
