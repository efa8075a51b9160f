//! The pieces of φ that an enclosure reaches.

use super::bound::Bound;
use super::scaled::Scaled;
use crate::activation::{Activation, Joints, Piece};
use std::cmp::Ordering;

/// The joints of an activation, and where they lie.
pub(super) struct Places {
    pub joints: Joints,
    pub places: Vec<Scaled>,
}

/// Pieces by their number from the left.
pub(super) struct Reach {
    /// The midpoint's.
    pub here: u8,
    /// The lowest that may be reached.
    pub lowest: u8,
    /// The highest.
    pub highest: u8,
    /// A power of two that is at least the radius: the reach is measured with it.
    pub width: Scaled,
}

impl Places {
    /// Those of an activation; none for other functions.
    pub fn of(activation: Option<&Activation>) -> Places {
        let joints = activation.map_or(Joints::none(), |activation| activation.joints());
        Places { places: joints.iter().map(|joint| Scaled::from_f64(joint.at)).collect(), joints }
    }

    /// The piece of a number.
    pub fn piece_of(&self, x: &Scaled) -> Piece {
        let pairs = self.joints.iter().zip(&self.places);
        Piece(pairs.filter(|(joint, place)| joint.is_above(compared(x, place))).count() as u8)
    }

    /// The pieces of all numbers within a finite radius of a midpoint.
    pub fn reached(&self, midpoint: &Scaled, radius: Bound) -> Reach {
        let here = self.piece_of(midpoint).0;
        let Some(exponent) = radius.exponent() else {
            return Reach { here, lowest: here, highest: here, width: Scaled::zero() };
        };
        let width = Scaled::power_of_two(exponent + 1);
        let is_near = |place: &Scaled| distance_compared(midpoint, place, exponent + 1) != Ordering::Greater;
        let mut near = (0..self.places.len()).filter(|&joint| is_near(&self.places[joint]));
        let (lowest, highest) = match (near.next(), near.next_back()) {
            (None, _) => (here, here),
            (Some(first), last) => (here.min(first as u8), here.max(last.unwrap_or(first) as u8 + 1)),
        };
        Reach { here, lowest, highest, width }
    }
}

/// How two numbers compare.
pub fn compared(x: &Scaled, y: &Scaled) -> Ordering {
    let (own, other) = (x.sign(), y.sign());
    if own != other || own == Ordering::Equal {
        return own.cmp(&other);
    }
    match x.top().cmp(&y.top()) {
        // The same leading bit: their difference is not longer than they are.
        Ordering::Equal => x.plus(&y.negated()).sign(),
        Ordering::Greater => own,
        Ordering::Less => own.reverse(),
    }
}

/// How |x − y| compares with 2^k.
fn distance_compared(x: &Scaled, y: &Scaled, k: i64) -> Ordering {
    let (top, other) = (x.top(), y.top());
    // Far apart or both small: the larger one decides.
    let decided = match (top, other) {
        (None, None) => return Ordering::Less,
        (Some(top), None) | (None, Some(top)) => Some(top),
        (Some(top), Some(other)) if (top - other).abs() > 1 => Some(top.max(other)),
        _ => None,
    };
    match decided {
        // 2^(top−2) ≤ |x − y| < 2^(top+1)
        Some(top) if top - 2 > k => Ordering::Greater,
        Some(top) if top < k => Ordering::Less,
        _ if (x.exponent - y.exponent).abs() > LONGEST_ALIGNMENT && x.mantissa != 0 && y.mantissa != 0 => {
            Ordering::Less
        }
        _ => {
            let difference = x.plus(&y.negated());
            let size = Scaled { mantissa: difference.mantissa.abs(), exponent: difference.exponent };
            compared(&size, &Scaled::power_of_two(k))
        }
    }
}

/// Bits by which exponents may differ where a difference is computed; beyond it a joint counts as reached.
const LONGEST_ALIGNMENT: i64 = 1 << 16;
