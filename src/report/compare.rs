//! Which of several activations on the same draws has the least noise at layer 1, in words.
//!
//! Judged on the first arithmetic listed; every number is a median of the record or a count of its trials.

use crate::record::{ArithmeticRun, Number, Record, Verdict};
use crate::report::numbers::{Notation, ratio};

/// One activation in the arithmetic that is judged.
struct Contender<'a> {
    name: &'a str,
    arithmetic: &'a ArithmeticRun,
    /// Median noise/signal where it measures noise, and whether it is an upper limit only.
    noise: Option<(f64, bool)>,
}

impl<'a> Contender<'a> {
    fn new(name: &'a str, arithmetic: &'a ArithmeticRun) -> Contender<'a> {
        let is_noise = matches!(arithmetic.verdict.verdict, Verdict::Sound | Verdict::Noisy | Verdict::Chaotic);
        let noise = arithmetic.layers.first().map(|layer| &layer.noise_to_signal).filter(|_| is_noise);
        let noise = noise.filter(|noise| !noise.median.value().is_nan());
        Contender { name, arithmetic, noise: noise.map(|noise| (noise.median.value(), noise.at_most)) }
    }

    fn verdict(&self) -> Verdict {
        self.arithmetic.verdict.verdict
    }

    /// Noise/signal of layer 1's weight gradient by trial, where it is known and no mere limit.
    fn trials(&self) -> Vec<Option<f64>> {
        let layers = self.arithmetic.layers.first().map_or(&[][..], |layer| &layer.trials);
        let known = layers.iter().map(|trial| trial.tensors.first().filter(|weight| !weight.at_most));
        known.map(|weight| weight.map(|weight| weight.noise_to_signal.value()).filter(|x| !x.is_nan())).collect()
    }
}

/// The answer: the activation with the least noise in the first arithmetic, the state of the others, and the
/// arithmetics in which all is well.
pub fn answer(record: &Record, notation: Notation) -> String {
    let names: Vec<&str> = match record.runs.first() {
        Some(run) => run.arithmetics.iter().map(|arithmetic| arithmetic.name.as_str()).collect(),
        None => Vec::new(),
    };
    let Some((first, others)) = names.split_first() else { return "No arithmetic was measured.".into() };
    let mut text = in_arithmetic(first, &contenders(record, first), notation);
    let is_all_sound = |name: &&&str| contenders(record, name).iter().all(|one| one.verdict() == Verdict::Sound);
    let sound: Vec<&str> = others.iter().filter(is_all_sound).copied().collect();
    if !sound.is_empty() {
        text += &format!(" In {} every activation is sound.", joined(&sound));
    }
    text
}

/// Every run in an arithmetic.
fn contenders<'a>(record: &'a Record, name: &str) -> Vec<Contender<'a>> {
    let of = |run: &'a crate::record::Run| {
        let arithmetic = run.arithmetics.iter().find(|arithmetic| arithmetic.name == name)?;
        Some(Contender::new(&run.activation, arithmetic))
    };
    record.runs.iter().filter_map(of).collect()
}

fn in_arithmetic(name: &str, all: &[Contender], notation: Notation) -> String {
    let opening = format!("At layer 1 in {name}");
    let everyone: Vec<&Contender> = all.iter().collect();
    let mut measured: Vec<&Contender> = all.iter().filter(|one| one.noise.is_some()).collect();
    measured.sort_by(|one, other| median(one).total_cmp(&median(other)));
    let is_any_unknown = all.iter().any(|one| one.verdict() == Verdict::NotEstablished);
    if measured.is_empty() {
        let keeps = if is_any_unknown { "is known to keep" } else { "keeps" };
        return format!("{opening}, no activation {keeps} a gradient: {}.", states(&everyone, None));
    }
    let least = least(&measured);
    let others: Vec<&Contender> = all.iter().filter(|one| least.iter().all(|best| best.name != one.name)).collect();
    let claim = match least.as_slice() {
        [] => {
            let limited = measured.iter().filter(|one| is_limited(one)).map(|one| one.name).collect::<Vec<_>>();
            format!("no least noise can be told: that of {} lies below the truth's resolution", joined(&limited))
        }
        [best] if measured.len() == 1 && all.len() > 1 => {
            let has = if is_any_unknown { "is known to have" } else { "has" };
            let state = format!("{}, {}", noise(best, notation), best.verdict());
            format!("only {} {has} a gradient that is neither zero nor overflowed ({state})", best.name)
        }
        [best, ..] => {
            let has = if least.len() == 1 { "has" } else { "have" };
            let known = if is_any_unknown { "least known noise" } else { "least noise" };
            let names: Vec<&str> = least.iter().map(|one| one.name).collect();
            let verdict = if is_all_sound(all) { String::new() } else { format!(", {}", best.verdict()) };
            let paired = measured.get(1).filter(|_| least.len() == 1).and_then(|next| less_in(best, next));
            let state = format!("{}{verdict}{}", noise(best, notation), paired.unwrap_or_default());
            format!("{} {has} the {known} ({state})", joined(&names))
        }
    };
    if is_all_sound(all) {
        return format!("{opening} every activation is sound; {claim}.");
    }
    let same = least.first().map(|best| best.verdict());
    if others.is_empty() {
        format!("{opening}, {claim}.")
    } else {
        format!("{opening}, {claim}; {}.", states(&others, same))
    }
}

fn is_all_sound(all: &[Contender]) -> bool {
    all.iter().all(|one| one.verdict() == Verdict::Sound)
}

fn median(one: &Contender) -> f64 {
    one.noise.map_or(f64::INFINITY, |(median, _)| median)
}

fn is_limited(one: &Contender) -> bool {
    one.noise.is_some_and(|(_, at_most)| at_most)
}

fn noise(one: &Contender, notation: Notation) -> String {
    format!("noise/signal {}", ratio(Number::new(median(one)), is_limited(one), notation))
}

/// Those with the least noise and the same verdict, of contenders sorted by it; nobody where upper limits leave it open.
fn least<'a, 'b>(sorted: &[&'b Contender<'a>]) -> Vec<&'b Contender<'a>> {
    let limited = sorted.iter().filter(|one| is_limited(one)).count();
    let Some(best) = sorted.first() else { return Vec::new() };
    match limited {
        0 => {
            let ties = |one: &&&Contender| median(one) == median(best) && one.verdict() == best.verdict();
            sorted.iter().filter(ties).copied().collect()
        }
        // One limit below every known value still is the least.
        1 if is_limited(best) && sorted.get(1).is_none_or(|next| median(best) < median(next)) => vec![best],
        _ => Vec::new(),
    }
}

/// `, less than tanh in 4 of 5 trials`, `, though less than tanh in only 2 of 5 trials`: the same draws, held against each other one by one.
fn less_in(best: &Contender, next: &Contender) -> Option<String> {
    let pairs: Vec<(f64, f64)> =
        best.trials().into_iter().zip(next.trials()).filter_map(|(x, y)| Some((x?, y?))).collect();
    let less = pairs.iter().filter(|(x, y)| x < y).count();
    // The least median need not win most of the trials.
    let (but, only) = if 2 * less > pairs.len() { ("", "") } else { ("though ", "only ") };
    (pairs.len() > 1).then(|| format!(", {but}less than {} in {only}{less} of {} trials", next.name, pairs.len()))
}

/// `relu and leaky are noisy, sigmoid vanishes`, from harmless to severe.
fn states(list: &[&Contender], same: Option<Verdict>) -> String {
    let group = |verdict: &Verdict| {
        let names: Vec<&str> = list.iter().filter(|one| one.verdict() == *verdict).map(|one| one.name).collect();
        let many = names.len() > 1;
        let state = match (verdict, many) {
            (Verdict::Vanished, false) => "vanishes".into(),
            (Verdict::Vanished, true) => "vanish".into(),
            (Verdict::Overflow, false) => "overflows".into(),
            (Verdict::Overflow, true) => "overflow".into(),
            (_, false) => format!("is {verdict}"),
            (_, true) => format!("are {verdict}"),
        };
        let too = if same == Some(*verdict) { " too" } else { "" };
        (!names.is_empty()).then(|| format!("{} {state}{too}", joined(&names)))
    };
    Verdict::ALL.iter().filter_map(group).collect::<Vec<_>>().join(", ")
}

/// `a`, `a and b`, `a, b and c`.
fn joined(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).into(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}
