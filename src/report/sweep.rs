//! A sweep: the horizon of every activation in every precision, which activation stays usable to the greatest depth, and
//! the cheapest precision that keeps it sound.

mod page;
pub mod panels;
mod tables;
mod words;

use crate::judgement::sweep::Sweep;
use crate::record::Evidence;
use crate::report::files;
use crate::report::kind::{Head, Kind};
use crate::report::page::{Block, Page, text};
use crate::report::panel::Sheet;
use crate::report::view::{View, report_line};
use std::path::Path;

impl Kind for Sweep {
    fn head(&self) -> Head<'_> {
        let Sweep { version, spec_hash, .. } = self;
        Head { file: files::SWEEP, version, spec_hash, parts: self.horizons.lines.len() }
    }

    fn json(&self) -> String {
        self.to_json()
    }

    fn evidence(&self) -> Vec<Evidence> {
        self.horizons.lines.iter().filter_map(|line| line.evidence).collect()
    }

    fn check(&self) -> Result<(), String> {
        tables::check(self)
    }

    fn tables(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn page(&self) -> Result<Page, String> {
        Ok(page::page(self))
    }

    fn sheets(&self) -> Vec<Sheet> {
        panels::sheets(self)
    }

    fn terminal(&self, view: View, picture: Option<&Path>) -> String {
        screen(self, view, picture)
    }
}

/// Names of the files of a sweep's report.
pub fn names() -> Vec<String> {
    let pictures = panels::STEMS.iter().flat_map(|stem| ["svg", "png"].map(|ending| format!("{stem}.{ending}")));
    [files::SWEEP, files::RUN, files::PAGE].map(String::from).into_iter().chain(pictures).collect()
}

/// The first screen: what was measured, a row per network with its horizons, and the answers; with details every horizon
/// with its intervals.
fn screen(sweep: &Sweep, view: View, picture: Option<&Path>) -> String {
    let mut blocks = vec![Block::Facts(words::set_up(sweep)), tables::horizons(sweep).into()];
    if view.details {
        blocks.push(tables::every_horizon(sweep).into());
    }
    blocks.push(Block::Facts(words::sentences(sweep)));
    let more = if view.details { "" } else { " (--details prints every horizon with its intervals)" };
    blocks.extend(picture.map(|path| Block::Lines(report_line(&path.with_file_name(files::PAGE), more))));
    text(&blocks)
}
