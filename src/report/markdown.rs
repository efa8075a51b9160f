//! The terminal's table as GitHub Markdown, to paste into an issue or a page.

use crate::judgement::{RunJudgement, judge_run};
use crate::printable::printable;
use crate::record::{Record, Run};
use crate::report::numbers::{Notation::Plain, display_width};
use crate::report::table::causes;
use crate::report::{audit, say, table};

/// Every run: what was measured as a list, one row per arithmetic, and the sentences.
pub fn table(record: &Record) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for run in &record.runs {
        blocks.push(table::header(record, run).iter().map(|fact| format!("- {}\n", escaped(fact))).collect());
        let judged = judge_run(run, record.spec.batch);
        blocks.push(aligned(&table::rows(run, &judged, Plain), &table::RIGHT_ALIGNED));
        blocks.push(
            table::notes(std::slice::from_ref(run))
                .iter()
                .map(|note| format!("{}\n", escaped(note)))
                .collect::<Vec<_>>()
                .join("\n"),
        );
        blocks.extend(causes(run, &judged));
        let audits = audit::audits(record, run);
        if audits.is_empty() {
            let remarks = audit::remarks(record, run, Plain).into_iter().map(|remark| remark.sentence);
            let sentences = say::of_run(run, &judged, Plain).into_iter().chain(remarks);
            blocks.extend(sentences.map(|line| format!("{}\n", escaped(&line))));
        }
        for audit in audits {
            blocks.push(format!("{}\n", escaped(&audit.title())));
            blocks.push(aligned(&audit.table(Plain), &audit::RIGHT_ALIGNED));
            blocks.extend([audit.note(Plain), audit.answer(Plain)].map(|line| format!("{}\n", escaped(&line))));
        }
    }
    blocks.join("\n")
}

/// The sources of layer 1's noise and the remedies tried, as far as recorded.
fn causes(run: &Run, judged: &RunJudgement) -> Vec<String> {
    let line = |text: &str| format!("{}\n", escaped(text));
    let mut blocks = Vec::new();
    if let Some(table) = causes::sources(run, Plain) {
        let rows = aligned(&table.rows, &table.right);
        blocks.extend([line(&format!("{}:", causes::SOURCES_TITLE)), rows, line(causes::SOURCES_NOTE)]);
    }
    if let Some(table) = causes::remedies(run, Some(judged), Plain, true) {
        let rows = aligned(&table.rows, &table.right);
        blocks.extend([line(&format!("{}:", causes::REMEDIES_TITLE)), rows, line(causes::REMEDIES_NOTE)]);
    }
    blocks
}

/// The rows as cells of literal text.
fn aligned(rows: &[Vec<String>], right: &[bool]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| escaped(cell)).collect()).collect();
    columns(&rows, right)
}

/// The rows, the first of which holds the titles; columns are padded so that the source can be read, too. Cells are
/// markup.
pub(super) fn columns(rows: &[Vec<String>], right: &[bool]) -> String {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| display_width(cell)).max().unwrap_or(0).max(3)
    };
    let widths: Vec<usize> = (0..right.len()).map(width).collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for ((cell, width), right) in row.iter().zip(&widths).zip(right) {
            let padding = " ".repeat(width - display_width(cell));
            text += &if *right { format!("| {padding}{cell} ") } else { format!("| {cell}{padding} ") };
        }
        text += "|\n";
        if index == 0 {
            for (width, right) in widths.iter().zip(right) {
                let line = "-".repeat(width - 1);
                text += &if *right { format!("| {line}: ") } else { format!("| :{line} ") };
            }
            text += "|\n";
        }
    }
    text
}

/// Text that Markdown shows as it stands, in a cell or a sentence, with hidden characters shown.
pub(super) fn escaped(text: &str) -> String {
    let mut plain = String::new();
    for c in printable(text).chars() {
        // Brackets alone are no link; what may follow them makes one.
        let is_target = matches!(c, '(' | '[' | ':') && plain.ends_with(']');
        match c {
            '\\' | '|' | '*' | '_' | '`' | '<' | '>' | '~' | '#' | '&' => plain.extend(['\\', c]),
            c if is_target => plain.extend(['\\', c]),
            '\n' => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_taken_for_markup() {
        assert_eq!(escaped("f16:acc=f32 [0.2–0.3]"), "f16:acc=f32 [0.2–0.3]");
        assert_eq!(escaped("a|b\n<i>*c*_d_`\\"), "a\\|b \\<i\\>\\*c\\*\\_d\\_\\`\\\\");
        assert_eq!(escaped("![a](b) [a][b] [a]: b (c) d: e"), "![a]\\(b) [a]\\[b] [a]\\: b (c) d: e");
        assert_eq!(escaped("&#8238;a\u{202e}b\u{1b}"), "\\&\\#8238;a\\\\u{202e}b\\\\u{1b}");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["name".into(), "bits".into()], vec!["a|b".into(), "≤ 3".into()]];
        assert_eq!(aligned(&rows, &[false, true]), "| name | bits |\n| :--- | ---: |\n| a\\|b |  ≤ 3 |\n");
    }
}
