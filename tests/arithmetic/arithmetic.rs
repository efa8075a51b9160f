//! The arithmetics against their own definition (every override gives the same bits), against exact
//! rational numbers rounded by search, and against each other; and the grammar of their names.

use super::directions::ARITHMETICS as DIRECTED;
use crate::common::erased::{dispatched, lanes, long, named, reference};
use crate::common::rational::{Codes, How, Real, dot_as};
use crate::common::{Random, assert_same, assert_same_matrix, draw, draw_matrix, show};
use precision_probe::activation::{ALL, Activation, Function};
use precision_probe::arithmetic::{ArithmeticName, Binary, Exact, Policy, Sum};
use precision_probe::format::{F32, Format, NAMED, two_to};
use proptest::prelude::*;

/// Every carrier, every kind of accumulator (narrower, wider, equal, unbounded), and sums without one.
pub const ARITHMETICS: [&str; 54] = [
    "f64",
    "f32",
    "tf32",
    "bf16",
    "f16",
    "e5m2",
    "e4m3fn",
    "e3m3",
    "e9m10",
    "e4m1",
    "f16:acc=f32",
    "bf16:acc=f32",
    "e5m2:acc=f16",
    "e4m3fn:acc=f32",
    "f32:acc=f64",
    "f32:acc=bf16",
    "f16:acc=bf16",
    "mpfr:24",
    "mpfr:53",
    "mpfr:24:acc=f32",
    "f16:acc=mpfr:40",
    "f64:acc=f32",
    "e10m20",
    "e11m60",
    "e11m60:acc=e15m112",
    "f16:sum=exact",
    "f32:sum=exact",
    "e4m3fn:sum=exact",
    "f64:sum=exact",
    "mpfr:30:sum=exact",
    "f64:sum=fma",
    "f32:sum=fma",
    "tf32:sum=fma",
    "bf16:sum=fma",
    "f16:sum=fma",
    "e4m3fn:sum=fma",
    "e5m2:acc=f16:sum=fma",
    "bf16:acc=f32:sum=fma",
    "f32:acc=f64:sum=fma",
    "mpfr:24:sum=fma",
    "e10m20:sum=fma",
    "e5m2fnuz",
    "e4m3fnuz",
    "binary8p3se",
    "e3m2fn",
    "e2m1fn",
    "e4m3fnuz:acc=f32",
    "f16:acc=e4m3b11fnuz",
    "e2m1fn:acc=f16",
    "e2m1fn:acc=e2m3fn",
    "e4m3fnuz:sum=exact",
    "e2m3fn:sum=exact",
    "binary8p4se:sum=fma",
    "e3m2fn:sum=fma",
];

/// Every product kernel gives the bits of its definition: all shapes with 0, 1, odd and larger sides, with
/// and without a bias, with moderate numbers and with zeros, subnormal numbers, overflow and NaN.
#[test]
fn products_equal_their_definition() {
    let sides = [0, 1, 2, 5, 17];
    let mut random = Random(1);
    let exact = ["f16:sum=exact:round=down", "bf16:sum=exact:round=odd:ftz:daz"];
    for arithmetic in ARITHMETICS.into_iter().chain(DIRECTED).chain(exact) {
        let name = named(arithmetic);
        let (fast, definition) = (dispatched(name), reference(name));
        let (mut special, mut entries) = (0, 0);
        let all = sides.iter().flat_map(|&m| sides.iter().flat_map(move |&k| sides.map(|n| (m, k, n))));
        for (m, k, n) in all.chain([(3, 5, 40), (2, 70, 33)]) {
            let wild = random.below(2) == 0;
            let left = draw_matrix(&mut random, &name.format, wild, (m, k));
            let right = draw_matrix(&mut random, &name.format, wild, (k, n));
            let last: Vec<Exact> = (0..m).map(|_| draw(&mut random, &name.format, wild)).collect();
            for last in [None, Some(&last[..])] {
                let expected = definition.product(&left, &right, last);
                let actual = fast.product(&left, &right, last);
                assert_eq!(actual.dim(), (m, n), "{arithmetic}: shape of {m}×{k} · {k}×{n}");
                assert_same_matrix(&expected, &actual, || {
                    format!("{arithmetic}: {m}×{k} · {k}×{n}, bias {}", last.is_some())
                });
                special += expected.iter().filter(|x| !x.is_finite()).count();
                entries += expected.len();
            }
        }
        let share = special as f64 / entries as f64;
        assert!(share < 0.6, "{arithmetic}: {share} of the results are infinite or NaN, the test is blind");
        let bounded = name.format.max().is_some();
        assert!(!bounded || share > 0.01, "{arithmetic}: only {share} of the results are infinite or NaN");
    }
}

/// So do the provided matrix operations: functions, operations entry by entry, sums of rows.
#[test]
fn entrywise_operations_equal_their_definition() {
    let both = ALL.into_iter().flat_map(|a| [Function::Value(a), Function::Derivative(a)]);
    let functions: Vec<Function> = both.chain([Function::Exp, Function::SquareRoot]).collect();
    let mut random = Random(2);
    for arithmetic in ARITHMETICS {
        let name = named(arithmetic);
        let (fast, definition) = (dispatched(name), reference(name));
        for shape in [(0, 0), (0, 3), (3, 0), (1, 1), (5, 1), (1, 9), (4, 7)] {
            let x = draw_matrix(&mut random, &name.format, true, shape);
            let y = draw_matrix(&mut random, &name.format, true, shape);
            for operation in Binary::ALL {
                let (expected, actual) = (definition.zip(operation, &x, &y), fast.zip(operation, &x, &y));
                assert_same_matrix(&expected, &actual, || format!("{arithmetic}: {operation:?} of {shape:?}"));
            }
            let (expected, actual) = (definition.sum_rows(&x), fast.sum_rows(&x));
            assert_same_matrix(&expected, &actual, || format!("{arithmetic}: sums of the rows of {shape:?}"));
            let functions = if shape == (4, 7) { &functions[..] } else { &functions[..2] };
            for function in functions {
                let (expected, actual) = (definition.map(function, &x), fast.map(function, &x));
                assert_same_matrix(&expected, &actual, || format!("{arithmetic}: {function:?} of {shape:?}"));
            }
        }
    }
}

/// All pairs of codes of small formats and four operations, against exact quotients and sums that are
/// rounded by search: the rounding, the thresholds of overflow and underflow, signed zeros, infinities, NaN.
#[test]
fn every_operation_of_small_formats_is_rounded_once() {
    for format_name in ["e4m3fn", "e5m2", "e3m3", "e4m3fnuz", "binary8p3se", "e3m2fn", "e2m3fn", "e2m1fn"] {
        let name = named(format_name);
        let codes = Codes::of(&name.format);
        let numbers: Vec<Exact> =
            (0..1 << name.format.code_bits()).map(|code| Exact::Double(name.format.decode(code))).collect();
        let reals: Vec<Real> = numbers.iter().map(Real::of).collect();
        let carriers = [("double lanes", lanes(name).expect("fits")), ("MPFR", long(name))];
        for operation in Binary::ALL {
            for (x, real_x) in numbers.iter().zip(&reals) {
                for (y, real_y) in numbers.iter().zip(&reals) {
                    let expected = codes.round(&Real::binary(operation, real_x, real_y));
                    for (carrier, arithmetic) in &carriers {
                        let actual = arithmetic.binary(operation, x, y);
                        assert!(
                            expected.is(&actual),
                            "{name} in {carrier}: {} {operation:?} {}: expected {expected:?}, got {}",
                            show(x),
                            show(y),
                            show(&actual)
                        );
                    }
                }
            }
        }
    }
}

/// Sums that lie beside a tie by less than the 53 bits of a double see: the bias, which has the format's
/// precision and not the accumulator's, must not be rounded to a double first.
#[test]
fn a_bias_finer_than_the_accumulator_is_rounded_once() {
    for (arithmetic, tiny, last) in [
        // bf16 has 8 bits: 2^15·(1 + 2^-8) is a tie, and 2^-48 lies 63 places below.
        ("f16:acc=bf16", -24, (1.0 + two_to(-8)) * two_to(15)),
        ("f32:acc=bf16", -40, 1.0 + two_to(-8)),
        ("f32:acc=tf32", -40, 1.0 + two_to(-11)),
        ("f32:acc=e9m10", -40, 1.0 + two_to(-11)),
    ] {
        let name = named(arithmetic);
        for (x, y, last) in [(1.0, 1.0, last), (-1.0, 1.0, last), (1.0, -1.0, -last), (1.0, 1.0, -last)] {
            let row = [Exact::Double(x * two_to(tiny))];
            let column = [Exact::Double(y * two_to(tiny))];
            let last = Exact::Double(last);
            let factors = (&[Real::of(&row[0])][..], &[Real::of(&column[0])][..]);
            let formats = (&Codes::of(&name.format), &Codes::of(&name.accumulator));
            let expected = dot_as(formats, How::NEAREST, Sum::Sequential, factors, Some(&Real::of(&last)));
            for carrier in lanes(name).into_iter().chain([long(name), dispatched(name), reference(name)]) {
                let actual = carrier.dot(&row, &column, Some(&last));
                assert!(expected.is(&actual), "{arithmetic}: expected {expected:?}, got {}", show(&actual));
            }
        }
    }
}

/// Products of doubles that lie beside a tie of binary32 by less than half a unit of a double: rounding them
/// to a double first would decide the tie wrongly, and `f64:acc=f32` does not.
#[test]
fn doubles_accumulated_in_binary32_are_rounded_once() {
    let name = named("f64:acc=f32");
    let (arithmetic, codes) = (dispatched(name), Codes::of(&F32));
    let mut random = Random(6);
    let mut traps = 0;
    for _ in 0..4000 {
        let tie = 1.0 + (2 * random.below(1 << 23) + 1) as f64 * two_to(-24);
        let y = 1.0 + (random.bits() >> 12) as f64 * two_to(-52);
        let x = tie / y;
        let (x, y) = (Exact::Double(x), Exact::Double(y));
        let expected = codes.round(&Real::of(&x).times(&Real::of(&y)));
        let actual = arithmetic.dot(std::slice::from_ref(&x), std::slice::from_ref(&y), None);
        assert!(expected.is(&actual), "{} · {}: expected {expected:?}, got {}", show(&x), show(&y), show(&actual));
        let twice = f64::from((x.to_f64() * y.to_f64()) as f32);
        traps += usize::from(!expected.is(&Exact::Double(twice)));
    }
    assert!(traps > 500, "only {traps} products would have been rounded twice: the test is blind");
}

/// What one product or sum has that the format has not is lost at once in `f16` and kept in `f16:acc=f32`.
#[test]
fn the_accumulator_is_seen() {
    // 1 + 2^-11 is half an ulp of f16: two of them make an ulp, but not one at a time.
    let row: Vec<Exact> = [1.0, two_to(-11), two_to(-11)].map(Exact::Double).to_vec();
    let ones = vec![Exact::Double(1.0); 3];
    let ulp = 1.0 + two_to(-10);
    for (arithmetic, expected) in [("f16", 1.0), ("f16:acc=f32", ulp), ("f16:acc=mpfr:40", ulp), ("f16:acc=e5m2", 1.0)]
    {
        let actual = dispatched(named(arithmetic)).dot(&row, &ones, None);
        assert_same(&Exact::Double(expected), &actual, || format!("{arithmetic}: 1 + 2^-11 + 2^-11"));
    }
    // Overflow inside the sum is not undone: 60000 + 60000 − 60000.
    let row = [60000.0, 60000.0, -60000.0].map(Exact::Double);
    for (arithmetic, expected) in [("f16", f64::INFINITY), ("f16:acc=f32", 60000.0)] {
        let expected = dispatched(named("f16")).round(&Exact::Double(expected));
        let actual = dispatched(named(arithmetic)).dot(&row, &ones, None);
        assert_same(&expected, &actual, || format!("{arithmetic}: 60000 + 60000 − 60000"));
    }
}

/// Every format of the grammar, alone and with every accumulator, is printed in one spelling that reads back.
#[test]
fn all_names_round_trip() {
    let more = ["mpfr:2", "mpfr:24", "mpfr:16384", "e2m1ieee", "e3m2ieee", "e2m3ieee", "e4m3ieee", "e3m3", "e9m10"]
        .map(str::to_string)
        .into_iter()
        .chain((2..=24).flat_map(|x| [1, 2, 3, 7, 10, 16383].map(|y| format!("e{x}m{y}ieee"))));
    let formats: Vec<Format> = NAMED
        .iter()
        .map(|(_, _, format)| *format)
        .filter(|format| !format.is_scale())
        .chain(more.map(|name| Format::parse(&name).unwrap_or_else(|error| panic!("{error}"))))
        .collect();
    for &format in &formats {
        assert_eq!(Format::parse(&format.to_string()), Ok(format), "{format:?}");
        for &accumulator in &formats {
            let name = ArithmeticName::with_accumulator(format, accumulator);
            for name in [name, name.with_fused_sums(), name.with_exact_sums()] {
                assert_eq!(ArithmeticName::parse(&name.to_string()), Ok(name), "{name}");
            }
        }
    }
}

/// Scales of blocks are no numbers to compute in.
#[test]
fn formats_of_scales_are_no_arithmetics() {
    for (name, column) in [("e8m0fnu", 1), ("float8_e8m0fnu:acc=f32", 1), ("f32:acc=e8m0fnu", 9)] {
        let message = ArithmeticName::parse(name).unwrap_err();
        assert!(
            message.contains("only holds scales") && message.contains(&format!("character {column}:")),
            "{message}"
        );
    }
    for name in ["storage=e8m0fnu/forward=f16", "forward=f16/backward=e8m0fnu"] {
        assert!(Policy::parse(name).unwrap_err().contains("only holds scales"), "{name}");
    }
}

/// Pieces of the three grammars with near misses and characters of one to four bytes.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "f16",
            "f32",
            "e4m3",
            "e4m3fn",
            "mpfr",
            "mpfr:",
            "MPFR:",
            "mpfr:24",
            "e",
            "m",
            "e5m10",
            "ieee",
            ":",
            "=",
            "acc",
            "acc=",
            ":acc=",
            "/",
            "forward=",
            "ftz",
            "sum",
            ":sum=",
            "fma",
            "exact",
            "é",
            "ß",
            "İ",
            "K",
            "：",
            "😀",
            "\u{301}",
            "\n",
            "\0",
            "0",
            "-",
            "99999999999999999999",
            "leaky",
            "leaky:",
            "elu:",
            "prelu:-0.5",
            "nan",
            "inf",
            "1e400",
            "_",
            " ",
        ])
        .prop_map(str::to_string),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// No string makes a parser panic; errors are not empty and what parses is printed in a spelling that
    /// parses to the same.
    #[test]
    fn no_string_makes_a_parser_panic(text in prop_oneof![pieces(), any::<String>()]) {
        match ArithmeticName::parse(&text) {
            Ok(name) => prop_assert_eq!(ArithmeticName::parse(&name.to_string()), Ok(name)),
            Err(message) => prop_assert!(message.contains("precision") && message.ends_with('^')),
        }
        match Format::parse(&text) {
            Ok(format) => prop_assert_eq!(Format::parse(&format.to_string()), Ok(format)),
            Err(message) => prop_assert!(!message.is_empty()),
        }
        match Activation::parse(&text) {
            Ok(activation) => prop_assert_eq!(Activation::parse(&activation.to_string()), Ok(activation)),
            Err(message) => prop_assert!(!message.is_empty()),
        }
    }
}
