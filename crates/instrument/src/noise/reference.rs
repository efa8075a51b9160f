//! An exact tensor prepared for comparison with many computed ones: pairs of doubles, and one scale.
//!
//! An exact entry g is high + low to 106 bits, times a power of two that all entries share, so the difference to a
//! computed double costs two subtractions and is accurate to 50 bits. If it is not (entries far below the largest,
//! differences far below the entry, thresholds within rounding), MPFR decides.

use super::scaled::{scaled, scaled_double, times_two_to};
use crate::arithmetic::Exact;
use crate::fate::{DEGRADED, DROWNED, Fate};
use crate::format::two_to;
use crate::truth::TrueTensor;
use rug::{Assign, Float};

/// Margin for the rounding of ratios in doubles: far above the rounding, and far below any ratio that matters.
const ROOM: f64 = 1e-12;
/// Exponent of the smallest scaled magnitude that doubles represent here with all their bits.
const SMALLEST: i64 = -900;
/// Exponent of the smallest difference, relative to its entry, that a pair of doubles resolves.
const FINEST: i64 = -90;

/// One exact entry, scaled, and the differences that decide its fate; NaN if doubles are not accurate enough.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The nearest double, and the remainder.
    high: f64,
    low: f64,
    /// The smallest difference that is accurate to 50 bits.
    finest: f64,
    /// A difference above the upper limit drowns the entry for every value within the bound; one below the lower limit for
    /// none.
    drowned: (f64, f64),
    /// The same for an eighth.
    degraded: (f64, f64),
}

impl Entry {
    /// Of an entry with its error bound.
    fn new(high: f64, low: f64, error: f64) -> Entry {
        let size = high.abs();
        let blur = error / size * (1.0 + ROOM);
        let is_decided = size >= two_to(SMALLEST) && blur * (1.0 + ROOM) < 1.0;
        let between = |threshold: f64| {
            let reach = (1.0 + threshold) * blur;
            // One more rounding each, far below the margin.
            (size * ((threshold + reach) * (1.0 + ROOM)), size * ((threshold - reach) * (1.0 - ROOM)))
        };
        let finest = if is_decided { two_to(FINEST) * size } else { f64::NAN };
        Entry { high, low, finest, drowned: between(DROWNED), degraded: between(DEGRADED) }
    }

    /// The fate of a computed entry with this difference, if doubles decide it.
    #[inline(always)]
    fn fate(&self, computed: f64, difference: f64) -> Option<Fate> {
        // This comparison is false for NaN.
        let is_decided = difference.abs() >= self.finest;
        match self.thresholds(difference) {
            _ if !is_decided => None,
            _ if computed == 0.0 => Some(Fate::Flushed),
            None => None,
            Some((true, _)) => Some(Fate::Drowned),
            Some((_, true)) => Some(Fate::Degraded),
            Some(_) => Some(Fate::Resolved),
        }
    }

    /// Whether a difference drowns the entry, and whether it is at least an eighth of it; `None` if the bound leaves
    /// that open.
    #[inline(always)]
    fn thresholds(&self, difference: f64) -> Option<(bool, bool)> {
        let difference = difference.abs();
        let (drowned, degraded) = (difference > self.drowned.0, difference > self.degraded.0);
        // No short-circuit evaluation, which would cause branch mispredictions.
        let is_sure = drowned | ((difference < self.drowned.1) & (degraded | (difference < self.degraded.1)));
        is_sure.then_some((drowned, degraded))
    }
}

/// An exact tensor for comparison with computed ones.
pub struct ReferenceTensor<'t> {
    /// The tensor.
    pub truth: &'t TrueTensor,
    /// Exponent of the largest exact entry; `None` if all are zero.
    pub scale: Option<i64>,
    /// Σ g̃²·2^(-2·scale).
    pub square: f64,
    /// At least ‖g − g̃‖₂·2^-scale.
    pub error: f64,
    entries: Vec<Entry>,
}

/// A computed entry for whose comparison doubles are enough, as for most; neither it nor the exact one is 0.
pub(super) struct OrdinaryEntry {
    /// The exact entry, scaled.
    pub high: f64,
    /// (ĝ − g̃)·2^-scale
    pub difference: f64,
    pub drowned: bool,
    pub degraded: bool,
}

/// Any computed entry compared with the exact one.
pub(super) struct ComparedEntry {
    /// Its fate; `Flushed` for every computed zero whose exact entry is not zero.
    pub fate: Fate,
    /// The computed entry times 2^-scale.
    pub computed: f64,
    /// (ĝ − g̃)·2^-scale.
    pub difference: f64,
    /// The difference itself, if it has more digits or a larger exponent than a double.
    pub long: bool,
}

impl<'t> ReferenceTensor<'t> {
    /// Prepares a tensor.
    pub fn new(truth: &'t TrueTensor) -> ReferenceTensor<'t> {
        let scale = truth.exponents().flatten().max().map(|exponent| exponent + 1);
        let by = scale.unwrap_or(0);
        let mut square = 0.0;
        let columns = truth.dim().1;
        let bounds = truth.scaled_bounds(-by);
        let entry = |place: usize| {
            let [high, low] = truth.leading_pair(place);
            // In units of the scale, so that everything is in the range of doubles.
            let [leading, rest] = [high, low].map(|(digits, exponent)| times_two_to(digits, exponent - by));
            // Turns the truncated digits into the nearest double and the exact remainder.
            let high = leading + rest;
            let low = rest - (high - leading);
            square += high * high;
            let (i, j) = (place / columns, place % columns);
            let error = if truth.exact[(i, j)] { 0.0 } else { bounds.at((i, j)) };
            Entry::new(high, low, error)
        };
        let entries = (0..truth.len()).map(entry).collect();
        ReferenceTensor { truth, scale, square, error: truth.error.scaled(-by).to_f64(), entries }
    }

    /// The exact entry at a position in index order, scaled.
    pub(super) fn high(&self, position: usize) -> f64 {
        self.entries[position].high
    }

    /// The exact entry at a position in index order, scaled: the nearest double, and the remainder.
    pub(super) fn pair(&self, position: usize) -> (f64, f64) {
        let Entry { high, low, .. } = self.entries[position];
        (high, low)
    }

    /// Whether the exact entry at a place is above and below 0.
    #[inline(always)]
    pub(super) fn signs(&self, place: usize) -> (bool, bool) {
        // An exact entry that is 0 here may be too small for doubles.
        match self.entries[place].high {
            high if high != 0.0 => (high > 0.0, high < 0.0),
            _ => (self.truth.sign(place).is_gt(), self.truth.sign(place).is_lt()),
        }
    }

    /// 2^-scale, if there is a scale and this is a double.
    pub(super) fn factor(&self) -> Option<f64> {
        let shift = -self.scale?;
        (-1022..=1023).contains(&shift).then(|| two_to(shift))
    }

    /// The difference of a computed double, scaled by [`ReferenceTensor::factor`], from the exact entry at a place, and whether
    /// it drowns and degrades it; `None` if doubles do not decide this or the double is 0.
    #[inline(always)]
    pub(super) fn compare_ordinary(&self, place: usize, computed: f64) -> Option<OrdinaryEntry> {
        let entry = &self.entries[place];
        let difference = (computed - entry.high) - entry.low;
        let size = computed.abs();
        let is_inside = (size >= two_to(SMALLEST)) & (size <= two_to(-SMALLEST));
        // The last comparison is false for NaN, which means that doubles do not decide.
        let is_decided = is_inside & (difference.abs() >= entry.finest);
        let (drowned, degraded) = entry.thresholds(difference).filter(|_| is_decided)?;
        Some(OrdinaryEntry { high: entry.high, difference, drowned, degraded })
    }

    /// Compares a computed double, at a place in row-major order, with the exact entry, if doubles decide; `factor` is
    /// [`ReferenceTensor::factor`].
    #[inline(always)]
    pub(super) fn compare_double(&self, place: usize, x: f64, factor: f64) -> Option<ComparedEntry> {
        let entry = &self.entries[place];
        let computed = x * factor;
        // All operations are exact.
        let is_inside = computed.abs() >= two_to(SMALLEST) && computed.abs() <= two_to(-SMALLEST);
        if !is_inside && x != 0.0 {
            return None;
        }
        let difference = (computed - entry.high) - entry.low;
        let fate = entry.fate(computed, difference)?;
        Some(ComparedEntry { fate, computed, difference, long: false })
    }

    /// Compares any computed entry with the exact one. `scratch` is a preallocated number.
    pub(super) fn compare(&self, place: usize, computed: &Exact, scale: i64, scratch: &mut Float) -> ComparedEntry {
        let columns = self.truth.dim().1;
        let index = (place / columns, place % columns);
        let bound = self.truth.entry_error(index);
        let own = match computed {
            Exact::Double(x) => scaled_double(*x, scale),
            Exact::Long(x) => scaled(x, scale),
        };
        if self.truth.sign(place).is_eq() && bound.is_zero() && computed.is_zero() {
            return ComparedEntry { fate: Fate::TrueZero, computed: own, difference: 0.0, long: false };
        }
        let g = self.truth.value(index);
        match computed {
            Exact::Double(x) => scratch.assign(*x - &g),
            Exact::Long(x) => scratch.assign(x - &g),
        }
        let fate = Fate::with_difference(computed, &g, bound, scratch);
        ComparedEntry { fate, computed: own, difference: scaled(scratch, scale), long: !scratch.is_zero() }
    }
}
