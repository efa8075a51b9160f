//! Tensor cores in rational numbers, without a line of the project's: addend by addend, as the sources say it.

use crate::common::Random;
use crate::common::rational::Real;
use precision_probe::arithmetic::Exact;
use precision_probe::arithmetic::tensor_core::{Rounding, Rule, TensorCore};
use precision_probe::format::{Format, two_to};
use rug::{Integer, Rational};

/// How an addend loses the bits below the unit of its block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    TowardZero,
    /// No GPU does this.
    Nearest,
    /// Nor this: nothing is lost before the sum.
    Nowhere,
}

/// A rule, true or wrong.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    pub input: Format,
    pub output: Format,
    pub block: usize,
    pub fraction_bits: i32,
    pub rounding: Rounding,
    pub cut: Cut,
}

impl Definition {
    pub fn of(rule: &Rule) -> Definition {
        Definition {
            input: rule.input(),
            output: rule.output(),
            block: rule.block(),
            fraction_bits: rule.fraction_bits() as i32,
            rounding: rule.rounding(),
            cut: Cut::TowardZero,
        }
    }

    /// The plausible wrong rules: a bit less in the alignment, rounding to nearest there, and an exact sum.
    pub fn wrong(&self) -> [(&'static str, Definition); 3] {
        [
            ("one bit less", Definition { fraction_bits: self.fraction_bits - 1, ..*self }),
            ("to nearest", Definition { cut: Cut::Nearest, ..*self }),
            ("an exact sum", Definition { cut: Cut::Nowhere, ..*self }),
        ]
    }

    /// The chain of blocks, the last one filled up with zeros.
    pub fn dot(&self, a: &[f64], b: &[f64], c: f64) -> f64 {
        a.chunks(self.block).zip(b.chunks(self.block)).fold(c, |c, (a, b)| {
            let filled = |x: &[f64]| [x, &vec![0.0; self.block - x.len()]].concat();
            self.block_of(&filled(a), &filled(b), c)
        })
    }

    fn block_of(&self, a: &[f64], b: &[f64], c: f64) -> f64 {
        if self.rounding != Rounding::ApartFromC {
            return self.sum(a, b, c, self.rounding);
        }
        let products = self.sum(a, b, 0.0, Rounding::TowardZero { fraction_bits: 23 });
        let sum = real(products).plus(&real(c));
        match &sum {
            // Zeros of both signs are +0 together; −0 is no product's.
            Real::Finite(..) => rounded(&value(&sum), 23, -126, 127, true),
            _ => special(&sum),
        }
    }

    fn sum(&self, a: &[f64], b: &[f64], c: f64, rounding: Rounding) -> f64 {
        let products = a.iter().zip(b).map(|(&a, &b)| real(a).times(&real(b)));
        let sum = products.fold(real(c), |sum, product| sum.plus(&product));
        if !matches!(sum, Real::Finite(..)) {
            return special(&sum);
        }
        let (fraction_bits, output, to_nearest) = match rounding {
            Rounding::TowardZero { fraction_bits } => (fraction_bits as i32, (-126, 127), false),
            Rounding::NearestHalf => (10, (-14, 15), true),
            Rounding::ApartFromC => unreachable!("two sums"),
        };
        let input = self.input.smallest_normal_exponent().unwrap();
        let mut addends = vec![(number(c), exponent(c, output.0))];
        for (&a, &b) in a.iter().zip(b) {
            addends.push((number(a) * number(b), exponent(a, input) + exponent(b, input)));
        }
        let top = addends.iter().map(|(_, exponent)| *exponent).max().unwrap();
        let unit = power(top - self.fraction_bits);
        let cut = |addend: Rational| match self.cut {
            Cut::Nowhere => addend,
            Cut::TowardZero => Rational::from(&addend / &unit).trunc() * &unit,
            Cut::Nearest => Rational::from(&addend / &unit).round() * &unit,
        };
        let sum = addends.into_iter().fold(Rational::new(), |sum, (addend, _)| sum + cut(addend));
        rounded(&sum, fraction_bits, output.0, output.1, to_nearest)
    }
}

fn real(x: f64) -> Real {
    Real::of(&Exact::Double(x))
}

fn value(x: &Real) -> Rational {
    match x {
        Real::Finite(magnitude, true) => Rational::from(-magnitude),
        Real::Finite(magnitude, false) => magnitude.clone(),
        _ => panic!("not finite"),
    }
}

fn special(x: &Real) -> f64 {
    match x {
        Real::Infinite(true) => f64::NEG_INFINITY,
        Real::Infinite(false) => f64::INFINITY,
        _ => f64::NAN,
    }
}

fn number(x: f64) -> Rational {
    Rational::from_f64(x).expect("a finite number")
}

fn power(exponent: i32) -> Rational {
    Rational::from(1) << exponent
}

/// Of the leading bit of a number that is not zero.
fn leading(x: &Rational) -> i32 {
    let magnitude = x.clone().abs();
    let mut exponent = magnitude.numer().significant_bits() as i32 - magnitude.denom().significant_bits() as i32;
    while power(exponent) > magnitude {
        exponent -= 1;
    }
    exponent
}

/// As the hardware writes it: −126 of a zero, the smallest normal number's of a subnormal one.
fn exponent(x: f64, emin: i32) -> i32 {
    if x == 0.0 { -126 } else { leading(&number(x)).max(emin) }
}

fn rounded(x: &Rational, fraction_bits: i32, emin: i32, emax: i32, to_nearest: bool) -> f64 {
    if *x == 0 {
        return 0.0;
    }
    let quantum = power(leading(x).max(emin) - fraction_bits);
    let scaled = Rational::from(x / &quantum);
    let units: Integer = if to_nearest {
        let below = Integer::from(scaled.floor_ref());
        let distance = Rational::from(&scaled - &below);
        match distance.cmp(&Rational::from((1, 2))) {
            std::cmp::Ordering::Less => below,
            std::cmp::Ordering::Equal if below.is_even() => below,
            _ => below + 1,
        }
    } else {
        Integer::from(scaled.trunc_ref())
    };
    let result = Rational::from(units) * quantum;
    if result.clone().abs() >= power(emax + 1) {
        return if result < 0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    if result == 0 { 0.0 } else { result.to_f64() }
}

/// The same bits, or both NaN.
pub fn same(x: f64, y: f64) -> bool {
    x.to_bits() == y.to_bits()
}

/// All rules there are.
pub fn rules() -> Vec<(TensorCore, Rule)> {
    use precision_probe::format::{BF16, E4M3FN, E5M2, F16, F32, TF32};
    let mut rules = Vec::new();
    for gpu in TensorCore::ALL {
        for input in [F16, BF16, TF32, E4M3FN, E5M2] {
            rules.extend([F32, F16].iter().filter_map(|output| Some((gpu, gpu.rule(&input, output).ok()?))));
        }
    }
    rules
}

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Numbers {
    /// Of the order of 1.
    Moderate,
    /// All over the range, subnormal numbers and zeros too.
    Wide,
    /// Near the smallest numbers, subnormal ones and zeros.
    Tiny,
    /// Near the largest.
    Huge,
    /// Wide, with an infinity or a NaN now and then.
    Special,
}

pub const NUMBERS: [Numbers; 5] = [Numbers::Moderate, Numbers::Wide, Numbers::Tiny, Numbers::Huge, Numbers::Special];

/// A member of a format.
pub fn member(random: &mut Random, format: &Format, numbers: Numbers) -> f64 {
    let least = i64::from(format.smallest_subnormal_exponent().unwrap());
    let (emin, emax) = (format.smallest_normal_exponent().unwrap(), format.max_exponent().unwrap());
    let (emin, emax) = (i64::from(emin), i64::from(emax));
    let mut below = |count: i64| random.below(count as u64) as i64;
    let exponent = match (numbers, below(16)) {
        (Numbers::Special, 0) if below(4) == 0 => return f64::NAN,
        (Numbers::Special, 0) => return [1.0, -1.0][below(2) as usize] * format.round_f64(f64::INFINITY),
        (Numbers::Wide | Numbers::Tiny, 0) => return [0.0, -0.0][below(2) as usize],
        (Numbers::Moderate, _) => below(6) - 4,
        (Numbers::Tiny, _) => least + below(emin - least + 4),
        (Numbers::Huge, kind) => {
            if kind == 0 {
                below(emax)
            } else {
                emax - below(3)
            }
        }
        (_, 1..=6) => least + below(emin - least + 2),
        (_, 7..=12) => below(12) - 8,
        _ => least + below(emax - least),
    };
    let significand = 1.0 + (random.bits() >> 12) as f64 * two_to(-52);
    let x = format.round_f64(significand * two_to(exponent));
    let x = if x.is_finite() { x } else { two_to(emax) };
    if random.below(2) == 0 { x } else { -x }
}
