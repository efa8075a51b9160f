//! Events of a training in words: sentences, and a few words for a table.

use crate::judgement::training::{LearnerJudgement, Lengths, ScaleCourse, SkipReason, Skipped};
use crate::record::training::{Event, EventKind, Learner, Scalar};
use crate::report::numbers::{Notation, power, short};

/// A number as people write it: in powers of ten where it is small, to its last digit where three would make it 1.
fn exact(x: f64, notation: Notation) -> String {
    if x.abs() < 0.1 || x.abs() >= 1e6 { short(x, notation) } else { x.to_string() }
}

/// `at step 0`, or `at step 0 and 5 more`.
fn when(event: &Event) -> String {
    match event.steps {
        0 | 1 => format!("at step {}", event.first),
        steps => format!("at step {} and {} more", event.first, steps - 1),
    }
}

/// One event of a learner.
pub fn sentence(event: &Event, learner: &Learner, judged: &LearnerJudgement, notation: Notation) -> String {
    let when = when(event);
    match event.kind {
        EventKind::ParametersOverflow => {
            format!("The initial parameters exceed {}'s largest number.", learner.master)
        }
        EventKind::ForwardOverflow { site } => format!("The forward pass overflows in layer\u{a0}{site} {when}."),
        EventKind::GradientOverflow { site } => format!("The backward pass overflows in layer\u{a0}{site} {when}."),
        EventKind::SkippedForward | EventKind::SkippedBackward => {
            judged.skipped.map_or(String::new(), |skipped| self::skipped(&skipped, notation))
        }
        EventKind::ClippingOverflow { norm } => clipping(norm.value(), learner, judged, &when, notation),
        EventKind::ScalarRounded { scalar, exact: value, rounded } => format!(
            "{scalar} = {} rounds to {rounded} in {} {when}: {}.",
            exact(value, notation),
            learner.update,
            consequence(scalar, rounded)
        ),
        EventKind::SecondMomentUnderflow { entries, of } => {
            let share = short(100.0 * entries as f64 / of.max(1) as f64, notation);
            format!(
                "Second moments underflow in {} {when}: up to {share} % of the entries of v are 0 where √v̂ exceeds ε, which \
                 makes their updates too long.",
                learner.update
            )
        }
    }
}

/// Effect of a constant that rounds to 0 or 1.
fn consequence(scalar: Scalar, rounded: u8) -> &'static str {
    match (scalar, rounded) {
        (Scalar::LearningRate | Scalar::StepSize, _) => "updates are 0",
        (Scalar::WeightDecay, _) | (Scalar::DecayFactor, 1) => "weight decay has no effect",
        (Scalar::DecayFactor, _) => "weight decay erases every parameter",
        (Scalar::Momentum, 0) => "there is no momentum",
        (Scalar::Momentum, _) => "the buffer never decays",
        (Scalar::DampeningComplement, 0) => "the buffer takes no gradient",
        (Scalar::DampeningComplement, _) => "there is no dampening",
        (Scalar::Beta1, 0) => "the first moment is the last gradient",
        (Scalar::Beta1 | Scalar::Beta1Complement, _) => "the first moment never changes",
        (Scalar::Beta2, 0) => "the second moment is that of the last gradient",
        (Scalar::Beta2, _) => "the second moment never decays",
        (Scalar::Beta2Complement, _) => "the second moment never grows",
        (Scalar::Correction, _) => "the bias correction divides by 0",
        (Scalar::Epsilon, _) => "an entry whose second moment is 0 is divided by 0",
        (Scalar::ClipNorm, _) => "every gradient is clipped to 0",
        (Scalar::ClipEpsilon, _) => "a gradient of zeros is divided by 0",
    }
}

fn clipping(norm: f64, learner: &Learner, judged: &LearnerJudgement, when: &str, notation: Notation) -> String {
    let limit = judged.update.map_or(String::new(), |format| format!(", {}", exact(format.largest, notation)));
    let has_infinities = judged.update.is_none_or(|format| format.has_infinities);
    format!(
        "The clipping norm overflows {when}: a norm is {}, its square {} is beyond {}'s largest number{limit}, and every \
         gradient is multiplied by {}.",
        short(norm, notation),
        short(norm * norm, notation),
        learner.update,
        if has_infinities { "0" } else { "NaN" }
    )
}

fn skipped(skipped: &Skipped, notation: Notation) -> String {
    let Skipped { steps, of, first, by_forward, reason, backward_layer, log2_scale, scale, saturated_from } = *skipped;
    let [from, to] = log2_scale.map(|log2| power(2, log2.into(), notation));
    let layer = backward_layer.map_or(String::new(), |layer| format!(", first in layer\u{a0}{layer}"));
    let until = match scale {
        ScaleCourse::Vanishes => " at every scale, until binary32 has no smaller one",
        ScaleCourse::Falls => " at every scale tried since",
        ScaleCourse::Oscillates => " again whenever clean steps have doubled the scale",
        ScaleCourse::Settles => " until the scale is small enough",
    };
    let why = match reason {
        SkipReason::Forward => "the forward pass itself overflows, so no loss scale can help".to_string(),
        SkipReason::Both => format!(
            "in {} of them the forward pass itself overflows, where no loss scale can help, and in the others gradients \
             overflow in the backward pass{layer}",
            by_forward.unwrap_or_default()
        ),
        SkipReason::Backward => format!("gradients overflow in the backward pass{layer}{until}"),
        SkipReason::NotRecorded => "gradients are not finite (which pass overflows is not recorded)".into(),
    };
    let from_here = saturated_from.map_or(String::new(), |step| format!("; from step {step} on nothing is learned"));
    let rest = if steps == of { String::new() } else { format!(", the first at step {first}") };
    format!("{steps} of {of} steps are skipped{rest} (loss scale {from} to {to}): {why}{from_here}.")
}

/// Updates of the wrong length, in a sentence.
pub fn lengths(lengths: &Lengths, is_long: bool, notation: Notation) -> String {
    let Lengths { step, layers, least, most, steps, of } = *lengths;
    let [low, high] = [least, most].map(|ratio| super::facts::times(ratio, notation));
    let range = if low == high { low } else { format!("{low} to {high}") };
    let only = if is_long { "" } else { "only " };
    let layers = if layers == 1 { "one layer".into() } else { format!("{layers} layers") };
    format!(
        "At step {step} the updates of {layers} are {only}{range} times as long as the exact ones (at {steps} of {of} \
         measured steps some are)."
    )
}

/// An event in a few words: `ε = 1e-8 rounds to 0`.
pub fn brief(event: &Event, judged: &LearnerJudgement, notation: Notation) -> String {
    match event.kind {
        EventKind::ParametersOverflow => "parameters overflow".into(),
        EventKind::ForwardOverflow { site } => match judged.skipped {
            Some(Skipped { steps, of, .. }) => format!("forward overflow, {steps} of {of} skipped"),
            None => format!("overflow in layer {site}, step {}", event.first),
        },
        EventKind::GradientOverflow { site } => format!("gradient overflow, layer {site}, step {}", event.first),
        EventKind::SkippedForward | EventKind::SkippedBackward => {
            judged.skipped.map_or(String::new(), |skipped| format!("{} of {} steps skipped", skipped.steps, skipped.of))
        }
        EventKind::ClippingOverflow { .. } => format!("clipping norm overflows, step {}", event.first),
        EventKind::ScalarRounded { scalar, exact: value, rounded } => {
            format!("{scalar} = {} rounds to {rounded}", exact(value, notation))
        }
        EventKind::SecondMomentUnderflow { entries, of } => {
            format!("second moments underflow ({} %)", short(100.0 * entries as f64 / of.max(1) as f64, notation))
        }
    }
}
