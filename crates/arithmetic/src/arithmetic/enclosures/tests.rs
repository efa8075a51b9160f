//! Every step contains what it must, at the corners of its operands, where nothing is to spare; and each term of each
//! radius is needed: a fault planted in one is noticed.

use super::*;
use crate::activation::Activation;
use crate::enclosure::function::adversary;
use crate::enclosure::term::mutation;
use rug::Float;

/// Bits of the numbers with which corners are computed.
const LONG: u32 = 70_000;

type Check = fn() -> Result<(), String>;

fn float(x: &Scaled) -> Float {
    x.to_float(LONG).expect("within MPFR's exponents")
}

fn real(x: f64) -> Float {
    Float::with_val(LONG, x)
}

fn ball(midpoint: f64, radius: Bound) -> Ball {
    Ball { midpoint: Scaled::from_f64(midpoint), radius }
}

/// m − r and m + r.
fn ends(x: &Ball) -> [Float; 2] {
    let (m, r) = (float(&x.midpoint), Float::with_val(LONG, x.radius.to_float()));
    [Float::with_val(LONG, &m - &r), Float::with_val(LONG, &m + &r)]
}

fn contains(what: &str, found: &Ball, number: &Float) -> Result<(), String> {
    let [least, most] = ends(found);
    match least <= *number && *number <= most {
        true => Ok(()),
        false => Err(format!("{what}: {number:e} is not within [{least:e}, {most:e}]")),
    }
}

/// A binary step at all four corners.
fn corners(
    what: &str,
    (x, y): (&Ball, &Ball),
    found: &Ball,
    exact: impl Fn(&Float, &Float) -> Float,
) -> Result<(), String> {
    for a in ends(x) {
        for b in ends(y) {
            contains(what, found, &exact(&a, &b))?;
        }
    }
    Ok(())
}

fn enclosures(precision: u32) -> Enclosures {
    Enclosures::new(precision)
}

fn sums() -> Result<(), String> {
    let (x, y) = (ball(3.0, Bound::from_f64(0.013)), ball(5.0, Bound::from_f64(0.3)));
    corners("x + y", (&x, &y), &enclosures(200).sum(&x, &y), |x, y| Float::with_val(LONG, x + y))
}

fn far_sums() -> Result<(), String> {
    let one = Ball::exact(Scaled::from_f64(1.0));
    let tiny = Ball::exact(Scaled { mantissa: 3.into(), exponent: -40_000 });
    corners("1 + tiny", (&one, &tiny), &enclosures(64).sum(&one, &tiny), |x, y| Float::with_val(LONG, x + y))
}

fn products() -> Result<(), String> {
    for (m, n) in [(3.0, 5.0), (-3.0, 5.0), (0.0, 5.0), (0.25, 0.0)] {
        let (x, y) = (ball(m, Bound::from_f64(0.7)), ball(n, Bound::from_f64(1.3)));
        corners("x·y", (&x, &y), &enclosures(200).multiplied(&x, &y), |x, y| Float::with_val(LONG, x * y))?;
    }
    Ok(())
}

fn quotients() -> Result<(), String> {
    for (m, n, r, s) in [(3.0, 5.0, 0.7, 2.5), (3.0, 5.0, 0.7, 0.0), (3.0, 5.0, 0.0, 2.5), (-3.0, 5.0, 0.1, 2.5)] {
        let (x, y) = (ball(m, Bound::from_f64(r)), ball(n, Bound::from_f64(s)));
        corners("x/y", (&x, &y), &enclosures(200).divided(&x, &y), |x, y| Float::with_val(LONG, x / y))?;
    }
    Ok(())
}

/// The remainder is all but the divisor.
fn rounded_quotients() -> Result<(), String> {
    let divisor: Integer = (Integer::from(1) << 60) - 1;
    let dividend: Integer = (Integer::from(&divisor) << 25) - 1;
    let [x, y] = [dividend, divisor].map(|mantissa| Ball::exact(Scaled { mantissa, exponent: 0 }));
    corners("m/n", (&x, &y), &enclosures(16).divided(&x, &y), |x, y| Float::with_val(LONG, x / y))
}

/// Half a unit is cut.
fn shortened() -> Result<(), String> {
    let number = f64::from((1 << 20) + (1 << 9));
    contains("stored", &enclosures(11).stored(Ball::exact(Scaled::from_f64(number))), &real(number))
}

fn one_of_two() -> Result<(), String> {
    let (x, y) = (ball(1.0, Bound::from_f64(0.1)), ball(3.0, Bound::from_f64(0.1)));
    let found = either(&x, &y);
    [&x, &y].into_iter().flat_map(ends).try_for_each(|end| contains("one of two", &found, &end))
}

fn evaluated(function: Function, x: &Ball, precision: u32) -> Ball {
    Evaluator::new(function, precision.into()).of(x).expect("within all exponents")
}

/// Slope 1, and slope 2 of a derivative: x², 2x.
fn propagated() -> Result<(), String> {
    let x = ball(5.0, Bound::from_f64(0.3));
    let relu = evaluated(Function::Value(Activation::Relu), &x, 100);
    let slope = evaluated(Function::Derivative(Activation::ReluSquared), &x, 100);
    for end in ends(&x) {
        contains("x", &relu, &end)?;
        contains("2x", &slope, &Float::with_val(LONG, &end * 2))?;
    }
    Ok(())
}

/// φ' of hardswish rises to 3/2 below 3 and is 1 from there on.
fn both_sides() -> Result<(), String> {
    let x = ball(3.0, Bound::from_f64(0.25f64.next_down()));
    let found = evaluated(Function::Derivative(Activation::Hardswish), &x, 100);
    contains("above", &found, &real(1.0))?;
    contains("below", &found, &(real(1.5) - (real(1.0) >> 1000u32)))?;
    let [least, _] = ends(&x);
    contains("at the end", &found, &((least * 2u32 + 3u32) / 6u32))
}

/// The value lies where its bound allows.
fn evaluation() -> Result<(), String> {
    let one = Ball::exact(Scaled::from_f64(1.0));
    let function = Function::Value(Activation::Tanh);
    let exact = Float::with_val(LONG, crate::activation::enclose(&function, &Float::with_val(53, 1.0), 400).unwrap());
    for direction in [-1, 1] {
        let found = adversary::tests::with(direction, || evaluated(function, &one, 64));
        contains("tanh 1", &found, &exact)?;
    }
    Ok(())
}

/// A value below all exponents.
fn vanished() -> Result<(), String> {
    let x = Ball::exact(Scaled::from_f64(-crate::format::two_to(31)));
    for direction in [-1, 1] {
        let found = adversary::tests::with(direction, || evaluated(Function::Exp, &x, 64));
        let (midpoint, radius) =
            (Bound::from_integer(&found.midpoint.mantissa).scaled(found.midpoint.exponent), found.radius);
        if radius < midpoint {
            return Err("what vanishes is not within its radius of 0".into());
        }
    }
    Ok(())
}

fn exponentials() -> Result<(), String> {
    let near = ball(1.0, Bound::power_of_two(-100));
    let far = ball(0.0, Bound::from_f64(4.0f64.next_down()));
    for x in [near, far] {
        let found = evaluated(Function::Exp, &x, 300);
        for end in ends(&x) {
            let end = Float::with_val(2000, end);
            contains("exp", &found, &Float::with_val(LONG, end.exp()))?;
        }
    }
    Ok(())
}

fn roots() -> Result<(), String> {
    let x = ball(2.0, Bound::power_of_two(-60));
    let found = evaluated(Function::SquareRoot, &x, 300);
    ends(&x).into_iter().try_for_each(|end| contains("√x", &found, &Float::with_val(2000, end).sqrt()))
}

/// Σ l·r of two terms whose radii all add up.
fn matrices() -> Result<(), String> {
    let arithmetic = enclosures(300);
    let left = [ball(3.0, Bound::from_f64(0.7)), ball(0.5, Bound::ZERO)];
    let right = [ball(5.0, Bound::from_f64(1.3)), ball(7.0, Bound::from_f64(0.4))];
    let found = arithmetic.dot(at(), &left, &right, None);
    let sum = |end: usize| {
        let products = left.iter().zip(&right).map(|(x, y)| Float::with_val(LONG, &ends(x)[end] * &ends(y)[end]));
        products.fold(real(0.0), |sum, product| sum + product)
    };
    contains("Σ above", &found, &sum(1))
}

fn at() -> Place {
    Place::new(Step::alone(0), (0, 0))
}

/// 2^70 + 2^5, of which half a unit is cut next to a large number.
fn aligned_matrices() -> Result<(), String> {
    let left = [ball(crate::format::two_to(70), Bound::power_of_two(-300)), ball(33.0, Bound::ZERO)];
    let right = [ball(1.0, Bound::ZERO), ball(1.0, Bound::ZERO)];
    let [row, column] = [&left, &right].map(|line| ndarray::aview1(line));
    let product = |bits: u32| {
        let of = |line, side| Operand::new(line, side, Content::Activation, bits.into());
        let left = of(row.insert_axis(ndarray::Axis(0)), Side::Left);
        let right = of(column.insert_axis(ndarray::Axis(1)), Side::Right);
        Product::new(&left, &right, None).entry(0, |_, _| i64::MIN).0
    };
    // The unit is 2^(71 − 65) = 64, and 33 is 31 from its nearest multiple; of the unit 2, half of it is cut.
    contains("cut", &product(65), &(real(crate::format::two_to(70)) + 33u32))?;
    contains("half", &product(70), &(real(crate::format::two_to(70)) + 33u32))
}

/// 64 bits are enough for the 8 that are wanted; half a unit of a number with 66 is cut.
fn balanced_matrices() -> Result<(), String> {
    let long = Scaled { mantissa: (Integer::from(1) << 65) + 2, exponent: 0 };
    let left = [Ball::exact(long.clone())];
    let right = [ball(1.0, Bound::power_of_two(-300))];
    let of = |line, side, content| Operand::new(line, side, content, 500.into());
    let left = of(ndarray::aview1(&left).insert_axis(ndarray::Axis(0)), Side::Left, Content::Gradient);
    let right = of(ndarray::aview1(&right).insert_axis(ndarray::Axis(1)), Side::Right, Content::Activation);
    contains("balanced", &Product::new(&left, &right, Some(8)).entry(0, |_, _| i64::MIN).0, &float(&long))
}

const CHECKS: [Check; 16] = [
    sums,
    far_sums,
    products,
    quotients,
    rounded_quotients,
    shortened,
    one_of_two,
    propagated,
    both_sides,
    evaluation,
    vanished,
    exponentials,
    roots,
    matrices,
    aligned_matrices,
    balanced_matrices,
];

#[test]
fn every_step_contains_its_corners() {
    CHECKS.iter().for_each(|check| check().unwrap());
}

/// A radius dropped, halved, or rounded down.
#[test]
fn every_planted_fault_is_noticed() {
    for &name in Term::ALL {
        for factor in [0.0, 0.5, 1.0 - crate::format::two_to(-40)] {
            let is_noticed = CHECKS.iter().any(|check| mutation::with(name, factor, check).is_err());
            assert!(is_noticed, "nothing notices {name:?} times {factor}");
        }
    }
}

/// What is certain stays exact; what is not known is the whole line, and never a panic.
#[test]
fn zeros_and_unknown_numbers() {
    let arithmetic = enclosures(64);
    let (zero, whole) = (Ball::exact(Scaled::zero()), Ball::whole_line());
    let one = ball(1.0, Bound::ZERO);
    assert!(arithmetic.multiplied(&zero, &whole).is_zero() && arithmetic.multiplied(&one, &whole).is_whole_line());
    assert!(arithmetic.divided(&one, &ball(1.0, Bound::ONE)).is_whole_line());
    assert!(arithmetic.divided(&one, &zero).is_whole_line() && arithmetic.sum(&one, &whole).is_whole_line());
    assert!(arithmetic.dot(at(), &[zero.clone(), one.clone()], &[whole.clone(), one.clone()], None).is_exact());
    assert!(arithmetic.dot(at(), std::slice::from_ref(&one), std::slice::from_ref(&whole), None).is_whole_line());
    for function in [Function::Exp, Function::SquareRoot, Function::Value(Activation::Tanh)] {
        assert!(arithmetic.apply(at(), &function, &whole).is_whole_line());
    }
    assert!(arithmetic.apply(at(), &Function::SquareRoot, &ball(1.0, Bound::from_f64(2.0))).is_whole_line());
    // A wide argument says nothing of the range.
    assert!(arithmetic.apply(at(), &Function::Exp, &ball(0.0, Bound::power_of_two(40))).is_whole_line());
    assert!(!arithmetic.is_out_of_range());
    assert!(arithmetic.apply(at(), &Function::Exp, &ball(crate::format::two_to(40), Bound::ZERO)).is_whole_line());
    assert!(arithmetic.is_out_of_range());
    assert!(arithmetic.round(at(), &Exact::Double(f64::NAN)).is_whole_line());
}

/// Sides of kinks are decided, or both are enclosed.
#[test]
fn kinks() {
    use crate::enclosure::Sign;
    let sides = [(1.0, 0.5), (-1.0, 0.5), (0.25, 0.5), (0.0, 0.0), (0.0, 0.5), (1.0, 1.0)];
    let signs = sides.map(|(m, r)| ball(m, Bound::from_f64(r)).sign().is_positive());
    assert_eq!(signs, [Some(true), Some(false), None, Some(false), None, None]);
    assert_eq!(ball(0.0, Bound::ZERO).sign(), Sign::Known(std::cmp::Ordering::Equal));
    let open = ball(0.25, Bound::from_f64(0.5));
    let slope = evaluated(Function::Derivative(Activation::Relu), &open, 64);
    [0.0, 1.0].into_iter().for_each(|side| contains("φ'", &slope, &real(side)).unwrap());
    assert!(ends(&slope).iter().all(|end| end.clone().abs() <= 1), "and nothing else");
    let jump = evaluated(Function::Value(Activation::Hardshrink { lambda: 0.5 }), &ball(0.5, Bound::from_f64(0.1)), 64);
    [0.0, 0.6].into_iter().for_each(|value| contains("φ", &jump, &real(value)).unwrap());
    let all = evaluated(
        Function::Derivative(Activation::Hardtanh { low: -1.0, high: 1.0 }),
        &ball(0.0, Bound::from_f64(3.0)),
        64,
    );
    [0.0, 1.0].into_iter().for_each(|side| contains("three pieces", &all, &real(side)).unwrap());
    assert_eq!(open.piece_in(&Activation::Relu), None);
    assert!(ball(1.0, Bound::from_f64(0.4)).piece_in(&Activation::Relu).is_some());
}
