//! One side of a product, prepared: quantised, and in the order in which sums read it.

use super::super::kernels::{self, Matrix};
use super::super::scaling::Quantised;
use super::super::tensor_core::{Factor, Rule};
use super::terms::WIDTH;
use ndarray::{Array2, ArrayView2, Axis};

use super::super::Side;

/// One side of a product.
pub struct Operand {
    /// Its numbers.
    pub entries: Entries,
    /// A tensor's scale, a binary32 number: the finished sum is multiplied by it.
    pub factor: f64,
}

impl Operand {
    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        match &self.entries {
            Entries::Rows(matrix) => matrix.dim(),
            Entries::Lanes(matrix) => matrix.dim(),
            Entries::Left(matrix) => matrix.dim(),
            Entries::Right { dim, .. } => *dim,
            Entries::Lines(lines) => lines.of,
        }
    }
}

/// The numbers of one side.
pub enum Entries {
    /// Row by row, for exact sums.
    Rows(Matrix<f64>),
    /// In the lanes of a kernel.
    Lanes(kernels::Operand),
    /// A left factor: m rows of k numbers.
    Left(Array2<f64>),
    /// A right factor: its columns in panels, each k lines, filled up with zeros.
    Right {
        /// Panel after panel.
        panels: Vec<[f64; WIDTH]>,
        /// k and n.
        dim: (usize, usize),
    },
    /// Either factor of a tensor core.
    Lines(Lines),
}

/// The vectors along which a tensor core sums: a left factor's rows or a right factor's columns.
pub struct Lines {
    /// Rows and columns of the matrix.
    of: (usize, usize),
    /// Entries, one line after the other; elements times the scales of their blocks.
    pub doubles: Array2<f64>,
    /// Elements as the tensor core takes them, where exponents are bounded.
    factors: Vec<Factor>,
    /// The same where they are not.
    wide: Vec<Factor<f64>>,
    /// Powers of two, one for each line and each stretch of numbers that share one.
    pub scales: Array2<f64>,
    /// Entries of a stretch.
    pub stretch: usize,
}

impl Lines {
    /// The lines of a quantised matrix whose elements are numbers of the rule's input, with bounded or unbounded
    /// exponents.
    pub fn new(quantised: &Quantised, side: Side, rule: &Rule, is_bounded: bool) -> Lines {
        let (rows, columns) = quantised.values.dim();
        let (lines, terms, stretch) = match side {
            Side::Left => (rows, columns, quantised.block.1),
            Side::Right => (columns, rows, quantised.block.0),
        };
        let at = |line: usize, term: usize| match side {
            Side::Left => (line, term),
            Side::Right => (term, line),
        };
        let doubles = Array2::from_shape_fn((lines, terms), |(line, term)| quantised.values[at(line, term)]);
        let element = |line, term| quantised.element_at(at(line, term));
        let (mut factors, mut wide) = (Vec::new(), Vec::new());
        for (line, doubles) in doubles.rows().into_iter().enumerate() {
            match is_bounded {
                true => factors.extend((0..terms).map(|term| rule.factor(element(line, term)))),
                // With unbounded exponents there are no scales.
                false => wide.extend(rule.unbounded_factors(&doubles.to_vec())),
            }
        }
        let scales = Array2::from_shape_fn((lines, terms.div_ceil(stretch.max(1))), |(line, index)| {
            quantised.scale_at(at(line, index * stretch))
        });
        Lines { of: (rows, columns), doubles, factors, wide, scales, stretch }
    }

    /// Lines and terms of each.
    pub fn dim(&self) -> (usize, usize) {
        self.doubles.dim()
    }

    /// The elements of a line.
    pub fn line(&self, line: usize) -> &[Factor] {
        let terms = self.dim().1;
        &self.factors[line * terms..][..terms]
    }

    /// The elements of a line with unbounded exponents.
    pub fn wide_line(&self, line: usize) -> &[Factor<f64>] {
        let terms = self.dim().1;
        &self.wide[line * terms..][..terms]
    }

    /// The scale of a line's number.
    pub fn scale(&self, line: usize, term: usize) -> f64 {
        self.scales[(line, term / self.stretch.max(1))]
    }
}

impl Entries {
    /// Entries for sums in the order of an accumulator.
    pub fn in_order(matrix: ArrayView2<f64>, side: Side) -> Entries {
        match side {
            Side::Left => Entries::Left(matrix.as_standard_layout().into_owned()),
            Side::Right => {
                let (k, n) = matrix.dim();
                let mut panels = vec![[0.0; WIDTH]; n.div_ceil(WIDTH) * k];
                for (index, chunk) in matrix.axis_chunks_iter(Axis(1), WIDTH).enumerate() {
                    for (line, row) in panels[index * k..].iter_mut().zip(chunk.rows()) {
                        line.iter_mut().zip(row).for_each(|(to, x)| *to = *x);
                    }
                }
                Entries::Right { panels, dim: (k, n) }
            }
        }
    }
}
