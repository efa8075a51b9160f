//! The vectors of AVX2 and AVX-512.
//!
//! Every `unsafe` here calls an instruction of the vector's path. A vector of such a type comes from `splat` or
//! `load`, whose callers vouch that the processor has the path, or from an operation on another vector: so the
//! instruction is there. That is the SAFETY argument of every operation below.

use super::tiles::{UpTo4, UpTo8};
use super::vector::Vector;
use std::arch::asm;
use std::arch::x86_64::*;

/// Operations on the registers of two vectors.
macro_rules! instructions {
    ($name:ident, $($operation:ident: |$x:ident, $y:ident| $result:expr;)*) => {$(
        #[inline(always)]
        fn $operation(self, y: $name) -> $name {
            let ($x, $y) = (self.0, y.0);
            // SAFETY: the vectors exist, so the processor has their instructions.
            $name(unsafe { $result })
        }
    )*};
}
pub(super) use instructions;

/// What both widths share, by the names of the instructions.
macro_rules! vector {
    ($name:ident, $register:ty, $element:ty, $lanes:expr, $rows:expr, $heights:ty, $splat:ident, $load:ident, $store:ident,
     $add:ident, $sub:ident, $mul:ident, $fmadd:ident, $fnmadd:ident, $integer:ident, $float:ident,
     $and:ident, $or:ident, $xor:ident, $sub_integer:ident,
     |$bits:ident| $shift:expr, |$x:ident, $y:ident| $max:expr, |$less:ident, $than:ident, $then:ident, $otherwise:ident| $select:expr $(, $times:ident)?) => {
        /// Lanes of one register.
        #[derive(Clone, Copy)]
        pub struct $name(pub(super) $register);

        impl Vector for $name {
            type Element = $element;
            const LANES: usize = $lanes;
            const ROWS: usize = $rows;
            type Heights = $heights;
            #[inline(always)]
            unsafe fn splat(x: $element) -> $name {
                // SAFETY: the caller vouches for the processor.
                $name(unsafe { $splat(x) })
            }
            #[inline(always)]
            unsafe fn load(from: *const $element) -> $name {
                // SAFETY: the caller vouches for the processor and the memory.
                $name(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                // SAFETY: the vector exists; the caller vouches for the memory.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            fn like(self, x: $element) -> $name {
                // SAFETY: the vector exists.
                $name(unsafe { $splat(x) })
            }
            instructions! { $name,
                add: |x, y| $add(x, y);
                sub: |x, y| $sub(x, y);
                mul: |x, y| $mul(x, y);
                and: |x, y| $float($and($integer(x), $integer(y)));
                or: |x, y| $float($or($integer(x), $integer(y)));
                xor: |x, y| $float($xor($integer(x), $integer(y)));
                sub_bits: |x, y| $float($sub_integer($integer(x), $integer(y)));
                max_bits: |a, b| {
                    let ($x, $y) = ($integer(a), $integer(b));
                    $float($max)
                };
            }
            $(
                #[inline(always)]
                fn times(self, y: &$element) -> $name {
                    // SAFETY: the vector exists.
                    $name(unsafe { $times(self.0, y) })
                }
            )?
            #[inline(always)]
            fn fused(self, y: $name, z: $name) -> $name {
                // SAFETY: the vector exists; both paths have FMA.
                $name(unsafe { $fmadd(self.0, y.0, z.0) })
            }
            #[inline(always)]
            fn scaled_add(self, y: $name, z: $name) -> $name {
                self.fused(y, z)
            }
            #[inline(always)]
            fn scaled_sub(self, y: $name, z: $name) -> $name {
                // SAFETY: the vector exists; both paths have FMA.
                $name(unsafe { $fnmadd(self.0, y.0, z.0) })
            }
            #[inline(always)]
            fn sign_as_unit(self) -> $name {
                // SAFETY: the vector exists.
                let $bits = unsafe { $integer(self.0) };
                // SAFETY: the vector exists.
                $name(unsafe { $float($shift) })
            }
            #[inline(always)]
            fn if_less(self, y: $name, then: $name, otherwise: $name) -> $name {
                let ($less, $than, $then, $otherwise) = (self.0, y.0, then.0, otherwise.0);
                // SAFETY: the vector exists.
                $name(unsafe { $select })
            }
        }
    };
}

vector!(
    F32x16,
    __m512,
    f32,
    16,
    8,
    UpTo8,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_add_ps,
    _mm512_sub_ps,
    _mm512_mul_ps,
    _mm512_fmadd_ps,
    _mm512_fnmadd_ps,
    _mm512_castps_si512,
    _mm512_castsi512_ps,
    _mm512_and_si512,
    _mm512_or_si512,
    _mm512_xor_si512,
    _mm512_sub_epi32,
    |bits| _mm512_srli_epi32::<31>(bits),
    |x, y| _mm512_max_epu32(x, y),
    |x, y, then, otherwise| _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(x, y), otherwise, then),
    times_ps
);
vector!(
    F64x8,
    __m512d,
    f64,
    8,
    8,
    UpTo8,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_add_pd,
    _mm512_sub_pd,
    _mm512_mul_pd,
    _mm512_fmadd_pd,
    _mm512_fnmadd_pd,
    _mm512_castpd_si512,
    _mm512_castsi512_pd,
    _mm512_and_si512,
    _mm512_or_si512,
    _mm512_xor_si512,
    _mm512_sub_epi64,
    |bits| _mm512_srli_epi64::<63>(bits),
    |x, y| _mm512_max_epu64(x, y),
    |x, y, then, otherwise| _mm512_mask_blend_pd(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(x, y), otherwise, then),
    times_pd
);
vector!(
    F32x8,
    __m256,
    f32,
    8,
    4,
    UpTo4,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_fmadd_ps,
    _mm256_fnmadd_ps,
    _mm256_castps_si256,
    _mm256_castsi256_ps,
    _mm256_and_si256,
    _mm256_or_si256,
    _mm256_xor_si256,
    _mm256_sub_epi32,
    |bits| _mm256_srli_epi32::<31>(bits),
    |x, y| _mm256_max_epu32(x, y),
    |x, y, then, otherwise| _mm256_blendv_ps(otherwise, then, _mm256_cmp_ps::<_CMP_LT_OQ>(x, y))
);
vector!(
    F64x4,
    __m256d,
    f64,
    4,
    4,
    UpTo4,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_fmadd_pd,
    _mm256_fnmadd_pd,
    _mm256_castpd_si256,
    _mm256_castsi256_pd,
    _mm256_and_si256,
    _mm256_or_si256,
    _mm256_xor_si256,
    _mm256_sub_epi64,
    |bits| _mm256_srli_epi64::<63>(bits),
    // AVX2 compares signed integers only; the numbers that are compared here have no sign bit.
    |x, y| _mm256_blendv_epi8(x, y, _mm256_cmpgt_epi64(y, x)),
    |x, y, then, otherwise| _mm256_blendv_pd(otherwise, then, _mm256_cmp_pd::<_CMP_LT_OQ>(x, y))
);

/// x·y with y read from memory by the product itself. Compilers read a number that is used twice once, into a register
/// of its own: then products and sums, which take different units of the processor, come out of step on Zen 4, and a
/// product of matrices takes 1.4 times as long.
#[inline]
#[target_feature(enable = "avx512f")]
fn times_ps(x: __m512, y: &f32) -> __m512 {
    let product;
    // SAFETY: the instruction is AVX-512 F's; it reads one number, which a reference points at, and writes a register.
    unsafe {
        asm!("vmulps {product}, {x}, dword ptr [{y}]{{1to16}}", product = lateout(zmm_reg) product, x = in(zmm_reg) x,
            y = in(reg) std::ptr::from_ref(y), options(pure, readonly, nostack, preserves_flags));
    }
    product
}

/// The same in binary64.
#[inline]
#[target_feature(enable = "avx512f")]
fn times_pd(x: __m512d, y: &f64) -> __m512d {
    let product;
    // SAFETY: as above.
    unsafe {
        asm!("vmulpd {product}, {x}, qword ptr [{y}]{{1to8}}", product = lateout(zmm_reg) product, x = in(zmm_reg) x,
            y = in(reg) std::ptr::from_ref(y), options(pure, readonly, nostack, preserves_flags));
    }
    product
}
