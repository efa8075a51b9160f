//! Where the flips of a kinked activation are many, and where they are few.

use crate::number::Number;
use crate::record::law::Regime;

/// Least mean number of flips per network at which they are many.
///
/// Theory: with F flips expected, and independent, a network has none with probability e^-F: 37 % at F = 1. Flips come in
/// groups (one displaces the pre-activations above it), so that more have none: of relu's networks of depth 30 on the
/// digits 29 of 30 have flips at F = 3.7, 21 at 1.5, 18 at 0.9, where the median has left the line of √u for good.
pub const MANY: f64 = 1.0;

/// Mean number of flips per network below which they are few.
///
/// The median network has no flip where more than half of all have none: below F = ln 2 if flips were independent. At 1/2
/// that is so with a margin for counts of tens of trials (in the same measurements 7 of 30 networks have a flip at 0.37,
/// with Gaussian data 12 of 30 at 0.5); between the two the median is on its way from one line to the other and belongs to
/// neither.
pub const FEW: f64 = 0.5;

/// The regime of each precision by its mean number of flips, from the least precision: first many, then between, then
/// few, and never back, as the expected number falls with every bit and only its measurement wavers.
pub fn split(flips: &[Number]) -> Vec<Regime> {
    let mut regime = Regime::ManyFlips;
    let next = |flips: &Number| {
        if let Some(flips) = flips.finite() {
            if regime == Regime::ManyFlips && flips < MANY {
                regime = Regime::Between;
            }
            if regime == Regime::Between && flips < FEW {
                regime = Regime::FewFlips;
            }
        }
        // Of an unknown number nothing follows; where it is unknown, so is the noise.
        regime
    };
    flips.iter().map(next).collect()
}
