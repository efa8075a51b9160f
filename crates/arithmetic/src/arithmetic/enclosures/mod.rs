//! Ball arithmetic: an [`Arithmetic`] whose elements enclose the exact numbers, so that the one text of a network's
//! operations, run in it, is a proof.
//!
//! Nothing rounds: the result of a step contains every real number that the step has for numbers in its operands.
//! Midpoints keep p bits, or fewer where the radius exceeds them, and what is cut joins the radius. Radii are rounded up.
//! What is not decided (a side of a kink) is enclosed on both sides; what cannot be enclosed (a quotient by an enclosure of
//! 0, an exponent beyond all ranges) is the whole line. So nothing fails, and a radius says how much is known.
//!
//! Operations here use none of the lemmas of the norm-wise proof: each of the two checks the other.

mod product;
#[cfg(test)]
mod tests;

pub use product::Operand;
use product::Product;

use super::{Arithmetic, Binary, Content, Crossing, Exact, ExactMatrix, Place, Side, Step, from_fn};
use crate::activation::Function;
use crate::enclosure::function::{Evaluator, either};
use crate::enclosure::term::{Term, term};
use crate::enclosure::{Ball, Bound, Precision, Scaled, compared};
use ndarray::{Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;
use rug::Integer;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bits that are kept below a radius; dropping the others increases it by 2^-SPARE of itself.
const SPARE: i64 = 16;
/// Largest magnitude of an exponent of a midpoint: far within 64 bits, even squared.
const LARGEST_EXPONENT: i64 = 1 << 40;
/// Bits by which two summands may lie apart beyond p: a smaller one becomes part of the radius.
const LONGEST_ALIGNMENT: i64 = 1 << 14;
/// Bits of a quotient beyond p.
const GUARD: u32 = 8;

/// The arithmetic of enclosures.
#[derive(Debug)]
pub struct Enclosures {
    precision: Precision,
    wanted: Option<u32>,
    has_weight_gradients: bool,
    is_out_of_range: AtomicBool,
}

impl Enclosures {
    /// Midpoints keep the precision's bits.
    pub fn new(precision: impl Into<Precision>) -> Enclosures {
        Enclosures {
            precision: precision.into(),
            wanted: None,
            has_weight_gradients: true,
            is_out_of_range: AtomicBool::new(false),
        }
    }

    /// Leaves out digits of gradients of weights beyond so many bits, with a margin.
    pub fn wanting(self, bits: u32) -> Enclosures {
        Enclosures { wanted: Some(bits), ..self }
    }

    /// Leaves out the gradients of weights, whose places have zeros: for a forecast, whose loss of bits their factors show.
    pub fn without_weight_gradients(self) -> Enclosures {
        Enclosures { has_weight_gradients: false, ..self }
    }

    /// True once an exponent left the range in which midpoints are computed.
    pub fn is_out_of_range(&self) -> bool {
        self.is_out_of_range.load(Ordering::Relaxed)
    }

    fn beyond(&self) -> Ball {
        self.is_out_of_range.store(true, Ordering::Relaxed);
        Ball::whole_line()
    }

    /// Shortens a midpoint to p bits, and to the bits that its radius leaves.
    fn stored(&self, ball: Ball) -> Ball {
        let Ball { midpoint, radius } = ball;
        let Some(top) = midpoint.top().filter(|_| !radius.is_infinite()) else { return Ball { midpoint, radius } };
        if top.abs() > LARGEST_EXPONENT {
            return self.beyond();
        }
        let unit = self.unit(top, radius);
        let (midpoint, is_cut) = midpoint.rounded(unit);
        self.cut(Ball { midpoint, radius }, is_cut.then(|| Bound::power_of_two(unit - 1)))
    }

    /// The exponent of the last digit that a midpoint below 2^top keeps.
    fn unit(&self, top: i64, radius: Bound) -> i64 {
        let unit = top - i64::from(self.precision.kept());
        radius.exponent().map_or(unit, |exponent| unit.max(exponent - SPARE))
    }

    /// A ball of whose midpoint digits below a half unit were lost.
    fn cut(&self, ball: Ball, half_unit: Option<Bound>) -> Ball {
        let lost = half_unit.map_or(Bound::ZERO, |half| term(Term::Shortened, self.precision.counted(half)));
        Ball { radius: ball.radius + lost, ..ball }
    }

    fn sum(&self, x: &Ball, y: &Ball) -> Ball {
        if x.is_whole_line() || y.is_whole_line() {
            return Ball::whole_line();
        }
        let radius = term(Term::SumFirst, x.radius) + term(Term::SumSecond, y.radius);
        let limit = 2 * i64::from(self.precision.kept()) + LONGEST_ALIGNMENT;
        match (x.midpoint.top(), y.midpoint.top()) {
            (Some(one), Some(other)) if (one - other).abs() > limit => {
                let (large, small) = if one > other { (x, y) } else { (y, x) };
                Ball { midpoint: large.midpoint.clone(), radius: radius + term(Term::SumLeftOut, small.size()) }
            }
            _ => Ball { midpoint: x.midpoint.plus(&y.midpoint), radius },
        }
    }

    fn multiplied(&self, x: &Ball, y: &Ball) -> Ball {
        if x.is_zero() || y.is_zero() {
            return Ball::exact(Scaled::zero());
        }
        if x.is_whole_line() || y.is_whole_line() {
            return Ball::whole_line();
        }
        let radius = term(Term::ProductSecond, x.size() * y.radius)
            + term(Term::ProductFirst, x.radius * y.size())
            + term(Term::ProductBoth, x.radius * y.radius);
        Ball { midpoint: x.midpoint.times(&y.midpoint), radius }
    }

    /// |x/y − m/n| ≤ (r + |m/n|·s)/(|n| − s) for x within r of m and y within s of n.
    fn divided(&self, x: &Ball, y: &Ball) -> Ball {
        let least = y.least(term(Term::QuotientMargin, y.radius));
        let (Some((fraction, exponent)), false) = (least, x.is_whole_line()) else { return Ball::whole_line() };
        let bits = i64::from(self.precision.kept() + GUARD);
        let length = |number: &Scaled| i64::from(number.mantissa.significant_bits());
        let by = (bits + length(&y.midpoint) - length(&x.midpoint)).max(0);
        let numerator = Integer::from(&x.midpoint.mantissa << by as u32);
        let (quotient, rest) = numerator.div_rem(y.midpoint.mantissa.clone());
        let midpoint = Scaled { mantissa: quotient, exponent: x.midpoint.exponent - by - y.midpoint.exponent };
        let unit = self.precision.counted(Bound::power_of_two(midpoint.exponent));
        let own = if rest == 0 { Bound::ZERO } else { term(Term::QuotientRounding, unit) };
        let size = Bound::from_integer(&midpoint.mantissa).scaled(midpoint.exponent) + own;
        let moved = term(Term::QuotientNumerator, x.radius) + term(Term::QuotientDenominator, size * y.radius);
        Ball { midpoint, radius: moved.over(fraction, exponent) + own }
    }

    fn applied(&self, evaluator: &Evaluator, x: &Ball) -> Ball {
        match evaluator.of(x) {
            Ok(ball) => self.stored(ball),
            // More bits may narrow the argument to numbers whose values have exponents.
            Err(_) if x.radius > Bound::ONE => Ball::whole_line(),
            Err(_) => self.beyond(),
        }
    }
}

impl Arithmetic for Enclosures {
    type Elem = Ball;
    type Operand = Operand;

    /// A finite number as it is.
    fn round(&self, _: Place, x: &Exact) -> Ball {
        match x {
            Exact::Double(x) if x.is_finite() => Ball::exact(Scaled::from_f64(*x)),
            Exact::Long(x) if x.is_finite() => Ball::exact(Scaled::from_float(x)),
            _ => Ball::whole_line(),
        }
    }

    fn dot(&self, at: Place, row: &[Ball], column: &[Ball], last: Option<&Ball>) -> Ball {
        let row = ndarray::aview1(row).insert_axis(ndarray::Axis(0));
        let column = ndarray::aview1(column).insert_axis(ndarray::Axis(1));
        let left = self.prepare(row, Side::Left, Content::Activation);
        let right = self.prepare(column, Side::Right, Content::Activation);
        self.product(at.step, &left, &right, last.map(std::slice::from_ref))[(0, 0)].clone()
    }

    fn apply(&self, _: Place, f: &Function, x: &Ball) -> Ball {
        self.applied(&Evaluator::new(*f, self.precision), x)
    }

    fn binary(&self, _: Place, operation: Binary, x: &Ball, y: &Ball) -> Ball {
        let negated = |y: &Ball| Ball { midpoint: y.midpoint.negated(), radius: y.radius };
        self.stored(match operation {
            Binary::Add => self.sum(x, y),
            Binary::Subtract => self.sum(x, &negated(y)),
            Binary::Multiply => self.multiplied(x, y),
            Binary::Divide => self.divided(x, y),
        })
    }

    fn quotient(&self, _: Place, numerator: u64, denominator: u64) -> Ball {
        let exact = |n: u64| Ball::exact(Scaled { mantissa: n.into(), exponent: 0 });
        self.stored(self.divided(&exact(numerator), &exact(denominator)))
    }

    fn prepare(&self, matrix: ArrayView2<Ball>, side: Side, content: Content) -> Operand {
        Operand::new(matrix, side, content, self.precision)
    }

    fn prepare_parameter(&self, step: Step, values: &Array2<f64>, side: Side, is_transposed: bool) -> Operand {
        let turned = if is_transposed { values.t() } else { values.view() };
        Operand::of_doubles(turned, side, Content::Parameter).unwrap_or_else(|| {
            let balls = self.round_doubles(step, values);
            let turned = if is_transposed { balls.t() } else { balls.view() };
            self.prepare(turned, side, Content::Parameter)
        })
    }

    fn product(&self, _: Step, left: &Operand, right: &Operand, last: Option<&[Ball]>) -> Array2<Ball> {
        let columns = right.lines();
        if !self.has_weight_gradients && product::is_weight_gradient(left, right) {
            return Array2::from_elem((left.lines(), columns), Ball::exact(Scaled::zero()));
        }
        let product = Product::new(left, right, self.wanted);
        let entry = |place: usize| match last {
            Some(last) => self.stored(self.sum(&product.entry(place, |_, _| i64::MIN).0, &last[place / columns])),
            None => {
                let (ball, half_unit) = product.entry(place, |top, radius| self.unit(top, radius));
                match ball.midpoint.top() {
                    Some(top) if top.abs() > LARGEST_EXPONENT => self.beyond(),
                    _ => self.cut(ball, half_unit),
                }
            }
        };
        let entries = (0..product.len()).map(entry).collect();
        Array2::from_shape_vec((left.lines(), columns), entries).expect("invariant: one entry per row and column")
    }

    fn sum_rows(&self, _: Step, x: &Array2<Ball>) -> Array2<Ball> {
        let sum = |row: usize| {
            let zero = Ball::exact(Scaled::zero());
            self.stored(x.row(row).iter().fold(zero, |sum, term| self.sum(&sum, term)))
        };
        from_fn((x.nrows(), 1), |(row, _)| sum(row))
    }

    fn map(&self, _: Step, f: &Function, x: &Array2<Ball>) -> Array2<Ball> {
        let evaluator = Evaluator::new(*f, self.precision);
        let at = |place: usize| self.applied(&evaluator, &x[(place / x.ncols(), place % x.ncols())]);
        let values: Vec<Ball> = (0..x.len()).into_par_iter().map(at).collect();
        Array2::from_shape_vec(x.dim(), values).expect("invariant: one value per entry")
    }

    fn crossing(&self, x: &Array2<Ball>) -> Crossing {
        Crossing::Enclosures(x.clone())
    }

    fn leaving(&self, x: Array2<Ball>) -> Crossing {
        Crossing::Enclosures(x)
    }

    fn receive(&self, step: Step, x: &Crossing) -> Array2<Ball> {
        match x {
            Crossing::Numbers(ExactMatrix::Doubles(x)) => self.round_doubles(step, x),
            Crossing::Numbers(ExactMatrix::Any(x)) => self.round_matrix(step, x),
            Crossing::Enclosures(x) => x.clone(),
        }
    }

    fn times_two_to(&self, _: Step, x: &Array2<Ball>, log2: i32) -> Array2<Ball> {
        x.map(|ball| Ball {
            midpoint: ball.midpoint.clone().times_two_to(i64::from(log2)),
            radius: ball.radius.scaled(i64::from(log2)),
        })
    }

    /// Any number will do: the softmax is that of the numbers without it. The largest midpoint keeps exponentials in range.
    fn stabilisers(&self, x: &Array2<Ball>) -> Vec<Ball> {
        let largest = |column: ArrayView1<Ball>| {
            let midpoints = column.into_iter().map(|ball| &ball.midpoint);
            let largest = midpoints.max_by(|x, y| compared(x, y));
            Ball::exact(largest.expect("invariant: a network has outputs").clone())
        };
        x.columns().into_iter().map(largest).collect()
    }

    fn either(&self, is_first: Option<bool>, first: &Ball, second: &Ball) -> Ball {
        match is_first {
            Some(true) => first.clone(),
            Some(false) => second.clone(),
            None => self.stored(either(first, second)),
        }
    }

    /// The shares add up to 1, so that this is minus the others' sum, whose digits do not cancel.
    fn share_less_one(&self, _: Place, shares: ArrayView1<Ball>, k: usize, _: &Ball) -> Ball {
        let others = shares.iter().enumerate().filter(|(other, _)| *other != k).map(|(_, share)| share);
        let sum = others.fold(Ball::exact(Scaled::zero()), |sum, share| self.sum(&sum, share));
        self.stored(Ball { midpoint: sum.midpoint.negated(), radius: sum.radius })
    }
}
