//! Matrices in the lanes of a kernel.

use super::vector::Element;
use crate::arithmetic::Side;
use ndarray::{ArrayView1, ArrayView2};
use std::borrow::Cow;

/// Where an entry lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Row by row.
    Rows,
    /// Column by column.
    Columns,
    /// Panels of as many columns as a cache line has numbers, row by row in each: what a tile reads is contiguous,
    /// whatever the number of columns, and does not compete for a few sets of the cache.
    Panels,
}

/// A matrix whose rows, columns or panels begin at cache lines and are filled up with zeros to whole ones, so that a
/// vector at an end can be read as any other.
#[derive(Clone, Debug)]
pub struct Matrix<E> {
    values: Vec<E>,
    /// Where the first cache line begins.
    start: usize,
    layout: Layout,
    rows: usize,
    columns: usize,
}

impl<E: Element> Matrix<E> {
    fn zeros(layout: Layout, (rows, columns): (usize, usize)) -> Matrix<E> {
        let count = match layout {
            Layout::Rows | Layout::Panels => rows * columns.next_multiple_of(E::LINE),
            Layout::Columns => columns * rows.next_multiple_of(E::LINE),
        };
        let values = vec![E::default(); count + E::LINE];
        // An allocator that cannot tell gives lines that are merely slower.
        let start = values.as_ptr().align_offset(64).min(E::LINE);
        Matrix { values, start, layout, rows, columns }
    }

    /// The matrix by rows, or by columns if it lies in memory so; each is given to `convert` with its place.
    pub fn as_it_lies<C: Copy>(matrix: ArrayView2<C>, convert: impl Fn(&[C], &mut [E])) -> Matrix<E> {
        if matrix.t().is_standard_layout() && !matrix.is_standard_layout() {
            let mut result = Matrix::zeros(Layout::Columns, matrix.dim());
            for (index, column) in matrix.columns().into_iter().enumerate() {
                converted(column, &convert, result.line_mut(index));
            }
            return result;
        }
        Matrix::by_rows(matrix, convert)
    }

    /// The matrix by rows.
    pub fn by_rows<C: Copy>(matrix: ArrayView2<C>, convert: impl Fn(&[C], &mut [E])) -> Matrix<E> {
        let mut result = Matrix::zeros(Layout::Rows, matrix.dim());
        for (index, row) in matrix.rows().into_iter().enumerate() {
            converted(row, &convert, result.line_mut(index));
        }
        result
    }

    /// The same matrix in panels.
    pub fn in_panels(&self) -> Matrix<E> {
        self.panels_of(self.layout == Layout::Rows, self.dim())
    }

    /// The transposed matrix in panels.
    pub fn turned_in_panels(&self) -> Matrix<E> {
        self.panels_of(self.layout == Layout::Columns, (self.columns, self.rows))
    }

    /// Panels of a matrix whose rows, or columns, are the lines of this one.
    fn panels_of(&self, by_rows: bool, (rows, columns): (usize, usize)) -> Matrix<E> {
        let mut result = Matrix::zeros(Layout::Panels, (rows, columns));
        if rows == 0 {
            return result;
        }
        let start = result.start;
        let panels = result.values[start..].chunks_exact_mut(rows * E::LINE);
        for (panel, first) in panels.zip((0..columns).step_by(E::LINE)) {
            if by_rows {
                let lines = panel.chunks_exact_mut(E::LINE).zip(self.padded().chunks_exact(self.stride()));
                lines.for_each(|(to, row)| to.copy_from_slice(&row[first..first + E::LINE]));
                continue;
            }
            // Several columns at once, so that what is written is contiguous.
            let end = columns.min(first + E::LINE);
            let mut column = first;
            while column + TOGETHER <= end {
                let from: [&[E]; TOGETHER] = std::array::from_fn(|index| &self.line(column + index)[..rows]);
                for (row, to) in panel.chunks_exact_mut(E::LINE).enumerate() {
                    let numbers: [E; TOGETHER] = std::array::from_fn(|index| from[index][row]);
                    to[column - first..][..TOGETHER].copy_from_slice(&numbers);
                }
                column += TOGETHER;
            }
            for column in column..end {
                let to = panel.iter_mut().skip(column - first).step_by(E::LINE);
                to.zip(self.line(column)).for_each(|(to, x)| *to = *x);
            }
        }
        result
    }

    /// The same numbers in other lanes, which have them.
    fn converted<T: Element>(&self) -> Matrix<T> {
        let mut result = Matrix::zeros(self.layout, self.dim());
        let start = result.start;
        // Other lanes fill up to other lengths.
        for index in (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| (row, column))) {
            let at = result.index(index);
            result.values[start + at] = T::from_f64(self.at(index).into());
        }
        result
    }

    /// Where its entries lie.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// From one row or column to the next, or from one row of a panel to the next.
    pub fn stride(&self) -> usize {
        match self.layout {
            Layout::Rows => self.columns.next_multiple_of(E::LINE),
            Layout::Columns => self.rows.next_multiple_of(E::LINE),
            Layout::Panels => E::LINE,
        }
    }

    /// From one row to the next, and from one column to the next, where it is not in panels.
    pub fn strides(&self) -> (usize, usize) {
        if self.layout == Layout::Rows { (self.stride(), 1) } else { (1, self.stride()) }
    }

    /// One row or column.
    pub fn line(&self, index: usize) -> &[E] {
        let length = if self.layout == Layout::Rows { self.columns } else { self.rows };
        &self.padded()[index * self.stride()..][..length]
    }

    fn line_mut(&mut self, index: usize) -> &mut [E] {
        let length = if self.layout == Layout::Rows { self.columns } else { self.rows };
        let start = self.start + index * self.stride();
        &mut self.values[start..start + length]
    }

    /// All numbers as they lie, each row, column or panel filled up with zeros.
    pub fn padded(&self) -> &[E] {
        &self.values[self.start..self.start + self.values.len() - E::LINE]
    }

    /// One entry.
    pub fn at(&self, index: (usize, usize)) -> E {
        self.padded()[self.index(index)]
    }

    /// Where an entry lies.
    fn index(&self, (row, column): (usize, usize)) -> usize {
        match self.layout {
            Layout::Rows => row * self.stride() + column,
            Layout::Columns => column * self.stride() + row,
            Layout::Panels => column / E::LINE * self.rows * E::LINE + row * E::LINE + column % E::LINE,
        }
    }
}

/// Columns that are turned together.
const TOGETHER: usize = 8;

/// Converts one row or column, whatever lies between its entries.
fn converted<C: Copy, E>(line: ArrayView1<C>, convert: impl Fn(&[C], &mut [E]), to: &mut [E]) {
    match line.as_slice() {
        Some(line) => convert(line, to),
        None => convert(&line.to_vec(), to),
    }
}

/// A matrix in the lanes of its kernel.
#[derive(Debug)]
pub enum Operand {
    /// In binary32.
    Single(Matrix<f32>),
    /// In binary64.
    Double(Matrix<f64>),
}

impl Operand {
    /// One side of a product, in the lanes of a kernel: a left factor as it lies, a right one as the tiles read it.
    pub(super) fn new<C: Copy>(
        is_single: bool,
        matrix: ArrayView2<C>,
        side: Side,
        singles: impl Fn(&[C], &mut [f32]),
        doubles: impl Fn(&[C], &mut [f64]),
    ) -> Operand {
        match (is_single, side) {
            (true, Side::Left) => Operand::Single(Matrix::as_it_lies(matrix, singles)),
            (true, Side::Right) => Operand::Single(Matrix::as_it_lies(matrix, singles).in_panels()),
            (false, Side::Left) => Operand::Double(Matrix::as_it_lies(matrix, doubles)),
            (false, Side::Right) => Operand::Double(Matrix::as_it_lies(matrix, doubles).in_panels()),
        }
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Operand::Double(matrix) => matrix.dim(),
            Operand::Single(matrix) => matrix.dim(),
        }
    }

    /// The numbers in binary64.
    pub fn doubles(&self) -> Cow<'_, Matrix<f64>> {
        match self {
            Operand::Double(matrix) => Cow::Borrowed(matrix),
            Operand::Single(matrix) => Cow::Owned(matrix.converted()),
        }
    }
}
