//! Vectors for any processor.
//!
//! `unsafe` reads and writes the lanes, for whose numbers the caller vouches.

use super::software;
use super::tiles::UpTo2;
use super::vector::Vector;

/// Operations lane by lane, on numbers or on their bits.
macro_rules! lanewise {
    ($name:ident, $with:ident, $($operation:ident: $result:expr;)*) => {$(
        #[inline(always)]
        fn $operation(self, y: $name) -> $name {
            self.$with(y, $result)
        }
    )*};
}
pub(super) use lanewise;

/// Lanes of an array, for any processor.
macro_rules! portable {
    ($name:ident, $element:ty, $bits:ty, $lanes:expr, $fused:path) => {
        /// Lanes in an array, which the compiler puts into whatever the target has.
        #[derive(Clone, Copy)]
        pub struct $name([$element; $lanes]);

        impl $name {
            #[inline(always)]
            pub(super) fn with(self, y: $name, f: impl Fn($element, $element) -> $element) -> $name {
                // A loop and no closure, which would be compiled again wherever it is inlined.
                let mut lanes = self.0;
                for (x, y) in lanes.iter_mut().zip(y.0) {
                    *x = f(*x, y);
                }
                $name(lanes)
            }
            #[inline(always)]
            pub(super) fn with_bits(self, y: $name, f: impl Fn($bits, $bits) -> $bits) -> $name {
                self.with(y, |x, y| <$element>::from_bits(f(x.to_bits(), y.to_bits())))
            }
        }

        impl Vector for $name {
            type Element = $element;
            const LANES: usize = $lanes;
            const ROWS: usize = 2;
            type Heights = UpTo2;
            #[inline(always)]
            unsafe fn splat(x: $element) -> $name {
                $name([x; $lanes])
            }
            #[inline(always)]
            unsafe fn load(from: *const $element) -> $name {
                // SAFETY: the caller's; an array of numbers needs no more than their alignment.
                $name(unsafe { from.cast::<[$element; $lanes]>().read() })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                // SAFETY: as above.
                unsafe { to.cast::<[$element; $lanes]>().write(self.0) }
            }
            #[inline(always)]
            fn like(self, x: $element) -> $name {
                $name([x; $lanes])
            }
            lanewise! { $name, with,
                add: |x, y| x + y;
                sub: |x, y| x - y;
                mul: |x, y| x * y;
            }
            #[inline(always)]
            fn fused(self, y: $name, z: $name) -> $name {
                let mut lanes = z.0;
                for (lane, z) in lanes.iter_mut().enumerate() {
                    *z = $fused(self.0[lane], y.0[lane], *z);
                }
                $name(lanes)
            }
            #[inline(always)]
            fn scaled_add(self, y: $name, z: $name) -> $name {
                self.mul(y).add(z)
            }
            #[inline(always)]
            fn scaled_sub(self, y: $name, z: $name) -> $name {
                z.sub(self.mul(y))
            }
            lanewise! { $name, with_bits,
                and: |x, y| x & y;
                or: |x, y| x | y;
                xor: |x, y| x ^ y;
                max_bits: <$bits>::max;
                sub_bits: <$bits>::wrapping_sub;
            }
            #[inline(always)]
            fn sign_as_unit(self) -> $name {
                self.with_bits(self, |x, _| x >> (<$bits>::BITS - 1))
            }
            #[inline(always)]
            fn if_less(self, y: $name, then: $name, otherwise: $name) -> $name {
                let mut lanes = otherwise.0;
                for (lane, x) in lanes.iter_mut().enumerate() {
                    *x = if self.0[lane] < y.0[lane] { then.0[lane] } else { *x };
                }
                $name(lanes)
            }
        }
    };
}

portable!(Singles, f32, u32, 8, software::fused_single);
portable!(Doubles, f64, u64, 4, software::fused_double);
