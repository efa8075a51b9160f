//! How much of a report a terminal shows, and where the whole of it is.

use super::numbers::display_width;
use super::table::WIDTH;
use std::path::Path;

/// What is printed in addition to the first screen.
#[derive(Clone, Copy, Debug, Default)]
pub struct View {
    /// The full setup, flips, sources, remedies and theory.
    pub details: bool,
    /// Every layer.
    pub layers: bool,
}

/// Where the report is and, where the line has room for it, how to see more.
pub fn report_line(place: &Path, more: &str) -> String {
    let line = format!("Report: {}", place.display());
    let more = if display_width(&line) + display_width(more) <= WIDTH { more } else { "" };
    format!("{line}{more}\n")
}
