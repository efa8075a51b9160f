//! The random bits of stochastic rounding: a function of the position of a rounding, without any state.
//!
//! A key identifies the run, a [`Place`] the entry of a step and a term the rounding within it, so no result depends on
//! the order, the blocks or the threads of a computation. Three bijective mixings of 64 bits (splitmix64's, Steele, Lea
//! and Flood 2014, with Stafford's constants) make of key, step, row and column the entry's stream, which no other entry
//! of its row has; a bijective mixing of 32 bits (lowbias32, Wellons 2018) makes of the term a word. Word and stream give
//! one of 32 random bits by two multiplications modulo 2^32 with shifts between,
//!
//! ```text
//! h = (low half of the stream ⊕ word of the term)·(high half | 1),  (h ⊕ ⌊h/2^15⌋)·0x846ca68b
//! ```
//!
//! which vectors of every path have. The best bits are the upper ones: a product's draw is the first r, that of the sum
//! with it the next r where 2r ≤ 32, else the first r of another word. Roundings that belong to no term of a sum have
//! numbers from the other end.

use super::place::{Place, Step};

/// The golden ratio's fraction in 64 bits, by which counters are spread.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// Multiplier of the second round.
pub const MULTIPLIER: u32 = 0x846c_a68b;
/// Combined with a term's word for the second draw if one word does not have enough bits for both.
pub const SECOND: u32 = 0x9e37_79b9;
/// Most bits of two draws from one word.
pub const SHARED_BITS: u32 = 16;

/// The draw of the last summand of a sum.
pub const LAST: u32 = u32::MAX;
/// The draw of a sum's rounding to the stored format.
pub const STORE: u32 = u32::MAX - 1;
/// The draw of a place with one rounding only: everything but a sum.
pub const ALONE: u32 = u32::MAX - 2;
/// The draw of a sum's product with the scales of its tensors.
pub const SCALE: u32 = u32::MAX - 3;

/// A mixing of 64 bits that is a bijection.
#[inline(always)]
fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The word of a term.
#[inline]
pub fn word_of_term(term: u32) -> u32 {
    let mut x = (term ^ (term >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// The part that the streams of one row share.
#[inline]
pub fn row_of(key: u64, step: Step, row: u32) -> u64 {
    let counter = u64::from(step.node) | u64::from(step.number) << 32;
    let step = mixed(key.wrapping_add(GOLDEN.wrapping_mul(counter.wrapping_add(1))));
    mixed(step.wrapping_add(GOLDEN.wrapping_mul(u64::from(row) + 1)))
}

/// The stream of an entry of a row.
#[inline(always)]
pub fn stream_in(row: u64, column: u32) -> u64 {
    mixed(row.wrapping_add(GOLDEN.wrapping_mul(u64::from(column) + 1)))
}

/// The random bits that a rounding draws: those of a step, first or second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// [`Draws::first`].
    First(u32),
    /// [`Draws::second`].
    Second(u32),
}

/// The random bits of one entry.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    stream: u64,
    bits: u32,
}

impl Draws {
    /// Integers with the given bits for the entry at a place, under a key.
    pub fn new(key: u64, at: Place, bits: u32) -> Draws {
        Draws { stream: stream_in(row_of(key, at.step, at.row), at.column), bits }
    }

    fn word(&self, word_of_term: u32) -> u32 {
        let (low, high) = (self.stream as u32, (self.stream >> 32) as u32);
        let h = (low ^ word_of_term).wrapping_mul(high | 1);
        (h ^ (h >> 15)).wrapping_mul(MULTIPLIER)
    }

    /// A draw by its name.
    #[inline]
    pub fn of(&self, draw: Draw) -> u32 {
        match draw {
            Draw::First(term) => self.first(term),
            Draw::Second(term) => self.second(term),
        }
    }

    /// The draw of a term: a product's, or the only one.
    #[inline]
    pub fn first(&self, term: u32) -> u32 {
        self.word(word_of_term(term)) >> (32 - self.bits)
    }

    /// The draw of the sum with that product: other bits of the same word where it has them.
    #[inline]
    pub fn second(&self, term: u32) -> u32 {
        match self.bits {
            0..=SHARED_BITS => (self.word(word_of_term(term)) >> (32 - 2 * self.bits)) & ((1 << self.bits) - 1),
            _ => self.word(word_of_term(term) ^ SECOND) >> (32 - self.bits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// χ² of counts that should be equal, in standard deviations from its mean.
    fn deviation(counts: &[u32]) -> f64 {
        let mean = counts.iter().map(|count| f64::from(*count)).sum::<f64>() / counts.len() as f64;
        let chi: f64 = counts
            .iter()
            .map(|count| {
                let distance = f64::from(*count) - mean;
                distance * distance / mean
            })
            .sum();
        let freedom = (counts.len() - 1) as f64;
        (chi - freedom) / (2.0 * freedom).sqrt()
    }

    fn place([node, number, row, column]: [u32; 4]) -> Place {
        Place { step: Step { node, number }, row, column }
    }

    fn draws(key: u64, at: [u32; 4]) -> Draws {
        Draws::new(key, place(at), 13)
    }

    /// Along every counter: single draws, pairs of neighbours, and a sum's draw together with its product's.
    #[test]
    fn draws_are_uniform_and_independent_along_every_counter() {
        const COUNT: u32 = 1 << 18;
        type Walk = fn(u32) -> (Draws, u32);
        let along: [(&str, Walk); 8] = [
            ("key", |i| (draws(u64::from(i), [1, 5, 2, 3]), 4)),
            ("node", |i| (draws(0, [i, 5, 2, 3]), 4)),
            ("step", |i| (draws(0, [1, i, 2, 3]), 4)),
            ("row", |i| (draws(0, [1, 5, i, 3]), 4)),
            ("column", |i| (draws(0, [1, 5, 2, i]), 4)),
            ("term", |i| (draws(0, [1, 5, 2, 3]), i)),
            ("terms of rows", |i| (draws(0, [1, 5, i % 64, 3]), i / 64)),
            ("entries of steps", |i| (draws(0, [1, i / 64, i % 8, i / 8 % 8]), ALONE)),
        ];
        for (what, at) in along {
            let mut singles = [vec![0; 1 << 13], vec![0; 1 << 13]];
            let mut pairs = [vec![0; 1 << 12], vec![0; 1 << 12], vec![0; 1 << 12]];
            let mut before = (0, 0);
            for (draws, term) in (0..COUNT).map(at) {
                let (first, second) = (draws.first(term) as usize, draws.second(term) as usize);
                singles[0][first] += 1;
                singles[1][second] += 1;
                pairs[0][(first >> 7) << 6 | before.0 >> 7] += 1;
                pairs[1][(second & 63) << 6 | before.1 & 63] += 1;
                pairs[2][(first & 63) << 6 | second >> 7] += 1;
                before = (first, second);
            }
            for counts in singles.iter().chain(&pairs) {
                assert!(deviation(counts).abs() < 4.5, "along {what}: {}", deviation(counts));
            }
        }
    }

    /// Each bit of the counters changes half of the bits of a draw.
    #[test]
    fn every_bit_of_the_counters_counts() {
        let mut changed = [0u32; 64 + 32 * 5];
        const COUNT: u32 = 4096;
        for i in 0..COUNT {
            let base = i.wrapping_mul(2_654_435_761);
            let word = |key: u64, [node, number, row, column, term]: [u32; 5]| {
                Draws::new(key, place([node, number, row, column]), 32).first(term)
            };
            let at = [base, base.rotate_left(19), base.rotate_left(7), base.rotate_left(13), i];
            let original = word(u64::from(base), at);
            for (bit, changed) in changed.iter_mut().enumerate() {
                let (mut key, mut other) = (u64::from(base), at);
                match bit.checked_sub(64) {
                    None => key ^= 1 << bit,
                    Some(bit) => other[bit / 32] ^= 1 << (bit % 32),
                }
                *changed += (word(key, other) ^ original).count_ones();
            }
        }
        for (bit, changed) in changed.iter().enumerate() {
            let share = f64::from(*changed) / f64::from(32 * COUNT);
            assert!((share - 0.5).abs() < 0.02, "bit {bit} changes {share}");
        }
    }
}
