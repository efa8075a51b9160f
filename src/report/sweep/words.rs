//! What a sweep found, in words.

use crate::judgement::horizon::{Horizon, HorizonRanking, Line, LinePrecision, Mode, Reach};
use crate::judgement::ranking::{LEAST_TRIALS, Ranking};
use crate::judgement::sweep::Sweep;
use crate::record::Number;
use crate::record::sweep::AxisValue;
use crate::report::facts;
use crate::report::say::words::joined;
use crate::report::table::Table;
use std::collections::BTreeMap;
use std::fmt;

/// Marks of a table behind a depth.
const UNCONFIRMED: &str = "?";
const NOT_MONOTONE: &str = "~";
/// What begins the sentence on too few trials.
const UNRANKED: &str = "nothing is ranked";
/// Most depths that are listed one by one.
const MOST_DEPTHS: usize = 16;
/// Most activations that a sentence names.
const MOST_NAMED: usize = 6;

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Vanishing => "vanishing",
            Mode::Zero => "zero",
            Mode::Underflow => "underflow",
            Mode::Overflow => "overflow",
            Mode::Noise => "noise",
        })
    }
}

/// `41`, `200, unconfirmed`, `> 200`.
impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reach::From { depth } => write!(f, "{depth}"),
            Reach::Unconfirmed { depth } => write!(f, "{depth}, unconfirmed"),
            Reach::Beyond { depth } => write!(f, "> {depth}"),
        }
    }
}

/// The horizon that is reached first, of ties the one that comes first.
pub fn first<'h>(horizons: impl IntoIterator<Item = &'h Horizon>) -> Option<&'h Horizon> {
    let nearer = |best: &'h Horizon, next: &'h Horizon| {
        if next.reach.depth() < best.reach.depth() { next } else { best }
    };
    horizons.into_iter().reduce(nearer)
}

/// The first of several modes in a table: `noise 41`, `> 200`, `noise 200?` where it is unconfirmed, `noise 41~` where at a
/// greater depth all modes together lose the gradient in fewer than half of the trials.
pub fn cell(horizons: &[Horizon], trials: usize) -> String {
    let Some(horizon) = first(horizons) else { return "—".into() };
    let unconfirmed = if matches!(horizon.reach, Reach::Unconfirmed { .. }) { UNCONFIRMED } else { "" };
    let depths = horizon.saturated.len();
    let at = |place: usize| {
        horizons.iter().filter_map(|one| one.saturated.get(place)).fold(0usize, |sum, count| sum.saturating_add(*count))
    };
    let is_lost: Vec<bool> = (0..depths).map(|place| at(place).saturating_mul(2) >= trials).collect();
    let not_monotone = if is_lost.is_sorted() { "" } else { NOT_MONOTONE };
    match horizon.reach {
        Reach::Beyond { .. } => format!("{}{not_monotone}", horizon.reach),
        reach => format!("{} {}{unconfirmed}{not_monotone}", horizon.mode, bare(reach)),
    }
}

/// What the marks of a table mean, as far as it has them.
pub fn marks(table: &Table) -> Option<String> {
    let has = |mark: &str| table.rows.iter().flatten().any(|cell| cell.text.ends_with(mark));
    let meanings = [
        (has(UNCONFIRMED) || has("?~"), "?: only at the last depth, so that no next one confirms it"),
        (has(NOT_MONOTONE), "~: at some greater depth fewer than half of the trials lose it"),
    ];
    let found: Vec<&str> = meanings.iter().filter(|(is_there, _)| *is_there).map(|(_, words)| *words).collect();
    (!found.is_empty()).then(|| format!("({})", found.join("; ")))
}

/// `41 (24–70)`, `200, unconfirmed`, `41 (24–> 200), not monotone`.
pub fn full(horizon: &Horizon) -> String {
    let [low, high] = horizon.interval.map(bare);
    let interval = if low == high { String::new() } else { format!(" ({low}–{high})") };
    let remark = if horizon.is_monotone { "" } else { ", not monotone" };
    format!(
        "{}{}{remark}",
        horizon.reach,
        if matches!(horizon.reach, Reach::From { .. }) { interval } else { "".into() }
    )
}

/// A depth without a remark.
fn bare(reach: Reach) -> String {
    match reach {
        Reach::From { depth } | Reach::Unconfirmed { depth } => depth.to_string(),
        Reach::Beyond { depth } => format!("> {depth}"),
    }
}

/// `24–70`, the 95 % interval over resamples.
pub fn resampled(horizon: &Horizon) -> String {
    let last = |number: Number| number.finite().map_or("beyond".into(), |depth| depth.to_string());
    match horizon.resampled.map(|ends| ends.map(last)) {
        None => "—".into(),
        Some([low, high]) if low == high => low,
        Some([low, high]) => format!("{low}–{high}"),
    }
}

/// A network's name: its activation, and what else it has of its own.
pub fn name(line: &Line, sweep: &Sweep) -> String {
    let own = values(&line.values, sweep, true);
    if own.is_empty() { "the network".into() } else { own }
}

/// `relu, gain 1.5`: the values that have an axis, or, of the activation, several values.
fn values(values: &BTreeMap<String, AxisValue>, sweep: &Sweep, with_activation: bool) -> String {
    let activation = values.get("activation").filter(|_| with_activation).map(AxisValue::to_string);
    let axes = sweep.plan.axes.iter().filter(|axis| axis.field != "depth");
    let others = axes.filter_map(|axis| {
        let name = axis.field().map_or(axis.field.as_str(), |field| field.option.long);
        Some(format!("{name} {}", values.get(&axis.field)?))
    });
    activation.into_iter().chain(others).collect::<Vec<_>>().join(", ")
}

/// Network, data and depths; then what a horizon is.
pub fn set_up(sweep: &Sweep) -> Vec<String> {
    let spec = &sweep.plan.spec;
    let has_axis = |field: &str| sweep.plan.axes.iter().any(|axis| axis.field == field);
    let mut pieces = Vec::new();
    if !has_axis("width") {
        pieces.push(format!("width {}", spec.width));
    }
    pieces.push(match sweep.plan.axes.iter().find(|axis| axis.field == "depth") {
        Some(axis) if axis.values.len() <= MOST_DEPTHS => format!("depths {}", axis.values.join(" ")),
        Some(axis) => {
            let ends = [axis.values.first(), axis.values.last()].map(|end| end.map_or("?", String::as_str));
            format!("{} depths from {} to {}", axis.values.len(), ends[0], ends[1])
        }
        None => format!("depth {}", spec.depth),
    });
    if !has_axis("gain") && !has_axis("init") {
        pieces.push(facts::gain_origin(spec));
    }
    pieces.extend(facts::draws(spec).into_iter().filter(|piece| !is_of_an_axis(piece, sweep)));
    let failed = match sweep.failed {
        0 => String::new(),
        1 => " (1 cell could not be measured)".into(),
        count => format!(" ({count} cells could not be measured)"),
    };
    let bisected = if sweep.plan.bisects { ", chosen by bisection" } else { "" };
    vec![
        format!("{} cells{failed}{bisected}: {}", sweep.cells, pieces.join(", ")),
        "horizon: the depth from which at least half of the trials lose the gradient of layer 1, and by which mode"
            .into(),
    ]
}

/// Whether a piece such as `batch 32` speaks of an axis; the loss follows from the data.
fn is_of_an_axis(piece: &str, sweep: &Sweep) -> bool {
    let names = sweep.plan.axes.iter().filter_map(|axis| axis.field()).map(|field| field.option.long.replace('-', " "));
    let mut names = names.chain(sweep.plan.axes.iter().filter(|axis| axis.field == "data").map(|_| "loss".into()));
    names.any(|name| piece.starts_with(&format!("{name} ")))
}

/// The answers: rankings, the cheapest sound precision at the greatest depth, remedies.
pub fn sentences(sweep: &Sweep) -> Vec<String> {
    let rankings = grouped(sweep.horizons.rankings.iter().map(|ranking| ranked(ranking, sweep)));
    let unranked = "The depths that were measured differ, so nothing is ranked: a sweep without --horizon does that.";
    let unranked = sweep.plan.bisects.then(|| unranked.to_string());
    let told = rankings.into_iter().chain(cheapest(sweep)).chain(remedies(sweep)).chain(unranked);
    told.collect()
}

/// Clauses with the precisions they hold in, those that name activations first: `In f16 and bf16 relu stays …`.
fn grouped(clauses: impl Iterator<Item = Clause>) -> Vec<String> {
    let mut groups: Vec<(Clause, Vec<String>)> = Vec::new();
    for clause in clauses {
        match groups.iter_mut().find(|(same, _)| same.words == clause.words) {
            Some((_, places)) => places.push(clause.place),
            None => {
                let places = vec![clause.place.clone()];
                groups.push((clause, places));
            }
        }
    }
    groups.sort_by_key(|(clause, _)| !clause.is_decided);
    let total: usize = groups.iter().map(|(_, places)| places.len()).sum();
    let said = |(clause, places): (Clause, Vec<String>)| match places.len() {
        count if count == total && clause.words.starts_with(UNRANKED) => format!("N{}.", &clause.words[1..]),
        count if count > MOST_NAMED => format!("In {count} of {total} combinations {}.", clause.words),
        _ => format!("In {} {}.", joined(&places), clause.words),
    };
    groups.into_iter().map(said).collect()
}

/// What holds in a precision.
struct Clause {
    place: String,
    words: String,
    /// Whether it says of some activations that they are better than others.
    is_decided: bool,
}

/// A precision, and which activations stay usable to the greatest depth in it.
fn ranked(ranking: &HorizonRanking, sweep: &Sweep) -> Clause {
    let shared = values(&ranking.values, sweep, false);
    let place =
        if shared.is_empty() { ranking.arithmetic.clone() } else { format!("{} ({shared})", ranking.arithmetic) };
    let name = |place: &usize| {
        let line = ranking.lines.get(*place).and_then(|line| sweep.horizons.lines.get(*line));
        line.and_then(|line| line.values.get("activation")).map_or_else(|| "?".into(), AxisValue::to_string)
    };
    let (is_decided, words) = match &ranking.ranking {
        Ranking::TooFewTrials { trials } => {
            let has = if *trials == 1 { "is 1".into() } else { format!("are {trials}") };
            (false, format!("{UNRANKED}: that needs {LEAST_TRIALS} trials, and there {has}"))
        }
        Ranking::Best { best, not_apart } if not_apart.is_empty() => {
            (true, format!("{} stays usable to the greatest depth", name(best)))
        }
        Ranking::Best { not_apart, .. } if not_apart.len() + 1 == ranking.lines.len() => {
            (false, "no activation can be told apart from the one that stays usable to the greatest depth".into())
        }
        Ranking::Best { best, not_apart } => {
            let mut places: Vec<usize> = [*best].into_iter().chain(not_apart.iter().copied()).collect();
            places.sort_unstable();
            let names: Vec<String> = places.iter().take(MOST_NAMED).map(name).collect();
            let more = match places.len().saturating_sub(MOST_NAMED) {
                0 => joined(&names),
                more => format!("{} and {more} more", names.join(", ")),
            };
            (true, format!("{more} stay usable to the greatest depth and cannot be told apart"))
        }
    };
    Clause { place, words, is_decided }
}

/// At the greatest depth, the precision with the fewest bits that keeps each network sound.
fn cheapest(sweep: &Sweep) -> Option<String> {
    let depth = sweep.horizons.lines.iter().filter_map(|line| line.depths.last().copied()).max()?;
    let is_lost = |line: &Line| {
        let counts = line.exact.iter().filter_map(|horizon| horizon.saturated.last());
        counts.into_iter().any(|count| count.saturating_mul(2) >= sweep.plan.spec.trials)
    };
    // In the order of the clauses: what no precision keeps sound comes last.
    let mut groups: Vec<((usize, String), Vec<String>)> = Vec::new();
    for line in sweep.horizons.lines.iter().filter(|line| line.depths.last() == Some(&depth)) {
        let found = match line.cheapest.last().and_then(Option::as_ref) {
            _ if is_lost(line) => (2, "the exact gradient vanishes or is zero in".into()),
            Some(precision) => (0, format!("{precision} for")),
            None => (1, "none for".into()),
        };
        match groups.iter_mut().find(|(same, _)| *same == found) {
            Some((_, names)) => names.push(name(line, sweep)),
            None => groups.push((found, vec![name(line, sweep)])),
        }
    }
    let some = |names: &[String]| match names.len() {
        // Names with several values do not read as a list.
        count if count > 1 && names.iter().any(|name| name.contains(',')) => format!("{count} networks"),
        count if count > MOST_NAMED => format!("{count} networks ({}, …)", names[..MOST_NAMED].join(", ")),
        _ => joined(names),
    };
    groups.sort_by_key(|((order, _), _)| *order);
    let clauses: Vec<String> = groups.iter().map(|((_, found), names)| format!("{found} {}", some(names))).collect();
    let of = "Precision with the fewest bits that keeps every layer sound at depth";
    (!clauses.is_empty()).then(|| format!("{of} {depth}: {}.", clauses.join("; ")))
}

/// The remedy of every precision that moves the horizon furthest, over the networks.
fn remedies(sweep: &Sweep) -> Option<String> {
    let moved = |line: &'_ Line, one: &'_ LinePrecision| {
        let remedy = one.remedy.as_ref()?;
        let without = first(&one.horizons).map_or("—".into(), |horizon| bare(horizon.reach));
        Some(format!("{} in {} with {}: {without} → {}", name(line, sweep), one.name, remedy.name, bare(remedy.reach)))
    };
    let all: Vec<String> = (sweep.horizons.lines.iter())
        .flat_map(|line| line.arithmetics.iter().filter_map(move |one| moved(line, one)))
        .collect();
    let more = match all.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let shown = all.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join("; ");
    (!all.is_empty()).then(|| format!("Remedies that move the horizon furthest: {shown}{more}."))
}
