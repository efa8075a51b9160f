//! Products of matrices whose every operation is rounded stochastically.
//!
//! The random bits are functions of the entry and the term, so they do not depend on tiles, lanes or paths.
//!
//! `unsafe` calls what is compiled for the instructions of a path, which is asserted to be this processor's, and reads
//! and writes vectors within factors and sums whose lengths are asserted.

use super::Path;
use super::chance::{Chance, Streams};
use super::matrix::{Matrix, Operand};
use super::products::{is_below, is_binary32};
use super::vector::{Bits, Element, MOST_LANES, Words};
use crate::arithmetic::random::{LAST, row_of, stream_in, word_of_term};
use crate::arithmetic::{Side, Step};
use crate::format::{Format, StochasticRounder, two_to};
use ndarray::ArrayView2;

/// Products of matrices whose sums run in one stochastic rounding.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    rounder: StochasticRounder,
    /// One rounding for product and sum together.
    is_fused: bool,
    /// Whether lanes are binary32.
    is_single: bool,
    /// Whether those have every product of members.
    has_products: bool,
}

impl Kernel {
    /// Of members of a format in an accumulator that rounds so.
    pub fn new(member: &Format, accumulator: &Format, rounder: StochasticRounder, is_fused: bool) -> Kernel {
        let has_bits = 2 * member.precision <= 24 && Chance::<f32, false, false>::fits(&rounder);
        let is_single = is_binary32(member) && is_binary32(accumulator) && has_bits;
        let ends = member.smallest_subnormal_exponent().zip(member.max_exponent());
        let has_products = ends.is_some_and(|(least, most)| 2 * least >= -149 && 2 * (most + 1) <= 127);
        Kernel { rounder, is_fused, is_single, has_products }
    }

    /// Prepares a matrix.
    pub fn prepare<C: Copy>(
        &self,
        matrix: ArrayView2<C>,
        side: Side,
        singles: impl Fn(&[C], &mut [f32]),
        doubles: impl Fn(&[C], &mut [f64]),
    ) -> Operand {
        Operand::new(self.is_single, matrix, side, singles, doubles)
    }

    /// (m × k)·(k × n), every sum in the order of k, `last` (m) added last; the random bits are those of a key's
    /// step.
    ///
    /// # Panics
    /// If the processor does not have the path.
    pub fn product_on(
        &self,
        path: Path,
        (key, step): (u64, Step),
        left: &Operand,
        right: &Operand,
        last: Option<&[f64]>,
    ) -> Vec<f64> {
        let mut sums = self.signed_sums(path, (key, step), left, right, last);
        if !self.rounder.has_negative_zero() {
            // The sign of a zero on the way changes no other number: that of the result is all there is to drop.
            sums.iter_mut().for_each(|sum| *sum += 0.0);
        }
        sums
    }

    /// The same with zeros as the lanes leave them.
    fn signed_sums(
        &self,
        path: Path,
        (key, step): (u64, Step),
        left: &Operand,
        right: &Operand,
        last: Option<&[f64]>,
    ) -> Vec<f64> {
        let rows: Vec<u64> = (0..left.dim().0).map(|row| row_of(key, step, row as u32)).collect();
        if let (Operand::Single(left), Operand::Single(right)) = (left, right) {
            let last = last.map(|last| last.iter().map(|x| *x as f32).collect::<Vec<f32>>());
            let last = last.as_deref();
            // Products below binary32 are cut where an instruction does it: rounded by themselves, they become a zero
            // of their sign whatever is cut off. Added as they are, they can still draw a sum to the next number below
            // it.
            let are_cut = !self.is_fused && matches!(path, Path::Avx512 | Path::Avx512Ifma);
            let sums = match self.is_within(path, left, right, last) {
                true if self.has_products || are_cut => {
                    Some(self.aligned::<f32, false>(path, &rows, left, right, last))
                }
                false if self.has_products => Some(self.aligned::<f32, true>(path, &rows, left, right, last)),
                _ => None,
            };
            if let Some(sums) = sums {
                return sums.into_iter().map(f64::from).collect();
            }
        }
        let (left, right) = (left.doubles(), right.doubles());
        match self.is_within(path, &left, &right, last) {
            true => self.aligned::<f64, false>(path, &rows, &left, &right, last),
            false => self.aligned::<f64, true>(path, &rows, &left, &right, last),
        }
    }

    /// Whether nothing overflows: a rounding adds less than two unit roundoffs.
    fn is_within<E: Element>(&self, path: Path, left: &Matrix<E>, right: &Matrix<E>, last: Option<&[E]>) -> bool {
        is_below(path, self.rounder.largest(), two_to(1 - i64::from(self.rounder.precision())), left, right, last)
    }

    fn aligned<E: Bits, const FULL: bool>(
        &self,
        path: Path,
        rows: &[u64],
        left: &Matrix<E>,
        right: &Matrix<E>,
        last: Option<&[E]>,
    ) -> Vec<E> {
        match Chance::<E, FULL, true>::is_aligned(&self.rounder) {
            true => self.sums(path, Chance::<E, FULL, true>::new(&self.rounder), rows, left, right, last),
            false => self.sums(path, Chance::<E, FULL, false>::new(&self.rounder), rows, left, right, last),
        }
    }

    fn sums<E: Bits, const FULL: bool, const ALIGNED: bool>(
        &self,
        path: Path,
        chance: Chance<E, FULL, ALIGNED>,
        rows: &[u64],
        left: &Matrix<E>,
        right: &Matrix<E>,
        last: Option<&[E]>,
    ) -> Vec<E> {
        let ((m, terms), (_, n)) = (left.dim(), right.dim());
        let word = |term: usize| E::from_bits(u64::from(word_of_term(term as u32)));
        let words: Vec<E> = (0..terms).map(word).collect();
        let is_fused = self.is_fused;
        // Where columns fill a small part of a vector, the lanes are rows: a factor's order changes no product.
        let is_turned = n * 4 <= E::LINE && m > n;
        let turned = is_turned.then(|| left.turned_in_panels());
        let work = match &turned {
            Some(by_terms) => Work {
                chance,
                is_fused,
                words: &words,
                streams: rows,
                is_turned,
                left: right.padded(),
                strides: (1, right.stride()),
                right: by_terms.padded(),
                last,
                shape: (n, m),
            },
            None => Work {
                chance,
                is_fused,
                words: &words,
                streams: rows,
                is_turned,
                left: left.padded(),
                strides: left.strides(),
                right: right.padded(),
                last,
                shape: (m, n),
            },
        };
        let sums = work.run(path);
        match is_turned && n > 1 {
            true => (0..m * n).map(|at| sums[at % n * m + at / n]).collect(),
            false => sums,
        }
    }
}

/// One product: its factors as their numbers lie, and where its entries' random bits come from.
struct Work<'w, E, const FULL: bool, const ALIGNED: bool> {
    chance: Chance<E, FULL, ALIGNED>,
    is_fused: bool,
    /// Of every term.
    words: &'w [E],
    /// What the streams of one row of the result have in common.
    streams: &'w [u64],
    /// Whether rows here are columns of the result.
    is_turned: bool,
    /// Entry (i, k) is at i times the first stride and k times the second.
    left: &'w [E],
    strides: (usize, usize),
    /// In panels of a cache line's columns.
    right: &'w [E],
    /// One for each row of the result.
    last: Option<&'w [E]>,
    shape: (usize, usize),
}

impl<E: Bits, const FULL: bool, const ALIGNED: bool> Work<'_, E, FULL, ALIGNED> {
    fn run(&self, path: Path) -> Vec<E> {
        assert!(path.is_available(), "invariant: only paths of this processor are taken");
        let ((rows, columns), terms, (row, term)) = (self.shape, self.words.len(), self.strides);
        let end = rows.saturating_sub(1) * row + terms.saturating_sub(1) * term;
        assert!(rows == 0 || terms == 0 || end < self.left.len(), "invariant: the left factor has every entry");
        assert!(terms * columns.next_multiple_of(E::LINE) <= self.right.len(), "invariant: and the right one");
        match path {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the processor has the instructions, as was asserted above.
            Path::Avx512 | Path::Avx512Ifma => unsafe { self.on_avx512() },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Path::Avx2 => unsafe { self.on_avx2() },
            // SAFETY: every processor has the portable vectors.
            _ => unsafe { self.all::<E::Portable>() },
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    fn on_avx512(&self) -> Vec<E> {
        // SAFETY: this function's own instructions are the vectors'.
        unsafe { self.all::<E::Avx512>() }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn on_avx2(&self) -> Vec<E> {
        // SAFETY: as above.
        unsafe { self.all::<E::Avx2>() }
    }

    /// All sums, row by row and nothing between.
    ///
    /// # Safety
    /// The processor has the instructions of `V`, and the factors have every entry (`run` asserts it).
    #[inline(always)]
    unsafe fn all<V: Words<Element = E>>(&self) -> Vec<E> {
        let (rows, columns) = self.shape;
        // Whole vectors; the right factor's panels are at least as wide.
        let width = columns.next_multiple_of(V::LANES);
        let mut sums = vec![E::default(); rows * width];
        for column in (0..width).step_by(V::LANES) {
            let mut row = 0;
            while V::ROWS >= 8 && row + 4 <= rows {
                // SAFETY, here and below: the caller's; so many rows are left.
                unsafe { self.tile::<V, 4>(row, column, width, &mut sums) };
                row += 4;
            }
            while row + 2 <= rows {
                // SAFETY: as above.
                unsafe { self.tile::<V, 2>(row, column, width, &mut sums) };
                row += 2;
            }
            while row < rows {
                // SAFETY: as above.
                unsafe { self.tile::<V, 1>(row, column, width, &mut sums) };
                row += 1;
            }
        }
        if width > columns {
            (0..rows).for_each(|row| sums.copy_within(row * width..row * width + columns, row * columns));
            sums.truncate(rows * columns);
        }
        sums
    }

    /// M rows by a vector.
    ///
    /// # Safety
    /// As [`Work::all`]; the rows and the vector are the result's.
    #[inline(always)]
    unsafe fn tile<V: Words<Element = E>, const M: usize>(
        &self,
        row: usize,
        column: usize,
        width: usize,
        sums: &mut [E],
    ) {
        let (chance, (row_stride, term_stride), line) = (&self.chance, self.strides, E::LINE);
        let mut streams = [[[E::default(); MOST_LANES]; 2]; M];
        for (i, [low, high]) in streams.iter_mut().enumerate() {
            for lane in 0..V::LANES {
                let stream = self.stream(row + i, column + lane);
                low[lane] = E::from_bits(stream & u64::from(u32::MAX));
                high[lane] = E::from_bits(stream >> 32 | 1);
            }
        }
        // SAFETY: no vector has more lanes than the arrays; the caller vouches for the processor.
        let streams: [Streams<V>; M] = std::array::from_fn(|i| unsafe {
            Streams { low: V::load(streams[i][0].as_ptr()), high: V::load(streams[i][1].as_ptr()) }
        });
        // An empty sum is +0; to −0 the first product is added as it is.
        let zero = if self.words.is_empty() { E::default() } else { E::NEGATIVE_ZERO };
        // SAFETY: the caller vouches for the processor.
        let mut lanes = [unsafe { V::splat(zero) }; M];
        let panel = column / line * self.words.len() * line + column % line;
        for (term, word) in self.words.iter().enumerate() {
            // SAFETY: the panel has the term, and in it a vector from the column on.
            let y = unsafe { V::load(self.right.as_ptr().add(panel + term * line)) };
            let word = y.like(*word);
            for (i, sum) in lanes.iter_mut().enumerate() {
                // SAFETY: the left factor has the row and the term.
                let factor = unsafe { &*self.left.as_ptr().add((row + i) * row_stride + term * term_stride) };
                let (first, second) = chance.both(streams[i], word);
                *sum = match self.is_fused {
                    true => chance.round(sum.add_cut(y.times_cut(factor)), second),
                    false => chance.round_sum(sum.add_cut(chance.round(y.times_cut(factor), first)), second),
                };
            }
        }
        for (i, sum) in lanes.into_iter().enumerate() {
            let sum = match self.last {
                None => sum,
                Some(last) => {
                    let mut summands = [E::default(); MOST_LANES];
                    for (lane, summand) in summands.iter_mut().enumerate().take(V::LANES) {
                        let at = if self.is_turned { column + lane } else { row + i };
                        // Lanes beyond the last column are dropped.
                        *summand = last.get(at).copied().unwrap_or_default();
                    }
                    let step = sum.like(E::from_bits(u64::from(word_of_term(LAST))));
                    // SAFETY: no vector has more lanes than the array; the caller vouches for the processor.
                    let summands = unsafe { V::load(summands.as_ptr()) };
                    chance.round(sum.add_cut(summands), chance.first(streams[i], step))
                }
            };
            let at = (row + i) * width + column;
            // SAFETY: the slice has so many lanes.
            unsafe { sum.store(sums[at..][..V::LANES].as_mut_ptr()) };
        }
    }

    /// The stream of an entry; of one beyond the last column, any.
    #[inline(always)]
    fn stream(&self, row: usize, column: usize) -> u64 {
        let (row, column) = if self.is_turned { (column, row) } else { (row, column) };
        stream_in(self.streams.get(row).copied().unwrap_or_default(), column as u32)
    }
}
