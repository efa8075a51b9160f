//! What a synthetic record says of the sources of its noise, of remedies and of theory: plausible, never measured.
#![allow(dead_code)] // each test binary uses a part

use precision_probe::record::*;
use precision_probe::verdict::{Verdict, over_trials};

/// The record with every arithmetic of at most 24 significand bits attributed, and a theory of all.
pub fn attributed(mut record: Record) -> Record {
    for run in &mut record.runs {
        let kinked = run.kinked;
        for arithmetic in run.arithmetics.iter_mut().filter(|arithmetic| arithmetic.external.is_none()) {
            // Half of the zeros that are not true have another reason than underflow.
            for layer in &mut arithmetic.sites {
                layer.fates.cut = layer.fates.flushed / 2;
                layer.fates.flushed -= layer.fates.cut;
            }
            arithmetic.theory =
                arithmetic.sites.iter().map(|layer| theory(layer, arithmetic.format.precision)).collect();
            if arithmetic.format.precision <= 24 {
                arithmetic.attribution = Some(attribution(arithmetic, kinked));
                arithmetic.remedies = remedies(arithmetic);
            }
        }
    }
    record
}

/// A source whose noise, alone and without it, is that of every layer, multiplied.
fn times(arithmetic: &ArithmeticRun, source: NoiseSource, alone: Option<f64>, without: f64) -> SourceNoise {
    let sites = arithmetic.sites.iter().map(|site| SourceSite {
        site: site.site,
        alone: alone.map(|alone| multiplied(&site.noise_to_signal, alone)),
        without: multiplied(&site.noise_to_signal, without),
        milder: None,
        lower: None,
    });
    SourceNoise { source, sites: sites.collect() }
}

fn multiplied(noise: &Quantiles, factor: f64) -> Quantiles {
    let times = |number: Number| match number {
        Number::Finite(x) => Number::new(x * factor),
        other => other,
    };
    Quantiles { low: times(noise.low), median: times(noise.median), high: times(noise.high), ..*noise }
}

fn attribution(arithmetic: &ArithmeticRun, kinked: bool) -> Attribution {
    let lost = arithmetic.verdict.verdict.is_zero_or_overflow();
    let shares: &[(NoiseSource, f64, f64)] = match (kinked, lost) {
        (_, true) => &[
            (NoiseSource::Storage, 0.05, 1.0),
            (NoiseSource::Forward, 0.02, 1.0),
            (NoiseSource::Backward, 0.006, 1.0),
            (NoiseSource::BranchFlips, 0.018, 1.0),
            (NoiseSource::Range, 1.0, 0.03),
        ],
        (true, _) => &[
            (NoiseSource::Storage, 0.4, 0.9),
            (NoiseSource::Forward, 0.97, 0.016),
            (NoiseSource::Backward, 0.015, 0.99),
            (NoiseSource::BranchFlips, 0.94, 0.11),
            (NoiseSource::Range, 0.0, 1.0),
        ],
        (false, _) => &[
            (NoiseSource::Storage, 0.4, 0.9),
            (NoiseSource::Forward, 0.61, 0.72),
            (NoiseSource::Backward, 0.73, 0.6),
            (NoiseSource::Range, 0.0, 1.0),
        ],
    };
    let is_there = |(source, ..): &&(NoiseSource, f64, f64)| match source {
        NoiseSource::Storage => arithmetic.storage_noise != Number::new(0.0),
        NoiseSource::BranchFlips => kinked,
        _ => true,
    };
    let mut sources: Vec<SourceNoise> = shares
        .iter()
        .filter(is_there)
        .map(|(source, alone, without)| times(arithmetic, *source, Some(*alone), *without))
        .collect();
    let without = if arithmetic.name.contains("acc=") { 0.93 } else { 0.42 };
    sources.push(times(arithmetic, NoiseSource::Accumulation, None, without));
    Attribution { exact: "mpfr:53".into(), sources }
}

fn remedies(arithmetic: &ArithmeticRun) -> Vec<Remedy> {
    let lost = arithmetic.verdict.verdict.is_zero_or_overflow();
    let name = &arithmetic.name;
    let mut remedies = Vec::new();
    if !name.contains("acc=") && arithmetic.format.name != "f32" {
        let factor = if lost { 1.0 } else { 1.0 / 2.2 };
        remedies.push(remedy(arithmetic, RemedyKind::Accumulator, format!("{name}:acc=f32"), 0, factor));
    }
    if arithmetic.format.name != "f32" {
        let forward = if lost { 1.0 } else { 1.0 / 61.0 };
        let backward = if lost { 0.02 } else { 1.0 };
        remedies.push(remedy(arithmetic, RemedyKind::Forward, format!("forward=f32/backward={name}"), 0, forward));
        remedies.push(remedy(arithmetic, RemedyKind::Backward, format!("forward={name}/backward=f32"), 0, backward));
    }
    let (log2, scaled) = if lost { (14, 0.03) } else { (8, 1.0) };
    remedies.push(remedy(arithmetic, RemedyKind::LossScaling, name.clone(), log2, scaled));
    remedies
}

/// A factor below 1 cures zeros and overflow, too.
fn remedy(arithmetic: &ArithmeticRun, kind: RemedyKind, name: String, log2: i32, factor: f64) -> Remedy {
    let layers = arithmetic.sites.iter().map(|layer| {
        let is_lost = layer.verdict.verdict.is_zero_or_overflow();
        let plain = layer.noise_to_signal;
        // What overflows has no finite ratio to multiply.
        let one = Quantiles { low: Number::new(1.0), median: Number::new(1.0), high: Number::new(1.0), ..plain };
        let noise = multiplied(if is_lost && factor < 1.0 { &one } else { &plain }, factor);
        let verdict = match noise.median.value() {
            _ if is_lost && factor == 1.0 => layer.verdict.verdict,
            _ if layer.verdict.verdict > Verdict::Chaotic && !is_lost => layer.verdict.verdict,
            x if x >= 1.0 => Verdict::Chaotic,
            x if x >= 0.1 => Verdict::Noisy,
            _ => Verdict::Sound,
        };
        RemedySite {
            site: layer.site,
            noise_to_signal: noise,
            verdict: over_trials(&vec![verdict; layer.verdict.of]),
            flushed: Number::new(if kind == RemedyKind::LossScaling { 0.0012 } else { 0.01 }),
        }
    });
    Remedy { kind, name, policy: None, log2_loss_scale: log2, sites: layers.collect(), trials: None }
}

fn theory(layer: &SiteRun, precision: u32) -> TheorySite {
    let ratio = 1.1 + 0.2 * ((layer.site * 7 % 5) as f64 - 2.0) / 2.0;
    let measured = layer.noise_to_signal.median;
    let u = core_math::exp2(-f64::from(precision));
    TheorySite {
        site: layer.site,
        predicted: measured.finite().map_or(Number::None, |x| Number::new(x / ratio)),
        ratio: measured.finite().map_or(Number::None, |_| Number::new(ratio)),
        frozen_worst: Number::new(u * 64.0 * 3.0 * (60.0 - layer.site as f64).max(1.0)),
        frozen_typical: Number::new(u * 8.0 * core_math::pow((60.0 - layer.site as f64).max(1.0), 0.5)),
    }
}

/// Attributed records at the edges of what a picture must survive, by name.
pub fn cases() -> Vec<(&'static str, Record)> {
    use super::records::{Behaviour::*, default_record, record, ten};
    let mut smooth = record(50, 5, &[("f16", Noise(0.02)), ("bf16:acc=f32", Noise(0.08)), ("f32", Noise(1.2e-6))]);
    smooth.runs[0].kinked = false;
    smooth.runs[0].activation = "tanh".into();
    let mut scaled = record(20, 5, &[("f16", Noise(0.3)), ("f16:acc=f32", Noise(0.2)), ("f64", Noise(1e-13))]);
    scaled.runs[0].arithmetics[0].log2_loss_scale = Some(10);
    scaled.runs[0].arithmetics[1].log2_loss_scale = Some(-6);
    let ten = ten(("e5m10:acc=f32", NotEstablished));
    let cases = vec![
        ("attributed", default_record()),
        ("attributed, one", record(20, 5, &[("f16", Noise(0.2))])),
        ("attributed, one trial", record(3, 1, &[("f16", Noise(0.2)), ("bf16", Noise(4.0)), ("f32", Noise(1e-6))])),
        ("attributed, smooth", smooth),
        ("attributed, vanished", record(20, 5, &[("f16", Vanished(12)), ("bf16:acc=f32", Noise(0.2))])),
        ("attributed, overflow", record(20, 20, &[("f16", Overflow(12))])),
        ("attributed, dead", record(10, 5, &[("f16", Dead)])),
        ("attributed, exact", record(4, 2, &[("f16", Exact), ("bf16", Noise(1e9))])),
        ("attributed, ten", record(50, 5, &ten)),
        ("attributed, loss scale", scaled),
    ];
    cases.into_iter().map(|(name, record)| (name, attributed(record))).collect()
}
