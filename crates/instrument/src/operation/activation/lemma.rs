//! The norm-wise lemma of activations, forward and backward, with the decision on which side of each kink a
//! pre-activation lies.
//!
//! Polynomial pieces with a binary value are exact integers; all others come from their enclosures at p + [`GUARD`]
//! bits, so ε = 2^(1−p−GUARD). A value below all exponents (gelu at −10⁵) becomes an inexact 0 with an error of at most
//! `BELOW`. Only then is a column stored at p bits.

use crate::activation::quick::{self, Number};
use crate::activation::{Activation, Break, Function, Growth, Joints, Piece, Quadratic};
use crate::enclosure::{Bound, Precision};
use crate::integers::Integers;
use crate::norm::column::{Bits, Column, Entries, Scaled, float, norm};
use crate::norm::evaluation::{BELOW, evaluate, quick_pair};
use crate::norm::sums::LONGEST_ALIGNMENT;
use crate::norm::tensor::{EntryBounds, TrueTensor};
use crate::norm::term::{Term, term};
use crate::norm::unproven::Unproven;
use rug::Integer;
use std::cmp::Ordering;

/// Bits beyond p for the evaluation of functions, so that their error stays below that of storing.
pub const GUARD: u32 = 8;
/// Largest exponents of numbers that are squared (relu2 doubles them in every layer): far within 64 bits.
const LARGEST_EXPONENT: i64 = 1 << 40;

/// φ' at one sample's pre-activations.
#[derive(Clone, Debug)]
pub struct Derivative {
    /// d̃_i
    pub values: Entries,
    /// Entries that may differ from the exact ones.
    pub inexact: Bits,
    /// max |d̃_i|
    pub largest: Bound,
    /// D ≥ max |d_i − d̃_i|
    pub error: Bound,
}

/// The results of an activation for one sample's pre-activations.
#[derive(Clone, Debug)]
pub struct Activated {
    /// a = φ(z)
    pub value: Column,
    /// d = φ'(z), or the reason why it is unknown.
    pub derivative: Result<Derivative, Unproven>,
    /// The piece of φ' on which each z lies; `None` if that could not be decided.
    pub pieces: Vec<Option<Piece>>,
}

/// Which pieces count as decided if the bounds leave them open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// None of them: a proof.
    Refused,
    /// The computed side: for a forecast of bounds, never for a proof.
    Guessed,
}

/// The position of one pre-activation.
#[derive(Clone, Copy, Debug)]
struct Reach {
    /// The piece of the computed z̃.
    computed: Piece,
    /// The lowest and the highest piece on which the exact z may lie.
    lowest: u8,
    highest: u8,
    /// At least |z|.
    magnitude: Bound,
}

impl Reach {
    /// Every piece on which z may lie.
    fn pieces(&self) -> impl Iterator<Item = Piece> {
        (self.lowest..=self.highest).map(Piece)
    }

    /// True if every joint that may lie between z and z̃ breaks nothing worse than this.
    fn crosses_at_most(&self, joints: &Joints, worst: Break) -> bool {
        joints[usize::from(self.lowest)..usize::from(self.highest)].iter().all(|joint| joint.breaks <= worst)
    }
}

/// Finds the pieces of entry i: it certainly lies beyond a joint κ if |z̃_i − κ| > ζ, or if z_i is exact.
fn locate(joints: &Joints, places: &[Scaled], z: &Column, i: usize, undecided: Undecided) -> Reach {
    let is_inexact = z.inexact.get(i);
    let (mut computed, mut lowest, mut highest) = (0, u8::MAX, 0);
    for (index, (joint, place)) in joints.iter().zip(places).enumerate() {
        let (side, below) = beyond(z, i, place);
        computed += u8::from(joint.is_above(side));
        if is_inexact && undecided == Undecided::Refused && below <= term(Term::Decision, z.error) {
            lowest = lowest.min(index as u8);
            highest = highest.max(index as u8 + 1);
        }
    }
    let magnitude = if is_inexact { z.magnitude(i) + z.error } else { z.magnitude(i) };
    Reach { computed: Piece(computed), lowest: lowest.min(computed), highest: highest.max(computed), magnitude }
}

/// The side of κ on which z̃_i lies, and a lower bound of |z̃_i − κ|.
fn beyond(z: &Column, i: usize, kink: &Scaled) -> (Ordering, Bound) {
    if kink.mantissa == 0 {
        let side = match (z.integers.is_zero(i), z.integers.is_negative(i)) {
            (true, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            _ => Ordering::Greater,
        };
        // The leading bit alone bounds it within a factor 2; the truncated double within 2^-52.
        let (fraction, exponent) = z.integers.to_f64_exp(i);
        return (side, Bound::from_f64(fraction.abs()).scaled(exponent + z.exponent));
    }
    let above = difference(z, i, kink);
    let (fraction, exponent) = above.mantissa.to_f64_exp();
    (above.mantissa.cmp0(), Bound::from_f64(fraction.abs()).scaled(i64::from(exponent) + above.exponent))
}

/// z̃_i − κ, exactly; for magnitudes too far apart to be aligned, a number with the same sign and almost the magnitude
/// of the larger.
fn difference(z: &Column, i: usize, kink: &Scaled) -> Scaled {
    let entry = z.entry(i);
    match (entry.top(), kink.top()) {
        (_, None) => entry,
        (None, Some(_)) => negated(kink),
        (Some(top), Some(kink_top)) if (entry.exponent - kink.exponent).abs() > LONGEST_ALIGNMENT => {
            // They differ by far more bits than either has, so the larger one decides.
            if top > kink_top { entry } else { negated(kink) }
        }
        _ => {
            let exponent = entry.exponent.min(kink.exponent);
            Scaled { mantissa: entry.aligned(exponent) - kink.aligned(exponent), exponent }
        }
    }
}

fn negated(x: &Scaled) -> Scaled {
    Scaled { mantissa: rug::Integer::from(-&x.mantissa), exponent: x.exponent }
}

/// φ and φ' of one sample's pre-activations at p bits. `slope` is PReLU's stored parameter.
///
/// # Errors
/// A value exceeds the range of exponents, or may lie on either side of a jump of φ itself.
pub fn activate(
    activation: &Activation,
    slope: Option<f64>,
    z: &Column,
    precision: impl Into<Precision>,
    undecided: Undecided,
) -> Result<Activated, Unproven> {
    let precision = precision.into();
    let activation = match slope {
        Some(slope) => Activation::Prelu { slope },
        None => *activation,
    };
    let joints = activation.joints();
    let places: Vec<Scaled> = joints.iter().map(|joint| Scaled::from_f64(joint.at)).collect();
    let reaches: Vec<Reach> = (0..z.len()).map(|i| locate(&joints, &places, z, i, undecided)).collect();
    let open = |worst: Break| reaches.iter().filter(|reach| !reach.crosses_at_most(&joints, worst)).count();
    let jumps = open(Break::Slope);
    if jumps > 0 {
        return Err(Unproven::UndecidedBranch { count: jumps });
    }
    let working = precision.wider(GUARD);
    let epsilon = working.unit().scaled(1);
    let moved = || (0..z.len()).filter(|&i| z.inexact.get(i));

    // α' ≤ Λ₁ζ + ε‖ã'‖ + what vanishes, and what storing adds; where φ is constant, an inexact z does not move it.
    let steepness: Vec<Bound> = reaches.iter().map(|reach| steepest(&activation, reach)).collect();
    let (ready_values, ready_derivatives) = ready(&activation, z, working.kept());
    let function = Function::Value(activation);
    let (values, rounded) = evaluate_entries(&function, z, &reaches, ready_values, working.kept())?;
    let inexact = Bits::from_fn(z.len(), |i| (z.inexact.get(i) && !steepness[i].is_zero()) || rounded.get(i));
    let largest_slope = moved().map(|i| steepness[i]).fold(Bound::ZERO, Bound::max);
    let propagated = term(Term::ActivationPropagated, largest_slope * z.error);
    let evaluated = epsilon * norm(magnitudes(&values, &rounded)) + vanished(&values, &rounded);
    let own = term(Term::ActivationEvaluation, evaluated);
    let value = Column::store(values, inexact, propagated + own, precision);

    let is_open = |reach: &Reach| !reach.crosses_at_most(&joints, Break::Curvature);
    let pieces: Vec<Option<Piece>> = reaches.iter().map(|reach| (!is_open(reach)).then_some(reach.computed)).collect();
    let undecided_count = open(Break::Curvature);
    if undecided_count > 0 {
        let derivative = Err(Unproven::UndecidedBranch { count: undecided_count });
        return Ok(Activated { value, derivative, pieces });
    }
    // D = Λ₂ζ + ε·max|d̃| + what vanishes; where φ' is constant on the pieces, an inexact z does not move it.
    let curved: Vec<f64> = reaches
        .iter()
        .map(|reach| reach.pieces().map(|piece| activation.curvature(piece)).fold(0.0, f64::max))
        .collect();
    let function = Function::Derivative(activation);
    let evaluated = evaluate_entries(&function, z, &reaches, ready_derivatives, working.kept());
    let derivative = evaluated.map(|(values, rounded)| {
        let inexact = Bits::from_fn(z.len(), |i| (z.inexact.get(i) && curved[i] != 0.0) || rounded.get(i));
        let most_curved = Bound::from_f64(moved().map(|i| curved[i]).fold(0.0, f64::max));
        let bent = term(Term::DerivativeCurvature, most_curved * z.error);
        let rounding = magnitudes(&values, &rounded).fold(Bound::ZERO, Bound::max);
        let evaluated = epsilon * rounding + vanished(&values, &rounded);
        let error = bent + term(Term::DerivativeEvaluation, evaluated);
        Derivative { largest: largest(&values), values, inexact, error }
    });
    Ok(Activated { value, derivative, pieces })
}

/// Those of a set of entries.
fn magnitudes(values: &Entries, set: &Bits) -> impl Iterator<Item = Bound> {
    (0..values.len()).filter(|&i| set.get(i)).map(|i| values.magnitude(i))
}

/// A bound of the values of a set that vanish, in the 2-norm.
fn vanished(values: &Entries, set: &Bits) -> Bound {
    let count = (0..values.len()).filter(|&i| set.get(i) && values.integers.is_zero(i)).count();
    Bound::from_f64(count as f64).sqrt() * BELOW
}

/// Λ₁ over the pieces in reach.
fn steepest(activation: &Activation, reach: &Reach) -> Bound {
    let on = |piece: Piece| {
        let Growth { constant, per_reach } = activation.lipschitz(piece);
        Bound::from_f64(constant) + Bound::from_f64(per_reach) * reach.magnitude
    };
    reach.pieces().map(on).fold(Bound::ZERO, Bound::max)
}

/// φ and φ' at each entry of z̃ for which the quick phase gives them, together because they share most of the work.
fn ready(activation: &Activation, z: &Column, working: u32) -> (Vec<Option<Scaled>>, Vec<Option<Scaled>>) {
    if !quick::covers(activation) {
        return (vec![None; z.len()], vec![None; z.len()]);
    }
    let number =
        |i: usize| Number { negative: z.integers.is_negative(i), words: z.integers.magnitude(i), exponent: z.exponent };
    (0..z.len()).map(|i| quick_pair(*activation, number(i), working)).unzip()
}

/// A function at each entry of z̃, and which of the values are inexact; uses the values of the quick phase, otherwise
/// enclosures.
fn evaluate_entries(
    function: &Function,
    z: &Column,
    reaches: &[Reach],
    ready: Vec<Option<Scaled>>,
    working: u32,
) -> Result<(Entries, Bits), Unproven> {
    let polynomial_on = |piece: Piece| {
        let polynomial = match function {
            Function::Value(activation) => activation.polynomial(piece),
            Function::Derivative(activation) => activation.polynomial(piece).map(|value| value.derivative()),
            Function::Exp | Function::SquareRoot => None,
        };
        polynomial.filter(Quadratic::is_binary)
    };
    if let Function::Value(activation) | Function::Derivative(activation) = function {
        let pieces: Option<Vec<Quadratic>> =
            (0..activation.pieces()).map(|piece| polynomial_on(Piece(piece as u8))).collect();
        if let Some(values) = pieces.and_then(|pieces| single_terms(&pieces, z, reaches)) {
            return Ok((values, Bits::new(z.len())));
        }
    }
    let mut rounded = Bits::new(z.len());
    let mut values = Vec::with_capacity(z.len());
    for (i, (reach, ready)) in reaches.iter().zip(ready).enumerate() {
        if let Some(polynomial) = polynomial_on(reach.computed) {
            values.push(exact_value(&polynomial, &z.entry(i))?);
            continue;
        }
        if let Some(value) = ready {
            rounded.set(i);
            values.push(value);
            continue;
        }
        let entry = z.entry(i);
        let length = entry.mantissa.significant_bits().max(2);
        let argument = float(&entry.mantissa, entry.exponent, length).ok_or(Unproven::ExponentRange)?;
        let enclosed = evaluate(function, &argument, working)?;
        if !enclosed.exact {
            rounded.set(i);
        }
        values.push(Scaled::from_float(&enclosed.value));
    }
    Ok((values.into(), rounded))
}

/// The values if every piece is a constant or a multiple of z: one product of integers each.
fn single_terms(pieces: &[Quadratic], z: &Column, reaches: &[Reach]) -> Option<Entries> {
    let is_single = |piece: &Quadratic| piece.a == 0.0 && (piece.b == 0.0 || piece.c == 0.0);
    if !pieces.iter().all(is_single) {
        return None;
    }
    let constants = pieces.iter().all(|piece| piece.b == 0.0);
    let coefficients = Entries::from_doubles(pieces.iter().map(|piece| if piece.b == 0.0 { piece.c } else { piece.b }));
    let mut integers = Integers::zeros(z.len(), if constants { 1 } else { z.integers.words() + 1 });
    let mut exponents = vec![0; z.len()];
    for (i, reach) in reaches.iter().enumerate() {
        let piece = usize::from(reach.computed.0);
        exponents[i] = coefficients.exponents[piece];
        if pieces[piece].b == 0.0 {
            integers.set_shifted(i, &coefficients.integers, piece, 0);
        } else {
            integers.set_product(i, (&z.integers, i), (&coefficients.integers, piece));
            exponents[i] += z.exponent;
        }
    }
    Some(Entries { integers, exponents })
}

/// a·z² + b·z + c without any rounding.
fn exact_value(polynomial: &Quadratic, z: &Scaled) -> Result<Scaled, Unproven> {
    let Quadratic { a, b, c, .. } = *polynomial;
    if z.exponent.abs() > LARGEST_EXPONENT {
        return Err(Unproven::ExponentRange);
    }
    let product = |coefficient: f64, x: Scaled| {
        let Scaled { mantissa, exponent } = Scaled::from_f64(coefficient);
        Scaled { mantissa: mantissa * x.mantissa, exponent: exponent + x.exponent }
    };
    let square = || Scaled { mantissa: rug::Integer::from(z.mantissa.square_ref()), exponent: 2 * z.exponent };
    let mut terms = Vec::with_capacity(3);
    if a != 0.0 {
        terms.push(product(a, square()));
    }
    if b != 0.0 {
        terms.push(product(b, z.clone()));
    }
    if c != 0.0 {
        terms.push(Scaled::from_f64(c));
    }
    terms.retain(|term| term.mantissa != 0);
    let lowest = terms.iter().map(|term| term.exponent).min().unwrap_or(0);
    let highest = terms.iter().map(|term| term.exponent).max().unwrap_or(0);
    if highest - lowest > LONGEST_ALIGNMENT {
        return Err(Unproven::ExponentRange);
    }
    let mut sum = rug::Integer::new();
    terms.into_iter().for_each(|term| sum += term.mantissa << (term.exponent - lowest) as u32);
    Ok(Scaled { mantissa: sum, exponent: lowest })
}

/// δ = g·d at p bits: β' ≤ (max|d̃| + D)γ + D‖g̃‖₂, and what storing adds.
pub fn backward(g: &Column, d: &Derivative, precision: impl Into<Precision>) -> Column {
    let is_zero = |i: usize| g.is_exact_zero(i) || (d.values.integers.is_zero(i) && !d.inexact.get(i));
    let inexact = Bits::from_fn(g.len(), |i| (g.inexact.get(i) || d.inexact.get(i)) && !is_zero(i));
    let mut integers = Integers::zeros(g.len(), g.integers.words() + d.values.integers.words());
    (0..g.len()).for_each(|i| integers.set_product(i, (&g.integers, i), (&d.values.integers, i)));
    let exponents = d.values.exponents.iter().map(|exponent| g.exponent + exponent).collect();
    let error = if inexact.any() {
        term(Term::BackwardPropagated, d.largest * g.error)
            + term(Term::BackwardCrossed, d.error * g.error)
            + term(Term::BackwardDerivative, d.error * g.norm())
    } else {
        Bound::ZERO
    };
    Column::store(Entries { integers, exponents }, inexact, error, precision)
}

fn largest(values: &Entries) -> Bound {
    (0..values.len()).map(|i| values.magnitude(i)).fold(Bound::ZERO, Bound::max)
}

/// PReLU's slope gradient Σ_s Σ_i g_is·z⁻_is (1 × 1), z⁻ = z on the left piece and 0 elsewhere:
/// |ds − ds̃| ≤ Σ_s (γ_s‖z̃⁻‖ + ‖g̃⁻‖ζ_s + γ_sζ_s) + rounding, where g̃⁻ has the units on the left, and those that may lie
/// there: z⁻ moves by no more than z does. (φ' need not jump at 0: a slope of 1 leaves the side open.)
pub fn slope_gradient(
    gradients: &[Column],
    preactivations: &[Column],
    pieces: &[Vec<Option<Piece>>],
    precision: u32,
) -> Result<TrueTensor, Unproven> {
    let mut error = Bound::ZERO;
    let mut entries = Vec::with_capacity(gradients.len());
    let mut inexact = Bits::new(gradients.len());
    for (s, ((g, z), pieces)) in gradients.iter().zip(preactivations).zip(pieces).enumerate() {
        let left: Vec<usize> = (0..g.len()).filter(|&i| pieces[i] == Some(Piece(0))).collect();
        let sum: Integer = left.iter().map(|&i| g.integers.to_rug(i) * z.integers.to_rug(i)).sum();
        let is_inexact =
            |i: usize| (g.inexact.get(i) || z.inexact.get(i)) && !g.is_exact_zero(i) && !z.is_exact_zero(i);
        let may_be_left =
            |i: usize| pieces[i] == Some(Piece(0)) || z.inexact.get(i) && beyond(z, i, &Scaled::zero()).1 <= z.error;
        let near: Vec<usize> = (0..g.len()).filter(|&i| may_be_left(i)).collect();
        if near.iter().any(|&i| is_inexact(i)) {
            inexact.set(s);
            let norm_of = |column: &Column, units: &[usize]| norm(units.iter().map(|&i| column.magnitude(i)));
            error = error
                + term(Term::SlopeGradient, g.error * norm_of(z, &left))
                + term(Term::SlopeInput, norm_of(g, &near) * z.error)
                + term(Term::SlopeCrossed, g.error * z.error);
        }
        entries.push(Scaled { mantissa: sum, exponent: g.exponent + z.exponent });
    }
    let samples = Bound::from_f64(gradients.len() as f64).sqrt();
    let stored = Column::store(entries, inexact, Bound::ZERO, 3 * precision);
    let sum: Integer = (0..stored.len()).map(|s| stored.integers.to_rug(s)).sum();
    // The entries' rounding adds up to at most √samples times its 2-norm.
    let error = error + term(Term::SlopeAlignment, samples * stored.error);
    let exact = !stored.inexact.any();
    let constant = if exact { Bound::ZERO } else { error };
    let bounds = EntryBounds::RankOne { rows: vec![Bound::ZERO], columns: vec![Bound::ZERO], constant };
    let entries = vec![Scaled { mantissa: sum, exponent: stored.exponent }];
    TrueTensor::new((1, 1), entries.into(), vec![exact], bounds, constant)
}
