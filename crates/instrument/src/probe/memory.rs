//! Estimates the memory of a run before it starts, and how much can be computed at once so that it fits.
//!
//! The estimate has four parts: the contents of files, the working memory while trials are measured, the results kept
//! of every trial, and the report. They are added although they do not exist at the same time, because the allocator
//! returns little memory.

pub mod limits;
mod parts;
mod report;
mod shape;
mod sizes;
pub mod training;
mod trial;

pub use sizes::{from_words, in_words};

use crate::graph::segments::Segments;
use crate::spec::training::TrainingPlan;
use crate::spec::{Attribute, Plan, Schedule, Spec};
use parts::{files, largest, nearest_in_words, whole};
use shape::Shape;
use std::path::Path;

/// The needs of a plan, without the schedule.
struct Needs<'p> {
    plan: &'p Plan,
    threads: usize,
    shape: Shape,
    /// Bytes that do not depend on the schedule.
    resting: u128,
}

/// Bytes of a report.
type Report = fn(&Plan, &Shape, usize) -> u128;

impl<'p> Needs<'p> {
    fn of(plan: &'p Plan, threads: usize, report: Report) -> Needs<'p> {
        let shape = Shape::of(plan);
        let (runs, trials) = (plan.runs.len() as u128, plan.spec.trials as u128);
        let kept = trials * trial::measured(plan, &shape) + runs * trial::record(plan, &shape);
        let resting = files(plan) + kept + report(plan, &shape, threads);
        Needs { plan, threads, shape, resting }
    }

    fn on(&self, schedule: Schedule) -> u64 {
        let at_once = self.threads.min(self.plan.spec.trials).min(schedule.trials_at_once) as u128;
        let working = trial::working(self.plan, &self.shape, self.threads, schedule);
        let drawn = trial::drawn(&self.shape) * if schedule.keeps_trials { self.plan.spec.trials as u128 } else { 0 };
        // A quarter more for the allocator.
        whole(self.threads, (at_once * working + drawn) * 5 / 4 + self.resting)
    }

    /// The schedule that computes most at once within a number of bytes.
    ///
    /// Trials that are drawn again cost little, recomputed values about a third more time, and a waiting trial costs a
    /// thread.
    fn schedule(&self, limit: u64) -> Option<Schedule> {
        let all = self.threads.min(self.plan.spec.trials).max(1);
        let segments = [1, self.balanced()];
        // The schedule without limits first, so that a run that fits is not slowed down.
        let kept = Schedule::default();
        let drawn_again = Schedule { keeps_trials: false, ..kept };
        let every = (1..=all).rev().flat_map(|trials_at_once| {
            segments.into_iter().map(move |segments| Schedule { segments, trials_at_once, ..drawn_again })
        });
        [kept, drawn_again].into_iter().chain(every).find(|schedule| self.on(*schedule) <= limit)
    }

    fn balanced(&self) -> usize {
        Segments::balanced(self.plan.spec.depth + 1).max(1)
    }

    fn least(&self) -> u64 {
        self.on(Schedule { segments: self.balanced(), trials_at_once: 1, keeps_trials: false })
    }
}

/// Approximate maximum of bytes that a probe needs with a schedule.
pub fn estimate(plan: &Plan, threads: usize, schedule: Schedule) -> u64 {
    Needs::of(plan, threads, report::bytes).on(schedule)
}

/// Bytes of a plan's record.
pub fn kept(plan: &Plan) -> u64 {
    let bytes = plan.runs.len() as u128 * trial::record(plan, &Shape::of(plan));
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The schedule that computes most at once within a number of bytes; `None` if no schedule fits.
pub fn schedule(plan: &Plan, threads: usize, limit: u64) -> Option<Schedule> {
    Needs::of(plan, threads, report::bytes).schedule(limit)
}

/// Bytes that the smallest schedule needs.
pub fn least(plan: &Plan, threads: usize) -> u64 {
    Needs::of(plan, threads, report::bytes).least()
}

/// Suggests the largest depth, width, batch or number of trials that would fit, each on its own; `None` if none would
/// or if files determine all of them.
pub fn nearest(plan: &Plan, threads: usize, limit: u64) -> Option<String> {
    nearest_with(plan, threads, limit, report::bytes)
}

fn nearest_with(plan: &Plan, threads: usize, limit: u64, report: Report) -> Option<String> {
    let fits = |spec: Spec| {
        let plan = Plan { spec, ..plan.clone() };
        Needs::of(&plan, threads, report).schedule(limit).is_some()
    };
    let spec = || plan.spec.clone();
    let drawn = |now: usize, with: &dyn Fn(usize) -> Spec| {
        if plan.network.is_some() { 0 } else { largest(now, |count| fits(with(count))) }
    };
    let batch = |batch| Spec { batch, ..spec() };
    // All rows of a file are the batch, unless batches are drawn from them.
    let is_whole = plan.spec.batch_file.as_ref().is_some_and(|file| file.drawn_from.is_none());
    nearest_in_words(&[
        ("--depth", drawn(spec().depth, &|depth| Spec { depth, ..spec() })),
        ("--width", drawn(spec().width, &|width| Spec { width, ..spec() })),
        ("--batch", if is_whole { 0 } else { largest(spec().batch, |count| fits(batch(count))) }),
        ("--trials", drawn(spec().trials, &|trials| Spec { trials, ..spec() })),
    ])
}

/// A plan whose memory can be estimated before it runs.
pub trait Reckoned: Sized {
    /// Approximate maximum of bytes that it needs with a schedule.
    fn needs(&self, threads: usize, schedule: Schedule) -> u64;
    /// The schedule that computes most at once within a number of bytes; `None` if no schedule fits.
    fn fitting(&self, threads: usize, limit: u64) -> Option<Schedule>;
    /// Bytes that the smallest schedule needs.
    fn least(&self, threads: usize) -> u64;
    /// Suggests the largest value of each of its numbers, on its own, that would fit; `None` if none would.
    fn nearest(&self, threads: usize, limit: u64) -> Option<String>;
    /// The same plan with a schedule.
    fn on(self, schedule: Schedule) -> Self;
    /// The same plan without attribution, which takes memory; `None` if there is none.
    fn without_attribution(&self) -> Option<Self>;
}

impl Reckoned for Plan {
    fn needs(&self, threads: usize, schedule: Schedule) -> u64 {
        estimate(self, threads, schedule)
    }

    fn fitting(&self, threads: usize, limit: u64) -> Option<Schedule> {
        schedule(self, threads, limit)
    }

    fn least(&self, threads: usize) -> u64 {
        least(self, threads)
    }

    fn nearest(&self, threads: usize, limit: u64) -> Option<String> {
        nearest(self, threads, limit)
    }

    fn on(self, schedule: Schedule) -> Plan {
        Plan { schedule, ..self }
    }

    fn without_attribution(&self) -> Option<Plan> {
        let spec = Spec { attribute: Attribute::None, ..self.spec.clone() };
        (self.spec.attribute != Attribute::None).then(|| Plan { spec, ..self.clone() })
    }
}

/// A plan for a law, whose report is small.
pub struct LawPlan(pub Plan);

impl Reckoned for LawPlan {
    fn needs(&self, threads: usize, schedule: Schedule) -> u64 {
        Needs::of(&self.0, threads, report::law).on(schedule)
    }

    fn fitting(&self, threads: usize, limit: u64) -> Option<Schedule> {
        Needs::of(&self.0, threads, report::law).schedule(limit)
    }

    fn least(&self, threads: usize) -> u64 {
        Needs::of(&self.0, threads, report::law).least()
    }

    fn nearest(&self, threads: usize, limit: u64) -> Option<String> {
        nearest_with(&self.0, threads, limit, report::law)
    }

    fn on(self, schedule: Schedule) -> LawPlan {
        LawPlan(self.0.on(schedule))
    }

    fn without_attribution(&self) -> Option<LawPlan> {
        self.0.without_attribution().map(LawPlan)
    }
}

impl Reckoned for TrainingPlan {
    fn needs(&self, threads: usize, schedule: Schedule) -> u64 {
        training::estimate(self, threads, schedule)
    }

    fn fitting(&self, threads: usize, limit: u64) -> Option<Schedule> {
        training::schedule(self, threads, limit)
    }

    fn least(&self, threads: usize) -> u64 {
        training::least(self, threads)
    }

    fn nearest(&self, threads: usize, limit: u64) -> Option<String> {
        training::nearest(self, threads, limit)
    }

    fn on(self, schedule: Schedule) -> TrainingPlan {
        TrainingPlan { networks: self.networks.on(schedule), ..self }
    }

    fn without_attribution(&self) -> Option<TrainingPlan> {
        None
    }
}

/// Bytes that this process may use, as far as the system reports it: free memory within the limits of containers and of
/// the process.
pub fn available(threads: usize) -> Option<u64> {
    limits::allowed(Path::new("/"), threads)
}

#[cfg(test)]
mod tests;
