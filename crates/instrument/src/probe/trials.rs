//! The trials of one run: each is drawn once and passed to every question about it.

use super::draw::{Drawn, Stored};
use super::measure::Measurement;
use crate::spec::Schedule;
use rayon::prelude::*;

/// The networks and batches of a run.
pub(super) struct Trials<'d> {
    count: usize,
    schedule: Schedule,
    draw: &'d (dyn Fn(u64) -> Drawn + Sync),
    /// All of them, or none if the schedule has no room for them.
    kept: Vec<Drawn>,
}

impl<'d> Trials<'d> {
    /// Draws `count` trials.
    pub fn new(count: usize, schedule: Schedule, draw: &'d (dyn Fn(u64) -> Drawn + Sync)) -> Trials<'d> {
        let mut trials = Trials { count, schedule, draw, kept: Vec::new() };
        if schedule.keeps_trials {
            trials.kept = trials.in_order(|trial| draw(trial as u64));
        }
        trials
    }

    /// The answer to a question for every trial, given its number.
    pub fn map<T: Send>(&self, of: impl Fn(usize, &Drawn) -> T + Sync) -> Vec<T> {
        self.in_order(|trial| match self.kept.get(trial) {
            Some(drawn) => of(trial, drawn),
            None => of(trial, &(self.draw)(trial as u64)),
        })
    }

    /// As many at once as the schedule and the threads allow, which bounds the memory.
    fn in_order<T: Send>(&self, of: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let all: Vec<usize> = (0..self.count).collect();
        let chunks = all.chunks(rayon::current_num_threads().min(self.schedule.trials_at_once));
        chunks.flat_map(|chunk| chunk.par_iter().map(|&trial| of(trial)).collect::<Vec<_>>()).collect()
    }
}

/// One measured trial: its numbers, and how storing changed the exact values in each arithmetic.
pub(super) struct Trial {
    pub measurement: Measurement,
    pub stored: Vec<Stored>,
}
