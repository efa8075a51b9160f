//! Progress on standard error: a bar on a terminal, otherwise one line per minute. Either way, a long job starts with
//! an estimate of its duration.

mod pace;

pub use pace::Job;

use crate::probe::Progress;
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use pace::Pace;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the ticker checks whether a line is due.
const TICK: Duration = Duration::from_millis(250);

/// Progress of one job; silent with `--quiet`.
pub struct Bar {
    /// The bar on a terminal.
    bar: Option<ProgressBar>,
    /// Units that an earlier run finished.
    begun: AtomicU64,
    shared: Arc<Shared>,
    ticker: Option<JoinHandle<()>>,
}

/// State shared by a bar and its ticker.
struct Shared {
    state: Mutex<State>,
    ends: Condvar,
}

struct State {
    pace: Pace,
    started: Instant,
    /// Units of this run.
    done: usize,
    /// The current activity, if counting units does not describe it.
    doing: String,
    is_over: bool,
}

impl Bar {
    /// Progress through layers.
    pub fn new(is_quiet: bool, job: Job) -> Bar {
        Bar::with("{bar:40} layer {pos} of {len}, {left}", is_quiet, job)
    }

    /// Progress through units of work, together with the current activity.
    pub fn of_work(is_quiet: bool, job: Job) -> Bar {
        Bar::with("{bar:40} {msg}, {left}", is_quiet, job)
    }

    fn with(template: &str, is_quiet: bool, job: Job) -> Bar {
        let units = job.units;
        let state =
            State { pace: Pace::new(job), started: Instant::now(), done: 0, doing: String::new(), is_over: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), ends: Condvar::new() });
        let is_drawn = !is_quiet && io::stderr().is_terminal();
        let bar = is_drawn.then(|| drawn(template, units, shared.clone()));
        let ticker = (!is_quiet).then(|| {
            let (shared, bar) = (shared.clone(), bar.clone());
            // If no thread can be started, the job runs without progress.
            std::thread::Builder::new().name("progress".into()).spawn(move || shared.tick(bar.as_ref())).ok()
        });
        Bar { bar, begun: AtomicU64::new(0), shared, ticker: ticker.flatten() }
    }

    /// Sets the current activity.
    pub fn tell(&self, words: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(words.clone());
        }
        self.shared.lock().doing = words;
    }

    /// Starts with `units` finished ones, which do not count as progress.
    pub fn begin_at(&self, units: usize) {
        self.begun.store(units as u64, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_position(units as u64);
        }
        self.shared.lock().pace.leave_out(units);
    }

    /// Removes the bar and ends all output.
    pub fn finish(&self) {
        self.shared.lock().is_over = true;
        self.shared.ends.notify_all();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn add(&self, units: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(units as u64);
        }
        let mut state = self.shared.lock();
        let done = state.done + units;
        state.reach(done);
    }
}

/// Removes the bar even if the job failed.
impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
        if let Some(ticker) = self.ticker.take() {
            // The ticker returns nothing and ends within one tick.
            let _ = ticker.join();
        }
    }
}

/// A bar on the terminal.
fn drawn(template: &str, units: usize, shared: Arc<Shared>) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    // (indicatif's own estimate forgets old progress, and a unit may take minutes.)
    let style = style.with_key("left", move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = match shared.lock().left() {
            None => write!(out, "estimating the time left"),
            Some(left) => write!(out, "{:#} left", HumanDuration(left)),
        };
    });
    let bar = ProgressBar::new(units as u64).with_style(style);
    bar.enable_steady_tick(TICK);
    bar
}

impl Shared {
    /// Ignores poisoning: a panic elsewhere cannot leave this state inconsistent.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints due lines until the job is over.
    fn tick(&self, bar: Option<&ProgressBar>) {
        let mut state = self.lock();
        while !state.is_over {
            let due = state.due(bar.is_some());
            // Drawing the bar locks the state, too.
            drop(state);
            for words in due {
                match bar {
                    Some(bar) => bar.println(words),
                    // Nothing more can be done if the error stream is closed.
                    None => drop(writeln!(io::stderr(), "{words}")),
                }
            }
            let goes_on = |state: &mut State| !state.is_over;
            let woken = self.ends.wait_timeout_while(self.lock(), TICK, goes_on);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    fn reach(&mut self, done: usize) {
        self.done = done;
        self.pace.reached(self.started.elapsed(), done);
    }

    /// Estimated remaining time.
    fn left(&self) -> Option<Duration> {
        let elapsed = self.started.elapsed();
        self.pace.total(elapsed, self.done).map(|total| total.saturating_sub(elapsed))
    }

    /// What to print now: no progress lines if there is a bar.
    fn due(&mut self, has_bar: bool) -> Vec<String> {
        let (elapsed, done) = (self.started.elapsed(), self.done);
        let line = if has_bar { None } else { self.pace.line(elapsed, done, &self.doing) };
        self.pace.announcement(elapsed, done).into_iter().chain(line).collect()
    }
}

impl Progress for Bar {
    fn done(&self, units: usize) {
        self.add(units);
    }

    fn prepared(&self) {
        self.tell(String::new());
        let mut state = self.shared.lock();
        let elapsed = state.started.elapsed();
        state.pace.prepared(elapsed);
    }

    fn begins(&self, done: usize, what: &str) {
        let new = done as u64 - self.begun.load(Ordering::Relaxed).min(done as u64);
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        }
        self.shared.lock().reach(new as usize);
        self.tell(what.to_string());
    }
}
