//! What `saturate` and `daz` reach, and how `kahan` begins: definitions in exact fractions, step by step, and for each
//! the readings that it excludes, which the cases must tell from it.

use crate::common::Random;
use crate::common::erased::{Erased, dispatched, long, named, reference};
use crate::common::rational::{Codes, How, Real, sum_in};
use ndarray::Array2;
use precision_probe::arithmetic::{ArithmeticName, Exact, Limits, Quantiser, Sum};
use precision_probe::format::{Format, two_to};
use rug::Rational;

fn zero() -> Real {
    Real::Finite(Rational::new(), false)
}

/// One sum of products with a bias: factors as they are stored.
struct Case {
    row: Vec<Exact>,
    column: Vec<Exact>,
    bias: Option<Exact>,
}

impl Case {
    /// The sum in an arithmetic.
    fn sum(&self, arithmetic: &dyn Erased) -> Exact {
        let terms = self.row.len();
        let left = Array2::from_shape_vec((1, terms), self.row.clone()).unwrap();
        let right = Array2::from_shape_vec((terms, 1), self.column.clone()).unwrap();
        arithmetic.product(&left, &right, self.bias.as_ref().map(std::slice::from_ref))[(0, 0)].clone()
    }

    fn factors(&self) -> impl Iterator<Item = (Real, Real)> {
        self.row.iter().zip(&self.column).map(|(x, y)| (Real::of(x), Real::of(y)))
    }

    fn shown(&self) -> String {
        format!("{:?}·{:?} + {:?}", self.row, self.column, self.bias)
    }
}

/// Whatever carries an arithmetic; its definition alone knows no quantised factors.
fn carriers(name: ArithmeticName) -> Vec<Box<dyn Erased>> {
    let quantised = vec![dispatched(name), long(name)];
    if name.operands.is_some() { quantised } else { quantised.into_iter().chain([reference(name)]).collect() }
}

fn emin(format: &Format) -> i64 {
    format.smallest_normal_exponent().map_or(0, i64::from)
}

/// ±1.xxx·2^e with e around one of some exponents.
fn near(random: &mut Random, exponents: &[i64]) -> Exact {
    let exponent = exponents[random.below(exponents.len() as u64) as usize] + random.below(7) as i64 - 3;
    let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
    Exact::Double(sign * (1.0 + random.below(1 << 12) as f64 / 4096.0) * two_to(exponent.clamp(-1070, 1000)))
}

/// What `daz` reads as zero where it is subnormal.
#[derive(Clone, Copy, Debug)]
struct Reads {
    /// Factors and the bias as numbers of the stored format, and not of the accumulator.
    as_stored: bool,
    /// Factors again after they were quantised.
    quantised: bool,
    /// Products and partial sums that are added to, as numbers of the accumulator.
    partial: bool,
    /// The finished sum.
    finished: bool,
}

/// The definition.
const DEFINED: Reads = Reads { as_stored: true, quantised: false, partial: true, finished: false };

/// A sum in index order or a fused one under `daz`.
fn flushed_sum(name: &ArithmeticName, reads: Reads, case: &Case) -> Real {
    let (format, accumulator) = (Codes::of(&name.format), Codes::of(&name.accumulator));
    let how = How::of(name);
    let stored = |x: &Real| if reads.as_stored { format.flushed(x) } else { accumulator.flushed(x) };
    let factor = |x: &Real| match name.operands {
        Some(Quantiser::Format(element)) => {
            let element = Codes::of(&element);
            let quantised = element.round(&stored(x));
            if reads.quantised { element.flushed(&quantised) } else { quantised }
        }
        _ => stored(x),
    };
    let partial = |x: &Real| if reads.partial { accumulator.flushed(x) } else { x.clone() };
    let round = |x: &Real| accumulator.round_as(x, how);
    let mut sum = None;
    for (x, y) in case.factors() {
        let product = factor(&x).times(&factor(&y));
        sum = Some(match (sum, name.sum) {
            (None, _) => round(&product),
            (Some(sum), Sum::Fused) => round(&partial(&sum).plus(&product)),
            (Some(sum), _) => round(&partial(&sum).plus(&partial(&round(&product)))),
        });
    }
    let mut sum = sum.unwrap_or_else(zero);
    if let Some(bias) = &case.bias {
        sum = round(&partial(&sum).plus(&partial(&stored(&Real::of(bias)))));
    }
    let sum = if reads.finished { accumulator.flushed(&sum) } else { sum };
    format.round_as(&sum, how)
}

/// Factors and the bias are read by the stored format's smallest normal number, before they are quantised and not after
/// it; products and partial sums, when they are added to, by the accumulator's; a finished sum is no operand.
#[test]
fn daz_reads_each_operand_in_its_own_format() {
    let others = [
        Reads { as_stored: false, ..DEFINED },
        Reads { quantised: true, ..DEFINED },
        Reads { partial: false, ..DEFINED },
        Reads { finished: true, ..DEFINED },
    ];
    let mut differ = [0; 4];
    let mut random = Random(31);
    for arithmetic in [
        "f16:daz",
        "f16:daz:sum=fma",
        "f16:acc=f32:daz",
        "f16:acc=bf16:daz",
        "bf16:acc=f16:daz",
        "bf16:acc=f16:daz:sum=fma",
        "bf16:acc=f16:ftz:daz",
        "e4m3fnuz:acc=e5m2:daz",
        "e10m20:acc=f16:daz",
        "e10m20:daz:sum=fma",
        "f64:daz",
        "f16:daz:operands=bf16",
        "f16:acc=f32:daz:operands=e3m4",
        "bf16:acc=f16:daz:operands=e5m2",
        "e10m20:acc=f16:daz:operands=mpfr:4",
        "e10m20:daz:operands=mpfr:4",
    ] {
        let name = named(arithmetic);
        let carriers = carriers(name);
        // Near both smallest normal numbers, alone and as products.
        let (low, sums) = (emin(&name.format), emin(&name.accumulator));
        let operands = name.operands.map_or(low, |quantiser| emin(&quantiser.element()));
        for trial in 0..400 {
            let mut number = |exponents: &[i64]| carriers[0].round(&near(&mut random, exponents));
            let (row, column) = (0..trial % 4)
                .map(|_| {
                    let x = number(&[low, sums / 2, operands]);
                    let exponent = x.exponent().unwrap_or(low);
                    (x, number(&[sums - exponent, 0]))
                })
                .unzip();
            let bias = (trial % 3 > 0).then(|| number(&[low, sums]));
            let case = Case { row, column, bias };
            let expected = flushed_sum(&name, DEFINED, &case);
            for carrier in &carriers {
                let found = case.sum(&**carrier);
                assert!(expected.is(&found), "{arithmetic}: {}: {found:?} and not {expected:?}", case.shown());
            }
            for (count, reads) in differ.iter_mut().zip(others) {
                *count += usize::from(flushed_sum(&name, reads, &case) != expected);
            }
        }
    }
    assert!(differ.iter().all(|count| *count > 20), "{differ:?} cases tell the definition from others");
}

/// How a factor is quantised where `operands` is a format.
fn quantised_sum(name: &ArithmeticName, of_factors: How, case: &Case) -> Real {
    let (format, accumulator) = (Codes::of(&name.format), Codes::of(&name.accumulator));
    let how = How::of(name);
    let Some(Quantiser::Format(element)) = name.operands else { panic!("{name} has a format of operands") };
    let element = Codes::of(&element);
    let factor = |x: &Real| element.round_as(&format.read(x, how), of_factors);
    let round = |x: &Real| accumulator.round_as(x, how);
    let add = |x: &Real, y: &Real| round(&sum_in(how, &accumulator.read(x, how), &accumulator.read(y, how)));
    let products = case.factors().map(|(x, y)| round(&factor(&x).times(&factor(&y))));
    let mut sum = products.reduce(|sum, product| add(&sum, &product)).unwrap_or_else(zero);
    if let Some(bias) = &case.bias {
        sum = add(&sum, &format.read(&Real::of(bias), how));
    }
    format.round_as(&sum, how)
}

/// Factors are rounded to `operands=FORMAT` to nearest, with its subnormal numbers and its own overflow: neither `round`
/// nor `ftz` nor `saturate` reaches them. Infinite and NaN factors meet the limits only in their products.
#[test]
fn limits_do_not_reach_the_format_of_operands() {
    let nearest = How::NEAREST;
    let [mut saturated, mut directed, mut flushed] = [0; 3];
    let mut random = Random(32);
    for arithmetic in [
        "f16:saturate:operands=e5m2",
        "f16:acc=f32:saturate:operands=e4m3fn",
        "bf16:acc=f32:saturate:operands=f16",
        "f16:saturate:operands=binary8p4se",
        "e5m2:acc=f16:saturate:operands=e2m1fn",
        "f16:acc=f32:ftz:daz:saturate:round=up:operands=e5m2",
        "bf16:acc=f32:ftz:round=zero:operands=e4m3fnuz",
        "e10m20:ftz:saturate:round=down:operands=e4m3ieee",
    ] {
        let name = named(arithmetic);
        let carriers = carriers(name);
        let element = name.operands.expect("a format of operands").element();
        let ends = [emin(&element), i64::from(element.max_exponent().unwrap())];
        for trial in 0..300 {
            let mut number = |exponents: &[i64]| carriers[0].round(&near(&mut random, exponents));
            let (row, column) = (0..1 + trial % 3).map(|_| (number(&[ends[0], ends[1], 0]), number(&ends))).unzip();
            let case = Case { row, column, bias: (trial % 2 > 0).then(|| number(&[0])) };
            let expected = quantised_sum(&name, nearest, &case);
            for carrier in &carriers {
                let found = case.sum(&**carrier);
                assert!(expected.is(&found), "{arithmetic}: {}: {found:?} and not {expected:?}", case.shown());
            }
            let differs = |of_factors| usize::from(quantised_sum(&name, of_factors, &case) != expected);
            let limits = |saturates, flushes_results| Limits { saturates, flushes_results, flushes_operands: false };
            saturated += differs(How { limits: limits(name.limits.saturates, false), ..nearest });
            directed += differs(How { direction: name.direction, ..nearest });
            flushed += differs(How { limits: limits(false, name.limits.flushes_results), ..nearest });
        }
    }
    assert!(saturated.min(directed).min(flushed) > 50, "{saturated}, {directed}, {flushed} cases tell");
}

/// By hand: the first product begins the sum, and nothing is subtracted from the second term, before which nothing was lost.
#[test]
fn the_second_term_of_kahan_is_not_compensated() {
    // An infinite product stays one for another term, and c = ∞ − ∞ comes with the third; two times +0 is +0 where
    // +0 − 0 would be −0.
    let sum = |arithmetic: &str, terms: &[f64]| {
        let exact = |x: &f64| Exact::Double(*x);
        let case = Case {
            row: terms.iter().map(exact).collect(),
            column: terms.iter().map(|_| exact(&1.0)).collect(),
            bias: None,
        };
        case.sum(&*dispatched(named(arithmetic))).to_f64()
    };
    assert_eq!(sum("f16:sum=kahan", &[f64::INFINITY, 1.0]), f64::INFINITY);
    assert!(sum("f16:sum=kahan", &[f64::INFINITY, 1.0, 1.0]).is_nan());
    assert_eq!(sum("f16:sum=kahan:round=down", &[0.0, 0.0]).to_bits(), 0.0f64.to_bits());
    // 2048 + 1 loses the 1 to an even sum; the next term takes it back.
    assert_eq!(sum("f16:sum=kahan", &[2048.0, 1.0]), 2048.0);
    assert_eq!(sum("f16:sum=kahan", &[2048.0, 1.0, 1.0]), 2050.0);
}
