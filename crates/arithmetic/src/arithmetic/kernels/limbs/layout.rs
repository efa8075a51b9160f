//! How limbs of 52 bits lie in memory, and what a tile of their product reads.

/// Bits of a limb.
pub const LIMB: u32 = 52;
/// All of them.
pub const MASK: u64 = (1 << LIMB) - 1;
/// Columns of a panel.
pub const LANES: usize = 8;
/// Most limbs of the right factor that a tile multiplies at once: they stay in registers with its sums.
const AT_ONCE: usize = 5;
/// Rows of a tile.
pub const ROWS: usize = 4;

/// A limb, or a digit of a sum, of all columns of a panel.
pub type Lanes = [u64; LANES];

/// Consecutive limbs that a tile multiplies at once, of integers of so many: first ones and counts.
pub fn groups(limbs: usize) -> impl Iterator<Item = (usize, usize)> {
    let size = limbs.div_ceil(limbs.div_ceil(AT_ONCE));
    (0..limbs).step_by(size).map(move |first| (first, size.min(limbs - first)))
}

/// Factors of a product and what does not change from tile to tile.
pub struct Factors<'f> {
    pub planes: &'f [Vec<u64>],
    pub panels: &'f [Lanes],
    pub terms: usize,
    pub columns: usize,
    /// Limbs of the right factor.
    pub limbs: usize,
    /// Digits of a sum.
    pub digits: usize,
    /// Words of an integer of the result.
    pub words: usize,
    /// Where the sums of a row start, digit by digit.
    pub row_starts: Vec<u64>,
    /// Where those of a panel's columns start.
    pub panel_starts: Vec<Lanes>,
}
