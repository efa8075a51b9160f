//! The figures of a record as SVG within the page.

use super::markup::escaped;
use crate::record::{Record, Run};
use crate::report::draw;

/// The picture that compares all runs.
///
/// # Errors
/// What could not be drawn.
pub fn comparison(record: &Record) -> Result<String, String> {
    Ok(figure("noise/signal of layer 1 by activation and arithmetic", &draw::comparison_svg(record)?))
}

/// The pictures of one run.
///
/// # Errors
/// What could not be drawn.
pub fn run(record: &Record, run: &Run) -> Result<String, String> {
    Ok(figure(&run.activation, &draw::summary_svg(record, run)?))
}

/// The rules that turn the figures' colours into those of a dark screen.
pub fn dark_style() -> String {
    String::new()
}

/// A figure that can be scrolled where it is wider than the page, and walked through with the arrow keys.
fn figure(label: &str, svg: &str) -> String {
    format!(
        "<figure class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{}\">\n{svg}</figure>\n",
        escaped(label)
    )
}
