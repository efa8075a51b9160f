//! The rule of one GPU and format: what a block keeps, and the chain of blocks.

use super::block::{Factor, Target, Value};
use crate::format::{F16, F32, Format, canonical};

/// The rounding of a block's exact sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// D is the sum cut toward zero to `fraction_bits` bits after its leading one: f32 for 23; what fp8 on Ada and
    /// Hopper gives for 13, an f32 whose last ten bits are zeros.
    TowardZero {
        /// Bits after the leading one.
        fraction_bits: u32,
    },
    /// D is the sum rounded to f16, to nearest with ties to even.
    NearestHalf,
    /// C is no part of the sum: the products are summed with C = 0 and cut toward zero to f32, and C is added
    /// to that in f32, to nearest with ties to even. So does B200 with fp8.
    ApartFromC,
}

/// How a tensor core sums products: one GPU, one format of A and B, one format of C and D.
///
/// k terms are cut into blocks of [`Rule::block`] in order, the last one filled up with zeros; D of a block is C of
/// the next. In a block
///
/// * a product is exact and stays as the multiplier gives it: the significand in \[0, 4), the exponent the sum of the
///   factors' exponents, where a subnormal factor has the smallest normal number's exponent;
/// * every addend, C among them, is cut toward zero to F = [`Rule::fraction_bits`] bits below the largest exponent of
///   the addends;
/// * the cut addends are added exactly, and the sum is rounded as [`Rule::rounding`] says.
///
/// As in MMA-Sim, a zero has the exponent −126 in every format. C always counts, so that nothing below 2^(−126−F) ever
/// does; and a zero factor opposite a number above 2^100 or so takes part in the alignment. (The models that were
/// published with the measurements leave zero products and a zero C out of the alignment and stop at another exponent,
/// −132 or −133: where all addends are below 2^-126, the two may differ.) A subnormal C keeps the smallest normal
/// exponent of its format, and D is subnormal where it is small. A sum that is zero is +0, whatever signs its addends
/// have. A D that reaches 2^128 (in f16: that rounds to 2^16) is infinite. An infinite factor or C makes D infinite,
/// and NaN, ∞·0 and ∞ − ∞ make it NaN, which is always the one NaN of [`f64::NAN`].
///
/// A chain without a term is C itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    input: Format,
    block: usize,
    fraction_bits: u32,
    rounding: Rounding,
}

impl Rule {
    pub(super) fn new(input: Format, block: usize, fraction_bits: u32, rounding: Rounding) -> Rule {
        Rule { input, block, fraction_bits, rounding }
    }

    /// The format of A and B.
    pub fn input(&self) -> Format {
        self.input
    }

    /// The format of C and D.
    pub fn output(&self) -> Format {
        match self.rounding {
            Rounding::NearestHalf => F16,
            Rounding::TowardZero { .. } | Rounding::ApartFromC => F32,
        }
    }

    /// Products that are added at once.
    pub fn block(&self) -> usize {
        self.block
    }

    /// F: an addend is cut F bits below the largest exponent of its block.
    pub fn fraction_bits(&self) -> u32 {
        self.fraction_bits
    }

    /// The rounding of a block's sum.
    pub fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// Bits after the leading one that D keeps of a block's sum.
    pub fn kept_bits(&self) -> u32 {
        match self.rounding {
            Rounding::TowardZero { fraction_bits } => fraction_bits,
            Rounding::NearestHalf => 10,
            Rounding::ApartFromC => 23,
        }
    }

    /// A member of the input format as a factor of products.
    #[inline]
    pub fn factor(&self, x: f64) -> Factor {
        f32::factor(x, &self.input)
    }

    /// [`Rule::factor`] of each: a row or column, prepared once for all of its products.
    pub fn factors(&self, x: &[f64]) -> Vec<Factor> {
        x.iter().map(|&x| self.factor(x)).collect()
    }

    /// Σ aᵢbᵢ + c as the chain of blocks gives it: a member of the output format.
    ///
    /// `a` and `b` hold members of the input format, equally many; c is first rounded to the output format.
    pub fn dot(&self, a: &[f64], b: &[f64], c: f64) -> f64 {
        self.dot_of(&self.factors(a), &self.factors(b), c)
    }

    /// [`Rule::dot`] of prepared factors.
    pub fn dot_of(&self, a: &[Factor], b: &[Factor], c: f64) -> f64 {
        self.blocks(a, b, c)
    }

    /// [`Rule::dot`] with promotion, as DeepSeek-V3 sums products of fp8 (arXiv 2412.19437, section 3.3.2, where
    /// `every` is 128): the sum of each `every` terms, a chain of its own that starts with C = 0, is added to an
    /// accumulator in f32, to nearest with ties to even. The accumulator starts with c rounded to f32.
    pub fn promoted_dot(&self, every: usize, a: &[f64], b: &[f64], c: f64) -> f64 {
        self.promoted_dot_of(every, &self.factors(a), &self.factors(b), c)
    }

    /// [`Rule::promoted_dot`] of prepared factors.
    pub fn promoted_dot_of(&self, every: usize, a: &[Factor], b: &[Factor], c: f64) -> f64 {
        self.promoted(every, a, b, c)
    }

    /// The chain of blocks, in exponents with limits or without.
    pub(super) fn blocks<V: Value>(&self, a: &[Factor<V>], b: &[Factor<V>], c: f64) -> f64 {
        assert_eq!(a.len(), b.len(), "invariant: as many factors on the left as on the right");
        let c = V::to_output(c, &self.output());
        match self.block {
            4 => self.chain::<4, V>(a, b, c),
            8 => self.chain::<8, V>(a, b, c),
            16 => self.chain::<16, V>(a, b, c),
            32 => self.chain::<32, V>(a, b, c),
            _ => unreachable!("invariant: blocks of 4, 8, 16 or 32"),
        }
    }

    /// The chains of `every` terms, added up.
    pub(super) fn promoted<V: Value>(&self, every: usize, a: &[Factor<V>], b: &[Factor<V>], c: f64) -> f64 {
        assert!(every > 0, "invariant: a promotion after at least one term");
        assert_eq!(a.len(), b.len(), "invariant: as many factors on the left as on the right");
        let parts = a.chunks(every).zip(b.chunks(every));
        parts.fold(V::to_output(c, &F32), |sum, (a, b)| V::add(sum, self.blocks(a, b, 0.0)))
    }

    /// The chain of blocks of N, which the compiler unrolls.
    fn chain<const N: usize, V: Value>(&self, a: &[Factor<V>], b: &[Factor<V>], c: f64) -> f64 {
        let (whole_a, rest_a) = a.as_chunks::<N>();
        let (whole_b, rest_b) = b.as_chunks::<N>();
        let d = whole_a.iter().zip(whole_b).fold(c, |c, (a, b)| self.next(a, b, c));
        // Zeros that fill up a block change nothing: they have no exponent above C's.
        if rest_a.is_empty() { d } else { self.next(rest_a, rest_b, d) }
    }

    /// D of one block.
    #[inline(always)]
    fn next<V: Value>(&self, a: &[Factor<V>], b: &[Factor<V>], c: f64) -> f64 {
        let is_apart = self.rounding == Rounding::ApartFromC;
        let target = match self.rounding {
            Rounding::TowardZero { fraction_bits } => {
                Target { fraction_bits, limits: V::limits(false), to_nearest: false }
            }
            Rounding::NearestHalf => Target { fraction_bits: 10, limits: V::limits(true), to_nearest: true },
            Rounding::ApartFromC => Target { fraction_bits: 23, limits: V::limits(false), to_nearest: false },
        };
        let d = target.block(a, b, if is_apart { 0.0 } else { c }, self.fraction_bits);
        if is_apart { V::add(d, c) } else { canonical(d) }
    }
}
