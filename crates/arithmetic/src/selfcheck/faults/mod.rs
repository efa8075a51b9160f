//! Known faults of other programs, each with operands that expose it and an expected answer.

mod operations;

pub use operations::operations;

use super::rounding::named;
use super::tally::{Mismatch, Row, Tally, shown};
use crate::activation::{ALL, Activation, Function, round_function_f64};
use crate::arithmetic::carrier::Carrier;
use crate::arithmetic::doubles::Doubles;
use crate::arithmetic::{Arithmetic, ArithmeticName, Step};
use crate::format::{BF16, F16, Format, two_to};
use half::{bf16, f16};
use ndarray::Array2;
use rug::Float;

/// A rounding of doubles to a format.
type Round<'r> = &'r dyn Fn(&Format, f64) -> f64;
/// A row of a fault, with a short and a long source.
fn row(tally: Tally, fault: &str, known_from: &'static str, path: &'static str, source: &'static str) -> Row {
    Row { source: Some(source), ..tally.row(fault, known_from, path) }
}

/// Faults of conversions.
pub fn conversions() -> Vec<Row> {
    let round: Round = &|format, x| format.round_f64(x);
    let payloads = Tally::sum([
        nan_codes("f64", f64::NAN.to_bits(), &|x| f64::put(x).to_bits()),
        nan_codes("f32", f32::NAN.to_bits().into(), &|x| f32::put(x).to_bits().into()),
        nan_codes("f16", F16.encode(f64::NAN), &|x| f16::put(x).to_bits().into()),
        nan_codes("bf16", BF16.encode(f64::NAN), &|x| bf16::put(x).to_bits().into()),
        // Many at once, from binary32.
        nan_codes("f16", F16.encode(f64::NAN), &|x| f16::put_singles(&[x as f32; 9])[8].to_bits().into()),
        nan_codes("bf16", BF16.encode(f64::NAN), &|x| bf16::put_singles(&[x as f32; 9])[8].to_bits().into()),
    ]);
    vec![
        row(
            double_rounding(round),
            "double rounding through binary32",
            "half-rs #116, #151",
            "scalar",
            "github.com/VoidStarKat/half-rs/issues/116 and 151: f16::from_f64 goes through binary32",
        ),
        row(
            overflow(round),
            "f16 overflow to NaN or 0 instead of ∞",
            "Halide #5872",
            "scalar",
            "github.com/halide/Halide/pull/5872 and microsoft/DirectXMath/issues/16: NaN; 0 where the exponent field is \
             cut to five bits",
        ),
        row(
            subnormal_ties(round),
            "ties between subnormal numbers",
            "half-rs #116",
            "scalar",
            "github.com/VoidStarKat/half-rs/issues/116, its first case: a number next to such a tie rounds to the wrong side",
        ),
        row(
            negative_zeros(round),
            "−0 lost in a rounding",
            "magic numbers, x + 0",
            "scalar",
            "(x + c) − c, rounding with a magic constant, gives +0 for −0 and for negative numbers that underflow",
        ),
        row(
            payloads,
            "NaN becomes ∞, −0 or another code",
            "bits truncated or added to",
            "scalar",
            "the upper half of binary32's 7f800001 is bfloat16's infinity, and 7fffffff plus half a unit its −0",
        ),
    ]
}

/// Closer to a tie than binary32 resolves.
fn double_rounding(round: Round) -> Tally {
    let mut tally = Tally::default();
    let mut check = |format: &Format, x: f64, expected: f64| {
        for sign in [1.0, -1.0] {
            tally.double(round(format, sign * x), sign * expected, || (format.name(), vec![shown(sign * x)]));
        }
    };
    for format in named().filter(|format| (2..=22).contains(&format.precision)) {
        let (half, hair) = (two_to(-i64::from(format.precision)), two_to(-40));
        check(&format, 1.0 + half + hair, 1.0 + 2.0 * half);
        check(&format, 1.0 + 3.0 * half - hair, 1.0 + 2.0 * half);
    }
    // The two of issue 116.
    check(&F16, two_to(-14) - two_to(-25) - two_to(-65), two_to(-14) - two_to(-24));
    check(&F16, f64::from(0x1ffd_ffff_u32) * 256.0 * two_to(-26) + 255.0 * two_to(-26), 2047.0);
    tally
}

/// Every integer from the threshold of binary16 to twice its range, and those that stay below it.
fn overflow(round: Round) -> Tally {
    let mut tally = Tally::default();
    for x in (65_504..131_072).map(f64::from) {
        let expected = if x < 65_520.0 { 65_504.0 } else { f64::INFINITY };
        for sign in [1.0, -1.0] {
            tally.double(round(&F16, sign * x), sign * expected, || ("f16".into(), vec![shown(sign * x)]));
        }
    }
    tally
}

/// Half-odd multiples of the smallest positive number.
fn subnormal_ties(round: Round) -> Tally {
    let mut tally = Tally::default();
    for format in named().filter(Format::fits_f64_lanes) {
        let Some(least) = format.smallest_subnormal_exponent() else { continue };
        let least = two_to(i64::from(least));
        let count = (1u32 << (format.precision - 1)).min(2048);
        for below in 0..count {
            let x = (f64::from(below) + 0.5) * least;
            let even = f64::from(below + below % 2) * least;
            tally.double(round(&format, x), even, || (format.name(), vec![shown(x)]));
            for (x, expected) in [(x.next_down(), below), (x.next_up(), below + 1)] {
                let expected = f64::from(expected) * least;
                tally.double(round(&format, x), expected, || (format.name(), vec![shown(x)]));
            }
        }
    }
    tally
}

/// −0, and negative numbers that underflow.
fn negative_zeros(round: Round) -> Tally {
    let mut tally = Tally::default();
    for format in named() {
        let Some(least) = format.smallest_subnormal_exponent() else { continue };
        let has_negative_zero = format.decode(1 << (format.code_bits() - 1)).to_bits() == (-0f64).to_bits();
        let tiny = [1, 2, 60].map(|below| i64::from(least) - below).into_iter().filter(|exponent| *exponent >= -1074);
        for x in tiny.map(two_to).chain([0.0]) {
            let expected = if has_negative_zero { -0.0 } else { 0.0 };
            tally.double(round(&format, -x), expected, || (format.name(), vec![shown(-x)]));
            tally.double(round(&format, x), 0.0, || (format.name(), vec![shown(x)]));
        }
    }
    tally
}

/// NaN of every payload is stored as one code.
fn nan_codes(format: &str, expected: u64, put: &dyn Fn(f64) -> u64) -> Tally {
    let mut tally = Tally::default();
    let singles = [0x7f80_0001u32, 0x7fff_ffff, 0xff80_0001, 0xffff_ffff, 0x7f80_ffff, 0xffc0_0000, 0x7fa0_0000];
    let doubles = [0x7ff0_0000_0000_0001u64, 0x7fff_ffff_ffff_ffff, 0xfff0_0000_2000_0000, 0xfff8_0000_0000_0000];
    let nan = singles.map(|bits| f64::from(f32::from_bits(bits))).into_iter().chain(doubles.map(f64::from_bits));
    for x in nan {
        let got = put(x);
        tally.case(got == expected, || Mismatch {
            operation: format!("{format}, stored"),
            operands: vec![shown(x)],
            got: format!("{got:#x}"),
            expected: format!("{expected:#x}"),
        });
    }
    tally
}

/// Faults of activations.
pub fn functions() -> Vec<Row> {
    vec![
        row(
            nan_kept(&|f, x, format| round_function_f64(f, x, format)),
            "relu(NaN) is 0",
            "PyTorch #7999, max(0, x)",
            "scalar",
            "github.com/pytorch/pytorch/issues/7999, and issues of MXNet, MindSpore and Paddle: max(0, NaN) hides NaN",
        ),
        row(
            false_zeros(&|f, x, format| round_function_f64(f, x, format)),
            "tanh' is 0 although sech² is not",
            "1 − tanh² in doubles",
            "scalar",
            "1 − tanh² is 0 in doubles from |x| = 19.1 on, where sech² is still a number of bfloat16 until |x| = 46.8",
        ),
    ]
}

/// Every φ and φ' propagates NaN, for single numbers and in a matrix.
fn nan_kept(tested: &dyn Fn(&Function, f64, &Format) -> f64) -> Tally {
    let mut tally = Tally::default();
    for format in named().filter(|format| format.round_f64(f64::NAN).is_nan()) {
        for function in both(ALL) {
            let mut check = |how: &str, got: f64| {
                tally.double(got, f64::NAN, || (format!("{function:?} in {format}, {how}"), vec!["NaN".into()]));
            };
            for nan in [f64::NAN, -f64::NAN] {
                check("one", tested(&function, nan, &format));
            }
            if let Some(lanes) = Doubles::new(ArithmeticName::plain(format), 0) {
                let matrix = Array2::from_shape_fn((3, 7), |(_, column)| if column % 2 == 0 { f64::NAN } else { 1.0 });
                let values = lanes.map(Step::alone(0), &function, &matrix);
                values.indexed_iter().filter(|((_, j), _)| j % 2 == 0).for_each(|(_, x)| check("in a matrix", *x));
            }
        }
    }
    tally
}

/// φ and φ' of activations.
pub fn both(activations: impl IntoIterator<Item = Activation>) -> impl Iterator<Item = Function> {
    activations.into_iter().flat_map(|activation| [Function::Value(activation), Function::Derivative(activation)])
}

/// tanh' of every bfloat16 number from 4 to 64, against 1/cosh² of MPFR.
fn false_zeros(tested: &dyn Fn(&Function, f64, &Format) -> f64) -> Tally {
    let mut tally = Tally::default();
    let derivative = Function::Derivative(Activation::Tanh);
    for code in BF16.encode(4.0)..=BF16.encode(64.0) {
        let x = BF16.decode(code);
        let cosh = Float::with_val(300, x).cosh();
        let expected = BF16.round(&(1u32 / cosh.square())).to_f64();
        for x in [x, -x] {
            tally.double(tested(&derivative, x, &BF16), expected, || ("tanh' in bf16".into(), vec![shown(x)]));
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(format: &Format, x: f64) -> f64 {
        format.round_f64(x)
    }

    #[test]
    fn each_fault_of_a_conversion_is_seen_by_its_check() {
        let checks: [fn(Round) -> Tally; 4] = [double_rounding, overflow, subnormal_ties, negative_zeros];
        assert!(checks.iter().all(|check| check(&right).mismatches == 0));
        let through_single = double_rounding(&|format, x| format.round_f64(f64::from(x as f32)));
        assert_eq!(through_single.mismatches, through_single.cases, "each of its cases shows it");
        let of_half = double_rounding(&|format, x| {
            if *format == F16 { f16::from_f64_const(x).to_f64() } else { format.round_f64(x) }
        });
        assert!(of_half.mismatches > 0, "half's own conversion: {of_half:?}");
        let to_zero = overflow(&|format, x| if x.abs() >= 65_536.0 { 0f64.copysign(x) } else { format.round_f64(x) });
        assert_eq!(to_zero.mismatches, 2 * 65_536);
        let up = subnormal_ties(&|format, x| format.round_f64(x.next_up()));
        assert!(up.mismatches > up.cases / 8, "{up:?}");
        let unsigned = negative_zeros(&|format, x| format.round_f64(x) + 0.0);
        // Four cases in every format with a −0; below binary64's smallest number there is no double.
        let signed = named().filter(Format::has_negative_zero).count() as u64;
        assert_eq!(unsigned.mismatches, 4 * (signed - 1) + 1);
        let upper = |x: f64| u64::from((x as f32).to_bits() >> 16);
        assert!(nan_codes("bf16", BF16.encode(f64::NAN), &upper).mismatches > 5);
    }

    #[test]
    fn each_fault_of_a_function_is_seen_by_its_check() {
        let right = |f: &Function, x: f64, format: &Format| round_function_f64(f, x, format);
        assert_eq!(nan_kept(&right).mismatches + false_zeros(&right).mismatches, 0);
        let hidden = nan_kept(&|f, x, format| match f {
            Function::Value(Activation::Relu) => x.max(0.0),
            _ => right(f, x, format),
        });
        assert!(hidden.mismatches > 0 && hidden.first[0].got.ends_with("= 0e0"), "{hidden:?}");
        let cancelled = false_zeros(&|_, x, format| {
            let tanh = core_math::tanh(x);
            format.round_f64(1.0 - tanh * tanh)
        });
        assert!(cancelled.mismatches > 300, "{cancelled:?}");
    }
}
