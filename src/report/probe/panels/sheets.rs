//! The pictures of a record: panels, posters, slides and the comparison, each with what is needed to measure it again.

use super::{Kind, attribution, comparison, fates, flips, histogram, noise, range};
use crate::judgement::{RunJudgement, judge, judge_run};
use crate::record::{Record, Run};
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{Layout, Panel, Sheet};
use crate::report::{audit, facts, files, say};

/// Digits of the spec's hash that a caption shows.
const HASH_DIGITS: usize = 12;

/// The sheets of a record: of every run each panel, the poster of them and the slide; of several runs the comparison, last.
pub fn sheets(record: &Record) -> Vec<Sheet> {
    let judgement = judge(record);
    let names = files::Pictures::new(&record.spec.activations);
    let runs = names.runs.iter().zip(record.runs.iter().zip(&judgement.runs));
    let mut sheets: Vec<Sheet> = runs.flat_map(|(names, (run, judged))| of_a_run(record, run, judged, names)).collect();
    let caption = || {
        let shared = [facts::network(record), facts::draws(&record.spec), provenance(record)].concat();
        let stored = [facts::presets(&record.runs), facts::storage_over(&record.runs)].concat();
        let own = |run: &Run| format!("{}: {}", facts::activation(run), theory(record, run).join(", "));
        shared.into_iter().chain(stored).chain(record.runs.iter().map(own)).collect()
    };
    sheets.extend(names.comparison.map(|name| Sheet {
        name,
        title: title_of_several(record),
        ruling: say::sentences(record, &judgement, Typeset).join(" "),
        panels: vec![comparison::panel(record, &judgement)],
        caption: caption(),
        ..Sheet::default()
    }));
    sheets
}

/// The panels of a run that have something to show.
fn panels(run: &Run, judged: &RunJudgement) -> Vec<Panel> {
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

/// The panels of a run with its judgement made here.
pub fn of_record(record: &Record, run: &Run) -> Vec<Panel> {
    panels(run, &judge_run(run, record.spec.batch))
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
    // Enough to find the rest.
    let spec = &record.spec;
    let found = vec![facts::activation(run), format!("depth {}", spec.depth), format!("width {}", spec.width)];
    let found = [found, vec![facts::trials(spec.trials), format!("seed {}", spec.seed)], provenance(record)].concat();
    let alone = |panel: &Panel| {
        let (_, name) = names.panels.iter().find(|(kind, _)| kind.name() == panel.name)?;
        Some(Sheet { name: name.clone(), panels: vec![panel.clone()], caption: found.clone(), ..Sheet::default() })
    };
    let mut sheets: Vec<Sheet> = panels.iter().filter_map(alone).collect();
    let [ruling, rest] = audit::sentences(record, run, Typeset);
    // Sources by layer would make the poster too long; they are a picture of their own.
    let is_shown = |panel: &Panel| panel.name != Kind::Sources.name();
    sheets.push(Sheet {
        name: names.details.clone(),
        title: title_of_one(record, run),
        ruling: ruling.clone(),
        sentences: vec![rest],
        panels: panels.into_iter().filter(is_shown).collect(),
        caption: caption(record, run),
        ..Sheet::default()
    });
    sheets.push(Sheet {
        name: names.summary.clone(),
        layout: Layout::Slide,
        title: format!("{}, {}: is the gradient rounding noise?", run.activation, facts::shape(spec)),
        ruling,
        // The sentence after the first is that of cause and remedy.
        sentences: say::of_run(run, judged, Typeset).into_iter().skip(1).take(1).collect(),
        panels: vec![noise::panel(run, judged, true), fates::panel(run, judged, true)],
        caption: found,
    });
    sheets
}

/// Everything needed to measure a run again, in pieces.
fn caption(record: &Record, run: &Run) -> Vec<String> {
    let (trials, runs) = (record.spec.trials, std::slice::from_ref(run));
    let bands = (trials > 1).then(|| format!("bands: {}", facts::quantile_note(trials)));
    let measured = [vec![facts::activation(run)], facts::network(record), facts::draws(&record.spec)];
    let known = [theory(record, run), bands.into_iter().collect(), provenance(record)];
    [measured.concat(), known.concat(), facts::presets(runs), facts::storage_over(runs)].concat()
}

/// What is expected of a run, and how well its exact gradient is known.
fn theory(record: &Record, run: &Run) -> Vec<String> {
    let theory = [facts::gain(&record.spec, run, Typeset), facts::phase_in_theory(run, Typeset)];
    theory.into_iter().flatten().chain([facts::truth(run)]).collect()
}

/// Which program and which spec.
fn provenance(record: &Record) -> Vec<String> {
    let hash: String = record.spec_hash.chars().take(HASH_DIGITS).collect();
    vec![format!("precision-probe {}", record.version), format!("spec {hash}")]
}
