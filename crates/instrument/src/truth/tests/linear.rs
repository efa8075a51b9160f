//! σ, affine steps, biases, storing and residual sums.

use super::{Check, TIGHT, column_within, disturbed, exact, holds, real, reals, two_to, within};
use crate::enclosure::Bound;
use crate::integers::Integers;
use crate::norm::column::{Bits, Column, Entries, Scaled};
use crate::norm::spectral::spectral_norm_bound;
use crate::norm::sums::{add_exact, shortened};
use crate::operation::add::lemma as add;
use crate::operation::affine::lemma::{Way, Weights};
use crate::operation::scale::lemma as scale;
use ndarray::{Array2, array};
use rug::{Float, Integer};

/// (3, 4)ᵀ(1, 2, 2): rank one, of norm 15.
fn rank_one() -> Array2<f64> {
    array![[3.0, 6.0, 6.0], [4.0, 8.0, 8.0]]
}

/// σ against norms that are known, at the ends of the range of doubles.
fn check_norms(sigma: impl Fn(&Array2<f64>) -> Bound) -> Check {
    for e in [-1000, -30, 0, 7, 1000] {
        let scaled = |w: &Array2<f64>| w * crate::format::two_to(e);
        let known = |norm: f64| real(norm) << e as i32;
        within("one entry", &known(1.5), sigma(&scaled(&array![[-1.5]])), TIGHT)?;
        within("a row", &known(5.0), sigma(&scaled(&array![[3.0, -4.0]])), TIGHT)?;
        within("a column", &known(5.0), sigma(&scaled(&array![[3.0], [-4.0]])), TIGHT)?;
        within("rank one", &known(15.0), sigma(&scaled(&rank_one())), TIGHT)?;
        within("rank one, transposed", &known(15.0), sigma(&scaled(&rank_one().reversed_axes())), TIGHT)?;
        // k equal singular values: k^(1/32).
        let k_root = core_math::pow(16.0, 1.0 / 32.0);
        within("the identity", &known(1.0), sigma(&scaled(&Array2::eye(16))), k_root + 1e-9)?;
    }
    holds(sigma(&Array2::zeros((2, 3))).is_zero(), || "a zero matrix has norm 0".to_string())
}

pub fn check_spectral_norm() -> Check {
    check_norms(spectral_norm_bound)
}

/// One root too few or too many, a forgotten scale: each must be noticed.
#[test]
fn planted_errors_of_the_spectral_norm_are_noticed() {
    let scale = |w: &Array2<f64>| {
        let largest = w.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
        if largest == 0.0 { 0 } else { i64::from(real(largest).get_exp().expect("a finite matrix")) }
    };
    let square = |x: Bound| x * x;
    type Planted<'a> = (&'a str, &'a dyn Fn(&Array2<f64>) -> Bound);
    let planted: [Planted; 4] = [
        ("nothing", &spectral_norm_bound),
        ("a root dropped", &|w| square(spectral_norm_bound(w).scaled(-scale(w))).scaled(scale(w))),
        ("a root too many", &|w| spectral_norm_bound(w).scaled(-scale(w)).sqrt().scaled(scale(w))),
        ("the scale forgotten", &|w| spectral_norm_bound(w).scaled(-scale(w))),
    ];
    for (name, sigma) in planted {
        assert_eq!(check_norms(sigma).is_ok(), name == "nothing", "{name}");
    }
}

pub fn check_affine() -> Check {
    let weights = rank_one();
    // Along the top right singular vector (1, 2, 2)/3 and the left one (3, 4)/5.
    let values = [real(1.0) + two_to(-30), real(-2.0) - two_to(-29), real(0.5)];
    let (a, truth) = disturbed(&values, &[two_to(-40), two_to(-39), two_to(-39)]);
    let forward = Weights::new(&weights);
    let multiply = |weights: &Weights, way, a: Column| weights.multiply(way, &[a]).remove(0);
    column_within("W·a", &multiply(&forward, Way::Forward, a), &product(&weights, &truth), TIGHT)?;
    let (delta, truth) = disturbed(&values[..2], &[3 * two_to(-40), 4 * two_to(-40)]);
    let transposed = weights.t().to_owned();
    column_within("Wᵀ·δ", &multiply(&forward, Way::Back, delta), &product(&transposed, &truth), TIGHT)?;

    // Weights longer than a word, and an exact entry next to an inexact one.
    let weights = array![[1e300, 0.0], [1.0, 1e-300]];
    let (mut a, truth) = disturbed(&reals(&[1.0, 3.0]), &[real(0.0), two_to(-20)]);
    a.inexact = Bits::from_fn(2, |i| i == 1);
    let z = multiply(&Weights::new(&weights), Way::Forward, a.clone());
    holds(!z.inexact.get(0) && z.inexact.get(1), || "a zero weight keeps its entry exact".to_string())?;
    column_within("long weights", &z, &product(&weights, &truth), f64::INFINITY)?;
    let back = multiply(&Weights::new(&weights), Way::Back, a);
    holds(back.inexact.get(0) && back.inexact.get(1), || "column 2 and its zero weight".to_string())?;
    column_within("long weights, transposed", &back, &product(&weights.t().to_owned(), &truth), f64::INFINITY)
}

fn product(weights: &Array2<f64>, a: &[Float]) -> Vec<Float> {
    let dot = |row: ndarray::ArrayView1<f64>| {
        row.iter().zip(a).fold(real(0.0), |sum, (&w, a)| sum + Float::with_val(super::LONG, a * w))
    };
    weights.rows().into_iter().map(dot).collect()
}

fn entries(x: f64) -> Entries {
    Entries::from_doubles(std::iter::once(x))
}

/// A bias is added exactly, wherever the two exponents lie, and changes no error.
pub fn check_bias() -> Check {
    for (z, b) in [(real(3.0), 5e-324), (two_to(-900), 1e300), (real(0.0), 7.0), (real(5.0), 0.0), (real(1.0), -1.0)] {
        let (column, truth) = disturbed(&[z], &[two_to(-50)]);
        let sum = add_exact(column, &entries(b)).map_err(|wrong| wrong.to_string())?;
        column_within("z + b", &sum, &[Float::with_val(2000, &truth[0] + b)], f64::INFINITY)?;
        within("z + b keeps its error", &two_to(-50), sum.error, TIGHT)?;
    }
    // Far apart: one of them may be zero, but a shift of millions of bits is refused.
    let at = |mantissa: i32, exponent: i64| Column {
        exponent,
        integers: Integers::from_rug(&[Integer::from(mantissa)]),
        inexact: Bits::new(1),
        error: Bound::ZERO,
    };
    let far = -(1i64 << 40);
    holds(add_exact(at(1, far), &entries(1.0)).is_err(), || "a shift of 2^40 bits".to_string())?;
    holds(add_exact(at(1, far), &entries(0.0)).is_ok(), || "nothing to shift to".to_string())?;
    holds(add_exact(at(0, far), &entries(1.0)).is_ok(), || "nothing to shift".to_string())?;
    holds(add(&at(1, far), &at(1, 0), 64).is_err(), || "a skip 2^40 bits away".to_string())?;
    holds(add(&at(0, 0), &at(1, far), 64).is_ok(), || "a dead branch has no exponent".to_string())
}

/// Entries of p + 1 bits just above a power of two: each loses half a unit, all in one direction.
pub fn check_storing() -> Check {
    for count in [1, 2, 5] {
        let tie = Scaled { mantissa: Integer::from(257), exponent: -3 };
        let mut entries = vec![tie; count];
        entries.push(Scaled { mantissa: Integer::from(2), exponent: -3 });
        entries.push(Scaled::zero());
        let truth: Vec<Float> = entries.iter().map(super::long).collect();
        let stored = Column::store(entries, Bits::new(count + 2), Bound::ZERO, 8);
        column_within("ties", &stored, &truth, TIGHT)?;
        holds(!stored.inexact.get(count), || "an entry that loses nothing stays exact".to_string())?;
    }
    // Far below the unit: everything is lost, at most half a unit of it.
    for (mantissa, exponent) in [(-1, -100), (1, -9), (-1, -9), (3, -10), (i32::MAX, -40)] {
        let entries = vec![
            Scaled { mantissa: Integer::from(1), exponent: 0 },
            Scaled { mantissa: Integer::from(mantissa), exponent },
        ];
        let truth: Vec<Float> = entries.iter().map(super::long).collect();
        let stored = Column::store(entries, Bits::new(2), Bound::ZERO, 8);
        column_within("a small entry", &stored, &truth, f64::INFINITY)?;
    }
    Ok(())
}

/// Where all entries are in error, digits far below it are left out, and the half units are counted; the true vector
/// lies the whole error away from the first entry, and ties of the others add to it.
pub fn check_floor() -> Check {
    let error = two_to(-20);
    // The largest keeps its 64 bits, and the others are just below half a unit of that.
    let tie = two_to(-64) - two_to(-140);
    let values = [real(1.0), tie.clone(), tie.clone(), Float::new(super::LONG)];
    let (column, truth) = disturbed(&values, &[error, real(0.0), real(0.0), real(0.0)]);
    let stored = column.stored(512);
    holds(stored.exponent > -140 && stored.integers.is_zero(1), || format!("the unit is 2^{}", stored.exponent))?;
    column_within("the floor", &stored, &truth, 1.0 + 1e-4)?;
    // Dropped bits also count entry by entry: entries without error before are now within the added share.
    let added = Float::with_val(super::LONG, stored.error.to_float() - column.error.to_float());
    let lost = Float::with_val(super::LONG, &tie * real(2.0).sqrt());
    holds(added >= lost, || format!("{added:e} is counted, and {lost:e} was dropped"))?;
    // One exact entry next to the others: nothing is dropped, and it stays unchanged.
    let mut beside = column.clone();
    beside.inexact = Bits::from_fn(4, |i| i != 2);
    let stored = beside.stored(512);
    holds(stored.error == column.error, || "digits beside an exact entry are left out".to_string())?;
    holds(super::long(&stored.entry(2)) == tie && !stored.inexact.get(2), || "an exact entry moved".to_string())?;
    // An exact zero is no entry that could lose anything.
    let mut zero = column;
    zero.inexact = Bits::from_fn(4, |i| i != 3);
    holds(zero.stored(512).is_exact_zero(3), || "an exact zero is in doubt".to_string())
}

/// A sum of far more than p bits is rounded, and what that loses is counted.
pub fn check_shortened() -> Check {
    let long = Float::with_val(30_000, 1) + (Float::with_val(30_000, 1) >> 20_000u32);
    let column = exact(std::slice::from_ref(&long));
    let short = shortened(column.clone(), 64.into());
    holds(short.inexact.get(0) && short.integers.longest() <= 65, || "20 000 bits are kept".to_string())?;
    let lost = Float::with_val(64, 1) >> 20_000u32;
    holds(short.error.to_float() >= lost, || "what was lost is not counted".to_string())?;
    let kept = shortened(column, 8000.into());
    holds(!kept.inexact.any() && kept.error.is_zero(), || "a sum within the excess is rounded".to_string())
}

/// The error grows or shrinks by |s| exactly, and the product is rounded where it outgrows the precision alone.
pub fn check_scale() -> Check {
    let moved = [3 * two_to(-30), 4 * two_to(-30)];
    for factor in [145.0 / 1024.0, -0.75, 1.0, 5.0, 3.0 * crate::format::two_to(-900)] {
        let (a, truth) = disturbed(&reals(&[1.25, -3.0]), &moved);
        let truth: Vec<Float> = truth.iter().map(|x| Float::with_val(super::LONG, x * factor)).collect();
        column_within("s·a", &scale(&a, factor, 64), &truth, TIGHT)?;
    }
    // Three bits of 20 = 5·4 leave a unit of 4, of which 10 = 5·2 loses half.
    let rounded = scale(&exact(&reals(&[2.0, 4.0])), 5.0, 3);
    column_within("a rounded product", &rounded, &reals(&[10.0, 20.0]), TIGHT)?;
    holds(rounded.inexact.get(0) && !rounded.inexact.get(1), || "only what is rounded becomes inexact".to_string())?;
    let (a, _) = disturbed(&reals(&[1.25, -3.0]), &moved);
    let zero = scale(&a, 0.0, 64);
    holds(zero.is_exact_zero(0) && zero.is_exact_zero(1), || "nothing times zero is in doubt".to_string())
}

pub fn check_add() -> Check {
    let values = reals(&[1.25, -3.0]);
    let zero = reals(&[0.0, 0.0]);
    let moved = [3 * two_to(-30), 4 * two_to(-30)];
    for (branch_moved, skip_moved) in [(&moved[..], &zero[..]), (&zero, &moved), (&moved, &moved)] {
        let (branch, branch_truth) = disturbed(&values, branch_moved);
        let (skip, skip_truth) = disturbed(&values, skip_moved);
        let sum = add(&branch, &skip, 64).map_err(|wrong| wrong.to_string())?;
        let truth: Vec<Float> =
            branch_truth.iter().zip(&skip_truth).map(|(x, y)| Float::with_val(super::LONG, x + y)).collect();
        column_within("branch + skip", &sum, &truth, TIGHT)?;
    }
    // Exact summands whose sum is rounded.
    let sum = add(&exact(&[two_to(0)]), &exact(&[two_to(-8)]), 8).map_err(|wrong| wrong.to_string())?;
    column_within("a rounded sum", &sum, &[two_to(0) + two_to(-8)], TIGHT)
}
