//! Steps that dynamic loss scaling skipped: how many, why, and what became of the scale. And the events worth reporting.

use crate::record::training::{End, Event, EventKind, Learner, Training, TrainingScale, WINDOW};
use schemars::JsonSchema;
use serde::Serialize;

/// Steps that dynamic loss scaling skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Skipped {
    /// How many.
    pub steps: usize,
    /// Steps made, skipped ones included.
    pub of: usize,
    /// The first.
    pub first: usize,
    /// How many of them because the forward pass overflowed, which no loss scale changes; `None` if not recorded.
    pub by_forward: Option<usize>,
    /// Why steps were skipped.
    pub reason: SkipReason,
    /// The layer nearest to the output whose gradient overflowed, at the first step at which the backward pass alone did.
    pub backward_layer: Option<usize>,
    /// log₂ of the scale at the beginning and at the end.
    pub log2_scale: [i32; 2],
    /// What became of the scale.
    pub scale: ScaleCourse,
    /// The step from which to the end every step was skipped, 20 steps and more.
    pub saturated_from: Option<usize>,
}

/// Why steps were skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The forward pass overflows: no loss scale can help.
    Forward,
    /// Gradients overflow in the backward pass alone: a smaller loss scale may help.
    Backward,
    /// Some steps for the one reason and some for the other.
    Both,
    /// An older record, which does not hold it.
    NotRecorded,
}

/// What became of the loss scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScaleCourse {
    /// It was halved until binary32 has no smaller number.
    Vanishes,
    /// It fell to the end: the last 20 steps and more were all skipped.
    Falls,
    /// It doubled after clean steps and had to be halved again, so skipped steps recur.
    Oscillates,
    /// It fell until gradients were finite.
    Settles,
}

/// Share of the steps from which skipped ones are more than a search for the scale.
const MANY_SKIPPED: f64 = 0.1;

impl Skipped {
    /// Of a copy; `None` if no step was skipped.
    pub(super) fn of(learner: &Learner) -> Option<Skipped> {
        let course = &learner.course;
        let first = *course.skipped.first()?;
        let (steps, of) = (course.skipped.len(), course.losses.len());
        let events = learner.events.as_ref();
        let by_forward = events.map(|events| {
            events.iter().find(|event| event.kind == EventKind::SkippedForward).map_or(0, |event| event.steps)
        });
        let backward_layer = events.and_then(|events| {
            events.iter().find_map(|event| match event.kind {
                EventKind::GradientOverflow { site } => Some(site),
                _ => None,
            })
        });
        // The run of skipped steps that ends with the last step made.
        let at_end =
            course.skipped.iter().rev().zip((0..of).rev()).take_while(|(skipped, step)| *skipped == step).count();
        let saturated_from =
            (at_end >= WINDOW || course.end != End::Completed && at_end > 0).then(|| of.saturating_sub(at_end));
        let scales: Vec<i32> = course.scales.iter().map(|change| change.log2).collect();
        // Doubled, and halved later.
        let grown = scales.windows(2).position(|pair| pair[1] > pair[0]);
        let is_halved_again = grown.is_some_and(|at| scales[at + 1..].windows(2).any(|pair| pair[1] < pair[0]));
        Some(Skipped {
            steps,
            of,
            first,
            by_forward,
            reason: match by_forward {
                None => SkipReason::NotRecorded,
                Some(0) => SkipReason::Backward,
                Some(forward) if forward >= steps => SkipReason::Forward,
                Some(_) => SkipReason::Both,
            },
            backward_layer,
            log2_scale: [scales.first(), scales.last()].map(|scale| scale.copied().unwrap_or(0)),
            scale: match course.end {
                End::ScaleVanished { .. } => ScaleCourse::Vanishes,
                _ if saturated_from.is_some() => ScaleCourse::Falls,
                _ if is_halved_again => ScaleCourse::Oscillates,
                _ => ScaleCourse::Settles,
            },
            saturated_from,
        })
    }

    /// Whether these are more steps than a search for the scale takes.
    fn is_many(&self) -> bool {
        let is_search = self.steps < WINDOW || (self.steps as f64) < MANY_SKIPPED * self.of as f64;
        self.saturated_from.is_some() || !is_search
    }
}

/// Events that change what a copy learns, in the order in which one event explains the next.
pub(super) fn telling(training: &Training, events: &[Event], skipped: Option<Skipped>) -> Vec<Event> {
    let is_dynamic = matches!(training.spec.loss_scale, TrainingScale::Dynamic { .. });
    let tells = |event: &&Event| match event.kind {
        // Dynamic scaling finds its scale by such steps.
        EventKind::GradientOverflow { .. } => !is_dynamic,
        // A search for the scale skips a few steps, too.
        EventKind::SkippedBackward => skipped.is_some_and(|skipped| skipped.is_many()),
        _ => true,
    };
    let mut telling: Vec<Event> = events.iter().filter(tells).copied().collect();
    telling.sort_by_key(|event| order(&event.kind));
    telling
}

/// What comes first explains what comes later.
fn order(kind: &EventKind) -> usize {
    match kind {
        EventKind::ParametersOverflow => 0,
        EventKind::ForwardOverflow { .. } => 1,
        EventKind::GradientOverflow { .. } => 2,
        EventKind::SkippedForward => 3,
        EventKind::SkippedBackward => 4,
        EventKind::ClippingOverflow { .. } => 5,
        EventKind::ScalarRounded { rounded: 0, .. } => 6,
        EventKind::ScalarRounded { .. } => 7,
        EventKind::SecondMomentUnderflow { .. } => 8,
    }
}
