//! Loss and right answers of outputs that were computed: evaluated in binary64, whatever the arithmetic.

use crate::arithmetic::ExactMatrix;
use crate::network::{Batch, Targets};

/// Mean loss of a batch; not finite where an output is not.
///
/// Outputs are taken as the arithmetic left them, rounded to binary64 where they have more bits; the loss is only told,
/// and no gradient flows through it.
pub fn mean_loss(outputs: &ExactMatrix, batch: &Batch) -> f64 {
    total_loss(outputs, batch) / outputs.dim().1 as f64
}

/// The losses of a batch's samples added up, so that batches can be taken together.
pub fn total_loss(outputs: &ExactMatrix, batch: &Batch) -> f64 {
    let (rows, samples) = outputs.dim();
    let y = |k: usize, sample: usize| outputs.get((k, sample)).to_f64();
    let loss = |sample: usize| match &batch.targets {
        Targets::Classes(classes) => {
            let largest = (0..rows).map(|k| y(k, sample)).fold(f64::NEG_INFINITY, larger);
            let sum: f64 = (0..rows).map(|k| core_math::exp(y(k, sample) - largest)).sum();
            core_math::log(sum) + largest - y(classes[sample], sample)
        }
        Targets::Values(targets) => {
            let square = |k: usize| (y(k, sample) - targets[(k, sample)]) * (y(k, sample) - targets[(k, sample)]);
            (0..rows).map(square).sum::<f64>() / rows as f64
        }
    };
    (0..samples).map(loss).sum()
}

/// The larger one; NaN if one is.
fn larger(x: f64, y: f64) -> f64 {
    if x.is_nan() || x > y { x } else { y }
}

/// Samples whose class has the one largest output; ties and NaN are wrong. None for values, which have no right answers.
pub fn right_answers(outputs: &ExactMatrix, batch: &Batch) -> Option<u64> {
    let Targets::Classes(classes) = &batch.targets else { return None };
    let is_right = |(sample, class): (usize, &usize)| {
        let own = outputs.get((*class, sample));
        (0..outputs.dim().0).all(|k| k == *class || own > outputs.get((k, sample)))
    };
    Some(classes.iter().enumerate().filter(|sample| is_right(*sample)).count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn losses_and_answers_of_known_outputs() {
        let batch = Batch { inputs: array![[0.0, 0.0, 0.0]], targets: Targets::Classes(vec![0, 1, 0]) };
        let outputs = ExactMatrix::Doubles(array![[0.0, 1000.0, 2.0], [0.0, 0.0, 1.0]]);
        let expected = (core_math::log(2.0) + 1000.0 + core_math::log1p(core_math::exp(-1.0))) / 3.0;
        assert!((mean_loss(&outputs, &batch) - expected).abs() < 1e-12);
        // A tie is wrong.
        assert_eq!(right_answers(&outputs, &batch), Some(1));
        let spoilt = ExactMatrix::Doubles(array![[f64::NAN, 1.0, f64::INFINITY], [0.0, 2.0, 1.0]]);
        assert!(!mean_loss(&spoilt, &batch).is_finite());
        assert_eq!(right_answers(&spoilt, &batch), Some(2));
        let values = Batch { targets: Targets::Values(array![[0.0, 0.0, 2.0], [0.0, 0.0, 4.0]]), ..batch };
        assert_eq!((mean_loss(&outputs, &values), right_answers(&outputs, &values)), ((1e6 + 9.0) / 6.0, None));
    }
}
