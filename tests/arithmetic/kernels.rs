//! Every path of this processor gives the same bits, on every shape and on numbers of every kind.

use crate::common::{Random, exhaustive};
use ndarray::{Array2, ArrayView2};
use precision_probe::arithmetic::Side;
use precision_probe::arithmetic::kernels::{Operand, Path, Products, RangeAlone, Rounding};
use precision_probe::format::{E4M3FN, F16, F64, Format, two_to};

/// Which numbers are drawn.
#[derive(Clone, Copy, PartialEq)]
enum Numbers {
    /// Of moderate size, and zeros: nothing overflows.
    Moderate,
    /// Moderate ones, zeros and the smallest: sums and products that round to zero.
    Tiny,
    /// All over the range, infinities and NaN too.
    Wild,
    /// Finite ones at both ends of the range alone, and zeros of both signs.
    Ends,
}

fn format(name: &str) -> Format {
    Format::parse(name).unwrap()
}

/// A member of a format.
fn number(random: &mut Random, member: &Format, numbers: Numbers) -> f64 {
    let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
    let significand = 1.0 + (random.bits() >> 12) as f64 * two_to(-52);
    let (least, emin) = (member.smallest_subnormal_exponent().unwrap(), member.smallest_normal_exponent().unwrap());
    let (least, emin, emax) = (i64::from(least), i64::from(emin), i64::from(member.max_exponent().unwrap()));
    let mut below = |count: i64| random.below(count as u64) as i64;
    let kinds = if numbers == Numbers::Wild { 14 } else { 8 };
    let x = match (numbers, below(kinds)) {
        (_, 0) => 0.0,
        (Numbers::Tiny, 1..=2) => significand * two_to(least + below(4)),
        (Numbers::Tiny, 3..=5) => significand * two_to((emin + least) / 2 + below(4) - 2),
        (Numbers::Ends, 1..=3) => significand * two_to(least + below(4)),
        (Numbers::Ends, 4..=5) => significand * two_to(emax / 2 + below(3) - 1),
        (Numbers::Ends, 6) => significand * two_to(emax - 1),
        (Numbers::Ends, _) => member.max().unwrap().to_f64(),
        (Numbers::Wild, 8) => f64::INFINITY,
        (Numbers::Wild, 9) => f64::NAN,
        (Numbers::Wild, 10) => significand * two_to(least + below(5)),
        (Numbers::Wild, 11) => significand * two_to(emax - below(3)),
        (Numbers::Wild, 12) => member.max().unwrap().to_f64(),
        (Numbers::Wild, 13) => significand * two_to(emin + below(emax - emin)),
        _ => significand * two_to(below(5) - 3),
    };
    member.round_f64(sign * x)
}

/// An accumulator and what it sums.
struct Case {
    what: String,
    member: Format,
    rounding: Rounding,
    products: Products,
    is_fused: bool,
}

impl Case {
    fn new(member: Format, accumulator: Format, is_fused: bool) -> Case {
        let kind = if is_fused { "fused" } else { "sequential" };
        Case {
            what: format!("{member} in {accumulator}, {kind}"),
            member,
            rounding: Rounding::to(accumulator),
            products: Products::new(&member, &accumulator, is_fused),
            is_fused,
        }
    }

    fn in_range(of: Format, is_fused: bool) -> Case {
        let rounding = Rounding::Range(RangeAlone::of(&of).unwrap());
        let products = Products::of_doubles(rounding, is_fused);
        Case { what: format!("the range of {of}"), member: F64, rounding, products, is_fused }
    }

    /// The definition: each entry by itself, in the order of k.
    fn by_definition(&self, left: &Array2<f64>, right: &Array2<f64>, last: Option<&[f64]>) -> Vec<u64> {
        let entry = |(i, j): (usize, usize)| {
            let mut terms = left.row(i).into_iter().zip(right.column(j)).map(|(x, y)| (*x, *y));
            let first = terms.next().map_or(0.0, |(x, y)| match self.is_fused {
                true => self.rounding.round_fused(x, y, -0.0),
                false => self.rounding.round(x * y),
            });
            let sum = terms.fold(first, |sum, (x, y)| match self.is_fused {
                true => self.rounding.round_fused(x, y, sum),
                false => self.rounding.round(sum + self.rounding.round(x * y)),
            });
            last.map_or(sum, |last| self.rounding.round(sum + last[i]))
        };
        Array2::from_shape_fn((left.nrows(), right.ncols()), entry).iter().map(|x| bits(*x)).collect()
    }

    fn prepared(&self, matrix: ArrayView2<f64>, side: Side) -> Operand {
        let singles = |from: &[f64], to: &mut [f32]| to.iter_mut().zip(from).for_each(|(to, x)| *to = *x as f32);
        self.products.prepare(matrix, side, singles, |from, to| to.copy_from_slice(from))
    }

    /// All paths against the definition; how many entries were compared.
    fn check(&self, left: &Array2<f64>, right: &Array2<f64>, last: Option<&[f64]>) -> usize {
        let expected = self.by_definition(left, right, last);
        // Columns that lie beside each other are another way through memory.
        let (by_columns, right_by_columns) = (turned(left), turned(right));
        let lefts = [left.view(), by_columns.t()].map(|left| self.prepared(left, Side::Left));
        let rights = [right.view(), right_by_columns.t()].map(|right| self.prepared(right, Side::Right));
        let mut checked = 0;
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            for (left, right) in lefts.iter().zip(&rights) {
                let actual = self.products.product_on(path, left, right, last).into_doubles();
                let actual: Vec<u64> = actual.iter().map(|x| bits(*x)).collect();
                assert_eq!(actual, expected, "{} on {}, {:?} · {:?}", self.what, path.name(), left.dim(), right.dim());
                checked += actual.len();
            }
        }
        checked
    }
}

/// The transposed matrix, itself row by row.
fn turned(matrix: &Array2<f64>) -> Array2<f64> {
    matrix.t().as_standard_layout().into_owned()
}

/// NaN as one pattern: which one an operation gives is not the definition's concern, every store makes them one.
fn bits(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

/// Sums that come near the largest number and beyond it: the cheap rounding, which knows no overflow, is taken only where
/// nothing overflows.
#[test]
fn overflow_inside_sums_is_seen() {
    let mut overflowed = 0;
    for name in
        ["f16", "e4m3fn", "e5m2", "bf16", "tf32", "e4m3fnuz", "e5m2fnuz", "binary8p3se", "e3m2fn", "e2m3fn", "e2m1fn"]
    {
        let case = Case::new(format(name), format(name), false);
        let most = case.member.max().unwrap().to_f64();
        let mut random = Random(3);
        for trial in 0..400 {
            let k = 1 + trial % 9;
            // From far within to beyond: the sum of k such products reaches the maximum at 1.
            let scale = (most / k as f64).sqrt() * (0.25 + random.below(1000) as f64 / 800.0);
            let mut matrix = |shape| {
                let sign = |random: &mut Random| if random.below(4) == 0 { -1.0 } else { 1.0 };
                Array2::from_shape_simple_fn(shape, || case.rounding.round(sign(&mut random) * scale))
            };
            let (left, right) = (matrix((3, k)), matrix((k, 11)));
            case.check(&left, &right, None);
            let entries = case.by_definition(&left, &right, None);
            let is_beyond = |bits: &u64| f64::from_bits(*bits).abs() >= most || f64::from_bits(*bits).is_nan();
            overflowed += entries.iter().filter(|bits| is_beyond(bits)).count();
        }
    }
    assert!(overflowed > 2000, "{overflowed} entries overflowed");
}

/// Formats and accumulators of every rule for overflow and for −0, with one rounding for product and sum too, and ranges
/// alone.
fn cases() -> Vec<Case> {
    let own = ["f64", "f32", "f16", "bf16", "e4m3fn", "tf32", "e5m2", "e8m8", "e3m3", "e9m10", "e5m2fnuz", "e4m3fnuz"];
    let own = own.into_iter().chain(["binary8p3se", "e3m2fn", "e2m1fn"]).map(|name| (name, name));
    let mixed = [("f16", "f32"), ("e5m2", "f16"), ("e4m3fn", "f32"), ("bf16", "f32"), ("f32", "f64"), ("e9m5", "f32")];
    let more = [("e4m3fnuz", "f32"), ("e2m1fn", "e4m3fnuz"), ("e3m2fn", "e2m3fn"), ("e5m2", "e4m3fnuz")];
    let wider = [("e4m3fnuz", "binary8p4se"), ("e4m3fn", "e4m3fnuz"), ("e2m1fn", "e2m3fn"), ("e2m1fn", "f32")];
    let in_one = own.clone().chain(mixed).chain(more).chain(wider);
    let plain = in_one.map(|(member, accumulator)| Case::new(format(member), format(accumulator), false));
    let fused = own.chain(wider).chain([("e5m2", "f16"), ("bf16", "f32"), ("f16", "bf16"), ("f32", "f64")]);
    let fused = fused.map(|(member, accumulator)| Case::new(format(member), format(accumulator), true));
    let (unsigned, finite) = (format("e4m3fnuz"), format("e2m3fn"));
    let ranges = [(F16, false), (E4M3FN, false), (F16, true), (unsigned, false), (finite, false), (finite, true)];
    plain.chain(fused).chain(ranges.map(|(of, is_fused)| Case::in_range(of, is_fused))).collect()
}

/// Random shapes, among them empty and narrow ones and sums longer than a block of terms, with numbers of every kind in one
/// matrix.
#[test]
fn every_path_gives_the_bits_of_the_definition() {
    let mut random = Random(11);
    let mut checked = 0;
    for case in cases() {
        for trial in 0..exhaustive(32, 600) {
            let mut side = |most: u64| match random.below(4) {
                0 => random.below(3) as usize,
                _ => random.below(most) as usize,
            };
            let (m, k, n) =
                if trial % 16 == 0 { (side(40), 250 + side(300), side(40)) } else { (side(20), side(80), side(80)) };
            let kind = [Numbers::Moderate, Numbers::Tiny, Numbers::Wild, Numbers::Ends][random.below(4) as usize];
            let mut matrix = |shape| Array2::from_shape_simple_fn(shape, || number(&mut random, &case.member, kind));
            let (left, right) = (matrix((m, k)), matrix((k, n)));
            let last = matrix((m, 1)).into_raw_vec_and_offset().0;
            let last = (trial % 2 == 0).then_some(last.as_slice());
            checked += case.check(&left, &right, last);
        }
    }
    assert!(checked > 1_000_000, "{checked} entries");
}

/// The least exponent with which binary32 lanes round products of a format as doubles do, emin ≥ 3p − 150, is one:
/// all significands around the tie between zero and the smallest number, once on either side of the condition.
#[test]
fn lanes_of_binary32_are_taken_where_they_round_once() {
    let wrong = |member: &Format| {
        let p = i64::from(member.precision);
        let tie = i64::from(member.smallest_subnormal_exponent().unwrap()) - 1;
        let rounder = member.rounder();
        let mut found = Vec::new();
        for (x, y) in (0..1 << (p - 1)).flat_map(|x| (0..1 << (p - 1)).map(move |y| (x, y))) {
            let significand = |bits: i64| 1.0 + bits as f64 * two_to(1 - p);
            for exponent in [tie - 1, tie] {
                let (x, y) = (significand(x) * two_to(exponent / 2), significand(y) * two_to(exponent - exponent / 2));
                let twice = rounder.round(f64::from(x as f32 * y as f32));
                if twice.to_bits() != rounder.round(x * y).to_bits() {
                    found.push((x, y));
                }
            }
        }
        found
    };
    for name in ["f16", "bf16", "e8m6", "e7m10", "e5m2", "e4m3fn"] {
        let case = Case::new(format(name), format(name), false);
        assert!(case.products.is_single(), "{name} needs no doubles");
        assert!(wrong(&case.member).is_empty(), "{name}: two roundings show in binary32");
    }
    for name in ["tf32", "e8m8", "e8m9", "e8m10"] {
        let case = Case::new(format(name), format(name), false);
        assert!(!case.products.is_single(), "{name} needs doubles");
        let wrong = wrong(&case.member);
        assert!(!wrong.is_empty(), "{name}: the condition is stricter than it need be");
        for (x, y) in wrong.into_iter().take(5) {
            case.check(&Array2::from_elem((1, 1), x), &Array2::from_elem((1, 1), y), None);
        }
    }
}

/// A product on a tie of the format, and a sum so far below that the rounding of a lane forgets it: one rounding sees it.
#[test]
fn a_fused_sum_far_below_a_tie_is_seen() {
    for (name, below) in [("f16", -24), ("bf16", -120), ("tf32", -110), ("f32", -140)] {
        let case = Case::new(format(name), format(name), true);
        // 1.5·(1 + 2^(1−p)) lies half way between two numbers of p bits.
        let p = i64::from(case.member.precision);
        let (x, y) = (1.0 + two_to(1 - p), 1.5);
        let tie = x * y;
        assert_ne!(case.rounding.round(tie), tie, "{name}: the product needs one bit more");
        for sign in [1.0, -1.0] {
            let tiny = sign * two_to(below);
            let left = Array2::from_shape_vec((1, 2), vec![tiny, x]).unwrap();
            let right = Array2::from_shape_vec((2, 1), vec![1.0, y]).unwrap();
            let expected = if sign > 0.0 { tie + two_to(-p) } else { tie - two_to(-p) };
            assert_eq!(case.by_definition(&left, &right, None), [bits(expected)], "{name}");
            case.check(&left, &right, None);
        }
    }
}
