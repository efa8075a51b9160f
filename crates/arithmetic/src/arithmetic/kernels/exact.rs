//! Sums of products without rounding, as far as a pair of doubles represents them.
//!
//! Each entry's products are summed with Knuth's error-free addition: s + Σ errors is the exact sum, and
//! the errors are summed in double precision beside it (Ogita, Rump and Oishi 2005, Sum2). That second sum is
//! off by at most γ_n·Σ|errors|, which is nothing where nothing was lost: where it leaves the rounding open,
//! the caller takes the definition instead.

use super::matrix::Matrix;
use crate::format::{sum_to_odd, two_sum};
use ndarray::Array2;

/// An exact sum s + e ± bound; a bound that is not finite decides nothing.
#[derive(Clone, Copy, Debug)]
pub struct ExactSum {
    sum: f64,
    error: f64,
    bound: f64,
}

impl ExactSum {
    /// The sum rounded once by a rounding to at most 50 bits that is monotonic, if the bound decides it.
    pub fn rounded(&self, round: impl Fn(f64) -> f64) -> Option<f64> {
        let ExactSum { sum, error, bound } = *self;
        if !(bound.is_finite() && sum.is_finite()) {
            return None;
        }
        if error == 0.0 && bound == 0.0 {
            // A zero keeps the sign that the additions gave it.
            return Some(round(sum));
        }
        // The ends' own roundings are in the doubled bound.
        let low = round(sum_to_odd(sum, error - 2.0 * bound));
        let high = round(sum_to_odd(sum, error + 2.0 * bound));
        (low.to_bits() == high.to_bits()).then_some(low)
    }
}

/// (m × k)·(k × n) with `last` (m) added, of operands whose products are exact doubles.
pub fn product(left: &Matrix<f64>, right: &Matrix<f64>, last: Option<&[f64]>) -> Array2<ExactSum> {
    let ((m, k), (_, n)) = (left.dim(), right.dim());
    let (mut sums, mut errors, mut losses) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let terms = (k + usize::from(last.is_some())) as f64;
    // γ_n = n·u/(1 − n·u) for n below 2^46, and as much again for the rounding of Σ|errors| itself; one error is exact.
    let share = if terms <= 2.0 { 0.0 } else { 1.1 * terms * f64::EPSILON };
    let mut result = Vec::with_capacity(m * n);
    for i in 0..m {
        // −0 keeps the sign of a first −0; an empty sum of products is +0.
        sums.fill(if k == 0 { 0.0 } else { -0.0 });
        errors.fill(0.0);
        losses.fill(0.0);
        for index in 0..k {
            let (factor, row) = (left.at((i, index)), right.line(index));
            let entries = sums.iter_mut().zip(&mut errors).zip(&mut losses);
            for (((sum, error), loss), y) in entries.zip(row) {
                let product = factor * y;
                let (next, lost) = two_sum(*sum, product);
                *sum = next;
                *error += lost;
                *loss += lost.abs();
            }
        }
        if let Some(last) = last {
            for ((sum, error), loss) in sums.iter_mut().zip(&mut errors).zip(&mut losses) {
                let (next, lost) = two_sum(*sum, last[i]);
                *sum = next;
                *error += lost;
                *loss += lost.abs();
            }
        }
        let known = sums.iter().zip(&errors).zip(&losses);
        result.extend(known.map(|((&sum, &error), &loss)| ExactSum { sum, error, bound: share * loss }));
    }
    Array2::from_shape_vec((m, n), result).expect("invariant: one sum per entry")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayView2;

    /// 1 + 2^-60 − 2^-120·… : what doubles cannot hold decides a tie.
    #[test]
    fn what_doubles_cannot_hold_decides_ties() {
        let round = |x: f64| crate::format::F16.round_f64(x);
        let two = crate::format::two_to;
        let sum_of = |terms: &[f64]| {
            let matrix = |shape, x: &[f64]| {
                Matrix::by_rows(ArrayView2::from_shape(shape, x).unwrap(), |line: &[f64], to| to.copy_from_slice(line))
            };
            let (left, ones) = (matrix((1, terms.len()), terms), vec![1.0; terms.len()]);
            product(&left, &matrix((terms.len(), 1), &ones), None)[(0, 0)]
        };
        // 1 + 2^-11 is a tie of f16; the third term breaks it either way.
        let tie = 1.0 + two(-11);
        assert_eq!(sum_of(&[1.0, two(-11)]).rounded(round), Some(1.0));
        assert_eq!(sum_of(&[tie, two(-60)]).rounded(round), Some(1.0 + two(-10)));
        assert_eq!(sum_of(&[tie, -two(-60)]).rounded(round), Some(1.0));
        // The tie itself, reached through terms that cancel, is left to the definition.
        assert_eq!(sum_of(&[tie, two(-60), -two(-60)]).rounded(round), None);
        assert_eq!(sum_of(&[tie, two(-60), two(-61)]).rounded(round), Some(1.0 + two(-10)));
        assert_eq!(sum_of(&[-0.0, -0.0]).rounded(round).map(f64::to_bits), Some((-0.0f64).to_bits()));
        assert_eq!(sum_of(&[1.0, f64::INFINITY]).rounded(round), None);
    }
}
