//! A role of a run, forward or backward, with the numbers that both read: parameters, constants, inputs and targets as
//! they are stored.

use super::values::Values;
use crate::arithmetic::{Arithmetic, Content, Exact, ExactMatrix, Side, Steps, Text};
use crate::data::Batch;
use crate::format::{F64, Format};
use crate::graph::{Network, NodeId, ParameterId};
use ndarray::Array2;
use rug::Float;

/// A network and a batch, and the format in which their numbers are stored before a role sees them.
#[derive(Clone, Copy)]
pub struct Stored<'n> {
    /// The exact network.
    pub network: &'n Network,
    /// The exact batch.
    pub batch: &'n Batch,
    /// `None` if nothing is rounded before a role's arithmetic rounds it.
    pub format: Option<Format>,
}

impl Stored<'_> {
    /// An exact double after storing.
    fn number(&self, x: f64) -> Exact {
        match self.format {
            Some(format) if format == F64 || format.fits_f64_lanes() => Exact::Double(format.round_f64(x)),
            Some(format) => Exact::Long(format.round(&Float::with_val(53, x))),
            None => Exact::Double(x),
        }
    }
}

/// An arithmetic in a run.
pub struct Role<'a, A: Arithmetic> {
    /// What it reads.
    pub stored: Stored<'a>,
    /// How it rounds.
    pub arithmetic: &'a A,
    /// True for a backward role whose arithmetic is not the forward one: it rounds parameters and constants by itself.
    pub reads_again: bool,
}

impl<'a, A: Arithmetic> Role<'a, A> {
    /// The steps of a text in the role's arithmetic.
    pub fn steps(&self, text: Text) -> Steps<'a, A> {
        Steps::new(self.arithmetic, text)
    }

    /// Exact doubles after storing.
    pub fn read(&self, steps: &Steps<'_, A>, values: &Array2<f64>) -> Array2<A::Elem> {
        match self.stored.format {
            None => steps.round_doubles(values),
            Some(_) => steps.round(&ExactMatrix::Any(values.map(|&x| self.stored.number(x)))),
        }
    }

    /// The steps of a text that belongs to both roles where both are the same.
    fn shared(&self, text: Text) -> Steps<'a, A> {
        let steps = self.steps(text);
        if self.reads_again {
            steps.next();
        }
        steps
    }

    /// A stored parameter.
    pub fn parameter(&self, parameter: ParameterId) -> Array2<A::Elem> {
        self.read(&self.shared(Text::Parameter(parameter)), &self.stored.network.parameters[parameter].values)
    }

    /// A stored parameter as one side of a product, or its transpose.
    pub fn factor(&self, parameter: ParameterId, side: Side, is_transposed: bool) -> A::Operand {
        match self.stored.format {
            None => {
                let values = &self.stored.network.parameters[parameter].values;
                let step = self.shared(Text::Parameter(parameter)).next();
                self.arithmetic.prepare_parameter(step, values, side, is_transposed)
            }
            Some(_) => {
                let values = self.parameter(parameter);
                let values = if is_transposed { values.t() } else { values.view() };
                self.arithmetic.prepare(values, side, Content::Parameter)
            }
        }
    }

    /// A node's constant, stored like a parameter.
    pub fn constant(&self, node: NodeId, x: f64) -> A::Elem {
        self.shared(Text::Constant(node)).number(&self.stored.number(x))
    }

    /// The batch's inputs x, the value of a node.
    pub fn inputs(&self, node: NodeId) -> Array2<A::Elem> {
        self.read(&self.steps(Text::Forward(node)), &self.stored.batch.inputs)
    }

    /// A node's value as the backward role receives it: the same for all that read it.
    pub fn crossed(&self, values: &dyn Values, node: NodeId) -> Array2<A::Elem> {
        self.steps(Text::Crossing(node)).receive(&values.value(node))
    }
}
