//! The judgement of invented records: clipping, skipped steps, and updates of the wrong length, each in ten different shapes
//! and more, as typed values.

use crate::common::tolerances;
use crate::common::trainings::{Fare, training};
use precision_probe::arithmetic::policy::TrainingPolicy;
use precision_probe::judgement::training::{
    ControlOutcome, LearnerJudgement, Limit, ScaleCourse, SkipReason, TrainingRunJudgement, judge,
};
use precision_probe::record::training::{
    Cause, End, Event, EventKind, Learner, Saturation, Scalar, ScaleChange, Training, TrainingScale,
};
use precision_probe::record::{Number, Verdict};

/// Steps of every invented training.
const STEPS: usize = 100;

/// Copies without any problem, of a network of four layers that f64 learns.
fn harmless(names: &[&str]) -> Training {
    let copies: Vec<(&str, Fare)> = names.iter().map(|name| (*name, Fare::Noise(0.01, 0.0))).collect();
    let mut training = training(&["relu"], &copies, 3, STEPS);
    for (learner, name) in training.runs[0].learners.iter_mut().zip(names) {
        let TrainingPolicy { update, master, .. } = TrainingPolicy::parse(name).unwrap();
        [learner.update, learner.master] = [update, master].map(Into::into);
    }
    training
}

fn only(training: &Training) -> TrainingRunJudgement {
    judge(training).runs.remove(0)
}

/// The judgement of one copy after a change of its record.
fn judged(name: &str, change: impl FnOnce(&mut Learner)) -> LearnerJudgement {
    let mut training = harmless(&[name]);
    change(&mut training.runs[0].learners[0]);
    only(&training).learners.remove(0)
}

fn event(kind: EventKind, first: usize, steps: usize) -> Event {
    Event { kind, first, steps }
}

fn clipping(norm: f64) -> EventKind {
    EventKind::ClippingOverflow { norm: Number::new(norm) }
}

fn rounded(scalar: Scalar, exact: f64, rounded: u8) -> EventKind {
    EventKind::ScalarRounded { scalar, exact, rounded }
}

#[test]
fn the_invented_copies_have_no_problem() {
    let found = only(&harmless(&["f16", "bf16/update=f32/master=bf16:round=stochastic", "e4m3fn"]));
    assert_eq!(found.control.outcome, ControlOutcome::Learns);
    assert!(found.learners.iter().all(|learner| learner.limit == Limit::Nothing && learner.is_harmless()));
}

/// A norm that overflows is the limit unless an event explains it; the cure is the cheapest copy without it.
#[test]
fn clipping_norms_that_overflow() {
    let overflow = |norm, first, steps| event(clipping(norm), first, steps);
    let forward = event(EventKind::ForwardOverflow { site: 2 }, 0, 3);
    let backward = event(EventKind::GradientOverflow { site: 4 }, 0, 3);
    let zero_norm = event(rounded(Scalar::ClipNorm, 1e-9, 0), 0, STEPS);
    for (case, name, events, first) in [
        ("at every step", "f16", vec![overflow(297.0, 0, STEPS)], overflow(297.0, 0, STEPS)),
        ("at one late step", "f16", vec![overflow(300.0, 77, 1)], overflow(300.0, 77, 1)),
        ("without infinities", "e4m3fn", vec![overflow(22.0, 3, 5)], overflow(22.0, 3, 5)),
        ("in a wide range", "bf16", vec![overflow(2e19, 0, 2)], overflow(2e19, 0, 2)),
        ("beyond binary64", "bf16", vec![overflow(f64::INFINITY, 0, 1)], overflow(f64::INFINITY, 0, 1)),
        ("after a forward pass that does", "f16", vec![overflow(300.0, 5, 2), forward], forward),
        ("with gradients that do", "f16", vec![overflow(300.0, 5, 2), backward], backward),
        ("to a norm that is 0", "f16", vec![zero_norm, overflow(300.0, 0, STEPS)], overflow(300.0, 0, STEPS)),
        (
            "from the first parameters on",
            "e5m2",
            vec![overflow(300.0, 0, 1), event(EventKind::ParametersOverflow, 0, 1)],
            event(EventKind::ParametersOverflow, 0, 1),
        ),
    ] {
        let mut training = harmless(&[name, "f32", "bf16/update=f32", "mpfr:40"]);
        training.runs[0].learners[0].events = Some(events.clone());
        let found = only(&training);
        assert_eq!(found.learners[0].limit, Limit::Event { event: first }, "{case}");
        assert_eq!(found.learners[0].events.as_ref().map(Vec::len), Some(events.len()), "{case}");
        // 16 bits before 32, and never mpfr:N.
        assert_eq!(found.learners[0].without, Some(2), "{case}");
        assert!(!found.learners[0].is_harmless(), "{case}");
    }
    let format = |name: &str| judged(name, |_| ()).update.map(|format| (format.largest, format.has_infinities));
    assert_eq!(format("f16/update=f16:acc=f32"), Some((65504.0, true)));
    assert_eq!((format("e4m3fn"), format("mpfr:12")), (Some((448.0, false)), None));
}

/// What else happens to a copy whose norm overflows.
#[test]
fn clipping_norms_among_other_problems() {
    let overflow = event(clipping(300.0), 0, STEPS);
    // Dynamic scaling: gradients that overflow are a search for the scale, the norm is not.
    let mut searching = harmless(&["f16"]);
    searching.spec.loss_scale = TrainingScale::Dynamic { growth_interval: 2000 };
    let learner = &mut searching.runs[0].learners[0];
    learner.course.skipped = vec![0, 1];
    let skipped = event(EventKind::SkippedBackward, 0, 2);
    learner.events = Some(vec![event(EventKind::GradientOverflow { site: 4 }, 0, 2), skipped, overflow]);
    let found = only(&searching).learners.remove(0);
    assert_eq!((found.limit, found.events), (Limit::Event { event: overflow }, Some(vec![overflow])));
    // A factor of NaN ends the training: the norm explains it.
    let failed = judged("e4m3fn", |learner| {
        learner.events = Some(vec![overflow]);
        learner.course.end = End::ParametersNotFinite { step: 0 };
    });
    assert_eq!((failed.limit, failed.failed), (Limit::Event { event: overflow }, Some(0)));
    // Nobody is without it.
    let mut both = harmless(&["f16", "bf16"]);
    for learner in &mut both.runs[0].learners {
        learner.events = Some(vec![overflow]);
    }
    assert!(only(&both).learners.iter().all(|learner| learner.without.is_none()));
    // A milder limit is named where nothing is without one.
    both.runs[0].learners[1].events = Some(vec![]);
    absorb(&mut both.runs[0].learners[1], 0.9, 0.2);
    assert_eq!(only(&both).learners[0].without, Some(1));
    assert!(matches!(only(&both).learners[1].limit, Limit::Absorption { .. }));
    // An older record holds no events.
    let old = judged("f16", |learner| {
        learner.events = None;
        learner.course.end = End::ParametersNotFinite { step: 9 };
    });
    assert_eq!((old.limit, old.events), (Limit::Failed { step: 9 }, None));
    // Nothing is put down to a format where f64 does not learn; the event is kept.
    let mut hopeless = harmless(&["f16"]);
    hopeless.runs[0].reference.losses = vec![Number::new(2.31); STEPS];
    hopeless.runs[0].learners[0].events = Some(vec![overflow]);
    let found = only(&hopeless);
    assert_eq!((found.control.outcome, found.learners[0].limit), (ControlOutcome::DoesNotLearn, Limit::Control));
    assert_eq!(found.learners[0].events, Some(vec![overflow]));
}

/// A copy under dynamic loss scaling: skipped steps, log₂ of the scale from which step on, how it ends, and its events.
struct Scaled {
    skipped: Vec<usize>,
    scales: Vec<(usize, i32)>,
    end: End,
    events: Option<Vec<Event>>,
}

/// The scale is halved after every skipped step, from 2^16.
fn halved(skipped: &[usize]) -> Vec<(usize, i32)> {
    let after = skipped.iter().zip(1..).map(|(step, halvings)| (step + 1, 16 - halvings));
    std::iter::once((0, 16)).chain(after).collect()
}

/// Skipped in the backward pass, or in so many of the steps in the forward pass; the gradient overflows in a layer.
fn reasons(skipped: &[usize], by_forward: usize, layer: usize) -> Option<Vec<Event>> {
    let by_backward = skipped.len() - by_forward;
    let first = skipped[0];
    let mut events = Vec::new();
    if by_forward > 0 {
        events.push(event(EventKind::ForwardOverflow { site: 2 }, first, by_forward));
        events.push(event(EventKind::SkippedForward, first, by_forward));
    }
    if by_backward > 0 {
        events.push(event(EventKind::GradientOverflow { site: layer }, first, by_backward));
        events.push(event(EventKind::SkippedBackward, first, by_backward));
    }
    Some(events)
}

#[test]
fn skipped_steps_and_why_the_scale_falls() {
    use {ScaleCourse::*, SkipReason::*};
    let steps = |from: usize, to: usize| (from..to).collect::<Vec<usize>>();
    let usual = |skipped: Vec<usize>, by_forward: usize, layer: usize| Scaled {
        scales: halved(&skipped),
        events: reasons(&skipped, by_forward, layer),
        end: End::Completed,
        skipped,
    };
    // Every third step after the scale has doubled after two clean ones.
    let thirds: Vec<usize> = (2..STEPS).step_by(3).collect();
    let swings = |skipped: &[usize]| {
        let each = skipped.iter().flat_map(|step| [(*step, 12), (step + 1, 11)]);
        std::iter::once((0, 11)).chain(each).collect::<Vec<_>>()
    };
    let vanished = |by_forward: usize| Scaled {
        end: End::ScaleVanished { step: STEPS - 1 },
        ..usual(steps(0, STEPS), by_forward, 4)
    };
    // What is found: reason, scale, saturated from, the layer of the backward pass, and whether it limits the copy.
    for (case, copy, found, is_limit) in [
        ("no finite step: forward", usual(steps(0, STEPS), STEPS, 4), (Forward, Falls, Some(0), None), true),
        ("no finite step: backward", usual(steps(0, STEPS), 0, 4), (Backward, Falls, Some(0), Some(4)), true),
        ("the scale at its floor", vanished(STEPS), (Forward, Vanishes, Some(0), None), true),
        ("at its floor for one layer", vanished(0), (Backward, Vanishes, Some(0), Some(4)), true),
        ("a search", usual(steps(0, 5), 0, 4), (Backward, Settles, None, Some(4)), false),
        ("19 steps", usual(steps(0, 19), 0, 4), (Backward, Settles, None, Some(4)), false),
        ("20 steps of 100", usual(steps(0, 20), 0, 1), (Backward, Settles, None, Some(1)), true),
        ("one layer's gradients", usual(steps(3, 40), 0, 3), (Backward, Settles, None, Some(3)), true),
        ("one step in the forward pass", usual(vec![50], 1, 4), (Forward, Settles, None, None), true),
        ("both", usual(steps(0, 30), 4, 2), (Both, Settles, None, Some(2)), true),
        ("from the middle to the end", usual(steps(60, STEPS), 0, 4), (Backward, Falls, Some(60), Some(4)), true),
        ("19 steps to the end", usual(steps(81, STEPS), 0, 4), (Backward, Settles, None, Some(4)), false),
        (
            "growth at once",
            Scaled { scales: swings(&thirds), ..usual(thirds.clone(), 0, 4) },
            (Backward, Oscillates, None, Some(4)),
            true,
        ),
        (
            "growth now and then",
            Scaled { scales: swings(&[40, 80]), ..usual(vec![40, 80], 0, 4) },
            (Backward, Oscillates, None, Some(4)),
            false,
        ),
        (
            "growth after the search",
            Scaled { scales: vec![(0, 16), (1, 15), (60, 16), (90, 17)], ..usual(vec![0], 0, 4) },
            (Backward, Settles, None, Some(4)),
            false,
        ),
        (
            "an older record",
            Scaled { events: None, ..usual(steps(0, STEPS), 0, 4) },
            (NotRecorded, Falls, Some(0), None),
            false,
        ),
    ] {
        let mut training = harmless(&["amp-fp16", "bf16"]);
        training.spec.loss_scale = TrainingScale::Dynamic { growth_interval: 2000 };
        let count = copy.skipped.len();
        let learner = &mut training.runs[0].learners[0];
        learner.course.scales = copy.scales.iter().map(|&(step, log2)| ScaleChange { step, log2 }).collect();
        learner.course.skipped = copy.skipped;
        learner.course.end = copy.end;
        learner.events = copy.events;
        let judgement = only(&training);
        let skipped = judgement.learners[0].skipped.expect(case);
        assert_eq!((skipped.reason, skipped.scale, skipped.saturated_from, skipped.backward_layer), found, "{case}");
        assert_eq!((skipped.steps, skipped.of), (count, STEPS), "{case}");
        let limit = judgement.learners[0].limit;
        assert_eq!(matches!(limit, Limit::Event { .. }), is_limit, "{case}: {limit:?}");
        if is_limit {
            assert_eq!(judgement.learners[0].without, Some(1), "{case}");
        }
    }
    assert_eq!(judged("f16", |_| ()).skipped, None);
}

/// Sets the ratios of the updates to the exact ones in every layer at every measured step.
fn ratios(learner: &mut Learner, ratio: impl Fn(usize, usize) -> f64) {
    for (place, measure) in learner.measures.iter_mut().enumerate() {
        for layer in &mut measure.sites {
            layer.update_descent = Number::new(ratio(place, layer.site));
        }
    }
}

/// So large a share of the updates is rounded away, and so much is applied.
fn absorb(learner: &mut Learner, lost: f64, applied: f64) {
    ratios(learner, |_, _| applied);
    for layer in learner.measures.iter_mut().flat_map(|measure| &mut measure.sites) {
        layer.updates.lost = (layer.updates.due as f64 * lost) as u64;
        layer.lost_energy = Number::new(1.0 - applied);
    }
}

#[derive(Debug, PartialEq)]
enum Length {
    /// Too long or short: layers at the first such step, the step, and at how many steps.
    Long(usize, usize, usize),
    Short(usize, usize, usize),
    Right,
}

fn length(found: &LearnerJudgement) -> Length {
    match (found.long, found.short) {
        (Some(long), None) => Length::Long(long.layers, long.step, long.steps),
        (None, Some(short)) => Length::Short(short.layers, short.step, short.steps),
        (None, None) => Length::Right,
        both => panic!("{both:?}"),
    }
}

#[test]
fn updates_too_long_or_too_short() {
    use Length::*;
    // Measured at steps 0, 25, 50, 75 and 99, in layers 1 to 4.
    type Ratio = fn(usize, usize) -> f64;
    for (case, ratio, expected) in [
        ("everywhere", (|_, _| 7.4) as Ratio, Long(4, 0, 5)),
        ("exactly twice", |_, _| 2.0, Long(4, 0, 5)),
        ("not quite twice", |_, _| 1.99, Right),
        ("exactly half", |_, _| 0.5, Short(4, 0, 5)),
        ("more than half", |_, _| 0.51, Right),
        ("only without bias correction", |place, _| if place == 0 { 0.1 } else { 1.0 }, Short(4, 0, 1)),
        ("only the head", |_, layer| if layer == 4 { 1000.0 } else { 1.0 }, Long(1, 0, 5)),
        ("only layer 2 at the end", |place, layer| if (place, layer) == (4, 2) { 0.0 } else { 1.0 }, Short(1, 99, 1)),
        ("backwards", |_, layer| if layer == 1 { -3.0 } else { 1.0 }, Short(1, 0, 5)),
        ("growing", |place, _| 1.0 + place as f64, Long(4, 25, 4)),
        ("unknown or infinite", |_, layer| if layer == 1 { f64::NAN } else { f64::INFINITY }, Right),
    ] {
        let found = judged("f16/update=f16", |learner| ratios(learner, ratio));
        assert_eq!(length(&found), expected, "{case}");
        match (expected, found.limit) {
            (Long(..), Limit::LongUpdates { .. })
            | (Short(..), Limit::ShortUpdates { .. })
            | (Right, Limit::Nothing) => {}
            (_, limit) => panic!("{case}: {limit:?}"),
        }
    }
    let both = judged("f16", |learner| ratios(learner, |_, layer| if layer == 1 { 4.0 } else { 0.2 }));
    assert!(both.long.is_some() && both.short.is_some());
    assert!(matches!(both.limit, Limit::LongUpdates { lengths } if (lengths.least, lengths.most) == (4.0, 4.0)));
}

/// Constants of the optimiser explain updates of the wrong length: they are the limit, and the length stays known.
#[test]
fn constants_come_before_the_lengths_they_explain() {
    for (kind, ratio) in [
        (rounded(Scalar::Epsilon, 1e-8, 0), 3.0),
        (rounded(Scalar::Beta2, 0.999, 1), 0.4),
        (rounded(Scalar::Beta2Complement, 1e-8, 0), 80.0),
        (rounded(Scalar::Correction, 1e-8, 0), 0.0),
        (rounded(Scalar::StepSize, 1e-8, 0), 0.0),
        (rounded(Scalar::LearningRate, 1e-9, 0), 0.0),
        (rounded(Scalar::Beta1, 0.9999, 1), 0.3),
        (rounded(Scalar::DecayFactor, 0.9981, 1), 0.4),
        (rounded(Scalar::Momentum, 0.999, 1), 2.5),
        (rounded(Scalar::DampeningComplement, 1e-8, 0), 0.1),
        (EventKind::SecondMomentUnderflow { entries: 300, of: 1000 }, 5.0),
    ] {
        let found = judged("f16", |learner| {
            ratios(learner, |_, _| ratio);
            learner.events = Some(vec![event(kind, 0, STEPS)]);
        });
        assert_eq!(found.limit, Limit::Event { event: event(kind, 0, STEPS) });
        assert_eq!((found.long.is_some(), found.short.is_some()), (ratio >= 2.0, ratio <= 0.5), "{kind:?}");
    }
}

/// A gradient that is noise, lost or unknown, and an update that was not made, say nothing of lengths.
#[test]
fn lengths_need_a_gradient_and_an_update() {
    for (verdict, expected) in [
        (Verdict::Sound, Length::Long(4, 0, 5)),
        (Verdict::Noisy, Length::Long(4, 0, 5)),
        (Verdict::Chaotic, Length::Right),
        (Verdict::Underflow, Length::Right),
        (Verdict::Overflow, Length::Right),
        (Verdict::Zero, Length::Right),
        (Verdict::NotEstablished, Length::Right),
    ] {
        let found = judged("f16", |learner| {
            ratios(learner, |_, _| 9.0);
            learner
                .measures
                .iter_mut()
                .flat_map(|measure| &mut measure.sites)
                .for_each(|one| one.own.verdict = verdict);
        });
        assert_eq!(length(&found), expected, "{verdict}");
    }
    let skipped = judged("f16", |learner| {
        ratios(learner, |place, _| if place < 2 { 9.0 } else { 1.0 });
        learner.measures[..2].iter_mut().for_each(|measure| measure.skipped = true);
    });
    assert_eq!(length(&skipped), Length::Right);
}

/// Updates of stochastic rounding are draws: only their mean has a length.
#[test]
fn stochastic_rounding_is_judged_by_means() {
    let name = "bf16/update=f32/master=bf16:round=stochastic";
    type Ratio = fn(usize, usize) -> f64;
    let draws: Ratio = |place, layer| [0.2, 2.6, 0.9, 0.4, 1.3, 0.6][(place * 4 + layer) % 6];
    for (case, ratio, lost_energy, expected) in [
        ("draws around 1", draws, 0.9, Length::Right),
        ("all layers too long", |_, layer| 5.0 + layer as f64 / 10.0, 0.3, Length::Long(4, 0, 5)),
        ("all layers too short", |_, layer| 0.2 + layer as f64 / 100.0, 0.3, Length::Short(4, 0, 5)),
        ("too short because they are lost", |_, layer| 0.2 + layer as f64 / 100.0, 0.8, Length::Right),
        ("one layer far too long", |_, layer| if layer == 2 { 9.0 } else { 1.0 }, 0.9, Length::Right),
    ] {
        let change = |learner: &mut Learner| {
            ratios(learner, ratio);
            for layer in learner.measures.iter_mut().flat_map(|measure| &mut measure.sites) {
                layer.lost_energy = Number::new(lost_energy);
            }
        };
        assert_eq!(length(&judged(name, change)), expected, "{case}");
    }
    // Rounded to nearest, the same numbers are no draws.
    assert_eq!(judged("bf16", |learner| ratios(learner, draws)).long.map(|long| long.layers), Some(1));
}

/// Lost updates limit a copy where little of the update is applied, whatever share of them is lost.
#[test]
fn absorption_is_what_is_not_applied() {
    let stochastic = "bf16/update=f32/master=bf16:round=stochastic";
    for (case, name, lost, applied, is_limit) in [
        ("nearest: most of it lost", "bf16", 0.92, 0.3, true),
        ("nearest: small ones lost", "bf16", 0.92, 0.97, false),
        ("nearest: at the threshold", "bf16", 0.5, 0.75, true),
        ("nearest: above it", "bf16", 0.5, 0.76, false),
        ("nearest: hardly any", "bf16", 0.05, 0.6, false),
        ("stochastic: all of it on average", stochastic, 0.92, 1.0, false),
        ("stochastic, yet lost before it is stored", "bf16/master=bf16:round=stochastic", 0.92, 0.3, true),
        ("stochastic throughout", "bf16:round=stochastic", 0.92, 1.02, false),
    ] {
        let found = judged(name, |learner| absorb(learner, lost, applied));
        assert_eq!(found.absorption.is_some(), is_limit, "{case}: {:?}", found.absorption);
        assert_eq!(matches!(found.limit, Limit::Absorption { .. }), is_limit, "{case}: {:?}", found.limit);
        if let Some(absorption) = found.absorption {
            assert!(
                (absorption.applied.share - applied).abs() < tolerances::DOUBLES && absorption.is_general(),
                "{case}"
            );
            assert_eq!(absorption.applied.error.is_some(), name.contains("stochastic"), "{case}");
        }
    }
    // One layer that stops learning at one step is a limit of its own, but for a draw of stochastic rounding.
    let saturation = Saturation { step: 50, site: 2, sites: 1, verdict: Verdict::Sound, cause: Cause::LostUpdates };
    for (name, is_limit) in [("bf16", true), (stochastic, false)] {
        let found = judged(name, |learner| {
            absorb(learner, 0.2, 0.99);
            learner.outcome.first_saturation = Some(saturation);
        });
        let first = found.absorption.map(|absorption| (absorption.first, absorption.is_general()));
        assert_eq!(first, is_limit.then_some((Some(saturation), false)), "{name}");
    }
}

/// Older records of the digits lack chance, which their ten classes tell; of other data it stays open.
#[test]
fn chance_of_older_records() {
    let outcome = |best: f64| {
        let mut training = harmless(&["f16"]);
        training.chance = None;
        training.runs[0].reference.losses =
            (0..STEPS).map(|step| Number::new(best + 10.0 * core_math::exp(-(step as f64) / 8.0))).collect();
        only(&training).control.outcome
    };
    assert_eq!(
        [1.0, 2.3, 5.0].map(outcome),
        [ControlOutcome::Learns, ControlOutcome::DoesNotLearn, ControlOutcome::Falls]
    );
}
