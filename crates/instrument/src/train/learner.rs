//! One arithmetic's own copy of a network, and how a step changes it.

use super::clip::clip;
use super::events::Log;
use super::loss::{RightAnswers, mean_loss, total_loss};
use super::loss_scale::Scaler;
use super::moments::underflowed;
use super::optimiser::{Change, Moment, Rounded, State, applied, change};
use crate::arithmetic::dispatch::{Carriers, Visitor, dispatch_with};
use crate::arithmetic::policy::TrainingPolicy;
use crate::arithmetic::{ArithmeticName, Exact, ExactMatrix, Numbers, Steps, Text};
use crate::backprop::{ForwardRun, Part, Setup, gradients};
use crate::data::Batch;
use crate::draw::Stream;
use crate::graph::Network;
use crate::number::Number;
use crate::record::training::{Course, End, EventKind, HeldOut, ScaleChange};
use crate::spec::training::{Optimiser, Rate, TrainingScale, TrainingSpec};
use ndarray::Array2;
use std::sync::Arc;

/// What every copy of a training has in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// How gradients become updates.
    pub optimiser: Optimiser,
    /// The learning rate.
    pub rate: Rate,
    /// Steps in all, which the rate follows.
    pub steps: usize,
    /// Largest norm of all gradients together.
    pub clip_norm: Option<f64>,
    /// Seed of the random bits of stochastic rounding.
    pub seed: u64,
}

impl From<&TrainingSpec> for Recipe {
    fn from(spec: &TrainingSpec) -> Recipe {
        let TrainingSpec { optimiser, rate, steps, clip_norm, seed, .. } = *spec;
        Recipe { optimiser, rate, steps, clip_norm, seed }
    }
}

/// A copy in training.
#[derive(Clone, Debug)]
pub struct Learner {
    /// How it computes.
    pub policy: TrainingPolicy,
    scale: TrainingScale,
    /// The network with its current parameters: numbers of the master format.
    pub network: Network,
    /// The optimiser's state of each parameter: numbers of the update's format.
    pub state: Vec<State<f64>>,
    /// Updates made.
    pub updates: u64,
    /// The current loss scale.
    pub scaler: Scaler,
    /// Its learning curve so far.
    pub course: Course,
    /// What happened to it beyond rounding error.
    pub log: Log,
}

/// A completed step.
pub struct CompletedStep {
    /// The gradient of every parameter, the loss scale divided out.
    pub gradients: Vec<ExactMatrix>,
    /// Its learning rate, and which update it was.
    pub moment: Moment,
    /// True if loss scaling skipped the update.
    pub skipped: bool,
}

impl Learner {
    /// A copy of a network, its parameters rounded to the master format.
    pub fn new(policy: TrainingPolicy, scale: TrainingScale, network: &Network) -> Learner {
        let mut network = network.clone();
        for (index, parameter) in network.parameters.iter_mut().enumerate() {
            if let Some(stored) = stored(policy.master, network.key, index, &parameter.values) {
                parameter.values = stored;
            }
        }
        let scaler = Scaler::new(scale);
        let first = ScaleChange { step: 0, log2: scaler.log2.unwrap_or(0) };
        let scales = if scale == TrainingScale::None { Vec::new() } else { vec![first] };
        let course = Course { losses: vec![], held_out: vec![], scales, skipped: vec![], end: End::Completed };
        let state = vec![State::new(); network.parameters.len()];
        Learner { policy, scale, network, state, updates: 0, scaler, course, log: Log::default() }
    }

    /// True while steps still change something.
    pub fn is_learning(&self) -> bool {
        self.course.end == End::Completed
    }

    /// False if a parameter is infinite or NaN: the network has no exact gradient then.
    pub fn is_finite(&self) -> bool {
        self.network.parameters.iter().all(|parameter| parameter.values.iter().all(|x| x.is_finite()))
    }

    /// How gradients are computed at present.
    pub fn setup(&self) -> Setup {
        Setup { log2_loss_scale: self.scaler.log2.unwrap_or(0), ..self.policy.gradients.into() }
    }

    /// Draws the random bits of a step.
    pub fn rekey(&mut self, seed: u64, step: usize) {
        self.network.key = Stream::new(seed, 0, &format!("rounding.{step}")).key();
    }

    /// One step: gradients of a minibatch, and the update that the optimiser makes of them.
    pub fn step(&mut self, recipe: &Recipe, step: usize, batch: &Batch) -> CompletedStep {
        self.rekey(recipe.seed, step);
        if step == 0 && !self.is_finite() {
            self.log.note(EventKind::ParametersOverflow, step);
        }
        let Gradients { gradients, outputs, overflow } = gradients_of(self.setup(), &self.network, batch);
        self.course.losses.push(Number::new(mean_loss(&outputs, batch)));
        overflow.into_iter().for_each(|overflow| self.log.note(overflow, step));
        let is_finite = gradients.iter().all(ExactMatrix::is_finite);
        let moment = Moment { rate: recipe.rate.at(step, recipe.steps), update: self.updates + 1 };
        let before = self.scaler.log2;
        let skipped = self.scaler.observe(self.scale, is_finite);
        if skipped {
            self.course.skipped.push(step);
            let is_forward = matches!(overflow, Some(EventKind::ForwardOverflow { .. }));
            let reason = if is_forward { EventKind::SkippedForward } else { EventKind::SkippedBackward };
            self.log.note(reason, step);
        } else {
            self.update(recipe, step, moment, &gradients);
        }
        match self.scaler.log2 {
            None => self.course.end = End::ScaleVanished { step },
            // After the last step there is none with it.
            Some(log2) if Some(log2) != before && step + 1 < recipe.steps => {
                self.course.scales.push(ScaleChange { step: step + 1, log2 })
            }
            _ => {}
        }
        CompletedStep { gradients, moment, skipped }
    }

    /// Makes an update.
    fn update(&mut self, recipe: &Recipe, step: usize, moment: Moment, gradients: &[ExactMatrix]) {
        let parameters: Vec<&Array2<f64>> = self.network.parameters.iter().map(|parameter| &parameter.values).collect();
        let key = self.network.key;
        let work = Advance { recipe, moment, parameters: &parameters, gradients, state: &self.state };
        let Advanced { parameters, events } = dispatch_with(self.policy.update, Carriers::Infallible, key, work);
        let advanced = parameters.and_then(|(theta, state)| {
            let stored = theta.iter().enumerate().map(|(index, theta)| stored(self.policy.master, key, index, theta));
            Some((stored.collect::<Option<Vec<_>>>()?, state))
        });
        events.into_iter().for_each(|event| self.log.note(event, step));
        let Some((theta, state)) = advanced else {
            self.course.end = End::BeyondDoubles { step };
            return;
        };
        for (parameter, theta) in self.network.parameters.iter_mut().zip(theta) {
            parameter.values = theta;
        }
        if !self.is_finite() {
            self.course.end = End::ParametersNotFinite { step };
        }
        self.state = state;
        self.updates += 1;
    }

    /// Evaluates the held-out samples in pieces; without any, nothing is recorded.
    pub fn hold_out(&mut self, step: usize, pieces: &[Batch]) {
        if pieces.is_empty() {
            return;
        }
        let (mut loss, mut answers, mut of) = (0.0, Some(RightAnswers::default()), 0);
        for piece in pieces {
            let outputs = ForwardRun::new(&self.policy.gradients, Part::Whole, &self.network, piece).outputs();
            loss += total_loss(&outputs, piece);
            answers = answers.zip(RightAnswers::new(&outputs, piece)).map(|(sum, more)| sum.plus(more));
            of += piece.inputs.ncols() as u64;
        }
        let (right, tied) = (answers.as_ref().map(RightAnswers::right), answers.and_then(|answers| answers.tied()));
        self.course.held_out.push(HeldOut { step, loss: Number::new(loss / of as f64), right, tied, of });
    }

    /// The change that the exact optimiser makes, from the same parameters and the same state, in an arithmetic whose
    /// rounding is negligible.
    pub fn changes_in<A: Numbers>(
        &self,
        arithmetic: &A,
        recipe: &Recipe,
        moment: Moment,
        gradients: Vec<Array2<A::Elem>>,
    ) -> Vec<Change<A::Elem>> {
        let readings = readings(arithmetic, self.network.parameters.len());
        let parameters = readings.iter().zip(&self.network.parameters);
        let theta: Vec<_> = parameters.map(|(read, parameter)| read.round_doubles(&parameter.values)).collect();
        let mut state = read_states(&readings, &self.state);
        changes(arithmetic, recipe, moment, &theta, gradients, &mut state).0
    }
}

/// The results of a pass over a minibatch.
pub struct Gradients {
    /// The gradient of every parameter.
    pub gradients: Vec<ExactMatrix>,
    /// The value of the head.
    pub outputs: ExactMatrix,
    /// The first overflow: in the forward pass, or else in the backward pass.
    pub overflow: Option<EventKind>,
}

/// The gradient of every parameter, and the outputs.
pub fn gradients_of(setup: Setup, network: &Network, batch: &Batch) -> Gradients {
    let mut found: Vec<Option<ExactMatrix>> = vec![None; network.parameters.len()];
    let (mut outputs, mut forward, mut backward) = (None, None, None);
    let of_layers = network.site_parameters();
    for layer in gradients(setup, network, batch) {
        let number = layer.site + 1;
        // From the head down: the last one is nearest to the input.
        if !layer.preactivation.is_finite() {
            forward = Some(EventKind::ForwardOverflow { site: number });
        }
        let own = [Some(&layer.weight), layer.bias.as_ref(), layer.slope.as_ref()];
        if !own.into_iter().flatten().all(ExactMatrix::is_finite) {
            backward.get_or_insert(EventKind::GradientOverflow { site: number });
        }
        // The head comes first, and its value is the output.
        outputs.get_or_insert(layer.preactivation);
        let [weight, bias, slope] = of_layers[layer.site];
        for (parameter, gradient) in [(weight, Some(layer.weight)), (bias, layer.bias), (slope, layer.slope)] {
            if let Some((parameter, gradient)) = parameter.zip(gradient) {
                found[parameter] = Some(gradient);
            }
        }
    }
    let found = found.into_iter().map(|gradient| gradient.expect("invariant: every parameter belongs to a layer"));
    let outputs = outputs.expect("invariant: a network has a head");
    Gradients { gradients: found.collect(), outputs, overflow: forward.or(backward) }
}

/// For each parameter the steps in which an update's arithmetic reads it, its gradient and its state.
fn readings<A: Numbers>(arithmetic: &A, parameters: usize) -> Vec<Steps<'_, A>> {
    (0..parameters).map(|parameter| Steps::new(arithmetic, Text::Reading(parameter))).collect()
}

fn read_states<A: Numbers>(readings: &[Steps<'_, A>], states: &[State<f64>]) -> Vec<State<A::Elem>> {
    let each = |(read, state): (&Steps<'_, A>, &State<f64>)| state.iter().map(|x| read.round_doubles(x)).collect();
    readings.iter().zip(states).map(each).collect()
}

/// Values rounded to the master format; `None` if one is no double.
fn stored(master: ArithmeticName, key: u64, parameter: usize, values: &Array2<f64>) -> Option<Array2<f64>> {
    struct Store<'a>(usize, &'a Array2<f64>);
    impl Visitor for Store<'_> {
        type Output = Option<Array2<f64>>;
        fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> Option<Array2<f64>> {
            let stored = arithmetic.round_doubles(Text::Storing(self.0).first(), self.1);
            doubles(arithmetic.exact_matrix(&stored))
        }
    }
    dispatch_with(master, Carriers::Infallible, key, Store(parameter, values))
}

/// Values as doubles if all of them are; infinities and NaN stay as they are.
fn doubles(matrix: ExactMatrix) -> Option<Array2<f64>> {
    match matrix {
        ExactMatrix::Doubles(matrix) => Some(matrix),
        ExactMatrix::Any(matrix) => {
            let is_double = |x: &Exact| !x.is_finite() || *x == Exact::Double(x.to_f64());
            matrix.iter().all(is_double).then(|| matrix.map(Exact::to_f64))
        }
    }
}

/// All parameters' updates and their events; the states advance.
fn changes<A: Numbers>(
    arithmetic: &A,
    recipe: &Recipe,
    moment: Moment,
    theta: &[Array2<A::Elem>],
    mut gradients: Vec<Array2<A::Elem>>,
    state: &mut [State<A::Elem>],
) -> (Vec<Change<A::Elem>>, Vec<EventKind>) {
    let mut events = Vec::new();
    if let Some(most) = recipe.clip_norm {
        let clipped = clip(arithmetic, most, &mut gradients);
        events.extend(clipped.overflow.map(|norm| EventKind::ClippingOverflow { norm }));
        events.extend(clipped.scalars.into_iter().map(rounded));
    }
    let (mut lost, mut of) = (0, 0);
    let each = gradients.into_iter().zip(theta).zip(state).enumerate();
    let changes = each.map(|(parameter, ((gradient, theta), state))| {
        let before = (arithmetic.exact_matrix(&gradient), state.get(1).map(|v| arithmetic.exact_matrix(v)));
        let change = change(arithmetic, &recipe.optimiser, moment, parameter, theta, gradient, state);
        let after = state.get(1).map(|v| arithmetic.exact_matrix(v));
        lost += after.map_or(0, |after| underflowed(&recipe.optimiser, moment, &before.0, before.1.as_ref(), &after));
        of += theta.len() as u64;
        change
    });
    let changes: Vec<_> = changes.collect();
    events.extend(changes.iter().flat_map(|change| &change.scalars).copied().map(rounded));
    if lost > 0 {
        events.push(EventKind::SecondMomentUnderflow { entries: lost, of });
    }
    (changes, events)
}

fn rounded(Rounded { scalar, exact, rounded }: Rounded) -> EventKind {
    EventKind::ScalarRounded { scalar, exact, rounded }
}

/// Matrices, one per parameter.
type Parameters = Vec<Array2<f64>>;

/// The result of an update.
struct Advanced {
    /// New parameters and states, if all of them are doubles.
    parameters: Option<(Parameters, Vec<State<f64>>)>,
    /// Events of the update.
    events: Vec<EventKind>,
}

/// An update in any arithmetic.
struct Advance<'a> {
    recipe: &'a Recipe,
    moment: Moment,
    parameters: &'a [&'a Array2<f64>],
    gradients: &'a [ExactMatrix],
    state: &'a [State<f64>],
}

impl Visitor for Advance<'_> {
    type Output = Advanced;

    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> Advanced {
        let ar = &*arithmetic;
        let readings = readings(ar, self.parameters.len());
        let theta: Vec<_> =
            readings.iter().zip(self.parameters).map(|(read, values)| read.round_doubles(values)).collect();
        let gradients = readings.iter().zip(self.gradients).map(|(read, gradient)| read.round(gradient)).collect();
        let mut state = read_states(&readings, self.state);
        let (changes, events) = changes(ar, self.recipe, self.moment, &theta, gradients, &mut state);
        let exact = |x: &Array2<A::Elem>| doubles(ar.exact_matrix(x));
        let theta: Option<_> = changes.iter().map(|change| exact(&applied(ar, change))).collect();
        let state: Option<_> = state.iter().map(|state| state.iter().map(exact).collect()).collect();
        Advanced { parameters: theta.zip(state), events }
    }
}
