//! The steps at which gradients are compared with the exact ones.

use crate::spec::fields::parsed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The steps at which gradients are compared with the exact ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeasureAt {
    /// Steps 0, n, 2n, … and the last one.
    Every(usize),
    /// So many steps from 0 to the last one, with nearly constant ratios.
    Logarithmic(usize),
    /// No step.
    Never,
}

impl MeasureAt {
    /// Reads `every=25`, `log=20` or `none`.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub fn parse(text: &str) -> Result<MeasureAt, String> {
        let wrong = || format!("--measure {text}: give every=25, log=20 or none");
        match text.split_once('=') {
            Some(("every", steps)) => steps.parse().map(MeasureAt::Every).map_err(|_| wrong()),
            Some(("log", points)) => points.parse().map(MeasureAt::Logarithmic).map_err(|_| wrong()),
            None if text == "none" => Ok(MeasureAt::Never),
            _ => Err(wrong()),
        }
    }

    /// Refuses an interval of 0, and more points than there are steps.
    pub(super) fn check(self, steps: usize) -> Result<(), String> {
        // With a single step, two points coincide.
        let most = steps.saturating_add(1);
        match self {
            MeasureAt::Every(0) => Err("--measure every=0: give every=25, log=20 or none".into()),
            MeasureAt::Logarithmic(0 | 1) => Err(format!("--measure {self}: give at least two points, such as log=20")),
            MeasureAt::Logarithmic(points) if points > most => {
                Err(format!("--measure {self}: there are {steps} steps; give at most log={most}"))
            }
            _ => Ok(()),
        }
    }

    /// The steps in increasing order; a step is measured before its update.
    pub fn steps(self, of: usize) -> Vec<usize> {
        let last = of.saturating_sub(1);
        let mut steps: Vec<usize> = match self {
            MeasureAt::Never => return Vec::new(),
            MeasureAt::Every(every) => (0..of).step_by(every.max(1)).collect(),
            MeasureAt::Logarithmic(points) => geometric(points, last),
        };
        steps.push(last);
        steps.dedup();
        steps
    }
}

/// 0 and then steps with nearly constant ratios, rounded down; the same on any machine.
fn geometric(points: usize, last: usize) -> Vec<usize> {
    let parts = points.saturating_sub(1).max(1) as u64;
    // step + 1 runs from 1 to last + 1.
    let end = last as u64 + 1;
    // Neighbours differ by less than 1 then (ln x < 45), so no step is left out.
    if parts > end.saturating_mul(45) {
        return (0..=last).collect();
    }
    let mut steps: Vec<usize> = (0..=parts).map(|part| root(end, part, parts) as usize - 1).collect();
    steps.dedup();
    steps
}

/// Powers of x up to which roots are computed in integers: a higher root of an x below 2^64 that is not 1 is no
/// integer.
const INTEGERS: u64 = 64;

/// ⌊x^(part/parts)⌋ for x ≥ 1 and part ≤ parts.
fn root(x: u64, part: u64, parts: u64) -> u64 {
    // Logarithm, quotient, product and exponential are off by 2^-52 each at most, of an exponent below 45.
    let estimate = core_math::exp(core_math::log(x as f64) * (part as f64 / parts as f64));
    let margin = estimate * 1e-13;
    let (low, high) = ((estimate - margin).floor(), (estimate + margin).floor());
    if low == high && low >= 1.0 { (low as u64).min(x) } else { exact_root(x, part, parts) }
}

/// The same without rounding errors, for the few cases that lie near an integer.
fn exact_root(x: u64, part: u64, parts: u64) -> u64 {
    use rug::ops::Pow;
    use rug::{Float, Integer};
    let divisor = Integer::from(part).gcd(&Integer::from(parts)).to_u64().unwrap_or(1).max(1);
    let (part, parts) = (part / divisor, parts / divisor);
    if parts <= INTEGERS || x == 1 {
        let (part, parts) = if x == 1 { (1, 1) } else { (part as u32, parts as u32) };
        return Integer::from(x).pow(part).root(parts).to_u64().unwrap_or(x);
    }
    // In lowest terms, x^(part/parts) is an integer only if x is a power of that degree, and it is not: the distance to
    // the nearest integer is found with enough bits.
    let mut bits = 128;
    loop {
        let root = (Float::with_val(bits, x).ln() * part / parts).exp();
        let margin = Float::with_val(bits, &root >> (bits - 32));
        let (low, high) =
            (Float::with_val(bits, &root - &margin).floor(), Float::with_val(bits, &root + &margin).floor());
        if low == high {
            return low.to_integer().and_then(|root| root.to_u64()).unwrap_or(x);
        }
        bits *= 2;
    }
}

/// As the command line reads it.
impl fmt::Display for MeasureAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MeasureAt::Every(steps) => write!(f, "every={steps}"),
            MeasureAt::Logarithmic(points) => write!(f, "log={points}"),
            MeasureAt::Never => f.write_str("none"),
        }
    }
}

parsed!(MeasureAt, MeasureAt::parse, ToString::to_string);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_begin_at_zero_and_end_at_the_last() {
        assert_eq!(MeasureAt::Every(25).steps(60), [0, 25, 50, 59]);
        assert_eq!(MeasureAt::Every(25).steps(51), [0, 25, 50]);
        assert_eq!(MeasureAt::Every(25).steps(1), [0]);
        assert_eq!(MeasureAt::Logarithmic(4).steps(1000), [0, 9, 99, 999]);
        assert_eq!(MeasureAt::Logarithmic(20).steps(3), [0, 1, 2]);
        assert_eq!(MeasureAt::Never.steps(100), [0; 0]);
        for text in ["every=25", "log=20", "none"] {
            assert_eq!(MeasureAt::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(MeasureAt::Logarithmic(usize::MAX).steps(4), [0, 1, 2, 3]);
        for text in ["25", "every", "every=x", "log=-1", ""] {
            assert!(MeasureAt::parse(text).unwrap_err().contains("every=25"), "{text}");
        }
    }
    /// Against the definition in integers: ⌊x^(part/parts)⌋ is the root of a power.
    #[test]
    fn roots_are_rounded_down_exactly() {
        use rug::Integer;
        use rug::ops::Pow;
        for x in (1..40).chain([64, 81, 100, 999, 1000, 1001, 1024, 4096, 59049, 65536, 9_999_999, 10_000_000]) {
            for parts in [1, 2, 3, 4, 5, 7, 10, 19, 24, 63, 64, 65, 99, 130, 200] {
                for part in 0..=parts {
                    let exact = Integer::from(x).pow(part as u32).root(parts as u32);
                    let case = format!("{x}^({part}/{parts})");
                    assert_eq!(root(x, part, parts), exact, "{case}");
                    assert_eq!(exact_root(x, part, parts), exact, "{case}, without the estimate");
                }
            }
        }
        assert_eq!(root(u64::MAX, 1, 2), u64::from(u32::MAX));
    }

    #[test]
    fn as_many_points_as_steps_take_linear_time() {
        let steps = MeasureAt::Logarithmic(1_000_000).steps(1_000_000);
        assert_eq!((steps[0], steps.last()), (0, Some(&999_999)));
        assert!(steps.len() > 10_000 && steps.is_sorted_by(|one, next| one < next));
    }
}
