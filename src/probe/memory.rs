//! What a probe will need in memory, told before it starts, and how much is computed at once so that it fits.

use crate::activation::Activation;
use crate::arithmetic::ArithmeticName;
use crate::arithmetic::dispatch::is_in_lanes;
use crate::exchange::Sequential;
use crate::format::exponent_of;
use crate::network::segments::Segments;
use crate::probe::questions::Questions;
use crate::spec::{Attribute, Plan, Schedule, Spec};

/// Bytes of one MPFR number besides its limbs: the struct and the allocator's share.
const NUMBER: u128 = 48;

/// Bytes that the smallest run takes: code, fonts, and the pixels of a report.
const FIXED: u128 = 112 << 20;

/// Forward passes of an arithmetic that is attributed: its own, the twin's, the range's, exact sums, forward in f32,
/// the exact one, storage alone, and an f32 accumulator.
const ATTRIBUTED_RUNS: u128 = 8;

/// Bytes that a probe needs at most, about, on a schedule: trials that run at once, each with parameters, the truth's
/// values, every arithmetic's, and one layer's gradients.
pub fn estimate(plan: &Plan, threads: usize, schedule: Schedule) -> u64 {
    let spec = &plan.spec;
    let (depth, width, batch) = (spec.depth as u128, spec.width as u128, spec.batch as u128);
    let (features, outputs) = spec.shape();
    let widest = width.max(features as u128);
    let parameters = match &plan.network {
        Some(network) => network.layers.iter().map(|layer| layer.weight.len() as u128).sum(),
        None => depth * width * width + width * (features + outputs) as u128,
    };
    let units = match &spec.weights {
        Some(weights) => weights.units.iter().skip(1).map(|&units| units as u128).sum::<u128>() * batch,
        None => (depth + 1) * width * batch,
    };
    // Of all layers, those whose values are kept: one run, and where a run begins.
    let layers = depth + 1;
    let segments = (schedule.segments as u128).clamp(1, layers);
    let kept = |of: u128| if segments == 1 { of } else { of.div_ceil(layers) * (layers.div_ceil(segments) + segments) };
    // Values of a hidden layer: z and a; the scaled branch and the sum of a residual one.
    let nodes = if spec.residual { 4 } else { 2 };
    // The bounds of the truth give away about 3.5 bits per layer.
    let truth_bytes = (u128::from(spec.truth_bits) + 7 * depth / 2 + 64).div_ceil(64) * 8;
    // φ' of linear pieces is a word and an exponent.
    let is_linear = |activation: &Activation| activation.is_piecewise_linear();
    let derivative =
        if plan.runs.iter().all(|run| run.activations().iter().all(is_linear)) { 16 } else { truth_bytes + 16 };
    let value = nodes * (truth_bytes + 10) + derivative;
    let long = plan.network.as_ref().map_or(0, |network| long_weights(network));
    // Weights as doubles and as planes of limbs; pieces of all layers; one layer's δ, its products and what holds them.
    let truth = kept(units * value)
        + units * 3
        + parameters * 13
        + long
        + widest * width * (6 * truth_bytes + 150)
        + 6 * width * batch * truth_bytes;
    let arithmetics: u128 = plan
        .arithmetics
        .iter()
        .map(|policy| {
            // The long carrier's numbers, which every name beyond double lanes uses; lanes need at most 8 bytes.
            let of = |name: &ArithmeticName| match name.format.precision {
                // Doubles, whatever the format.
                _ if !name.is_common() && is_in_lanes(*name) => 8,
                precision if !name.is_common() => NUMBER + u128::from(precision) / 8,
                precision if precision <= 11 && name.accumulator.precision >= precision => 2,
                precision if precision <= 24 && name.accumulator.precision >= precision => 4,
                precision if precision <= 53 && name.accumulator.precision >= precision => 8,
                precision => NUMBER + u128::from(precision) / 8,
            };
            let elem = of(&policy.forward).max(of(&policy.backward));
            // The twin of unbounded exponents; and of sources and remedies, those that have a forward pass of their own:
            // in doubles, most of them.
            let (runs, wide) = match Questions::are_put(policy, spec.attribute) {
                true => (ATTRIBUTED_RUNS, elem.max(8)),
                false => (2, elem),
            };
            let wide = if spec.attribute == Attribute::All && elem > 8 { 2 * elem } else { wide };
            kept(runs * nodes * units * wide) + 3 * width * widest * elem.max(40)
        })
        .sum();
    let at_once = threads.min(spec.trials).min(schedule.trials_at_once) as u128;
    // A quarter as much again for the allocator and the record.
    let bytes = at_once * (truth + arithmetics) * 5 / 4 + FIXED;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The schedule that computes most at once within so many bytes; none where no schedule fits.
///
/// Values that are computed again cost about a third of the time, a trial that waits a thread.
pub fn schedule(plan: &Plan, threads: usize, limit: u64) -> Option<Schedule> {
    let all = threads.min(plan.spec.trials).max(1);
    let fits = |schedule: &Schedule| estimate(plan, threads, *schedule) <= limit;
    let segments = [1, Segments::balanced(plan.spec.depth + 1).max(1)];
    let every = (1..=all)
        .rev()
        .flat_map(|trials_at_once| segments.into_iter().map(move |segments| Schedule { segments, trials_at_once }));
    // A schedule without limits first, so that what fits is as if nobody had asked.
    std::iter::once(Schedule::default()).chain(every).find(fits)
}

/// Bytes with which the smallest schedule does.
pub fn least(plan: &Plan, threads: usize) -> u64 {
    let segments = Segments::balanced(plan.spec.depth + 1).max(1);
    estimate(plan, threads, Schedule { segments, trials_at_once: 1 })
}

/// The largest depth, width and batch, each alone, with which a spec that does not fit would fit, in words; none where
/// the network is given or none would.
pub fn nearest(plan: &Plan, threads: usize, limit: u64) -> Option<String> {
    if plan.network.is_some() {
        return None;
    }
    let fits = |spec: Spec| {
        let plan = Plan { spec, ..plan.clone() };
        schedule(&plan, threads, limit).is_some()
    };
    let largest = |now: usize, with: &dyn Fn(usize) -> Spec| {
        let (mut low, mut high) = (0, now);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if fits(with(middle)) { low = middle } else { high = middle }
        }
        low
    };
    let spec = || plan.spec.clone();
    let found = [
        ("--depth", largest(spec().depth, &|depth| Spec { depth, ..spec() })),
        ("--width", largest(spec().width, &|width| Spec { width, ..spec() })),
        ("--batch", largest(spec().batch, &|batch| Spec { batch, ..spec() })),
    ];
    let told: Vec<String> =
        found.iter().filter(|(_, most)| *most > 0).map(|(option, most)| format!("{option} {most}")).collect();
    (!told.is_empty()).then(|| told.join(" or "))
}

/// Bytes that the truth's integers take for matrices whose weights differ too much in size for machine words: all at
/// the exponent of the smallest, for both directions.
fn long_weights(network: &Sequential) -> u128 {
    let bytes = |weights: &ndarray::Array2<f64>| {
        let exponents = || weights.iter().filter(|weight| **weight != 0.0).map(|weight| exponent_of(*weight));
        // A double has 52 bits below its exponent at most.
        let bits = exponents().max().unwrap_or(0) - exponents().min().unwrap_or(0) + 53;
        if bits < 64 { 0 } else { weights.len() as u128 * 2 * (NUMBER + bits as u128 / 8) }
    };
    network.layers.iter().map(|layer| bytes(&layer.weight)).sum()
}

/// Bytes that are available now, where the system tells.
pub fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Bytes in words a person reads.
pub fn in_words(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Reads bytes: a number and a unit, 1000 or 1024 of the next smaller one (GB, GiB); a lone G is GiB.
///
/// # Errors
/// The fix.
pub fn from_words(text: &str) -> Result<u64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kib" => Some(1 << 10),
        "m" | "mib" => Some(1 << 20),
        "g" | "gib" => Some(1 << 30),
        "t" | "tib" => Some(1 << 40),
        "p" | "pib" => Some(1 << 50),
        "e" | "eib" => Some(1 << 60),
        "kb" => Some(1000),
        "mb" => Some(1_000_000),
        "gb" => Some(1_000_000_000),
        "tb" => Some(1_000_000_000_000),
        "pb" => Some(1_000_000_000_000_000),
        "eb" => Some(1_000_000_000_000_000_000),
        _ => None,
    };
    let bytes = number.parse::<f64>().ok().zip(scale).map(|(number, scale): (f64, u64)| number * scale as f64);
    // More than any machine has is no limit.
    bytes
        .filter(|bytes| *bytes >= 1.0)
        .map(|bytes| bytes as u64)
        .ok_or_else(|| "give a size such as 2GiB or 500MB".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    /// The largest spec that validates does not overflow the estimate.
    #[test]
    fn the_largest_spec_has_an_estimate() {
        let spec = Spec { depth: 1_000_000, width: 1_000_000, trials: 1_000_000, ..Spec::default() };
        let plan = spec.validate().unwrap();
        assert_eq!(estimate(&plan, 1024, Schedule::default()), u64::MAX);
        assert_eq!(in_words(u64::MAX), "16.0 EiB");
        let small = Spec { depth: 2, width: 2, batch: 2, trials: 1, ..Spec::default() };
        assert!(estimate(&small.validate().unwrap(), 1, Schedule::default()) < 128 << 20);
    }

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for (text, bytes) in [("2GiB", 2 << 30), ("2g", 2 << 30), ("0.5MiB", 1 << 19), ("500MB", 500_000_000), ("7", 7)]
        {
            assert_eq!(from_words(text), Ok(bytes), "{text}");
        }
        for bytes in [1, 1 << 20, 3 << 50, u64::MAX] {
            assert_eq!(from_words(&in_words(bytes)), Ok(bytes));
        }
        for text in ["", "GiB", "-1G", "1.2.3G", "1 parsec", "0", "nan", "inf"] {
            assert!(from_words(text).is_err(), "{text}");
        }
    }

    /// Less memory: values computed again, then fewer trials at once, then nothing but a smaller network.
    #[test]
    fn a_schedule_fits_its_limit() {
        let spec = Spec { depth: 100, width: 128, batch: 64, trials: 4, ..Spec::default() };
        let plan = spec.clone().validate().unwrap();
        let whole = estimate(&plan, 4, Schedule::default());
        assert_eq!(schedule(&plan, 4, whole), Some(Schedule::default()));
        let mut last = Schedule { segments: 1, trials_at_once: 4 };
        for share in [2, 4, 8, 16] {
            let Some(found) = schedule(&plan, 4, whole / share) else { break };
            assert!(estimate(&plan, 4, found) <= whole / share, "{found:?}");
            assert!(found.segments > 1 && found.trials_at_once <= last.trials_at_once, "{found:?} after {last:?}");
            last = found;
        }
        assert!(last.trials_at_once < 4, "{last:?}");
        assert_eq!(schedule(&plan, 4, 120 << 20), None);
        let nearest = nearest(&plan, 4, 160 << 20).unwrap();
        let words: Vec<&str> = nearest.split(' ').collect();
        assert_eq!((words[0], words[2], words[3]), ("--depth", "or", "--width"), "{nearest}");
        let depth = words[1].parse().unwrap();
        let fits = |depth| schedule(&Spec { depth, ..spec.clone() }.validate().unwrap(), 4, 160 << 20).is_some();
        assert!(fits(depth) && !fits(depth + 1), "{nearest}");
    }
}
