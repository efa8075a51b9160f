//! Progress with the time left, on a terminal only.

use crate::probe::Progress;
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A bar on the error stream, or nothing.
pub struct Bar {
    bar: Option<ProgressBar>,
    /// Units that were done before it began.
    begun: Arc<AtomicU64>,
}

impl Bar {
    /// A bar of so many layers if `visible`.
    pub fn new(visible: bool, layers: usize) -> Bar {
        Bar::with("{bar:40} layer {pos} of {len}, {left}", visible, layers)
    }

    /// A bar of so many units of work, which says what is done at the moment.
    pub fn of_work(visible: bool, units: usize) -> Bar {
        Bar::with("{bar:40} {msg}, {left}", visible, units)
    }

    fn with(template: &str, visible: bool, length: usize) -> Bar {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let begun = Arc::new(AtomicU64::new(0));
        let from = begun.clone();
        let style = style.with_key("left", move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let begun = from.load(Ordering::Relaxed);
            let (done, all) = (state.pos().saturating_sub(begun), state.len().unwrap_or(0).saturating_sub(begun));
            // Units that are done tell how long the others take; before the first there is nothing to tell it from.
            // (indicatif's own estimate forgets what is long ago, and units may take minutes.)
            let _ = match done {
                0 => write!(out, "drawing and forecasting"),
                _ => {
                    let left = state.elapsed().as_secs_f64() * all.saturating_sub(done) as f64 / done as f64;
                    write!(out, "{:#} left", HumanDuration(Duration::from_secs_f64(left)))
                }
            };
        });
        let bar = visible.then(|| {
            let bar = ProgressBar::new(length as u64).with_style(style);
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Bar { bar, begun }
    }

    /// What is told beside the bar.
    pub fn tell(&self, words: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(words);
        }
    }

    /// Begins with so many units, which do not count as progress.
    pub fn begin_at(&self, units: usize) {
        if let Some(bar) = &self.bar {
            self.begun.store(units as u64, Ordering::Relaxed);
            bar.set_position(units as u64);
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn layer_done(&self, _: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }
}

impl crate::study::Progress for Bar {
    fn next(&self, done: usize, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            bar.set_message(what.to_string());
        }
    }
}

impl crate::train::Progress for Bar {
    fn done(&self, units: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(units as u64);
        }
    }
}
