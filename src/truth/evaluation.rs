//! φ, φ' and eˣ as the lemmas see them: any value that the enclosure allows.

use super::Unproven;
use crate::activation::{Enclosure, Function, enclosure};
use rug::Float;

/// v with |v − f(x)| ≤ 2^(1−precision)·|v|.
///
/// The catalogue's enclosures are far better than their promise. The lemmas rely on the promise alone, so
/// unit tests let an adversary use the whole of it ([`adversary::with`]).
pub fn evaluate(function: &Function, x: &Float, precision: u32) -> Result<Enclosure, Unproven> {
    let enclosed = enclosure(function, x, precision).map_err(|_| Unproven::ExponentRange)?;
    #[cfg(test)]
    let enclosed = adversary::moved(function, x, enclosed, precision);
    Ok(enclosed)
}

/// Moves inexact values within their allowance.
#[cfg(test)]
pub mod adversary {
    use super::{Enclosure, Float, Function};
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
                    "the adversary moved {} to {value}, further than it may",
                    enclosed.value
                );
                Enclosure { value, exact: false }
            }
            _ => enclosed,
        })
    }
}
