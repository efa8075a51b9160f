//! The pictures of a probe as data: the panels of a run, and the sheets they make.

mod attribution;
mod caption;
mod comparison;
mod fates;
mod flips;
mod histogram;
mod limits;
mod noise;
mod place;
mod points;
mod range;

pub use comparison::panel as comparison;

use crate::judgement::{ArithmeticJudgement, RunJudgement, judge, judge_run};
use crate::record::{ArithmeticRun, NoiseSource, Record, Run, SiteRun, Verdict};
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{Axis, Dash, LINES, Layout, Marker, Paint, Palette, Panel, Series, Sheet};
use crate::report::{audit, facts, files, say};
use place::ratio;

/// One panel of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Noise-to-signal by layer.
    Noise,
    /// Size of the exact gradient by layer, against the formats' limits.
    Range,
    /// What became of each entry, by layer.
    Fates,
    /// Pre-activations on a different piece of φ' than the exact ones, by layer.
    Flips,
    /// The noise of layer 1 by source, alone and taken away.
    Attribution,
    /// Noise-to-signal by layer, each source alone.
    Sources,
    /// Sizes of the true and the computed entries in chosen layers.
    Histogram,
}

impl Kind {
    /// All panels, in the order of the poster.
    pub const ALL: [Kind; 7] =
        [Kind::Noise, Kind::Range, Kind::Fates, Kind::Flips, Kind::Attribution, Kind::Sources, Kind::Histogram];

    /// The stem of the panel's files.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Noise => "noise",
            Kind::Range => "range",
            Kind::Fates => "fates",
            Kind::Flips => "flips",
            Kind::Attribution => "attribution",
            Kind::Sources => "sources",
            Kind::Histogram => "histogram",
        }
    }

    /// What stands above the panel.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Noise => "Noise / signal of the computed gradient",
            Kind::Range => "Exact weight gradient: size of its entries, and where the formats end",
            Kind::Fates => "What became of each entry of the weight gradient",
            Kind::Flips => "Branch flips: pre-activations on the other side of a kink than in the exact network",
            Kind::Attribution => "Where the noise comes from (layer 1)",
            Kind::Sources => "Noise / signal with only one source, everything else exact",
            Kind::Histogram => "Sizes of the weight gradient's entries in chosen layers: exact and computed",
        }
    }
}

/// The panels of a run that have something to show.
pub fn panels(run: &Run, judged: &RunJudgement) -> Vec<Panel> {
    let of_kind = |kind: Kind| match kind {
        Kind::Noise => Some(noise::panel(run, judged, false)),
        Kind::Range => Some(range::panel(run)),
        Kind::Fates => Some(fates::panel(run, judged, false)),
        Kind::Flips => Some(flips::panel(run)),
        Kind::Attribution => attribution::panel(run, judged),
        Kind::Sources => noise::sources(run, judged),
        Kind::Histogram => Some(histogram::panel(run)),
    };
    Kind::ALL.into_iter().filter_map(of_kind).collect()
}

/// The sheets of a record: of every run each panel, the poster of them and the slide; of several runs the comparison, last.
pub fn sheets(record: &Record) -> Vec<Sheet> {
    let judgement = judge(record);
    let names = files::Pictures::new(&record.spec.activations);
    let runs = names.runs.iter().zip(record.runs.iter().zip(&judgement.runs));
    let mut sheets: Vec<Sheet> = runs.flat_map(|(names, (run, judged))| of_a_run(record, run, judged, names)).collect();
    sheets.extend(names.comparison.map(|name| Sheet {
        name,
        title: title_of_several(record),
        ruling: say::sentences(record, &judgement, Typeset).join(" "),
        panels: vec![comparison(record, &judgement)],
        caption: caption::shared_pieces(record),
        ..Sheet::default()
    }));
    sheets
}

/// What a record shows.
pub fn title(record: &Record, first: &Run) -> String {
    if record.runs.len() > 1 { title_of_several(record) } else { title_of_one(record, first) }
}

fn title_of_several(record: &Record) -> String {
    let (count, shape) = (record.runs.len(), facts::shape(&record.spec));
    format!("Rounding noise at layer 1: {count} activations on the same draws, {shape}")
}

fn title_of_one(record: &Record, run: &Run) -> String {
    let shape = facts::shape(&record.spec);
    format!("{}, {shape}: rounding noise compared with the exact gradient", run.activation)
}

fn of_a_run(record: &Record, run: &Run, judged: &RunJudgement, names: &files::RunPictures) -> Vec<Sheet> {
    let panels = panels(run, judged);
    let alone = |panel: &Panel| {
        let (_, name) = names.panels.iter().find(|(kind, _)| kind.name() == panel.name)?;
        let caption = caption::panel_pieces(record, run);
        Some(Sheet { name: name.clone(), panels: vec![panel.clone()], caption, ..Sheet::default() })
    };
    let mut sheets: Vec<Sheet> = panels.iter().filter_map(alone).collect();
    let [ruling, rest] = audit::sentences(record, run, Typeset);
    let shape = facts::shape(&record.spec);
    // Sources by layer would make the poster too long; they are a picture of their own.
    let is_shown = |panel: &Panel| panel.name != Kind::Sources.name();
    sheets.push(Sheet {
        name: names.details.clone(),
        title: title_of_one(record, run),
        ruling: ruling.clone(),
        sentences: vec![rest],
        panels: panels.into_iter().filter(is_shown).collect(),
        caption: caption::pieces(record, run),
        ..Sheet::default()
    });
    sheets.push(Sheet {
        name: names.summary.clone(),
        layout: Layout::Slide,
        title: format!("{}, {shape}: is the gradient rounding noise?", run.activation),
        ruling,
        // The sentence after the first is that of cause and remedy.
        sentences: say::of_run(run, judged, Typeset).into_iter().skip(1).take(1).collect(),
        panels: vec![noise::panel(run, judged, true), fates::panel(run, judged, true)],
        caption: caption::panel_pieces(record, run),
    });
    sheets
}

/// Every arithmetic of a run with its judgement.
fn of_run<'a>(
    run: &'a Run,
    judged: &'a RunJudgement,
) -> impl Iterator<Item = (&'a ArithmeticRun, &'a ArithmeticJudgement)> + Clone {
    run.arithmetics.iter().zip(&judged.arithmetics)
}

/// Every layer of an arithmetic with its verdict.
fn of_layers<'a>(
    (arithmetic, judged): (&'a ArithmeticRun, &'a ArithmeticJudgement),
) -> impl Iterator<Item = (&'a SiteRun, Verdict)> + Clone {
    arithmetic.sites.iter().zip(judged.verdicts.iter().map(|count| count.verdict))
}

/// The trials that were judged.
fn trials(judged: &RunJudgement) -> usize {
    judged.arithmetics.first().map_or(0, |one| one.first.verdict.of)
}

/// First and last layer; the last is the head.
fn layers(run: &Run) -> (usize, usize) {
    let numbers = run.truth.sites.iter().map(|layer| layer.site);
    let numbers = numbers.chain(run.arithmetics.iter().flat_map(|one| one.sites.iter().map(|layer| layer.site)));
    let (first, last) = numbers.fold((usize::MAX, 0), |(low, high), layer| (low.min(layer), high.max(layer)));
    if first <= last { (first, last) } else { (1, 1) }
}

/// The layers of a run along; in few words on a slide.
fn along(run: &Run, is_slide: bool) -> Axis {
    let axis = Axis::layers(layers(run));
    if is_slide { Axis { name: "layer (1: input side)".into(), ..axis } } else { axis }
}

/// The arithmetic, accumulator and loss scale included.
fn name(arithmetic: &ArithmeticRun) -> String {
    facts::name(arithmetic, Typeset)
}

/// The style of a source of noise, the same in every picture; markers and dashes differ, so that a grey print tells them
/// apart.
fn source_series(source: NoiseSource) -> Series {
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

/// The panels of a run with its judgement made here.
pub fn of_record(record: &Record, run: &Run) -> Vec<Panel> {
    panels(run, &judge_run(run, record.spec.batch))
}
