//! The fate of each entry of a gradient, decided only if the error bound of the exact gradient permits.

use crate::arithmetic::Exact;
use crate::enclosure::Bound;
use rug::Float;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::ops::AddAssign;

/// An entry is drowned if its error is at least this share of the exact entry.
pub const DROWNED: f64 = 1.0;
/// An entry is degraded if its error is at least this share of the exact entry.
pub const DEGRADED: f64 = 0.125;

/// The fate of one entry: the first variant that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Infinite or NaN.
    Overflowed,
    /// The error bound of the exact gradient does not decide.
    Undecided,
    /// Exactly zero, and computed as zero.
    TrueZero,
    /// Exactly zero, but computed as nonzero.
    Ghost,
    /// Computed as zero although neither the exact entry nor that of the twin run with unbounded exponents is zero:
    /// underflow. Without a twin run, every computed zero whose exact entry is not zero.
    Flushed,
    /// Computed as zero for another reason, also in the twin run: a flipped branch, or a sum that cancels.
    Cut,
    /// Error at least [`DROWNED`] times the exact entry; includes wrong signs.
    Drowned,
    /// Error at least [`DEGRADED`] times the exact entry.
    Degraded,
    /// Smaller error.
    Resolved,
}

/// Numbers of entries of a gradient by fate, the first that applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fates {
    /// Infinite or NaN.
    pub overflowed: u64,
    /// The error bound of the exact gradient does not decide.
    pub undecided: u64,
    /// Exactly zero, and computed as zero.
    pub true_zero: u64,
    /// Exactly zero, but computed as nonzero.
    pub ghost: u64,
    /// Underflowed to zero although the exact entry is not zero; without a twin run, every such zero.
    pub flushed: u64,
    /// Computed as zero for another reason.
    #[serde(default)]
    pub cut: u64,
    /// Error at least as large as the exact entry.
    pub drowned: u64,
    /// Error at least an eighth of the exact entry.
    pub degraded: u64,
    /// Error below an eighth of the exact entry.
    pub resolved: u64,
}

impl AddAssign for Fates {
    fn add_assign(&mut self, other: Fates) {
        let Fates { overflowed, undecided, true_zero, ghost, flushed, cut, drowned, degraded, resolved } = other;
        self.overflowed += overflowed;
        self.undecided += undecided;
        self.true_zero += true_zero;
        self.ghost += ghost;
        self.flushed += flushed;
        self.cut += cut;
        self.drowned += drowned;
        self.degraded += degraded;
        self.resolved += resolved;
    }
}

impl Fates {
    /// All entries.
    pub fn total(&self) -> u64 {
        let Fates { overflowed, undecided, true_zero, ghost, flushed, cut, drowned, degraded, resolved } = *self;
        let counts = [overflowed, undecided, true_zero, ghost, flushed, cut, drowned, degraded, resolved];
        counts.into_iter().fold(0, u64::saturating_add)
    }

    /// From the number of entries of each fate, in the order of [`Fate::ALL`].
    pub fn of(counts: [u64; Fate::ALL.len()]) -> Fates {
        let [overflowed, undecided, true_zero, ghost, flushed, cut, drowned, degraded, resolved] = counts;
        Fates { overflowed, undecided, true_zero, ghost, flushed, cut, drowned, degraded, resolved }
    }
}

impl Fate {
    /// All fates in the order in which they are decided, that of the variants.
    pub const ALL: [Fate; 9] = [
        Fate::Overflowed,
        Fate::Undecided,
        Fate::TrueZero,
        Fate::Ghost,
        Fate::Flushed,
        Fate::Cut,
        Fate::Drowned,
        Fate::Degraded,
        Fate::Resolved,
    ];

    /// The fate of `computed` if the exact entry lies within `bound` of `truth`; a zero bound means that `truth` is the
    /// exact entry.
    pub fn of(computed: &Exact, truth: &Float, bound: Bound) -> Fate {
        let difference = match computed {
            Exact::Double(x) => Float::with_val(64, x - truth),
            Exact::Long(x) => Float::with_val(64, x - truth),
        };
        Fate::with_difference(computed, truth, bound, &difference)
    }

    /// The same, given computed − truth correctly rounded to at least 53 bits.
    pub fn with_difference(computed: &Exact, truth: &Float, bound: Bound, difference: &Float) -> Fate {
        if !computed.is_finite() {
            return Fate::Overflowed;
        }
        if truth.is_zero() {
            return match (bound.is_zero(), computed.is_zero()) {
                (false, _) => Fate::Undecided,
                (true, true) => Fate::TrueZero,
                (true, false) => Fate::Ghost,
            };
        }
        // In doubles first, with a margin for their rounding; ratios near a threshold are decided exactly.
        let (fraction, exponent) = truth.to_f64_exp();
        let blur = bound.relative_to(fraction, i64::from(exponent));
        if blur * (1.0 + ROOM) >= 1.0 && !exceeds(truth, bound) {
            return Fate::Undecided;
        }
        if computed.is_zero() {
            return Fate::Flushed;
        }
        let ratio = Bound::from_float(difference).relative_to(fraction, i64::from(exponent));
        for (threshold, fate) in [(DROWNED, Fate::Drowned), (DEGRADED, Fate::Degraded)] {
            let reach = (1.0 + threshold) * blur;
            let reached = if ratio > (threshold + reach) * (1.0 + ROOM) {
                Some(true)
            } else if ratio < (threshold - reach) * (1.0 - ROOM) {
                Some(false)
            } else {
                error_reaches(threshold, computed, truth, bound)
            };
            match reached {
                Some(true) => return fate,
                Some(false) => {}
                None => return Fate::Undecided,
            }
        }
        Fate::Resolved
    }
}

/// |truth| > bound, exactly.
fn exceeds(truth: &Float, bound: Bound) -> bool {
    truth.cmp_abs(&bound.to_float()) == Some(Ordering::Greater)
}

/// Margin for the rounding of ratios in doubles: far above the rounding, and far below any ratio that matters.
const ROOM: f64 = 1e-12;

/// Whether |computed − exact| ≥ threshold·|exact| for every exact value within the bound, for none, or (`None`) only
/// for some.
fn error_reaches(threshold: f64, computed: &Exact, truth: &Float, bound: Bound) -> Option<bool> {
    // |computed − truth| ∓ bound against threshold·(|truth| ± bound).
    let long = |x: &Float| Float::with_val(exact_bits(x, truth), x);
    let (computed, bound) = (long(&computed.to_float()), long(&bound.to_float()));
    let bits = computed.prec().max(bound.prec()) + 64;
    let magnitude = Float::with_val(bits, truth.abs_ref());
    let error = Float::with_val(bits, &computed - truth).abs();
    let most_true = Float::with_val(bits, &magnitude + &bound) * threshold;
    let least_true = Float::with_val(bits, &magnitude - &bound) * threshold;
    if Float::with_val(bits, &error - &bound) >= most_true {
        Some(true)
    } else if Float::with_val(bits, &error + &bound) < least_true {
        Some(false)
    } else {
        None
    }
}

/// Bits in which sums of `x` and `truth` are exact.
fn exact_bits(x: &Float, truth: &Float) -> u32 {
    let distance = match (x.get_exp(), truth.get_exp()) {
        (Some(a), Some(b)) => a.abs_diff(b),
        _ => 0,
    };
    (x.prec() + truth.prec()).saturating_add(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(computed: f64, truth: f64, bound: f64) -> Fate {
        Fate::of(&Exact::Double(computed), &Float::with_val(200, truth), Bound::from_f64(bound))
    }

    /// Every boundary with a zero bound: the threshold itself belongs to the worse fate.
    #[test]
    fn boundaries_are_exact() {
        let tiny = crate::format::two_to(-52);
        for sign in [1.0, -1.0] {
            for (computed, truth, expected) in [
                (f64::NAN, 1.0, Fate::Overflowed),
                (f64::INFINITY, 0.0, Fate::Overflowed),
                (0.0, 0.0, Fate::TrueZero),
                (-0.0, 0.0, Fate::TrueZero),
                (5e-324, 0.0, Fate::Ghost),
                (0.0, 5e-324, Fate::Flushed),
                (-0.0, 1.0, Fate::Flushed),
                (2.0, 1.0, Fate::Drowned),
                (2.0 - tiny, 1.0, Fate::Degraded),
                (-5e-324, 1.0, Fate::Drowned),
                (5e-324, 1.0, Fate::Degraded),
                (1.125, 1.0, Fate::Degraded),
                (1.125 - tiny, 1.0, Fate::Resolved),
                (0.875, 1.0, Fate::Degraded),
                (0.875 + tiny, 1.0, Fate::Resolved),
                (1.0, 1.0, Fate::Resolved),
            ] {
                let found = fate(sign * computed, sign * truth, 0.0);
                assert_eq!(found, expected, "{} against {}", sign * computed, sign * truth);
            }
        }
    }

    /// A bound makes exactly those entries undecided that lie within it.
    #[test]
    fn bounds_leave_undecided_only_what_they_reach() {
        for (computed, truth, bound, expected) in [
            (0.0, 0.0, 1e-30, Fate::Undecided),
            (1.0, 1.0, 1.0, Fate::Undecided),
            (0.0, 1.0, 0.99, Fate::Flushed),
            // 2 − 1 ∓ b against 1 ± b: any b > 0 leaves the threshold open.
            (2.0, 1.0, 1e-30, Fate::Undecided),
            (2.0 + 3e-10, 1.0, 1e-10, Fate::Drowned),
            (2.0 - 3e-10, 1.0, 1e-10, Fate::Degraded),
            (2.0 - 1e-10, 1.0, 1e-10, Fate::Undecided),
            (1.125, 1.0, 1e-30, Fate::Undecided),
            (1.125 + 2e-10, 1.0, 1e-10, Fate::Degraded),
            (1.125 - 2e-10, 1.0, 1e-10, Fate::Resolved),
        ] {
            assert_eq!(fate(computed, truth, bound), expected, "{computed} against {truth} ± {bound}");
        }
    }
}
