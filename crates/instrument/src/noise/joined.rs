//! Two tensors as one vector: a layer's weights and biases.

use super::Noise;
use super::sums::LEAST;
use crate::format::two_to;

impl Noise {
    /// The measures of two tensors that are parts of one gradient. A part whose entries are all zero, exact and
    /// computed, changes no bit of the other's measures.
    pub fn joined(self, other: Noise) -> Noise {
        // As of one tensor: in units of the largest true entry, or of the largest computed one if every true one is
        // zero.
        let scale = match (self.square > 0.0, other.square > 0.0) {
            (true, false) => self.scale,
            (false, true) => other.scale,
            (false, false) if self.noise == 0.0 => other.scale,
            (false, false) if other.noise == 0.0 => self.scale,
            _ => self.scale.max(other.scale),
        };
        let (x, y) = (self.in_units_of(scale), other.in_units_of(scale));
        let mut fates = x.fates;
        fates += y.fates;
        let square = x.square + y.square;
        Noise {
            square,
            signal: square.sqrt(),
            noise: core_math::hypot(x.noise, y.noise),
            product: x.product + y.product,
            computed: core_math::hypot(x.computed, y.computed),
            error: at_least_hypot(x.error, y.error),
            scale,
            flushed: x.flushed + y.flushed,
            is_dead: x.is_dead && y.is_dead,
            signs: (x.signs.0 + y.signs.0, x.signs.1 + y.signs.1),
            fates,
        }
    }

    /// The same measures in other units.
    fn in_units_of(self, scale: i64) -> Noise {
        let by = self.scale - scale;
        let noise = times(self.noise, by);
        // Ratios below the doubles' range are "at most" the smallest recorded ratio.
        let is_lost = self.noise > 0.0 && noise < two_to(LEAST);
        let error = times(self.error, by);
        Noise {
            square: times(self.square, 2 * by),
            signal: times(self.signal, by),
            noise,
            product: times(self.product, 2 * by),
            computed: times(self.computed, by),
            error: if is_lost { error.max(two_to(LEAST)) } else { error },
            scale,
            flushed: times(self.flushed, 2 * by),
            ..self
        }
    }
}

/// x·2^by; zero or infinite beyond the doubles.
fn times(x: f64, by: i64) -> f64 {
    let by = by.clamp(-4000, 4000);
    // Four steps, each a double: bits lost in between would be lost in the end, too.
    (1..=4).fold(x, |x, step| x * two_to(by * step / 4 - by * (step - 1) / 4))
}

/// At least √(x² + y²).
fn at_least_hypot(x: f64, y: f64) -> f64 {
    if x == 0.0 || y == 0.0 { x.max(y) } else { core_math::hypot(x, y).next_up() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::ExactMatrix;
    use crate::enclosure::Bound;
    use crate::noise::{ReferenceTensor, TensorNoise, Twin};
    use crate::number::Number;
    use crate::truth::TrueTensor;
    use crate::verdict::Verdict;
    use ndarray::Array2;
    use rug::Float;

    /// A tensor: exact entries times 2^exponent, computed ones times the same, and the zeros of its twin.
    #[derive(Clone, Debug)]
    struct Part {
        truth: Vec<f64>,
        computed: Vec<f64>,
        zeros: Vec<bool>,
    }

    fn part(entries: &[(f64, f64)]) -> Part {
        let (truth, computed): (Vec<f64>, Vec<f64>) = entries.iter().copied().unzip();
        Part { zeros: vec![false; truth.len()], truth, computed }
    }

    fn row<T: Clone>(values: &[T]) -> Array2<T> {
        Array2::from_shape_vec((1, values.len()), values.to_vec()).expect("one row")
    }

    fn measured(part: &Part, exponent: i32, bound: f64) -> Noise {
        let long = |x: &f64| {
            if exponent < 0 { Float::with_val(100, *x) >> -exponent } else { Float::with_val(100, *x) << exponent }
        };
        let truth: Vec<Float> = part.truth.iter().map(long).collect();
        let truth = match bound {
            0.0 => TrueTensor::known(row(&truth)),
            _ => TrueTensor::blurred(row(&truth), Bound::from_f64(bound).scaled(i64::from(exponent))),
        };
        let computed = match exponent {
            0 => ExactMatrix::Doubles(row(&part.computed)),
            _ => ExactMatrix::Doubles(row(&part.computed)).times_two_to(exponent),
        };
        Noise::compare(&ReferenceTensor::new(&truth), &computed, Twin::Zeros(&part.zeros))
    }

    fn together(x: &Part, y: &Part) -> Part {
        let join = |x: &[f64], y: &[f64]| [x, y].concat();
        Part {
            truth: join(&x.truth, &y.truth),
            computed: join(&x.computed, &y.computed),
            zeros: [&x.zeros[..], &y.zeros].concat(),
        }
    }

    fn close(x: Number, y: Number) -> bool {
        match (x, y) {
            (Number::Finite(x), Number::Finite(y)) => (x - y).abs() <= 4e-9 * x.abs().max(y.abs()) + 1e-12,
            _ => x == y,
        }
    }

    /// Every number of the record, the verdict and the fates, as if the two were one tensor.
    fn check(x: &Part, y: &Part, exponent: i32, bound: f64) {
        let [one, other, whole] = [x, y, &together(x, y)].map(|part| measured(part, exponent, bound));
        for joined in [one.joined(other), other.joined(one)] {
            let (ours, theirs) = (joined.to_record("gradient"), whole.to_record("gradient"));
            let numbers = |noise: &TensorNoise| {
                let TensorNoise { log2_signal, log2_noise, noise_to_signal, .. } = noise.clone();
                [log2_signal, log2_noise, noise_to_signal, noise.descent, noise.orthogonal_noise, noise.cosine]
            };
            let fits = numbers(&ours).into_iter().zip(numbers(&theirs)).all(|(x, y)| close(x, y));
            assert!(fits, "{x:?} and {y:?}: {ours:?} is not {theirs:?}");
            assert_eq!((ours.at_most, ours.sign_agreement), (theirs.at_most, theirs.sign_agreement), "{x:?} and {y:?}");
            assert_eq!(joined.fates, whole.fates, "{x:?} and {y:?}");
            assert_eq!(Verdict::of(&joined), Verdict::of(&whole), "{x:?} and {y:?}");
        }
    }

    /// Tensors with all kinds of entries: zeros of both kinds, infinities, and very different sizes.
    #[test]
    fn two_tensors_are_measured_as_one() {
        let inf = f64::INFINITY;
        let parts = [
            part(&[(3.0, 3.0), (4.0, -4.0)]),
            part(&[(3.0, 3.0625), (4.0, 4.0), (-1.0, -1.25)]),
            part(&[(1.0, 0.0), (0.5, 0.5)]),
            Part { zeros: vec![true, false], ..part(&[(1.0, 0.0), (0.5, 0.5)]) },
            part(&[(0.0, 0.0)]),
            part(&[(0.0, 0.25), (0.0, 0.0)]),
            part(&[(1.0, inf), (0.5, 0.5)]),
            part(&[(1.0, f64::NAN)]),
            part(&[(1e-30, 1.5e-30), (2e-30, 2e-30)]),
            part(&[(1e30, 1.5e30), (2e30, 0.0)]),
            part(&[(1.0, 1.0), (2.0, 2.0)]),
            part(&[(1e-120, 0.0), (1e-120, 2e-120)]),
        ];
        for x in &parts {
            for y in &parts {
                for exponent in [0, 30, -60] {
                    check(x, y, exponent, 0.0);
                }
            }
        }
        // Bounds apply to all entries, so parts have the same size.
        for bound in [1e-12, 1e-3] {
            for x in &parts[..2] {
                check(x, &parts[10], 0, bound);
            }
        }
    }

    /// A part whose exact and computed entries are all zero changes nothing; exact sums have the same bits.
    #[test]
    fn silence_changes_no_bit() {
        let weights = part(&[(0.3, 0.31), (-0.7, -0.69), (1e-3, 0.0)]);
        let silent = part(&[(0.0, 0.0), (0.0, -0.0)]);
        let [alone, silent] = [&weights, &silent].map(|part| measured(part, 0, 0.0));
        let bits = |noise: &Noise| {
            [noise.square, noise.signal, noise.noise, noise.product, noise.computed, noise.error, noise.flushed]
                .map(f64::to_bits)
        };
        assert_eq!(bits(&alone.joined(silent)), bits(&alone));
        assert_eq!(bits(&silent.joined(alone)), bits(&alone));
        let (x, y) = (part(&[(3.0, 3.0), (4.0, 0.0)]), part(&[(2.0, 5.0), (1.0, 5.0)]));
        let [one, other, whole] = [&x, &y, &together(&x, &y)].map(|part| measured(part, 0, 0.0));
        let joined = one.joined(other);
        assert_eq!((joined.square, joined.product, joined.flushed), (whole.square, whole.product, whole.flushed));
    }

    /// A bias that overflows makes the layer overflow; one that is flushed counts by its energy.
    #[test]
    fn verdicts_of_a_layer_see_its_bias() {
        let sound = part(&[(3.0, 3.0), (4.0, 4.0)]);
        let verdict = |bias: &Part| Verdict::of(&measured(&sound, 0, 0.0).joined(measured(bias, 0, 0.0)));
        assert_eq!(verdict(&part(&[(1.0, f64::INFINITY)])), Verdict::Overflow);
        assert_eq!(verdict(&part(&[(0.0, f64::NAN)])), Verdict::Overflow);
        assert_eq!(verdict(&part(&[(5.0, 0.0)])), Verdict::Underflow);
        assert_eq!(verdict(&part(&[(4.99, 0.0)])), Verdict::Noisy);
        assert_eq!(verdict(&Part { zeros: vec![true], ..part(&[(5.0, 0.0)]) }), Verdict::Noisy);
        assert_eq!(verdict(&part(&[(0.01, -0.01)])), Verdict::Sound);
        assert_eq!(verdict(&part(&[(0.0, 0.01)])), Verdict::Sound, "a ghost beside a gradient that lives");
    }
}
