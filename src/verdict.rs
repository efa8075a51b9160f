//! Verdicts: which of the two saturation modes rules a layer in an arithmetic.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The state of one layer's gradient in one arithmetic, from harmless to severe.
///
/// Two modes of saturation are told apart: the gradient is **zero** (`dead`, `vanished`), or **noise**
/// of rounding dominates it (`chaotic`, before it `noisy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Noise below a tenth of the signal.
    Sound,
    /// Noise-to-signal ratio of at least 0.1.
    Noisy,
    /// Noise-to-signal ratio of at least 1, or the step does not descend: chaotic-noise saturation.
    Chaotic,
    /// Flushed entries carry at least half of the gradient's energy: zero-gradient saturation.
    Vanished,
    /// Every true entry is exactly zero: zero-gradient saturation.
    Dead,
    /// Every true entry is exactly zero, and a computed one is not.
    DeadWithGhosts,
    /// An entry is infinite or NaN.
    Overflow,
    /// The truth's bounds do not separate the threshold.
    NotEstablished,
}

impl Verdict {
    /// All verdicts, from harmless to severe.
    pub const ALL: [Verdict; 8] = [
        Verdict::Sound,
        Verdict::Noisy,
        Verdict::Chaotic,
        Verdict::Vanished,
        Verdict::Dead,
        Verdict::DeadWithGhosts,
        Verdict::Overflow,
        Verdict::NotEstablished,
    ];

    /// The verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Sound => "sound",
            Verdict::Noisy => "noisy",
            Verdict::Chaotic => "chaotic",
            Verdict::Vanished => "vanished",
            Verdict::Dead => "dead",
            Verdict::DeadWithGhosts => "dead with ghosts",
            Verdict::Overflow => "overflow",
            Verdict::NotEstablished => "not established",
        }
    }

    /// True where a figure must draw the point hollow: its ratio is not a measure of noise.
    pub fn is_zero_or_overflow(self) -> bool {
        matches!(self, Verdict::Vanished | Verdict::Dead | Verdict::DeadWithGhosts | Verdict::Overflow)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
