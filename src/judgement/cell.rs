//! Record → cell: what a sweep keeps of one network, enough for horizons, rankings and tables without the record.
//!
//! Everything that a horizon counts is kept by trial: networks of different depth share the draws of their first layers, so
//! trials are resampled jointly over depths, trial t of one depth with trial t of another.

use super::exact::{self, ExactState};
use super::layer::{self, LayerJudgement};
use crate::record::sweep::AxisValue;
use crate::record::{
    ArithmeticRun, Evidence, Fates, Number, Phase, Quantiles, Record, Remedy, RemedyKind, Roles, Run, SiteRun, Verdict,
    VerdictCount, WholeTrial, Zero,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A finished cell: a line of `cells.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Its place in the plan, from 1.
    pub cell: usize,
    /// The first 16 hexadecimal digits of the `spec_hash` that a run of its own has.
    pub id: String,
    /// Activation, depth and width, and the values of all axes, by the fields of the spec.
    pub values: BTreeMap<String, AxisValue>,
    /// What was found.
    pub outcome: Outcome,
}

/// What became of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was measured.
    Measured(Box<CellRun>),
    /// It was not, for this reason.
    Failed(String),
}

/// A measured network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellRun {
    /// True where φ' jumps somewhere.
    pub kinked: bool,
    /// Standard deviation of square weight matrices times √fan_in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<f64>,
    /// χ₁: factor by which a layer multiplies the gradient's mean square (mean field).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chi1: Option<f64>,
    /// What χ₁ means for the gradient from layer to layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The exact gradient.
    pub exact: ExactCell,
    /// One per precision, in the plan's order.
    pub arithmetics: Vec<CellArithmetic>,
}

/// The exact gradient of layer 1, trial by trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExactCell {
    /// The worst of all layers and trials.
    pub evidence: Evidence,
    /// Its state.
    pub states: Vec<ExactState>,
    /// Whether it vanishes by depth, and not at one layer.
    pub by_depth: Vec<bool>,
    /// log₂ of its root mean square.
    pub log2_sizes: Vec<Number>,
    /// log₂ of its root mean square over the weights'.
    pub log2_relative: Vec<Number>,
    /// Why it is zero; `None` in trials in which it is not, left out if there is no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zeros: Vec<Option<Zero>>,
}

/// One precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellArithmetic {
    /// What tables call it.
    pub name: String,
    /// Bits of the widest format in which numbers are stored or computed, accumulators apart; absent for unbounded
    /// exponents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// log₂ of the loss scale; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log2_loss_scale: Option<i32>,
    /// Largest relative rounding of a parameter, input or target when stored.
    pub storage_noise: Number,
    /// Layer 1, the worst layer and the head.
    pub layers: [CellLayer; 3],
    /// The largest noise-to-signal ratio and the most severe verdict over all layers, by trial.
    pub whole: Vec<WholeTrial>,
    /// What was tried, with `--attribute`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<CellRemedy>,
}

/// Which layers a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Layer 1.
    First,
    /// The layer with the most severe verdict, then the most noise, then the nearest to the input.
    Worst,
    /// The output layer.
    Head,
}

/// One layer in one precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellLayer {
    /// Why it is here.
    pub group: Group,
    /// 1 to L, the head is L+1.
    pub layer: usize,
    /// The verdict over the trials, with the number of trials of each.
    pub verdict: VerdictCount,
    /// By trial.
    pub verdicts: Vec<Verdict>,
    /// Noise-to-signal ratio over the trials, weights and biases together; `at_most` is that of the median.
    pub noise: Quantiles,
    /// What theory predicts from the noise of the forward pass, the median over the trials; absent without theory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<Number>,
    /// The measured ratio by trial.
    pub trials: Vec<Number>,
    /// By trial, whether it is only an upper limit.
    pub limits: Vec<bool>,
    /// Flipped branches by trial; `None` where there are none to count.
    pub flips: Vec<Option<u64>>,
    /// Fates of the weight gradient's entries, over all trials: exact zeros among them.
    pub fates: Fates,
}

/// A change that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellRemedy {
    /// The change.
    pub kind: RemedyKind,
    /// The precision with the change.
    pub name: String,
    /// log₂ of the loss scale it ran with.
    pub log2_loss_scale: i32,
    /// Layer 1's verdict over the trials.
    pub verdict: VerdictCount,
    /// Layer 1's noise-to-signal ratio over the trials.
    pub noise: Quantiles,
    /// All layers, by trial.
    pub trials: Vec<WholeTrial>,
}

/// The outcome of a cell from its record, which has one run.
pub fn outcome(record: &Record) -> Outcome {
    match record.runs.first() {
        Some(run) => Outcome::Measured(Box::new(measured(run, record.spec.batch))),
        None => Outcome::Failed("nothing was measured".into()),
    }
}

fn measured(run: &Run, batch: usize) -> CellRun {
    CellRun {
        kinked: run.kinked,
        gain: run.gain,
        chi1: run.chi1,
        phase: run.phase,
        exact: exact_cell(run, batch),
        arithmetics: run.arithmetics.iter().map(|arithmetic| cell_arithmetic(run, arithmetic)).collect(),
    }
}

fn exact_cell(run: &Run, batch: usize) -> ExactCell {
    let trials = exact::by_trial(&run.truth, batch);
    let zeros: Vec<Option<Zero>> = trials.iter().map(|trial| trial.zero).collect();
    ExactCell {
        evidence: run.truth.evidence,
        states: trials.iter().map(|trial| trial.state).collect(),
        by_depth: trials.iter().map(|trial| trial.is_by_depth).collect(),
        log2_sizes: trials.iter().map(|trial| trial.log2_size).collect(),
        log2_relative: trials.iter().map(|trial| trial.log2_relative).collect(),
        zeros: if zeros.iter().any(Option::is_some) { zeros } else { Vec::new() },
    }
}

fn cell_arithmetic(run: &Run, arithmetic: &ArithmeticRun) -> CellArithmetic {
    let head = arithmetic.sites.len().saturating_sub(1);
    let places = [(Group::First, 0), (Group::Worst, layer::worst(&arithmetic.sites)), (Group::Head, head)];
    CellArithmetic {
        name: arithmetic.name.clone(),
        bits: arithmetic.roles.as_ref().and_then(Roles::bits),
        log2_loss_scale: arithmetic.log2_loss_scale,
        storage_noise: arithmetic.storage_noise,
        layers: places.map(|(group, place)| CellLayer {
            predicted: arithmetic.theory.get(place).map(|theory| theory.predicted),
            ..cell_layer(run, arithmetic.sites.get(place), group, place)
        }),
        whole: super::whole::trials(arithmetic),
        remedies: arithmetic.remedies.iter().filter_map(remedy).collect(),
    }
}

fn cell_layer(run: &Run, site: Option<&SiteRun>, group: Group, place: usize) -> CellLayer {
    let judged = site.map_or_else(LayerJudgement::unmeasured, |site| layer::judge(site, run.truth.sites.get(place)));
    CellLayer {
        group,
        layer: judged.layer,
        verdict: judged.verdict,
        verdicts: judged.verdicts,
        noise: judged.noise,
        predicted: None,
        trials: judged.trials,
        limits: judged.limits,
        flips: site.map_or_else(Vec::new, |site| site.trials.iter().map(|trial| trial.flips).collect()),
        fates: site.map_or_else(Fates::default, |site| site.fates),
    }
}

fn remedy(remedy: &Remedy) -> Option<CellRemedy> {
    let first = remedy.sites.first()?;
    Some(CellRemedy {
        kind: remedy.kind,
        name: remedy.name.clone(),
        log2_loss_scale: remedy.log2_loss_scale,
        verdict: first.verdict.clone(),
        noise: first.noise_to_signal,
        trials: remedy.trials.clone().unwrap_or_default(),
    })
}
