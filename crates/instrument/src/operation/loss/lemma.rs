//! The norm-wise lemma of the losses: δ at one sample's outputs.
//!
//! Both work at p + 32 bits, so that their own rounding stays below the propagated error, and are
//! stored at p bits at the end.

use crate::activation::Function;
use crate::enclosure::{Bound, Precision};
use crate::norm::column::{Bits, Column, Entries, Scaled, float, norm};
use crate::norm::evaluation::{BELOW, evaluate};
use crate::norm::sums::add_exact;
use crate::norm::term::{Term, term};
use crate::norm::unproven::Unproven;
use ndarray::Array2;
use rug::{Assign, Float, Integer};

/// Bits beyond p for the evaluation of the losses.
const GUARD: u32 = 32;

/// δ before it is stored.
pub(crate) struct Head {
    pub entries: Vec<Scaled>,
    pub inexact: Bits,
    pub error: Bound,
}

impl Head {
    fn store(self, precision: Precision) -> Column {
        Column::store(self.entries, self.inexact, self.error, precision)
    }
}

/// Softmax cross-entropy, averaged over `batch` samples: δ_k = (p_k − [k = label])/B.
pub fn cross_entropy(
    y: &Column,
    label: usize,
    batch: usize,
    precision: impl Into<Precision>,
) -> Result<Column, Unproven> {
    let precision = precision.into();
    Ok(softmax_head(y, label, batch, precision.wider(GUARD))?.store(precision))
}

/// Mean squared error over batch and outputs: δ_k = (y_k − t_k)·2/(B·n).
pub fn mean_squared_error(
    y: &Column,
    targets: &Array2<f64>,
    batch: usize,
    precision: impl Into<Precision>,
) -> Result<Column, Unproven> {
    let precision = precision.into();
    Ok(squared_error_head(y, targets, batch, precision.wider(GUARD))?.store(precision))
}

/// δ of softmax cross-entropy, u = 2^-precision.
///
/// The softmax's Jacobian diag(p) − ppᵀ has 2-norm at most 1/2, so ζ becomes ζ/(2B). The head's own error, relative, in
/// units of u: with t_k = y_k − max y rounded once, e^t is off by |t| + 2. In the denominator that weighs Σ p_k(|t_k| +
/// 2) ≤ n/e + 2 (a share is at most e^t, and |t|e^t ≤ 1/e). The sum, the quotient and 1/B add one each, and so does
/// p_label − 1 = −Σ_{k≠label} p_k, which keeps every δ_k relatively accurate: max|t| + n/e + 8. While that is below
/// 2^-10, a hundredth more covers the higher orders. Each of n exponentials that vanish changes the shares of their
/// sum, which is at least 1, by at most twice itself.
pub(crate) fn softmax_head(
    y: &Column,
    label: usize,
    batch: usize,
    precision: impl Into<Precision>,
) -> Result<Head, Unproven> {
    let precision = precision.into();
    let working = precision.kept();
    let outputs = y.len();
    let mantissas: Vec<Integer> = (0..outputs).map(|k| y.integers.to_rug(k)).collect();
    let top = mantissas.iter().max().expect("invariant: a network has outputs");
    let mut largest = Bound::ZERO;
    let mut exponentials = Vec::with_capacity(outputs);
    for mantissa in &mantissas {
        let difference = Integer::from(mantissa - top);
        largest = largest.max(Bound::from_integer(&difference).scaled(y.exponent));
        let t = float(&difference, y.exponent, working).ok_or(Unproven::ExponentRange)?;
        exponentials.push(evaluate(&Function::Exp, &t, working)?.value);
    }
    // Rounded once.
    let total = Float::with_val(working, Float::sum(exponentials.iter()));
    let shares: Vec<Float> = exponentials.iter().map(|e| Float::with_val(working, e / &total) / batch as u32).collect();
    let others = shares.iter().enumerate().filter(|(k, _)| *k != label).map(|(_, share)| share);
    let others = Float::with_val(working, Float::sum(others));
    let entries: Vec<Scaled> = (0..outputs)
        .map(|k| Scaled::from_float(&if k == label { -others.clone() } else { shares[k].clone() }))
        .collect();

    let operations = Bound::from_f64(0.37 * outputs as f64 + 8.0);
    let units = term(Term::CrossEntropyExponent, largest) + term(Term::CrossEntropyOperations, operations);
    let relative = units * Bound::from_f64(1.01) * precision.unit();
    if relative > Bound::power_of_two(-10) {
        return Err(Unproven::TooWide);
    }
    // A softmax of one output is exactly 1, its gradient exactly 0.
    if outputs == 1 {
        return Ok(Head { entries, inexact: Bits::new(1), error: Bound::ZERO });
    }
    let vanished = exponentials.iter().filter(|e| e.is_zero()).count();
    let own = relative * norm_of(&entries) + Bound::from_f64(2.0 * vanished as f64) * BELOW;
    let propagated = term(Term::CrossEntropyPropagated, y.error * reciprocal(2 * batch as u64));
    Ok(Head { entries, inexact: Bits::from_fn(outputs, |_| true), error: propagated + own })
}

/// δ of the mean squared error, ζ becomes 2ζ/(B·n). A power of two divides
/// exactly; any other quotient is rounded once, a relative error of 2^-precision.
pub(crate) fn squared_error_head(
    y: &Column,
    targets: &Array2<f64>,
    batch: usize,
    precision: impl Into<Precision>,
) -> Result<Head, Unproven> {
    let precision = precision.into();
    let outputs = y.len();
    let terms = (batch * outputs) as u64;
    let difference = add_exact(y.clone(), &Entries::from_doubles(targets.iter().map(|t| -t)))?;
    let is_exact_quotient = terms.is_power_of_two();
    let divide = |mantissa: &Integer| -> Scaled {
        if is_exact_quotient {
            return Scaled { mantissa: mantissa.clone(), exponent: -i64::from(terms.trailing_zeros()) };
        }
        let bits = mantissa.significant_bits().max(2);
        let mut quotient = Float::new(precision.kept());
        quotient.assign(&Float::with_val(bits, mantissa) / terms);
        Scaled::from_float(&quotient)
    };
    let entries: Vec<Scaled> = (0..outputs)
        .map(|k| {
            let quotient = divide(&difference.integers.to_rug(k));
            Scaled { exponent: quotient.exponent + difference.exponent + 1, ..quotient }
        })
        .collect();
    let is_rounded = |k: usize| !is_exact_quotient && entries[k].mantissa != 0;
    let inexact = Bits::from_fn(outputs, |k| difference.inexact.get(k) || is_rounded(k));
    let propagated = term(Term::SquaredErrorPropagated, difference.error * reciprocal(terms).scaled(1));
    let own = if is_exact_quotient { Bound::ZERO } else { norm_of(&entries) * precision.unit() };
    Ok(Head { error: propagated + term(Term::SquaredErrorQuotient, own), entries, inexact })
}

fn norm_of(entries: &[Scaled]) -> Bound {
    norm(entries.iter().map(|entry| Bound::from_integer(&entry.mantissa).scaled(entry.exponent)))
}

/// 1/n, rounded up.
fn reciprocal(n: u64) -> Bound {
    Bound::from_f64((1.0 / n as f64).next_up())
}
