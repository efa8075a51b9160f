//! Loss and right answers of computed outputs, evaluated in binary64 whatever the arithmetic.

use crate::arithmetic::ExactMatrix;
use crate::data::{Batch, Targets};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Mean loss of a batch; not finite where an output is not.
///
/// Outputs are as computed, rounded to binary64 where they have more bits; the loss is only reported, and no gradient flows
/// through it.
pub fn mean_loss(outputs: &ExactMatrix, batch: &Batch) -> f64 {
    total_loss(outputs, batch) / outputs.dim().1 as f64
}

/// The sum of the losses of a batch's samples, so batches can be added up.
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

/// Samples by how many outputs are equal to that of their class, which no output exceeds: 1 is a right answer, more a tie.
/// Samples with NaN are left out: they are wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RightAnswers(BTreeMap<usize, u64>);

impl RightAnswers {
    /// Of a batch; `None` for values, which have no right answers.
    pub fn new(outputs: &ExactMatrix, batch: &Batch) -> Option<RightAnswers> {
        let Targets::Classes(classes) = &batch.targets else { return None };
        let mut answers = RightAnswers::default();
        for (sample, class) in classes.iter().enumerate() {
            let own = outputs.get((*class, sample));
            let mut equal = 0;
            let is_largest = (0..outputs.dim().0).all(|k| match own.partial_cmp(&outputs.get((k, sample))) {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => {
                    equal += 1;
                    true
                }
                Some(Ordering::Less) | None => false,
            });
            if is_largest {
                *answers.0.entry(equal).or_default() += 1;
            }
        }
        Some(answers)
    }

    /// Those of two batches together.
    pub fn plus(mut self, other: RightAnswers) -> RightAnswers {
        for (equal, count) in other.0 {
            *self.0.entry(equal).or_default() += count;
        }
        self
    }

    /// Samples whose class has the one largest output.
    pub fn right(&self) -> u64 {
        self.0.get(&1).copied().unwrap_or(0)
    }

    /// What ties add to them: 1/k for each of k equal outputs; `None` without ties.
    pub fn tied(&self) -> Option<f64> {
        // Counts are divided once for each k, so a tenth of 360 ties is exactly 36.
        let ties: Vec<f64> = self.0.range(2..).map(|(equal, count)| *count as f64 / *equal as f64).collect();
        (!ties.is_empty()).then(|| ties.iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn losses_and_answers_of_known_outputs() {
        let batch = Batch { inputs: array![[0.0, 0.0, 0.0]], targets: Targets::Classes(vec![0, 1, 0]) };
        let outputs = ExactMatrix::Doubles(array![[0.0, 1000.0, 2.0], [0.0, 0.0, 1.0]]);
        let expected = (core_math::log(2.0) + 1000.0 + core_math::log1p(core_math::exp(-1.0))) / 3.0;
        assert!((mean_loss(&outputs, &batch) - expected).abs() < 1e-12);
        // The first sample is a tie of two.
        fn found(outputs: &ExactMatrix, batch: &Batch) -> Option<(u64, Option<f64>)> {
            RightAnswers::new(outputs, batch).map(|found| (found.right(), found.tied()))
        }
        assert_eq!(found(&outputs, &batch), Some((1, Some(0.5))));
        let spoilt = ExactMatrix::Doubles(array![[f64::NAN, 1.0, f64::INFINITY], [0.0, 2.0, 1.0]]);
        assert!(!mean_loss(&spoilt, &batch).is_finite());
        assert_eq!(found(&spoilt, &batch), Some((2, None)));
        let values = Batch { targets: Targets::Values(array![[0.0, 0.0, 2.0], [0.0, 0.0, 4.0]]), ..batch };
        assert_eq!((mean_loss(&outputs, &values), found(&outputs, &values)), ((1e6 + 9.0) / 6.0, None));
    }

    #[test]
    fn a_constant_output_is_a_guess() {
        let classes = |count: usize, samples: usize| (0..samples).map(|sample| sample % count).collect::<Vec<_>>();
        let share = |outputs: Array2<f64>, classes: Vec<usize>| {
            let batch = Batch { inputs: Array2::zeros((1, classes.len())), targets: Targets::Classes(classes) };
            let found = RightAnswers::new(&ExactMatrix::Doubles(outputs), &batch).expect("classes");
            (found.right(), found.tied())
        };
        assert_eq!(share(Array2::zeros((10, 360)), classes(10, 360)), (0, Some(36.0)));
        assert_eq!(share(Array2::from_elem((10, 360), f64::INFINITY), classes(10, 360)), (0, Some(36.0)));
        // Equal zeros of either sign, and a tie of other classes.
        assert_eq!(share(array![[0.0, 1.0], [-0.0, 7.0], [-1.0, 7.0]], vec![0, 0]), (0, Some(0.5)));
        assert_eq!(share(array![[0.0, f64::NAN], [f64::NAN, 1.0]], vec![0, 1]), (0, None));
        // Pieces add up like the whole.
        let two = |samples| {
            let batch = Batch { inputs: Array2::zeros((1, samples)), targets: Targets::Classes(classes(3, samples)) };
            RightAnswers::new(&ExactMatrix::Doubles(Array2::zeros((3, samples))), &batch).expect("classes")
        };
        assert_eq!(two(4).plus(two(5)).tied(), Some(3.0));
    }
}
