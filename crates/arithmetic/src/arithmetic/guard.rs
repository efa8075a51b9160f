//! A guard that detects when double lanes cannot replace an arithmetic with unbounded exponents.
//!
//! An arithmetic with unbounded exponents and at most 24 significand bits, or exactly 53, rounds in double lanes to the
//! bits of its definition as long as no result and no intermediate product or sum comes near the ends of the lanes'
//! exponents. Results are checked one by one; a matrix product is checked by the smallest and largest magnitude of its
//! operands, which bound every partial sum. Once the guard has tripped, the caller must recompute with MPFR numbers.

use crate::format::{Format, Range, Special, exponent_of, two_to};
use std::sync::atomic::{AtomicBool, Ordering};

/// Exponents of normal numbers within which lanes of at most 24 bits can replace unbounded ones: products of two
/// numbers are normal doubles, so no double rounding occurs ([`Format::fits_f64_lanes`]).
const LOWEST: i32 = -480;
const HIGHEST: i32 = 500;

/// The bounded format in which double lanes carry an unbounded one: the same precision.
pub fn stand_in(format: &Format) -> Option<Format> {
    match (format.range, format.precision) {
        (Range::Unbounded, 53) => Some(crate::format::F64),
        (Range::Unbounded, precision @ 2..=24) => {
            Some(Format { precision, range: Range::Bounded { emin: LOWEST, emax: HIGHEST, special: Special::Ieee } })
        }
        _ => None,
    }
}

/// The guard.
#[derive(Debug)]
pub struct Guard {
    /// The smallest and the largest magnitude of results, and their exponents.
    least: f64,
    most: f64,
    exponents: (i64, i64),
    /// Significand bits of the sums.
    precision: i64,
    tripped: AtomicBool,
}

impl Guard {
    /// A guard over results in these replacements; sums are in the second.
    pub fn new(member: &Format, accumulator: &Format) -> Guard {
        let ends = |format: &Format| (format.smallest_normal_exponent(), format.max_exponent());
        let ((Some(low), Some(high)), (Some(sum_low), Some(sum_high))) = (ends(member), ends(accumulator)) else {
            unreachable!("invariant: stand-ins are bounded");
        };
        let (lowest, highest) = (i64::from(low.max(sum_low)), i64::from(high.min(sum_high)));
        Guard {
            least: two_to(lowest),
            most: two_to(highest),
            exponents: (lowest, highest),
            precision: i64::from(accumulator.precision.max(member.precision)),
            tripped: AtomicBool::new(false),
        }
    }

    /// The same where products are not rounded before they are added: they have twice the bits of a member.
    pub fn of_fused_sums(self, member: &Format) -> Guard {
        Guard { precision: self.precision.max(2 * i64::from(member.precision)), ..self }
    }

    /// True once something was outside.
    pub fn is_tripped(&self) -> bool {
        self.tripped.load(Ordering::Relaxed)
    }

    /// Notes that something is outside.
    pub fn trip(&self) {
        self.tripped.store(true, Ordering::Relaxed);
    }

    /// Checks a result; `is_zero` says whether it is exactly 0 if the lanes have 0, and `are_finite` whether the
    /// operands are finite: for infinities and NaN, which another role may pass on, the lanes give the results of the
    /// definition.
    #[inline]
    pub fn watch(&self, result: f64, are_finite: bool, is_zero: impl FnOnce() -> bool) {
        let magnitude = result.abs();
        // Comparisons with NaN are false; for the root of a negative number it trips unnecessarily.
        let is_inside = (self.least..self.most).contains(&magnitude);
        let is_exact_zero = || result == 0.0 && is_zero();
        if !is_inside && are_finite && !is_exact_zero() {
            self.trip();
        }
    }

    /// Checks sums: directed and stochastic roundings may increase every partial sum beyond the bound from the
    /// operands.
    pub fn watch_results<'s>(&self, sums: impl IntoIterator<Item = &'s f64>) {
        if !sums.into_iter().all(|sum| sum.is_finite()) {
            self.trip();
        }
    }

    /// Checks the operands of sums of `terms` products and a last summand.
    ///
    /// With 2^a and 2^b the least magnitudes, every product rounded to p bits and so every partial sum is a
    /// multiple of 2^(a+b−p+1), hence 0 or at least as large; `last` has p bits of its own. Fused sums are such
    /// multiples with p the bits of a product.
    pub fn watch_sums(&self, terms: usize, left: Extremes, right: Extremes, last: Extremes) {
        let bits = |count: usize| i64::from(usize::BITS - count.leading_zeros());
        let lowest = [left.lowest.saturating_add(right.lowest), last.lowest].into_iter().min();
        let product = left.highest.saturating_add(right.highest).saturating_add(2);
        let highest = product.max(last.highest + 1).saturating_add(bits(terms + 1));
        let (low, high) = self.exponents;
        if lowest.is_some_and(|lowest| lowest.saturating_sub(self.precision) < low) || highest > high {
            self.trip();
        }
    }
}

/// Exponents of the smallest magnitude that is not 0, and of the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extremes {
    lowest: i64,
    highest: i64,
}

impl Extremes {
    /// The bound of no numbers.
    pub const NONE: Extremes = Extremes { lowest: i64::MAX / 4, highest: i64::MIN / 4 };

    /// Of the finite numbers of a sequence, for lanes whose sums to nearest make of infinities and NaN what the
    /// definition makes of them: such an operand decides the sum, and no finite part of it leaves the range.
    pub fn of_finite(numbers: impl IntoIterator<Item = f64>) -> Extremes {
        Extremes::of(numbers.into_iter().map(|x| if x.is_finite() { x } else { 0.0 }))
    }

    /// Of all numbers of a sequence; infinities and NaN lie beyond everything.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Extremes {
        let (mut least, mut most) = (f64::INFINITY, 0.0f64);
        for x in numbers {
            let magnitude = x.abs();
            if magnitude != 0.0 {
                least = if magnitude < least { magnitude } else { least };
                // This comparison is also true for NaN.
                most = if magnitude <= most { most } else { magnitude };
            }
        }
        match (least.is_finite(), most.is_finite()) {
            (_, false) => Extremes { lowest: i64::MIN / 4, highest: i64::MAX / 4 },
            (false, true) => Extremes::NONE,
            (true, true) => Extremes { lowest: exponent_of(least), highest: exponent_of(most) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let format = stand_in(&Format::mpfr(11)).unwrap();
        Guard::new(&format, &format)
    }

    fn sums(left: &[f64], right: &[f64], last: &[f64]) -> bool {
        let guard = guard();
        let of = |numbers: &[f64]| Extremes::of(numbers.iter().copied());
        guard.watch_sums(left.len(), of(left), of(right), of(last));
        guard.is_tripped()
    }

    #[test]
    fn stand_ins_have_the_same_precision() {
        assert_eq!(stand_in(&Format::mpfr(53)), Some(crate::format::F64));
        for precision in 2..=24 {
            let format = stand_in(&Format::mpfr(precision)).unwrap();
            assert!(format.precision == precision && format.fits_f64_lanes());
        }
        assert!(stand_in(&Format::mpfr(25)).is_none() && stand_in(&crate::format::F16).is_none());
    }

    /// The bound of a sum's lowest bit, to the last exponent; zeros and empty sums are harmless.
    #[test]
    fn sums_trip_where_a_partial_sum_could_leave_the_range() {
        assert!(!sums(&[1.0, 0.0], &[2.0, -3.0], &[]));
        assert!(!sums(&[], &[], &[]));
        assert!(!sums(&[0.0], &[0.0], &[0.0]));
        let tiny = two_to(-240);
        assert!(!sums(&[tiny, 1.0], &[two_to(-229), 1.0], &[]));
        assert!(sums(&[tiny, 1.0], &[two_to(-230), 1.0], &[]));
        assert!(sums(&[1.0], &[1.0], &[two_to(-470)]));
        assert!(!sums(&[1.0], &[1.0], &[two_to(-469)]));
        assert!(sums(&[two_to(250)], &[two_to(250)], &[]));
        assert!(sums(&[f64::NAN], &[1.0], &[]));
    }

    #[test]
    fn results_trip_outside_and_at_zeros_that_are_none() {
        for (result, is_zero, trips) in [
            (1.0, false, false),
            (0.0, true, false),
            (0.0, false, true),
            (two_to(-480), false, false),
            (two_to(-481), false, true),
            (two_to(500), false, true),
            (f64::NAN, true, true),
            (f64::INFINITY, true, true),
        ] {
            let guard = guard();
            guard.watch(result, true, || is_zero);
            assert_eq!(guard.is_tripped(), trips, "{result}");
        }
    }

    /// What another role has made infinite is no overflow of these lanes; a finite number beside it is watched.
    #[test]
    fn operands_that_are_no_numbers_do_not_trip() {
        let handed_over = guard();
        handed_over.watch(f64::NAN, false, || false);
        handed_over.watch(f64::NEG_INFINITY, false, || false);
        handed_over.watch(0.0, false, || false);
        assert!(!handed_over.is_tripped());
        let finite = |numbers: &[f64]| Extremes::of_finite(numbers.iter().copied());
        assert_eq!(finite(&[f64::INFINITY, 3.0, f64::NAN, -0.5]), finite(&[3.0, -0.5]));
        assert_eq!(finite(&[f64::INFINITY]), Extremes::NONE);
        let summed = guard();
        summed.watch_sums(2, finite(&[f64::INFINITY, two_to(250)]), finite(&[1.0, two_to(250)]), Extremes::NONE);
        assert!(summed.is_tripped());
    }
}
