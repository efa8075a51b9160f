//! A spec that can be run.

use super::table::Spec;
use crate::activation::Activation;
use crate::arithmetic::Policy;
use crate::exchange::{Gradients, Samples, Sequential};
use std::sync::Arc;

/// A validated spec: names read, limits checked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The spec with every name in its canonical spelling.
    pub spec: Spec,
    /// φ of each run: one for all hidden layers, or one for each.
    pub runs: Vec<RunPlan>,
    /// The arithmetics.
    pub arithmetics: Vec<Policy>,
    /// The network of [`Spec::weights`].
    pub network: Option<Arc<Sequential>>,
    /// The rows of [`Spec::batch_file`].
    pub samples: Option<Arc<Samples>>,
    /// The gradients of [`Spec::compared`].
    pub compared: Vec<Arc<Gradients>>,
    /// How much is computed at once; the results do not depend on it.
    pub schedule: Schedule,
}

/// How much is computed and kept at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Number of segments of layers; the backward pass keeps the values of one at a time and recomputes the others.
    pub segments: usize,
    /// Number of simultaneous trials, if there are as many threads.
    pub trials_at_once: usize,
    /// Whether a run keeps the networks and batches of all its trials; if not, they are drawn again when needed.
    pub keeps_trials: bool,
}

impl Default for Schedule {
    /// As much at once as the threads allow.
    fn default() -> Schedule {
        Schedule { segments: 1, trials_at_once: usize::MAX, keeps_trials: true }
    }
}

impl Schedule {
    /// Whether lack of memory costs noticeable time; drawing trials again does not.
    pub fn is_slower(&self) -> bool {
        *self != Schedule { keeps_trials: self.keeps_trials, ..Schedule::default() }
    }
}

/// The part of a plan that differs between runs.
#[derive(Clone, Debug, PartialEq)]
pub enum RunPlan {
    /// Every hidden layer has this activation.
    Uniform(Activation),
    /// Each hidden layer has its own, in a network from a file.
    PerLayer(Vec<Activation>),
}

impl RunPlan {
    /// The activations: one, or one for each hidden layer.
    pub fn activations(&self) -> &[Activation] {
        match self {
            RunPlan::Uniform(activation) => std::slice::from_ref(activation),
            RunPlan::PerLayer(activations) => activations,
        }
    }

    /// The first hidden layer's.
    pub fn first(&self) -> &Activation {
        &self.activations()[0]
    }
}
