//! Functions of enclosures: eˣ, √x, φ and φ'.
//!
//! At a number the value is exact, or known to p + 8 bits by an enclosure with a proof. For all numbers within r of it,
//! |f(x) − f(m)| ≤ Λr with the bound Λ ≥ |f'| on every piece that they reach (Λ₁ of φ, Λ₂ of φ'). Where f jumps at a joint
//! that they may lie on either side of, the enclosure contains what f is on both sides: nothing needs to be decided.

use super::reach::{Places, Reach};
use super::scaled::quick_single;
use super::term::{Term, term};
use super::{Ball, Bound, Precision, Scaled};
use crate::activation::enclosure::EXPONENT_LIMIT;
use crate::activation::quick::{self, Number};
use crate::activation::{Activation, Break, Function, OutOfRange, Piece, Quadratic, enclosure};
use std::cmp::Ordering;

/// Bits beyond p to which values are known, so that their error stays below that of storing.
const GUARD: u32 = 8;
/// At least the magnitude of a value below all exponents.
const BELOW: Bound = Bound::power_of_two(-(EXPONENT_LIMIT as i64));

/// A function, prepared for many arguments.
pub struct Evaluator {
    function: Function,
    joints: Places,
    /// Per piece, a polynomial with binary values.
    polynomials: Vec<Option<Quadratic>>,
    is_quick: bool,
    precision: Precision,
}

impl Evaluator {
    /// For values to p bits.
    pub fn new(function: Function, precision: Precision) -> Evaluator {
        let activation = activation_of(&function);
        let joints = Places::of(activation);
        let polynomial = |piece: Piece| {
            let polynomial = activation?.polynomial(piece)?;
            let polynomial = match function {
                Function::Derivative(_) => polynomial.derivative(),
                _ => polynomial,
            };
            polynomial.is_binary().then_some(polynomial)
        };
        Evaluator {
            polynomials: (0..=joints.places.len()).map(|piece| polynomial(Piece(piece as u8))).collect(),
            is_quick: activation.is_none_or(quick::covers),
            joints,
            function,
            precision: precision.wider(GUARD),
        }
    }

    /// f(x) for all x of an enclosure, before its midpoint is shortened.
    ///
    /// # Errors
    /// A value beyond all exponents.
    pub fn of(&self, x: &Ball) -> Result<Ball, OutOfRange> {
        if x.is_exact() {
            return self.at(&x.midpoint);
        }
        if x.is_whole_line() {
            return Ok(Ball::whole_line());
        }
        match self.function {
            Function::Exp => self.exponential(x),
            Function::SquareRoot => self.root(x),
            Function::Value(activation) | Function::Derivative(activation) => self.pieces(&activation, x),
        }
    }

    /// f at one number.
    fn at(&self, x: &Scaled) -> Result<Ball, OutOfRange> {
        if activation_of(&self.function).is_some() {
            let piece = self.joints.piece_of(x);
            if let Some(polynomial) = &self.polynomials[usize::from(piece.0)]
                && let Some(value) = exactly(polynomial, x)
            {
                return Ok(Ball::exact(value));
            }
        }
        let computed = |value: Scaled| {
            let size = Bound::from_integer(&value.mantissa).scaled(value.exponent);
            // |v − f(x)| ≤ 2^(1−p)·|v|
            let radius = term(Term::FunctionEvaluated, size * self.precision.unit().scaled(1));
            Ball { midpoint: adversary::moved(value, self.precision), radius }
        };
        if self.is_quick {
            let words: &[u64] = x.mantissa.as_limbs();
            let number = Number { negative: x.mantissa.is_negative(), words, exponent: x.exponent };
            if let Some(value) = quick_single(&self.function, number, self.bits()) {
                return Ok(computed(value));
            }
        }
        let bits = x.mantissa.significant_bits().max(2);
        let Some(argument) = x.to_float(bits) else {
            return Err(OutOfRange::Overflow { negative: x.mantissa.is_negative() });
        };
        match enclosure(&self.function, &argument, self.bits()) {
            Ok(value) if value.exact => Ok(Ball::exact(Scaled::from_float(&value.value))),
            Ok(value) => Ok(computed(Scaled::from_float(&value.value))),
            Err(OutOfRange::Underflow { .. }) => {
                Ok(Ball { midpoint: adversary::vanished(), radius: term(Term::FunctionVanished, BELOW) })
            }
            Err(overflow) => Err(overflow),
        }
    }

    /// The bits to which values are computed.
    fn bits(&self) -> u32 {
        self.precision.kept() + adversary::spare()
    }

    /// eˣ: |e^x − e^m| ≤ e^m·(e^r − 1), and e^r − 1 ≤ r + r² up to r = 1.
    fn exponential(&self, x: &Ball) -> Result<Ball, OutOfRange> {
        let r = x.radius;
        if r > Bound::ONE {
            // All of them are positive and at most e^(m + r).
            let end = x.midpoint.plus(&Scaled::power_of_two(r.exponent().map_or(0, |exponent| exponent + 1)));
            let most = self.at(&end)?;
            let radius = term(Term::ExponentialFar, most.magnitude());
            return Ok(Ball { midpoint: Scaled::zero(), radius });
        }
        let centre = self.at(&x.midpoint)?;
        let moved = centre.magnitude() * (r + r * r);
        Ok(Ball { radius: centre.radius + term(Term::ExponentialPropagated, moved), ..centre })
    }

    /// √x: |√x − √m| = |x − m|/(√x + √m) ≤ r/(√m·(2 − r/m)).
    fn root(&self, x: &Ball) -> Result<Ball, OutOfRange> {
        if x.midpoint.sign() != Ordering::Greater || x.least(x.radius).is_none() {
            return Ok(Ball::whole_line());
        }
        let centre = self.at(&x.midpoint)?;
        let Some((fraction, exponent)) = centre.least(centre.radius) else { return Ok(Ball::whole_line()) };
        let (least, place) = x.midpoint.least();
        let divisor = (2.0 - x.radius.relative_to(least, place)).next_down();
        let moved = term(Term::RootPropagated, x.radius.over((fraction * divisor).next_down(), exponent));
        Ok(Ball { radius: centre.radius + moved, ..centre })
    }

    /// φ or φ' on all pieces that an enclosure reaches.
    fn pieces(&self, activation: &Activation, x: &Ball) -> Result<Ball, OutOfRange> {
        let Reach { here, lowest, highest, width } = self.joints.reached(&x.midpoint, x.radius);
        let jump = match self.function {
            Function::Derivative(_) => Break::Slope,
            _ => Break::Value,
        };
        let jumps = |joint: usize| self.joints.joints[joint].breaks >= jump;
        if !(usize::from(lowest)..usize::from(highest)).any(jumps) {
            let steepest = (lowest..=highest)
                .map(|piece| self.steepness(activation, Piece(piece), x))
                .fold(Bound::ZERO, Bound::max);
            let centre = self.at(&x.midpoint)?;
            let moved = term(Term::FunctionPropagated, steepest * x.radius);
            return Ok(Ball { radius: centre.radius + moved, ..centre });
        }
        // Every piece beside the midpoint's lies within the reach of one of its own numbers.
        let on = |piece: u8| -> Result<Ball, OutOfRange> {
            let number = match piece {
                piece if piece == here => x.midpoint.clone(),
                piece if piece == lowest => x.midpoint.plus(&width.negated()),
                piece if piece == highest => x.midpoint.plus(&width),
                piece => {
                    let [below, above] =
                        [&self.joints.places[usize::from(piece) - 1], &self.joints.places[usize::from(piece)]];
                    below.plus(above).times_two_to(-1)
                }
            };
            let centre = self.at(&number)?;
            let reach = Bound::power_of_two(width.exponent);
            let moved = term(Term::FunctionWidth, self.steepness(activation, Piece(piece), x) * reach);
            Ok(Ball { radius: centre.radius + moved, ..centre })
        };
        let balls = (lowest..=highest).map(on).collect::<Result<Vec<_>, _>>()?;
        Ok(balls.into_iter().reduce(|all, next| either(&all, &next)).expect("invariant: there is a piece"))
    }

    /// Λ on a piece, for arguments up to those of an enclosure and as far again.
    fn steepness(&self, activation: &Activation, piece: Piece, x: &Ball) -> Bound {
        match self.function {
            Function::Derivative(_) => Bound::from_f64(activation.curvature(piece)),
            _ => {
                let growth = activation.lipschitz(piece);
                let reach = x.magnitude() + x.radius;
                Bound::from_f64(growth.constant) + Bound::from_f64(growth.per_reach) * reach
            }
        }
    }
}

/// What contains two enclosures.
pub fn either(x: &Ball, y: &Ball) -> Ball {
    if x.is_whole_line() || y.is_whole_line() {
        return Ball::whole_line();
    }
    let distance = x.midpoint.plus(&y.midpoint.negated());
    let midpoint = x.midpoint.plus(&y.midpoint).times_two_to(-1);
    let half = Bound::from_integer(&distance.mantissa).scaled(distance.exponent - 1);
    let radius = term(Term::EitherDistance, half) + term(Term::EitherRadius, x.radius.max(y.radius));
    Ball { midpoint, radius }
}

fn activation_of(function: &Function) -> Option<&Activation> {
    match function {
        Function::Value(activation) | Function::Derivative(activation) => Some(activation),
        Function::Exp | Function::SquareRoot => None,
    }
}

/// (a·x² + b·x + c)/divisor of a polynomial with binary values; `None` where x is too long to be squared.
fn exactly(polynomial: &Quadratic, x: &Scaled) -> Option<Scaled> {
    let Quadratic { a, b, c, divisor } = *polynomial;
    if x.exponent.abs() > 1 << 40 {
        return None;
    }
    let mut terms = Vec::with_capacity(3);
    if a != 0.0 {
        terms.push(Scaled::from_f64(a).times(&x.times(x)));
    }
    if b != 0.0 {
        terms.push(if b == 1.0 { x.clone() } else { Scaled::from_f64(b).times(x) });
    }
    if c != 0.0 {
        terms.push(Scaled::from_f64(c));
    }
    terms.retain(|term| term.mantissa != 0);
    let tops = || terms.iter().filter_map(Scaled::top);
    let lowest = terms.iter().map(|term| term.exponent).min().unwrap_or(0);
    if tops().max().unwrap_or(0) - lowest > LONGEST {
        return None;
    }
    let sum = terms.iter().fold(Scaled::zero(), |sum, term| sum.plus(term));
    let log2_divisor = Scaled::from_f64(divisor);
    // The divisor of a polynomial with binary values is a power of two.
    Some(sum.times_two_to(-log2_divisor.log2()?))
}

/// Most bits of a sum of exact terms.
const LONGEST: i64 = 1 << 16;

/// Moves computed values to the end of what their bound allows.
pub(crate) mod adversary {
    use super::{Precision, Scaled};

    /// Unchanged.
    #[cfg(not(test))]
    #[inline(always)]
    pub fn moved(value: Scaled, _: Precision) -> Scaled {
        value
    }

    /// Zero.
    #[cfg(not(test))]
    pub fn vanished() -> Scaled {
        Scaled::zero()
    }

    /// No further bits.
    #[cfg(not(test))]
    #[inline(always)]
    pub fn spare() -> u32 {
        0
    }

    #[cfg(test)]
    pub use tests::{moved, spare, vanished};

    #[cfg(test)]
    pub mod tests {
        use super::{Precision, Scaled};
        use std::cell::Cell;

        thread_local! {
            static DIRECTION: Cell<i32> = const { Cell::new(0) };
        }

        /// Runs `f` while every computed value is moved up (1) or down (−1) by 2^(1−p) of itself, almost.
        pub fn with<T>(direction: i32, f: impl FnOnce() -> T) -> T {
            DIRECTION.set(direction);
            let result = f();
            DIRECTION.set(0);
            result
        }

        /// Bits that make the computed value's own error negligible.
        pub fn spare() -> u32 {
            if DIRECTION.get() == 0 { 0 } else { 80 }
        }

        pub fn vanished() -> Scaled {
            let allowance = rug::Integer::from((1u64 << 50) - 1) * DIRECTION.get();
            Scaled { mantissa: allowance, exponent: -50 - i64::from(super::super::EXPONENT_LIMIT) }
        }

        pub fn moved(value: Scaled, precision: Precision) -> Scaled {
            let allowance = rug::Integer::from((1u64 << 50) - 1) * DIRECTION.get();
            let direction = Scaled { mantissa: allowance, exponent: 1 - 50 - i64::from(precision.kept()) };
            value.plus(&value.times(&direction))
        }
    }
}
