//! The backward pass, node by node from the head down.

use super::{Forward, SiteGradients};
use crate::arithmetic::{Arithmetic, Binary, Crossing, Numbers, Text};
use crate::data::Batch;
use crate::graph::segments::Segments;
use crate::graph::{Network, NodeId, ParameterId};
use crate::operation::{self, Branches, Role, Shares, Stored, Values, loss};
use ndarray::Array2;
use std::sync::Arc;

/// The backward pass over a network's values.
pub struct Pass<'n, B: Arithmetic> {
    stored: Stored<'n>,
    forward: Arc<dyn Values + 'n>,
    backward: Arc<B>,
    /// True if the forward arithmetic is the same.
    is_plain: bool,
    /// log₂ of the loss scale: δ at the output is multiplied by it, and gradients are divided by it.
    log2_loss_scale: i32,
    /// Branches of φ' that replace those of the pre-activations.
    branches: Option<Arc<Branches>>,
    /// Per node: ∂L/∂value as it arrives from each reader.
    arrived: Vec<Vec<Array2<B::Elem>>>,
    /// Per parameter: its gradient as it arrives from each node that has it.
    shares: Vec<Vec<Array2<B::Elem>>>,
    /// Only nodes below this one remain to be visited.
    remaining: NodeId,
    /// Sees every node's gradient and what the node makes of it.
    watcher: Option<Watcher<'n, B::Elem>>,
}

/// Sees a node, ∂L/∂value, and its shares.
pub type Watcher<'n, E> = Box<dyn FnMut(NodeId, &Array2<E>, &Shares<E>) + Send + 'n>;

impl<'n, B: Arithmetic> Pass<'n, B> {
    /// Runs the forward pass and the loss.
    pub fn new<F: Arithmetic + 'n>(
        network: &'n Network,
        batch: &'n Batch,
        forward: Arc<F>,
        backward: Arc<B>,
    ) -> Pass<'n, B> {
        let is_plain = std::ptr::addr_eq(Arc::as_ptr(&forward), Arc::as_ptr(&backward));
        let stored = Stored { network, batch, format: None };
        let values = Arc::new(Forward::new(stored, forward, Arc::new(Segments::new(network, 1))));
        Pass::over(stored, values, backward, is_plain, 0, None)
    }

    /// The loss for values that were computed before, in the same arithmetic or in another one.
    pub fn over(
        stored: Stored<'n>,
        forward: Arc<dyn Values + 'n>,
        backward: Arc<B>,
        is_plain: bool,
        log2_loss_scale: i32,
        branches: Option<Arc<Branches>>,
    ) -> Pass<'n, B> {
        let Network { nodes, parameters, .. } = stored.network;
        let mut pass = Pass {
            stored,
            forward,
            backward,
            is_plain,
            log2_loss_scale,
            branches,
            arrived: vec![Vec::new(); nodes.len()],
            shares: vec![Vec::new(); parameters.len()],
            remaining: nodes.len(),
            watcher: None,
        };
        let delta = loss::backward(&pass.role(), &*pass.forward, log2_loss_scale);
        pass.arrived[nodes.len() - 1].push(delta);
        pass
    }

    /// With a witness of every step.
    pub fn watched_by(self, watcher: Watcher<'n, B::Elem>) -> Pass<'n, B> {
        Pass { watcher: Some(watcher), ..self }
    }

    /// True once a storage type could not give the exact bits of its arithmetic.
    pub(super) fn range_exceeded(&self) -> bool {
        self.forward.range_exceeded() || self.backward.range_exceeded()
    }

    fn role(&self) -> Role<'_, B> {
        Role { stored: self.stored, arithmetic: &self.backward, reads_again: !self.is_plain }
    }

    /// The sum of what was sent, in the order in which it arrived: ((last + …) + first), by the nodes that sent it.
    fn added(&self, text: Text, arrived: Vec<Array2<B::Elem>>) -> Option<Array2<B::Elem>> {
        let steps = self.role().steps(text);
        arrived.into_iter().reduce(|sum, next| steps.zip(Binary::Add, &sum, &next))
    }

    /// Gradients as they leave the arithmetic, the loss scale divided out.
    fn unscaled(&self, gradient: Array2<B::Elem>) -> Crossing {
        self.backward.leaving(gradient).times_two_to(-self.log2_loss_scale)
    }

    /// The gradient of a parameter, whose nodes have all been visited.
    fn gradient(&mut self, parameter: ParameterId) -> Option<Crossing> {
        let shares = std::mem::take(&mut self.shares[parameter]);
        self.added(Text::Sharing(parameter), shares).map(|gradient| self.unscaled(gradient))
    }

    /// Visits a node: sends its shares to its inputs and parameters. Gives the gradients of an affine node's layer.
    fn visit(&mut self, node: NodeId) -> Option<SiteGradients<Crossing>> {
        let arrived = std::mem::take(&mut self.arrived[node]);
        let gradient = self.added(Text::Gathering(node), arrived)?;
        let network = self.stored.network;
        let layer = network.find_site(node);
        let shares = operation::backward(&self.role(), &*self.forward, self.branches.as_deref(), node, &gradient);
        if let Some(watcher) = &mut self.watcher {
            watcher(node, &gradient, &shares);
        }
        for (parameter, share) in shares.parameters {
            self.shares[parameter].push(share);
        }
        // Of an addition the skip connection first, whose share arrives before that of its branch.
        for (input, share) in network.nodes[node].inputs.iter().zip(shares.inputs).rev() {
            self.arrived[*input].extend(share);
        }
        let (layer, input) = layer.zip(shares.input)?;
        let delta = self.unscaled(gradient);
        let gradients = network.parameters_of(layer).map(|parameter| self.gradient(parameter?));
        let [weight, bias, slope] = gradients;
        Some(SiteGradients {
            site: layer,
            weight: weight.expect("invariant: an affine node has weights"),
            bias,
            slope,
            delta,
            preactivation: self.forward.value(node),
            input: self.backward.leaving(input),
        })
    }
}

impl<B: Numbers> Iterator for Pass<'_, B> {
    type Item = SiteGradients;

    fn next(&mut self) -> Option<SiteGradients> {
        self.advance().map(SiteGradients::numbers)
    }
}

impl<B: Arithmetic> Pass<'_, B> {
    /// The gradients of the next layer from the head down.
    pub fn advance(&mut self) -> Option<SiteGradients<Crossing>> {
        while self.remaining > 0 {
            self.remaining -= 1;
            if let Some(layer) = self.visit(self.remaining) {
                return Some(layer);
            }
        }
        None
    }
}
