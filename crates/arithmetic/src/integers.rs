//! Many long integers of equal length in one allocation, by sign and magnitude.
//!
//! The columns of the exact gradient hold thousands of integers of a few words each; one allocation for all of them and
//! loops over words replace as many GMP numbers. Results are exact, or rounded as documented at each function.

use rug::Integer;
use rug::integer::Order;

/// Bits of a word.
const WORD: u32 = u64::BITS;

/// `len` integers of `words` words each, least significant word first. A zero is not negative.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Integers {
    words: usize,
    magnitudes: Vec<u64>,
    negative: Vec<bool>,
}

impl Integers {
    /// Zeros.
    pub fn zeros(len: usize, words: usize) -> Integers {
        Integers { words, magnitudes: vec![0; len * words], negative: vec![false; len] }
    }

    /// From consecutive magnitudes of `words` words each, and signs; no zero is negative.
    pub fn from_parts(words: usize, magnitudes: Vec<u64>, negative: Vec<bool>) -> Integers {
        assert_eq!(magnitudes.len(), negative.len() * words, "invariant: every number has its words and its sign");
        Integers { words, magnitudes, negative }
    }

    /// From GMP numbers, in as many words as the longest needs.
    pub fn from_rug(numbers: &[Integer]) -> Integers {
        let longest = numbers.iter().map(Integer::significant_bits).max().unwrap_or(0);
        let mut integers = Integers::zeros(numbers.len(), words_for(u64::from(longest)));
        for (i, number) in numbers.iter().enumerate() {
            let length = number.significant_digits::<u64>();
            number.write_digits(&mut integers.magnitude_mut(i)[..length], Order::Lsf);
            integers.negative[i] = *number < 0;
        }
        integers
    }

    /// Number of integers.
    #[inline]
    pub fn len(&self) -> usize {
        self.negative.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.negative.is_empty()
    }

    /// Number of words of each.
    #[inline]
    pub fn words(&self) -> usize {
        self.words
    }

    /// |x_i|, least significant word first.
    #[inline]
    pub fn magnitude(&self, i: usize) -> &[u64] {
        &self.magnitudes[i * self.words..(i + 1) * self.words]
    }

    fn magnitude_mut(&mut self, i: usize) -> &mut [u64] {
        &mut self.magnitudes[i * self.words..(i + 1) * self.words]
    }

    /// x_i < 0
    #[inline]
    pub fn is_negative(&self, i: usize) -> bool {
        self.negative[i]
    }

    /// x_i = 0
    #[inline]
    pub fn is_zero(&self, i: usize) -> bool {
        self.magnitude(i).iter().all(|&word| word == 0)
    }

    /// Position of |x_i|'s leading bit plus one; 0 for zero.
    #[inline]
    pub fn bits(&self, i: usize) -> u32 {
        bits(self.magnitude(i))
    }

    /// Number of bits of the longest.
    pub fn longest(&self) -> u32 {
        (0..self.len()).map(|i| self.bits(i)).max().unwrap_or(0)
    }

    /// One of them as a GMP number.
    pub fn to_rug(&self, i: usize) -> Integer {
        let magnitude = Integer::from_digits(self.magnitude(i), Order::Lsf);
        if self.negative[i] { -magnitude } else { magnitude }
    }

    /// |x_i| as m·2^e with m in [2^63, 2^64), truncated; `true` if no bits were lost. `None` for zero.
    #[inline]
    pub fn leading(&self, i: usize) -> Option<(u64, i64, bool)> {
        leading(self.magnitude(i))
    }

    /// |x_i| as m·2^e + n·2^f, up to less than a unit of n: the leading 53 bits, and the leading 53 bits of the remainder.
    #[inline]
    pub fn leading_pair(&self, i: usize) -> [(u64, i64); 2] {
        let magnitude = self.magnitude(i);
        let Some((top, exponent, _)) = leading(magnitude) else { return [(0, 0); 2] };
        let (high, place) = (top >> 11, exponent + 11);
        if place <= 0 {
            // All of it, starting at the lowest bit.
            return [(magnitude[0], 0), (0, 0)];
        }
        // The part below the leading bits.
        let (whole, part) = ((place / i64::from(WORD)) as usize, (place % i64::from(WORD)) as u32);
        let cut = magnitude.get(whole).map_or(0, |word| word & ((1 << part) - 1));
        let rest = if cut != 0 {
            // The leading bits of a number whose highest word is this one.
            let zeros = cut.leading_zeros();
            let below = if whole > 0 { magnitude[whole - 1] } else { 0 };
            let top = if zeros == 0 { cut } else { cut << zeros | below >> (WORD - zeros) };
            Some((top, whole as i64 * i64::from(WORD) - i64::from(zeros)))
        } else {
            leading(&magnitude[..whole]).map(|(top, exponent, _)| (top, exponent))
        };
        match rest {
            Some((top, exponent)) => [(high, place), (top >> 11, exponent + 11)],
            None => [(high, place), (0, 0)],
        }
    }

    /// x_i as f·2^e with |f| in [1/2, 1), truncated to 53 bits; (0, 0) for zero.
    #[inline]
    pub fn to_f64_exp(&self, i: usize) -> (f64, i64) {
        let Some((top, exponent, _)) = self.leading(i) else { return (0.0, 0) };
        // 53 bits convert exactly.
        let fraction = (top >> 11) as f64 * crate::format::two_to(-53);
        (if self.negative[i] { -fraction } else { fraction }, exponent + i64::from(WORD))
    }

    /// Writes one of them from the words of its magnitude, at most [`Integers`]' number of words.
    pub fn set(&mut self, i: usize, negative: bool, magnitude: &[u64]) {
        let own = self.magnitude_mut(i);
        own.fill(0);
        let length = magnitude.len().min(own.len());
        own[..length].copy_from_slice(&magnitude[..length]);
        debug_assert!(magnitude[length..].iter().all(|&word| word == 0), "invariant: the number fits");
        self.negative[i] = negative && !self.is_zero(i);
    }

    /// Writes x_j·2^by of others, rounded to the nearest integer (ties up); true if bits were lost.
    ///
    /// # Panics
    /// If the result is too long.
    pub fn set_shifted(&mut self, i: usize, others: &Integers, j: usize, by: i64) -> bool {
        let negative = others.negative[j];
        let lost = shift(others.magnitude(j), negative, by, self.magnitude_mut(i));
        self.negative[i] = negative && !self.is_zero(i);
        lost
    }

    /// Writes ±|x|·2^by of a number's words, as [`Integers::set_shifted`].
    ///
    /// # Panics
    /// If the result is too long.
    pub fn set_shifted_words(&mut self, i: usize, (negative, magnitude): (bool, &[u64]), by: i64) -> bool {
        let lost = shift(magnitude, negative, by, self.magnitude_mut(i));
        self.negative[i] = negative && !self.is_zero(i);
        lost
    }

    /// x_j·2^by as a GMP number, rounded to the nearest integer (ties up), and whether bits were lost.
    pub fn shifted(&self, i: usize, by: i64) -> (Integer, bool) {
        if by >= 0 {
            return (self.to_rug(i) << by as u32, false);
        }
        let mut words = vec![0; self.words];
        let lost = shift(self.magnitude(i), self.negative[i], by, &mut words);
        let magnitude = Integer::from_digits(trimmed(&words), Order::Lsf);
        (if self.negative[i] { -magnitude } else { magnitude }, lost)
    }

    /// Writes x_j·2^by + y_k·2^for_y for shifts to the left.
    ///
    /// # Panics
    /// If a shift is to the right or the result is too long.
    pub fn set_sum(&mut self, i: usize, (x, j, by): (&Integers, usize, i64), (y, k, for_y): (&Integers, usize, i64)) {
        assert!(by >= 0 && for_y >= 0, "invariant: summands are aligned to the left");
        let mut shifted = vec![0; self.words];
        shift(y.magnitude(k), false, for_y, &mut shifted);
        self.set_shifted(i, x, j, by);
        let is_same_sign = self.negative[i] == y.negative[k];
        let own = &mut self.magnitudes[i * self.words..(i + 1) * self.words];
        if is_same_sign {
            let carry = add(own, &shifted);
            assert!(!carry, "invariant: a sum fits its words");
        } else if compare(own, &shifted).is_ge() {
            subtract(own, &shifted);
        } else {
            subtract(&mut shifted, own);
            own.copy_from_slice(&shifted);
            self.negative[i] = y.negative[k];
        }
        self.negative[i] &= !self.is_zero(i);
    }

    /// Writes x_j·y_k.
    ///
    /// # Panics
    /// If the result is too long.
    pub fn set_product(&mut self, i: usize, (x, j): (&Integers, usize), (y, k): (&Integers, usize)) {
        let own = self.magnitude_mut(i);
        multiply(trimmed(x.magnitude(j)), trimmed(y.magnitude(k)), own);
        self.negative[i] = (x.negative[j] != y.negative[k]) && !self.is_zero(i);
    }

    /// Drops all of them and their memory.
    pub fn clear(&mut self) {
        *self = Integers::default();
    }
}

/// Number of words that hold the given bits.
pub fn words_for(bits: u64) -> usize {
    bits.div_ceil(u64::from(WORD)) as usize
}

/// Position of the leading bit plus one; 0 for zero.
#[inline]
fn bits(words: &[u64]) -> u32 {
    match words.iter().rposition(|&word| word != 0) {
        Some(index) => (index as u32 + 1) * WORD - words[index].leading_zeros(),
        None => 0,
    }
}

/// Without leading zero words.
fn trimmed(words: &[u64]) -> &[u64] {
    &words[..words.iter().rposition(|&word| word != 0).map_or(0, |index| index + 1)]
}

/// See [`Integers::leading`].
#[inline]
fn leading(words: &[u64]) -> Option<(u64, i64, bool)> {
    let index = words.iter().rposition(|&word| word != 0)?;
    let zeros = words[index].leading_zeros();
    let below = if index > 0 { words[index - 1] } else { 0 };
    let (top, rest) = match zeros {
        0 => (words[index], below),
        _ => (words[index] << zeros | below >> (WORD - zeros), below << zeros),
    };
    let is_exact = rest == 0 && words[..index.saturating_sub(1)].iter().all(|&word| word == 0);
    Some((top, (index as i64) * i64::from(WORD) - i64::from(zeros), is_exact))
}

/// True if some bit below `length` is set.
fn any_below(words: &[u64], length: u64) -> bool {
    let (whole, part) = ((length / u64::from(WORD)) as usize, length % u64::from(WORD));
    let any_whole = words[..whole.min(words.len())].iter().any(|&word| word != 0);
    any_whole || (whole < words.len() && part > 0 && words[whole] << (u64::from(WORD) - part) != 0)
}

/// Writes ±|x|·2^by to nearest, ties up (towards zero for a negative number); true if bits were lost.
fn shift(from: &[u64], negative: bool, by: i64, to: &mut [u64]) -> bool {
    let is_zero = from.iter().all(|&word| word == 0);
    to.fill(0);
    if is_zero {
        return false;
    }
    if by >= 0 {
        let by = by.unsigned_abs();
        assert!(u64::from(bits(from)) + by <= (to.len() as u64) * u64::from(WORD), "invariant: a shift fits its words");
        let (whole, part) = ((by / u64::from(WORD)) as usize, (by % u64::from(WORD)) as u32);
        for (index, &word) in from.iter().enumerate().filter(|(_, word)| **word != 0) {
            to[index + whole] |= word << part;
            if part > 0 && word >> (WORD - part) != 0 {
                to[index + whole + 1] |= word >> (WORD - part);
            }
        }
        return false;
    }
    let right = by.unsigned_abs();
    let lost = any_below(from, right);
    let at = |bit: u64| {
        let word = (bit / u64::from(WORD)) as usize;
        word < from.len() && from[word] >> (bit % u64::from(WORD)) & 1 == 1
    };
    // A tie is rounded up, which is towards zero for a negative number.
    let half = at(right - 1);
    let is_up = half && (!negative || any_below(from, right - 1));
    let (whole, part) = ((right / u64::from(WORD)) as usize, (right % u64::from(WORD)) as u32);
    let remaining = from.len().saturating_sub(whole);
    let needed = bits(from).saturating_sub(u32::try_from(right).unwrap_or(u32::MAX));
    assert!(words_for(u64::from(needed)) <= to.len(), "invariant: a shift fits its words");
    for (index, result) in to.iter_mut().enumerate().take(remaining) {
        let low = from[whole + index] >> part;
        let high = from.get(whole + index + 1).map_or(0, |&word| if part == 0 { 0 } else { word << (WORD - part) });
        *result = low | high;
    }
    if is_up {
        let carry = add(to, &[1]);
        assert!(!carry, "invariant: a rounded number fits its words");
    }
    lost
}

/// to += x, for an x that is not longer than `to`; true if it overflows.
fn add(to: &mut [u64], x: &[u64]) -> bool {
    let mut carry = false;
    for (index, word) in to.iter_mut().enumerate() {
        let other = x.get(index).copied().unwrap_or(0);
        if index >= x.len() && !carry {
            break;
        }
        let (sum, first) = word.overflowing_add(other);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        (*word, carry) = (sum, first || second);
    }
    carry
}

/// to −= x, for an x of the same length that is not larger.
fn subtract(to: &mut [u64], x: &[u64]) {
    let mut borrow = false;
    for (word, &other) in to.iter_mut().zip(x) {
        let (difference, first) = word.overflowing_sub(other);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        (*word, borrow) = (difference, first || second);
    }
    debug_assert!(!borrow, "invariant: the larger number stands first");
}

/// Compares two numbers of the same length.
fn compare(x: &[u64], y: &[u64]) -> std::cmp::Ordering {
    x.iter().rev().cmp(y.iter().rev())
}

/// to = x·y.
fn multiply(x: &[u64], y: &[u64], to: &mut [u64]) {
    to.fill(0);
    for (i, &factor) in x.iter().enumerate() {
        let mut carry = 0u64;
        for (j, &word) in y.iter().enumerate() {
            let position = i + j;
            let sum = u128::from(factor) * u128::from(word) + u128::from(carry);
            if position < to.len() {
                let sum = sum + u128::from(to[position]);
                (to[position], carry) = (sum as u64, (sum >> WORD) as u64);
            } else {
                assert!(sum == 0, "invariant: a product fits its words");
                carry = 0;
            }
        }
        match to.get_mut(i + y.len()) {
            Some(word) => *word = carry,
            None => assert!(carry == 0, "invariant: a product fits its words"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = Integer> {
        (
            prop::collection::vec(prop_oneof![Just(0u64), Just(u64::MAX), Just(1 << 63), any::<u64>()], 0..5),
            any::<bool>(),
        )
            .prop_map(|(words, negative)| {
                let magnitude = Integer::from_digits(&words, Order::Lsf);
                if negative { -magnitude } else { magnitude }
            })
    }

    /// ⌊x·2^by + 1/2⌋
    fn shifted(x: &Integer, by: i64) -> Integer {
        match u32::try_from(by) {
            Ok(by) => Integer::from(x << by),
            Err(_) => {
                let right = by.unsigned_abs() as u32;
                (Integer::from(x << 1u32) + (Integer::from(1) << right)) >> (right + 1)
            }
        }
    }

    proptest! {
        /// Conversions, lengths and leading digits are those of GMP.
        #[test]
        fn numbers_are_those_of_gmp(x in number(), y in number()) {
            let both = Integers::from_rug(&[x.clone(), y.clone()]);
            for (i, number) in [&x, &y].into_iter().enumerate() {
                prop_assert_eq!(&both.to_rug(i), number);
                prop_assert_eq!(both.bits(i), number.significant_bits());
                prop_assert_eq!(both.is_zero(i), *number == 0);
                prop_assert_eq!(both.is_negative(i), *number < 0);
                let (fraction, exponent) = number.to_f64_exp();
                prop_assert_eq!(both.to_f64_exp(i), (fraction, i64::from(exponent)));
                let [(high, place), (low, low_place)] = both.leading_pair(i);
                let part = |digits: u64, place: i64| {
                    if place >= 0 { Integer::from(digits) << place as u32 } else { Integer::from(digits) >> (-place) as u32 }
                };
                let rest = Integer::from(number.abs_ref()) - part(high, place);
                prop_assert_eq!(rug::Float::with_val_round(53, &Integer::from(number.abs_ref()), rug::float::Round::Zero).0, part(high, place));
                prop_assert_eq!(rug::Float::with_val_round(53, &rest, rug::float::Round::Zero).0, part(low, low_place));
                if let Some((top, exponent, is_exact)) = both.leading(i) {
                    let magnitude = Integer::from(number.abs_ref());
                    let whole = if exponent >= 0 { Integer::from(top) << exponent as u32 } else { Integer::from(top) >> (-exponent) as u32 };
                    prop_assert_eq!(is_exact, whole == magnitude);
                    prop_assert!(whole <= magnitude && top >> 63 == 1);
                }
            }
        }

        /// Shifts, sums and products are those of GMP.
        #[test]
        fn results_are_those_of_gmp(x in number(), y in number(), by in -400i64..200, for_y in 0i64..100) {
            let both = Integers::from_rug(&[x.clone(), y.clone()]);
            let mut result = Integers::zeros(3, 10);
            let lost = result.set_shifted(0, &both, 0, by);
            prop_assert_eq!(result.to_rug(0), shifted(&x, by));
            prop_assert_eq!(lost, by < 0 && Integer::from(x.keep_bits_ref(by.unsigned_abs() as u32)) != 0);
            prop_assert!(!result.is_zero(0) || !result.is_negative(0));
            result.set_sum(1, (&both, 0, by.abs() / 2), (&both, 1, for_y));
            prop_assert_eq!(result.to_rug(1), shifted(&x, by.abs() / 2) + shifted(&y, for_y));
            result.set_product(2, (&both, 0), (&both, 1));
            prop_assert_eq!(result.to_rug(2), Integer::from(&x * &y));
        }
    }
}
