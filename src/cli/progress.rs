//! Progress on the error stream: a bar on a terminal; elsewhere a line a minute. Either way an estimate comes before a job
//! that takes long.

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

/// How often it is looked whether there is something to say.
const TICK: Duration = Duration::from_millis(250);

/// Progress of one job, or nothing where nobody wants to know.
pub struct Bar {
    /// On a terminal.
    bar: Option<ProgressBar>,
    /// Units that were done before it began.
    begun: AtomicU64,
    shared: Arc<Shared>,
    ticker: Option<JoinHandle<()>>,
}

/// What a bar and its ticker share.
struct Shared {
    state: Mutex<State>,
    ends: Condvar,
}

struct State {
    pace: Pace,
    started: Instant,
    /// Units of this run.
    done: usize,
    /// What is done at the moment, if that is said otherwise than by units.
    doing: String,
    is_over: bool,
}

impl Bar {
    /// Progress through layers.
    pub fn new(is_quiet: bool, job: Job) -> Bar {
        Bar::with("{bar:40} layer {pos} of {len}, {left}", is_quiet, job)
    }

    /// Progress through units of work, with what is done at the moment.
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
            // Where no thread can be started, nothing is said; the job itself goes on.
            std::thread::Builder::new().name("progress".into()).spawn(move || shared.tick(bar.as_ref())).ok()
        });
        Bar { bar, begun: AtomicU64::new(0), shared, ticker: ticker.flatten() }
    }

    /// What is done at the moment.
    pub fn tell(&self, words: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(words.clone());
        }
        self.shared.lock().doing = words;
    }

    /// Begins with so many units, which do not count as progress.
    pub fn begin_at(&self, units: usize) {
        self.begun.store(units as u64, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_position(units as u64);
        }
        self.shared.lock().pace.leave_out(units);
    }

    /// Removes the bar; nothing is said any more.
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

/// A bar is over with the job, also where that failed.
impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
        if let Some(ticker) = self.ticker.take() {
            // It has nothing to give back, and it ends within a tick.
            let _ = ticker.join();
        }
    }
}

/// A bar on the terminal.
fn drawn(template: &str, units: usize, shared: Arc<Shared>) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    // (indicatif's own estimate forgets what is long ago, and units may take minutes.)
    let style = style.with_key("left", move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = match shared.lock().left() {
            None => write!(out, "drawing and forecasting"),
            Some(left) => write!(out, "{:#} left", HumanDuration(left)),
        };
    });
    let bar = ProgressBar::new(units as u64).with_style(style);
    bar.enable_steady_tick(TICK);
    bar
}

impl Shared {
    /// A panic elsewhere leaves nothing here half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is due until the job is over.
    fn tick(&self, bar: Option<&ProgressBar>) {
        let mut state = self.lock();
        while !state.is_over {
            let due = state.due(bar.is_some());
            // Drawing the bar looks at the state, too.
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

    /// How long the rest takes, if what is done tells.
    fn left(&self) -> Option<Duration> {
        let elapsed = self.started.elapsed();
        self.pace.total(elapsed, self.done).map(|total| total.saturating_sub(elapsed))
    }

    /// What is to be said now; next to a bar no lines.
    fn due(&mut self, has_bar: bool) -> Vec<String> {
        let (elapsed, done) = (self.started.elapsed(), self.done);
        let line = if has_bar { None } else { self.pace.line(elapsed, done, &self.doing) };
        self.pace.announcement(elapsed, done).into_iter().chain(line).collect()
    }
}

impl Progress for Bar {
    fn layer_done(&self, _: usize) {
        self.add(1);
    }

    fn prepared(&self) {
        let mut state = self.shared.lock();
        let elapsed = state.started.elapsed();
        state.pace.prepared(elapsed);
    }
}

impl crate::study::Progress for Bar {
    fn next(&self, done: usize, what: &str) {
        let new = done as u64 - self.begun.load(Ordering::Relaxed).min(done as u64);
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        }
        self.shared.lock().reach(new as usize);
        self.tell(what.to_string());
    }
}

impl crate::train::Progress for Bar {
    fn done(&self, units: usize) {
        self.add(units);
    }
}
