//! Exact numbers n·2^e and their notations: all decimal digits, rounded digits, or a power of two.

use rug::ops::Pow;
use rug::{Float, Integer};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A nonnegative number n·2^e.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dyadic {
    /// n.
    pub units: Integer,
    /// e.
    pub exponent: i32,
}

/// Largest |e| for which all decimal digits are written: enough for binary64 and binary128, but not for the millions of
/// digits of a format with 24 exponent bits.
const MAX_EXPONENT: u32 = 20_000;

/// Decimal exponents that are written without `e`.
const POSITIONAL: std::ops::RangeInclusive<i64> = -3..=16;

impl Dyadic {
    /// 2^`exponent`.
    pub fn power(exponent: i32) -> Dyadic {
        Dyadic { units: Integer::from(1), exponent }
    }

    /// All decimal digits, such as `65504` or `5.9604644775390625e-8`; `None` if |e| exceeds 20000.
    pub fn decimal(&self) -> Option<String> {
        if self.exponent.unsigned_abs() > MAX_EXPONENT {
            return None;
        }
        let digits = if self.exponent >= 0 {
            Integer::from(&self.units << self.exponent as u32)
        } else {
            // n·2^-k = n·5^k / 10^k.
            Integer::from(5).pow(self.exponent.unsigned_abs()) * &self.units
        };
        let digits = digits.to_string();
        let exponent = digits.len() as i64 - 1 + i64::from(self.exponent.min(0));
        Some(spelled(digits.trim_end_matches('0'), exponent))
    }

    /// At most `digits` significant decimal digits, rounded to nearest, such as `3.39e38`.
    pub fn rounded(&self, digits: usize) -> String {
        let text = format!("{:.*e}", digits, self.value());
        match text.split_once('e') {
            Some((significand, exponent)) if significand.contains('.') => {
                format!("{}e{exponent}", significand.trim_end_matches('0').trim_end_matches('.'))
            }
            _ => text,
        }
    }

    /// `2^-14`, or with an odd factor: `(2^11 − 1)·2^5`, `13·2^-9`.
    pub fn power_form(&self) -> String {
        let Some(zeros) = self.units.find_one(0) else { return "0".into() };
        let (odd, exponent) = (Integer::from(&self.units >> zeros), i64::from(self.exponent) + i64::from(zeros));
        let bits = odd.significant_bits();
        if bits == 1 {
            format!("2^{exponent}")
        } else if bits > 3 && odd.count_ones() == Some(bits) {
            format!("(2^{bits} − 1)·2^{exponent}")
        } else {
            format!("{odd}·2^{exponent}")
        }
    }

    /// The number itself, exact.
    pub fn value(&self) -> Float {
        Float::with_val(self.units.significant_bits().max(2), &self.units) << self.exponent
    }
}

/// Significant digits without trailing zeros as a decimal number; the first stands for 10^`exponent`.
fn spelled(digits: &str, exponent: i64) -> String {
    let count = digits.len() as i64;
    match exponent {
        _ if digits.is_empty() => "0".into(),
        _ if !POSITIONAL.contains(&exponent) && count == 1 => format!("{digits}e{exponent}"),
        _ if !POSITIONAL.contains(&exponent) => format!("{}.{}e{exponent}", &digits[..1], &digits[1..]),
        ..0 => format!("0.{}{digits}", "0".repeat((-exponent - 1) as usize)),
        _ if count <= exponent + 1 => format!("{digits}{}", "0".repeat((exponent + 1 - count) as usize)),
        _ => {
            let (whole, fraction) = digits.split_at(exponent as usize + 1);
            format!("{whole}.{fraction}")
        }
    }
}

/// `{"decimal", "power_form", "rounded"}`: the first two exact, the last to 17 significant digits.
impl Serialize for Dyadic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Dyadic", 3)?;
        fields.serialize_field("decimal", &self.decimal())?;
        fields.serialize_field("power_form", &self.power_form().replace('·', "*").replace(" − ", "-"))?;
        fields.serialize_field("rounded", &self.rounded(17))?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_exactly_and_rounded() {
        let number = |units: u64, exponent| Dyadic { units: Integer::from(units), exponent };
        for (x, decimal, power, rounded) in [
            (number(1, 0), "1", "2^0", "1e0"),
            (number(2047, 5), "65504", "(2^11 − 1)·2^5", "6.55e4"),
            (number(14, 5), "448", "7·2^6", "4.48e2"),
            (number(100, 0), "100", "25·2^2", "1e2"),
            (number(31, -1), "15.5", "(2^5 − 1)·2^-1", "1.55e1"),
            (number(1, -9), "0.001953125", "2^-9", "1.95e-3"),
            (number(13, -13), "0.0015869140625", "13·2^-13", "1.59e-3"),
            (number(1, -16), "1.52587890625e-5", "2^-16", "1.53e-5"),
            (number(1, 60), "1.152921504606846976e18", "2^60", "1.15e18"),
            (number(255, 120), "3.3895313892515354759047080037148786688e38", "(2^8 − 1)·2^120", "3.39e38"),
        ] {
            assert_eq!(x.decimal().unwrap(), decimal);
            assert_eq!(x.power_form(), power);
            assert_eq!(x.rounded(3), rounded);
        }
        assert_eq!(number(1, 8_388_607).decimal(), None);
        assert_eq!(number(1, -1074).rounded(3), "4.94e-324");
        assert_eq!(number(1, -1074).decimal().unwrap().len(), "4.e-324".len() + 750);
    }
}
