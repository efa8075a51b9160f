//! The first screen: what was measured in two lines, a row per arithmetic, what to know in two sentences, and where the
//! report is. At most ten lines besides the rows.

use crate::judgement::{self, ExactJudgement, ExactState, Judgement};
use crate::printable::in_one_line;
use crate::record::{Record, Run};
use crate::report::numbers::{Notation, Notation::Plain, display_width};
use crate::report::table::{WIDTH, aligned, every_layer_of, wrapped};
use crate::report::{audit, facts, files, say, table};
use std::path::Path;

/// Lines besides the rows.
const MOST_LINES: usize = 10;

/// Blank lines, the titles of the table, and the line that names the report.
const FIXED_LINES: usize = 4;

/// Blank lines among them.
const BLANK_LINES: usize = 2;

/// Sentences that a reader should not miss: the exact gradient, the noise, cause and remedy.
const IMPORTANT: usize = 3;

/// Names, causes and remedies are shortened to so many columns before anything else is.
const LEAST_NAME: usize = 11;

/// So many columns of a remedy come before names.
const LEAST_REMEDY: usize = 15;

/// How to see more, where there is room for it.
const MORE: &str = " (more here: --details, --layers)";

/// What is printed besides the first screen.
#[derive(Clone, Copy, Debug, Default)]
pub struct View {
    /// The full set-up, flips, sources, remedies and theory.
    pub details: bool,
    /// Every layer.
    pub layers: bool,
}

/// A record as text: the first screen, or with details everything; and every layer if asked.
pub fn terminal(record: &Record, view: View, path: Option<&Path>) -> String {
    // Audits have a first screen of their own.
    if audit::is_audit(record) {
        return audit::terminal(record, view, audit::OUT_OF_LINE, path);
    }
    if view.details {
        return table::terminal(record, view.layers, path);
    }
    let judgement = judgement::judge(record);
    let header: String = header(record, &judgement, Plain).iter().map(|line| wrapped(line)).collect();
    let mut right: Vec<bool> = match record.runs.len() {
        1 => say::cells::RIGHT_ALIGNED_ALONE.into(),
        _ => say::cells::RIGHT_ALIGNED.into(),
    };
    let mut rows = say::cells::rows(record, &judgement, Plain);
    if record.runs.len() > 1 && width(&widths(&rows, right.len())) > WIDTH {
        right.remove(say::cells::BITS);
        rows.iter_mut().for_each(|row| drop(row.remove(say::cells::BITS)));
    }
    let rows = fitted(rows, right.len(), record.runs.len() > 1);
    let room = MOST_LINES.saturating_sub(FIXED_LINES + header.lines().count());
    let mut blocks = vec![header, aligned(&rows, &right)];
    if view.layers {
        blocks.extend(every_layer_of(record));
    }
    let report = path.map_or(String::new(), |path| report_line(&path.with_file_name(files::PAGE), MORE));
    let sentences = say::sentences(record, &judgement, Plain);
    let important = sentences[..sentences.len().min(IMPORTANT)].join(" ");
    // Rather without blank lines than without the remedy.
    let is_tight = wrapped(&important).lines().count() > room;
    let room = if is_tight { room + BLANK_LINES } else { room };
    blocks.push(chosen(&sentences, room) + &report);
    blocks.join(if is_tight { "" } else { "\n" })
}

/// Where the report is and, where the line has room for it, how to see more.
pub fn report_line(place: &Path, more: &str) -> String {
    let line = format!("Report: {}", place.display());
    let more = if display_width(&line) + display_width(more) <= WIDTH { more } else { "" };
    format!("{line}{more}\n")
}

/// The sentences, in their order, that there is room for; the first is always among them.
fn chosen(sentences: &[String], room: usize) -> String {
    let mut text = String::new();
    for sentence in sentences {
        let longer = if text.is_empty() { sentence.clone() } else { format!("{text} {sentence}") };
        if text.is_empty() || wrapped(&longer).lines().count() <= room {
            text = longer;
        }
    }
    wrapped(&text)
}

/// The network, its loss and data; the exact gradient with its evidence.
pub fn header(record: &Record, judgement: &Judgement, notation: Notation) -> [String; 2] {
    let names: Vec<&str> = record.runs.iter().map(|run| run.activation.as_str()).collect();
    let mut draws = facts::draws(&record.spec);
    draws.retain(|fact| !fact.starts_with("seed "));
    let network = format!("{}, {}; {}", names.join(", "), facts::network(record).join(", "), draws.join(", "));
    let exact = match judgement.runs.as_slice() {
        [one] => say::exact::state(&one.exact, notation),
        several => states(&record.runs, &several.iter().map(|run| &run.exact).collect::<Vec<_>>()),
    };
    [network, format!("Exact gradient of layer 1: {exact}")]
}

/// `healthy (proven 83 bits)`, or with the activations of each state: `healthy: leaky, elu; vanishing: relu (…)`.
fn states(runs: &[Run], exact: &[&ExactJudgement]) -> String {
    let of = |state: Option<ExactState>| {
        let names = runs.iter().zip(exact).filter(|(_, exact)| exact.state == state).map(|(run, _)| &run.activation);
        (state, names.map(String::as_str).collect::<Vec<_>>())
    };
    let all = [
        Some(ExactState::Healthy),
        Some(ExactState::Vanishing),
        Some(ExactState::Exploding),
        Some(ExactState::Zero),
        Some(ExactState::NotEstablished),
        None,
    ];
    let groups: Vec<_> = all.into_iter().map(of).filter(|(_, names)| !names.is_empty()).collect();
    let named = |state: Option<ExactState>| state.map_or("state not recorded", say::exact::name);
    let states = match groups.as_slice() {
        [(state, _)] => format!("{} with every activation", named(*state)),
        groups => {
            let group = |(state, names): &(Option<ExactState>, Vec<&str>)| match names.len() {
                many if many > 4 => format!("{} with {many} activations", named(*state)),
                _ => format!("{} with {}", named(*state), say::joined(names)),
            };
            groups.iter().map(group).collect::<Vec<_>>().join(", ")
        }
    };
    let worst = exact.iter().map(|exact| exact.evidence.as_str()).min_by_key(|evidence| bits(evidence));
    // Where it is not established, the state says so.
    match worst {
        Some(evidence) if !evidence.starts_with("not established") => format!("{states} ({evidence})"),
        _ => states,
    }
}

/// Proven bits, to find the least: exact is more than any number, not established less.
fn bits(evidence: &str) -> u64 {
    match evidence.strip_prefix("proven ").and_then(|rest| rest.strip_suffix(" bits")) {
        Some(bits) => bits.parse().unwrap_or(0),
        None if evidence == "exact" => u64::MAX,
        None => 0,
    }
}

/// Rows of at most [`WIDTH`] columns: the cells of the widest columns are shortened until they fit.
fn fitted(rows: Vec<Vec<String>>, columns: usize, has_activations: bool) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> =
        rows.into_iter().map(|row| row.iter().map(|cell| in_one_line(cell).into_owned()).collect()).collect();
    // Numbers and verdicts are cut only where nothing else is left to cut.
    let is_name = |column: usize| column == 0 || column + 2 >= columns || has_activations && column == 1;
    let least = |(column, width): (usize, usize)| if is_name(column) { width.min(LEAST_NAME) } else { width };
    let narrowest: Vec<usize> = widths(&rows, columns).into_iter().enumerate().map(least).collect();
    if width(&narrowest) > WIDTH {
        // Half a number would be a wrong one: rather none of the ranges.
        rows.iter_mut().for_each(|row| row.iter_mut().for_each(|cell| *cell = without_range(cell)));
    }
    let mut widths = widths(&rows, columns);
    while width(&widths) > WIDTH {
        let names = (0..columns).filter(|column| is_name(*column) && widths[*column] > LEAST_NAME);
        let remedy = columns.checked_sub(1).filter(|remedy| widths[*remedy] > LEAST_REMEDY);
        let widest = remedy.or(names.max_by_key(|column| widths[*column]));
        let Some(widest) = widest.or((0..columns).max_by_key(|column| widths[*column])) else { break };
        widths[widest] -= 1;
    }
    for row in &mut rows {
        for (cell, width) in row.iter_mut().zip(&widths) {
            *cell = shortened(cell, *width);
        }
    }
    rows
}

/// `0.3 in 2 of 9` of `0.3 [0.1–0.4] in 2 of 9`.
fn without_range(cell: &str) -> String {
    match cell.split_once(" [").and_then(|(before, rest)| Some((before, rest.split_once(']')?.1))) {
        Some((before, after)) => format!("{before}{after}"),
        None => cell.into(),
    }
}

/// The widest cell of every column.
fn widths(rows: &[Vec<String>], columns: usize) -> Vec<usize> {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| display_width(&in_one_line(cell))).max().unwrap_or(0)
    };
    (0..columns).map(width).collect()
}

/// A row of such columns, two spaces apart.
fn width(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
}

/// A cell of at most so many columns: what is left out of its middle is an ellipsis, since names differ at their ends.
fn shortened(cell: &str, width: usize) -> String {
    let letters: Vec<char> = cell.chars().collect();
    if letters.len() <= width {
        return cell.into();
    }
    let kept = width.saturating_sub(1);
    let (before, after) = (kept.div_ceil(2), kept / 2);
    let start: String = letters[..before].iter().collect();
    let end: String = letters[letters.len() - after..].iter().collect();
    format!("{}…{}", start.trim_end(), end.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_whatever_stands_in_them() {
        let long = |length: usize| "x".repeat(length);
        let rows = vec![vec!["precision".into(), "noise".into(), "remedy".into()], vec![long(90), long(3), long(40)]];
        let fitted = fitted(rows, 3, false);
        let text = aligned(&fitted, &[false; 3]);
        assert!(text.lines().all(|line| display_width(line) <= WIDTH), "{text}");
        assert!(fitted[1][0].contains('…') && fitted[1][1] == "xxx", "{text}");
    }

    #[test]
    fn ranges_go_before_numbers_are_cut() {
        let row: Vec<String> = ["f16", "0.3 [0.1–0.4] in 2 of 9", "none"].map(String::from).to_vec();
        assert_eq!(fitted(vec![row.clone()], 3, false)[0], row);
        let wide = vec![vec!["f16".to_string(), row[1].clone(), "x".repeat(70), "cause".into(), "remedy".into()]];
        assert_eq!(fitted(wide, 5, false)[0][1], "0.3 in 2 of 9");
    }

    #[test]
    fn sentences_are_left_out_whole() {
        let sentence = |length: usize| format!("{}.", "x".repeat(length));
        let sentences = [sentence(90), sentence(90), sentence(95), sentence(5)];
        assert_eq!(chosen(&sentences, 2), format!("{}\n{} {}\n", sentence(90), sentence(90), sentence(5)));
        assert_eq!(chosen(&sentences, 0).lines().count(), 1, "the first is always there");
    }

    #[test]
    fn the_least_evidence_is_the_worst() {
        let order = ["not established: range", "proven 3 bits", "proven 83 bits", "exact"];
        assert!(order.windows(2).all(|pair| bits(pair[0]) < bits(pair[1])));
    }
}
