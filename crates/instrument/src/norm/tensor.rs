//! An exact gradient tensor: integers, which of them are exact, and bounds for the others.

use super::column::{Column, Entries, Scaled, norm};
use super::term::{Term, term};
use super::unproven::Unproven;
use crate::enclosure::{Ball, Bound};
use crate::integers::Integers;
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
    /// E_ij for entries that are not exact.
    bounds: EntryBounds,
    /// At least ‖g − g̃‖₂ over all entries.
    pub error: Bound,
}

/// Bounds of a tensor's entries.
#[derive(Clone, Debug)]
pub(crate) enum EntryBounds {
    /// E_ij = row_i + column_j + constant.
    RankOne { rows: Vec<Bound>, columns: Vec<Bound>, constant: Bound },
    /// One for each entry, row by row.
    Each(Vec<Bound>),
}

/// Bounds of a tensor's entries as doubles: see [`TrueTensor::scaled_bounds`].
pub struct ScaledBounds(Doubles);

enum Doubles {
    RankOne { rows: Vec<f64>, columns: Vec<f64>, constant: f64 },
    Each { bounds: Vec<f64>, columns: usize },
}

impl ScaledBounds {
    /// A double that is at least the bound of an entry that is not exact.
    #[inline]
    pub fn at(&self, (i, j): (usize, usize)) -> f64 {
        match &self.0 {
            Doubles::RankOne { rows, columns, constant } => {
                (rows[i] + columns[j] + constant) * (1.0 + crate::format::two_to(-50))
            }
            Doubles::Each { bounds, columns } => bounds[i * columns + j],
        }
    }
}

impl TrueTensor {
    /// Builds a tensor from bounded values.
    ///
    /// # Errors
    /// A value exceeds MPFR's exponent range, or every value is only known to be below it.
    pub(crate) fn new(
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
        Ok(TrueTensor { shape, entries, exact, bounds, error })
    }

    /// From enclosures of its entries.
    ///
    /// # Errors
    /// An entry is not known at all, or as for bounded values.
    pub(crate) fn enclosed(balls: &Array2<Ball>) -> Result<TrueTensor, Unproven> {
        if balls.iter().any(Ball::is_whole_line) {
            return Err(Unproven::TooWide);
        }
        let exact = balls.iter().map(Ball::is_exact).collect();
        let radii: Vec<Bound> = balls.iter().map(|ball| ball.radius).collect();
        let error = Bound::norm(radii.iter().copied());
        TrueTensor::new(
            balls.dim(),
            Entries::of(balls.iter().map(|ball| &ball.midpoint)),
            exact,
            EntryBounds::Each(radii),
            error,
        )
    }

    /// Whether two proofs of one tensor agree: whether the intervals of every entry meet.
    pub fn meets(&self, other: &TrueTensor) -> bool {
        let meet = |index: (usize, usize)| {
            let (own, others) = (self.value(index), other.value(index));
            let difference = Float::with_val(own.prec().max(others.prec()) + 64, &own - &others);
            // Rounded once more, and up.
            let size = Bound::from_float(&difference);
            size <= self.entry_error(index) + other.entry_error(index) + size.scaled(-50)
        };
        self.shape == other.shape && self.exact.indexed_iter().all(|(index, _)| meet(index))
    }

    /// E_ij: at least |g_ij − g̃_ij|; zero for an exact entry.
    pub fn entry_error(&self, (i, j): (usize, usize)) -> Bound {
        match &self.bounds {
            _ if self.exact[(i, j)] => Bound::ZERO,
            EntryBounds::RankOne { rows, columns, constant } => rows[i] + columns[j] + *constant,
            EntryBounds::Each(bounds) => bounds[i * self.shape.1 + j],
        }
    }

    /// Bounds of entries that are not exact, times 2^by, as doubles.
    pub fn scaled_bounds(&self, by: i64) -> ScaledBounds {
        let scaled = |bound: &Bound| bound.scaled(by).to_f64();
        let all = |bounds: &[Bound]| bounds.iter().map(scaled).collect();
        ScaledBounds(match &self.bounds {
            EntryBounds::RankOne { rows, columns, constant } => {
                Doubles::RankOne { rows: all(rows), columns: all(columns), constant: scaled(constant) }
            }
            EntryBounds::Each(bounds) => Doubles::Each { bounds: all(bounds), columns: self.shape.1 },
        })
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
            bounds: EntryBounds::Each(vec![Bound::ZERO; rows * columns]),
            error: Bound::ZERO,
        }
    }

    /// The same values, all of them inexact, each within `error` of the exact one.
    pub fn blurred(values: Array2<Float>, error: Bound) -> TrueTensor {
        let entries = Bound::from_f64(values.len() as f64).sqrt();
        TrueTensor {
            exact: Array2::from_elem(values.dim(), false),
            bounds: EntryBounds::Each(vec![error; values.len()]),
            error: entries * error,
            ..TrueTensor::known(values)
        }
    }
}

/// δ of the whole batch (units × batch): each sample's β_s bounds its entries and its column's norm.
pub fn activation_gradient(deltas: &[Column]) -> Result<TrueTensor, Unproven> {
    let (rows, samples) = (deltas[0].len(), deltas.len());
    let words = deltas.iter().map(|delta| delta.integers.words()).max().unwrap_or(0);
    let mut integers = Integers::zeros(rows * samples, words);
    let mut exponents = vec![0; rows * samples];
    let mut exact = vec![true; rows * samples];
    for (s, delta) in deltas.iter().enumerate() {
        for i in 0..rows {
            let place = i * samples + s;
            integers.set(place, delta.integers.is_negative(i), delta.integers.magnitude(i));
            (exponents[place], exact[place]) = (delta.exponent, !delta.inexact.get(i));
        }
    }
    let errors: Vec<Bound> =
        deltas.iter().map(|delta| if delta.inexact.any() { delta.error } else { Bound::ZERO }).collect();
    let error = norm(errors.iter().map(|&error| term(Term::DeltaNorm, error)));
    let bounds = EntryBounds::RankOne {
        rows: vec![Bound::ZERO; rows],
        columns: errors.into_iter().map(|error| term(Term::DeltaEntry, error)).collect(),
        constant: Bound::ZERO,
    };
    TrueTensor::new((rows, samples), Entries { integers, exponents }, exact, bounds, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of few bits are compared in all of theirs.
    #[test]
    fn intervals_meet_or_not() {
        let of = |x: Float, error: Bound| TrueTensor::blurred(Array2::from_elem((1, 1), x), error);
        let unit = Float::with_val(53, 1) >> 40u32;
        let eight = of(Float::with_val(1, 8), Bound::ZERO);
        let above = Float::with_val(100, 8 + Float::with_val(100, &unit * 1.25));
        for (units, meets) in [(1.0, false), (1.2, false), (1.25, true), (2.0, true)] {
            let other = of(above.clone(), Bound::from_f64(units).scaled(-40));
            assert_eq!((eight.meets(&other), other.meets(&eight)), (meets, meets), "{units}");
        }
    }
}
