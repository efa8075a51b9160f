//! Activations of the truth, forward and backward, with the decision on which side of each kink a
//! pre-activation lies.
//!
//! Smooth functions come from their enclosures at p + [`GUARD`] bits, so ε = 2^(1−p−GUARD); piecewise
//! linear ones are exact products with a short slope. Only then is a column stored at p bits.

use super::Unproven;
use super::bound::Bound;
use super::column::{Bits, Column, Scaled, float, norm};
use super::evaluation::evaluate;
use super::term::{Term, term};
use crate::activation::{Activation, Function, Piece};
use std::cmp::Ordering;

/// Bits beyond p in which functions are evaluated, so that their error stays below storing's.
pub const GUARD: u32 = 8;

/// φ' at one sample's pre-activations.
#[derive(Clone, Debug)]
pub struct Derivative {
    /// d̃_i
    pub values: Vec<Scaled>,
    /// Entries that may differ from the true ones.
    pub inexact: Bits,
    /// max |d̃_i|
    pub largest: Bound,
    /// D ≥ max |d_i − d̃_i|
    pub error: Bound,
}

/// What an activation makes of one sample's pre-activations.
#[derive(Clone, Debug)]
pub struct Activated {
    /// a = φ(z)
    pub value: Column,
    /// d = φ'(z), or why it is unknown.
    pub derivative: Result<Derivative, Unproven>,
    /// On which piece of φ' each z lies; none where that could not be decided.
    pub pieces: Vec<Option<Piece>>,
}

/// Which pieces count as decided where the bounds cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// None of them: a proof.
    Refused,
    /// The computed side: a forecast of bounds, never a proof.
    Guessed,
}

/// The piece on which z_i certainly lies: |z̃_i − κ| > ζ, or z_i exact.
fn decide(activation: &Activation, z: &Column, i: usize, undecided: Undecided) -> Option<Piece> {
    let Some(&kink) = activation.kinks().first() else { return Some(Piece::Whole) };
    assert!(activation.kinks() == [0.0], "invariant: every kink of the catalogue is at zero, not at {kink}");
    let mantissa = &z.mantissas[i];
    let is_exact = !z.inexact.get(i);
    let is_clear = || {
        // The leading bit alone bounds |z̃| from below only within a factor 2; the truncated double within 2^-52.
        let (fraction, exponent) = mantissa.to_f64_exp();
        let below = Bound::from_f64(fraction.abs().next_down().max(0.0)).scaled(i64::from(exponent) + z.exponent);
        *mantissa != 0 && below > term(Term::Decision, z.error)
    };
    let is_decided = is_exact || undecided == Undecided::Guessed || is_clear();
    is_decided.then(|| activation.piece(mantissa.cmp0()))
}

/// φ and φ' of one sample's pre-activations at p bits. `slope` is PReLU's stored parameter.
pub fn activate(
    activation: &Activation,
    slope: Option<f64>,
    z: &Column,
    precision: u32,
    undecided: Undecided,
) -> Result<Activated, Unproven> {
    let pieces: Vec<Option<Piece>> = (0..z.len()).map(|i| decide(activation, z, i, undecided)).collect();
    let linear = match slope {
        Some(slope) => Some((slope, 1.0)),
        None => activation.linear_slopes(),
    };
    match linear {
        Some(slopes) => Ok(activate_linear(activation, slopes, z, pieces, precision)),
        None => activate_smooth(activation, z, pieces, precision),
    }
}

/// Piecewise linear: a = s·z with the slope of the piece, an exact product.
fn activate_linear(
    activation: &Activation,
    (left, right): (f64, f64),
    z: &Column,
    pieces: Vec<Option<Piece>>,
    precision: u32,
) -> Activated {
    let slopes = (Scaled::from_f64(left), Scaled::from_f64(right));
    // An undecided entry is computed on the side where z̃ lies; φ is continuous there.
    let slope_of = |i: usize| match activation.piece(z.mantissas[i].cmp0()) {
        Piece::Left => (&slopes.0, left),
        Piece::Right | Piece::Whole => (&slopes.1, right),
    };
    let mut steepest = 0.0f64;
    let inexact = Bits::from_fn(z.len(), |i| z.inexact.get(i) && !(pieces[i].is_some() && slope_of(i).1 == 0.0));
    for i in (0..z.len()).filter(|&i| inexact.get(i)) {
        let reach = if pieces[i].is_some() { slope_of(i).1.abs() } else { left.abs().max(right.abs()) };
        steepest = steepest.max(reach);
    }
    let entries = (0..z.len())
        .map(|i| {
            let slope = slope_of(i).0;
            let mantissa = rug::Integer::from(&z.mantissas[i] * &slope.mantissa);
            Scaled { mantissa, exponent: z.exponent + slope.exponent }
        })
        .collect();
    let propagated = term(Term::ActivationPropagated, Bound::from_f64(steepest) * z.error);
    let value = Column::store(entries, inexact, propagated, precision);
    let derivative = if pieces.iter().all(Option::is_some) {
        let values: Vec<Scaled> = (0..z.len()).map(|i| slope_of(i).0.clone()).collect();
        let largest = largest(&values);
        Ok(Derivative { values, inexact: Bits::new(z.len()), largest, error: Bound::ZERO })
    } else {
        Err(undecided_branches(&pieces))
    };
    Activated { value, derivative, pieces }
}

/// A function at each entry of z̃, and which of the values are not exactly the function's.
fn evaluate_entries(function: &Function, z: &Column, working: u32) -> Result<(Vec<Scaled>, Bits), Unproven> {
    let mut rounded = Bits::new(z.len());
    let mut values = Vec::with_capacity(z.len());
    for (i, mantissa) in z.mantissas.iter().enumerate() {
        let length = mantissa.significant_bits().max(2);
        let argument = float(mantissa, z.exponent, length).ok_or(Unproven::ExponentRange)?;
        let enclosed = evaluate(function, &argument, working)?;
        if !enclosed.exact {
            rounded.set(i);
        }
        values.push(Scaled::from_float(&enclosed.value));
    }
    Ok((values, rounded))
}

/// Smooth pieces, from their enclosures.
fn activate_smooth(
    activation: &Activation,
    z: &Column,
    pieces: Vec<Option<Piece>>,
    precision: u32,
) -> Result<Activated, Unproven> {
    let working = precision + GUARD;
    let epsilon = Bound::power_of_two(1 - i64::from(working));
    // A bound on the piece of entry i, or on both where that is undecided.
    let reach = |bound: &dyn Fn(Piece) -> f64, i: usize| match pieces[i] {
        Some(piece) => bound(piece),
        None => bound(Piece::Left).max(bound(Piece::Right)),
    };
    let over_inexact = |bound: &dyn Fn(Piece) -> f64| {
        let moved = (0..z.len()).filter(|&i| z.inexact.get(i));
        Bound::from_f64(moved.map(|i| reach(bound, i)).fold(0.0, f64::max))
    };
    let magnitudes = |values: &[Scaled], set: &Bits| -> Vec<Bound> {
        (0..values.len()).filter(|&i| set.get(i)).map(|i| magnitude(&values[i])).collect()
    };

    // α' ≤ Λ₁ζ + ε‖ã'‖, and what storing adds.
    let (values, rounded) = evaluate_entries(&Function::Value(*activation), z, working)?;
    let inexact = Bits::from_fn(z.len(), |i| z.inexact.get(i) || rounded.get(i));
    let steepest = over_inexact(&|piece| activation.lipschitz(piece));
    let propagated = term(Term::ActivationPropagated, steepest * z.error);
    let own = term(Term::ActivationEvaluation, epsilon * norm(magnitudes(&values, &rounded).into_iter()));
    let value = Column::store(values, inexact, propagated + own, precision);

    if pieces.iter().any(Option::is_none) {
        let derivative = Err(undecided_branches(&pieces));
        return Ok(Activated { value, derivative, pieces });
    }
    // D = Λ₂ζ + ε·max|d̃|; where φ' is constant on the piece, an inexact z does not move it.
    let derivative = evaluate_entries(&Function::Derivative(*activation), z, working).map(|(values, rounded)| {
        let curvature = |piece: Piece| activation.curvature(piece);
        let inexact = Bits::from_fn(z.len(), |i| (z.inexact.get(i) && reach(&curvature, i) != 0.0) || rounded.get(i));
        let curved = term(Term::DerivativeCurvature, over_inexact(&curvature) * z.error);
        let rounding = magnitudes(&values, &rounded).into_iter().fold(Bound::ZERO, Bound::max);
        let error = curved + term(Term::DerivativeEvaluation, epsilon * rounding);
        Derivative { largest: largest(&values), values, inexact, error }
    });
    Ok(Activated { value, derivative, pieces })
}

/// δ = g·d at p bits: β' ≤ (max|d̃| + D)γ + D‖g̃‖₂, and what storing adds.
pub fn backward(g: &Column, d: &Derivative, precision: u32) -> Column {
    let is_zero = |i: usize| g.is_exact_zero(i) || (d.values[i].mantissa == 0 && !d.inexact.get(i));
    let inexact = Bits::from_fn(g.len(), |i| (g.inexact.get(i) || d.inexact.get(i)) && !is_zero(i));
    let entries = (0..g.len())
        .map(|i| Scaled {
            mantissa: rug::Integer::from(&g.mantissas[i] * &d.values[i].mantissa),
            exponent: g.exponent + d.values[i].exponent,
        })
        .collect();
    let error = if inexact.any() {
        term(Term::BackwardPropagated, d.largest * g.error)
            + term(Term::BackwardCrossed, d.error * g.error)
            + term(Term::BackwardDerivative, d.error * g.norm())
    } else {
        Bound::ZERO
    };
    Column::store(entries, inexact, error, precision)
}

fn magnitude(x: &Scaled) -> Bound {
    Bound::from_integer(&x.mantissa).scaled(x.exponent)
}

fn largest(values: &[Scaled]) -> Bound {
    values.iter().map(magnitude).fold(Bound::ZERO, Bound::max)
}

fn undecided_branches(pieces: &[Option<Piece>]) -> Unproven {
    Unproven::UndecidedBranch { count: pieces.iter().filter(|piece| piece.is_none()).count() }
}

/// The side of zero on which an exact number lies, for comparisons with the truth's pieces.
pub fn piece_of(activation: &Activation, sign: Ordering) -> Piece {
    activation.piece(sign)
}
