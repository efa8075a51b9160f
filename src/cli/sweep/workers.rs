//! Measures cells, as many at once as there are threads and memory for: one cell a thread, because cells need not wait
//! for each other and the layers of one do.

use super::arguments::SweepArguments;
use super::attempt::attempt;
use super::planning::Planning;
use super::store::Store;
use crate::cli::failure::Failure;
use crate::cli::progress::{Bar, Job};
use crate::judgement::cell::{Cell, Outcome, outcome};
use crate::probe::Progress;
use crate::probe::memory::{self, LawPlan, Reckoned};
use crate::record::Record;
use crate::report::numbers::{Notation, short};
use crate::spec::Plan;
use crate::sweep::deal::largest_first;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Units of progress of all cells together.
const UNITS: f64 = 1e6;

/// What the workers share.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Places of cells, the largest last, with their bytes.
    waiting: Vec<(usize, u64)>,
    /// Bytes that are free.
    free: u64,
    running: usize,
    done: usize,
    work: f64,
    failure: Option<Failure>,
}

/// Measures cells and stores each before the next begins.
///
/// # Errors
/// A cell for which there is no memory, or what could not be written; what was stored before stays.
pub fn measure(
    planning: &Planning,
    store: &Store,
    cells: Vec<usize>,
    arguments: &SweepArguments,
) -> Result<(), Failure> {
    let (workers, threads) = planning.split(cells.len());
    let limit = planning.memory.unwrap_or(u64::MAX);
    let count = cells.len();
    let total: f64 = cells.iter().map(|place| planning.cells[*place].work as f64 + 1.0).sum();
    let waiting = largest_first(&planning.cells, cells).into_iter().rev();
    let waiting: Vec<(usize, u64)> = waiting.map(|place| (place, planning.cells[place].memory.min(limit))).collect();
    let job = Job {
        what: format!("{count} cells"),
        advice: "what is finished stays; go on with --resume".into(),
        unit: "cells",
        units: UNITS as usize,
        round: 1,
        preparations: 0,
    };
    let bar = Bar::of_work(arguments.quiet, job);
    let since = Instant::now();
    bar.tell(progress(0, count, since.elapsed()));
    let state = State { waiting, free: limit, running: 0, done: 0, work: 0.0, failure: None };
    let queue = Queue { state: Mutex::new(state), changed: Condvar::new() };
    // The reason of a failed cell is in its row.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let pools: Result<Vec<_>, _> =
        (0..workers).map(|_| rayon::ThreadPoolBuilder::new().num_threads(threads).build()).collect();
    let ended = pools.map_err(|error| {
        Failure::Input(format!(
            "the system cannot start {} threads ({error}): give fewer with --threads",
            planning.threads
        ))
    });
    let ended = ended.map(|pools| {
        std::thread::scope(|scope| {
            for pool in &pools {
                scope.spawn(|| {
                    while let Some((place, bytes)) = queue.next() {
                        let stored = cell(planning, place, threads, limit, pool);
                        let stored = store.append(place, &stored.0, stored.1.as_ref().filter(|_| arguments.records));
                        let share = (planning.cells[place].work as f64 + 1.0) / total;
                        let (done, units) = queue.finished(bytes, share, stored);
                        bar.done(units);
                        bar.tell(progress(done, count, since.elapsed()));
                    }
                });
            }
        });
    });
    std::panic::set_hook(hook);
    bar.finish();
    ended?;
    queue.lock().failure.take().map_or(Ok(()), Err)
}

/// Cells that are done, and how many are done in a minute.
fn progress(done: usize, count: usize, elapsed: Duration) -> String {
    let each_minute = done as f64 * 60.0 / elapsed.as_secs_f64().max(1e-3);
    let rate = if done == 0 { String::new() } else { format!(", {} a minute", short(each_minute, Notation::Plain)) };
    format!("{done} of {count} cells done{rate}")
}

/// Refuses a sweep with a cell for which there is not enough memory.
pub fn check_memory(planning: &Planning, cells: &[usize]) -> Result<(), Failure> {
    let limit = planning.memory.unwrap_or(u64::MAX);
    let large = cells.iter().filter_map(|place| planning.cells.get(*place)).filter(|cell| cell.memory > limit);
    for cell in large {
        let (spec, plan) = planning.plan.cell(cell.combination);
        let Ok(plan) = plan.map(LawPlan) else { continue };
        if plan.fitting(1, limit).is_none() {
            return Err(Failure::Input(format!(
                "the cell with {}, depth {} and width {} needs at least {} of memory but only {} are free: leave it out, or raise --memory",
                spec.activations.concat(),
                spec.depth,
                spec.width,
                memory::in_words(plan.least(1)),
                memory::in_words(limit)
            )));
        }
    }
    Ok(())
}

/// Measures one cell; of a failed one there is no record.
fn cell(
    planning: &Planning,
    place: usize,
    threads: usize,
    limit: u64,
    pool: &rayon::ThreadPool,
) -> (Cell, Option<Record>) {
    let planned = &planning.cells[place];
    let (_, plan) = planning.plan.cell(planned.combination);
    let values = planning.plan.values(planned.combination);
    let record = match plan {
        Ok(plan) => measured(plan, threads, limit, pool),
        Err(error) => Err(error.0),
    };
    let (outcome, record) = match record {
        Ok(record) => (outcome(&record), Some(record)),
        Err(why) => (Outcome::Failed(why), None),
    };
    (Cell { cell: place + 1, id: planned.id.clone(), values, outcome }, record)
}

fn measured(plan: Plan, threads: usize, limit: u64, pool: &rayon::ThreadPool) -> Result<Record, String> {
    let plan = LawPlan(plan);
    let schedule = plan.fitting(threads, limit).unwrap_or_default();
    let LawPlan(plan) = plan.on(schedule);
    attempt(&plan, pool)
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The largest waiting cell for which there is memory; waits until there is some. `None` when all are taken or the
    /// sweep has failed.
    fn next(&self) -> Option<(usize, u64)> {
        let mut state = self.lock();
        loop {
            if state.failure.is_some() || state.waiting.is_empty() {
                return None;
            }
            let (free, is_idle) = (state.free, state.running == 0);
            if let Some(found) = state.waiting.iter().rposition(|(_, bytes)| *bytes <= free || is_idle) {
                let (place, bytes) = state.waiting.remove(found);
                state.free = free.saturating_sub(bytes);
                state.running += 1;
                return Some((place, bytes));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes that a cell is stored, or why not: the number of stored cells, and the units of progress since the last.
    fn finished(&self, bytes: u64, share: f64, stored: Result<(), Failure>) -> (usize, usize) {
        let mut state = self.lock();
        state.running -= 1;
        state.free = state.free.saturating_add(bytes);
        state.done += usize::from(stored.is_ok());
        let before = state.work;
        state.work += share;
        let units = (state.work * UNITS) as usize - (before * UNITS) as usize;
        if let Err(failure) = stored {
            state.failure.get_or_insert(failure);
        }
        self.changed.notify_all();
        (state.done, units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_how_fast_it_goes() {
        assert_eq!(progress(0, 56, Duration::ZERO), "0 of 56 cells done");
        assert_eq!(progress(14, 56, Duration::from_secs(240)), "14 of 56 cells done, 3.5 a minute");
        assert_eq!(progress(1, 2, Duration::from_millis(10)), "1 of 2 cells done, 6000 a minute");
    }
}
