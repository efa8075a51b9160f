//! Products of limbs that are signed machine words of 32 bits, on any processor.
//!
//! The limbs of the left matrix are planes, those of the right one are next to each other as columns, so that each
//! pair of a plane u and a limb v is an ordinary product of matrices of machine words, summed with those of
//! the same u + v. Sums stay below 2^63 and are carried once at the end.
//!
//! `unsafe` calls what is compiled for the instructions of a path, which is asserted to be this processor's.

use crate::arithmetic::kernels::Path;
use crate::integers::{Integers, words_for};
use rayon::prelude::*;

/// Columns of a wide and of a narrow panel.
const WIDE: usize = 32;
const NARROW: usize = 8;
/// Rows of the largest tile of any path.
const MOST_ROWS: usize = 4;
/// Products of limbs below which a single thread is faster.
const WORTH_THREADS: usize = 1 << 19;

/// The planes of a left matrix, rows × terms each.
pub fn planes<'a>(
    (rows, terms): (usize, usize),
    bits: u32,
    limb: u32,
    entry: impl Fn(usize, usize) -> (&'a [u64], bool),
) -> Vec<Vec<i32>> {
    let mut planes = vec![vec![0; rows * terms]; bits.div_ceil(limb) as usize];
    for row in 0..rows {
        for term in 0..terms {
            let (magnitude, negative) = entry(row, term);
            let place = |plane: usize, limb: i32| planes[plane][row * terms + term] = limb;
            limbs(magnitude, negative, limb, place);
        }
    }
    planes
}

/// The panels of a right matrix, terms × columns, with a number of limbs each.
pub fn panels_of<'a>(
    (terms, columns): (usize, usize),
    bits: u32,
    limb: u32,
    entry: impl Fn(usize, usize) -> (&'a [u64], bool),
) -> Vec<i32> {
    let lanes = (bits.div_ceil(limb) as usize * columns).next_multiple_of(NARROW);
    let mut panels = vec![0; lanes * terms];
    for term in 0..terms {
        for column in 0..columns {
            let (magnitude, negative) = entry(term, column);
            let place = |index: usize, limb: i32| {
                let (start, width, lane) = panel(index * columns + column, lanes);
                panels[start * terms + term * width + lane] = limb;
            };
            limbs(magnitude, negative, limb, place);
        }
    }
    panels
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

/// Writes the product of rows × terms by terms × columns, of as many limbs of as many bits on the right; no shape is empty
/// and no factor is zero.
pub fn product(
    path: Path,
    (rows, terms, columns): (usize, usize, usize),
    planes: &[Vec<i32>],
    panels: &[i32],
    (limbs, limb): (usize, u32),
    words: usize,
) -> Integers {
    let mut result = Integers::zeros(rows * columns, words);
    let lanes = panels.len() / terms;
    let stride = (planes.len() - 1) * columns + lanes;
    let mut sums = vec![0i64; rows * stride];
    let fill = |(first, sums): (usize, &mut [i64])| {
        for (index, plane) in planes.iter().enumerate() {
            let shifted = Sums { all: sums, stride, offset: index * columns };
            let rows = shifted.all.len() / stride;
            let plane = &plane[first * terms..(first + rows) * terms];
            accumulate(path, plane, (panels, terms), lanes, shifted);
        }
    };
    // Blocks of whole tiles.
    let block = 4 * MOST_ROWS;
    let blocks = |(index, sums)| fill((index * block, sums));
    if rows * terms * lanes * planes.len() >= WORTH_THREADS {
        sums.par_chunks_mut(block * stride).enumerate().for_each(blocks);
    } else {
        sums.chunks_mut(block * stride).enumerate().for_each(blocks);
    }
    let digits = planes.len() - 1 + limbs;
    let mut carries = vec![0i64; columns];
    let mut number = vec![0u64; words_for(digits as u64 * u64::from(limb)) + 2];
    for (row, sums) in sums.chunks_exact_mut(stride).enumerate() {
        carry(sums, &mut carries, digits, limb);
        for (column, &last) in carries.iter().enumerate() {
            let digit = |index: usize| sums[index * columns + column] as u64;
            let negative = assemble(digits, digit, last, limb, &mut number);
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
fn accumulate(path: Path, plane: &[i32], right: (&[i32], usize), lanes: usize, sums: Sums) {
    match path {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has the instructions: the path is asserted to be available.
        Path::Avx512 | Path::Avx512Ifma => unsafe { on_avx512(plane, right, lanes, sums) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx2 => unsafe { on_avx2(plane, right, lanes, sums) },
        _ => panels::<1, NARROW, NARROW>(plane, right, lanes, sums),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn on_avx512(plane: &[i32], right: (&[i32], usize), lanes: usize, sums: Sums) {
    panels::<MOST_ROWS, 32, NARROW>(plane, right, lanes, sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_avx2(plane: &[i32], right: (&[i32], usize), lanes: usize, sums: Sums) {
    panels::<2, 16, NARROW>(plane, right, lanes, sums);
}

/// All panels: M rows by N lanes of a wide one at a time, by S of a narrow one.
#[inline(always)]
fn panels<const M: usize, const N: usize, const S: usize>(
    plane: &[i32],
    right: (&[i32], usize),
    lanes: usize,
    sums: Sums,
) {
    let Sums { all, stride, offset } = sums;
    let (right, terms) = right;
    let wide = lanes / WIDE * WIDE;
    for start in (0..wide).step_by(WIDE) {
        let panel = &right[start * terms..(start + WIDE) * terms];
        for part in (0..WIDE).step_by(N) {
            rows::<M, N, WIDE>(plane, terms, (panel, part), (&mut *all, stride, offset + start + part));
        }
    }
    for start in (wide..lanes).step_by(NARROW) {
        let panel = &right[start * terms..(start + NARROW) * terms];
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
