//! The least depth from which a share of the trials is saturated.

use super::networks::Grid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Half of the trials.
pub const HALF: Share = (1, 2);

/// A share of the trials as a quotient.
pub type Share = (usize, usize);

/// From which depth on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reached", rename_all = "snake_case")]
pub enum Reach {
    /// From this depth on, at this one and the next.
    From {
        /// The depth.
        depth: usize,
    },
    /// Only at the last depth.
    Unconfirmed {
        /// The depth.
        depth: usize,
    },
    /// At no depth up to this one.
    Beyond {
        /// The last depth.
        depth: usize,
    },
}

impl Reach {
    /// The depth, infinite where none is reached.
    pub fn depth(self) -> f64 {
        match self {
            Reach::From { depth } | Reach::Unconfirmed { depth } => depth as f64,
            Reach::Beyond { .. } => f64::INFINITY,
        }
    }
}

/// How many of the chosen trials are saturated, and of how many that is known.
pub fn count(trials: &[Option<bool>], chosen: &[usize]) -> (usize, usize) {
    let known = chosen.iter().filter_map(|trial| *trials.get(*trial)?);
    known.fold((0, 0), |(saturated, known), is_saturated| (saturated + usize::from(is_saturated), known + 1))
}

pub fn is_reached(trials: &[Option<bool>], (part, whole): Share, chosen: &[usize]) -> bool {
    let (saturated, known) = count(trials, chosen);
    known > 0 && whole * saturated >= part * known
}

/// The least depth at which the share is reached there and at the next depth.
pub fn reach(grid: &Grid, share: Share, chosen: &[usize]) -> Reach {
    let reached: Vec<bool> = grid.iter().map(|(_, trials)| is_reached(trials, share, chosen)).collect();
    of_depths(grid.iter().map(|(depth, _)| *depth), &reached)
}

/// The same of depths at which something is so, or not.
pub fn of_depths(depths: impl Iterator<Item = usize>, reached: &[bool]) -> Reach {
    let depths: Vec<usize> = depths.collect();
    let last = depths.last().copied().unwrap_or(0);
    match reached.windows(2).position(|pair| pair == [true, true]).and_then(|place| depths.get(place)) {
        Some(depth) => Reach::From { depth: *depth },
        None if reached.last() == Some(&true) => Reach::Unconfirmed { depth: last },
        None => Reach::Beyond { depth: last },
    }
}
