//! Every bound against MPFR at more bits, and the same comparison seen to fail on damaged tables.

use super::*;
use crate::activation::enclose;
use rug::float::Constant;
use rug::integer::Order;
use rug::{Float, Integer};

/// Every function that has a quick phase.
fn functions() -> Vec<Function> {
    use Activation::*;
    let activations = [
        Tanh,
        Tanhshrink,
        Sigmoid,
        LogSigmoid,
        Softplus { beta: 1.0 },
        Softplus { beta: 3.0 },
        Silu,
        Swish { beta: 0.4 },
        Mish,
        Gelu,
        GeluTanh,
        Elu { alpha: 1.0 },
        Elu { alpha: 0.7 },
        Celu { alpha: 1.0 },
        Celu { alpha: 0.3 },
        Selu,
        Softsign,
    ];
    let both = |a| [Function::Value(a), Function::Derivative(a)];
    activations.into_iter().flat_map(both).chain([Function::Exp]).collect()
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn integer(&mut self, words: usize) -> Integer {
        let digits: Vec<u64> = (0..words).map(|_| self.next()).collect();
        Integer::from_digits(&digits, Order::Lsf) | Integer::from(1) << (64 * words as u32 - 1)
    }

    /// An argument of at most `bits` bits: of all magnitudes, of the usual ones, or at an edge of the reduction.
    fn argument(&mut self, bits: u32) -> Float {
        let choice = self.next();
        let length = if choice & 1 == 0 { bits } else { 1 + (self.next() % u64::from(bits)) as u32 };
        let mantissa: Float = Float::with_val(length.max(2), self.integer(bits.div_ceil(64) as usize));
        let exponent = -(mantissa.get_exp().unwrap_or(0));
        let unit = mantissa << exponent;
        let below = |n: u64, words: &mut Words| (words.next() % n) as i32;
        let magnitude = match choice >> 1 & 7 {
            0 => unit << (below(340, self) - 300),
            1..=4 => unit << (below(20, self) - 14),
            edge => {
                // A multiple of ln 2, of a table's step or of half one, and its neighbours.
                let step = match edge {
                    5 => Float::with_val(bits, Constant::Log2) >> (self.next() % 2) as u32,
                    _ => Float::with_val(bits, 1) >> [7u32, 8, 9, 16, 17, 24, 25][below(7, self) as usize],
                };
                let multiple = step * (1 + below(300, self) as u32);
                let ulps = below(5, self) - 2;
                let ulp = Float::with_val(2, ulps) << (multiple.get_exp().unwrap_or(0) - bits as i32);
                Float::with_val(bits, multiple + ulp)
            }
        };
        if choice >> 8 & 1 == 0 { magnitude } else { -magnitude }
    }
}

/// Calls with the argument as a number.
fn with_number<T>(x: &Float, call: impl FnOnce(Number<'_>) -> T) -> T {
    let (integer, exponent) = x.to_integer_exp().unwrap();
    let words: Vec<u64> = integer.to_digits(Order::Lsf);
    call(Number { negative: integer.is_negative(), words: &words, exponent: i64::from(exponent) })
}

/// v, exactly.
struct Exact(Float);

impl From<Number<'_>> for Exact {
    fn from(number: Number<'_>) -> Exact {
        let magnitude = Integer::from_digits(number.words, Order::Lsf);
        let value = Float::with_val(magnitude.significant_bits().max(2), magnitude) << number.exponent as i32;
        Exact(if number.negative { -value } else { value })
    }
}

/// Largest |v − f(x)| as a fraction of the error that v carries, and how many values were known.
fn worst<const N: usize>(constants: &Constants, function: &Function, count: usize, seed: u64) -> (f64, usize) {
    let mut words = Words(seed);
    let (mut worst, mut known) = (0.0f64, 0);
    let bits = 64 * N as u32;
    for _ in 0..count {
        let x = words.argument(bits - 8);
        let value = with_number(&x, |number| evaluate::<N>(constants, function, Real::read(number).unwrap()));
        let Some(value) = value.filter(|value| value.error < 1 << 62) else { continue };
        let truth = enclose(function, &x, bits + 64).unwrap();
        let error = Float::with_val(2 * bits, Exact::from(value.number()).0 - truth).abs();
        let units = Float::with_val(53, error << (bits as i32 - value.exponent as i32)).to_f64();
        worst = worst.max(units / value.error as f64);
        known += 1;
    }
    (worst, known)
}

fn worst_of_all<const N: usize>(count: usize) {
    for (index, function) in functions().iter().enumerate() {
        let (worst, known) = worst::<N>(Constants::of(N), function, count, index as u64);
        assert!(known > count / 4, "{function:?} at {N} words: only {known} of {count} known");
        assert!(worst <= 1.0, "{function:?} at {N} words: {worst} of its bound");
        assert!(worst > 1e-4, "{function:?} at {N} words: only {worst} of its bound; it tells nothing");
        println!("{N:>2} words {function:?}: {worst:.4} of the bound, {known} of {count}");
    }
}

#[test]
fn every_value_keeps_the_error_that_it_carries() {
    worst_of_all::<2>(1500);
    worst_of_all::<3>(700);
    worst_of_all::<4>(1500);
    worst_of_all::<5>(500);
    worst_of_all::<7>(200);
    worst_of_all::<9>(200);
    worst_of_all::<17>(100);
}

#[test]
fn values_are_as_precise_as_asked() {
    for precision in [64, 128, 192, 208, 216, 256, 384, 512, 1000] {
        let mut words = Words(u64::from(precision));
        for function in functions() {
            for _ in 0..40 {
                // Longer arguments than the numbers, too.
                let x = words.argument(precision + 150);
                let value: Option<Exact> = with_number(&x, |number| single(&function, number, precision));
                let Some(Exact(value)) = value else { continue };
                let truth = enclose(&function, &x, precision + 64).unwrap();
                let error = Float::with_val(precision + 64, &value - truth).abs();
                let allowed: Float = value.clone().abs() >> (precision - 1);
                assert!(error <= allowed, "{function:?} at {x}, {precision} bits");
            }
        }
    }
}

/// At ordinary arguments only zeros of a function need anyone else.
#[test]
fn few_values_are_missing() {
    let mut words = Words(7);
    for precision in [64, 200, 216, 264, 520] {
        for function in functions() {
            let mut missing = 0;
            for _ in 0..1000 {
                let scale = (words.next() % 12) as u32;
                let x: Float = Float::with_val(precision, words.integer(4)) >> (256 - 5 + scale);
                let x = if words.next() & 1 == 0 { x } else { -x };
                let is_exact = matches!(super::super::enclosure::exact(&function, &x), Ok(Some(_)));
                let value: Option<Exact> = with_number(&x, |number| single(&function, number, precision));
                missing += usize::from(!is_exact && value.is_none());
            }
            assert_eq!(missing, 0, "{function:?} at {precision} bits");
        }
    }
}

#[test]
fn damage_is_seen() {
    let function = Function::Value(Activation::Sigmoid);
    let check = |constants: &Constants| worst::<4>(constants, &function, 3000, 3).0;
    let whole = Constants::new(4);
    assert!(check(&whole) <= 1.0);
    // A bit of weight 2^-240 in every entry of one table: 2^16 units.
    for level in 0..3 {
        let mut damaged = whole.clone();
        damaged.exponential.tables[level].chunks_mut(4).for_each(|entry| entry[0] ^= 1 << 16);
        assert!(check(&damaged) > 16.0, "table {level}");
    }
    // One entry only: the one of r in [1/2, 1/2 + 1/256).
    let mut damaged = whole.clone();
    damaged.exponential.tables[0][4 * 128 + 1] ^= 1;
    assert!(check(&damaged) > 16.0);
    // A term of the series.
    for term in 0..3 {
        let mut damaged = whole.clone();
        damaged.exponential.series.coefficients[term].truncate(0);
        assert!(check(&damaged) > 1.0, "term {term}");
    }
    // A number of the reduction.
    let mut damaged = whole.clone();
    damaged.exponential.ln2[1] ^= 1 << 20;
    assert!(check(&damaged) > 16.0);
}

/// One anchor's numbers serve all arguments near it; another anchor's are not seen.
#[test]
fn damage_of_the_normal_distribution_is_seen() {
    let function = Function::Value(Activation::Gelu);
    let check = |constants: &Constants| worst::<4>(constants, &function, 3000, 5).0;
    let whole = Constants::new(4);
    assert!(check(&whole) <= 1.0);
    assert!(
        whole.normal.anchors.iter().filter(|anchor| anchor.get().is_some()).count() > 200,
        "few anchors were asked for"
    );
    let damaged = |damage: &dyn Fn(&mut super::normal::Anchor)| {
        let mut damaged = whole.clone();
        damaged.normal.anchors.iter_mut().filter_map(|anchor| anchor.get_mut()).for_each(damage);
        check(&damaged)
    };
    assert!(damaged(&|anchor| anchor.value[0] ^= 1 << 16) > 16.0);
    assert!(damaged(&|anchor| anchor.value[3] ^= 1) > 16.0);
    for length in 0..4 {
        assert!(
            damaged(&|anchor| anchor.series.coefficients[length].truncate(0)) > 1.0,
            "terms of {} words",
            length + 1
        );
    }
}

/// The tail far out, where erfc leaves the exponents of doubles and then those of MPFR: x·φ(x)·M(|x|) by its own
/// numbers.
#[test]
fn the_normal_tail_keeps_its_relative_accuracy() {
    for (x, precision) in [(-20.0, 200), (-63.9, 200), (-64.0, 128), (-65.3, 520), (-700.0, 200), (-5000.0, 1000)] {
        let x = Float::with_val(53, x);
        for function in [Function::Value(Activation::Gelu), Function::Derivative(Activation::Gelu)] {
            let value: Option<Exact> = with_number(&x, |number| single(&function, number, precision));
            let Exact(value) = value.expect("known");
            let truth = enclose(&function, &x, precision + 64).unwrap();
            let error = Float::with_val(precision + 64, &value - truth).abs();
            let allowed: Float = value.clone().abs() >> (precision - 1);
            assert!(error <= allowed, "{function:?} at {x}, {precision} bits");
        }
    }
}
