//! What a training needs: copies that are trained side by side, their comparison with the exact gradient, and its
//! records.

use super::parts::{files, largest, nearest_in_words, whole};
use super::shape::Shape;
use super::{report, trial};
use crate::graph::segments::Segments;
use crate::spec::Schedule;
use crate::spec::training::{MeasureAt, Optimiser, TrainingPlan};

/// Bytes of a number in the arithmetic in which true updates are computed: MPFR with 256 bits.
const LONG: u128 = 80;
/// Samples that are held out.
const HELD_OUT: u128 = 360;
/// Bytes of a step's loss: in a record alone; and in the copy, in its record, and in the texts of both and of the
/// table.
const LOSS: (u128, u128) = (16, 150);
/// Bytes of a measured layer likewise.
const MEASURE: (u128, u128) = (600, 4800);

/// Bytes that a training needs at most, about, on a schedule.
pub fn estimate(plan: &TrainingPlan, threads: usize, schedule: Schedule) -> u64 {
    let spec = &plan.spec;
    let shape = Shape::of(&plan.networks);
    let [runs, formats, steps, minibatches] =
        [plan.networks.runs.len(), plan.policies.len(), spec.steps, spec.minibatches].map(|count| count as u128);
    let copies = runs * (formats + 1);
    let weights = shape.weights() + shape.units();
    let kept = match spec.optimiser {
        Optimiser::Sgd { .. } => 1,
        Optimiser::Adam { .. } => 2,
    };
    // Parameters and the optimiser's state: where they are, and five times on their way into a checkpoint.
    let learners = copies * weights * 8 * (1 + 6 * (1 + kept));
    let measured = measured_steps(plan);
    let at_once = (threads as u128).min(copies);
    let true_updates = if measured == 0 { 0 } else { weights * LONG * (6 + 2 * kept) };
    let passes = minibatches * (weights * 8 + shape.units() * shape.batch * 24);
    // All arithmetics at f64's parameters.
    let at_reference = formats * shape.kept(4 * 8, schedule.segments);
    let measuring = trial::working(&plan.networks, &shape, threads, schedule) + true_updates + passes + at_reference;
    let step = weights * 100 + shape.units() * (shape.batch + HELD_OUT) * 24;
    let records = copies * (steps * LOSS.1 + measured * shape.layers() * MEASURE.1);
    let working = at_once * (step + if measured == 0 { 0 } else { measuring }) * 5 / 4;
    let posters = report::posters(runs, formats, threads);
    whole(threads, files(&plan.networks) + learners + working + records + posters)
}

/// Steps that are measured, or one more, without a list of millions.
fn measured_steps(plan: &TrainingPlan) -> u128 {
    let steps = plan.spec.steps;
    let measured = match plan.spec.measure {
        MeasureAt::Every(every) => steps.div_ceil(every.max(1)) + 1,
        MeasureAt::Logarithmic(points) => steps.min(points.saturating_add(1)),
        MeasureAt::Never => 0,
    };
    measured as u128
}

/// Bytes of a training's record.
pub fn kept(plan: &TrainingPlan) -> u64 {
    let [runs, formats, steps] =
        [plan.networks.runs.len(), plan.policies.len(), plan.spec.steps].map(|count| count as u128);
    let measured = measured_steps(plan);
    let layers = Shape::of(&plan.networks).layers();
    let bytes = runs * (formats + 1) * (steps * LOSS.0 + measured * layers * MEASURE.0);
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The schedule that keeps most values within a number of bytes; `None` if no schedule fits.
pub fn schedule(plan: &TrainingPlan, threads: usize, limit: u64) -> Option<Schedule> {
    schedules(plan).into_iter().find(|schedule| estimate(plan, threads, *schedule) <= limit)
}

/// Bytes with which the smallest schedule does.
pub fn least(plan: &TrainingPlan, threads: usize) -> u64 {
    schedules(plan).into_iter().map(|schedule| estimate(plan, threads, schedule)).min().unwrap_or(0)
}

/// All values, or those of a few layers.
fn schedules(plan: &TrainingPlan) -> [Schedule; 2] {
    let segments = Segments::balanced(plan.networks.spec.depth + 1).max(1);
    [Schedule::default(), Schedule { segments, ..Schedule::default() }]
}

/// The largest depth, width, batch and number of steps, each alone, with which a training would fit, in words.
pub fn nearest(plan: &TrainingPlan, threads: usize, limit: u64) -> Option<String> {
    let fits = |change: &dyn Fn(&mut TrainingPlan)| {
        let mut plan = plan.clone();
        change(&mut plan);
        schedule(&plan, threads, limit).is_some()
    };
    let networks = &plan.networks;
    let of_network = |set: fn(&mut TrainingPlan, usize), now: usize| {
        if networks.network.is_some() { 0 } else { largest(now, |count| fits(&|plan| set(plan, count))) }
    };
    let set_batch = |plan: &mut TrainingPlan, count| (plan.spec.batch, plan.networks.spec.batch) = (count, count);
    nearest_in_words(&[
        ("--depth", of_network(|plan, count| plan.networks.spec.depth = count, networks.spec.depth)),
        ("--width", of_network(|plan, count| plan.networks.spec.width = count, networks.spec.width)),
        ("--batch", largest(networks.spec.batch, |count| fits(&|plan| set_batch(plan, count)))),
        ("--steps", largest(plan.spec.steps, |count| fits(&|plan| plan.spec.steps = count))),
    ])
}
