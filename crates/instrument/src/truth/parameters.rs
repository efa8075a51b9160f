//! Exact parameter gradients as sums over the batch, with entrywise bounds of rank one.

use super::Unproven;
use super::column::{Bits, Column, Entries, Scaled, norm};
use super::elementwise::beyond;
use super::tensor::{EntryBounds, TrueTensor};
use super::term::{Term, term};
use crate::activation::Piece;
use crate::arithmetic::kernels::limbs::{self, Cut, Left, Right};
use crate::enclosure::Bound;
use crate::integers::{Integers, words_for};
use rug::Integer;
use std::borrow::Cow;

/// dW = Σ_s δ_s·a_sᵀ (out × in). With inputs of a single exact 1 it is the bias gradient.
///
/// |dW_ij − dW̃_ij| ≤ Σ_s (β_s|ã_js| + |δ̃_is|α_s + α_sβ_s): a column part, a row part and a constant. Each term
/// is of rank one, so the whole tensor's norm is at most Σ_s (β_s‖ã_s‖ + ‖δ̃_s‖α_s + α_sβ_s). Digits of one factor that
/// the error of the other drowns are left out first (`balanced`). Samples are brought to one exponent; where that
/// drops bits of k entries of δ_s, √k half units join β_s. The integer sums are exact.
pub fn weight_gradient(
    deltas: &[Column],
    inputs: &[Column],
    precision: u32,
    wanted: Option<u32>,
) -> Result<TrueTensor, Unproven> {
    let (rows, columns) = (deltas[0].len(), inputs[0].len());
    let samples = deltas.len();
    let (deltas, inputs): (Vec<Cow<Column>>, Vec<Cow<Column>>) =
        deltas.iter().zip(inputs).map(|(delta, input)| balanced(delta, input, wanted)).unzip();
    let (aligned, exponent) = aligned(&deltas, &inputs, precision);

    let over_samples = |length: usize, set: &dyn Fn(usize, usize) -> bool| -> Vec<Bits> {
        (0..length).map(|i| Bits::from_fn(samples, |s| set(s, i))).collect()
    };
    let delta_exact = over_samples(rows, &|s, i| !aligned[s].inexact.get(i));
    let delta_zero = over_samples(rows, &|s, i| aligned[s].is_exact_zero(i));
    let input_exact = over_samples(columns, &|s, j| !inputs[s].inexact.get(j));
    let input_zero = over_samples(columns, &|s, j| inputs[s].is_exact_zero(j));
    let is_exact = |i: usize, j: usize| {
        !Bits::unexcused(samples, (&delta_exact[i], &input_exact[j]), &delta_zero[i], &input_zero[j])
    };
    let exact: Vec<bool> = (0..rows * columns).map(|index| is_exact(index / columns, index % columns)).collect();
    let entries = Entries::at(products(&aligned, &inputs), exponent);

    let terms = || aligned.iter().zip(&inputs);
    let row_parts: Vec<Bound> = (0..rows)
        .map(|i| term(Term::WeightInput, terms().map(|(delta, input)| delta.magnitude(i) * input.error).sum()))
        .collect();
    let column_parts: Vec<Bound> = (0..columns)
        .map(|j| term(Term::WeightDelta, terms().map(|(delta, input)| delta.error * input.magnitude(j)).sum()))
        .collect();
    let crossed: Bound = terms().map(|(delta, input)| delta.error * input.error).sum();
    let error = if exact.iter().all(|&exact| exact) {
        Bound::ZERO
    } else {
        term(Term::WeightDeltaNorm, terms().map(|(delta, input)| delta.error * input.norm()).sum())
            + term(Term::WeightInputNorm, terms().map(|(delta, input)| delta.norm() * input.error).sum())
            + term(Term::WeightCrossedNorm, crossed)
    };
    let bounds =
        EntryBounds::RankOne { rows: row_parts, columns: column_parts, constant: term(Term::WeightCrossed, crossed) };
    TrueTensor::new((rows, columns), entries, exact, bounds, error)
}

/// Bits of a factor that are kept below the effect of the other factor's error.
const SPARE: i64 = 10;
/// Bits of a factor that are kept below the requested bits of the gradient, because gradients of samples cancel.
const BELOW_WANTED: i64 = 32;

/// δ_s and a_s without irrelevant digits: an error of 2^-k of one factor's norm exists whatever the other factor's
/// digits beyond k are, and digits beyond the requested bits are not needed. Factors without any error are unchanged.
fn balanced<'c>(delta: &'c Column, input: &'c Column, wanted: Option<u32>) -> (Cow<'c, Column>, Cow<'c, Column>) {
    // The bits to which a factor is known.
    let known = |column: &Column| Some(column.norm().exponent()? - column.error.exponent()?);
    let Some(bits) = [known(delta), known(input)].into_iter().flatten().min() else {
        return (Cow::Borrowed(delta), Cow::Borrowed(input));
    };
    let bits = wanted.map_or(bits + SPARE, |wanted| (bits + SPARE).min(i64::from(wanted) + BELOW_WANTED));
    let entries = i64::from(usize::BITS - delta.len().max(input.len()).leading_zeros());
    let kept = (bits + entries).max(i64::from(u64::BITS)) as u32;
    let short = |column: &'c Column| match column.integers.longest() <= kept {
        true => Cow::Borrowed(column),
        false => Cow::Owned(column.stored(kept)),
    };
    (short(delta), short(input))
}

/// δ of every sample such that its products with the sample's input have one exponent, and that exponent: at most 2p
/// bits of the largest product are kept.
fn aligned(deltas: &[Cow<Column>], inputs: &[Cow<Column>], precision: u32) -> (Vec<Column>, i64) {
    let top = |column: &Column| Some(column.integers.longest()).filter(|&bits| bits > 0).map(i64::from);
    // The lowest unit and the top of the sample's products, where both factors have digits.
    let spans: Vec<Option<(i64, i64)>> = deltas
        .iter()
        .zip(inputs)
        .map(|(delta, input)| {
            let unit = delta.exponent + input.exponent;
            Some((unit, unit + top(delta)? + top(input)?))
        })
        .collect();
    let lowest = spans.iter().flatten().map(|span| span.0).min().unwrap_or(0);
    let highest = spans.iter().flatten().map(|span| span.1).max().unwrap_or(0);
    let exponent = lowest.max(highest - 2 * i64::from(precision));
    let align = |s: usize| {
        let (delta, input, span) = (&deltas[s], &inputs[s], spans[s]);
        let Some((unit, _)) = span else { return delta.clone().into_owned() };
        let by = unit - exponent;
        let length = i64::from(delta.integers.longest()) + by + 1;
        let mut integers = Integers::zeros(delta.len(), words_for(length.max(1).unsigned_abs()));
        let mut inexact = delta.inexact.clone();
        let mut rounded = 0u64;
        for i in 0..delta.len() {
            if integers.set_shifted(i, &delta.integers, i, by) {
                inexact.set(i);
                rounded += 1;
            }
        }
        let exponent = exponent - input.exponent;
        let half_units = Bound::from_f64(rounded as f64).sqrt().scaled(exponent - 1);
        Column { exponent, integers, inexact, error: delta.error + term(Term::WeightAlignment, half_units) }
    };
    ((0..deltas.len()).map(align).collect(), exponent)
}

/// Σ_s δ_is·a_js for every i and j, exactly.
fn products(deltas: &[Column], inputs: &[Cow<Column>]) -> Integers {
    let (rows, columns, samples) = (deltas[0].len(), inputs[0].len(), deltas.len());
    let delta_bits = deltas.iter().map(|delta| delta.integers.longest()).max().unwrap_or(0);
    let input_bits = inputs.iter().map(|input| input.integers.longest()).max().unwrap_or(0);
    match Cut::even(delta_bits, input_bits, samples) {
        Some(cut) => {
            let left = Left::new((rows, samples), delta_bits, cut, |i, s| {
                (deltas[s].integers.magnitude(i), deltas[s].integers.is_negative(i))
            });
            let right = Right::new((samples, columns), input_bits, cut, |s, j| {
                (inputs[s].integers.magnitude(j), inputs[s].integers.is_negative(j))
            });
            limbs::product(&left, &right)
        }
        None => {
            let sum = |index: usize| {
                let terms = deltas.iter().zip(inputs);
                terms
                    .map(|(delta, input)| {
                        delta.integers.to_rug(index / columns) * input.integers.to_rug(index % columns)
                    })
                    .sum()
            };
            Integers::from_rug(&(0..rows * columns).map(sum).collect::<Vec<Integer>>())
        }
    }
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

/// δ of the whole batch (units × batch): each sample's β_s bounds its entries and its column's norm.
pub fn activation_gradient(deltas: &[Column]) -> Result<TrueTensor, Unproven> {
    let (rows, samples) = (deltas[0].len(), deltas.len());
    let words = deltas.iter().map(|delta| delta.integers.words()).max().unwrap_or(0);
    let mut integers = Integers::zeros(rows * samples, words);
    let mut exponents = vec![0; rows * samples];
    let mut exact = vec![true; rows * samples];
    for (s, delta) in deltas.iter().enumerate() {
        for i in 0..rows {
            let place = i * samples + s;
            integers.set(place, delta.integers.is_negative(i), delta.integers.magnitude(i));
            (exponents[place], exact[place]) = (delta.exponent, !delta.inexact.get(i));
        }
    }
    let errors: Vec<Bound> =
        deltas.iter().map(|delta| if delta.inexact.any() { delta.error } else { Bound::ZERO }).collect();
    let error = norm(errors.iter().map(|&error| term(Term::DeltaNorm, error)));
    let bounds = EntryBounds::RankOne {
        rows: vec![Bound::ZERO; rows],
        columns: errors.into_iter().map(|error| term(Term::DeltaEntry, error)).collect(),
        constant: Bound::ZERO,
    };
    TrueTensor::new((rows, samples), Entries { integers, exponents }, exact, bounds, error)
}
