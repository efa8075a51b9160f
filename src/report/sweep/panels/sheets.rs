//! Sheets of a sweep: every panel, the poster of them, and the slide.

use super::horizons::panel_of;
use super::{all, cheapest};
use crate::judgement::sweep::Sweep;
use crate::report::panel::{Layout, Panel, Sheet};
use crate::report::sweep::{page::QUESTION, words};

/// Digits of the plan's hash that a caption shows.
const HASH_DIGITS: usize = 12;
/// Most markers in the lanes of a slide.
const MOST_MARKERS: usize = 36;

/// Every panel, the poster, and last the slide.
pub fn sheets(sweep: &Sweep) -> Vec<Sheet> {
    let (panels, caption) = (all(sweep), caption(sweep));
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
        caption: caption.clone(),
        ..Sheet::default()
    };
    sheets.push(poster);
    sheets.push(slide(sweep, ruling, caption));
    sheets
}

/// The formats that keep a network sound on the left, horizons on the right: of the first precision alone where all would
/// not have room.
fn slide(sweep: &Sweep, ruling: &str, caption: Vec<String>) -> Sheet {
    let lines = sweep.horizons.lines.len().max(1);
    let (mut left, mut right) = (cheapest(sweep), panel_of(sweep, (MOST_MARKERS / lines).max(1)));
    left.title = "Fewest bits that keep every layer sound".into();
    right.title = "Depth from which the gradient is lost".into();
    Sheet {
        name: "summary".into(),
        layout: Layout::Slide,
        title: QUESTION.into(),
        ruling: ruling.into(),
        sentences: Vec::new(),
        panels: vec![left, right],
        caption,
    }
}

/// Everything needed to measure it again, in pieces.
fn caption(sweep: &Sweep) -> Vec<String> {
    let hash: String = sweep.plan.spec_hash.chars().take(HASH_DIGITS).collect();
    let origin = [format!("precision-probe {}", sweep.plan.version), format!("plan {hash}")];
    words::set_up(sweep).into_iter().chain(origin).collect()
}
