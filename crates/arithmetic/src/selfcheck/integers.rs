//! Checks the products of long integers in vector lanes, used by exact gradients, on every path against GMP.

use super::numbers::Random;
use super::rounding::paths;
use super::tally::{Mismatch, Row, Tally};
use crate::arithmetic::kernels::Path;
use crate::arithmetic::kernels::limbs::{Cut, Left, Right, product};
use crate::integers::Integers;
use rug::Integer;
use rug::integer::Order;

/// Rows, terms and columns, and the bits of the longest entry on the left and on the right.
const CASES: [((usize, usize, usize), u32, u32); 10] = [
    ((1, 1, 1), 8, 10),
    ((5, 3, 2), 20, 64),
    ((9, 64, 33), 27, 300),
    ((4, 7, 1), 31, 1000),
    ((3, 64, 5), 8, 0),
    ((3, 0, 2), 8, 8),
    ((6, 32, 9), 150, 170),
    ((16, 128, 17), 53, 260),
    ((8, 40, 19), 208, 208),
    ((2, 700, 7), 60, 2100),
];

/// The kind of integers in a matrix.
#[derive(Clone, Copy, Debug)]
enum Digits {
    /// Every bit set, of either sign: the largest sums.
    Ones,
    /// Only the leading bit.
    Powers,
    /// Zeros and numbers of any length.
    Random,
}

/// A product of two matrices by rows.
type Product<'p> = &'p dyn Fn(Path, &Operands) -> Vec<Integer>;

/// Two matrices of integers.
pub struct Operands {
    shape: (usize, usize, usize),
    bits: (u32, u32),
    left: Vec<Integer>,
    right: Vec<Integer>,
}

/// A row for each path.
pub fn rows() -> Vec<Row> {
    let row = |path: Path| check(path, &in_limbs).row("integer products of exact gradients", "GMP", path.name());
    paths().map(row).collect()
}

/// All cases in all digits.
fn check(path: Path, tested: Product) -> Tally {
    let mut tally = Tally::default();
    let mut random = Random(3);
    for (shape, left_bits, right_bits) in CASES {
        for digits in [Digits::Ones, Digits::Powers, Digits::Random] {
            let (rows, terms, columns) = shape;
            let left = numbers(&mut random, digits, rows * terms, left_bits);
            let right = numbers(&mut random, digits, terms * columns, right_bits);
            let operands = Operands { shape, bits: (left_bits, right_bits), left, right };
            let found = tested(path, &operands);
            for (at, found) in (0..rows * columns).zip(&found) {
                let (i, j) = (at / columns, at % columns);
                let products =
                    (0..terms).map(|k| Integer::from(&operands.left[i * terms + k] * &operands.right[k * columns + j]));
                let expected: Integer = products.sum();
                tally.case(*found == expected, || Mismatch {
                    operation: format!("{rows} × {terms} · {terms} × {columns}, {left_bits} and {right_bits} bits"),
                    operands: vec![format!("{digits:?}, entry ({i}, {j})")],
                    got: found.to_string(),
                    expected: expected.to_string(),
                });
            }
        }
    }
    tally
}

fn numbers(random: &mut Random, digits: Digits, count: usize, longest: u32) -> Vec<Integer> {
    let ones = |length: u32| (Integer::from(1) << length) - 1u32;
    let number = |_| {
        let is_negative = random.below(2) == 1;
        let magnitude = match digits {
            Digits::Ones => ones(longest),
            Digits::Powers => ones(longest) - ones(longest.saturating_sub(1)),
            Digits::Random if random.below(6) == 0 => Integer::new(),
            Digits::Random => {
                let length = random.below(i64::from(longest) + 1) as u32;
                let words: Vec<u64> = (0..length.div_ceil(64)).map(|_| random.bits()).collect();
                Integer::from_digits(&words, Order::Lsf).keep_bits(length)
            }
        };
        if is_negative { -magnitude } else { magnitude }
    };
    (0..count).map(number).collect()
}

/// The program's own product.
fn in_limbs(path: Path, operands: &Operands) -> Vec<Integer> {
    let ((rows, terms, columns), (left_bits, right_bits)) = (operands.shape, operands.bits);
    let cut = Cut::left_of(left_bits, terms, 3).or_else(|| Cut::even(left_bits, right_bits, terms));
    let cut = cut.expect("invariant: the cases have a cut").on(path);
    let (long_left, long_right) = (Integers::from_rug(&operands.left), Integers::from_rug(&operands.right));
    let left = Left::new((rows, terms), left_bits, cut, |i, k| {
        (long_left.magnitude(i * terms + k), long_left.is_negative(i * terms + k))
    });
    let right = Right::new((terms, columns), right_bits, cut, |k, j| {
        (long_right.magnitude(k * columns + j), long_right.is_negative(k * columns + j))
    });
    let found = product(&left, &right);
    (0..rows * columns).map(|at| found.to_rug(at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_sign_and_a_lost_carry_are_seen() {
        let right = check(Path::Portable, &in_limbs);
        assert_eq!(right.mismatches, 0, "{:?}", right.first);
        let unsigned =
            check(Path::Portable, &|path, operands| in_limbs(path, operands).into_iter().map(Integer::abs).collect());
        assert!(unsigned.mismatches > right.cases / 4);
        // Of each result, only the words beyond the second.
        let cut = check(Path::Portable, &|path, operands| {
            in_limbs(path, operands).into_iter().map(|x| x.keep_bits(128)).collect()
        });
        assert!(cut.mismatches > right.cases / 4);
    }
}
