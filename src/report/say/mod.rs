//! Judgements in words. Terminal, page, pictures and Markdown print these sentences and cells; no other module makes a
//! sentence of a judgement.

pub mod cause;
pub mod cells;
pub mod exact;
mod noise;
mod ranking;
pub mod remedy;

use crate::judgement::{Advice, ArithmeticJudgement, Judgement, RunJudgement};
use crate::record::{ArithmeticRun, Record, Run};
use crate::report::facts;
use crate::report::numbers::{Notation, short};

/// An arithmetic with its measures and their judgement.
#[derive(Clone, Copy)]
struct Subject<'a> {
    run: &'a ArithmeticRun,
    judged: &'a ArithmeticJudgement,
    notation: Notation,
}

impl Subject<'_> {
    fn name(&self) -> String {
        facts::name_in_sentence(self.run, self.notation)
    }
}

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
    let subjects: Vec<Subject> = run
        .arithmetics
        .iter()
        .zip(&judged.arithmetics)
        .map(|(run, judged)| Subject { run, judged, notation })
        .collect();
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

/// `a`, `a and b`, `a, b and c`.
pub fn joined<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().into(),
        [some @ .., last] => {
            let some: Vec<&str> = some.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", some.join(", "), last.as_ref())
        }
    }
}

/// With its first letter as a capital, unless it begins with a name such as `bf16`.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let word = text.split([' ', ',']).next().unwrap_or_default();
    match letters.next() {
        Some(first) if word.chars().all(char::is_alphabetic) => first.to_uppercase().chain(letters).collect(),
        _ => text.into(),
    }
}

/// A factor to two digits, a whole one below 10 with its decimal: `2.2`, `1.0`, `61`, `4.9e19`.
pub fn factor(times: f64, notation: Notation) -> String {
    let rounded: f64 = format!("{times:.1e}").parse().unwrap_or(times);
    if (1.0..10.0).contains(&rounded) { format!("{rounded:.1}") } else { short(rounded, notation) }
}

/// `0.2 of the signal`, `1.09 times the signal`.
fn share(ratio: f64, of: &str, notation: Notation) -> String {
    let shown = short(ratio, notation);
    if ratio < 1.0 { format!("{shown} of {of}") } else { format!("{shown} times {of}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::numbers::Notation::Plain;

    #[test]
    fn sentences_begin_with_capitals_and_names_stay() {
        assert_eq!(capitalised("an f32 accumulator"), "An f32 accumulator");
        assert_eq!(capitalised("bf16:acc=f32 is"), "bf16:acc=f32 is");
        assert_eq!(capitalised(""), "");
    }

    #[test]
    fn shares_and_factors_read_naturally() {
        assert_eq!(share(0.207, "the signal", Plain), "0.207 of the signal");
        assert_eq!(share(1.09, "the signal", Plain), "1.09 times the signal");
        assert_eq!([2.2, 1.04, 61.2, 0.95].map(|x| factor(x, Plain)), ["2.2", "1.0", "61", "0.95"]);
        assert_eq!(joined(&["a", "b", "c"]), "a, b and c");
    }
}
