//! A study: what its terminal, its pages and its pictures show; what was measured, then each claim with its answer, why, and
//! the numbers that decide.

mod csv;
pub mod facts;
mod page;
mod panels;
mod stems;

pub use csv::{charts_csv, findings_csv};
pub use page::markdown;
pub use panels::sheets;
pub use stems::stems;

use crate::record::Evidence;
use crate::record::study::{Claim, Study};
use crate::report::files;
use crate::report::kind::{Head, Kind};
use crate::report::numbers::display_width;
use crate::report::page::{Block, Page};
use crate::report::panel::Sheet;
use crate::report::table::{WIDTH, hanging};
use crate::report::view::View;
use facts::{interval, plain};
use std::path::Path;
use stems::STEM;

/// The report as Markdown.
const PAGE: &str = "study.md";

/// The tables: of findings, and of what the charts show.
const TABLES: [&str; 2] = ["findings.csv", "charts.csv"];

/// Columns by which what belongs to a claim is set in.
const INDENT: usize = 4;

impl Kind for Study {
    fn head(&self) -> Head<'_> {
        Head { file: files::STUDY, version: &self.version, spec_hash: &self.spec_hash, parts: self.claims.len() }
    }

    fn json(&self) -> String {
        self.to_json()
    }

    fn evidence(&self) -> Vec<Evidence> {
        Vec::new()
    }

    fn check(&self) -> Result<(), String> {
        Study::check(self)
    }

    fn tables(&self) -> Vec<(&'static str, String)> {
        vec![(PAGE, markdown(self)), (TABLES[0], findings_csv(self)), (TABLES[1], charts_csv(self))]
    }

    fn page(&self) -> Result<Page, String> {
        Ok(page::page(self))
    }

    fn sheets(&self) -> Vec<Sheet> {
        sheets(self)
    }

    fn terminal(&self, view: View, picture: Option<&Path>) -> String {
        if view.details { terminal(self, picture) } else { screen(self, picture) }
    }
}

/// Names of all files of a study's report.
pub fn names() -> Vec<String> {
    let own = [files::STUDY, files::RUN, PAGE, files::PAGE].into_iter().chain(TABLES).map(String::from);
    let stems = ('a'..='f').map(|letter| format!("claim-{letter}")).chain([STEM.to_string()]);
    own.chain(stems.flat_map(|stem| ["svg", "png"].map(|ending| format!("{stem}.{ending}")))).collect()
}

/// The study as text, and where its pictures are; its page stands beside them.
pub fn terminal(study: &Study, picture: Option<&Path>) -> String {
    let title = format!("{}: {}", facts::title(study), facts::tally(study));
    let set_up = [title].into_iter().chain(facts::set_up(study));
    let mut blocks: Vec<String> = vec![set_up.map(|line| broken(&line, 0)).collect()];
    blocks.extend(study.claims.iter().map(claim));
    if study.claims.iter().any(|claim| !claim.findings.is_empty()) {
        blocks.push(broken(&format!("({})", interval(study)), 0));
    }
    blocks.extend(picture.map(|picture| places(study, picture)));
    blocks.join("\n")
}

/// The first screen: the answers counted, a claim a line, and where the report is.
pub fn screen(study: &Study, picture: Option<&Path>) -> String {
    let networks = facts::counted(study.networks, "network at initialisation", "networks at initialisation");
    let copies = facts::counted(study.copies, "trained copy", "trained copies");
    let answers: Vec<&str> = study.claims.iter().map(|claim| facts::answer_parts(&claim.answer).0).collect();
    let wide = answers.iter().map(|word| display_width(word)).max().unwrap_or(0);
    let title = broken(&format!("{}: {}", facts::title(study), facts::tally(study)), 0);
    let mut blocks = vec![title + &broken(&format!("measured on {networks} and {copies}"), 0)];
    blocks.push(study.claims.iter().map(|claim| answered(claim, wide)).collect());
    let report = picture.map(|picture| format!("Report: {}\n", picture.with_file_name(PAGE).display()));
    blocks.push("--details prints the reasons and the deciding numbers.\n".to_string() + &report.unwrap_or_default());
    blocks.join("\n")
}

/// `(a) REFUTED     With leaky ReLU …`, in one line; what an answer depends on comes before the claim.
fn answered(claim: &Claim, wide: usize) -> String {
    let (word, on) = facts::answer_parts(&claim.answer);
    let padding = " ".repeat(wide.saturating_sub(display_width(word)));
    let on = if on.is_empty() { on } else { format!("{on}: ") };
    let line = format!("{} {word}{padding}  {on}{}", plain(&format!("({})", claim.letter)), plain(&claim.statement));
    if display_width(&line) <= WIDTH {
        return line + "\n";
    }
    let kept: String = line.chars().take(WIDTH - 2).collect();
    let words = kept.rsplit_once(' ').map_or(kept.as_str(), |(words, _)| words);
    format!("{} …\n", words.trim_end_matches([' ', ',', ':']))
}

/// Letter and statement, and set in below them what a page says of the claim.
fn claim(claim: &Claim) -> String {
    let blocks = page::told(claim).into_iter().filter_map(|block| match block {
        Block::Answer(answer) => Some(broken(&format!("→ {answer}"), INDENT)),
        Block::Facts(reasons) => Some(reasons.iter().map(|reason| hanging("- ", reason, INDENT)).collect()),
        Block::Table(table) => Some(table.indented(INDENT)),
        _ => None,
    });
    let title = hanging(&(plain(&format!("({})", claim.letter)) + " "), &plain(&claim.statement), 0);
    title + &blocks.collect::<Vec<String>>().join("\n")
}

/// Where page and pictures are.
fn places(study: &Study, picture: &Path) -> String {
    let page = picture.with_file_name(PAGE);
    let stems = stems(study);
    let others = match (stems.first(), stems.last()) {
        (Some(first), Some(last)) if first != last => format!(", {first}.png to {last}.png next to it"),
        (Some(only), _) => format!(", {only}.png next to it"),
        _ => String::new(),
    };
    format!("Page:     {}\nPictures: {}{others}\n", page.display(), picture.display())
}

/// Running text, every line set in.
fn broken(text: &str, indent: usize) -> String {
    hanging("", &plain(text), indent)
}
