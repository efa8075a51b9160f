//! Predicts the noise from the measured forward noise.
//!
//! Mean-field theory with one independent contribution per layer k: the relative noise of δ that the noise Δ of z_k
//! causes through φ', in mean square, is
//!
//! ```text
//! Σ_s w_s·Σ_i (Σ_κ J_κ²·p_is(κ) + φ''(z_is)²·E[Δ_s²]) / Σ_s ‖δ_s‖²,   w_s = ‖δ_s‖²/Σ_i φ'(z_is)²
//! ```
//!
//! over samples s and units i, where J is the jump of φ' at a kink κ and p_is(κ) = Φ(−|z_is − κ|/s) is the probability
//! that a Gaussian Δ moves z_is across it; over a density f_z of z, that is E|Δ|·f_z(κ). We use the exact z themselves
//! instead of a density, because in deep networks they are not independent Gaussians (the samples of a unit cluster).
//! s² = (c·κ)² + E[(Δ − c·z)²] excludes the part Δ ≈ c·z that only rescales a sample; it is most of Δ in a deep network
//! and moves nothing across 0. w_s is the square of the gradient that arrives at a unit. The rounding of the backward
//! pass and the relative noise of the layer's input are added. All of this is noise of single samples; the weight
//! gradient Σ_s δ_s·a_sᵀ sums over samples, where noise adds up independently and the signal as measured:
//! [`coherence`].
//!
//! Flips are few, and each contributes as much as the gradient at its unit, so their sum is heavy-tailed and its median
//! is below its mean. We predict the median: of a Poisson number of flips whose weights have the measured kurtosis of
//! the gradient, with the sum approximated by a gamma variable of the same mean and variance (Wilson and Hilferty's
//! median). If half of the runs have no flip, the median has none.

use crate::activation::double::derivative_f64;
use crate::activation::{Activation, Joint};
use crate::arithmetic::sum::Chain;
use crate::arithmetic::{ArithmeticName, Direction, Exact, ExactMatrix, Policy, Quantiser, Sum};
use crate::format::{Format, two_to};
use crate::truth::{Midpoints, TrueTensor};
use ndarray::{Array2, ArrayView1};
use rug::Float;
use std::f64::consts::FRAC_1_SQRT_2;

/// Mean square of the relative error of one rounding, in units of u²: the error is uniform within ±u·2^e, and
/// the logarithm of the significand m within a binade, so 1/3·E[1/m²] = 1/3·3/(8 ln 2).
const ROUNDING: f64 = 0.180_336_880_111_120_43;
/// Expected number of flips below which the median run has none: e^-n = 1/2.
const FEW_FLIPS: f64 = std::f64::consts::LN_2;
/// Standard deviations beyond which the probability of a flip is neglected: it is below 2^-100.
const FARTHEST: f64 = 12.0;
/// Half the step of the difference quotient for φ''; truncation and rounding errors are about 2^-34.
const STEP: f64 = 1.0 / (1 << 17) as f64;

/// The effect of one hidden layer's forward noise on δ through φ', as a relative mean square.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DerivativeNoise {
    /// The contribution of flips.
    pub flips: Flips,
    /// The contribution of φ''.
    pub smooth: f64,
}

/// A sum over flips: its mean, its variance, and the expected number of flips.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs)] // the words above name them
pub struct Flips {
    pub mean: f64,
    pub variance: f64,
    pub count: f64,
}

/// The error (computed minus exact), and the exact value.
fn differences<'a>(
    truth: &'a Midpoints,
    computed: &'a ExactMatrix,
) -> impl Iterator<Item = ((usize, usize), f64, f64)> + 'a {
    computed.indexed_iter().map(|(index, x)| {
        let (high, low) = (truth.high[index], truth.low[index]);
        let difference = match x {
            Exact::Double(x) => (x - high) - low,
            Exact::Long(x) => (Float::with_val(x.prec() + 64, &x - high) - low).to_f64(),
        };
        (index, difference, high)
    })
}

/// Δ of one sample: E[Δ²], and its parts in Δ = c·z + rest.
#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    square: f64,
    /// c
    scale: f64,
    /// E[rest²]
    rest: f64,
}

fn spreads(z: &Midpoints, computed: &ExactMatrix) -> Vec<Spread> {
    let (units, samples) = computed.dim();
    // Σ Δ², Σ zΔ, Σ z².
    let mut sums = vec![(0.0, 0.0, 0.0); samples];
    for ((_, s), difference, z) in differences(z, computed) {
        let sum = &mut sums[s];
        *sum = (sum.0 + difference * difference, sum.1 + z * difference, sum.2 + z * z);
    }
    let spread = |(noise, product, square): (f64, f64, f64)| {
        let scale = if square > 0.0 { product / square } else { 0.0 };
        let rest = (noise - scale * product).max(0.0);
        Spread { square: noise / units as f64, scale, rest: rest / units as f64 }
    };
    sums.into_iter().map(spread).collect()
}

/// ‖computed − exact‖²/‖exact‖²; `None` if the exact values are all zero or any value is not finite.
pub fn relative_noise(truth: &Midpoints, computed: &ExactMatrix) -> Option<f64> {
    let sums = differences(truth, computed).fold((0.0, 0.0), |(noise, signal), (_, difference, value)| {
        (noise + difference * difference, signal + value * value)
    });
    let ratio = sums.0 / sums.1;
    ratio.is_finite().then_some(ratio)
}

/// Exponent of a tensor's largest entry, and all entries as doubles relative to it; those 2^500 times smaller are 0.
fn in_doubles(tensor: &TrueTensor) -> (i64, Array2<f64>) {
    let top = tensor.exponents().flatten().max().map_or(0, |exponent| exponent + 1);
    let entry = |(i, j): (usize, usize)| {
        let [(digits, exponent), _] = tensor.leading_pair(i * tensor.dim().1 + j);
        // A zero may have any exponent.
        if digits != 0.0 && exponent - top > -553 { digits * two_to(exponent - top) } else { 0.0 }
    };
    (top, Array2::from_shape_fn(tensor.dim(), entry))
}

/// The statistics of a layer's δ that the theory needs, in units of its largest entry.
#[derive(Clone, Debug)]
pub struct Delta {
    /// ‖δ_s‖² of each sample.
    squares: Vec<f64>,
    /// Per sample E[δ⁴]/E[δ²]² over the nonzero entries; 1 if there are none.
    kurtosis: Vec<f64>,
}

impl Delta {
    /// The statistics of the exact tensor, units × batch.
    pub fn new(delta: &TrueTensor) -> Delta {
        let (_, delta) = in_doubles(delta);
        let of_column = |column: ArrayView1<f64>| {
            let squares = column.iter().map(|g| g * g).filter(|square| *square > 0.0);
            let (n, sum, fourth) = squares
                .fold((0.0, 0.0, 0.0), |(n, sum, fourth), square| (n + 1.0, sum + square, fourth + square * square));
            (sum, if sum > 0.0 { fourth * n / (sum * sum) } else { 1.0 })
        };
        let (squares, kurtosis) = delta.columns().into_iter().map(of_column).unzip();
        Delta { squares, kurtosis }
    }
}

/// ‖Σ_s δ_s·a_sᵀ‖²/Σ_s ‖δ_s‖²‖a_s‖²: how the exact gradients of the samples add up; 1 for independent ones.
pub fn coherence(weight: &TrueTensor, delta: &TrueTensor, input: &Midpoints) -> Option<f64> {
    let ((weight_top, weight), (delta_top, delta)) = (in_doubles(weight), in_doubles(delta));
    let square = |x: f64| x * x;
    let apart: f64 = (delta.columns().into_iter().zip(input.high.columns()))
        .map(|(delta, input)| {
            delta.iter().map(|&x| square(x)).sum::<f64>() * input.iter().map(|&x| square(x)).sum::<f64>()
        })
        .sum();
    let together: f64 = weight.iter().map(|&x| square(x)).sum();
    // The size of the inputs brings both to the same scale, within the doubles unless the inputs are extreme.
    let exponent = 2 * (weight_top - delta_top);
    let ratio = together / apart * if (-1000..1000).contains(&exponent) { two_to(exponent) } else { return None };
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

/// The noise that a layer's computed pre-activations cause in its δ; `None` if any value is not finite.
pub fn derivative_noise(
    activation: &Activation,
    z: &Midpoints,
    computed: &ExactMatrix,
    delta: &Delta,
) -> Option<DerivativeNoise> {
    let spreads = spreads(z, computed);
    let all: f64 = delta.squares.iter().sum();
    if !spreads.iter().all(|spread| spread.square.is_finite()) || all == 0.0 {
        return None;
    }
    let joints = activation.joints();
    let kinks: Vec<(f64, f64)> = (joints.iter().filter(|joint| joint.is_kink()))
        .map(|joint| (joint.at, jump(activation, joint) * jump(activation, joint)))
        .collect();
    let is_near_joint = |z: f64| joints.iter().any(|joint| (z - joint.at).abs() <= STEP);
    let mut noise = DerivativeNoise::default();
    for (s, z) in z.high.columns().into_iter().enumerate() {
        let slopes: f64 = z.iter().map(|&z| derivative_f64(activation, z)).map(|slope| slope * slope).sum();
        let Spread { square: spread, scale, rest } = spreads[s];
        if slopes == 0.0 || spread == 0.0 {
            continue;
        }
        let weight = delta.squares[s] / slopes / all;
        for &z in z {
            for &(at, square) in &kinks {
                let deviation = (scale * scale * at * at + rest).sqrt();
                if (z - at).abs() > FARTHEST * deviation {
                    continue;
                }
                let chance = 0.5 * core_math::erfc((z - at).abs() / deviation * FRAC_1_SQRT_2);
                let mean = square * weight;
                noise.flips.mean += chance * mean;
                noise.flips.variance += chance * mean * mean * delta.kurtosis[s];
                noise.flips.count += chance;
            }
            if !is_near_joint(z) {
                let rise = derivative_f64(activation, z + STEP) - derivative_f64(activation, z - STEP);
                let curvature = rise / (2.0 * STEP);
                noise.smooth += curvature * curvature * spread * weight;
            }
        }
    }
    Some(noise)
}

/// φ' above a kink minus φ' below it.
fn jump(activation: &Activation, joint: &Joint) -> f64 {
    let reach = 1e-9 * joint.at.abs().max(1.0);
    derivative_f64(activation, joint.at + reach) - derivative_f64(activation, joint.at - reach)
}

/// u, or 0 if it is too small for a double.
fn roundoff(format: &Format) -> f64 {
    if format.precision < 1000 { format.unit_roundoff() } else { 0.0 }
}

/// The u of the additions of a sum; a tensor core truncates, by up to two of them.
fn sum_roundoff(name: &ArithmeticName) -> f64 {
    match name.sum {
        Sum::TensorCore(Chain { rule, .. }) => two_to(-i64::from(rule.fraction_bits().min(rule.kept_bits()))),
        _ => roundoff(&name.accumulator),
    }
}

/// The largest u of quantised factors, or 0 without them; flushed entries are not counted.
fn factor_roundoff(name: &ArithmeticName) -> f64 {
    let of = |quantiser: Option<Quantiser>| quantiser.map_or(0.0, |quantiser| roundoff(&quantiser.element()));
    of(name.operands).max(of(name.gradients))
}

/// Relative mean square of one rounding to a format. Between neighbours, stochastic rounding has a mean square error of
/// f(1 − f), twice that of nearest rounding over all fractions f; directed rounding has f², four times as much.
fn once(format: &Format, direction: Direction) -> f64 {
    let share = match direction {
        Direction::Nearest => ROUNDING,
        Direction::Stochastic(_) => 2.0 * ROUNDING,
        Direction::Toward(_) => 4.0 * ROUNDING,
    };
    share * roundoff(format) * roundoff(format)
}

/// Relative mean square of a sum of `terms` products of equal size and any sign: partial sums grow as √k, so their
/// roundings add up to terms/2 times the last one ([`Sum::roundings`]).
fn sum_noise(name: &ArithmeticName, terms: usize) -> f64 {
    if name.sum == Sum::Exact {
        return once(&name.format, name.direction);
    }
    let is_exact = name.sum == Sum::Fused || name.accumulator.precision >= 2 * name.format.precision;
    let products = if is_exact { 0.0 } else { 1.0 };
    let stored = if name.accumulator == name.format { 0.0 } else { once(&name.format, name.direction) };
    once(&name.accumulator, name.direction) * (name.sum.roundings(terms) + products) + stored
}

/// One layer's shape and forward noise.
#[derive(Clone, Copy, Debug)]
pub struct LayerFacts {
    /// Units, inputs of each.
    pub units: usize,
    /// Inputs of each unit.
    pub inputs: usize,
    /// The noise through φ'; `None` for the head and if it is unknown.
    pub derivative: Option<DerivativeNoise>,
    /// Relative mean square of the noise of a of the layer below.
    pub input: Option<f64>,
    /// Relative mean square of the noise of δ if it is measured, which it is at the head.
    pub delta: Option<f64>,
    /// [`coherence`] of the layer's samples.
    pub coherence: Option<f64>,
    /// False for a layer whose φ' is piecewise constant.
    pub is_smooth: bool,
}

impl Flips {
    /// Adds those of one more layer.
    fn and(self, layer: &Flips) -> Flips {
        Flips {
            mean: self.mean + layer.mean,
            variance: self.variance + layer.variance,
            count: self.count + layer.count,
        }
    }

    /// Scales the weight of each.
    fn times(&self, share: f64) -> Flips {
        Flips { mean: self.mean * share, variance: self.variance * share * share, ..*self }
    }

    /// The median: of a gamma variable of that mean and variance, (1 − 1/(9k))³ of the mean with k = mean²/variance.
    fn median(&self) -> f64 {
        if self.count < FEW_FLIPS || self.mean == 0.0 {
            return 0.0;
        }
        let root = (1.0 - self.variance / (9.0 * self.mean * self.mean)).max(0.0);
        self.mean * root * root * root
    }
}

/// The median noise-to-signal ratio of each layer's weight gradient, layer 1 first. `None` from the first layer with
/// unknown noise downwards; for directed roundings and tensor cores, whose errors have a sign and do not add up
/// independently; and for quantised factors.
///
/// `branch` is the share of a gradient's energy that passes through a layer's branch: 1 without skip connections, and
/// 1 − 1/χ₁ with them, because the skip connection passes the rest unchanged.
pub fn predicted(policy: &Policy, layers: &[LayerFacts], batch: usize, branch: f64) -> Vec<Option<f64>> {
    let (fw, bw) = (&policy.forward, &policy.backward);
    let is_beyond = |name: &ArithmeticName| {
        let has_sign = matches!(name.direction, Direction::Toward(_)) || matches!(name.sum, Sum::TensorCore(_));
        has_sign || name.operands.is_some() || name.gradients.is_some()
    };
    if is_beyond(fw) || is_beyond(bw) {
        return vec![None; layers.len()];
    }
    // The noise that arrives at a layer, without flips and from flips; and the noise that the layer above added to its
    // own δ.
    let mut arriving = layers.last().and_then(|head| head.delta);
    let (mut flips, mut above_flips, mut above_noise) = (Flips::default(), Flips::default(), 0.0);
    let mut ratios = vec![None; layers.len()];
    for (index, layer) in layers.iter().enumerate().rev() {
        let (mut own_flips, mut own_noise) = (Flips::default(), 0.0);
        if let Some(above) = layers.get(index + 1) {
            // No skip connection leads around the head.
            let share = if index + 2 == layers.len() { 1.0 } else { branch };
            let product = sum_noise(bw, above.units);
            arriving = arriving.map(|arriving| arriving + share * (above_noise + product));
            flips = flips.and(&above_flips.times(share));
            match layer.derivative {
                Some(derivative) => {
                    let of_derivative = if layer.is_smooth { once(&fw.format, fw.direction) } else { 0.0 };
                    own_noise = derivative.smooth + of_derivative + once(&bw.format, bw.direction);
                    own_flips = derivative.flips;
                }
                None => arriving = None,
            }
        }
        ratios[index] = arriving.zip(layer.input.zip(layer.coherence)).map(|(arriving, (input, coherence))| {
            let flips = flips.and(&own_flips).median();
            ((arriving + own_noise + flips + input) / coherence + sum_noise(bw, batch)).sqrt()
        });
        (above_flips, above_noise) = (own_flips, own_noise);
    }
    ratios
}

/// Bounds with frozen branches: the worst case, with every operation at its bound and all errors of one sign, and √n·u
/// for independent errors. By layer, layer 1 first.
///
/// A sum of n products is within γ_n·Σ|xᵢyᵢ| = γ_n·√n·‖sum‖ for terms of one size and random signs; each other
/// operation within u. On the path of layer l lie the sums forward below it, those backward above it, and its own.
pub fn frozen(policy: &Policy, layers: &[LayerFacts], batch: usize) -> Vec<(f64, f64)> {
    let of = |name: &ArithmeticName, terms: usize, others: f64| {
        // The error of a stochastic or directed rounding is less than two unit roundoffs.
        let most = if name.direction == Direction::Nearest { 1.0 } else { 2.0 };
        let (of_sum, of_factors) = (sum_roundoff(name), factor_roundoff(name));
        let (u, own) = (most * of_sum, most * roundoff(&name.format));
        let (n, root) = (terms as f64, (terms as f64).sqrt());
        let passed = name.sum.roundings_passed(terms);
        let in_sum = match passed * u < 1.0 {
            true => (root * passed * u / (1.0 - passed * u), passed.min(n).sqrt() * u),
            false => (f64::INFINITY, root * u),
        };
        // Two quantised factors, each within its own u.
        let (factors, root_of_factors) = (2.0 * root * of_factors, 2f64.sqrt() * of_factors);
        let independent = in_sum.1 * in_sum.1 + others * own * own + root_of_factors * root_of_factors;
        (in_sum.0 + others * own + factors, independent)
    };
    // Forward: the sum, z stored, φ. Backward: the sum, stored, φ', times φ'.
    let forward: Vec<(f64, f64)> = layers.iter().map(|layer| of(&policy.forward, layer.inputs, 2.0)).collect();
    let backward: Vec<(f64, f64)> = layers.iter().map(|layer| of(&policy.backward, layer.units, 3.0)).collect();
    let own = of(&policy.backward, batch, 1.0);
    let add = |sum: &(f64, f64), one: &(f64, f64)| (sum.0 + one.0, sum.1 + one.1);
    let sum = |those: &[(f64, f64)]| those.iter().fold((0.0, 0.0), |sum, one| add(&sum, one));
    let bound = |index: usize| {
        let (worst, square) = add(&add(&sum(&forward[..index]), &sum(&backward[index + 1..])), &own);
        (worst, square.sqrt())
    };
    (0..layers.len()).map(bound).collect()
}
