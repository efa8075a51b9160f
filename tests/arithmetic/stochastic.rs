//! Stochastic rounding: its fast forms against its definition, which `selfcheck` compares with fractions, and its random
//! bits.

use crate::common::Random;
use crate::common::tolerances;
use ndarray::Array2;
use precision_probe::activation::{Activation, Function};
use precision_probe::arithmetic::dispatch::{Visitor, dispatch};
use precision_probe::arithmetic::doubles::Doubles;
use precision_probe::arithmetic::kernels::Path;
use precision_probe::arithmetic::long::Long;
use precision_probe::arithmetic::{Arithmetic, ArithmeticName, Binary, Content, Exact, Numbers, Place, Side, Step};
use precision_probe::format::{Format, two_to};
use rug::Float;
use std::sync::Arc;

fn named(name: &str) -> ArithmeticName {
    ArithmeticName::parse(name).unwrap()
}

fn format(name: &str) -> Format {
    Format::parse(name).unwrap()
}

/// NaN as one pattern.
fn bits(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

/// A double between subnormal numbers of a format and beyond its maximum, of few bits or of all.
fn number(random: &mut Random, of: &Format) -> f64 {
    let (low, high) = (of.smallest_subnormal_exponent().unwrap() - 3, of.max_exponent().unwrap() + 2);
    let mut below = |count: u64| random.below(count);
    let exponent = i64::from(low) + below((high - low) as u64) as i64;
    let significand = 1.0 + (below(1 << 52) >> below(52)) as f64 * two_to(-52);
    let sign = if below(2) == 0 { 1.0 } else { -1.0 };
    match below(40) {
        0 => sign * 0.0,
        1 => sign * f64::INFINITY,
        2 => f64::NAN,
        3 => sign * of.max().unwrap().to_f64(),
        4 => sign * significand * two_to(i64::from(of.smallest_normal_exponent().unwrap())),
        _ => sign * significand * two_to(exponent),
    }
}

/// From the maximum to the next number of its spacing either; from there on, overflow.
#[test]
fn overflow_is_that_of_the_format() {
    for (name, overflow) in [
        ("f16", f64::INFINITY),
        ("bf16", f64::INFINITY),
        ("e4m3fn", f64::NAN),
        ("f32", f64::INFINITY),
        ("e4m3fnuz", f64::NAN),
        ("binary8p3se", f64::INFINITY),
        ("e3m2fn", 28.0),
        ("e2m1fn", 6.0),
    ] {
        let zero = if ["e4m3fnuz", "binary8p3se"].contains(&name) { 0.0 } else { -0.0 };
        let format = format(name);
        let rounder = format.stochastic_rounder(4).unwrap();
        let max = format.max().unwrap().to_f64();
        let spacing = two_to(i64::from(format.max_exponent().unwrap()) + 1 - i64::from(format.precision));
        let rounded = |x: f64, u| bits(rounder.round(x, u));
        for u in 0..16 {
            let expected = if u < 8 { max } else { overflow };
            assert_eq!(rounded(max + 0.5 * spacing, u), bits(expected), "{name}");
            for x in [max + spacing, 3.0 * max, f64::INFINITY] {
                assert_eq!(rounded(x, u), bits(overflow), "{name}: {x}");
                assert_eq!(rounded(-x, u), bits(if overflow.is_nan() { overflow } else { -overflow }), "{name}: −{x}");
            }
            assert_eq!(rounded(-0.0, u), bits(zero));
            assert_eq!(rounded(-two_to(-200), u), bits(zero));
            // With every bit set whatever is added leaves the NaNs.
            for nan in [f64::NAN, f64::from_bits(u64::MAX), f64::from_bits(i64::MAX as u64)] {
                assert_eq!(rounded(nan, u), bits(f64::NAN));
            }
        }
    }
}

/// The fast rounding of doubles is the definition on exact numbers.
#[test]
fn doubles_are_rounded_as_exact_numbers() {
    let mut random = Random(5);
    for name in
        ["f16", "bf16", "e4m3fn", "e5m2", "tf32", "f32", "e3m3", "e9m10", "e5m2fnuz", "binary8p4se", "e2m3fn", "e2m1fn"]
    {
        let format = format(name);
        for count in [1, 5, 13, 16, 17, 26, 32] {
            let Some(rounder) = format.stochastic_rounder(count) else { continue };
            for _ in 0..2000 {
                let (x, u) = (number(&mut random, &format), (random.bits() >> (64 - count)) as u32);
                let expected = format.round_stochastically(&Float::with_val(53, x), count, u).to_f64();
                assert_eq!(bits(rounder.round(x, u)), bits(expected), "{name}, {count} bits: {x:e} with {u}");
            }
        }
    }
}

/// Numbers that an arithmetic stores, of moderate, tiny or any size.
fn member(random: &mut Random, of: &Format, kind: usize) -> f64 {
    let least = i64::from(of.smallest_subnormal_exponent().unwrap());
    let significand = 1.0 + random.below(1 << 30) as f64 * two_to(-30);
    let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
    let mut below = |count: i64| random.below(count as u64) as i64;
    let x = match kind {
        _ if below(12) == 0 => 0.0,
        0 => significand * two_to(below(4) - 3),
        1 => significand * two_to(least / 2 + below(6) - 4),
        _ => return of.round_f64(number(random, of)),
    };
    of.round_f64(sign * x)
}

const ARITHMETICS: [&str; 25] = [
    "f16:round=stochastic",
    "bf16:round=stochastic",
    "e4m3fn:round=stochastic",
    "e5m2:round=stochastic=3",
    "tf32:round=stochastic",
    "f32:round=stochastic",
    "f32:round=stochastic=26",
    "f16:round=stochastic=1",
    "f16:round=stochastic=20",
    "bf16:round=stochastic=16",
    "f16:acc=f32:round=stochastic",
    "bf16:acc=f32:round=stochastic=8",
    "f16:acc=bf16:round=stochastic",
    "f16:sum=fma:round=stochastic",
    "bf16:acc=f32:sum=fma:round=stochastic",
    "f16:sum=exact:round=stochastic",
    "e9m10:round=stochastic=7",
    "e5m2fnuz:round=stochastic",
    "e4m3fnuz:round=stochastic=20",
    "binary8p4se:round=stochastic",
    "e3m2fn:round=stochastic",
    "e2m1fn:round=stochastic=8",
    "e2m1fn:sum=fma:round=stochastic",
    "e4m3fnuz:acc=f32:round=stochastic",
    "e4m3fnuz:sum=exact:round=stochastic",
];

/// The carrier in lanes and the one on MPFR numbers draw the same bits and round alike: every operation.
#[test]
fn lanes_give_the_bits_of_exact_numbers() {
    for name in ARITHMETICS.map(named) {
        let lanes = Doubles::new(name, 77).unwrap();
        let long = Long::new(name).keyed(77);
        let mut random = Random(8);
        for trial in 0..600 {
            let at = Place { step: Step { node: trial % 7, number: trial % 3 }, row: trial, column: 3 * trial };
            let kind = (trial % 3) as usize;
            let mut draw =
                |count: usize| -> Vec<f64> { (0..count).map(|_| member(&mut random, &name.format, kind)).collect() };
            let (row, column, last) = (draw(6), draw(6), draw(1));
            let to_long =
                |x: &[f64]| -> Vec<Float> { x.iter().map(|x| Float::with_val(name.format.precision, *x)).collect() };
            let (long_row, long_column) = (to_long(&row), to_long(&column));
            let same = |what: &str, fast: f64, exact: Float| {
                assert_eq!(bits(fast), bits(exact.to_f64()), "{name}, {what} of {row:?} and {column:?}, {last:?}");
            };
            for last in [None, Some(0)] {
                let fast = lanes.dot(at, &row, &column, last.map(|_| &row[5]));
                same("dot", fast, long.dot(at, &long_row, &long_column, last.map(|_| &long_row[5])));
            }
            same("empty dot", lanes.dot(at, &[], &[], None), long.dot(at, &[], &[], None));
            for operation in Binary::ALL {
                let fast = lanes.binary(at, operation, &row[0], &column[0]);
                same(&format!("{operation:?}"), fast, long.binary(at, operation, &long_row[0], &long_column[0]));
            }
            let exact = row[0] * column[0] + last[0];
            let stored = long.round(at, &Exact::Long(Float::with_val(53, exact)));
            same("storing", lanes.round(at, &Exact::Double(exact)), stored);
            for function in [
                Function::Exp,
                Function::SquareRoot,
                Function::Value(Activation::Tanh),
                Function::Derivative(Activation::Gelu),
                Function::Value(Activation::Selu),
                Function::Value(Activation::Softsign),
            ] {
                same(
                    &format!("{function:?}"),
                    lanes.apply(at, &function, &row[0]),
                    long.apply(at, &function, &long_row[0]),
                );
            }
        }
    }
}

/// Every path's product is a dot per entry, on every shape, with numbers of every kind.
#[test]
fn every_path_gives_the_bits_of_the_definition() {
    for name in ARITHMETICS.map(named) {
        let arithmetic = Doubles::new(name, 5).unwrap();
        let paths = Path::ALL.into_iter().filter(|path| path.is_available());
        let on_paths: Vec<(Path, Doubles)> =
            paths.map(|path| (path, Doubles::new(name, 5).unwrap().on(path))).collect();
        let mut random = Random(2);
        for (m, k, n) in
            [(0, 3, 2), (3, 0, 5), (1, 1, 1), (5, 7, 17), (9, 33, 40), (37, 20, 2), (6, 300, 3), (4, 9, 16)]
        {
            for kind in 0..3 {
                let mut matrix =
                    |shape| Array2::from_shape_simple_fn(shape, || member(&mut random, &name.format, kind));
                let (left, right) = (matrix((m, k)), matrix((k, n)));
                let bias = matrix((m, 1)).into_raw_vec_and_offset().0;
                let turned = left.t().as_standard_layout().into_owned();
                for last in [None, Some(bias.as_slice())] {
                    let expected: Vec<u64> = Array2::from_shape_fn((m, n), |(i, j)| {
                        let (row, column) = (left.row(i).to_vec(), right.column(j).to_vec());
                        bits(arithmetic.dot(
                            Place::new(Step::alone(11), (i, j)),
                            &row,
                            &column,
                            last.map(|last| &last[i]),
                        ))
                    })
                    .into_iter()
                    .collect();
                    let right = arithmetic.prepare(right.view(), Side::Right, Content::Activation);
                    for view in [left.view(), turned.t()] {
                        let left = arithmetic.prepare(view, Side::Left, Content::Parameter);
                        for (path, tested) in &on_paths {
                            let product = tested.product(Step::alone(11), &left, &right, last);
                            let actual: Vec<u64> = product.iter().map(|x| bits(*x)).collect();
                            assert_eq!(actual, expected, "{name} on {}: {m} × {k} × {n}, kind {kind}", path.name());
                        }
                    }
                }
            }
        }
    }
}

/// A product far below binary32, added without a rounding of its own: it makes −0 of 0, and now and then draws a sum to
/// the next number below.
#[test]
fn a_fused_product_below_the_lanes_is_seen() {
    let name = named("bf16:sum=fma:round=stochastic=5");
    let tiny = two_to(-80);
    for (first, stays) in [(0.0, -0.0), (two_to(-50), two_to(-100))] {
        let left = Array2::from_shape_fn((40, 2), |(_, k)| [first, -tiny][k]);
        let right = Array2::from_shape_fn((2, 40), |(k, _)| [first, tiny][k]);
        let definition = Doubles::new(name, 5).unwrap();
        let dot = |index: (usize, usize)| {
            definition.dot(Place::new(Step::alone(11), index), &[first, -tiny], &[first, tiny], None)
        };
        let expected: Vec<u64> = Array2::from_shape_fn((40, 40), dot).iter().map(|x| bits(*x)).collect();
        let moved = expected.iter().filter(|found| **found != bits(stays)).count();
        assert!(if first == 0.0 { moved == 0 } else { (20..90).contains(&moved) }, "{moved} of 1600 are one lower");
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            let arithmetic = Doubles::new(name, 5).unwrap().on(path);
            let left = arithmetic.prepare(left.view(), Side::Left, Content::Parameter);
            let right = arithmetic.prepare(right.view(), Side::Right, Content::Activation);
            let found: Vec<u64> =
                arithmetic.product(Step::alone(11), &left, &right, None).iter().map(|x| bits(*x)).collect();
            assert_eq!(found, expected, "on {}", path.name());
        }
    }
}

/// Mean and mean square of the distance from the exact sum, over 4096 keys, in units of its standard error.
#[test]
fn many_keys_average_to_the_exact_dot_product() {
    const KEYS: u64 = 4096;
    for name in ["f16:round=stochastic", "bf16:round=stochastic", "f32:round=stochastic"].map(named) {
        let mut random = Random(4);
        let mut draw = || -> Vec<f64> { (0..40).map(|_| member(&mut random, &name.format, 0)).collect() };
        let (row, column) = (draw(), draw());
        let exact: f64 = row.iter().zip(&column).map(|(x, y)| x * y).sum();
        let at = Place::new(Step::alone(9), (4, 7));
        let errors: Vec<f64> =
            (0..KEYS).map(|key| Doubles::new(name, key).unwrap().dot(at, &row, &column, None) - exact).collect();
        let mean = errors.iter().sum::<f64>() / KEYS as f64;
        let variance = errors.iter().map(|error| (error - mean) * (error - mean)).sum::<f64>() / (KEYS - 1) as f64;
        let standard_error = (variance / KEYS as f64).sqrt();
        assert!(variance > 0.0 && mean.abs() < 4.0 * standard_error, "{name}: {mean:e} ± {standard_error:e}");
        // Nearest rounding's error is one number, which keys do not average away.
        let distinct: std::collections::BTreeSet<u64> = errors.iter().map(|error| error.to_bits()).collect();
        assert!(distinct.len() > 4, "{name}: only {} results", distinct.len());
    }
}

/// A sum that nearest rounding lets stand still grows as it should on average.
#[test]
fn small_terms_are_not_swallowed() {
    let name = named("f16:round=stochastic");
    let (ones, mut terms) = (vec![1.0; 1025], vec![two_to(-3); 1025]);
    terms[0] = 2048.0;
    let mean = (0..512)
        .map(|key| Doubles::new(name, key).unwrap().dot(Place::new(Step::alone(0), (0, 0)), &terms, &ones, None))
        .sum::<f64>()
        / 512.0;
    assert!((mean - 2176.0).abs() < tolerances::MEAN_OF_512_KEYS, "{mean}");
}

/// Unbounded exponents in lanes are the MPFR carrier's bits; what the lanes do not carry, that carrier does.
#[test]
fn other_formats_are_carried_too() {
    let name = named("mpfr:11:round=stochastic");
    let lanes = Doubles::unbounded(name, 3).unwrap();
    let long = Long::new(name).keyed(3);
    let mut random = Random(6);
    for trial in 0..500 {
        let mut draw = || -> Vec<f64> { (0..5).map(|_| member(&mut random, &format("f16"), 1)).collect() };
        let (row, column) = (draw(), draw());
        let floats = |x: &[f64]| -> Vec<Float> { x.iter().map(|x| Float::with_val(11, *x)).collect() };
        let at = Place::new(Step::alone(1), (trial, 0));
        let exact = long.dot(at, &floats(&row), &floats(&column), None).to_f64();
        assert_eq!(lanes.dot(at, &row, &column, None).to_bits(), exact.to_bits());
    }
    assert!(!lanes.range_exceeded());

    struct Tenth;
    impl Visitor for Tenth {
        type Output = Float;
        fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> Float {
            let at = Place::new(Step::alone(0), (0, 0));
            let [one, ten] = [1.0, 10.0].map(|x| arithmetic.round(at, &Exact::Double(x)));
            arithmetic.exact(&arithmetic.binary(at, Binary::Divide, &one, &ten)).to_float()
        }
    }
    for (name, p) in
        [("f64:round=stochastic", 53), ("mpfr:100:round=stochastic=32", 100), ("f32:round=stochastic=32", 24)]
    {
        let tenth = dispatch(named(name), Tenth);
        let distance = (Float::with_val(200, &tenth * 10) - 1u32).abs();
        assert!(distance > 0 && distance < two_to(2 - p), "{name}: {tenth}");
    }
}
