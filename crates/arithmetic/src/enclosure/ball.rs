//! An enclosure: a midpoint and a radius.

use super::bound::Bound;
use super::reach::Places;
use super::scaled::Scaled;
use super::sign::Sign;
use crate::activation::{Activation, Joint, Piece};
use std::cmp::Ordering;

/// All numbers within a radius of a midpoint. With the radius 0 it is exact; with an infinite one it is the whole line:
/// nothing is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Ball {
    /// The midpoint.
    pub midpoint: Scaled,
    /// The radius.
    pub radius: Bound,
}

impl Ball {
    /// One number.
    pub fn exact(number: Scaled) -> Ball {
        Ball { midpoint: number, radius: Bound::ZERO }
    }

    /// All numbers.
    pub fn whole_line() -> Ball {
        Ball { midpoint: Scaled::zero(), radius: Bound::INFINITE }
    }

    /// True if it is one number.
    pub fn is_exact(&self) -> bool {
        self.radius.is_zero()
    }

    /// True if nothing is known.
    pub fn is_whole_line(&self) -> bool {
        self.radius.is_infinite()
    }

    /// True if it is certainly zero.
    pub fn is_zero(&self) -> bool {
        self.is_exact() && self.midpoint.mantissa == 0
    }

    /// At least |midpoint|.
    pub fn size(&self) -> Bound {
        Bound::from_integer(&self.midpoint.mantissa).scaled(self.midpoint.exponent)
    }

    /// At least |x| of every number in it.
    pub fn magnitude(&self) -> Bound {
        self.size() + self.radius
    }

    /// At most |x| of every number in it, as f·2^e; `None` if it contains zero, or hardly excludes it.
    pub fn least(&self, radius: Bound) -> Option<(f64, i64)> {
        let (fraction, exponent) = self.midpoint.least();
        // A double below 2^-53 of the midpoint is covered by the step down.
        let least = (fraction - radius.scaled(-exponent).to_f64()).next_down();
        (least > 0.0).then_some((least, exponent))
    }

    /// The piece of φ' on which its midpoint lies; `None` if its numbers lie on different branches.
    pub fn piece_in(&self, activation: &Activation) -> Option<Piece> {
        let places = (!self.is_whole_line()).then(|| Places::of(Some(activation)))?;
        let reach = places.reached(&self.midpoint, self.radius);
        let crossed = &places.joints[usize::from(reach.lowest)..usize::from(reach.highest)];
        (!crossed.iter().any(Joint::is_kink)).then_some(Piece(reach.here))
    }

    /// How its numbers compare with zero.
    pub fn sign(&self) -> Sign {
        let sign = self.midpoint.sign();
        match self.radius.is_zero() {
            true => Sign::Known(sign),
            false if sign != Ordering::Equal && self.least(self.radius).is_some() => Sign::Known(sign),
            false => Sign::Undecided,
        }
    }
}
