//! A bound of all sums of a product, from one look at every entry of its factors.
//!
//! `unsafe` calls what is compiled for the instructions of a path, which is asserted to be this processor's, and reads
//! and writes vectors within slices that are as long.

use super::Path;
use super::matrix::{Layout, Matrix};
use super::vector::{Element, MOST_LANES, Vector};

/// At least the magnitude of every sum of products of a row and a column, and of every part of it, without rounding:
/// ‖row‖·‖column‖, by Cauchy and Schwarz. Not finite where an entry is not.
pub fn of_sums<E: Element>(path: Path, left: &Matrix<E>, right: &Matrix<E>) -> f64 {
    let terms = left.dim().1 as f64;
    // Each of n squares and sums is off by a relative 2^-24 at most, and by the smallest normal number where it is tiny.
    let norm = |square: f64| ((square + terms * 1e-37) * (1.0 + (terms + 4.0) * 1e-6)).sqrt();
    norm(largest(path, left)) * norm(largest(path, right))
}

/// At least the sum of squares of every row of a left factor or, in panels, of every column of a right one; NaN if one
/// is.
fn largest<E: Element>(path: Path, matrix: &Matrix<E>) -> f64 {
    assert!(path.is_available(), "invariant: only paths of this processor are taken");
    match path {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has the instructions, as was asserted above.
        Path::Avx512 | Path::Avx512Ifma => unsafe { on_avx512(matrix) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx2 => unsafe { on_avx2(matrix) },
        // SAFETY: every processor has the portable vectors.
        _ => unsafe { of_vectors::<E::Portable>(matrix) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn on_avx512<E: Element>(matrix: &Matrix<E>) -> f64 {
    // SAFETY: this function's own instructions are the vectors'.
    unsafe { of_vectors::<E::Avx512>(matrix) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_avx2<E: Element>(matrix: &Matrix<E>) -> f64 {
    // SAFETY: as above.
    unsafe { of_vectors::<E::Avx2>(matrix) }
}

/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn of_vectors<V: Vector>(matrix: &Matrix<V::Element>) -> f64 {
    let (stride, numbers) = (matrix.stride(), matrix.padded());
    if numbers.is_empty() {
        return 0.0;
    }
    let panel = if matrix.layout() == Layout::Panels { matrix.dim().0 * stride } else { numbers.len() };
    // Sums of squares have no sign, so that their bits compare as they do, and NaN is the largest.
    // Loops and no closures: a closure that is not inlined has not the instructions of its function.
    // SAFETY: the caller's.
    let mut most = unsafe { V::splat(V::Element::default()) };
    if matrix.layout() == Layout::Rows {
        for row in numbers.chunks_exact(stride) {
            let mut sum = most.like(V::Element::default());
            for chunk in row.chunks_exact(V::LANES) {
                // SAFETY: the chunk has so many lanes.
                let x = unsafe { V::load(chunk.as_ptr()) };
                sum = sum.add(x.mul(x));
            }
            most = most.max_bits(sum.abs());
        }
    } else {
        for panel in numbers.chunks_exact(panel) {
            for first in (0..stride).step_by(V::LANES) {
                let mut sum = most.like(V::Element::default());
                for line in panel.chunks_exact(stride) {
                    // SAFETY: a line is a whole number of vectors.
                    let x = unsafe { V::load(line[first..][..V::LANES].as_ptr()) };
                    sum = sum.add(x.mul(x));
                }
                most = most.max_bits(sum.abs());
            }
        }
    }
    if matrix.layout() != Layout::Rows {
        return most.largest();
    }
    // Each lane has its part of a row's sum, of whichever row it is the largest: no row has more than all together.
    let mut lanes = [V::Element::default(); MOST_LANES];
    // SAFETY: no vector has more lanes than the array.
    unsafe { most.store(lanes.as_mut_ptr()) };
    lanes.map(Into::<f64>::into).iter().sum()
}
