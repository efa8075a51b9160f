//! The edge of chaos of activations: a table of all, and the rows of one.

use super::sheet::number;
use crate::activation::{Activation, EdgePoint, Stability, edge_of_chaos};
use crate::report::page::{Block, text as rendered};
use crate::report::table::{Table, wrapped};
use serde::Serialize;

/// σ_b that are shown: no biases, the usual deviation and its double.
const BIASES: [f64; 3] = [0.0, 0.1, 0.2];

/// What the table of one activation shows.
const ABOUT: &str = "edge of chaos: standard deviation σ_w of the weights × √fan-in with which, at biases of standard \
                     deviation σ_b, the variance q of pre-activations is a fixed point and χ₁ = 1 there; slope is \
                     d(next q)/dq, and above 1 the variance moves away";

const NOTES: [&str; 3] = [
    "σ_w: standard deviation of the weights × √fan-in with which both the variance of pre-activations and the gradient's \
     mean square stay from layer to layer (χ₁ = 1), for biases of standard deviation σ_b. none: there is no such σ_w.",
    "unstable: the variance moves away from its fixed point. marginal: its slope is 1 there. Without biases, activations \
     with straight sides like relu are there at any variance, most others in the limit of small ones.",
    "Use it with --init preserve --gain σ_w --bias-std σ_b. precision-probe activations NAME has the variances.",
];

/// The points of one σ_b.
#[derive(Serialize)]
pub struct Edge {
    /// σ_b.
    bias_deviation: f64,
    /// By increasing variance.
    points: Vec<EdgePoint>,
}

/// The points of an activation for every σ_b that is shown.
pub fn edges(activation: &Activation) -> Vec<Edge> {
    BIASES.map(|bias_deviation| Edge { bias_deviation, points: edge_of_chaos(activation, bias_deviation) }).into()
}

/// What `activations --edge` prints.
pub fn listing(activations: &[Activation]) -> String {
    let mut table = Table::titled(["activation", "σ_w at σ_b = 0", "at σ_b = 0.1", "at σ_b = 0.2"]);
    for activation in activations {
        let cells = edges(activation).into_iter().map(|edge| cell(&edge.points));
        table.push(std::iter::once(activation.grammar()).chain(cells));
    }
    rendered(&[table.into(), Block::Facts(NOTES.map(String::from).into())])
}

/// `1.19340`, `1.72708 unstable`, `none`.
fn cell(points: &[EdgePoint]) -> String {
    let words = points.iter().map(|point| match point.stability {
        Stability::Stable => format!("{:.5}", point.gain),
        _ => format!("{:.5} {}", point.gain, point.stability),
    });
    if points.is_empty() { "none".into() } else { words.collect::<Vec<_>>().join(", ") }
}

/// The rows of `activations NAME`.
pub fn sheet(activation: &Activation) -> String {
    let mut table = Table::titled(["σ_b", "σ_w", "q", "slope", ""]);
    for Edge { bias_deviation, points } in edges(activation) {
        if points.is_empty() {
            table.push([number(bias_deviation), "none".into(), String::new(), String::new(), String::new()]);
        }
        for EdgePoint { gain, q, variance_slope, stability } in points {
            let q = q.map_or("any".into(), number);
            // The difference quotient has about eight digits.
            let slope = format!("{variance_slope:.6}");
            table.push([number(bias_deviation), number(gain), q, slope, stability.to_string()]);
        }
    }
    wrapped(ABOUT) + &table.text()
}
