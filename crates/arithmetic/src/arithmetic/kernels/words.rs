//! Vector operations for stochastic rounding in addition to arithmetic: truncated sums, and integers in lanes.
//!
//! `unsafe` calls an instruction of the vector's path, which the processor has where there is such a vector.

use super::portable::{Doubles, Singles, lanewise};
use super::vector::Words;
use crate::format::cut_sum;

impl Words for Doubles {
    lanewise! { Doubles, with,
        add_cut: cut_sum;
    }
    lanewise! { Doubles, with_bits,
        add_bits: u64::wrapping_add;
        down: |x, count| x >> count;
        up: |x, count| x << count;
        // The upper words are 0 and stay so.
        mul_words: |x, y| u64::from((x as u32).wrapping_mul(y as u32));
        down_words: |x, count| x >> count;
    }
}

impl Words for Singles {
    lanewise! { Singles, with,
        add_cut: |x, y| {
            // The sum of two numbers of binary32 cut to binary64 first, then to binary32: one cut.
            let (sum, nearest) = (cut_sum(f64::from(x), f64::from(y)), x + y);
            let is_beyond = f64::from(nearest).abs() > sum.abs() && nearest.is_finite();
            if is_beyond { f32::from_bits(nearest.to_bits() - 1) } else { nearest }
        };
    }
    lanewise! { Singles, with_bits,
        add_bits: u32::wrapping_add;
        down: |x, count| x >> count;
        up: |x, count| x << count;
        mul_words: u32::wrapping_mul;
        down_words: |x, count| x >> count;
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::vector::{Vector, Words};
    use super::super::x86::{F32x8, F32x16, F64x4, F64x8, instructions};
    use std::arch::x86_64::*;

    /// Toward zero, without exceptions.
    const CUT: i32 = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;

    /// The operations on integers, by the names of the instructions.
    macro_rules! integers {
        ($name:ident, $integer:ident, $float:ident, $add:ident, $down:ident, $up:ident, $mul:ident, $down_words:ident) => {
            instructions! { $name,
                add_bits: |x, y| $float($add($integer(x), $integer(y)));
                down: |x, counts| $float($down($integer(x), $integer(counts)));
                up: |x, counts| $float($up($integer(x), $integer(counts)));
                mul_words: |x, y| $float($mul($integer(x), $integer(y)));
                down_words: |x, counts| $float($down_words($integer(x), $integer(counts)));
            }
        };
    }

    /// What only AVX-512 has: rounding modes of single instructions, and lanes that an operation leaves as they are.
    macro_rules! modes {
        ($name:ident, $element:ty, $splat:ident, $add_round:ident, $mul_round:ident, $less:ident, $add_some:ident,
         $sub_some:ident) => {
            #[inline(always)]
            fn add_cut(self, y: $name) -> $name {
                // SAFETY, here and below: the vectors exist, so the processor has their instructions.
                $name(unsafe { $add_round::<CUT>(self.0, y.0) })
            }
            #[inline(always)]
            fn times_cut(self, y: &$element) -> $name {
                // SAFETY: as above.
                $name(unsafe { $mul_round::<CUT>(self.0, $splat(*y)) })
            }
            #[inline(always)]
            fn nudged(self, least: $name, random: $name, keep: $name) -> $name {
                let lift = least.with_sign_of(self);
                // SAFETY: as above.
                let small = unsafe { $less::<_CMP_LT_OQ>(self.abs().0, least.0) };
                // SAFETY: as above.
                let lifted = $name(unsafe { $add_some::<CUT>(self.0, small, self.0, lift.0) });
                let kept = lifted.add_bits(random).and(keep);
                // SAFETY: as above.
                $name(unsafe { $sub_some(kept.0, small, kept.0, lift.0) }).with_sign_of(self)
            }
        };
    }

    /// x + y cut toward zero by its error, where no instruction does it.
    #[inline(always)]
    fn cut<V: Vector>(x: V, y: V) -> V {
        let sum = x.add(y);
        let from_y = sum.sub(x);
        let error = x.sub(sum.sub(from_y)).add(y.sub(from_y));
        // A sum that went away from zero has an error of the other sign.
        let inward = sum.sub_bits(sum.xor(error).sign_as_unit());
        // False too for the error of an infinity, which is NaN.
        sum.like(V::Element::default()).if_less(error.abs(), inward, sum)
    }

    impl Words for F32x16 {
        modes!(
            F32x16,
            f32,
            _mm512_set1_ps,
            _mm512_add_round_ps,
            _mm512_mul_round_ps,
            _mm512_cmp_ps_mask,
            _mm512_mask_add_round_ps,
            _mm512_mask_sub_ps
        );
        integers!(
            F32x16,
            _mm512_castps_si512,
            _mm512_castsi512_ps,
            _mm512_add_epi32,
            _mm512_srlv_epi32,
            _mm512_sllv_epi32,
            _mm512_mullo_epi32,
            _mm512_srlv_epi32
        );
    }

    impl Words for F64x8 {
        modes!(
            F64x8,
            f64,
            _mm512_set1_pd,
            _mm512_add_round_pd,
            _mm512_mul_round_pd,
            _mm512_cmp_pd_mask,
            _mm512_mask_add_round_pd,
            _mm512_mask_sub_pd
        );
        integers!(
            F64x8,
            _mm512_castpd_si512,
            _mm512_castsi512_pd,
            _mm512_add_epi64,
            _mm512_srlv_epi64,
            _mm512_sllv_epi64,
            _mm512_mullo_epi32,
            _mm512_srlv_epi32
        );
    }

    impl Words for F32x8 {
        #[inline(always)]
        fn add_cut(self, y: F32x8) -> F32x8 {
            cut(self, y)
        }
        integers!(
            F32x8,
            _mm256_castps_si256,
            _mm256_castsi256_ps,
            _mm256_add_epi32,
            _mm256_srlv_epi32,
            _mm256_sllv_epi32,
            _mm256_mullo_epi32,
            _mm256_srlv_epi32
        );
    }

    impl Words for F64x4 {
        #[inline(always)]
        fn add_cut(self, y: F64x4) -> F64x4 {
            cut(self, y)
        }
        integers!(
            F64x4,
            _mm256_castpd_si256,
            _mm256_castsi256_pd,
            _mm256_add_epi64,
            _mm256_srlv_epi64,
            _mm256_sllv_epi64,
            _mm256_mullo_epi32,
            _mm256_srlv_epi32
        );
    }
}
