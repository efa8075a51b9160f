//! What an arithmetic costs in training: bits of its formats.

use crate::record::training::Learner;

/// Bits of the widest format of the gradients, then of the optimiser and of the parameters that are kept; accumulators
/// apart. None for `mpfr:N`, which nobody has.
pub type Cost = [u32; 3];

/// The cost of a learner's arithmetic.
pub fn of(learner: &Learner) -> Option<Cost> {
    Some([learner.roles.bits()?, learner.update.format.bits?, learner.master.format.bits?])
}
