//! (c) Rounding noise can dominate the correction signal, and then learning stops.

use super::common::{by_depth, finding, series, share, short, told};
use crate::arithmetic::policy::TrainingPolicy;
use crate::format::F32;
use crate::number::Number;
use crate::record::Verdict;
use crate::record::study::{Answer, Chart, Claim};
use crate::study::Evidence;
use crate::study::spread;
use crate::study::trainings::Learnt;

/// Ends of the ranges of layer 1's noise-to-signal ratio in which copies are compared.
const RANGES: [(f64, f64, &str); 4] =
    [(0.0, 0.01, "< 0.01"), (0.01, 0.1, "0.01–0.1"), (0.1, 1.0, "0.1–1"), (1.0, f64::INFINITY, "≥ 1")];
/// Learning has stopped where the loss fell by less than this share of what it fell by in f64.
const STOPPED: f64 = 0.5;
/// f64's own loss must fall by this share, or there is nothing to stop.
const LEARNS: f64 = 0.1;

/// A copy beside f64's.
struct Beside {
    /// Noise-to-signal ratio of layer 1.
    noise: f64,
    /// What the loss fell by, over what it fell by in f64.
    progress: f64,
    /// Whether the optimiser has at least 24 bits, so that hardly an update is lost.
    is_wide: bool,
}

pub fn claim(evidence: &Evidence) -> Claim {
    let all = copies(evidence);
    let stopped =
        |progress: &[f64]| progress.iter().filter(|progress| progress.is_nan() || **progress < STOPPED).count();
    let (noisy, quiet) = (within(&all, RANGES[3], true), within(&all, RANGES[0], true));
    let (noisy_stopped, quiet_stopped) = (stopped(&noisy), stopped(&quiet));
    let (chaotic, initial) = at_initialisation(evidence);
    let can_dominate = chaotic > 0 || !noisy.is_empty();
    let answer = match (can_dominate, noisy.len(), noisy_stopped) {
        (false, ..) => Answer::Refuted,
        (true, 0, _) => {
            Answer::DependsOn("the depth and the format: it can dominate, and no copy trained under it".into())
        }
        (true, count, stopped) if stopped == count => Answer::Confirmed,
        (true, _, 0) => {
            Answer::DependsOn("which half of it: noise can dominate layer 1, and learning goes on all the same".into())
        }
        _ => Answer::DependsOn("the network: noise above the signal at layer 1 stops some and not others".into()),
    };
    let trained = match noisy.len() {
        0 => "In training, with updates in f32, no copy had more noise than signal at layer 1.".into(),
        count => format!(
            "In training, with updates in f32, {} of the copies whose layer 1 had more noise than signal stopped learning \
             (loss fell by less than half of what f64's fell by), and {} of those with less than 0.01; the loss of the \
             noisy ones fell by {} of what f64's fell by.",
            share(noisy_stopped, count),
            share(quiet_stopped, quiet.len()),
            told(&spread::of(noisy.iter().copied()))
        ),
    };
    let mut findings = vec![finding(
        "share of the copies with more noise than signal at layer 1, and updates in f32, that stopped learning",
        spread::single(noisy_stopped as f64 / noisy.len().max(1) as f64, noisy.len()),
    )];
    findings.extend(RANGES.map(|range| {
        let what = format!("loss fell by, over f64's, noise/signal of layer 1 {}, updates in f32", range.2);
        finding(what, spread::of(within(&all, range, true)))
    }));
    Claim {
        letter: 'c',
        statement: "Rounding noise can dominate the correction signal, and then learning stops.".into(),
        answer,
        reasons: vec![initial, trained, lost_updates(&all)],
        findings,
        charts: charts(evidence, &all),
    }
}

/// How far the copies in a range of noise fell.
fn within(all: &[Beside], (low, high, _): (f64, f64, &str), is_wide: bool) -> Vec<f64> {
    let found = all.iter().filter(|copy| copy.is_wide == is_wide && (low..high).contains(&clamped(copy.noise)));
    found.map(|copy| copy.progress).collect()
}

/// Gradients of layer 1 that are chaotic over all activations, depths and formats, and in words, with the most noise.
fn at_initialisation(evidence: &Evidence) -> (usize, String) {
    let Evidence { spec, survey, .. } = evidence;
    let (mut chaotic, mut worst) = (0, (0.0, "nowhere".to_string()));
    for (depth, layers) in spec.depths.iter().enumerate() {
        for (activation, name) in spec.activations.iter().enumerate() {
            for (arithmetic, format) in spec.formats.iter().enumerate() {
                let points = survey.layer_1(0, depth, activation, arithmetic);
                chaotic += points.iter().filter(|point| point.verdict == Verdict::Chaotic).count();
                let median = spread::of(points.iter().map(|point| point.noise())).median.value();
                if median.is_finite() && median > worst.0 {
                    worst = (median, format!("{name} in {format} at depth {layers}"));
                }
            }
        }
    }
    let words = format!(
        "At initialisation layer 1 is chaotic in {chaotic} of {} gradients (activations, depths, draws and formats); the \
         largest median ratio of noise to signal is {} ({}).",
        spec.depths.len() * spec.activations.len() * spec.formats.len() * spec.trials,
        short(worst.0),
        worst.1
    );
    (chaotic, words)
}

fn charts(evidence: &Evidence, all: &[Beside]) -> Vec<Chart> {
    let Evidence { spec, survey, .. } = evidence;
    // That of the fewest significand bits, where the study has it.
    let arithmetic = spec.formats.iter().position(|name| name == "bf16").unwrap_or(0);
    let noise = |(activation, name): (usize, &'_ String)| {
        let noise =
            move |depth| spread::of(survey.layer_1(0, depth, activation, arithmetic).iter().map(|point| point.noise()));
        (name.clone(), (0..spec.depths.len()).map(noise))
    };
    let ranges = |is_wide: bool| RANGES.map(|range| spread::of(within(all, range, is_wide)));
    vec![
        Chart {
            logarithmic: true,
            references: vec![("noise = signal".into(), Number::Finite(1.0))],
            ..by_depth(
                format!("Noise/signal of layer 1 at initialisation, in {}", spec.formats[arithmetic]),
                "noise / signal of layer 1",
                &spec.depths,
                series(spec.activations.iter().enumerate().map(noise)),
            )
        },
        Chart {
            title: "How far training lowers the loss, compared with the same training in f64".into(),
            horizontal: "noise / signal of layer 1 (median over the training)".into(),
            vertical: "decrease of the loss / f64's decrease".into(),
            logarithmic: false,
            places: RANGES.iter().map(|(.., name)| name.to_string()).collect(),
            series: series([("updates in f32", ranges(true)), ("updates in the format", ranges(false))]),
            references: vec![("as f64".into(), Number::Finite(1.0)), ("stopped".into(), Number::Finite(STOPPED))],
        },
    ]
}

/// Every copy that has an f64 copy which learns.
fn copies(evidence: &Evidence) -> Vec<Beside> {
    let Evidence { spec, trainings, .. } = evidence;
    let mut all = Vec::new();
    for depth in 0..spec.trained_depths.len() {
        for activation in 0..spec.activations.len() {
            let references = trainings.references(depth, activation);
            for (arithmetic, name) in spec.trained_formats.iter().enumerate() {
                let is_wide =
                    TrainingPolicy::parse(name).is_ok_and(|policy| policy.update.format.precision >= F32.precision);
                let pairs = trainings.learners(depth, activation, arithmetic).into_iter().zip(&references);
                let learns = |reference: &Learnt| reference.progress() >= LEARNS * reference.first_loss;
                all.extend(pairs.filter(|(_, reference)| learns(reference)).map(|(learner, reference)| Beside {
                    noise: learner.noise,
                    progress: learner.progress() / reference.progress(),
                    is_wide,
                }));
            }
        }
    }
    all
}

/// What has no ratio, and infinite noise, is in the last range.
fn clamped(noise: f64) -> f64 {
    if noise.is_nan() { f64::MAX } else { noise.min(f64::MAX) }
}

/// What updates in the narrow format do beside the noise of gradients.
fn lost_updates(all: &[Beside]) -> String {
    let quiet = |is_wide: bool| {
        let found = all.iter().filter(|copy| copy.is_wide == is_wide && copy.noise < 1.0);
        spread::of(found.map(|copy| copy.progress))
    };
    format!(
        "What stops learning more often is the update: with less noise than signal, copies that update in f32 make {} of \
         f64's progress, those that update in the narrow format itself {}.",
        told(&quiet(true)),
        told(&quiet(false))
    )
}
