//! The verdict in two sentences: what rules the gradient of layer 1, and what this run measured to cure it.
//!
//! Both are judged on the first arithmetic listed, and every number in them is a median of the record.

use crate::record::{ArithmeticRun, Number, Run, Verdict};
use crate::report::numbers::{Notation, power_of_two, ratio, short};

/// A remedy must cut the noise at least this much to be called one.
const LEAST_CUT: f64 = 1.1;

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

    fn name(&self) -> &str {
        &self.arithmetic.name
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
    match (from.median, to.median) {
        (Number::Finite(before), Number::Finite(after)) if after > 0.0 && !from.at_most => Some(before / after),
        (Number::Finite(before), Number::Finite(_)) if before > 0.0 && !from.at_most => Some(f64::INFINITY),
        (Number::Infinite, Number::Finite(_)) => Some(f64::INFINITY),
        _ => None,
    }
}

/// Which mode rules layer 1 in the first arithmetic, in plain words, and how the best one compares.
pub fn ruling(run: &Run, notation: Notation) -> String {
    let judged: Vec<Judged> = run.arithmetics.iter().map(Judged::new).collect();
    let Some(first) = judged.first() else { return "No arithmetic was measured.".into() };
    let name = first.name();
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
        format!("; in {} {}", best.name(), best.state(notation))
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
            format!("; in {} {}", worst.name(), worst.state(notation))
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

/// The remedy that this run measured for the first arithmetic, or why there is none.
pub fn remedy(run: &Run, notation: Notation) -> String {
    // Another program is no arithmetic that a run could take instead.
    let own = run.arithmetics.iter().filter(|arithmetic| arithmetic.external.is_none());
    let judged: Vec<Judged> = own.map(Judged::new).collect();
    let Some((first, others)) = judged.split_first() else { return none_tried("no arithmetic was measured") };
    match first.verdict {
        Verdict::Sound => return none_tried(&format!("{} needs none at layer 1", first.name())),
        Verdict::Dead | Verdict::DeadWithGhosts => {
            return none_tried(
                "a true gradient of exactly zero is cured by another network, not by another arithmetic",
            );
        }
        Verdict::NotEstablished => return none_tried("the truth of layer 1 must be established first"),
        _ => {}
    }
    if others.is_empty() {
        let wider = if first.has_noise() { "accumulator" } else { "range" };
        return none_tried(&format!("{} stands alone; add one with a wider {wider} to --formats", first.name()));
    }
    // Against noise, only less noise is a remedy; against zeros and overflow, a gradient that is neither.
    let helps = |other: &&Judged| {
        let cures = !first.has_noise() || cut(first, other).is_some_and(|times| times >= LEAST_CUT);
        other.has_noise() && other.verdict <= first.verdict && cures
    };
    let same_format = |other: &&Judged| other.arithmetic.format.name == first.arithmetic.format.name;
    let sibling = others
        .iter()
        .filter(same_format)
        .filter(helps)
        .reduce(|best, next| if next.better_than(best) { next } else { best });
    if let Some(sibling) = sibling {
        return measured(first, sibling, &described(first, sibling), notation);
    }
    // Of the mildest verdict, what costs least.
    let rank = |judged: &Judged| (judged.verdict, cost(judged));
    let cheapest = others.iter().filter(helps).reduce(|best, next| if rank(next) < rank(best) { next } else { best });
    let Some(cheapest) = cheapest else {
        let known = if is_any_unknown(others) { "is known to be" } else { "is" };
        return none_tried(&format!("no other arithmetic listed {known} better than {} at layer 1", first.name()));
    };
    let remedy = measured(first, cheapest, cheapest.name(), notation);
    match others.iter().find(same_format) {
        Some(sibling) => format!("{}; {} does not.", remedy.trim_end_matches('.'), described(first, sibling)),
        None => remedy,
    }
}

fn none_tried(why: &str) -> String {
    format!("No remedy was tried in this run: {why}.")
}

fn measured(first: &Judged, better: &Judged, what: &str, notation: Notation) -> String {
    let after = ratio(better.median, better.at_most, notation);
    match cut(first, better).filter(|times| first.has_noise() && times.is_finite()) {
        Some(times) => {
            let least = if better.at_most { "at least " } else { "" };
            let (before, times) = (short(first.median.value(), notation), short(two_digits(times), notation));
            format!("Measured remedy: {what} cuts the noise at layer 1 from {before} to {after}, {least}{times} times.")
        }
        None => format!("Measured remedy: {what} makes layer 1 {} (noise/signal {after}).", better.verdict),
    }
}

/// A factor needs no third digit.
fn two_digits(x: f64) -> f64 {
    format!("{x:.1e}").parse().unwrap_or(x)
}

/// `an f32 accumulator (f16:acc=f32)` where the accumulator is what differs, else the name.
fn described(first: &Judged, other: &Judged) -> String {
    if let Some(role) = changed_role(first.name(), other.name()) {
        return format!("{role} ({})", other.name());
    }
    match accumulator(other.name()) {
        Some(format) if accumulator(first.name()) != Some(format) => {
            // Formats are spoken letter by letter: an "ef thirty-two", a "bee ef sixteen".
            let article = if format.starts_with(['f', 'e', 'm']) { "an" } else { "a" };
            format!("{article} {format} accumulator ({})", other.name())
        }
        _ => other.name().to_string(),
    }
}

/// `forward in f32` where a policy keeps the other role as the first arithmetic has it.
fn changed_role(first: &str, other: &str) -> Option<String> {
    let roles = |name: &'_ str| -> (String, String) {
        let of = |role: &str| name.split('/').find_map(|part| part.strip_prefix(role)).unwrap_or(name).to_string();
        (of("forward="), of("backward="))
    };
    let ((forward, backward), (other_forward, other_backward)) = (roles(first), roles(other));
    if !other.contains('/') {
        return None;
    }
    match (forward == other_forward, backward == other_backward) {
        (false, true) => Some(format!("forward in {other_forward}")),
        (true, false) => Some(format!("backward in {other_backward}")),
        _ => None,
    }
}

/// The format after `acc=` in a plain arithmetic's canonical name.
fn accumulator(name: &str) -> Option<&str> {
    if name.contains('/') {
        return None;
    }
    let (_, rest) = name.split_once(":acc=")?;
    let skip = if rest.starts_with("mpfr:") { "mpfr:".len() } else { 0 };
    let end = rest[skip..].find([':', '/']).map_or(rest.len(), |position| position + skip);
    Some(&rest[..end])
}

/// What a format costs to store: first its precision, then its range.
fn cost(judged: &Judged) -> (u32, f64) {
    let format = &judged.arithmetic.format;
    (format.precision, format.log2_max.finite().unwrap_or(f64::INFINITY))
}
