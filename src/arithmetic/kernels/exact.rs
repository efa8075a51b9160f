//! Sums of products without rounding, as far as a pair of doubles tells them.
//!
//! Each entry's products are summed with Knuth's error-free addition: s + Σ errors is the exact sum, and
//! the errors are summed in double precision beside it (Ogita, Rump and Oishi 2005, Sum2). That second sum is
//! off by at most γ_n·Σ|errors|, which is nothing where nothing was lost: where it leaves the rounding open,
//! the caller takes the definition instead.

use ndarray::Array2;

/// An exact sum s + e ± bound; a bound that is not finite tells nothing.
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
        let low = round(to_odd(sum, error - 2.0 * bound));
        let high = round(to_odd(sum, error + 2.0 * bound));
        (low.to_bits() == high.to_bits()).then_some(low)
    }
}

/// x + y rounded to odd: exact, or the neighbour whose last bit is set, so that a later rounding to fewer bits is
/// right (Boldo and Melquiond 2008).
fn to_odd(x: f64, y: f64) -> f64 {
    let (sum, error) = two_sum(x, y);
    if error == 0.0 || sum.to_bits() & 1 == 1 {
        return sum;
    }
    if error > 0.0 { sum.next_up() } else { sum.next_down() }
}

/// The rounded sum and its error, exactly.
#[inline(always)]
fn two_sum(x: f64, y: f64) -> (f64, f64) {
    let sum = x + y;
    let from_y = sum - x;
    (sum, (x - (sum - from_y)) + (y - from_y))
}

/// (m × k)·(k × n) with `last` (m) added, of operands whose products are exact doubles.
pub fn product(left: &Array2<f64>, right: &Array2<f64>, last: Option<&[f64]>) -> Array2<ExactSum> {
    let (m, n, k) = (left.nrows(), right.ncols(), left.ncols());
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
        for (index, row) in right.rows().into_iter().enumerate() {
            let factor = left[(i, index)];
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

    /// 1 + 2^-60 − 2^-120·… : what doubles cannot hold decides a tie.
    #[test]
    fn what_doubles_cannot_hold_decides_ties() {
        let round = |x: f64| crate::format::F16.round_f64(x);
        let two = crate::format::two_to;
        let sum_of = |terms: &[f64]| {
            let left = Array2::from_shape_vec((1, terms.len()), terms.to_vec()).unwrap();
            product(&left, &Array2::from_elem((terms.len(), 1), 1.0), None)[(0, 0)]
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
