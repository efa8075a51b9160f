//! Storage types: the narrowest type that represents the numbers of a format. None of them rounds.

use crate::format::canonical;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// A type that stores the numbers of a format.
pub trait Carrier: Copy + Send + Sync {
    /// The stored number; exact.
    fn get(self) -> f64;
    /// Stores a number of the format; NaN has one bit pattern.
    fn put(x: f64) -> Self;

    /// [`Carrier::get`] of many numbers that are binary32's.
    fn get_singles(from: &[Self], to: &mut [f32]) {
        to.iter_mut().zip(from).for_each(|(to, x)| *to = x.get() as f32);
    }
    /// [`Carrier::put`] of many.
    fn put_singles(from: &[f32]) -> Vec<Self> {
        from.iter().map(|x| Self::put(f64::from(*x))).collect()
    }
    /// [`Carrier::get`] of many.
    fn get_doubles(from: &[Self]) -> Vec<f64> {
        from.iter().map(|x| x.get()).collect()
    }
    /// [`Carrier::put`] of many.
    fn put_doubles(from: &[f64]) -> Vec<Self> {
        from.iter().map(|x| Self::put(*x)).collect()
    }
}

impl Carrier for f64 {
    fn get(self) -> f64 {
        self
    }
    fn put(x: f64) -> f64 {
        canonical(x)
    }
}

impl Carrier for f32 {
    fn get(self) -> f64 {
        f64::from(self)
    }
    fn put(x: f64) -> f32 {
        canonical(x) as f32
    }
}

impl Carrier for f16 {
    fn get(self) -> f64 {
        self.to_f64()
    }
    // Only numbers of the format: the conversion is exact, so half's double rounding from f64 has no effect.
    fn put(x: f64) -> f16 {
        f16::from_f64(canonical(x))
    }
    fn get_singles(from: &[f16], to: &mut [f32]) {
        from.convert_to_f32_slice(to);
    }
    fn get_doubles(from: &[f16]) -> Vec<f64> {
        let mut singles = vec![0.0; from.len()];
        f16::get_singles(from, &mut singles);
        singles.into_iter().map(f64::from).collect()
    }
    fn put_doubles(from: &[f64]) -> Vec<f16> {
        f16::put_singles(&from.iter().map(|x| *x as f32).collect::<Vec<f32>>())
    }
    fn put_singles(from: &[f32]) -> Vec<f16> {
        let canonical: Vec<f32> = from.iter().map(|x| if x.is_nan() { f32::NAN } else { *x }).collect();
        let mut to = vec![f16::ZERO; from.len()];
        to.convert_from_f32_slice(&canonical);
        to
    }
}

impl Carrier for bf16 {
    fn get(self) -> f64 {
        // Its numbers are binary32's without the lower half.
        f64::from(f32::from_bits(u32::from(self.to_bits()) << 16))
    }
    fn put(x: f64) -> bf16 {
        bf16::from_f64(canonical(x))
    }
    fn put_doubles(from: &[f64]) -> Vec<bf16> {
        bf16::put_singles(&from.iter().map(|x| *x as f32).collect::<Vec<f32>>())
    }
    fn put_singles(from: &[f32]) -> Vec<bf16> {
        let upper = |x: f32| (if x.is_nan() { f32::NAN } else { x }.to_bits() >> 16) as u16;
        from.iter().map(|x| bf16::from_bits(upper(*x))).collect()
    }
}
