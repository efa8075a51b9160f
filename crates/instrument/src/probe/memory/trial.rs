//! What one trial needs while it is measured, and what is kept of it afterwards.

use super::shape::{Arithmetic, Shape};
use crate::activation::Activation;
use crate::architecture::mlp::hidden_layer;
use crate::operation::Saved;
use crate::spec::{LossScale, Plan, Proof, Schedule};

/// Bytes while one trial is measured, with a number of threads.
pub fn working(plan: &Plan, shape: &Shape, threads: usize, schedule: Schedule) -> u128 {
    let Schedule { segments, .. } = schedule;
    let inputs = shape.features * shape.batch * 8;
    inputs + truth(plan, shape, segments) + arithmetics(plan, shape, threads, segments)
}

/// Bytes of a layer of a network without its numbers: names, nodes and what the allocator adds to them.
const DRAWN_LAYER: u128 = 800;

/// Bytes of one drawn trial that waits: its network and its batch.
pub fn drawn(shape: &Shape) -> u128 {
    let parameters = shape.weights() + shape.units();
    let samples = (shape.features + shape.outputs()) * shape.batch;
    (parameters + samples) * 8 + shape.layers() * DRAWN_LAYER
}

/// What a hidden layer keeps until the backward pass has left it.
fn saved(plan: &Plan) -> Saved {
    Saved::of(hidden_layer(plan.spec.residual))
}

/// The exact gradient, by its proof.
fn truth(plan: &Plan, shape: &Shape, segments: usize) -> u128 {
    match plan.spec.truth {
        Proof::Norm => norm_wise(plan, shape, segments),
        Proof::Enclosure => enclosures(plan, shape, segments),
        Proof::Both => norm_wise(plan, shape, segments) + enclosures(plan, shape, segments),
    }
}

/// What an enclosure has beside the digits of its midpoint: sizes, exponents, radius, and what holds the digits.
const BALL: u128 = 72;

/// Enclosures of the forward pass's values, one layer's products and gradients, and the copies that are measured.
fn enclosures(plan: &Plan, shape: &Shape, segments: usize) -> u128 {
    let spec = &plan.spec;
    let saved = saved(plan);
    // Radii grow by about half the bits of a layer's width in each direction.
    let lost = (u128::from(spec.width.max(2).ilog2()) + 2) * spec.depth as u128;
    let number = (u128::from(spec.truth_bits) + lost + 64).div_ceil(64) * 8 + BALL;
    shape.kept(saved.values as u128 * number, segments)
        + shape.units() * shape.batch * 3
        + shape.weights() * 8
        + shape.largest() * (5 * number + 80)
        + 10 * shape.widest() * shape.batch * number
}

/// By norm-wise bounds: values of the forward pass, weights as planes of limbs, and one layer's gradients with their
/// bounds.
fn norm_wise(plan: &Plan, shape: &Shape, segments: usize) -> u128 {
    let spec = &plan.spec;
    let saved = saved(plan);
    // The bounds give away about 3.5 bits per layer.
    let number = (u128::from(spec.truth_bits) + 7 * spec.depth as u128 / 2 + 64).div_ceil(64) * 8;
    // φ' of linear pieces is a word and an exponent.
    let is_linear = plan.runs.iter().all(|run| run.activations().iter().all(Activation::is_piecewise_linear));
    let derivative = saved.derivatives as u128 * if is_linear { 16 } else { number + 16 };
    // Pieces of all layers stay.
    let pieces = shape.units() * shape.batch * 3;
    // Weights as doubles and as planes; one layer's δ, its products and what holds them.
    shape.kept(saved.values as u128 * (number + 10) + derivative, segments)
        + pieces
        + shape.weights() * 13
        + shape.long_weights
        + shape.largest() * (4 * number + 80)
        + 6 * shape.widest() * shape.batch * number
}

/// Bytes of an exact number in a matrix of them, and of one with what holds it in the narrowest lanes.
const EXACT: u128 = 40;
const LEAST_NUMBER: u128 = 16;

/// Every arithmetic's values, and one layer's gradients of as many runs as there are threads.
fn arithmetics(plan: &Plan, shape: &Shape, threads: usize, segments: usize) -> u128 {
    let nodes = saved(plan).values as u128;
    let (mut all, mut number, mut runs) = (0, LEAST_NUMBER, 0);
    for one in &shape.arithmetics {
        // Its own run is in its own carrier.
        all += shape.kept((one.number + (one.forward - 1) * one.widest) * nodes, segments);
        // What has arrived at a layer, in every run, and where the twin has zeros; nothing arrives at the features.
        all += (1 + one.extras) * shape.widest_layer() * shape.batch * one.widest + shape.largest();
        number = one.widest.max(number);
        runs += 1 + one.extras;
    }
    // Weights, their gradients in the carrier, and as exact numbers.
    let gradients = 3 * shape.largest() * number * runs.min(threads as u128);
    // Gradients of other programs are compared with all of ours.
    let held = if plan.compared.is_empty() { 0 } else { plan.arithmetics.len() as u128 * shape.largest() * EXACT };
    all + gradients + held + sought(plan, shape)
}

/// Gradients of all layers that replace the exact ones in the search for a loss scale, one arithmetic after the other.
fn sought(plan: &Plan, shape: &Shape) -> u128 {
    let is_sought = |one: &&Arithmetic| one.is_attributed() || plan.spec.loss_scale == LossScale::Auto;
    // Doubles where they have more than twice the bits.
    let bytes = |one: &Arithmetic| if one.number <= 4 { 8 } else { 2 * EXACT };
    shape.weights() * shape.arithmetics.iter().filter(is_sought).map(bytes).max().unwrap_or(0)
}

/// Bytes of a measured layer, of an arithmetic in it, of an additional run, and of a tensor.
const LAYER: u128 = 550;
const ARITHMETIC: u128 = 660;
const EXTRA: u128 = 72;
const TENSOR: u128 = 192;
/// What the theory needs of a layer in one arithmetic; computed for one arithmetic at a time.
const FACTS: u128 = 280;
/// Of how many entries of a gradient lie at a power of two.
const COUNT: u128 = 40;

/// Bytes that are kept of one measured trial until its run's record is made; the tensors move into that.
pub fn measured(plan: &Plan, shape: &Shape) -> u128 {
    let layers = shape.layers();
    let magnitudes = shape.powers_of_two() * COUNT;
    let of = |one: &Arithmetic| magnitudes + layers * (ARITHMETIC + one.extras * EXTRA);
    let compared = plan.compared.len() as u128 * (magnitudes + layers * ARITHMETIC);
    layers * (LAYER + FACTS) + magnitudes + shape.arithmetics.iter().map(of).sum::<u128>() + compared
}

/// Bytes of a trial in the record: of the truth and of each arithmetic in a layer.
const TRUTH_TRIAL: u128 = 290;
const LAYER_TRIAL: u128 = 160;
/// Of a layer over all trials: its own with its histogram, and sources, remedies and theory.
const LAYER_RUN: u128 = 1600;
const CAUSES: u128 = 2400;
/// Of a trial under all remedies of an arithmetic.
const REMEDIES: u128 = 100;

/// Bytes of one run's record.
pub fn record(plan: &Plan, shape: &Shape) -> u128 {
    let (layers, trials) = (shape.layers(), plan.spec.trials as u128);
    let of = |is_attributed: bool| {
        let causes = if is_attributed { CAUSES } else { 100 };
        LAYER_RUN + causes + trials * (LAYER_TRIAL + shape.tensors * TENSOR)
    };
    let arithmetics: u128 = shape.arithmetics.iter().map(|one| of(one.is_attributed())).sum();
    let attributed = shape.arithmetics.iter().filter(|one| one.is_attributed()).count() as u128;
    layers * (LAYER_RUN + trials * TRUTH_TRIAL + arithmetics + plan.compared.len() as u128 * of(false))
        + trials * attributed * REMEDIES
}
