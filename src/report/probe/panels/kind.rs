//! Which panels a run has, and what they are called.

use crate::report::panel::Panel;

/// One panel of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
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

/// The stem of each panel's files, and what stands above it.
const WORDS: [(&str, &str); Kind::ALL.len()] = [
    ("noise", "Noise / signal of the computed gradient"),
    ("range", "Exact weight gradient: size of its entries, and where the formats end"),
    ("fates", "What became of each entry of the weight gradient"),
    ("flips", "Branch flips: pre-activations on the other side of a kink than in the exact network"),
    ("attribution", "Where the noise comes from (layer 1)"),
    ("sources", "Noise / signal with only one source, everything else exact"),
    ("histogram", "Sizes of the weight gradient's entries in chosen layers: exact and computed"),
];

impl Kind {
    /// All panels, in the order of the poster.
    pub const ALL: [Kind; 7] =
        [Kind::Noise, Kind::Range, Kind::Fates, Kind::Flips, Kind::Attribution, Kind::Sources, Kind::Histogram];

    /// The stem of the panel's files.
    pub fn name(self) -> &'static str {
        WORDS[self as usize].0
    }

    /// The panel with its title alone.
    pub fn panel(self) -> Panel {
        let (name, title) = WORDS[self as usize];
        Panel { name: name.into(), title: title.into(), ..Panel::default() }
    }
}
