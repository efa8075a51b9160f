//! Gradients in decimals as JSON, with bounds of their errors.

use crate::enclosure::Bound;
use crate::norm::column::norm;
use crate::number::Number;
use crate::truth::{TrueTensor, Unproven};
use rug::Float;
use rug::float::Round;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// Most significant digits of an exact gradient, and fewest of a computed one.
const DIGITS: usize = 60;
/// Digits of an exact gradient beyond those that are proven: rounding to decimals adds about 10^-4 of its error.
const BEYOND_PROVEN: usize = 5;

/// Significant digits that distinguish numbers of so many bits, at least [`DIGITS`]: 0.30103·p + 2.
pub fn digits(precision: u32) -> usize {
    DIGITS.max((precision as usize * 30_103).div_ceil(100_000) + 2)
}

/// A number as `-1.25e-3`; `inf`, `-inf` and `NaN` as they are.
pub fn decimal(x: &Float, digits: usize) -> String {
    if x.is_nan() {
        "NaN".into()
    } else if x.is_infinite() {
        if x.is_sign_negative() { "-inf" } else { "inf" }.into()
    } else if x.is_zero() {
        "0".into()
    } else {
        format!("{:.*e}", digits, x)
    }
}

/// An exact value that is known to within an error, in decimals, and a bound of their rounding: [`BEYOND_PROVEN`] digits
/// more than are proven, at most [`DIGITS`]. Zero is `0` if it is proven and `0.0` if it was only computed.
fn true_decimal(x: &Float, error: Bound) -> (String, Bound) {
    if x.is_zero() {
        return (if error.is_zero() { "0" } else { "0.0" }.into(), Bound::ZERO);
    }
    let digits = proven_digits(x, error).saturating_add(BEYOND_PROVEN).min(DIGITS);
    let text = decimal(x, digits);
    let (_, exponent) = text.split_once('e').expect("invariant: finite numbers are written with an exponent");
    let exponent: i64 = exponent.parse().expect("invariant: the exponent is a number");
    // Half a unit of the last digit.
    let rounding = Float::parse(format!("5e{}", exponent - digits as i64)).expect("invariant: this is a decimal");
    (text, Bound::from_float(&Float::with_val_round(64, rounding, Round::Up).0))
}

/// The most digits d with error ≤ 10^-d·|x|, for an x that is not 0; 0 if there are none, and many if the error is 0.
fn proven_digits(x: &Float, error: Bound) -> usize {
    let (fraction, exponent) = x.to_f64_exp();
    let relative = error.relative_to(fraction, i64::from(exponent));
    // A step down: the logarithm may have been rounded up to an integer.
    (-core_math::log10(relative)).next_down().max(0.0) as usize
}

/// The file: parameters in the network's order.
#[derive(Serialize)]
pub struct Document {
    /// `cross-entropy` or `mse`.
    pub loss: &'static str,
    /// By name.
    #[serde(serialize_with = "in_order")]
    pub parameters: Vec<(String, Entry)>,
}

impl Document {
    /// The file's bytes.
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("plain fields serialise");
        bytes.push(b'\n');
        bytes
    }
}

fn in_order<S: Serializer>(entries: &[(String, Entry)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for (name, entry) in entries {
        map.serialize_entry(name, entry)?;
    }
    map.end()
}

/// One gradient: its values, or why there are none.
#[derive(Serialize)]
pub struct Entry {
    shape: Vec<usize>,
    /// Row-major.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
    /// log₂ of a bound of the 2-norm of the difference between the decimals and the exact gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    log2_error_bound: Option<Number>,
    /// Why there are no values.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_established: Option<String>,
}

impl Entry {
    /// A computed gradient.
    pub fn computed(shape: Vec<usize>, values: Vec<String>) -> Entry {
        Entry { shape, values: Some(values), log2_error_bound: None, not_established: None }
    }

    /// An exact gradient: the bound holds for the decimals, whose own rounding it includes.
    pub fn established(shape: Vec<usize>, gradient: &TrueTensor) -> Entry {
        let decimals = |(index, x): ((usize, usize), &Float)| {
            let of_entry = gradient.entry_error(index);
            true_decimal(x, if gradient.error < of_entry { gradient.error } else { of_entry })
        };
        let (values, roundings): (Vec<String>, Vec<Bound>) = gradient.values().indexed_iter().map(decimals).unzip();
        let bound = (gradient.error + norm(roundings.into_iter())).log2();
        // Hundredths, upwards, and more than the logarithm's own error.
        let bound = ((bound + 1e-6) * 100.0).ceil() / 100.0;
        Entry { log2_error_bound: Some(Number::new(bound)), ..Entry::computed(shape, values) }
    }

    /// An exact gradient that is not known.
    pub fn unknown(shape: Vec<usize>, reason: Unproven) -> Entry {
        Entry { shape, values: None, log2_error_bound: None, not_established: Some(reason.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// Digits of a decimal's significand.
    fn count(text: &str) -> usize {
        text.chars().take_while(|c| *c != 'e').filter(char::is_ascii_digit).count()
    }

    fn entry(values: &Array2<Float>, error: Option<Bound>) -> (Vec<String>, f64) {
        let tensor = match error {
            Some(error) => TrueTensor::blurred(values.clone(), error),
            None => TrueTensor::known(values.clone()),
        };
        let entry = serde_json::to_value(Entry::established(vec![values.len()], &tensor)).unwrap();
        let texts = entry["values"].as_array().unwrap().iter().map(|x| x.as_str().unwrap().to_string()).collect();
        (texts, entry["log2_error_bound"].as_f64().unwrap_or(f64::NEG_INFINITY))
    }

    /// Five digits beyond the proven ones: of 1, of numbers that the error leaves fewer digits, none and less than none.
    #[test]
    fn digits_are_the_proven_ones_and_five() {
        let number = |text: &str| Float::with_val(400, Float::parse(text).unwrap());
        let values = ["1", "-3.3333333333333333333333333333e-7", "7.7e-21", "-1.9e-23", "0", "1e35"].map(number);
        let values = Array2::from_shape_vec((2, 3), values.to_vec()).unwrap();
        // A bound of 2^-70 = 8.47e-22 for each entry.
        let (texts, bound) = entry(&values, Some(Bound::power_of_two(-70)));
        assert_eq!(texts.iter().map(|text| count(text)).collect::<Vec<_>>(), [21 + 5, 14 + 5, 5, 5, 2, 60]);
        assert_eq!(texts[1], "-3.333333333333333333e-7");
        assert_eq!((&texts[2][..], &texts[3][..], &texts[4][..]), ("7.7000e-21", "-1.9000e-23", "0.0"));
        // √6·2^-70, and hardly more for the roundings.
        assert!((-70.0 + 0.5 * core_math::log2(6.0)..-68.69).contains(&bound), "{bound}");
        let (texts, bound) = entry(&values, None);
        assert_eq!(texts.iter().map(|text| count(text)).collect::<Vec<_>>(), [60, 60, 60, 60, 1, 60]);
        assert_eq!(texts[4], "0");
        // Half a unit of 1e35's last digit: 5e-25.
        assert_eq!(bound, -80.72);
        assert_eq!(entry(&values.mapv(|_| Float::new(53)), None), (vec!["0".to_string(); 6], f64::NEG_INFINITY));
    }

    /// The bound holds for what is written: decimals, read back, lie within it of anything that the tensor allows.
    #[test]
    fn bounds_hold_for_the_decimals() {
        let mut state = 5u64;
        let mut number = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let sign = if state >> 63 == 1 { -1 } else { 1 };
            (Float::with_val(300, state >> 3) * sign * 0.3) >> (60 + (state >> 40) % 90) as u32
        };
        for error in [-300i32, -100, -60, -20] {
            let values = Array2::from_shape_simple_fn((7, 9), &mut number);
            let (texts, bound) = entry(&values, Some(Bound::power_of_two(i64::from(error))));
            // Every entry is off by the whole allowance, away from its decimals.
            let square = texts.iter().zip(&values).fold(Float::new(2000), |sum, (text, x)| {
                let text = Float::with_val(2000, Float::parse(text).unwrap());
                let off: Float = (Float::with_val(2000, x) - text).abs() + (Float::with_val(53, 1) << error);
                sum + off.square()
            });
            let distance = square.sqrt();
            assert!(distance <= Float::with_val(2000, bound).exp2(), "2^{error}: {distance:e}, 2^{bound}");
            // Sixty digits are fewer than 300 bits: what is written differs by any part of half a unit.
            let loose = if error == -300 { 3.0 } else { 1.01 };
            assert!(distance * loose >= Float::with_val(2000, bound).exp2(), "2^{error}: the bound is loose");
        }
    }
}
