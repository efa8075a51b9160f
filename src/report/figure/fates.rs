//! What became of each entry, as shares by layer.

use crate::judgement::ArithmeticJudgement;
use crate::record::{ArithmeticRun, Fates};
use crate::report::facts;
use crate::report::numbers::Notation::Typeset;

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
}

/// The fates in one arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct FateStrip {
    /// The arithmetic.
    pub name: String,
    /// `noisy 4 of 5, layers 1–37`.
    pub verdict: String,
    /// Layer number and, for each of [`Fate::ALL`], the share of entries with this or an earlier fate: the upper
    /// edge of its area, 0 to 1. All zero for a layer without entries.
    pub edges: Vec<(usize, [f64; 9])>,
    /// Whether any entry of any layer met each of [`Fate::ALL`].
    pub present: [bool; 9],
}

impl FateStrip {
    /// The strip of one arithmetic.
    pub fn new(arithmetic: &ArithmeticRun, judged: &ArithmeticJudgement) -> FateStrip {
        let mut present = [false; 9];
        let mut edges = Vec::new();
        for layer in &arithmetic.sites {
            let total: u128 = Fate::ALL.into_iter().map(|fate| u128::from(fate.count(&layer.fates))).sum();
            let mut below = 0;
            let mut upper = [0.0; 9];
            for (index, fate) in Fate::ALL.into_iter().enumerate() {
                let count = fate.count(&layer.fates);
                present[index] |= count > 0;
                below += u128::from(count);
                // Cumulated as integers, so that a full column ends at exactly 1.
                upper[index] = below as f64 / total.max(1) as f64;
            }
            edges.push((layer.site, upper));
        }
        FateStrip { name: facts::name(arithmetic, Typeset), verdict: facts::verdict_and_reach(judged), edges, present }
    }
}
