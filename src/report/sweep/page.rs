//! A sweep as a page: the answers, the horizons, the pictures, and every mode.

use super::{panels, tables, words};
use crate::judgement::sweep::Sweep;
use crate::report::files;
use crate::report::page::{Block, Page, Section};

pub(super) const QUESTION: &str = "Which activation, in which format, to which depth?";

/// The page.
pub fn page(sweep: &Sweep) -> Page {
    let plan = &sweep.plan;
    let failed = sweep.horizons.lines.iter().flat_map(|line| {
        line.failed.iter().map(|(depth, why)| format!("{} at depth {depth}: {why}", words::name(line, sweep)))
    });
    let mut horizons = vec![Block::Facts(words::set_up(sweep)), tables::horizons(sweep).into()];
    let failed: Vec<String> = failed.collect();
    if !failed.is_empty() {
        horizons.push(Block::Folded("Cells that could not be measured".into(), vec![Block::Facts(failed)]));
    }
    let program = [
        ("version", format!("precision-probe {}", plan.version)),
        (
            "plan",
            format!(
                "plan.json (SHA-256 {}): `precision-probe sweep --plan plan.json` measures it again",
                plan.spec_hash
            ),
        ),
    ];
    let sections = vec![
        Section::new(
            "answer",
            "The answer",
            vec![Block::Question(QUESTION.into()), Block::Sentences(words::sentences(sweep))],
        ),
        Section::new("horizons", "Horizons", horizons),
        Section::new("figures", "Pictures", panels::all(sweep).into_iter().map(Block::Figure).collect()),
        Section::new("modes", "Every mode", vec![tables::every_horizon(sweep).into()]),
        Section::new("making", "How this was made", vec![Block::definitions(program)]),
        Section::record(files::SWEEP, "cells.csv and cells.jsonl hold", sweep.to_json()),
    ];
    Page { title: QUESTION.into(), version: plan.version.clone(), sections }
}
