//! Tiles of a product of limbs of 52 bits: a few rows by the columns of one panel, from where the sums start to the
//! words of the result.
//!
//! `unsafe` reads and writes vectors at references to as many words.

use super::layout::{Factors, LANES, LIMB, Lanes, MASK, ROWS, groups};
use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_storeu_si512,
};

/// Numbers below 2^52 whose sum fits a word, with room for a carry.
const ROOM: usize = 4092;
/// Products of two limbs that a digit of a sum gets for every term and left limb: a low and a high half.
const HALVES: usize = 2;

/// Rows of the product from a first one on: as many as the result has room for.
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512ifma,avx2,fma")]
pub fn block(factors: &Factors, first: usize, magnitudes: &mut [u64], negative: &mut [bool]) {
    let (columns, words) = (factors.columns, factors.words);
    let rows = negative.len() / columns;
    let mut sums = vec![[0; LANES]; ROWS * factors.digits];
    for start in (0..columns).step_by(LANES) {
        let mut row = 0;
        while row < rows {
            let count = if rows - row < ROWS { 1 } else { ROWS };
            match count {
                1 => tile::<1>(factors, first + row, start / LANES, &mut sums),
                _ => tile::<ROWS>(factors, first + row, start / LANES, &mut sums),
            }
            for sums in sums.chunks_exact_mut(factors.digits).take(count) {
                let place = row * columns + start;
                let count = LANES.min(columns - start);
                finish(sums, words, &mut magnitudes[place * words..][..count * words], &mut negative[place..][..count]);
                row += 1;
            }
        }
    }
}

/// The sums of M rows with a panel.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512ifma,avx2,fma")]
fn tile<const M: usize>(factors: &Factors, row: usize, panel: usize, sums: &mut [Lanes]) {
    let &Factors { terms, limbs, digits, .. } = factors;
    let columns = &factors.panel_starts[panel * digits..(panel + 1) * digits];
    for (i, sums) in sums.chunks_exact_mut(digits).enumerate().take(M) {
        let own = &factors.row_starts[(row + i) * digits..(row + i + 1) * digits];
        for ((sums, columns), own) in sums.iter_mut().zip(columns).zip(own) {
            sums.iter_mut().zip(columns).for_each(|(sum, column)| *sum = column + own);
        }
    }
    let panel = &factors.panels[panel * terms * limbs..(panel + 1) * terms * limbs];
    // Numbers below 2^52 that a digit has summed at most.
    let mut held = 2;
    let most = (ROOM - 2) / HALVES;
    for from in (0..terms).step_by(most) {
        let to = terms.min(from + most);
        for (index, plane) in factors.planes.iter().enumerate() {
            let new = HALVES * (to - from);
            if held + new > ROOM {
                sums.chunks_exact_mut(digits).take(M).for_each(carry);
                held = 1;
            }
            held += new;
            let mut rows: [&[u64]; M] = [&[]; M];
            for (i, line) in rows.iter_mut().enumerate() {
                *line = &plane[(row + i) * terms..][from..to];
            }
            for (first, size) in groups(limbs) {
                let lines = &panel[first * terms + from * size..first * terms + to * size];
                let place = (digits, index + first);
                match size {
                    1 => add::<M, 1>(rows, lines, sums, place),
                    2 => add::<M, 2>(rows, lines, sums, place),
                    3 => add::<M, 3>(rows, lines, sums, place),
                    4 => add::<M, 4>(rows, lines, sums, place),
                    5 => add::<M, 5>(rows, lines, sums, place),
                    _ => unreachable!("invariant: groups have no more limbs"),
                }
            }
        }
    }
}

/// Adds the products of one limb of M rows and Q limbs of a panel's columns, from a digit on.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512ifma,avx2,fma")]
fn add<const M: usize, const Q: usize>(
    rows: [&[u64]; M],
    lines: &[Lanes],
    sums: &mut [Lanes],
    (digits, first): (usize, usize),
) {
    let terms = lines.len() / Q;
    // One more digit than limbs, of at most 5.
    let mut registers = [[_mm512_setzero_si512(); 6]; M];
    for (i, registers) in registers.iter_mut().enumerate() {
        for (y, register) in registers.iter_mut().enumerate().take(Q + 1) {
            *register = load(&sums[i * digits + first + y]);
        }
    }
    let mut own = rows;
    for row in &mut own {
        *row = &row[..terms];
    }
    for k in 0..terms {
        let line = &lines[k * Q..(k + 1) * Q];
        let mut limbs = [_mm512_setzero_si512(); Q];
        for y in 0..Q {
            limbs[y] = load(&line[y]);
        }
        for i in 0..M {
            let factor = _mm512_set1_epi64(own[i][k] as i64);
            for y in 0..Q {
                registers[i][y] = _mm512_madd52lo_epu64(registers[i][y], factor, limbs[y]);
            }
            for y in 0..Q {
                registers[i][y + 1] = _mm512_madd52hi_epu64(registers[i][y + 1], factor, limbs[y]);
            }
        }
    }
    for (i, registers) in registers.iter().enumerate() {
        for (y, register) in registers.iter().enumerate().take(Q + 1) {
            store(*register, &mut sums[i * digits + first + y]);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(lanes: &Lanes) -> __m512i {
    // SAFETY: eight words are read, where the reference points; no alignment is asked for.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(register: __m512i, lanes: &mut Lanes) {
    // SAFETY: eight words are written, where the reference points; no alignment is asked for.
    unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), register) }
}

/// Makes sums digits below 2^52, modulo their power of two.
#[inline(always)]
fn carry(sums: &mut [Lanes]) {
    let mut carries = [0; LANES];
    for sums in sums {
        for (sum, carry) in sums.iter_mut().zip(&mut carries) {
            let all = *sum + *carry;
            (*sum, *carry) = (all & MASK, all >> LIMB);
        }
    }
}

/// Writes the sums of one row as signs and magnitudes.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512ifma,avx2,fma")]
fn finish(sums: &mut [Lanes], words: usize, magnitudes: &mut [u64], negative: &mut [bool]) {
    carry(sums);
    // All ones where a sum is negative in two's complement.
    let signs = sums[sums.len() - 1].map(|digit| (digit >> (LIMB - 1)).wrapping_neg());
    let mut carries = signs.map(|sign| sign & 1);
    for sums in sums.iter_mut() {
        for ((sum, carry), sign) in sums.iter_mut().zip(&mut carries).zip(signs) {
            let all = ((*sum ^ sign) & MASK) + *carry;
            (*sum, *carry) = (all & MASK, all >> LIMB);
        }
    }
    negative.iter_mut().zip(signs).for_each(|(negative, sign)| *negative = sign != 0);
    for word in 0..words {
        let (index, shift) = (word * 64 / LIMB as usize, (word * 64) as u32 % LIMB);
        let digit = |index: usize| sums.get(index).unwrap_or(&[0; LANES]);
        let (low, middle, high) = (digit(index), digit(index + 1), digit(index + 2));
        let mut lanes = [0; LANES];
        for (lane, value) in lanes.iter_mut().enumerate() {
            *value = low[lane] >> shift | middle[lane] << (LIMB - shift);
        }
        // 104 - shift bits so far.
        if 2 * LIMB - shift < u64::BITS {
            lanes.iter_mut().zip(high).for_each(|(value, high)| *value |= high << (2 * LIMB - shift));
        }
        for (number, lane) in magnitudes.chunks_exact_mut(words).zip(lanes) {
            number[word] = lane;
        }
    }
}
