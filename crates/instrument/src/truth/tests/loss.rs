//! Loss heads before they are stored.

use super::{
    Check, LONG, TIGHT, column_within, disturbed, entries_distance, exact, holds, real, reals, two_to, within,
};
use crate::activation::Function;
use crate::norm::column::Column;
use crate::norm::evaluation::adversary;
use crate::operation::loss::lemma::{cross_entropy, mean_squared_error, softmax_head, squared_error_head};
use ndarray::{Array2, Axis, array};
use rug::Float;

/// (p_k − [k = label])/B.
fn softmax_truth(y: &[Float], label: usize, batch: usize) -> Vec<Float> {
    let exponentials: Vec<Float> = y.iter().map(|y| y.clone().exp()).collect();
    let total = Float::with_val(LONG, Float::sum(exponentials.iter()));
    let share = |(k, e): (usize, &Float)| {
        let probability = Float::with_val(LONG, e / &total);
        (probability - u32::from(k == label)) / batch as u32
    };
    exponentials.iter().enumerate().map(share).collect()
}

fn softmax_within(what: &str, y: &Column, truth: &[Float], batch: usize, working: u32, multiple: f64) -> Check {
    let head = softmax_head(y, 0, batch, working).map_err(|wrong| wrong.to_string())?;
    let actual = entries_distance(&head.entries, &head.inexact, &softmax_truth(truth, 0, batch))?;
    within(what, &actual, head.error, multiple)
}

/// Two equal outputs move apart: there the softmax's Jacobian has its largest norm, 1/2.
pub fn check_cross_entropy_propagated() -> Check {
    for batch in [1, 3] {
        let (y, truth) = disturbed(&reals(&[2.0, 2.0]), &[two_to(-30), -two_to(-30)]);
        softmax_within("ζ/(2B)", &y, &truth, batch, 200, 1.0001)?;
    }
    // One output: p = 1, δ = 0, exactly. And stored, the bound still holds.
    let (y, truth) = disturbed(&reals(&[2.0]), &[real(1.0)]);
    let delta = cross_entropy(&y, 0, 1, 64).map_err(|wrong| wrong.to_string())?;
    column_within("one output", &delta, &softmax_truth(&truth, 0, 1), f64::INFINITY)?;
    holds(delta.is_exact_zero(0), || "the gradient of one output is exactly zero".to_string())?;
    let (y, truth) = disturbed(&reals(&[2.0, 1.5, -7.0]), &reals(&[1e-9, -1e-9, 1e-9]));
    let delta = cross_entropy(&y, 1, 7, 24).map_err(|wrong| wrong.to_string())?;
    column_within("stored", &delta, &softmax_truth(&truth, 1, 7), f64::INFINITY)?;
    // A share of e^(−2^30) is neither 0 nor within the exponents: at the label it leaves nothing else, beside it a 1.
    let y = exact(&reals(&[0.0, -f64::from(1 << 30)]));
    let at_label = cross_entropy(&y, 0, 1, 64).map_err(|wrong| wrong.to_string())?;
    let is_bounded = at_label.integers.is_zero(0) && at_label.inexact.get(0) && !at_label.error.is_zero();
    holds(is_bounded, || "a share below the exponents is not zero".to_string())?;
    let beside = cross_entropy(&y, 1, 1, 64).map_err(|wrong| wrong.to_string())?;
    holds(beside.inexact.get(0) && !beside.error.is_zero(), || "1 less such a share is not 1".to_string())?;
    let expected = [real(1.0), real(-1.0)];
    column_within("beside the label", &beside, &expected, f64::INFINITY)
}

/// 512 and half a unit of 64 bits: rounding t moves e^t by |t|u.
pub fn check_cross_entropy_exponents() -> Check {
    let working = 64;
    let y = [real(0.0), -(two_to(9) + two_to(9 - working as i32))];
    softmax_within("u·max|t|", &exact(&y), &y, 1, working, 1.1)
}

/// Everything else: exponentials moved to the end of their allowance and the roundings that come with
/// them, at the worst of 6000 drawn outputs. Its multiple is 3: six roundings cannot all be worst at once.
pub fn check_cross_entropy_operations() -> Check {
    // Short outputs, so that t is not rounded; nearly equal ones, so that |t| is small.
    let (batch, label, working) = (7, 0, 24);
    let y = reals(&[-230.5, -34.75, -21.625]).into_iter().map(|y| y >> 16u32).collect::<Vec<Float>>();
    // The middle share up, the first one down; the last is e^0.
    let raised = Float::with_val(LONG, &y[1] - &y[2]);
    let moved = move |function: &Function, t: &Float, value: &Float, allowance: &Float| {
        assert_eq!(*function, Function::Exp);
        let step = Float::with_val(200, value * allowance) * real(0.98);
        if *t == raised { Float::with_val(200, value + step) } else { Float::with_val(200, value - step) }
    };
    let head = adversary::with(moved, || softmax_head(&exact(&y), label, batch, working));
    let head = head.map_err(|wrong| wrong.to_string())?;
    let actual = entries_distance(&head.entries, &head.inexact, &softmax_truth(&y, label, batch))?;
    within("softmax's operations", &actual, head.error, 3.0)
}

fn squared_error_within(
    what: &str,
    y: &Column,
    truth: &[Float],
    targets: &[f64],
    batch: usize,
    working: u32,
    multiple: f64,
) -> Check {
    let (terms, t) = ((batch * truth.len()) as u64, targets);
    let targets = Array2::from_shape_vec((truth.len(), 1), t.to_vec()).expect("a column");
    let head = squared_error_head(y, &targets, batch, working).map_err(|wrong| wrong.to_string())?;
    let truth: Vec<Float> = truth.iter().zip(t).map(|(y, t)| Float::with_val(LONG, y - t) * 2u32 / terms).collect();
    // If the exact value is not a binary number, LONG bits represent it.
    let actual = entries_distance(&head.entries, &head.inexact, &truth)?;
    within(what, &actual, head.error, multiple)
}

pub fn check_squared_error() -> Check {
    // A power of two and a number with an inexact reciprocal, each moved as far as allowed.
    for batch in [4, 5] {
        let (y, truth) = disturbed(&reals(&[2.0, 2.5]), &[3 * two_to(-30), -4 * two_to(-30)]);
        squared_error_within("2ζ/(B·n)", &y, &truth, &[1.0, -1.0], batch, 200, TIGHT)?;
    }
    // 3(2^25 + 2)/3 in 24 bits, where the unit is 4.
    let y = reals(&[f64::from(3 * ((1 << 25) + 2))]);
    squared_error_within("the quotient", &exact(&y), &y, &[0.0], 3, 24, TIGHT)?;
    // Short exact numerators: 1/10 has more digits than 1.
    for y in [1.0, 3.0, -0.5, 1e-300] {
        let y = reals(&[y, 0.0]);
        squared_error_within("a short numerator", &exact(&y), &y, &[0.0, 0.0], 5, 64, f64::INFINITY)?;
    }
    // Zero differences stay exact, and storing keeps the bound.
    let y = exact(&reals(&[1.0, 1.0, 0.25]));
    let targets = array![1.0, 0.0, 1.0].insert_axis(Axis(1));
    let delta = mean_squared_error(&y, &targets, 7, 24).map_err(|wrong| wrong.to_string())?;
    holds(delta.is_exact_zero(0) && delta.inexact.get(1), || "y = t is exact, 2/21 is not".to_string())?;
    let truth = [0.0, 2.0, -1.5].map(|x| real(x) / 21u32);
    column_within("stored", &delta, &truth, f64::INFINITY)
}
