//! Facts that every report states in the same words: verdicts with their layers, evidence, set-up.

use crate::judgement::ArithmeticJudgement;
use crate::record::{
    ArithmeticRun, Evidence, External, Flips, Phase, Proof, Record, Run, SiteRun, Spec, Verdict, Weights,
};
use crate::report::numbers::{Notation, factor, middle, power, short};

/// The name of the arithmetic in tables and legends: `f16`, or with a loss scale `f16, loss ×2^10`.
pub fn name(arithmetic: &ArithmeticRun, notation: Notation) -> String {
    let scale = loss_scale(arithmetic, notation).map(|scale| format!(", {scale}"));
    arithmetic.name.clone() + &scale.unwrap_or_default()
}

/// The same in a sentence: `f16 (loss ×2^10)`.
pub fn name_in_sentence(arithmetic: &ArithmeticRun, notation: Notation) -> String {
    let scale = loss_scale(arithmetic, notation).map(|scale| format!(" ({scale})"));
    arithmetic.name.clone() + &scale.unwrap_or_default()
}

/// `loss ×2^10`; empty without a loss scale.
pub fn loss_scale(arithmetic: &ArithmeticRun, notation: Notation) -> Option<String> {
    arithmetic.log2_loss_scale.map(|log2| scale(log2, notation))
}

/// `loss ×2^10`.
pub fn scale(log2: i32, notation: Notation) -> String {
    format!("loss ×{}", power(2, log2.into(), notation))
}

/// `theory predicts 0.25 at layer 1 in f16 (measured 0.28; measured/predicted 1.1)`, of the first arithmetic that has a
/// theory. All three are medians over the trials, so the last need not be the quotient of the others; of two trials,
/// the greater value of each.
pub fn theory(run: &Run, notation: Notation) -> Option<String> {
    let known = run.arithmetics.iter().find_map(|one| Some((one, one.theory.first()?, one.sites.first()?)));
    // The ratio of a zero or overflowed gradient is not noise, so it is not compared with a theory of noise.
    let (arithmetic, theory, layer) = known.filter(|(.., layer)| !layer.verdict.verdict.is_zero_or_overflow())?;
    let (predicted, quotient) = (short(theory.predicted.finite()?, notation), theory.ratio.finite()?);
    let noise = layer.shown_weight_noise();
    let (limit, what) = match (noise.count, noise.both()) {
        (_, Some(_)) => ("at most ", ""),
        (3.., _) if noise.low != noise.high => ("", "medians: "),
        _ => ("", ""),
    };
    // It is about the weights alone, which is only said where biases make a difference.
    let whose = if noise.median == layer.noise().median { "" } else { " of the weights alone" };
    Some(format!(
        "theory predicts {limit}{predicted} at layer {} in {} ({what}measured {}{whose}; measured/predicted {limit}{})",
        layer.site,
        name_in_sentence(arithmetic, notation),
        middle(&noise, notation),
        factor(quotient, notation)
    ))
}

/// `noisy 4 of 5, layers 1–37`: layer 1's verdict, its count, and how far from layer 1 it reaches.
pub fn verdict_and_reach(judged: &ArithmeticJudgement) -> String {
    let (verdict, first) = (&judged.first.verdict, judged.first.layer);
    let words = verdict.in_words();
    let reach = judged.verdicts.iter().take_while(|layer| layer.verdict == verdict.verdict).count();
    match reach {
        0 => words,
        1 => format!("{words}, layer {first}"),
        reach if reach == judged.verdicts.len() => format!("{words}, all layers"),
        reach => format!("{words}, layers {first}–{}", first + reach - 1),
    }
}

/// The predicate for a verdict: `is sound`, `underflows`; in the plural `are sound`, `underflow`.
pub fn predicate(verdict: Verdict, several: bool) -> String {
    match (verdict, several) {
        (Verdict::Underflow | Verdict::Overflow, false) => format!("{verdict}s"),
        (Verdict::Underflow | Verdict::Overflow, true) => verdict.to_string(),
        (_, false) => format!("is {verdict}"),
        (_, true) => format!("are {verdict}"),
    }
}

/// Flips of all layers together; `None` where no layer has any to count.
pub fn all_flips(layers: &[SiteRun]) -> Option<Flips> {
    let mut counted = layers.iter().filter_map(|layer| layer.flips).peekable();
    counted.peek()?;
    Some(counted.fold(Flips::default(), |sum, flips| Flips {
        flipped: sum.flipped.saturating_add(flips.flipped),
        nonfinite: sum.nonfinite.saturating_add(flips.nonfinite),
        total: sum.total.saturating_add(flips.total),
    }))
}

/// `leaky (slope = 0.010009765625)`.
pub fn activation(run: &Run) -> String {
    if run.constants.is_empty() {
        run.activation.clone()
    } else {
        format!("{} ({})", run.activation, run.constants.join(", "))
    }
}

/// `loss cross-entropy`, `data digits`, `batch 32`, `5 trials`, `seed 0`; without a seed where nothing was drawn.
pub fn draws(spec: &Spec) -> Vec<String> {
    let is_drawn = spec.weights.is_none() || spec.draws_batches();
    draws_with(spec, is_drawn.then(|| format!("seed {}", spec.seed)))
}

/// The same without the seed.
pub fn draws_without_seed(spec: &Spec) -> Vec<String> {
    draws_with(spec, None)
}

fn draws_with(spec: &Spec, seed: Option<String>) -> Vec<String> {
    let data = spec.batch_file.as_ref().map_or(spec.data.name(), |batch| &batch.source.file);
    let rows = spec.batch_file.as_ref().and_then(|batch| batch.drawn_from);
    let rows = rows.map_or(String::new(), |rows| format!(" ({rows} rows)"));
    let mut pieces = vec![format!("loss {}", spec.loss().name()), format!("data {data}{rows}")];
    pieces.extend([format!("batch {}", spec.batch), trials(spec.trials)]);
    pieces.extend(seed);
    if !spec.loss_scale.is_none() {
        pieces.push(format!("loss scale {}", spec.loss_scale));
    }
    pieces
}

/// `gain 1.41 (init preserve)`, or `gain 1.5 (given)`, or `gain 1.5 (given, init xavier)`; nothing for a network that
/// was not drawn.
pub fn gain(spec: &Spec, run: &Run, notation: Notation) -> Option<String> {
    run.gain.map(|gain| format!("gain {} ({})", short(gain, notation), gain_origin(spec)))
}

/// `init preserve`, `given`, or `given, init xavier`: given gains of `preserve` are normal weights and nothing else.
pub fn gain_origin(spec: &Spec) -> String {
    match spec.gain {
        None => format!("init {}", spec.init),
        Some(_) if spec.init == Spec::default().init => "given".into(),
        Some(_) => format!("given, init {}", spec.init),
    }
}

/// Depth, width, biases and skip connections: the network without its activation.
pub fn network(record: &Record) -> Vec<String> {
    // The same in every run: it depends on the depth alone.
    network_of(&record.spec, record.runs.iter().find_map(|run| run.residual_scale))
}

/// The same of a spec and the factor of its branches, if they have one.
pub fn network_of(spec: &Spec, residual_scale: Option<f64>) -> Vec<String> {
    let mut pieces = vec![format!("depth {}", spec.depth)];
    if let Some(Weights { source, units, .. }) = &spec.weights {
        pieces.insert(0, format!("weights {}", source.file));
        pieces.push(format!("units {}", units_in_words(units)));
    } else {
        pieces.push(format!("width {}", spec.width));
    }
    pieces.push(if spec.bias { "biases" } else { "no biases" }.into());
    if spec.residual {
        // Exact, as constants are.
        pieces.push(residual_scale.map_or("residual".into(), |scale| format!("residual (scale {scale})")));
    }
    pieces
}

/// `784–256–10`, or `784–64 ×50–10` where layers of the same size follow each other.
fn units_in_words(units: &[usize]) -> String {
    let group = |group: &[usize]| match group {
        [] => String::new(),
        [one] => one.to_string(),
        [first, ..] => format!("{first} ×{}", group.len()),
    };
    let groups: Vec<String> = units.chunk_by(|one, next| one == next).map(group).collect();
    match groups.as_slice() {
        [first, .., last] if groups.len() > 8 => format!("{first}–…–{last}"),
        all => all.join("–"),
    }
}

/// `depth 50`, `depth 50, residual`: the network in a title.
pub fn shape(spec: &Spec) -> String {
    format!("depth {}{}", spec.depth, if spec.residual { ", residual" } else { "" })
}

/// What mean-field theory says of the gradient's size: `gradients grow ×1.09 per layer`; nothing for a network that was
/// not drawn.
pub fn phase(run: &Run, notation: Notation) -> Option<String> {
    let (chi1, phase) = (run.chi1?, run.phase?);
    // In a residual network the factor differs from layer to layer, and only that of all together is said.
    Some(match run.growth {
        Some(growth) => Phase::over_all_layers(growth.value()),
        None => change_per_layer(chi1, phase, run.has_unstable_variance, notation),
    })
}

/// A phase with its factor, the root of χ₁, which is that of the mean square: `gradients grow ×1.09 per layer`.
pub fn change_per_layer(chi1: f64, phase: Phase, is_unstable: bool, notation: Notation) -> String {
    let factor = match phase {
        Phase::Critical => String::new(),
        _ => format!(" ×{} per layer", short(chi1.sqrt(), notation)),
    };
    format!("{}{factor}{}", phase.describe(), Phase::warning(is_unstable))
}

/// The same where nothing else names the theory: `gradients grow ×1.09 per layer (mean-field theory)`.
pub fn phase_in_theory(run: &Run, notation: Notation) -> Option<String> {
    phase(run, notation).map(|words| words + " (mean-field theory)")
}

/// How well an exact gradient is known: `proven to 83 bits`, `exact`, or `not established: why`.
pub fn evidence(evidence: Evidence) -> String {
    match evidence {
        Evidence::Proven { bits } => format!("proven to {bits} bits"),
        evidence => evidence.to_string(),
    }
}

/// The same with the proof, where it is not the norm-wise one alone: `proven to 83 bits by enclosures`.
pub fn proven(known: Evidence, proof: Proof) -> String {
    evidence(known) + by(known, proof)
}

/// By which proof, in words after what is known by it.
fn by(known: Evidence, proof: Proof) -> &'static str {
    match proof {
        Proof::Enclosure if known.is_established() => " by enclosures",
        Proof::Both if known.is_established() => " by both proofs",
        _ => "",
    }
}

/// The same in a caption: `reference exact to 83 bits`.
pub fn reference(evidence: Evidence) -> String {
    match evidence {
        Evidence::Proven { bits } => format!("reference exact to {bits} bits"),
        evidence => format!("reference {evidence}"),
    }
}

/// `reference exact to 83 bits, computed with 256–512 bits`.
pub fn truth(run: &Run) -> String {
    let reference = reference(run.truth.evidence) + by(run.truth.evidence, run.truth.proof());
    match (run.truth.precision.iter().min(), run.truth.precision.iter().max()) {
        (Some(low), Some(high)) if low == high => format!("{reference}, computed with {low} bits"),
        (Some(low), Some(high)) => format!("{reference}, computed with {low}–{high} bits"),
        _ => reference,
    }
}

/// `mxfp8: storage=f32, forward=…, backward=…`: what every preset stands for, once.
pub fn presets(runs: &[Run]) -> Vec<String> {
    let Some(first) = runs.first() else { return Vec::new() };
    let spelled = |arithmetic: &ArithmeticRun| {
        let policy = arithmetic.policy.as_ref()?;
        Some(format!("{}: {}", arithmetic.name, policy.replace('/', ", ")))
    };
    first.arithmetics.iter().filter_map(spelled).collect()
}

/// `storage noise in e4m3fn: storing changes …`, for every arithmetic that stores the network with rounding: the largest
/// change in any of the runs.
pub fn storage_over(runs: &[Run]) -> Vec<String> {
    let Some(first) = runs.first() else { return Vec::new() };
    let line = |arithmetic: &ArithmeticRun| {
        let everywhere = runs.iter().flat_map(|run| &run.arithmetics).filter(|other| other.name == arithmetic.name);
        let relative = everywhere.map(|other| other.storage_noise.value()).fold(0.0, f64::max);
        let change = match relative {
            0.0 => return None,
            _ if relative.is_finite() => {
                format!("changes them by up to {} %", short(100.0 * relative, Notation::Plain))
            }
            _ => "overflows".into(),
        };
        Some(format!("storage noise in {}: storing the parameters, inputs and targets {change}", arithmetic.name))
    };
    first.arithmetics.iter().filter_map(line).collect()
}

/// What was left out or read otherwise of gradients that other programs computed.
pub fn external_notes(runs: &[Run]) -> Vec<String> {
    let Some(first) = runs.first() else { return Vec::new() };
    let mut notes = Vec::new();
    for arithmetic in &first.arithmetics {
        let Some(External { missing, unused, notes: own, .. }) = &arithmetic.external else { continue };
        let named = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")));
        let lists = [named("no gradient of", missing), named("matching no parameter:", unused)];
        let all = lists.into_iter().flatten().chain(own.iter().cloned());
        notes.extend(all.map(|note| format!("{}: {note}", arithmetic.name)));
    }
    notes
}

/// `5 trials`, `1 trial`.
pub fn trials(count: usize) -> String {
    if count == 1 { "1 trial".into() } else { format!("{count} trials") }
}

/// What low and high quantiles are with this many trials: they are order statistics, never interpolated.
pub fn quantile_note(count: usize) -> String {
    match count {
        0 | 1 => "one trial: no spread".into(),
        2..=10 => format!("least to greatest of {count} trials"),
        _ => format!("10 % to 90 % of {count} trials"),
    }
}
