//! Synthetic records: every state that a report must show, without measuring anything.
#![allow(dead_code)] // each test binary uses a part

use precision_probe::arithmetic::Policy;
use precision_probe::format::Format;
use precision_probe::judgement::{ArithmeticJudgement, RunJudgement, judge};
use precision_probe::record::*;
use precision_probe::spec::Spec;
use precision_probe::verdict::{Verdict, over_trials};

/// How an arithmetic behaves in a synthetic run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Behaviour {
    /// Noise/signal at layer 1, falling to a hundredth of it at the head.
    Noise(f64),
    /// Noise below the resolution of the exact gradient.
    AtMost(f64),
    /// No noise at all.
    Exact,
    /// Flushed to zero up to this layer, noisy beyond.
    Vanished(usize),
    /// Non-finite up to this layer, noisy beyond.
    Overflow(usize),
    /// Every true entry is zero, in every layer.
    Dead,
    /// The truth does not tell.
    NotEstablished,
}

/// Entries of a layer's weight gradient in a trial.
const ENTRIES: u64 = 1000;

/// A record of one `leaky` run.
pub fn record(depth: usize, trials: usize, arithmetics: &[(&str, Behaviour)]) -> Record {
    let formats = arithmetics.iter().map(|(name, _)| (*name).to_string()).collect();
    let spec = Spec { depth, trials, formats, ..Spec::default() };
    let dead = arithmetics.iter().any(|(_, behaviour)| *behaviour == Behaviour::Dead);
    let established = arithmetics.iter().all(|(_, behaviour)| *behaviour != Behaviour::NotEstablished);
    let evidence = match established {
        true => Evidence::Proven { bits: 83 },
        false => Evidence::NotEstablished(Unproven::ExponentRange),
    };
    let run = Run {
        activation: "leaky".into(),
        constants: vec!["slope = 0.010009765625".into()],
        kinked: true,
        gain: Some(1.41414213562),
        residual_scale: None,
        chi1: Some(1.18),
        phase: Some(Phase::Chaotic),
        has_unstable_variance: false,
        growth: None,
        sites: sites(depth),
        truth: Truth {
            proofs: Vec::new(),
            precision: vec![256; trials],
            evidence,
            sites: (1..=depth + 1).map(|layer| truth_layer(layer, depth, trials, evidence, dead)).collect(),
        },
        arithmetics: arithmetics.iter().map(|(name, one)| arithmetic(name, *one, depth, trials)).collect(),
    };
    Record {
        schema: SCHEMA.into(),
        version: "0.1.0".into(),
        spec,
        spec_hash: "0123456789abcdef".repeat(4),
        runs: vec![run],
    }
}

/// Five arithmetics as in the default spec.
pub fn default_record() -> Record {
    use Behaviour::*;
    record(
        50,
        5,
        &[
            ("f16", Noise(0.41)),
            ("f16:acc=f32", Noise(0.17)),
            ("bf16:acc=f32", Noise(0.9)),
            ("f32", Noise(3.2e-5)),
            ("f64", Noise(5.1e-14)),
        ],
    )
}

/// The sites of a network without biases.
pub fn sites(depth: usize) -> Vec<Site> {
    let site = |ordinal: usize| {
        let name = if ordinal > depth { "head".into() } else { format!("hidden.{ordinal}") };
        let parameters = vec![format!("{name}.weight")];
        Site { ordinal, name, kind: SiteKind::Affine, block: None, parameters }
    };
    (1..=depth + 1).map(site).collect()
}

/// A bell of sizes that shrinks by half a bit per layer towards the input.
fn bell(layer: usize, depth: usize, trials: usize) -> Histogram {
    let centre = bell_centre(layer, depth);
    let counts = [1, 2, 4, 9, 20, 45, 100, 180, 240, 200, 120, 60, 15, 4].map(|count| count * trials as u64).to_vec();
    Histogram { zeros: 0, nonfinite: 0, lowest: centre - 8, bin: 1, counts }
}

fn bell_centre(layer: usize, depth: usize) -> i64 {
    -8 - (depth + 1 - layer) as i64 / 8
}

fn truth_layer(layer: usize, depth: usize, trials: usize, evidence: Evidence, dead: bool) -> TrueSite {
    let zeros = Histogram { zeros: ENTRIES * trials as u64, ..Histogram::default() };
    let unknown = !evidence.is_established();
    let log2_norm = match (unknown, dead) {
        (true, _) => Number::None,
        (_, true) => Number::MinusInfinite,
        _ => Number::new(bell_centre(layer, depth) as f64 + 4.0),
    };
    TrueSite {
        site: layer,
        trials: vec![TruthTrial { evidence, log2_norm, exact: None }; trials],
        histogram: match (unknown, dead) {
            (true, _) => Histogram::default(),
            (_, true) => zeros,
            _ => bell(layer, depth, trials),
        },
    }
}

fn arithmetic(name: &str, behaviour: Behaviour, depth: usize, trials: usize) -> ArithmeticRun {
    let stored = name.split(':').next().unwrap_or(name);
    let format = Format::parse(if stored == "mpfr" { name } else { stored }).expect("a known format");
    let sites: Vec<SiteRun> = (1..=depth + 1).map(|layer| layer_run(layer, behaviour, depth, trials)).collect();
    ArithmeticRun {
        policy: None,
        name: name.into(),
        roles: Some(Policy::parse(name).expect("a known arithmetic").into()),
        format: FormatFacts::of(&format),
        storage_noise: Number::new(if format.precision < 8 { 0.0625 } else { 0.0 }),
        verdict: sites[0].verdict.clone(),
        sites,
        log2_loss_scale: None,
        attribution: None,
        remedies: Vec::new(),
        theory: Vec::new(),
        external: None,
    }
}

fn layer_run(layer: usize, behaviour: Behaviour, depth: usize, trials: usize) -> SiteRun {
    let state = match behaviour {
        Behaviour::Vanished(until) | Behaviour::Overflow(until) if layer > until => Behaviour::Noise(0.3),
        other => other,
    };
    // The noise falls by a hundred from layer 1 to the head; trials spread around it, paired over layers.
    let fall = core_math::exp10(-2.0 * (layer as f64 - 1.0) / depth as f64);
    let draw = |trial: usize| {
        let seed = (layer * 31 + trial * 17) as u64 * 2654435761 % 1000;
        0.6 + 0.25 * trial as f64 + seed as f64 / 4000.0
    };
    let mut ratios: Vec<Number> = (0..trials)
        .map(|trial| match state {
            Behaviour::Noise(at_first) => Number::new(at_first * fall * draw(trial)),
            Behaviour::AtMost(limit) => Number::new(limit),
            Behaviour::Exact => Number::Finite(0.0),
            Behaviour::Vanished(_) => Number::Finite(1.0),
            Behaviour::Overflow(_) => Number::Infinite,
            Behaviour::Dead | Behaviour::NotEstablished => Number::None,
        })
        .collect();
    let verdicts: Vec<Verdict> = ratios.iter().map(|ratio| verdict(state, ratio.value())).collect();
    let tensors = |ratio: Number| {
        vec![TensorNoise {
            tensor: "weight".into(),
            log2_signal: Number::new(-6.0),
            log2_noise: Number::new(-9.5),
            noise_to_signal: ratio,
            at_most: matches!(state, Behaviour::AtMost(_)),
            descent: Number::new(0.99),
            orthogonal_noise: ratio,
            cosine: Number::new(0.95),
            sign_agreement: Number::new(0.97),
        }]
    };
    let flips = if layer > depth {
        None
    } else {
        Some(Flips { flipped: 4 * trials as u64, nonfinite: 0, total: 2048 * trials as u64 })
    };
    let per_trial = verdicts.iter().zip(&ratios).map(|(verdict, ratio)| SiteTrial {
        verdict: *verdict,
        gradient: None,
        rows: None,
        flips: flips.map(|_| 4),
        tensors: tensors(*ratio),
    });
    let per_trial = per_trial.collect();
    ratios.retain(|ratio| *ratio != Number::None);
    ratios.sort_by(|a, b| a.value().total_cmp(&b.value()));
    let at = |rank: usize| ratios.get(rank).copied().unwrap_or(Number::None);
    SiteRun {
        site: layer,
        flips,
        histogram: computed(state, layer, depth, trials),
        fates: fates(state, at(trials.saturating_sub(1) / 2).value(), trials as u64),
        noise_to_signal: Quantiles {
            low: at(0),
            median: at(ratios.len().saturating_sub(1) / 2),
            high: at(ratios.len().saturating_sub(1)),
            count: ratios.len(),
            at_most: matches!(state, Behaviour::AtMost(_)),
        },
        gradient: None,
        verdict: over_trials(&verdicts),
        trials: per_trial,
        external: None,
    }
}

/// Sizes of the computed entries: the true ones, less those that were flushed or overflowed.
fn computed(state: Behaviour, layer: usize, depth: usize, trials: usize) -> Histogram {
    let all = bell(layer, depth, trials);
    let move_out = |kept: fn(usize) -> bool| -> (Vec<u64>, u64) {
        let counts: Vec<u64> =
            all.counts.iter().enumerate().map(|(bin, count)| if kept(bin) { *count } else { 0 }).collect();
        let rest = all.counts.iter().sum::<u64>() - counts.iter().sum::<u64>();
        (counts, rest)
    };
    match state {
        Behaviour::Dead => Histogram { zeros: ENTRIES * trials as u64, ..Histogram::default() },
        Behaviour::Vanished(_) => {
            let (counts, zeros) = move_out(|bin| bin > 10);
            Histogram { zeros, counts, ..all }
        }
        Behaviour::Overflow(_) => {
            let (counts, nonfinite) = move_out(|bin| bin < 6);
            Histogram { nonfinite, counts, ..all }
        }
        _ => all,
    }
}

fn verdict(state: Behaviour, ratio: f64) -> Verdict {
    match state {
        Behaviour::Vanished(_) => Verdict::Underflow,
        Behaviour::Overflow(_) => Verdict::Overflow,
        Behaviour::Dead => Verdict::Zero,
        Behaviour::NotEstablished => Verdict::NotEstablished,
        _ if ratio >= 1.0 => Verdict::Chaotic,
        _ if ratio >= 0.1 => Verdict::Noisy,
        _ => Verdict::Sound,
    }
}

fn fates(state: Behaviour, ratio: f64, trials: u64) -> Fates {
    let all = ENTRIES * trials;
    let part = |share: f64| (all as f64 * share.clamp(0.0, 1.0)) as u64;
    match state {
        Behaviour::Dead => Fates { true_zero: all, ..Fates::default() },
        Behaviour::NotEstablished => Fates { undecided: all, ..Fates::default() },
        Behaviour::Overflow(_) => Fates { overflowed: part(0.7), drowned: all - part(0.7), ..Fates::default() },
        Behaviour::Vanished(_) => Fates { flushed: part(0.9), drowned: all - part(0.9), ..Fates::default() },
        _ => {
            let (drowned, degraded) = (part(0.3 * ratio), part(0.6 * ratio));
            let (true_zero, flushed) = (part(0.02), part(0.01));
            let resolved = all - (drowned + degraded + true_zero + flushed).min(all);
            Fates { drowned, degraded, true_zero, flushed, resolved, ..Fates::default() }
        }
    }
}

/// Ten arithmetics that behave in every way, one of them given.
pub fn ten(ninth: (&'static str, Behaviour)) -> [(&'static str, Behaviour); 10] {
    use Behaviour::*;
    [
        ("f16", Noise(0.41)),
        ("f16:acc=f32", Noise(0.17)),
        ("bf16:acc=f32", Noise(0.9)),
        ("bf16", Noise(2.4)),
        ("tf32:acc=f32", Noise(0.12)),
        ("f32", Noise(3.2e-5)),
        ("e5m2:acc=f32:round=nearest:sum=pairwise", Vanished(40)),
        ("e4m3fn:acc=f32", Overflow(20)),
        ninth,
        ("mpfr:100", AtMost(1e-25)),
    ]
}

/// Records at the edges of what a picture must survive, by name.
pub fn cases() -> Vec<(&'static str, Record)> {
    use Behaviour::*;
    let ten = ten(("f64", Noise(5.1e-14)));
    let mut cases = vec![
        ("default", default_record()),
        ("depth 1", record(1, 5, &[("f16", Noise(0.2))])),
        ("depth 3", record(3, 5, &[("f16", Noise(0.2)), ("f32", Noise(1e-5)), ("mpfr:100", AtMost(1e-25))])),
        ("depth 500", record(500, 5, &ten)),
        ("ten arithmetics, one trial", record(50, 1, &ten)),
        ("one arithmetic, vanished", record(20, 20, &[("f16", Vanished(30))])),
        ("dead", record(10, 5, &[("f16", Dead), ("f32", Dead)])),
        ("overflow", record(10, 5, &[("f16", Overflow(20)), ("bf16:acc=f32", Overflow(20))])),
        ("not established", record(10, 5, &[("f16", NotEstablished), ("bf16:acc=f32", NotEstablished)])),
        ("exact", record(4, 2, &[("mpfr:4000", Exact), ("f16", Noise(1e9))])),
    ];
    cases.extend(super::causes::cases());
    cases
}

/// What is concluded of the only run of a record.
pub fn judged(record: &Record) -> RunJudgement {
    judge(record).runs.into_iter().next().expect("a run")
}

/// What is concluded of its first arithmetic.
pub fn first(record: &Record) -> ArithmeticJudgement {
    judged(record).arithmetics.into_iter().next().expect("an arithmetic")
}
