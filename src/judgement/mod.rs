//! Record → judgement: what may be concluded from the numbers of a record, as typed values without sentences.
//!
//! Terminal, tables, page, pictures and `--json=summary` render the same value. Values that an older record lacks are
//! `None` or `NotMeasured` here: "not recorded".

pub mod audit;
mod by_layer;
mod cause;
pub mod cell;
mod exact;
pub mod horizon;
mod instead;
pub mod law;
mod layer;
mod medians;
pub mod ranking;
mod remedy;
mod remedy_name;
mod summary;
pub mod sweep;
pub mod training;
mod whole;

pub use crate::record::enough_of;
pub use by_layer::{cause_at, noise_under, times_lower};
pub use cause::{Cause, RangeLoss};
pub use exact::{ExactJudgement, ExactState, Small, Vanishing, ZeroJudgement, ZeroWeights};
pub use layer::{LayerJudgement, MinibatchJudgement, MinibatchMeaning, RowShare, Tensor};
pub use remedy::{Advice, Effect, Tried};
pub use remedy_name::RemedyName;
pub use summary::Summary;

use crate::record::{ArithmeticRun, Number, Record, Run, SiteRun, Verdict, VerdictCount};
use ranking::Ranking;
use schemars::JsonSchema;
use serde::Serialize;

/// What may be concluded from a record.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Judgement {
    /// Hidden layers.
    pub depth: usize,
    /// Trials.
    pub trials: usize,
    /// One per activation, in the record's order.
    pub runs: Vec<RunJudgement>,
    /// The activation with the least noise at layer 1, for every arithmetic; empty for a single activation.
    pub rankings: Vec<ActivationRanking>,
}

/// The activation with the least noise at layer 1 in an arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ActivationRanking {
    /// The arithmetic's canonical name.
    pub arithmetic: String,
    /// Activations whose noise at layer 1 measures noise, by their places among the runs.
    pub measured: Vec<usize>,
    /// The outcome, by places in `measured`; `None` where fewer than two are measured.
    pub ranking: Option<Ranking>,
}

/// One activation's network.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RunJudgement {
    /// Canonical name.
    pub activation: String,
    /// The exact gradient, before any arithmetic.
    pub exact: ExactJudgement,
    /// One per arithmetic, in the record's order.
    pub arithmetics: Vec<ArithmeticJudgement>,
}

/// One arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ArithmeticJudgement {
    /// Canonical name.
    pub name: String,
    /// Layer 1.
    pub first: LayerJudgement,
    /// The worst layer: the most severe verdict, then the most noise, then the nearest to the input.
    pub worst: LayerJudgement,
    /// The verdict of every layer, layer 1 first, then the head.
    pub verdicts: Vec<VerdictCount>,
    /// The largest noise-to-signal ratio over all layers, trial by trial.
    pub worst_noise: Vec<Number>,
    /// Where layer 1's noise comes from; of an arithmetic whose layer 1 is sound, the worst layer's.
    pub cause: Cause,
    /// Every change that was tried, and, where a remedy is wanted, the arithmetics of the list that may take the place
    /// of this one: the cheapest first.
    pub tried: Vec<Tried>,
    /// The advice.
    pub remedy: Advice,
}

/// What may be concluded from a record.
pub fn judge(record: &Record) -> Judgement {
    Judgement {
        depth: record.spec.depth,
        trials: record.spec.trials,
        runs: record.runs.iter().map(|run| judge_run(run, record.spec.batch)).collect(),
        rankings: rank_activations(&record.runs),
    }
}

/// The conclusions from one run of a record, given the batch size.
pub fn judge_run(run: &Run, batch: usize) -> RunJudgement {
    let exact = exact::judge(&run.truth, batch);
    let arithmetics =
        run.arithmetics.iter().enumerate().map(|(index, arithmetic)| judge_arithmetic(run, index, arithmetic, &exact));
    RunJudgement { activation: run.activation.clone(), arithmetics: arithmetics.collect(), exact }
}

fn judge_arithmetic(
    run: &Run,
    index: usize,
    arithmetic: &ArithmeticRun,
    exact: &ExactJudgement,
) -> ArithmeticJudgement {
    let place = layer::worst(&arithmetic.sites);
    let judged = |place: usize| match arithmetic.sites.get(place) {
        Some(layer) => layer::judge(layer, run.truth.sites.get(place)),
        None => LayerJudgement::unmeasured(),
    };
    let (first, worst) = (judged(0), judged(place));
    let is_explained = first.verdict.verdict.is_ordered() && first.verdict.verdict != Verdict::Sound;
    let (tried, remedy) = remedy::judge(run, index, exact);
    ArithmeticJudgement {
        name: arithmetic.name.clone(),
        verdicts: arithmetic.sites.iter().map(|layer| layer.verdict.clone()).collect(),
        worst_noise: whole::trials(arithmetic).iter().map(|trial| trial.worst_noise).collect(),
        cause: cause::judge(run, arithmetic, if is_explained { 0 } else { place }),
        remedy,
        first,
        worst,
        tried,
    }
}

/// Of every arithmetic, which activation has the least noise at layer 1; nothing for a single activation.
fn rank_activations(runs: &[Run]) -> Vec<ActivationRanking> {
    let [first, _, ..] = runs else { return Vec::new() };
    let ranking = |arithmetic: &ArithmeticRun| {
        let layers =
            runs.iter().enumerate().filter_map(|(place, run)| Some((place, first_layer(run, &arithmetic.name)?)));
        let (measured, trials): (Vec<usize>, Vec<ranking::Trials>) =
            layers.map(|(place, layer)| (place, ranking::trials(layer))).unzip();
        let ranking = (measured.len() > 1).then(|| ranking::rank(&trials));
        ActivationRanking { arithmetic: arithmetic.name.clone(), measured, ranking }
    };
    first.arithmetics.iter().filter(|arithmetic| arithmetic.external.is_none()).map(ranking).collect()
}

/// Layer 1 in an arithmetic, if its ratio measures noise.
fn first_layer<'a>(run: &'a Run, arithmetic: &str) -> Option<&'a SiteRun> {
    let same = run.arithmetics.iter().find(|one| one.name == arithmetic)?;
    same.sites.first().filter(|layer| layer.verdict.verdict.has_noise())
}
