//! Where formats end: lines over sizes of entries, and words for those that are far from them.

use crate::record::{ArithmeticRun, Number, Run};
use crate::report::facts;
use crate::report::numbers::{LOG10_2, Notation::Typeset, limit};
use crate::report::panel::{Dash, LINES, Rule, Sample, ends};

/// Limits closer than this (in powers of ten) share a line.
const SAME: f64 = 0.05;

/// Which end of a format's range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Largest,
    SmallestNormal,
    SmallestSubnormal,
}

impl Edge {
    /// From the top.
    const ALL: [Edge; 3] = [Edge::Largest, Edge::SmallestNormal, Edge::SmallestSubnormal];

    fn name(self) -> &'static str {
        ["largest", "smallest normal", "smallest subnormal"][self as usize]
    }

    fn dash(self) -> Dash {
        LINES[self as usize]
    }

    /// log₂ of the edge where the record's gradients meet it: they are unscaled, and what the format saw was larger by
    /// the loss scale.
    fn of(self, arithmetic: &ArithmeticRun) -> Option<f64> {
        let format = &arithmetic.format;
        let limit: Number = match self {
            Edge::Largest => format.log2_max,
            Edge::SmallestNormal => format.log2_smallest_normal,
            Edge::SmallestSubnormal => format.log2_smallest_subnormal,
        };
        Some(limit.finite()? - f64::from(arithmetic.log2_loss_scale.unwrap_or(0)))
    }
}

/// An axis around sizes of entries.
pub struct Sizes {
    /// The ends, which hold the limits that are drawn.
    pub ends: (f64, f64),
    pub rules: Vec<Rule>,
    /// What is said of other limits.
    pub remarks: Vec<(Sample, String)>,
}

/// The axis around the ends of data in units of so many powers of two; limits at most `near` from the data are drawn.
pub fn around(run: &Run, (low, high): (f64, f64), near: f64, unit: f64) -> Sizes {
    let near = ((low - near) / unit, (high + near) / unit);
    let rules = within(run, near, unit);
    let all = ends(rules.iter().map(|rule| rule.at).chain([low, high]));
    Sizes { ends: all.unwrap_or((low, high)), rules, remarks: remarks(run, near) }
}

/// The limits within the given ends from above to below.
fn within(run: &Run, (low, high): (f64, f64), unit: f64) -> Vec<Rule> {
    type Scaled = (String, Option<i32>);
    let mut groups: Vec<(Edge, f64, Vec<Scaled>)> = Vec::new();
    for edge in Edge::ALL {
        for arithmetic in &run.arithmetics {
            let name = (arithmetic.format.name.clone(), arithmetic.log2_loss_scale);
            let Some(log2) = edge.of(arithmetic).filter(|log2| (low..=high).contains(log2)) else { continue };
            match groups.iter_mut().find(|(other, at, _)| *other == edge && (at - log2).abs() * LOG10_2 < SAME) {
                Some((_, _, names)) if names.contains(&name) => {}
                Some((_, _, names)) => names.push(name),
                None => groups.push((edge, log2, vec![name])),
            }
        }
    }
    groups.sort_by(|one, other| other.1.total_cmp(&one.1));
    let rule = |(edge, log2, names): (Edge, f64, Vec<Scaled>)| {
        let label = format!("{} {} {}", named_once(&names), edge.name(), limit(log2, Typeset));
        Rule::level(log2 * unit, label, 0.9, edge.dash())
    };
    groups.into_iter().map(rule).collect()
}

/// Formats that share a limit, each loss scale once: `f16, e5m2 (loss ×2¹⁰), bf16`.
fn named_once(names: &[(String, Option<i32>)]) -> String {
    let group = |group: &[(String, Option<i32>)]| {
        let formats: Vec<&str> = group.iter().map(|(format, _)| format.as_str()).collect();
        let scale = group.first().and_then(|(_, scale)| *scale).map(|log2| facts::scale(log2, Typeset));
        format!("{}{}", formats.join(", "), scale.map_or(String::new(), |scale| format!(" ({scale})")))
    };
    names.chunk_by(|one, next| one.1 == next.1).map(group).collect::<Vec<_>>().join(", ")
}

/// What a loss scale does to limits, and each format with limits beyond the axis once: its whole range if all are, else
/// those that are.
fn remarks(run: &Run, (low, high): (f64, f64)) -> Vec<(Sample, String)> {
    let mut remarks = Vec::new();
    if run.arithmetics.iter().any(|arithmetic| arithmetic.log2_loss_scale.is_some()) {
        let words = "with a loss scale, a format ends lower by that factor, because the gradients here are unscaled";
        remarks.push(words.to_string());
    }
    let mut beyond: Vec<String> = Vec::new();
    for arithmetic in &run.arithmetics {
        let (format, limits) = (&arithmetic.format.name, Edge::ALL.map(|edge| edge.of(arithmetic)));
        let name = facts::loss_scale(arithmetic, Typeset).map_or(format.clone(), |scale| format!("{format} ({scale})"));
        let far = |limit: &Option<f64>| limit.is_some_and(|log2| !(low..=high).contains(&log2));
        let text = match limits {
            [Some(largest), _, Some(smallest)] if limits.iter().all(far) => {
                format!("{name} ({} to {})", limit(smallest, Typeset), limit(largest, Typeset))
            }
            _ => {
                let named = Edge::ALL.into_iter().zip(limits).filter(|(_, limit)| far(limit));
                let words = named.filter_map(|(edge, at)| Some(format!("{} {}", edge.name(), limit(at?, Typeset))));
                format!("{name} {}", words.collect::<Vec<_>>().join(", "))
            }
        };
        if limits.iter().any(far) && !beyond.contains(&text) {
            beyond.push(text);
        }
    }
    if !beyond.is_empty() {
        remarks.push(format!("beyond this axis: {}", beyond.join("; ")));
    }
    remarks.into_iter().map(|words| (Sample::Nothing, words)).collect()
}
