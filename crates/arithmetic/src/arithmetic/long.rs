//! Every other format: `mpfr:N`, and `eXmY` too wide for double lanes, on MPFR numbers.
//!
//! MPFR rounds to the precision but supports neither our subnormal numbers nor our maximum, so bounded formats first
//! round a result **to odd** with two extra bits and then once by the format's definition: rounding to odd preserves
//! the information that decides ties (Boldo and Melquiond 2008).

use super::random::{ALONE, Draw, Draws, LAST, STORE};
use super::reference::{dots, vectors};
use super::sum::{Accumulator, Chain, accumulate};
use super::{
    Arithmetic, ArithmeticName, Binary, Content, Crossing, Direction, Exact, Limits, Numbers, Place, Quantiser, Side,
    Step, Sum, from_fn,
};
use crate::activation::{Function, round_function_by};
use crate::format::{Format, Range, Toward};
use ndarray::{Array2, ArrayView2};
use rug::float::Round;
use rug::ops::AssignRound;
use rug::{Assign, Float};
use std::borrow::Cow;
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

    /// The rounding of the results at a place.
    fn at(&self, at: Place) -> Once {
        let ArithmeticName { direction, limits, .. } = self.name;
        let draws = match direction {
            Direction::Stochastic(bits) => Some(Draws::new(self.key, at, bits)),
            Direction::Nearest | Direction::Toward(_) => None,
        };
        Once { direction, limits, draws }
    }
}

/// One rounding of an MPFR expression to a format.
#[derive(Clone, Copy)]
struct Once {
    direction: Direction,
    limits: Limits,
    draws: Option<Draws>,
}

impl Once {
    /// Rounds an expression with a draw.
    fn round<T>(&self, format: &Format, draw: Draw, expression: T) -> Float
    where
        Float: AssignRound<T, Round = Round, Ordering = Ordering>,
    {
        let random = self.draws.map_or(0, |draws| draws.of(draw));
        match self.direction {
            Direction::Nearest if self.limits == Limits::NONE => round_once(format, expression),
            Direction::Stochastic(bits) if self.limits == Limits::NONE => {
                round_stochastically(format, bits, random, expression)
            }
            direction => {
                let odd = to_odd(format.precision + direction.bits_beyond() + 1, expression);
                self.limits.result(format, &odd, direction.round(format, &odd, random))
            }
        }
    }

    /// Rounds x + y with a draw. A sum of opposite numbers is +0, and −0 where results are rounded down (IEEE 754-2019
    /// section 6.3).
    fn sum(&self, format: &Format, draw: Draw, x: &Float, y: &Float) -> Float {
        let is_down = self.direction == Direction::Toward(Toward::Down);
        if is_down && x.is_finite() && *x == Float::with_val(y.prec(), -y) {
            return format.round(&Float::with_val(2, if is_plus_zero(x) && is_plus_zero(y) { 0.0 } else { -0.0 }));
        }
        self.round(format, draw, x + y)
    }

    /// Reads an operand, a number of the format.
    fn operand<'x>(&self, format: &Format, x: &'x Float) -> Cow<'x, Float> {
        match self.limits.flushes_operands {
            true => Cow::Owned(self.limits.operand(format, x)),
            false => Cow::Borrowed(x),
        }
    }
}

fn is_plus_zero(x: &Float) -> bool {
    x.is_zero() && x.is_sign_positive()
}

/// Rounds an MPFR expression once, stochastically: first truncated to the bits that the rounding uses, which changes
/// nothing.
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
    format.round(&to_odd(format.precision + 2, expression))
}

/// An MPFR expression rounded to odd: what every rounding to fewer bits takes for the expression itself.
pub(super) fn to_odd<T>(bits: u32, expression: T) -> Float
where
    Float: AssignRound<T, Round = Round, Ordering = Ordering>,
{
    let mut odd = Float::new(bits);
    if odd.assign_round(expression, Round::Zero) != Ordering::Equal && odd.is_finite() {
        let last_bit_is_set = odd.to_integer_exp().is_some_and(|(significand, _)| significand.is_odd());
        if !last_bit_is_set {
            if odd.is_sign_negative() { odd.next_down() } else { odd.next_up() }
        }
    }
    odd
}

/// The terms of one sum, in the accumulator.
struct Terms<'t> {
    format: &'t Format,
    accumulator: &'t Format,
    once: &'t Once,
    row: &'t [Float],
    column: &'t [Float],
    last: Option<&'t Float>,
}

impl Terms<'_> {
    fn factors(&self, term: u32) -> (Cow<'_, Float>, Cow<'_, Float>) {
        let (x, y) = (&self.row[term as usize], &self.column[term as usize]);
        (self.once.operand(self.format, x), self.once.operand(self.format, y))
    }
}

impl Accumulator for Terms<'_> {
    type Number = Float;

    fn product(&mut self, term: u32) -> Float {
        let (x, y) = self.factors(term);
        self.once.round(self.accumulator, Draw::First(term), &*x * &*y)
    }

    fn fused(&mut self, term: u32, sum: Option<&Float>) -> Float {
        let (x, y) = self.factors(term);
        let draw = Draw::Second(term);
        match sum {
            None => self.once.round(self.accumulator, draw, &*x * &*y),
            Some(sum) => {
                let sum = self.once.operand(self.accumulator, sum);
                if self.once.direction != Direction::Toward(Toward::Down) {
                    return self.once.round(self.accumulator, draw, x.mul_add_ref(&y, &sum));
                }
                let product = Float::with_val(x.prec() + y.prec(), &*x * &*y);
                self.once.sum(self.accumulator, draw, &product, &sum)
            }
        }
    }

    fn add(&mut self, draw: Draw, x: &Float, y: &Float) -> Float {
        let (x, y) = (self.once.operand(self.accumulator, x), self.once.operand(self.accumulator, y));
        self.once.sum(self.accumulator, draw, &x, &y)
    }

    fn subtract(&mut self, draw: Draw, x: &Float, y: &Float) -> Float {
        let (x, y) = (self.once.operand(self.accumulator, x), self.once.operand(self.accumulator, y));
        self.once.sum(self.accumulator, draw, &x, &Float::with_val(y.prec(), -&*y))
    }

    fn last(&mut self) -> Option<Float> {
        self.last.map(|last| self.once.operand(self.format, last).into_owned())
    }

    fn zero(&mut self) -> Float {
        Float::new(self.accumulator.precision)
    }
}

impl Arithmetic for Long {
    type Elem = Float;
    type Operand = Vec<Vec<Float>>;

    fn round(&self, at: Place, x: &Exact) -> Float {
        let (format, x) = (&self.name.format, x.to_float());
        let Once { direction, limits, draws } = self.at(at);
        let random = draws.map_or(0, |draws| draws.first(ALONE));
        limits.result(format, &x, direction.round(format, &x, random))
    }

    fn dot(&self, at: Place, row: &[Float], column: &[Float], last: Option<&Float>) -> Float {
        let once = self.at(at);
        if self.name.sum == Sum::Exact {
            return self.exact_dot(&once, row, column, last);
        }
        let ArithmeticName { format, accumulator, sum: order, .. } = &self.name;
        if let Sum::TensorCore(Chain { rule, promote, .. }) = order {
            let zero = Float::new(accumulator.precision);
            let mut sum = match promote {
                None => rule.unbounded_dot_long(row, column, &zero),
                Some(every) => rule.unbounded_promoted_dot_long(*every as usize, row, column, &zero),
            };
            if let Some(last) = last {
                sum = once.sum(accumulator, Draw::First(LAST), &sum, last);
            }
            return once.round(format, Draw::First(STORE), &sum);
        }
        let is_plain = order == &Sum::Sequential && once.direction == Direction::Nearest;
        let sum = match accumulator.range {
            Range::Unbounded if is_plain && !row.is_empty() && !once.limits.flushes_operands => {
                // The same two roundings per term in two reused numbers.
                let (mut product, mut sum) = (Float::new(accumulator.precision), Float::new(accumulator.precision));
                sum.assign(&row[0] * &column[0]);
                for (x, y) in row.iter().zip(column).skip(1) {
                    product.assign(x * y);
                    sum += &product;
                }
                match last {
                    Some(last) => once.round(accumulator, Draw::First(LAST), &sum + last),
                    None => sum,
                }
            }
            _ => {
                let mut terms = Terms { format, accumulator, once: &once, row, column, last };
                accumulate(*order, row.len() as u32, &mut terms)
            }
        };
        // A finished sum is no operand.
        once.round(format, Draw::First(STORE), &sum)
    }

    fn apply(&self, at: Place, f: &Function, x: &Float) -> Float {
        let (format, once) = (&self.name.format, self.at(at));
        let random = once.draws.map_or(0, |draws| draws.first(ALONE));
        let round = |x: &Float| once.limits.result(format, x, once.direction.round(format, x, random));
        round_function_by(f, &once.operand(format, x), format, once.direction.bits_beyond(), &round)
    }

    fn binary(&self, at: Place, operation: Binary, x: &Float, y: &Float) -> Float {
        let (format, once, draw) = (&self.name.format, self.at(at), Draw::First(ALONE));
        let (x, y) = (&*once.operand(format, x), &*once.operand(format, y));
        match operation {
            Binary::Add => once.sum(format, draw, x, y),
            Binary::Subtract => once.sum(format, draw, x, &Float::with_val(y.prec(), -y)),
            Binary::Multiply => once.round(format, draw, x * y),
            Binary::Divide => once.round(format, draw, x / y),
        }
    }

    fn prepare(&self, matrix: ArrayView2<Float>, side: Side, content: Content) -> Vec<Vec<Float>> {
        match self.name.quantiser(content) {
            None => vectors(matrix, side),
            // Read as numbers of the format first: what is quantised is read no more.
            Some(Quantiser::Format(element)) => {
                let ArithmeticName { format, limits, .. } = &self.name;
                vectors(matrix.map(|x| element.round(&limits.operand(format, x))).view(), side)
            }
            Some(scaled) => unreachable!("invariant: doubles carry the scales of {scaled}"),
        }
    }

    fn sum_rows(&self, step: Step, x: &Array2<Float>) -> Array2<Float> {
        // Sums without products know no tensor core: they run in index order there.
        let sum = match self.name.sum {
            Sum::TensorCore(_) => Sum::Sequential,
            sum => sum,
        };
        let plain = Long { name: ArithmeticName { sum, ..self.name }, key: self.key };
        let ones = vec![Float::with_val(2, 1.0); x.ncols()];
        from_fn((x.nrows(), 1), |(row, _)| plain.dot(Place::new(step, (row, 0)), &x.row(row).to_vec(), &ones, None))
    }

    fn product(
        &self,
        step: Step,
        left: &Vec<Vec<Float>>,
        right: &Vec<Vec<Float>>,
        last: Option<&[Float]>,
    ) -> Array2<Float> {
        dots(self, step, left, right, last)
    }

    fn crossing(&self, x: &Array2<Float>) -> Crossing {
        Crossing::Numbers(self.exact_matrix(x))
    }
}

impl Numbers for Long {
    fn exact(&self, x: &Float) -> Exact {
        Exact::Long(x.clone())
    }
}

impl Long {
    /// The exact sum of the products and `last`, rounded once.
    fn exact_dot(&self, once: &Once, row: &[Float], column: &[Float], last: Option<&Float>) -> Float {
        let format = &self.name.format;
        let product = |(x, y): (&Float, &Float)| {
            let (x, y) = (once.operand(format, x), once.operand(format, y));
            Float::with_val(x.prec() + y.prec(), &*x * &*y)
        };
        let mut terms: Vec<Float> = row.iter().zip(column).map(product).collect();
        if terms.is_empty() {
            terms.push(Float::new(format.precision));
        }
        terms.extend(last.map(|last| once.operand(format, last).into_owned()));
        let draw = Draw::First(STORE);
        if once.direction == Direction::Toward(Toward::Down) && terms.iter().all(Float::is_finite) {
            // The sign of a zero is that of the last of its sums.
            let is_zero = Float::with_val(2, Float::sum(terms.iter())).is_zero();
            if is_zero {
                let is_plus = terms.iter().all(is_plus_zero);
                return format.round(&Float::with_val(2, if is_plus { 0.0 } else { -0.0 }));
            }
        }
        once.round(format, draw, Float::sum(terms.iter()))
    }
}
