//! Chance: the loss of the best constant answer, which a network attains without learning anything from its inputs.

use crate::data::{Batch, Targets};

/// The least mean loss, over these samples, of outputs that are the same for every sample: of classes the entropy of
/// their frequencies (in nats), of values the mean over the outputs of the variance.
pub fn chance(pieces: impl Iterator<Item = Batch>) -> f64 {
    let (mut counts, mut sums, mut samples) = (Vec::new(), Vec::new(), 0);
    for piece in pieces {
        samples += piece.inputs.ncols();
        match piece.targets {
            Targets::Classes(classes) => {
                for class in classes {
                    counts.resize(counts.len().max(class + 1), 0u64);
                    counts[class] += 1;
                }
            }
            Targets::Values(values) => {
                sums.resize(values.nrows(), Moments::default());
                for (row, moments) in values.rows().into_iter().zip(&mut sums) {
                    row.iter().for_each(|value| moments.add(*value));
                }
            }
        }
    }
    match sums.is_empty() {
        true => -counts.iter().map(|count| entropy(*count as f64 / samples as f64)).sum::<f64>(),
        false => sums.iter().map(Moments::variance).sum::<f64>() / sums.len() as f64,
    }
}

/// p·ln p.
fn entropy(p: f64) -> f64 {
    if p == 0.0 { 0.0 } else { p * core_math::log(p) }
}

/// Mean and squared deviations, updated value by value (Welford).
#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    deviations: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let away = value - self.mean;
        self.mean += away / self.count;
        self.deviations += away * (value - self.mean);
    }

    fn variance(&self) -> f64 {
        self.deviations / self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn of(targets: [Targets; 2]) -> f64 {
        chance(targets.into_iter().map(|targets| {
            let samples = match &targets {
                Targets::Classes(classes) => classes.len(),
                Targets::Values(values) => values.ncols(),
            };
            Batch { inputs: Array2::zeros((1, samples)), targets }
        }))
    }

    #[test]
    fn chance_is_entropy_or_variance() {
        let even = of([Targets::Classes(vec![0, 1, 2, 3]), Targets::Classes(vec![3, 2, 1, 0])]);
        assert!((even - core_math::log(4.0)).abs() < 1e-15);
        let odd = of([Targets::Classes(vec![2, 2]), Targets::Classes(vec![2, 0])]);
        let expected = -(0.75 * core_math::log(0.75) + 0.25 * core_math::log(0.25));
        assert!((odd - expected).abs() < 1e-15);
        assert_eq!(of([Targets::Classes(vec![1]), Targets::Classes(vec![1])]), 0.0);
        let values = of([Targets::Values(array![[1.0, 3.0], [5.0, 5.0]]), Targets::Values(array![[5.0], [5.0]])]);
        // Variance 8/3 of 1, 3, 5, and 0.
        assert!((values - 4.0 / 3.0).abs() < 1e-15);
    }
}
