//! ln(1 + e) for 0 < e ≤ 1.
//!
//! From a double y₀ slightly below it, one exponential gives (1 + e)·e^(−y₀) = 1 + g with a tiny g ≥ 0, and
//! ln(1 + e) = y₀ + ln(1 + g) = y₀ + g·S(g), S(g) = 1 − g/2 + g²/3 − …. The double is core-math's correctly
//! rounded one, the same on every machine; nothing is assumed of it but what g shows. For e < 2^−24 the series
//! itself, e·S(e), keeps the relative accuracy.

use super::exponential::{Exponential, REDUCED};
use super::real::Real;
use super::series::Series;
use super::words::{add, multiply_high, shift_left, subtract};
use crate::format::two_to;
use rug::Integer;

/// g is below 2^−48.
const CORRECTION: u32 = 48;

/// The coefficients of the logarithm for numbers of N words.
#[derive(Clone, Debug)]
pub struct Logarithm {
    /// S for arguments below 2^−24.
    small: Series,
    /// S for arguments below 2^−48.
    correction: Series,
}

impl Logarithm {
    /// Coefficients for numbers with the given number of words.
    pub fn new(words: usize) -> Logarithm {
        let series = |bits| Series::new(words, bits, |k| Integer::from(k + 1));
        Logarithm { small: series(REDUCED), correction: series(CORRECTION) }
    }

    /// ln(1 + e).
    ///
    /// Below 2^−24: S has its own error and, as |S'| ≤ 1/2, at most e's in units. Else, in units: h = (1 + e)/2 and
    /// d = e^(−y₀) have their errors, hd their sum, 1 and N; g = 2hd − 1 twice that; g·S(g) as much (|(gS)'| ≤ 1),
    /// S's error damped by g and N; y₀ is exact but for bits that are cut: 1.
    pub fn one_plus<const N: usize>(&self, exponential: &Exponential, e: &Real<N>) -> Real<N> {
        if e.is_lost() {
            return Real::LOST;
        }
        if e.exponent <= -i64::from(REDUCED) {
            let (s, error) = e.fraction();
            let (sum, own) = self.small.sum(&s);
            return *e * Real::normalised(false, &sum, 0, own.saturating_add(error));
        }
        let leading = (e.words[N - 1] >> 11) as f64 * two_to(e.exponent - 53);
        let start = core_math::log1p(leading) * (1.0 - two_to(-51));
        let start = Real::<N>::from_f64(start);
        let decay = exponential.decay(&start);
        let sum = Real::ONE + *e;
        if decay.is_lost() || decay.exponent > 0 || sum.exponent != 1 {
            return Real::LOST;
        }
        let (d, of_d) = decay.fraction();
        let product = multiply_high(&sum.words, &d);
        let mut half = [0; N];
        half[N - 1] = 1 << 63;
        let (excess, negative) = subtract(&product, &half);
        let g = shift_left(&excess, 1);
        if negative || g[N - 1] >> (64 - CORRECTION) != 0 {
            return Real::LOST;
        }
        let (s, _) = self.correction.sum(&g);
        let of_g = sum.error.saturating_add(of_d).saturating_add(N as u64 + 1).saturating_mul(2);
        let (y, carry) = add(&start.fraction().0, &multiply_high(&g, &s));
        if carry {
            return Real::LOST;
        }
        Real::normalised(false, &y, 0, of_g.saturating_add(self.correction.error + N as u64 + 1))
    }
}
