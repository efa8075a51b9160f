//! Sheets of a sweep: every panel, the poster of them, and the slide.

use super::all;
use super::cheapest::panel_of;
use crate::judgement::sweep::Sweep;
use crate::report::panel::{Layout, Panel, Sheet};
use crate::report::sweep::{page::QUESTION, words};

/// Digits of the plan's hash that a caption shows.
const HASH_DIGITS: usize = 12;
/// Most lanes whose names have room on a slide.
const MOST_LANES: usize = 13;

/// Every panel, the poster, and last the slide.
pub fn sheets(sweep: &Sweep) -> Vec<Sheet> {
    let (panels, caption) = (all(sweep), caption(sweep, words::set_up(sweep)));
    let alone = |panel: &Panel| Sheet {
        name: panel.name.clone(),
        panels: vec![panel.clone()],
        caption: caption.clone(),
        ..Sheet::default()
    };
    let mut sheets: Vec<Sheet> = panels.iter().map(alone).collect();
    let sentences = words::sentences(sweep);
    let (ruling, rest) = sentences.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let poster = Sheet {
        name: "details".into(),
        title: QUESTION.into(),
        ruling: ruling.into(),
        sentences: rest.to_vec(),
        panels,
        caption,
        ..Sheet::default()
    };
    sheets.push(poster);
    sheets.push(slide(sweep, ruling));
    sheets
}

/// The formats that keep a network sound.
fn slide(sweep: &Sweep, ruling: &str) -> Sheet {
    // What a horizon is has no room, and the slide shows none.
    let network = words::set_up(sweep).into_iter().take(1).collect();
    Sheet {
        name: "summary".into(),
        layout: Layout::Slide,
        title: QUESTION.into(),
        ruling: ruling.into(),
        sentences: Vec::new(),
        panels: vec![panel_of(sweep, MOST_LANES)],
        caption: caption(sweep, network),
    }
}

/// Everything needed to measure it again, in pieces.
fn caption(sweep: &Sweep, set_up: Vec<String>) -> Vec<String> {
    let hash: String = sweep.plan.spec_hash.chars().take(HASH_DIGITS).collect();
    let origin = [format!("precision-probe {}", sweep.plan.version), format!("plan {hash}")];
    set_up.into_iter().chain(origin).collect()
}
