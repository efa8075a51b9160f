//! Products of matrices with every product and every sum rounded, in tiles of the result.
//!
//! A tile's sums stay in registers while k runs, so that each entry adds its products in the order of
//! `dot`, and the lanes of a vector are neighbouring columns. The compiler vectorises the tile; nothing in
//! it depends on how.

use super::{LaneRound, Path, Within};
use ndarray::Array2;

/// Rows of a tile: their sums hide each other's latency.
const ROWS: usize = 2;
/// Columns of a wide and of a narrow tile.
const WIDE: usize = 32;
const NARROW: usize = 8;

/// (m × k)·(k × n) with every product and every sum rounded; `last` (m) is added last.
pub fn product<R: LaneRound>(
    rounding: &R,
    left: &Array2<f64>,
    right: &Array2<f64>,
    last: Option<&[f64]>,
) -> Array2<f64> {
    product_on(Path::current(), rounding, left, right, last)
}

/// [`product`] on a given path, for tests.
///
/// # Panics
/// If the processor does not have it.
pub fn product_on<R: LaneRound>(
    path: Path,
    rounding: &R,
    left: &Array2<f64>,
    right: &Array2<f64>,
    last: Option<&[f64]>,
) -> Array2<f64> {
    let (m, k, n) = (left.nrows(), left.ncols(), right.ncols());
    let mut result = vec![0.0; m * n];
    if n > 0 && m > 0 {
        let operands = Operands {
            left: left.as_slice().expect("invariant: operands are row-major"),
            right: right.as_slice().expect("invariant: operands are row-major"),
            last,
            k,
            n,
        };
        match rounding.is_within(|| operands.size(), k) {
            true => fill(path, &Within(rounding), &operands, &mut result),
            false => fill(path, rounding, &operands, &mut result),
        }
    }
    Array2::from_shape_vec((m, n), result).expect("invariant: m × n entries")
}

/// Computes all entries on a path that the processor has.
fn fill<R: LaneRound>(path: Path, rounding: &R, operands: &Operands, result: &mut [f64]) {
    assert!(path.is_available(), "invariant: only paths of this processor are taken");
    match path {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has the instructions, as was asserted above.
        Path::Avx512 => unsafe { on_avx512(rounding, operands, result) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx2 => unsafe { on_avx2(rounding, operands, result) },
        _ => rows(rounding, operands, result),
    }
}

/// Row-major operands of one product.
struct Operands<'a> {
    left: &'a [f64],
    right: &'a [f64],
    last: Option<&'a [f64]>,
    k: usize,
    n: usize,
}

impl Operands<'_> {
    /// At least the magnitudes of all summands of any entry together; infinite where a factor is infinite or NaN.
    fn size(&self) -> f64 {
        let size = self.k as f64 * largest(self.left) * largest(self.right) + self.last.map_or(0.0, largest);
        if size.is_finite() { size * (1.0 + 1e-9) } else { f64::INFINITY }
    }
}

/// The largest magnitude, infinite if any number is infinite or NaN; in lanes, as it runs over every operand.
fn largest(numbers: &[f64]) -> f64 {
    let (mut most, mut nothing) = ([0.0f64; NARROW], [0.0f64; NARROW]);
    let chunks = numbers.chunks_exact(NARROW);
    let rest = chunks.remainder();
    for chunk in chunks {
        for ((most, nothing), x) in most.iter_mut().zip(&mut nothing).zip(chunk) {
            *most = if x.abs() > *most { x.abs() } else { *most };
            // 0, or NaN for ever after an infinity or a NaN.
            *nothing += x * 0.0;
        }
    }
    let all = rest.iter().copied().chain(most).chain(nothing);
    all.fold(0.0, |most, x| {
        if x.abs() <= most {
            most
        } else if x.is_nan() {
            f64::INFINITY
        } else {
            x.abs()
        }
    })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn on_avx512<R: LaneRound>(rounding: &R, operands: &Operands, result: &mut [f64]) {
    rows(rounding, operands, result);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_avx2<R: LaneRound>(rounding: &R, operands: &Operands, result: &mut [f64]) {
    rows(rounding, operands, result);
}

/// All rows, two at a time.
#[inline(always)]
fn rows<R: LaneRound>(rounding: &R, operands: &Operands, result: &mut [f64]) {
    let n = operands.n;
    let mut pairs = result.chunks_exact_mut(ROWS * n);
    let mut row = 0;
    for pair in &mut pairs {
        columns::<R, ROWS>(rounding, operands, row, pair);
        row += ROWS;
    }
    let rest = pairs.into_remainder();
    if !rest.is_empty() {
        columns::<R, 1>(rounding, operands, row, rest);
    }
}

/// All columns of some rows, in tiles as wide as they fit.
#[inline(always)]
fn columns<R: LaneRound, const M: usize>(rounding: &R, operands: &Operands, row: usize, result: &mut [f64]) {
    let n = operands.n;
    let mut column = 0;
    while column + WIDE <= n {
        tile::<R, M, WIDE>(rounding, operands, (row, column), result);
        column += WIDE;
    }
    while column + NARROW <= n {
        tile::<R, M, NARROW>(rounding, operands, (row, column), result);
        column += NARROW;
    }
    while column < n {
        tile::<R, M, 1>(rounding, operands, (row, column), result);
        column += 1;
    }
}

/// M rows by N columns of the result.
#[inline(always)]
fn tile<R: LaneRound, const M: usize, const N: usize>(
    rounding: &R,
    operands: &Operands,
    (row, column): (usize, usize),
    result: &mut [f64],
) {
    let Operands { left, right, last, k, n } = *operands;
    let factors: [&[f64]; M] = std::array::from_fn(|i| &left[(row + i) * k..(row + i + 1) * k]);
    let mut sums = [[0.0; N]; M];
    for (index, line) in right.chunks_exact(n).enumerate() {
        let line: &[f64; N] = line[column..].first_chunk().expect("invariant: the tile lies in the matrix");
        for (sums, factors) in sums.iter_mut().zip(factors) {
            let factor = factors[index];
            if index == 0 {
                sums.iter_mut().zip(line).for_each(|(sum, y)| *sum = rounding.round(factor * y));
            } else {
                sums.iter_mut().zip(line).for_each(|(sum, y)| *sum = rounding.round(*sum + rounding.round(factor * y)));
            }
        }
    }
    for (i, sums) in sums.iter_mut().enumerate() {
        if let Some(last) = last {
            sums.iter_mut().for_each(|sum| *sum = rounding.round(*sum + last[row + i]));
        }
        result[i * n + column..i * n + column + N].copy_from_slice(sums);
    }
}
