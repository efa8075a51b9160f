//! Second moments of Adam that underflow.

use super::optimiser::{Moment, correction};
use crate::arithmetic::ExactMatrix;
use crate::spec::training::Optimiser;

/// Entries of a second moment v that are 0 after an update though v = β₂·v + (1 − β₂)·g² is not, and whose root √v̂,
/// the bias correction applied, would be at least ε: without it the denominator √v̂ + ε is at most half of what it
/// should be. None of an optimiser without second moments. Evaluated in binary64: a root below 10⁻¹⁵⁴ counts as 0.
pub fn underflowed(
    optimiser: &Optimiser,
    moment: Moment,
    gradient: &ExactMatrix,
    before: Option<&ExactMatrix>,
    after: &ExactMatrix,
) -> u64 {
    let Optimiser::Adam { beta2, epsilon, .. } = *optimiser else { return 0 };
    let correction = correction(beta2, moment.update);
    let zeros = after.indexed_iter().filter(|(_, v)| v.is_zero());
    let is_lost = |(index, _): &((usize, usize), _)| {
        let g = gradient.get(*index).to_f64();
        let kept = before.map_or(0.0, |before| before.get(*index).to_f64());
        let root = ((beta2 * kept + (1.0 - beta2) * g * g) / correction).sqrt();
        root > 0.0 && root >= epsilon
    };
    zeros.filter(is_lost).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn count(epsilon: f64, gradient: [f64; 2], before: Option<[f64; 2]>, after: [f64; 2]) -> u64 {
        let matrix = |[x, y]: [f64; 2]| ExactMatrix::Doubles(array![[x, y]]);
        let optimiser = Optimiser::Adam { beta1: 0.9, beta2: 0.999, epsilon, weight_decay: 0.0, decoupled: false };
        let moment = Moment { rate: 1e-3, update: 1 };
        underflowed(&optimiser, moment, &matrix(gradient), before.map(matrix).as_ref(), &matrix(after))
    }

    /// At the first update √v̂ is |g|.
    #[test]
    fn moments_count_where_their_root_would_outweigh_epsilon() {
        assert_eq!(count(1e-4, [1.5e-4, 0.5e-4], None, [0.0, 0.0]), 1);
        assert_eq!(count(1e-8, [1.5e-4, 0.5e-4], None, [0.0, 0.0]), 2);
        assert_eq!(count(0.0, [1e-100, 0.0], None, [0.0, 0.0]), 1, "an exact zero does not count");
        assert_eq!(count(1e-8, [1e-3, 1e-3], None, [1e-9, 0.0]), 1, "what is not 0 is not lost");
        assert_eq!(count(1e-8, [0.0, f64::NAN], Some([1e-9, 0.0]), [0.0, f64::NAN]), 1);
        let sgd = Optimiser::default();
        let zero = ExactMatrix::Doubles(array![[0.0]]);
        assert_eq!(underflowed(&sgd, Moment { rate: 1.0, update: 1 }, &zero, None, &zero), 0);
    }
}
