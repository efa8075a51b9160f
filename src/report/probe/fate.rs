//! What became of an entry of the gradient: names, meanings, colours.

use crate::record::Fates;
use crate::report::panel::{Paint, Palette};

/// One fate, in the order in which strips are stacked from below: usable entries first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each variant is a field of `Fates`, documented there
pub enum Fate {
    Resolved,
    Degraded,
    Drowned,
    Flushed,
    Cut,
    Overflowed,
    Ghost,
    TrueZero,
    Undecided,
}

impl Fate {
    /// All fates, from the bottom of a strip to its top.
    pub const ALL: [Fate; 9] = [
        Fate::Resolved,
        Fate::Degraded,
        Fate::Drowned,
        Fate::Flushed,
        Fate::Cut,
        Fate::Overflowed,
        Fate::Ghost,
        Fate::TrueZero,
        Fate::Undecided,
    ];

    /// The fate in words for a legend.
    pub fn label(self) -> &'static str {
        match self {
            Fate::Resolved => "resolved (error < 1/8 of the entry)",
            Fate::Degraded => "degraded (1/8 to 1)",
            Fate::Drowned => "drowned (error ≥ the entry)",
            Fate::Flushed => "flushed to zero by underflow",
            Fate::Cut => "cut to zero otherwise (flipped branch, cancelled sum)",
            Fate::Overflowed => "overflowed",
            Fate::Ghost => "ghost (exactly zero, computed non-zero)",
            Fate::TrueZero => "zero, exact and computed",
            Fate::Undecided => "undecided (bounds of the exact gradient)",
        }
    }

    /// How many entries met this fate.
    pub fn count(self, fates: &Fates) -> u64 {
        match self {
            Fate::Resolved => fates.resolved,
            Fate::Degraded => fates.degraded,
            Fate::Drowned => fates.drowned,
            Fate::Flushed => fates.flushed,
            Fate::Cut => fates.cut,
            Fate::Overflowed => fates.overflowed,
            Fate::Ghost => fates.ghost,
            Fate::TrueZero => fates.true_zero,
            Fate::Undecided => fates.undecided,
        }
    }

    /// In one word or two.
    pub fn name(self) -> &'static str {
        match self {
            Fate::Resolved => "resolved",
            Fate::Degraded => "degraded",
            Fate::Drowned => "drowned",
            Fate::Flushed => "flushed",
            Fate::Cut => "cut",
            Fate::Overflowed => "overflowed",
            Fate::Ghost => "ghost",
            Fate::TrueZero => "true zero",
            Fate::Undecided => "undecided",
        }
    }

    /// What it means, for a reader who has only the page.
    pub fn meaning(self) -> &'static str {
        match self {
            Fate::Resolved => "its error is below an eighth of the exact entry",
            Fate::Degraded => "its error is at least an eighth of the exact entry",
            Fate::Drowned => "its error is at least as large as the exact entry",
            Fate::Flushed => {
                "underflowed to zero although the exact entry is not zero, nor that of the same run with unbounded exponents \
                 (without such a run: every computed zero whose exact entry is not zero)"
            }
            Fate::Cut => {
                "computed as zero for another reason, also with unbounded exponents: a flipped branch, or a sum that cancels"
            }
            Fate::Overflowed => "computed as infinite or NaN",
            Fate::Ghost => "exactly zero, but computed as nonzero",
            Fate::TrueZero => "exactly zero, and computed as zero",
            Fate::Undecided => "the error bounds of the exact gradient do not decide",
        }
    }

    /// Its colour in every picture.
    pub fn paint(self) -> Paint {
        Paint::Of(Palette::Fates, self as usize)
    }
}
