//! What was trained, in the words of headers and captions.

use crate::assets::DIGITS;
use crate::record::Evidence;
use crate::record::training::{Course, End, Training, TrainingRun, TrainingScale};
use crate::report::facts;
use crate::report::numbers::{Notation, power, short};

/// `relu, leaky` or, of one activation, `leaky (slope = 0.010009765625)`.
pub fn activations(training: &Training) -> String {
    match training.runs.as_slice() {
        [run] => activation(run),
        runs => runs.iter().map(|run| run.activation.as_str()).collect::<Vec<_>>().join(", "),
    }
}

/// `leaky (slope = 0.010009765625)`.
pub fn activation(run: &TrainingRun) -> String {
    match run.constants.as_slice() {
        [] => run.activation.clone(),
        constants => format!("{} ({})", run.activation, constants.join(", ")),
    }
}

/// Depth, width, biases, skips and parameters, or the file that the network comes from.
pub fn network(training: &Training) -> Vec<String> {
    let scale = training.runs.iter().find_map(|run| run.residual_scale);
    let mut pieces = facts::network_of(&training.spec.networks(), scale);
    pieces.extend(training.runs.first().map(|run| format!("{} parameters", run.parameters)));
    pieces
}

/// `depth 20`, `depth 20, residual`: the network in a title.
pub fn shape(training: &Training) -> String {
    format!("depth {}{}", training.spec.depth, if training.spec.residual { ", residual" } else { "" })
}

/// Optimiser, learning rate and its schedule, clipping, loss scale.
pub fn optimiser(training: &Training, notation: Notation) -> Vec<String> {
    let spec = &training.spec;
    let mut rate = format!("learning rate {}", short(spec.rate.learning_rate, notation));
    rate += &match (spec.rate.warmup, spec.rate.cosine) {
        (0, false) => String::new(),
        (0, true) => " falling to 0 as a cosine".into(),
        (steps, false) => format!(" after {steps} steps of warm-up"),
        (steps, true) => format!(" after {steps} steps of warm-up, falling to 0 as a cosine"),
    };
    let mut pieces = vec![spec.optimiser.to_string(), rate];
    pieces.extend(spec.clip_norm.map(|norm| format!("gradients clipped to norm {}", short(norm, notation))));
    pieces.push(match spec.loss_scale {
        TrainingScale::None => "no loss scale".into(),
        TrainingScale::PowerOfTwo(log2) => format!("loss scale {}", power(2, log2.into(), notation)),
        TrainingScale::Dynamic { growth_interval } => {
            format!("dynamic loss scale (doubled after {growth_interval} clean steps)")
        }
    });
    pieces
}

/// Steps, batch, seed, and how the weights of these runs were drawn.
pub fn draws(training: &Training, runs: &[TrainingRun], notation: Notation) -> Vec<String> {
    let spec = &training.spec;
    let mut pieces = vec![steps(training), format!("batch {}", spec.batch), format!("seed {}", spec.seed)];
    let own = |run: &TrainingRun| Some(format!("{} ({})", short(run.gain?, notation), run.activation));
    let own: Vec<String> = runs.iter().filter_map(own).collect();
    let single = if let [run] = runs { run.gain } else { None };
    match (spec.gain, single) {
        (Some(gain), _) => pieces.push(format!("gain {} (given, init {})", short(gain, notation), spec.init)),
        (None, Some(gain)) => pieces.push(format!("gain {} (init {})", short(gain, notation), spec.init)),
        // A network from a file was drawn with no gain.
        (None, None) if own.is_empty() => {}
        (None, None) => pieces.push(format!("gain by init {}: {}", spec.init, own.join(", "))),
    }
    pieces
}

/// `500 steps`, and how many of them were made.
pub fn steps(training: &Training) -> String {
    let (made, asked) = (training.steps_done, training.spec.steps);
    if made < asked { format!("unfinished: {made} of {asked} steps made") } else { counted(asked) }
}

/// `1 step`, `60 steps`.
pub fn counted(steps: usize) -> String {
    format!("{steps} step{}", if steps == 1 { "" } else { "s" })
}

/// A ratio to two digits.
pub fn times(ratio: f64, notation: Notation) -> String {
    short(format!("{ratio:.1e}").parse().unwrap_or(ratio), notation)
}

/// What stopped a copy for good, if anything did.
pub fn failure(course: &Course) -> Option<&'static str> {
    match course.end {
        End::Completed => None,
        End::ParametersNotFinite { .. } => Some("the update made parameters infinite or NaN"),
        End::ScaleVanished { .. } => Some("no loss scale, however small, left a gradient finite"),
        End::BeyondDoubles { .. } => Some("the update led beyond the numbers of binary64"),
    }
}

/// `data digits: 1437 trained on, 360 held out`, `data d.npz: 80 rows trained on, 20 held out`.
pub fn data(training: &Training) -> String {
    let spec = &training.spec;
    if let Some(file) = &spec.batch_file {
        let held_out = match spec.samples() - spec.trained() {
            0 => "none".to_string(),
            count => count.to_string(),
        };
        return format!("data {}: {} rows trained on, {held_out} held out", file.source.file, spec.trained());
    }
    let held_out = training.runs.iter().find_map(|run| run.reference.held_out.first()).map(|held_out| held_out.of);
    match held_out.and_then(|of| Some((DIGITS.checked_sub(usize::try_from(of).ok()?)?, of))) {
        Some((trained, held_out)) => format!("data digits: {trained} trained on, {held_out} held out"),
        None => "data digits".into(),
    }
}

/// What is trained on and held out: `digits`, or `rows` of a file.
pub fn samples(training: &Training) -> &'static str {
    if training.spec.batch_file.is_some() { "rows" } else { "digits" }
}

/// What the loss is.
pub fn loss(training: &Training) -> &'static str {
    training.spec.loss().name()
}

/// The policy of every preset, once.
pub fn presets(training: &Training) -> Vec<String> {
    let learners = training.runs.first().map_or(&[][..], |run| &run.learners);
    let spelled = |(name, policy): (&String, &String)| format!("{name}: {}", policy.replace('/', ", "));
    learners.iter().filter_map(|one| Some((&one.name, one.policy.as_ref()?))).map(spelled).collect()
}

/// How well the measured exact gradients are known, in the worst case: `exact gradients proven to 83 bits`.
pub fn evidence(training: &Training) -> Option<String> {
    // "Reference" is the run in f64 here.
    Evidence::weakest(all_evidence(training)).map(|worst| format!("exact gradients {}", facts::evidence(worst)))
}

/// Evidence of every measured step.
pub fn all_evidence(training: &Training) -> impl Iterator<Item = Evidence> {
    let learners = training.runs.iter().flat_map(|run| &run.learners);
    learners.flat_map(|learner| &learner.measures).map(|measure| measure.evidence)
}
