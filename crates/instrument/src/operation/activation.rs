//! a = R(φ(z)); of PReLU, whose slope is a stored parameter s, a = z for z > 0 and R(R(s)·z) else.
//!
//! Backward: d = R(φ'(z)) in the forward arithmetic crosses, and δ = R(g·R(d)). PReLU's slope gradient is
//! R([Σ g·z over z ≤ 0]), samples in the outer order.

pub mod lemma;

use super::branches::Branches;
use super::role::Role;
use super::values::{Saved, Shares, Values};
use crate::activation::{Activation, Function, OnPiece};
use crate::arithmetic::{Arithmetic, Binary, DECIDING_BITS, Exact, Place, Steps, Text, from_fn};
use crate::enclosure::Sign;
use crate::graph::{NodeId, ParameterId};
use ndarray::Array2;

/// What it keeps: a, and φ' while the backward pass is near.
pub(super) const SAVED: Saved = Saved { values: 1, derivatives: 1 };

/// a, units × batch.
pub fn forward<A: Arithmetic>(
    role: &Role<'_, A>,
    node: NodeId,
    (activation, slope): (Activation, Option<ParameterId>),
    z: &Array2<A::Elem>,
) -> Array2<A::Elem> {
    let (arithmetic, steps) = (role.arithmetic, role.steps(Text::Forward(node)));
    let Some(slope) = slope else { return steps.map(&Function::Value(activation), z) };
    let (slope, known) = (role.parameter(slope), arithmetic.crossing(z));
    steps.entries(z.dim(), |at, index| {
        // NaN stays NaN.
        let scaled = || arithmetic.binary(at, Binary::Multiply, &slope[(0, 0)], &z[index]);
        match known.sign(index).is_positive() {
            Some(true) => z[index].clone(),
            Some(false) => scaled(),
            None => arithmetic.either(None, &z[index], &scaled()),
        }
    })
}

/// d, by the forward role; uses the given branches instead of those of z if there are any.
pub fn derivative<A: Arithmetic>(
    role: &Role<'_, A>,
    node: NodeId,
    (activation, slope): (Activation, Option<ParameterId>),
    branches: Option<&Branches>,
    z: &Array2<A::Elem>,
) -> Array2<A::Elem> {
    let (arithmetic, steps) = (role.arithmetic, role.steps(Text::Derivative(node)));
    let known = arithmetic.crossing(z);
    // The piece that was imposed, where z lies on another branch.
    let other = |index| {
        let piece = branches.and_then(|branches| branches.piece(node, index))?;
        let exact = known.number(index)?;
        let is_other = activation.branch(piece) != activation.branch(exact.piece_in(&activation)?);
        is_other.then_some((piece, exact))
    };
    if let Some(slope) = slope {
        let stored = role.parameter(slope);
        let one = steps.number(&Exact::Double(1.0));
        return from_fn(z.dim(), |index| {
            let is_above = match (other(index), known.sign(index)) {
                (Some((piece, _)), _) => Some(piece.0 > 0),
                (None, Sign::Unordered) => return z[index].clone(), // NaN stays NaN
                (None, sign) => sign.is_positive(),
            };
            arithmetic.either(is_above, &one, &stored[(0, 0)])
        });
    }
    let mut derivative = steps.map(&Function::Derivative(activation), z);
    if branches.is_some() && activation.is_kinked() {
        let (limit, at_end) = (steps.next(), steps.next());
        for (index, d) in derivative.indexed_iter_mut() {
            let Some((piece, z)) = other(index) else { continue };
            let at = Place::new(limit, index);
            *d = match activation.derivative_on(piece, &z.to_float(), DECIDING_BITS) {
                OnPiece::Number(number) => arithmetic.round(at, &Exact::Long(number)),
                OnPiece::At(end) => {
                    let end = arithmetic.round(at, &Exact::Double(end));
                    arithmetic.apply(Place::new(at_end, index), &Function::Derivative(activation), &end)
                }
            };
        }
    }
    derivative
}

/// δ = ∂L/∂z, and the slope's gradient.
pub fn backward<B: Arithmetic>(
    role: &Role<'_, B>,
    values: &dyn Values,
    branches: Option<&Branches>,
    node: NodeId,
    slope: Option<ParameterId>,
    gradient: &Array2<B::Elem>,
) -> Shares<B::Elem> {
    let steps = role.steps(Text::Backward(node));
    let derivative = steps.receive(&values.derivative(node, branches));
    let delta = steps.zip(Binary::Multiply, gradient, &derivative);
    let input = role.stored.network.nodes[node].inputs[0];
    let slope = slope.map(|slope| (slope, slope_gradient(role, values, &steps, input, gradient)));
    Shares { parameters: slope.into_iter().collect(), ..Shares::of(delta) }
}

fn slope_gradient<B: Arithmetic>(
    role: &Role<'_, B>,
    values: &dyn Values,
    steps: &Steps<'_, B>,
    input: NodeId,
    gradient: &Array2<B::Elem>,
) -> Array2<B::Elem> {
    let (known, crossed) = (values.value(input), role.crossed(values, input));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for sample in 0..crossed.ncols() {
        for unit in 0..crossed.nrows() {
            let z = &crossed[(unit, sample)];
            let z = match known.sign((unit, sample)).is_positive() {
                // Omitted rather than multiplied by 0, because an infinite g would give NaN.
                Some(true) => continue,
                Some(false) => z.clone(),
                None => role.arithmetic.either(None, z, &steps.number(&Exact::Double(0.0))),
            };
            left.push(gradient[(unit, sample)].clone());
            right.push(z);
        }
    }
    Array2::from_elem((1, 1), steps.dot(&left, &right))
}
