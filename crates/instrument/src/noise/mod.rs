//! Noise and signal: compares a computed gradient tensor with the exact one.
//!
//! Differences are accurate to at least 50 bits ([`ReferenceTensor`]), scaled by one power of two and summed in double
//! precision in index order, which is enough for the nine digits that a record keeps.

mod compare;
mod joined;
mod reference;
mod rows;
mod scaled;
mod sums;

pub use reference::ReferenceTensor;
pub use rows::{Rows, rows};
pub use sums::Twin;

use crate::fate::Fates;
use crate::number::Number;
use crate::truth::TrueTensor;
use scaled::times_two_to;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The measures of one tensor.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    /// Σ g̃²·2^(-2·scale).
    square: f64,
    /// ‖g̃‖₂·2^-scale.
    signal: f64,
    /// ‖ĝ − g̃‖₂·2^-scale; infinite if an entry is.
    noise: f64,
    /// ⟨ĝ, g̃⟩·2^(-2·scale)
    product: f64,
    /// ‖ĝ‖₂·2^-scale
    computed: f64,
    /// At least ‖g − g̃‖₂·2^-scale.
    error: f64,
    /// Exponent of the largest entry.
    scale: i64,
    /// Σ g̃²·2^(-2·scale) over flushed entries.
    flushed: f64,
    /// Every exact entry is zero.
    is_dead: bool,
    /// Exact entries that are certainly not zero, and the number of them with the right sign.
    signs: (u64, u64),
    /// The fates of the entries.
    pub fates: Fates,
}

/// A gradient tensor compared with the exact one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TensorNoise {
    /// `weight`, `bias`, `slope` or `activation_gradient`.
    pub tensor: String,
    /// log₂‖g*‖₂.
    pub log2_signal: Number,
    /// log₂‖ĝ − g*‖₂.
    pub log2_noise: Number,
    /// ‖ĝ − g*‖₂/‖g*‖₂; `None` for 0/0.
    pub noise_to_signal: Number,
    /// The ratio is an upper limit: the noise is below the resolution of the exact gradient.
    pub at_most: bool,
    /// ⟨ĝ, g*⟩/‖g*‖²; if it is not positive, a step along −ĝ does not decrease the loss.
    pub descent: Number,
    /// τ: the part of the noise orthogonal to g*, over the signal; NSR² = (1 − descent)² + τ².
    pub orthogonal_noise: Number,
    /// ⟨ĝ, g*⟩/(‖ĝ‖‖g*‖).
    pub cosine: Number,
    /// Share of the nonzero exact entries whose computed sign is right.
    pub sign_agreement: Number,
}

/// An interval [low, high] that contains an exact quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Least possible value.
    pub low: f64,
    /// Greatest possible value.
    pub high: f64,
}

impl Interval {
    /// Whether the quantity is at least `threshold`, if the interval decides it.
    pub fn reaches(self, threshold: f64) -> Option<bool> {
        if self.low >= threshold {
            Some(true)
        } else if self.high < threshold {
            Some(false)
        } else {
            None
        }
    }
}

impl Noise {
    /// Every exact entry is zero.
    pub fn is_dead(&self) -> bool {
        self.is_dead
    }

    /// The noise-to-signal ratio: x/0 is infinite; 0/0 is `None`.
    pub fn ratio(&self) -> Option<Interval> {
        if self.is_dead {
            let is_silent = self.noise == 0.0;
            return (!is_silent).then_some(Interval { low: f64::INFINITY, high: f64::INFINITY });
        }
        let least_signal = self.signal - self.error;
        let high = if least_signal > 0.0 { (self.noise + self.error) / least_signal } else { f64::INFINITY };
        let low = ((self.noise - self.error) / (self.signal + self.error)).max(0.0);
        // ∞ − E is infinite, and so is ∞/‖g‖: both ends agree.
        Some(Interval { low, high })
    }

    /// ⟨ĝ, g⟩/‖g‖²; `None` if it is undefined.
    pub fn descent(&self) -> Option<Interval> {
        if self.is_dead || !self.noise.is_finite() {
            return None;
        }
        let square = self.signal * self.signal;
        let middle = self.product / square;
        // First order in E/‖g‖, doubled for higher orders: ⟨ĝ, g⟩ changes by ‖ĝ‖E, ‖g‖² by 2‖g‖E.
        let relative = self.error / self.signal;
        let blur = 2.0 * relative * (self.computed / self.signal + 2.0 * middle.abs());
        Some(Interval { low: middle - blur, high: middle + blur })
    }

    /// Whether flushed entries carry at least `share` of ‖g‖², if the bound decides it.
    pub fn flushed_reaches(&self, share: f64) -> Option<bool> {
        let flushed = if self.square > 0.0 { self.flushed / self.square } else { 0.0 };
        let blur = 4.0 * self.error / self.signal;
        if self.error == 0.0 || flushed == 0.0 {
            return Some(flushed >= share);
        }
        Interval { low: flushed - blur, high: flushed + blur }.reaches(share)
    }

    /// The measures as a record keeps them.
    pub fn to_record(self, tensor: &str) -> TensorNoise {
        let supported = |x: f64, relative_error: f64| with_digits(x, relative_error);
        let at_most = !self.is_dead && self.noise <= self.error && self.error > 0.0;
        let reported = if at_most { self.noise + self.error } else { self.noise };
        let blur = if at_most { 0.0 } else { self.error / self.noise + self.error / self.signal };
        let ratio = match self.ratio() {
            None => Number::None,
            Some(_) if self.is_dead => Number::Infinite,
            Some(_) => supported(reported / self.signal, blur),
        };
        let signal_blur = self.error / self.signal;
        let (descent, orthogonal, cosine) = if self.is_dead || !self.noise.is_finite() {
            (Number::None, Number::None, Number::None)
        } else {
            let descent = self.product / (self.signal * self.signal);
            let parallel = (1.0 - descent) * self.signal;
            // τ² = NSR² − (1 − descent)²; rounding may leave a tiny negative.
            let orthogonal = ((self.noise - parallel) * (self.noise + parallel)).max(0.0).sqrt() / self.signal;
            let cosine = self.product / (self.signal * self.computed);
            (supported(descent, signal_blur), supported(orthogonal, blur), supported(cosine, signal_blur))
        };
        let (nonzero, right) = self.signs;
        TensorNoise {
            tensor: tensor.to_string(),
            log2_signal: Number::new(core_math::log2(self.signal) + self.scale as f64),
            log2_noise: Number::new(core_math::log2(reported) + self.scale as f64),
            noise_to_signal: ratio,
            at_most,
            descent,
            orthogonal_noise: orthogonal,
            cosine,
            sign_agreement: if nonzero == 0 { Number::None } else { Number::new(right as f64 / nonzero as f64) },
        }
    }
}

/// log₂‖g̃‖₂ of an exact tensor; −∞ if it is zero.
pub fn log2_norm(truth: &TrueTensor) -> Number {
    let scale = truth.exponents().flatten().max().unwrap_or(0);
    let square: f64 = (0..truth.len())
        .map(|place| {
            let [(digits, exponent), _] = truth.leading_pair(place);
            let g = times_two_to(digits, exponent - scale);
            g * g
        })
        .sum();
    Number::new(core_math::log2(square.sqrt()) + scale as f64)
}

/// The measures without an exact gradient.
pub fn unknown(tensor: &str) -> TensorNoise {
    TensorNoise {
        tensor: tensor.to_string(),
        log2_signal: Number::None,
        log2_noise: Number::None,
        noise_to_signal: Number::None,
        at_most: false,
        descent: Number::None,
        orthogonal_noise: Number::None,
        cosine: Number::None,
        sign_agreement: Number::None,
    }
}

/// x with the digits that its relative error supports, at least one and at most nine.
fn with_digits(x: f64, relative_error: f64) -> Number {
    if !x.is_finite() || x == 0.0 {
        return Number::new(x);
    }
    let supported = if relative_error > 0.0 { -core_math::log10(relative_error) } else { 9.0 };
    let digits = supported.floor().clamp(1.0, 9.0) as usize;
    let text = format!("{x:.*e}", digits - 1);
    Number::new(text.parse().expect("a formatted double parses"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::ExactMatrix;
    use crate::enclosure::Bound;
    use ndarray::Array2;
    use rug::Float;

    fn row(values: &[f64]) -> Array2<f64> {
        Array2::from_shape_vec((1, values.len()), values.to_vec()).expect("one row")
    }

    fn exact(values: &[f64]) -> TrueTensor {
        TrueTensor::known(row(values).map(|&x| Float::with_val(100, x)))
    }

    fn measured(truth: &TrueTensor, computed: &[f64]) -> TensorNoise {
        Noise::measure(truth, &ExactMatrix::Doubles(row(computed))).to_record("weight")
    }

    /// (3, 4) computed as (3, −4): every measure by hand.
    #[test]
    fn the_measures_of_a_wrong_sign() {
        let noise = measured(&exact(&[3.0, 4.0]), &[3.0, -4.0]);
        assert_eq!(noise.log2_signal, Number::new(core_math::log2(5.0)));
        assert_eq!(noise.log2_noise, Number::Finite(3.0));
        assert_eq!(noise.noise_to_signal, Number::Finite(1.6));
        assert_eq!(noise.descent, Number::Finite(-0.28));
        assert_eq!(noise.orthogonal_noise, Number::Finite(0.96)); // 1.6² = (1 + 0.28)² + 0.96²
        assert_eq!(noise.cosine, Number::Finite(-0.28));
        assert_eq!(noise.sign_agreement, Number::Finite(0.5));
        assert!(!noise.at_most);
    }

    /// A pure scale error has no orthogonal part; a rotation keeps it all.
    #[test]
    fn scale_errors_and_direction_noise_are_told_apart() {
        let scaled = measured(&exact(&[3.0, 4.0]), &[1.5, 2.0]);
        assert_eq!((scaled.noise_to_signal, scaled.descent), (Number::Finite(0.5), Number::Finite(0.5)));
        assert_eq!((scaled.orthogonal_noise, scaled.cosine), (Number::Finite(0.0), Number::Finite(1.0)));
        let turned = measured(&exact(&[3.0, 4.0]), &[3.0 - 4.0, 4.0 + 3.0]);
        assert_eq!((turned.noise_to_signal, turned.descent), (Number::Finite(1.0), Number::Finite(1.0)));
        assert_eq!(turned.orthogonal_noise, Number::Finite(1.0));
    }

    /// One step below a power of two is half a step above it: the difference is exact on both sides.
    #[test]
    fn one_step_across_a_binade_is_exact() {
        let below = measured(&exact(&[1.0]), &[1f64.next_down()]);
        let above = measured(&exact(&[1.0]), &[1f64.next_up()]);
        assert_eq!((below.log2_noise, above.log2_noise), (Number::Finite(-53.0), Number::Finite(-52.0)));
    }

    /// 0/0 is `None`, x/0 and non-finite entries are infinite, and no noise is zero.
    #[test]
    fn zeros_and_infinities() {
        let ratio = |truth: &[f64], computed: &[f64]| measured(&exact(truth), computed).noise_to_signal;
        assert_eq!(ratio(&[0.0, 0.0], &[0.0, -0.0]), Number::None);
        assert_eq!(ratio(&[0.0, 0.0], &[0.0, 1.0]), Number::Infinite);
        assert_eq!(ratio(&[1.0, 2.0], &[1.0, f64::NAN]), Number::Infinite);
        assert_eq!(ratio(&[1.0, 2.0], &[1.0, f64::NEG_INFINITY]), Number::Infinite);
        assert_eq!(ratio(&[1.0, 2.0], &[1.0, 2.0]), Number::Finite(0.0));
        let dead = measured(&exact(&[0.0]), &[0.0]);
        assert_eq!((dead.log2_signal, dead.log2_noise), (Number::MinusInfinite, Number::MinusInfinite));
        assert_eq!((dead.descent, dead.sign_agreement), (Number::None, Number::None));
    }

    /// Exact gradients far below the doubles are measured like any other.
    #[test]
    fn gradients_below_the_doubles() {
        let values = row(&[3.0, 4.0]).map(|&x| Float::with_val(100, x) >> 5000u32);
        let noise = measured(&TrueTensor::known(values), &[0.0, 0.0]);
        assert_eq!(noise.log2_signal, Number::new(core_math::log2(5.0) - 5000.0));
        assert_eq!((noise.noise_to_signal, noise.descent), (Number::Finite(1.0), Number::Finite(0.0)));
    }

    /// Noise below the error bound of the exact gradient is an upper limit; noise above it has the digits that the
    /// bound leaves.
    #[test]
    fn the_bound_limits_the_digits() {
        let blurred =
            |bound: f64| TrueTensor::blurred(row(&[1.0]).map(|&x| Float::with_val(100, x)), Bound::from_f64(bound));
        let hidden = measured(&blurred(0.001), &[1.0]);
        assert!(hidden.at_most && hidden.noise_to_signal.value() >= 0.001);
        let coarse = measured(&blurred(0.001), &[1.123_456_789]);
        assert!(!coarse.at_most);
        assert_eq!(coarse.noise_to_signal, Number::Finite(0.12), "an error of 0.9 % leaves two digits");
        let fine = measured(&blurred(1e-9), &[1.123_456_789]);
        assert_eq!(fine.noise_to_signal, Number::Finite(0.123_456_79));
    }
}
