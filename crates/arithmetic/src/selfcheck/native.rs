//! Compares MPFR and the processor, two independent implementations of the same arithmetic.

use super::numbers::Random;
use super::tally::{Row, Tally, shown};
use crate::arithmetic::kernels::Rounding;
use crate::arithmetic::long::Long;
use crate::arithmetic::{Arithmetic, ArithmeticName, Binary, Place, Step};
use crate::format::{F32, F64, Format, two_to};
use rug::Float;

/// Pairs of operands for each operation.
const PAIRS: usize = 20_000;
/// Sums of products, and terms of each.
const DOTS: usize = 400;
const TERMS: usize = 64;

/// For results without a place.
const PLACE: Place = Place { step: Step::alone(0), row: 0, column: 0 };

/// An operation on two doubles.
type Operation<'o> = &'o dyn Fn(Binary, f64, f64) -> f64;
/// A sum of products.
type Dot<'d> = &'d dyn Fn(&[f64], &[f64]) -> f64;

/// `mpfr:53` and `mpfr:24`, which have no exponent bounds, far from the bounds of the hardware.
pub fn against_mpfr() -> Vec<Row> {
    let rows = [(F64, 200), (F32, 20)].map(|(format, exponents)| {
        let mpfr = Long::new(ArithmeticName::plain(Format::mpfr(format.precision)));
        let native = native_of(&format);
        let mut tally = binary(&format, Operands::Within(exponents), &native.operation, &|operation, x, y| {
            in_mpfr(&mpfr, operation, x, y)
        });
        tally.add(dots(&format, exponents / 2, &native.dot, &|x, y| dot_in_mpfr(&mpfr, x, y)));
        tally.row(format!("mpfr:{}: +, −, ·, /, dot", format.precision), against(&format), "MPFR")
    });
    rows.into()
}

/// The formats within their own bounds, including subnormal numbers, overflow, NaN and infinities.
pub fn emulated() -> Vec<Row> {
    let mut rows = Vec::new();
    for format in [F64, F32] {
        let long = Long::new(ArithmeticName::plain(format));
        let native = native_of(&format);
        let tally =
            binary(&format, Operands::Any, &native.operation, &|operation, x, y| in_mpfr(&long, operation, x, y));
        rows.push(tally.row(format!("{format} in MPFR: +, −, ·, /"), against(&format), "MPFR"));
    }
    let rounding = Rounding::Emulated(F32.rounder());
    let in_doubles = |operation, x, y| rounding.round(native_double(operation, x, y));
    let native = native_of(&F32);
    let mut tally = binary(&F32, Operands::Any, &native.operation, &in_doubles);
    let dot = |x: &[f64], y: &[f64]| {
        x.iter()
            .zip(y)
            .map(|(x, y)| rounding.round(x * y))
            .reduce(|sum, term| rounding.round(sum + term))
            .unwrap_or(0.0)
    };
    tally.add(dots(&F32, 10, &native.dot, &dot));
    rows.push(tally.row("f32 in doubles: +, −, ·, /, dot", against(&F32), "scalar"));
    rows
}

fn against(format: &Format) -> &'static str {
    if *format == F64 { "hardware's binary64" } else { "hardware's binary32" }
}

/// The hardware's operations and sums of one format.
struct Native {
    operation: fn(Binary, f64, f64) -> f64,
    dot: fn(&[f64], &[f64]) -> f64,
}

fn native_of(format: &Format) -> Native {
    match *format {
        F64 => Native {
            operation: native_double,
            dot: |x, y| x.iter().zip(y).map(|(x, y)| x * y).reduce(|sum, term| sum + term).unwrap_or(0.0),
        },
        _ => Native {
            operation: native_single,
            dot: |x, y| {
                let terms = x.iter().zip(y).map(|(x, y)| *x as f32 * *y as f32);
                f64::from(terms.reduce(|sum, term| sum + term).unwrap_or(0.0))
            },
        },
    }
}

fn native_double(operation: Binary, x: f64, y: f64) -> f64 {
    match operation {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        Binary::Multiply => x * y,
        Binary::Divide => x / y,
    }
}

fn native_single(operation: Binary, x: f64, y: f64) -> f64 {
    let (x, y) = (x as f32, y as f32);
    f64::from(match operation {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        Binary::Multiply => x * y,
        Binary::Divide => x / y,
    })
}

fn in_mpfr(long: &Long, operation: Binary, x: f64, y: f64) -> f64 {
    let [x, y] = [x, y].map(|x| Float::with_val(53, x));
    long.binary(PLACE, operation, &x, &y).to_f64()
}

fn dot_in_mpfr(long: &Long, x: &[f64], y: &[f64]) -> f64 {
    let [x, y] = [x, y].map(|numbers| numbers.iter().map(|x| Float::with_val(53, *x)).collect::<Vec<Float>>());
    long.dot(PLACE, &x, &y, None).to_f64()
}

/// Which operands are drawn.
#[derive(Clone, Copy)]
enum Operands {
    /// With exponents of at most so much.
    Within(i64),
    /// Any code; in every other pair the second is near the first.
    Any,
}

/// A member of binary64 or binary32 with an exponent of at most so much.
fn within(random: &mut Random, format: &Format, exponents: i64) -> f64 {
    let x = random.signed_significand() * two_to(random.below(2 * exponents + 1) - exponents);
    if *format == F64 { x } else { f64::from(x as f32) }
}

/// Two implementations of the four operations.
fn binary(format: &Format, operands: Operands, native: Operation, tested: Operation) -> Tally {
    let mut tally = Tally::default();
    let mut random = Random(4);
    let code = |random: &mut Random| format.decode(random.bits() >> (64 - format.code_bits()));
    for trial in 0..PAIRS {
        let (x, y) = match operands {
            Operands::Within(most) => (within(&mut random, format, most), within(&mut random, format, most)),
            Operands::Any if trial % 2 == 0 => (code(&mut random), code(&mut random)),
            Operands::Any => {
                let x = code(&mut random);
                let near = within(&mut random, format, 2) * x;
                (x, if *format == F64 { near } else { f64::from(near as f32) })
            }
        };
        for operation in Binary::ALL {
            tally.double(tested(operation, x, y), native(operation, x, y), || {
                (format!("{format}, {operation:?}"), vec![shown(x), shown(y)])
            });
        }
    }
    tally
}

/// Two implementations of sums of products in index order.
fn dots(format: &Format, exponents: i64, native: Dot, tested: Dot) -> Tally {
    let mut tally = Tally::default();
    let mut random = Random(5);
    for trial in 0..DOTS {
        let terms = 1 + trial % TERMS;
        let mut drawn = || (0..terms).map(|_| within(&mut random, format, exponents)).collect::<Vec<f64>>();
        let (x, y) = (drawn(), drawn());
        tally.double(tested(&x, &y), native(&x, &y), || {
            (format!("{format}, sum of {terms} products"), vec![format!("sum {trial} of the seed")])
        });
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_arithmetics_are_seen() {
        let rows: Vec<Row> = against_mpfr().into_iter().chain(emulated()).collect();
        assert!(rows.iter().all(|row| row.mismatches == 0 && row.cases >= 80_000), "{rows:?}");
        // binary32 in doubles without a rounding between, and without a range.
        let unrounded = binary(&F32, Operands::Within(20), &native_single, &native_double);
        assert!(unrounded.mismatches > 40_000);
        let unbounded = Long::new(ArithmeticName::plain(Format::mpfr(24)));
        let tested = |operation, x, y| in_mpfr(&unbounded, operation, x, y);
        assert!(binary(&F32, Operands::Any, &native_single, &tested).mismatches > 1000);
        let reversed = |x: &[f64], y: &[f64]| {
            let terms = x.iter().zip(y).map(|(x, y)| x * y).rev();
            terms.reduce(|sum, term| sum + term).unwrap_or(0.0)
        };
        assert!(dots(&F64, 100, &native_of(&F64).dot, &reversed).mismatches > 10);
    }
}
