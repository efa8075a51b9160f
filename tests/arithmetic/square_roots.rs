//! Square roots of every arithmetic, against integers: the root of x·4^s is cut to an integer, and what it leaves says
//! whether √x lies beyond.

use crate::common::erased::{dispatched, lanes, long, named, reference};
use crate::common::rational::{Codes, How, Real};
use crate::common::{Random, assert_same_matrix, draw, show};
use ndarray::Array2;
use precision_probe::activation::{Function, enclosure, round_function, round_function_by, round_function_f64};
use precision_probe::arithmetic::doubles::Doubles;
use precision_probe::arithmetic::long::Long;
use precision_probe::arithmetic::random::{ALONE, Draws};
use precision_probe::arithmetic::reference::Reference;
use precision_probe::arithmetic::{Arithmetic, ArithmeticName, Direction, Exact, Numbers, Place, Step};
use precision_probe::format::{Format, NAMED, Toward, two_to};
use rug::{Float, Integer, Rational};

const ROOT: Function = Function::SquareRoot;

/// Every direction and limit.
const KEYS: [&str; 12] = [
    "",
    ":round=zero",
    ":round=up",
    ":round=down",
    ":round=odd",
    ":round=stochastic",
    ":round=stochastic=3",
    ":ftz",
    ":daz",
    ":saturate",
    ":ftz:daz:saturate",
    ":daz:saturate:round=up",
];

/// A number that lies between the same multiples of 2^-s as √x, or is the same multiple.
fn root(x: &Real, s: u32) -> Real {
    match x {
        Real::Finite(magnitude, negative) if !negative || *magnitude == 0 => {
            let (scaled, denominator) = (Rational::from(magnitude << (2 * s))).into_numer_denom();
            assert_eq!(denominator, 1, "a longer s is needed");
            let (root, rest) = scaled.sqrt_rem(Integer::new());
            let twice = (root << 1u32) + u32::from(rest != 0);
            Real::Finite(Rational::from(twice) >> (s + 1), *negative)
        }
        Real::Infinite(false) => x.clone(),
        _ => Real::Nan,
    }
}

/// √ of a stored number as an arithmetic rounds it at the place where it stands.
fn expected(name: &ArithmeticName, codes: &Codes, x: &Exact, at: Place, s: u32) -> Real {
    let how = How::of(name);
    let root = root(&codes.read(&Real::of(x), how), s);
    match (name.direction, &root) {
        (Direction::Stochastic(bits), Real::Finite(magnitude, false)) => {
            let random = Draws::new(0, at, bits).first(ALONE);
            let exact = Float::with_val(2 * s + 64, magnitude);
            Real::of(&Exact::Long(name.format.round_stochastically(&exact, bits, random)))
        }
        (Direction::Stochastic(_), _) => codes.round(&root),
        _ => codes.round_as(&root, how),
    }
}

/// Every carrier of an arithmetic, entry by entry.
fn check(arithmetic: &str, numbers: &[Exact], s: u32) {
    let name = named(arithmetic);
    let codes = Codes::of(&name.format);
    let carriers = [Some(dispatched(name)), Some(reference(name)), Some(long(name)), lanes(name)];
    let numbers: Vec<Exact> = numbers.iter().map(|x| dispatched(name).round(x)).collect();
    let columns = numbers.len().min(16);
    let matrix = Array2::from_shape_fn((numbers.len() / columns, columns), |(i, j)| numbers[i * columns + j].clone());
    let roots: Vec<Array2<Exact>> = carriers.iter().flatten().map(|carrier| carrier.map(&ROOT, &matrix)).collect();
    for (index, x) in matrix.indexed_iter() {
        let expected = expected(&name, &codes, x, Place::new(Step::alone(0), index), s);
        for actual in roots.iter().map(|roots| &roots[index]) {
            assert!(expected.is(actual), "{arithmetic}: √ of {} is {expected:?}, and not {}", show(x), show(actual));
        }
    }
}

#[test]
fn every_root_of_narrow_formats_is_rounded_once() {
    let mut checked = 0;
    let listed = NAMED.iter().filter(|(_, _, format)| format.code_bits() <= 16 && format.precision > 1);
    for format in listed.map(|(name, _, _)| *name).chain(["e4m1", "e3m3", "e2m5"]) {
        let of = named(format).format;
        let codes: Vec<Exact> = (0..1u64 << of.code_bits()).map(|code| Exact::Double(of.decode(code))).collect();
        for keys in KEYS {
            check(&format!("{format}{keys}"), &codes, 200);
            checked += codes.len();
        }
    }
    assert!(checked > 1_500_000, "{checked}");
}

/// Numbers drawn anywhere, squares, the numbers nearest to the squares of ties, and what lies beside these.
fn drawn(random: &mut Random, format: &Format, count: usize) -> Vec<Exact> {
    let p = format.precision;
    let mut numbers: Vec<Exact> = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(Exact::Double).into();
    for trial in 0..count {
        numbers.push(draw(random, format, trial % 2 == 0));
        // A tie has p + 1 bits; half of p are those of an exact root.
        for bits in [p + 1, p, p / 2] {
            let odd = (Integer::from(random.bits()) << 64u32) + random.bits();
            let significand: Integer = (Integer::from(1) << (bits - 1)) + (odd | 1u32).keep_bits(bits - 1);
            let base = Float::with_val(bits, significand) << (random.below(60) as i32 - 30 - bits as i32);
            let square = Float::with_val(2 * bits + p + 2, base.square_ref());
            let unit = Float::with_val(p, &square >> (p - 1));
            numbers.push(Exact::Long(Float::with_val(square.prec(), &square - &unit)));
            numbers.push(Exact::Long(Float::with_val(square.prec(), &square + &unit)));
            numbers.push(Exact::Long(square));
        }
    }
    numbers.truncate(numbers.len() / 16 * 16);
    numbers
}

#[test]
fn roots_of_wide_formats_are_rounded_once() {
    let mut random = Random(21);
    for format in ["f32", "tf32", "f64", "e9m10", "e10m20", "e11m60", "mpfr:2", "mpfr:24", "mpfr:53", "mpfr:90"] {
        let numbers = drawn(&mut random, &named(format).format, 150);
        let is_unbounded = format.starts_with("mpfr");
        for keys in KEYS.into_iter().filter(|keys| !is_unbounded || keys.is_empty() || keys.starts_with(":round")) {
            check(&format!("{format}{keys}"), &numbers, 1400);
        }
    }
}

/// Numbers that are no members of the format: the shortcut is the definition all the same.
#[test]
fn doubles_of_every_size_have_roots_in_every_format() {
    let mut random = Random(23);
    for format in ["f64", "f32", "f16", "bf16", "e4m3fn", "e5m2fnuz", "e2m1fn"].map(|name| Format::parse(name).unwrap())
    {
        for trial in 0..4000 {
            let x = match trial % 3 {
                0 => f64::from_bits(random.bits()),
                1 => f64::from_bits(random.bits() >> 12),
                // Squares of ties, which are doubles, and their neighbours, whose nearest roots are the ties too.
                _ => {
                    let p = format.precision.min(24);
                    let tie = 1.0 + (2 * random.below(1 << (p - 1)) + 1) as f64 * two_to(-i64::from(p));
                    let square = tie * tie;
                    [square.next_down(), square, square.next_up()][trial % 9 / 3]
                }
            };
            let expected = round_function(&ROOT, &Float::with_val(53, x), &format).to_f64();
            let expected = if expected.is_nan() { f64::NAN } else { expected };
            let actual = round_function_f64(&ROOT, x, &format);
            assert_eq!(actual.to_bits(), expected.to_bits(), "√{x:e} in {format}");
        }
    }
}

/// Ties and members are told from what lies beside them by less than any working precision would show at first.
#[test]
fn roots_beside_a_boundary_are_decided_by_their_side() {
    for p in [2, 24, 53, 3000] {
        let format = Format::mpfr(p);
        // So many halves of the last place after 1.
        let after_one = |halves: u32| Float::with_val(p + 1, (Integer::from(1) << p) + halves) >> p;
        let [one, tie, next, after] = [0, 1, 2, 4].map(after_one);
        let whisker = Float::with_val(2, 1) >> 100_000;
        let beside = |root: &Float| {
            let square = Float::with_val(2 * p + 2, root.square_ref());
            let (below, above) =
                (Float::with_val(100_002, &square - &whisker), Float::with_val(100_002, &square + &whisker));
            [below, square, above]
        };
        // The tie itself goes to the even one.
        let nearest = beside(&tie).map(|x| round_function(&ROOT, &x, &format));
        assert_eq!(nearest, [one.clone(), one.clone(), next.clone()], "{p}");
        let toward = |toward| {
            beside(&next).map(|x| round_function_by(&ROOT, &x, &format, 0, &|x| format.round_toward(x, toward)))
        };
        assert_eq!(toward(Toward::Down), [one.clone(), next.clone(), next.clone()], "{p}");
        assert_eq!(toward(Toward::Zero), toward(Toward::Down), "{p}");
        assert_eq!(toward(Toward::Up), [next.clone(), next.clone(), after], "{p}");
        // The last bit of the one between is set.
        assert_eq!(toward(Toward::Odd), [next.clone(), next.clone(), next.clone()], "{p}");
    }
}

#[test]
fn enclosures_know_exact_roots() {
    for bits in [1u32, 2, 3, 64, 1001] {
        let base = (Integer::from(1) << (bits - 1)) | 1u32;
        for exponent in [-1_000_000, -7, 0, 8, 999_999] {
            let base: Float = Float::with_val(bits.max(2), &base) << exponent;
            let square = Float::with_val(2 * bits.max(2), base.square_ref());
            for square in [square.clone(), Float::with_val(5000, &square)] {
                let root = enclosure(&ROOT, &square, 20).unwrap();
                assert!(root.exact && root.value == base, "{bits} bits, 2^{exponent}");
            }
            let twice = Float::with_val(square.prec(), &square << 1);
            let root = enclosure(&ROOT, &twice, 40).unwrap();
            let relative = Float::with_val(4000, root.value.square_ref()) / &twice - 1u32;
            assert!(!root.exact && relative.clone().abs() <= two_to(-38) && relative != 0, "{bits} bits, 2^{exponent}");
        }
    }
    let minus_zero = enclosure(&ROOT, &Float::with_val(53, -0.0), 20).unwrap();
    assert!(minus_zero.exact && minus_zero.value.is_zero() && minus_zero.value.is_sign_negative());
}

/// Doubles in the place of unbounded exponents: the bits of MPFR numbers, within the range.
#[test]
fn twins_have_the_roots_of_mpfr_numbers() {
    fn same<A: Numbers<Elem = f64>>(twin: A, name: ArithmeticName, key: u64) {
        let long = Long::new(name).keyed(key);
        let mut random = Random(24);
        let numbers = drawn(&mut random, &name.format, 60);
        let finite: Vec<f64> = numbers.iter().map(Exact::to_f64).filter(|x| (0.0..two_to(300)).contains(x)).collect();
        let finite: Vec<f64> = finite.into_iter().filter(|x| *x == 0.0 || *x > two_to(-300)).collect();
        let x = Array2::from_shape_fn((finite.len() / 8, 8), |(i, j)| Exact::Double(finite[8 * i + j]));
        let roots = twin.map(Step::alone(3), &ROOT, &twin.round_matrix(Step::alone(3), &x));
        let expected = long.map(Step::alone(3), &ROOT, &long.round_matrix(Step::alone(3), &x));
        assert_same_matrix(&long.exact_matrix(&expected), &twin.exact_matrix(&roots), || format!("{name}"));
        assert!(!twin.range_exceeded() && x.len() > 400, "{name}: {}", x.len());
        // One by one, too.
        let twin = Reference(twin);
        let again = twin.map(Step::alone(3), &ROOT, &twin.round_matrix(Step::alone(3), &x));
        assert_same_matrix(&twin.exact_matrix(&roots), &twin.exact_matrix(&again), || format!("{name}"));
    }
    for name in ["mpfr:2", "mpfr:11", "mpfr:24", "mpfr:53"].map(named) {
        same(Doubles::unbounded(name, 0).unwrap(), name, 0);
    }
    for name in ["mpfr:11:round=stochastic", "mpfr:24:round=stochastic=27"].map(named) {
        same(Doubles::unbounded(name, 5).unwrap(), name, 5);
    }
    for name in ["mpfr:8:round=up", "mpfr:24:round=odd", "mpfr:53:sum=pairwise"].map(named) {
        same(Doubles::unbounded(name, 0).unwrap(), name, 0);
    }
}

/// The range alone rounds the double's root, in a matrix and one by one.
#[test]
fn ranges_without_precision_have_roots_too() {
    for (name, x, expected) in
        [("f16", 2.0, 2f64.sqrt()), ("f16", 1e20, f64::INFINITY), ("e4m3fn", 250_000.0, f64::NAN)]
    {
        let lanes = Doubles::range_alone(named(name)).unwrap();
        let of_map = lanes.map(Step::alone(0), &ROOT, &Array2::from_elem((1, 3), x))[(0, 1)];
        let of_apply = lanes.apply(Place::new(Step::alone(0), (0, 1)), &ROOT, &x);
        assert_eq!([of_map, of_apply].map(f64::to_bits), [expected; 2].map(f64::to_bits), "{name}: √{x}");
    }
}

/// What a user would try first.
#[test]
fn directions_and_limits_show_in_numbers() {
    for (name, x, expected) in [
        ("f16:round=up", 4.0, 2.0),
        ("f16:round=odd", 2.25, 1.5),
        ("e4m3fn:round=down", 2.0, 1.375),
        ("e4m3fn:round=up", 2.0, 1.5),
        ("e4m3fn", 2.0, 1.375),
        ("f16", two_to(-24), two_to(-12)),
        ("f16:daz", two_to(-24), 0.0),
        ("f16", f64::INFINITY, f64::INFINITY),
        ("f16:saturate", 1.0, 1.0),
    ] {
        let x = Array2::from_elem((1, 1), Exact::Double(x));
        assert_eq!(dispatched(named(name)).map(&ROOT, &x)[(0, 0)].to_f64(), expected, "{name}");
    }
}
