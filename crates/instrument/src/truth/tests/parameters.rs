//! Gradients of weights and biases as sums over samples, and δ of the whole batch.

use super::{Check, LONG, TIGHT, Term, disturbed, exact, holds, mutation, norm, real, reals, two_to, within};
use crate::norm::column::Column;
use crate::norm::tensor::TrueTensor;
use crate::norm::tensor::activation_gradient;
use crate::operation::affine::lemma::weight_gradient;
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
    compute_wanted(samples, precision, None)
}

fn compute_wanted(samples: &[Sample], precision: u32, wanted: Option<u32>) -> Result<TrueTensor, String> {
    let deltas: Vec<Column> = samples.iter().map(|sample| sample.0.clone()).collect();
    let inputs: Vec<Column> = samples.iter().map(|sample| sample.2.clone()).collect();
    weight_gradient(&deltas, &inputs, precision, wanted).map_err(|wrong| wrong.to_string())
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
    wanted_within(what, samples, (precision, None), multiple)
}

fn wanted_within(what: &str, samples: &[Sample], (precision, wanted): (u32, Option<u32>), multiple: f64) -> Check {
    let ours = compute_wanted(samples, precision, wanted)?;
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

/// An entry of 2^bits and a tie half a unit below bit 0, all of it exact.
fn long(bits: i32) -> (Column, Vec<Float>) {
    let values = [two_to(bits) + 1, two_to(0) + real(0.5), two_to(0) + real(0.5), two_to(0)];
    (exact(&values), values.to_vec())
}

/// Digits of one factor that the other one's error drowns are left out, and what that moves is counted: the entries
/// that lose half a unit are off by nothing else, as the other factor's error is in its other entry.
pub fn check_balanced() -> Check {
    // a is known to 40 bits, so δ keeps 64; δ of 2^64 loses the half below its unit.
    let known_to_forty = || disturbed(&reals(&[1.0, 0.0]), &[real(0.0), two_to(-40)]);
    let ours = compute(&[sample(long(64), known_to_forty())], 512)?;
    holds(ours.value((1, 0)) != 1.5, || "no digit was left out: nothing is tested".to_string())?;
    weights_within("balanced", &[sample(long(64), known_to_forty())], 512, f64::INFINITY)?;
    // The other way round.
    let ours = compute(&[sample(known_to_forty(), long(64))], 512)?;
    holds(ours.value((0, 1)) != 1.5, || "no digit was left out: nothing is tested".to_string())?;
    let samples = [sample(known_to_forty(), long(64)), sample(known_to_forty(), long(64))];
    weights_within("balanced, the other way round", &samples, 512, f64::INFINITY)?;
    // The bound of an entry that is off by the dropped half alone consists of that half for each of the two that lost
    // it.
    let nearly_exact = || disturbed(&reals(&[1.0, 0.0]), &[real(0.0), two_to(-60)]);
    let ours = compute(&[sample(long(80), nearly_exact())], 512)?;
    let off = Float::with_val(LONG, ours.value((1, 0)) - 1.5).abs();
    holds(off > 0, || "no digit was left out: nothing is tested".to_string())?;
    within("what is left out", &off, ours.entry_error((1, 0)), f64::INFINITY)
}

/// Without any error nothing is left out, whatever is wanted.
pub fn check_wanted() -> Check {
    let one = || known(&[1.0]);
    let ours = compute_wanted(&[sample(long(300), one())], 512, Some(1))?;
    holds(ours.exact.iter().all(|exact| *exact), || "exact factors lose digits".to_string())?;
    wanted_within("exact factors", &[sample(long(300), one())], (512, Some(1)), f64::INFINITY)?;
    // a known to 400 bits: one bit is wanted, and δ of 300 bits keeps 64 of them.
    let nearly_exact = || disturbed(&reals(&[1.0, 0.0]), &[real(0.0), two_to(-400)]);
    let ours = compute_wanted(&[sample(long(300), nearly_exact())], 512, Some(1))?;
    holds(ours.value((1, 0)) == 0, || "digits that nobody wants are kept".to_string())?;
    let off = Float::with_val(LONG, ours.value((1, 0)) - 1.5).abs();
    within("what is not wanted", &off, ours.entry_error((1, 0)), f64::INFINITY)?;
    wanted_within("what is not wanted", &[sample(long(300), nearly_exact())], (512, Some(1)), f64::INFINITY)?;
    // Wanted, the same digits are there.
    let ours = compute_wanted(&[sample(long(300), nearly_exact())], 512, Some(300))?;
    holds(ours.value((1, 0)) == 1.5, || "wanted digits are left out".to_string())
}

/// Whatever drops digits of a factor must count them: without that count each of these checks fails by itself.
#[test]
fn dropped_digits_are_noticed_where_they_are_dropped() {
    for (name, check) in [
        ("balanced", check_balanced as fn() -> Check),
        ("wanted", check_wanted),
        ("floor", super::linear::check_floor),
        ("shortened", super::linear::check_shortened),
    ] {
        check().unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        let noticed = mutation::with(Term::StoreRounding, 0.0, || check().is_err());
        assert!(noticed, "{name}: digits are dropped and nobody notices");
    }
}

/// Exact factors, exact zeros and computed zeros.
pub fn check_exact_weight_gradients() -> Check {
    // Exact next to an exact zero; inexact in both factors of (1, 1) only.
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
