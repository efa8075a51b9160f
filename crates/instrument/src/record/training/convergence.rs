//! How fast a copy's loss fell: what follows from its minibatches' losses alone.

use super::{Course, End, Number};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Minibatches over which a loss is averaged.
pub const WINDOW: usize = 20;

/// A mean loss below this share of the previous best is an improvement.
const PROGRESS: f64 = 0.99;

/// The mean losses of a learning curve in brief: all that is needed to tell whether it learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanLosses {
    /// Steps made.
    pub steps: usize,
    /// The first mean over 20 minibatches; none before the first step.
    pub first: Number,
    /// The least finite mean; none if no mean is finite.
    pub least: Number,
    /// Standard error of the least mean; infinite where it is the mean of fewer than two losses.
    pub error: Number,
    /// The last mean, as it is: not finite where a loss is not.
    pub last: Number,
    /// The last step at which the mean improved; absent if no mean is finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_progress: Option<usize>,
}

impl Course {
    /// Its mean losses in brief.
    pub fn brief(&self) -> MeanLosses {
        let means = self.mean_losses();
        let finite = means.iter().enumerate().filter(|(_, (_, mean))| mean.is_finite());
        let least = finite.min_by(|one, other| one.1.1.total_cmp(&other.1.1));
        let width = self.losses.len() + 1 - means.len().max(1);
        let error = least.map_or(f64::INFINITY, |(begin, (_, mean))| {
            standard_error(self.losses.get(begin..begin + width).unwrap_or_default(), *mean)
        });
        let mean = |at: Option<&(usize, f64)>| at.map_or(Number::None, |(_, mean)| Number::new(*mean));
        MeanLosses {
            steps: self.losses.len(),
            first: mean(means.first()),
            least: mean(least.map(|(_, mean)| mean)),
            error: Number::new(error),
            last: mean(means.last()),
            last_progress: self.last_progress(),
        }
    }

    /// The mean loss of the last [`WINDOW`] minibatches (of all, where there are fewer), at every step that has so many;
    /// not finite where one of them is not.
    pub fn mean_losses(&self) -> Vec<(usize, f64)> {
        let losses: Vec<f64> = self.losses.iter().map(|loss| loss.value()).collect();
        let width = WINDOW.min(losses.len()).max(1);
        let mean = |(first, window): (usize, &[f64])| (first + width - 1, window.iter().sum::<f64>() / width as f64);
        losses.windows(width).enumerate().map(mean).collect()
    }

    /// The first step at which that mean is at most a target.
    pub fn reached(&self, target: f64) -> Option<usize> {
        self.mean_losses().into_iter().find(|(_, mean)| *mean <= target).map(|(step, _)| step)
    }

    /// That mean at the end: infinite if training failed, none before the first step.
    pub fn last_loss(&self) -> Number {
        match self.mean_losses().last() {
            None => Number::None,
            Some((_, mean)) if self.end == End::Completed && mean.is_finite() => Number::new(*mean),
            Some(_) => Number::Infinite,
        }
    }

    /// The last step at which that mean was at least 1 % below the mean at the previous such step; the first mean counts
    /// as one. Small steps add up: a loss may fall far without ever falling fast.
    pub fn last_progress(&self) -> Option<usize> {
        let (mut best, mut last) = (f64::INFINITY, None);
        for (step, mean) in self.mean_losses() {
            if mean < PROGRESS * best {
                (best, last) = (mean, Some(step));
            }
        }
        last
    }
}

/// Of the mean of these losses.
fn standard_error(losses: &[Number], mean: f64) -> f64 {
    if losses.len() < 2 {
        return f64::INFINITY;
    }
    let squares: f64 = losses.iter().map(|loss| (loss.value() - mean) * (loss.value() - mean)).sum();
    let count = losses.len() as f64;
    (squares / (count - 1.0) / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(losses: impl Iterator<Item = f64>) -> Course {
        let losses = losses.map(Number::new).collect();
        Course { losses, held_out: vec![], scales: vec![], skipped: vec![], end: End::Completed }
    }

    #[test]
    fn rates_of_convergence_are_of_mean_losses() {
        let falling = course((0..100).map(|step| 100.0 - f64::from(step)));
        // Mean of steps s − 19 to s: 100 − s + 9.5.
        assert_eq!((falling.reached(50.5), falling.last_progress()), (Some(59), Some(99)));
        assert_eq!(falling.last_loss(), Number::new(10.5));
        assert_eq!(falling.reached(1.0), None);
        let stopped = course((0..100).map(|step| f64::from(100 - step.min(40))));
        assert_eq!(stopped.last_progress(), Some(56), "60 is less than 1 % below 60.3");
        let slow = course((0..4000).map(|step| 1.0 / (1.0 + f64::from(step) / 4000.0)));
        assert!(slow.last_progress().unwrap() > 3900, "0.02 % in each step adds up");
        let failed = Course { end: End::ParametersNotFinite { step: 2 }, ..course([3.0, 9.0, f64::NAN].into_iter()) };
        assert_eq!((failed.last_loss(), failed.last_progress()), (Number::Infinite, None));
        assert_eq!(course([3.0].into_iter()).last_loss(), Number::new(3.0));
        assert_eq!(course([].into_iter()).last_loss(), Number::None);
    }
}
