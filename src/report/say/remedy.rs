//! Remedies in words: what worked, and in how many trials.

use super::cause;
use super::noise::Subject;
use super::words::{self, two_of};
use crate::judgement::{Advice, ArithmeticJudgement, Effect, RemedyName, Tried};
use crate::record::{ArithmeticRun, Number, RemedyKind, Verdict};
use crate::report::numbers::{Notation, factor, power};

/// The cause and what to do about it: `Branch flips cause it; forward in f32 makes every layer sound …`. `None` where
/// no format helps, which the sentence about the exact gradient says, and where nothing is known.
pub(super) fn sentence(one: &Subject) -> Option<String> {
    words::sentence(&clauses(one))
}

/// The same in parts, to continue another sentence.
pub(super) fn clauses(one: &Subject) -> Vec<String> {
    cause::clause(one.judged, one.notation).into_iter().chain(fix(one)).collect()
}

fn fix(one: &Subject) -> Option<String> {
    let tried = |place: usize| one.judged.tried.get(place);
    match one.judged.remedy {
        Advice::NotNeeded | Advice::NoFormatHelps | Advice::NotMeasured => None,
        Advice::NoneHelps => Some("no remedy that was tried clearly helps".into()),
        Advice::Enough { place } => {
            let tried = tried(place)?;
            let less = factors(&cut(one.judged, tried), one.notation);
            let less = less.map_or(String::new(), |times| format!(" ({} times less noise)", times.join(" and ")));
            Some(format!(
                "{} makes every layer sound in {}{less}",
                in_words(&tried.remedy, one.notation),
                trials(tried.sound, tried.of)
            ))
        }
        Advice::Gain { place } => {
            let tried = tried(place)?;
            let gain = match factors(&of_whole(tried), one.notation) {
                Some(times) => format!("lowers the largest noise {} times", times.join(" and ")),
                None => "lowers the largest noise".into(),
            };
            Some(format!(
                "no remedy that was tried is enough; {} {gain} in {}",
                in_words(&tried.remedy, one.notation),
                trials(tried.lower, tried.of)
            ))
        }
    }
}

/// `5 of 5 trials`, `1 of 1 trial`.
fn trials(count: usize, of: usize) -> String {
    format!("{count} of {of} {}", if of == 1 { "trial" } else { "trials" })
}

/// How many times less noise: of layer 1 where that is what is wrong, else the largest of all layers. One number, of
/// two trials both.
fn cut(judged: &ArithmeticJudgement, tried: &Tried) -> Vec<Number> {
    let first = judged.first.verdict.verdict;
    if !first.has_noise() || first == Verdict::Sound {
        return of_whole(tried);
    }
    tried.first_times_of_two.map_or_else(|| vec![tried.first_times], Vec::from)
}

/// The same of the largest noise of all layers.
fn of_whole(tried: &Tried) -> Vec<Number> {
    two_of(&tried.trials).map_or_else(|| vec![tried.times], |both| both.map(Number::new).to_vec())
}

/// Factors in words, those that read the same once; `None` if one is no finite number.
fn factors(times: &[Number], notation: Notation) -> Option<Vec<String>> {
    let all: Option<Vec<f64>> = times.iter().map(|times| times.finite()).collect();
    let mut words: Vec<String> = all?.into_iter().map(|times| factor(times, notation)).collect();
    words.dedup();
    Some(words)
}

/// A remedy in a sentence: `an f32 accumulator`, `loss scale 2^8`, `bf16:acc=f32`.
pub fn in_words(remedy: &RemedyName, notation: Notation) -> String {
    match remedy {
        RemedyName::Arithmetic { name } => name.clone(),
        RemedyName::Change { kind: RemedyKind::Accumulator, .. } => "an f32 accumulator".into(),
        change @ RemedyName::Change { .. } => label(change, notation),
    }
}

/// The same in a table: `f32 accumulator`.
pub fn label(remedy: &RemedyName, notation: Notation) -> String {
    match remedy {
        RemedyName::Arithmetic { name } => name.clone(),
        RemedyName::Change { kind, log2_loss_scale, .. } => kind_label(*kind, *log2_loss_scale, notation),
    }
}

/// A change of an arithmetic in a table: `f32 accumulator`, `loss scale 2^8`.
pub fn kind_label(kind: RemedyKind, log2_loss_scale: i32, notation: Notation) -> String {
    match kind {
        RemedyKind::Accumulator => "f32 accumulator".into(),
        RemedyKind::Forward => "forward in f32".into(),
        RemedyKind::Backward => "backward in f32".into(),
        RemedyKind::LossScaling => format!("loss scale {}", power(2, log2_loss_scale.into(), notation)),
    }
}

/// The advice in a table: `forward in f32 33×`, `gain 2.2×: f32 accumulator`.
pub fn cell(run: &ArithmeticRun, judged: &ArithmeticJudgement, notation: Notation) -> String {
    let tried = |place: usize| judged.tried.get(place);
    let shown = |times: &[Number]| factors(times, notation).map(|times| format!("{}×", times.join("×, ")));
    match judged.remedy {
        Advice::NotNeeded => "—".into(),
        // Next to a sound layer it would read as a complaint; the sentence about the exact gradient says it.
        Advice::NoFormatHelps if judged.first.verdict.verdict == Verdict::Sound => "—".into(),
        Advice::NoFormatHelps => "no format helps".into(),
        Advice::NoneHelps => "none helps".into(),
        // Tried, in a record that does not hold the trials.
        Advice::NotMeasured if !run.remedies.is_empty() => "not recorded".into(),
        Advice::NotMeasured => "not measured".into(),
        Advice::Enough { place } => tried(place).map_or("—".into(), |tried| {
            let label = label(&tried.remedy, notation);
            shown(&cut(judged, tried)).map_or(label.clone(), |times| format!("{label} {times}"))
        }),
        Advice::Gain { place } => tried(place).map_or("—".into(), |tried| {
            let gain = shown(&of_whole(tried)).map_or("gain".into(), |times| format!("gain {times}"));
            format!("{gain}: {}", label(&tried.remedy, notation))
        }),
    }
}

/// The assessment of a remedy with the number of trials: `enough 5/5`, `gain 4/5`, `no gain`; `lost 2/5` if a layer
/// overflows or underflows with it.
pub fn effect(tried: &Tried) -> String {
    match tried.effect {
        Effect::Enough => format!("enough {}/{}", tried.sound, tried.of),
        Effect::Gain => format!("gain {}/{}", tried.lower, tried.of),
        Effect::None if tried.is_needless && tried.lost == 0 => "not needed".into(),
        Effect::None if tried.lost > 0 => format!("lost {}/{}", tried.lost, tried.of),
        Effect::None => "no gain".into(),
    }
}
