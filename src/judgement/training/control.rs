//! Whether f64's own copy learns: the control of every other copy.

use crate::record::Number;
use crate::record::training::{Course, End, MeanLosses, Training, WINDOW};
use schemars::JsonSchema;
use serde::Serialize;

/// What f64's own copy does. Losses are means over [`WINDOW`] minibatches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Control {
    /// Whether it learns.
    pub outcome: ControlOutcome,
    /// The first mean.
    pub first: Number,
    /// The least mean; none if no mean is finite.
    pub best: Number,
    /// The last mean; infinite if training failed.
    pub last: Number,
    /// Chance: the loss of the best constant answer; none if not recorded.
    pub chance: Number,
    /// Steps made.
    pub steps: usize,
}

/// Whether f64's own copy learns: the first that applies. Chance is the loss of the best constant answer: of classes the
/// entropy of their frequencies, ln(classes) if they are equally frequent, of values the loss of predicting the mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControlOutcome {
    /// A parameter becomes infinite or NaN, or the last mean is more than twice the first.
    Diverges,
    /// The least mean loss is clearly below chance: by 2 %, and by three standard errors of that mean.
    Learns,
    /// The least mean loss is at least 10 % below the first, but at least 10 % above chance, or chance is not recorded: it
    /// falls, and whether anything is learnt of the inputs is open.
    Falls,
    /// Neither, and it is too early: there are fewer than two windows of steps, or the loss still falls in the last one.
    TooShort,
    /// Neither, and the loss no longer falls.
    DoesNotLearn,
}

impl ControlOutcome {
    /// From learning to the opposite.
    pub const ALL: [ControlOutcome; 5] = [
        ControlOutcome::Learns,
        ControlOutcome::Falls,
        ControlOutcome::TooShort,
        ControlOutcome::DoesNotLearn,
        ControlOutcome::Diverges,
    ];
}

impl Control {
    /// The control with a learning curve.
    pub fn of(course: &Course, chance: Option<Number>) -> Control {
        let means = course.brief();
        Control {
            outcome: outcome(&means, course.end, chance.and_then(Number::finite)),
            first: means.first,
            best: means.least,
            last: course.last_loss(),
            chance: chance.unwrap_or(Number::None),
            steps: means.steps,
        }
    }

    /// Whether what other copies do may be attributed to their formats.
    pub fn is_passed(&self) -> bool {
        matches!(self.outcome, ControlOutcome::Learns | ControlOutcome::Falls | ControlOutcome::TooShort)
    }
}

/// Whether f64's own copy learns, over all trials.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ControlTrials {
    /// Trials, the first one included.
    pub trials: usize,
    /// Outcomes and their counts, the most frequent first; of equally frequent ones the worse first.
    pub outcomes: Vec<(ControlOutcome, usize)>,
}

impl ControlTrials {
    /// Of an activation by its place; `None` without repetitions, and where a trial does not record its mean losses.
    pub fn of(training: &Training, run: usize) -> Option<ControlTrials> {
        if training.trials.is_empty() {
            return None;
        }
        let first = Control::of(&training.runs.get(run)?.reference, chance(training, training.chance)).outcome;
        let repeated = training.trials.iter().map(|trial| {
            let reference = &trial.runs.get(run)?.reference;
            let chance = chance(training, trial.chance).and_then(Number::finite);
            Some(outcome(&reference.means?, reference.end, chance))
        });
        let all = std::iter::once(Some(first)).chain(repeated).collect::<Option<Vec<_>>>()?;
        let count = |outcome: ControlOutcome| (outcome, all.iter().filter(|one| **one == outcome).count());
        let mut outcomes: Vec<_> =
            ControlOutcome::ALL.into_iter().rev().map(count).filter(|(_, count)| *count > 0).collect();
        outcomes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Some(ControlTrials { trials: all.len(), outcomes })
    }

    /// Trials with an outcome.
    pub fn count(&self, outcome: ControlOutcome) -> usize {
        self.outcomes.iter().find(|(one, _)| *one == outcome).map_or(0, |(_, count)| *count)
    }
}

/// Classes of the digits.
const DIGITS: f64 = 10.0;

/// The recorded chance. Older records of the digits lack it: their ten classes are equally frequent to a few per cent.
pub(super) fn chance(training: &Training, recorded: Option<Number>) -> Option<Number> {
    let is_digits = training.spec.batch_file.is_none() && training.spec.has_classes();
    recorded.or_else(|| is_digits.then(|| Number::new(core_math::log(DIGITS))))
}

/// Part of chance below which a loss is better than chance.
const BETTER: f64 = 0.98;
/// Part by which a loss must fall, or by which it is still above chance.
const CLEARLY: f64 = 0.1;
/// Factor by which a loss must grow to diverge.
const DIVERGED: f64 = 2.0;
/// Standard errors by which a loss must be below chance.
const ERRORS: f64 = 3.0;

fn outcome(means: &MeanLosses, end: End, chance: Option<f64>) -> ControlOutcome {
    let [first, least, error, last] = [means.first, means.least, means.error, means.last].map(Number::value);
    // The first mean may be beyond binary64, and then so is everything.
    let is_growing = means.steps > 0 && (!last.is_finite() || last > DIVERGED * first);
    if end.step().is_some() || is_growing {
        return ControlOutcome::Diverges;
    }
    if chance.is_some_and(|chance| least < BETTER * chance && least + ERRORS * error < chance) {
        return ControlOutcome::Learns;
    }
    let is_away = chance.is_none_or(|chance| least >= (1.0 + CLEARLY) * chance);
    if is_away && least <= (1.0 - CLEARLY) * first {
        return ControlOutcome::Falls;
    }
    let is_falling = means.last_progress.is_some_and(|step| step + WINDOW >= means.steps);
    if means.steps < 2 * WINDOW || is_falling { ControlOutcome::TooShort } else { ControlOutcome::DoesNotLearn }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(losses: impl Iterator<Item = f64>) -> Course {
        let losses = losses.map(Number::new).collect();
        Course { losses, held_out: vec![], scales: vec![], skipped: vec![], end: End::Completed }
    }

    fn found(course: &Course, chance: Option<f64>) -> ControlOutcome {
        Control::of(course, chance.map(Number::new)).outcome
    }

    /// A loss around a level, the same on every machine.
    fn around(level: f64, spread: f64) -> impl Iterator<Item = f64> {
        let mut state = 1u64;
        (0..).map(move |_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            level + spread * ((state >> 33) as f64 / (1u64 << 30) as f64 - 1.0)
        })
    }

    #[test]
    fn controls_of_known_courses() {
        let chance = core_math::log(10.0);
        let falling = |from: f64, to: f64, steps: usize| {
            (0..steps).map(move |step| to + (from - to) * core_math::exp(-8.0 * step as f64 / steps as f64))
        };
        for (case, losses, expected) in [
            ("to nearly zero", falling(2.4, 0.1, 200).collect::<Vec<_>>(), ControlOutcome::Learns),
            ("at chance", around(2.31, 0.05).take(200).collect(), ControlOutcome::DoesNotLearn),
            ("from above to chance", falling(9.0, 2.31, 400).collect(), ControlOutcome::DoesNotLearn),
            ("far above and falling", falling(7.6e6, 2.5e4, 60).collect(), ControlOutcome::Falls),
            (
                "far above, fallen and flat",
                falling(1e6, 90.0, 60).chain(around(90.0, 1.0).take(400)).collect(),
                ControlOutcome::Falls,
            ),
            ("just above chance", falling(9.0, 2.54, 400).collect(), ControlOutcome::Falls),
            ("just below chance", falling(9.0, 2.24, 400).collect(), ControlOutcome::Learns),
            ("within 2 % of chance", falling(9.0, 2.27, 400).collect(), ControlOutcome::DoesNotLearn),
            ("nearly at chance and falling", falling(2.9, 2.45, 45).collect(), ControlOutcome::TooShort),
            ("one step", vec![2.3], ControlOutcome::TooShort),
            ("from infinity", vec![f64::INFINITY, 2.0], ControlOutcome::Diverges),
            ("flat above chance", around(90.0, 1.0).take(100).collect(), ControlOutcome::DoesNotLearn),
            ("too short", around(2.31, 0.05).take(30).collect(), ControlOutcome::TooShort),
            (
                "slowly, to the end",
                (0..100).map(|step| 2.4 - 0.001 * f64::from(step)).collect(),
                ControlOutcome::TooShort,
            ),
            ("noise around chance", around(2.3, 1.5).take(400).collect(), ControlOutcome::DoesNotLearn),
            ("growing", (0..100).map(|step| 2.3 + f64::from(step)).collect(), ControlOutcome::Diverges),
            ("to infinity", vec![2.3, 7.0, f64::INFINITY], ControlOutcome::Diverges),
        ] {
            assert_eq!(found(&course(losses.into_iter()), Some(chance)), expected, "{case}");
        }
        let failed = Course { end: End::ParametersNotFinite { step: 99 }, ..course(falling(2.4, 0.1, 100)) };
        assert_eq!(found(&failed, Some(chance)), ControlOutcome::Diverges);
        // Without a recorded chance nothing is known to be below it.
        assert_eq!(found(&course(falling(2.4, 2.0, 200)), None), ControlOutcome::Falls);
        assert_eq!(found(&course(around(2.31, 0.05).take(200)), None), ControlOutcome::DoesNotLearn);
    }

    /// Of values chance is the variance of the targets.
    #[test]
    fn controls_of_values() {
        let falling = |from: f64, to: f64| {
            course((0..200).map(move |step| to + (from - to) * core_math::exp(-8.0 * f64::from(step) / 200.0)))
        };
        for (from, to, variance, expected) in [
            (2.0, 0.01, 1.0, ControlOutcome::Learns),
            (2.0, 0.999, 1.0, ControlOutcome::DoesNotLearn),
            (5.0, 1.3, 1.0, ControlOutcome::Falls),
            (5e-6, 1.3e-6, 1e-6, ControlOutcome::Falls),
            (5e-6, 1.3e-7, 1e-6, ControlOutcome::Learns),
            // Constant targets: no loss is below chance.
            (5.0, 0.1, 0.0, ControlOutcome::Falls),
        ] {
            assert_eq!(found(&falling(from, to), Some(variance)), expected, "{from} to {to}, variance {variance}");
        }
    }
}
