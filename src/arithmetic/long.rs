//! Every other format: `mpfr:N`, and `eXmY` too wide for double lanes, on MPFR numbers.
//!
//! MPFR rounds to the precision but knows no subnormals and no maximum of ours, so bounded formats
//! first take a result rounded **to odd** with two extra bits and then round once by the format's
//! definition: rounding to odd keeps what decides ties (Boldo and Melquiond 2008).

use super::random::{self, Draws, LAST, STORE};
use super::reference::{dots, vectors};
use super::{Arithmetic, ArithmeticName, Binary, Direction, Exact, Place, Side, Sum, TensorId};
use crate::activation::{Function, round_function, round_function_stochastically};
use crate::format::{Format, Range};
use ndarray::{Array2, ArrayView2};
use rug::float::Round;
use rug::ops::AssignRound;
use rug::{Assign, Float};
use std::cmp::Ordering;

/// An arithmetic on MPFR numbers.
pub struct Long {
    name: ArithmeticName,
    /// Of the random bits.
    key: u64,
}

impl Long {
    /// The arithmetic of that name.
    pub fn new(name: ArithmeticName) -> Long {
        Long { name, key: 0 }
    }

    /// The same with random bits of another key.
    pub fn keyed(self, key: u64) -> Long {
        Long { key, ..self }
    }

    /// How the results at a place are rounded.
    fn at(&self, at: Place) -> Once {
        match self.name.direction {
            Direction::Nearest => Once::Nearest,
            Direction::Stochastic(bits) => Once::Stochastic(bits, Draws::new(self.key, at, bits)),
        }
    }
}

/// One rounding of an MPFR expression to a format.
#[derive(Clone, Copy)]
enum Once {
    Nearest,
    Stochastic(u32, Draws),
}

impl Once {
    /// Rounds with the draw of a step.
    fn round<T>(&self, format: &Format, step: u32, expression: T) -> Float
    where
        Float: AssignRound<T, Round = Round, Ordering = Ordering>,
    {
        match self {
            Once::Nearest => round_once(format, expression),
            Once::Stochastic(bits, draws) => round_stochastically(format, *bits, draws.first(step), expression),
        }
    }

    /// Rounds a sum with the draw beside its product's.
    fn round_sum<T>(&self, format: &Format, step: u32, expression: T) -> Float
    where
        Float: AssignRound<T, Round = Round, Ordering = Ordering>,
    {
        match self {
            Once::Nearest => round_once(format, expression),
            Once::Stochastic(bits, draws) => round_stochastically(format, *bits, draws.second(step), expression),
        }
    }
}

/// Rounds an MPFR expression once and stochastically: cut to the bits that are looked at, which changes nothing.
pub(super) fn round_stochastically<T>(format: &Format, bits: u32, random: u32, expression: T) -> Float
where
    Float: AssignRound<T, Round = Round, Ordering = Ordering>,
{
    let mut cut = Float::new(format.precision + bits);
    cut.assign_round(expression, Round::Zero);
    format.round_stochastically(&cut, bits, random)
}

/// Rounds an MPFR expression once to the format.
pub(super) fn round_once<T>(format: &Format, expression: T) -> Float
where
    Float: AssignRound<T, Round = Round, Ordering = Ordering>,
{
    if format.range == Range::Unbounded {
        let mut result = Float::new(format.precision);
        result.assign_round(expression, Round::Nearest);
        return result;
    }
    let mut odd = Float::new(format.precision + 2);
    if odd.assign_round(expression, Round::Zero) != Ordering::Equal && odd.is_finite() {
        let last_bit_is_set = odd.to_integer_exp().is_some_and(|(significand, _)| significand.is_odd());
        if !last_bit_is_set {
            if odd.is_sign_negative() { odd.next_down() } else { odd.next_up() }
        }
    }
    format.round(&odd)
}

impl Arithmetic for Long {
    type Elem = Float;
    type Operand = Vec<Vec<Float>>;

    fn round(&self, at: Place, x: &Exact) -> Float {
        let format = &self.name.format;
        match (x, self.at(at)) {
            (x, Once::Stochastic(bits, draws)) => {
                format.round_stochastically(&x.to_float(), bits, draws.first(random::ROUND))
            }
            (Exact::Double(x), Once::Nearest) => format.round(&Float::with_val(53, *x)),
            (Exact::Long(x), Once::Nearest) => format.round(x),
        }
    }

    fn exact(&self, x: &Float) -> Exact {
        Exact::Long(x.clone())
    }

    fn dot(&self, at: Place, row: &[Float], column: &[Float], last: Option<&Float>) -> Float {
        let once = self.at(at);
        if self.name.sum == Sum::Exact {
            return self.exact_dot(&once, row, column, last);
        }
        let accumulator = &self.name.accumulator;
        let terms = || (0u32..).zip(row.iter().zip(column));
        let mut sum: Option<Float> = None;
        if self.name.sum == Sum::Fused {
            for (step, (x, y)) in terms() {
                sum = Some(match sum {
                    None => once.round_sum(accumulator, step, x * y),
                    Some(sum) => once.round_sum(accumulator, step, x.mul_add_ref(y, &sum)),
                });
            }
        } else if accumulator.range == Range::Unbounded && matches!(once, Once::Nearest) {
            // The same two roundings per term in two reused numbers.
            let mut product = Float::new(accumulator.precision);
            for (x, y) in row.iter().zip(column) {
                product.assign(x * y);
                match &mut sum {
                    None => sum = Some(product.clone()),
                    Some(sum) => *sum += &product,
                }
            }
        } else {
            for (step, (x, y)) in terms() {
                let product = once.round(accumulator, step, x * y);
                sum = Some(match sum {
                    None => product,
                    Some(sum) => once.round_sum(accumulator, step, &sum + &product),
                });
            }
        }
        let mut sum = sum.unwrap_or_else(|| Float::new(accumulator.precision));
        if let Some(last) = last {
            sum = once.round(accumulator, LAST, &sum + last);
        }
        once.round(&self.name.format, STORE, &sum)
    }

    fn apply(&self, at: Place, f: &Function, x: &Float) -> Float {
        match self.at(at) {
            Once::Nearest => round_function(f, x, &self.name.format),
            Once::Stochastic(bits, draws) => {
                round_function_stochastically(f, x, &self.name.format, bits, draws.first(random::APPLY))
            }
        }
    }

    fn binary(&self, at: Place, operation: Binary, x: &Float, y: &Float) -> Float {
        let (format, once, step) = (&self.name.format, self.at(at), random::step_of(operation));
        match operation {
            Binary::Add => once.round(format, step, x + y),
            Binary::Subtract => once.round(format, step, x - y),
            Binary::Multiply => once.round(format, step, x * y),
            Binary::Divide => once.round(format, step, x / y),
        }
    }

    fn prepare(&self, matrix: ArrayView2<Float>, side: Side) -> Vec<Vec<Float>> {
        vectors(matrix, side)
    }

    fn product(
        &self,
        tensor: TensorId,
        left: &Vec<Vec<Float>>,
        right: &Vec<Vec<Float>>,
        last: Option<&[Float]>,
    ) -> Array2<Float> {
        dots(self, tensor, left, right, last)
    }
}

impl Long {
    /// The exact sum of the products and `last`, rounded once.
    fn exact_dot(&self, once: &Once, row: &[Float], column: &[Float], last: Option<&Float>) -> Float {
        let product = |(x, y): (&Float, &Float)| Float::with_val(x.prec() + y.prec(), x * y);
        let mut terms: Vec<Float> = row.iter().zip(column).map(product).collect();
        if terms.is_empty() {
            terms.push(Float::new(self.name.format.precision));
        }
        terms.extend(last.cloned());
        once.round(&self.name.format, STORE, Float::sum(terms.iter()))
    }
}
