//! What a probe will need in memory, told before it starts.

use crate::arithmetic::ArithmeticName;
use crate::exchange::Sequential;
use crate::format::exponent_of;
use crate::probe::questions::Questions;
use crate::spec::{Attribute, Plan};

/// Bytes of one MPFR or GMP number besides its limbs: the struct and the allocator's share.
const NUMBER: u128 = 48;

/// Forward passes of an arithmetic that is attributed: its own, the twin's, the range's, exact sums, forward in f32,
/// the exact one, storage alone, and an f32 accumulator.
const ATTRIBUTED_RUNS: u128 = 8;

/// Bytes that a probe needs at most, about: trials that run at once, each with parameters, the truth's
/// columns, and every arithmetic's activations.
pub fn estimate(plan: &Plan, threads: usize) -> u64 {
    let spec = &plan.spec;
    let (depth, width, batch) = (spec.depth as u128, spec.width as u128, spec.batch as u128);
    let (features, outputs) = spec.shape();
    let features = features as u128;
    let parameters = match &plan.network {
        Some(network) => network.layers.iter().map(|layer| layer.weight.len() as u128).sum(),
        None => depth * width * width + width * (features + outputs as u128),
    };
    let units = match &spec.weights {
        Some(weights) => weights.units.iter().skip(1).map(|&units| units as u128).sum::<u128>() * batch,
        None => (depth + 1) * width * batch,
    };
    // Values of a hidden layer: z and a; the scaled branch and the sum of a residual one.
    let nodes = if spec.residual { 4 } else { 2 };
    // The bounds of the truth give away about 3.5 bits per layer.
    let truth_bits = u128::from(spec.truth_bits) + 7 * depth / 2 + 64;
    let column_entry = NUMBER + truth_bits / 8;
    // The values and φ' of the truth; weights as doubles and as integers for both directions.
    let long = plan.network.as_ref().map_or(0, |network| long_weights(network));
    let truth = units * (nodes + 1) * column_entry + parameters * 3 * 8 + long;
    let arithmetics: u128 = plan
        .arithmetics
        .iter()
        .map(|policy| {
            // The long carrier's numbers, which every name beyond double lanes uses; lanes need at most 8 bytes.
            let of = |name: &ArithmeticName| match name.format.precision {
                precision if precision <= 53 && name.accumulator.precision >= precision => 8,
                precision => NUMBER + u128::from(precision) / 8,
            };
            let elem = of(&policy.forward).max(of(&policy.backward));
            // The twin of unbounded exponents; and of sources and remedies, those that have a forward pass of their own.
            let runs = if Questions::are_put(policy, spec.attribute) { ATTRIBUTED_RUNS } else { 2 };
            let wide = if spec.attribute == Attribute::All && elem > 8 { 2 * elem } else { elem };
            runs * nodes * units * wide + 3 * width * width.max(features) * elem.max(40)
        })
        .sum();
    let at_once = threads.min(spec.trials) as u128;
    // Half as much again for the allocator and the record; measured peaks lie between a half of this and all of it.
    let bytes = at_once * (truth + arithmetics) * 3 / 2 + (32 << 20);
    u64::try_from(bytes).unwrap_or(u64::MAX)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    /// The largest spec that validates does not overflow the estimate.
    #[test]
    fn the_largest_spec_has_an_estimate() {
        let spec = Spec { depth: 1_000_000, width: 1_000_000, trials: 1_000_000, ..Spec::default() };
        let plan = spec.validate().unwrap();
        assert_eq!(estimate(&plan, 1024), u64::MAX);
        assert_eq!(in_words(u64::MAX), "16.0 EiB");
        let small = Spec { depth: 2, width: 2, batch: 2, trials: 1, ..Spec::default() };
        assert!(estimate(&small.validate().unwrap(), 1) < 64 << 20);
    }
}
