//! What a probe will need in memory, told before it starts.

use crate::assets::FEATURES;
use crate::spec::Plan;

/// Bytes of one MPFR or GMP number besides its limbs: the struct and the allocator's share.
const NUMBER: u64 = 48;

/// Bytes that a probe needs at most, about: trials that run at once, each with parameters, the truth's
/// columns, and every arithmetic's activations.
pub fn estimate(plan: &Plan, threads: usize) -> u64 {
    let spec = &plan.spec;
    let (depth, width, batch) = (spec.depth as u64, spec.width as u64, spec.batch as u64);
    let parameters = depth * width * width + width * FEATURES as u64;
    let units = (depth + 1) * width * batch;
    // The bounds of the truth give away about 3.5 bits per layer.
    let truth_bits = u64::from(spec.truth_bits) + 7 * depth / 2 + 64;
    let column_entry = NUMBER + truth_bits / 8;
    // z, a and φ' of the truth; weights as doubles and as integers for both directions.
    let truth = units * 3 * column_entry + parameters * 3 * 8;
    let arithmetics: u64 = plan
        .arithmetics
        .iter()
        .map(|name| {
            // The long carrier's numbers, which every name beyond double lanes uses; lanes need at most 8 bytes.
            let elem = if name.format.precision <= 53 && name.accumulator.precision >= name.format.precision {
                8
            } else {
                NUMBER + u64::from(name.format.precision) / 8
            };
            2 * units * elem + 3 * width * width.max(FEATURES as u64) * 40
        })
        .sum();
    let at_once = threads.min(spec.trials) as u64;
    at_once * (truth + arithmetics) + (32 << 20)
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
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}
