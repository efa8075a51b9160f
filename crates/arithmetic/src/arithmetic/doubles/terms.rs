//! Sums of products of doubles, several columns at a time.
//!
//! `unsafe` calls what is compiled for the instructions of a path, which is asserted to be this processor's.

use super::super::kernels::{Path, software::fused_double};
use super::super::random::{Draw, Draws, LAST, SCALE, STORE};
use super::super::sum::{Accumulator, Sum, accumulate};
use super::rounding::Rounding;

/// Columns of a product that are summed side by side.
pub const WIDTH: usize = 32;

/// How sums run, and how they are stored.
#[derive(Clone, Copy, Debug)]
pub struct Accumulation {
    /// The order.
    pub order: Sum,
    /// Rounding in the accumulator.
    pub accumulate: Rounding,
    /// Rounding to the format.
    pub store: Rounding,
}

/// One row and `W` columns.
pub struct Terms<'t, const W: usize> {
    accumulation: &'t Accumulation,
    row: &'t [f64],
    /// k lines of `W`.
    columns: &'t [[f64; W]],
    last: Option<f64>,
    draws: [Draws; W],
}

impl<const W: usize> Terms<'_, W> {
    #[inline(always)]
    fn factors(&self, term: u32) -> (f64, [f64; W]) {
        (self.row[term as usize], self.columns[term as usize])
    }

    /// Rounds sums x + y, whose exact values these are.
    #[inline(always)]
    fn sum(&self, draw: Draw, mut x: [f64; W], y: [f64; W]) -> [f64; W] {
        let rounding = &self.accumulation.accumulate;
        rounding.sums(&mut x, &y);
        rounding.round_all(&mut x, draw, &self.draws);
        x
    }
}

impl<const W: usize> Accumulator for Terms<'_, W> {
    type Number = [f64; W];

    #[inline(always)]
    fn product(&mut self, term: u32) -> [f64; W] {
        let (x, mut products) = self.factors(term);
        products.iter_mut().for_each(|y| *y *= x);
        self.accumulation.accumulate.round_all(&mut products, Draw::First(term), &self.draws);
        products
    }

    #[inline(always)]
    fn fused(&mut self, term: u32, sum: Option<&[f64; W]>) -> [f64; W] {
        let (x, mut products) = self.factors(term);
        let rounding = &self.accumulation.accumulate;
        match sum.map(|sum| rounding.operands(*sum)) {
            None => products.iter_mut().for_each(|y| *y *= x),
            Some(sum) if rounding.is_native() => {
                products.iter_mut().zip(sum).for_each(|(y, sum)| *y = fused_double(x, *y, sum));
            }
            // Products of members are doubles.
            Some(sum) => {
                products.iter_mut().for_each(|y| *y *= x);
                rounding.sums(&mut products, &sum);
            }
        }
        rounding.round_all(&mut products, Draw::Second(term), &self.draws);
        products
    }

    #[inline(always)]
    fn add(&mut self, draw: Draw, x: &[f64; W], y: &[f64; W]) -> [f64; W] {
        let rounding = &self.accumulation.accumulate;
        self.sum(draw, rounding.operands(*x), rounding.operands(*y))
    }

    #[inline(always)]
    fn subtract(&mut self, draw: Draw, x: &[f64; W], y: &[f64; W]) -> [f64; W] {
        let rounding = &self.accumulation.accumulate;
        self.sum(draw, rounding.operands(*x), rounding.operands(*y).map(|y| -y))
    }

    #[inline(always)]
    fn last(&mut self) -> Option<[f64; W]> {
        self.last.map(|last| [self.accumulation.store.operand(last); W])
    }

    #[inline(always)]
    fn zero(&mut self) -> [f64; W] {
        [0.0; W]
    }
}

impl Accumulation {
    /// The stored sums of one row with `W` columns, numbers as they are read. A factor of tensors, a product of binary32
    /// numbers rounded to one, multiplies the sums before `last` is added. A finished sum is rounded to the format as it
    /// is: it is no operand.
    #[inline(always)]
    pub fn sums<const W: usize>(
        &self,
        row: &[f64],
        columns: &[[f64; W]],
        (factor, last): (f64, Option<f64>),
        draws: [Draws; W],
    ) -> [f64; W] {
        assert_eq!(row.len(), columns.len(), "invariant: a sum has two factors for each term");
        let within = if factor == 1.0 { last } else { None };
        let mut terms = Terms { accumulation: self, row, columns, last: within, draws };
        let mut sums = accumulate(self.order, row.len() as u32, &mut terms);
        if factor != 1.0 {
            sums = self.scaled(terms.draws, sums, factor, last);
        }
        self.store.round_all(&mut sums, Draw::First(STORE), &terms.draws);
        sums
    }

    /// Sums times a factor, and the last number.
    pub fn scaled<const W: usize>(
        &self,
        draws: [Draws; W],
        sums: [f64; W],
        factor: f64,
        last: Option<f64>,
    ) -> [f64; W] {
        let mut terms = Terms { accumulation: self, row: &[], columns: &[], last, draws };
        let mut sums = sums;
        if factor != 1.0 {
            sums = self.accumulate.operands(sums);
            sums.iter_mut().for_each(|sum| *sum *= factor);
            self.accumulate.round_all(&mut sums, Draw::First(SCALE), &terms.draws);
        }
        match terms.last() {
            Some(last) => terms.add(Draw::First(LAST), &sums, &last),
            None => sums,
        }
    }

    /// The same with the widest vectors of a path.
    pub fn sums_on(
        &self,
        path: Path,
        row: &[f64],
        columns: &[[f64; WIDTH]],
        last: (f64, Option<f64>),
        draws: [Draws; WIDTH],
    ) -> [f64; WIDTH] {
        assert!(path.is_available(), "invariant: only paths of this processor are taken");
        match path {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the processor has the instructions, as was asserted above.
            Path::Avx512 | Path::Avx512Ifma => unsafe { self.sums_avx512(row, columns, last, draws) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Path::Avx2 => unsafe { self.sums_avx2(row, columns, last, draws) },
            _ => self.sums(row, columns, last, draws),
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    fn sums_avx512(
        &self,
        row: &[f64],
        columns: &[[f64; WIDTH]],
        last: (f64, Option<f64>),
        draws: [Draws; WIDTH],
    ) -> [f64; WIDTH] {
        self.sums(row, columns, last, draws)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn sums_avx2(
        &self,
        row: &[f64],
        columns: &[[f64; WIDTH]],
        last: (f64, Option<f64>),
        draws: [Draws; WIDTH],
    ) -> [f64; WIDTH] {
        self.sums(row, columns, last, draws)
    }
}
