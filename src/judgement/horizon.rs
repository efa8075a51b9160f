//! Cells → horizons: for every activation and precision, the least depth from which the gradient of layer 1 is saturated
//! in at least half of the trials, and by which mode.
//!
//! Cells that differ in depth alone are one line of networks: trial t of one depth and trial t of another share the draws
//! of their first layers, so that trials are resampled jointly over depths.

use super::exact::ExactState;
use super::ranking::{self, Ranking, Ratio};
use super::sweep::{Cell, CellArithmetic, CellRemedy, CellRun, Outcome};
use crate::record::sweep::AxisValue;
use crate::record::{Evidence, Number, Quantiles, RemedyKind, Verdict, VerdictCount, WholeTrial, enough_of};
use crate::statistics::{self, bootstrap};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The field along which horizons lie.
const DEPTH: &str = "depth";
/// The field in which contenders differ.
const ACTIVATION: &str = "activation";
/// Half of the trials.
const HALF: Share = (1, 2);
/// The shares between whose depths a horizon is passed.
const SHARES: [Share; 2] = [(2, 5), (4, 5)];

/// A share of the trials as a quotient.
type Share = (usize, usize);

/// The way in which a gradient stops to mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The exact gradient vanishes.
    Vanishing,
    /// The exact gradient is zero.
    Zero,
    /// Flushed entries carry at least half of the gradient's energy.
    Underflow,
    /// An entry overflows.
    Overflow,
    /// Rounding noise dominates it.
    Noise,
}

/// All horizons of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Horizons {
    /// One per network that differs from others in more than depth, in the order of the plan.
    pub lines: Vec<Line>,
    /// For every precision, which activation stays usable to the greatest depth.
    pub rankings: Vec<HorizonRanking>,
}

/// Networks that differ in depth alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Their other values, by the fields of the spec.
    pub values: BTreeMap<String, AxisValue>,
    /// The measured depths.
    pub depths: Vec<usize>,
    /// Depths whose cell could not be measured, and why.
    pub failed: Vec<(usize, String)>,
    /// The worst evidence of any exact gradient; `None` if nothing was measured.
    pub evidence: Option<Evidence>,
    /// χ₁: factor by which a layer multiplies the gradient's mean square (mean field).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chi1: Option<f64>,
    /// log₂ of the exact gradient's root mean square over the weights' at every measured depth (median over the trials).
    pub log2_relative: Vec<Number>,
    /// Where the exact gradient vanishes, and where it is zero.
    pub exact: Vec<Horizon>,
    /// One per precision, in the plan's order.
    pub arithmetics: Vec<LinePrecision>,
    /// For every measured depth, the precision with the fewest bits that keeps the whole network sound in enough trials.
    pub cheapest: Vec<Option<String>>,
}

/// A line of networks in one precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinePrecision {
    /// What tables call it.
    pub name: String,
    /// Underflow, overflow and noise.
    pub horizons: Vec<Horizon>,
    /// Noise-to-signal ratio of layer 1 over the trials at every measured depth.
    pub noise: Vec<Quantiles>,
    /// Layer 1's verdict over the trials at every measured depth.
    pub verdicts: Vec<VerdictCount>,
    /// The remedy that moves the horizon of range and noise furthest, if one was tried and moves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<HorizonRemedy>,
}

/// The least depth from which a mode saturates layer 1 in at least half of the trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Horizon {
    /// The mode.
    pub mode: Mode,
    /// The depth.
    pub reach: Reach,
    /// The depths at which 2/5 and 4/5 of the trials are saturated.
    pub interval: [Reach; 2],
    /// The 95 % interval of the depth over resamples of the trials, infinite where the horizon is not reached; absent of
    /// one trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resampled: Option<[Number; 2]>,
    /// False where fewer trials are saturated again at a greater depth, or more at a lesser one.
    pub is_monotone: bool,
    /// Number of saturated trials at every measured depth.
    pub saturated: Vec<usize>,
}

/// From which depth on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reached", rename_all = "snake_case")]
pub enum Reach {
    /// From this depth on, at this one and the next.
    From {
        /// The depth.
        depth: usize,
    },
    /// Only at the last depth.
    Unconfirmed {
        /// The depth.
        depth: usize,
    },
    /// At no depth up to this one.
    Beyond {
        /// The last depth.
        depth: usize,
    },
}

/// A remedy and the horizon with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HorizonRemedy {
    /// The precision with the change.
    pub name: String,
    /// Where underflow, overflow or noise saturates it.
    pub reach: Reach,
}

/// Which activation stays usable to the greatest depth, of networks that differ in it alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HorizonRanking {
    /// The values that they share, without depth.
    pub values: BTreeMap<String, AxisValue>,
    /// The precision.
    pub arithmetic: String,
    /// Places of their lines.
    pub lines: Vec<usize>,
    /// The outcome, by places in `lines`.
    pub ranking: Ranking,
}

impl Reach {
    /// The depth, infinite where none is reached.
    pub fn depth(self) -> f64 {
        match self {
            Reach::From { depth } | Reach::Unconfirmed { depth } => depth as f64,
            Reach::Beyond { .. } => f64::INFINITY,
        }
    }
}

/// Whether each trial is saturated, at each depth in turn; `None` where that is not established.
type Grid = Vec<(usize, Vec<Option<bool>>)>;

/// What horizons need of a cell.
struct Network {
    evidence: Evidence,
    states: Vec<ExactState>,
    log2_relative: Number,
    chi1: Option<f64>,
    precisions: Vec<Precision>,
}

/// The same of a precision: layer 1's trials, and whether the whole network is sound in enough of them.
struct Precision {
    name: String,
    bits: Option<u32>,
    verdicts: Vec<Verdict>,
    verdict: VerdictCount,
    noise: Quantiles,
    is_sound: bool,
    remedies: Vec<Remedied>,
}

/// A change that was tried, and whether layer 1 is saturated in at least half of the trials all the same.
struct Remedied {
    kind: RemedyKind,
    name: String,
    is_saturated: bool,
}

/// The networks of one line by depth.
struct Networks {
    values: BTreeMap<String, AxisValue>,
    measured: BTreeMap<usize, Network>,
    failed: Vec<(usize, String)>,
}

/// The horizons of all cells of a sweep, whose trials have this seed.
pub fn horizons(cells: impl IntoIterator<Item = Cell>, seed: u64) -> Horizons {
    let networks = networks(cells);
    let lines: Vec<Line> = networks.iter().map(|networks| line(networks, seed)).collect();
    Horizons { rankings: rankings(&networks), lines }
}

/// Cells that differ in depth alone, in the order of their first ones.
fn networks(cells: impl IntoIterator<Item = Cell>) -> Vec<Networks> {
    let mut found: Vec<Networks> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for mut cell in cells {
        let Some(AxisValue::Whole(depth)) = cell.values.remove(DEPTH) else { continue };
        let name = cell.values.iter().map(|(field, value)| format!("{field}={value} ")).collect();
        let place = *places.entry(name).or_insert_with(|| {
            found.push(Networks { values: cell.values, measured: BTreeMap::new(), failed: Vec::new() });
            found.len() - 1
        });
        match cell.outcome {
            Outcome::Measured(run) => _ = found[place].measured.insert(depth as usize, network(*run)),
            Outcome::Failed(why) => found[place].failed.push((depth as usize, why)),
        }
    }
    found
}

fn network(run: CellRun) -> Network {
    let log2_relative = statistics::median(run.exact.log2_relative.iter().map(|number| number.value()));
    Network {
        evidence: run.exact.evidence,
        log2_relative: Number::new(log2_relative.unwrap_or(f64::NAN)),
        states: run.exact.states,
        chi1: run.chi1,
        precisions: run.arithmetics.into_iter().map(precision).collect(),
    }
}

fn precision(arithmetic: CellArithmetic) -> Precision {
    let (sound, of) = (|trial: &&WholeTrial| trial.verdict == Verdict::Sound, arithmetic.whole.len());
    let [first, ..] = arithmetic.layers;
    Precision {
        is_sound: of > 0 && arithmetic.whole.iter().filter(sound).count() >= enough_of(of),
        name: arithmetic.name,
        bits: arithmetic.bits,
        verdicts: first.verdicts,
        verdict: first.verdict,
        noise: first.noise,
        remedies: arithmetic.remedies.into_iter().map(remedied).collect(),
    }
}

fn remedied(remedy: CellRemedy) -> Remedied {
    let distribution = remedy.verdict.distribution.iter().flatten();
    let saturated: usize = distribution.filter(|(verdict, _)| is_severe(**verdict)).map(|(_, count)| count).sum();
    Remedied { kind: remedy.kind, name: remedy.name, is_saturated: 2 * saturated >= remedy.verdict.of.max(1) }
}

/// Whether an arithmetic loses the gradient.
fn is_severe(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Chaotic | Verdict::Underflow | Verdict::Overflow)
}

impl Networks {
    /// What a measured network says of every trial, by depth.
    fn grid(&self, trials: impl Fn(&Network) -> Vec<Option<bool>>) -> Grid {
        self.measured.iter().map(|(depth, network)| (*depth, trials(network))).collect()
    }

    /// The same of the verdicts of a precision on layer 1.
    fn grid_of(&self, place: usize, is_saturated: impl Fn(Verdict) -> bool) -> Grid {
        let known = |verdict: &Verdict| (*verdict != Verdict::NotEstablished).then(|| is_saturated(*verdict));
        self.grid(|network| network.precisions.get(place).iter().flat_map(|one| &one.verdicts).map(known).collect())
    }

    /// A precision at every depth.
    fn precisions(&self, place: usize) -> impl Iterator<Item = &Precision> {
        self.measured.values().filter_map(move |network| network.precisions.get(place))
    }
}

fn line(networks: &Networks, seed: u64) -> Line {
    let measured = || networks.measured.values();
    let exact = [(Mode::Vanishing, ExactState::Vanishing), (Mode::Zero, ExactState::Zero)].map(|(mode, state)| {
        let known = |found: &ExactState| (*found != ExactState::NotEstablished).then_some(*found == state);
        horizon(mode, &networks.grid(|network| network.states.iter().map(known).collect()), seed)
    });
    let count = measured().map(|network| network.precisions.len()).min().unwrap_or(0);
    Line {
        values: networks.values.clone(),
        depths: networks.measured.keys().copied().collect(),
        failed: networks.failed.clone(),
        evidence: Evidence::weakest(measured().map(|network| network.evidence)),
        chi1: measured().find_map(|network| network.chi1),
        log2_relative: measured().map(|network| network.log2_relative).collect(),
        exact: exact.into(),
        arithmetics: (0..count).filter_map(|place| line_precision(networks, place, seed)).collect(),
        cheapest: measured().map(cheapest).collect(),
    }
}

fn line_precision(networks: &Networks, place: usize, seed: u64) -> Option<LinePrecision> {
    let modes =
        [(Mode::Underflow, Verdict::Underflow), (Mode::Overflow, Verdict::Overflow), (Mode::Noise, Verdict::Chaotic)];
    let horizon = |(mode, wanted)| horizon(mode, &networks.grid_of(place, |verdict| verdict == wanted), seed);
    Some(LinePrecision {
        name: networks.precisions(place).next()?.name.clone(),
        horizons: modes.map(horizon).into(),
        noise: networks.precisions(place).map(|one| one.noise).collect(),
        verdicts: networks.precisions(place).map(|one| one.verdict.clone()).collect(),
        remedy: best_remedy(networks, place),
    })
}

fn horizon(mode: Mode, grid: &Grid, seed: u64) -> Horizon {
    let trials = grid.iter().map(|(_, trials)| trials.len()).min().unwrap_or(0);
    let all: Vec<usize> = (0..trials).collect();
    let interval = bootstrap::interval(trials, seed, |chosen| Some(reach(grid, HALF, chosen).depth()));
    let reached: Vec<bool> = grid.iter().map(|(_, trials)| is_reached(trials, HALF, &all)).collect();
    Horizon {
        mode,
        reach: reach(grid, HALF, &all),
        interval: SHARES.map(|share| reach(grid, share, &all)),
        resampled: (trials > 1).then(|| [interval.low, interval.high].map(Number::new)),
        is_monotone: reached.is_sorted(),
        saturated: grid.iter().map(|(_, trials)| count(trials, &all).0).collect(),
    }
}

/// How many of the chosen trials are saturated, and of how many that is known.
fn count(trials: &[Option<bool>], chosen: &[usize]) -> (usize, usize) {
    let known = chosen.iter().filter_map(|trial| *trials.get(*trial)?);
    known.fold((0, 0), |(saturated, known), is_saturated| (saturated + usize::from(is_saturated), known + 1))
}

fn is_reached(trials: &[Option<bool>], (part, whole): Share, chosen: &[usize]) -> bool {
    let (saturated, known) = count(trials, chosen);
    known > 0 && whole * saturated >= part * known
}

/// The least depth at which the share is reached there and at the next depth.
fn reach(grid: &Grid, share: Share, chosen: &[usize]) -> Reach {
    let reached: Vec<bool> = grid.iter().map(|(_, trials)| is_reached(trials, share, chosen)).collect();
    of_depths(grid.iter().map(|(depth, _)| *depth), &reached)
}

/// The same of depths at which something is so, or not.
fn of_depths(depths: impl Iterator<Item = usize>, reached: &[bool]) -> Reach {
    let depths: Vec<usize> = depths.collect();
    let last = depths.last().copied().unwrap_or(0);
    match reached.windows(2).position(|pair| pair == [true, true]).and_then(|place| depths.get(place)) {
        Some(depth) => Reach::From { depth: *depth },
        None if reached.last() == Some(&true) => Reach::Unconfirmed { depth: last },
        None => Reach::Beyond { depth: last },
    }
}

/// The name of the precision with the fewest bits in which the whole network is sound in enough trials.
fn cheapest(network: &Network) -> Option<String> {
    let sound = network.precisions.iter().filter(|one| one.is_sound);
    Some(sound.min_by_key(|one| one.bits.unwrap_or(u32::MAX))?.name.clone())
}

/// Of the changes that were tried, the one with the greatest horizon of range and noise, if it is greater than without.
fn best_remedy(networks: &Networks, place: usize) -> Option<HorizonRemedy> {
    let grid = networks.grid_of(place, is_severe);
    let trials: Vec<usize> = (0..grid.iter().map(|(_, trials)| trials.len()).min()?).collect();
    let plain: Vec<bool> = grid.iter().map(|(_, verdicts)| is_reached(verdicts, HALF, &trials)).collect();
    let depths = || networks.measured.keys().copied();
    let mut kinds: Vec<RemedyKind> =
        networks.precisions(place).flat_map(|one| &one.remedies).map(|one| one.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let with = |kind: RemedyKind| {
        let tried = |one: &'_ Precision| one.remedies.iter().position(|remedy| remedy.kind == kind);
        let remedy = |one: &'_ Precision| tried(one).map(|place| one.remedies[place].is_saturated);
        // Where it was not worth trying, the precision itself is as good.
        let reached: Vec<bool> =
            networks.precisions(place).zip(&plain).map(|(one, plain)| remedy(one).unwrap_or(*plain)).collect();
        let name = networks.precisions(place).find_map(|one| Some(one.remedies[tried(one)?].name.clone()))?;
        Some(HorizonRemedy { name, reach: of_depths(depths(), &reached) })
    };
    let found = kinds.into_iter().filter_map(with);
    let further = found.filter(|remedy| remedy.reach.depth() > of_depths(depths(), &plain).depth());
    further.reduce(|best, next| if next.reach.depth() > best.reach.depth() { next } else { best })
}

/// For every precision of networks that differ in the activation alone, how far each stays usable.
fn rankings(networks: &[Networks]) -> Vec<HorizonRanking> {
    let mut groups: Vec<(BTreeMap<String, AxisValue>, Vec<usize>)> = Vec::new();
    for (place, one) in networks.iter().enumerate() {
        let mut values = one.values.clone();
        values.remove(ACTIVATION);
        match groups.iter_mut().find(|(shared, _)| *shared == values) {
            Some((_, lines)) => lines.push(place),
            None => groups.push((values, vec![place])),
        }
    }
    let mut rankings = Vec::new();
    for (values, lines) in groups.into_iter().filter(|(_, lines)| lines.len() > 1) {
        let names = networks[lines[0]].measured.values().next().map_or(&[][..], |network| &network.precisions);
        for (place, precision) in names.iter().enumerate() {
            let contenders: Vec<ranking::Trials> = lines.iter().map(|line| usable(&networks[*line], place)).collect();
            let (ranking, arithmetic) = (ranking::rank(&contenders), precision.name.clone());
            rankings.push(HorizonRanking { values: values.clone(), arithmetic, lines: lines.clone(), ranking });
        }
    }
    rankings
}

/// One over the depth at which each trial is saturated by any mode: the less, the deeper; an upper limit where it is
/// saturated at no measured depth.
fn usable(networks: &Networks, place: usize) -> ranking::Trials {
    let is_saturated = |(verdict, state): (&Verdict, &ExactState)| {
        Some(is_severe(*verdict) || *verdict == Verdict::Zero || *state == ExactState::Vanishing)
    };
    let grid = networks.grid(|network| {
        let verdicts = network.precisions.get(place).map_or(&[][..], |one| &one.verdicts);
        verdicts.iter().zip(&network.states).map(is_saturated).collect()
    });
    let trials = grid.iter().map(|(_, trials)| trials.len()).min().unwrap_or(0);
    let ratio = |trial| {
        let reach = reach(&grid, (1, 1), &[trial]);
        let (Reach::From { depth } | Reach::Unconfirmed { depth } | Reach::Beyond { depth }) = reach;
        Some(Ratio { value: 1.0 / depth.max(1) as f64, at_most: matches!(reach, Reach::Beyond { .. }) })
    };
    (0..trials).map(ratio).collect()
}
