//! Synthetic trainings: every state that a report must show, without training anything.
#![allow(dead_code)] // each test binary uses a part

use super::Random;
use precision_probe::arithmetic::ArithmeticName;
use precision_probe::arithmetic::policy::TrainingPolicy;
use precision_probe::format::Format;
use precision_probe::record::training::{self, *};
use precision_probe::record::*;

/// How an arithmetic's copy fares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fare {
    /// Noise/signal of layer 1 at the first step, growing with time and falling by layer; share of updates that are lost.
    Noise(f64, f64),
    /// The same until the update of this step makes parameters infinite.
    Fails(f64, usize),
    /// Layers up to this one are flushed to zero in the middle third of the training.
    Flushed(usize),
    /// Noise outweighs the signal from the middle on, at its own parameters only.
    Elsewhere,
    /// The truth does not tell.
    Unknown,
}

/// Units of a layer.
const UNITS: u64 = 64;

/// A number around 1, the same for the same places.
fn jitter(places: [usize; 3], by: f64) -> f64 {
    let seed = places.iter().fold(7u64, |seed, place| seed.wrapping_mul(0x100_0193).wrapping_add(*place as u64));
    1.0 + by * ((Random(seed).bits() >> 11) as f64 / (1u64 << 53) as f64 - 0.5)
}

/// The record of activations in arithmetics over some steps, all of them made.
pub fn training(activations: &[&str], arithmetics: &[(&str, Fare)], depth: usize, steps: usize) -> Training {
    let spec = TrainingSpec {
        activations: activations.iter().map(ToString::to_string).collect(),
        formats: arithmetics.iter().map(|(name, _)| (*name).to_string()).collect(),
        depth,
        steps,
        ..TrainingSpec::default()
    };
    of(spec, arithmetics)
}

/// The record of a spec.
pub fn of(spec: TrainingSpec, arithmetics: &[(&str, Fare)]) -> Training {
    let steps = spec.steps;
    let activations = spec.activations.iter();
    let runs = activations.enumerate().map(|(index, name)| run(&spec, index, name, arithmetics)).collect();
    let (version, spec_hash) = ("0.1.0".to_string(), "0123456789abcdef".repeat(4));
    let chance = Some(Number::new(2.302));
    let schema = training::SCHEMA.into();
    Training { schema, version, spec_hash, steps_done: steps, chance, runs, trials: Vec::new(), spec }
}

/// The default spec: 4 activations in 3 arithmetics, 21 layers, 21 measured steps.
pub fn usual() -> Training {
    let arithmetics =
        [("f16", Fare::Noise(0.06, 0.02)), ("bf16", Fare::Noise(0.3, 0.35)), ("f32", Fare::Noise(2e-6, 1e-4))];
    training(&["relu", "leaky", "prelu", "elu"], &arithmetics, 20, 500)
}

/// One of every fare, with loss scales.
pub fn eventful() -> Training {
    let arithmetics = [
        ("f16", Fare::Fails(0.4, 180)),
        ("amp-fp16", Fare::Flushed(6)),
        ("bf16", Fare::Elsewhere),
        ("e4m3fn", Fare::Fails(2.0, 3)),
        ("bf16/update=f32/master=bf16:round=stochastic", Fare::Noise(0.2, 0.6)),
        ("mpfr:12", Fare::Unknown),
    ];
    let mut training = training(&["leaky"], &arithmetics, 20, 300);
    training.spec.loss_scale = TrainingScale::Dynamic { growth_interval: 100 };
    let course = &mut training.runs[0].learners[1].course;
    let changes = [(0, 16), (3, 15), (4, 14), (104, 15), (204, 16), (220, 15)];
    course.scales = changes.map(|(step, log2)| ScaleChange { step, log2 }).to_vec();
    course.skipped = vec![2, 3, 219];
    training.runs[0].learners[1].policy = Some("storage=f32/forward=f16/backward=f16/update=f32".into());
    let course = &mut training.runs[0].learners[0].course;
    course.scales = vec![ScaleChange { step: 0, log2: 16 }, ScaleChange { step: 100, log2: 17 }];
    training
}

fn run(spec: &TrainingSpec, index: usize, name: &str, arithmetics: &[(&str, Fare)]) -> TrainingRun {
    let learner = |(place, (name, fare)): (usize, &(&str, Fare))| learner(spec, [index, place + 1], name, *fare);
    TrainingRun {
        activation: name.into(),
        constants: if name == "leaky" { vec!["slope = 0.010009765625".into()] } else { Vec::new() },
        kinked: name != "elu",
        gain: Some(1.41414213562),
        residual_scale: None,
        parameters: 86_656,
        sites: super::records::sites(spec.depth),
        reference: course(spec, [index, 0], Fare::Noise(1e-15, 0.0)),
        exact: Vec::new(),
        learners: arithmetics.iter().enumerate().map(learner).collect(),
    }
}

/// A loss that falls from that of guessing, by activation and noise.
fn loss(of: [usize; 2], step: usize, steps: usize, held_out: bool) -> f64 {
    let part = step as f64 / steps.max(1) as f64;
    let rate = 5.0 + of[0] as f64 - 0.6 * of[1] as f64;
    let least = if held_out { 0.12 } else { 0.04 };
    let wiggle = if held_out { 0.05 } else { 0.4 };
    (2.3 * core_math::exp(-rate * part) + least) * jitter([of[0] * 8 + of[1], step, 1], wiggle)
}

fn course(spec: &TrainingSpec, of: [usize; 2], fare: Fare) -> Course {
    let (end, made) = match fare {
        Fare::Fails(_, step) if step < spec.steps => (End::ParametersNotFinite { step }, step + 1),
        _ => (End::Completed, spec.steps),
    };
    let losses = (0..made).map(|step| Number::new(loss(of, step, spec.steps, false))).collect();
    let mut steps = spec.measure.steps(spec.steps);
    steps.push(spec.steps);
    let held_out = steps.into_iter().filter(|step| *step < made || made == spec.steps).map(|step| {
        let loss = loss(of, step, spec.steps, true);
        HeldOut {
            step,
            loss: Number::new(loss),
            right: Some((360.0 * core_math::exp(-loss)) as u64),
            tied: None,
            of: 360,
        }
    });
    Course { losses, held_out: held_out.collect(), scales: Vec::new(), skipped: Vec::new(), end }
}

fn learner(spec: &TrainingSpec, of: [usize; 2], name: &str, fare: Fare) -> Learner {
    let course = course(spec, of, fare);
    let made = course.losses.len();
    let measures: Vec<Measure> = spec
        .measure
        .steps(spec.steps)
        .into_iter()
        .filter(|step| *step < made)
        .map(|step| measure(spec, of, step, fare))
        .collect();
    let outcome = outcome(spec, &course, &measures);
    let stored = name.split([':', '/']).next().unwrap_or(name);
    let f16 = || Format::parse("f16").expect("a known format");
    let format = Format::parse(stored).unwrap_or_else(|_| f16());
    let role = || ArithmeticName::plain(format);
    let gradients = TrainingPolicy::parse(name).map_or(role().into(), |policy| policy.gradients);
    Learner {
        name: name.into(),
        policy: None,
        roles: gradients.into(),
        update: role().into(),
        master: role().into(),
        format: FormatFacts { name: stored.into(), ..FormatFacts::of(&format) },
        course,
        events: Some(Vec::new()),
        measures,
        outcome,
    }
}

fn outcome(spec: &TrainingSpec, course: &Course, measures: &[Measure]) -> Outcome {
    use precision_probe::report::training::measured;
    let is_saturated = |layer: &&MeasuredSite| measured::is_saturated(&layer.own);
    let first = measures.iter().find_map(|measure| {
        let layer = measure.sites.iter().find(is_saturated)?;
        let cause = match layer.own.verdict {
            Verdict::Underflow => Cause::Flushed,
            Verdict::Overflow => Cause::Overflow,
            Verdict::Zero => Cause::TrueZero,
            _ => Cause::Flips,
        };
        let sites = measure.sites.iter().filter(is_saturated).count();
        Some(Saturation { step: measure.step, site: layer.site, sites, verdict: layer.own.verdict, cause })
    });
    let last = measures.iter().rposition(|measure| measure.sites.iter().any(|layer| is_saturated(&layer)));
    let recovered = first.and_then(|_| measures.get(last? + 1)).map(|measure| measure.step);
    Outcome {
        reached: course.reached(spec.target_loss),
        last_loss: course.last_loss(),
        last_progress: course.last_progress(),
        first_saturation: first,
        recovered,
    }
}

fn measure(spec: &TrainingSpec, of: [usize; 2], step: usize, fare: Fare) -> Measure {
    let part = step as f64 / spec.steps.max(1) as f64;
    Measure {
        proof: Default::default(),
        step,
        evidence: match fare {
            Fare::Unknown => Evidence::NotEstablished(Unproven::ExponentRange),
            _ => Evidence::Proven { bits: 83 },
        },
        distance: if step == 0 { Number::None } else { Number::new(1.4 * part * jitter([of[1], step, 9], 0.2)) },
        learning_rate: 1e-3,
        skipped: false,
        sites: (1..=spec.depth + 1).map(|layer| layer_at(spec, of, (step, part), layer, fare)).collect(),
    }
}

fn layer_at(spec: &TrainingSpec, of: [usize; 2], (step, part): (usize, f64), layer: usize, fare: Fare) -> MeasuredSite {
    let height = (layer - 1) as f64 / spec.depth.max(1) as f64;
    let (noise, lost) = match fare {
        Fare::Noise(noise, lost) => (noise, lost),
        Fare::Fails(noise, _) => (noise, 0.2),
        Fare::Flushed(_) => (0.02, 0.05),
        Fare::Elsewhere => (0.1, 0.3),
        Fare::Unknown => (1e-3, 0.0),
    };
    let wobble = jitter([of[0] * 8 + of[1], step, layer], 0.8);
    let ratio = noise * core_math::exp(2.0 * part - 2.5 * height) * wobble;
    let kinked = of[0] != 3 && layer <= spec.depth;
    let mut own = track(ratio, layer, kinked);
    let mut at_reference = track(ratio / wobble, layer, kinked);
    let is_head = layer > spec.depth;
    match fare {
        Fare::Flushed(last) if layer <= last && (0.3..0.7).contains(&part) => {
            for track in [&mut own, &mut at_reference] {
                (track.verdict, track.noise_to_signal) = (Verdict::Underflow, Number::Finite(1.0));
                track.fates = Fates { flushed: 3000 + 100 * (last - layer) as u64, resolved: 896, ..Fates::default() };
            }
        }
        Fare::Elsewhere if part > 0.5 && layer < 9 => {
            own = track_of(4.0 * wobble, Verdict::Chaotic, layer, kinked);
        }
        Fare::Fails(_, last) if step + 26 > last && layer < 4 => {
            (own.verdict, own.noise_to_signal, own.log2_noise) =
                (Verdict::Overflow, Number::Infinite, Number::Infinite);
            own.fates = Fates { overflowed: 4096, ..Fates::default() };
        }
        Fare::Unknown if layer < 12 => {
            (own.verdict, own.noise_to_signal) = (Verdict::NotEstablished, Number::None);
        }
        _ => {}
    }
    let due = UNITS * UNITS;
    let dead =
        if of[0] == 0 && !is_head && layer > 15 { (part * 9.0 * jitter([step, layer, 3], 0.9)) as u64 } else { 0 };
    MeasuredSite {
        site: layer,
        own,
        at_reference: Some(at_reference),
        without_flips: if kinked { Number::new(ratio / 10.0) } else { Number::None },
        log2_minibatch_spread: Number::new(-6.0 - 2.0 * height),
        dead_units: dead,
        units: if is_head { 10 } else { UNITS },
        updates: Updates {
            parameters: due,
            due,
            undecided: 0,
            lost: (due as f64 * lost * jitter([of[1], step, 5], 0.5)).min(due as f64) as u64,
            absorbed: (due as f64 * lost * 0.2) as u64,
            wrong_sign: (due as f64 * (ratio * 0.2).min(0.4)) as u64,
            overflowed: 0,
        },
        lost_energy: Number::new(lost * lost),
        update_descent: Number::new(1.0 - lost * lost),
    }
}

fn track(ratio: f64, layer: usize, kinked: bool) -> Track {
    let verdict = if ratio < 0.1 {
        Verdict::Sound
    } else if ratio < 1.0 {
        Verdict::Noisy
    } else {
        Verdict::Chaotic
    };
    track_of(ratio, verdict, layer, kinked)
}

fn track_of(ratio: f64, verdict: Verdict, layer: usize, kinked: bool) -> Track {
    let signal = -5.0 - 0.05 * layer as f64;
    Track {
        verdict,
        log2_signal: Number::new(signal),
        log2_noise: Number::new(signal + core_math::log2(ratio)),
        noise_to_signal: Number::new(ratio),
        at_most: false,
        descent: Some(Number::new(1.0)),
        fates: Fates { resolved: 4000, degraded: 96, ..Fates::default() },
        flips: kinked.then_some(Flips { flipped: 3, nonfinite: 0, total: UNITS * 32 }),
    }
}
