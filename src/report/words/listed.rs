//! The remedy among the arithmetics that a run lists: what helps where nothing else was tried.

use super::{Judged, LEAST_CUT, cut, is_any_unknown};
use crate::record::{Run, Verdict};
use crate::report::numbers::{Notation, ratio, short};

/// The listed arithmetic that cures the first one, or why there is none.
pub fn remedy(run: &Run, notation: Notation) -> String {
    // Another program is no arithmetic that a run could take instead.
    let own = run.arithmetics.iter().filter(|arithmetic| arithmetic.external.is_none());
    let judged: Vec<Judged> = own.map(Judged::new).collect();
    let Some((first, others)) = judged.split_first() else { return none_tried("no arithmetic was measured") };
    match first.verdict {
        Verdict::Sound => return none_tried(&format!("{} needs none at layer 1", first.name(notation))),
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
        return none_tried(&format!(
            "{} stands alone; add one with a wider {wider} to --formats",
            first.name(notation)
        ));
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
        return measured(first, sibling, &described(first, sibling, notation), notation);
    }
    // Of the mildest verdict, what costs least.
    let rank = |judged: &Judged| (judged.verdict, cost(judged));
    let cheapest = others.iter().filter(helps).reduce(|best, next| if rank(next) < rank(best) { next } else { best });
    let Some(cheapest) = cheapest else {
        let known = if is_any_unknown(others) { "is known to be" } else { "is" };
        return none_tried(&format!(
            "no other arithmetic listed {known} better than {} at layer 1",
            first.name(notation)
        ));
    };
    let remedy = measured(first, cheapest, &cheapest.name(notation), notation);
    match others.iter().find(same_format) {
        Some(sibling) => format!("{}; {} does not.", remedy.trim_end_matches('.'), described(first, sibling, notation)),
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
fn described(first: &Judged, other: &Judged, notation: Notation) -> String {
    if let Some(role) = changed_role(&first.arithmetic.name, &other.arithmetic.name) {
        return format!("{role} ({})", other.name(notation));
    }
    match accumulator(&other.arithmetic.name) {
        Some(format) if accumulator(&first.arithmetic.name) != Some(format) => {
            // Formats are spoken letter by letter: an "ef thirty-two", a "bee ef sixteen".
            let article = if format.starts_with(['f', 'e', 'm']) { "an" } else { "a" };
            format!("{article} {format} accumulator ({})", other.name(notation))
        }
        _ => other.name(notation),
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
