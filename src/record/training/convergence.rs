//! How fast a copy's loss fell: what is read off its minibatches' losses alone.

use super::{Course, End, Number};

/// Minibatches over which a loss is averaged.
pub const WINDOW: usize = 20;

/// Progress is a mean loss below this share of that of the last progress.
const PROGRESS: f64 = 0.99;

impl Course {
    /// The mean loss of the last [`WINDOW`] minibatches (of all, where there are fewer) at every step that has as many
    /// behind it; not finite where one of them is not.
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

    /// That mean at the end: infinite where training failed, none before the first step.
    pub fn last_loss(&self) -> Number {
        match self.mean_losses().last() {
            None => Number::None,
            Some((_, mean)) if self.end == End::Completed && mean.is_finite() => Number::new(*mean),
            Some(_) => Number::Infinite,
        }
    }

    /// The last step at which that mean was at least 1 % below that of the last progress before it; the first mean is
    /// progress. Less than that in one step adds up: a loss may fall far without ever falling fast.
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
