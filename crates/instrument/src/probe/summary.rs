//! Trials → record: summarises each arithmetic over all trials.

use super::cause::Causes;
use super::external::tolerances;
use super::measure::RunMeasurement;
use super::questions::Questions;
use super::trials::Trial;
use crate::format::F64;
use crate::magnitude::Magnitudes;
use crate::record::{
    ArithmeticRun, Evidence, External, Fates, Flips, FormatFacts, Number, SiteRun, SiteTrial, TrueSite, Truth,
    TruthTrial,
};
use crate::spec::Plan;
use crate::statistics::quantiles;
use crate::verdict::over_trials;

/// The exact gradient over the trials.
pub(super) fn truth(trials: &[Trial]) -> Truth {
    let all = trials.iter().flat_map(|trial| trial.measurement.sites.iter().map(|layer| layer.weight_evidence.into()));
    let proofs = trials.iter().map(|trial| trial.measurement.proof);
    Truth {
        precision: trials.iter().map(|trial| trial.measurement.precision).collect(),
        proofs: if proofs.clone().all(|proof| proof.is_default()) { Vec::new() } else { proofs.collect() },
        evidence: Evidence::weakest(all).expect("invariant: a probe has trials and sites"),
        sites: (0..trials[0].measurement.sites.len())
            .map(|index| {
                let mut magnitudes = Magnitudes::default();
                trials.iter().for_each(|trial| magnitudes.merge(&trial.measurement.sites[index].magnitudes));
                TrueSite {
                    site: index + 1,
                    trials: trials
                        .iter()
                        .map(|trial| &trial.measurement.sites[index])
                        .map(|layer| TruthTrial {
                            evidence: layer.weight_evidence.into(),
                            log2_norm: layer.log2_norm,
                            exact: Some(layer.exact.clone()),
                        })
                        .collect(),
                    histogram: magnitudes.to_record(),
                }
            })
            .collect(),
    }
}

/// One arithmetic over the trials, with the answers to the questions about it. Its measures move from the trials into
/// the record, so that thousands of trials are not in memory twice.
pub(super) fn arithmetic_run(
    plan: &Plan,
    questions: &Questions,
    trials: &mut [Trial],
    index: usize,
    causes: Causes,
) -> ArithmeticRun {
    let policy = plan.arithmetics[index];
    let name = plan.spec.names.of(&policy.to_string()).to_string();
    let log2_loss_scale = questions.listed[index].log2_loss_scale;
    let sites = site_runs(trials, index);
    let storage = trials.iter().map(|trial| trial.stored[index].noise).fold(0.0, f64::max);
    ArithmeticRun {
        policy: (name != policy.spelled()).then(|| policy.spelled()),
        name,
        roles: Some(policy.into()),
        // Gradients lie in the format of the backward role.
        format: FormatFacts::of(&policy.backward.format),
        storage_noise: Number::new(storage),
        verdict: sites[0].verdict.clone(),
        sites,
        log2_loss_scale: (log2_loss_scale != 0).then_some(log2_loss_scale),
        attribution: causes.attribution,
        remedies: causes.remedies,
        theory: causes.theory,
        external: None,
    }
}

/// Gradients from another program, which follow the arithmetics.
pub(super) fn external_run(plan: &Plan, trials: &mut [Trial], index: usize) -> ArithmeticRun {
    let (compared, gradients) = (&plan.spec.compared[index], &plan.compared[index]);
    let (relative_tolerance, absolute_tolerance) = tolerances(gradients.dtype);
    let place = plan.arithmetics.len() + index;
    let sites = site_runs(trials, place);
    ArithmeticRun {
        policy: None,
        roles: None,
        name: compared.name.clone(),
        format: FormatFacts::of(&gradients.dtype.format().unwrap_or(F64)),
        storage_noise: Number::None,
        verdict: sites[0].verdict.clone(),
        sites,
        log2_loss_scale: None,
        attribution: None,
        remedies: Vec::new(),
        theory: Vec::new(),
        external: Some(External {
            dtype: gradients.dtype.to_string(),
            dtypes: match gradients.is_mixed() {
                true => gradients.dtypes().iter().map(ToString::to_string).collect(),
                false => Vec::new(),
            },
            relative_tolerance,
            absolute_tolerance,
            missing: gradients.missing.clone(),
            unused: gradients.unused.clone(),
            notes: gradients.notes.clone(),
        }),
    }
}

fn site_runs(trials: &mut [Trial], arithmetic: usize) -> Vec<SiteRun> {
    (0..trials[0].measurement.sites.len()).map(|layer| site_run(trials, layer, arithmetic)).collect()
}

fn site_run(trials: &mut [Trial], layer: usize, arithmetic: usize) -> SiteRun {
    let mut measured: Vec<_> =
        trials.iter_mut().map(|trial| &mut trial.measurement.sites[layer].arithmetics[arithmetic]).collect();
    let mut magnitudes = Magnitudes::default();
    let mut fates = Fates::default();
    let mut flips: Option<Flips> = None;
    for trial in &measured {
        magnitudes.merge(&trial.magnitudes);
        fates += trial.fates;
        if let Some(trial_flips) = trial.flips {
            let sum = flips.get_or_insert_with(Flips::default);
            sum.flipped += trial_flips.flipped;
            sum.nonfinite += trial_flips.nonfinite;
            sum.total += trial_flips.total;
        }
    }
    let verdicts: Vec<_> = measured.iter().map(|trial| trial.verdict).collect();
    let has_bias = measured.iter().any(|trial| trial.gradient.is_some());
    let joint = has_bias.then(|| quantiles(measured.iter().map(|trial| RunMeasurement::from(&**trial).noise())));
    SiteRun {
        site: layer + 1,
        flips,
        histogram: magnitudes.to_record(),
        fates,
        noise_to_signal: quantiles(measured.iter().map(|trial| {
            let weight = &trial.tensors[0];
            (weight.noise_to_signal, weight.at_most)
        })),
        gradient: joint,
        verdict: over_trials(&verdicts),
        // Of files, and these have one trial.
        external: measured[0].external.take(),
        trials: measured
            .into_iter()
            .map(|trial| SiteTrial {
                verdict: trial.verdict,
                gradient: trial.gradient,
                rows: trial.rows,
                flips: trial.flips.map(|flips| flips.flipped),
                tensors: std::mem::take(&mut trial.tensors),
            })
            .collect(),
    }
}
