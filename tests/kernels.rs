//! Every path of this processor gives the same bits, on every shape and on numbers of every kind.

mod common;

use common::Random;
use ndarray::Array2;
use precision_probe::arithmetic::kernels::{Double, LaneRound, Path, RangeAlone, Single, product_on};
use precision_probe::format::{E4M3FN, F16, Format, two_to};

fn number(random: &mut Random, wild: bool) -> f64 {
    let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
    let significand = 1.0 + (random.bits() >> 12) as f64 * two_to(-52);
    match random.below(if wild { 12 } else { 6 }) {
        0 => sign * 0.0,
        6 => sign * f64::INFINITY,
        7 => f64::NAN,
        8 => sign * significand * two_to(-1022 - random.below(40) as i64 + 20),
        9 => sign * significand * two_to(1000 + random.below(20) as i64),
        _ => sign * significand * two_to(random.below(40) as i64 - 20),
    }
}

/// The definition: each entry by itself, in the order of k.
fn by_definition(rounding: &impl LaneRound, left: &Array2<f64>, right: &Array2<f64>, last: Option<&[f64]>) -> Vec<u64> {
    let entry = |(i, j): (usize, usize)| {
        let mut products =
            left.row(i).iter().zip(right.column(j)).map(|(x, y)| rounding.round(x * y)).collect::<Vec<_>>().into_iter();
        let first = products.next().unwrap_or(0.0);
        let sum = products.fold(first, |sum, product| rounding.round(sum + product));
        last.map_or(sum, |last| rounding.round(sum + last[i]))
    };
    let shape = (left.nrows(), right.ncols());
    Array2::from_shape_fn(shape, entry).iter().map(|x| bits(*x)).collect()
}

/// NaN as one pattern: which one an operation gives is not the definition's concern, every store makes them one.
fn bits(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

fn check(what: &str, rounding: &impl LaneRound) -> usize {
    let mut random = Random(9);
    let mut checked = 0;
    for m in [0, 1, 2, 3, 5] {
        for k in [0, 1, 2, 7] {
            for n in [0, 1, 7, 8, 9, 31, 32, 33, 45, 71] {
                for wild in [false, true] {
                    let mut matrix = |shape| Array2::from_shape_simple_fn(shape, || number(&mut random, wild));
                    let (left, right) = (matrix((m, k)), matrix((k, n)));
                    let bias = matrix((m, 1)).into_raw_vec_and_offset().0;
                    for last in [None, Some(bias.as_slice())] {
                        let expected = by_definition(rounding, &left, &right, last);
                        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
                            let actual = product_on(path, rounding, &left, &right, last);
                            let actual: Vec<u64> = actual.iter().map(|x| bits(*x)).collect();
                            assert_eq!(actual, expected, "{what} on {}, {m} × {k} × {n}", path.name());
                            checked += actual.len();
                        }
                    }
                }
            }
        }
    }
    checked
}

/// Sums that come near the largest number and beyond it: the cheap rounding, which knows no overflow, is taken only where
/// nothing overflows.
#[test]
fn overflow_inside_sums_is_seen() {
    let mut overflowed = 0;
    for name in ["f16", "e4m3fn", "e5m2"] {
        let format = Format::parse(name).unwrap();
        let (rounder, most) = (format.rounder(), format.max().unwrap().to_f64());
        let mut random = Random(3);
        for trial in 0..400 {
            let k = 1 + trial % 9;
            // From far within to beyond: the sum of k such products reaches the maximum at 1.
            let scale = (most / k as f64).sqrt() * (0.25 + random.below(1000) as f64 / 800.0);
            let mut matrix = |shape| {
                let sign = |random: &mut Random| if random.below(4) == 0 { -1.0 } else { 1.0 };
                Array2::from_shape_simple_fn(shape, || rounder.round(sign(&mut random) * scale))
            };
            let (left, right) = (matrix((3, k)), matrix((k, 11)));
            let expected = by_definition(&rounder, &left, &right, None);
            for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
                let actual = product_on(path, &rounder, &left, &right, None);
                let actual: Vec<u64> = actual.iter().map(|x| bits(*x)).collect();
                assert_eq!(actual, expected, "{name} on {}, trial {trial}", path.name());
            }
            overflowed += expected.iter().filter(|bits| !f64::from_bits(**bits).is_finite()).count();
        }
    }
    assert!(overflowed > 1000, "{overflowed} entries overflowed");
}

#[test]
fn every_path_gives_the_bits_of_the_definition() {
    let mut checked = check("f64", &Double) + check("f32", &Single);
    for name in ["f16", "bf16", "e4m3fn", "tf32", "e5m2"] {
        checked += check(name, &Format::parse(name).unwrap().rounder());
    }
    for format in [F16, E4M3FN] {
        checked += check("a range alone", &RangeAlone::of(&format).unwrap());
    }
    assert!(checked > 100_000, "{checked} entries");
}
