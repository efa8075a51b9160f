//! Products of matrices in tiles of the result.
//!
//! A tile's sums stay in registers while the terms run, so that each entry adds its products in the order of `dot`, and
//! the lanes of a vector are neighbouring columns. Terms run in blocks, between which the sums lie in memory: that
//! changes no bit, and a block of the right factor stays in the cache.

use super::Path;
use super::step::Step;
use super::vector::{Element, Vector};
use std::hint::black_box;
use std::ops::Range;

/// Terms of a block.
const BLOCK: usize = 256;

/// The factors of a product as their numbers lie.
#[derive(Clone, Copy)]
pub struct Factors<'a, E> {
    /// Rows and terms; entry (i, k) of the left factor is at i·`row_stride` + k·`term_stride`.
    pub left: &'a [E],
    /// From one row to the next.
    pub row_stride: usize,
    /// From one term to the next.
    pub term_stride: usize,
    /// Terms by columns, in panels of a cache line's columns.
    pub right: &'a [E],
    /// What is added last.
    pub last: Last<'a, E>,
    /// Rows of the result.
    pub rows: usize,
    /// Columns of the result.
    pub columns: usize,
    /// Products of a sum.
    pub terms: usize,
}

/// What is added last.
#[derive(Clone, Copy)]
pub enum Last<'a, E> {
    /// Nothing.
    None,
    /// One number for each row.
    Rows(&'a [E]),
    /// One number for each column, filled up to whole cache lines.
    Columns(&'a [E]),
}

/// All sums, row by row and nothing between; and the largest power of two that a step saw which watches.
///
/// # Panics
/// If the processor does not have the path.
pub fn sums<E: Element, S: Step<E>>(path: Path, step: S, factors: &Factors<E>) -> (Vec<E>, f64) {
    assert!(path.is_available(), "invariant: only paths of this processor are taken");
    let Factors { left, row_stride, term_stride, right, rows, columns, terms, .. } = *factors;
    let last_left = rows.saturating_sub(1) * row_stride + terms.saturating_sub(1) * term_stride;
    assert!(rows == 0 || terms == 0 || last_left < left.len(), "invariant: the left factor has every entry");
    assert!(terms * columns.next_multiple_of(E::LINE) <= right.len(), "invariant: the right factor has every panel");
    match path {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has the instructions, as was asserted above.
        Path::Avx512 | Path::Avx512Ifma => unsafe { on_avx512(step, factors) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx2 => unsafe { on_avx2(step, factors) },
        // SAFETY: every processor has the portable vectors.
        _ => unsafe { all::<E::Portable, S>(step, factors) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn on_avx512<E: Element, S: Step<E>>(step: S, factors: &Factors<E>) -> (Vec<E>, f64) {
    // SAFETY: this function's own instructions are the vectors'.
    unsafe { all::<E::Avx512, S>(step, factors) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_avx2<E: Element, S: Step<E>>(step: S, factors: &Factors<E>) -> (Vec<E>, f64) {
    // SAFETY: as above.
    unsafe { all::<E::Avx2, S>(step, factors) }
}

/// # Safety
/// The processor has the instructions of `V`, and the factors have every entry ([`sums`] asserts it).
#[inline(always)]
unsafe fn all<V: Vector, S: Step<V::Element>>(step: S, factors: &Factors<V::Element>) -> (Vec<V::Element>, f64) {
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
        let mut column = 0;
        if rows <= 2 {
            // SAFETY: the caller's; `sums` has `rows` rows of `width`, and no panel reaches beyond it.
            column = unsafe { panels::<V, S, 4>(step, factors, &block, column, width, &mut sums, &mut seen) };
        }
        // SAFETY: as above.
        column = unsafe { panels::<V, S, 2>(step, factors, &block, column, width, &mut sums, &mut seen) };
        // SAFETY: as above.
        unsafe { panels::<V, S, 1>(step, factors, &block, column, width, &mut sums, &mut seen) };
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
unsafe fn panels<V: Vector, S: Step<V::Element>, const N: usize>(
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
        let mut row = 0;
        let mut at = |row: usize| Tile {
            // SAFETY: the row and the terms are the left factor's.
            left: unsafe { factors.left.as_ptr().add(row * factors.row_stride + terms.start * factors.term_stride) },
            // SAFETY: the column is one of the panels', which are as wide as `width` at least.
            right: unsafe { factors.right.as_ptr().add(column / line * panel + terms.start * line + column % line) },
            // SAFETY: the row and the column are the result's.
            sums: unsafe { sums.as_mut_ptr().add(row * width + column) },
            width,
            terms: terms.len(),
        };
        while N <= 2 && V::ROWS >= 8 && row + 8 <= factors.rows {
            // SAFETY, here and below: so many rows and N vectors are left from the tile's corner on.
            unsafe { tile::<V, S, 8, N>(step, factors, at(row), seen) };
            row += 8;
        }
        while N <= 2 && V::ROWS >= 4 && row + 4 <= factors.rows {
            // SAFETY: as above.
            unsafe { tile::<V, S, 4, N>(step, factors, at(row), seen) };
            row += 4;
        }
        while row + 2 <= factors.rows {
            // SAFETY: as above.
            unsafe { tile::<V, S, 2, N>(step, factors, at(row), seen) };
            row += 2;
        }
        while row < factors.rows {
            // SAFETY: as above.
            unsafe { tile::<V, S, 1, N>(step, factors, at(row), seen) };
            row += 1;
        }
        column += N * V::LANES;
    }
    column
}

/// The corners of a tile, in the first of its terms.
struct Tile<E> {
    left: *const E,
    right: *const E,
    sums: *mut E,
    width: usize,
    terms: usize,
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
    let rows: [usize; M] = std::array::from_fn(|i| black_box(i * factors.row_stride));
    let Tile { mut left, mut right, sums, width, terms } = tile;
    // SAFETY, here and below: the addresses are of entries that the caller vouches for.
    let mut lanes: [[V; N]; M] =
        std::array::from_fn(|i| std::array::from_fn(|v| unsafe { V::load(sums.add(i * width + v * V::LANES)) }));
    let mut most = *seen;
    for _ in 0..terms {
        // SAFETY: as above.
        let y: [V; N] =
            std::array::from_fn(|v| unsafe { V::load(right.add(v * V::LANES / line * panel + v * V::LANES % line)) });
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
