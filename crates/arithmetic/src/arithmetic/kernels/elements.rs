//! The numbers of lanes: binary32 and binary64, with the vectors of every path.

use super::portable::{Doubles, Singles};
use super::vector::{Bits, Element};
#[cfg(target_arch = "x86_64")]
use super::x86;

impl Element for f32 {
    const PRECISION: u32 = 24;
    const MAX_EXPONENT: i64 = 127;
    const LINE: usize = 16;
    const NEGATIVE_ZERO: f32 = -0.0;
    const EXPONENT: f32 = f32::INFINITY;
    const MAGNITUDE: f32 = f32::from_bits(u32::MAX >> 1);
    type Portable = Singles;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = x86::F32x8;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = x86::F32x16;
    fn from_f64(x: f64) -> f32 {
        x as f32
    }
    fn smallest() -> f32 {
        f32::from_bits(1)
    }
}

impl Element for f64 {
    const PRECISION: u32 = 53;
    const MAX_EXPONENT: i64 = 1023;
    const LINE: usize = 8;
    const NEGATIVE_ZERO: f64 = -0.0;
    const EXPONENT: f64 = f64::INFINITY;
    const MAGNITUDE: f64 = f64::from_bits(u64::MAX >> 1);
    type Portable = Doubles;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = x86::F64x4;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = x86::F64x8;
    fn from_f64(x: f64) -> f64 {
        x
    }
    fn smallest() -> f64 {
        f64::from_bits(1)
    }
}

impl Bits for f32 {
    fn from_bits(bits: u64) -> f32 {
        f32::from_bits(bits as u32)
    }
}

impl Bits for f64 {
    fn from_bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
}
