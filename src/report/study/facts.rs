//! What text, page and pictures of a study say in the same words.

use crate::printable::in_one_line;
use crate::record::Number;
use crate::record::study::{Answer, Spread, Study};
use crate::report::numbers::{Notation, Notation::Plain, short};

/// Digits of the spec's hash that are shown.
const HASH_DIGITS: usize = 12;

/// Most draws whose least and greatest value are the interval, as the record says.
const FEW: usize = 10;

/// The question.
pub fn title(study: &Study) -> String {
    format!(
        "Leaky ReLU or ReLU? {}",
        counted(study.claims.len() as u64, "claim about activations", "claims about activations")
    )
}

/// How many claims got which answer.
pub fn tally(study: &Study) -> String {
    let count = |is: fn(&Answer) -> bool| study.claims.iter().filter(|claim| is(&claim.answer)).count();
    let depends = count(|answer| matches!(answer, Answer::DependsOn(_)));
    let counts = [
        (count(|answer| *answer == Answer::Confirmed), "confirmed"),
        (count(|answer| *answer == Answer::Refuted), "refuted"),
        (depends, if depends == 1 { "depends on the case" } else { "depend on the case" }),
    ];
    let told: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if told.is_empty() { "nothing was answered".into() } else { told.join(", ") }
}

/// What was measured, a fact a line.
pub fn set_up(study: &Study) -> Vec<String> {
    let spec = &study.spec;
    let list = |numbers: &[usize]| numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let slopes: Vec<String> = spec.slopes.iter().map(|slope| short(*slope, Plain)).collect();
    vec![
        format!("activations {}", plain(&spec.activations.join(", "))),
        format!(
            "at initialisation: depths {}, width {} (narrow networks {}), in {}, batch {}, {} (narrow {}), seed {}: {}",
            list(&spec.depths),
            spec.width,
            spec.narrow_width,
            plain(&spec.formats.join(", ")),
            spec.batch,
            counted(spec.trials as u64, "draw", "draws"),
            spec.narrow_trials,
            spec.seed,
            counted(
                study.networks,
                "network compared with its exact gradient",
                "networks compared with their exact gradients"
            )
        ),
        format!(
            "trained: depths {}, in {}, {} of {} each, measured every {}: {}",
            list(&spec.trained_depths),
            plain(&spec.trained_formats.join(", ")),
            counted(spec.trainings as u64, "training", "trainings"),
            counted(spec.steps as u64, "update", "updates"),
            spec.every,
            counted(study.copies, "copy of a network", "copies of networks")
        ),
        format!("slopes on the positive side {}", slopes.join(", ")),
    ]
}

/// Which program and which spec.
pub fn provenance(study: &Study) -> [String; 2] {
    let hash: String = plain(&study.spec_hash).chars().take(HASH_DIGITS).collect();
    [format!("precision-probe {}", plain(&study.version)), format!("spec {hash}")]
}

/// What stands in brackets.
pub fn interval(study: &Study) -> String {
    let spec = &study.spec;
    let most = spec.trials.max(spec.narrow_trials).max(spec.trainings);
    let more = if most > FEW { ", with more their 10 % and 90 % quantiles" } else { "" };
    format!(
        "in brackets order statistics over the draws, never interpolated: with at most {FEW} draws the least and the \
         greatest{more}; before them the upper median. Counts and shares of draws have no spread"
    )
}

/// `CONFIRMED`, `REFUTED`, `DEPENDS ON the init and the format`.
pub fn answer_in_capitals(answer: &Answer) -> String {
    let (word, rest) = answer_parts(answer);
    if rest.is_empty() { word.into() } else { format!("{word} {rest}") }
}

/// The answer in capitals, and what it depends on.
pub fn answer_parts(answer: &Answer) -> (&'static str, String) {
    match answer {
        Answer::Confirmed => ("CONFIRMED", String::new()),
        Answer::Refuted => ("REFUTED", String::new()),
        Answer::DependsOn(what) => ("DEPENDS ON", plain(what)),
    }
}

/// `0.41 [0.24–0.58]`: the median, and where draws differ the interval; `—` where no draw has a value.
pub fn spread(spread: &Spread) -> String {
    spread_in(spread, Plain)
}

/// The same for pictures or files.
pub fn spread_in(spread: &Spread, notation: Notation) -> String {
    if spread.count == 0 || spread.median == Number::None {
        return "—".into();
    }
    let number = |number: Number| short(number.value(), notation);
    let median = number(spread.median);
    if spread.low == spread.high {
        return median;
    }
    // A dash between numbers with signs would read as one more.
    let signed = spread.low.value() < 0.0 || spread.high.value() < 0.0;
    format!("{median} [{}{}{}]", number(spread.low), if signed { " to " } else { "–" }, number(spread.high))
}

/// Text in one line, with hidden characters shown.
pub fn plain(text: &str) -> String {
    in_one_line(text).trim().to_string()
}

/// `1 draw`, `10 draws`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_say_what_there_is() {
        let of = |low: f64, median: f64, high: f64, count| {
            spread(&Spread { low: Number::new(low), median: Number::new(median), high: Number::new(high), count })
        };
        assert_eq!(of(0.24, 0.41, 0.58, 5), "0.41 [0.24–0.58]");
        assert_eq!(of(-0.2, 0.1, 3e-7, 5), "0.1 [−0.2 to 3e-7]");
        assert_eq!(of(3.0, 3.0, 3.0, 5), "3");
        assert_eq!(of(0.0, 1.0, f64::INFINITY, 5), "1 [0–∞]");
        assert_eq!(of(1.0, 1.0, 1.0, 0), "—");
        assert_eq!(of(f64::NAN, f64::NAN, f64::NAN, 0), "—");
    }
}
