//! The verdict in sentences: what rules the gradient of layer 1, where its noise comes from, and what this run measured
//! to cure it.
//!
//! All are judged on the first arithmetic listed, and every number in them is a median of the record.

mod listed;
mod measured;

use crate::record::{ArithmeticRun, Number, Run, Verdict};
use crate::report::cause::{self, LEAST_CUT};
use crate::report::facts;
use crate::report::numbers::{Notation, power_of_two, ratio};

/// Layer 1 in one arithmetic: what the sentences compare.
struct Judged<'a> {
    arithmetic: &'a ArithmeticRun,
    verdict: Verdict,
    median: Number,
    at_most: bool,
}

impl<'a> Judged<'a> {
    fn new(arithmetic: &'a ArithmeticRun) -> Judged<'a> {
        let first = arithmetic.layers.first().map(|layer| layer.noise_to_signal);
        Judged {
            arithmetic,
            verdict: arithmetic.verdict.verdict,
            median: first.map_or(Number::None, |noise| noise.median),
            at_most: first.is_some_and(|noise| noise.at_most),
        }
    }

    fn name(&self, notation: Notation) -> String {
        facts::name_in_sentence(self.arithmetic, notation)
    }

    /// `in 4 of 5 trials`, or nothing where every trial agrees.
    fn count(&self) -> String {
        let verdict = &self.arithmetic.verdict;
        if verdict.count == verdict.of {
            String::new()
        } else {
            format!(" in {} of {} trials", verdict.count, verdict.of)
        }
    }

    /// `it is sound (noise/signal 0.04)`, `it overflows`: what follows the name of another arithmetic.
    fn state(&self, notation: Notation) -> String {
        match self.verdict {
            Verdict::Sound | Verdict::Noisy | Verdict::Chaotic => {
                format!("it is {} ({})", self.verdict, self.noise(notation))
            }
            Verdict::Vanished => "it is flushed to zero".into(),
            Verdict::Overflow => "it overflows".into(),
            Verdict::Dead | Verdict::DeadWithGhosts | Verdict::NotEstablished => format!("it is {}", self.verdict),
        }
    }

    fn noise(&self, notation: Notation) -> String {
        match self.median {
            Number::None => "no noise/signal".into(),
            median => format!("noise/signal {}", ratio(median, self.at_most, notation)),
        }
    }

    /// True where noise/signal measures noise: neither saturated nor unknown.
    fn has_noise(&self) -> bool {
        matches!(self.verdict, Verdict::Sound | Verdict::Noisy | Verdict::Chaotic)
    }

    /// Milder verdict, or as mild a one with less noise.
    fn better_than(&self, other: &Judged) -> bool {
        let cut = cut(other, self).is_some_and(|times| times >= LEAST_CUT);
        self.verdict < other.verdict || (self.verdict == other.verdict && self.has_noise() && cut)
    }
}

/// How many times less noise `to` has than `from`; `None` where that is no number.
fn cut(from: &Judged, to: &Judged) -> Option<f64> {
    let noise = |judged: &Judged| judged.arithmetic.layers.first().map(|layer| layer.noise_to_signal);
    cause::cut(&noise(from)?, &noise(to)?)
}

/// Which mode rules layer 1 in the first arithmetic, in plain words, and how the best one compares.
pub fn ruling(run: &Run, notation: Notation) -> String {
    let judged: Vec<Judged> = run.arithmetics.iter().map(Judged::new).collect();
    let Some(first) = judged.first() else { return "No arithmetic was measured.".into() };
    let name = first.name(notation);
    let count = first.count();
    let noise = first.noise(notation);
    let sentence = match first.verdict {
        Verdict::Sound => {
            let opening = format!(
                "In {name} the gradient of layer 1 is sound{count} ({noise}): rounding neither drowns nor erases it"
            );
            return format!("{opening}{}.", sound_contrast(&judged, notation));
        }
        Verdict::Noisy => format!(
            "In {name} the gradient of layer 1 is noisy{count} ({noise}) though not zero: rounding noise, not a vanished gradient, is what limits it"
        ),
        Verdict::Chaotic => format!(
            "In {name} the gradient of layer 1 is chaotic{count} ({noise}) though not zero: rounding noise, not a vanished gradient, drowns it"
        ),
        Verdict::Vanished => format!(
            "In {name} the gradient of layer 1 is flushed to zero{count}: entries computed as zero carry at least half of the true gradient{}; it vanishes rather than drowns in noise",
            true_norm(run, notation)
        ),
        Verdict::Dead => {
            return format!("{}: the network is dead there, whatever the arithmetic.", dead(&count));
        }
        Verdict::DeadWithGhosts => {
            format!("{}, yet {name} computes entries that are not: ghosts made by rounding", dead(&count))
        }
        Verdict::Overflow => format!(
            "In {name} the gradient of layer 1 overflows{count}: it has infinite or NaN entries, so it is neither zero nor noise but lost"
        ),
        Verdict::NotEstablished => {
            format!("In {name} nothing can be said about the gradient of layer 1{count}: {}", unestablished(run))
        }
    };
    let best = judged.iter().reduce(|best, next| if next.better_than(best) { next } else { best }).unwrap_or(first);
    let contrast = if best.better_than(first) {
        format!("; in {} {}", best.name(notation), best.state(notation))
    } else if judged.len() > 1 && first.verdict != Verdict::NotEstablished {
        let known = if is_any_unknown(&judged) { "is known to do better" } else { "does better" };
        format!("; no other arithmetic of this run {known}")
    } else {
        String::new()
    };
    format!("{sentence}{contrast}.")
}

fn is_any_unknown(judged: &[Judged]) -> bool {
    judged.iter().any(|judged| judged.verdict == Verdict::NotEstablished)
}

/// After a sound first arithmetic: its own worst layer, or the worst other arithmetic, or all is well.
fn sound_contrast(judged: &[Judged], notation: Notation) -> String {
    let layers = judged.first().map_or(&[][..], |first| &first.arithmetic.layers);
    let mut worst_layer = None;
    for layer in layers {
        if worst_layer.is_none_or(|(_, verdict)| layer.verdict.verdict > verdict) {
            worst_layer = Some((layer.layer, layer.verdict.verdict));
        }
    }
    if let Some((layer, verdict)) = worst_layer.filter(|(_, verdict)| *verdict > Verdict::Sound) {
        return format!(", though layer {layer} is {verdict}");
    }
    let worst = judged.iter().reduce(|worst, next| if worst.better_than(next) { next } else { worst });
    match worst {
        Some(worst) if worst.verdict > Verdict::Sound => {
            format!("; in {} {}", worst.name(notation), worst.state(notation))
        }
        _ if judged.len() > 1 => "; so it is in every arithmetic of this run".into(),
        _ => String::new(),
    }
}

fn dead(count: &str) -> String {
    format!("Every entry of the true gradient of layer 1 is exactly zero{count}")
}

/// ` (norm 9.1e-13)`: the median of the true norms of layer 1, where they are known.
fn true_norm(run: &Run, notation: Notation) -> String {
    let mut norms: Vec<f64> = match run.truth.layers.first() {
        Some(layer) => layer.trials.iter().filter_map(|trial| trial.log2_norm.finite()).collect(),
        None => Vec::new(),
    };
    norms.sort_by(f64::total_cmp);
    match norms.get(norms.len().saturating_sub(1) / 2) {
        Some(median) => format!(" (norm {})", power_of_two(*median, notation)),
        None => String::new(),
    }
}

/// Why layer 1 is not established, and the fix.
fn unestablished(run: &Run) -> String {
    let trials = run.truth.layers.first().map_or(&[][..], |layer| &layer.trials);
    match trials.iter().find(|trial| trial.evidence.starts_with("not established")) {
        Some(trial) => format!("the truth is {}", trial.evidence),
        None => "the truth's bounds do not separate the threshold; raise --truth-bits".into(),
    }
}

/// What this run measured against the noise of the first arithmetic and where that comes from, or why there is nothing:
/// the remedies that were tried on it, else the other arithmetics that are listed.
pub fn remedy(run: &Run, notation: Notation) -> String {
    // Another program is no arithmetic that a run could change.
    let first = run.arithmetics.iter().find(|arithmetic| arithmetic.external.is_none());
    let tried = first.filter(|first| !first.remedies.is_empty() || first.attribution.is_some());
    match tried {
        Some(first) if first.remedies.is_empty() => {
            let source = measured::source(first, notation).map_or(String::new(), |source| format!("{source} "));
            source + &listed::remedy(run, notation)
        }
        Some(first) => measured::remedy(first, notation),
        None => listed::remedy(run, notation),
    }
}
