//! z = R([W·a + b]), the bias added last, or without it.
//!
//! Backward, with δ = ∂L/∂z: dW = R([δ·aᵀ]), samples in order; db = R([Σ δ]); ∂L/∂a = R([Wᵀ·δ]).

pub mod lemma;

use super::role::Role;
use super::values::{Saved, Shares, Values};
use crate::arithmetic::{Arithmetic, Content, Side, Text};
use crate::graph::{NodeId, Operation, ParameterId, Shape};
use ndarray::Array2;

/// Weight and bias.
type Parameters = (ParameterId, Option<ParameterId>);

/// What it keeps: z.
pub(super) const SAVED: Saved = Saved::VALUE;

/// out × batch, for a weight of out × in.
pub(super) fn shape((rows, columns): (usize, usize), a: Shape) -> Result<Shape, String> {
    match columns == a.features {
        true => Ok(a.with_features(rows)),
        false => Err(format!("a weight of {rows} × {columns} does not multiply {} features", a.features)),
    }
}

/// z, out × batch.
pub fn forward<A: Arithmetic>(
    role: &Role<'_, A>,
    node: NodeId,
    (weight, bias): Parameters,
    a: &Array2<A::Elem>,
) -> Array2<A::Elem> {
    let bias = bias.map(|bias| role.parameter(bias).into_iter().collect::<Vec<_>>());
    let left = role.factor(weight, Side::Left, false);
    let right = role.arithmetic.prepare(a.view(), Side::Right, Content::Activation);
    role.steps(Text::Forward(node)).product(&left, &right, bias.as_deref())
}

/// dW, db and ∂L/∂a, which the network's input does not need.
pub fn backward<B: Arithmetic>(
    role: &Role<'_, B>,
    values: &dyn Values,
    node: NodeId,
    (weight, bias): Parameters,
    delta: &Array2<B::Elem>,
) -> Shares<B::Elem> {
    let (arithmetic, network) = (role.arithmetic, role.stored.network);
    let input = network.nodes[node].inputs[0];
    let steps = role.steps(Text::Backward(node));
    let a = role.crossed(values, input);
    let left = arithmetic.prepare(delta.view(), Side::Left, Content::Gradient);
    let right = arithmetic.prepare(a.t(), Side::Right, Content::Activation);
    let mut parameters = vec![(weight, steps.product(&left, &right, None))];
    parameters.extend(bias.map(|bias| (bias, steps.sum_rows(delta))));
    let below = (network.nodes[input].operation != Operation::Input).then(|| {
        let left = role.factor(weight, Side::Left, true);
        let right = arithmetic.prepare(delta.view(), Side::Right, Content::Gradient);
        steps.product(&left, &right, None)
    });
    Shares { inputs: vec![below], parameters, input: Some(a) }
}
