//! The numbers of lanes: binary32 and binary64, with the vectors of every path.

use super::portable::{Doubles, Singles};
use super::vector::{Bits, Element};
#[cfg(target_arch = "x86_64")]
use super::x86;

macro_rules! element {
    ($element:ident, $bits:ty, $portable:ty, $avx2:ident, $avx512:ident) => {
        impl Element for $element {
            const PRECISION: u32 = $element::MANTISSA_DIGITS;
            const MAX_EXPONENT: i64 = $element::MAX_EXP as i64 - 1;
            const LINE: usize = 64 / size_of::<$element>();
            const NEGATIVE_ZERO: $element = -0.0;
            const EXPONENT: $element = $element::INFINITY;
            const MAGNITUDE: $element = $element::from_bits(<$bits>::MAX >> 1);
            type Portable = $portable;
            #[cfg(target_arch = "x86_64")]
            type Avx2 = x86::$avx2;
            #[cfg(target_arch = "x86_64")]
            type Avx512 = x86::$avx512;
            fn from_f64(x: f64) -> $element {
                x as $element
            }
            fn smallest() -> $element {
                $element::from_bits(1)
            }
        }

        impl Bits for $element {
            fn from_bits(bits: u64) -> $element {
                $element::from_bits(bits as $bits)
            }
        }
    };
}

element!(f32, u32, Singles, F32x8, F32x16);
element!(f64, u64, Doubles, F64x4, F64x8);
