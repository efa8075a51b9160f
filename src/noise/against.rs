//! A true tensor made ready to be held against many computed ones: pairs of doubles, and one scale.
//!
//! A true entry g is high + low to 106 bits, times a power of two that all entries share, so that the
//! difference to a computed double costs two subtractions and is good to 50 bits of itself. Where it is
//! not (entries far below the largest, differences far below the entry, thresholds within rounding),
//! MPFR decides as it always could.

use super::{scaled, scaled_double};
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

/// One true entry, scaled.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The nearest double, and the rest.
    high: f64,
    low: f64,
    /// At least |g − g̃|.
    error: f64,
    /// True where doubles suffice: the entry is 0, or all its bits are in range.
    is_ordinary: bool,
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

/// One entry held against the true one.
pub(super) struct Held {
    /// What became of it; `Flushed` for every zero that is none in truth.
    pub fate: Fate,
    /// (ĝ − g̃)·2^-scale.
    pub difference: f64,
    /// The difference itself, where it has more digits or exponents than a double.
    pub long: bool,
}

impl<'t> Against<'t> {
    /// Makes a tensor ready.
    pub fn new(truth: &'t TrueTensor) -> Against<'t> {
        let scale = truth.values.iter().filter_map(|g| g.get_exp().map(i64::from)).max();
        let by = scale.unwrap_or(0);
        let mut rest = Float::new(64);
        let mut square = 0.0;
        let entry = |(index, g): ((usize, usize), &Float)| {
            let high = scaled(g, by);
            square += high * high;
            let is_inside = high.abs() >= two_to(SMALLEST) && i32::try_from(by).is_ok();
            let low = if is_inside {
                // In units of the scale, so that nothing leaves the doubles.
                rest.assign(g - (Float::with_val(53, high) << by as i32));
                scaled(&rest, by)
            } else {
                0.0
            };
            let error = truth.entry_error(index).scaled(-by).to_f64();
            Entry { high, low, error, is_ordinary: g.is_zero() || is_inside }
        };
        let entries = truth.values.indexed_iter().map(entry).collect();
        Against { truth, scale, square, error: truth.error.scaled(-by).to_f64(), entries }
    }

    /// The true entry at a position in index order, scaled.
    pub(super) fn high(&self, position: usize) -> f64 {
        self.entries[position].high
    }

    /// Holds one computed entry against the true one. `scratch` is room for a number.
    pub(super) fn hold(
        &self,
        position: usize,
        index: (usize, usize),
        computed: &Exact,
        scale: i64,
        scratch: &mut Float,
    ) -> Held {
        if self.scale.is_some()
            && let Exact::Double(x) = computed
            && let Some(held) = self.in_doubles(&self.entries[position], *x, scale)
        {
            return held;
        }
        let g = &self.truth.values[index];
        match computed {
            Exact::Double(x) => scratch.assign(*x - g),
            Exact::Long(x) => scratch.assign(x - g),
        }
        let fate = Fate::with_difference(computed, g, self.truth.entry_error(index), scratch);
        Held { fate, difference: scaled(scratch, scale), long: !scratch.is_zero() }
    }

    /// The same where doubles decide it.
    #[inline]
    fn in_doubles(&self, entry: &Entry, x: f64, scale: i64) -> Option<Held> {
        let computed = scaled_double(x, scale);
        let is_inside = |x: f64| x == 0.0 || (x.abs() >= two_to(SMALLEST) && x.abs() <= two_to(-SMALLEST));
        if !entry.is_ordinary || !is_inside(computed) || (computed == 0.0) != (x == 0.0) {
            return None;
        }
        let difference = (computed - entry.high) - entry.low;
        let size = entry.high.abs();
        let held = |fate| Some(Held { fate, difference, long: false });
        if size == 0.0 {
            return match (entry.error == 0.0, computed == 0.0) {
                (false, _) => held(Fate::Undecided),
                (true, true) => held(Fate::TrueZero),
                (true, false) => held(Fate::Ghost),
            };
        }
        if difference.abs() < two_to(FINEST) * size {
            return None;
        }
        let blur = entry.error / size * (1.0 + ROOM);
        if blur * (1.0 + ROOM) >= 1.0 {
            return None;
        }
        if computed == 0.0 {
            return held(Fate::Flushed);
        }
        let ratio = difference.abs() / size;
        for (threshold, fate) in [(DROWNED, Fate::Drowned), (DEGRADED, Fate::Degraded)] {
            let reach = (1.0 + threshold) * blur;
            if ratio > (threshold + reach) * (1.0 + ROOM) {
                return held(fate);
            }
            if ratio >= (threshold - reach) * (1.0 - ROOM) {
                return None;
            }
        }
        held(Fate::Resolved)
    }
}
