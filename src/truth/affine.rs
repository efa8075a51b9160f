//! Affine steps of the truth: exact weights times a column, forward (W·a + b) and backward (Wᵀ·δ); residual
//! sums and the exact scale of their branches.
//!
//! Weights are integers w_ij at one exponent, so every product and sum is an exact integer: ρ, the
//! product's own rounding, is zero. What remains is the column's error through the exact matrix,
//! ‖W(a − ã)‖₂ ≤ σα. An entry is exact if every term is: its a_j is exact, or its w_ij is zero.

use super::Unproven;
use super::bound::Bound;
use super::column::{Bits, Column, Scaled};
use super::spectral::spectral_norm_bound;
use super::term::{Term, term};
use crate::arithmetic::kernels::limbs::{self, Limbs};
use ndarray::Array2;
use rug::Integer;

/// Longest left shift that aligning two summands may need, in bits; beyond it the layer is not established.
pub const LONGEST_ALIGNMENT: i64 = 1 << 22;

/// Bits beyond p that the entries of a pre-activation may have: 2 KiB each, which drawn networks do not need.
const LONGEST_EXCESS: u32 = 1 << 14;

/// Integers at one exponent; drawn weights fit half a machine word.
enum Mantissas {
    /// In lanes, with the bits that limbs of a column may have.
    Lanes(Vec<i32>, u32),
    Short(Vec<i64>),
    Long(Vec<Integer>),
}

impl Mantissas {
    /// Rows of `terms` factors of a product.
    fn new(integers: Vec<Integer>, terms: usize) -> Mantissas {
        let bits = integers.iter().map(Integer::significant_bits).max().unwrap_or(0);
        let half: Option<Vec<i32>> = integers.iter().map(Integer::to_i32).collect();
        match (half, limbs::limb_bits(bits, terms)) {
            (Some(half), Some(limb_bits)) => Mantissas::Lanes(half, limb_bits),
            _ => match integers.iter().map(Integer::to_i64).collect() {
                Some(short) => Mantissas::Short(short),
                None => Mantissas::Long(integers),
            },
        }
    }
}

/// An exact weight matrix ready for products with columns.
pub struct Weights {
    rows: usize,
    columns: usize,
    exponent: i64,
    mantissas: Mantissas,
    /// Per row: the columns with a weight that is not zero.
    support: Vec<Bits>,
    /// σ ≥ ‖W‖₂.
    pub norm: Bound,
}

impl Weights {
    /// W and its σ.
    pub fn new(values: &Array2<f64>) -> Weights {
        Weights::with_norm(values, spectral_norm_bound(values))
    }

    /// Wᵀ, whose norm is the same.
    pub fn transposed(values: &Array2<f64>, norm: Bound) -> Weights {
        Weights::with_norm(&values.t().as_standard_layout().to_owned(), norm)
    }

    fn with_norm(values: &Array2<f64>, norm: Bound) -> Weights {
        let (rows, columns) = values.dim();
        let column = Column::exact(values.iter().copied());
        Weights {
            rows,
            columns,
            exponent: column.exponent,
            mantissas: Mantissas::new(column.mantissas, columns),
            support: values.rows().into_iter().map(|row| Bits::from_fn(columns, |j| row[j] != 0.0)).collect(),
            norm,
        }
    }

    /// W·a, with an error of at most σα; nothing is rounded.
    pub fn multiply(&self, a: &Column) -> Column {
        assert_eq!(a.len(), self.columns, "invariant: shapes agree");
        let each = |sum: &dyn Fn(std::ops::Range<usize>) -> Integer| {
            (0..self.rows).map(|i| sum(i * self.columns..(i + 1) * self.columns)).collect()
        };
        let mantissas: Vec<Integer> = match &self.mantissas {
            Mantissas::Lanes(w, bits) => limbs::short_products(w, &Limbs::new(&a.mantissas, *bits), self.columns),
            Mantissas::Short(w) => each(&|terms| w[terms].iter().zip(&a.mantissas).map(|(&w, a)| a * w).sum()),
            Mantissas::Long(w) => each(&|terms| w[terms].iter().zip(&a.mantissas).map(|(w, a)| a * w).sum()),
        };
        let inexact = Bits::from_fn(self.rows, |i| self.support[i].meets(&a.inexact));
        let error = if inexact.any() { self.norm * a.error } else { Bound::ZERO };
        let error = term(Term::AffinePropagated, error);
        Column { exponent: self.exponent + a.exponent, mantissas, inexact, error }
    }
}

/// The lowest exponent of the numbers that are not zero (0 if all are), if the others can be shifted to it.
fn common_exponent<'a>(numbers: impl Iterator<Item = (&'a Integer, i64)>) -> Result<i64, Unproven> {
    let span = numbers.filter(|(mantissa, _)| **mantissa != 0).fold(None, |span, (_, exponent)| {
        let (lowest, highest) = span.unwrap_or((exponent, exponent));
        Some((exponent.min(lowest), exponent.max(highest)))
    });
    match span {
        None => Ok(0),
        Some((lowest, highest)) if highest - lowest <= LONGEST_ALIGNMENT => Ok(lowest),
        Some(_) => Err(Unproven::ExponentRange),
    }
}

/// The same number on a lower exponent; zero has none.
fn aligned(mantissa: &Integer, from: i64, to: i64) -> Integer {
    if *mantissa == 0 { Integer::new() } else { Integer::from(mantissa << (from - to) as u32) }
}

/// z + b with an exact bias: nothing is rounded, nothing becomes inexact.
pub fn add_exact(z: Column, bias: &Array2<f64>) -> Result<Column, Unproven> {
    let bias: Vec<Scaled> = bias.iter().map(|&b| Scaled::from_f64(b)).collect();
    assert_eq!(z.len(), bias.len(), "invariant: shapes agree");
    let exponent = common_exponent(z.numbers().chain(bias.iter().map(|b| (&b.mantissa, b.exponent))))?;
    let sum = |(mantissa, b): (&Integer, &Scaled)| {
        aligned(mantissa, z.exponent, exponent) + aligned(&b.mantissa, b.exponent, exponent)
    };
    let mantissas = z.mantissas.iter().zip(&bias).map(sum).collect();
    Ok(Column { exponent, mantissas, ..z })
}

/// A column that needs far more than p bits, as z + b does where the two differ by thousands of binary orders, at p
/// bits; any other as it is.
pub fn shortened(column: Column, precision: u32) -> Column {
    let longest = column.mantissas.iter().map(Integer::significant_bits).max().unwrap_or(0);
    if longest <= precision.saturating_add(LONGEST_EXCESS) {
        return column;
    }
    let Column { exponent, mantissas, inexact, error } = column;
    let entries = mantissas.into_iter().map(|mantissa| Scaled { mantissa, exponent }).collect();
    let mut short = Column::store(entries, inexact, error, precision);
    // A shift to the right keeps the memory of the longer number.
    short.mantissas.iter_mut().for_each(Integer::shrink_to_fit);
    short
}

/// s·a with an exact constant at p bits, forward and backward: the product of integers is exact, the error is |s|α,
/// and an entry is exact if a_i is or s is zero, and nothing was rounded.
pub fn scale(a: &Column, factor: f64, precision: u32) -> Column {
    let s = Scaled::from_f64(factor);
    let product = |mantissa: &Integer| Scaled {
        mantissa: Integer::from(mantissa * &s.mantissa),
        exponent: a.exponent + s.exponent,
    };
    let inexact = Bits::from_fn(a.len(), |i| a.inexact.get(i) && factor != 0.0);
    let error = term(Term::ScalePropagated, Bound::from_f64(factor.abs()) * a.error);
    Column::store(a.mantissas.iter().map(product).collect(), inexact, error, precision)
}

/// Residual sum branch + skip at p bits: errors add, an entry is exact if both are and nothing was rounded.
pub fn add(branch: &Column, skip: &Column, precision: u32) -> Result<Column, Unproven> {
    let exponent = common_exponent(branch.numbers().chain(skip.numbers()))?;
    let align = |column: &Column, i: usize| aligned(&column.mantissas[i], column.exponent, exponent);
    let entries = (0..branch.len()).map(|i| Scaled { mantissa: align(branch, i) + align(skip, i), exponent }).collect();
    let inexact = Bits::from_fn(branch.len(), |i| branch.inexact.get(i) || skip.inexact.get(i));
    let error = term(Term::AddBranch, branch.error) + term(Term::AddSkip, skip.error);
    Ok(Column::store(entries, inexact, error, precision))
}
