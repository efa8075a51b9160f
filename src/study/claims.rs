//! The six claims: what each says, what decides it, and the answer.

mod common;
mod constant_side;
mod depth;
mod elu;
mod noise;
mod slope;
mod vanishing;

use super::Evidence;
use crate::record::study::Claim;

/// All claims in order.
pub fn all(evidence: &Evidence) -> Vec<Claim> {
    vec![
        vanishing::claim(evidence),
        constant_side::claim(evidence),
        noise::claim(evidence),
        slope::claim(evidence),
        depth::claim(evidence),
        elu::claim(evidence),
    ]
}
