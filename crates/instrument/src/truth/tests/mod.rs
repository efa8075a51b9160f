//! The proof, lemma by lemma, against an adversary that uses the whole allowance, and the lemmas' checks
//! against planted errors.
//!
//! A check builds columns with bounds and a true vector that differs from the computed one by exactly
//! the allowed amount in the worst direction, applies the exact operation to the true vector in long
//! arithmetic, and demands actual ≤ bound ≤ multiple·actual. Operands lie just above powers of two, where
//! half a unit is the largest part of a number.

mod backward;
mod elementwise;
mod linear;
mod loss;
mod parameters;
mod reports;

use crate::enclosure::Bound;
use crate::norm::column::{Bits, Column, Scaled};
use crate::norm::term::{Term, mutation};
use rug::Float;

/// Bits in which the true results are computed.
const LONG: u32 = 1000;
/// Bound over worst actual error where a lemma loses nothing but the rounding of bounds.
const TIGHT: f64 = 1.000_001;

/// What is wrong, in words.
type Check = Result<(), String>;

/// A lemma's name and its check.
type Lemma = (&'static str, fn() -> Check);

/// Every lemma. A check of several bounds states the multiple of each where it is made.
const LEMMAS: &[Lemma] = &[
    ("spectral norm", linear::check_spectral_norm),
    ("affine, forward and backward", linear::check_affine),
    ("bias", linear::check_bias),
    ("storing", linear::check_storing),
    ("digits below the error", linear::check_floor),
    ("long sums", linear::check_shortened),
    ("scale of a branch", linear::check_scale),
    ("residual sum", linear::check_add),
    ("decided branches", elementwise::check_decision),
    ("activation", elementwise::check_activation),
    ("evaluation of an activation", elementwise::check_activation_evaluation),
    ("derivative", elementwise::check_derivative),
    ("evaluation of a derivative", elementwise::check_derivative_evaluation),
    ("exact pieces", elementwise::check_exact_pieces),
    ("backward activation", backward::check_backward),
    ("cross-entropy, propagated", loss::check_cross_entropy_propagated),
    ("cross-entropy, exponents", loss::check_cross_entropy_exponents),
    ("cross-entropy, operations", loss::check_cross_entropy_operations),
    ("mean squared error", loss::check_squared_error),
    ("weight gradient", parameters::check_weight_gradient),
    ("alignment of samples", parameters::check_alignment),
    ("digits that the other factor drowns", parameters::check_balanced),
    ("digits that are not wanted", parameters::check_wanted),
    ("exact weight gradients", parameters::check_exact_weight_gradients),
    ("slope gradient", backward::check_slope_gradient),
    ("activation gradient", parameters::check_activation_gradient),
    ("evidence", reports::check_evidence),
];

/// Terms whose halving cannot be noticed, with the factor that is, and why.
const LOOSE: &[(Term, f64, &str)] = &[(
    Term::CrossEntropyOperations,
    0.25,
    "six roundings cannot all be worst at once: the shares that they produce depend on each other",
)];

#[test]
fn every_lemma_holds() {
    for (name, check) in LEMMAS {
        check().unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    }
}

/// Every term of every bound, dropped and halved in turn, must make some lemma fail.
#[test]
fn every_planted_error_is_noticed() {
    every_lemma_holds(); // or else a failure would tell nothing
    let mut unseen = Vec::new();
    for &name in Term::ALL {
        let weaker = LOOSE.iter().find(|(loose, ..)| *loose == name).map_or(0.5, |(_, factor, _)| *factor);
        for factor in [0.0, weaker] {
            let noticed = mutation::with(name, factor, || LEMMAS.iter().any(|(_, check)| check().is_err()));
            if !noticed {
                unseen.push(format!("{name:?} × {factor}"));
            }
        }
    }
    assert!(unseen.is_empty(), "no lemma notices {unseen:?}");
}

/// A loose term that became tight belongs in no list of exceptions.
#[test]
fn exceptions_are_needed() {
    every_lemma_holds();
    for &(name, _, reason) in LOOSE {
        let noticed = mutation::with(name, 0.5, || LEMMAS.iter().any(|(_, check)| check().is_err()));
        assert!(!noticed, "half of {name:?} is noticed although {reason}");
    }
}

fn real(x: f64) -> Float {
    Float::with_val(LONG, x)
}

/// 2^e.
fn two_to(e: i32) -> Float {
    real(1.0) << e
}

fn reals(values: &[f64]) -> Vec<Float> {
    values.iter().map(|&x| real(x)).collect()
}

fn long(x: &Scaled) -> Float {
    x.to_float(LONG).expect("the checks stay in range")
}

/// x as a bound, rounded up.
fn bound(x: &Float) -> Bound {
    Bound::from_float(x)
}

/// A column of exact entries.
fn exact(values: &[Float]) -> Column {
    let entries: Vec<Scaled> = values.iter().map(Scaled::from_float).collect();
    Column::store(entries, Bits::new(values.len()), Bound::ZERO, u32::MAX)
}

/// A column of inexact entries with an error of at most the 2-norm of `moved`, and the true values.
fn disturbed(values: &[Float], moved: &[Float]) -> (Column, Vec<Float>) {
    let mut column = exact(values);
    column.inexact = Bits::from_fn(values.len(), |_| true);
    column.error = bound(&norm(moved));
    let truth = values.iter().zip(moved).map(|(x, d)| Float::with_val(LONG, x + d)).collect();
    (column, truth)
}

fn norm(values: &[Float]) -> Float {
    let mut sum = Float::new(LONG);
    values.iter().for_each(|x| sum += Float::with_val(LONG, x.square_ref()));
    sum.sqrt()
}

/// ‖truth − computed‖₂, demanding that exact entries are exact.
fn distance(computed: &Column, truth: &[Float]) -> Result<Float, String> {
    let entries: Vec<Scaled> = (0..computed.len()).map(|i| computed.entry(i)).collect();
    entries_distance(&entries, &computed.inexact, truth)
}

fn entries_distance(entries: &[Scaled], inexact: &Bits, truth: &[Float]) -> Result<Float, String> {
    let mut differences = Vec::new();
    for (i, (entry, truth)) in entries.iter().zip(truth).enumerate() {
        let difference = Float::with_val(LONG, truth - long(entry));
        if !inexact.get(i) && difference != 0 {
            return Err(format!("entry {i} counts as exact and is off by {:e}", difference.to_f64()));
        }
        differences.push(difference);
    }
    Ok(norm(&differences))
}

/// actual ≤ bound ≤ multiple·actual.
fn within(what: &str, actual: &Float, bound: Bound, multiple: f64) -> Check {
    let bound = Float::with_val(LONG, bound.to_float());
    let (a, b) = (actual.to_f64(), bound.to_f64());
    if *actual > bound {
        return Err(format!("{what}: the error {a:e} is beyond the bound {b:e}"));
    }
    if bound > Float::with_val(LONG, actual * multiple) {
        return Err(format!("{what}: the bound {b:e} is more than {multiple} times the worst error {a:e}"));
    }
    Ok(())
}

/// As [`within`] for a column against the truth.
fn column_within(what: &str, computed: &Column, truth: &[Float], multiple: f64) -> Check {
    let actual = distance(computed, truth).map_err(|wrong| format!("{what}: {wrong}"))?;
    within(what, &actual, computed.error, multiple)
}

fn holds(condition: bool, what: impl FnOnce() -> String) -> Check {
    if condition { Ok(()) } else { Err(what()) }
}
