//! One rounding of many doubles to a format, in every direction and with every limit.

use super::super::direction::{Direction, Limits};
use super::super::kernels::{self, RangeAlone};
use super::super::random::{Draw, Draws};
use crate::format::{DirectedRounder, F64, Format, StochasticRounder, Toward, sum_to_odd};
use rug::Float;

/// How a number is rounded; doubles represent the numbers that round to odd to them.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Nearest(kernels::Rounding),
    Toward(DirectedRounder),
    Stochastic(StochasticRounder),
}

/// A format's rounding in a direction, with what happens at the ends of its range.
#[derive(Clone, Copy, Debug)]
pub struct Rounding {
    format: Format,
    direction: Direction,
    limits: Limits,
    kind: Kind,
    /// Whether sums of two members are rounded right from the nearest double.
    sums_are_innocuous: bool,
    least: f64,
    largest: f64,
    /// +0, and −0 where the format has it.
    zeros: [f64; 2],
}

impl Rounding {
    /// The rounding, where double lanes have its bits; binary64 rounds to nearest alone.
    pub fn new(format: &Format, direction: Direction, limits: Limits) -> Option<Rounding> {
        let kind = match direction {
            Direction::Nearest if *format == F64 => Kind::Nearest(kernels::Rounding::Double),
            _ if !format.fits_f64_lanes() => return None,
            Direction::Nearest => Kind::Nearest(kernels::Rounding::to(*format)),
            Direction::Toward(toward) => Kind::Toward(format.directed_rounder(toward)?),
            Direction::Stochastic(bits) => Kind::Stochastic(format.stochastic_rounder(bits)?),
        };
        let (least, largest) = match kind {
            Kind::Nearest(kernels::Rounding::Double) => (f64::MIN_POSITIVE, f64::MAX),
            Kind::Nearest(_) => (format.rounder().smallest_normal(), format.rounder().largest()),
            Kind::Toward(rounder) => (rounder.smallest_normal(), rounder.largest()),
            Kind::Stochastic(rounder) => (rounder.smallest_normal(), rounder.largest()),
        };
        let zeros = [0.0, -0.0].map(|zero| format.round(&Float::with_val(53, zero)).to_f64());
        Some(Rounding { format: *format, direction, limits, kind, sums_are_innocuous: false, least, largest, zeros })
    }

    /// Doubles within the range of a format, its precision aside, where double lanes carry the format.
    pub fn range_alone(format: &Format) -> Option<Rounding> {
        let native = Rounding::new(&F64, Direction::Nearest, Limits::NONE)?;
        let is_native = *format == F64;
        let range = || RangeAlone::of(format).map(|range| Kind::Nearest(kernels::Rounding::Range(range)));
        Some(Rounding { kind: if is_native { native.kind } else { range()? }, ..native })
    }

    /// As the kernels round, if to nearest and without limits.
    pub fn to_nearest(&self) -> Option<&kernels::Rounding> {
        match &self.kind {
            Kind::Nearest(rounding) if self.limits == Limits::NONE => Some(rounding),
            _ => None,
        }
    }

    /// True where the processor's own operations on members are rounded right: 53 ≥ 2p + 2 (Figueroa 1995).
    pub fn is_nearest(&self) -> bool {
        matches!(self.kind, Kind::Nearest(_))
    }

    /// The same where all that is added are members: to nearest, the double rounding of their sums is then innocuous
    /// (53 ≥ 2p + 2, Figueroa 1995).
    pub fn of_members(self) -> Rounding {
        Rounding { sums_are_innocuous: self.is_nearest(), ..self }
    }

    /// True where sums and products are the processor's own.
    pub fn is_native(&self) -> bool {
        matches!(self.kind, Kind::Nearest(kernels::Rounding::Double | kernels::Rounding::Range(_)))
    }

    /// The format.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// Bits beyond the format's that decide.
    pub fn bits_beyond(&self) -> u32 {
        self.direction.bits_beyond()
    }

    /// True where a sum of opposite numbers is −0.
    pub fn zeros_are_negative(&self) -> bool {
        self.direction == Direction::Toward(Toward::Down)
    }

    /// True where every tiny number becomes a zero.
    pub fn tiny_is_zero(&self) -> bool {
        !matches!(self.kind, Kind::Toward(_)) || self.limits.flushes_results
    }

    /// The definition.
    pub fn round_long(&self, x: &Float, random: u32) -> Float {
        self.limits.result(&self.format, x, self.direction.round(&self.format, x, random))
    }

    /// Rounds one number.
    #[inline(always)]
    pub fn round(&self, x: f64, random: u32) -> f64 {
        let rounded = match &self.kind {
            Kind::Nearest(rounding) => rounding.round(x),
            Kind::Toward(rounder) => rounder.round(x),
            Kind::Stochastic(rounder) => rounder.round(x, random),
        };
        if self.limits == Limits::NONE { rounded } else { self.limited(x, rounded) }
    }

    /// Rounds a vector; each lane has its draws.
    #[inline(always)]
    pub fn round_all<const W: usize>(&self, x: &mut [f64; W], draw: Draw, draws: &[Draws; W]) {
        // A copy and one loop for each kind and for each limit, so that each becomes vectors.
        let given = *x;
        match self.kind {
            Kind::Nearest(kernels::Rounding::Double) => {}
            Kind::Nearest(kernels::Rounding::Emulated(rounder)) => x.iter_mut().for_each(|x| *x = rounder.round(*x)),
            Kind::Nearest(rounding) => x.iter_mut().for_each(|x| *x = rounding.round(*x)),
            Kind::Toward(rounder) => x.iter_mut().for_each(|x| *x = rounder.round(*x)),
            Kind::Stochastic(rounder) => {
                x.iter_mut().zip(draws).for_each(|(x, draws)| *x = rounder.round(*x, draws.of(draw)));
            }
        }
        if self.limits != Limits::NONE {
            x.iter_mut().zip(given).for_each(|(x, given)| *x = self.limited(given, *x));
        }
    }

    /// [`Rounding::sum`] of vectors, into the first.
    #[inline(always)]
    pub fn sums<const W: usize>(&self, x: &mut [f64; W], y: &[f64; W]) {
        if self.is_native() || self.sums_are_innocuous {
            x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
        } else if self.zeros_are_negative() {
            x.iter_mut().zip(y).for_each(|(x, y)| *x = self.sum(*x, *y));
        } else {
            x.iter_mut().zip(y).for_each(|(x, y)| *x = sum_to_odd(*x, *y));
        }
    }

    /// [`Limits::result`].
    #[inline(always)]
    fn limited(&self, x: f64, rounded: f64) -> f64 {
        let is_beyond = !rounded.is_finite() && !x.is_nan();
        if self.limits.saturates && is_beyond {
            self.largest.copysign(x)
        } else if self.limits.flushes_results && rounded.abs() < self.least {
            self.zeros[usize::from(rounded.is_sign_negative())]
        } else {
            rounded
        }
    }

    /// x + y rounded to odd; to binary64 where that is the format.
    ///
    /// A sum of opposite numbers is +0, and −0 where results are rounded down (IEEE 754-2019 section 6.3).
    #[inline(always)]
    pub fn sum(&self, x: f64, y: f64) -> f64 {
        if self.is_native() {
            return x + y;
        }
        let sum = sum_to_odd(x, y);
        let is_negative_zero =
            self.zeros_are_negative() && sum == 0.0 && (x.is_sign_negative() || y.is_sign_negative());
        if is_negative_zero { -0.0 } else { sum }
    }

    /// [`Limits::operand`].
    #[inline(always)]
    pub fn operand(&self, x: f64) -> f64 {
        match self.limits.flushes_operands && x.abs() < self.least {
            true => self.zeros[usize::from(x.is_sign_negative())],
            false => x,
        }
    }

    /// [`Rounding::operand`] of a vector.
    #[inline(always)]
    pub fn operands<const W: usize>(&self, mut x: [f64; W]) -> [f64; W] {
        if self.limits.flushes_operands {
            x.iter_mut().for_each(|x| *x = self.operand(*x));
        }
        x
    }
}
