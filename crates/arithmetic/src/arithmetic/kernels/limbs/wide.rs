//! Products of limbs of 52 bits, for processors with AVX-512 IFMA.
//!
//! The instructions multiply numbers without a sign, so half of what L limbs hold is added to every integer: with
//! x' = x + A and y' = y + B, Σ xy = Σ x'y' − B·Σ x' − A·Σ y' + n·A·B. What is subtracted depends on the row or the
//! column alone: it is where the sums of an entry start. All is exact modulo a power of two beyond the sums.
//!
//! `unsafe` calls what is compiled for the instructions of a path, which is asserted to be this processor's.

use super::layout::{Factors, LANES, LIMB, Lanes, MASK, ROWS, groups};
#[cfg(target_arch = "x86_64")]
use super::tiles;
use crate::integers::Integers;
use rayon::prelude::*;

/// Products of limbs below which a single thread is faster.
const WORTH_THREADS: usize = 1 << 19;
/// Limbs whose sum is sure to fit a word.
const SUMMED: usize = 1 << 12;

/// Number of limbs for integers with the given bits, which are at most half of what the limbs hold.
pub fn limbs_for(bits: u32) -> usize {
    (bits / LIMB + 1) as usize
}

/// The limbs of a number and half of what they hold.
#[inline]
fn offset_limbs(magnitude: &[u64], negative: bool, limbs: usize, mut place: impl FnMut(usize, u64)) {
    // Two's complement, least limb first.
    let (flipped, mut carry) = if negative { (MASK, 1) } else { (0, 0) };
    let (mut window, mut held) = (0u128, 0);
    let mut words = magnitude.iter();
    for index in 0..limbs {
        if held < LIMB {
            window |= u128::from(*words.next().unwrap_or(&0)) << held;
            held += u64::BITS;
        }
        let limb = ((window as u64 & MASK) ^ flipped) + carry;
        carry = limb >> LIMB;
        let half = if index + 1 == limbs { 1 << (LIMB - 1) } else { 0 };
        place(index, limb & MASK ^ half);
        window >>= LIMB;
        held -= LIMB;
    }
}

/// The planes of a left matrix, rows × terms each.
pub fn planes<'a>(
    (rows, terms): (usize, usize),
    bits: u32,
    entry: impl Fn(usize, usize) -> (&'a [u64], bool),
) -> Vec<Vec<u64>> {
    let limbs = limbs_for(bits);
    let mut planes = vec![vec![0; rows * terms]; limbs];
    for row in 0..rows {
        for term in 0..terms {
            let (magnitude, negative) = entry(row, term);
            offset_limbs(magnitude, negative, limbs, |plane, limb| planes[plane][row * terms + term] = limb);
        }
    }
    planes
}

/// The panels of a right matrix, terms × columns: group by group of limbs, term by term.
pub fn panels<'a>(
    (terms, columns): (usize, usize),
    bits: u32,
    entry: impl Fn(usize, usize) -> (&'a [u64], bool),
) -> Vec<Lanes> {
    let limbs = limbs_for(bits);
    // Of a limb: the first one of its group, the group's size, and its place there.
    let places: Vec<(usize, usize, usize)> =
        groups(limbs).flat_map(|(first, size)| (0..size).map(move |place| (first, size, place))).collect();
    let mut panels = vec![[0; LANES]; columns.div_ceil(LANES) * terms * limbs];
    for term in 0..terms {
        for column in 0..columns {
            let (magnitude, negative) = entry(term, column);
            let panel = &mut panels[column / LANES * terms * limbs..];
            offset_limbs(magnitude, negative, limbs, |index, limb| {
                let (first, size, place) = places[index];
                panel[first * terms + term * size + place][column % LANES] = limb;
            });
        }
    }
    panels
}

/// Where sums start: −Σ_x sums_x·2^(52x)·2^(52·others − 1), and `squares` times the product of both halves, in digits.
fn start(sums: &[u128], others: usize, squares: usize, digits: &mut [u64]) {
    let mut carry = 0i128;
    for (place, digit) in digits.iter_mut().enumerate() {
        // 2^51 times a sum: half of it one digit higher, and its last bit.
        let sum = |at: usize| at.checked_sub(others - 1).and_then(|x| sums.get(x)).map_or(0, |&sum| sum as i128);
        let whole = if place > 0 { sum(place - 1) >> 1 } else { 0 };
        let last = (sum(place) & 1) << (LIMB - 1);
        let square = if place + 1 == sums.len() + others { (squares as i128) << (LIMB - 2) } else { 0 };
        carry += square - whole - last;
        *digit = carry as u64 & MASK;
        carry >>= LIMB;
    }
}

/// A single column as the planes of a row, and a left matrix as panels of its rows: the product is the same and fills
/// the lanes.
fn swapped(planes: &[Vec<u64>], rows: usize, column: &[Lanes], terms: usize) -> (Vec<Vec<u64>>, Vec<Lanes>) {
    let limbs_of_column = column.len() / terms;
    let mut row = Vec::with_capacity(limbs_of_column);
    for (first, size) in groups(limbs_of_column) {
        let group = &column[first * terms..(first + size) * terms];
        row.extend((0..size).map(|place| group.iter().skip(place).step_by(size).map(|lanes| lanes[0]).collect()));
    }
    let mut panels = Vec::with_capacity(rows.div_ceil(LANES) * terms * planes.len());
    for start in (0..rows).step_by(LANES) {
        for (first, size) in groups(planes.len()) {
            let group = panels.len();
            panels.resize(group + terms * size, [0; LANES]);
            for (place, plane) in planes[first..first + size].iter().enumerate() {
                let lines = plane[start * terms..].chunks_exact(terms).take(LANES);
                for (lane, line) in lines.enumerate() {
                    let lanes = panels[group + place..].iter_mut().step_by(size);
                    lanes.zip(line).for_each(|(lanes, limb)| lanes[lane] = *limb);
                }
            }
        }
    }
    (row, panels)
}

/// Writes the product; no shape is empty and no factor is zero.
pub fn product(
    (rows, terms, columns): (usize, usize, usize),
    planes: &[Vec<u64>],
    panels: &[Lanes],
    words: usize,
) -> Integers {
    if columns == 1 {
        let (row, panels) = swapped(planes, rows, panels, terms);
        return filled((1, terms, rows), &row, &panels, words);
    }
    filled((rows, terms, columns), planes, panels, words)
}

/// The product of planes and panels of these rows, terms and columns.
fn filled(
    (rows, terms, columns): (usize, usize, usize),
    planes: &[Vec<u64>],
    panels: &[Lanes],
    words: usize,
) -> Integers {
    let limbs = panels.len() / columns.div_ceil(LANES) / terms;
    // Sums are less than 2^(64·words), their sign is another bit.
    let digits = (words * 64 / LIMB as usize + 1).max(planes.len() + limbs);
    let mut row_starts = vec![0; rows * digits];
    for (row, start_of) in row_starts.chunks_exact_mut(digits).enumerate() {
        let sum = |plane: &Vec<u64>| {
            let line = &plane[row * terms..(row + 1) * terms];
            line.chunks(SUMMED).map(|part| u128::from(part.iter().sum::<u64>())).sum()
        };
        let sums: Vec<u128> = planes.iter().map(sum).collect();
        start(&sums, limbs, terms, start_of);
    }
    let mut panel_starts = vec![[0; LANES]; columns.div_ceil(LANES) * digits];
    let each = panels.chunks_exact(terms * limbs).zip(panel_starts.chunks_exact_mut(digits));
    for (panel, starts) in each {
        let mut sums = vec![[0; LANES]; limbs];
        for (first, size) in groups(limbs) {
            let group = &panel[first * terms..(first + size) * terms];
            for (index, line) in group.iter().enumerate() {
                let sums: &mut [u128; LANES] = &mut sums[first + index % size];
                sums.iter_mut().zip(line).for_each(|(sum, limb)| *sum += u128::from(*limb));
            }
        }
        let mut start_of = vec![0; digits];
        for lane in 0..LANES {
            let sums: Vec<u128> = sums.iter().map(|sums| sums[lane]).collect();
            start(&sums, planes.len(), 0, &mut start_of);
            starts.iter_mut().zip(&start_of).for_each(|(lanes, digit)| lanes[lane] = *digit);
        }
    }
    let factors = Factors { planes, panels, terms, columns, limbs, digits, words, row_starts, panel_starts };
    let (mut magnitudes, mut negative) = (vec![0; rows * columns * words], vec![false; rows * columns]);
    let block = 4 * ROWS;
    let (long, short) = (block * columns * words, block * columns);
    let write = |(index, (magnitudes, negative)): (usize, (&mut [u64], &mut [bool]))| {
        block_of(&factors, index * block, magnitudes, negative);
    };
    if rows * terms * columns * planes.len() * limbs >= WORTH_THREADS {
        magnitudes.par_chunks_mut(long).zip(negative.par_chunks_mut(short)).enumerate().for_each(write);
    } else {
        magnitudes.chunks_mut(long).zip(negative.chunks_mut(short)).enumerate().for_each(write);
    }
    Integers::from_parts(words, magnitudes, negative)
}

/// Rows of the product from a first one on.
fn block_of(factors: &Factors, first: usize, magnitudes: &mut [u64], negative: &mut [bool]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the processor has the instructions: the path of the cut is asserted to be available.
    unsafe {
        tiles::block(factors, first, magnitudes, negative);
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (factors, first, magnitudes, negative);
        unreachable!("invariant: no other processor has the path");
    }
}
