//! Loss scales: powers of two in words.

use crate::format::{exponent_of, two_to};

/// Largest |log₂| of a loss scale: more than anyone needs, and small enough never to overflow.
pub(super) const LARGEST_SCALE: i32 = 256;

/// The exponent of a power of two, written as a number (`1024`, `0.5`) or as reports write it: `2^10`, `×2^-3`, `2⁻³`.
pub fn log2_in_words(text: &str) -> Option<i64> {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let lowered = |c: char| match RAISED.iter().position(|raised| *raised == c) {
        Some(digit) => char::from_digit(digit as u32, 10),
        None => (c == '⁻').then_some('-'),
    };
    let text = text.trim();
    let text = text.strip_prefix('×').unwrap_or(text);
    if let Some(exponent) = text.strip_prefix("2^") {
        return exponent.replace('−', "-").parse().ok();
    }
    let raised = text.strip_prefix('2').and_then(|raised| raised.chars().map(lowered).collect::<Option<String>>());
    match raised.filter(|raised| !raised.is_empty()) {
        Some(exponent) => exponent.parse().ok(),
        None => {
            let number: f64 = text.parse().ok()?;
            // A double would round some digits, such as those of 2^64 − 1, to another number.
            let is_rounded = number >= 2.0 && text.chars().all(|c| c.is_ascii_digit()) && format!("{number}") != text;
            let exponent = (!is_rounded && number.is_normal() && number > 0.0).then(|| exponent_of(number))?;
            (two_to(exponent) == number).then_some(exponent)
        }
    }
}

/// The exponent if it is one of a loss scale.
pub fn within_scales(log2: i64) -> Option<i32> {
    i32::try_from(log2).ok().filter(|log2| log2.abs() <= LARGEST_SCALE)
}

/// The exponent of a power of two within ±[`LARGEST_SCALE`]; division by any other number would round.
pub(super) fn log2_of_scale(scale: f64) -> Option<i32> {
    let exponent = if scale.is_normal() && scale > 0.0 { exponent_of(scale) } else { return None };
    let log2 = i32::try_from(exponent).ok().filter(|log2| log2.abs() <= LARGEST_SCALE)?;
    (two_to(exponent) == scale).then_some(log2)
}
