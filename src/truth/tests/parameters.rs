//! Gradients of weights and biases as sums over samples, and δ of the whole batch.

use super::super::column::Column;
use super::super::parameters::{activation_gradient, weight_gradient};
use super::super::tensor::TrueTensor;
use super::{Check, LONG, TIGHT, disturbed, exact, holds, norm, real, reals, two_to, within};
use rug::Float;

/// One sample: δ computed and true, a computed and true.
type Sample = (Column, Vec<Float>, Column, Vec<Float>);

fn known(values: &[f64]) -> (Column, Vec<Float>) {
    (exact(&reals(values)), reals(values))
}

fn sample((delta, true_delta): (Column, Vec<Float>), (input, true_input): (Column, Vec<Float>)) -> Sample {
    (delta, true_delta, input, true_input)
}

fn compute(samples: &[Sample], precision: u32) -> Result<TrueTensor, String> {
    let deltas: Vec<Column> = samples.iter().map(|sample| sample.0.clone()).collect();
    let inputs: Vec<Column> = samples.iter().map(|sample| sample.2.clone()).collect();
    weight_gradient(&deltas, &inputs, precision, None).map_err(|wrong| wrong.to_string())
}

/// Every entry within its bound, the worst entry and the norm within `multiple` of theirs.
fn tensor_within(what: &str, ours: &TrueTensor, truth: impl Fn(usize, usize) -> Float, multiple: f64) -> Check {
    let (mut worst, mut worst_bound) = (real(0.0), super::Bound::ZERO);
    let mut differences = Vec::new();
    for ((i, j), value) in ours.values().indexed_iter() {
        let difference = Float::with_val(LONG, truth(i, j) - value).abs();
        let place = format!("{what} at ({i}, {j})");
        within(&place, &difference, ours.entry_error((i, j)), f64::INFINITY)?;
        if difference >= worst {
            (worst, worst_bound) = (difference.clone(), ours.entry_error((i, j)));
        }
        differences.push(difference);
    }
    within(&format!("{what}, the worst entry"), &worst, worst_bound, multiple)?;
    within(&format!("{what}, the norm"), &norm(&differences), ours.error, multiple)
}

fn weights_within(what: &str, samples: &[Sample], precision: u32, multiple: f64) -> Check {
    let ours = compute(samples, precision)?;
    let truth = |i: usize, j: usize| {
        let mut sum = Float::new(LONG);
        samples.iter().for_each(|sample| sum += Float::with_val(LONG, &sample.1[i] * &sample.3[j]));
        sum
    };
    tensor_within(what, &ours, truth, multiple)
}

/// The error of every sample in one entry of δ, of a, or of both, all of one sign.
pub fn check_weight_gradient() -> Check {
    let moved = [two_to(-30), real(0.0)];
    // β|ã|: the inputs (1, 2, 2) are exact; as 1 they make the bias gradient.
    let from_delta = |inputs: &[f64]| sample(disturbed(&reals(&[1.0, -3.0]), &moved), known(inputs));
    weights_within("β|ã|", &[from_delta(&[1.0, 2.0, 2.0]), from_delta(&[1.0, 2.0, 2.0])], 128, TIGHT)?;
    weights_within("db", &[from_delta(&[1.0]), from_delta(&[1.0])], 128, TIGHT)?;
    let from_input = || sample(known(&[1.0, 2.0, 2.0]), disturbed(&reals(&[1.0, -3.0]), &moved));
    weights_within("|δ̃|α", &[from_input(), from_input()], 128, TIGHT)?;
    let one = || disturbed(&reals(&[0.0, 0.0]), &reals(&[1.0, 0.0]));
    weights_within("αβ", &[sample(one(), one()), sample(one(), one())], 128, TIGHT)?;
    // 2^24 + 1 in 24 bits: half a unit is lost.
    let tie = disturbed(&reals(&[f64::from((1 << 24) + 1)]), &[two_to(-200)]);
    weights_within("conversion", &[sample(tie, known(&[1.0]))], 24, TIGHT)
}

/// Products of 2p + 1 bits that cancel: each sample loses half a unit, both upwards; in the second tensor
/// the norm needs √k half units.
pub fn check_alignment() -> Check {
    let tie = f64::from((1 << 23) + 1);
    let samples = |rows: usize| [tie, 2.0 - tie].map(|delta| sample(known(&vec![delta; rows]), known(&[1.0])));
    // p = 12: the products (2^23 + 1)·1 are below 2^25, so the unit is 2.
    weights_within("alignment", &samples(1), 12, 1.001)?;
    // Entry by entry the half unit of the whole column is √4 too much.
    weights_within("alignment of four", &samples(4), 12, 2.001)?;
    let ours = compute(&samples(4), 12)?;
    within("the norm of four", &real(4.0), ours.error, 1.001)?;
    // One sample far below the other is lost as a whole, and one far above is shifted up.
    let far = |e: i32| sample(known(&[1.0, -1.0]), known(&[crate::format::two_to(e.into())]));
    weights_within("far apart", &[far(0), far(-100), far(-24), far(-25)], 12, f64::INFINITY)
}

/// Exact factors, exact zeros and computed zeros.
pub fn check_exact_weight_gradients() -> Check {
    // Exact beside an exact zero; inexact in both factors of (1, 1) only.
    let (mut delta, true_delta) = disturbed(&reals(&[0.0, 1.0]), &[real(0.0), two_to(-20)]);
    delta.inexact = super::Bits::from_fn(2, |i| i == 1);
    let (mut input, true_input) = disturbed(&reals(&[0.0, 1.0, 3.0]), &[real(0.0), two_to(-20), real(0.0)]);
    input.inexact = super::Bits::from_fn(3, |j| j == 1);
    let samples = [sample((delta, true_delta), (input, true_input))];
    let ours = compute(&samples, 64)?;
    let expected = [[true, true, true], [true, false, false]];
    for ((i, j), exact) in ours.exact.indexed_iter() {
        holds(*exact == expected[i][j], || format!("({i}, {j}) counts as exact: {exact}"))?;
        holds(!*exact || ours.entry_error((i, j)).is_zero(), || format!("({i}, {j}) is exact and has an error"))?;
    }
    weights_within("exact zeros", &samples, 64, f64::INFINITY)?;
    // A computed zero with an error is no exact zero; an exact sum is kept to its last bit.
    let zero = sample(disturbed(&reals(&[0.0]), &[two_to(-20)]), known(&[1.0]));
    holds(!compute(std::slice::from_ref(&zero), 64)?.exact[(0, 0)], || "a computed zero".to_string())?;
    weights_within("a computed zero", &[zero], 64, TIGHT)?;
    let long = [two_to(0), two_to(-40)].map(|x| (exact(std::slice::from_ref(&x)), vec![x]));
    let samples = long.map(|x| sample(x, known(&[1.0])));
    holds(compute(&samples, 24)?.exact[(0, 0)], || "41 bits fit the sums of p = 24".to_string())?;
    weights_within("an exact sum", &samples, 24, f64::INFINITY)
}

/// δ of two samples, each with all of its error in one entry.
pub fn check_activation_gradient() -> Check {
    let (first, first_truth) = disturbed(&reals(&[1.0, 2.0]), &[3 * two_to(-30), real(0.0)]);
    let (second, second_truth) = disturbed(&reals(&[-1.0, 5.0]), &[real(0.0), 4 * two_to(-30)]);
    let ours = activation_gradient(&[first, second]).map_err(|wrong| wrong.to_string())?;
    tensor_within("δ", &ours, |i, s| [&first_truth, &second_truth][s][i].clone(), TIGHT)
}
