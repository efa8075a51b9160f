//! What a run will need in memory, told before it starts, and how much is computed at once so that it fits.
//!
//! Four parts make up the estimate: what files hold, what is at work while trials are measured, what is kept of every
//! trial, and what is made of a record. They are added, though they are not all there at once: the allocator gives little
//! back.

pub mod limits;
mod report;
mod shape;
mod sizes;
pub mod training;
mod trial;

pub use sizes::{from_words, in_words};

use crate::network::segments::Segments;
use crate::spec::training::TrainingPlan;
use crate::spec::{Attribute, Plan, Schedule, Spec};
use shape::Shape;
use std::path::Path;

/// Bytes that the program takes before anything is measured, fonts included, and what a thread adds.
const PROGRAM: u128 = 36 << 20;
const THREAD: u128 = 1 << 20;

/// What a plan needs, but for the schedule.
struct Needs<'p> {
    plan: &'p Plan,
    threads: usize,
    shape: Shape,
    /// Bytes that no schedule changes.
    resting: u128,
}

/// What a report takes.
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
        // A quarter as much again for the allocator.
        whole(self.threads, at_once * working * 5 / 4 + self.resting)
    }

    /// The schedule that computes most at once within so many bytes.
    ///
    /// Values that are computed again cost about a third of the time, a trial that waits a thread.
    fn schedule(&self, limit: u64) -> Option<Schedule> {
        let all = self.threads.min(self.plan.spec.trials).max(1);
        let segments = [1, self.balanced()];
        let every = (1..=all)
            .rev()
            .flat_map(|trials_at_once| segments.into_iter().map(move |segments| Schedule { segments, trials_at_once }));
        // A schedule without limits first, so that what fits is as if nobody had asked.
        std::iter::once(Schedule::default()).chain(every).find(|schedule| self.on(*schedule) <= limit)
    }

    fn balanced(&self) -> usize {
        Segments::balanced(self.plan.spec.depth + 1).max(1)
    }

    fn least(&self) -> u64 {
        self.on(Schedule { segments: self.balanced(), trials_at_once: 1 })
    }
}

/// Bytes that a probe needs at most, about, on a schedule.
pub fn estimate(plan: &Plan, threads: usize, schedule: Schedule) -> u64 {
    Needs::of(plan, threads, report::bytes).on(schedule)
}

/// Bytes of a plan's record.
pub fn kept(plan: &Plan) -> u64 {
    let bytes = plan.runs.len() as u128 * trial::record(plan, &Shape::of(plan));
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// With what every run takes, as far as numbers go.
fn whole(threads: usize, bytes: u128) -> u64 {
    u64::try_from(PROGRAM + threads as u128 * THREAD + bytes).unwrap_or(u64::MAX)
}

/// Bytes that what was read takes: doubles, and as many again while they are turned and copied.
fn files(plan: &Plan) -> u128 {
    let network = plan.network.iter().flat_map(|network| &network.layers);
    let network: u128 = network.map(|layer| layer.weight.len() as u128).sum();
    let samples = plan
        .samples
        .as_ref()
        .map_or(0, |samples| samples.batch() as u128 * (samples.features() as u128 + samples.outputs() as u128));
    let compared = plan.compared.iter().flat_map(|gradients| gradients.tensors.iter().flatten());
    16 * (network + samples + compared.map(|gradient| gradient.values.len() as u128).sum::<u128>())
}

/// The schedule that computes most at once within so many bytes; none where no schedule fits.
pub fn schedule(plan: &Plan, threads: usize, limit: u64) -> Option<Schedule> {
    Needs::of(plan, threads, report::bytes).schedule(limit)
}

/// Bytes with which the smallest schedule does.
pub fn least(plan: &Plan, threads: usize) -> u64 {
    Needs::of(plan, threads, report::bytes).least()
}

/// The largest depth, width, batch and number of trials, each alone, with which a spec that does not fit would fit, in
/// words; none where none would, or all of them are given by files.
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
    nearest_in_words(&[
        ("--depth", drawn(spec().depth, &|depth| Spec { depth, ..spec() })),
        ("--width", drawn(spec().width, &|width| Spec { width, ..spec() })),
        ("--batch", if plan.samples.is_some() { 0 } else { largest(spec().batch, |count| fits(batch(count))) }),
        ("--trials", drawn(spec().trials, &|trials| Spec { trials, ..spec() })),
    ])
}

/// The largest number below one that does not fit with which something fits; 0 where there is none.
fn largest(now: usize, fits: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, now);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}

/// `--depth 12 or --width 30`: options with the numbers that fit; none where none does.
fn nearest_in_words(found: &[(&str, usize)]) -> Option<String> {
    let told: Vec<String> =
        found.iter().filter(|(_, most)| *most > 0).map(|(option, most)| format!("{option} {most}")).collect();
    (!told.is_empty()).then(|| told.join(" or "))
}

/// A plan whose memory can be told beforehand.
pub trait Reckoned: Sized {
    /// Bytes that it needs at most, about, on a schedule.
    fn needs(&self, threads: usize, schedule: Schedule) -> u64;
    /// The schedule that computes most at once within so many bytes; none where no schedule fits.
    fn fitting(&self, threads: usize, limit: u64) -> Option<Schedule>;
    /// Bytes with which the smallest schedule does.
    fn least(&self, threads: usize) -> u64;
    /// The largest of each of its numbers, alone, with which it would fit, in words; none where none would.
    fn nearest(&self, threads: usize, limit: u64) -> Option<String>;
    /// The same plan on a schedule.
    fn on(self, schedule: Schedule) -> Self;
    /// Whether noise is attributed, which takes memory that nobody need give.
    fn is_attributed(&self) -> bool;
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

    fn is_attributed(&self) -> bool {
        self.spec.attribute != Attribute::None
    }
}

/// A plan of which a law is made, whose report is small.
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

    fn is_attributed(&self) -> bool {
        self.0.is_attributed()
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

    fn is_attributed(&self) -> bool {
        false
    }
}

/// Bytes that this process may have, as far as the system tells: what is free, and what containers and limits allow.
pub fn available(threads: usize) -> Option<u64> {
    limits::allowed(Path::new("/"), threads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    /// The largest spec that validates does not overflow the estimate.
    #[test]
    fn the_largest_spec_has_an_estimate() {
        let spec = Spec { depth: 1_000_000, width: 1_000_000, trials: 1_000_000, ..Spec::default() };
        let plan = spec.validate().unwrap();
        assert_eq!(estimate(&plan, 1024, Schedule::default()), u64::MAX);
        assert_eq!(in_words(u64::MAX), "16.0 EiB");
        let small = Spec { depth: 2, width: 2, batch: 2, trials: 1, ..Spec::default() };
        assert!(estimate(&small.validate().unwrap(), 1, Schedule::default()) < 128 << 20);
    }

    /// Less memory: values computed again, then fewer trials at once, then nothing but a smaller network.
    #[test]
    fn a_schedule_fits_its_limit() {
        let spec = Spec { depth: 100, width: 128, batch: 64, trials: 4, ..Spec::default() };
        let plan = spec.clone().validate().unwrap();
        let whole = estimate(&plan, 4, Schedule::default());
        assert_eq!(schedule(&plan, 4, whole), Some(Schedule::default()));
        let mut last = Schedule { segments: 1, trials_at_once: 4 };
        for share in [2, 4, 8, 16] {
            let Some(found) = schedule(&plan, 4, whole / share) else { break };
            assert!(estimate(&plan, 4, found) <= whole / share, "{found:?}");
            assert!(found.segments > 1 && found.trials_at_once <= last.trials_at_once, "{found:?} after {last:?}");
            last = found;
        }
        assert!(last.trials_at_once < 4, "{last:?}");
        assert_eq!(schedule(&plan, 4, least(&plan, 4) - 1), None);
        let limit = least(&plan, 4) - (4 << 20);
        let nearest = nearest(&plan, 4, limit).unwrap();
        let words: Vec<&str> = nearest.split(' ').collect();
        assert_eq!((words[0], words[2], words[3]), ("--depth", "or", "--width"), "{nearest}");
        let depth = words[1].parse().unwrap();
        let fits = |depth| schedule(&Spec { depth, ..spec.clone() }.validate().unwrap(), 4, limit).is_some();
        assert!(fits(depth) && !fits(depth + 1), "{nearest}");
    }

    /// What a law's plan needs besides its report.
    #[test]
    fn too_many_trials_are_told_with_the_number_that_fits() {
        let plan = Spec { trials: 1_000_000, ..Spec::default() }.validate().unwrap();
        let limit = 8 << 30;
        assert!(least(&plan, 2) > 100 << 30, "{}", in_words(least(&plan, 2)));
        let told = nearest(&plan, 2, limit).unwrap();
        let trials = told.split("--trials ").nth(1).unwrap().parse().unwrap();
        let fits = |trials| schedule(&Spec { trials, ..Spec::default() }.validate().unwrap(), 2, limit).is_some();
        assert!(fits(trials) && !fits(trials + 1) && trials > 1000, "{told}");
        let law = LawPlan(plan);
        assert!(law.least(2) < least(&law.0, 2) && law.nearest(2, limit).unwrap().contains("--trials "));
    }

    /// More of anything never needs less, on any schedule.
    #[test]
    fn more_needs_more() {
        let at = |factors: [usize; 6]| {
            let [depth, width, batch, trials, formats, threads] = factors;
            let formats = ["f16", "f32", "mpfr:90"][..formats].iter().map(|name| name.to_string()).collect();
            let spec = Spec { depth, width, batch, trials, formats, ..Spec::default() };
            let plan = spec.validate().unwrap();
            let schedules = [Schedule::default(), Schedule { segments: 3, trials_at_once: 1 }];
            schedules
                .map(|schedule| estimate(&plan, threads, schedule))
                .into_iter()
                .chain([least(&plan, threads)])
                .collect::<Vec<u64>>()
        };
        let least = [2, 3, 2, 2, 1, 1];
        let more = [60, 70, 40, 9, 3, 4];
        // Every corner against those beside it with more of one thing.
        for corner in 0..64usize {
            let of = |corner: usize| std::array::from_fn(|at| if corner >> at & 1 == 1 { more[at] } else { least[at] });
            for one in (0..6).filter(|one| corner >> one & 1 == 0) {
                let (less, more) = (at(of(corner)), at(of(corner | 1 << one)));
                assert!(
                    less.iter().zip(&more).all(|(less, more)| less <= more),
                    "{one} of {corner:b}: {less:?} {more:?}"
                );
            }
        }
    }

    /// A layer is charged as it is: 64 to 4096 to 64 is far from 4096 by 4096.
    #[test]
    fn layers_are_charged_by_their_own_shape() {
        let layer = |rows: usize, columns: usize, name: &str| crate::exchange::Linear {
            name: name.into(),
            weight: ndarray::Array2::from_elem((rows, columns), 0.5),
            bias: None,
            slope: None,
        };
        let network = crate::exchange::Sequential { layers: vec![layer(4096, 64, "0"), layer(64, 4096, "2")] };
        let source = crate::spec::Source { file: "w".into(), sha256: String::new(), dtype: None };
        let weights = crate::spec::Weights { source, units: network.units(), activations: None };
        let mut plan = Spec { depth: 1, width: 4096, batch: 4, trials: 1, ..Spec::default() }.validate().unwrap();
        plan.spec.weights = Some(weights);
        plan.network = Some(std::sync::Arc::new(network));
        assert!(least(&plan, 1) < 256 << 20, "{}", in_words(least(&plan, 1)));
        let square = Spec { depth: 2, width: 4096, batch: 4, trials: 1, ..Spec::default() }.validate().unwrap();
        assert!(least(&square, 1) > 2 << 30, "{}", in_words(least(&square, 1)));
    }

    /// A training's steps are counted, and what fits is told.
    #[test]
    fn trainings_are_reckoned() {
        use crate::spec::training::TrainingSpec;
        let of = |spec: &TrainingSpec| training::least(&spec.validate().unwrap(), 2);
        let spec = TrainingSpec::default();
        let long = TrainingSpec { steps: 10_000_000, ..spec.clone() };
        assert!(of(&spec) < 1 << 30 && of(&long) > 8 << 30, "{} {}", of(&spec), of(&long));
        for more in [
            TrainingSpec { depth: 40, ..spec.clone() },
            TrainingSpec { width: 100, ..spec.clone() },
            TrainingSpec { batch: 64, ..spec.clone() },
            TrainingSpec { steps: 1000, ..spec.clone() },
            TrainingSpec { measure: crate::spec::training::MeasureAt::Every(5), ..spec.clone() },
        ] {
            assert!(of(&more) > of(&spec), "{more:?}");
        }
        let told = training::nearest(&long.validate().unwrap(), 2, 8 << 30).unwrap();
        let steps = told.split("--steps ").nth(1).unwrap().parse().unwrap();
        assert!(of(&TrainingSpec { steps, ..spec.clone() }) <= 8 << 30, "{told}");
        assert!(of(&TrainingSpec { steps: steps + 1, ..spec }) > 8 << 30, "{told}");
    }
}
