//! Exact sums of columns.

use super::column::{Column, Entries};
use super::unproven::Unproven;
use crate::enclosure::Precision;
use crate::integers::{Integers, words_for};

/// Largest left shift for aligning two summands, in bits; beyond it the layer is not established.
pub const LONGEST_ALIGNMENT: i64 = 1 << 22;

/// Bits beyond p that the entries of a pre-activation may have: 2 KiB each, which drawn networks do not need.
const LONGEST_EXCESS: u32 = 1 << 14;

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
pub fn sums(x: (&Integers, i64), y: (&Integers, &dyn Fn(usize) -> i64)) -> Result<(Integers, i64), Unproven> {
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
