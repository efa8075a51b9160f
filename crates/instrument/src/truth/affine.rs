//! Affine steps of the exact gradient: exact weights times a column, forward (W·a + b) and backward (Wᵀ·δ); residual
//! sums and the exact scale of their branches.
//!
//! Weights are integers w_ij at one exponent, so every product and sum is an exact integer: ρ, the product's own
//! rounding, is zero. Only the column's error remains, propagated by the exact matrix: ‖W(a − ã)‖₂ ≤ σα. An entry is
//! exact if every term is: its a_j is exact, or its w_ij is zero.

use super::Unproven;
use super::column::{Bits, Column, Entries};
use super::precision::Precision;
use super::spectral::spectral_norm_bound;
use super::term::{Term, term};
use crate::arithmetic::kernels::limbs::{self, Cut, Left, Right};
use crate::enclosure::Bound;
use crate::integers::{Integers, words_for};
use ndarray::Array2;
use rug::Integer;

/// Largest left shift for aligning two summands, in bits; beyond it the layer is not established.
pub const LONGEST_ALIGNMENT: i64 = 1 << 22;

/// Bits beyond p that the entries of a pre-activation may have: 2 KiB each, which drawn networks do not need.
const LONGEST_EXCESS: u32 = 1 << 14;

/// Planes of limbs that weights in vector lanes may have.
const MOST_PLANES: u32 = 4;

/// Integers at one exponent, row by row.
enum Mantissas {
    /// Integers in vector lanes.
    Lanes(Left),
    /// The range exceeds what the kernels can represent.
    Long(Vec<Integer>),
}

/// An exact weight matrix prepared for products with columns from either side.
pub struct Weights {
    rows: usize,
    columns: usize,
    exponent: i64,
    mantissas: Mantissas,
    /// The nonzero weights, per row and per column.
    support: [Vec<Bits>; 2],
    /// σ ≥ ‖W‖₂.
    norm: Bound,
}

/// The direction of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// W·a
    Forward,
    /// Wᵀ·δ
    Back,
}

impl Weights {
    /// W and its σ.
    pub fn new(values: &Array2<f64>) -> Weights {
        let (rows, columns) = values.dim();
        let Column { exponent, integers, .. } = Column::exact(values.iter().copied());
        let bits = integers.longest();
        let mantissas = match Cut::left_of(bits, rows.max(columns), MOST_PLANES) {
            Some(cut) => Mantissas::Lanes(Left::new((rows, columns), bits, cut, |i, k| {
                let index = i * columns + k;
                (integers.magnitude(index), integers.is_negative(index))
            })),
            None => Mantissas::Long((0..integers.len()).map(|i| integers.to_rug(i)).collect()),
        };
        let support = [
            values.rows().into_iter().map(|row| Bits::from_fn(columns, |j| row[j] != 0.0)).collect(),
            values.columns().into_iter().map(|column| Bits::from_fn(rows, |i| column[i] != 0.0)).collect(),
        ];
        Weights { rows, columns, exponent, mantissas, support, norm: spectral_norm_bound(values) }
    }

    /// W·a or Wᵀ·δ of every sample, with an error of at most σα; nothing is rounded.
    pub fn multiply(&self, way: Way, samples: &[Column]) -> Vec<Column> {
        let (rows, terms) = match way {
            Way::Forward => (self.rows, self.columns),
            Way::Back => (self.columns, self.rows),
        };
        assert!(samples.iter().all(|sample| sample.len() == terms), "invariant: shapes agree");
        let products = match &self.mantissas {
            Mantissas::Lanes(left) => in_lanes(left, way, samples),
            Mantissas::Long(weights) => {
                let weight = |i: usize, k: usize| match way {
                    Way::Forward => &weights[i * self.columns + k],
                    Way::Back => &weights[k * self.columns + i],
                };
                let of_sample = |sample: &Column| {
                    let numbers: Vec<Integer> = (0..terms).map(|k| sample.integers.to_rug(k)).collect();
                    let sum = |i: usize| numbers.iter().enumerate().map(|(k, a)| Integer::from(a * weight(i, k))).sum();
                    Integers::from_rug(&(0..rows).map(sum).collect::<Vec<Integer>>())
                };
                samples.iter().map(of_sample).collect()
            }
        };
        let support = match way {
            Way::Forward => &self.support[0],
            Way::Back => &self.support[1],
        };
        let finish = |(sample, integers): (&Column, Integers)| {
            let inexact = Bits::from_fn(rows, |i| support[i].meets(&sample.inexact));
            let error = if inexact.any() { self.norm * sample.error } else { Bound::ZERO };
            let error = term(Term::AffinePropagated, error);
            Column { exponent: self.exponent + sample.exponent, integers, inexact, error }
        };
        samples.iter().zip(products).map(finish).collect()
    }
}

/// The product with all samples at once.
fn in_lanes(left: &Left, way: Way, samples: &[Column]) -> Vec<Integers> {
    let turned;
    let left = match way {
        Way::Forward => left,
        Way::Back => {
            turned = left.transposed();
            &turned
        }
    };
    let (rows, terms) = left.dim();
    let longest = samples.iter().map(|sample| sample.integers.longest()).max().unwrap_or(0);
    let right = Right::new((terms, samples.len()), longest, left.cut(), |k, s| {
        (samples[s].integers.magnitude(k), samples[s].integers.is_negative(k))
    });
    let all = limbs::product(left, &right);
    let of_sample = |s: usize| {
        let bits = (0..rows).map(|i| all.bits(i * samples.len() + s)).max().unwrap_or(0);
        let mut integers = Integers::zeros(rows, words_for(u64::from(bits)));
        (0..rows).for_each(|i| {
            let index = i * samples.len() + s;
            integers.set(i, all.is_negative(index), all.magnitude(index));
        });
        integers
    };
    (0..samples.len()).map(of_sample).collect()
}

/// The lowest exponent and the highest top of nonzero numbers, if all can be shifted to that exponent; 0 and 0 if there
/// are none.
fn span(numbers: impl Iterator<Item = (i64, i64)>) -> Result<(i64, i64), Unproven> {
    let mut highest = i64::MIN;
    let span = numbers.fold(None, |span: Option<(i64, i64)>, (exponent, top)| {
        highest = highest.max(exponent);
        let (lowest, most) = span.unwrap_or((exponent, top));
        Some((lowest.min(exponent), most.max(top)))
    });
    match span {
        None => Ok((0, 0)),
        Some((lowest, most)) if highest - lowest <= LONGEST_ALIGNMENT => Ok((lowest, most)),
        Some(_) => Err(Unproven::ExponentRange),
    }
}

/// Exponent and top of the entries that are not zero.
fn places(integers: &Integers, exponent: impl Fn(usize) -> i64) -> impl Iterator<Item = (i64, i64)> {
    (0..integers.len())
        .filter(|&i| !integers.is_zero(i))
        .map(move |i| (exponent(i), exponent(i) + i64::from(integers.bits(i))))
}

/// Sums of two vectors' entries at one exponent, exactly.
fn sums(x: (&Integers, i64), y: (&Integers, &dyn Fn(usize) -> i64)) -> Result<(Integers, i64), Unproven> {
    let ((x, x_exponent), (y, y_exponent)) = (x, y);
    let (lowest, top) = span(places(x, |_| x_exponent).chain(places(y, y_exponent)))?;
    let mut sums = Integers::zeros(x.len(), words_for((top - lowest + 1).unsigned_abs()));
    let by = |integers: &Integers, i: usize, exponent: i64| if integers.is_zero(i) { 0 } else { exponent - lowest };
    for i in 0..x.len() {
        sums.set_sum(i, (x, i, by(x, i, x_exponent)), (y, i, by(y, i, y_exponent(i))));
    }
    Ok((sums, lowest))
}

/// z + b with an exact bias: nothing is rounded, nothing becomes inexact.
pub fn add_exact(z: Column, bias: &Entries) -> Result<Column, Unproven> {
    assert_eq!(z.len(), bias.len(), "invariant: shapes agree");
    let (integers, exponent) = sums((&z.integers, z.exponent), (&bias.integers, &|i| bias.exponents[i]))?;
    Ok(Column { exponent, integers, ..z })
}

/// Rounds a column to p bits if it needs far more, as z + b does if the two differ by thousands of binary orders;
/// returns any other column unchanged.
pub fn shortened(column: Column, precision: Precision) -> Column {
    if column.integers.longest() <= precision.kept().saturating_add(LONGEST_EXCESS) {
        column
    } else {
        column.stored(precision)
    }
}

/// s·a with an exact constant at p bits, forward and backward: the product of integers is exact, the error is |s|α,
/// and an entry is exact if a_i is or s is zero, and nothing was rounded.
pub fn scale(a: &Column, factor: f64, precision: impl Into<Precision>) -> Column {
    let s = Entries::from_doubles(std::iter::once(factor));
    let mut products = Integers::zeros(a.len(), a.integers.words() + 1);
    (0..a.len()).for_each(|i| products.set_product(i, (&a.integers, i), (&s.integers, 0)));
    let inexact = Bits::from_fn(a.len(), |i| a.inexact.get(i) && factor != 0.0);
    let error = term(Term::ScalePropagated, Bound::from_f64(factor.abs()) * a.error);
    Column::store(Entries::at(products, a.exponent + s.exponents[0]), inexact, error, precision)
}

/// Residual sum branch + skip at p bits: errors add, an entry is exact if both are and nothing was rounded.
pub fn add(branch: &Column, skip: &Column, precision: impl Into<Precision>) -> Result<Column, Unproven> {
    let (integers, exponent) = sums((&branch.integers, branch.exponent), (&skip.integers, &|_| skip.exponent))?;
    let inexact = Bits::from_fn(branch.len(), |i| branch.inexact.get(i) || skip.inexact.get(i));
    let error = term(Term::AddBranch, branch.error) + term(Term::AddSkip, skip.error);
    Ok(Column::store(Entries::at(integers, exponent), inexact, error, precision))
}
