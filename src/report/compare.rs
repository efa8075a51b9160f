//! Which of several activations on the same draws has the least noise at layer 1, in words.
//!
//! Judged on the first arithmetic listed; every number is a median of the record or a count of its trials.

use crate::judgement::ranking::{self, Ranking};
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

    /// Noise/signal of layer 1's weight gradient by trial.
    fn trials(&self) -> ranking::Trials {
        self.arithmetic.layers.first().map_or(Vec::new(), ranking::trials)
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
    let measured: Vec<&Contender> = all.iter().filter(|one| one.noise.is_some()).collect();
    let is_any_unknown = all.iter().any(|one| one.verdict() == Verdict::NotEstablished);
    if measured.is_empty() {
        let keeps = if is_any_unknown { "is known to keep" } else { "keeps" };
        return format!("{opening}, no activation {keeps} a gradient: {}.", states(&everyone));
    }
    let claim = match (measured.as_slice(), all.len()) {
        ([only], 2..) => {
            let has = if is_any_unknown { "is known to have" } else { "has" };
            format!(
                "only {} {has} a gradient that is neither zero nor lost to the format's range ({})",
                only.name,
                state(only, notation)
            )
        }
        _ => ranked(&measured, is_any_unknown, notation),
    };
    let others: Vec<&Contender> = all.iter().filter(|one| one.noise.is_none()).collect();
    let opening =
        if is_all_sound(all) { format!("{opening} every activation is sound;") } else { format!("{opening},") };
    match others.is_empty() {
        true => format!("{opening} {claim}."),
        false => format!("{opening} {claim}; {}.", states(&others)),
    }
}

/// `elu (0.0365, sound) has the least noise; relu (0.4, noisy) has more`, `relu (…) and leaky (…) have the least noise and
/// cannot be told apart`; of too few trials the numbers alone. Those with more are not ranked among each other.
fn ranked(measured: &[&Contender], is_any_unknown: bool, notation: Notation) -> String {
    let trials: Vec<ranking::Trials> = measured.iter().map(|one| one.trials()).collect();
    let listed = |places: &[usize]| {
        let words: Vec<String> = places.iter().map(|place| with_state(measured[*place], notation)).collect();
        joined(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let (best, not_apart) = match ranking::rank(&trials) {
        Ranking::Best { best, not_apart } => (best, not_apart),
        Ranking::TooFewTrials { trials } => {
            let all: Vec<usize> = (0..measured.len()).collect();
            let few = if trials == 1 { "1 trial is".into() } else { format!("{trials} trials are") };
            let least = ranking::LEAST_TRIALS;
            return format!("{few} too few to rank activations (give --trials {least}): {}", listed(&all));
        }
    };
    let first: Vec<usize> = std::iter::once(best).chain(not_apart).collect();
    let rest: Vec<usize> = (0..measured.len()).filter(|place| !first.contains(place)).collect();
    let known = if is_any_unknown { "least known noise" } else { "least noise" };
    let claim = match (first.len(), rest.is_empty()) {
        (1, _) => format!("{} has the {known}", listed(&first)),
        (_, true) => format!("the noise of {} does not differ beyond chance", listed(&first)),
        (_, false) => format!("{} have the {known} and cannot be told apart", listed(&first)),
    };
    match rest.as_slice() {
        [] => claim,
        [_] => format!("{claim}; {} has more", listed(&rest)),
        _ => format!("{claim}; {} have more", listed(&rest)),
    }
}

/// `elu (0.0365, sound)`.
fn with_state(one: &Contender, notation: Notation) -> String {
    format!("{} ({})", one.name, state(one, notation))
}

/// `0.0365, sound`.
fn state(one: &Contender, notation: Notation) -> String {
    format!("{}, {}", ratio(Number::new(median(one)), is_limited(one), notation), one.verdict())
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

/// `relu and leaky are dead, sigmoid vanishes`, from harmless to severe.
fn states(list: &[&Contender]) -> String {
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
        (!names.is_empty()).then(|| format!("{} {state}", joined(&names)))
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
