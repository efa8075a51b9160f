//! Projects one vector on another, to find how much of another program's gradient is a multiple of ours.

use crate::arithmetic::{Exact, ExactMatrix};
use crate::record::{Number, Projection};

/// The entries of some tensors one after the other, each times 2^-scale, so that the largest lies in [1, 2).
///
/// Sums run in double precision in index order, which is enough for the nine digits that a record keeps. Entries more
/// than 2^1022 times smaller than the largest are lost, but change no digit of the result.
pub struct Vector {
    entries: Vec<f64>,
    scale: i64,
}

impl Vector {
    /// The vector of some tensors; `None` if an entry is not finite.
    pub fn new(tensors: &[&ExactMatrix]) -> Option<Vector> {
        if !tensors.iter().all(|tensor| tensor.is_finite()) {
            return None;
        }
        let scale = tensors.iter().filter_map(|tensor| tensor.top()).max().unwrap_or(0);
        let shift = i32::try_from(-scale).ok()?;
        let scaled = |x: Exact| x.times_two_to(shift).to_f64();
        Some(Vector { entries: tensors.iter().flat_map(|tensor| tensor.iter()).map(scaled).collect(), scale })
    }

    /// log₂ of the norm; −∞ if every entry is zero.
    pub fn log2_norm(&self) -> Number {
        Number::new(core_math::log2(self.dot(self).sqrt()) + self.scale as f64)
    }

    /// ⟨self, other⟩·2^-(both scales).
    fn dot(&self, other: &Vector) -> f64 {
        self.entries.iter().zip(&other.entries).map(|(x, y)| x * y).sum()
    }
}

/// Projects d on m, for tensors of the same shapes.
pub fn along(d: &[&ExactMatrix], m: &[&ExactMatrix]) -> Projection {
    let none = Number::None;
    let unknown = Projection { log2_norm: none, log2_factor: none, is_negative: false, log2_rest: none };
    let (Some(d), Some(m)) = (Vector::new(d), Vector::new(m)) else { return unknown };
    if d.entries.is_empty() {
        return unknown;
    }
    let square = m.dot(&m);
    if square == 0.0 {
        return Projection { log2_norm: Number::MinusInfinite, log2_rest: d.log2_norm(), ..unknown };
    }
    // An exact multiple leaves only the rounding of its entries and of the factor.
    let rest = |factor: f64| d.entries.iter().zip(&m.entries).map(move |(d, m)| d - factor * m);
    let factor = d.dot(&m) / square;
    // Repeated because the sums are rounded, too: now the factor is as close as a double can be.
    let factor = factor + rest(factor).zip(&m.entries).map(|(rest, m)| rest * m).sum::<f64>() / square;
    let rest: f64 = rest(factor).map(|rest| rest * rest).sum();
    Projection {
        log2_norm: m.log2_norm(),
        log2_factor: Number::new(core_math::log2(factor.abs()) + (d.scale - m.scale) as f64),
        is_negative: factor < 0.0,
        log2_rest: Number::new(core_math::log2(rest.sqrt()) + d.scale as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn row(values: &[f64]) -> ExactMatrix {
        ExactMatrix::Doubles(Array2::from_shape_vec((1, values.len()), values.to_vec()).expect("one row"))
    }

    /// (1, 7) along (1, 1): c = 4, rest (−3, 3); weights and biases are one vector, scales are divided out.
    #[test]
    fn a_vector_along_another() {
        for shift in [0, -300, 900, -1000] {
            let tiny = crate::format::two_to(shift.into());
            let along = along(&[&row(&[tiny]), &row(&[7.0 * tiny])], &[&row(&[1.0]), &row(&[1.0])]);
            assert_eq!(along.log2_norm, Number::Finite(0.5));
            assert_eq!(along.log2_factor, Number::Finite(f64::from(2 + shift)));
            assert_eq!(along.log2_rest, Number::new(core_math::log2(18f64.sqrt()) + f64::from(shift)));
            assert!(!along.is_negative);
        }
    }

    #[test]
    fn multiples_zeros_and_infinities() {
        let m = [0.3, -0.7, 1.1];
        let times = |factor: f64| along(&[&row(&m.map(|x| x * factor))], &[&row(&m)]);
        let half = times(-0.5);
        assert_eq!(
            (half.log2_factor, half.is_negative, half.log2_rest),
            (Number::Finite(-1.0), true, Number::MinusInfinite)
        );
        assert_eq!(times(0.0).log2_factor, Number::MinusInfinite);
        let zero = along(&[&row(&m)], &[&row(&[0.0; 3])]);
        assert_eq!((zero.log2_norm, zero.log2_factor), (Number::MinusInfinite, Number::None));
        let infinite = along(&[&row(&[1.0, f64::INFINITY, 0.0])], &[&row(&m)]);
        assert_eq!((infinite.log2_norm, infinite.log2_rest), (Number::None, Number::None));
        assert_eq!(along(&[], &[]).log2_norm, Number::None);
    }
}
