//! The edge of chaos: initialisations that keep both the variance of pre-activations and the gradient's size.
//!
//! With weights of variance σ_w²/fan-in and biases of variance σ_b², a variance q is a fixed point with χ₁ = 1 if
//!
//! ```text
//! σ_w² = 1/E[φ'(√q·Z)²]       and       q = σ_b² + σ_w²·E[φ(√q·Z)²]
//! ```
//!
//! (Poole et al. 2016; Schoenholz et al. 2017; Hayou et al. 2019). For a given σ_b the second equation is solved for q:
//! the roots of `q − σ_b² − E[φ²]/E[φ'²]` are bracketed on a grid of factors √2 and refined by bisection until neighbouring
//! doubles enclose them. Two points closer than a factor √2 in q can be missed.

use super::moments::{derivative_second_moment, second_moment};
use super::{Activation, moments};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Largest variance that is searched: pre-activations beyond ±100 are no initialisation.
const LARGEST: f64 = 1e4;
/// Factor between neighbouring variances of the search.
const STEP: f64 = std::f64::consts::SQRT_2;
/// Variance at which the search begins without biases, and at which the fixed point 0 shows whether it is stable; of an
/// activation that bends on the scale 1.
const NEAR_ZERO: f64 = 1e-3;
/// Distance from 1 at which a slope counts as 1: a hundred times the error of the difference quotient.
const MARGIN: f64 = 1e-6;
/// Relative to q, the distance from a root that the quadrature may pretend.
const NOISE: f64 = 1e-12;

/// A point of the edge of chaos.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EdgePoint {
    /// σ_w: standard deviation of the weights times √fan-in.
    pub gain: f64,
    /// Variance of the pre-activations; `None` if every variance is a fixed point.
    pub q: Option<f64>,
    /// d(next q)/dq there.
    pub variance_slope: f64,
    /// What becomes of a variance near q.
    pub stability: Stability,
}

/// What becomes of a variance near a fixed point, as far as its slope tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stability {
    /// It moves towards the fixed point.
    Stable,
    /// It stays, to first order: piecewise linear functions that are 0 at their kinks have slope χ₁.
    Marginal,
    /// It moves away.
    Unstable,
}

impl Stability {
    /// Of a slope, or of next q over q where a slope cannot tell.
    fn of(slope: f64) -> Stability {
        match slope {
            _ if slope < 1.0 - MARGIN => Stability::Stable,
            _ if slope > 1.0 + MARGIN => Stability::Unstable,
            _ => Stability::Marginal,
        }
    }
}

impl fmt::Display for Stability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stability::Stable => "stable",
            Stability::Marginal => "marginal",
            Stability::Unstable => "unstable",
        })
    }
}

/// The points of the edge of chaos for biases of standard deviation σ_b, by increasing q; empty if there is none with q up
/// to 10⁴. Without biases a φ that is linear on both sides of 0 has one for all q, and others can have the limit q → 0.
pub fn edge_of_chaos(activation: &Activation, bias_deviation: f64) -> Vec<EdgePoint> {
    let bias_variance = bias_deviation * bias_deviation;
    if let Some((left, right)) = activation.linear_slopes() {
        // The variance is multiplied by what the gradient's mean square is multiplied by, so it stays only without biases.
        let gain = (2.0 / (left * left + right * right)).sqrt();
        let is_edge = bias_variance == 0.0 && gain.is_finite();
        let point = EdgePoint { gain, q: None, variance_slope: 1.0, stability: Stability::Marginal };
        return is_edge.then_some(point).into_iter().collect();
    }
    let excess = |q: f64| q - bias_variance - second_moment(activation, q) / derivative_second_moment(activation, q);
    // Around 0 relu6 and hardtanh are linear, so every q is a root there; that is the point at 0.
    let is_clear = |q: f64, excess: f64| excess.is_finite() && excess.abs() > NOISE * q;
    let mut points: Vec<EdgePoint> = at_zero(activation).filter(|_| bias_variance == 0.0).into_iter().collect();
    let low = if bias_variance > 0.0 { bias_variance } else { near_zero(activation) };
    let mut low = low.clamp(moments::SMALLEST_VARIANCE, LARGEST);
    let mut below = excess(low);
    while low < LARGEST {
        let high = low * STEP;
        let above = excess(high);
        if is_clear(low, below) && is_clear(high, above) && (below < 0.0) != (above < 0.0) {
            points.push(point(activation, root(&excess, low, high)));
        }
        (low, below) = (high, above);
    }
    points
}

/// [`NEAR_ZERO`] on the scale on which an activation bends.
fn near_zero(activation: &Activation) -> f64 {
    let sharpness = activation.sharpness().max(1.0);
    NEAR_ZERO / (sharpness * sharpness)
}

/// The limit q → 0 without biases: φ(0) = 0, and φ' does not vanish around 0.
fn at_zero(activation: &Activation) -> Option<EdgePoint> {
    let derivative = derivative_second_moment(activation, moments::SMALLEST_VARIANCE);
    let gain = 1.0 / derivative.sqrt();
    let next = |q: f64| gain * gain * second_moment(activation, q) / q;
    let is_fixed = gain.is_finite() && (next(moments::SMALLEST_VARIANCE) - 1.0).abs() < MARGIN;
    is_fixed.then(|| EdgePoint {
        gain,
        q: Some(0.0),
        variance_slope: 1.0,
        stability: Stability::of(next(near_zero(activation))),
    })
}

fn point(activation: &Activation, q: f64) -> EdgePoint {
    let gain = 1.0 / derivative_second_moment(activation, q).sqrt();
    let variance_slope = moments::variance_slope(activation, gain, q);
    EdgePoint { gain, q: Some(q), variance_slope, stability: Stability::of(variance_slope) }
}

/// The root between two arguments at which a function has different signs.
fn root(f: &impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let is_below = f(low) < 0.0;
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if (f(middle) < 0.0) == is_below { low = middle } else { high = middle }
    }
}
