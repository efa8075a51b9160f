//! Describes each activation in words: its grammar, its formula, φ' at breakpoints, and its sources.

use std::ops::RangeInclusive;

/// An activation in words and in the grammar; fields that do not apply are empty.
#[derive(Debug)]
pub struct About {
    /// Its canonical name; capitals, `_` and `-` are ignored when names are compared.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Parameters in order.
    pub parameters: &'static [Symbol],
    /// Whether its name alone, with default parameters, is an entry of the catalogue.
    pub has_default: bool,
    /// An example with parameters.
    pub example: &'static str,
    /// φ(x).
    pub formula: &'static str,
    /// φ' at breakpoints, with the expression in PyTorch's kernel.
    pub at_joints: &'static str,
    /// Its PyTorch equivalent.
    pub torch: &'static str,
    /// The paper that introduced it.
    pub paper: &'static str,
}

impl About {
    /// Nothing said.
    pub const NONE: About = About {
        name: "",
        aliases: &[],
        parameters: &[],
        has_default: true,
        example: "",
        formula: "",
        at_joints: "",
        torch: "",
        paper: "",
    };
}

/// A parameter in the grammar.
#[derive(Debug)]
pub struct Symbol {
    /// In the grammar: `SLOPE`.
    pub symbol: &'static str,
    /// In messages: `the slope`.
    pub what: &'static str,
    /// In records and captions: `slope`.
    pub constant: &'static str,
    /// Which numbers it takes.
    pub kind: Kind,
}

impl Symbol {
    /// A parameter.
    pub const fn new(symbol: &'static str, what: &'static str, constant: &'static str, kind: Kind) -> Symbol {
        Symbol { symbol, what, constant, kind }
    }
}

/// The kinds of parameters.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A slope, rounded to the grid of parameters.
    Slope,
    /// Any number in a range.
    Range(RangeInclusive<f64>),
}

/// Parameters of exponentials: a range wider than anyone needs, in which nothing overflows or vanishes because of its
/// size.
pub const POSITIVE: Kind = Kind::Range(1e-6..=1e4);
/// Limits and thresholds.
pub const LIMIT: Kind = Kind::Range(-1e4..=1e4);
