//! One activation in full: formula and sources, segments, breakpoints, mean-field constants.

use super::listing::growth;
use crate::activation::{Break, Facts, JointFacts, Parameter, PieceFacts, Side};
use crate::report::table::{Table, wrapped};

/// Significant digits of numbers, fewer than those of the quadratures and bounds.
const DIGITS: usize = 10;

/// What the rows of theory assume, and the meaning of χ₁.
const THEORY: &str = "mean-field theory without biases: Z is standard normal, and χ₁ is the factor by which a layer \
                      multiplies the gradient's mean square";

/// What `activations NAME` prints above the picture's path.
pub fn text(facts: &Facts) -> String {
    let blocks = [
        wrapped(&format!("{}: φ(x) = {}", facts.name, facts.formula)) + &Table::facts(names(facts)).text(),
        "segments\n".to_string() + &pieces(&facts.pieces),
        joints(facts),
        wrapped(THEORY) + &Table::facts(mean_field(facts)).text(),
    ];
    blocks.into_iter().filter(|block| !block.is_empty()).collect::<Vec<_>>().join("\n")
}

fn names(facts: &Facts) -> Vec<(&str, String)> {
    let mut rows = Vec::new();
    let mut row = |title, text: String| {
        if !text.is_empty() {
            rows.push((title, text));
        }
    };
    row("syntax", if facts.parameters.is_empty() { String::new() } else { facts.grammar.clone() });
    row("aliases", facts.aliases.join(", "));
    row("PyTorch", facts.torch.into());
    row("paper", facts.paper.into());
    for parameter in &facts.parameters {
        row(parameter.name, parameter_text(parameter));
    }
    // Constants that are parameters are listed above.
    let is_parameter = |constant: &&String| {
        facts.parameters.iter().any(|parameter| constant.ends_with(&format!(" = {}", parameter.value)))
    };
    for constant in facts.constants.iter().filter(|constant| !is_parameter(constant)) {
        let (name, value) = constant.split_once(" = ").unwrap_or(("constant", constant));
        row(name, format!("{value}, exact"));
    }
    rows
}

/// `0.25, exact (default)`, `0.3, the nearest double (default 1)`.
fn parameter_text(parameter: &Parameter) -> String {
    let Parameter { value, default, .. } = *parameter;
    // Rust's decimals are exact, and no double has more than 1074 of them.
    let whole = format!("{value:.1074}");
    let is_exact = whole.trim_end_matches('0').trim_end_matches('.') == value.to_string();
    let kind = if is_exact { "exact" } else { "the nearest double" };
    let origin = if value == default { "default".into() } else { format!("default {default}") };
    format!("{value}, {kind} ({origin})")
}

fn pieces(pieces: &[PieceFacts]) -> String {
    let mut table = Table::titled(["x", "φ(x)", "Λ₁ ≥ |φ'|", "Λ₂ ≥ |φ''|"]);
    for piece in pieces {
        table.push([
            interval(piece),
            piece.polynomial.map_or("by the formula".into(), |polynomial| polynomial.to_string()),
            growth(&piece.lipschitz, number),
            number(piece.curvature),
        ]);
    }
    table.text()
}

/// `(−∞, −3]`.
fn interval(piece: &PieceFacts) -> String {
    let (open, close) = (if piece.has_from { '[' } else { '(' }, if piece.has_to { ']' } else { ')' });
    let end = |end: Option<f64>, infinity: &str| end.map_or(infinity.into(), number);
    format!("{open}{}, {}{close}", end(piece.from, "−∞"), end(piece.to, "∞"))
}

/// A row per breakpoint, and PyTorch's choice in words; empty if there is only one segment.
fn joints(facts: &Facts) -> String {
    if facts.joints.is_empty() {
        return String::new();
    }
    let mut table = Table::titled(["breakpoint", "", "φ below", "at", "above", "φ' below", "at", "above"]);
    for JointFacts { at, breaks, below, here, above } in &facts.joints {
        let sides = [below, here, above];
        let numbers = |of: fn(&Side) -> f64| sides.map(|side| number(of(side)));
        let head = [format!("x = {}", number(*at)), broken(*breaks).into()].into_iter();
        table.push(head.chain(numbers(|side| side.value)).chain(numbers(|side| side.derivative)));
    }
    table.notes = vec![format!("φ' at breakpoints follows PyTorch: {}", facts.at_joints)];
    table.text()
}

/// What jumps, in words.
pub fn broken(breaks: Break) -> &'static str {
    match breaks {
        Break::Value => "φ jumps",
        Break::Slope => "φ' jumps",
        Break::Curvature => "φ'' jumps",
    }
}

fn mean_field(facts: &Facts) -> [(&'static str, String); 4] {
    let slope = format!(" (slope {})", number(facts.variance_slope));
    let phase = if facts.unstable { facts.phase.clone() + &slope } else { facts.phase.clone() };
    [
        ("E[φ(Z)²]", number(facts.second_moment)),
        ("E[φ'(Z)²]", number(facts.derivative_second_moment)),
        ("gain", format!("{} = 1/√E[φ(Z)²] keeps the variance at 1", number(facts.preserving_gain))),
        ("χ₁ at that gain", format!("{}: {phase}", number(facts.chi1))),
    ]
}

/// A number to ten significant digits, trailing zeros dropped.
pub fn number(x: f64) -> String {
    let scientific = format!("{:.*e}", DIGITS - 1, x.abs());
    let rounded: f64 = scientific.parse().unwrap_or(x.abs());
    let sign = if x < 0.0 { "−" } else { "" };
    if rounded == 0.0 || (1e-5..1e10).contains(&rounded) {
        format!("{sign}{rounded}")
    } else {
        format!("{sign}{rounded:e}")
    }
}
