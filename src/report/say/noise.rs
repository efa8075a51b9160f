//! An arithmetic's noise in words: how large it is relative to the signal and to the differences between minibatches.

use super::layer::{both, is_worse, value};
use super::words::{by_count, joined, share, two_of};
use crate::judgement::{ArithmeticJudgement, LayerJudgement, MinibatchJudgement, MinibatchMeaning, RowShare, Tensor};
use crate::record::{ArithmeticRun, Number, Verdict, VerdictCount};
use crate::report::facts;
use crate::report::numbers::{Notation, ratio, short};

/// An arithmetic with its measures and their judgement.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub run: &'a ArithmeticRun,
    pub judged: &'a ArithmeticJudgement,
    pub notation: Notation,
}

/// What the arithmetic does to layer 1, with a layer that is worse; `None` if both the exact and the computed
/// gradient are zero, which another sentence says.
pub(super) fn sentence(one: &Subject) -> Option<String> {
    claim(one, "the gradient of layer 1")
}

/// The same of another arithmetic, after a sentence about the gradient of layer 1.
pub(super) fn next_sentence(one: &Subject) -> Option<String> {
    claim(one, "it")
}

fn claim(one: &Subject, gradient: &str) -> Option<String> {
    let name = facts::name_in_sentence(one.run, one.notation);
    let (first, worst) = (&one.judged.first, &one.judged.worst);
    let predicate = predicate(&first.verdict);
    let claim = match first.verdict.verdict {
        Verdict::Zero => {
            let ghosts = one.run.sites.first().is_some_and(|layer| layer.fates.ghost > 0);
            return ghosts.then(|| format!("In {name} some entries of layer 1's gradient are computed as non-zero."));
        }
        Verdict::Underflow => {
            format!("{gradient} {predicate}: entries computed as zero carry at least half of it")
        }
        Verdict::Overflow => format!("{gradient} {predicate}: it has infinite or NaN entries"),
        Verdict::NotEstablished => {
            format!(
                "the noise of layer 1 {predicate}: the bounds on the exact gradient do not decide; raise --truth-bits"
            )
        }
        Verdict::Sound | Verdict::Noisy | Verdict::Chaotic => {
            // A sound gradient implies that the noise is harmless.
            let is_said = |judged: &&MinibatchJudgement| {
                first.verdict.verdict != Verdict::Sound || judged.meaning == MinibatchMeaning::OneSided
            };
            let minibatch = first.minibatch.as_ref().filter(is_said);
            let minibatch = minibatch.map_or(String::new(), |judged| minibatch_noise(judged, one.notation));
            let signal = of_signal(first, one.notation);
            format!("{gradient} {predicate}: rounding noise is {signal}{minibatch}")
        }
    };
    let worse =
        is_worse(first, worst).then(|| format!("; layer {} is worse: {}", worst.layer, state(worst, one.notation)));
    Some(format!("In {name} {claim}{}.", worse.unwrap_or_default()))
}

/// What else is wrong in the layer that matters: rows (a tenth of them, or any that a sound layer hides), a tensor, and
/// the noisiest layer where it is as severe as layer 1.
pub(super) fn details(one: &Subject) -> Vec<String> {
    let (first, worst) = (&one.judged.first, &one.judged.worst);
    let layers = if first.layer == worst.layer { vec![first] } else { vec![first, worst] };
    let mut sentences = Vec::new();
    let is_told = |layer: &&&LayerJudgement| {
        let is_hidden = layer.verdict.verdict == Verdict::Sound;
        layer.rows.is_some_and(|rows| rows.of > 0 && (is_hidden || rows.ghosts > 0 || 10 * rows.wrong >= rows.of))
    };
    sentences.extend(layers.iter().filter(is_told).find_map(|layer| rows(layer.layer, layer.rows.as_ref()?)));
    for layer in &layers {
        if let Some((tensor, verdict)) = layer.worse_tensor {
            sentences.push(format!(
                "By itself, the {} gradient of layer {} is worse: {verdict}.",
                match tensor {
                    Tensor::Weight => "weight",
                    Tensor::Bias => "bias",
                },
                layer.layer
            ));
        }
    }
    let has_most_noise = worst.layer != first.layer && !is_worse(first, worst) && first.verdict.verdict.has_noise();
    if has_most_noise && worst.verdict.verdict.has_noise() && worst.verdict.verdict != Verdict::Sound {
        let noise = value(worst, one.notation);
        sentences.push(format!("The noisiest layer is {}: noise/signal {noise}.", worst.layer));
    }
    sentences
}

/// `511 of 512 rows of layer 1's weight gradient are wrong by half or more, 256 by 100 % or more.`
fn rows(layer: usize, share: &RowShare) -> Option<String> {
    let ghosts = match share.ghosts {
        0 => String::new(),
        1 => "; 1 row that is zero is computed as non-zero".into(),
        many => format!("; {many} rows that are zero are computed as non-zero"),
    };
    let verb = if share.wrong == 1 { "is" } else { "are" };
    let wholly = match share.wholly_wrong {
        _ if share.wrong == 0 => String::new(),
        Some(count) => format!(", {} by 100 % or more", if count == 0 { "none".into() } else { count.to_string() }),
        None => " (how many by 100 % or more is not recorded)".into(),
    };
    let wrong = format!(
        "{} of {} rows of layer {layer}'s weight gradient {verb} wrong by half or more{wholly}",
        share.wrong, share.of
    );
    match (share.wrong, share.ghosts) {
        _ if share.of == 0 => None,
        (0, 0) => None,
        _ => Some(format!("{wrong}{ghosts}.")),
    }
}

/// `chaotic (noise/signal 1.5)`, `it overflows`.
fn state(layer: &LayerJudgement, notation: Notation) -> String {
    let verdict = layer.verdict.verdict;
    match layer.noise.median {
        Number::Finite(_) if verdict.has_noise() => {
            format!("{verdict} (noise/signal {})", value(layer, notation))
        }
        _ => format!("it {}", facts::predicate(verdict, false)),
    }
}

/// `is noisy`, `is sound in 3 of 5 trials and noisy in 2`, `overflows in 3 of 5 trials, is noisy in 2`.
fn predicate(count: &VerdictCount) -> String {
    let Some(distribution) = &count.distribution else {
        let trials =
            if count.is_unanimous() { String::new() } else { format!(" in {} of {} trials", count.count, count.of) };
        return facts::predicate(count.verdict, false) + &trials;
    };
    let counts = by_count(distribution);
    if let [(verdict, _)] = counts.as_slice() {
        return facts::predicate(*verdict, false);
    }
    let is_adjective = |verdict: Verdict| !matches!(verdict, Verdict::Underflow | Verdict::Overflow);
    let part = |(place, (verdict, trials)): (usize, &(Verdict, usize))| {
        // `is noisy in 3, sound in 2`.
        let is_said = place > 0 && is_adjective(counts[place - 1].0) && is_adjective(*verdict);
        let words = if is_said { verdict.to_string() } else { facts::predicate(*verdict, false) };
        if place == 0 { format!("{words} in {trials} of {} trials", count.of) } else { format!("{words} in {trials}") }
    };
    joined(&counts.iter().enumerate().map(part).collect::<Vec<_>>())
}

/// `0.207 of the signal`; of two trials both, since neither is a median.
fn of_signal(layer: &LayerJudgement, notation: Notation) -> String {
    let signal = "the signal";
    if let Some([(low, low_is_limit), (Number::Finite(high), high_is_limit)]) = both(layer) {
        let (low, most) = (ratio(low, low_is_limit, notation), if high_is_limit { "≤ " } else { "" });
        return format!("{low} and {most}{}", share(high, signal, notation));
    }
    match layer.noise.median {
        Number::Finite(noise) if layer.noise.at_most => {
            format!("{} of {signal}", ratio(Number::Finite(noise), true, notation))
        }
        Number::Finite(noise) => share(noise, signal, notation),
        Number::Infinite => format!("infinitely many times {signal}"),
        _ => format!("not a number relative to {signal}"),
    }
}

/// ` and 0.05 of minibatch noise (harmless at this batch size)`.
fn minibatch_noise(judged: &MinibatchJudgement, notation: Notation) -> String {
    let Some(ratio) = judged.ratio.finite() else { return String::new() };
    let least = if judged.at_least { "at least " } else { "" };
    let size = match two_of(&judged.trials) {
        Some([low, high]) => format!("{} and {}", short(low, notation), share(high, "minibatch noise", notation)),
        None => share(ratio, "minibatch noise", notation),
    };
    match judged.meaning {
        MinibatchMeaning::Harmless => format!(" and {least}{size} (harmless at this batch size)"),
        MinibatchMeaning::OneSided => format!(" and {least}{size}, but one-sided, so it does not average out"),
        MinibatchMeaning::Noticeable => format!(" and {least}{size}"),
    }
}
