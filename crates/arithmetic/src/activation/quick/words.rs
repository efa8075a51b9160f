//! Fractions of N words: Σ w_i·2^(64(i − N)), least significant word first, in [0, 1).
//!
//! One unit is η = 2^(−64N). Everything is integer arithmetic, so the same bits come on every machine.

/// a·b from below: 0 ≤ a·b − result < N·η.
///
/// Products of words x and y with x + y ≤ N − 2 are left out. They weigh less than
/// Σ_k (k + 1)(2^64 − 1)²·2^(64k) over k ≤ N − 2, which is below (N − 1)·2^(64N) (the next diagonal is smaller
/// than what (2^64 − 1)² falls short of 2^128 by), and what is cut off in the end less than one unit more.
#[inline(always)]
pub fn multiply_high<const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
    let mut product = [0; N];
    // The word below the product's.
    let mut last = 0;
    for x in 0..N {
        let mut carry;
        (last, carry) = a[x].carrying_mul_add(b[N - 1 - x], last, 0);
        for y in N - x..N {
            (product[x + y - N], carry) = a[x].carrying_mul_add(b[y], product[x + y - N], carry);
        }
        product[x] = carry;
    }
    product
}

/// a + b modulo 1, and whether the sum reached 1.
#[inline(always)]
pub fn add<const N: usize>(a: &[u64; N], b: &[u64; N]) -> ([u64; N], bool) {
    let mut carry = false;
    let mut sum = [0; N];
    for i in 0..N {
        (sum[i], carry) = a[i].carrying_add(b[i], carry);
    }
    (sum, carry)
}

/// a − b modulo 1, and whether it is negative.
#[inline(always)]
pub fn subtract<const N: usize>(a: &[u64; N], b: &[u64; N]) -> ([u64; N], bool) {
    let mut borrow = false;
    let mut difference = [0; N];
    for i in 0..N {
        (difference[i], borrow) = a[i].borrowing_sub(b[i], borrow);
    }
    (difference, borrow)
}

/// a·2^by modulo 1 for by < 64N.
#[inline(always)]
pub fn shift_left<const N: usize>(a: &[u64; N], by: u32) -> [u64; N] {
    let (words, bits) = ((by / 64) as usize, by % 64);
    let padded = [[0; N], *a];
    let padded = padded.as_flattened();
    let (high, low) = (&padded[N - words..][..N], &padded[N - words - 1..][..N]);
    // The second shift in two steps, so that it is 64 where the first is 0.
    std::array::from_fn(|i| high[i] << bits | low[i] >> 1 >> (63 - bits))
}

/// a·2^−by from below: less than one unit is lost.
#[inline(always)]
pub fn shift_right<const N: usize>(a: &[u64; N], by: u64) -> [u64; N] {
    if by >= 64 * N as u64 {
        return [0; N];
    }
    let (words, bits) = ((by / 64) as usize, by % 64);
    let padded = [*a, [0; N]];
    let padded = padded.as_flattened();
    let (low, high) = (&padded[words..][..N], &padded[words + 1..][..N]);
    std::array::from_fn(|i| low[i] >> bits | high[i] << 1 << (63 - bits))
}

/// Zeros before the leading bit; 64N for zero.
#[inline(always)]
pub fn leading_zeros<const N: usize>(a: &[u64; N]) -> u32 {
    let mut zeros = 0;
    for &word in a.iter().rev() {
        zeros += word.leading_zeros();
        if word != 0 {
            break;
        }
    }
    zeros
}

/// The N leading words of a longer fraction.
#[inline(always)]
pub fn leading<const N: usize>(words: &[u64]) -> &[u64; N] {
    words.last_chunk().expect("invariant: fractions are cut, never extended")
}

/// Calls a function of a number of words, which is known only when it runs.
macro_rules! with_length {
    ($length:expr, $function:ident, $arguments:tt) => {
        $crate::activation::quick::words::with_length!(
            @ $length, $function, $arguments, 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17
        )
    };
    (@ $length:expr, $function:ident, $arguments:tt, $($n:literal)*) => {
        match $length {
            $($n => $function::<$n> $arguments,)*
            length => unreachable!("invariant: {length} words are more than were asked for"),
        }
    };
}
pub(super) use with_length;
