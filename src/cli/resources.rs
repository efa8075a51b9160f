//! Threads and memory of a measurement, which affect its time but not its results.

use super::failure::Failure;
use super::numbers::whole;
use crate::probe::memory::{self, Reckoned};
use std::io::{self, Write};

/// Largest number of threads, more than any machine has use for.
const MOST_THREADS: usize = 1024;

/// The number of threads.
#[derive(clap::Args, Clone, Copy, Debug, Default)]
pub struct Threads {
    /// Number of threads; the results do not depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = whole(1, MOST_THREADS), allow_negative_numbers = true, help_heading = "Resources")]
    threads: Option<usize>,
}

/// Options of the commands whose networks may be large.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Resources {
    #[command(flatten)]
    pub threads: Threads,
    /// Memory limit, such as 2GiB or 500MB; within a tight limit the backward pass recomputes values, with the same
    /// results [default: the free memory]
    #[arg(long, value_name = "SIZE", value_parser = memory::from_words, allow_negative_numbers = true, help_heading = "Resources")]
    pub memory: Option<u64>,
}

impl Threads {
    /// The number of threads that the user asks for.
    pub fn asked_for(&self) -> Option<usize> {
        self.threads
    }

    /// The requested number of threads, or one per core.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub fn count(&self) -> Result<usize, Failure> {
        match self.threads {
            Some(0) => {
                Err(Failure::Input("--threads 0: give a positive number, or leave it out for one per core".into()))
            }
            Some(threads) if threads > MOST_THREADS => {
                Err(Failure::Input(format!("--threads {threads}: give at most {MOST_THREADS}")))
            }
            Some(threads) => Ok(threads),
            None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
        }
    }

    /// Checks that `needed` bytes are free, for work that cannot be made smaller.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub fn check_memory(&self, needed: u64) -> Result<(), Failure> {
        match memory::available(self.count()?) {
            Some(free) if needed > free => Err(Failure::Input(format!(
                "this run needs about {} of memory but only {} are free: use fewer --threads",
                memory::in_words(needed),
                memory::in_words(free)
            ))),
            _ => Ok(()),
        }
    }

    /// The thread pool in which a plan runs.
    ///
    /// # Errors
    /// More threads than the system can start, with the fix.
    pub fn pool(&self) -> Result<rayon::ThreadPool, Failure> {
        let threads = self.count()?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.map_err(|error| {
            let fix = if threads > 1 { "give fewer, such as --threads 1" } else { "raise the limit with ulimit -u" };
            Failure::Input(format!("the system cannot start {threads} threads ({error}): {fix}"))
        })
    }
}

impl Resources {
    /// Most bytes that a run may take: `--memory`, or what the system allows; `None` if that is unknown.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub fn limit(&self) -> Result<Option<u64>, Failure> {
        let threads = self.threads.count()?;
        Ok(self.memory.or_else(|| memory::available(threads)))
    }

    /// The plan with a schedule that fits into memory; notes beforehand how much a large run needs.
    ///
    /// # Errors
    /// Nothing fits; the message has the nearest plan that does.
    pub fn fit<P: Reckoned>(&self, plan: P, is_silent: bool) -> Result<P, Failure> {
        let threads = self.threads.count()?;
        let Some(limit) = self.limit()? else { return Ok(plan) };
        let Some(schedule) = plan.fitting(threads, limit) else {
            return Err(Failure::Input(format!(
                "this run needs at least {} of memory but only {} are {}{}",
                memory::in_words(plan.least(threads)),
                memory::in_words(limit),
                if self.memory.is_some() { "allowed" } else { "free" },
                self.fixes(&plan, threads, limit),
            )));
        };
        let needed = plan.needs(threads, schedule);
        if (needed > 2 << 30 || schedule.is_slower()) && !is_silent {
            let again = if schedule.segments > 1 { ", recomputing values in the backward pass" } else { "" };
            let _ = writeln!(io::stderr(), "this run needs about {} of memory{again}", memory::in_words(needed));
        }
        Ok(plan.on(schedule))
    }

    /// What would make a plan fit, as the end of a sentence.
    fn fixes<P: Reckoned>(&self, plan: &P, threads: usize, limit: u64) -> String {
        // So little is a number of bytes by mistake.
        if limit < 1 << 16 && self.memory.is_some() {
            return ": write the size with a unit, as in --memory 2GiB".into();
        }
        let fits_alone =
            || self.memory.or_else(|| memory::available(1)).is_none_or(|one| plan.fitting(1, one).is_some());
        let one_thread = (threads > 1 && fits_alone()).then(|| "--threads 1".to_string());
        let plainly = plan.without_attribution().and_then(|plan| plan.fitting(threads, limit));
        let plainly = plainly.map(|_| "--attribute none".to_string());
        let fitting: Vec<String> = plan.nearest(threads, limit).into_iter().chain(one_thread).chain(plainly).collect();
        match fitting.is_empty() {
            false => format!("; {} would fit", fitting.join(" or ")),
            true if self.memory.is_some() => ": raise --memory".into(),
            true => ": use a machine with more memory".into(),
        }
    }
}
