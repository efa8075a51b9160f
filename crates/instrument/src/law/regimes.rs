//! The precisions at which a kinked activation has many branch flips, and those at which it has few.

use crate::number::Number;
use crate::record::law::Regime;

/// Mean number of flips per network from which they are many.
///
/// Theory: with F expected, independent flips a network has none with probability e^-F: 37 % at F = 1. Flips come in
/// groups (one displaces the pre-activations above it), so more networks have none: of relu's networks of depth 30 on the
/// digits, 29 of 30 have flips at F = 3.7, 21 at 1.5 and 18 at 0.9, where the median has left the line of √u for good.
pub const MANY: f64 = 1.0;

/// Mean number of flips per network below which they are few.
///
/// The median network has no flip if more than half of all networks have none: below F = ln 2 for independent flips. At
/// 1/2 this holds with a margin for tens of trials (in the same measurements 7 of 30 networks have a flip at 0.37, with
/// Gaussian data 12 of 30 at 0.5); between the two thresholds the median moves from one line to the other and belongs to
/// neither.
pub const FEW: f64 = 0.5;

/// The regime of each precision by its mean number of flips, in order of increasing precision: many, between, few, and
/// never back, because the expected number falls with every bit even if the measured one fluctuates.
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
        // An unknown number of flips decides nothing; the noise is unknown, too.
        regime
    };
    flips.iter().map(next).collect()
}
