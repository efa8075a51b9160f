//! The numbers that both roles read: parameters, constants, inputs and targets as they are stored.

use crate::arithmetic::{Arithmetic, Exact, ExactMatrix, Steps};
use crate::format::{F64, Format};
use crate::network::{Batch, Network};
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
    pub fn number(&self, x: f64) -> Exact {
        match self.format {
            Some(format) if format == F64 || format.fits_f64_lanes() => Exact::Double(format.round_f64(x)),
            Some(format) => Exact::Long(format.round(&Float::with_val(53, x))),
            None => Exact::Double(x),
        }
    }

    /// Exact doubles after storing, in a role's arithmetic.
    pub fn read<A: Arithmetic>(&self, steps: &Steps<'_, A>, values: &Array2<f64>) -> Array2<A::Elem> {
        match self.format {
            None => steps.round_doubles(values),
            Some(_) => steps.round(&ExactMatrix::Any(values.map(|&x| self.number(x)))),
        }
    }
}
