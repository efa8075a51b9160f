//! The state of the exact gradient: healthy, vanishing (and where), exploding, or zero (and why), independent of any
//! format.

use super::medians::median;
use crate::record::{Evidence, ExactSite, Number, Proof, TrueSite, Truth, Zero, ZeroReason};
use crate::statistics;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// log₂ of 10⁻⁶ and 10⁶: beyond them a step at learning rate 1 changes the weights by less than a millionth, or by more
/// than a millionfold.
const LOG2_MILLIONTH: f64 = -19.931568569324174;
/// log₂ of Adam's usual ε, 10⁻⁸.
const LOG2_ADAM_EPSILON: f64 = -26.5754247590989;
/// Smallest number of factors below 1 in a gradient that vanishes by depth.
const LEAST_FACTORS: usize = 4;
/// Share of the decrease that no single factor may cause if a gradient vanishes by depth.
const LARGEST_SHARE: f64 = 2.0 / 3.0;

/// The state of an exact gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExactState {
    /// None of the others.
    Healthy,
    /// A step at learning rate 1 changes the weights by less than a millionth.
    Vanishing,
    /// A step at learning rate 1 changes the weights by more than a millionfold.
    Exploding,
    /// Every entry is proven to be zero.
    Zero,
    /// The exact gradient is not established.
    NotEstablished,
}

/// The exact gradient of the network: layer 1's, over the trials.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExactJudgement {
    /// Worst evidence of any layer and trial; in JSON in words.
    #[serde(serialize_with = "in_words")]
    #[schemars(with = "String")]
    pub evidence: Evidence,
    /// The proof that establishes it.
    #[serde(skip_serializing_if = "Proof::is_default")]
    pub proof: Proof,
    /// The state that most trials have, of ties the more severe; `not established` only if no trial has another, `None`
    /// if it is not recorded.
    pub state: Option<ExactState>,
    /// Number of trials with each state.
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/ExactState" }))]
    pub distribution: BTreeMap<ExactState, usize>,
    /// log₂ of the gradient's root mean square over the weights' (median over the trials).
    pub log2_relative: Number,
    /// The same by trial.
    pub log2_relative_trials: Vec<Number>,
    /// log₂ of the gradient's root mean square (median over the trials).
    pub log2_size: Number,
    /// Whether that is not zero and below Adam's usual ε, 10⁻⁸.
    pub is_below_adam_epsilon: bool,
    /// The reason why it is zero, in the first trial in which it is.
    pub zero: Option<ZeroJudgement>,
    /// Where it vanishes: by depth if it does so in at least half of the trials in which it vanishes (medians over
    /// these), else at the layer of the first trial in which it is one.
    pub vanishing: Option<Vanishing>,
    /// Layers other than layer 1 whose exact gradient is not healthy in at least half of the trials, with their states.
    pub other_layers: Vec<(usize, ExactState)>,
    /// Layers whose weight gradient is zero in at least half of the trials while their biases' is not.
    pub zero_weights: Vec<ZeroWeights>,
    /// Whether the network itself is at fault, so that no format helps: zero, or vanishing by depth.
    pub is_network_fault: bool,
}

fn in_words<S: Serializer>(evidence: &Evidence, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(evidence)
}

/// Why an exact gradient is zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ZeroJudgement {
    /// The reason.
    pub reason: ZeroReason,
    /// The layer that is the reason, if any.
    pub layer: Option<usize>,
    /// For zero weights, whether one step of learning changes them.
    pub ends_after_one_step: Option<bool>,
}

/// A layer whose exact weight gradient is zero although its bias gradient is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ZeroWeights {
    /// Which.
    pub layer: usize,
    /// Whether the layer's inputs are zero in these trials.
    pub inputs_are_zero: bool,
}

/// Where an exact gradient vanishes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Vanishing {
    /// Gradually, layer by layer.
    ByDepth {
        /// Geometric mean of the factors by which δ changes per layer in the backward pass.
        backward: f64,
        /// The same for a in the forward pass, from the input to the last layer that vanishes; 1 if only layer 1 does.
        forward: f64,
    },
    /// At one layer.
    AtLayer {
        /// Which.
        layer: usize,
        /// The small quantity there.
        small: Small,
        /// log₂ of its root mean square.
        log2_size: Number,
    },
}

/// The quantity that is small at a layer where the gradient vanishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Small {
    /// Its weights.
    Weights,
    /// φ' of its units.
    Derivatives,
    /// Its inputs.
    Inputs,
    /// δ at the output: the loss itself is nearly at its minimum.
    Loss,
}

/// Every layer of the exact network in one trial, from layer 1 to the head.
type Trial<'a> = Vec<&'a ExactSite>;

/// The state of a network's exact gradient; `batch` is the number of samples, over which the loss is a mean.
pub(super) fn judge(truth: &Truth, batch: usize) -> ExactJudgement {
    let trials = trials(truth);
    let distribution = distribution(&trials, 0);
    let state = commonest(&distribution);
    let first = || trials.iter().filter_map(|trial| trial.first());
    let log2_size = median(first().map(|layer| layer.log2_gradient));
    let first_with = |wanted| trials.iter().find(|trial| state_of(trial, 0) == wanted);
    let vanishing = trials.iter().filter(|trial| state_of(trial, 0) == ExactState::Vanishing);
    let vanishing = over_trials(&vanishing.map(|trial| place(trial, batch)).collect::<Vec<_>>());
    let by_depth = matches!(vanishing, Some(Vanishing::ByDepth { .. }));
    ExactJudgement {
        evidence: truth.evidence,
        proof: truth.proof(),
        state,
        log2_relative: median(trials.iter().map(|trial| log2_relative(trial, 0))),
        log2_relative_trials: trials.iter().map(|trial| log2_relative(trial, 0)).collect(),
        log2_size,
        is_below_adam_epsilon: log2_size.finite().is_some_and(|size| size < LOG2_ADAM_EPSILON),
        zero: first_with(ExactState::Zero).and_then(|trial| trial.first()?.zero).map(|zero| ZeroJudgement {
            reason: zero.reason,
            layer: zero.site,
            ends_after_one_step: zero.ends_after_one_step,
        }),
        vanishing,
        other_layers: other_layers(truth, &trials),
        zero_weights: zero_weights(truth),
        is_network_fault: state == Some(ExactState::Zero) || state == Some(ExactState::Vanishing) && by_depth,
        distribution,
    }
}

/// Layer 1's exact gradient in one trial.
pub(super) struct ExactTrial {
    pub state: ExactState,
    /// Whether it vanishes, and that by depth.
    pub is_by_depth: bool,
    /// log₂ of its root mean square.
    pub log2_size: Number,
    /// The same over that of the weights.
    pub log2_relative: Number,
    pub zero: Option<Zero>,
}

/// Layer 1's exact gradient in every completely recorded trial.
pub(super) fn by_trial(truth: &Truth, batch: usize) -> Vec<ExactTrial> {
    let trial = |trial: &Trial| {
        let state = state_of(trial, 0);
        let is_vanishing = state == ExactState::Vanishing;
        ExactTrial {
            state,
            is_by_depth: is_vanishing && matches!(place(trial, batch), Vanishing::ByDepth { .. }),
            log2_size: trial.first().map_or(Number::None, |layer| layer.log2_gradient),
            log2_relative: log2_relative(trial, 0),
            zero: trial.first().and_then(|layer| layer.zero),
        }
    };
    trials(truth).iter().map(trial).collect()
}

/// The completely recorded trials.
fn trials(truth: &Truth) -> Vec<Trial<'_>> {
    let count = truth.sites.iter().map(|layer| layer.trials.len()).min().unwrap_or(0);
    let layer = |trial: usize| truth.sites.iter().map(move |layer| layer.trials[trial].exact.as_deref());
    (0..count).filter_map(|trial| layer(trial).collect()).collect()
}

/// log₂ of a gradient's root mean square over that of the weights; of weights that are all zero over the median of
/// those of all layers. `None` if there is nothing to compare.
pub(super) fn relative(gradient: Number, weights: Number, all_weights: impl Iterator<Item = Number>) -> Number {
    let others = || median(all_weights.filter(|weights| weights.finite().is_some()));
    match (gradient, weights.finite().or_else(|| others().finite())) {
        (Number::Finite(gradient), Some(weights)) => Number::new(gradient - weights),
        (Number::MinusInfinite, _) => Number::MinusInfinite,
        _ => Number::None,
    }
}

/// The state of a gradient of that root mean square (log₂), by itself and relative to the weights.
pub(super) fn state(gradient: Number, relative: Number) -> ExactState {
    match (gradient, relative.finite()) {
        (Number::None | Number::Infinite, _) => ExactState::NotEstablished,
        (Number::MinusInfinite, _) => ExactState::Zero,
        (_, Some(relative)) if relative < LOG2_MILLIONTH => ExactState::Vanishing,
        (_, Some(relative)) if relative > -LOG2_MILLIONTH => ExactState::Exploding,
        _ => ExactState::Healthy,
    }
}

fn log2_relative(trial: &Trial, place: usize) -> Number {
    let Some(layer) = trial.get(place) else { return Number::None };
    relative(layer.log2_gradient, layer.log2_weights, trial.iter().map(|layer| layer.log2_weights))
}

fn state_of(trial: &Trial, place: usize) -> ExactState {
    state(trial.get(place).map_or(Number::None, |layer| layer.log2_gradient), log2_relative(trial, place))
}

fn distribution(trials: &[Trial], place: usize) -> BTreeMap<ExactState, usize> {
    let mut distribution = BTreeMap::new();
    trials.iter().for_each(|trial| *distribution.entry(state_of(trial, place)).or_insert(0) += 1);
    distribution
}

/// The state of most trials, the more severe one at ties; `not established` only counts if there is no other.
fn commonest(distribution: &BTreeMap<ExactState, usize>) -> Option<ExactState> {
    let rank = |state: ExactState, count: usize| (state != ExactState::NotEstablished, count, state);
    distribution.iter().max_by_key(|(state, count)| rank(**state, **count)).map(|(state, _)| *state)
}

fn other_layers(truth: &Truth, trials: &[Trial]) -> Vec<(usize, ExactState)> {
    let state = |place: usize| {
        let mut distribution = distribution(trials, place);
        let healthy = distribution.remove(&ExactState::Healthy).unwrap_or(0);
        commonest(&distribution).filter(|_| 2 * healthy <= trials.len())
    };
    let others = truth.sites.iter().enumerate().skip(1);
    others.filter_map(|(place, layer)| Some((layer.site, state(place)?))).collect()
}

fn zero_weights(truth: &Truth) -> Vec<ZeroWeights> {
    let of = |layer: &TrueSite| {
        let exact = layer.trials.iter().filter(|trial| trial.log2_norm == Number::MinusInfinite);
        let alive =
            exact.filter_map(|trial| trial.exact.as_deref()).filter(|exact| exact.log2_gradient.finite().is_some());
        let inputs: Vec<Number> = alive.map(|exact| exact.log2_inputs).collect();
        let is_told = !inputs.is_empty() && 2 * inputs.len() >= layer.trials.len();
        let inputs_are_zero = inputs.iter().all(|inputs| *inputs == Number::MinusInfinite);
        is_told.then_some(ZeroWeights { layer: layer.site, inputs_are_zero })
    };
    truth.sites.iter().filter_map(of).collect()
}

/// The place where a gradient vanishes over the trials in which it does.
fn over_trials(places: &[Vanishing]) -> Option<Vanishing> {
    let factors = places.iter().filter_map(|place| match place {
        Vanishing::ByDepth { backward, forward } => Some((*backward, *forward)),
        Vanishing::AtLayer { .. } => None,
    });
    let (backward, forward): (Vec<f64>, Vec<f64>) = factors.unzip();
    if places.is_empty() || 2 * backward.len() < places.len() {
        return places.iter().find(|place| matches!(place, Vanishing::AtLayer { .. })).copied();
    }
    Some(Vanishing::ByDepth { backward: statistics::median(backward)?, forward: statistics::median(forward)? })
}

/// One of the factors whose product is the size of a layer's gradient.
struct Factor {
    /// log₂ of it.
    log2: f64,
    /// The small quantity at its place.
    at: Vanishing,
}

/// The place where layer 1's gradient vanishes.
///
/// Its factors are those by which δ changes from layer to layer, and two more that do not depend on the depth: δ at the
/// output (relative to 1/B, because the loss is a mean over the batch) and the inputs of the network. A loss near its
/// minimum and tiny data are not effects of depth, so they take part in the search for the largest factor.
fn place(trial: &Trial, batch: usize) -> Vanishing {
    let steps = backward_factors(trial);
    let below = steps.iter().filter(|factor| factor.log2 < 0.0).count();
    let factors: Vec<Factor> = steps.into_iter().chain(ends(trial, batch)).collect();
    let lost: f64 = factors.iter().map(|factor| factor.log2.min(0.0)).sum();
    let smallest = factors.into_iter().reduce(|least, next| if next.log2 < least.log2 { next } else { least });
    match smallest {
        Some(smallest) if below < LEAST_FACTORS || smallest.log2 < LARGEST_SHARE * lost => smallest.at,
        _ => by_depth(trial),
    }
}

/// From the output down to layer 1: rms(δ_k)/rms(δ_{k+1}), made by the weights of layer k+1 and by φ' of layer k.
fn backward_factors(trial: &Trial) -> Vec<Factor> {
    let factor = |(place, pair): (usize, &[&ExactSite])| {
        let [layer, above] = pair else { return None };
        let log2 = layer.log2_delta.finite()? - above.log2_delta.finite()?;
        let derivatives = layer.log2_derivatives.finite();
        // The one of two factors that carries at least half.
        let at = if derivatives.is_some_and(|derivatives| 2.0 * derivatives <= log2) {
            let log2_size = layer.log2_derivatives;
            Vanishing::AtLayer { layer: place + 1, small: Small::Derivatives, log2_size }
        } else {
            Vanishing::AtLayer { layer: place + 2, small: Small::Weights, log2_size: above.log2_weights }
        };
        Some(Factor { log2, at })
    };
    trial.windows(2).enumerate().filter_map(factor).collect()
}

/// δ at the output and the inputs of the network.
fn ends(trial: &Trial, batch: usize) -> Vec<Factor> {
    let (Some(first), Some(head)) = (trial.first(), trial.last()) else { return Vec::new() };
    let loss = head.log2_delta.finite().map(|delta| Factor {
        log2: delta + core_math::log2(batch.max(1) as f64),
        at: Vanishing::AtLayer { layer: trial.len(), small: Small::Loss, log2_size: head.log2_delta },
    });
    let inputs = first.log2_inputs.finite().map(|inputs| Factor {
        log2: inputs,
        at: Vanishing::AtLayer { layer: 1, small: Small::Inputs, log2_size: first.log2_inputs },
    });
    loss.into_iter().chain(inputs).collect()
}

/// The mean factors per layer, in the backward and in the forward pass.
fn by_depth(trial: &Trial) -> Vanishing {
    let mean = |from: Number, to: Number, steps: usize| match (from, to) {
        (Number::Finite(from), Number::Finite(to)) if steps > 0 => core_math::exp2((to - from) / steps as f64),
        _ => 1.0,
    };
    let last = (0..trial.len()).rev().find(|place| state_of(trial, *place) == ExactState::Vanishing).unwrap_or(0);
    let (first, head) = (trial[0], trial[trial.len() - 1]);
    Vanishing::ByDepth {
        backward: mean(head.log2_delta, first.log2_delta, trial.len() - 1),
        forward: mean(first.log2_inputs, trial[last].log2_inputs, last),
    }
}
