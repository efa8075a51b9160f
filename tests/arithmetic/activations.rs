//! Activations: the enclosure's bound against more precision and textbook formulas, ties, ranges. Every code of three formats is compared with another program's tables by `selfcheck`.

mod limits;

use crate::common::reference::Reference;
use crate::common::{Random, exhaustive};
use precision_probe::activation::{
    ALL, Activation, Function, OutOfRange, enclose, enclosure, round_function, round_function_f64,
};
use precision_probe::format::{F64, Format, canonical};
use rug::ops::Pow;
use rug::{Float, Integer, Rational};

/// PyTorch's `alpha` and `scale` (aten/src/ATen/native/Activation.cpp), all 32 digits of them, and exactly these.
#[test]
fn selu_has_the_constants_of_pytorch() {
    let fraction = |digits: &str| {
        Rational::from((digits.replace('.', "").parse::<Integer>().unwrap(), Integer::from(Integer::u_pow_u(10, 31))))
    };
    let [alpha, scale] = ["1.6732632423543772848170429916717", "1.0507009873554804934193349852946"];
    assert_eq!(Activation::Selu.constants(), [format!("lambda = {scale}"), format!("alpha = {alpha}")]);
    let slopes = [(1.0, fraction(scale)), (-0.0, fraction(scale) * fraction(alpha))];
    for (x, expected) in slopes {
        let slope = enclose(&Function::Derivative(Activation::Selu), &Float::with_val(53, x), 300).unwrap();
        let error = (slope.to_rational().unwrap() - &expected).abs() / expected;
        assert!(error < Rational::from((1, Integer::from(1) << 299)), "φ'({x}) = {slope}");
    }
}

/// φ and φ' of the whole catalogue, some other parameters, and exp.
fn every_function() -> Vec<Function> {
    let more = [
        "leaky:0.2",
        "prelu:-0.5",
        "elu:0.5",
        "elu:1.7",
        "celu:0.3",
        "softplus:2",
        "softplus:0.3",
        "swish:3",
        "swish:0.1",
        "hardtanh:-0.1:2.3",
        "softshrink:0.3",
        "hardshrink:1.7",
        "threshold:-0.1:20",
    ]
    .map(|name| Activation::parse(name).unwrap());
    let activations = ALL.into_iter().chain(more);
    let both = activations.flat_map(|a| [Function::Value(a), Function::Derivative(a)]);
    both.chain([Function::Exp]).collect()
}

/// 2^exponent, or a multiple, exactly.
fn scaled(significand: i64, exponent: i32) -> Float {
    Float::with_val(64, significand) << exponent
}

/// The zero of a function's enclosure between two numbers, by bisection to 240 bits.
fn zero_of(function: &Function, low: f64, high: f64) -> Float {
    let (mut low, mut high) = (Float::with_val(240, low), Float::with_val(240, high));
    let sign = |x: &Float| enclose(function, x, 60).unwrap().is_sign_negative();
    let at_low = sign(&low);
    for _ in 0..230 {
        let middle = Float::with_val(240, &low + &high) >> 1;
        if sign(&middle) == at_low { low = middle } else { high = middle }
    }
    low
}

/// Log-spaced arguments of both signs, tiny and huge ones, and the neighbourhoods of the zeros of
/// silu' and gelu' at several lengths.
fn arguments() -> Vec<Float> {
    let mut all = vec![Float::with_val(53, 0.0), Float::with_val(53, -0.0)];
    let magnitudes = (-40..=24).flat_map(|e| [5, 7].map(|m| scaled(m, e - 3))).chain([
        scaled(1, -1000),
        scaled(-3, -1000).abs(),
        scaled(1, -100_000),
        Float::with_val(53, 1e300),
        Float::with_val(53, 88.72283905206835),
        Float::with_val(53, 745.5),
        Float::with_val(200, Float::parse("3.14159265358979323846264338327950288419716939937510").unwrap()),
    ]);
    for magnitude in magnitudes {
        all.push(Float::with_val(magnitude.prec(), -&magnitude));
        all.push(magnitude);
    }
    for zero in [
        zero_of(&Function::Derivative(Activation::Silu), -1.5, -1.0),
        zero_of(&Function::Derivative(Activation::Gelu), -1.0, -0.5),
        zero_of(&Function::Derivative(Activation::GeluTanh), -1.0, -0.5),
        zero_of(&Function::Derivative(Activation::Mish), -1.5, -1.0),
    ] {
        all.extend([2, 8, 11, 24, 53, 100, 180, 230].map(|bits| Float::with_val(bits, &zero)));
    }
    // Joints, and multiples of 3 and 5, where x/3 and 3x/5 are binary.
    for x in [-3.0, 3.0, 6.0, 0.5, -0.5, 1.0, -1.0, 0.1, -0.1, 2.3, 1.7, 15.0, 15e-9] {
        all.extend([x, x * (1.0 + 1e-9), x * (1.0 - 1e-9)].map(|x| Float::with_val(53, x)));
    }
    all.push(scaled(15, -1000));
    all.push(scaled(-15, -1000));
    all
}

/// |v − truth| ≤ 2^(1−precision)·|v|, with `truth` known to 2^-truth_bits.
fn assert_within(what: &str, v: &Float, truth: &Float, precision: u32, truth_bits: u32) {
    let wide = v.prec().max(truth.prec()) + 64;
    let error = Float::with_val(wide, v - truth).abs();
    let magnitude = Float::with_val(wide, v.abs_ref());
    let bound = Float::with_val(wide, &magnitude >> (precision - 1));
    let allowance = Float::with_val(wide, truth.abs_ref()) >> truth_bits;
    assert!(error <= Float::with_val(wide, &bound + &allowance), "{what}: {v:e} is not {truth:e} to {precision} bits");
}

#[test]
fn enclosures_keep_their_bound_against_four_times_the_precision() {
    for function in every_function() {
        for x in arguments() {
            for precision in [2, 8, 24, 53, 200] {
                let what = format!("{function:?} at {x:e}");
                match (enclose(&function, &x, precision), enclose(&function, &x, 4 * precision + 64)) {
                    (Ok(v), Ok(truth)) => {
                        assert!(v.is_finite(), "{what}");
                        assert_eq!(v.is_zero(), truth.is_zero(), "{what}");
                        assert_within(&what, &v, &truth, precision, 4 * precision + 62);
                    }
                    (a, b) => assert_eq!(a, b, "{what}"),
                }
            }
        }
    }
}

/// The blackboard's formulas, at a precision where their cancellation does not matter.
#[test]
fn enclosures_agree_with_the_textbook_formulas_at_1600_bits() {
    let mut compared = 0;
    for function in every_function() {
        for x in arguments() {
            if x.is_zero() || x.get_exp().is_some_and(|e| !(-1001..=5).contains(&e)) {
                continue;
            }
            let textbook = |activation| Reference { bits: 1600 }.activation(activation, &x);
            let truth = match function {
                Function::Value(activation) => textbook(activation).0,
                Function::Derivative(activation) => textbook(activation).1,
                Function::Exp => Float::with_val(1600, x.exp_ref()),
                Function::SquareRoot => Float::with_val(1600, x.sqrt_ref()),
            };
            let v = enclose(&function, &x, 100).unwrap();
            assert_within(&format!("{function:?} at {x:e}"), &v, &truth, 100, 150);
            compared += 1;
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn out_of_range_is_said_and_never_a_zero_or_an_infinity() {
    use Activation::*;
    let huge = scaled(1, 40);
    let minus_huge = scaled(-1, 40);
    let least = scaled(1, -(1 << 30) + 1);
    let below = |negative| Err(OutOfRange::Underflow { negative });
    let above = |negative| Err(OutOfRange::Overflow { negative });
    let value = |a, x: &Float| enclose(&Function::Value(a), x, 53);
    let derivative = |a, x: &Float| enclose(&Function::Derivative(a), x, 53);
    assert_eq!(enclose(&Function::Exp, &huge, 53), above(false));
    assert_eq!(enclose(&Function::Exp, &minus_huge, 53), below(false));
    for x in [&huge, &minus_huge] {
        assert_eq!(derivative(Tanh, x), below(false));
        assert_eq!(derivative(Sigmoid, x), below(false));
    }
    for a in [Silu, Gelu] {
        assert_eq!(value(a, &minus_huge), below(true));
        assert_eq!(derivative(a, &minus_huge), below(true));
        assert_eq!(derivative(a, &huge).unwrap(), 1);
        assert_eq!(value(a, &huge).unwrap(), huge);
    }
    assert_eq!(value(Sigmoid, &minus_huge), below(false));
    assert_eq!(value(Softplus { beta: 1.0 }, &minus_huge), below(false));
    assert_eq!(value(ReluSquared, &scaled(1, 1 << 29)), above(false));
    assert_eq!(value(ReluSquared, &scaled(1, -(1 << 29))), below(false));
    assert_eq!(value(Tanhshrink, &scaled(-1, -(1 << 28))), below(true));
    assert_eq!(derivative(Softsign, &scaled(1, 1 << 29)), below(false));
    assert_eq!(derivative(Softplus { beta: 1.0 }, &minus_huge), below(false));
    assert_eq!(derivative(Elu { alpha: 2.0 }, &minus_huge), below(false));
    assert_eq!(derivative(Selu, &minus_huge), below(false));
    assert_eq!(value(Leaky { slope: 0.25 }, &Float::with_val(53, -&least)), below(true));
    assert_eq!(value(Tanh, &least), below(false));
    assert_eq!(value(Selu, &scaled(1, (1 << 30) - 2)), above(false));
    assert_eq!(value(Sigmoid, &Float::with_val(53, 1e300)).unwrap(), 1);

    // Every exponent of MPFR: a refusal, or a number that is not zero where f is not.
    for function in every_function() {
        for exponent in (0..30).flat_map(|k| [1 << k, -(1 << k)]) {
            for significand in [3, -3] {
                let x = scaled(significand, exponent - 2);
                if let Ok(enclosure) = enclosure(&function, &x, 40) {
                    let v = enclosure.value;
                    assert!(v.is_finite() && (!v.is_zero() || enclosure.exact), "{function:?} at {x:e}: {v}");
                }
                let rounded = round_function(&function, &x, &Format::parse("f32").unwrap());
                assert!(!rounded.is_nan(), "{function:?} at {x:e}");
            }
        }
    }
}

/// Members, near members and arbitrary doubles, mostly where the functions are not constant.
fn random_arguments(format: &Format, count: usize, random: &mut Random) -> Vec<f64> {
    let mut all = vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MIN_POSITIVE, -5e-324, f64::MAX];
    for i in 0..count {
        let bits = random.bits();
        let any = f64::from_bits(bits);
        // An exponent from −30 to 9 and a random significand.
        let ordinary = f64::from_bits(bits & !(0x7ff << 52) | (1023 - 30 + (random.bits() % 40)) << 52);
        all.push(match i % 4 {
            0 => any,
            1 => ordinary,
            2 => format.round_f64(ordinary),
            _ => format.decode(bits & (u64::MAX >> (64 - format.code_bits()))),
        });
    }
    all
}

#[test]
fn doubles_and_mpfr_round_alike_in_every_format() {
    let mut random = Random(1);
    for name in ["f16", "bf16", "e5m2", "e4m3fn", "tf32", "f32", "f64", "e3m3"] {
        let format = Format::parse(name).unwrap();
        for function in every_function() {
            for x in random_arguments(&format, exhaustive(800, 6000), &mut random) {
                let fast = round_function_f64(&function, x, &format);
                let exact = canonical(round_function(&function, &Float::with_val(53, x), &format).to_f64());
                assert_eq!(fast.to_bits(), exact.to_bits(), "{function:?} in {name} at {x:e}: {fast:e}, {exact:e}");
            }
        }
    }
}

#[test]
fn binary64_agrees_with_core_math() {
    let mut random = Random(2);
    for x in random_arguments(&F64, 20_000, &mut random) {
        let rounded = |function| canonical(round_function(&function, &Float::with_val(53, x), &F64).to_f64()).to_bits();
        assert_eq!(rounded(Function::Exp), canonical(core_math::exp(x)).to_bits(), "exp at {x:e}");
        let tanh = Function::Value(Activation::Tanh);
        assert_eq!(rounded(tanh), canonical(core_math::tanh(x)).to_bits(), "tanh at {x:e}");
        let elu = Function::Value(Activation::Elu { alpha: 1.0 });
        if x <= 0.0 {
            assert_eq!(rounded(elu), canonical(core_math::expm1(x)).to_bits(), "elu at {x:e}");
        }
    }
}

#[test]
fn ties_at_tiny_and_huge_arguments_are_decided_by_their_side() {
    // Every argument has one bit more than the format: it, its half and its negative are ties.
    for name in ["e8m3", "mpfr:2", "e5m2"] {
        let format = Format::parse(name).unwrap();
        for function in every_function() {
            for exponent in -70..=4 {
                for units in (1 << format.precision)..(2 << format.precision) {
                    for significand in [units, -units] {
                        let x = scaled(significand, exponent - format.precision as i32);
                        let rounded = round_function(&function, &x, &format);
                        // Below |x| = 32 every tail and second term is above 2^-800, but gelu_tanh's, e^(−0.07x³),
                        // only below 16, and those of steepness β only below 32/β.
                        let steep = match function {
                            Function::Value(a) | Function::Derivative(a) => match a {
                                Activation::GeluTanh => 1,
                                Activation::Softplus { beta } | Activation::Swish { beta } => (beta / 1.5) as i32,
                                Activation::Celu { .. } => 2,
                                _ => 0,
                            },
                            Function::Exp | Function::SquareRoot => 0,
                        };
                        if exponent > 4 - steep {
                            continue;
                        }
                        let direct = match enclose(&function, &x, 850) {
                            Ok(v) => format.round(&v),
                            Err(out_of_range) => panic!("{function:?} at {x:e}: {out_of_range}"),
                        };
                        let same = canonical(rounded.to_f64()).to_bits() == canonical(direct.to_f64()).to_bits();
                        assert!(same, "{function:?} in {name} at {x:e}: {rounded:e} is not {direct:e}");
                    }
                }
            }
        }
    }
    // 5·2^e is a tie of two significand bits, between 4·2^e and 6·2^e.
    let two_bits = Format::mpfr(2);
    let tiny = scaled(5, -1_000_000);
    let at_tiny = |a| round_function(&Function::Value(a), &tiny, &two_bits);
    assert_eq!(at_tiny(Activation::Tanh), scaled(4, -1_000_000));
    assert_eq!(at_tiny(Activation::Silu), scaled(3, -1_000_000));
    assert_eq!(at_tiny(Activation::Gelu), scaled(3, -1_000_000));
    let huge = scaled(5, 1_000_000);
    let at_huge = |a| round_function(&Function::Value(a), &huge, &two_bits);
    assert_eq!(at_huge(Activation::Softplus { beta: 1.0 }), scaled(6, 1_000_000));
    assert_eq!(at_huge(Activation::Silu), scaled(4, 1_000_000));
    // λ·5^31 is an integer over 2^31: an exact result, and at its own length not even rounded.
    let five_to_31 = Float::with_val(72, 5f64).pow(31u32);
    let product = enclosure(&Function::Value(Activation::Selu), &five_to_31, 20).unwrap();
    assert!(product.exact);
    let expected = Float::with_val(200, Float::parse("10507009873554804934193349852946").unwrap()) >> 31;
    assert_eq!(product.value, expected);
}

#[test]
fn limits_are_what_huge_arguments_give() {
    let f16 = Format::parse("f16").unwrap();
    for function in every_function() {
        for sign in [1.0, -1.0] {
            let limit = round_function_f64(&function, sign * f64::INFINITY, &f16);
            let huge = round_function_f64(&function, sign * 1e300, &f16);
            assert_eq!(limit.to_bits(), huge.to_bits(), "{function:?} at {sign}·∞");
        }
    }
    // The largest finite results of e4m3fn overflow to NaN, a tiny negative one rounds to −0.
    let e4m3fn = Format::parse("e4m3fn").unwrap();
    assert!(round_function_f64(&Function::Exp, 7.0, &e4m3fn).is_nan());
    assert_eq!(round_function_f64(&Function::Value(Activation::Silu), -40.0, &f16).to_bits(), (-0f64).to_bits());
}
