//! The first screen: two lines about the measurement, a row per arithmetic, two sentences of conclusions, and the
//! location of the report. At most ten lines in addition to the rows.

use crate::judgement::{self, ExactJudgement, ExactState, Judgement};
use crate::printable::in_one_line;
use crate::record::{Evidence, Proof, Record, Run};
use crate::report::numbers::{Notation, Notation::Plain, display_width};
use crate::report::table::{WIDTH, aligned, every_layer_of, wrapped};
use crate::report::{audit, facts, files, say, table};
use std::collections::BTreeMap;
use std::path::Path;

/// Lines in addition to the rows.
const MOST_LINES: usize = 10;

/// Blank lines, the titles of the table, and the line that names the report.
const FIXED_LINES: usize = 4;

/// Blank lines among them.
const BLANK_LINES: usize = 2;

/// Sentences that a reader should not miss: the exact gradient, the noise, cause and remedy.
const IMPORTANT: usize = 3;

/// Sentences of which each may refer to the one before: those, and the noise of another precision.
const IN_SEQUENCE: usize = 4;

/// Columns of names for which ranges are left out.
const LEAST_NAME: usize = 14;

/// Columns of a remedy that names do not take the room of.
const MOST_REMEDY: usize = 28;

/// Columns of causes and remedies for which ranges are left out.
const LEAST_REMEDY: usize = 20;

/// Names, and causes and remedies, are shortened to so many columns before numbers and verdicts are.
const SHORTEST_NAME: usize = 11;
const SHORTEST_WORDS: usize = 10;

/// Advice about shortened names.
const OWN_NAMES: &str = "Long names are shortened here; --formats takes NAME:=PRECISION, and tables then show NAME.";

/// How to see more, if there is room for it.
const MORE: &str = " (more here: --details, --layers)";

/// What is printed in addition to the first screen.
#[derive(Clone, Copy, Debug, Default)]
pub struct View {
    /// The full setup, flips, sources, remedies and theory.
    pub details: bool,
    /// Every layer.
    pub layers: bool,
}

/// A record as text: the first screen, or with details everything; and every layer if asked.
pub fn terminal(record: &Record, view: View, path: Option<&Path>) -> String {
    // Audits have their own first screen.
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
    let whole: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
    let rows = fitted(rows, right.len(), record.runs.len() > 1);
    let is_shortened = rows.iter().zip(&whole).any(|(row, whole)| row[0] != in_one_line(whole));
    let room = MOST_LINES.saturating_sub(FIXED_LINES + header.lines().count());
    let mut blocks = vec![header, aligned(&rows, &right)];
    if view.layers {
        blocks.extend(every_layer_of(record, &judgement));
    }
    let report = path.map_or(String::new(), |path| report_line(&path.with_file_name(files::PAGE), MORE));
    let mut sentences = say::sentences(record, &judgement, Plain);
    let important = sentences.len().min(IMPORTANT);
    let remarks = record.runs.iter().flat_map(|run| audit::remarks(record, run, Plain));
    let remarks: Vec<String> = remarks.map(|remark| remark.sentence).collect();
    let important_and_remarks = important + remarks.len();
    sentences.splice(important..important, remarks);
    sentences.extend(is_shortened.then(|| OWN_NAMES.to_string()));
    let important = sentences[..important_and_remarks].join(" ");
    // Omits blank lines rather than the remedy.
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

/// The sentences, in their order, that there is room for; the first is always among them. Up to [`IN_SEQUENCE`] each may
/// refer to the one before, so none follows one that is left out.
fn chosen(sentences: &[String], room: usize) -> String {
    let mut text = String::new();
    let mut is_interrupted = false;
    for (place, sentence) in sentences.iter().enumerate() {
        let longer = if text.is_empty() { sentence.clone() } else { format!("{text} {sentence}") };
        if is_interrupted && place < IN_SEQUENCE {
            continue;
        }
        if text.is_empty() || wrapped(&longer).lines().count() <= room {
            text = longer;
        } else {
            is_interrupted = true;
        }
    }
    wrapped(&text)
}

/// The network, its loss and data; the exact gradient with its evidence.
pub fn header(record: &Record, judgement: &Judgement, notation: Notation) -> [String; 2] {
    let names: Vec<&str> = record.runs.iter().map(|run| run.activation.as_str()).collect();
    let draws = facts::draws_without_seed(&record.spec);
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
    // Where it is not established, the state says so.
    let proofs = || exact.iter().map(|exact| exact.proof);
    let proof = match proofs().next() {
        Some(first) if proofs().all(|proof| proof == first) => first,
        _ => Proof::Norm,
    };
    match Evidence::weakest(exact.iter().map(|exact| exact.evidence)) {
        Some(evidence) if evidence.is_established() => format!("{states} ({})", facts::proven(evidence, proof)),
        _ => states,
    }
}

/// Rows of at most [`WIDTH`] columns. Where names of [`LEAST_NAME`] and remedies of [`LEAST_REMEDY`] columns have no room,
/// ranges are left out. Then names give way first, as far as [`SHORTEST_NAME`], and remedies with the names of
/// other precisions as far as [`MOST_REMEDY`]; then activations, causes and remedies; numbers and verdicts last.
fn fitted(rows: Vec<Vec<String>>, columns: usize, has_activations: bool) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> =
        rows.into_iter().map(|row| row.iter().map(|cell| in_one_line(cell).into_owned()).collect()).collect();
    let remedy = columns.saturating_sub(1);
    let least = |column: usize, name: usize, words: usize| match column {
        0 => name,
        1 if has_activations => name,
        _ if column + 2 >= columns => words,
        _ => usize::MAX,
    };
    let floor = |(column, width): (usize, usize)| width.min(least(column, LEAST_NAME, LEAST_REMEDY));
    // A truncated number would be wrong, so ranges are omitted instead, the longest first, then what is said of another
    // layer.
    let is_wide = |rows: &[Vec<String>]| {
        width(&widths(rows, columns).into_iter().enumerate().map(floor).collect::<Vec<_>>()) > WIDTH
    };
    while is_wide(&rows) && omit_longest_range(&mut rows) {}
    if is_wide(&rows) {
        rows.iter_mut().for_each(|row| row.iter_mut().for_each(|cell| *cell = without_other_layer(cell)));
    }
    let mut widths = widths(&rows, columns);
    while width(&widths) > WIDTH {
        let others = (0..columns).filter(|column| widths[*column] > least(*column, SHORTEST_NAME, SHORTEST_WORDS));
        let next = if widths[0] > SHORTEST_NAME && (widths[remedy] <= MOST_REMEDY || widths[0] >= widths[remedy]) {
            Some(0)
        } else if widths[remedy] > MOST_REMEDY {
            Some(remedy)
        } else {
            others.max_by_key(|column| widths[*column] - least(*column, SHORTEST_NAME, SHORTEST_WORDS))
        };
        let Some(next) = next.or((0..columns).max_by_key(|column| widths[*column])) else { break };
        widths[next] -= 1;
    }
    let names = names(&rows, widths[0]);
    for row in &mut rows {
        let cells = row.iter_mut().zip(&widths).enumerate();
        cells.for_each(|(column, (cell, width))| {
            *cell = if column == 0 { names[cell.as_str()].clone() } else { shortened(cell, *width) };
        });
    }
    rows
}

/// The names of the first column as they are shown: of those that would read the same, each with its number.
fn names(rows: &[Vec<String>], width: usize) -> BTreeMap<String, String> {
    let mut all: Vec<&String> = Vec::new();
    rows.iter().filter_map(|row| row.first()).for_each(|name| {
        if !all.contains(&name) {
            all.push(name)
        }
    });
    let shown = |(place, name): (usize, &&String)| {
        let short = shortened(name, width);
        let is_alone = all.iter().filter(|other| shortened(other, width) == short).count() == 1;
        let number = format!(" #{place}");
        let shown = if is_alone { short } else { shortened(name, width.saturating_sub(number.len())) + &number };
        ((*name).clone(), shown)
    };
    all.iter().enumerate().map(shown).collect()
}

/// `0.3 in 2 of 9` of `0.3 [0.1–0.4] in 2 of 9`.
fn without_range(cell: &str) -> String {
    match cell.split_once(" [").and_then(|(before, rest)| Some((before, rest.split_once(']')?.1))) {
        Some((before, after)) => format!("{before}{after}"),
        None => cell.into(),
    }
}

/// Takes the range out of the longest cells that have one; false if none has.
fn omit_longest_range(rows: &mut [Vec<String>]) -> bool {
    let has_range = |cell: &&mut String| without_range(cell) != **cell;
    let longest = rows.iter_mut().flatten().filter(has_range).map(|cell| display_width(cell)).max();
    let Some(longest) = longest else { return false };
    let cells = rows.iter_mut().flatten().filter(has_range).filter(|cell| display_width(cell) == longest);
    cells.for_each(|cell| *cell = without_range(cell));
    true
}

/// `sound 5 of 5` of `sound 5 of 5; layer 7 overflow`.
fn without_other_layer(cell: &str) -> String {
    cell.split_once("; layer ").map_or(cell, |(before, _)| before).into()
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

/// A cell of at most the given number of columns. An ellipsis replaces the middle of its longest word, because names
/// differ at their ends and numbers are short words.
fn shortened(cell: &str, width: usize) -> String {
    let excess = display_width(cell).saturating_sub(width);
    if excess == 0 {
        return cell.into();
    }
    let longest = cell.split(' ').max_by_key(|word| display_width(word)).unwrap_or_default();
    match display_width(longest).checked_sub(excess) {
        Some(kept) if kept >= LEAST_WORD => cell.replacen(longest, &without_middle(longest, kept), 1),
        _ => without_middle(cell, width),
    }
}

/// Columns of a word that can still be recognised.
const LEAST_WORD: usize = 5;

/// A text of so many columns, with an ellipsis for its middle.
fn without_middle(text: &str, width: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
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

    /// Long names of precisions give way, in the first column and in the remedy; the factor stays, and names differ.
    #[test]
    fn names_give_way_before_remedies() {
        let policy = |sum: &str| format!("storage=f32/forward=e4m3fn:acc=f32:sum={sum}/backward=e5m2:acc=f32");
        let row = |name: &str, remedy: &str| {
            [name, "0.614 [0.431–0.758]", "0.7", "noisy 5 of 5", "range: backward", remedy].map(String::from).to_vec()
        };
        let rows = vec![
            row("precision", "remedy"),
            row(&policy("pairwise"), "loss scale 2^10 7.2×"),
            row(&policy("kahan"), &format!("{} 12×", policy("fma"))),
            row("bf16", &format!("gain 2.2×: {}", policy("fma"))),
        ];
        let fitted = fitted(rows.clone(), 6, false);
        let text = aligned(&fitted, &[false; 6]);
        assert!(text.lines().all(|line| display_width(line) <= WIDTH), "{text}");
        for (row, whole) in fitted.iter().zip(&rows) {
            assert_eq!(row[1..5], whole[1..5], "{text}");
        }
        assert_eq!(fitted[1][5], "loss scale 2^10 7.2×", "a remedy that is short stays whole");
        assert!(fitted[2][5].starts_with("storage") && fitted[2][5].ends_with("acc=f32 12×"), "{text}");
        assert!(fitted[3][5].starts_with("gain 2.2×: stor") && display_width(&fitted[2][5]) >= 20, "{text}");
        assert!(fitted[1][0] != fitted[2][0] && fitted[1][0].contains('…') && fitted[3][0] == "bf16", "{text}");
    }

    #[test]
    fn sentences_are_left_out_whole() {
        let sentence = |length: usize| format!("{}.", "x".repeat(length));
        // The fourth may refer to the third, for which there is no room; the fifth stands for itself.
        let sentences = [sentence(90), sentence(90), sentence(95), sentence(4), sentence(5)];
        assert_eq!(chosen(&sentences, 2), format!("{}\n{} {}\n", sentence(90), sentence(90), sentence(5)));
        assert_eq!(chosen(&sentences, 0).lines().count(), 1, "the first is always there");
    }
}
