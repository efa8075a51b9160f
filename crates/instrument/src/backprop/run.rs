//! Runs by name: chooses the storage types for the roles of a setup, and falls back where a fast one fails.

use super::{Branches, Forward, Pass, SiteGradients, Stored, Values};
use crate::arithmetic::dispatch::{Carriers, Visitor, dispatch_with};
use crate::arithmetic::{ArithmeticName, ExactMatrix, Numbers, Policy, kernels};
use crate::data::Batch;
use crate::format::Format;
use crate::graph::Network;
use crate::graph::segments::Segments;
use std::sync::{Arc, OnceLock};

/// The part of an arithmetic that a run uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The whole arithmetic.
    Whole,
    /// Only its range, with double precision.
    RangeAlone,
}

/// One way of computing a network's gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The arithmetic of each role.
    pub policy: Policy,
    /// The part of them that is used.
    pub part: Part,
    /// log₂ of the loss scale: δ at the output is multiplied by it, gradients are divided by it exactly.
    pub log2_loss_scale: i32,
    /// Branches of φ' that replace those of the pre-activations.
    pub branches: Option<Arc<Branches>>,
}

impl Setup {
    /// True if two setups have the same forward pass.
    pub fn shares_forward(&self, other: &Setup) -> bool {
        let forward = |setup: &Setup| (storage(&setup.policy), setup.policy.forward, setup.part);
        forward(self) == forward(other)
    }
}

/// The format to which parameters are rounded before a role sees them, so that a plain run rounds them only once.
fn storage(policy: &Policy) -> Option<Format> {
    if policy.plain().is_some() { None } else { policy.storage }
}

impl<P: Into<Policy>> From<P> for Setup {
    /// The plain run.
    fn from(policy: P) -> Setup {
        Setup { policy: policy.into(), part: Part::Whole, log2_loss_scale: 0, branches: None }
    }
}

/// The gradients of a network under a policy, or in one arithmetic for every role, layer by layer from the head down.
pub fn gradients<'n>(setup: impl Into<Setup>, network: &'n Network, batch: &'n Batch) -> GradientStream<'n> {
    let setup = setup.into();
    ForwardRun::new(&setup.policy, setup.part, network, batch).backward(&setup)
}

/// A forward pass shared by backward passes.
#[derive(Clone)]
pub struct ForwardRun<'n> {
    up: RunUp<'n>,
    carriers: Carriers,
    values: Arc<dyn Values + 'n>,
    /// The same with wider storage types, computed once a backward pass needs it and shared in the same way.
    wider: Arc<OnceLock<ForwardRun<'n>>>,
}

impl<'n> ForwardRun<'n> {
    /// Runs a network's forward pass in a policy's forward arithmetic; all values are kept.
    pub fn new(policy: &Policy, part: Part, network: &'n Network, batch: &'n Batch) -> ForwardRun<'n> {
        ForwardRun::in_segments(policy, part, network, batch, Arc::new(Segments::new(network, 1)))
    }

    /// The same, keeping values as the segments define.
    pub fn in_segments(
        policy: &Policy,
        part: Part,
        network: &'n Network,
        batch: &'n Batch,
        segments: Arc<Segments>,
    ) -> ForwardRun<'n> {
        kernels::assert_gradual_underflow();
        let stored = Stored { network, batch, format: storage(policy) };
        let carriers = match part {
            Part::Whole => Carriers::Fast,
            Part::RangeAlone => Carriers::RangeAlone,
        };
        let up = RunUp { stored, name: policy.forward, segments };
        ForwardRun::with(up, carriers)
    }

    /// The same with the first storage types, starting from these, whose range is not exceeded.
    fn with(up: RunUp<'n>, carriers: Carriers) -> ForwardRun<'n> {
        let values = dispatch_with(up.name, carriers, up.stored.network.key, up.clone());
        match carriers.wider() {
            Some(wider) if values.range_exceeded() => {
                drop(values);
                ForwardRun::with(up, wider)
            }
            _ => ForwardRun { up, carriers, values, wider: Arc::default() },
        }
    }

    /// The same with wider storage types; `None` if there are none.
    fn wider(&self) -> Option<ForwardRun<'n>> {
        let carriers = self.carriers.wider()?;
        let run = || match self.up.name == self.up.name.unbounded() {
            true => ForwardRun::with(self.up.clone(), carriers),
            // Its own storage type never fails, so only the backward role's differs.
            false => ForwardRun { carriers, wider: Arc::default(), ..self.clone() },
        };
        Some(self.wider.get_or_init(run).clone())
    }

    /// True if a policy's forward pass is this one.
    pub fn serves(&self, policy: &Policy, part: Part) -> bool {
        let is_range_alone = self.carriers == Carriers::RangeAlone;
        (self.up.stored.format, self.up.name, is_range_alone)
            == (storage(policy), policy.forward, part == Part::RangeAlone)
    }

    /// The branch of φ' of each pre-activation.
    pub fn branches(&self) -> Branches {
        self.values.branches()
    }

    /// y, outputs × batch.
    pub fn outputs(&self) -> ExactMatrix {
        self.values.value(self.up.stored.network.output()).numbers()
    }

    fn pass(&self, setup: &Setup) -> Box<dyn Backward + 'n> {
        let key = self.up.stored.network.key;
        dispatch_with(setup.policy.backward, self.carriers, key, RunDown { up: self, setup })
    }

    /// Runs the backward pass in the setup's backward arithmetic.
    pub fn backward(&self, setup: &Setup) -> GradientStream<'n> {
        debug_assert!(self.serves(&setup.policy, setup.part), "invariant: the forward pass is the setup's");
        GradientStream { forward: self.clone(), setup: setup.clone(), pass: self.pass(setup), emitted: 0 }
    }
}

/// One run's gradients, layer by layer from the head down, each dropped when the next one is requested.
pub struct GradientStream<'n> {
    forward: ForwardRun<'n>,
    setup: Setup,
    pass: Box<dyn Backward + 'n>,
    /// Number of layers that were returned.
    emitted: usize,
}

impl Iterator for GradientStream<'_> {
    type Item = SiteGradients;

    fn next(&mut self) -> Option<SiteGradients> {
        let mut layer = self.pass.next();
        while self.pass.range_exceeded()
            && let Some(wider) = self.forward.wider()
        {
            // The bits are the same so far; from here on only wider storage types have them.
            self.forward = wider;
            self.pass = self.forward.pass(&self.setup);
            layer = self.pass.by_ref().nth(self.emitted);
        }
        self.emitted += 1;
        layer
    }
}

/// A backward pass in any arithmetic.
trait Backward: Iterator<Item = SiteGradients> + Send {
    fn range_exceeded(&self) -> bool;
}

impl<B: Numbers> Backward for Pass<'_, B> {
    fn range_exceeded(&self) -> bool {
        Pass::range_exceeded(self)
    }
}

/// The inputs of a forward pass.
#[derive(Clone)]
struct RunUp<'n> {
    stored: Stored<'n>,
    name: ArithmeticName,
    segments: Arc<Segments>,
}

impl<'n> Visitor for RunUp<'n> {
    type Output = Arc<dyn Values + 'n>;
    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> Arc<dyn Values + 'n> {
        Arc::new(Forward::new(self.stored, arithmetic, self.segments))
    }
}

/// The inputs of a backward pass.
struct RunDown<'s, 'n> {
    up: &'s ForwardRun<'n>,
    setup: &'s Setup,
}

impl<'n> Visitor for RunDown<'_, 'n> {
    type Output = Box<dyn Backward + 'n>;
    fn visit<B: Numbers + 'static>(self, backward: Arc<B>) -> Box<dyn Backward + 'n> {
        let RunDown { up: ForwardRun { up, values, .. }, setup } = self;
        let is_plain = setup.policy.backward == up.name;
        let Setup { log2_loss_scale, branches, .. } = setup;
        Box::new(Pass::over(up.stored, values.clone(), backward, is_plain, *log2_loss_scale, branches.clone()))
    }
}
