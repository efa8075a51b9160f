//! A study as text for a terminal: what was measured, then each claim with its answer, why, and the numbers that decide.

mod contents;
mod csv;
pub mod facts;
mod page;
mod panels;

pub use contents::{PAGE, PICTURE, drawn, names, stems};
pub use csv::{charts_csv, findings_csv};
pub use page::markdown;
pub use panels::sheets;

use crate::record::study::{Claim, Study};
use crate::report::numbers::display_width;
use crate::report::table::{WIDTH, aligned};
use facts::{interval, plain, spread};
use std::path::Path;

/// Columns by which what belongs to a claim is set in.
const INDENT: usize = 4;

/// Columns by which the further lines of a finding are set in, so that they are not taken for others.
const SET_IN: usize = 2;

/// Least columns of what a finding is, however wide its numbers are.
const LEAST: usize = 24;

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
    let titles = ["what", "median [low–high]", "draws"].map(String::from);
    let numbers = |index: usize| claim.findings.get(index).map(|one| [spread(&one.value), one.value.count.to_string()]);
    let wide = |column: usize| {
        let cells = (0..claim.findings.len()).filter_map(numbers).map(|cells| display_width(&cells[column]));
        cells.chain([display_width(&titles[column + 1])]).max().unwrap_or(0)
    };
    let room = WIDTH.saturating_sub(INDENT + wide(0) + wide(1) + 4).max(LEAST);
    let mut rows = vec![titles.to_vec()];
    for (index, finding) in claim.findings.iter().enumerate() {
        let Some([spread, draws]) = numbers(index) else { continue };
        let mut lines = lines(&plain(&finding.what), room - SET_IN).into_iter();
        rows.push(vec![lines.next().unwrap_or_default(), spread, draws]);
        rows.extend(lines.map(|line| vec![format!("{}{line}", " ".repeat(SET_IN))]));
    }
    indented(&aligned(&rows, &[false, false, true]), INDENT)
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

/// Running text broken at [`WIDTH`], every line set in.
fn broken(text: &str, indent: usize) -> String {
    hanging("", &plain(text), indent)
}

/// The same with something before the first line under which the others do not go.
fn hanging(before: &str, text: &str, indent: usize) -> String {
    let inner = display_width(before);
    let mut broken = String::new();
    for (index, line) in lines(text, WIDTH - indent - inner).iter().enumerate() {
        let start = if index == 0 { before.to_string() } else { " ".repeat(inner) };
        broken += &format!("{}{start}{line}", " ".repeat(indent));
        broken = broken.trim_end().to_string() + "\n";
    }
    broken
}

fn indented(text: &str, indent: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(indent))).collect()
}

/// Lines of at most `width` characters, broken at spaces, and within a word only where it is wider than a line; at least
/// one line.
fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let words = text.split_whitespace().flat_map(|word| {
        let characters: Vec<char> = word.chars().collect();
        characters.chunks(width.max(1)).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>()
    });
    for word in words {
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = word,
            Some(line) if display_width(line) + 1 + display_width(&word) <= width => *line += &format!(" {word}"),
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_never_longer_than_told() {
        assert_eq!(lines("", 5), [""]);
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("a abcdefgh b", 3), ["a", "abc", "def", "gh", "b"].map(String::from)[..].to_vec());
        assert_eq!(hanging("- ", "one two", 92), format!("{0}- one\n{0}  two\n", " ".repeat(92)));
    }
}
