//! Which panels a run has, and what they are called.

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

impl Kind {
    /// All panels, in the order of the poster.
    pub const ALL: [Kind; 7] =
        [Kind::Noise, Kind::Range, Kind::Fates, Kind::Flips, Kind::Attribution, Kind::Sources, Kind::Histogram];

    /// The stem of the panel's files.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Noise => "noise",
            Kind::Range => "range",
            Kind::Fates => "fates",
            Kind::Flips => "flips",
            Kind::Attribution => "attribution",
            Kind::Sources => "sources",
            Kind::Histogram => "histogram",
        }
    }

    /// What stands above the panel.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Noise => "Noise / signal of the computed gradient",
            Kind::Range => "Exact weight gradient: size of its entries, and where the formats end",
            Kind::Fates => "What became of each entry of the weight gradient",
            Kind::Flips => "Branch flips: pre-activations on the other side of a kink than in the exact network",
            Kind::Attribution => "Where the noise comes from (layer 1)",
            Kind::Sources => "Noise / signal with only one source, everything else exact",
            Kind::Histogram => "Sizes of the weight gradient's entries in chosen layers: exact and computed",
        }
    }
}
