//! Numbers as people read them: at most three significant digits, the same text on every machine.
//!
//! Rounding is that of Rust's own decimal formatting (exact, ties to even on the exact binary value).

use crate::record::{Number, Quantiles};

/// log₁₀ 2, rounded to double.
pub const LOG10_2: f64 = std::f64::consts::LOG10_2;

/// Records have nine digits of a logarithm, which leave this relative error of its power, and no format has a limit so close
/// to a whole number that it is not one.
const ROUNDING: f64 = 1e-7;

/// How powers of ten are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `4.1e-5`: for terminals and files.
    Plain,
    /// `4.1·10⁻⁵`: for pictures.
    Typeset,
}

/// A number to at most three significant digits, trailing zeros dropped: `0.41`, `1230`, `4.1e-5`.
///
/// Non-finite numbers are `∞`, `−∞` and `none`.
pub fn short(x: f64, notation: Notation) -> String {
    if x.is_nan() {
        return "none".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞" } else { "−∞" }.into();
    }
    if x == 0.0 {
        return "0".into();
    }
    let scientific = format!("{:.2e}", x.abs());
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let magnitude = if (-3..=5).contains(&exponent) {
        let rounded: f64 = scientific.parse().unwrap_or(x.abs());
        without_trailing_zeros(&format!("{rounded:.*}", (2 - exponent).max(0) as usize))
    } else {
        let digits = without_trailing_zeros(digits);
        match notation {
            Notation::Plain => format!("{digits}e{exponent}"),
            Notation::Typeset if digits == "1" => format!("10{}", superscript(exponent.into())),
            Notation::Typeset => format!("{digits}·10{}", superscript(exponent.into())),
        }
    };
    if x < 0.0 { format!("−{magnitude}") } else { magnitude }
}

/// A recorded ratio, with `≤` where it is an upper limit.
pub fn ratio(number: Number, at_most: bool, notation: Notation) -> String {
    let text = short(number.value(), notation);
    if at_most && number != Number::None { format!("≤ {text}") } else { text }
}

/// A factor to two digits, a whole one below 10 with its decimal: `2.2`, `1.0`, `61`, `4.9e19`.
pub fn factor(times: f64, notation: Notation) -> String {
    let rounded: f64 = format!("{times:.1e}").parse().unwrap_or(times);
    if (1.0..10.0).contains(&rounded) { format!("{rounded:.1}") } else { short(rounded, notation) }
}

/// Order statistics as one number: the median, of two trials both values.
pub fn middle(noise: &Quantiles, notation: Notation) -> String {
    middle_of(noise, noise.both().map(|both| both.map(|number| (number, noise.at_most))), notation)
}

/// The same of two trials of which each may be an upper limit.
pub fn middle_of(noise: &Quantiles, both: Option<[(Number, bool); 2]>, notation: Notation) -> String {
    match both {
        _ if noise.median == Number::None => "—".into(),
        Some(both) => both.map(|(number, is_limit)| ratio(number, is_limit, notation)).join(", "),
        None => ratio(noise.median, noise.at_most, notation),
    }
}

/// Its useful bits.
pub fn useful_bits_of(noise: &Quantiles, both: Option<[(Number, bool); 2]>) -> String {
    let bits = |(number, is_limit)| useful_bits(number, is_limit);
    both.map_or_else(|| bits((noise.median, noise.at_most)), |both| both.map(bits).join(", "))
}

/// The two ends of a range: `0.232–0.391`, or one number where they read the same.
pub fn span(low: f64, high: f64, notation: Notation) -> String {
    let [from, to] = [low, high].map(|x| short(x, notation));
    if from == to { from } else { format!("{from}–{to}") }
}

/// 2^`log2` to three significant digits, whatever its size: `6.1·10⁻⁵`.
pub fn power_of_two(log2: f64, notation: Notation) -> String {
    if !log2.is_finite() {
        return short(if log2 < 0.0 { 0.0 } else { log2 }, notation);
    }
    let log10 = log2 * LOG10_2;
    let exponent = log10.floor();
    let significand = core_math::exp10(log10 - exponent);
    // Within a double's range the usual spelling applies; far outside, only the exponent form can.
    if exponent.abs() < 300.0 {
        let value = format!("{significand:.6}e{exponent}");
        return short(value.parse().unwrap_or(f64::NAN), notation);
    }
    let digits = without_trailing_zeros(&format!("{significand:.2}"));
    match notation {
        Notation::Plain => format!("{digits}e{exponent}"),
        Notation::Typeset => format!("{digits}·10{}", superscript(exponent as i64)),
    }
}

/// A limit of a format given by its log₂; whole numbers below a million in full: `65504`, `6.1·10⁻⁵`.
pub fn limit(log2: f64, notation: Notation) -> String {
    let value = core_math::exp2(log2);
    let whole = value.round();
    let is_whole = (1.0..1e6).contains(&whole) && (value - whole).abs() <= ROUNDING * whole;
    if is_whole { whole.to_string() } else { power_of_two(log2, notation) }
}

/// A share as a percentage: `0 %`, `3.2 %`, `100 %`; `—` where there is nothing to share.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "—".into();
    }
    let share = 100.0 * part as f64 / whole as f64;
    // Never round a share to "none of it" or "all of it".
    if part < whole && share > 99.9 {
        return "> 99.9 %".into();
    }
    format!("{} %", short(share, Notation::Plain))
}

/// A frequency as people say it: `1 in 600`; `0 in 600` if it never happened.
pub fn one_in(part: u64, whole: u64) -> String {
    match (part, whole) {
        (_, 0) => "—".into(),
        (0, _) => format!("0 in {whole}"),
        _ => format!("1 in {}", short(whole as f64 / part as f64, Notation::Plain)),
    }
}

/// Bits of the gradient that carry signal, −log₂(noise/signal): `1.3`, `≥ 83`, `—` if undefined.
pub fn useful_bits(noise_to_signal: Number, at_most: bool) -> String {
    match noise_to_signal {
        Number::Finite(0.0) => "all".into(),
        Number::Finite(x) if x > 0.0 => {
            let bits = -core_math::log2(x);
            let text = if bits.abs() < 0.05 { "0".into() } else { short(tenths(bits), Notation::Plain) };
            if at_most { format!("≥ {text}") } else { text }
        }
        _ => "—".into(),
    }
}

/// A power as a base and an exponent: `2^10`, `2¹⁰`.
pub fn power(base: u32, exponent: i64, notation: Notation) -> String {
    match notation {
        Notation::Plain => format!("{base}^{exponent}"),
        Notation::Typeset => format!("{base}{}", superscript(exponent)),
    }
}

/// An integer in superscript digits: `⁻¹²`.
pub fn superscript(n: i64) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raise = |c: char| c.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize]);
    n.to_string().chars().map(raise).collect()
}

/// Columns that a text takes in a terminal.
pub fn display_width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

fn tenths(x: f64) -> f64 {
    format!("{x:.1}").parse().unwrap_or(x)
}

fn without_trailing_zeros(digits: &str) -> String {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').into() } else { digits.into() }
}

#[cfg(test)]
mod tests {
    use super::Notation::{Plain, Typeset};
    use super::*;

    #[test]
    fn numbers_have_at_most_three_digits() {
        for (x, plain, typeset) in [
            (0.41, "0.41", "0.41"),
            (0.4136, "0.414", "0.414"),
            (0.9999, "1", "1"),
            (1.0, "1", "1"),
            (12345.0, "12300", "12300"),
            (0.00123, "0.00123", "0.00123"),
            (4.1e-5, "4.1e-5", "4.1·10⁻⁵"),
            (1e-12, "1e-12", "10⁻¹²"),
            (-2.5, "−2.5", "−2.5"),
            (6.02e23, "6.02e23", "6.02·10²³"),
            (f64::INFINITY, "∞", "∞"),
            (f64::NAN, "none", "none"),
            (0.0, "0", "0"),
            (5e-324, "4.94e-324", "4.94·10⁻³²⁴"),
        ] {
            assert_eq!(short(x, Plain), plain);
            assert_eq!(short(x, Typeset), typeset);
        }
    }

    #[test]
    fn factors_have_two_digits() {
        assert_eq!([2.2, 1.04, 61.2, 0.95].map(|x| factor(x, Plain)), ["2.2", "1.0", "61", "0.95"]);
    }

    #[test]
    fn ranges_read_as_their_ends_do() {
        for (low, high, plain, typeset) in [
            (0.2321, 0.391, "0.232–0.391", "0.232–0.391"),
            (9.1e-6, 1.2e-5, "9.1e-6–1.2e-5", "9.1·10⁻⁶–1.2·10⁻⁵"),
            (0.31, f64::INFINITY, "0.31–∞", "0.31–∞"),
            (0.3011, 0.3012, "0.301", "0.301"),
        ] {
            assert_eq!([span(low, high, Plain), span(low, high, Typeset)], [plain, typeset]);
        }
    }

    #[test]
    fn powers_of_two_are_written_in_powers_of_ten() {
        assert_eq!(power_of_two(-14.0, Typeset), "6.1·10⁻⁵");
        assert_eq!(power_of_two(-24.0, Plain), "5.96e-8");
        assert_eq!(power_of_two(128.0, Typeset), "3.4·10³⁸");
        assert_eq!(power_of_two(-1074.0, Typeset), "4.94·10⁻³²⁴");
        assert_eq!(power_of_two(f64::NEG_INFINITY, Plain), "0");
        for largest in [65504.0, 57344.0, 448.0, 6.0] {
            let log2 = core_math::log2(largest);
            let recorded: f64 = format!("{log2:.8e}").parse().unwrap();
            assert_eq!([log2, recorded].map(|log2| limit(log2, Typeset)), [largest; 2].map(|x| x.to_string()));
        }
        assert_eq!([limit(-14.0, Typeset), limit(128.0, Typeset)], ["6.1·10⁻⁵", "3.4·10³⁸"]);
        assert_eq!([limit(core_math::log2(7.5), Plain), limit(f64::INFINITY, Plain)], ["7.5", "∞"]);
    }

    #[test]
    fn shares_and_frequencies_never_round_away_the_exception() {
        assert_eq!(percent(0, 10), "0 %");
        assert_eq!(percent(999_999, 1_000_000), "> 99.9 %");
        assert_eq!(percent(10, 10), "100 %");
        assert_eq!(percent(0, 0), "—");
        assert_eq!(one_in(17, 10_200), "1 in 600");
        assert_eq!(one_in(0, 10_200), "0 in 10200");
        assert_eq!(one_in(2, 3), "1 in 1.5");
    }

    #[test]
    fn useful_bits_of_every_kind_of_ratio() {
        assert_eq!(useful_bits(Number::Finite(0.41), false), "1.3");
        assert_eq!(useful_bits(Number::Finite(1.0), false), "0");
        assert_eq!(useful_bits(Number::Finite(4.0), false), "−2");
        assert_eq!(useful_bits(Number::Finite(1e-25), true), "≥ 83");
        assert_eq!(useful_bits(Number::Finite(0.0), false), "all");
        assert_eq!(useful_bits(Number::Infinite, false), "—");
        assert_eq!(useful_bits(Number::None, true), "—");
    }
}
