//! A judgement as compact JSON, with what it was made from: what is concluded and no more, numbers to three digits.

use super::ranking::Ranking;
use super::{
    ActivationRanking, Advice, ArithmeticJudgement, Cause, ExactJudgement, ExactState, Judgement, LayerJudgement,
    MinibatchMeaning, RangeLoss, RemedyName, RunJudgement, Tensor, Tried, Vanishing, ZeroJudgement, ZeroWeights, judge,
};
use crate::record::{NoiseSource, Number, Quantiles, Record, RemedyKind, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Name and version of the layout.
pub const SCHEMA: &str = "precision-probe-judgement/2";

/// What `--json=summary` prints: a few kB, whatever the depth.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Summary<'r> {
    /// Name and version of the layout.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: &'static str,
    /// Version of precision-probe that measured.
    pub version: &'r str,
    /// The record's: SHA-256 of the version and the spec's JSON, in hexadecimal.
    pub spec_hash: &'r str,
    /// The loss, as `--loss` takes it.
    pub loss: &'static str,
    /// Hidden layers.
    pub depth: usize,
    /// Trials.
    pub trials: usize,
    runs: Vec<Run>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rankings: Vec<Ranked>,
}

/// One activation's network.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct Run {
    activation: String,
    exact: Exact,
    arithmetics: Vec<Arithmetic>,
}

/// The exact gradient of layer 1.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct Exact {
    state: Option<ExactState>,
    #[serde(skip_serializing_if = "is_one")]
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/ExactState" }))]
    distribution: BTreeMap<ExactState, usize>,
    evidence: String,
    /// Of two trials both.
    log2_relative: Vec<Number>,
    log2_size: Number,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_below_adam_epsilon: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    zero: Option<ZeroJudgement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vanishing: Option<Vanishing>,
    /// State, first and last layer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_layers: Vec<(ExactState, usize, usize)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    zero_weights: Vec<ZeroWeights>,
    is_network_fault: bool,
}

/// One arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct Arithmetic {
    name: String,
    /// Verdict, first and last layer.
    layers: Vec<(Verdict, usize, usize)>,
    first: Layer,
    /// Left out if it is layer 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    worst: Option<Layer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<CauseOf>,
    remedy: Remedy,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct Layer {
    layer: usize,
    /// Low, median and high over the trials; of two trials both, of trials that agree one.
    noise: Vec<Number>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    at_most: bool,
    verdict: Verdict,
    /// Left out if all trials have it.
    #[serde(skip_serializing_if = "is_one")]
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/Verdict" }))]
    distribution: BTreeMap<Verdict, usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    worse_tensor: Option<(Tensor, Verdict)>,
    /// Rows that are wrong by half or more, by 100 % or more, and all; left out if none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong_rows: Option<(u64, Option<u64>, u64)>,
    #[serde(skip_serializing_if = "is_nothing")]
    ghost_rows: u64,
    /// Rounding noise over minibatch noise.
    #[serde(skip_serializing_if = "Option::is_none")]
    minibatch: Option<Minibatch>,
}

/// Rounding noise beside minibatch noise.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct Minibatch {
    /// Of two trials both.
    ratio: Vec<Number>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    at_least: bool,
    meaning: MinibatchMeaning,
}

/// Where the noise comes from; left out if there is nothing to explain.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct CauseOf {
    cause: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<NoiseSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<RangeLoss>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<usize>,
    /// Of two trials both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without: Vec<Number>,
}

/// What to do: the cheapest remedy that is enough, or the largest gain.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct Remedy {
    advice: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<RemedyKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log2_loss_scale: Option<i32>,
    /// How many times the largest noise of all layers falls; of two trials both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    times: Vec<Number>,
    /// How many times that of layer 1 falls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    first_times: Vec<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sound: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<usize>,
}

/// Which activation has the least noise, by its name.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct Ranked {
    arithmetic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    best: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_apart: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    too_few_trials: Option<usize>,
}

impl Summary<'_> {
    /// Of a record.
    pub fn of(record: &Record) -> Summary<'_> {
        let Judgement { depth, trials, runs, rankings } = judge(record);
        Summary {
            schema: SCHEMA,
            version: &record.version,
            spec_hash: &record.spec_hash,
            loss: record.spec.loss().option(),
            depth,
            trials,
            rankings: rankings.iter().map(|ranking| ranked(ranking, &runs)).collect(),
            runs: runs.iter().map(run).collect(),
        }
    }

    /// As text that ends its line.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self).expect("plain fields serialise");
        text.push('\n');
        text
    }
}

fn is_one<K>(distribution: &BTreeMap<K, usize>) -> bool {
    distribution.len() < 2
}

fn is_nothing(count: &u64) -> bool {
    *count == 0
}

/// Three digits: more of a number over trials is chance.
fn digits(number: Number) -> Number {
    number.finite().map_or(number, |x| Number::new(format!("{x:.2e}").parse().unwrap_or(x)))
}

/// A logarithm to two decimals, which are three digits of the number itself.
fn decimals(log2: Number) -> Number {
    log2.finite().map_or(log2, |x| Number::new(format!("{x:.2}").parse().unwrap_or(x)))
}

/// A median, of two trials both values, to their digits.
fn of_trials(median: Number, trials: &[Number], round: fn(Number) -> Number) -> Vec<Number> {
    match trials {
        [one, other] if one != other && *one != Number::None && *other != Number::None => {
            let (low, high) = if one.value() < other.value() { (one, other) } else { (other, one) };
            vec![round(*low), round(*high)]
        }
        _ => vec![round(median)],
    }
}

/// The same of order statistics.
fn of_quantiles(noise: &Quantiles) -> Vec<Number> {
    noise.both().map_or_else(|| vec![digits(noise.median)], |both| both.map(digits).to_vec())
}

/// Neighbouring layers that have the same in common: it, the first and the last layer.
fn spans<T: Copy + PartialEq>(layers: impl Iterator<Item = (usize, T)>) -> Vec<(T, usize, usize)> {
    let mut spans: Vec<(T, usize, usize)> = Vec::new();
    for (layer, what) in layers {
        match spans.last_mut() {
            Some((same, _, last)) if *same == what && *last + 1 == layer => *last = layer,
            _ => spans.push((what, layer, layer)),
        }
    }
    spans
}

fn run(judged: &RunJudgement) -> Run {
    Run {
        activation: judged.activation.clone(),
        exact: exact(&judged.exact),
        arithmetics: judged.arithmetics.iter().map(arithmetic).collect(),
    }
}

fn exact(judged: &ExactJudgement) -> Exact {
    let rounded = |factor: f64| digits(Number::new(factor)).value();
    Exact {
        state: judged.state,
        distribution: judged.distribution.clone(),
        evidence: judged.evidence.to_string(),
        log2_relative: of_trials(judged.log2_relative, &judged.log2_relative_trials, decimals),
        log2_size: decimals(judged.log2_size),
        is_below_adam_epsilon: judged.is_below_adam_epsilon,
        zero: judged.zero,
        vanishing: judged.vanishing.map(|vanishing| match vanishing {
            Vanishing::ByDepth { backward, forward } => {
                Vanishing::ByDepth { backward: rounded(backward), forward: rounded(forward) }
            }
            Vanishing::AtLayer { layer, small, log2_size } => {
                Vanishing::AtLayer { layer, small, log2_size: decimals(log2_size) }
            }
        }),
        other_layers: spans(judged.other_layers.iter().copied()),
        zero_weights: judged.zero_weights.clone(),
        is_network_fault: judged.is_network_fault,
    }
}

fn arithmetic(judged: &ArithmeticJudgement) -> Arithmetic {
    let numbers = judged.first.layer..;
    let is_other = judged.worst.layer != judged.first.layer;
    Arithmetic {
        name: judged.name.clone(),
        layers: spans(numbers.zip(judged.verdicts.iter().map(|count| count.verdict))),
        first: layer(&judged.first),
        worst: is_other.then(|| layer(&judged.worst)),
        cause: cause(&judged.cause),
        remedy: remedy(judged),
    }
}

fn layer(judged: &LayerJudgement) -> Layer {
    let noise = &judged.noise;
    let rows = judged.rows.filter(|rows| rows.wrong > 0);
    let all = || [noise.low, noise.median, noise.high].map(digits).to_vec();
    let is_told = judged.verdict.verdict.has_noise() && judged.verdict.verdict != Verdict::Sound;
    let minibatch = judged.minibatch.as_ref().filter(|one| is_told || one.meaning == MinibatchMeaning::OneSided);
    Layer {
        layer: judged.layer,
        noise: if noise.count > 2 && noise.low != noise.high { all() } else { of_quantiles(noise) },
        at_most: noise.at_most,
        verdict: judged.verdict.verdict,
        distribution: judged.verdict.distribution.clone().unwrap_or_default(),
        worse_tensor: judged.worse_tensor,
        wrong_rows: rows.map(|rows| (rows.wrong, rows.wholly_wrong, rows.of)),
        ghost_rows: judged.rows.map_or(0, |rows| rows.ghosts),
        minibatch: minibatch.map(|one| Minibatch {
            ratio: of_trials(one.ratio, &one.trials, digits),
            at_least: one.at_least,
            meaning: one.meaning,
        }),
    }
}

fn cause(judged: &Cause) -> Option<CauseOf> {
    let without_source = |cause| CauseOf { cause, source: None, lost: None, layer: None, without: Vec::new() };
    Some(match *judged {
        Cause::Nothing => return None,
        Cause::BelowResolution => without_source("below_resolution"),
        Cause::NotMeasured => without_source("not_measured"),
        Cause::Source { source, layer, without, lost } => CauseOf {
            source: Some(source),
            lost,
            layer: Some(layer),
            without: if without.count > 0 { of_quantiles(&without) } else { Vec::new() },
            ..without_source("source")
        },
        Cause::NoSingle { greatest, layer } => {
            CauseOf { source: greatest, layer: Some(layer), ..without_source("no_single") }
        }
    })
}

fn remedy(judged: &ArithmeticJudgement) -> Remedy {
    let of = |advice: &'static str, tried: Option<&Tried>| {
        let (kind, name, log2_loss_scale) = match tried.map(|tried| &tried.remedy) {
            None => (None, None, None),
            Some(RemedyName::Arithmetic { name }) => (None, Some(name.clone()), None),
            Some(RemedyName::Change { kind, name, log2_loss_scale }) => {
                (Some(*kind), Some(name.clone()), Some(*log2_loss_scale).filter(|scale| *scale != 0))
            }
        };
        let first = |tried: &Tried| tried.first_times_of_two.map_or_else(|| vec![tried.first_times], Vec::from);
        Remedy {
            advice,
            kind,
            name,
            log2_loss_scale,
            times: tried.map_or_else(Vec::new, |tried| of_trials(tried.times, &tried.trials, digits)),
            first_times: tried.map_or_else(Vec::new, |tried| first(tried).into_iter().map(digits).collect()),
            sound: tried.map(|tried| tried.sound),
            lower: tried.map(|tried| tried.lower),
            of: tried.map(|tried| tried.of),
        }
    };
    match judged.remedy {
        Advice::NotNeeded => of("not_needed", None),
        Advice::NoFormatHelps => of("no_format_helps", None),
        Advice::Enough { place } => of("enough", judged.tried.get(place)),
        Advice::Gain { place } => of("gain", judged.tried.get(place)),
        Advice::NoneHelps => of("none_helps", None),
        Advice::NotMeasured => of("not_measured", None),
    }
}

fn ranked(ranking: &ActivationRanking, runs: &[RunJudgement]) -> Ranked {
    let name = |place: &usize| {
        let run = ranking.measured.get(*place).and_then(|run| runs.get(*run));
        run.map_or(String::new(), |run| run.activation.clone())
    };
    let (best, not_apart, too_few_trials) = match &ranking.ranking {
        None => (None, Vec::new(), None),
        Some(Ranking::TooFewTrials { trials }) => (None, Vec::new(), Some(*trials)),
        Some(Ranking::Best { best, not_apart }) => (Some(name(best)), not_apart.iter().map(name).collect(), None),
    };
    Ranked { arithmetic: ranking.arithmetic.clone(), best, not_apart, too_few_trials }
}
