//! φ and φ' at ±∞, NaN and ±0 in every format and on every path, against values that are written down here.
//!
//! Infinity stands for a result of unknown size: the value there is the limit, and a zero has the sign of the side from
//! which it is approached.

use crate::common::erased::{Erased, carried, long, named, reference};
use crate::common::rational::{Codes, How, Real};
use ndarray::Array2;
use precision_probe::activation::double::{derivative_f64, value_f64};
use precision_probe::activation::{ALL, Activation, Function, is_zero};
use precision_probe::arithmetic::dispatch::Carriers;
use precision_probe::arithmetic::{ArithmeticName, Direction, Exact};
use precision_probe::format::{F64, Format, NAMED};
use rug::float::Constant;
use rug::{Float, Integer, Rational};

/// Where: −∞, +∞, −0, +0.
const POINTS: [f64; 4] = [f64::NEG_INFINITY, f64::INFINITY, -0.0, 0.0];

const LEAST_SELU: &str = "-1.75809934084737685994021752081231934206024580891220830977098282";
const SELU_LEFT: &str = "1.75809934084737685994021752081231934206024580891220830977098282";
const SELU_RIGHT: &str = "1.0507009873554804934193349852946";
const LEAKY: &str = "0.010009765625";
/// (1/8 + 1/3)/2 on the grid of 8 significant bits.
const RRELU: &str = "0.2294921875";

/// φ(−∞), φ(∞), φ(−0), φ(0) and φ'(−∞), φ'(∞), φ'(−0), φ'(0).
const TABLE: [(&str, [&str; 4], [&str; 4]); 36] = [
    ("relu", ["0", "inf", "0", "0"], ["0", "1", "0", "0"]),
    ("leaky", ["-inf", "inf", "-0", "0"], [LEAKY, "1", LEAKY, LEAKY]),
    ("leaky:0", ["0", "inf", "0", "0"], ["0", "1", "0", "0"]),
    ("leaky:-0.5", ["inf", "inf", "0", "-0"], ["-0.5", "1", "-0.5", "-0.5"]),
    ("prelu", ["-inf", "inf", "-0", "0"], ["0.25", "1", "0.25", "0.25"]),
    ("rrelu", ["-inf", "inf", "-0", "0"], [RRELU, "1", RRELU, RRELU]),
    ("elu", ["-1", "inf", "-0", "0"], ["0", "1", "1", "1"]),
    ("elu:0.3125", ["-0.3125", "inf", "-0", "0"], ["0", "1", "0.3125", "0.3125"]),
    ("celu", ["-1", "inf", "-0", "0"], ["0", "1", "1", "1"]),
    ("celu:2", ["-2", "inf", "-0", "0"], ["0", "1", "1", "1"]),
    ("selu", [LEAST_SELU, "inf", "-0", "0"], ["0", SELU_RIGHT, SELU_LEFT, SELU_LEFT]),
    ("relu6", ["0", "6", "0", "0"], ["0", "0", "0", "0"]),
    ("hardtanh", ["-1", "1", "-0", "0"], ["0", "0", "1", "1"]),
    ("hardtanh:-2:0.5", ["-2", "0.5", "-0", "0"], ["0", "0", "1", "1"]),
    ("hardtanh:0:3", ["0", "3", "0", "0"], ["0", "0", "0", "0"]),
    ("hardsigmoid", ["0", "1", "0.5", "0.5"], ["0", "0", "1/6", "1/6"]),
    ("hardswish", ["0", "inf", "-0", "0"], ["0", "1", "0.5", "0.5"]),
    ("softshrink", ["-inf", "inf", "0", "0"], ["1", "1", "0", "0"]),
    ("hardshrink", ["-inf", "inf", "0", "0"], ["1", "1", "0", "0"]),
    ("threshold", ["0", "inf", "0", "0"], ["0", "1", "0", "0"]),
    ("threshold:0.5:-20", ["-20", "inf", "-20", "-20"], ["0", "1", "0", "0"]),
    ("relu2", ["0", "inf", "0", "0"], ["0", "inf", "0", "0"]),
    ("tanh", ["-1", "1", "-0", "0"], ["0", "0", "1", "1"]),
    ("tanhshrink", ["-inf", "inf", "-0", "0"], ["1", "1", "0", "0"]),
    ("sigmoid", ["0", "1", "0.5", "0.5"], ["0", "0", "0.25", "0.25"]),
    ("logsigmoid", ["-inf", "-0", "-ln2", "-ln2"], ["1", "0", "0.5", "0.5"]),
    ("softplus", ["0", "inf", "ln2", "ln2"], ["0", "1", "0.5", "0.5"]),
    ("softplus:0.25", ["0", "inf", "4ln2", "4ln2"], ["0", "1", "0.5", "0.5"]),
    ("softsign", ["-1", "1", "-0", "0"], ["0", "0", "1", "1"]),
    ("silu", ["-0", "inf", "-0", "0"], ["-0", "1", "0.5", "0.5"]),
    ("swish:2", ["-0", "inf", "-0", "0"], ["-0", "1", "0.5", "0.5"]),
    ("swish:1e-6", ["-0", "inf", "-0", "0"], ["-0", "1", "0.5", "0.5"]),
    ("mish", ["-0", "inf", "-0", "0"], ["-0", "1", "3/5", "3/5"]),
    ("gelu", ["-0", "inf", "-0", "0"], ["-0", "1", "0.5", "0.5"]),
    ("gelu_tanh", ["-0", "inf", "-0", "0"], ["-0", "1", "0.5", "0.5"]),
    ("identity", ["-inf", "inf", "-0", "0"], ["1", "1", "1", "1"]),
];

/// A number of the table: a decimal, a fraction, a multiple of ln 2 to 400 bits, or an infinity.
fn number(text: &str) -> Real {
    let (is_negative, magnitude) = match text.strip_prefix('-') {
        Some(magnitude) => (true, magnitude),
        None => (false, text),
    };
    let integer = |digits: &str| digits.parse::<Integer>().unwrap();
    let value = match magnitude {
        "inf" => return Real::Infinite(is_negative),
        _ if magnitude.ends_with("ln2") => {
            let factor = magnitude.trim_end_matches("ln2");
            let factor: u32 = if factor.is_empty() { 1 } else { factor.parse().unwrap() };
            (Float::with_val(400, Constant::Log2) * factor).to_rational().unwrap()
        }
        _ => match (magnitude.split_once('/'), magnitude.split_once('.')) {
            (Some((over, under)), _) => Rational::from((integer(over), integer(under))),
            (None, Some((whole, decimals))) => {
                let ten_to = Integer::from(Integer::u_pow_u(10, decimals.len() as u32));
                Rational::from((integer(&format!("{whole}{decimals}")), ten_to))
            }
            (None, None) => Rational::from(integer(magnitude)),
        },
    };
    Real::Finite(value, is_negative)
}

/// φ and φ' of every row, each with its values at [`POINTS`].
fn rows() -> impl Iterator<Item = (Function, [Real; 4])> {
    TABLE.into_iter().flat_map(|(name, values, derivatives)| {
        let activation = Activation::parse(name).unwrap();
        [(Function::Value(activation), values.map(number)), (Function::Derivative(activation), derivatives.map(number))]
    })
}

/// Formats that numbers are computed in.
fn formats() -> impl Iterator<Item = Format> {
    let more =
        ["mpfr:2", "mpfr:24", "mpfr:53", "mpfr:100", "e11m60", "e10m20"].map(|name| Format::parse(name).unwrap());
    NAMED.iter().map(|(_, _, format)| *format).filter(|format| !format.is_scale()).chain(more)
}

#[test]
fn the_table_has_the_whole_catalogue() {
    for activation in ALL {
        assert!(TABLE.iter().any(|(name, ..)| Activation::parse(name) == Ok(activation)), "{activation}");
    }
}

/// Which of them are exactly zero, and what doubles make of all.
#[test]
fn doubles_know_the_limits() {
    let codes = Codes::of(&F64);
    for (function, values) in rows() {
        let in_double = |x: f64| match function {
            Function::Derivative(activation) => derivative_f64(&activation, x),
            Function::Value(activation) => value_f64(&activation, x),
            other => panic!("{other:?} is not in the table"),
        };
        for (x, value) in POINTS.into_iter().zip(&values) {
            let is_exact_zero = matches!(value, Real::Finite(magnitude, _) if *magnitude == 0);
            assert_eq!(is_zero(&function, x), is_exact_zero, "{function:?} at {x}");
            let (expected, found) = (codes.round(value), in_double(x));
            // Within a few units in the last place where it is no exact number.
            let is_near = [found.next_down(), found, found.next_up()].map(Exact::Double);
            let is_special = is_exact_zero || matches!(value, Real::Infinite(_));
            let is_right = if is_special { expected.is(&is_near[1]) } else { is_near.iter().any(|x| expected.is(x)) };
            assert!(is_right, "{function:?} at {x}: {found} and not {expected:?}");
        }
        assert!(!is_zero(&function, f64::NAN), "{function:?}");
        assert!(in_double(f64::NAN).is_nan(), "{function:?}");
    }
}

/// What follows a format in a name.
const SUFFIXES: [&str; 6] =
    ["", ":round=up", ":round=down:saturate", ":round=odd", ":ftz:daz:saturate", ":round=stochastic"];

/// Every carrier of every arithmetic of a format.
fn carriers(name: ArithmeticName) -> Vec<(&'static str, Box<dyn Erased>)> {
    vec![
        ("as dispatched", carried(name, Carriers::Infallible)),
        ("by its definition", reference(name)),
        ("in MPFR numbers", long(name)),
        ("its twin in doubles", carried(name.unbounded(), Carriers::Fast)),
        ("its twin in MPFR numbers", long(name.unbounded())),
    ]
}

/// Arguments as an arithmetic stores them: those of [`POINTS`] that stay what they are, and NaN, which always does.
#[test]
fn every_carrier_gives_the_limits() {
    let points = Array2::from_shape_fn((1, 5), |(_, i)| Exact::Double(POINTS.get(i).copied().unwrap_or(f64::NAN)));
    let (mut compared, mut infinite) = (0, 0);
    let everything = ["f64", "f16", "e4m3fn", "e4m3fnuz", "binary8p3se", "e2m1fn", "mpfr:24", "e11m60"].map(named);
    for (format, suffix) in formats().flat_map(|format| SUFFIXES.map(|suffix| (format, suffix))) {
        let is_whole = everything.iter().any(|name| name.format == format);
        // No ends of the range, nothing at them.
        let has_limits = suffix.contains("ftz") || suffix.contains("saturate");
        if !suffix.is_empty() && (!is_whole || has_limits && format.max_exponent().is_none()) {
            continue;
        }
        let name = named(&format!("{format}{suffix}"));
        for (carrier, arithmetic) in carriers(name) {
            let is_twin = carrier.contains("twin");
            let of = if is_twin { name.unbounded() } else { name };
            let (codes, how) = (Codes::of(&of.format), How::of(&of));
            let stays = |i: usize| Real::of(&arithmetic.round(&points[(0, i)])) == Real::of(&points[(0, i)]);
            let stays: [bool; 4] = std::array::from_fn(stays);
            for (function, values) in rows() {
                let found = arithmetic.map(&function, &points);
                for (i, value) in values.iter().enumerate().filter(|(i, _)| stays[*i]) {
                    // Random bits decide between the neighbours of what is no member.
                    let expected = match of.direction {
                        Direction::Stochastic(_) if codes.round(value) != *value => continue,
                        Direction::Stochastic(_) => value.clone(),
                        _ => codes.round_as(value, how),
                    };
                    let x = POINTS[i];
                    assert!(
                        expected.is(&found[(0, i)]),
                        "{function:?} in {of} ({carrier}) at {x}: {:?} and not {expected:?}",
                        found[(0, i)]
                    );
                    compared += 1;
                    infinite += usize::from(x.is_infinite());
                }
                assert_eq!(Real::of(&found[(0, 4)]), Real::Nan, "{function:?} in {of} ({carrier}) at NaN");
            }
        }
    }
    assert!(compared > 50_000 && infinite > 15_000, "{compared}, of them {infinite} at infinities");
}

/// The range of a format without its precision: infinities and zeros are the format's.
#[test]
fn the_range_alone_gives_the_limits() {
    let points = Array2::from_shape_fn((1, 4), |(_, i)| Exact::Double(POINTS[i]));
    for format in formats().filter(|format| *format == F64 || format.fits_f64_lanes()) {
        let arithmetic = carried(ArithmeticName::plain(format), Carriers::RangeAlone);
        let codes = Codes::of(&format);
        for (function, values) in rows() {
            let found = arithmetic.map(&function, &points);
            for (i, value) in values.iter().enumerate() {
                let is_special = matches!(value, Real::Infinite(_)) || codes.round(value) == *value;
                let is_kept = Real::of(&arithmetic.round(&points[(0, i)])) == Real::of(&points[(0, i)]);
                if is_special && is_kept {
                    let expected = codes.round(value);
                    assert!(
                        expected.is(&found[(0, i)]),
                        "{function:?} in {format} at {}: {:?}",
                        POINTS[i],
                        found[(0, i)]
                    );
                }
            }
        }
    }
}
