//! The exact gradient in words: its state, its place or factor, and what helps.

use super::words::{by_count, joined, two_of};
use crate::judgement::{ExactJudgement, ExactState, Small, Vanishing, ZeroJudgement};
use crate::record::{Run, Verdict, ZeroReason};
use crate::report::facts;
use crate::report::numbers::{Notation, factor, power_of_two, short};

/// Unmeasured changes that help if the network itself is at fault.
const NOT_MEASURED: &str = "other inits, skips or activations do (not measured)";

/// A factor per layer above this does not shrink the signal.
const STEADY: f64 = 0.95;

/// The state in one word or two.
pub fn name(state: ExactState) -> &'static str {
    match state {
        ExactState::Healthy => "healthy",
        ExactState::Vanishing => "vanishing",
        ExactState::Exploding => "exploding",
        ExactState::Zero => "zero",
        ExactState::NotEstablished => "not established",
    }
}

/// The state with its size and evidence, for a header: `healthy, 0.13 of the weights (proven to 83 bits)`.
pub fn state(exact: &ExactJudgement, notation: Notation) -> String {
    let evidence = facts::proven(exact.evidence, exact.proof);
    let Some(state) = exact.state else { return format!("state not recorded ({evidence})") };
    let mut words = match exact.distribution.len() {
        0 | 1 => name(state).to_string(),
        _ => distribution(exact),
    };
    if let Some(size) = relative(exact, notation) {
        words += &format!(", {size}");
    }
    // `not established: why` says the state by itself.
    let is_said = state == ExactState::NotEstablished && !exact.evidence.is_established();
    if is_said { evidence } else { format!("{words} ({evidence})") }
}

/// `healthy 4, zero 1`: by count.
pub fn distribution(exact: &ExactJudgement) -> String {
    let counts = by_count(&exact.distribution).into_iter();
    counts.map(|(state, count)| format!("{} {count}", name(state))).collect::<Vec<_>>().join(", ")
}

/// `0.13 of the weights`: the gradient's root mean square relative to that of the weights.
pub fn relative(exact: &ExactJudgement, notation: Notation) -> Option<String> {
    let log2 = exact.log2_relative.finite()?;
    let shown = match two_of(&exact.log2_relative_trials) {
        Some(both) => both.map(|log2| power_of_two(log2, notation)).join(" and "),
        None => power_of_two(log2, notation),
    };
    Some(if log2 < 0.0 { format!("{shown} of the weights") } else { format!("{shown} times the weights") })
}

/// The sentence about an exact gradient that is not healthy, in every trial or in some; `None` if there is nothing to
/// say. `measured` names what was measured and has a healthy gradient.
pub fn sentence(run: &Run, exact: &ExactJudgement, measured: Option<&str>, notation: Notation) -> Option<String> {
    let Some(claim) = claim(exact, notation) else { return unstated(run, exact) };
    let (state, _) = told(exact)?;
    let end = match state {
        ExactState::Zero => after_zero(exact.zero.as_ref(), measured),
        ExactState::Vanishing if is_by_depth(exact) => no_format(measured),
        ExactState::NotEstablished => "nothing can be said about its noise".into(),
        _ => return Some(format!("The exact gradient of layer 1 {claim}.")),
    };
    Some(format!("The exact gradient of layer 1 {claim}: {end}."))
}

/// Of a record that does not hold the state: a gradient that is zero is zero in every arithmetic.
fn unstated(run: &Run, exact: &ExactJudgement) -> Option<String> {
    let is_zero = run.arithmetics.first().is_some_and(|one| one.verdict.verdict == Verdict::Zero);
    (exact.state.is_none() && is_zero)
        .then(|| "The exact gradient of layer 1 is zero: no format helps (the reason is not recorded).".into())
}

/// The state that the sentence is about, and its number of trials: the commonest, or, next to a healthy one, the
/// commonest other.
fn told(exact: &ExactJudgement) -> Option<(ExactState, usize)> {
    let state = exact.state?;
    let count = |state: ExactState| exact.distribution.get(&state).copied().unwrap_or(0);
    if state != ExactState::Healthy {
        return Some((state, count(state)));
    }
    let others = exact.distribution.iter().filter(|(state, count)| **state != ExactState::Healthy && **count > 0);
    others.max_by_key(|(state, count)| (**count, **state)).map(|(state, count)| (*state, *count))
}

fn is_by_depth(exact: &ExactJudgement) -> bool {
    matches!(exact.vanishing, Some(Vanishing::ByDepth { .. }))
}

/// What the gradient does, after its subject: `vanishes by depth (1.9e-32 of the weights, ×0.41 per layer …)`.
pub fn claim(exact: &ExactJudgement, notation: Notation) -> Option<String> {
    let trials = trials(exact);
    let size = if trials.is_some() { None } else { relative(exact, notation) };
    let in_brackets = |more: Option<String>| {
        let parts: Vec<String> = size.into_iter().chain(more).collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    };
    let more = match (told(exact)?.0, exact.vanishing) {
        (ExactState::Zero, _) => exact.zero.as_ref().map_or(String::new(), because),
        (ExactState::NotEstablished, _) => {
            let why = exact.evidence.reason().filter(|_| trials.is_none());
            why.map_or(String::new(), |why| format!(" ({why})"))
        }
        (ExactState::Vanishing, Some(Vanishing::ByDepth { backward, forward })) => {
            in_brackets(Some(factors(backward, forward, notation)))
        }
        (ExactState::Vanishing, Some(Vanishing::AtLayer { layer, small, log2_size })) => {
            let size = log2_size.finite().map_or("tiny".into(), |log2| power_of_two(log2, notation));
            format!("{} at {}", in_brackets(None), place(layer, small, &size))
        }
        _ => in_brackets(None),
    };
    Some(format!("{}{}{more}", brief(exact)?, trials.map_or(String::new(), |trials| format!(" {trials}"))))
}

/// The same in few words and without a size, to name several activations behind it: `vanishes by depth`.
pub fn brief(exact: &ExactJudgement) -> Option<&'static str> {
    Some(match told(exact)?.0 {
        ExactState::Healthy => return None,
        ExactState::Vanishing if is_by_depth(exact) => "vanishes by depth",
        ExactState::Vanishing => "vanishes",
        ExactState::Exploding => "explodes",
        ExactState::Zero => "is zero",
        ExactState::NotEstablished => "is not established",
    })
}

/// The number of trials, unless it is all of them: `in 2 of 5 trials`.
pub fn trials(exact: &ExactJudgement) -> Option<String> {
    let (_, count) = told(exact)?;
    let all: usize = exact.distribution.values().sum();
    (count < all).then(|| format!("in {count} of {all} trials"))
}

/// `×0.41 per layer in the backward pass`.
fn factors(backward: f64, forward: f64, notation: Notation) -> String {
    let [back, up] = [backward, forward].map(|times| factor(times, notation));
    match (backward < STEADY, forward < STEADY) {
        (true, true) => format!("×{up} per layer in the forward pass and ×{back} in the backward pass"),
        (false, true) => format!("×{up} per layer in the forward pass"),
        _ => format!("×{back} per layer in the backward pass"),
    }
}

/// `layer 2, whose weights are 1e-8`.
fn place(layer: usize, small: Small, size: &str) -> String {
    match small {
        Small::Weights => format!("layer {layer}, whose weights are {size}"),
        Small::Derivatives => format!("layer {layer}, where φ' is {size}"),
        Small::Inputs => format!("layer {layer}, whose inputs are {size}"),
        Small::Loss => format!("the loss, which is nearly at its minimum (δ at the output is {size})"),
    }
}

/// ` because the weights of layer 3 are zero`.
fn because(zero: &ZeroJudgement) -> String {
    let layer = zero.layer.map_or("a layer".to_string(), |layer| format!("layer {layer}"));
    match (zero.reason, zero.layer) {
        (ZeroReason::LossAtMinimum, _) => " because the loss is at its minimum".into(),
        (ZeroReason::ZeroWeights, _) => format!(" because the weights of {layer} are zero"),
        (ZeroReason::DeadUnits, _) => {
            format!(" because φ' is zero in every unit of {layer} that a gradient reaches (dead units)")
        }
        (ZeroReason::ZeroInputs, None | Some(0 | 1)) => " because the inputs are zero".into(),
        (ZeroReason::ZeroInputs, Some(layer)) => format!(" because layer {} puts out zeros", layer - 1),
        (ZeroReason::Cancels, _) => " because its terms cancel exactly".into(),
    }
}

/// What helps if the gradient is zero, if anything.
fn after_zero(zero: Option<&ZeroJudgement>, measured: Option<&str>) -> String {
    let Some(zero) = zero else { return no_format(measured) };
    match (zero.reason, zero.ends_after_one_step) {
        (ZeroReason::ZeroWeights, Some(true)) => "no format helps, but it lives after one step of learning".into(),
        (ZeroReason::ZeroWeights, Some(false)) => {
            "no format helps, and learning does not change it; an init that is not zero does (not measured)".into()
        }
        (ZeroReason::LossAtMinimum, _) => "no format helps; there is nothing left to learn from this batch".into(),
        (ZeroReason::ZeroInputs, _) if zero.layer.is_none_or(|layer| layer <= 1) => {
            "no format helps; other data do (not measured)".into()
        }
        (ZeroReason::Cancels, _) => "no format helps; another batch does (not measured)".into(),
        _ => no_format(measured),
    }
}

fn no_format(measured: Option<&str>) -> String {
    format!("no format helps; {}", measured.unwrap_or(NOT_MEASURED))
}

/// Further facts: a gradient below Adam's ε, and other layers that are not healthy.
pub fn details(exact: &ExactJudgement, notation: Notation) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(log2) = exact.log2_size.finite().filter(|_| exact.is_below_adam_epsilon) {
        let size = power_of_two(log2, notation);
        sentences.push(format!(
            "The root mean square of the exact gradient of layer 1, {size}, is below Adam's usual ε of {}.",
            short(1e-8, notation)
        ));
    }
    sentences.extend(exact.zero_weights.iter().map(|zero| {
        let why = if zero.inputs_are_zero { " because its inputs are zero" } else { "" };
        format!("The weight gradient of layer {} is zero{why}; its bias gradient is not.", zero.layer)
    }));
    let states = [ExactState::Vanishing, ExactState::Exploding, ExactState::Zero, ExactState::NotEstablished];
    let group = |state: ExactState| {
        let layers: Vec<usize> =
            exact.other_layers.iter().filter(|(_, other)| *other == state).map(|(layer, _)| *layer).collect();
        (!layers.is_empty()).then(|| format!("{} in {}", name(state), spans(&layers)))
    };
    let groups: Vec<String> = states.into_iter().filter_map(group).collect();
    if !groups.is_empty() {
        sentences.push(format!("The exact gradient is {}.", joined(&groups)));
    }
    sentences
}

/// `layer 3`, `layers 2–5 and 9`.
fn spans(layers: &[usize]) -> String {
    let group = |group: &[usize]| match group {
        [one] => one.to_string(),
        [first, .., last] => format!("{first}–{last}"),
        [] => String::new(),
    };
    let groups: Vec<String> = layers.chunk_by(|one, next| one + 1 == *next).map(group).collect();
    format!("{} {}", if layers.len() == 1 { "layer" } else { "layers" }, joined(&groups))
}
