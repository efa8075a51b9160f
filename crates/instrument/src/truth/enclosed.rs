//! The exact gradient by enclosures: the one text of the passes, run in ball arithmetic.
//!
//! Every operation is proven the day it is written: its text is the proof. None of the norm-wise lemmas is used, so that each
//! of the two proofs checks the other. Undecided kinks are enclosed on both sides, so a proof that falls short has too few
//! bits, or needs a decision that no number of bits makes.

use super::evidence::Evidence;
use super::precision::{FORECAST, enough};
use super::sizes::{self, Sizes};
use super::zero::{self, Zeros};
use super::{Midpoints, SiteTruth, TrueTensor, Unproven};
use crate::activation::Piece;
use crate::arithmetic::{Crossing, Enclosures};
use crate::backprop::{Branches, Forward, Pass, SiteGradients, Stored, Values};
use crate::data::Batch;
use crate::enclosure::{Ball, Bound};
use crate::graph::segments::Segments;
use crate::graph::{Network, NodeId, Operation};
use crate::norm::column::Column;
use crate::number::Number;
use ndarray::Array2;
use std::sync::{Arc, Mutex};

/// The backward pass in enclosures as a stream of sites from the head down.
pub struct EnclosedPass<'n> {
    network: &'n Network,
    arithmetic: Arc<Enclosures>,
    values: Arc<Remembering<'n>>,
    pass: Pass<'n, Enclosures>,
    zeros: Arc<Mutex<Zeros<'n>>>,
    /// The first site from the input with an undecided kink, and the most of them in one of its samples.
    undecided: Option<(usize, usize)>,
}

/// A forward pass that keeps the last φ' that was asked for, whose size is measured.
struct Remembering<'n> {
    forward: Forward<'n, Enclosures>,
    derivative: Mutex<Option<Crossing>>,
}

impl Values for Remembering<'_> {
    fn value(&self, node: NodeId) -> Crossing {
        self.forward.value(node)
    }

    fn softmax(&self) -> Crossing {
        self.forward.softmax()
    }

    fn derivative(&self, node: NodeId, branches: Option<&Branches>) -> Crossing {
        let derivative = self.forward.derivative(node, branches);
        *self.derivative.lock().expect("invariant: nothing panics with the lock") = Some(derivative.clone());
        derivative
    }

    fn branches(&self) -> Branches {
        self.forward.branches()
    }

    fn range_exceeded(&self) -> bool {
        false
    }
}

impl<'n> EnclosedPass<'n> {
    /// Runs the forward pass and the loss with midpoints of `precision` bits, keeping values as the segments define.
    ///
    /// With `wanted` bits, digits of gradients beyond them are left out, with a margin.
    pub fn new(
        network: &'n Network,
        batch: &'n Batch,
        segments: Arc<Segments>,
        precision: u32,
        wanted: Option<u32>,
    ) -> EnclosedPass<'n> {
        let arithmetic = Enclosures::new(precision);
        let arithmetic = Arc::new(match wanted {
            Some(bits) => arithmetic.wanting(bits),
            None => arithmetic,
        });
        let stored = Stored { network, batch, format: None };
        let forward = Forward::new(stored, arithmetic.clone(), segments);
        let values = Arc::new(Remembering { forward, derivative: Mutex::new(None) });
        let zeros = Arc::new(Mutex::new(Zeros::new(network)));
        let pass = Pass::over(stored, values.clone(), arithmetic.clone(), true, 0, None);
        let pass = pass.watched_by({
            let zeros = zeros.clone();
            Box::new(move |node, gradient, shares| {
                zeros.lock().expect("invariant: nothing panics with the lock").visit(node, gradient, shares);
            })
        });
        let undecided = undecided(network, &values.branches());
        EnclosedPass { network, arithmetic, values, pass, zeros, undecided }
    }

    /// The precision at which so many bits of every site's gradient should be provable.
    pub fn forecast(network: &Network, batch: &Batch, bits: u32) -> u32 {
        enough(network, bits, forecast_loss(network, &batch.first(1)))
    }

    /// The branch of φ' of each pre-activation; unknown where it is undecided.
    pub fn branches(&self) -> Branches {
        self.values.branches()
    }

    /// A tensor, with the reason if nothing of use is known of it.
    fn tensor(&self, enclosed: &Crossing) -> Result<TrueTensor, Unproven> {
        let reason = |reason: Unproven| match (reason, self.undecided) {
            _ if self.arithmetic.is_out_of_range() => Unproven::ExponentRange,
            (Unproven::TooWide, Some((_, count))) => Unproven::UndecidedBranch { count },
            (reason, _) => reason,
        };
        let tensor = Ok(TrueTensor::enclosed(balls(enclosed)).map_err(reason)?);
        match Evidence::of(&tensor) {
            Evidence::NotEstablished(why) => Err(reason(why)),
            _ => tensor,
        }
    }

    fn site(&mut self, gradients: SiteGradients<Crossing>) -> SiteTruth {
        let layer = gradients.site;
        let node = self.network.sites[layer].node;
        let weight = self.tensor(&gradients.weight);
        let bias = gradients.bias.as_ref().map(|bias| self.tensor(bias));
        let slope = gradients.slope.as_ref().map(|slope| self.tensor(slope));
        let delta = self.tensor(&gradients.delta);
        let tensors = weight.as_ref().ok().zip(match &bias {
            None => Some(None),
            Some(bias) => bias.as_ref().ok().map(Some),
        });
        let gradient: Option<Vec<&TrueTensor>> =
            tensors.map(|(weight, bias)| std::iter::once(weight).chain(bias).collect());
        let is_zero = |gradient: &Vec<&TrueTensor>| gradient.iter().all(|tensor| zero::is_zero_tensor(tensor));
        let zero = {
            let mut zeros = self.zeros.lock().expect("invariant: nothing panics with the lock");
            zeros.learn(layer, weight.as_ref().ok().map(zero::is_zero_tensor));
            let inputs = balls(&gradients.input);
            gradient
                .as_ref()
                .filter(|gradient| is_zero(gradient))
                .map(|_| zeros.of_site(node, balls(&gradients.delta), inputs))
        };
        let columns = |crossing: &Crossing| Column::all_of(balls(crossing));
        let (deltas, z, inputs) =
            (columns(&gradients.delta), columns(&gradients.preactivation), columns(&gradients.input));
        let sizes = self.sizes(layer, (&deltas, &z, &inputs), gradient.as_deref());
        let midpoints = |columns: &Columns| Midpoints::of(columns.as_ref()?);
        let (preactivation, input) = (midpoints(&z), midpoints(&inputs));
        let pieces = self.pieces(layer, &gradients.preactivation);
        SiteTruth { site: layer, weight, bias, slope, delta, pieces, preactivation, input, sizes, zero }
    }

    /// Per sample and unit the piece of φ' on which z lies; empty for the head.
    fn pieces(&self, layer: usize, z: &Crossing) -> Vec<Vec<Option<Piece>>> {
        let Some(activation) = self.network.sites[layer].activation else { return Vec::new() };
        let Operation::Activation { activation, .. } = &self.network.nodes[activation].operation else {
            unreachable!("invariant: a layer's activation is one")
        };
        let (units, samples) = z.dim();
        let of_sample = |sample| (0..units).map(|unit| z.piece((unit, sample), activation)).collect();
        (0..samples).map(of_sample).collect()
    }

    fn sizes(
        &self,
        layer: usize,
        (deltas, z, inputs): (&Columns, &Columns, &Columns),
        gradient: Option<&[&TrueTensor]>,
    ) -> Sizes {
        let of = |columns: &Columns| columns.as_ref().map_or(Number::None, |columns| sizes::of_columns(columns));
        let derivative = self.values.derivative.lock().expect("invariant: nothing panics with the lock").take();
        let derivatives = match (self.network.sites[layer].activation, derivative) {
            (None, _) => Number::Finite(0.0),
            (Some(_), Some(derivative)) => of(&Column::all_of(balls(&derivative))),
            (Some(_), None) => Number::None,
        };
        let minibatch_noise = match (deltas, inputs, gradient) {
            (Some(deltas), Some(inputs), Some(gradient)) => sizes::minibatch_noise(deltas, inputs, gradient),
            _ => (Number::None, false),
        };
        Sizes {
            gradient: gradient.map_or(Number::None, sizes::of_tensors),
            inputs: of(inputs),
            preactivations: of(z),
            derivatives,
            delta: of(deltas),
            minibatch_noise,
        }
    }
}

/// A value, one column per sample; `None` where an entry is not known at all.
type Columns = Option<Vec<Column>>;

impl Iterator for EnclosedPass<'_> {
    type Item = SiteTruth;

    fn next(&mut self) -> Option<SiteTruth> {
        let gradients = self.pass.advance()?;
        Some(self.site(gradients))
    }
}

fn balls(crossing: &Crossing) -> &Array2<Ball> {
    match crossing {
        Crossing::Enclosures(balls) => balls,
        Crossing::Numbers(_) => unreachable!("invariant: this pass has enclosures"),
    }
}

/// The first site from the input (1 = first) with an undecided kink, and the most of them in one sample.
fn undecided(network: &Network, branches: &Branches) -> Option<(usize, usize)> {
    network.sites.iter().enumerate().find_map(|(index, layer)| {
        let count = branches.most_unknown(layer.activation?);
        (count > 0).then_some((index + 1, count))
    })
}

/// The bits that are lost on the way to the worst gradient of weights, from a run that counts roundings as in a far higher
/// precision: δ·aᵀ is as uncertain as the worse of its two factors.
fn forecast_loss(network: &Network, batch: &Batch) -> f64 {
    let segments = Arc::new(Segments::new(network, 1));
    let arithmetic = Arc::new(Enclosures::new(FORECAST).without_weight_gradients());
    let stored = Stored { network, batch, format: None };
    let values = Arc::new(Forward::new(stored, arithmetic.clone(), segments));
    let mut pass = Pass::over(stored, values, arithmetic, true, 0, None);
    let lost = |crossing: &Crossing| {
        let balls = balls(crossing);
        let radius = Bound::norm(balls.iter().map(|ball| ball.radius));
        radius.log2() - Bound::norm(balls.iter().map(Ball::size)).log2() + f64::from(FORECAST.counted_bits())
    };
    let mut most = 0.0f64;
    while let Some(gradients) = pass.advance() {
        let both = [lost(&gradients.delta), lost(&gradients.input)];
        most = both.into_iter().filter(|lost| lost.is_finite()).fold(most, f64::max);
    }
    most
}
