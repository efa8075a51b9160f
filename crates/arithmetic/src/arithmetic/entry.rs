//! Rounds one number to an arithmetic, and records what happened to it.
//!
//! The number is exact in any notation: a decimal is a fraction and never passes through a double. It is rounded once,
//! by the arithmetic's definition ([`Direction::round`], then its limits), from its rounding to odd with more bits than
//! the definition uses.

use super::long::to_odd;
use super::{ArithmeticName, Direction};
use crate::format::{Format, Range, Special};
use rug::ops::Pow;
use rug::{Float, Integer, Rational};

/// Largest power of ten of a decimal's first digit, and of its last one.
const MOST_DECIMALS: i64 = 20_000;
/// Largest power of two of a hexadecimal number's last digit.
const MOST_BINARIES: i64 = 70_000;
/// Bits of an error.
const ERROR_BITS: u32 = 64;

/// A number as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// The value, and whether it has a minus sign (zero may have one, too).
    Finite(Rational, bool),
    /// Infinity, and whether it is negative.
    Infinite(bool),
    /// Not a number.
    Nan,
}

impl Number {
    /// Reads `0.1`, `-7e4`, `0x1.8p-24`, `inf` or `nan`, exactly.
    ///
    /// # Errors
    /// What is wrong, with the fix.
    pub fn parse(text: &str) -> Result<Number, String> {
        // Also accepts the typographic minus sign, which tables use.
        let text = text.trim().replacen('−', "-", 1);
        let lower = text.to_ascii_lowercase();
        let unsigned = lower.strip_prefix(['-', '+']).unwrap_or(&lower);
        let is_negative = lower.starts_with('-');
        match unsigned {
            "inf" | "infinity" => return Ok(Number::Infinite(is_negative)),
            "nan" => return Ok(Number::Nan),
            _ => {}
        }
        let unreadable = || {
            format!(
                "`{text}` is not a number: write a decimal such as `0.1` or `-7e4`, a hexadecimal such as `0x1.8p-24`, `inf` or `nan`"
            )
        };
        let (digits, radix, mark, base) = match unsigned.strip_prefix("0x") {
            Some(digits) => (digits, 16, 'p', 2u32),
            None => (unsigned, 10, 'e', 10),
        };
        let (digits, exponent) = digits.split_once(mark).unwrap_or((digits, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |text: &str| text.chars().all(|c| c.is_digit(radix));
        let exponent = exponent.parse::<i64>().ok().filter(|_| !exponent.is_empty()).ok_or_else(unreadable)?;
        if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
            return Err(unreadable());
        }
        let digits = format!("{whole}{fraction}");
        let units = Integer::from_str_radix(&digits, radix as i32).map_err(|_| unreadable())?;
        let per_digit = if radix == 16 { 4 } else { 1 };
        let last = exponent.saturating_sub(per_digit * fraction.len() as i64);
        let first = last.saturating_add(per_digit * digits.len() as i64);
        let most = if radix == 16 { MOST_BINARIES } else { MOST_DECIMALS };
        if last < -most || first > most {
            return Err(format!(
                "`{text}` is out of range: write a number whose digits lie between {base}^-{most} and {base}^{most}"
            ));
        }
        let power = Rational::from(Integer::from(base).pow(last.unsigned_abs() as u32));
        let magnitude = if last < 0 { Rational::from(units) / power } else { Rational::from(units) * power };
        Ok(Number::Finite(if is_negative { -magnitude } else { magnitude }, is_negative))
    }

    /// The value of a double.
    pub fn of(x: f64) -> Number {
        match Rational::from_f64(x) {
            Some(value) => Number::Finite(value, x.is_sign_negative()),
            None if x.is_nan() => Number::Nan,
            None => Number::Infinite(x < 0.0),
        }
    }

    /// A number that every rounding with at most so many bits treats like this one.
    fn to_odd(&self, bits: u32) -> Float {
        let special = match self {
            Number::Finite(value, is_negative) if value.is_zero() => {
                if *is_negative {
                    -0.0
                } else {
                    0.0
                }
            }
            Number::Finite(value, _) => return to_odd(bits, value),
            Number::Infinite(true) => f64::NEG_INFINITY,
            Number::Infinite(false) => f64::INFINITY,
            Number::Nan => f64::NAN,
        };
        Float::with_val(bits, special)
    }
}

/// What can happen to a number when it is rounded to an arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The result equals the number.
    Exact,
    /// The result is below the smallest normal number, but not zero.
    Subnormal,
    /// A finite number became infinite, NaN or the largest number, because it exceeds the range.
    Overflow,
    /// A number beyond the largest one became the largest one, because the arithmetic saturates.
    Saturated,
    /// The result is zero although the number is not.
    Underflow,
    /// The result is zero because subnormal numbers are flushed.
    Flushed,
    /// Zero has no sign in the format.
    SignLost,
    /// The format has no infinity.
    NoInfinity,
    /// NaN stays NaN, for which the format has no code.
    NoCode,
}

impl Event {
    /// All events, in the order of the output.
    pub const ALL: [Event; 9] = [
        Event::Exact,
        Event::Subnormal,
        Event::Overflow,
        Event::Saturated,
        Event::Underflow,
        Event::Flushed,
        Event::SignLost,
        Event::NoInfinity,
        Event::NoCode,
    ];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Event::Exact => "exact",
            Event::Subnormal => "subnormal",
            Event::Overflow => "overflow",
            Event::Saturated => "saturated",
            Event::Underflow => "underflow to 0",
            Event::Flushed => "flushed to 0",
            Event::SignLost => "no -0 there",
            Event::NoInfinity => "no infinity in the format",
            Event::NoCode => "no code for NaN",
        }
    }
}

/// The result of rounding a number.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The rounded number, with the precision of the format.
    pub result: Float,
    /// Its code, if the format has codes and doubles hold its numbers.
    pub code: Option<u64>,
    /// (Result − number)/|number|, if the result is finite and the number is not zero.
    pub relative_error: Option<Float>,
    /// Result − number in units in the last place at the number, if the result is finite.
    pub ulps: Option<Float>,
    /// What happened.
    pub events: Vec<Event>,
}

impl Entry {
    /// Rounds a number to an arithmetic; a stochastic rounding draws `random`.
    pub fn of(name: &ArithmeticName, number: &Number, random: u32) -> Entry {
        let ArithmeticName { format, direction, limits, .. } = name;
        let odd = number.to_odd(format.precision + direction.bits_beyond() + 2);
        let rounded = direction.round(format, &odd, random);
        let result = limits.result(format, &odd, rounded.clone());
        let mut events = Vec::new();
        let mut happens = |event, happens: bool| events.extend(happens.then_some(event));
        let exact = result.to_rational();
        let (value, is_negative) = match number {
            Number::Finite(value, is_negative) => (Some(value), *is_negative),
            Number::Infinite(_) | Number::Nan => (None, false),
        };
        let is_exact = match (value, number) {
            (Some(value), _) => exact.as_ref() == Some(value),
            (None, Number::Infinite(_)) => result.is_infinite(),
            (None, _) => true,
        };
        happens(Event::Exact, is_exact && *number != Number::Nan);
        happens(Event::Subnormal, is_subnormal(format, &result));
        let is_beyond = value.is_some() && overflows(format, *direction, &odd, random);
        happens(Event::Overflow, is_beyond);
        let is_infinite = matches!(number, Number::Infinite(_));
        happens(Event::Saturated, limits.saturates && result.is_finite() && (is_beyond || is_infinite));
        let is_lost = value.is_some_and(|value| !value.is_zero()) && result.is_zero();
        happens(Event::Underflow, is_lost && rounded.is_zero());
        happens(Event::Flushed, is_lost && !rounded.is_zero());
        happens(Event::SignLost, is_negative && is_exact && result.is_zero() && result.is_sign_positive());
        let has_infinities = format.special().is_none_or(Special::has_infinities);
        happens(Event::NoInfinity, is_infinite && !has_infinities);
        let has_nan = format.special().is_none_or(Special::has_nan);
        happens(Event::NoCode, result.is_nan() && !has_nan);
        let (mut relative_error, mut ulps) = (None, None);
        if let Some((value, exact)) = value.zip(exact) {
            let error = exact - value;
            relative_error =
                (!value.is_zero()).then(|| Float::with_val(ERROR_BITS, &error / Rational::from(value.abs_ref())));
            ulps = Some(Float::with_val(ERROR_BITS, &error) >> last_place(format, &odd));
        }
        Entry { code: code(format, &result), result, relative_error, ulps, events }
    }
}

/// Below the smallest normal number, but not zero.
fn is_subnormal(format: &Format, x: &Float) -> bool {
    format.smallest_normal_exponent().zip(x.get_exp()).is_some_and(|(emin, exponent)| exponent - 1 < emin)
}

/// Whether a finite number would round beyond the largest one if exponents were unbounded.
fn overflows(format: &Format, direction: Direction, odd: &Float, random: u32) -> bool {
    let Some(max) = format.max() else { return false };
    // Subnormal numbers are far from the maximum, and round differently.
    !is_subnormal(format, odd)
        && direction
            .round(&Format::mpfr(format.precision), odd, random)
            .cmp_abs(&max)
            .is_some_and(std::cmp::Ordering::is_gt)
}

/// The exponent of the unit in the last place at a number.
fn last_place(format: &Format, x: &Float) -> i32 {
    let exponent = x.get_exp().map(|exponent| exponent - 1);
    let least = format.smallest_normal_exponent();
    let exponent = match (exponent, least) {
        (Some(exponent), Some(least)) => exponent.max(least),
        (exponent, least) => exponent.or(least).unwrap_or(0),
    };
    exponent - (format.precision as i32 - 1)
}

/// The code of a rounded number, if it has one and doubles hold it.
fn code(format: &Format, x: &Float) -> Option<u64> {
    let Range::Bounded { special, .. } = format.range else { return None };
    let is_held = format.precision <= 53 && format.exponent_bits() <= 11;
    let has_code = !x.is_nan() || special.has_nan();
    (is_held && has_code).then(|| format.encode(x.to_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finite(numerator: i64, denominator: i64) -> Number {
        Number::Finite(Rational::from((numerator, denominator)), numerator < 0)
    }

    #[test]
    fn numbers_are_read_exactly() {
        for (text, number) in [
            ("0.1", finite(1, 10)),
            ("-7e4", finite(-70_000, 1)),
            ("1.5E-1", finite(3, 20)),
            (".5", finite(1, 2)),
            ("5.", finite(5, 1)),
            ("+3", finite(3, 1)),
            ("−3", finite(-3, 1)),
            ("0x1.8p-3", finite(3, 16)),
            ("-0X.8", finite(-1, 2)),
            ("0xffp1", finite(510, 1)),
            ("-0", Number::Finite(Rational::new(), true)),
            ("inf", Number::Infinite(false)),
            ("-Infinity", Number::Infinite(true)),
            ("NaN", Number::Nan),
        ] {
            assert_eq!(Number::parse(text).as_ref(), Ok(&number), "{text}");
        }
        for text in
            ["", "-", ".", "e5", "0x", "1e", "1.2.3", "1_0", "0x1e5p", "--1", "1p3", "ten", "1e99999999999999999999"]
        {
            assert!(Number::parse(text).unwrap_err().contains("is not a number"), "{text}");
        }
        for text in ["1e20001", "1e-20001", "0x1p70001", "0x.1p-69999"] {
            assert!(Number::parse(text).unwrap_err().contains("is out of range"), "{text}");
        }
    }
}
