//! What all panels of a run share: its layers, names, styles, and words of tooltips.

use crate::judgement::{ArithmeticJudgement, RunJudgement};
use crate::record::{ArithmeticRun, NoiseSource, Quantiles, Run, SiteRun, Verdict};
use crate::report::facts;
use crate::report::numbers::{Notation::Typeset, middle, short};
use crate::report::panel::{Axis, Dash, LINES, Marker, Paint, Palette, Series, ends};
use crate::report::probe::tables;

/// An arithmetic with its judgement.
pub type One<'a> = (&'a ArithmeticRun, &'a ArithmeticJudgement);

/// Every arithmetic of a run.
pub fn of_run<'a>(run: &'a Run, judged: &'a RunJudgement) -> impl Iterator<Item = One<'a>> + Clone {
    run.arithmetics.iter().zip(&judged.arithmetics)
}

/// Every layer of an arithmetic with its verdict.
pub fn of_layers<'a>((arithmetic, judged): One<'a>) -> impl Iterator<Item = (&'a SiteRun, Verdict)> + Clone {
    arithmetic.sites.iter().zip(judged.verdicts.iter().map(|count| count.verdict))
}

/// The trials that were judged.
pub fn trials(judged: &RunJudgement) -> usize {
    judged.arithmetics.first().map_or(0, |one| one.first.verdict.of)
}

/// First and last layer; the last is the head.
pub fn layers(run: &Run) -> (usize, usize) {
    let truth = run.truth.sites.iter().map(|layer| layer.site as f64);
    let computed = run.arithmetics.iter().flat_map(|one| one.sites.iter().map(|layer| layer.site as f64));
    ends(truth.chain(computed)).map_or((1, 1), |(first, last)| (first as usize, last as usize))
}

/// The layers of a run along; in few words on a slide.
pub fn along(run: &Run, is_slide: bool) -> Axis {
    let axis = Axis::layers(layers(run));
    if is_slide { Axis { name: "layer (1: input side)".into(), ..axis } } else { axis }
}

/// The arithmetic, accumulator and loss scale included.
pub fn name(arithmetic: &ArithmeticRun) -> String {
    facts::name(arithmetic, Typeset)
}

/// `layer 7, f16`.
pub fn layer_in(arithmetic: &ArithmeticRun, layer: &SiteRun) -> String {
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
    format!("{}{bracket}", middle(noise, Typeset))
}

/// The style of a source of noise, the same in every picture; markers and dashes differ, so that a grey print tells them
/// apart.
pub fn source_series(source: NoiseSource) -> Series {
    let (dash, marker): (Dash, Marker) = match source {
        NoiseSource::Storage => (&[1.5, 4.5], Marker::Pentagon),
        NoiseSource::Forward => (LINES[1], Marker::Square),
        NoiseSource::Backward => (LINES[2], Marker::Triangle),
        NoiseSource::BranchFlips => (LINES[3], Marker::Diamond),
        NoiseSource::Range => (&[12.0, 5.0], Marker::Circle),
        NoiseSource::Accumulation => (LINES[0], Marker::Down),
    };
    let place = NoiseSource::ALL.iter().position(|one| *one == source).unwrap_or(0);
    Series { paint: Paint::Of(Palette::Sources, place), dash, marker }
}
