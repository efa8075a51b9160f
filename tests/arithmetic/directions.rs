//! Operations and sums in every direction, limit and order: every carrier against exact rational numbers rounded by search.

mod definitions;

use super::arithmetic::ARITHMETICS as PLAIN;
use crate::common::erased::{Erased, dispatched, lanes, long, named, reference};
use crate::common::rational::{Codes, How, Real, binary_as, dot_as};
use crate::common::{Random, assert_same_matrix, draw, draw_matrix, show};
use precision_probe::activation::{ALL, Function, enclose};
use precision_probe::arithmetic::{ArithmeticName, Binary, Exact, Sum};
use precision_probe::format::{Format, two_to};
use rug::Float;

/// Every direction, limit and order, in and out of doubles.
pub const ARITHMETICS: [&str; 36] = [
    "f16:round=zero",
    "f16:round=up",
    "f16:round=down",
    "f16:round=odd",
    "bf16:acc=f32:round=zero",
    "bf16:acc=f32:round=down",
    "f32:round=up",
    "f32:round=down:sum=fma",
    "tf32:acc=f32:round=odd:sum=fma",
    "e4m3fn:round=up",
    "e4m3fn:acc=f16:round=down",
    "e5m2:round=odd:sum=fma",
    "f64:round=zero",
    "f64:round=down",
    "mpfr:24:round=up",
    "mpfr:40:round=odd",
    "e10m20:round=down:sum=kahan",
    "f16:acc=bf16:round=zero",
    "f16:sum=pairwise",
    "f16:sum=kahan",
    "f16:sum=block=3",
    "f64:sum=kahan",
    "f64:sum=pairwise",
    "f64:sum=block=2",
    "bf16:acc=f16:sum=pairwise",
    "e4m3fn:sum=kahan:round=zero",
    "mpfr:24:sum=pairwise",
    "mpfr:30:sum=kahan",
    "f16:ftz",
    "f16:daz",
    "bf16:acc=f32:ftz:daz:sum=fma",
    "e4m3fn:saturate",
    "e5m2:acc=f16:saturate:sum=block=2",
    "f16:ftz:daz:saturate:round=up",
    "f64:ftz:daz:saturate",
    "e11m60:ftz:saturate:sum=pairwise",
];

/// The carrier of an arithmetic, MPFR numbers, and double lanes or, where they do not carry it, its definition.
fn carriers(name: ArithmeticName) -> [Box<dyn Erased>; 3] {
    [dispatched(name), long(name), lanes(name).unwrap_or_else(|| reference(name))]
}

/// Rounding, operations and sums of every carrier, term by term in exact numbers.
#[test]
fn operations_and_sums_are_their_definition() {
    let mut random = Random(11);
    let (mut subnormal, mut overflowed) = (0, 0);
    for arithmetic in ARITHMETICS.into_iter().chain(PLAIN) {
        let name = named(arithmetic);
        let (format, accumulator, how) = (Codes::of(&name.format), Codes::of(&name.accumulator), How::of(&name));
        let emin = name.format.smallest_normal_exponent().map(i64::from);
        let carriers = carriers(name);
        let mut differ = 0;
        for trial in 0..120 {
            let mut number = |wild: bool| carriers[0].round(&draw(&mut random, &name.format, wild));
            let (x, y) = (number(true), number(true));
            for operation in Binary::ALL {
                let (real_x, real_y) = (Real::of(&x), Real::of(&y));
                let expected = binary_as(&format, how, operation, &real_x, &real_y);
                differ += usize::from(expected != binary_as(&format, How::NEAREST, operation, &real_x, &real_y));
                for carrier in &carriers {
                    let actual = carrier.binary(operation, &x, &y);
                    assert!(
                        expected.is(&actual),
                        "{arithmetic}: {} {operation:?} {}: expected {expected:?}, got {}",
                        show(&x),
                        show(&y),
                        show(&actual)
                    );
                }
                let result = carriers[0].binary(operation, &x, &y);
                overflowed += usize::from(!result.is_finite() && x.is_finite() && y.is_finite());
                subnormal += usize::from(result.exponent().zip(emin).is_some_and(|(e, emin)| e < emin));
            }
            let mut number = || number(trial % 3 == 0);
            let (row, column): (Vec<Exact>, Vec<Exact>) = (0..trial % 9).map(|_| (number(), number())).unzip();
            let reals = |x: &[Exact]| x.iter().map(Real::of).collect::<Vec<_>>();
            let (reals_of_row, reals_of_column) = (reals(&row), reals(&column));
            let bias = number();
            for last in [None, Some(&bias)] {
                let sum = |how, order| {
                    let factors = (&reals_of_row[..], &reals_of_column[..]);
                    dot_as((&format, &accumulator), how, order, factors, last.map(Real::of).as_ref())
                };
                let expected = sum(how, name.sum);
                differ += usize::from(expected != sum(How::NEAREST, Sum::Sequential));
                for carrier in &carriers {
                    let actual = carrier.dot(&row, &column, last);
                    assert!(
                        expected.is(&actual),
                        "{arithmetic}: {row:?}·{column:?} + {last:?}: expected {expected:?}, got {}",
                        show(&actual)
                    );
                }
            }
        }
        let is_blind = differ == 0 && ARITHMETICS.contains(&arithmetic);
        assert!(!is_blind, "{arithmetic} never differs from nearest, sequential sums: the test is blind");
    }
    assert!(subnormal > 500 && overflowed > 500, "{subnormal} subnormal, {overflowed} overflowed");
}

/// Functions of doubles have the bits of those of MPFR numbers.
#[test]
fn functions_are_those_of_mpfr_numbers() {
    let mut random = Random(5);
    for arithmetic in ARITHMETICS.into_iter().chain(PLAIN) {
        let name = named(arithmetic);
        let (long, fast) = (long(name), lanes(name).unwrap_or_else(|| dispatched(name)));
        let x = draw_matrix(&mut random, &name.format, true, (6, 5));
        for activation in ALL {
            for function in [Function::Value(activation), Function::Derivative(activation), Function::Exp] {
                let what = || format!("{arithmetic}: {function:?}");
                assert_same_matrix(&long.map(&function, &x), &fast.map(&function, &x), what);
            }
        }
    }
}

/// Functions rounded down and up enclose the exact result.
#[test]
fn directed_rounding_encloses_functions() {
    let mut random = Random(13);
    for format in ["f16", "bf16", "f32", "e4m3ieee", "mpfr:30", "bf16:acc=f32"] {
        let name = |way: &str| dispatched(named(&format!("{format}:round={way}")));
        let (down, up) = (name("down"), name("up"));
        let x = draw_matrix(&mut random, &Format::mpfr(8), false, (8, 8)).mapv(|x| down.round(&x));
        for activation in ALL {
            for function in [Function::Value(activation), Function::Derivative(activation)] {
                let (low, high) = (down.map(&function, &x), up.map(&function, &x));
                for ((low, high), x) in low.iter().zip(&high).zip(&x) {
                    let value = enclose(&function, &x.to_float(), 300).unwrap();
                    let slack = Float::with_val(300, value.abs_ref()) >> 250;
                    let (least, most) = (Float::with_val(300, &value - &slack), Float::with_val(300, &value + &slack));
                    assert!(*low <= Exact::Long(most), "{format}: {function:?} of {}", show(x));
                    assert!(*high >= Exact::Long(least), "{format}: {function:?} of {}", show(x));
                }
            }
        }
    }
}

/// What a user would try first.
#[test]
fn limits_and_directions_show_in_numbers() {
    let one = |name: &str, x: f64| dispatched(named(name)).round(&Exact::Double(x)).to_f64();
    for (name, x, expected) in [
        ("f16:round=zero", 65535.9, 65504.0),
        ("f16:round=up", 65504.1, f64::INFINITY),
        ("f16:round=up", -1e9, -65504.0),
        ("f16:round=down", 1e9, 65504.0),
        ("f16:round=odd", 65519.0, 65504.0),
        ("f16:round=up", 1e-30, two_to(-24)),
        ("f16:round=odd", -1e-30, -two_to(-24)),
        ("f16:round=up:ftz", 1e-30, 0.0),
        ("f16:ftz", 1.5 * two_to(-15), 0.0),
        ("f16:ftz", -two_to(-14), -two_to(-14)),
        ("f16:saturate", 1e9, 65504.0),
        ("f16:saturate", f64::NEG_INFINITY, -65504.0),
        ("e4m3fn:saturate", 1e9, 448.0),
        ("e4m3fn:round=zero", 500.0, 448.0),
        ("f16:round=zero", f64::INFINITY, f64::INFINITY),
    ] {
        assert_eq!(one(name, x), expected, "{name}: {x}");
    }
}
