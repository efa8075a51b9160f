//! φ, φ' and eˣ as the lemmas use them: any value that the contract allows.
//!
//! The quick phase comes first if there is one; MPFR's enclosures handle the rest.

use super::column::Scaled;
use super::unproven::Unproven;
use crate::activation::enclosure::EXPONENT_LIMIT;
use crate::activation::quick::Number;
use crate::activation::{Activation, Enclosure, Function, OutOfRange, enclosure};
use crate::enclosure::Bound;
use crate::enclosure::scaled;
use rug::Float;
use rug::integer::Order;

/// Bound for magnitudes below MPFR's exponents, the error of a value that vanishes.
pub const BELOW: Bound = Bound::power_of_two(-(EXPONENT_LIMIT as i64));

/// Words of the longest argument of the quick phase.
const LONGEST: usize = 32;

/// v with |v − f(x)| ≤ 2^(1−precision)·|v|; or an inexact 0, if |f(x)| is not 0 but at most [`BELOW`].
///
/// Both implementations are more accurate than this contract. The lemmas only rely on the contract, so unit tests let
/// an adversary use all of it (`adversary::with`).
pub fn evaluate(function: &Function, x: &Float, precision: u32) -> Result<Enclosure, Unproven> {
    let enclosed = match quick_exponential(function, x, precision) {
        Some(value) => Enclosure { value, exact: false },
        None => match enclosure(function, x, precision) {
            Ok(enclosed) => enclosed,
            Err(OutOfRange::Underflow { .. }) => Enclosure { value: Float::new(2), exact: false },
            Err(OutOfRange::Overflow { .. }) => return Err(Unproven::ExponentRange),
        },
    };
    #[cfg(test)]
    let enclosed = adversary::moved(function, x, enclosed, precision);
    Ok(enclosed)
}

/// φ(x) and φ'(x) from the quick phase, each as in [`evaluate`] and inexact; `None` if the quick phase proves nothing.
pub fn quick_pair(activation: Activation, x: Number<'_>, precision: u32) -> (Option<Scaled>, Option<Scaled>) {
    let (value, derivative) = scaled::quick_pair(activation, x, precision);
    #[cfg(test)]
    let (value, derivative) = {
        let moved = |function, value: Option<Scaled>| {
            value.map(|value| adversary::moved_quick(&function, x.into(), value, precision))
        };
        (moved(Function::Value(activation), value), moved(Function::Derivative(activation), derivative))
    };
    (value, derivative)
}

/// eˣ from the quick phase; φ and φ' come in pairs.
fn quick_exponential(function: &Function, x: &Float, precision: u32) -> Option<Float> {
    if *function != Function::Exp {
        return None;
    }
    let (mantissa, exponent) = x.to_integer_exp()?;
    let mut words = [0u64; LONGEST];
    let words = words.get_mut(..mantissa.significant_digits::<u64>())?;
    mantissa.write_digits(words, Order::Lsf);
    let x = Number { negative: mantissa.is_negative(), words, exponent: i64::from(exponent) };
    let number = scaled::quick_single(function, x, precision)?;
    number.to_float(number.mantissa.significant_bits())
}

/// Perturbs inexact values within their allowance.
#[cfg(test)]
pub mod adversary {
    use super::{Enclosure, Float, Function, Scaled};
    use std::cell::RefCell;

    /// From the function, the argument, the value and the allowance 2^(1−precision), another value.
    type Move = Box<dyn Fn(&Function, &Float, &Float, &Float) -> Float>;

    thread_local! {
        static MOVE: RefCell<Option<Move>> = const { RefCell::new(None) };
    }

    /// Runs `f` while `choose` replaces every inexact value on this thread.
    pub fn with<T>(choose: impl Fn(&Function, &Float, &Float, &Float) -> Float + 'static, f: impl FnOnce() -> T) -> T {
        MOVE.set(Some(Box::new(choose)));
        let result = f();
        MOVE.set(None);
        result
    }

    pub(super) fn moved(function: &Function, x: &Float, enclosed: Enclosure, precision: u32) -> Enclosure {
        MOVE.with_borrow(|choose| match choose {
            Some(choose) if !enclosed.exact => {
                let allowance = Float::with_val(53, 2) >> precision;
                let value = choose(function, x, &enclosed.value, &allowance);
                let long = 2 * precision + 64;
                let distance = Float::with_val(long, &value - &enclosed.value).abs();
                assert!(
                    distance <= Float::with_val(long, &value * &allowance).abs(),
                    "the adversary moved {} to {value}, farther than allowed",
                    enclosed.value
                );
                Enclosure { value, exact: false }
            }
            _ => enclosed,
        })
    }
    /// Like [`moved`], for values of the quick phase.
    pub(super) fn moved_quick(function: &Function, x: Scaled, value: Scaled, precision: u32) -> Scaled {
        if MOVE.with_borrow(Option::is_none) {
            return value;
        }
        let exactly = |x: Scaled| x.to_float(x.mantissa.significant_bits().max(2)).expect("in range");
        let enclosed = Enclosure { value: exactly(value), exact: false };
        Scaled::from_float(&moved(function, &exactly(x), enclosed, precision).value)
    }
}
