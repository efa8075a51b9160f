//! Words of tooltips.

use super::run::name;
use crate::record::{ArithmeticRun, Quantiles, SiteRun};
use crate::report::cause;
use crate::report::numbers::{Notation::Typeset, short};
use crate::report::probe::tables;

/// `layer 7, f16`.
pub fn of(arithmetic: &ArithmeticRun, layer: &SiteRun) -> String {
    format!("layer {}, {}", layer.site, name(arithmetic))
}

/// `noise/signal 0.286 [0.232–0.391]`.
pub fn ratio(layer: &SiteRun) -> String {
    format!("noise/signal {}", tables::spread(layer, Typeset))
}

/// `0.286 [0.232–0.391]` of a source, which has no trials of its own to leave out.
pub fn spread(noise: &Quantiles) -> String {
    let ends = [noise.low, noise.high].map(|end| short(end.value(), Typeset));
    let bracket = if noise.low == noise.high { String::new() } else { format!(" [{}]", ends.join("–")) };
    format!("{}{bracket}", cause::of(noise, Typeset))
}
