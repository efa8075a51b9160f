//! Vectors of a path: one text of every kernel, whatever the width of the lanes.
//!
//! Only [`Vector::splat`] and [`Vector::load`] make a vector from nothing, so they are `unsafe`: whoever calls them vouches
//! for the processor, and for the numbers that are read or written. Where a vector is at hand, its instructions are too, and
//! everything else is safe.

use super::factors::{Factors, Tile};
use std::ops::Add;

/// A number of a lane: binary32 or binary64.
pub trait Element: Copy + Default + PartialOrd + Add<Output = Self> + Send + Sync + Into<f64> + 'static {
    /// Significand bits with the implicit one.
    const PRECISION: u32;
    /// The exponent of the largest power of two.
    const MAX_EXPONENT: i64;
    /// Numbers in the 64 bytes of a cache line, a multiple of the lanes of every vector.
    const LINE: usize;
    /// −0: what a first product is added to, and stays as it is.
    const NEGATIVE_ZERO: Self;
    /// The bits of the exponent alone.
    const EXPONENT: Self;
    /// All bits but the sign's.
    const MAGNITUDE: Self;
    /// Its vectors.
    type Portable: Words<Element = Self>;
    /// Eight 32-bit or four 64-bit lanes.
    #[cfg(target_arch = "x86_64")]
    type Avx2: Words<Element = Self>;
    /// Sixteen 32-bit or eight 64-bit lanes.
    #[cfg(target_arch = "x86_64")]
    type Avx512: Words<Element = Self>;
    /// A number that the element has.
    fn from_f64(x: f64) -> Self;
    /// The number whose bits are the smallest positive one's.
    fn smallest() -> Self;
}

/// The most lanes that a vector has.
pub const MOST_LANES: usize = 16;

/// Lanes that are computed on together; operations are those of every lane by itself.
pub trait Vector: Copy {
    /// What a lane holds.
    type Element: Element;
    /// How many.
    const LANES: usize;
    /// Rows of a tile, so that its sums fit the registers.
    const ROWS: usize;
    /// The tiles, from those of that many rows down.
    type Heights: Heights;

    /// One number in every lane.
    ///
    /// # Safety
    /// The processor has the vector's instructions.
    unsafe fn splat(x: Self::Element) -> Self;
    /// Neighbours in memory.
    ///
    /// # Safety
    /// The processor has the vector's instructions, and `from` may be read for all lanes.
    unsafe fn load(from: *const Self::Element) -> Self;
    /// Puts the lanes beside each other.
    ///
    /// # Safety
    /// `to` may be written for all lanes.
    unsafe fn store(self, to: *mut Self::Element);

    /// One number in every lane, beside a vector at hand.
    fn like(self, x: Self::Element) -> Self;
    /// x + y, rounded.
    fn add(self, y: Self) -> Self;
    /// x − y, rounded.
    fn sub(self, y: Self) -> Self;
    /// x·y, rounded.
    fn mul(self, y: Self) -> Self;
    /// x·y, rounded, of a number in memory.
    #[inline(always)]
    fn times(self, y: &Self::Element) -> Self {
        self.mul(self.like(*y))
    }
    /// x·y + z, rounded once.
    fn fused(self, y: Self, z: Self) -> Self;
    /// x·y + z, rounded once, where x·y is exact.
    fn scaled_add(self, y: Self, z: Self) -> Self;
    /// z − x·y, rounded once, where x·y is exact.
    fn scaled_sub(self, y: Self, z: Self) -> Self;
    /// The bits of both.
    fn and(self, y: Self) -> Self;
    /// The bits of either.
    fn or(self, y: Self) -> Self;
    /// The bits of one.
    fn xor(self, y: Self) -> Self;
    /// The larger as unsigned integers.
    fn max_bits(self, y: Self) -> Self;
    /// x − y as integers.
    fn sub_bits(self, y: Self) -> Self;
    /// The sign's bit as the lowest one, and nothing else.
    fn sign_as_unit(self) -> Self;
    /// `then` where x < y, else `otherwise`; NaN compares with nothing.
    fn if_less(self, y: Self, then: Self, otherwise: Self) -> Self;

    /// The largest lane of numbers without sign; NaN if one is.
    #[inline(always)]
    fn largest(self) -> f64 {
        let mut lanes = [Self::Element::default(); MOST_LANES];
        // SAFETY: no vector has more lanes than the array.
        unsafe { self.store(lanes.as_mut_ptr()) };
        let lanes = lanes.into_iter().map(Into::<f64>::into);
        lanes.fold(0.0, |most: f64, x| if x <= most || most.is_nan() { most } else { x })
    }

    /// |x|
    #[inline(always)]
    fn abs(self) -> Self {
        self.and(self.like(Self::Element::MAGNITUDE))
    }
    /// A magnitude that has no sign yet, with the sign of another number.
    #[inline(always)]
    fn with_sign_of(self, x: Self) -> Self {
        self.or(x.and(x.like(Self::Element::NEGATIVE_ZERO)))
    }
}

/// One kind of rounding in the lanes of an element.
pub trait Step<E>: Copy {
    /// Whether `seen` is of interest.
    const IS_WATCHED: bool = false;
    /// The sum with the product of a number of memory and y; `seen` is raised to the largest power of two in what was rounded.
    fn term<V: Vector<Element = E>>(self, sum: V, x: &E, y: V, seen: &mut V) -> V;
    /// The sum with a last summand.
    fn last<V: Vector<Element = E>>(self, sum: V, last: V) -> V;
    /// Where sums that are −0 come out as +0: the largest magnitude of a product that rounds to zero.
    fn forgets_below(self) -> Option<f64> {
        None
    }
}

/// Sizes of tiles that one after the other take as many rows as are left.
pub trait Heights {
    /// The rows of N vectors from one on.
    ///
    /// # Safety
    /// The processor has the instructions of `V`, and `corner` gives the corners of tiles that lie within the factors and
    /// the sums.
    unsafe fn rows<V: Vector, S: Step<V::Element>, const N: usize>(
        step: S,
        factors: &Factors<V::Element>,
        row: usize,
        corner: impl FnMut(usize) -> Tile<V::Element>,
        seen: &mut V,
    );
}

/// A vector whose lanes are also taken as integers, and as 32-bit words.
pub trait Words: Vector {
    /// x + y cut toward zero.
    fn add_cut(self, y: Self) -> Self;
    /// x + y as integers of the lanes' width.
    fn add_bits(self, y: Self) -> Self;
    /// Every lane's bits moved down by as many as that lane of `counts` says.
    fn down(self, counts: Self) -> Self;
    /// The same up.
    fn up(self, counts: Self) -> Self;
    /// x·y modulo 2^32 of every 32-bit word.
    fn mul_words(self, y: Self) -> Self;
    /// [`Words::down`] within 32-bit words.
    fn down_words(self, counts: Self) -> Self;
    /// x·y of a number in memory, cut toward zero; where that is not an instruction, the product must be exact.
    #[inline(always)]
    fn times_cut(self, y: &Self::Element) -> Self {
        self.times(y)
    }
    /// x with `random` added below the bits that are kept: numbers below `least` are lifted by it, into the binade
    /// where the last place is theirs, and come down again with their sign.
    #[inline(always)]
    fn nudged(self, least: Self, random: Self, keep: Self) -> Self {
        let lift = self.abs().if_less(least, least.with_sign_of(self), self.like(Self::Element::default()));
        self.add_cut(lift).add_bits(random).and(keep).sub(lift).with_sign_of(self)
    }
}

/// An element by its bits.
pub trait Bits: Element {
    /// The number with these bits, as many as it has.
    fn from_bits(bits: u64) -> Self;
}
