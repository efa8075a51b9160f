//! Cells → lines of networks that differ in depth alone, with what horizons need of them: the cells of a large sweep do not
//! fit into memory.

use crate::judgement::cell::{Cell, CellArithmetic, CellRemedy, CellRun, Outcome};
use crate::judgement::exact::ExactState;
use crate::record::sweep::AxisValue;
use crate::record::{Evidence, Number, Quantiles, RemedyKind, Verdict, VerdictCount, WholeTrial, enough_of};
use crate::statistics;
use std::collections::BTreeMap;

/// The field along which horizons lie.
const DEPTH: &str = "depth";

/// Whether each trial is saturated, at each depth in turn; `None` where that is not established.
pub type Grid = Vec<(usize, Vec<Option<bool>>)>;

/// What horizons need of a cell.
pub struct Network {
    pub evidence: Evidence,
    pub states: Vec<ExactState>,
    pub log2_relative: Number,
    pub chi1: Option<f64>,
    pub precisions: Vec<Precision>,
}

/// The same of a precision: layer 1's trials, and whether the whole network is sound in enough of them.
pub struct Precision {
    pub name: String,
    pub bits: Option<u32>,
    pub verdicts: Vec<Verdict>,
    pub verdict: VerdictCount,
    pub noise: Quantiles,
    pub predicted: Option<Number>,
    pub is_sound: bool,
    pub remedies: Vec<Remedied>,
}

/// A change that was tried, and whether layer 1 is saturated in at least half of the trials all the same.
pub struct Remedied {
    pub kind: RemedyKind,
    pub name: String,
    pub is_saturated: bool,
}

/// The networks of one line by depth.
pub struct Networks {
    pub values: BTreeMap<String, AxisValue>,
    pub measured: BTreeMap<usize, Network>,
    pub failed: Vec<(usize, String)>,
}

/// Cells that differ in depth alone, in the order of their first ones.
pub fn networks(cells: impl IntoIterator<Item = Cell>) -> Vec<Networks> {
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

pub fn network(run: CellRun) -> Network {
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
        predicted: first.predicted,
        remedies: arithmetic.remedies.into_iter().map(remedied).collect(),
    }
}

fn remedied(remedy: CellRemedy) -> Remedied {
    let distribution = remedy.verdict.distribution.iter().flatten();
    let saturated: usize = distribution.filter(|(verdict, _)| is_severe(**verdict)).map(|(_, count)| count).sum();
    Remedied { kind: remedy.kind, name: remedy.name, is_saturated: 2 * saturated >= remedy.verdict.of.max(1) }
}

impl Network {
    /// Whether each trial's exact gradient is in a state.
    pub fn trials_of(&self, state: ExactState) -> Vec<Option<bool>> {
        let known = |found: &ExactState| (*found != ExactState::NotEstablished).then_some(*found == state);
        self.states.iter().map(known).collect()
    }
}

impl Precision {
    /// Whether each trial's verdict on layer 1 is a certain one.
    pub fn trials_of(&self, is_saturated: impl Fn(Verdict) -> bool) -> Vec<Option<bool>> {
        let known = |verdict: &Verdict| (*verdict != Verdict::NotEstablished).then(|| is_saturated(*verdict));
        self.verdicts.iter().map(known).collect()
    }
}

/// Whether an arithmetic loses the gradient.
pub fn is_severe(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Chaotic | Verdict::Underflow | Verdict::Overflow)
}

impl Networks {
    /// What a measured network says of every trial, by depth.
    pub fn grid(&self, trials: impl Fn(&Network) -> Vec<Option<bool>>) -> Grid {
        self.measured.iter().map(|(depth, network)| (*depth, trials(network))).collect()
    }

    /// The same of the verdicts of a precision on layer 1.
    pub fn grid_of(&self, place: usize, is_saturated: impl Fn(Verdict) -> bool) -> Grid {
        let trials = |network: &Network| network.precisions.get(place).map(|one| one.trials_of(&is_saturated));
        self.grid(|network| trials(network).unwrap_or_default())
    }

    /// A precision at every depth.
    pub fn precisions(&self, place: usize) -> impl Iterator<Item = &Precision> {
        self.measured.values().filter_map(move |network| network.precisions.get(place))
    }
}
