//! The first screen: two lines about the measurement, a row per arithmetic, two sentences of conclusions, and the
//! location of the report. At most ten lines in addition to the rows.

use super::details;
use crate::judgement::{self, ExactJudgement, ExactState, Judgement};
use crate::record::{Evidence, Proof, Record, Run};
use crate::report::numbers::{Notation, Notation::Plain};
use crate::report::page::text;
use crate::report::table::wrapped;
pub use crate::report::view::{View, report_line};
use crate::report::{audit, facts, files, say};
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

/// Advice about shortened names.
const OWN_NAMES: &str = "Long names are shortened here; --formats takes NAME:=PRECISION, and tables then show NAME.";

/// How to see more, if there is room for it.
const MORE: &str = " (more here: --details, --layers)";

/// A record as text: the first screen, or with details everything; and every layer if asked.
pub fn terminal(record: &Record, view: View, path: Option<&Path>) -> String {
    // Audits have their own first screen.
    if audit::is_audit(record) {
        return audit::terminal(record, view, audit::OUT_OF_LINE, path);
    }
    if view.details {
        return details::terminal(record, view.layers, path);
    }
    let judgement = judgement::judge(record);
    let header: String = header(record, &judgement, Plain).iter().map(|line| wrapped(line)).collect();
    let table = say::cells::table(record, &judgement, Plain);
    let room = MOST_LINES.saturating_sub(FIXED_LINES + header.lines().count());
    let mut blocks = vec![header, table.text()];
    if view.layers {
        blocks.push(text(&details::every_layer(record, &judgement)));
    }
    let report = path.map_or(String::new(), |path| report_line(&path.with_file_name(files::PAGE), MORE));
    let mut sentences = say::sentences(record, &judgement, Plain);
    let important = sentences.len().min(IMPORTANT);
    let remarks = record.runs.iter().flat_map(|run| audit::remarks(record, run, Plain));
    let remarks: Vec<String> = remarks.map(|remark| remark.sentence).collect();
    let important_and_remarks = important + remarks.len();
    sentences.splice(important..important, remarks);
    sentences.extend(table.shortens_names().then(|| OWN_NAMES.to_string()));
    let important = sentences[..important_and_remarks].join(" ");
    // Omits blank lines rather than the remedy.
    let is_tight = wrapped(&important).lines().count() > room;
    let room = if is_tight { room + BLANK_LINES } else { room };
    blocks.push(chosen(&sentences, room) + &report);
    blocks.join(if is_tight { "" } else { "\n" })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_left_out_whole() {
        let sentence = |length: usize| format!("{}.", "x".repeat(length));
        // The fourth may refer to the third, for which there is no room; the fifth stands for itself.
        let sentences = [sentence(90), sentence(90), sentence(95), sentence(4), sentence(5)];
        assert_eq!(chosen(&sentences, 2), format!("{}\n{} {}\n", sentence(90), sentence(90), sentence(5)));
        assert_eq!(chosen(&sentences, 0).lines().count(), 1, "the first is always there");
    }
}
