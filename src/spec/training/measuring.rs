//! At which steps gradients are held against the truth.

use serde::{Deserialize, Serialize};
use std::fmt;

/// At which steps gradients are held against the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureAt {
    /// At steps 0, n, 2n, … and the last one.
    Every(usize),
    /// At so many steps, each about as many times the one before it, from 0 to the last one.
    Logarithmic(usize),
    /// At no step.
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

    pub(super) fn check(self) -> Result<(), String> {
        match self {
            MeasureAt::Every(0) => Err("--measure every=0: give every=25, log=20 or none".into()),
            MeasureAt::Logarithmic(0 | 1) => Err(format!("--measure {self}: give two points and more, such as log=20")),
            _ => Ok(()),
        }
    }

    /// The steps, from the least; a step is measured before its update.
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

/// 0, then so many steps less one whose ratios are about the same: roots by bisection in integers, so that they are the
/// same on any machine.
fn geometric(points: usize, last: usize) -> Vec<usize> {
    let parts = points.saturating_sub(1).max(1) as u32;
    // step + 1 runs from 1 to last + 1.
    let mut steps: Vec<usize> = (0..=parts).map(|part| root(last as u64 + 1, part, parts) as usize - 1).collect();
    steps.dedup();
    steps
}

/// ⌊x^(part/parts)⌋, within a step of it for large numbers.
fn root(x: u64, part: u32, parts: u32) -> u64 {
    use rug::Integer;
    use rug::ops::Pow;
    let power = Integer::from(x).pow(part);
    power.root(parts).to_u64().unwrap_or(x).clamp(1, x)
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
        for text in ["25", "every", "every=x", "log=-1", ""] {
            assert!(MeasureAt::parse(text).unwrap_err().contains("every=25"), "{text}");
        }
    }
}
