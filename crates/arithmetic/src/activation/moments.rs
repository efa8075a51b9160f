//! Mean-field constants, which describe how a wide random layer scales activations and gradients.
//!
//! In a wide network with weights of variance gain²/fan-in and biases of variance σ_b², a
//! pre-activation is normal with a variance q that the layers map as
//!
//! ```text
//! q ← gain²·E[φ(√q·Z)²] + σ_b²,       Z normal of mean 0 and variance 1,
//! ```
//!
//! and the squared norm of the gradient changes per layer by χ₁ = gain²·E[φ'(√q·Z)²] (Poole et al.
//! 2016; Schoenholz et al. 2017; He et al. 2015 for relu).
//!
//! In a residual network a ← s·φ(z) + a the stream a has a mean square v, of which a layer makes
//!
//! ```text
//! q = gain²·v + σ_b²,       v ← v + s²·E[φ(√q·Z)²],       χ₁ = 1 + s²·gain²·E[φ'(√q·Z)²]
//! ```
//!
//! (Yang and Schoenholz 2017; Hayou et al. 2021 with s = 1/√L). χ₁ takes branch and skip as uncorrelated, which
//! fresh weights of mean zero make true of gradients as the width grows. The map of v does the same for
//! activations, which is true where φ has mean 0: another mean adds up from layer to layer, so that the stream grows faster
//! than this v, and at finite width gradients grow faster than χ₁ in that one direction (relu, width 128, 24 layers:
//! 0.08 bits per layer instead of 0.06).
//!
//! The expectations are computed by composite Gauss–Legendre quadrature of 24 nodes to about 1e-13 relative. The panels
//! end at 0 and at the joints, grow geometrically from 1/(8√q), the scale on which φ bends (finer where β or 1/α
//! sharpens it), and are at most 1 wide, the scale of the normal density; each integrand is analytic in a disc that
//! reaches well beyond its panel. They stop at 16, beyond which lies e^-128 of the density.

use super::double::{derivative_f64, value_f64};
use super::{Activation, Function};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// End of the integration, in standard deviations.
const REACH: f64 = 16.0;
/// Nodes of one panel.
const NODES: usize = 24;
/// Slopes of the variance map up to here count as stable: scale-invariant activations have exactly 1.
const STABLE: f64 = 1.005;
const INVERSE_SQRT_TWO_PI: f64 = 0.398942280401432677939946059934;
/// Variances are kept inside this range, where squares of √q·Z neither under- nor overflow.
pub(super) const SMALLEST_VARIANCE: f64 = 1e-280;
const LARGEST_VARIANCE: f64 = 1e280;

/// E[φ(√q·Z)²], for 1e-280 ≤ q ≤ 1e280. For prelu with its initial slope.
pub fn second_moment(activation: &Activation, q: f64) -> f64 {
    match activation.linear_slopes() {
        Some((left, right)) => q * 0.5 * (left * left + right * right),
        None => expected_square(&Function::Value(*activation), q),
    }
}

/// E[φ'(√q·Z)²], for 1e-280 ≤ q ≤ 1e280. For prelu with its initial slope.
pub fn derivative_second_moment(activation: &Activation, q: f64) -> f64 {
    match activation.linear_slopes() {
        Some((left, right)) => 0.5 * (left * left + right * right),
        None => expected_square(&Function::Derivative(*activation), q),
    }
}

/// The gain that keeps a pre-activation variance of 1 without biases: 1/√E[φ(Z)²].
pub fn preserving_gain(activation: &Activation) -> f64 {
    1.0 / second_moment(activation, 1.0).sqrt()
}

/// The predictions of mean-field theory for a deep network at initialisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanField {
    /// Standard deviation of the weights times √fan-in.
    pub gain: f64,
    /// Variance of the pre-activations after the given depth, from 1 at the input.
    pub q: f64,
    /// Factor of the squared norm of the gradient per layer, there.
    pub chi1: f64,
    /// The meaning of that factor.
    pub phase: Phase,
    /// d(next q)/dq there: above 1, the variance moves away from that point and χ₁ drifts. For a residual network,
    /// d(next v)/dv, which is always above 1.
    pub variance_slope: f64,
    /// For a residual network, the factor of all hidden layers together, each at its own variance.
    pub growth: Option<f64>,
}

impl MeanField {
    /// The growth with the digits that are shown; infinite beyond the doubles.
    pub fn shown_growth(&self) -> Option<f64> {
        self.growth.map(|growth| shown(growth).parse().unwrap_or(f64::INFINITY))
    }

    /// True if the variance moves away from this point, so that χ₁ drifts.
    pub fn is_unstable(&self) -> bool {
        self.variance_slope > STABLE
    }

    /// The phase in words, with a warning if the variance is unstable (gelu and silu at 1). The variance of a residual
    /// network never settles, and factors near 1 accumulate, so the phase there is that of all layers together.
    pub fn describe(&self) -> String {
        match self.growth {
            Some(growth) => Phase::over_all_layers(growth),
            None => format!("{}{}", self.phase.describe(), Phase::warning(self.is_unstable())),
        }
    }
}

/// How the size of gradients changes from layer to layer in a deep network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// χ₁ < 0.995.
    #[serde(rename = "gradients_shrink")]
    Ordered,
    /// χ₁ within half a percent of 1.
    #[serde(rename = "gradients_keep_their_size")]
    Critical,
    /// χ₁ > 1.005.
    #[serde(rename = "gradients_grow")]
    Chaotic,
}

impl Phase {
    /// The phase of a factor per layer.
    pub fn of(chi1: f64) -> Phase {
        if chi1 < 0.995 {
            Phase::Ordered
        } else if chi1 > 1.005 {
            Phase::Chaotic
        } else {
            Phase::Critical
        }
    }

    /// The growth of the mean square over all hidden layers of a residual network, in words.
    pub fn over_all_layers(growth: f64) -> String {
        format!("gradients grow, in all {} times (mean square)", shown(growth))
    }

    /// What follows the phase in words where the variance is unstable.
    pub fn warning(is_unstable: bool) -> &'static str {
        if is_unstable { ", but this variance is unstable" } else { "" }
    }

    /// The phase in words.
    pub fn describe(self) -> &'static str {
        match self {
            Phase::Ordered => "gradients shrink",
            Phase::Critical => "gradients keep their size",
            Phase::Chaotic => "gradients grow",
        }
    }
}

/// The digits of a growth that are shown.
fn shown(growth: f64) -> String {
    match growth {
        _ if growth < 1e4 => format!("{growth:.2}"),
        _ if growth.is_finite() => format!("{growth:.1e}"),
        _ => "more than 1e308".into(),
    }
}

/// Iterates the variance map from q = 1 through `depth` layers (or to its fixed point, if that comes
/// first) and evaluates χ₁ at the variance reached, which is kept within 1e±280.
pub fn mean_field(activation: &Activation, gain: f64, bias_variance: f64, depth: usize) -> MeanField {
    let weight_variance = gain * gain;
    let mut q = 1.0;
    for _ in 0..depth {
        let next = weight_variance * second_moment(activation, q) + bias_variance;
        let next = next.clamp(SMALLEST_VARIANCE, LARGEST_VARIANCE);
        let settled = (next - q).abs() <= 1e-15 * q;
        q = next;
        if settled {
            break;
        }
    }
    let chi1 = weight_variance * derivative_second_moment(activation, q);
    let variance_slope = variance_slope(activation, gain, q);
    MeanField { gain, q, chi1, phase: Phase::of(chi1), variance_slope, growth: None }
}

/// d(next q)/dq = gain²·d/dq E[φ(√q·Z)²] as a central difference, to about 1e-8.
pub(super) fn variance_slope(activation: &Activation, gain: f64, q: f64) -> f64 {
    let moved = |factor: f64| second_moment(activation, (q * factor).clamp(SMALLEST_VARIANCE, LARGEST_VARIANCE));
    gain * gain * (moved(1.0 + 1e-4) - moved(1.0 - 1e-4)) / (2e-4 * q)
}

/// Follows the stream of a residual network with branches scaled by `scale`, from v = 1 at the input through
/// `depth` layers, and evaluates χ₁ at the last one's variance; variances are kept within 1e±280.
pub fn residual_mean_field(
    activation: &Activation,
    gain: f64,
    bias_variance: f64,
    scale: f64,
    depth: usize,
) -> MeanField {
    let (weight_variance, branch) = (gain * gain, scale * scale);
    let variance = |v: f64| (weight_variance * v + bias_variance).clamp(SMALLEST_VARIANCE, LARGEST_VARIANCE);
    let next = |v: f64| (v + branch * second_moment(activation, variance(v))).min(LARGEST_VARIANCE);
    let factor = |v: f64| 1.0 + branch * weight_variance * derivative_second_moment(activation, variance(v));
    let (mut v, mut last, mut growth) = (1.0, 1.0, 1.0);
    for _ in 0..depth {
        growth *= factor(v);
        (v, last) = (next(v), v);
    }
    let chi1 = factor(last);
    let variance_slope = (next(last * (1.0 + 1e-4)) - next(last * (1.0 - 1e-4))) / (2e-4 * last);
    MeanField { gain, q: variance(last), chi1, phase: Phase::of(chi1), variance_slope, growth: Some(growth) }
}

/// E[f(√q·Z)²] of a function that is analytic between 0 and its joints.
fn expected_square(function: &Function, q: f64) -> f64 {
    let scale = q.sqrt();
    let (Function::Value(activation) | Function::Derivative(activation)) = function else {
        unreachable!("invariant: only activations have moments")
    };
    let mut joints: Vec<f64> = activation.joints().iter().map(|joint| joint.at.abs() / scale).collect();
    joints.retain(|joint| *joint > 0.0 && *joint < REACH);
    joints.sort_by(f64::total_cmp);
    let bend = 0.125 / (scale * activation.sharpness().max(1.0));
    let f = |x: f64| match function {
        Function::Derivative(_) => derivative_f64(activation, x),
        _ => value_f64(activation, x),
    };
    // Both signs of z at once: the density is even.
    let integrand = |z: f64| {
        let (right, left) = (f(scale * z), f(-scale * z));
        (right * right + left * left) * core_math::exp(-0.5 * z * z)
    };
    let mut sum = 0.0;
    let mut start = 0.0;
    while start < REACH {
        let end = if start == 0.0 { bend.min(1.0) } else { (2.0 * start).min(start + 1.0) }.min(REACH);
        let joint = joints.iter().copied().find(|joint| *joint > start);
        let end = joint.map_or(end, |joint| end.min(joint));
        let (middle, half) = (0.5 * (start + end), 0.5 * (end - start));
        let panel: f64 = LEGENDRE.iter().map(|(node, weight)| weight * integrand(middle + half * node)).sum();
        sum += panel * half;
        start = end;
    }
    sum * INVERSE_SQRT_TWO_PI
}

/// Nodes and weights of Gauss–Legendre quadrature on [−1, 1]: Newton's method on P_n from Tricomi's
/// guess cos(π(i − 1/4)/(n + 1/2)), weights 2/((1 − x²)·P_n'(x)²).
static LEGENDRE: LazyLock<[(f64, f64); NODES]> = LazyLock::new(|| {
    let n = NODES as f64;
    std::array::from_fn(|i| {
        let mut x = core_math::cospi((i as f64 + 0.75) / (n + 0.5));
        for _ in 0..8 {
            let (p, slope) = legendre(x);
            x -= p / slope;
        }
        let (_, slope) = legendre(x);
        (x, 2.0 / ((1.0 - x) * (1.0 + x) * slope * slope))
    })
});

/// P_n(x) and P_n'(x) by the three-term recurrence.
fn legendre(x: f64) -> (f64, f64) {
    let (mut previous, mut current) = (1.0, x);
    for k in 2..=NODES {
        let k = k as f64;
        (previous, current) = (current, ((2.0 * k - 1.0) * x * current - (k - 1.0) * previous) / k);
    }
    (current, NODES as f64 * (x * current - previous) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quadrature_integrates_polynomials_of_degree_47() {
        let total: f64 = LEGENDRE.iter().map(|(_, weight)| weight).sum();
        assert!((total - 2.0).abs() < 1e-14);
        for degree in [2, 10, 46] {
            let power = |x: f64| (0..degree).fold(1.0, |product, _| product * x);
            let integral: f64 = LEGENDRE.iter().map(|(node, weight)| weight * power(*node)).sum();
            assert!((integral * f64::from(degree + 1) / 2.0 - 1.0).abs() < 1e-13, "degree {degree}");
        }
    }

    #[test]
    fn extreme_variances_follow_the_asymptotes() {
        // tanh is x near 0 and ±1 far away; its derivative far away is a spike of ∫sech⁴ = 4/3.
        for q in [1e-280, 1e-100, 1e-20] {
            assert!((second_moment(&Activation::Tanh, q) / q - 1.0).abs() < 1e-13);
            assert!((second_moment(&Activation::Gelu, q) / q - 0.25).abs() < 1e-9);
        }
        for q in [1e20, 1e100, 1e280] {
            assert!((second_moment(&Activation::Tanh, q) - 1.0).abs() < 1e-9);
            let spike = derivative_second_moment(&Activation::Tanh, q) * q.sqrt();
            assert!((spike / (4.0 / 3.0 * INVERSE_SQRT_TWO_PI) - 1.0).abs() < 1e-12, "{q}: {spike}");
            assert!((second_moment(&Activation::Elu { alpha: 1.0 }, q) / q - 0.5).abs() < 1e-9);
        }
    }

    /// At variance 1 these push the variance away (gelu by 1.144, silu by 1.173, relu2 doubles its logarithm).
    #[test]
    fn an_unstable_variance_is_told() {
        let unstable: Vec<String> = crate::activation::ALL
            .iter()
            .filter(|activation| {
                mean_field(activation, preserving_gain(activation), 0.0, 1).describe().contains("unstable")
            })
            .map(Activation::name)
            .collect();
        let expected = [
            "hardswish",
            "softshrink",
            "hardshrink",
            "threshold",
            "relu2",
            "tanhshrink",
            "silu",
            "mish",
            "gelu",
            "gelu_tanh",
        ];
        assert_eq!(unstable, expected);
        let slope = |activation| mean_field(&activation, preserving_gain(&activation), 0.0, 1).variance_slope;
        assert!((slope(Activation::Gelu) - 1.144).abs() < 1e-3 && (slope(Activation::Silu) - 1.173).abs() < 1e-3);
        assert!((slope(Activation::ReluSquared) - 2.0).abs() < 1e-6);
    }

    /// For relu at its preserving gain E[φ²] is v/1: the stream and the gradient grow by 1 + s² per layer, L layers
    /// with s² = 1/L by nearly e. Branches that keep their variance make v ← v + s²·E[φ²] whatever φ is.
    #[test]
    fn residual_streams_grow_as_their_formula() {
        let relu = Activation::Relu;
        let field = residual_mean_field(&relu, preserving_gain(&relu), 0.0, 0.125, 64);
        let layer: f64 = 1.0 + 1.0 / 64.0;
        let power = |n: i32| (0..n).fold(1.0, |product, _| product * layer);
        assert!((field.chi1 - layer).abs() < 1e-12 && (field.variance_slope - layer).abs() < 1e-9, "{field:?}");
        assert!((field.q / (2.0 * power(63)) - 1.0).abs() < 1e-9, "{field:?}");
        assert!((field.growth.unwrap() / power(64) - 1.0).abs() < 1e-9, "{field:?}");
        assert_eq!(field.describe(), "gradients grow, in all 2.70 times (mean square)");
        // One layer of tanh, by its definition.
        let tanh = Activation::Tanh;
        let field = residual_mean_field(&tanh, 1.5, 0.01, 0.5, 2);
        let (first, q) = (2.26, 2.25 * (1.0 + 0.25 * second_moment(&tanh, 2.26)) + 0.01);
        let factor = |q: f64| 1.0 + 0.25 * 2.25 * derivative_second_moment(&tanh, q);
        assert!((field.q - q).abs() < 1e-12 && (field.chi1 - factor(q)).abs() < 1e-12);
        assert!((field.growth.unwrap() - factor(first) * factor(q)).abs() < 1e-12);
        let field = residual_mean_field(&relu, 1e3, 0.0, 1.0, 1000);
        assert!(field.describe().contains("more than 1e308 times"), "{field:?}");
    }

    #[test]
    fn the_limits_of_critical_are_half_a_percent() {
        assert_eq!(Phase::of(0.994), Phase::Ordered);
        assert_eq!(Phase::of(1.0), Phase::Critical);
        assert_eq!(Phase::of(1.006), Phase::Chaotic);
        assert_eq!(Phase::of(1.0).describe(), "gradients keep their size");
    }
}
