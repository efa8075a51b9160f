//! Cells → horizons: for every activation and precision, the least depth from which the gradient of layer 1 is saturated
//! in at least half of the trials, and by which mode.
//!
//! Cells that differ in depth alone are one line of networks: trial t of one depth and trial t of another share the draws
//! of their first layers, so that trials are resampled jointly over depths.

pub mod chaos;
mod networks;
mod rank;
mod reach;
pub mod search;

pub use rank::HorizonRanking;
pub use reach::Reach;

use super::cell::Cell;
use super::exact::ExactState;
use crate::record::sweep::AxisValue;
use crate::record::{Evidence, Number, Quantiles, RemedyKind, Verdict, VerdictCount};
use crate::statistics::bootstrap;
use networks::{Grid, Network, Networks, Precision, is_severe, networks};
use rank::rankings;
use reach::{HALF, Share, count, is_reached, of_depths, reach};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The shares between whose depths a horizon is passed.
const SHARES: [Share; 2] = [(2, 5), (4, 5)];

/// The modes of exact arithmetic, and the state of a trial that each is.
const EXACT_MODES: [(Mode, ExactState); 2] = [(Mode::Vanishing, ExactState::Vanishing), (Mode::Zero, ExactState::Zero)];
/// The modes of a precision, and the verdict of a trial that each is.
const MODES: [(Mode, Verdict); 3] =
    [(Mode::Underflow, Verdict::Underflow), (Mode::Overflow, Verdict::Overflow), (Mode::Noise, Verdict::Chaotic)];

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
    /// χ₁ of the deepest measured network: factor by which a layer multiplies the gradient's mean square (mean field).
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
    /// What theory predicts of it at every measured depth, the median over the trials; left out without theory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predicted: Vec<Number>,
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

/// A remedy and the horizon with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HorizonRemedy {
    /// The precision with the change.
    pub name: String,
    /// Where underflow, overflow or noise saturates it.
    pub reach: Reach,
}

/// The horizons of all cells of a sweep, whose trials have this seed.
pub fn horizons(cells: impl IntoIterator<Item = Cell>, seed: u64) -> Horizons {
    let networks = networks(cells);
    let lines: Vec<Line> = networks.iter().map(|networks| line(networks, seed)).collect();
    Horizons { rankings: rankings(&networks), lines }
}

fn line(networks: &Networks, seed: u64) -> Line {
    let measured = || networks.measured.values();
    let exact =
        EXACT_MODES.map(|(mode, state)| horizon(mode, &networks.grid(|network| network.trials_of(state)), seed));
    let count = measured().map(|network| network.precisions.len()).min().unwrap_or(0);
    Line {
        values: networks.values.clone(),
        depths: networks.measured.keys().copied().collect(),
        failed: networks.failed.clone(),
        evidence: Evidence::weakest(measured().map(|network| network.evidence)),
        chi1: measured().rev().find_map(|network| network.chi1),
        log2_relative: measured().map(|network| network.log2_relative).collect(),
        exact: exact.into(),
        arithmetics: (0..count).filter_map(|place| line_precision(networks, place, seed)).collect(),
        cheapest: measured().map(cheapest).collect(),
    }
}

fn line_precision(networks: &Networks, place: usize, seed: u64) -> Option<LinePrecision> {
    let horizon = |(mode, wanted)| horizon(mode, &networks.grid_of(place, |verdict| verdict == wanted), seed);
    Some(LinePrecision {
        name: networks.precisions(place).next()?.name.clone(),
        horizons: MODES.map(horizon).into(),
        noise: networks.precisions(place).map(|one| one.noise).collect(),
        predicted: networks.precisions(place).map(|one| one.predicted).collect::<Option<_>>().unwrap_or_default(),
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
