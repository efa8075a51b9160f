//! Progress with the time left, on a terminal only.

use crate::probe::Progress;
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use std::time::Duration;

/// A bar on the error stream, or nothing.
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// A bar of so many layers if `visible`.
    pub fn new(visible: bool, layers: usize) -> Bar {
        Bar::with("{bar:40} layer {pos} of {len}, {left}", visible, layers)
    }

    /// A bar of so many units of a training's work, which says at which step it is.
    pub fn of_training(visible: bool, units: usize) -> Bar {
        Bar::with("{bar:40} {msg}, {left}", visible, units)
    }

    /// A bar of so many parts of a study.
    pub fn of_study(visible: bool, parts: usize) -> Bar {
        Bar::with("{bar:40} {pos} of {len}: {msg}, {left}", visible, parts)
    }

    fn with(template: &str, visible: bool, length: usize) -> Bar {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        // Before the first unit there is nothing to extrapolate from.
        let style = style.with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = match state.pos() {
                0 => write!(out, "drawing and forecasting"),
                _ => write!(out, "{:#} left", HumanDuration(state.eta())),
            };
        });
        Bar(visible.then(|| {
            let bar = ProgressBar::new(length as u64).with_style(style);
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        }))
    }

    /// What is told beside the bar.
    pub fn tell(&self, words: String) {
        if let Some(bar) = &self.0 {
            bar.set_message(words);
        }
    }

    /// Begins with so many units, which do not count as progress.
    pub fn begin_at(&self, units: usize) {
        if let Some(bar) = &self.0 {
            bar.set_position(units as u64);
            bar.reset_eta();
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn layer_done(&self, _: usize) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }
}

impl crate::study::Progress for Bar {
    fn next(&self, done: usize, _: usize, what: &str) {
        if let Some(bar) = &self.0 {
            bar.set_position(done as u64);
            bar.set_message(what.to_string());
        }
    }
}

impl crate::train::Progress for Bar {
    fn done(&self, units: usize) {
        if let Some(bar) = &self.0 {
            bar.inc(units as u64);
        }
    }
}
