//! Judgements in words. Terminal, page, pictures and Markdown print these sentences and cells; no other module makes a
//! sentence of a judgement.

pub mod cause;
pub mod cells;
pub mod exact;
mod layer;
mod noise;
mod ranking;
pub mod remedy;
pub(super) mod words;

pub use words::joined;

use crate::judgement::{Advice, ArithmeticJudgement, Judgement, RunJudgement};
use crate::record::{ArithmeticRun, Record, Run};
use crate::report::numbers::Notation;
use noise::Subject;

/// The sentences about a record, the most important first: of several runs the comparison.
pub fn sentences(record: &Record, judgement: &Judgement, notation: Notation) -> Vec<String> {
    match (record.runs.as_slice(), judgement.runs.as_slice()) {
        ([run], [judged]) => of_run(run, judged, notation),
        _ => ranking::sentences(record, judgement, notation),
    }
}

/// The sentences about one run, the most important first: the exact gradient where it is not healthy, the noise of the
/// first arithmetic, its cause and remedy, and what else a reader must know.
pub fn of_run(run: &Run, judged: &RunJudgement, notation: Notation) -> Vec<String> {
    let both = run.arithmetics.iter().zip(&judged.arithmetics);
    let subjects: Vec<Subject> = both.map(|(run, judged)| Subject { run, judged, notation }).collect();
    let mut sentences: Vec<String> = exact::sentence(run, &judged.exact, None, notation).into_iter().collect();
    let Some(first) = subjects.first() else {
        sentences.push("No precision was measured.".into());
        return sentences;
    };
    let is_well = |subject: &&Subject| subject.judged.remedy == Advice::NotNeeded;
    let core = noise::sentence(first);
    if !is_well(&first) {
        sentences.extend(core);
        sentences.extend(remedy::sentence(first));
    } else if let Some(other) = subjects.iter().find(|subject| !is_well(subject) && subject.run.external.is_none()) {
        sentences.extend(core);
        sentences.extend(noise::next_sentence(other));
        sentences.extend(remedy::sentence(other));
    } else if judged.exact.is_network_fault {
        // That no format helps was said: rounding is not the problem here, and all is not well.
        sentences.extend(core);
    } else if subjects.iter().all(|subject| is_well(&subject)) {
        let all = if subjects.len() > 1 { "Every layer is sound in every precision" } else { "Every layer is sound" };
        sentences.extend(core);
        // A sentence about wrong rows must not follow one that says all is well.
        let is_needed = noise::details(first).is_empty();
        sentences.push(if is_needed { format!("{all}: no remedy is needed.") } else { format!("{all}.") });
    } else {
        sentences.extend(core);
    }
    sentences.extend(noise::details(first));
    sentences.extend(exact::details(&judged.exact, notation));
    sentences
}

/// One arithmetic in a sentence: its noise, its cause and its remedy. `None` if both its exact and its computed
/// gradient are zero.
pub fn of_arithmetic(run: &ArithmeticRun, judged: &ArithmeticJudgement, notation: Notation) -> Option<String> {
    let subject = Subject { run, judged, notation };
    let noise = noise::sentence(&subject)?;
    let clauses = remedy::clauses(&subject).into_iter().map(|clause| format!("; {clause}")).collect::<String>();
    Some(format!("{}{clauses}.", noise.trim_end_matches('.')))
}
