//! The quick phase: φ and φ' together in integers of a few words, with a proven bound on each value.
//!
//! MPFR's functions cost one to two microseconds at 200 bits, mostly in their exponential, and its erfc fifty. Here one
//! exponential serves φ and φ' of the same argument, in fixed point on tables (`exponential`), gelu's normal
//! distribution is one series more (`normal`), and every number carries the count of its error (`real`), so each value
//! is either proven to the wanted precision or not given. Callers fall back on [`mod@super::enclosure`] then: at 0,
//! near zeros of φ' and of x − tanh x, where an exponential's argument is beyond 2^26, beyond [`MOST_PRECISION`]. The
//! guard leaves room for what cancels in ordinary arguments, so that such values are rare.
//!
//! There is no floating-point arithmetic in any value (the one double, in `logarithm`, is correctly rounded), so the
//! same bits come on every machine.

pub mod binary64;
pub(super) mod constants;
mod exponential;
pub(super) mod formulas;
mod logarithm;
mod normal;
pub(super) mod real;
mod reciprocal;
mod series;
#[cfg(test)]
mod tests;
mod words;

pub use binary64::rounded;
pub use real::Number;

use super::catalogue::{Entry, Order, entry_of};
use super::{Activation, Function, Piece};
use constants::Constants;
use real::Real;

/// The longest numbers.
const MOST_WORDS: usize = 17;
/// Bits beyond the wanted ones, at least: 25 that cancel in 1 − e^(−t), 10 for the operations' own errors, 5 to
/// spare.
const GUARD: u32 = 40;
/// Beyond this there is no quick phase.
pub const MOST_PRECISION: u32 = 64 * MOST_WORDS as u32 - GUARD;

/// Calls a generic function with the least sufficient number of words (longer ones in steps).
macro_rules! with_words {
    ($words:expr, $function:ident::<$result:ty>$arguments:tt) => {
        match $words {
            ..=2 => $function::<2, $result> $arguments,
            3 => $function::<3, $result> $arguments,
            4 => $function::<4, $result> $arguments,
            5 => $function::<5, $result> $arguments,
            6 => $function::<6, $result> $arguments,
            7 => $function::<7, $result> $arguments,
            8 => $function::<8, $result> $arguments,
            9 => $function::<9, $result> $arguments,
            10..=11 => $function::<11, $result> $arguments,
            12..=13 => $function::<13, $result> $arguments,
            _ => $function::<MOST_WORDS, $result> $arguments,
        }
    };
}

fn words_for(precision: u32) -> usize {
    (precision + GUARD).div_ceil(64) as usize
}

/// True if an activation has a quick phase: if it is no polynomial on some piece.
pub fn covers(activation: &Activation) -> bool {
    (0..activation.pieces()).any(|piece| activation.polynomial(Piece(piece as u8)).is_none())
}

/// φ(x) and φ'(x) as values v with |v − f(x)| ≤ 2^(1−precision)·|v|, each only where that is proven.
///
/// Neither is exact, and x = 0 has none.
pub fn pair<T: for<'a> From<Number<'a>>>(
    activation: Activation,
    x: Number<'_>,
    precision: u32,
) -> (Option<T>, Option<T>) {
    if precision > MOST_PRECISION {
        return (None, None);
    }
    with_words!(words_for(precision), pair_of::<T>(activation, x, precision))
}

fn pair_of<const N: usize, T: for<'a> From<Number<'a>>>(
    activation: Activation,
    x: Number<'_>,
    precision: u32,
) -> (Option<T>, Option<T>) {
    let Some(x) = Real::<N>::read(x) else { return (None, None) };
    let both = entry_of!(activation, entry => {
        entry.parts(Constants::of(N), x).map(|parts| (entry.quick(Order::Value, &parts), entry.quick(Order::Slope, &parts)))
    });
    both.map_or((None, None), |(value, slope)| (proven(&value, precision), proven(&slope, precision)))
}

/// f(x), as [`pair`].
pub fn single<T: for<'a> From<Number<'a>>>(function: &Function, x: Number<'_>, precision: u32) -> Option<T> {
    if precision > MOST_PRECISION {
        return None;
    }
    with_words!(words_for(precision), single_of::<T>(function, x, precision))
}

fn single_of<const N: usize, T: for<'a> From<Number<'a>>>(
    function: &Function,
    x: Number<'_>,
    precision: u32,
) -> Option<T> {
    proven(&evaluate::<N>(Constants::of(N), function, Real::read(x)?)?, precision)
}

/// f(x) with its error; `None` if φ is evaluated elsewhere.
fn evaluate<const N: usize>(constants: &Constants, function: &Function, x: Real<N>) -> Option<Real<N>> {
    match *function {
        Function::Exp => {
            let e = constants.exponential.decay(&x.magnitude());
            Some(if x.negative { e } else { e.reciprocal() })
        }
        Function::Value(activation) => {
            entry_of!(activation, entry => entry.parts(constants, x).map(|parts| entry.quick(Order::Value, &parts)))
        }
        Function::Derivative(activation) => {
            entry_of!(activation, entry => entry.parts(constants, x).map(|parts| entry.quick(Order::Slope, &parts)))
        }
        // MPFR's and the processor's are quick.
        Function::SquareRoot => None,
    }
}

/// The value, if its error is small enough: |v| ≥ 2^(exponent − 1), so `error` units are at most
/// error·2^(1 − 64N)·|v|.
fn proven<const N: usize, T: for<'a> From<Number<'a>>>(real: &Real<N>, precision: u32) -> Option<T> {
    let spare = 64 * N as u32 - precision;
    let most = 1u64 << spare.min(62);
    (real.error <= most).then(|| T::from(real.number()))
}
