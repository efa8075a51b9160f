//! The pictures of a record: panels, posters, slides and the comparison.

use super::{Kind, caption, comparison, fates, noise, panels};
use crate::judgement::{RunJudgement, judge};
use crate::record::{Record, Run};
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{Layout, Panel, Sheet};
use crate::report::{audit, facts, files, say};

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
        panels: vec![comparison::panel(record, &judgement)],
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
