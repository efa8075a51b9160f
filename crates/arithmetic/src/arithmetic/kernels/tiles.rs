//! Products of matrices in tiles of the result.
//!
//! A tile's sums stay in registers while the terms run, so that each entry adds its products in the order of `dot`, and
//! the lanes of a vector are neighbouring columns. Terms run in blocks, between which the sums lie in memory: that
//! changes no bit, and a block of the right factor stays in the cache.
//!
//! Every size of a tile is compiled for every path and step, so that there are few sizes: those that pay.
//!
//! `unsafe` calls what is compiled for the instructions of a path, which is asserted to be this processor's, and reads
//! and writes vectors within factors and sums whose lengths are asserted.

use super::Path;
use super::factors::{Factors, Last, Tile};
use super::vector::{Element, Heights, Step, Vector};
use std::hint::black_box;
use std::ops::Range;

/// Terms of a block.
const BLOCK: usize = 256;

/// Tiles of M rows, then the others.
pub struct Then<const M: usize, Others>(Others);

/// No rows are left.
pub struct End;

/// Up to two rows, for a vector or two of columns: what remains below larger tiles.
pub type UpTo2 = Then<2, Then<1, End>>;
/// Four rows, then up to two.
pub type UpTo4 = Then<4, UpTo2>;
/// Eight rows, then up to two.
pub type UpTo8 = Then<8, UpTo2>;

impl Heights for End {
    #[inline(always)]
    unsafe fn rows<V: Vector, S: Step<V::Element>, const N: usize>(
        _: S,
        _: &Factors<V::Element>,
        _: usize,
        _: impl FnMut(usize) -> Tile<V::Element>,
        _: &mut V,
    ) {
    }
}

impl<const M: usize, Others: Heights> Heights for Then<M, Others> {
    #[inline(always)]
    unsafe fn rows<V: Vector, S: Step<V::Element>, const N: usize>(
        step: S,
        factors: &Factors<V::Element>,
        mut row: usize,
        mut corner: impl FnMut(usize) -> Tile<V::Element>,
        seen: &mut V,
    ) {
        while row + M <= factors.rows {
            // SAFETY: the caller's; so many rows are left.
            unsafe { tile::<V, S, M, N>(step, factors, corner(row), seen) };
            row += M;
        }
        // SAFETY: the caller's.
        unsafe { Others::rows::<V, S, N>(step, factors, row, corner, seen) };
    }
}

/// Which tiles are compiled for a step.
pub trait Choice {
    /// All columns of a block of terms.
    ///
    /// # Safety
    /// As [`panels`].
    unsafe fn columns<V: Vector, S: Step<V::Element>>(
        step: S,
        factors: &Factors<V::Element>,
        terms: &Range<usize>,
        width: usize,
        sums: &mut [V::Element],
        seen: &mut V,
    );
}

/// Tiles as large as registers allow, for steps on which time is spent.
pub struct Often;

/// One size for most rows, for steps that follow on an overflow or are otherwise rare.
pub struct Seldom;

impl Choice for Often {
    #[inline(always)]
    unsafe fn columns<V: Vector, S: Step<V::Element>>(
        step: S,
        factors: &Factors<V::Element>,
        terms: &Range<usize>,
        width: usize,
        sums: &mut [V::Element],
        seen: &mut V,
    ) {
        let mut column = 0;
        if factors.rows <= 2 {
            // SAFETY, here and below: the caller's.
            column = unsafe { panels::<V, S, Then<1, End>, 4>(step, factors, terms, column, width, sums, seen) };
        }
        // SAFETY: as above.
        column = unsafe { panels::<V, S, V::Heights, 2>(step, factors, terms, column, width, sums, seen) };
        // SAFETY: as above.
        unsafe { panels::<V, S, V::Heights, 1>(step, factors, terms, column, width, sums, seen) };
    }
}

impl Choice for Seldom {
    #[inline(always)]
    unsafe fn columns<V: Vector, S: Step<V::Element>>(
        step: S,
        factors: &Factors<V::Element>,
        terms: &Range<usize>,
        width: usize,
        sums: &mut [V::Element],
        seen: &mut V,
    ) {
        // SAFETY: the caller's.
        unsafe { panels::<V, S, Then<4, Then<1, End>>, 1>(step, factors, terms, 0, width, sums, seen) };
    }
}

/// All sums, row by row and nothing between; and the largest power of two that a step saw which watches.
///
/// # Panics
/// If the processor does not have the path.
pub fn sums<C: Choice, E: Element, S: Step<E>>(path: Path, step: S, factors: &Factors<E>) -> (Vec<E>, f64) {
    assert!(path.is_available(), "invariant: only paths of this processor are taken");
    let Factors { left, row_stride, term_stride, right, rows, columns, terms, .. } = *factors;
    let last_left = rows.saturating_sub(1) * row_stride + terms.saturating_sub(1) * term_stride;
    assert!(rows == 0 || terms == 0 || last_left < left.len(), "invariant: the left factor has every entry");
    assert!(terms * columns.next_multiple_of(E::LINE) <= right.len(), "invariant: the right factor has every panel");
    match path {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has the instructions, as was asserted above.
        Path::Avx512 | Path::Avx512Ifma => unsafe { on_avx512::<C, E, S>(step, factors) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx2 => unsafe { on_avx2::<C, E, S>(step, factors) },
        // SAFETY: every processor has the portable vectors.
        _ => unsafe { all::<C, E::Portable, S>(step, factors) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn on_avx512<C: Choice, E: Element, S: Step<E>>(step: S, factors: &Factors<E>) -> (Vec<E>, f64) {
    // SAFETY: this function's own instructions are the vectors'.
    unsafe { all::<C, E::Avx512, S>(step, factors) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_avx2<C: Choice, E: Element, S: Step<E>>(step: S, factors: &Factors<E>) -> (Vec<E>, f64) {
    // SAFETY: as above.
    unsafe { all::<C, E::Avx2, S>(step, factors) }
}

/// # Safety
/// The processor has the instructions of `V`, and the factors have every entry ([`sums`] asserts it).
#[inline(always)]
unsafe fn all<C: Choice, V: Vector, S: Step<V::Element>>(
    step: S,
    factors: &Factors<V::Element>,
) -> (Vec<V::Element>, f64) {
    let Factors { rows, columns, terms, .. } = *factors;
    // Whole vectors; the right factor's panels are at least as wide.
    let width = columns.next_multiple_of(V::LANES);
    // An empty sum is +0; every other one begins at −0.
    let zero = if terms == 0 { V::Element::default() } else { V::Element::NEGATIVE_ZERO };
    let mut sums = vec![zero; rows * width];
    // SAFETY: the caller's.
    let mut seen = unsafe { V::splat(V::Element::default()) };
    for start in (0..terms).step_by(BLOCK) {
        let block = start..terms.min(start + BLOCK);
        // SAFETY: the caller's; `sums` has `rows` rows of `width`, and no panel reaches beyond it.
        unsafe { C::columns::<V, S>(step, factors, &block, width, &mut sums, &mut seen) };
    }
    // SAFETY: the caller's.
    unsafe { add_last::<V, S>(step, factors.last, width, &mut sums) };
    if width > columns {
        (0..rows).for_each(|row| sums.copy_within(row * width..row * width + columns, row * columns));
        sums.truncate(rows * columns);
    }
    (sums, if S::IS_WATCHED { seen.largest() } else { 0.0 })
}

/// Panels of N vectors from a column on, as many as there are; gives the column that follows.
///
/// # Safety
/// As [`all`], and `sums` has all rows of `width` numbers.
#[inline(always)]
unsafe fn panels<V: Vector, S: Step<V::Element>, H: Heights, const N: usize>(
    step: S,
    factors: &Factors<V::Element>,
    terms: &Range<usize>,
    mut column: usize,
    width: usize,
    sums: &mut [V::Element],
    seen: &mut V,
) -> usize {
    let line = V::Element::LINE;
    let panel = factors.terms * line;
    // Tiles of several vectors begin with a panel.
    while column + N * V::LANES <= width {
        let corner = |row: usize| Tile {
            // SAFETY: the row and the terms are the left factor's.
            left: unsafe { factors.left.as_ptr().add(row * factors.row_stride + terms.start * factors.term_stride) },
            // SAFETY: the column is one of the panels', which are as wide as `width` at least.
            right: unsafe { factors.right.as_ptr().add(column / line * panel + terms.start * line + column % line) },
            // SAFETY: the row and the column are the result's.
            sums: unsafe { sums.as_mut_ptr().add(row * width + column) },
            width,
            terms: terms.len(),
        };
        // SAFETY: the caller's; N vectors are left from the column on.
        unsafe { H::rows::<V, S, N>(step, factors, 0, corner, seen) };
        column += N * V::LANES;
    }
    column
}

/// M rows by N vectors.
///
/// # Safety
/// The processor has the instructions of `V`, and from the tile's corners on there are M rows, N vectors and all terms.
#[inline(always)]
unsafe fn tile<V: Vector, S: Step<V::Element>, const M: usize, const N: usize>(
    step: S,
    factors: &Factors<V::Element>,
    tile: Tile<V::Element>,
    seen: &mut V,
) {
    let (term_stride, line) = (factors.term_stride, V::Element::LINE);
    let panel = factors.terms * line;
    // Opaque offsets: as multiples of one stride the addresses would be computed one from the other.
    let mut rows = [0; M];
    for (i, row) in rows.iter_mut().enumerate() {
        *row = black_box(i * factors.row_stride);
    }
    let Tile { mut left, mut right, sums, width, terms } = tile;
    let mut most = *seen;
    // Loops and no closures, which would be compiled again for every tile.
    let mut lanes = [[most; N]; M];
    for (i, lanes) in lanes.iter_mut().enumerate() {
        for (v, sum) in lanes.iter_mut().enumerate() {
            // SAFETY, here and below: the addresses are of entries that the caller vouches for.
            *sum = unsafe { V::load(sums.add(i * width + v * V::LANES)) };
        }
    }
    for _ in 0..terms {
        let mut y = [most; N];
        for (v, y) in y.iter_mut().enumerate() {
            // SAFETY: as above.
            *y = unsafe { V::load(right.add(v * V::LANES / line * panel + v * V::LANES % line)) };
        }
        for (i, lanes) in lanes.iter_mut().enumerate() {
            // SAFETY: as above.
            let factor = unsafe { &*left.add(rows[i]) };
            for (sum, y) in lanes.iter_mut().zip(y) {
                *sum = step.term(*sum, factor, y, &mut most);
            }
        }
        // One step beyond the last term is not read from.
        left = left.wrapping_add(term_stride);
        right = right.wrapping_add(line);
    }
    *seen = most;
    for (i, lanes) in lanes.iter().enumerate() {
        for (v, sum) in lanes.iter().enumerate() {
            // SAFETY: as above.
            unsafe { sum.store(sums.add(i * width + v * V::LANES)) };
        }
    }
}

/// Adds the last summand to all sums.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn add_last<V: Vector, S: Step<V::Element>>(
    step: S,
    last: Last<V::Element>,
    width: usize,
    sums: &mut [V::Element],
) {
    if width == 0 {
        return;
    }
    for (row, sums) in sums.chunks_exact_mut(width).enumerate() {
        for (index, sums) in sums.chunks_exact_mut(V::LANES).enumerate() {
            let last = match last {
                Last::None => return,
                // SAFETY: the caller vouches for the processor.
                Last::Rows(last) => unsafe { V::splat(last[row]) },
                // SAFETY: as above, and the slice has so many lanes.
                Last::Columns(last) => unsafe { V::load(last[index * V::LANES..][..V::LANES].as_ptr()) },
            };
            // SAFETY: the chunk has so many lanes; the caller vouches for the processor.
            unsafe { step.last(V::load(sums.as_ptr()), last).store(sums.as_mut_ptr()) };
        }
    }
}
