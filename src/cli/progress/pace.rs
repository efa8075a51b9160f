//! Estimates how long a job takes from its progress so far, and words the estimate. Times are parameters, so this needs
//! no clock.

use indicatif::HumanDuration;
use std::time::Duration;

/// Shorter jobs are not announced.
const LEAST_ANNOUNCED: Duration = Duration::from_secs(20);
/// Progress over a shorter time predicts little: after the first round, and within it.
const LEAST_MEASURED: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(5)];
/// Time between two progress lines.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// A job of equal units.
#[derive(Clone, Debug)]
pub struct Job {
    /// The work in words: `5 trials of 51 layers in 5 precisions`.
    pub what: String,
    /// What would be faster, or how to stop and continue; may be empty.
    pub advice: String,
    /// Name of the units.
    pub unit: &'static str,
    /// Number of units.
    pub units: usize,
    /// Units that follow one common preparation: the layers of the trials that run at once, in the backward pass after
    /// their forward passes; 1 if units need no preparation.
    pub round: usize,
    /// Number of preparations that precede units: one per activation.
    pub preparations: usize,
}

/// A running job.
#[derive(Debug)]
pub struct Pace {
    job: Job,
    /// Duration of the first preparation, and the number of finished preparations.
    prepared: Option<(Duration, u32)>,
    /// When the first units were finished, and their number.
    first: Option<(Duration, usize)>,
    is_announced: bool,
    /// Number of lines due so far.
    lines: u32,
}

impl Pace {
    /// A job that starts now.
    pub fn new(job: Job) -> Pace {
        let round = job.round.clamp(1, job.units.max(1));
        Pace { job: Job { round, ..job }, prepared: None, first: None, is_announced: false, lines: 0 }
    }

    /// Leaves out units that an earlier run finished.
    pub fn leave_out(&mut self, units: usize) {
        self.job.units = self.job.units.saturating_sub(units).max(1);
        self.job.round = self.job.round.min(self.job.units);
    }

    /// Notes that a preparation is finished.
    pub fn prepared(&mut self, elapsed: Duration) {
        self.prepared = match self.prepared {
            None => Some((elapsed, 1)),
            Some((first, count)) => Some((first, count + 1)),
        };
    }

    /// Notes that `done` units are finished after `elapsed`.
    pub fn reached(&mut self, elapsed: Duration, done: usize) {
        if done > 0 && self.first.is_none() {
            self.first = Some((elapsed, done));
        }
    }

    /// Estimated total time; `None` if too little is done to estimate it.
    pub fn total(&self, elapsed: Duration, done: usize) -> Option<Duration> {
        let Job { units, round, preparations, .. } = self.job;
        let (begun, at_first) = self.first.filter(|_| done > 0)?;
        let (preparation, prepared) = self.prepared.map_or((0.0, 0), |(first, count)| (first.as_secs_f64(), count));
        let without = |time: Duration| time.as_secs_f64() - preparation * f64::from(prepared);
        let of_units = if done < round {
            // Every round starts with a part without units, followed by units of equal length.
            let more = done.saturating_sub(at_first);
            if more < (round / 20).max(2) {
                return None;
            }
            let per_unit = elapsed.saturating_sub(begun).as_secs_f64() / more as f64;
            let of_round = without(begun) + per_unit * (round - at_first) as f64;
            of_round * units as f64 / round as f64
        } else {
            without(elapsed) * units as f64 / done as f64
        };
        Duration::try_from_secs_f64(preparation * preparations as f64 + of_units).ok()
    }

    /// An estimate of the whole job, given once and only if the job is long.
    pub fn announcement(&mut self, elapsed: Duration, done: usize) -> Option<String> {
        let [after_a_round, within] = LEAST_MEASURED;
        if self.is_announced || elapsed < if done < self.job.round { within } else { after_a_round } {
            return None;
        }
        let total = self.total(elapsed, done).filter(|total| *total >= LEAST_ANNOUNCED)?;
        self.is_announced = true;
        let Job { what, advice, .. } = &self.job;
        let advice = if advice.is_empty() { String::new() } else { format!(" ({advice})") };
        Some(format!("about {}: {what}{advice}", HumanDuration(total)))
    }

    /// A progress line after each full minute; `doing` replaces the count if units mean nothing to a reader.
    pub fn line(&mut self, elapsed: Duration, done: usize, doing: &str) -> Option<String> {
        let due = (elapsed.as_secs() / BETWEEN_LINES.as_secs()) as u32;
        if due <= self.lines {
            return None;
        }
        self.lines = due;
        let Job { unit, units, .. } = &self.job;
        let state = if doing.is_empty() { format!("{done} of {units} {unit} done") } else { doing.into() };
        let left = self.total(elapsed, done).map(|total| total.saturating_sub(elapsed));
        let left = left.map_or(String::new(), |left| format!(", about {} left", HumanDuration(left)));
        Some(format!("after {}: {state}{left}", HumanDuration(BETWEEN_LINES * due)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(units: usize, round: usize) -> Job {
        let (what, advice) = ("5 trials of 51 layers".into(), "--attribute none is faster".into());
        Job { what, advice, unit: "layers", units, round, preparations: 0 }
    }

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// Two trials at once, of 10 layers each, after 4 s of forward passes; a layer takes 1 s. Three rounds of two
    /// trials.
    #[test]
    fn rounds_begin_with_a_time_without_units() {
        let mut pace = Pace::new(job(60, 20));
        assert_eq!(pace.total(seconds(3.9), 0), None);
        pace.reached(seconds(4.0), 1);
        assert_eq!(pace.total(seconds(4.0), 1), None, "one unit tells nothing: four seconds are the forward pass's");
        let near = |total: Option<Duration>, expected: f64| {
            let total = total.expect("an estimate").as_secs_f64();
            assert!((total / expected - 1.0).abs() < 0.1, "{total} s, not {expected}");
        };
        for done in 3..=19 {
            near(pace.total(seconds(3.0 + done as f64), done), 3.0 * 23.0);
        }
        near(pace.total(seconds(23.0), 20), 69.0);
        near(pace.total(seconds(46.0), 40), 69.0);
        near(pace.total(seconds(69.0), 60), 69.0);
    }

    /// The same after 5 s of preparation for each of three activations, which no unit of the first counts twice.
    #[test]
    fn preparations_count_once_each() {
        let mut pace = Pace::new(Job { preparations: 3, ..job(60, 20) });
        pace.prepared(seconds(5.0));
        pace.reached(seconds(9.0), 1);
        for (elapsed, done) in [(8.0 + 5.0, 5), (8.0 + 19.0, 19), (28.0, 20)] {
            let total = pace.total(seconds(elapsed), done).expect("an estimate").as_secs_f64();
            assert!((total / (3.0 * 28.0) - 1.0).abs() < 0.1, "{total} s after {done}");
        }
        pace.prepared(seconds(33.0));
        let total = pace.total(seconds(56.0), 40).expect("an estimate").as_secs_f64();
        assert!((total / 84.0 - 1.0).abs() < 0.1, "{total} s");
    }

    /// Said once, before the minute lines, and only of long jobs.
    #[test]
    fn long_jobs_are_announced_once() {
        let mut pace = Pace::new(job(255, 1));
        pace.reached(seconds(0.5), 1);
        assert_eq!(pace.announcement(seconds(1.9), 4), None, "too early");
        let mut early = Pace::new(job(255, 51));
        early.reached(seconds(1.0), 1);
        assert_eq!(early.announcement(seconds(4.9), 30), None, "too early within the first round");
        assert!(early.announcement(seconds(5.0), 30).is_some());
        let words = "about 3 minutes: 5 trials of 51 layers (--attribute none is faster)";
        assert_eq!(pace.announcement(seconds(3.0), 4).as_deref(), Some(words));
        assert_eq!(pace.announcement(seconds(6.0), 5), None, "once");
        let mut short = Pace::new(job(255, 1));
        short.reached(seconds(0.1), 1);
        assert_eq!(short.announcement(seconds(2.0), 26), None, "19.6 s");
        assert!(short.announcement(seconds(8.0), 26).is_some(), "it became slower");
    }

    #[test]
    fn a_line_a_minute() {
        let mut pace = Pace::new(job(255, 51));
        assert_eq!(pace.line(seconds(59.9), 0, ""), None);
        assert_eq!(pace.line(seconds(60.0), 0, "").as_deref(), Some("after 60 seconds: 0 of 255 layers done"));
        assert_eq!(pace.line(seconds(61.0), 1, ""), None);
        pace.reached(seconds(70.0), 51);
        let line = pace.line(seconds(120.2), 102, "");
        assert_eq!(line.as_deref(), Some("after 2 minutes: 102 of 255 layers done, about 3 minutes left"));
        // A ticker that was held up says one line, not all that it missed.
        let line = pace.line(seconds(301.0), 204, "step 7 of 9");
        assert_eq!(line.as_deref(), Some("after 5 minutes: step 7 of 9, about 75 seconds left"));
        assert_eq!(pace.line(seconds(330.0), 230, ""), None);
    }
}
