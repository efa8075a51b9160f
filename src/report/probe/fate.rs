//! What became of an entry of the gradient: names, meanings, colours.

use crate::record::Fates;
use crate::report::panel::{Paint, Palette};

/// All fates in the order in which strips are stacked from below, usable entries first: in one word or two, in words for a
/// legend, and what it means for a reader who has only the page.
pub const FATES: [[&str; 3]; 9] = [
    ["resolved", "resolved (error < 1/8 of the entry)", "its error is below an eighth of the exact entry"],
    ["degraded", "degraded (1/8 to 1)", "its error is at least an eighth of the exact entry"],
    ["drowned", "drowned (error ≥ the entry)", "its error is at least as large as the exact entry"],
    ["flushed", "flushed to zero by underflow", FLUSHED],
    ["cut", "cut to zero otherwise (flipped branch, cancelled sum)", CUT],
    ["overflowed", "overflowed", "computed as infinite or NaN"],
    ["ghost", "ghost (exactly zero, computed non-zero)", "exactly zero, but computed as nonzero"],
    ["true zero", "zero, exact and computed", "exactly zero, and computed as zero"],
    ["undecided", "undecided (bounds of the exact gradient)", "the error bounds of the exact gradient do not decide"],
];

const FLUSHED: &str = "underflowed to zero although the exact entry is not zero, nor that of the same run with unbounded \
                       exponents (without such a run: every computed zero whose exact entry is not zero)";
const CUT: &str =
    "computed as zero for another reason, also with unbounded exponents: a flipped branch, or a sum that cancels";

/// How many entries met each fate.
pub fn counts(fates: &Fates) -> [u64; FATES.len()] {
    let Fates { resolved, degraded, drowned, flushed, cut, overflowed, ghost, true_zero, undecided } = *fates;
    [resolved, degraded, drowned, flushed, cut, overflowed, ghost, true_zero, undecided]
}

/// The colour of a fate by its place, in every picture.
pub fn paint(place: usize) -> Paint {
    Paint::Of(Palette::Fates, place)
}
