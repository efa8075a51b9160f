//! What a product of matrices in tiles reads and writes.

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

/// The corners of a tile, in the first of its terms.
pub struct Tile<E> {
    pub left: *const E,
    pub right: *const E,
    pub sums: *mut E,
    pub width: usize,
    pub terms: usize,
}
