//! Progress with the time left, on a terminal only.

use crate::probe::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar on the error stream, or nothing.
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// A bar if `visible`.
    pub fn new(visible: bool) -> Bar {
        let template = "{bar:40} layer {pos} of {len}, {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Bar(visible.then(|| ProgressBar::new(0).with_style(style)))
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn layer_done(&self, total: usize) {
        if let Some(bar) = &self.0 {
            bar.set_length(total as u64);
            bar.inc(1);
        }
    }
}
