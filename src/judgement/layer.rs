//! One layer in one arithmetic: its noise, its verdict, its rows, and its noise relative to that of minibatches.

use super::medians::{NO_NOISE, median};
use crate::record::enough_of;
use crate::record::{GradientNoise, Number, Quantiles, SiteRun, SiteTrial, TrueSite, Verdict, VerdictCount};
use crate::verdict::over_trials;
use schemars::JsonSchema;
use serde::Serialize;

/// Rounding noise below this share of minibatch noise is small relative to it.
const SMALL_SHARE: f64 = 1.0 / 3.0;
/// |1 − descent| from which the noise is one-sided.
const ONE_SIDED: f64 = 0.1;

/// One layer in one arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LayerJudgement {
    /// 1 to L, the head is L+1.
    pub layer: usize,
    /// Noise-to-signal ratio over the trials, weights and biases together; `at_most` is that of the median.
    pub noise: Quantiles,
    /// By trial.
    pub trials: Vec<Number>,
    /// By trial, whether that is only an upper limit.
    pub limits: Vec<bool>,
    /// The verdict by trial.
    pub verdicts: Vec<Verdict>,
    /// Over the trials.
    pub verdict: VerdictCount,
    /// A tensor of the layer whose own verdict is more severe.
    pub worse_tensor: Option<(Tensor, Verdict)>,
    /// Rows that are wrong by half or more and by 100 % or more, in the trial of the median share of the former.
    pub rows: Option<RowShare>,
    /// Noise relative to that of minibatches.
    pub minibatch: Option<MinibatchJudgement>,
}

/// A parameter tensor of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tensor {
    /// Its weights.
    Weight,
    /// Its biases.
    Bias,
}

/// Rows of a weight gradient that are wrong by half or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RowShare {
    /// So many.
    pub wrong: u64,
    /// Those of them that are wrong by 100 % or more; `None` if that is not recorded.
    pub wholly_wrong: Option<u64>,
    /// Number of rows whose exact gradient is not zero.
    pub of: u64,
    /// Rows whose exact gradient is zero but whose computed one is not.
    pub ghosts: u64,
}

/// Rounding noise relative to minibatch noise.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MinibatchJudgement {
    /// Rounding noise over minibatch noise (median over the trials).
    pub ratio: Number,
    /// The same by trial.
    pub trials: Vec<Number>,
    /// The ratio is a lower limit, because only an upper limit of minibatch noise is known.
    pub at_least: bool,
    /// Its meaning.
    pub meaning: MinibatchMeaning,
}

/// The meaning of rounding noise at a batch size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MinibatchMeaning {
    /// Below a third of minibatch noise in enough trials, and not one-sided.
    Harmless,
    /// Below a third in enough trials, but one-sided: it does not average out.
    OneSided,
    /// None of these.
    Noticeable,
}

/// The measures of a layer's gradient in one trial, for weights and biases together if both are recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrialNoise {
    pub log2_noise: Number,
    pub noise_to_signal: Number,
    pub at_most: bool,
    pub descent: Number,
}

impl TrialNoise {
    pub(super) fn of(trial: &SiteTrial) -> Option<TrialNoise> {
        if let Some(joint) = &trial.gradient {
            let (noise_to_signal, at_most) = (joint.noise_to_signal, joint.at_most);
            return Some(TrialNoise { log2_noise: joint.log2_noise, noise_to_signal, at_most, descent: joint.descent });
        }
        let weight = trial.tensors.first()?;
        let (noise_to_signal, at_most) = (weight.noise_to_signal, weight.at_most);
        Some(TrialNoise { log2_noise: weight.log2_noise, noise_to_signal, at_most, descent: weight.descent })
    }
}

impl LayerJudgement {
    /// The layer of an arithmetic without layers.
    pub(super) fn unmeasured() -> LayerJudgement {
        LayerJudgement {
            layer: 1,
            noise: NO_NOISE,
            trials: Vec::new(),
            limits: Vec::new(),
            verdicts: Vec::new(),
            verdict: VerdictCount { verdict: Verdict::NotEstablished, count: 0, of: 0, distribution: None },
            worse_tensor: None,
            rows: None,
            minibatch: None,
        }
    }
}

/// A layer with the known facts about its exact gradient.
pub(super) fn judge(layer: &SiteRun, truth: Option<&TrueSite>) -> LayerJudgement {
    let ratio = |trial| TrialNoise::of(trial).map_or(Number::None, |noise| noise.noise_to_signal);
    LayerJudgement {
        layer: layer.site,
        noise: layer.shown_noise(),
        trials: layer.trials.iter().map(ratio).collect(),
        limits: layer.trials.iter().map(|trial| trial.noise().1).collect(),
        verdicts: layer.trials.iter().map(|trial| trial.verdict).collect(),
        verdict: layer.verdict.clone(),
        worse_tensor: worse_tensor(layer),
        rows: rows(layer),
        minibatch: truth.and_then(|truth| minibatch(layer, truth)),
    }
}

/// The place of the worst layer: the most severe verdict, then the most noise, then the nearest to the input. Layers
/// whose gradient is zero or not established are no arithmetic's doing; they count only where there are no others.
pub(super) fn worst(layers: &[SiteRun]) -> usize {
    let rank = |place: usize| {
        let verdict = layers[place].verdict.verdict;
        (verdict.is_ordered(), verdict)
    };
    let noise = |place: usize| layers[place].noise().median.value();
    let is_worse = |next: usize, worst: usize| {
        let has_noise = layers[next].verdict.verdict.has_noise();
        rank(next) > rank(worst) || rank(next) == rank(worst) && has_noise && noise(next) > noise(worst)
    };
    (0..layers.len()).reduce(|worst, next| if is_worse(next, worst) { next } else { worst }).unwrap_or(0)
}

/// The tensor whose own verdict over the trials is more severe than the layer's; the more severe one of two, or the
/// weights if they are equal.
fn worse_tensor(layer: &SiteRun) -> Option<(Tensor, Verdict)> {
    let own = |of: fn(&GradientNoise) -> Verdict| {
        let verdicts: Vec<Verdict> = layer.trials.iter().filter_map(|trial| trial.gradient.as_ref().map(of)).collect();
        (!verdicts.is_empty()).then(|| over_trials(&verdicts).verdict)
    };
    let tensors = [(Tensor::Weight, own(|noise| noise.weight)), (Tensor::Bias, own(|noise| noise.bias))];
    let judged = layer.verdict.verdict;
    let worse = tensors.into_iter().filter_map(|(tensor, verdict)| Some((tensor, verdict?)));
    let worse = worse.filter(|(_, verdict)| *verdict != judged && verdict.reaches(judged));
    worse.reduce(|worst, next| if next.1 > worst.1 { next } else { worst })
}

/// The rows of the trial whose share is the upper median.
fn rows(layer: &SiteRun) -> Option<RowShare> {
    let mut rows: Vec<_> = layer.trials.iter().filter_map(|trial| trial.rows).collect();
    let share = |wrong: u64, of: u64| if of > 0 { wrong as f64 / of as f64 } else { 0.0 };
    rows.sort_by(|x, y| share(x.wrong, x.of).total_cmp(&share(y.wrong, y.of)));
    rows.get(rows.len() / 2).map(|rows| RowShare {
        wrong: rows.wrong,
        wholly_wrong: rows.wholly_wrong,
        of: rows.of,
        ghosts: rows.ghosts,
    })
}

/// Rounding noise over minibatch noise, over the trials whose exact gradient is not zero; `None` if no trial has both.
fn minibatch(layer: &SiteRun, truth: &TrueSite) -> Option<MinibatchJudgement> {
    let trials = layer.trials.iter().zip(&truth.trials).filter(|(trial, _)| trial.verdict != Verdict::Zero);
    let compared: Vec<Compared> = trials
        .map(|(trial, truth)| {
            let (noise, exact) = (TrialNoise::of(trial)?, truth.exact.as_deref()?);
            Some(Compared {
                ratio: quotient(noise.log2_noise, exact.log2_minibatch_noise),
                at_least: exact.minibatch_noise_at_most,
                descent: noise.descent,
            })
        })
        .collect::<Option<_>>()?;
    let ratio = median(compared.iter().map(|one| one.ratio));
    if ratio == Number::None {
        return None;
    }
    let needed = enough_of(compared.len());
    let small: Vec<&Compared> = compared.iter().filter(|one| one.is_small()).collect();
    let meaning = match small.iter().filter(|one| one.is_balanced()).count() {
        balanced if balanced >= needed => MinibatchMeaning::Harmless,
        _ if small.len() >= needed => MinibatchMeaning::OneSided,
        _ => MinibatchMeaning::Noticeable,
    };
    let at_least = compared.iter().any(|one| one.at_least);
    Some(MinibatchJudgement { ratio, trials: compared.iter().map(|one| one.ratio).collect(), at_least, meaning })
}

/// One trial's rounding noise relative to its minibatch noise.
struct Compared {
    ratio: Number,
    at_least: bool,
    descent: Number,
}

impl Compared {
    fn is_small(&self) -> bool {
        // A lower limit below a third proves nothing; zero rounding noise is always small.
        self.ratio.value() < SMALL_SHARE && (!self.at_least || self.ratio == Number::Finite(0.0))
    }

    fn is_balanced(&self) -> bool {
        (1.0 - self.descent.value()).abs() < ONE_SIDED
    }
}

/// x/y from two logarithms; `None` for 0/0 and for unknown values.
fn quotient(log2_x: Number, log2_y: Number) -> Number {
    match (log2_x, log2_y) {
        (Number::None, _) | (_, Number::None) | (Number::MinusInfinite, Number::MinusInfinite) => Number::None,
        (Number::MinusInfinite, _) => Number::Finite(0.0),
        (x, y) => Number::new(core_math::exp2(x.value() - y.value())),
    }
}
