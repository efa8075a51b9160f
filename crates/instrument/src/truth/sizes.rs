//! The sizes of the exact network's numbers at one layer, as far as they are known.

use super::TrueTensor;
use super::zero::{is_zero, is_zero_tensor};
use crate::format::{exponent_of, two_to};
use crate::norm::column::{Column, Entries};
use crate::number::Number;
use crate::operation::activation::lemma::Derivative;
use ndarray::Array2;

/// Exponent of values, relative to the largest, whose squares are negligible.
const NEGLIGIBLE: i64 = -500;
/// Exponent of a difference, relative to its operands, below which it is only rounding.
const CANCELLED: i64 = -40;

/// log₂ of root mean squares over all entries, zeros included: −∞ if each is proven to be zero, `None` if unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// The gradient of weights and biases.
    pub gradient: Number,
    /// The inputs of the layer.
    pub inputs: Number,
    /// z.
    pub preactivations: Number,
    /// φ'(z); 0 for the head.
    pub derivatives: Number,
    /// δ.
    pub delta: Number,
    /// log₂ σ of the gradient over minibatches, and whether that is only an upper limit.
    pub minibatch_noise: (Number, bool),
}

impl Sizes {
    /// Nothing is known.
    pub const UNKNOWN: Sizes = Sizes {
        gradient: Number::None,
        inputs: Number::None,
        preactivations: Number::None,
        derivatives: Number::None,
        delta: Number::None,
        minibatch_noise: (Number::None, false),
    };
}

/// A sum of squares times 2^exponent.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Squares {
    sum: f64,
    exponent: i64,
}

impl Squares {
    const NONE: Squares = Squares { sum: 0.0, exponent: 0 };

    /// Of values f·2^e.
    fn of(values: impl Iterator<Item = (f64, i64)> + Clone) -> Squares {
        let top = values.clone().filter(|(x, _)| *x != 0.0).map(|(x, exponent)| exponent_of(x) + exponent).max();
        let Some(top) = top else { return Squares::NONE };
        let square = |(x, exponent): (f64, i64)| {
            if x == 0.0 || exponent_of(x) + exponent - top < NEGLIGIBLE {
                return 0.0;
            }
            // In two steps, because the power of two may exceed the doubles even if the product does not.
            let half = (exponent - top) / 2;
            let scaled = x * two_to(half) * two_to(exponent - top - half);
            scaled * scaled
        };
        Squares { sum: values.map(square).sum(), exponent: 2 * top }
    }

    /// The sum in units of 2^exponent, where 2^exponent is at least about as large as the sum.
    fn in_units_of(self, exponent: i64) -> f64 {
        match self.exponent - exponent {
            by if self.sum == 0.0 || by < -1000 => 0.0,
            by => self.sum * two_to(by.min(1000)),
        }
    }

    fn plus(self, other: Squares) -> Squares {
        let exponent = match (self.sum > 0.0, other.sum > 0.0) {
            (true, false) => self.exponent,
            (false, true) => other.exponent,
            _ => self.exponent.max(other.exponent),
        };
        Squares { sum: self.in_units_of(exponent) + other.in_units_of(exponent), exponent }
    }

    fn times(self, other: Squares) -> Squares {
        Squares { sum: self.sum * other.sum, exponent: self.exponent + other.exponent }
    }

    /// log₂ √(sum/count); for a zero sum, depends on whether it is proven to be zero.
    fn log2_root_mean(self, count: usize, is_zero: impl FnOnce() -> bool) -> Number {
        match self.sum > 0.0 {
            true => Number::new(0.5 * core_math::log2(self.sum / count as f64) + self.exponent as f64 / 2.0),
            false if is_zero() => Number::MinusInfinite,
            false => Number::None,
        }
    }
}

fn squares_of(column: &Column) -> Squares {
    let entry = |i: usize| {
        let (fraction, exponent) = column.integers.to_f64_exp(i);
        (fraction, exponent + column.exponent)
    };
    Squares::of((0..column.len()).map(entry))
}

fn squares_of_entries(entries: &Entries) -> Squares {
    let entry = |i: usize| {
        let (fraction, exponent) = entries.integers.to_f64_exp(i);
        (fraction, exponent + entries.exponents[i])
    };
    Squares::of((0..entries.len()).map(entry))
}

fn squares_of_tensor(tensor: &TrueTensor) -> Squares {
    Squares::of((0..tensor.len()).map(|place| tensor.leading_pair(place)[0]))
}

fn sum(squares: impl Iterator<Item = Squares>) -> Squares {
    squares.fold(Squares::NONE, Squares::plus)
}

/// Of values of every sample.
pub(super) fn of_columns(columns: &[Column]) -> Number {
    let count = columns.iter().map(Column::len).sum();
    sum(columns.iter().map(squares_of)).log2_root_mean(count, || columns.iter().all(is_zero))
}

/// Of φ' at every sample's pre-activations.
pub(super) fn of_derivatives(derivatives: &[&Derivative]) -> Number {
    let is_zero = |derivative: &&Derivative| {
        let values = &derivative.values;
        (0..values.len()).all(|i| values.integers.is_zero(i) && !derivative.inexact.get(i))
    };
    let count = derivatives.iter().map(|derivative| derivative.values.len()).sum();
    let squares = derivatives.iter().map(|derivative| squares_of_entries(&derivative.values));
    sum(squares).log2_root_mean(count, || derivatives.iter().all(is_zero))
}

/// Of exact parameters.
pub fn of_parameters(values: &Array2<f64>) -> Number {
    Squares::of(values.iter().map(|x| (*x, 0))).log2_root_mean(values.len(), || true)
}

/// Of tensors together.
pub(super) fn of_tensors(tensors: &[&TrueTensor]) -> Number {
    let count = tensors.iter().map(|tensor| tensor.len()).sum();
    let is_zero = || tensors.iter().all(|tensor| is_zero_tensor(tensor));
    sum(tensors.iter().map(|tensor| squares_of_tensor(tensor))).log2_root_mean(count, is_zero)
}

/// log₂ σ, where σ² = B/(B − 1)·(Σ_s ‖c_s‖² − ‖g‖²/B) estimates E‖ĝ − g‖² for the gradient ĝ of another batch of B
/// samples; c_s = δ_s·(a_s, 1)ᵀ is the contribution of a sample to the gradient g. Also whether it is only an upper
/// limit: nearly equal contributions cancel down to rounding. `None` for a batch of one sample.
pub(super) fn minibatch_noise(deltas: &[Column], inputs: &[Column], gradient: &[&TrueTensor]) -> (Number, bool) {
    let batch = deltas.len() as f64;
    if deltas.len() < 2 {
        return (Number::None, false);
    }
    let has_bias = gradient.len() > 1;
    let one = Squares { sum: f64::from(u8::from(has_bias)), exponent: 0 };
    let own = |(delta, input): (&Column, &Column)| squares_of(delta).times(squares_of(input).plus(one));
    let apart = sum(deltas.iter().zip(inputs).map(own));
    let together = sum(gradient.iter().map(|tensor| squares_of_tensor(tensor)));
    if apart.sum == 0.0 {
        let is_proven = deltas.iter().zip(inputs).all(|(delta, input)| is_zero(delta) || !has_bias && is_zero(input));
        return (if is_proven { Number::MinusInfinite } else { Number::None }, false);
    }
    let difference = apart.sum - together.in_units_of(apart.exponent) / batch;
    let least = apart.sum * two_to(CANCELLED);
    let square = if difference <= 0.0 { 0.0 } else { difference.max(least) };
    let log2 = 0.5 * core_math::log2(square * batch / (batch - 1.0)) + apart.exponent as f64 / 2.0;
    (Number::new(log2), (0.0..least).contains(&difference) && difference > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::affine::lemma::weight_gradient;
    use rug::Float;

    fn column(values: &[f64]) -> Column {
        Column::exact(values.iter().copied())
    }

    fn log2(x: f64) -> Number {
        Number::new(core_math::log2(x))
    }

    /// Over all entries, zeros included; far beyond the doubles; −∞ if there is nothing.
    #[test]
    fn sizes_are_root_mean_squares() {
        assert_eq!(of_columns(&[column(&[3.0, 0.0]), column(&[0.0, 4.0])]), log2(2.5));
        assert_eq!(of_columns(&[column(&[0.0]), column(&[0.0])]), Number::MinusInfinite);
        let shifted = |x: f64, by: i64| Column { exponent: column(&[x]).exponent + by, ..column(&[x]) };
        let Number::Finite(size) = of_columns(&[shifted(3.0, -500_000), shifted(4.0, -500_000)]) else { panic!() };
        assert_eq!(size, Number::new(core_math::log2(12.5) / 2.0 - 500_000.0).value());
        // A computed 0 without proof is unknown.
        let mut open = column(&[0.0]);
        open.inexact.set(0);
        assert_eq!(of_columns(&[open]), Number::None);
        assert_eq!(of_parameters(&Array2::from_shape_vec((1, 2), vec![5e-324, 0.0]).unwrap()), Number::new(-1074.5));
        assert_eq!(of_parameters(&Array2::from_elem((2, 1), -0.0)), Number::MinusInfinite);
        let of = |x: f64| TrueTensor::known(Array2::from_elem((1, 1), Float::with_val(53, x)));
        assert_eq!(of_tensors(&[&of(3.0), &of(4.0)]), Number::new(core_math::log2(12.5) / 2.0));
    }

    /// Against every sample's own gradient, formed entry by entry in exact numbers.
    #[test]
    fn minibatch_noise_is_that_of_the_samples_gradients() {
        let deltas = [[0.5, -0.25, 1.0], [0.125, 0.75, -0.5], [0.0, 0.5, 0.25], [-1.0, 0.0, 0.0]];
        let inputs = [[1.0, 2.0], [-0.5, 0.25], [3.0, -1.0], [0.0, 0.0]];
        for (samples, has_bias) in [(4, false), (4, true), (3, true), (2, false)] {
            let entry = |s: usize, i: usize, j: usize| deltas[s][i] * if j < 2 { inputs[s][j] } else { 1.0 };
            let columns = if has_bias { 3 } else { 2 };
            let places = || (0..3).flat_map(|i| (0..columns).map(move |j| (i, j)));
            let batch = samples as f64;
            let mut variance = 0.0;
            for (i, j) in places() {
                // The estimate of one entry: B times the variance of its B terms, with B − 1 as the divisor.
                let mean = (0..samples).map(|s| entry(s, i, j)).sum::<f64>() / batch;
                let distances = (0..samples).map(|s| (entry(s, i, j) - mean) * (entry(s, i, j) - mean));
                variance += batch / (batch - 1.0) * distances.sum::<f64>();
            }
            for by in [0, -3000, 40_000] {
                let deltas: Vec<Column> = (deltas[..samples].iter())
                    .map(|delta| Column { exponent: column(delta).exponent + by, ..column(delta) })
                    .collect();
                let inputs: Vec<Column> = inputs[..samples].iter().map(|input| column(input)).collect();
                let weight = weight_gradient(&deltas, &inputs, 100, None).unwrap();
                let ones = vec![column(&[1.0]); samples];
                let bias = weight_gradient(&deltas, &ones, 100, None).unwrap();
                let gradient = if has_bias { vec![&weight, &bias] } else { vec![&weight] };
                let (found, at_most) = minibatch_noise(&deltas, &inputs, &gradient);
                let expected = core_math::log2(variance) / 2.0 + by as f64;
                assert!((found.value() - expected).abs() < 1e-8 * expected.abs(), "{found:?} is not {expected}");
                assert!(!at_most);
            }
        }
    }

    /// One sample gives no estimate; equal samples have no spread, and nearly equal ones at most that of rounding.
    #[test]
    fn samples_that_cancel_are_a_limit() {
        let of = |deltas: &[[f64; 2]]| {
            let deltas: Vec<Column> = deltas.iter().map(|delta| column(delta)).collect();
            let inputs = vec![column(&[1.0, 3.0]); deltas.len()];
            let weight = weight_gradient(&deltas, &inputs, 100, None).unwrap();
            minibatch_noise(&deltas, &inputs, &[&weight])
        };
        assert_eq!(of(&[[1.0, 2.0]]), (Number::None, false));
        assert_eq!(of(&[[1.0, 2.0], [1.0, 2.0]]), (Number::MinusInfinite, false));
        assert_eq!(of(&[[0.0, 0.0], [0.0, 0.0]]), (Number::MinusInfinite, false));
        let close = 1.0 + two_to(-21);
        let (limit, at_most) = of(&[[1.0, 2.0], [close, 2.0]]);
        assert!(at_most && limit.value() < -15.0, "{limit:?}");
        let mut open = column(&[0.0, 0.0]);
        open.inexact.set(1);
        let zero = TrueTensor::known(Array2::from_elem((2, 2), Float::new(2)));
        let inputs = [column(&[1.0, 1.0]), column(&[1.0, 1.0])];
        assert_eq!(minibatch_noise(&[open, column(&[0.0, 0.0])], &inputs, &[&zero]), (Number::None, false));
    }
}
