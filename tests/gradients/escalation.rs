//! The working precision of the truth: raised where a branch is undecided, left where no precision helps,
//! and never too low for the bits that were asked for.

use crate::common::drawn::perceptron;
use crate::common::erased::named;
use crate::common::tolerances;
use ndarray::{Array2, array};
use precision_probe::activation::{Activation, Piece};
use precision_probe::arithmetic::Policy;
use precision_probe::data::digits_batch;
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::Network;
use precision_probe::loss::Loss;
use precision_probe::probe::measure::measure;
use precision_probe::record::Number;
use precision_probe::truth::Undecided;
use precision_probe::truth::{Evidence, Prepared, TruthPass, Unproven, precision};
use precision_probe::verdict::Verdict;
use rug::Float;
use rug::float::Round;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One arithmetic in every role.
fn policy(name: &str) -> Policy {
    named(name).into()
}

/// Bits of the evaluations that the tests make themselves.
const LONG: u32 = 800;

/// What tanh is taken of in the first layer, for an input of 1.
const ARGUMENTS: [f64; 4] = [0.5, 0.75, 0.625, 0.875];

fn mean_squares(inputs: Array2<f64>) -> Batch {
    let samples = inputs.ncols();
    Batch { inputs, targets: Targets::Values(Array2::from_elem((1, samples), 0.25)) }
}

fn first_precision(network: &Network, batch: &Batch, bits: u32) -> u32 {
    precision::forecast(network, &Prepared::new(network), batch, bits)
}

/// Σ wᵢ·tanh(xᵢ) in 800 bits, by MPFR alone.
fn cancelled_sum(weights: &[f64]) -> Float {
    let mut sum = Float::new(LONG);
    for (w, x) in weights.iter().zip(ARGUMENTS) {
        sum += Float::with_val(LONG, x).tanh() * *w;
    }
    sum
}

/// Doubles with Σ wᵢ·tanh(xᵢ) about 2^-159: each weight cancels what the ones before it left, up to its own
/// 53 bits. The last one is rounded down or up, which chooses the sign of the sum.
fn cancelling_weights(positive: bool) -> Vec<f64> {
    let mut weights = vec![1.0];
    for (index, x) in ARGUMENTS.iter().enumerate().skip(1) {
        let quotient = cancelled_sum(&weights) / Float::with_val(LONG, *x).tanh();
        let round = match (index + 1 == ARGUMENTS.len(), positive) {
            (false, _) => Round::Nearest,
            (true, true) => Round::Down,
            (true, false) => Round::Up,
        };
        weights.push(-quotient.to_f64_round(round));
    }
    weights
}

/// tanh, then ReLU with the weights given for its first unit, then tanh and a head.
fn ill_conditioned(weights: &[f64]) -> Network {
    let mut network = Network::new(Loss::MeanSquaredError);
    network.push_affine("hidden.1", 0, Array2::from_shape_fn((4, 1), |(i, _)| ARGUMENTS[i]), None);
    let node = network.push_activation(Activation::Tanh);
    let mut second = array![[0.0, 0.0, 0.0, 0.0], [0.5, -0.25, 0.75, 0.125]];
    (0..4).for_each(|i| second[(0, i)] = weights[i]);
    network.push_affine("hidden.2", node, second, None);
    let node = network.push_activation(Activation::Relu);
    network.push_affine("hidden.3", node, array![[1.0, 0.5], [-0.75, 0.25]], None);
    let node = network.push_activation(Activation::Tanh);
    network.push_affine("head", node, array![[1.0, -0.5]], None);
    network
}

/// A pre-activation of 2^-159 made of terms near 1: 64 and 128 bits cannot tell its sign, so the measurement
/// goes on to 192 (or to 224, where 80 bits are asked for and none is proven) and ends there, with every
/// layer proven and the branch that 800 bits find, whichever of the two it is. Asked for 300 bits, the
/// forecast is high enough at once.
#[test]
fn a_cancelled_preactivation_raises_the_precision() {
    for positive in [true, false] {
        let weights = cancelling_weights(positive);
        let sum = cancelled_sum(&weights);
        let exponent = sum.get_exp().expect("tanh of rationals does not cancel exactly");
        assert!((-168..=-152).contains(&exponent), "a sum of {sum:e}");
        assert_eq!(sum > 0, positive);

        let network = ill_conditioned(&weights);
        let batch = mean_squares(array![[1.0, 0.5]]);
        let arithmetics = [policy("mpfr:800")];
        for (bits, last) in [(8, Some(192)), (80, Some(224)), (300, None)] {
            let is_raised = last.is_some();
            let place = format!("sum {:e}, {bits} bits", sum.to_f64());
            let first = first_precision(&network, &batch, bits);
            let prepared = Prepared::new(&network);
            let pass = TruthPass::new(&network, &prepared, &batch, first, Undecided::Refused);
            assert_eq!(pass.undecided().is_some(), is_raised, "{place}: forecast {first}");

            let done = AtomicUsize::new(0);
            let measurement = measure(&network, &batch, &arithmetics, bits, &|| {
                done.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(done.into_inner(), 4, "{place}: each layer is reported once, however often it was tried");
            assert_eq!(measurement.precision > first, is_raised, "{place}: {first} to {}", measurement.precision);
            assert_eq!(measurement.precision, last.unwrap_or(first), "{place}");
            for layer in &measurement.sites {
                assert!(layer.evidence.reaches(bits), "{place}: {} is {}", layer.name, layer.evidence);
                let Evidence::Proven(proven) = layer.evidence else { panic!("{place}: {}", layer.name) };
                // 192 bits less what the bounds give away in four small layers.
                assert!(last != Some(192) || (150..192).contains(&proven), "{place}: {proven} bits");
            }

            // The branch of the truth itself, and of the 800-bit network that was measured.
            let pass = TruthPass::new(&network, &prepared, &batch, measurement.precision, Undecided::Refused);
            let layers: Vec<_> = pass.collect();
            let branch = Piece(u8::from(positive));
            assert_eq!(layers[2].pieces[0][0], Some(branch), "{place}");
            for layer in &measurement.sites {
                let long = &layer.arithmetics[0];
                assert_eq!(long.flips.map_or(0, |flips| flips.flipped), 0, "{place}: {}", layer.name);
                let ratio = &long.tensors[0].noise_to_signal;
                assert!(
                    long.tensors[0].at_most || ratio.value() < tolerances::NOISE_OF_800_BITS,
                    "{place}: {}: {ratio:?}",
                    layer.name
                );
                assert_eq!(long.verdict, Verdict::Sound, "{place}: {}", layer.name);
            }
        }
    }
}

/// The guess on the other side of the cancelled sum is another gradient, so the escalation above matters:
/// with the opposite last bit of one weight, layer 1's exact gradient differs by a share of itself.
#[test]
fn the_branch_of_the_cancelled_sum_matters() {
    let batch = mean_squares(array![[1.0, 0.5]]);
    let norms = [true, false].map(|positive| {
        let network = ill_conditioned(&cancelling_weights(positive));
        measure(&network, &batch, &[], 80, &|| {}).sites[0].log2_norm.value()
    });
    // Only a weight of 2^-106 was changed by a unit; a smooth function would move by 2^-159.
    assert!((norms[0] - norms[1]).abs() > 0.05, "{norms:?}");
}

/// w·a − w·a = 0 with a irrational: no precision decides it. The measurement stops at the limit, and
/// everything that does not depend on the branch is proven.
#[test]
fn an_undecidable_branch_ends_at_the_limit() {
    for bits in [8, 80] {
        // Equal smooth units with opposite weights.
        let mut network = ill_conditioned(&[0.0; 4]);
        network.parameters[0].values.fill(0.75);
        network.parameters[1].values = array![[0.5, -0.5, 0.0, 0.0], [0.5, -0.25, 0.75, 0.125]];
        let batch = mean_squares(array![[1.0, 0.5]]);
        let first = first_precision(&network, &batch, bits);
        let formats = [policy("f16"), policy("f64"), policy("mpfr:100")];
        let measurement = measure(&network, &batch, &formats, bits, &|| {});
        assert!(measurement.precision > 2048, "given up at {} bits", measurement.precision);
        assert!(measurement.precision <= 4096.max(4 * first), "went on to {} bits", measurement.precision);
        assert_eq!(precision::raise(first, measurement.precision, 0, bits), None, "stopped before the limit");
        // Where the undecided unit is an input, its 0 is computed and not proven: two entries of hidden.3.
        for (layer, undecided) in measurement.sites[2..].iter().zip([2, 0]) {
            let high = measurement.precision - 32;
            assert!(layer.evidence.reaches(high), "{}: {}", layer.name, layer.evidence);
            for (name, measured) in formats.iter().zip(&layer.arithmetics) {
                assert_eq!(measured.verdict, Verdict::Sound, "{} in {name}", layer.name);
                assert_eq!(measured.fates.undecided, undecided, "{} in {name}", layer.name);
            }
        }
        for (layer, entries) in measurement.sites[..2].iter().zip([4, 8]) {
            let lost = Evidence::NotEstablished(Unproven::UndecidedBranch { count: 1 });
            assert_eq!((layer.evidence, layer.weight_evidence), (lost, lost), "{}", layer.name);
            assert_eq!(layer.log2_norm, Number::None, "{}", layer.name);
            for (name, measured) in formats.iter().zip(&layer.arithmetics) {
                assert_eq!(measured.verdict, Verdict::NotEstablished, "{} in {name}", layer.name);
                assert_eq!(measured.fates.undecided, entries, "{} in {name}", layer.name);
                assert_eq!(measured.tensors[0].noise_to_signal, Number::None, "{} in {name}", layer.name);
            }
        }
        assert!(measurement.sites[1].arithmetics.iter().all(|measured| measured.flips.is_none()), "undecided flips");
    }
}

/// tanh x + 1 − 2σ(2x) = 0, along two paths of the network: unlike w·a − w·a the computed sum is a rounding
/// error that is not zero and has a sign, which must not decide the branch at any precision.
#[test]
fn a_rounding_error_does_not_decide_a_branch() {
    let mut network = Network::new(Loss::MeanSquaredError);
    network.push_affine("sigmoid", 0, array![[2.0]], None);
    let node = network.push_activation(Activation::Sigmoid);
    let shifted = network.push_affine("shifted", node, array![[-2.0]], Some(array![[1.0]]));
    network.push_affine("tanh", 0, array![[1.0]], None);
    let node = network.push_activation(Activation::Tanh);
    let zero = network.push_add(node, shifted);
    network.push_affine("zero", zero, array![[1.0]], None);
    let node = network.push_activation(Activation::Relu);
    network.push_affine("head", node, array![[1.0]], Some(array![[0.5]]));
    // One at a time: for some arguments the two paths happen to round alike.
    for x in [0.75, 0.5, 0.625, 0.875, 1.25, 0.375] {
        let measurement = measure(&network, &mean_squares(array![[x]]), &[policy("f64")], 8, &|| {});
        assert_eq!(precision::raise(64, measurement.precision, 0, 8), None, "{x}: {} bits", measurement.precision);
        let (head, below) = measurement.sites.split_last().expect("layers");
        // Its weight's gradient is the undecided unit's zero.
        assert_eq!(head.weight_evidence, Evidence::NotEstablished(Unproven::TooWide), "{x}");
        for layer in below {
            let lost = Evidence::NotEstablished(Unproven::UndecidedBranch { count: 1 });
            assert_eq!(layer.evidence, lost, "{x}: {}", layer.name);
            assert_eq!(layer.arithmetics[0].verdict, Verdict::NotEstablished, "{x}: {}", layer.name);
        }
    }
}

/// Multiples of 32 bits, always higher, at least what is lacking, within the limit, and from any start the limit is
/// reached after few attempts: each adds half of the precision, and log(4096/64)/log(1.5) < 11.
#[test]
fn raising_ends_at_a_limit() {
    for first in [64, 128, 320, 1024, 1088, 4096, 8256, 16384] {
        let limit = 4096.max(4 * first);
        for (proven, wanted) in [(0, 8), (0, 80), (79, 80), (0, 300), (200, 300), (0, 8192), (8191, 8192)] {
            let (mut working, mut attempts) = (first, 0);
            while let Some(next) = precision::raise(first, working, proven, wanted) {
                assert_eq!(next % 32, 0, "{first}, {working}: {next}");
                assert!(next >= working + 64, "{first}: {working} to {next}");
                assert!(next >= working + (wanted - proven), "{first}: {working} to {next} lacks {wanted} - {proven}");
                assert!(next <= limit, "{first}: {working} to {next}");
                working = next;
                attempts += 1;
            }
            assert!(attempts <= 11, "{first}: {attempts} attempts");
            // What was left out lay beyond the limit: half of the precision or all that was lacking.
            let step = (working / 2).max(wanted - proven).max(64);
            assert!(working + step.next_multiple_of(32) + 32 > limit, "{first}: ended at {working} of {limit}");
        }
        assert_eq!(precision::raise(first, limit, 0, 8), None);
    }
}

fn drawn(activation: &str, seed: u64) -> (Network, Batch) {
    let perceptron = perceptron(Activation::parse(activation).unwrap(), 12, 12);
    (perceptron.draw(seed, 0), digits_batch(seed, 0, 4))
}

/// Significant decimal digits that a number was printed with (trailing zeros aside), and the unit of its last.
fn last_digit(x: f64) -> (usize, f64) {
    let text = format!("{x:e}");
    let (digits, exponent) = text.split_once('e').expect("scientific notation");
    let digits = digits.chars().filter(char::is_ascii_digit).count();
    let exponent: i32 = exponent.parse().expect("an exponent");
    (digits, core_math::exp10(f64::from(exponent - digits as i32 + 1)))
}

/// More --truth-bits prove at least that many bits of every layer, the more the higher, and change no digit
/// that fewer bits supported: a number is printed to d digits if its relative error is at most 10^-d, which
/// is less than one unit of its last digit, so that two such numbers differ by at most one unit.
#[test]
fn more_bits_confirm_every_digit() {
    let formats: Vec<Policy> = ["f16", "bf16:acc=f32", "f32", "f64"].into_iter().map(policy).collect();
    let mut fewer_digits = 0;
    for activation in ["tanh", "leaky", "softplus"] {
        let (network, batch) = drawn(activation, 5);
        let wanted = [8, 80, 300];
        let measurements = wanted.map(|bits| measure(&network, &batch, &formats, bits, &|| {}));
        for (bits, measurement) in wanted.iter().zip(&measurements) {
            for layer in &measurement.sites {
                assert!(layer.evidence.reaches(*bits), "{activation}, {bits}: {} {}", layer.name, layer.evidence);
            }
        }
        for (low, high) in [(0, 1), (1, 2), (0, 2)] {
            assert!(measurements[low].precision < measurements[high].precision, "{activation}");
            for (lower, higher) in measurements[low].sites.iter().zip(&measurements[high].sites) {
                let place = format!("{activation}, {} and {} bits: {}", wanted[low], wanted[high], lower.name);
                assert!(higher.evidence.reaches(lower.evidence.bits().unwrap_or(wanted[low])), "{place}");
                for ((format, ours), better) in formats.iter().zip(&lower.arithmetics).zip(&higher.arithmetics) {
                    assert!(ours.verdict == better.verdict || ours.verdict == Verdict::NotEstablished, "{place}");
                    for (ours, better) in ours.tensors.iter().zip(&better.tensors) {
                        let place = format!("{place}: {} in {format}", ours.tensor);
                        let (x, y) = (ours.noise_to_signal.value(), better.noise_to_signal.value());
                        assert!(!better.at_most || ours.at_most, "{place}: more bits resolve less");
                        assert!(!better.at_most || high == 0, "{place}: {} bits resolve every format", wanted[high]);
                        if ours.at_most {
                            assert!(y <= x, "{place}: {y:e} is not at most {x:e}");
                            continue;
                        }
                        let (digits, unit) = last_digit(x);
                        fewer_digits += usize::from(digits < 7);
                        assert!(
                            (x - y).abs() <= unit * (1.0 + tolerances::UNIT_IN_DOUBLES),
                            "{place}: {x:e} in {digits} digits, {y:e}"
                        );
                    }
                }
            }
        }
    }
    assert!(fewer_digits > 0, "no number was limited by the truth's bound: nothing was tested");
}

/// δ of one sample is exactly zero, at whatever exponent, and that of the other 2^-2000 and below.
#[test]
fn gradients_below_the_doubles_are_measured_beside_zeros() {
    let mut network = Network::new(Loss::MeanSquaredError);
    let tiny = array![[precision_probe::format::two_to(-1000)]];
    network.push_affine("hidden.1", 0, array![[1.0]], None);
    let node = network.push_activation(Activation::Relu);
    network.push_affine("hidden.2", node, tiny.clone(), None);
    let node = network.push_activation(Activation::Relu);
    network.push_affine("head", node, tiny, None);
    let batch = Batch { inputs: array![[0.0, 1.0]], targets: Targets::Values(array![[0.0, 0.25]]) };
    let measurement = measure(&network, &batch, &[policy("f64"), policy("bf16")], 40, &|| {});
    for layer in &measurement.sites {
        assert!(layer.evidence.reaches(40), "{} is {}", layer.name, layer.evidence);
        assert_eq!(layer.arithmetics.len(), 2);
    }
}
