//! δ = ∂L/∂y at the output y, outputs × batch, for a batch of B samples and n outputs.
//!
//! Mean squared error: δ = R(R(y − t)·R(2/(B·n))). Cross-entropy: p_k = R(e_k/R([Σ e])) with e_k = R(exp(R(y_k − max y)))
//! in the forward arithmetic crosses, and δ = R(R(p − 1_label)·R(1/B)). Under a loss scale 2^s, δ = R(δ·2^s): the scale
//! itself does not need to be a number of the format.

pub mod lemma;

use super::role::Role;
use super::values::Values;
use crate::activation::Function;
use crate::arithmetic::{Arithmetic, Binary, Exact, Text};
use crate::data::Targets;
use ndarray::Array2;

/// p, by the forward role.
pub fn softmax<A: Arithmetic>(role: &Role<'_, A>, y: &Array2<A::Elem>) -> Array2<A::Elem> {
    let (arithmetic, steps) = (role.arithmetic, role.steps(Text::Forward(role.stored.network.nodes.len())));
    let maxima = arithmetic.stabilisers(y);
    let shifted = steps
        .entries(y.dim(), |at, (k, sample)| arithmetic.binary(at, Binary::Subtract, &y[(k, sample)], &maxima[sample]));
    let exponentials = steps.map(&Function::Exp, &shifted);
    let sums = steps.sum_rows(&exponentials.t().as_standard_layout().to_owned());
    steps.entries(y.dim(), |at, (k, sample)| {
        arithmetic.binary(at, Binary::Divide, &exponentials[(k, sample)], &sums[(sample, 0)])
    })
}

/// δ at the output.
pub fn backward<B: Arithmetic>(role: &Role<'_, B>, values: &dyn Values, log2_loss_scale: i32) -> Array2<B::Elem> {
    let network = role.stored.network;
    let steps = role.steps(Text::Backward(network.nodes.len()));
    // An empty batch has no entry that uses the constant.
    let constant = |numerator: u64, denominator: usize| steps.quotient(numerator, denominator.max(1) as u64);
    let delta = match &role.stored.batch.targets {
        Targets::Values(targets) => {
            let y = role.crossed(values, network.output());
            let scale = constant(2, y.len());
            let targets = role.read(&steps, targets);
            steps.scaled(&scale, &steps.zip(Binary::Subtract, &y, &targets))
        }
        Targets::Classes(classes) => {
            let scale = constant(1, classes.len());
            let (one, zero) = (steps.number(&Exact::Double(1.0)), steps.number(&Exact::Double(0.0)));
            let p = steps.receive(&values.softmax());
            let difference = steps.entries(p.dim(), |at, (k, sample)| match classes[sample] == k {
                true => role.arithmetic.share_less_one(at, p.column(sample), k, &one),
                false => role.arithmetic.binary(at, Binary::Subtract, &p[(k, sample)], &zero),
            });
            steps.scaled(&scale, &difference)
        }
    };
    match log2_loss_scale {
        0 => delta,
        scale => steps.times_two_to(&delta, scale),
    }
}
