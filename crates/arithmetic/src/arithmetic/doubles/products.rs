//! Sums of products: in the lanes of a kernel, in the order of an accumulator, exactly, and in a tensor core.

use super::operand::{Entries, Lines, Operand};
use super::terms::{Accumulation, WIDTH};
use super::{Doubles, Engine};
use crate::arithmetic::carrier::Carrier;
use crate::arithmetic::kernels::{self, Matrix, Values};
use crate::arithmetic::random::STORE;
use crate::arithmetic::scaling::Quantised;
use crate::arithmetic::sum::Chain;
use crate::arithmetic::{Content, Place, Quantiser, Side, Step, Sum, from_fn};
use crate::format::canonical;
use ndarray::{Array2, ArrayView2};
use rug::Float;

/// Bits of the exact sum of any doubles.
const EXACT_BITS: u32 = 2200;

impl Doubles {
    /// Prepares a matrix for a kernel, or row by row for exact sums.
    pub(in super::super) fn prepare_lanes<C: Carrier>(&self, matrix: ArrayView2<C>, side: Side) -> Operand {
        let doubles = |from: &[C], to: &mut [f64]| to.iter_mut().zip(from).for_each(|(to, x)| *to = x.get());
        let entries = match self.engine {
            _ if self.accumulation.order == Sum::Exact => Entries::Rows(Matrix::by_rows(matrix, doubles)),
            Engine::Nearest(products) => Entries::Lanes(products.prepare(matrix, side, C::get_singles, doubles)),
            Engine::Stochastic(kernel) => Entries::Lanes(kernel.prepare(matrix, side, C::get_singles, doubles)),
            Engine::Terms => unreachable!("invariant: terms are prepared in their order"),
        };
        Operand { entries, factor: 1.0 }
    }

    /// Prepares a matrix in the order of its terms, quantised if operands are.
    pub(super) fn prepare_terms(&self, matrix: ArrayView2<f64>, side: Side, content: Content) -> Operand {
        let store = &self.accumulation.store;
        if let Sum::TensorCore(Chain { gpu, rule, .. }) = self.accumulation.order {
            let quantised = self.quantised(matrix, side, content);
            // What was read as a name has its rules.
            let own = gpu.rule(&quantised.element, &rule.output()).unwrap_or(rule);
            let entries = Entries::Lines(Lines::new(&quantised, side, &own, self.guard.is_none()));
            return Operand { entries, factor: quantised.factor };
        }
        let (values, factor) = match self.name.quantiser(content) {
            None => (matrix.map(|x| store.operand(*x)), 1.0),
            Some(_) => {
                let quantised = self.quantised(matrix, side, content);
                (quantised.values, quantised.factor)
            }
        };
        let entries = match self.accumulation.order {
            Sum::Exact => Entries::Rows(Matrix::by_rows(values.view(), |from: &[f64], to| to.copy_from_slice(from))),
            _ => Entries::in_order(values.view(), side),
        };
        Operand { entries, factor }
    }

    /// Every entry of a product, in the lanes in which it was computed.
    pub(in super::super) fn values(&self, step: Step, left: &Operand, right: &Operand, last: Option<&[f64]>) -> Values {
        // As a kernel's caller gives it: one binary32 number.
        let factor = f64::from((left.factor * right.factor) as f32);
        let sums = match (&left.entries, &right.entries) {
            (Entries::Lanes(left), Entries::Lanes(right)) => return self.in_lanes(step, left, right, last),
            (Entries::Rows(left), Entries::Rows(right)) => self.exact_product(step, left, right, (factor, last)),
            (Entries::Left(left), Entries::Right { panels, dim: (_, n) }) => {
                self.watch_sums(left.ncols(), left.as_slice(), Some(panels.as_flattened()), last);
                self.sums(step, left, (panels, *n), (factor, last))
            }
            (Entries::Lines(left), Entries::Lines(right)) => {
                let Sum::TensorCore(chain) = self.accumulation.order else {
                    unreachable!("invariant: lines are a tensor core's")
                };
                self.watch_sums(left.dim().1, left.doubles.as_slice(), right.doubles.as_slice(), last);
                self.chained(&chain, step, (left, right), (factor, last))
            }
            _ => unreachable!("invariant: a product has a left and a right factor"),
        };
        self.watch_results(&sums);
        Values::Double(sums.into_raw_vec_and_offset().0)
    }

    /// The same in the lanes of a kernel.
    fn in_lanes(&self, step: Step, left: &kernels::Operand, right: &kernels::Operand, last: Option<&[f64]>) -> Values {
        if self.guard.is_some() {
            let (terms, left, right) = (left.dim().1, left.doubles(), right.doubles());
            self.watch_sums(terms, Some(left.padded()), Some(right.padded()), last);
        }
        let store = &self.accumulation.store;
        let mut values = match self.engine {
            Engine::Nearest(products) => products.product_on(self.path, left, right, last),
            Engine::Stochastic(kernel) => {
                let sums = kernel.product_on(self.path, (self.key, step), left, right, last);
                self.watch_results(&sums);
                Values::Double(sums)
            }
            Engine::Terms => unreachable!("invariant: no kernel sums terms in another order"),
        };
        match (&mut values, store.to_nearest()) {
            _ if self.is_summed_as_stored => {}
            (Values::Single(sums), Some(store)) => kernels::round_all(self.path, store, sums),
            (Values::Double(sums), Some(store)) => kernels::round_all(self.path, store, sums),
            (Values::Double(sums), None) => {
                let columns = right.dim().1.max(1);
                sums.iter_mut().enumerate().for_each(|(index, sum)| {
                    let at = Place::new(step, (index / columns, index % columns));
                    *sum = store.round(*sum, self.random(at, STORE));
                });
            }
            (Values::Single(_), None) => unreachable!("invariant: only sums to nearest are left in binary32"),
        }
        values
    }

    /// The sum of one row and one column, numbers as they are read: in an order of terms, or exactly.
    pub(super) fn dot_in_order(&self, order: Sum, at: Place, row: &[f64], column: &[f64], last: Option<&f64>) -> f64 {
        if order == Sum::Exact {
            return self.exact_dot(at, row, column, last);
        }
        self.watch_sums(row.len(), Some(row), Some(column), last.map(std::slice::from_ref));
        let accumulation = Accumulation { order, ..self.accumulation };
        let (columns, _) = column.as_chunks::<1>();
        let [sum] = accumulation.sums(row, columns, (1.0, last.copied()), [self.draws(at)]);
        self.watch_results([&sum]);
        canonical(sum)
    }

    /// A product of one row and one column.
    pub(super) fn one(&self, at: Place, left: &Operand, right: &Operand, last: Option<&f64>) -> f64 {
        // Draws are those of the place.
        let factor = f64::from((left.factor * right.factor) as f32);
        let sum = match (&left.entries, &right.entries) {
            (Entries::Rows(left), Entries::Rows(right)) => {
                let line = |matrix: &Matrix<f64>, at: &dyn Fn(usize) -> (usize, usize), count: usize| {
                    (0..count).map(|k| matrix.at(at(k))).collect::<Vec<f64>>()
                };
                let (row, column) = (line(left, &|k| (0, k), left.dim().1), line(right, &|k| (k, 0), right.dim().0));
                return self.exactly(at, (&row, &column), factor, last);
            }
            (Entries::Left(row), Entries::Right { panels, .. }) => {
                let column: Vec<f64> = panels.iter().map(|line| line[0]).collect();
                self.watch_sums(column.len(), row.as_slice(), Some(&column), last.map(std::slice::from_ref));
                let columns: Vec<[f64; 1]> = column.iter().map(|y| [*y]).collect();
                let row = row.as_slice().expect("invariant: rows are contiguous");
                self.accumulation.sums(row, &columns, (factor, last.copied()), [self.draws(at)])[0]
            }
            (Entries::Lines(left), Entries::Lines(right)) => {
                let Sum::TensorCore(chain) = self.accumulation.order else {
                    unreachable!("invariant: lines are a tensor core's")
                };
                let last = last.copied();
                self.watch_sums(
                    left.dim().1,
                    left.doubles.as_slice(),
                    right.doubles.as_slice(),
                    last.as_ref().map(std::slice::from_ref),
                );
                self.finished(at, self.chain(&chain, (left, 0), (right, 0)), factor, last)
            }
            _ => unreachable!("invariant: a product has a left and a right factor"),
        };
        self.watch_results([&sum]);
        sum
    }

    /// The exact sum of the products of numbers as they are read, and `last`, rounded once: by the definition.
    pub(super) fn exact_dot(&self, at: Place, row: &[f64], column: &[f64], last: Option<&f64>) -> f64 {
        let store = &self.accumulation.store;
        // Products of two members are doubles; the empty sum is +0.
        let mut terms: Vec<f64> = row.iter().zip(column).map(|(x, y)| x * y).collect();
        if terms.is_empty() {
            terms.push(0.0);
        }
        terms.extend(last.map(|last| store.operand(*last)));
        let random = self.random(at, STORE);
        let plain = terms.iter().copied().reduce(|sum, term| store.sum(sum, term)).unwrap_or(0.0);
        let floats: Vec<Float> = terms.iter().map(|term| Float::with_val(53, *term)).collect();
        if !terms.iter().all(|term| term.is_finite()) || floats.iter().all(Float::is_zero) {
            return store.round(plain, random);
        }
        // Enough bits for the exact sum of doubles.
        let sum = Float::with_val(EXACT_BITS, Float::sum(floats.iter()));
        if sum.is_zero() {
            return store.round(store.sum(1.0, -1.0), random);
        }
        canonical(store.round_long(&sum, random).to_f64())
    }

    /// Exact sums where a pair of doubles decides their rounding, the definition where it does not.
    pub(super) fn exact_product(
        &self,
        step: Step,
        left: &Matrix<f64>,
        right: &Matrix<f64>,
        (factor, last): (f64, Option<&[f64]>),
    ) -> Array2<f64> {
        let store = &self.accumulation.store;
        let operands: Option<Vec<f64>> = last.map(|last| last.iter().map(|x| store.operand(*x)).collect());
        let line = |k: usize, at: &dyn Fn(usize) -> f64| (0..k).map(at).collect::<Vec<f64>>();
        let entry = |at, i, j, last: Option<&f64>| {
            let row = line(left.dim().1, &|k| left.at((i, k)));
            let column = line(left.dim().1, &|k| right.at((k, j)));
            self.exactly(at, (&row, &column), factor, last)
        };
        if factor != 1.0 {
            let dim = (left.dim().0, right.dim().1);
            return from_fn(dim, |(i, j)| entry(Place::new(step, (i, j)), i, j, last.map(|last| &last[i])));
        }
        let sums = kernels::exact::product(left, right, operands.as_deref());
        from_fn(sums.dim(), |(i, j)| {
            let at = Place::new(step, (i, j));
            let random = self.random(at, STORE);
            let quick = sums[(i, j)].rounded(|x| store.round(x, random));
            // The pair of doubles has no zero that is rounded down.
            quick
                .filter(|sum| *sum != 0.0 || !store.zeros_are_negative())
                .unwrap_or_else(|| entry(at, i, j, last.map(|last| &last[i])))
        })
    }

    /// The exact sum, times the factor of tensors, and `last`, rounded once.
    pub(super) fn exactly(&self, at: Place, (row, column): (&[f64], &[f64]), factor: f64, last: Option<&f64>) -> f64 {
        if factor == 1.0 {
            return self.exact_dot(at, row, column, last);
        }
        // The factor in one of the two makes the exact sum the scaled one: 24 bits and those of a product.
        let store = &self.accumulation.store;
        let term = |(x, y): (&f64, &f64)| Float::with_val(EXACT_BITS, *x) * *y * factor;
        let mut terms: Vec<Float> = row.iter().zip(column).map(term).collect();
        terms.extend(last.map(|last| Float::with_val(53, store.operand(*last))));
        let sum = Float::with_val(EXACT_BITS, Float::sum(terms.iter()));
        canonical(store.round_long(&sum, self.random(at, STORE)).to_f64())
    }

    /// Every entry the sum of a row and a column.
    pub(super) fn sums(
        &self,
        step: Step,
        left: &Array2<f64>,
        (panels, n): (&[[f64; WIDTH]], usize),
        (factor, last): (f64, Option<&[f64]>),
    ) -> Array2<f64> {
        let (m, k) = left.dim();
        let mut result = Array2::zeros((m, n));
        for (i, (row, mut results)) in left.rows().into_iter().zip(result.rows_mut()).enumerate() {
            let row = row.to_slice().expect("invariant: rows are contiguous");
            let last = last.map(|last| last[i]);
            for (start, mut results) in (0..n).step_by(WIDTH).zip(results.axis_chunks_iter_mut(ndarray::Axis(0), WIDTH))
            {
                let panel = &panels[start / WIDTH * k..][..k];
                let draws = match self.bits {
                    None => [self.draws(Place::new(step, (0, 0))); WIDTH],
                    Some(_) => std::array::from_fn(|lane| self.draws(Place::new(step, (i, start + lane)))),
                };
                let sums = self.accumulation.sums_on(self.path, row, panel, (factor, last), draws);
                results.iter_mut().zip(sums).for_each(|(result, sum)| *result = sum);
            }
        }
        result
    }

    /// Every entry the sum of a left and a right line in a tensor core; what follows it is in the accumulator.
    pub(super) fn chained(
        &self,
        chain: &Chain,
        step: Step,
        (left, right): (&Lines, &Lines),
        (factor, last): (f64, Option<&[f64]>),
    ) -> Array2<f64> {
        from_fn((left.dim().0, right.dim().0), |(i, j)| {
            let at = Place::new(step, (i, j));
            self.finished(at, self.chain(chain, (left, i), (right, j)), factor, last.map(|last| last[i]))
        })
    }

    /// A sum that is complete: times the factor, with the last number, stored.
    fn finished(&self, at: Place, sum: f64, factor: f64, last: Option<f64>) -> f64 {
        let [sum] = self.accumulation.scaled([self.draws(at)], [sum], factor, last);
        self.accumulation.store.round(sum, self.random(at, STORE))
    }

    /// The tensor core's sum of two lines.
    fn chain(&self, chain: &Chain, (left, i): (&Lines, usize), (right, j): (&Lines, usize)) -> f64 {
        let Chain { rule, promote, .. } = chain;
        if self.guard.is_some() {
            let (row, column) = (left.wide_line(i), right.wide_line(j));
            return match promote {
                None => rule.unbounded_dot_of(row, column, 0.0),
                Some(every) => rule.unbounded_promoted_dot_of(*every as usize, row, column, 0.0),
            };
        }
        let (row, column) = (left.line(i), right.line(j));
        match promote {
            None => rule.dot_of(row, column, 0.0),
            Some(every) => {
                let every = *every as usize;
                let parts = row.chunks(every).zip(column.chunks(every)).enumerate();
                let sum = parts.fold(0f32, |sum, (index, (row, column))| {
                    // Powers of two: exact, but at the ends of binary32.
                    let scale = left.scale(i, index * every) * right.scale(j, index * every);
                    sum + (rule.dot_of(row, column, 0.0) * scale) as f32
                });
                canonical(f64::from(sum))
            }
        }
    }

    /// How numbers of a matrix enter a product: read as numbers of the format, then quantised, and not read again.
    pub(super) fn quantised(&self, matrix: ArrayView2<f64>, side: Side, content: Content) -> Quantised {
        let store = &self.accumulation.store;
        let read = matrix.map(|x| store.operand(*x));
        let quantiser = self.name.quantiser(content).unwrap_or(Quantiser::Format(*store.format()));
        quantiser.quantise(read.view(), side, content)
    }
}
