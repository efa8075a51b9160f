//! Matrices of exact numbers, the results of arithmetics.

use super::Exact;
use crate::format::two_to;
use ndarray::Array2;

/// A matrix of exact numbers: doubles where all of them are, which is what every format up to binary64 has.
#[derive(Clone, Debug)]
pub enum ExactMatrix {
    /// The values of doubles; infinities and NaN stand for themselves.
    Doubles(Array2<f64>),
    /// Any numbers.
    Any(Array2<Exact>),
}

impl ExactMatrix {
    /// Rows and columns.
    #[inline]
    pub fn dim(&self) -> (usize, usize) {
        match self {
            ExactMatrix::Doubles(matrix) => matrix.dim(),
            ExactMatrix::Any(matrix) => matrix.dim(),
        }
    }

    /// Columns.
    #[inline]
    pub fn ncols(&self) -> usize {
        self.dim().1
    }

    /// Number of entries.
    #[inline]
    pub fn len(&self) -> usize {
        let (rows, columns) = self.dim();
        rows * columns
    }

    /// True for a matrix without entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One entry.
    #[inline]
    pub fn get(&self, index: (usize, usize)) -> Exact {
        match self {
            ExactMatrix::Doubles(matrix) => Exact::Double(matrix[index]),
            ExactMatrix::Any(matrix) => matrix[index].clone(),
        }
    }

    /// All entries, row by row.
    pub fn iter(&self) -> impl Iterator<Item = Exact> + '_ {
        let columns = self.dim().1;
        (0..self.len()).map(move |place| self.get((place / columns, place % columns)))
    }

    /// All entries with their rows and columns, row by row.
    pub fn indexed_iter(&self) -> impl Iterator<Item = ((usize, usize), Exact)> + '_ {
        let columns = self.dim().1;
        (0..self.len()).map(move |place| (place / columns, place % columns)).map(|index| (index, self.get(index)))
    }

    /// Each entry by itself.
    pub fn to_array(&self) -> Array2<Exact> {
        match self {
            ExactMatrix::Doubles(matrix) => matrix.map(|x| Exact::Double(*x)),
            ExactMatrix::Any(matrix) => matrix.clone(),
        }
    }

    /// True if no entry is infinite or NaN.
    pub fn is_finite(&self) -> bool {
        match self {
            ExactMatrix::Doubles(matrix) => matrix.iter().all(|x| x.is_finite()),
            ExactMatrix::Any(matrix) => matrix.iter().all(Exact::is_finite),
        }
    }

    /// Which entries are ±0, row by row.
    pub fn zeros(&self) -> Vec<bool> {
        match self {
            ExactMatrix::Doubles(matrix) => matrix.iter().map(|x| *x == 0.0).collect(),
            ExactMatrix::Any(matrix) => matrix.iter().map(Exact::is_zero).collect(),
        }
    }

    /// Largest ⌊log₂|x|⌋ of the finite entries that are not zero.
    pub fn top(&self) -> Option<i64> {
        match self {
            ExactMatrix::Doubles(matrix) => {
                let largest = matrix.iter().filter(|x| x.is_finite()).fold(0.0f64, |most, x| most.max(x.abs()));
                Exact::Double(largest).exponent()
            }
            ExactMatrix::Any(matrix) => matrix.iter().filter_map(Exact::exponent).max(),
        }
    }

    /// Smallest ⌊log₂|x|⌋ of the finite entries that are not zero.
    pub fn bottom(&self) -> Option<i64> {
        match self {
            ExactMatrix::Doubles(matrix) => {
                let nonzero = matrix.iter().filter(|x| **x != 0.0);
                let least = nonzero.fold(f64::INFINITY, |least, x| if x.abs() < least { x.abs() } else { least });
                Exact::Double(least).exponent()
            }
            ExactMatrix::Any(matrix) => matrix.iter().filter_map(Exact::exponent).min(),
        }
    }

    /// Every entry times 2^log2, exactly, even beyond the range of doubles.
    pub fn times_two_to(self, log2: i32) -> ExactMatrix {
        let matrix = match self {
            ExactMatrix::Doubles(matrix) => matrix,
            ExactMatrix::Any(matrix) => return ExactMatrix::Any(matrix.map(|x| x.times_two_to(log2))),
        };
        if log2.abs() <= 1022 {
            let (there, back) = (two_to(i64::from(log2)), two_to(i64::from(-log2)));
            let is_exact = |x: &f64| !x.is_finite() || x * there * back == *x;
            if matrix.iter().all(is_exact) {
                return ExactMatrix::Doubles(matrix * there);
            }
        }
        ExactMatrix::Any(matrix.map(|x| Exact::Double(*x).times_two_to(log2)))
    }
}

impl PartialEq for ExactMatrix {
    /// The same shape and the same values: NaN differs from itself.
    fn eq(&self, other: &ExactMatrix) -> bool {
        self.dim() == other.dim() && self.iter().eq(other.iter())
    }
}

impl From<Array2<f64>> for ExactMatrix {
    fn from(matrix: Array2<f64>) -> ExactMatrix {
        ExactMatrix::Doubles(matrix)
    }
}

impl From<Array2<Exact>> for ExactMatrix {
    fn from(matrix: Array2<Exact>) -> ExactMatrix {
        ExactMatrix::Any(matrix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix of doubles equals its entries one by one.
    #[test]
    fn doubles_are_exact_numbers() {
        let values = [1.5, -0.0, 3e-320, f64::INFINITY, f64::NAN, -7e300];
        let doubles = ExactMatrix::from(Array2::from_shape_vec((2, 3), values.to_vec()).unwrap());
        let any = ExactMatrix::from(doubles.to_array());
        assert_eq!((doubles.dim(), doubles.zeros()), (any.dim(), any.zeros()));
        assert_eq!((doubles.top(), doubles.bottom()), (any.top(), any.bottom()));
        assert!(!doubles.is_finite() && !any.is_finite() && doubles != any, "NaN is equal to nothing");
        for log2 in [-1074, -10, 0, 3, 900, 2000] {
            for (x, y) in doubles.clone().times_two_to(log2).iter().zip(any.clone().times_two_to(log2).iter()) {
                assert!(x == y || !x.is_finite() && !y.is_finite(), "{x:?} and {y:?} at 2^{log2}");
            }
        }
        let ordinary = ExactMatrix::from(Array2::from_elem((1, 2), 1.5));
        assert!(matches!(ordinary.clone().times_two_to(-900), ExactMatrix::Doubles(_)));
        assert_eq!(ordinary.clone().times_two_to(-900).times_two_to(900), ordinary);
        assert!(matches!(doubles.times_two_to(-10), ExactMatrix::Any(_)), "a subnormal number loses digits");
    }
}
