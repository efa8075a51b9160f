//! A study as text for a terminal: what was measured, then each claim with its answer, why, and the numbers that decide.

mod contents;
mod csv;
pub mod facts;
mod page;
mod panels;
mod stems;

pub use contents::{PAGE, PICTURE, drawn, names};
pub use csv::{charts_csv, findings_csv};
pub use page::markdown;
pub use panels::sheets;
pub use stems::stems;

use crate::record::study::{Claim, Study};
use crate::report::numbers::display_width;
use crate::report::table::{Column, GiveWay, Table, WIDTH, hanging};
use facts::{interval, plain, spread};
use std::path::Path;

/// Columns by which what belongs to a claim is set in.
const INDENT: usize = 4;

/// The study as text, and where its pictures are; its page stands beside them.
pub fn terminal(study: &Study, picture: Option<&Path>) -> String {
    let mut blocks = vec![header(study)];
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

/// The question, the answers counted, and what was measured.
fn header(study: &Study) -> String {
    let mut lines = vec![format!("{}: {}", facts::title(study), facts::tally(study))];
    lines.extend(facts::set_up(study));
    lines.iter().map(|line| broken(line, 0)).collect()
}

/// Letter and statement, the answer set off, the reasons and the table of findings.
fn claim(claim: &Claim) -> String {
    let mut text = hanging(&(plain(&format!("({})", claim.letter)) + " "), &plain(&claim.statement), 0);
    text += &broken(&format!("→ {}", facts::answer_in_capitals(&claim.answer)), INDENT);
    if !claim.reasons.is_empty() {
        text.push('\n');
    }
    text.extend(claim.reasons.iter().map(|reason| hanging("- ", &plain(reason), INDENT)));
    if !claim.findings.is_empty() {
        text.push('\n');
        text += &findings(claim);
    }
    text
}

/// The deciding numbers; what is long is broken beside its numbers.
fn findings(claim: &Claim) -> String {
    let what = Column::left("what").giving_way(GiveWay::Wrap);
    let mut table = Table::new([what, Column::left("median [low–high]"), Column::right("draws")]);
    for finding in &claim.findings {
        table.push([plain(&finding.what), spread(&finding.value), finding.value.count.to_string()]);
    }
    table.indented(INDENT)
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
