//! True parameter gradients as sums over the batch, with entrywise bounds of rank one.

use super::Unproven;
use super::bound::Bound;
use super::column::{Bits, Column, Scaled, float, norm, shift};
use super::term::{Term, term};
use crate::activation::Piece;
use ndarray::Array2;
use rayon::prelude::*;
use rug::{Float, Integer};

/// A true gradient tensor: values, what is exact, and what bounds the rest.
#[derive(Clone, Debug)]
pub struct TrueTensor {
    /// g̃, the computed values.
    pub values: Array2<Float>,
    /// True where g̃ is the true value.
    pub exact: Array2<bool>,
    /// E_ij = row_i + column_j + constant for entries that are not exact.
    rows: Vec<Bound>,
    columns: Vec<Bound>,
    constant: Bound,
    /// At least ‖g − g̃‖₂ over all entries.
    pub error: Bound,
}

impl TrueTensor {
    /// E_ij: at least |g_ij − g̃_ij|; zero for an exact entry.
    pub fn entry_error(&self, (i, j): (usize, usize)) -> Bound {
        if self.exact[(i, j)] { Bound::ZERO } else { self.rows[i] + self.columns[j] + self.constant }
    }

    /// A tensor of known exact values, as tests and known answers need it.
    pub fn known(values: Array2<Float>) -> TrueTensor {
        let (rows, columns) = values.dim();
        TrueTensor {
            exact: Array2::from_elem((rows, columns), true),
            values,
            rows: vec![Bound::ZERO; rows],
            columns: vec![Bound::ZERO; columns],
            constant: Bound::ZERO,
            error: Bound::ZERO,
        }
    }

    /// The same values, none of them exact, each within `error` of the truth.
    pub fn blurred(values: Array2<Float>, error: Bound) -> TrueTensor {
        let entries = Bound::from_f64(values.len() as f64).sqrt();
        TrueTensor {
            exact: Array2::from_elem(values.dim(), false),
            constant: error,
            error: entries * error,
            ..TrueTensor::known(values)
        }
    }
}

/// dW = Σ_s δ_s·a_sᵀ (out × in). With inputs of a single exact 1 it is the bias gradient.
///
/// |dW_ij − dW̃_ij| ≤ Σ_s (β_s|ã_js| + |δ̃_is|α_s + α_sβ_s) + u·max|dW̃|: a column part, a row part and a
/// constant. Each term is of rank one, so the whole tensor's norm is at most
/// Σ_s (β_s‖ã_s‖ + ‖δ̃_s‖α_s + α_sβ_s) + u‖dW̃‖. Samples are brought to one exponent first; where that
/// drops bits of k entries of δ_s, √k half units join β_s. The integer sums are exact; u = 2^-precision
/// is the conversion of inexact entries.
pub fn weight_gradient(deltas: &[Column], inputs: &[&Column], precision: u32) -> Result<TrueTensor, Unproven> {
    let (rows, columns) = (deltas[0].len(), inputs[0].len());
    let samples = deltas.len();
    let top = |column: &Column| {
        column.mantissas.iter().map(Integer::significant_bits).max().filter(|&bits| bits > 0).map(i64::from)
    };
    // Where both factors have digits: lowest unit and top of the sample's products.
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

    let mut aligned: Vec<Column> = Vec::with_capacity(samples);
    for ((delta, input), span) in deltas.iter().zip(inputs).zip(&spans) {
        let mut shifted = delta.clone();
        if let Some((unit, _)) = span {
            let mut rounded = 0u64;
            for i in 0..rows {
                let (mantissa, lost) = shift(std::mem::take(&mut shifted.mantissas[i]), unit - exponent);
                shifted.mantissas[i] = mantissa;
                if lost {
                    shifted.inexact.set(i);
                    rounded += 1;
                }
            }
            shifted.exponent = exponent - input.exponent;
            let half_units = Bound::from_f64(rounded as f64).sqrt().scaled(shifted.exponent - 1);
            shifted.error = shifted.error + term(Term::WeightAlignment, half_units);
        }
        aligned.push(shifted);
    }

    let over_samples = |length: usize, set: &dyn Fn(usize, usize) -> bool| -> Vec<Bits> {
        (0..length).map(|i| Bits::from_fn(samples, |s| set(s, i))).collect()
    };
    let delta_exact = over_samples(rows, &|s, i| !aligned[s].inexact.get(i));
    let delta_zero = over_samples(rows, &|s, i| aligned[s].is_exact_zero(i));
    let input_exact = over_samples(columns, &|s, j| !inputs[s].inexact.get(j));
    let input_zero = over_samples(columns, &|s, j| inputs[s].is_exact_zero(j));

    // Rows in parallel, each sum in the order of the samples.
    let computed: Vec<Option<Vec<(Float, bool)>>> = (0..rows)
        .into_par_iter()
        .map(|i| {
            let entry = |j: usize| {
                let mut sum = Integer::new();
                for (delta, input) in aligned.iter().zip(inputs) {
                    if delta.mantissas[i] != 0 {
                        sum += &delta.mantissas[i] * &input.mantissas[j];
                    }
                }
                let is_exact =
                    !Bits::unexcused(samples, (&delta_exact[i], &input_exact[j]), &delta_zero[i], &input_zero[j]);
                let bits = if is_exact { sum.significant_bits().max(precision) } else { precision };
                Some((float(&sum, exponent, bits)?, is_exact))
            };
            (0..columns).map(entry).collect()
        })
        .collect();
    let computed: Vec<Vec<(Float, bool)>> =
        computed.into_iter().collect::<Option<_>>().ok_or(Unproven::ExponentRange)?;
    let (values, exact): (Vec<Float>, Vec<bool>) = computed.into_iter().flatten().unzip();

    // Half a unit in the last place of p bits is at most u times the rounded value.
    let conversions = || {
        let converted = values.iter().zip(&exact).filter(|(_, is_exact)| !**is_exact);
        converted.map(|(value, _)| Bound::from_float(value).scaled(-i64::from(precision)))
    };
    let terms = || aligned.iter().zip(inputs);
    let row_parts: Vec<Bound> = (0..rows)
        .map(|i| term(Term::WeightInput, terms().map(|(delta, input)| delta.magnitude(i) * input.error).sum()))
        .collect();
    let column_parts: Vec<Bound> = (0..columns)
        .map(|j| term(Term::WeightDelta, terms().map(|(delta, input)| delta.error * input.magnitude(j)).sum()))
        .collect();
    let crossed: Bound = terms().map(|(delta, input)| delta.error * input.error).sum();
    let constant =
        term(Term::WeightCrossed, crossed) + term(Term::WeightConversion, conversions().fold(Bound::ZERO, Bound::max));
    let error = if exact.iter().all(|&exact| exact) {
        Bound::ZERO
    } else {
        term(Term::WeightDeltaNorm, terms().map(|(delta, input)| delta.error * input.norm()).sum())
            + term(Term::WeightInputNorm, terms().map(|(delta, input)| delta.norm() * input.error).sum())
            + term(Term::WeightCrossedNorm, crossed)
            + term(Term::WeightConversionNorm, norm(conversions()))
    };
    let shape = "invariant: rows × columns values";
    Ok(TrueTensor {
        values: Array2::from_shape_vec((rows, columns), values).expect(shape),
        exact: Array2::from_shape_vec((rows, columns), exact).expect(shape),
        rows: row_parts,
        columns: column_parts,
        constant,
        error,
    })
}

/// PReLU's slope gradient Σ_s Σ_i g_is·z⁻_is (1 × 1), z⁻ = z on the left piece and 0 elsewhere:
/// |ds − ds̃| ≤ Σ_s (γ_s‖z̃⁻‖ + ‖g̃⁻‖ζ_s + γ_sζ_s) + rounding.
pub fn slope_gradient(
    gradients: &[Column],
    preactivations: &[&Column],
    pieces: &[&[Option<Piece>]],
    precision: u32,
) -> Result<TrueTensor, Unproven> {
    let mut error = Bound::ZERO;
    let mut entries = Vec::with_capacity(gradients.len());
    let mut inexact = Bits::new(gradients.len());
    for (s, ((g, z), pieces)) in gradients.iter().zip(preactivations).zip(pieces).enumerate() {
        let left: Vec<usize> = (0..g.len()).filter(|&i| pieces[i] == Some(Piece(0))).collect();
        let mut sum = Integer::new();
        left.iter().for_each(|&i| sum += &g.mantissas[i] * &z.mantissas[i]);
        let is_inexact =
            |i: usize| (g.inexact.get(i) || z.inexact.get(i)) && !g.is_exact_zero(i) && !z.is_exact_zero(i);
        if left.iter().any(|&i| is_inexact(i)) {
            inexact.set(s);
            let norm_of = |column: &Column| norm(left.iter().map(|&i| column.magnitude(i)));
            error = error
                + term(Term::SlopeGradient, g.error * norm_of(z))
                + term(Term::SlopeInput, norm_of(g) * z.error)
                + term(Term::SlopeCrossed, g.error * z.error);
        }
        entries.push(Scaled { mantissa: sum, exponent: g.exponent + z.exponent });
    }
    let samples = Bound::from_f64(gradients.len() as f64).sqrt();
    let stored = Column::store(entries, inexact, Bound::ZERO, 3 * precision);
    let sum: Integer = stored.mantissas.iter().sum();
    // The entries' rounding adds up to at most √samples times its 2-norm.
    let error = error + term(Term::SlopeAlignment, samples * stored.error);
    let exact = !stored.inexact.any();
    let bits = if exact { sum.significant_bits().max(precision) } else { precision };
    let value = float(&sum, stored.exponent, bits).ok_or(Unproven::ExponentRange)?;
    let rounding = Bound::from_float(&value).scaled(-i64::from(precision));
    let constant = if exact { Bound::ZERO } else { error + term(Term::SlopeConversion, rounding) };
    Ok(TrueTensor {
        values: Array2::from_elem((1, 1), value),
        exact: Array2::from_elem((1, 1), exact),
        rows: vec![Bound::ZERO],
        columns: vec![Bound::ZERO],
        constant,
        error: constant,
    })
}

/// δ of the whole batch (units × batch): each sample's β_s bounds its entries and its column's norm.
pub fn activation_gradient(deltas: &[Column], precision: u32) -> Result<TrueTensor, Unproven> {
    let (rows, samples) = (deltas[0].len(), deltas.len());
    let mut values = Vec::with_capacity(rows * samples);
    for i in 0..rows {
        for delta in deltas {
            let bits = delta.mantissas[i].significant_bits().max(precision);
            values.push(float(&delta.mantissas[i], delta.exponent, bits).ok_or(Unproven::ExponentRange)?);
        }
    }
    let errors: Vec<Bound> =
        deltas.iter().map(|delta| if delta.inexact.any() { delta.error } else { Bound::ZERO }).collect();
    Ok(TrueTensor {
        values: Array2::from_shape_vec((rows, samples), values).expect("invariant: rows × samples values"),
        exact: Array2::from_shape_fn((rows, samples), |(i, s)| !deltas[s].inexact.get(i)),
        rows: vec![Bound::ZERO; rows],
        error: norm(errors.iter().map(|&error| term(Term::DeltaNorm, error))),
        columns: errors.into_iter().map(|error| term(Term::DeltaEntry, error)).collect(),
        constant: Bound::ZERO,
    })
}
