//! The norm-wise lemma of affine steps, forward (W·a + b) and backward (Wᵀ·δ), and of the gradients of weights and biases.
//!
//! Weights are integers w_ij at one exponent, so every product and sum is an exact integer: ρ, the product's own
//! rounding, is zero. Only the column's error remains, propagated by the exact matrix: ‖W(a − ã)‖₂ ≤ σα. An entry is
//! exact if every term is: its a_j is exact, or its w_ij is zero.

use crate::arithmetic::kernels::limbs::{self, Cut, Left, Right};
use crate::enclosure::Bound;
use crate::integers::{Integers, words_for};
use crate::norm::column::{Bits, Column, Entries};
use crate::norm::spectral::spectral_norm_bound;
use crate::norm::tensor::{EntryBounds, TrueTensor};
use crate::norm::term::{Term, term};
use crate::norm::unproven::Unproven;
use ndarray::Array2;
use rug::Integer;
use std::borrow::Cow;

/// Planes of limbs that weights in vector lanes may have.
const MOST_PLANES: u32 = 4;

/// Integers at one exponent, row by row.
enum Mantissas {
    /// Integers in vector lanes.
    Lanes(Left),
    /// The range exceeds what the kernels can represent.
    Long(Vec<Integer>),
}

/// An exact weight matrix prepared for products with columns from either side.
pub struct Weights {
    rows: usize,
    columns: usize,
    exponent: i64,
    mantissas: Mantissas,
    /// The nonzero weights, per row and per column.
    support: [Vec<Bits>; 2],
    /// σ ≥ ‖W‖₂.
    norm: Bound,
}

/// The direction of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// W·a
    Forward,
    /// Wᵀ·δ
    Back,
}

impl Weights {
    /// W and its σ.
    pub fn new(values: &Array2<f64>) -> Weights {
        let (rows, columns) = values.dim();
        let Column { exponent, integers, .. } = Column::exact(values.iter().copied());
        let bits = integers.longest();
        let mantissas = match Cut::left_of(bits, rows.max(columns), MOST_PLANES) {
            Some(cut) => Mantissas::Lanes(Left::new((rows, columns), bits, cut, |i, k| {
                let index = i * columns + k;
                (integers.magnitude(index), integers.is_negative(index))
            })),
            None => Mantissas::Long((0..integers.len()).map(|i| integers.to_rug(i)).collect()),
        };
        let support = [
            values.rows().into_iter().map(|row| Bits::from_fn(columns, |j| row[j] != 0.0)).collect(),
            values.columns().into_iter().map(|column| Bits::from_fn(rows, |i| column[i] != 0.0)).collect(),
        ];
        Weights { rows, columns, exponent, mantissas, support, norm: spectral_norm_bound(values) }
    }

    /// W·a or Wᵀ·δ of every sample, with an error of at most σα; nothing is rounded.
    pub fn multiply(&self, way: Way, samples: &[Column]) -> Vec<Column> {
        let (rows, terms) = match way {
            Way::Forward => (self.rows, self.columns),
            Way::Back => (self.columns, self.rows),
        };
        assert!(samples.iter().all(|sample| sample.len() == terms), "invariant: shapes agree");
        let products = match &self.mantissas {
            Mantissas::Lanes(left) => in_lanes(left, way, samples),
            Mantissas::Long(weights) => {
                let weight = |i: usize, k: usize| match way {
                    Way::Forward => &weights[i * self.columns + k],
                    Way::Back => &weights[k * self.columns + i],
                };
                let of_sample = |sample: &Column| {
                    let numbers: Vec<Integer> = (0..terms).map(|k| sample.integers.to_rug(k)).collect();
                    let sum = |i: usize| numbers.iter().enumerate().map(|(k, a)| Integer::from(a * weight(i, k))).sum();
                    Integers::from_rug(&(0..rows).map(sum).collect::<Vec<Integer>>())
                };
                samples.iter().map(of_sample).collect()
            }
        };
        let support = match way {
            Way::Forward => &self.support[0],
            Way::Back => &self.support[1],
        };
        let finish = |(sample, integers): (&Column, Integers)| {
            let inexact = Bits::from_fn(rows, |i| support[i].meets(&sample.inexact));
            let error = if inexact.any() { self.norm * sample.error } else { Bound::ZERO };
            let error = term(Term::AffinePropagated, error);
            Column { exponent: self.exponent + sample.exponent, integers, inexact, error }
        };
        samples.iter().zip(products).map(finish).collect()
    }
}

/// The product with all samples at once.
fn in_lanes(left: &Left, way: Way, samples: &[Column]) -> Vec<Integers> {
    let turned;
    let left = match way {
        Way::Forward => left,
        Way::Back => {
            turned = left.transposed();
            &turned
        }
    };
    let (rows, terms) = left.dim();
    let longest = samples.iter().map(|sample| sample.integers.longest()).max().unwrap_or(0);
    let right = Right::new((terms, samples.len()), longest, left.cut(), |k, s| {
        (samples[s].integers.magnitude(k), samples[s].integers.is_negative(k))
    });
    let all = limbs::product(left, &right);
    let of_sample = |s: usize| {
        let bits = (0..rows).map(|i| all.bits(i * samples.len() + s)).max().unwrap_or(0);
        let mut integers = Integers::zeros(rows, words_for(u64::from(bits)));
        (0..rows).for_each(|i| {
            let index = i * samples.len() + s;
            integers.set(i, all.is_negative(index), all.magnitude(index));
        });
        integers
    };
    (0..samples.len()).map(of_sample).collect()
}

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
