//! Correct rounding to binary64 from two words: a value with its error, rounded if both ends agree (Ziv 1991).
//!
//! Of 128 bits some 96 are certain, so hardly a value in 2^40 is left undecided.

use super::constants::Constants;
use super::covers;
use super::evaluate;
use super::real::Real;
use crate::activation::Function;
use crate::activation::enclosure::polynomial;
use crate::activation::polynomial::Quadratic;

/// Exponent of the least subnormal number.
const LEAST: i64 = -1074;

/// f(x) rounded to the nearest double for a finite x; `None` if that is not certain, or if f has neither a quick phase nor
/// a polynomial.
pub fn nearest(function: &Function, x: f64) -> Option<f64> {
    if x == 0.0 {
        return None;
    }
    let argument = Real::from_f64(x);
    match polynomial(function, |activation| activation.piece_of(x)) {
        Some(polynomial) => round(&quadratic(&polynomial, argument)?),
        None => round(&evaluate(Constants::of(2), function, argument)?),
    }
}

/// f(v·2^exponent) rounded to the nearest number of so many bits, 2 to 53, and any exponent, as m·2^e with a whole m;
/// `None` if that is not certain or f has no quick phase.
pub fn rounded(function: &Function, v: f64, exponent: i64, precision: u32) -> Option<(f64, i64)> {
    let is_covered = match function {
        Function::Value(activation) | Function::Derivative(activation) => covers(activation),
        Function::Exp => true,
        Function::SquareRoot => false,
    };
    if v == 0.0 || !is_covered {
        return None;
    }
    let value = evaluate(Constants::of(2), function, Real::from_f64(v).scaled(exponent))?;
    let Real { negative, words: [low, high], exponent, error } = value;
    let significand = u128::from(high) << 64 | u128::from(low);
    let dropped = 128 - precision;
    let half = 1u128 << (dropped - 1);
    let rest = significand & (2 * half - 1);
    // As in `round`: the interval meets one midpoint at most.
    let is_known = error < 1 << 62 && rest.abs_diff(half) > u128::from(error);
    is_known.then(|| {
        let m = ((significand >> dropped) as u64 + u64::from(rest > half)) as f64;
        (if negative { -m } else { m }, exponent - i64::from(precision))
    })
}

/// (a·x² + b·x + c)/divisor; `None` for 0.
fn quadratic(polynomial: &Quadratic, x: Real<2>) -> Option<Real<2>> {
    let Quadratic { a, b, c, divisor } = *polynomial;
    let term = |coefficient: f64, power: Real<2>| (coefficient != 0.0).then(|| Real::from_f64(coefficient) * power);
    let terms = [term(a, x * x), term(b, x), term(c, Real::ONE)];
    let sum = terms.into_iter().flatten().reduce(|sum, term| sum + term)?;
    Some(sum * Real::from_f64(divisor).reciprocal())
}

/// The double nearest to every number within the error.
fn round(value: &Real<2>) -> Option<f64> {
    let Real { negative, words: [low, high], exponent, error } = *value;
    let significand = u128::from(high) << 64 | u128::from(low);
    let is_known = error < 1 << 62 && exponent < 1024;
    if !is_known {
        return None;
    }
    let sign = u64::from(negative) << 63;
    // Below half of the least number even with its error.
    if exponent <= LEAST - 2 {
        return Some(f64::from_bits(sign));
    }
    let unit = (exponent - 53).max(LEAST);
    let dropped = (unit - (exponent - 128)) as u32;
    if dropped > 127 {
        return None;
    }
    // At least 75 bits are dropped, so the error is below a quarter of the unit, also of the smaller one below a
    // power of two: the interval meets one midpoint at most, the one between the neighbours.
    let half = 1u128 << (dropped - 1);
    let rest = significand & (2 * half - 1);
    if rest.abs_diff(half) <= u128::from(error) {
        return None;
    }
    let kept = (significand >> dropped) as u64 + u64::from(rest > half);
    // The leading bit of a normal number, and a carry from below it, add to the exponent's field.
    let field = (unit - LEAST) as u64;
    Some(f64::from_bits(sign | ((field << 52) + kept)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::double::{Short, short};
    use crate::activation::enclosure::exact;
    use crate::activation::{ALL, Activation, round_function};
    use crate::draw::Stream;
    use crate::format::F64;
    use rug::Float;

    #[test]
    fn every_decided_value_is_the_correctly_rounded_one() {
        let mut stream = Stream::new(0, 0, "binary64");
        let more = ["elu:0.7", "celu:0.3", "softplus:3", "swish:0.4"].map(|name| Activation::parse(name).unwrap());
        let odd = [Activation::Hardtanh { low: -0.7, high: 0.3 }, Activation::Leaky { slope: -1e-300 }];
        let functions = ALL.into_iter().chain(more).chain(odd);
        let functions: Vec<Function> =
            functions.flat_map(|a| [Function::Value(a), Function::Derivative(a)]).chain([Function::Exp]).collect();
        for function in &functions {
            let mut decided = 0;
            let mut check = |x: f64| {
                let Some(ours) = nearest(function, x) else { return };
                decided += 1;
                let expected = round_function(function, &Float::with_val(53, x), &F64).to_f64();
                assert_eq!(ours.to_bits(), expected.to_bits(), "{function:?} at {x:e}: {ours:e}, not {expected:e}");
            };
            for _ in 0..400 {
                let x = stream.normal();
                for scale in [1.0, 8.0, 1e-3] {
                    check(scale * x);
                }
                // Tiny, subnormal and huge ones.
                let exponent = (2000.0 * (stream.normal().abs().min(2.0) / 2.0)) as i64 - 1074;
                check(x * crate::format::two_to(exponent.clamp(-1022, 1020)));
                // Results near and below the least double.
                check(-745.0 - 3.0 * x);
                check(-372.0 - 2.0 * x);
            }
            let edges = [5e-324, 1.5e-323, 2.2e-308, 1e308, f64::MAX, 708.5, 1.0, 0.5];
            edges.into_iter().flat_map(|x| [x, -x]).for_each(&mut check);
            assert!(decided > 200, "{function:?}: {decided} decided");
        }
    }

    /// A count instead of a clock: of ordinary arguments none goes on to MPFR, whatever the function. (Thirds and sixths of
    /// the piecewise quadratic ones may be ties.)
    #[test]
    fn ordinary_arguments_are_decided_here() {
        let mut stream = Stream::new(0, 0, "ordinary");
        assert!(covers(&Activation::Gelu));
        for activation in ALL.into_iter().filter(covers) {
            for function in [Function::Value(activation), Function::Derivative(activation)] {
                for _ in 0..500 {
                    let x = 4.0 * stream.normal();
                    let is_short = !matches!(short(&function, x), Short::None);
                    let is_exact = || matches!(exact(&function, &Float::with_val(53, x)), Ok(Some(_)));
                    assert!(is_short || nearest(&function, x).is_some() || is_exact(), "{function:?} at {x:e}");
                }
            }
        }
    }

    /// Arguments and results far beyond the doubles, too.
    #[test]
    fn every_decided_value_of_unbounded_exponent_is_the_correctly_rounded_one() {
        let mut stream = Stream::new(0, 0, "unbounded");
        for activation in ALL.into_iter().filter(covers) {
            for function in [Function::Value(activation), Function::Derivative(activation), Function::Exp] {
                let mut decided = 0;
                for index in 0..120 {
                    let (precision, scale) = ([2, 8, 11, 24, 53][index % 5], [0, 9, -300, -1500][index / 5 % 4]);
                    let v = stream.normal();
                    let Some((m, exponent)) = rounded(&function, v, scale, precision) else { continue };
                    decided += 1;
                    let x = Float::with_val(53, v) << scale as i32;
                    let expected = round_function(&function, &x, &crate::format::Format::mpfr(precision));
                    let ours = Float::with_val(53, m) << exponent as i32;
                    assert_eq!(ours, expected, "{function:?} at {v}·2^{scale}, {precision} bits");
                }
                assert!(decided > 30, "{function:?}: {decided} decided");
            }
        }
    }

    #[test]
    fn rounds_ties_overflow_and_underflow_with_care() {
        let real = |high: u64, low: u64, exponent: i64, error: u64| Real {
            negative: true,
            words: [low, high],
            exponent,
            error,
        };
        let top = 1 << 63;
        assert_eq!(round(&real(top, 1 << 40, 1, 1 << 39)), Some(-1.0));
        // A midpoint within the error, and just outside.
        assert_eq!(round(&real(top | 1 << 10, 5, 1, 5)), None);
        assert_eq!(round(&real(top | 1 << 10, 6, 1, 5)), Some(-1.0f64.next_up()));
        // Just below a power of two, up to it.
        assert_eq!(round(&real(u64::MAX, u64::MAX - 9, 0, 100)), Some(-1.0));
        assert_eq!(round(&real(u64::MAX, 0, 1024, 1)), None);
        assert_eq!(round(&real(top, 0, -1073, 1)), Some(-5e-324));
        assert_eq!(round(&real(top, 0, -1076, 1)).map(f64::to_bits), Some((-0.0f64).to_bits()));
        assert_eq!(round(&real(top, 0, -1074, 1)), None);
        assert_eq!(round(&real(u64::MAX, 0, -1022, 1)), Some(-f64::MIN_POSITIVE));
    }
}
