//! Progress with the time left, on a terminal only.

use crate::probe::Progress;
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use std::time::Duration;

/// A bar on the error stream, or nothing.
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// A bar of so many layers if `visible`.
    pub fn new(visible: bool, layers: usize) -> Bar {
        let template = "{bar:40} layer {pos} of {len}, {left}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        // Before the first layer there is nothing to extrapolate from.
        let style = style.with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = match state.pos() {
                0 => write!(out, "drawing and forecasting"),
                _ => write!(out, "{:#} left", HumanDuration(state.eta())),
            };
        });
        Bar(visible.then(|| {
            let bar = ProgressBar::new(layers as u64).with_style(style);
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        }))
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
