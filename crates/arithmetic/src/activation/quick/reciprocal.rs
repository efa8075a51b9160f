//! 1/y by Newton's iteration on growing numbers of words, always from below.
//!
//! For a fraction D in [1/2, 1) the iteration approaches R = 1/(2D) in (1/2, 1]. Let Y = R(1 − ε) with ε ≥ 0, and
//! m words with unit η. With D cut to m words the product DY comes out as p with DY − (m + 1)η < p ≤ DY, so
//! r = 1/2 − p lies in [ε/2, ε/2 + (m + 1)η), and the product rY, doubled, in (2rY − 2mη, 2rY]. Hence
//!
//! ```text
//! Y' = Y + 2rY − 2(m + 1)η   satisfies   R(1 − ε²) − (4m + 2)η < Y' ≤ R(1 − ε²) ≤ R,
//! ```
//!
//! below R again, and ε' ≤ ε² + (8m + 4)η, since R > 1/2.

use super::real::{Real, UNKNOWN};
use super::words::{add, leading, multiply_high, shift_left, subtract, with_length};

/// From at most half as many words, one more where that keeps ε² below a unit at little cost.
const fn shorter(words: usize) -> usize {
    if words <= 4 { words.div_ceil(2) } else { words / 2 + 1 }
}

/// ε in units of 2^(−64·words), which is also at least |R − Y| in them: from one word ε ≤ 4 units (see `start`);
/// ε² of m words is at most its square in units of 2m words, and less than one of any shorter ones, as no count
/// here reaches 2^32.
const fn error(words: usize) -> u64 {
    if words == 1 {
        return 4;
    }
    let from = shorter(words);
    let squared = if words == 2 * from { error(from) * error(from) } else { 1 };
    squared + 8 * words as u64 + 4
}

/// Y of one word: ⌊2^127/(d + 1)⌋ for the leading word d of D. d + 1 is off by at most 1 in 2^63, and so is the
/// quotient, cut.
fn start(leading: u64) -> u64 {
    ((1u128 << 127) / (u128::from(leading) + 1)) as u64
}

/// One step of the iteration with M words, at the leading end of both.
fn refine<const M: usize>(d: &[u64], y: &mut [u64]) {
    let (d, start) = (leading::<M>(d), *leading::<M>(y));
    let mut half = [0; M];
    half[M - 1] = 1 << 63;
    let (r, _) = subtract(&half, &multiply_high(d, &start));
    let correction = shift_left(&multiply_high(&r, &start), 1);
    let mut bias = [0; M];
    bias[0] = 2 * (M as u64 + 1);
    let (refined, _) = subtract(&add(&start, &correction).0, &bias);
    let from = y.len() - M;
    y[from..].copy_from_slice(&refined);
}

/// Refines from one word up to `words`.
fn iterate(d: &[u64], y: &mut [u64], words: usize) {
    if words == 1 {
        *y.last_mut().expect("invariant: a fraction has words") = start(*d.last().unwrap_or(&0));
        return;
    }
    iterate(d, y, shorter(words));
    with_length!(words, refine, (d, y));
}

impl<const N: usize> Real<N> {
    /// 1/y: with D ≥ 1/2 an error of δ units becomes δη/(2D(D − δη)) ≤ 2δη/(1 − 2δη), at most 2δ + 1 units for
    /// δ < 2^62.
    pub fn reciprocal(self) -> Real<N> {
        if self.error >= UNKNOWN / 2 {
            return Real::LOST;
        }
        let mut y = [0; N];
        iterate(&self.words, &mut y, N);
        let error = 2 * self.error + 1 + const { error(N) };
        Real::normalised(self.negative, &y, 1 - self.exponent, error)
    }
}
