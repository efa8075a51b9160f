//! Exact products of long integers in vector lanes: the truth's matrix products.
//!
//! A long integer is a sign and limbs of B bits, least first, the sign put on every limb, so that sums of
//! products of limbs need no carries as long as they stay below 2^63. Nothing is rounded and nothing
//! depends on the lanes: the integers are those of GMP.

use super::Path;
use rug::Integer;
use rug::integer::Order;

/// Integers as signed limbs: `length` limbs each, `bits` bits per limb.
#[derive(Clone, Debug)]
pub struct Limbs {
    bits: u32,
    length: usize,
    values: Vec<i32>,
}

/// Lanes that are summed together: limbs are padded to a multiple.
const LANES: usize = 8;
/// Bits of a machine word that a sum of products may use.
const ROOM: u32 = 62;

/// Bits per limb with which `terms` products of a limb and a factor of so many bits fit a machine word; none if fewer
/// than 8 do.
pub fn limb_bits(factor_bits: u32, terms: usize) -> Option<u32> {
    let sum_bits = usize::BITS - terms.leading_zeros();
    let bits = ROOM.checked_sub(factor_bits + sum_bits)?.min(31);
    (bits >= 8).then_some(bits)
}

impl Limbs {
    /// Integers in limbs of so many bits, at most 31.
    pub fn new(integers: &[Integer], bits: u32) -> Limbs {
        let longest = integers.iter().map(Integer::significant_bits).max().unwrap_or(0);
        let length = (longest.div_ceil(bits) as usize).next_multiple_of(LANES);
        let mut values = vec![0; integers.len() * length];
        let mut words: Vec<u64> = Vec::new();
        for (integer, limbs) in integers.iter().zip(values.chunks_exact_mut(length.max(1))) {
            words.clear();
            words.resize(integer.significant_digits::<u64>() + 1, 0);
            integer.write_digits(&mut words, Order::Lsf);
            let negative = *integer < 0;
            let mask = (1u64 << bits) - 1;
            for (index, limb) in limbs.iter_mut().enumerate() {
                let start = index * bits as usize;
                let (word, shift) = (start / 64, start % 64);
                if word + 1 >= words.len() {
                    break;
                }
                let low = words[word] >> shift;
                let high = if shift == 0 { 0 } else { words[word + 1] << (64 - shift) };
                let magnitude = ((low | high) & mask) as i32;
                *limb = if negative { -magnitude } else { magnitude };
            }
        }
        Limbs { bits, length, values }
    }
}

/// Σ_k w_ik·a_k for every row of w (rows × k, row-major): as many exact integers.
pub fn short_products(weights: &[i32], a: &Limbs, terms: usize) -> Vec<Integer> {
    let rows = weights.len() / terms.max(1);
    if a.length == 0 {
        // Every a_k is 0.
        return vec![Integer::new(); rows];
    }
    let mut sums = vec![0i64; rows * a.length];
    match Path::current() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the current path is one that the processor has.
        Path::Avx512 => unsafe { short_on_avx512(weights, a, terms, &mut sums) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx2 => unsafe { short_on_avx2(weights, a, terms, &mut sums) },
        _ => short(weights, a, terms, &mut sums),
    }
    let mut words = Vec::new();
    sums.chunks_exact(a.length).map(|sums| carried(sums, a.bits, &mut words)).collect()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn short_on_avx512(weights: &[i32], a: &Limbs, terms: usize, sums: &mut [i64]) {
    short(weights, a, terms, sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn short_on_avx2(weights: &[i32], a: &Limbs, terms: usize, sums: &mut [i64]) {
    short(weights, a, terms, sums);
}

/// Rows whose sums are kept in registers together.
const ROWS: usize = 4;

#[inline(always)]
fn short(weights: &[i32], a: &Limbs, terms: usize, sums: &mut [i64]) {
    if terms == 0 {
        return;
    }
    let mut blocks = sums.chunks_exact_mut(ROWS * a.length);
    let mut row = 0;
    for block in &mut blocks {
        short_rows::<ROWS>(&weights[row * terms..(row + ROWS) * terms], a, terms, block);
        row += ROWS;
    }
    for block in blocks.into_remainder().chunks_exact_mut(a.length) {
        short_rows::<1>(&weights[row * terms..(row + 1) * terms], a, terms, block);
        row += 1;
    }
}

#[inline(always)]
fn short_rows<const M: usize>(weights: &[i32], a: &Limbs, terms: usize, sums: &mut [i64]) {
    let rows: [&[i32]; M] = std::array::from_fn(|i| &weights[i * terms..(i + 1) * terms]);
    for start in (0..a.length).step_by(LANES) {
        let mut lanes = [[0i64; LANES]; M];
        for (k, limbs) in a.values.chunks_exact(a.length).enumerate() {
            let limbs: &[i32; LANES] = limbs[start..].first_chunk().expect("invariant: limbs fill whole lanes");
            for (lanes, row) in lanes.iter_mut().zip(rows) {
                let weight = i64::from(row[k]);
                lanes.iter_mut().zip(limbs).for_each(|(lane, limb)| *lane += weight * i64::from(*limb));
            }
        }
        for (i, lanes) in lanes.iter().enumerate() {
            sums[i * a.length + start..][..LANES].copy_from_slice(lanes);
        }
    }
}

/// Σ s_i·2^(bits·i) as one integer.
fn carried(sums: &[i64], bits: u32, words: &mut Vec<u64>) -> Integer {
    // The sign of the whole is that of its highest part; carried once, all lower limbs are in [0, 2^bits).
    let mask = (1i64 << bits) - 1;
    let mut carry = 0i64;
    let digits = sums.iter().map(|sum| {
        let all = sum + carry;
        carry = all >> bits;
        (all & mask) as u64
    });
    words.clear();
    words.resize((sums.len() * bits as usize).div_ceil(64) + 1, 0);
    for (index, digit) in digits.enumerate() {
        let start = index * bits as usize;
        let (word, shift) = (start / 64, start % 64);
        words[word] |= digit << shift;
        if shift + bits as usize > 64 {
            words[word + 1] |= digit >> (64 - shift);
        }
    }
    let low = Integer::from_digits(words, Order::Lsf);
    if carry == 0 { low } else { low + (Integer::from(carry) << (sums.len() as u32 * bits)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against GMP on every length and sign, at the limits of the room.
    #[test]
    fn products_are_those_of_gmp() {
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 11
        };
        for (terms, rows, longest, factor_bits) in
            [(1, 1, 10, 8), (3, 5, 64, 20), (64, 9, 300, 27), (7, 4, 1000, 31), (64, 3, 0, 8)]
        {
            let bits = limb_bits(factor_bits, terms).unwrap();
            let mut integer = || {
                let length = if longest == 0 { 0 } else { random() as u32 % (longest + 1) };
                let mut value = Integer::new();
                for _ in 0..length.div_ceil(32) {
                    value = (value << 32u32) + (random() as u32);
                }
                value.keep_bits_mut(length);
                if random() % 2 == 0 { value } else { -value }
            };
            let a: Vec<Integer> = (0..terms).map(|_| integer()).collect();
            let most = (1i64 << factor_bits) - 1;
            let weights: Vec<i32> = (0..rows * terms)
                .map(
                    |index| if index % 5 == 0 { most as i32 } else { (random() as i64 % (2 * most + 1) - most) as i32 },
                )
                .collect();
            let found = short_products(&weights, &Limbs::new(&a, bits), terms);
            assert_eq!(found.len(), rows);
            for (row, found) in found.iter().enumerate() {
                let expected: Integer = (0..terms).map(|k| Integer::from(&a[k] * weights[row * terms + k])).sum();
                assert_eq!(*found, expected, "{terms} terms, row {row}");
            }
        }
        assert_eq!(limb_bits(60, 64), None);
    }
}
