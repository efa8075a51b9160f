//! The exact gradient by either proof.

use super::Undecided;
use super::{EnclosedPass, Prepared, SiteTruth, TruthPass, precision};
use crate::backprop::Branches;
use crate::data::Batch;
use crate::graph::Network;
use crate::graph::segments::Segments;
use std::sync::Arc;

/// What a proof of a network's gradient needs at any precision.
pub struct Prover<'n> {
    network: &'n Network,
    batch: &'n Batch,
    segments: Arc<Segments>,
    /// For the norm-wise proof; without it the proof is by enclosures.
    prepared: Option<Prepared>,
}

impl<'n> Prover<'n> {
    /// By lemmas with norm-wise bounds.
    pub fn norm(network: &'n Network, batch: &'n Batch, segments: Arc<Segments>) -> Prover<'n> {
        let prepared = Prepared::in_segments(network, (*segments).clone());
        Prover { network, batch, segments, prepared: Some(prepared) }
    }

    /// By enclosures.
    pub fn enclosure(network: &'n Network, batch: &'n Batch, segments: Arc<Segments>) -> Prover<'n> {
        Prover { network, batch, segments, prepared: None }
    }

    /// The precision at which so many bits of every layer's gradient should be provable.
    pub fn forecast(&self, bits: u32) -> u32 {
        match &self.prepared {
            Some(prepared) => precision::forecast(self.network, prepared, self.batch, bits),
            None => EnclosedPass::forecast(self.network, self.batch, bits),
        }
    }

    /// Runs the forward pass at a precision; digits of gradients beyond the wanted bits are left out, with a margin.
    pub fn pass(&self, precision: u32, wanted: u32) -> ExactPass<'_> {
        match &self.prepared {
            Some(prepared) => {
                let pass = TruthPass::new(self.network, prepared, self.batch, precision, Undecided::Refused);
                ExactPass::Norm(Box::new(pass.wanting(wanted)))
            }
            None => ExactPass::Enclosed(Box::new(EnclosedPass::new(
                self.network,
                self.batch,
                self.segments.clone(),
                precision,
                Some(wanted),
            ))),
        }
    }
}

/// The backward pass of the exact gradient as a stream of sites from the head down.
pub enum ExactPass<'n> {
    /// By lemmas with norm-wise bounds.
    Norm(Box<TruthPass<'n>>),
    /// By enclosures.
    Enclosed(Box<EnclosedPass<'n>>),
}

impl ExactPass<'_> {
    /// True if an undecided branch leaves all gradients unknown.
    pub fn is_undecided(&self) -> bool {
        match self {
            ExactPass::Norm(pass) => pass.undecided().is_some(),
            // They enclose what is on both sides.
            ExactPass::Enclosed(_) => false,
        }
    }

    /// The branch of φ' of each pre-activation; unknown if it is undecided.
    pub fn branches(&self) -> Branches {
        match self {
            ExactPass::Norm(pass) => pass.branches(),
            ExactPass::Enclosed(pass) => pass.branches(),
        }
    }
}

impl Iterator for ExactPass<'_> {
    type Item = SiteTruth;

    fn next(&mut self) -> Option<SiteTruth> {
        match self {
            ExactPass::Norm(pass) => pass.next(),
            ExactPass::Enclosed(pass) => pass.next(),
        }
    }
}
