//! Mills' ratio M(y) = (1 − Φ(y))/φ(y) of the normal distribution for y ≥ 0, which is small nowhere and cancels
//! nothing: 1 − Φ(y) = φ(y)·M(y) keeps its relative accuracy however far y lies.
//!
//! M(y) = ∫₀^∞ e^(−yt − t²/2) dt, so about an anchor a
//!
//! ```text
//! M(a + s) = c₀ − c₁s + c₂s² − …,   c_n = 1/n!·∫₀^∞ tⁿ e^(−at − t²/2) dt > 0.
//! ```
//!
//! Let E be the mean of t under the weight tⁿe^(−at − t²/2). Integration by parts gives E[t²] = n + 1 − aE[t], so that
//! c_(n+1)/c_n = E[t]/(n + 1) is at most 1/√(n + 1) and at most 1/a: the coefficients fall and the series alternates
//! ([`Series`]). M' = yM − 1 gives them, with c₋₁ = 1: (n + 1)c_(n+1) = c_(n−1) − a·c_n.
//!
//! For 2^j ≤ y < 2^(j+1) anchors are 2^(j−7) apart and c_n is kept as c_n·2^(j(n+1))/2 ≤ 1/2, as c_n ≤ a^(−n−1); below
//! 1 they are 2^−7 apart and c_n/2 < 1. Each is computed when it is first needed. From 2^[`ANCHORED`] on the asymptotic
//! series needs no anchors.

use super::real::Real;
use super::series::{Series, padded};
use super::words::{multiply_high, shift_left, subtract};
use rug::float::{Constant, Round};
use rug::{Float, Integer};
use std::sync::OnceLock;

/// Bits of an anchor's index.
const INDEX: u32 = 7;
/// Anchors serve y < 2^this.
const ANCHORED: u32 = 6;
/// From here on M(a) comes from its continued fraction, which is short there, and not from erfc.
const FRACTION: f64 = 16.0;
/// Bits by which the computed coefficients are better than a unit of the longest.
const SPARE: f64 = 8.0;

/// The coefficients of Mills' ratio for numbers of N words.
#[derive(Clone, Debug)]
pub struct Normal {
    words: usize,
    /// First those below 1, then those of one octave after the other.
    pub(super) anchors: Vec<OnceLock<Anchor>>,
}

/// The series about one anchor.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// c₀, scaled and cut by at most two units.
    pub(super) value: Vec<u64>,
    /// c₁ − c₂s + …, scaled.
    pub(super) series: Series,
}

/// Where an anchor lies.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// 0 for y < 1, then j + 1.
    block: u32,
    /// Of the anchors of one block.
    index: u32,
}

impl Place {
    /// j, 0 below 1.
    fn octave(self) -> u32 {
        self.block.saturating_sub(1)
    }

    /// a, exactly.
    fn anchor(self) -> f64 {
        let whole = if self.block == 0 { 0 } else { 1 << INDEX };
        f64::from((whole + self.index) << self.octave()) / f64::from(1u32 << INDEX)
    }
}

/// Coefficients c_n·2^(j(n+1))/2 about an anchor, each within 2^−(64·words + 8).
///
/// In units of 2^−w at w working bits, of c_n·2^(j(n+1)): c₀ to at most 2^15 ([`at_anchor`]). With errors g_n the
/// recurrence has at most (2^(2j)·g_(n−1) + a2^j·g_n + 9·2^(2j))/(n + 1), as no scaled c_n exceeds 2 and three
/// operations round.
fn coefficients(words: usize, place: Place) -> Vec<Float> {
    let count = (64 * words as u32).div_ceil(INDEX) + 2;
    let (a, j) = (place.anchor(), place.octave());
    let square = f64::from(1u32 << (2 * j));
    let (mut before, mut last, mut worst) = (0.0f64, 32768.0f64, 32768.0f64);
    for n in 0..count {
        let next = (square * before + a * f64::from(1u32 << j) * last + 9.0 * square) / f64::from(n + 1);
        (before, last, worst) = (last, next, worst.max(next));
    }
    let w = 64 * words as u32 + (core_math::log2(worst) + SPARE).ceil() as u32 + 1;
    let mut scaled = vec![at_anchor(a, w) << j];
    let slope: Float = Float::with_val(w, a) << j;
    for n in 0..count {
        let before = match n {
            0 => Float::with_val(w, 1) << (2 * j),
            _ => Float::with_val(w, &scaled[n as usize - 1] << (2 * j)),
        };
        // c₁·2^(2j) = 2^(2j) − a2^j·c₀2^j
        let product = Float::with_val(w, &slope * &scaled[n as usize]);
        scaled.push((before - product) / (n + 1));
    }
    scaled.into_iter().map(|c| c >> 1u32).collect()
}

/// M(a) to 2^15·2^−w of itself.
///
/// From erfc to 2(a² + 1) + 1 (√(1/2): 1, its product: 1, times the condition number, which is at most a² + 1; erfc:
/// 1), e^(a²/2): 1, √(π/2): 2, products: 2.
fn at_anchor(a: f64, w: u32) -> Float {
    if a >= FRACTION {
        return fraction(a, w);
    }
    let tail: Float = Float::with_val(w, 0.5).sqrt() * a;
    let half_square: Float = Float::with_val(w, a * a) >> 1u32;
    let root = (Float::with_val(w, Constant::Pi) >> 1u32).sqrt();
    tail.erfc() * half_square.exp() * root
}

/// The same from r₀ = M(a), where r_n = c_n/c_(n−1) = 1/(a + (n + 1)·r_(n+1)) lies between 0 and 1/a.
///
/// Each step turns the ends of an interval into each other's, so the true value lies between what comes of 0 and of
/// 1/a. A step's three roundings add to the relative error, which it does not enlarge, so that a thousand steps leave
/// 3000 units.
fn fraction(a: f64, w: u32) -> Float {
    let from =
        |first: Float, steps: u32| (0..steps).rev().fold(first, |r, n| (Float::with_val(w, r * (n + 1)) + a).recip());
    let mut steps = 16;
    loop {
        let ends = (from(Float::new(w), steps), from(Float::with_val(w, a).recip(), steps));
        let apart = Float::with_val(w, &ends.0 - &ends.1).abs();
        // Twelve bits more than roundings leave.
        let close = Float::with_val(w, &ends.0 >> (w - 13));
        if apart <= close {
            return ends.0;
        }
        steps += steps / 2;
        assert!(steps < 4096, "invariant: the fraction is short from {FRACTION} on");
    }
}

/// ⌊c·2^(64·words)⌋ of what is known of c ≥ 0.
fn cut(c: &Float, words: u32) -> Integer {
    let scaled = Float::with_val(c.prec(), c << (64 * words));
    let (floor, _) = scaled.to_integer_round(Round::Down).expect("invariant: coefficients are finite");
    floor.max(Integer::new())
}

impl Anchor {
    /// Coefficients are known to 2^−8 of a unit of the longest: what that adds to the unit that cutting costs reaches M
    /// as less than 2^−6 units, all of them together.
    fn new(words: usize, place: Place) -> Anchor {
        let coefficients = coefficients(words, place);
        let series = Series::of(words, INDEX, |k, needed| {
            let c = coefficients.get(k as usize + 1)?;
            // c < 2^exponent
            let is_needed = c.get_exp().is_some_and(|exponent| i64::from(exponent) > -i64::from(needed.bits));
            is_needed.then(|| cut(c, needed.words))
        });
        Anchor { value: padded(&cut(&coefficients[0], words as u32), words), series }
    }
}

impl Normal {
    /// Empty tables for numbers with the given number of words.
    pub fn new(words: usize) -> Normal {
        Normal { words, anchors: vec![OnceLock::new(); ((ANCHORED + 1) << INDEX) as usize] }
    }

    /// M(y) for y > 0; [`Real::LOST`] if it is unknown.
    ///
    /// Counts, in units of the scaled value: an error ρ of s: ρ + 1 (|dM/ds| ≤ 1/2); the series' error, damped by s,
    /// and one more for what is known of its coefficients; the product: N; c₀: 2.
    pub fn mills_ratio<const N: usize>(&self, y: &Real<N>) -> Real<N> {
        if y.is_lost() {
            return Real::LOST;
        }
        if y.exponent > i64::from(ANCHORED) {
            return far(y);
        }
        let block = y.exponent.max(0) as u32;
        let (mut s, error) = match block {
            0 => y.fraction(),
            // Without its leading bit, as a fraction of 2^j.
            _ => (shift_left(&y.words, 1), y.error.saturating_mul(2)),
        };
        let index = (s[N - 1] >> (64 - INDEX)) as u32;
        s[N - 1] &= u64::MAX >> INDEX;
        let place = Place { block, index };
        let anchor = &self.anchors[((block << INDEX) + index) as usize];
        let Anchor { value, series } = anchor.get_or_init(|| Anchor::new(self.words, place));
        let (sum, _) = series.sum(&s);
        let value = value.first_chunk().expect("invariant: an anchor has as many words as the numbers");
        let (ratio, _) = subtract(value, &multiply_high(&s, &sum));
        let error = error.saturating_add(series.error + N as u64 + 4);
        Real::normalised(false, &ratio, 1 - i64::from(place.octave()), error)
    }
}

/// M(y) = 1/y·(1 − 1/y² + 3/y⁴ − 15/y⁶ + …), whose terms enclose it; [`Real::LOST`] where none is small enough.
fn far<const N: usize>(y: &Real<N>) -> Real<N> {
    // 1/y² ≤ 2^(−2(exponent − 1))
    let step = 2 * (y.exponent - 1);
    let (mut terms, mut bits) = (0u32, 0);
    while bits < 64 * N as i64 {
        terms += 1;
        let gained = step - i64::from(u32::BITS - (2 * terms - 1).leading_zeros());
        if gained < 1 {
            return Real::LOST;
        }
        bits += gained;
    }
    let v = y.square().reciprocal();
    // The term that is left out is less than a unit of the sum, which is at least 1/2.
    let sum = (1..terms).rev().fold(Real::ONE, |sum, k| Real::ONE - v * sum * Real::from_f64(f64::from(2 * k - 1)));
    Real { error: sum.error.saturating_add(2), ..sum } * y.reciprocal()
}
