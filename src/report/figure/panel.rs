//! The panels of a run: what each shows, and what its picture is called.

use crate::record::Run;

/// One panel of the summary picture, which is a picture of its own, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Panel {
    /// Noise-to-signal by layer.
    Noise,
    /// Size of the exact gradient by layer, against the formats' limits.
    Range,
    /// What became of each entry, by layer.
    Fates,
    /// Pre-activations on a different piece of φ' than the exact ones, by layer.
    Flips,
    /// The noise of layer 1 by source, alone and taken away.
    Attribution,
    /// Noise-to-signal by layer, each source alone.
    Sources,
    /// Sizes of the true and the computed entries in chosen layers.
    Histogram,
}

impl Panel {
    /// All panels, in the order of the summary picture.
    pub const ALL: [Panel; 7] =
        [Panel::Noise, Panel::Range, Panel::Fates, Panel::Flips, Panel::Attribution, Panel::Sources, Panel::Histogram];

    /// The stem of the panel's files: `noise`, `range`, `fates`, `flips`, `attribution`, `sources`, `histogram`.
    pub fn name(self) -> &'static str {
        match self {
            Panel::Noise => "noise",
            Panel::Range => "range",
            Panel::Fates => "fates",
            Panel::Flips => "flips",
            Panel::Attribution => "attribution",
            Panel::Sources => "sources",
            Panel::Histogram => "histogram",
        }
    }

    /// What stands above the panel.
    pub fn title(self) -> &'static str {
        match self {
            Panel::Noise => "Noise / signal of the computed gradient",
            Panel::Range => "Exact weight gradient: size of its entries, and where the formats end",
            Panel::Fates => "What became of each entry of the weight gradient",
            Panel::Flips => "Branch flips: pre-activations on the other side of a kink than in the exact network",
            Panel::Attribution => "Where the noise comes from (layer 1)",
            Panel::Sources => "Noise / signal with only one source, everything else exact",
            Panel::Histogram => "Sizes of the weight gradient's entries in chosen layers: exact and computed",
        }
    }

    /// True where a run has something to show in it: sources only where noise was attributed.
    pub fn is_of(self, run: &Run) -> bool {
        match self {
            Panel::Attribution | Panel::Sources => run.arithmetics.iter().any(|one| one.attribution.is_some()),
            _ => true,
        }
    }

    /// True for panels of the summary picture; sources by layer would make it too long and are a picture of their own.
    pub fn is_in_summary(self) -> bool {
        self != Panel::Sources
    }
}
