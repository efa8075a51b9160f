//! An exact gradient tensor: integers, which of them are exact, and bounds for the others.

use super::Unproven;
use super::bound::Bound;
use super::column::{Entries, Scaled, norm};
use ndarray::Array2;
use rug::Float;
use std::cmp::Ordering;

/// An exact gradient tensor.
#[derive(Clone, Debug)]
pub struct TrueTensor {
    /// Rows and columns.
    shape: (usize, usize),
    /// g̃, the computed values, row by row.
    entries: Entries,
    /// True where g̃ is exact.
    pub exact: Array2<bool>,
    /// E_ij = row_i + column_j + constant for entries that are not exact.
    rows: Vec<Bound>,
    columns: Vec<Bound>,
    constant: Bound,
    /// At least ‖g − g̃‖₂ over all entries.
    pub error: Bound,
}

/// Bounds of a tensor's entries: E_ij = row_i + column_j + constant.
pub(super) struct EntryBounds {
    pub rows: Vec<Bound>,
    pub columns: Vec<Bound>,
    pub constant: Bound,
}

impl TrueTensor {
    /// Builds a tensor from bounded values.
    ///
    /// # Errors
    /// A value exceeds MPFR's exponent range, or every value is only known to be below it.
    pub(super) fn new(
        shape: (usize, usize),
        entries: Entries,
        exact: Vec<bool>,
        bounds: EntryBounds,
        error: Bound,
    ) -> Result<TrueTensor, Unproven> {
        let limit = i64::from(rug::float::exp_max()) / 2;
        let is_told = |i: usize| {
            let bits = entries.integers.bits(i);
            bits == 0 || (-limit..limit).contains(&(entries.exponents[i] + i64::from(bits)))
        };
        // An error this small comes from values that vanish (see `evaluation::BELOW`), so no precision helps.
        let is_below = error.exponent().is_some_and(|exponent| exponent < -limit / 2)
            && (0..entries.len()).all(|i| entries.magnitude(i) <= error);
        if is_below || !(0..entries.len()).all(is_told) {
            return Err(Unproven::ExponentRange);
        }
        let exact = Array2::from_shape_vec(shape, exact).expect("invariant: rows × columns values");
        let EntryBounds { rows, columns, constant } = bounds;
        Ok(TrueTensor { shape, entries, exact, rows, columns, constant, error })
    }

    /// E_ij: at least |g_ij − g̃_ij|; zero for an exact entry.
    pub fn entry_error(&self, (i, j): (usize, usize)) -> Bound {
        if self.exact[(i, j)] { Bound::ZERO } else { self.rows[i] + self.columns[j] + self.constant }
    }

    /// Bounds of entries that are not exact, times 2^by: row_i, column_j and a constant whose sum in doubles, a
    /// 2^-50th more, is at least E_ij·2^by.
    pub fn scaled_bounds(&self, by: i64) -> (Vec<f64>, Vec<f64>, f64) {
        let scaled = |bound: &Bound| bound.scaled(by).to_f64();
        (self.rows.iter().map(scaled).collect(), self.columns.iter().map(scaled).collect(), scaled(&self.constant))
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        self.shape
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True for a tensor without entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// g̃_ij in MPFR, exactly.
    pub fn value(&self, (i, j): (usize, usize)) -> Float {
        let Scaled { mantissa, exponent } = self.entries.get(i * self.shape.1 + j);
        let bits = mantissa.significant_bits().max(1);
        super::column::float(&mantissa, exponent, bits).expect("invariant: values lie within MPFR's exponents")
    }

    /// All of them.
    pub fn values(&self) -> Array2<Float> {
        Array2::from_shape_fn(self.shape, |index| self.value(index))
    }

    /// ⌊log₂|g̃|⌋ of every entry, in row-major order; `None` for zeros.
    pub fn exponents(&self) -> impl Iterator<Item = Option<i64>> {
        (0..self.len()).map(|i| {
            let bits = self.entries.integers.bits(i);
            (bits > 0).then(|| self.entries.exponents[i] + i64::from(bits) - 1)
        })
    }

    /// How an entry, by its place in row-major order, compares with zero.
    pub fn sign(&self, place: usize) -> Ordering {
        match (self.entries.integers.is_zero(place), self.entries.integers.is_negative(place)) {
            (true, _) => Ordering::Equal,
            (false, true) => Ordering::Less,
            (false, false) => Ordering::Greater,
        }
    }

    /// An entry, by its place in row-major order, as (m, e) and (n, f): m·2^e and the remainder n·2^f, both truncated
    /// to 53
    /// bits.
    pub fn leading_pair(&self, place: usize) -> [(f64, i64); 2] {
        let exponent = self.entries.exponents[place];
        let sign = if self.entries.integers.is_negative(place) { -1.0 } else { 1.0 };
        self.entries.integers.leading_pair(place).map(|(digits, place)| (sign * digits as f64, exponent + place))
    }

    /// At least ‖g̃‖₂.
    pub fn norm(&self) -> Bound {
        norm((0..self.len()).map(|i| self.entries.magnitude(i)))
    }

    /// A tensor of known exact values, for tests and known answers.
    pub fn known(values: Array2<Float>) -> TrueTensor {
        let (rows, columns) = values.dim();
        TrueTensor {
            shape: (rows, columns),
            exact: Array2::from_elem((rows, columns), true),
            entries: values.iter().map(Scaled::from_float).collect::<Vec<_>>().into(),
            rows: vec![Bound::ZERO; rows],
            columns: vec![Bound::ZERO; columns],
            constant: Bound::ZERO,
            error: Bound::ZERO,
        }
    }

    /// The same values, all of them inexact, each within `error` of the exact one.
    pub fn blurred(values: Array2<Float>, error: Bound) -> TrueTensor {
        let entries = Bound::from_f64(values.len() as f64).sqrt();
        TrueTensor {
            exact: Array2::from_elem(values.dim(), false),
            constant: error,
            error: entries * error,
            ..TrueTensor::known(values)
        }
    }
}
