//! Loss heads of the truth: δ at one sample's outputs.
//!
//! Both work at p + [`GUARD`] bits, so that their own rounding stays below the propagated error.

use super::Unproven;
use super::affine::add_exact;
use super::bound::Bound;
use super::column::{Bits, Column, Scaled, float, norm};
use crate::activation::{Function, enclosure};
use ndarray::Array2;
use rug::{Float, Integer};

/// Bits beyond p in which the heads are evaluated.
const GUARD: u32 = 32;

/// Softmax cross-entropy, averaged over `batch` samples: δ_k = (p_k − [k = label])/B.
///
/// The softmax's Jacobian diag(p) − ppᵀ has 2-norm at most 1/2, so ζ becomes ζ/(2B). The head's own
/// error: with t_k = y_k − max y rounded once, e^t is off by (|t| + 2)u relative, the sum of n positive
/// terms adds nu, the quotient and 1/B one u each, and p_label − 1 = −Σ_{k≠label} p_k another nu, which
/// keeps every δ_k relatively accurate: at most (2·max|t| + 2n + 10)u each, higher orders included while
/// that is below 2^-10.
pub fn cross_entropy(y: &Column, label: usize, batch: usize, precision: u32) -> Result<Column, Unproven> {
    let outputs = y.len();
    let working = precision + GUARD;
    let top = y.mantissas.iter().max().expect("invariant: a network has outputs");
    let mut largest = Bound::ZERO;
    let mut exponentials = Vec::with_capacity(outputs);
    for mantissa in &y.mantissas {
        let difference = Integer::from(mantissa - top);
        largest = largest.max(Bound::from_integer(&difference).scaled(y.exponent));
        let t = float(&difference, y.exponent, working).ok_or(Unproven::ExponentRange)?;
        let enclosed = enclosure(&Function::Exp, &t, working).map_err(|_| Unproven::ExponentRange)?;
        exponentials.push(enclosed.value);
    }
    let sum = |terms: &mut dyn Iterator<Item = &Float>| {
        let mut sum = Float::new(working);
        terms.for_each(|term| sum += term);
        sum
    };
    let total = sum(&mut exponentials.iter());
    let shares: Vec<Float> = exponentials.iter().map(|e| Float::with_val(working, e / &total) / batch as u32).collect();
    let others = sum(&mut shares.iter().enumerate().filter(|(k, _)| *k != label).map(|(_, share)| share));
    let entries: Vec<Scaled> = (0..outputs)
        .map(|k| Scaled::from_float(&if k == label { Float::with_val(working, -&others) } else { shares[k].clone() }))
        .collect();
    let units = largest.scaled(1) + Bound::from_f64(2.0 * outputs as f64 + 10.0);
    let relative = units.scaled(-i64::from(working));
    if relative > Bound::power_of_two(-10) {
        return Err(Unproven::TooWide);
    }
    // A softmax of one output is exactly 1, its gradient exactly 0; every other share is transcendental.
    let inexact = Bits::from_fn(outputs, |_| outputs > 1);
    let own = relative * norm(entries.iter().map(|e| Bound::from_integer(&e.mantissa).scaled(e.exponent)));
    let propagated = y.error * reciprocal(2 * batch as u64);
    let error = if outputs > 1 { propagated + own } else { Bound::ZERO };
    Ok(Column::store(entries, inexact, error, precision))
}

/// Mean squared error over batch and outputs: δ_k = (y_k − t_k)·2/(B·n), so ζ becomes 2ζ/(B·n).
pub fn mean_squared_error(y: &Column, targets: &Array2<f64>, batch: usize, precision: u32) -> Result<Column, Unproven> {
    let outputs = y.len();
    let terms = (batch * outputs) as u64;
    let difference = add_exact(y.clone(), &targets.map(|t| -t))?; // exact
    let scale = reciprocal(terms).scaled(1);
    if terms.is_power_of_two() {
        let shift = 1 - i64::from(terms.trailing_zeros());
        let entries = (0..outputs)
            .map(|k| Scaled { mantissa: difference.mantissas[k].clone(), exponent: difference.exponent + shift })
            .collect();
        return Ok(Column::store(entries, difference.inexact, difference.error * scale, precision));
    }
    let working = precision + GUARD;
    let entries: Vec<Scaled> = difference
        .mantissas
        .iter()
        .map(|mantissa| {
            // One quotient of an exact numerator: relative error 2^-working.
            let bits = mantissa.significant_bits().max(2);
            let quotient = Float::with_val(working, Float::with_val(bits, mantissa) / terms);
            let scaled = Scaled::from_float(&quotient);
            Scaled { exponent: scaled.exponent + difference.exponent + 1, ..scaled }
        })
        .collect();
    let inexact = Bits::from_fn(outputs, |k| difference.inexact.get(k) || entries[k].mantissa != 0);
    let own = norm(entries.iter().map(|e| Bound::from_integer(&e.mantissa).scaled(e.exponent)))
        .scaled(-i64::from(working) + 1);
    Ok(Column::store(entries, inexact, difference.error * scale + own, precision))
}

/// 1/n, rounded up.
fn reciprocal(n: u64) -> Bound {
    Bound::from_f64((1.0 / n as f64).next_up())
}
