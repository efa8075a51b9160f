//! Whether f64's own copy learns: the control of every other copy.

use crate::judgement::{ExactState, exact};
use crate::record::Number;
use crate::record::training::{Course, ExactSize, ExactStep, TrainingRun, WINDOW};
use serde::Serialize;

/// What f64's own copy does. Losses are means over [`WINDOW`] minibatches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Control {
    /// Whether it learns.
    pub outcome: ControlOutcome,
    /// The first mean.
    pub first: Number,
    /// The least mean.
    pub best: Number,
    /// The last mean; infinite where training failed.
    pub last: Number,
    /// The loss of the best constant answer; none where it is not recorded.
    pub chance: Number,
    /// Steps that it made.
    pub steps: usize,
}

/// Whether f64's own copy learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlOutcome {
    /// The least mean loss lies below that of the best constant answer (by 2 %, and by three standard errors of that
    /// mean), or is still more than 10 % above it and at least 10 % below the first mean.
    Learns,
    /// Neither, and the loss no longer falls.
    DoesNotLearn,
    /// A parameter becomes infinite or NaN, or the last mean is more than twice the first.
    Diverges,
    /// Not yet: there are fewer than two windows of steps, or the loss still falls in the last one.
    TooShort,
}

impl Control {
    /// The control of a run.
    pub fn of(run: &TrainingRun, chance: Option<Number>) -> Control {
        let course = &run.reference;
        let means: Vec<f64> = course.mean_losses().into_iter().map(|(_, mean)| mean).collect();
        let first = means.first().copied().unwrap_or(f64::NAN);
        let best = means.iter().copied().filter(|mean| mean.is_finite()).fold(f64::INFINITY, f64::min);
        let chance = chance.unwrap_or(Number::None);
        Control {
            outcome: outcome(course, &means, first, best, chance.finite()),
            first: Number::new(first),
            best: Number::new(best),
            last: course.last_loss(),
            chance,
            steps: course.losses.len(),
        }
    }

    /// Whether what other copies do may be put down to their arithmetics.
    pub fn is_passed(&self) -> bool {
        matches!(self.outcome, ControlOutcome::Learns | ControlOutcome::TooShort)
    }
}

/// Part of the chance level below which a loss is better than chance.
const BETTER: f64 = 0.98;
/// Factor by which a loss must fall, or by which it is still away from chance.
const CLEARLY: f64 = 0.1;
/// Factor by which a loss must grow to diverge.
const DIVERGED: f64 = 2.0;
/// Standard errors.
const ERRORS: f64 = 3.0;

fn outcome(course: &Course, means: &[f64], first: f64, best: f64, chance: Option<f64>) -> ControlOutcome {
    let last = means.last().copied();
    if course.end.step().is_some() || last.is_some_and(|last| !last.is_finite() || last > DIVERGED * first) {
        return ControlOutcome::Diverges;
    }
    let falls = best <= (1.0 - CLEARLY) * first;
    let learns = match chance {
        Some(chance) if best < (1.0 + CLEARLY) * chance => {
            best < BETTER * chance && best + ERRORS * standard_error(course, means, best) < chance
        }
        _ => falls,
    };
    let is_falling = course.last_progress().is_some_and(|step| step + WINDOW >= course.losses.len());
    if learns {
        ControlOutcome::Learns
    } else if course.losses.len() < 2 * WINDOW || is_falling {
        ControlOutcome::TooShort
    } else {
        ControlOutcome::DoesNotLearn
    }
}

/// Of the mean over the window whose mean is the least one.
fn standard_error(course: &Course, means: &[f64], best: f64) -> f64 {
    let Some(begin) = means.iter().position(|mean| *mean == best) else { return f64::INFINITY };
    let width = course.losses.len() + 1 - means.len();
    let losses = course.losses.get(begin..begin + width).unwrap_or_default();
    let squares: f64 = losses.iter().map(|loss| (loss.value() - best) * (loss.value() - best)).sum();
    let count = losses.len() as f64;
    if losses.len() < 2 { f64::INFINITY } else { (squares / (count - 1.0) / count).sqrt() }
}

/// Layer 1's exact gradient at f64's parameters while it learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExactAtStart {
    /// The first measured step.
    pub step: usize,
    /// Its state there.
    pub state: ExactState,
    /// log₂ of the gradient's root mean square over the weights'.
    pub log2_relative: Number,
    /// log₂ of the gradient's root mean square.
    pub log2_size: Number,
    /// The first measured step with another state, and that state.
    pub later: Option<(usize, ExactState)>,
}

impl ExactAtStart {
    /// Of a run's measured steps; none where the exact gradient was not measured.
    pub fn of(steps: &[ExactStep]) -> Option<ExactAtStart> {
        let first = steps.first()?;
        let size = first.layers.first()?;
        let state = state(size, &first.layers);
        let later = steps.iter().find_map(|one| {
            let other = self::state(one.layers.first()?, &one.layers);
            (other != state && other != ExactState::NotEstablished).then_some((one.step, other))
        });
        Some(ExactAtStart {
            step: first.step,
            state,
            log2_relative: relative(size, &first.layers),
            log2_size: size.log2_gradient,
            later,
        })
    }
}

/// Relative to the weights.
fn relative(size: &ExactSize, layers: &[ExactSize]) -> Number {
    exact::relative(size.log2_gradient, size.log2_weights, layers.iter().map(|layer| layer.log2_weights))
}

fn state(size: &ExactSize, layers: &[ExactSize]) -> ExactState {
    exact::state(size.log2_gradient, relative(size, layers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::training::End;

    fn course(losses: impl Iterator<Item = f64>) -> Course {
        let losses = losses.map(Number::new).collect();
        Course { losses, held_out: vec![], scales: vec![], skipped: vec![], end: End::Completed }
    }

    fn found(course: &Course, chance: Option<f64>) -> ControlOutcome {
        let means: Vec<f64> = course.mean_losses().into_iter().map(|(_, mean)| mean).collect();
        let best = means.iter().copied().fold(f64::INFINITY, f64::min);
        outcome(course, &means, means[0], best, chance)
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
            ("far above and falling", falling(7.6e6, 2.5e4, 60).collect(), ControlOutcome::Learns),
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
        // Without a chance level only the fall counts.
        assert_eq!(found(&course(falling(2.4, 2.0, 200)), None), ControlOutcome::Learns);
        assert_eq!(found(&course(around(2.31, 0.05).take(200)), None), ControlOutcome::DoesNotLearn);
    }

    #[test]
    fn states_of_known_sizes() {
        let size = |gradient: f64, weights: f64| ExactSize {
            log2_gradient: Number::new(gradient),
            log2_weights: Number::new(weights),
        };
        let none = f64::NEG_INFINITY;
        for (layers, expected) in [
            (vec![size(-108.0, 0.0)], ExactState::Vanishing),
            (vec![size(-22.0, -2.0)], ExactState::Vanishing),
            (vec![size(-22.0, -3.0)], ExactState::Healthy),
            (vec![size(18.0, -2.0)], ExactState::Exploding),
            (vec![size(none, -2.0)], ExactState::Zero),
            (vec![size(f64::NAN, -2.0)], ExactState::NotEstablished),
            (vec![size(-19.0, none), size(0.0, 0.0), size(0.0, 2.0)], ExactState::Vanishing),
            (vec![size(-19.0, none), size(0.0, none)], ExactState::Healthy),
        ] {
            assert_eq!(state(&layers[0], &layers), expected, "{layers:?}");
        }
        let step = |step, gradient| ExactStep { step, layers: vec![size(gradient, -2.0)] };
        let found = ExactAtStart::of(&[step(0, none), step(1, f64::NAN), step(5, -4.0), step(9, none)]);
        let found = found.expect("it was measured");
        assert_eq!((found.state, found.later), (ExactState::Zero, Some((5, ExactState::Healthy))));
        assert_eq!(ExactAtStart::of(&[]), None);
    }
}
