//! A true tensor made ready to be held against many computed ones: pairs of doubles, and one scale.
//!
//! A true entry g is high + low to 106 bits, times a power of two that all entries share, so that the
//! difference to a computed double costs two subtractions and is good to 50 bits of itself. Where it is
//! not (entries far below the largest, differences far below the entry, thresholds within rounding),
//! MPFR decides as it always could.

use super::{scaled, scaled_double, times_two_to};
use crate::arithmetic::Exact;
use crate::fate::{DEGRADED, DROWNED, Fate};
use crate::format::two_to;
use crate::truth::TrueTensor;
use rug::{Assign, Float};

/// Room for the rounding of ratios in doubles: far above it, and far below any ratio that matters.
const ROOM: f64 = 1e-12;
/// Exponent of the smallest scaled magnitude that doubles handle here with all their bits.
const SMALLEST: i64 = -900;
/// Exponent of the smallest difference, relative to its entry, that a pair of doubles tells.
const FINEST: i64 = -90;

/// One true entry, scaled, and the differences from which its fate follows; NaN where doubles do not tell.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The nearest double, and the rest.
    high: f64,
    low: f64,
    /// The smallest difference that is good to 50 bits.
    finest: f64,
    /// A difference above it drowns the entry, whatever the bound allows; one below the other does not.
    drowned: (f64, f64),
    /// The same for an eighth.
    degraded: (f64, f64),
}

impl Entry {
    /// Of an entry with its error bound.
    fn new(high: f64, low: f64, error: f64) -> Entry {
        let size = high.abs();
        let blur = error / size * (1.0 + ROOM);
        let is_told = size >= two_to(SMALLEST) && blur * (1.0 + ROOM) < 1.0;
        let between = |threshold: f64| {
            let reach = (1.0 + threshold) * blur;
            // One more rounding each, far below the room.
            (size * ((threshold + reach) * (1.0 + ROOM)), size * ((threshold - reach) * (1.0 - ROOM)))
        };
        let finest = if is_told { two_to(FINEST) * size } else { f64::NAN };
        Entry { high, low, finest, drowned: between(DROWNED), degraded: between(DEGRADED) }
    }

    /// The fate of a computed entry that differs by so much, where doubles tell.
    #[inline(always)]
    fn fate(&self, computed: f64, difference: f64) -> Option<Fate> {
        // A comparison that NaN fails.
        let is_told = difference.abs() >= self.finest;
        match self.thresholds(difference) {
            _ if !is_told => None,
            _ if computed == 0.0 => Some(Fate::Flushed),
            None => None,
            Some((true, _)) => Some(Fate::Drowned),
            Some((_, true)) => Some(Fate::Degraded),
            Some(_) => Some(Fate::Resolved),
        }
    }

    /// Whether a difference drowns the entry, and whether it is an eighth of it; none where the bound leaves that open.
    #[inline(always)]
    fn thresholds(&self, difference: f64) -> Option<(bool, bool)> {
        let difference = difference.abs();
        let (drowned, degraded) = (difference > self.drowned.0, difference > self.degraded.0);
        // No short cuts: none of these is to be guessed by the processor.
        let is_sure = drowned | ((difference < self.drowned.1) & (degraded | (difference < self.degraded.1)));
        is_sure.then_some((drowned, degraded))
    }
}

/// A true tensor to hold computed ones against.
pub struct Against<'t> {
    /// The tensor.
    pub truth: &'t TrueTensor,
    /// Exponent of the largest true entry; none where all are zero.
    pub scale: Option<i64>,
    /// Σ g̃²·2^(-2·scale).
    pub square: f64,
    /// At least ‖g − g̃‖₂·2^-scale.
    pub error: f64,
    entries: Vec<Entry>,
}

/// One entry that doubles hold against the true one, neither of them 0.
pub(super) struct Plain {
    /// The true one, scaled.
    pub high: f64,
    /// (ĝ − g̃)·2^-scale
    pub difference: f64,
    pub drowned: bool,
    pub degraded: bool,
}

/// One entry held against the true one.
pub(super) struct Held {
    /// What became of it; `Flushed` for every zero that is none in truth.
    pub fate: Fate,
    /// The computed entry times 2^-scale.
    pub computed: f64,
    /// (ĝ − g̃)·2^-scale.
    pub difference: f64,
    /// The difference itself, where it has more digits or exponents than a double.
    pub long: bool,
}

impl<'t> Against<'t> {
    /// Makes a tensor ready.
    pub fn new(truth: &'t TrueTensor) -> Against<'t> {
        let scale = truth.exponents().flatten().max().map(|exponent| exponent + 1);
        let by = scale.unwrap_or(0);
        let mut square = 0.0;
        let columns = truth.dim().1;
        let (rows_error, columns_error, constant) = truth.scaled_bounds(-by);
        let entry = |place: usize| {
            let [high, low] = truth.leading_pair(place);
            // In units of the scale, so that nothing leaves the doubles.
            let [leading, rest] = [high, low].map(|(digits, exponent)| times_two_to(digits, exponent - by));
            // Truncated digits made the nearest double and what it leaves, exactly.
            let high = leading + rest;
            let low = rest - (high - leading);
            square += high * high;
            let (i, j) = (place / columns, place % columns);
            let error = if truth.exact[(i, j)] {
                0.0
            } else {
                (rows_error[i] + columns_error[j] + constant) * (1.0 + two_to(-50))
            };
            Entry::new(high, low, error)
        };
        let entries = (0..truth.len()).map(entry).collect();
        Against { truth, scale, square, error: truth.error.scaled(-by).to_f64(), entries }
    }

    /// The true entry at a position in index order, scaled.
    pub(super) fn high(&self, position: usize) -> f64 {
        self.entries[position].high
    }

    /// The true entry at a position in index order, scaled: the nearest double, and the rest.
    pub(super) fn pair(&self, position: usize) -> (f64, f64) {
        let Entry { high, low, .. } = self.entries[position];
        (high, low)
    }

    /// Whether the true entry at a place is above and below 0.
    #[inline(always)]
    pub(super) fn signs(&self, place: usize) -> (bool, bool) {
        // A true entry that is 0 here may be too small for doubles.
        match self.entries[place].high {
            high if high != 0.0 => (high > 0.0, high < 0.0),
            _ => (self.truth.sign(place).is_gt(), self.truth.sign(place).is_lt()),
        }
    }

    /// 2^-scale, where that is a double and there is a scale.
    pub(super) fn factor(&self) -> Option<f64> {
        let shift = -self.scale?;
        (-1022..=1023).contains(&shift).then(|| two_to(shift))
    }

    /// The difference of a computed double, scaled by [`Against::factor`], to the true entry at a place, and whether it
    /// drowns and degrades it; none where that is not plain, or the double is 0.
    #[inline(always)]
    pub(super) fn plain(&self, place: usize, computed: f64) -> Option<Plain> {
        let entry = &self.entries[place];
        let difference = (computed - entry.high) - entry.low;
        let size = computed.abs();
        let is_inside = (size >= two_to(SMALLEST)) & (size <= two_to(-SMALLEST));
        // NaN fails the last comparison where doubles do not tell.
        let is_told = is_inside & (difference.abs() >= entry.finest);
        let (drowned, degraded) = entry.thresholds(difference).filter(|_| is_told)?;
        Some(Plain { high: entry.high, difference, drowned, degraded })
    }

    /// Holds a computed double, by its place row by row, against the true entry, where doubles decide; `factor` is
    /// [`Against::factor`].
    #[inline(always)]
    pub(super) fn hold_double(&self, place: usize, x: f64, factor: f64) -> Option<Held> {
        let entry = &self.entries[place];
        let computed = x * factor;
        // No bit was lost, and none will be.
        let is_inside = computed.abs() >= two_to(SMALLEST) && computed.abs() <= two_to(-SMALLEST);
        if !is_inside && x != 0.0 {
            return None;
        }
        let difference = (computed - entry.high) - entry.low;
        let fate = entry.fate(computed, difference)?;
        Some(Held { fate, computed, difference, long: false })
    }

    /// Holds any computed entry against the true one. `scratch` is room for a number.
    pub(super) fn hold(&self, place: usize, computed: &Exact, scale: i64, scratch: &mut Float) -> Held {
        let columns = self.truth.dim().1;
        let index = (place / columns, place % columns);
        let bound = self.truth.entry_error(index);
        let own = match computed {
            Exact::Double(x) => scaled_double(*x, scale),
            Exact::Long(x) => scaled(x, scale),
        };
        if self.truth.sign(place).is_eq() && bound.is_zero() && computed.is_zero() {
            return Held { fate: Fate::TrueZero, computed: own, difference: 0.0, long: false };
        }
        let g = self.truth.value(index);
        match computed {
            Exact::Double(x) => scratch.assign(*x - &g),
            Exact::Long(x) => scratch.assign(x - &g),
        }
        let fate = Fate::with_difference(computed, &g, bound, scratch);
        Held { fate, computed: own, difference: scaled(scratch, scale), long: !scratch.is_zero() }
    }
}
