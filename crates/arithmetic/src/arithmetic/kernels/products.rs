//! Which kernel a product takes: the lanes, the rounding, and whether anything can overflow.

use super::factors::{Factors, Last};
use super::matrix::{Matrix, Operand};
use super::step::{Emulated, EmulatedFused, Native, NativeFused, Ranged, Watched};
use super::tiles::{Choice, Often, Seldom, sums};
use super::vector::{Element, Step};
use super::{Path, Rounding, size};
use crate::arithmetic::Side;
use crate::format::{Format, Rounder};
use ndarray::ArrayView2;

/// Products of matrices whose sums run in one rounding.
#[derive(Clone, Copy, Debug)]
pub struct Products {
    rounding: Rounding,
    /// One rounding for product and sum together.
    is_fused: bool,
    /// Whether lanes are binary32.
    is_single: bool,
    /// Whether a double that is such a product plus such a sum may be a rounded one.
    is_inexact: bool,
}

/// The sums of a product, row by row, rounded to the accumulator.
#[derive(Debug)]
pub enum Values {
    /// From lanes of binary32.
    Single(Vec<f32>),
    /// From lanes of binary64.
    Double(Vec<f64>),
}

impl Values {
    /// Them in binary64.
    pub fn into_doubles(self) -> Vec<f64> {
        match self {
            Values::Single(values) => values.into_iter().map(f64::from).collect(),
            Values::Double(values) => values,
        }
    }
}

impl Products {
    /// Of members of a format in an accumulator that double lanes carry for it.
    pub fn new(member: &Format, accumulator: &Format, is_fused: bool) -> Products {
        let rounding = Rounding::to(*accumulator);
        let is_single = is_binary32(member)
            && match rounding {
                Rounding::Single => true,
                Rounding::Emulated(_) => !is_fused && fits_f32_lanes(member, accumulator),
                Rounding::Double | Rounding::Range(_) => false,
            };
        Products { rounding, is_fused, is_single, is_inexact: !sums_are_exact(member, accumulator) }
    }

    /// Of any doubles, in binary64 or in a range alone.
    pub fn of_doubles(rounding: Rounding, is_fused: bool) -> Products {
        Products { rounding, is_fused, is_single: false, is_inexact: true }
    }

    /// Whether it runs in lanes of binary32.
    pub fn is_single(&self) -> bool {
        self.is_single
    }

    /// Prepares a matrix: its lines are given to one of the conversions.
    pub fn prepare<C: Copy>(
        &self,
        matrix: ArrayView2<C>,
        side: Side,
        singles: impl Fn(&[C], &mut [f32]),
        doubles: impl Fn(&[C], &mut [f64]),
    ) -> Operand {
        Operand::new(self.is_single, matrix, side, singles, doubles)
    }

    /// (m × k)·(k × n), every sum in the order of k, `last` (m) added last.
    ///
    /// # Panics
    /// If the processor does not have the path.
    pub fn product_on(&self, path: Path, left: &Operand, right: &Operand, last: Option<&[f64]>) -> Values {
        if let (Operand::Single(left), Operand::Single(right)) = (left, right) {
            let single = |x: &[f64]| x.iter().map(|x| *x as f32).collect::<Vec<f32>>();
            let last = last.map(single);
            if let Some(values) = self.in_singles(path, left, right, last.as_deref()) {
                return Values::Single(values);
            }
        }
        Values::Double(self.in_doubles(path, &left.doubles(), &right.doubles(), last))
    }

    /// In binary32, if nothing overflows that must not.
    fn in_singles(
        &self,
        path: Path,
        left: &Matrix<f32>,
        right: &Matrix<f32>,
        last: Option<&[f32]>,
    ) -> Option<Vec<f32>> {
        let Rounding::Emulated(rounder) = &self.rounding else {
            return Some(match self.is_fused {
                true => run(path, NativeFused, left, right, last),
                false => run(path, Native, left, right, last),
            });
        };
        if is_within(path, rounder, left, right, last) {
            return Some(run(path, Emulated::<f32, false>::new(rounder), left, right, last));
        }
        if rounder.largest() > Emulated::<f32, true>::highest(rounder) {
            return None;
        }
        Some(match watched(path, rounder, left, right, last) {
            Some(sums) => sums,
            None => run_seldom(path, Emulated::<f32, true>::new(rounder), left, right, last),
        })
    }

    fn in_doubles(&self, path: Path, left: &Matrix<f64>, right: &Matrix<f64>, last: Option<&[f64]>) -> Vec<f64> {
        let single;
        let rounder = match (&self.rounding, self.is_fused) {
            (Rounding::Double, false) => return run(path, Native, left, right, last),
            (Rounding::Double, true) => return run(path, NativeFused, left, right, last),
            (Rounding::Range(range), false) => return run(path, Ranged::<false>(*range), left, right, last),
            (Rounding::Range(range), true) => return run_seldom(path, Ranged::<true>(*range), left, right, last),
            (Rounding::Emulated(rounder), _) => rounder,
            (Rounding::Single, _) => {
                single = crate::format::F32.rounder();
                &single
            }
        };
        let within = Emulated::<f64, false>::new(rounder);
        let full = Emulated::<f64, true>::new(rounder);
        match (self.is_fused, self.is_inexact, is_within(path, rounder, left, right, last)) {
            (false, _, true) => run(path, within, left, right, last),
            (false, _, false) => match watched(path, rounder, left, right, last) {
                Some(sums) => sums,
                None => run_seldom(path, full, left, right, last),
            },
            (true, false, true) => run(path, EmulatedFused::<f64, false, false>(within), left, right, last),
            (true, false, false) => run_seldom(path, EmulatedFused::<f64, true, false>(full), left, right, last),
            (true, true, true) => run(path, EmulatedFused::<f64, false, true>(within), left, right, last),
            (true, true, false) => run_seldom(path, EmulatedFused::<f64, true, true>(full), left, right, last),
        }
    }
}

/// Whether every member is a binary32 number.
pub(super) fn is_binary32(format: &Format) -> bool {
    match (format.smallest_subnormal_exponent(), format.max_exponent()) {
        (Some(smallest), Some(emax)) => format.precision <= 24 && smallest >= -149 && emax <= 127,
        _ => false,
    }
}

/// Whether binary32 lanes round products of members, and sums of numbers of the accumulator, to the accumulator without
/// a double rounding that shows.
///
/// Sums: 24 ≥ 2p + 2 (Figueroa 1995). Products have at most 24 bits; they are exact from 2^(emin−p) on, the tie between
/// zero and the smallest number, if the last of their bits lies no lower than binary32's, 2^-149; below that tie they
/// round to zero or onto the tie, hence to zero either way. For a format that is its own accumulator: emin ≥ 3p − 150.
fn fits_f32_lanes(member: &Format, accumulator: &Format) -> bool {
    let (p, bits) = (accumulator.precision as i32, member.precision as i32);
    let is_wide_enough = accumulator.smallest_normal_exponent().is_some_and(|emin| emin - p - (2 * bits - 1) >= -149);
    bits <= p && p <= 11 && is_wide_enough && is_binary32(accumulator)
}

/// Whether a product of members and a number of the accumulator add up exactly in binary64, or lie so far apart that
/// their rounded sum is on the same side of every tie of the accumulator.
///
/// Where the sum's bits begin at the accumulator's, they span its range, which must be within 53 bits; beyond the range
/// the rounded sum overflows as the exact one does. Where they begin at the product's, either it is beyond an eighth of the sum's last place, and the bits of both fit, or it is below and
/// comes near no tie.
fn sums_are_exact(member: &Format, accumulator: &Format) -> bool {
    let p = accumulator.precision as i32;
    let range = match (accumulator.smallest_subnormal_exponent(), accumulator.max_exponent()) {
        (Some(smallest), Some(emax)) => emax + 2 - smallest,
        _ => return false,
    };
    range <= 53 && p + 2 * member.precision as i32 + 4 <= 53
}

/// Whether no sum of products and a last summand overflows on its way, nor the rounding itself.
fn is_within<E: Element>(
    path: Path,
    rounder: &Rounder,
    left: &Matrix<E>,
    right: &Matrix<E>,
    last: Option<&[E]>,
) -> bool {
    let most = rounder.largest().min(Emulated::<E, false>::highest(rounder));
    is_below(path, most, rounder.unit_roundoff(), left, right, last)
}

/// Whether no sum of products and a last summand exceeds a number on its way, where a rounding adds a share u at most.
pub(super) fn is_below<E: Element>(
    path: Path,
    most: f64,
    u: f64,
    left: &Matrix<E>,
    right: &Matrix<E>,
    last: Option<&[E]>,
) -> bool {
    // Every rounding may add a share u, two of them for each term: (1 + u)^(2n) ≤ e^(2nu). What roundings of subnormal
    // numbers add beyond that, n smallest ones at most, is far below the half unit by which overflow begins above the
    // maximum: where n is so large, e^(2nu) is beyond all bounds.
    let roundings = 2.0 * (left.dim().1 as f64 + 2.0);
    let growth = core_math::exp(roundings * u) * (1.0 + 1e-9);
    if growth > MOST_GROWTH {
        return false;
    }
    let magnitude = |x: &E| -> f64 { (*x).into().abs() };
    // NaN stays.
    let larger = |most: f64, x: f64| if x <= most || most.is_nan() { most } else { x };
    let last = last.map_or(0.0, |last| last.iter().map(magnitude).fold(0.0, larger));
    (size::of_sums(path, left, right) + last) * growth <= most
}

/// Growth of a sum by its roundings from which on its bound is not worth a look at the factors.
const MOST_GROWTH: f64 = 1e4;

/// All sums, row by row, if nothing overflowed: most products are far from it even where no bound says so.
fn watched<E: Element>(
    path: Path,
    rounder: &Rounder,
    left: &Matrix<E>,
    right: &Matrix<E>,
    last: Option<&[E]>,
) -> Option<Vec<E>> {
    let (sums, seen) = run_in::<Often, E, _>(path, Watched::new(rounder), left, right, last);
    (seen < Watched::<E>::limit(rounder)).then_some(sums)
}

/// All sums, row by row.
fn run<E: Element, S: Step<E>>(path: Path, step: S, left: &Matrix<E>, right: &Matrix<E>, last: Option<&[E]>) -> Vec<E> {
    run_in::<Often, E, S>(path, step, left, right, last).0
}

/// The same by a step that is rarely taken.
fn run_seldom<E: Element, S: Step<E>>(
    path: Path,
    step: S,
    left: &Matrix<E>,
    right: &Matrix<E>,
    last: Option<&[E]>,
) -> Vec<E> {
    run_in::<Seldom, E, S>(path, step, left, right, last).0
}

/// All sums, and what a step saw that watches.
fn run_in<C: Choice, E: Element, S: Step<E>>(
    path: Path,
    step: S,
    left: &Matrix<E>,
    right: &Matrix<E>,
    last: Option<&[E]>,
) -> (Vec<E>, f64) {
    let ((rows, terms), (_, columns)) = (left.dim(), right.dim());
    // Where columns fill a small part of a vector, the lanes are rows: a factor's order changes no product.
    let (mut result, seen) = if columns * 4 <= E::LINE && rows > columns {
        let by_terms = left.turned_in_panels();
        let filled = last.map(|last| {
            let mut filled = last.to_vec();
            filled.resize(rows.next_multiple_of(E::LINE), E::default());
            filled
        });
        let factors = Factors {
            left: right.padded(),
            row_stride: 1,
            term_stride: right.stride(),
            right: by_terms.padded(),
            last: filled.as_deref().map_or(Last::None, Last::Columns),
            rows: columns,
            columns: rows,
            terms,
        };
        let (sums, seen) = sums::<C, E, S>(path, step, &factors);
        let turned = || (0..rows * columns).map(|at| sums[at % columns * rows + at / columns]).collect();
        if columns > 1 { (turned(), seen) } else { (sums, seen) }
    } else {
        let (row_stride, term_stride) = left.strides();
        let factors = Factors {
            left: left.padded(),
            row_stride,
            term_stride,
            right: right.padded(),
            last: last.map_or(Last::None, Last::Rows),
            rows,
            columns,
            terms,
        };
        sums::<C, E, S>(path, step, &factors)
    };
    if let Some(forgotten) = step.forgets_below()
        && terms > 0
    {
        restore_signs(&mut result, forgotten, left, right, last);
    }
    (result, seen)
}

/// Zeros among counted sums.
const CHUNK: usize = 64;

/// Puts the sign on sums that are −0: all products rounded are, and so is the last summand. Such products are none
/// larger than `forgotten`. In any other sum that is 0, +0 came in or the terms cancelled.
fn restore_signs<E: Element>(sums: &mut [E], forgotten: f64, left: &Matrix<E>, right: &Matrix<E>, last: Option<&[E]>) {
    let ((_, terms), (_, columns)) = (left.dim(), right.dim());
    let is_zero = |x: &E| *x == E::default();
    let is_negative_zero = |x: f64| x == 0.0 && x.is_sign_negative();
    for (chunk, sums) in sums.chunks_mut(CHUNK).enumerate() {
        // Most chunks have none; this look at them is one that the compiler puts into lanes.
        if !sums.iter().fold(false, |any, x| any | is_zero(x)) {
            continue;
        }
        for (offset, sum) in sums.iter_mut().enumerate().filter(|(_, sum)| is_zero(sum)) {
            let (row, column) = ((chunk * CHUNK + offset) / columns, (chunk * CHUNK + offset) % columns);
            let is_lost = |term: usize| {
                let product: f64 = left.at((row, term)).into() * right.at((term, column)).into();
                product.is_sign_negative() && -product <= forgotten
            };
            if last.is_none_or(|last| is_negative_zero(last[row].into())) && (0..terms).all(is_lost) {
                *sum = E::NEGATIVE_ZERO;
            }
        }
    }
}
