//! Measures one network and batch: every arithmetic and the exact gradient advance layer by layer from the head down,
//! are compared, and dropped.

use super::compare::{Computed, ReferenceLayer, compare, compare_external, facts};
use super::external::{ExternalGradients, OwnTensors};
use super::layer::{Twins, Zeros};
pub use super::measurement::{ArithmeticMeasurement, Measurement, RunMeasurement, SiteMeasurement};
use super::questions::{BranchesOf, ExtraRun};
use crate::arithmetic::Policy;
use crate::backprop::{ForwardRun, GradientStream, Setup};
use crate::data::Batch;
use crate::graph::segments::Segments;
use crate::graph::{Network, Operation};
use crate::magnitude::Magnitudes;
use crate::noise;
use crate::record::{ExactSite, Number};
use crate::spec::Proof;
use crate::truth::{Evidence, ExactPass, Prover, SiteTruth, Unproven, precision, sizes};
use rayon::prelude::*;
use std::sync::Arc;

/// What is measured.
#[derive(Clone, Copy)]
pub struct Subjects<'a> {
    /// The arithmetics, and for each its twin of unbounded exponents among the extra runs.
    pub listed: &'a [(Setup, Option<usize>)],
    /// Further runs.
    pub extras: &'a [ExtraRun],
    /// Gradients that other programs computed.
    pub externals: &'a [ExternalGradients<'a>],
    /// Whether the exact gradients are kept.
    pub keeps_truth: bool,
}

/// How well the exact gradient must be known, and by which proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accuracy {
    /// Bits of every layer's gradient.
    pub bits: u32,
    /// The proof.
    pub proof: Proof,
}

impl From<u32> for Accuracy {
    fn from(bits: u32) -> Accuracy {
        Accuracy { bits, proof: Proof::default() }
    }
}

/// Compares a network in every arithmetic with its exact gradient.
///
/// The precision of the exact gradient only depends on the network, the batch and its accuracy. If a proof fails, the whole
/// backward pass is repeated at a higher precision. All computed zeros count as flushed.
pub fn measure(
    network: &Network,
    batch: &Batch,
    arithmetics: &[Policy],
    accuracy: impl Into<Accuracy>,
    layer_done: &(dyn Fn() + Sync),
) -> Measurement {
    let listed: Vec<(Setup, Option<usize>)> = arithmetics.iter().map(|policy| ((*policy).into(), None)).collect();
    let subjects = Subjects { listed: &listed, extras: &[], externals: &[], keeps_truth: false };
    measure_with(network, batch, subjects, accuracy, 1, layer_done)
}

/// [`measure`] with further runs, gradients from other programs, and values kept in the given number of [`Segments`].
pub fn measure_with(
    network: &Network,
    batch: &Batch,
    subjects: Subjects,
    accuracy: impl Into<Accuracy>,
    segments: usize,
    layer_done: &(dyn Fn() + Sync),
) -> Measurement {
    let Accuracy { bits, proof } = accuracy.into();
    let segments = Arc::new(Segments::new(network, segments));
    let mut reported = 0;
    // A repeated pass is no further progress.
    let mut layers_done = |layers| {
        if layers > reported {
            reported = layers;
            layer_done();
        }
    };
    let job = Job { network, batch, subjects, segments: &segments, bits };
    let enclosure = || Prover::enclosure(network, batch, segments.clone());
    if proof == Proof::Enclosure {
        let prover = enclosure();
        let first = prover.forecast(bits);
        return Measurement { proof, ..job.escalated(&prover, first, &mut layers_done) };
    }
    let norm = Prover::norm(network, batch, segments.clone());
    let measured = job.escalated(&norm, norm.forecast(bits), &mut layers_done);
    let weakest = measured.weakest();
    if proof == Proof::Both && weakest.reaches(bits) {
        let is_confirmed = job.confirmed(&norm, measured.precision, &enclosure());
        return Measurement { proof: if is_confirmed { proof } else { Proof::Norm }, ..measured };
    }
    // No bound decides such branches, and enclosures do not need them decided.
    let is_undecided = matches!(weakest, Evidence::NotEstablished(Unproven::UndecidedBranch { .. }));
    if is_undecided || proof == Proof::Both && !weakest.reaches(bits) {
        let prover = enclosure();
        let precision = prover.forecast(bits).max(measured.precision);
        let enclosed = job.measured(prover.pass(precision, bits), precision, &mut layers_done);
        if enclosed.weakest().reaches(bits) {
            return Measurement { proof: Proof::Enclosure, ..enclosed };
        }
    }
    measured
}

impl Measurement {
    /// The weakest evidence of all layers.
    fn weakest(&self) -> Evidence {
        self.sites.iter().map(|layer| layer.evidence).fold(Evidence::Exact, Evidence::weaker)
    }
}

/// What is measured, and to how many bits the exact gradient must be known.
struct Job<'n> {
    network: &'n Network,
    batch: &'n Batch,
    subjects: Subjects<'n>,
    segments: &'n Arc<Segments>,
    bits: u32,
}

impl Job<'_> {
    /// Measures with the exact gradient at one precision.
    fn measured(&self, truth: ExactPass, precision: u32, layers_done: &mut dyn FnMut(usize)) -> Measurement {
        let sites = in_lockstep(self.network, self.batch, truth, self.subjects, self.segments, layers_done);
        Measurement { precision, proof: Proof::Norm, sites }
    }

    /// Measures with a proof at the precision that establishes every layer, or at the last one tried.
    fn escalated(&self, prover: &Prover, first: u32, layers_done: &mut dyn FnMut(usize)) -> Measurement {
        let bits = self.bits;
        let mut working = first;
        loop {
            // Every attempt also uses more digits of the gradients, because samples may cancel each other.
            let wanted = bits + (working - first);
            let raised = |proven: u32| precision::raise(first, working, proven, bits);
            let truth = prover.pass(working, wanted);
            if truth.is_undecided()
                && let Some(higher) = raised(0)
            {
                working = higher;
                continue;
            }
            let measured = self.measured(truth, working, layers_done);
            let weakest = measured.weakest();
            let is_out_of_range = weakest == Evidence::NotEstablished(Unproven::ExponentRange);
            if !weakest.reaches(bits)
                && !is_out_of_range
                && let Some(higher) = raised(weakest.bits().unwrap_or(bits))
            {
                working = higher;
                continue;
            }
            return measured;
        }
    }

    /// Whether enclosures establish every layer, too, where they must agree with the norm-wise proof in every entry.
    ///
    /// # Panics
    /// If they do not: then one of the two is no proof.
    fn confirmed(&self, norm: &Prover, precision: u32, enclosure: &Prover) -> bool {
        let first = enclosure.forecast(self.bits);
        let mut working = first;
        loop {
            let wanted = self.bits + (working - first);
            let mut weakest = Evidence::Exact;
            for (one, other) in norm.pass(precision, self.bits).zip(enclosure.pass(working, wanted)) {
                for (tensor, one, other) in one.with(&other) {
                    weakest = weakest.weaker(Evidence::of(other));
                    if let (Ok(one), Ok(other)) = (one, other) {
                        assert!(one.meets(other), "invariant: two proofs of one {tensor} agree");
                    }
                }
            }
            match weakest.reaches(self.bits) {
                true => return true,
                false => match precision::raise(first, working, weakest.bits().unwrap_or(self.bits), self.bits) {
                    Some(higher) => working = higher,
                    None => return false,
                },
            }
        }
    }
}

/// Every run's backward pass, ready to advance.
struct Runs<'n> {
    listed: Vec<GradientStream<'n>>,
    extras: Vec<GradientStream<'n>>,
}

impl<'n> Runs<'n> {
    /// Runs the forward pass, once for all runs that share it, and the loss.
    fn start(
        network: &'n Network,
        batch: &'n Batch,
        truth: &ExactPass,
        subjects: Subjects,
        segments: &Arc<Segments>,
    ) -> Runs<'n> {
        let Subjects { listed, extras, .. } = subjects;
        let setups = || listed.iter().map(|(setup, _)| setup).chain(extras.iter().map(|extra| &extra.setup));
        let mut distinct: Vec<&Setup> = Vec::new();
        for setup in setups() {
            if !distinct.iter().any(|known| setup.shares_forward(known)) {
                distinct.push(setup);
            }
        }
        let run_up =
            |setup: &&Setup| ForwardRun::in_segments(&setup.policy, setup.part, network, batch, segments.clone());
        let forwards: Vec<ForwardRun> = distinct.par_iter().map(run_up).collect();
        let forward = |setup: &Setup| {
            let index = distinct.iter().position(|known| setup.shares_forward(known));
            &forwards[index.expect("invariant: every setup has a forward run")]
        };
        // The ones used by at least one run.
        let is_used = |wanted: BranchesOf| extras.iter().any(|extra| extra.branches == wanted);
        let exact_branches = is_used(BranchesOf::Exact).then(|| Arc::new(truth.branches()));
        let listed_branches = listed
            .iter()
            .enumerate()
            .map(|(index, (setup, _))| is_used(BranchesOf::Listed(index)).then(|| Arc::new(forward(setup).branches())));
        let listed_branches: Vec<_> = listed_branches.collect();
        let listed = listed.par_iter().map(|(setup, _)| forward(setup).backward(setup)).collect();
        let extras = extras.par_iter().map(|extra| {
            let branches = match extra.branches {
                BranchesOf::Itself => None,
                BranchesOf::Exact => exact_branches.clone(),
                BranchesOf::Listed(index) => listed_branches[index].clone(),
            };
            forward(&extra.setup).backward(&Setup { branches, ..extra.setup.clone() })
        });
        Runs { listed, extras: extras.collect() }
    }
}

/// Runs the streams in lockstep and reports how many layers are done.
fn in_lockstep(
    network: &Network,
    batch: &Batch,
    truth: ExactPass,
    subjects: Subjects,
    segments: &Arc<Segments>,
    layers_done: &mut dyn FnMut(usize),
) -> Vec<SiteMeasurement> {
    let mut runs = Runs::start(network, batch, &truth, subjects, segments);
    // Exact capacity, because layers are kept for every trial.
    let mut layers = Vec::with_capacity(network.sites.len());
    layers.extend(truth.enumerate().map(|(done, truth)| {
        let layer = runs.advance(network, &truth, subjects);
        layers_done(done + 1);
        SiteMeasurement { truth: subjects.keeps_truth.then(|| Box::new(truth)), ..layer }
    }));
    layers.reverse();
    // The output of a layer is the input of the next one.
    let entering: Vec<Number> = layers.iter().skip(1).map(|layer| layer.exact.log2_inputs).collect();
    layers.iter_mut().zip(entering).for_each(|(layer, entering)| layer.exact.log2_outputs = entering);
    layers
}

/// The exact network at a layer, as if it were the head.
fn exact(network: &Network, truth: &SiteTruth) -> ExactSite {
    let Operation::Affine { weight, .. } = network.nodes[network.sites[truth.site].node].operation else {
        unreachable!("invariant: a layer's first node is affine")
    };
    let own = &truth.sizes;
    let (log2_minibatch_noise, minibatch_noise_at_most) = own.minibatch_noise;
    ExactSite {
        log2_gradient: own.gradient,
        log2_weights: sizes::of_parameters(&network.parameters[weight].values),
        log2_inputs: own.inputs,
        log2_outputs: own.preactivations,
        log2_derivatives: own.derivatives,
        log2_delta: own.delta,
        log2_minibatch_noise,
        minibatch_noise_at_most,
        zero: truth.zero,
    }
}

impl Runs<'_> {
    /// Compares one layer of every run with the exact one.
    fn advance(&mut self, network: &Network, truth: &SiteTruth, subjects: Subjects) -> SiteMeasurement {
        let Subjects { listed, extras, externals, .. } = subjects;
        let reference = ReferenceLayer::new(truth);
        let next = |stream: &mut GradientStream| {
            let computed = stream.next().expect("invariant: every stream has the network's layers");
            assert_eq!(computed.site, truth.site, "invariant: streams advance in lockstep");
            computed
        };
        // Twins first, because their zeros show what was flushed.
        let is_twin = |index: usize| listed.iter().any(|(_, twin)| *twin == Some(index));
        let own_twin = |(index, stream): (usize, &mut GradientStream)| {
            is_twin(index).then(|| {
                let computed = next(stream);
                (Zeros::of(&computed), reference.run(&computed, Twins::ITSELF))
            })
        };
        let twins: Vec<Option<(Zeros, RunMeasurement)>> =
            self.extras.par_iter_mut().enumerate().map(own_twin).collect();
        let twin_of = |index: usize| match listed[index].1 {
            Some(twin) => twins[twin].as_ref().map_or(Twins::ABSENT, |(zeros, _)| zeros.twins()),
            None if listed[index].0.policy.is_unbounded() => Twins::ITSELF,
            None => Twins::ABSENT,
        };
        let measured_extras = self.extras.par_iter_mut().enumerate().map(|(index, stream)| match &twins[index] {
            Some((_, measured)) => *measured,
            None => reference.run(&next(stream), extras[index].twin_of.map_or(Twins::ABSENT, twin_of)),
        });
        let measured_extras = measured_extras.collect();
        let own = self.listed.par_iter_mut().enumerate().map(|(index, stream)| {
            let computed = next(stream);
            let mut measured = compare(network, &reference, &Computed::of(&computed), twin_of(index));
            measured.facts = Some(facts(network, &reference, &computed, &measured));
            // Kept as long as something is compared with it.
            (measured, (!externals.is_empty()).then_some(OwnTensors { weight: computed.weight, bias: computed.bias }))
        });
        let (mut arithmetics, own): (Vec<_>, Vec<_>) = own.unzip();
        let own: Vec<OwnTensors> = own.into_iter().flatten().collect();
        arithmetics.extend(externals.iter().map(|external| compare_external(network, &reference, external, &own)));
        let weight_evidence = Evidence::of(&truth.weight);
        let others = [truth.bias.as_ref(), truth.slope.as_ref(), Some(&truth.delta)];
        let mut magnitudes = Magnitudes::default();
        let mut log2_norm = Number::None;
        if let Ok(weight) = &truth.weight {
            magnitudes = Magnitudes::of_exponents(weight.exponents());
            log2_norm = noise::log2_norm(weight);
        }
        SiteMeasurement {
            name: network.sites[truth.site].name.clone(),
            weight_evidence,
            evidence: others.into_iter().flatten().map(Evidence::of).fold(weight_evidence, Evidence::weaker),
            log2_norm,
            magnitudes,
            exact: Box::new(exact(network, truth)),
            arithmetics,
            extras: measured_extras,
            truth: None,
        }
    }
}
