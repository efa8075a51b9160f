//! The files that follow from a record alone: its tables, its page and its pictures.

use super::draw::{self, Origin};
use super::figure::Panel;
use super::{csv, files, html};
use crate::record::{Record, Run};
use rayon::prelude::*;

/// What a picture shows.
enum Subject<'a> {
    Summary(&'a Run),
    Panel(&'a Run, Panel),
    Comparison,
}

/// File names and contents of everything but `record.json` and `run.json`; the main picture comes last:
/// `summary.png`, or of several runs `compare.png`. Pictures are drawn in parallel; the page
/// takes its theme from the reader's screen.
///
/// # Errors
/// What could not be drawn, and that a record without a run has nothing to show.
pub fn drawn(record: &Record, theme: crate::report::svg::Theme) -> Result<Vec<(String, Vec<u8>)>, String> {
    let names = files::Pictures::new(&record.spec.activations);
    if record.runs.is_empty() || names.runs.len() < record.runs.len() {
        return Err("the record has no run".into());
    }
    let mut subjects = Vec::new();
    for (names, run) in names.runs.iter().zip(&record.runs) {
        let panels = names.panels.iter().filter(|(panel, _)| panel.is_of(run));
        subjects.extend(panels.map(|(panel, stem)| (stem, Subject::Panel(run, *panel))));
        subjects.push((&names.summary, Subject::Summary(run)));
    }
    subjects.extend(names.comparison.iter().map(|stem| (stem, Subject::Comparison)));
    let evidence = record.runs.iter().map(|run| run.truth.evidence);
    let origin = Origin::new(&record.version, &record.spec_hash, evidence);
    let pictures = subjects.par_iter().map(|(stem, subject)| {
        let svg = match subject {
            Subject::Summary(run) => draw::summary_svg(record, run, theme.into())?,
            Subject::Panel(run, panel) => draw::panel_svg(record, run, *panel, theme.into())?,
            Subject::Comparison => draw::comparison_svg(record, theme.into())?,
        };
        origin.files(stem, &svg)
    });
    let pictures: Vec<_> = pictures.collect::<Result<_, String>>()?;
    let tables = csv::tables(record).into_iter().map(|(name, text)| (name.to_string(), text.into_bytes()));
    let page = (files::PAGE.to_string(), html::page(record)?.into_bytes());
    Ok(tables.chain([page]).chain(pictures.into_iter().flatten()).collect())
}
