//! What a run measured on its first arithmetic: where the noise of layer 1 comes from, the one change that buys most,
//! and the others beside it.

use crate::record::{ArithmeticRun, Number, Remedy, RemedyKind, Verdict};
use crate::report::cause::{self, State};
use crate::report::numbers::{Notation, short};

/// `Branch flips make most of it (0.27 alone; 0.031 without them).`
pub fn source(arithmetic: &ArithmeticRun, notation: Notation) -> Option<String> {
    source_at(arithmetic, 0, notation)
}

fn source_at(arithmetic: &ArithmeticRun, index: usize, notation: Notation) -> Option<String> {
    let dominant = cause::dominant(arithmetic, index)?;
    Some(format!("{} ({}).", dominant.claim(), dominant.numbers(notation)))
}

/// The sentences for an arithmetic on which remedies were tried.
pub fn remedy(arithmetic: &ArithmeticRun, notation: Notation) -> String {
    let layers = cause::plain(arithmetic);
    let Some(first) = layers.first() else { return "No remedy can be judged: no layer was measured.".into() };
    let sentences = match first.verdict {
        Verdict::Dead | Verdict::DeadWithGhosts => {
            vec![
                "No remedy: a true gradient of exactly zero is cured by another network, not by another arithmetic."
                    .into(),
            ]
        }
        Verdict::NotEstablished => {
            vec!["No remedy can be judged: the truth of layer 1 must be established first.".into()]
        }
        Verdict::Sound => {
            let source =
                source(arithmetic, notation).map(|source| source.replacen("most of it", "most of its noise", 1));
            source.into_iter().chain([sound(arithmetic, &layers, notation)]).collect()
        }
        Verdict::Noisy | Verdict::Chaotic => {
            let cuts = cuts(arithmetic, first, notation);
            source(arithmetic, notation).into_iter().chain([cuts]).chain(worst(arithmetic, &layers, notation)).collect()
        }
        Verdict::Vanished | Verdict::Overflow => {
            let worst = worst(arithmetic, &layers, notation);
            [cured(arithmetic, first, notation)].into_iter().chain(uncured(arithmetic, notation)).chain(worst).collect()
        }
    };
    sentences.join(" ")
}

/// A remedy with its name where the name tells more: `forward in f32 (forward=f32/backward=f16)`.
fn named(remedy: &Remedy, notation: Notation) -> String {
    let words = cause::in_words(remedy, notation);
    if remedy.kind == RemedyKind::LossScaling { words } else { format!("{words} ({})", remedy.name) }
}

/// The remedies beside one, each with its state at the layer at a place.
fn others<'a>(arithmetic: &'a ArithmeticRun, best: Option<&Remedy>, index: usize) -> Vec<(&'a Remedy, State<'a>)> {
    let is_other = |remedy: &&Remedy| best.is_none_or(|best| !std::ptr::eq(*remedy, best));
    let state = |remedy| Some((remedy, *cause::remedied(remedy).get(index)?));
    arithmetic.remedies.iter().filter(is_other).filter_map(state).collect()
}

/// Nothing to cure at layer 1; then the worst layer counts.
fn sound(arithmetic: &ArithmeticRun, layers: &[State], notation: Notation) -> String {
    let is_sound = layers.iter().all(|layer| layer.verdict == Verdict::Sound);
    let worst = worst(arithmetic, layers, notation).filter(|_| !is_sound);
    worst.unwrap_or("No remedy is needed: every layer is sound.".into())
}

/// Against noise: what cuts it most, and by how much the others do.
fn cuts(arithmetic: &ArithmeticRun, before: &State, notation: Notation) -> String {
    let best = cause::best(arithmetic, 0);
    let mut needless = String::new();
    let mut factors: Vec<String> = Vec::new();
    let mut failures: Vec<String> = Vec::new();
    for (remedy, after) in others(arithmetic, best.map(|(remedy, _)| remedy), 0) {
        let words = cause::in_words(remedy, notation);
        match before.cut(&after).filter(|times| times.is_finite()) {
            _ if cause::is_needless(arithmetic, remedy) => {
                needless = match arithmetic.log2_loss_scale {
                    Some(_) => cause::needless(arithmetic).into(),
                    None => format!("it {}", cause::needless(arithmetic)),
                }
            }
            Some(times) => factors.push(format!("{words} {}", cause::factor(times, notation))),
            None => failures.push(format!("{words} makes it {}", state(&after, notation))),
        }
    }
    if !factors.is_empty() {
        let last = factors.len() - 1;
        factors[last] += " times";
    }
    let beside: Vec<String> = [factors, failures].concat();
    let beside: Vec<String> = [beside.join(", "), needless].into_iter().filter(|part| !part.is_empty()).collect();
    let beside = beside.join("; ");
    let Some((remedy, after)) = best else {
        let tried = if beside.is_empty() { String::new() } else { format!(": {beside}") };
        return format!("No remedy that was tried cuts the noise at layer 1 from {}{tried}.", before.short(notation));
    };
    let beside = if beside.is_empty() { beside } else { format!("; {beside}") };
    let what = named(remedy, notation);
    match before.cut(&after).filter(|times| times.is_finite()) {
        Some(times) => format!(
            "Measured remedy: {what} cuts the noise at layer 1 from {} to {}, {}{} times{beside}.",
            before.short(notation),
            after.short(notation),
            if after.noise.at_most { "at least " } else { "" },
            cause::factor(times, notation)
        ),
        None => format!("Measured remedy: {what} makes layer 1 {}{beside}.", state(&after, notation)),
    }
}

/// `noisy (noise/signal 0.3)`, `vanished`.
fn state(state: &State, notation: Notation) -> String {
    if state.has_noise() {
        format!("{} (noise/signal {})", state.verdict, cause::of(state.noise, notation))
    } else {
        state.verdict.to_string()
    }
}

/// Against zeros and overflow: what makes a gradient of it, and what does not.
fn cured(arithmetic: &ArithmeticRun, before: &State, notation: Notation) -> String {
    let best = cause::best(arithmetic, 0);
    let others = others(arithmetic, best.map(|(remedy, _)| remedy), 0);
    let (left, changed): (Vec<_>, Vec<_>) = others.iter().partition(|(_, after)| after.verdict == before.verdict);
    let changed = changed
        .iter()
        .map(|(remedy, after)| format!("{} makes it {}", cause::in_words(remedy, notation), state(after, notation)));
    let left: Vec<String> = left.iter().map(|(remedy, _)| cause::in_words(remedy, notation)).collect();
    let do_not = if left.len() == 1 { "does not" } else { "do not" };
    let left = (!left.is_empty()).then(|| format!("{} {do_not}", joined(&left)));
    let beside: Vec<String> = changed.chain(left).collect();
    match best {
        Some((remedy, after)) => {
            let opening = format!("{} makes layer 1 {}", named(remedy, notation), state(&after, notation));
            format!("Measured remedy: {}.", [vec![opening], beside].concat().join("; "))
        }
        None if beside.is_empty() => "No remedy was tried in this run.".into(),
        None => format!("No remedy that was tried cures layer 1: {}.", beside.join("; ")),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

/// What loss scaling leaves of zeros and overflow, where it was tried.
fn uncured(arithmetic: &ArithmeticRun, notation: Notation) -> Option<String> {
    let scaling = arithmetic.remedies.iter().find(|remedy| remedy.kind == RemedyKind::LossScaling)?;
    let (layer, after) = (scaling.layers.first()?, *cause::remedied(scaling).first()?);
    let flushed = match layer.flushed {
        Number::Finite(share) if share > 0.0 => Some(format!("{} %", short(100.0 * share, notation))),
        _ => None,
    };
    Some(match (after.verdict, flushed) {
        (Verdict::Overflow, _) => "Loss scaling does not cure what overflows with every scale.".into(),
        (Verdict::Vanished, Some(share)) => {
            format!("With loss scaling {share} of its entries still underflow: it only lifts what flows back.")
        }
        (Verdict::Vanished, None) => {
            "What loss scaling does not cure are zeros that no underflow makes: flipped branches, sums that cancel."
                .into()
        }
        (Verdict::Noisy | Verdict::Chaotic, _) => {
            "What is left with loss scaling is rounding noise, which no scale cures.".into()
        }
        (_, Some(share)) => format!("With loss scaling {share} of its entries still underflow."),
        _ => return None,
    })
}

/// The worst layer, where it is worse than layer 1, and what the best remedy makes of it.
fn worst(arithmetic: &ArithmeticRun, layers: &[State], notation: Notation) -> Option<String> {
    let (first, place) = (layers.first()?, cause::worst(layers)?);
    let worst = layers.get(place)?;
    let is_worse = worst.verdict > first.verdict
        || worst.verdict == first.verdict && worst.cut(first).is_some_and(|times| times >= cause::LEAST_CUT);
    if !is_worse {
        return None;
    }
    let number = arithmetic.layers.get(place)?.layer;
    let remedy = match cause::best(arithmetic, place) {
        Some((remedy, after)) => {
            format!("; {} makes it {}", cause::in_words(remedy, notation), state(&after, notation))
        }
        None => String::new(),
    };
    Some(format!("The worst layer is {number}: {}{remedy}.", state(worst, notation)))
}
