//! Exact products of matrices of long integers in vector lanes: the truth's matrix products.
//!
//! An integer is a sign and limbs of B bits, least first, the sign put on every limb. The limbs of the left
//! matrix are planes, those of the right one stand side by side as columns, so that each pair of a
//! plane u and a limb v is an ordinary product of matrices of machine words, summed with those of the same
//! u + v. Sums stay below 2^63 and are carried once at the end. Nothing is rounded and nothing depends on
//! the lanes: the integers are those of GMP.

use super::Path;
use crate::integers::{Integers, words_for};
use rayon::prelude::*;

/// Columns of a wide and of a narrow panel.
const WIDE: usize = 32;
const NARROW: usize = 8;
/// Rows of the largest tile of any path.
const MOST_ROWS: usize = 4;
/// Bits of a machine word that a sum of products may use.
const ROOM: u32 = 62;
/// Most bits of a limb: the sign takes one of 32.
const MOST: u32 = 31;
/// Fewer bits per limb are not worth it.
const LEAST: u32 = 8;
/// Products of limbs below which a single thread is faster.
const WORTH_THREADS: usize = 1 << 19;

/// How integers are cut: bits of a limb on the left and on the right, for sums of at most so many terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    left: u32,
    right: u32,
    terms: usize,
}

impl Cut {
    /// For a left matrix of so many bits and any right one; none where its rows are too long or its entries need more
    /// than `planes` planes.
    pub fn left_of(left_bits: u32, terms: usize, planes: u32) -> Option<Cut> {
        let sum_bits = usize::BITS - terms.leading_zeros();
        if left_bits <= MOST
            && let Some(right) = ROOM.checked_sub(left_bits + sum_bits)
            && right >= MOST / 2
        {
            return Some(Cut { left: left_bits.max(1), right: right.min(MOST), terms });
        }
        let cut = Cut::even(left_bits, u32::MAX, terms)?;
        (left_bits.div_ceil(cut.left) <= planes).then_some(cut)
    }

    /// The same bits on both sides, for integers of so many bits.
    pub fn even(left_bits: u32, right_bits: u32, terms: usize) -> Option<Cut> {
        let fits = |bits: &u32| {
            let pairs = left_bits.min(right_bits).div_ceil(*bits).max(1) as usize;
            let summed = usize::BITS - terms.saturating_mul(pairs).leading_zeros();
            2 * bits + summed <= ROOM
        };
        (LEAST..=MOST).rev().find(fits).map(|bits| Cut { left: bits, right: bits, terms })
    }
}

/// The left matrix, rows × terms, as planes of limbs.
#[derive(Clone, Debug)]
pub struct Left {
    rows: usize,
    terms: usize,
    cut: Cut,
    /// Bits of the longest entry.
    bits: u32,
    planes: Vec<Vec<i32>>,
}

impl Left {
    /// Entries by row and term.
    pub fn new<'a>(
        (rows, terms): (usize, usize),
        bits: u32,
        cut: Cut,
        entry: impl Fn(usize, usize) -> (&'a [u64], bool),
    ) -> Left {
        let mut planes = vec![vec![0; rows * terms]; bits.div_ceil(cut.left) as usize];
        for row in 0..rows {
            for term in 0..terms {
                let (magnitude, negative) = entry(row, term);
                let place = |plane: usize, limb: i32| planes[plane][row * terms + term] = limb;
                limbs(magnitude, negative, cut.left, place);
            }
        }
        Left { rows, terms, cut, bits, planes }
    }

    /// How the right factor of its products must be cut.
    pub fn cut(&self) -> Cut {
        self.cut
    }

    /// Its rows and terms.
    pub fn dim(&self) -> (usize, usize) {
        (self.rows, self.terms)
    }

    /// The transposed matrix, cut in the same way.
    pub fn transposed(&self) -> Left {
        let turned = |plane: &Vec<i32>| {
            let mut result = Vec::with_capacity(plane.len());
            for term in 0..self.terms {
                result.extend(plane.iter().skip(term).step_by(self.terms));
            }
            result
        };
        let planes = self.planes.iter().map(turned).collect();
        Left { rows: self.terms, terms: self.rows, cut: self.cut, bits: self.bits, planes }
    }
}

/// The right matrix, terms × columns, its limbs side by side in panels.
#[derive(Clone, Debug)]
pub struct Right {
    terms: usize,
    columns: usize,
    bits: u32,
    limbs: usize,
    panels: Vec<i32>,
}

impl Right {
    /// Entries by term and column.
    pub fn new<'a>(
        (terms, columns): (usize, usize),
        bits: u32,
        cut: Cut,
        entry: impl Fn(usize, usize) -> (&'a [u64], bool),
    ) -> Right {
        let limbs_of_each = bits.div_ceil(cut.right) as usize;
        let lanes = (limbs_of_each * columns).next_multiple_of(NARROW);
        let mut panels = vec![0; lanes * terms];
        for term in 0..terms {
            for column in 0..columns {
                let (magnitude, negative) = entry(term, column);
                let place = |index: usize, limb: i32| {
                    let (start, width, lane) = panel(index * columns + column, lanes);
                    panels[start * terms + term * width + lane] = limb;
                };
                limbs(magnitude, negative, cut.right, place);
            }
        }
        Right { terms, columns, bits, limbs: limbs_of_each, panels }
    }
}

/// Of a lane: the first one of its panel, the panel's width, and its place there.
#[inline]
fn panel(lane: usize, lanes: usize) -> (usize, usize, usize) {
    let wide = lanes / WIDE * WIDE;
    let width = if lane < wide { WIDE } else { NARROW };
    (lane - lane % width, width, lane % width)
}

/// The limbs of a number that are not zero, with its sign.
#[inline]
fn limbs(magnitude: &[u64], negative: bool, bits: u32, mut place: impl FnMut(usize, i32)) {
    let mask = (1u64 << bits) - 1;
    let (mut window, mut held) = (0u128, 0);
    let mut index = 0;
    let mut put = |window: u128, index: usize| {
        let limb = (window as u64 & mask) as i32;
        if limb != 0 {
            place(index, if negative { -limb } else { limb });
        }
    };
    for &word in magnitude {
        window |= u128::from(word) << held;
        held += u64::BITS;
        while held >= bits {
            put(window, index);
            window >>= bits;
            held -= bits;
            index += 1;
        }
    }
    if window != 0 {
        put(window, index);
    }
}

/// The product of a left and a right matrix that were cut alike: rows × columns exact integers, row by row.
///
/// # Panics
/// If shapes do not agree.
pub fn product(left: &Left, right: &Right) -> Integers {
    product_on(Path::current(), left, right)
}

/// [`product`] on a given path, for tests.
///
/// # Panics
/// If the processor does not have it, or shapes do not agree.
pub fn product_on(path: Path, left: &Left, right: &Right) -> Integers {
    assert_eq!(left.terms, right.terms, "invariant: shapes agree");
    assert!(left.terms <= left.cut.terms, "invariant: the integers are cut for so many terms");
    let (rows, columns) = (left.rows, right.columns);
    let sum_bits = usize::BITS - left.terms.leading_zeros();
    let words = words_for(u64::from(left.bits) + u64::from(right.bits) + u64::from(sum_bits));
    let mut result = Integers::zeros(rows * columns, words);
    if left.terms == 0 || left.planes.is_empty() || right.limbs == 0 || rows * columns == 0 {
        return result;
    }
    assert!(path.is_available(), "invariant: only paths of this processor are taken");
    let lanes = right.panels.len() / right.terms;
    let stride = (left.planes.len() - 1) * columns + lanes;
    let mut sums = vec![0i64; rows * stride];
    let fill = |(first, sums): (usize, &mut [i64])| {
        for (index, plane) in left.planes.iter().enumerate() {
            let shifted = Sums { all: sums, stride, offset: index * columns };
            let rows = shifted.all.len() / stride;
            let plane = &plane[first * left.terms..(first + rows) * left.terms];
            accumulate(path, plane, right, lanes, shifted);
        }
    };
    // Blocks of whole tiles.
    let block = 4 * MOST_ROWS;
    let blocks = |(index, sums)| fill((index * block, sums));
    if rows * left.terms * lanes * left.planes.len() >= WORTH_THREADS {
        sums.par_chunks_mut(block * stride).enumerate().for_each(blocks);
    } else {
        sums.chunks_mut(block * stride).enumerate().for_each(blocks);
    }
    let digits = left.planes.len() - 1 + right.limbs;
    let mut carries = vec![0i64; columns];
    let mut number = vec![0u64; words_for(digits as u64 * u64::from(left.cut.right)) + 2];
    for (row, sums) in sums.chunks_exact_mut(stride).enumerate() {
        carry(sums, &mut carries, digits, left.cut.right);
        for (column, &last) in carries.iter().enumerate() {
            let digit = |index: usize| sums[index * columns + column] as u64;
            let negative = assemble(digits, digit, last, left.cut.right, &mut number);
            result.set(row * columns + column, negative, &number);
        }
    }
    result
}

/// Makes the sums of every column digits of `bits` bits and a signed rest.
fn carry(sums: &mut [i64], carries: &mut [i64], digits: usize, bits: u32) {
    let mask = (1i64 << bits) - 1;
    carries.fill(0);
    for line in sums.chunks_exact_mut(carries.len()).take(digits) {
        for (sum, carry) in line.iter_mut().zip(carries.iter_mut()) {
            let all = *sum + *carry;
            (*sum, *carry) = (all & mask, all >> bits);
        }
    }
}

/// |Σ digit_i·2^(bits·i) + last·2^(bits·digits)|; true if that is negative.
fn assemble(digits: usize, digit: impl Fn(usize) -> u64, last: i64, bits: u32, number: &mut [u64]) -> bool {
    let (mut window, mut held, mut position) = (0u128, 0, 0);
    for index in 0..digits {
        window |= u128::from(digit(index)) << held;
        held += bits;
        if held >= u64::BITS {
            number[position] = window as u64;
            position += 1;
            window >>= u64::BITS;
            held -= u64::BITS;
        }
    }
    // The rest in two's complement.
    let mut rest = i128::from(last) << held | window as i128;
    for word in &mut number[position..] {
        *word = rest as u64;
        rest >>= u64::BITS;
    }
    let negative = last < 0;
    if negative {
        let mut carry = true;
        for word in number.iter_mut() {
            let (value, overflow) = (!*word).overflowing_add(u64::from(carry));
            (*word, carry) = (value, overflow);
        }
    }
    negative
}

/// Where sums go: rows of `stride` lanes, shifted by a whole number of limbs.
struct Sums<'a> {
    all: &'a mut [i64],
    stride: usize,
    offset: usize,
}

/// Adds the product of a plane and all limbs of the right matrix.
fn accumulate(path: Path, plane: &[i32], right: &Right, lanes: usize, sums: Sums) {
    match path {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has the instructions: the path is asserted to be available.
        Path::Avx512 => unsafe { on_avx512(plane, right, lanes, sums) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx2 => unsafe { on_avx2(plane, right, lanes, sums) },
        _ => panels::<1, NARROW, NARROW>(plane, right, lanes, sums),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn on_avx512(plane: &[i32], right: &Right, lanes: usize, sums: Sums) {
    panels::<MOST_ROWS, 32, NARROW>(plane, right, lanes, sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_avx2(plane: &[i32], right: &Right, lanes: usize, sums: Sums) {
    panels::<2, 16, NARROW>(plane, right, lanes, sums);
}

/// All panels: M rows by N lanes of a wide one at a time, by S of a narrow one.
#[inline(always)]
fn panels<const M: usize, const N: usize, const S: usize>(plane: &[i32], right: &Right, lanes: usize, sums: Sums) {
    let Sums { all, stride, offset } = sums;
    let terms = right.terms;
    let wide = lanes / WIDE * WIDE;
    for start in (0..wide).step_by(WIDE) {
        let panel = &right.panels[start * terms..(start + WIDE) * terms];
        for part in (0..WIDE).step_by(N) {
            rows::<M, N, WIDE>(plane, terms, (panel, part), (&mut *all, stride, offset + start + part));
        }
    }
    for start in (wide..lanes).step_by(NARROW) {
        let panel = &right.panels[start * terms..(start + NARROW) * terms];
        rows::<M, S, NARROW>(plane, terms, (panel, 0), (&mut *all, stride, offset + start));
    }
}

/// All rows against N lanes of a panel of width W.
#[inline(always)]
fn rows<const M: usize, const N: usize, const W: usize>(
    plane: &[i32],
    terms: usize,
    panel: (&[i32], usize),
    (all, stride, offset): (&mut [i64], usize, usize),
) {
    let mut blocks = all.chunks_exact_mut(M * stride);
    let mut factors = plane.chunks_exact(M * terms);
    for (block, factors) in (&mut blocks).zip(&mut factors) {
        tile::<M, N, W>(factors, terms, panel, (block, stride, offset));
    }
    let rest = blocks.into_remainder().chunks_exact_mut(stride);
    for (line, factors) in rest.zip(factors.remainder().chunks_exact(terms)) {
        tile::<1, N, W>(factors, terms, panel, (line, stride, offset));
    }
}

/// M rows by N lanes.
#[inline(always)]
fn tile<const M: usize, const N: usize, const W: usize>(
    factors: &[i32],
    terms: usize,
    (panel, part): (&[i32], usize),
    (sums, stride, offset): (&mut [i64], usize, usize),
) {
    let rows: [&[i32]; M] = std::array::from_fn(|i| &factors[i * terms..(i + 1) * terms]);
    let mut lanes = [[0i64; N]; M];
    for (k, line) in panel.chunks_exact(W).enumerate().take(terms) {
        let limbs: &[i32; N] = line[part..].first_chunk().expect("invariant: the part lies in the panel");
        for (lanes, row) in lanes.iter_mut().zip(rows) {
            let factor = i64::from(row[k]);
            lanes.iter_mut().zip(limbs).for_each(|(lane, limb)| *lane += factor * i64::from(*limb));
        }
    }
    for (i, lanes) in lanes.iter().enumerate() {
        let sums = &mut sums[i * stride + offset..][..N];
        sums.iter_mut().zip(lanes).for_each(|(sum, lane)| *sum += lane);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rug::Integer;

    /// Against GMP on every length and sign, at the limits of the room, on every path.
    #[test]
    fn products_are_those_of_gmp() {
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 11
        };
        for (rows, terms, columns, left_bits, right_bits) in [
            (1, 1, 1, 8, 10),
            (5, 3, 2, 20, 64),
            (9, 64, 33, 27, 300),
            (4, 7, 1, 31, 1000),
            (3, 64, 5, 8, 0),
            (3, 0, 2, 8, 8),
            (6, 32, 9, 150, 170),
            (7, 40, 3, 53, 260),
            (2, 5, 4, 300, 20),
        ] {
            let mut numbers = |count: usize, longest: u32| -> Vec<Integer> {
                let number = |index: usize| {
                    // All ones, or random digits of a random length.
                    let ones = index.is_multiple_of(5);
                    let length = if longest == 0 || ones { longest } else { random() as u32 % (longest + 1) };
                    let mut value = Integer::new();
                    for _ in 0..length.div_ceil(32) {
                        value = (value << 32u32) + (if ones { u32::MAX } else { random() as u32 });
                    }
                    value.keep_bits_mut(length);
                    if random() % 2 == 0 { value } else { -value }
                };
                (0..count).map(number).collect()
            };
            let (a, b) = (numbers(rows * terms, left_bits), numbers(terms * columns, right_bits));
            let (long_a, long_b) = (Integers::from_rug(&a), Integers::from_rug(&b));
            let cuts = [Cut::left_of(left_bits, terms, 3), Cut::even(left_bits, right_bits, terms)];
            for cut in cuts.into_iter().flatten() {
                let left = Left::new((rows, terms), left_bits, cut, |i, k| {
                    (long_a.magnitude(i * terms + k), long_a.is_negative(i * terms + k))
                });
                let right = Right::new((terms, columns), right_bits, cut, |k, j| {
                    (long_b.magnitude(k * columns + j), long_b.is_negative(k * columns + j))
                });
                for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
                    let found = product_on(path, &left, &right);
                    for i in 0..rows {
                        for j in 0..columns {
                            let expected: Integer =
                                (0..terms).map(|k| Integer::from(&a[i * terms + k] * &b[k * columns + j])).sum();
                            let found = found.to_rug(i * columns + j);
                            assert_eq!(found, expected, "{rows} × {terms} × {columns} on {}", path.name());
                        }
                    }
                }
            }
        }
        assert_eq!(Cut::left_of(60, 64, 2), None);
    }

    /// A matrix and its transposed one hold the same numbers.
    #[test]
    fn transposing_keeps_the_numbers() {
        let numbers = Integers::from_rug(&[3, -5, 7, 0, 1 << 20, -1].map(Integer::from));
        let entry = |i: usize| (numbers.magnitude(i), numbers.is_negative(i));
        let cut = Cut::left_of(21, 3, 1).unwrap();
        let left = Left::new((2, 3), 21, cut, |i, k| entry(i * 3 + k));
        let turned = left.transposed();
        assert_eq!((turned.rows, turned.terms), (3, 2));
        assert_eq!(turned.planes, Left::new((3, 2), 21, cut, |i, k| entry(k * 3 + i)).planes);
        assert_eq!(turned.transposed().planes, left.planes);
    }
}
