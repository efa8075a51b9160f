//! Rounding of many numbers at once.
//!
//! `unsafe` calls what is compiled for the instructions of a path, which is asserted to be this processor's, and reads
//! and writes vectors within slices that are as long.

use super::step::Emulated;
use super::vector::{Element, MOST_LANES, Vector};
use super::{Path, Rounding};

/// Doubles between.
const BLOCK: usize = 64;

/// Rounds numbers to members of a format that the element has.
pub fn round_all<E: Element>(path: Path, rounding: &Rounding, values: &mut [E]) {
    let rounder = match rounding {
        Rounding::Emulated(rounder) if rounder.precision() < E::PRECISION => rounder,
        _ => {
            values.iter_mut().for_each(|x| *x = E::from_f64(rounding.round((*x).into())));
            return;
        }
    };
    if rounder.largest() <= Emulated::<E, true>::highest(rounder) {
        on(path, Emulated::new(rounder), values);
        return;
    }
    let step = Emulated::<f64, true>::new(rounder);
    for values in values.chunks_mut(BLOCK) {
        let mut doubles = [0.0; BLOCK];
        doubles.iter_mut().zip(&*values).for_each(|(double, x)| *double = (*x).into());
        on(path, step, &mut doubles);
        values.iter_mut().zip(doubles).for_each(|(x, double)| *x = E::from_f64(double));
    }
}

fn on<E: Element>(path: Path, step: Emulated<E, true>, values: &mut [E]) {
    assert!(path.is_available(), "invariant: only paths of this processor are taken");
    match path {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has the instructions, as was asserted above.
        Path::Avx512 | Path::Avx512Ifma => unsafe { on_avx512(step, values) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx2 => unsafe { on_avx2(step, values) },
        // SAFETY: every processor has the portable vectors.
        _ => unsafe { all::<E::Portable>(step, values) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn on_avx512<E: Element>(step: Emulated<E, true>, values: &mut [E]) {
    // SAFETY: this function's own instructions are the vectors'.
    unsafe { all::<E::Avx512>(step, values) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_avx2<E: Element>(step: Emulated<E, true>, values: &mut [E]) {
    // SAFETY: as above.
    unsafe { all::<E::Avx2>(step, values) }
}

/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn all<V: Vector>(step: Emulated<V::Element, true>, values: &mut [V::Element]) {
    let mut chunks = values.chunks_exact_mut(V::LANES);
    for chunk in &mut chunks {
        // SAFETY: the chunk has so many lanes; the caller vouches for the processor.
        unsafe { step.round_signed(V::load(chunk.as_ptr())).store(chunk.as_mut_ptr()) };
    }
    for x in chunks.into_remainder() {
        let mut lanes = [V::Element::default(); MOST_LANES];
        // SAFETY: no vector has more lanes than the array; the caller vouches for the processor.
        unsafe { step.round_signed(V::splat(*x)).store(lanes.as_mut_ptr()) };
        *x = lanes[0];
    }
}
