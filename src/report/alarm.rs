//! Messages for scripts: the reason for exit status 3, and annotations of a GitHub workflow.

use crate::judgement::{ArithmeticJudgement, Judgement};
use crate::record::{ArithmeticRun, Record, SiteRun, Verdict};
use crate::report::numbers::{Notation::Plain, short};
use crate::report::probe::tables;
use crate::report::{audit, facts, say};
use std::cmp::Ordering;

/// An arithmetic of a record: the place of its run, and its own place there.
pub type Place = (usize, usize);

/// Largest number of arithmetics that are named in addition to the most severe one.
const MOST_NAMED: usize = 4;

/// Why a condition on layer 1 is met, in one sentence with the layer, its value and the threshold: of the most severe
/// arithmetic, with the names of the others. `None` where it is met nowhere.
pub fn reached(record: &Record, option: &str, threshold: Verdict, met: &[Place]) -> Option<String> {
    let all: Vec<(Place, &ArithmeticRun)> =
        met.iter().filter_map(|place| Some((*place, arithmetic(record, *place)?))).collect();
    // Of several that are equally severe the first; `max_by` would give the last.
    let severity = |(_, arithmetic): &(Place, &ArithmeticRun)| {
        let noise = arithmetic.sites.first().map_or(0.0, |layer| layer.noise().median.value());
        (arithmetic.verdict.verdict, if noise.is_nan() { 0.0 } else { noise })
    };
    let order = |one: &&_, other: &&_| severity(one).partial_cmp(&severity(other)).unwrap_or(Ordering::Equal);
    let (place, arithmetic) = *all.iter().rev().max_by(order)?;
    let layer = arithmetic.sites.first()?;
    let name = |(place, arithmetic): (Place, &ArithmeticRun)| {
        let of = if record.runs.len() > 1 { format!("{} in ", record.runs[place.0].activation) } else { String::new() };
        of + &facts::name_in_sentence(arithmetic, Plain)
    };
    let others: Vec<String> = all.iter().filter(|one| one.0 != place).map(|one| name(*one)).collect();
    let others = match others.len() {
        0 => String::new(),
        1..=MOST_NAMED => format!("; likewise {}", say::joined(&others)),
        many => format!("; likewise {} and {} more", others[..MOST_NAMED].join(", "), many - MOST_NAMED),
    };
    Some(format!(
        "{option}: the gradient of layer {} of {} {} in {} ({}; {}){others}",
        layer.site,
        record.runs[place.0].activation,
        facts::predicate(arithmetic.verdict.verdict, false),
        facts::name_in_sentence(arithmetic, Plain),
        value(record, place, layer, threshold),
        layer.verdict.in_words()
    ))
}

fn arithmetic(record: &Record, (run, place): Place) -> Option<&ArithmeticRun> {
    record.runs.get(run)?.arithmetics.get(place)
}

/// The measured value of a layer, with the threshold if it is a number: `noise/signal 0.286, noisy from 0.1`.
fn value(record: &Record, (run, _): Place, layer: &SiteRun, threshold: Verdict) -> String {
    let entries = |count: u64, what: &str| format!("{count} of {} entries {what}", layer.fates.total());
    match layer.verdict.verdict {
        Verdict::Overflow => entries(layer.fates.overflowed, "are infinite or NaN"),
        Verdict::Underflow => entries(layer.fates.flushed, "underflow to zero"),
        Verdict::Zero => "every entry of the exact gradient is zero".into(),
        Verdict::NotEstablished => {
            let trials = record.runs[run].truth.sites.first().map_or(&[][..], |truth| &truth.trials);
            let why = trials.iter().find_map(|trial| trial.evidence.reason());
            why.map_or("the bounds on the exact gradient do not decide; raise --truth-bits".into(), |why| {
                why.to_string()
            })
        }
        Verdict::Sound | Verdict::Noisy | Verdict::Chaotic => {
            let shown = tables::value(layer, Plain);
            // What is sound is so below where noisy begins.
            let asked = if threshold == Verdict::Chaotic { threshold } else { Verdict::Noisy };
            let from =
                asked.least_noise().map_or(String::new(), |least| format!(", {asked} from {}", short(least, Plain)));
            format!("noise/signal {shown}{from}")
        }
    }
}

/// Annotations of a GitHub workflow, one a line: a warning for each exact gradient that is not healthy, each arithmetic
/// that is not sound and each compared file that is wrong whatever the arithmetic, an error for an arithmetic that
/// meets a condition.
pub fn annotations(record: &Record, judgement: &Judgement, met: &[Place]) -> String {
    let mut lines = String::new();
    for (run, (one, judged)) in record.runs.iter().zip(&judgement.runs).enumerate() {
        if let Some(sentence) = say::exact::sentence(one, &judged.exact, None, Plain) {
            lines += &annotation("warning", &format!("{}: exact gradient", one.activation), &sentence);
        }
        for (place, (arithmetic, judged)) in one.arithmetics.iter().zip(&judged.arithmetics).enumerate() {
            let is_met = met.contains(&(run, place));
            let sentence = say::of_arithmetic(arithmetic, judged, Plain).filter(|_| is_met || !is_sound(judged));
            let sentence = sentence.or_else(|| is_met.then(|| state(arithmetic)));
            if let Some(sentence) = sentence {
                let title = format!("{}: {}", one.activation, facts::name_in_sentence(arithmetic, Plain));
                lines += &annotation(if is_met { "error" } else { "warning" }, &title, &sentence);
            }
        }
        for remark in audit::remarks(record, one, Plain).into_iter().filter(|remark| remark.is_fault) {
            lines += &annotation("warning", &format!("{}: {}", one.activation, remark.name), &remark.sentence);
        }
    }
    lines
}

/// Whether every layer is sound, or has an exact gradient that is zero.
fn is_sound(judged: &ArithmeticJudgement) -> bool {
    let verdicts = [judged.first.verdict.verdict, judged.worst.verdict.verdict];
    verdicts.iter().all(|verdict| matches!(verdict, Verdict::Sound | Verdict::Zero))
}

/// The verdict of layer 1 alone.
fn state(arithmetic: &ArithmeticRun) -> String {
    let name = facts::name_in_sentence(arithmetic, Plain);
    format!("In {name} the gradient of layer 1 {}.", facts::predicate(arithmetic.verdict.verdict, false))
}

/// One annotation; what would end the command, a property or the title is escaped as GitHub reads it back.
fn annotation(level: &str, title: &str, message: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={}::{}\n", property(title), data(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_escaped() {
        assert_eq!(
            annotation("error", "leaky: f16:acc=f32, 100 %", "50 %: a, b\r\nc::d"),
            "::error title=leaky%3A f16%3Aacc=f32%2C 100 %25::50 %25: a, b%0D%0Ac::d\n"
        );
    }
}
