//! Exact products of matrices of long integers in vector lanes: the matrix products of exact gradients.
//!
//! An integer is limbs of some bits, least first: with its sign on each of them (`narrow`), or without signs where
//! the processor multiplies limbs of 52 bits (`wide`). Nothing is rounded and nothing depends on the lanes:
//! the integers are those of GMP.

mod layout;
mod narrow;
#[cfg(target_arch = "x86_64")]
mod tiles;
mod wide;

use super::Path;
use crate::integers::{Integers, words_for};

/// Bits of a machine word that a sum of products may use.
const ROOM: u32 = 62;
/// Most bits of a limb: the sign takes one of 32.
const MOST: u32 = 31;
/// Fewest bits per limb for which this is worthwhile.
const LEAST: u32 = 8;

/// How integers are split: bits of a limb on the left and on the right, for sums up to a number of terms. The path of
/// the process may have its own limbs (`wide`); every splittable integer can be split into those, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    left: u32,
    right: u32,
    terms: usize,
    path: Path,
}

impl Cut {
    /// For a left matrix of the given bits and any right one; `None` if its rows are too long or its entries need more
    /// than `planes` planes.
    pub fn left_of(left_bits: u32, terms: usize, planes: u32) -> Option<Cut> {
        let sum_bits = usize::BITS - terms.leading_zeros();
        if left_bits <= MOST
            && let Some(right) = ROOM.checked_sub(left_bits + sum_bits)
            && right >= MOST / 2
        {
            return Some(Cut { left: left_bits.max(1), right: right.min(MOST), terms, path: Path::current() });
        }
        let cut = Cut::even(left_bits, u32::MAX, terms)?;
        (left_bits.div_ceil(cut.left) <= planes).then_some(cut)
    }

    /// The same bits on both sides, for integers with the given bits.
    pub fn even(left_bits: u32, right_bits: u32, terms: usize) -> Option<Cut> {
        let fits = |bits: &u32| {
            let pairs = left_bits.min(right_bits).div_ceil(*bits).max(1) as usize;
            let summed = usize::BITS - terms.saturating_mul(pairs).leading_zeros();
            2 * bits + summed <= ROOM
        };
        (LEAST..=MOST).rev().find(fits).map(|bits| Cut { left: bits, right: bits, terms, path: Path::current() })
    }

    /// The same cut for another path, for tests.
    pub fn on(self, path: Path) -> Cut {
        Cut { path, ..self }
    }

    fn is_wide(self) -> bool {
        self.path == Path::Avx512Ifma
    }
}

/// The left matrix, rows × terms, as planes of limbs.
#[derive(Clone, Debug)]
pub struct Left {
    rows: usize,
    terms: usize,
    cut: Cut,
    /// Bits of the longest entry.
    bits: u32,
    planes: Planes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Planes {
    Narrow(Vec<Vec<i32>>),
    Wide(Vec<Vec<u64>>),
}

impl Left {
    /// Entries by row and term.
    pub fn new<'a>(
        (rows, terms): (usize, usize),
        bits: u32,
        cut: Cut,
        entry: impl Fn(usize, usize) -> (&'a [u64], bool),
    ) -> Left {
        let planes = match cut.is_wide() {
            false => Planes::Narrow(narrow::planes((rows, terms), bits, cut.left, entry)),
            true => Planes::Wide(wide::planes((rows, terms), bits, entry)),
        };
        Left { rows, terms, cut, bits, planes }
    }

    /// How the right factor of its products must be cut.
    pub fn cut(&self) -> Cut {
        self.cut
    }

    /// Its rows and terms.
    pub fn dim(&self) -> (usize, usize) {
        (self.rows, self.terms)
    }

    /// The transposed matrix, cut in the same way.
    pub fn transposed(&self) -> Left {
        let planes = match &self.planes {
            Planes::Narrow(planes) => Planes::Narrow(turned(planes, self.terms)),
            Planes::Wide(planes) => Planes::Wide(turned(planes, self.terms)),
        };
        Left { rows: self.terms, terms: self.rows, cut: self.cut, bits: self.bits, planes }
    }
}

/// Planes with rows of the given number of terms, transposed.
fn turned<T: Copy>(planes: &[Vec<T>], terms: usize) -> Vec<Vec<T>> {
    let turned = |plane: &Vec<T>| {
        let mut result = Vec::with_capacity(plane.len());
        for term in 0..terms {
            result.extend(plane.iter().skip(term).step_by(terms));
        }
        result
    };
    planes.iter().map(turned).collect()
}

/// The right matrix, terms × columns, its limbs in panels of columns.
#[derive(Clone, Debug)]
pub struct Right {
    terms: usize,
    columns: usize,
    cut: Cut,
    bits: u32,
    panels: Panels,
}

#[derive(Clone, Debug)]
enum Panels {
    Narrow(Vec<i32>),
    Wide(Vec<layout::Lanes>),
}

impl Right {
    /// Entries by term and column.
    pub fn new<'a>(
        (terms, columns): (usize, usize),
        bits: u32,
        cut: Cut,
        entry: impl Fn(usize, usize) -> (&'a [u64], bool),
    ) -> Right {
        let panels = match cut.is_wide() {
            false => Panels::Narrow(narrow::panels_of((terms, columns), bits, cut.right, entry)),
            true => Panels::Wide(wide::panels((terms, columns), bits, entry)),
        };
        Right { terms, columns, cut, bits, panels }
    }
}

/// The product of a left and a right matrix that were cut alike: rows × columns exact integers, row by row.
///
/// # Panics
/// If shapes or cuts do not agree, or the processor does not have the cut's path.
pub fn product(left: &Left, right: &Right) -> Integers {
    assert_eq!(left.terms, right.terms, "invariant: shapes agree");
    assert_eq!(left.cut, right.cut, "invariant: both are cut alike");
    assert!(left.terms <= left.cut.terms, "invariant: the integers are cut for so many terms");
    let sum_bits = usize::BITS - left.terms.leading_zeros();
    let words = words_for(u64::from(left.bits) + u64::from(right.bits) + u64::from(sum_bits));
    let entries = left.rows * right.columns;
    if left.terms == 0 || left.bits == 0 || right.bits == 0 || entries == 0 {
        return Integers::zeros(entries, words);
    }
    assert!(left.cut.path.is_available(), "invariant: only paths of this processor are taken");
    let (Cut { path, right: limb, .. }, shape) = (left.cut, (left.rows, left.terms, right.columns));
    match (&left.planes, &right.panels) {
        (Planes::Narrow(planes), Panels::Narrow(panels)) => {
            let limbs = right.bits.div_ceil(limb) as usize;
            narrow::product(path, shape, planes, panels, (limbs, limb), words)
        }
        (Planes::Wide(planes), Panels::Wide(panels)) => wide::product(shape, planes, panels, words),
        _ => unreachable!("invariant: both are cut alike"),
    }
}
