//! Every other format: `mpfr:N`, and `eXmY` too wide for double lanes, on MPFR numbers.
//!
//! MPFR rounds to the precision but knows no subnormals and no maximum of ours, so bounded formats
//! first take a result rounded **to odd** with two extra bits and then round once by the format's
//! definition: rounding to odd keeps what decides ties (Boldo and Melquiond 2008).

use super::reference::{dots, vectors};
use super::{Arithmetic, ArithmeticName, Binary, Exact, Place, Side, Sum, TensorId};
use crate::activation::{Function, round_function};
use crate::format::{Format, Range};
use ndarray::{Array2, ArrayView2};
use rug::float::Round;
use rug::ops::AssignRound;
use rug::{Assign, Float};
use std::cmp::Ordering;

/// An arithmetic on MPFR numbers.
pub struct Long {
    name: ArithmeticName,
}

impl Long {
    /// The arithmetic of that name.
    pub fn new(name: ArithmeticName) -> Long {
        Long { name }
    }
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

    fn round(&self, _: Place, x: &Exact) -> Float {
        match x {
            Exact::Double(x) => self.name.format.round(&Float::with_val(53, *x)),
            Exact::Long(x) => self.name.format.round(x),
        }
    }

    fn exact(&self, x: &Float) -> Exact {
        Exact::Long(x.clone())
    }

    fn dot(&self, _: Place, row: &[Float], column: &[Float], last: Option<&Float>) -> Float {
        if self.name.sum == Sum::Exact {
            return self.exact_dot(row, column, last);
        }
        let accumulator = &self.name.accumulator;
        let mut sum: Option<Float> = None;
        if self.name.sum == Sum::Fused {
            for (x, y) in row.iter().zip(column) {
                sum = Some(match sum {
                    None => round_once(accumulator, x * y),
                    Some(sum) => round_once(accumulator, x.mul_add_ref(y, &sum)),
                });
            }
        } else if accumulator.range == Range::Unbounded {
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
            for (x, y) in row.iter().zip(column) {
                let product = round_once(accumulator, x * y);
                sum = Some(match sum {
                    None => product,
                    Some(sum) => round_once(accumulator, &sum + &product),
                });
            }
        }
        let mut sum = sum.unwrap_or_else(|| Float::new(accumulator.precision));
        if let Some(last) = last {
            sum = round_once(accumulator, &sum + last);
        }
        self.name.format.round(&sum)
    }

    fn apply(&self, _: Place, f: &Function, x: &Float) -> Float {
        round_function(f, x, &self.name.format)
    }

    fn binary(&self, _: Place, operation: Binary, x: &Float, y: &Float) -> Float {
        let format = &self.name.format;
        match operation {
            Binary::Add => round_once(format, x + y),
            Binary::Subtract => round_once(format, x - y),
            Binary::Multiply => round_once(format, x * y),
            Binary::Divide => round_once(format, x / y),
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
    fn exact_dot(&self, row: &[Float], column: &[Float], last: Option<&Float>) -> Float {
        let product = |(x, y): (&Float, &Float)| Float::with_val(x.prec() + y.prec(), x * y);
        let mut terms: Vec<Float> = row.iter().zip(column).map(product).collect();
        if terms.is_empty() {
            terms.push(Float::new(self.name.format.precision));
        }
        terms.extend(last.cloned());
        round_once(&self.name.format, Float::sum(terms.iter()))
    }
}
