//! No proven bound is below the error: random networks of every kind against the same gradient in MPFR at far more
//! bits than the truth has.

use crate::common::drawn::{Drawn, networks};
use crate::common::exhaustive;
use crate::common::reference::{Reference, ReferenceLayer, Rows};
use precision_probe::data::Batch;
use precision_probe::graph::Network;
use precision_probe::graph::segments::Segments;
use precision_probe::truth::Undecided;
use precision_probe::truth::{EnclosedPass, Evidence, Prepared, SiteTruth, TrueTensor, TruthPass};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use rug::Float;
use std::sync::Arc;

/// Bits of the reference at first, and where it contradicts the truth: what exact sums of doubles of any exponents need.
const LONG: [u32; 2] = [1600, 6400];

/// A network and how its truth is computed.
#[derive(Clone, Debug)]
struct Case {
    network: Drawn,
    precision: u32,
    /// Bits that are wanted, if not all that there are.
    wanted: Option<u32>,
    /// In how many runs the values are kept.
    segments: usize,
}

fn cases() -> impl Strategy<Value = Case> {
    let precision = prop_oneof![2 => 8u32..64, 3 => 64u32..200, 1 => 200u32..420];
    (networks(), precision, prop::option::of(1u32..200), 1usize..5)
        .prop_map(|(network, precision, wanted, segments)| Case { network, precision, wanted, segments })
}

/// What was seen of many networks.
#[derive(Clone, Copy, Default)]
struct Seen {
    networks: usize,
    /// Entries of established tensors, and of them those that are exact.
    entries: usize,
    exact: usize,
    tensors: usize,
    proven: usize,
    lost: usize,
    /// The largest error in units of its bound, of an entry and of a tensor.
    worst_entry: f64,
    worst_tensor: f64,
    /// The least number of bits that are there beyond those that are proven.
    spare_bits: f64,
}

impl Seen {
    fn of_one() -> Seen {
        Seen { networks: 1, spare_bits: f64::INFINITY, ..Seen::default() }
    }

    fn with(self, other: Seen) -> Seen {
        Seen {
            networks: self.networks + other.networks,
            entries: self.entries + other.entries,
            exact: self.exact + other.exact,
            tensors: self.tensors + other.tensors,
            proven: self.proven + other.proven,
            lost: self.lost + other.lost,
            worst_entry: self.worst_entry.max(other.worst_entry),
            worst_tensor: self.worst_tensor.max(other.worst_tensor),
            spare_bits: self.spare_bits.min(other.spare_bits),
        }
    }

    /// Demands that every entry of a tensor lies within its bound.
    fn check(&mut self, ours: &TrueTensor, evidence: Evidence, reference: &Rows, bits: u32) -> Result<(), String> {
        let mut squares = Vec::with_capacity(ours.len());
        let mut sizes = Vec::with_capacity(ours.len());
        for (i, row) in reference.iter().enumerate() {
            for (j, truth) in row.iter().enumerate() {
                let value = ours.value((i, j));
                let long = value.prec().max(bits) + 64;
                let difference = Float::with_val(long, truth - &value).abs();
                let bound = ours.entry_error((i, j)).to_float();
                let is_exact = ours.exact[(i, j)];
                self.exact += usize::from(is_exact);
                if is_exact && (difference != 0 || bound != 0) {
                    return Err(format!("({i}, {j}) counts as exact and is {truth:e}, not {value:e}, ± {bound:e}"));
                }
                if difference > bound {
                    return Err(format!("({i}, {j}) is off by {difference:e}, and the bound is {bound:e}"));
                }
                if bound > 0 {
                    self.worst_entry = self.worst_entry.max((Float::with_val(53, &difference) / bound).to_f64());
                }
                squares.push(Float::with_val(64, &difference).square());
                sizes.push(Float::with_val(64, truth).square());
            }
        }
        self.entries += squares.len();
        self.tensors += 1;
        let norm = |squares: &[Float]| Float::with_val(64, Float::sum(squares.iter())).sqrt();
        let (error, size, bound) = (norm(&squares), norm(&sizes), ours.error.to_float());
        // The norm itself is rounded a few times to 64 bits.
        let least = Float::with_val(64, &error * (1.0 - 1e-15));
        if least > bound {
            return Err(format!("the tensor is off by {error:e}, and the bound is {bound:e}"));
        }
        if bound > 0 {
            self.worst_tensor = self.worst_tensor.max((Float::with_val(53, &error) / bound).to_f64());
        }
        match evidence {
            Evidence::Exact if error != 0 => Err(format!("an exact tensor is off by {error:e}")),
            Evidence::Proven(bits) if Float::with_val(64, &least << bits) > size => {
                Err(format!("{bits} bits count as proven, but it is off by {error:e} of {size:e}"))
            }
            Evidence::Proven(bits) => {
                self.proven += 1;
                if error > 0 {
                    let there = Float::with_val(53, &size / &error).log2().to_f64();
                    self.spare_bits = self.spare_bits.min(there - f64::from(bits));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// What was seen of both proofs.
#[derive(Clone, Copy)]
struct Both {
    norm: Seen,
    enclosed: Seen,
}

impl Default for Both {
    fn default() -> Both {
        let nothing = Seen { networks: 0, ..Seen::of_one() };
        Both { norm: nothing, enclosed: nothing }
    }
}

impl Both {
    fn with(self, other: Both) -> Both {
        Both { norm: self.norm.with(other.norm), enclosed: self.enclosed.with(other.enclosed) }
    }
}

/// The truth's layers of a case, from the input up.
fn layers(case: &Case, network: &Network, batch: &Batch) -> Vec<SiteTruth> {
    let prepared = Prepared::in_segments(network, Segments::new(network, case.segments));
    let pass = TruthPass::new(network, &prepared, batch, case.precision, Undecided::Refused);
    let pass = match case.wanted {
        Some(bits) => pass.wanting(bits),
        None => pass,
    };
    let mut layers: Vec<SiteTruth> = pass.collect();
    layers.reverse();
    layers
}

/// The layers of a case by enclosures, from the input up.
fn enclosed(case: &Case, network: &Network, batch: &Batch) -> Vec<SiteTruth> {
    let segments = Arc::new(Segments::new(network, case.segments));
    let mut layers: Vec<SiteTruth> = EnclosedPass::new(network, batch, segments, case.precision, case.wanted).collect();
    layers.reverse();
    layers
}

/// That two proofs of a layer have numbers in common in every entry.
fn check_agreement(one: &SiteTruth, other: &SiteTruth) -> Result<(), String> {
    for (name, one, other) in one.with(other) {
        if let (Ok(one), Ok(other)) = (one, other)
            && !one.meets(other)
        {
            return Err(format!("{name}: the two proofs contradict each other"));
        }
    }
    Ok(())
}

/// Everything that is established of one layer.
fn check_layer(
    network: &Network,
    ours: &SiteTruth,
    truth: &ReferenceLayer,
    bits: u32,
    seen: &mut Seen,
) -> Result<(), String> {
    let tensors = [
        ("dW", Some(&ours.weight), Some(&truth.weight)),
        ("db", ours.bias.as_ref(), Some(&truth.bias)),
        ("ds", ours.slope.as_ref(), truth.slope.as_ref()),
        ("delta", Some(&ours.delta), Some(&truth.delta)),
    ];
    for (name, ours, truth) in tensors {
        match (ours, truth) {
            (Some(Ok(tensor)), Some(truth)) => {
                let evidence = Evidence::of(ours.expect("it is there"));
                seen.check(tensor, evidence, truth, bits).map_err(|wrong| format!("{name}: {wrong}"))?;
            }
            (Some(Ok(_)), None) => return Err(format!("{name}: the reference has none")),
            (Some(Err(_)), _) => seen.lost += 1,
            (None, _) => {}
        }
    }
    let Some(activation) = network.sites[ours.site].activation else { return Ok(()) };
    let activation = crate::common::reference::activation_of(network, &network.nodes[activation].operation);
    for (sample, pieces) in ours.pieces.iter().enumerate() {
        for (i, piece) in pieces.iter().enumerate() {
            let z = &truth.preactivation[i][sample];
            let lies = activation.piece(|at| z.partial_cmp(&at).expect("a number"));
            if piece.is_some_and(|piece| activation.branch(piece) != activation.branch(lies)) {
                return Err(format!("unit {i} of sample {sample} counts as on {piece:?}, and z is {z:e}"));
            }
        }
    }
    Ok(())
}

/// A whole case. Where the reference itself may have too few bits, it gets more before anything is said.
fn check(case: &Case) -> Result<Both, String> {
    let (network, batch) = case.network.make();
    let (layers, enclosed) = (layers(case, &network, &batch), enclosed(case, &network, &batch));
    for (norm, enclosed) in layers.iter().zip(&enclosed) {
        check_agreement(norm, enclosed).map_err(|wrong| format!("layer {}: {wrong}", norm.site))?;
    }
    let mut outcome = Ok(Both::default());
    for bits in LONG {
        let truth = Reference { bits }.gradients(&network, &batch);
        let mut seen = Both { norm: Seen::of_one(), enclosed: Seen::of_one() };
        let wrong = |layers: &[SiteTruth], seen: &mut Seen| {
            layers.iter().zip(&truth).find_map(|(ours, truth)| {
                let wrong = check_layer(&network, ours, truth, bits, seen).err()?;
                Some(format!("layer {} of {}: {wrong}", ours.site, network.sites.len()))
            })
        };
        let by_enclosures = |wrong: String| format!("by enclosures, {wrong}");
        let wrong = wrong(&layers, &mut seen.norm).or_else(|| wrong(&enclosed, &mut seen.enclosed).map(by_enclosures));
        outcome = wrong.map_or(Ok(seen), Err);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// So many networks from a stream of their own.
fn run(stream: u8, networks: u32) -> Both {
    let config = Config {
        cases: networks,
        failure_persistence: None,
        max_shrink_iters: 2000,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[stream; 32]));
    let all = std::cell::Cell::new(Both::default());
    let outcome = runner.run(&cases(), |case| {
        let seen = check(&case).map_err(TestCaseError::fail)?;
        all.set(all.get().with(seen));
        Ok(())
    });
    match outcome {
        Ok(()) => all.get(),
        Err(TestError::Fail(reason, case)) => panic!("{reason}\nin {case:#?}"),
        Err(aborted) => panic!("{aborted}"),
    }
}

/// Two streams side by side: 150 networks, or 10 000 in an exhaustive run.
#[test]
fn no_bound_is_below_the_error() {
    let each = exhaustive(75, 5000);
    let (first, second) = rayon::join(|| run(1, each), || run(2, each));
    let both = first.with(second);
    for (name, seen) in [("norm-wise", both.norm), ("by enclosures", both.enclosed)] {
        assess(name, seen);
    }
}

fn assess(name: &str, seen: Seen) {
    println!(
        "{name}: {} networks, {} tensors established and {} not, {} proven; {} entries, {} exact; error over bound at most {:.4} \
         of an entry, {:.4} of a tensor; {:.3} bits to spare",
        seen.networks,
        seen.tensors,
        seen.lost,
        seen.proven,
        seen.entries,
        seen.exact,
        seen.worst_entry,
        seen.worst_tensor,
        seen.spare_bits
    );
    // Not all is lost, and bounds are not so wide that nothing could be seen.
    assert!(seen.tensors > seen.lost && 3 * seen.proven > seen.tensors, "little is established");
    assert!(seen.exact > 0 && seen.exact < seen.entries && seen.worst_entry > 0.1, "nothing comes near its bound");
}
