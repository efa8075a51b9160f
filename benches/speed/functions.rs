//! Nanoseconds per element of φ and φ' together: the quick phase beside MPFR, in the same run.
//!
//! One thread.

use super::harness::{Row, Table, Target};
use precision_probe::activation::quick::{self, Number};
use precision_probe::activation::{Activation, Function, enclosure, round_function, round_function_f64};
use precision_probe::draw::Stream;
use precision_probe::format::F64;
use rug::Float;
use rug::integer::Order;
use std::hint::black_box;

/// Arguments of one call.
const COUNT: usize = 1024;
/// Nanoseconds that one function should cost per element at the truth's usual precision; a pair is two.
const TARGET: f64 = 150.0;
/// 208 bits and the truth's guard.
const USUAL: u32 = 216;
/// The same of one binary64 value.
const BINARY64_TARGET: f64 = 300.0;

/// A value's leading word: enough to keep the work.
struct Leading(u64);

impl From<Number<'_>> for Leading {
    fn from(number: Number<'_>) -> Leading {
        Leading(number.words.last().copied().unwrap_or(0))
    }
}

/// Measures and prints.
pub fn run() {
    let mut stream = Stream::new(0, 0, "bench");
    let doubles: Vec<f64> = (0..COUNT).map(|_| stream.normal()).collect();
    println!("\nfunctions, one thread; a pair is a function and its derivative");
    for precision in [160, USUAL, 264, 520] {
        let arguments: Vec<Float> = doubles.iter().map(|&x| Float::with_val(precision, x) / 3u32 * 3.5f64).collect();
        let words: Vec<(bool, Vec<u64>, i64)> = arguments
            .iter()
            .map(|x| {
                let (integer, exponent) = x.to_integer_exp().expect("finite");
                (integer.is_negative(), integer.to_digits(Order::Lsf), i64::from(exponent))
            })
            .collect();
        let numbers = || {
            words.iter().map(|(negative, words, exponent)| Number { negative: *negative, words, exponent: *exponent })
        };
        let mut rows: Vec<Row> = Vec::new();
        let target = |limit: f64| if precision == USUAL { Target::Time(limit) } else { Target::None };
        rows.push(Row::new("exp", target(TARGET), || {
            for x in numbers() {
                black_box(quick::single::<Leading>(&Function::Exp, x, precision).map(|leading| leading.0));
            }
        }));
        rows.push(Row::peer("MPFR", || {
            for x in &arguments {
                black_box(enclosure(&Function::Exp, x, precision)).ok();
            }
        }));
        for name in ["tanh", "sigmoid", "silu", "softplus", "selu", "mish", "gelu_tanh", "gelu"] {
            let activation = Activation::parse(name).expect("a name of the catalogue");
            rows.push(Row::new(format!("{name}, pair"), target(2.0 * TARGET), move || {
                for x in numbers() {
                    let (value, derivative) = quick::pair::<Leading>(activation, x, precision);
                    black_box((value.map(|x| x.0), derivative.map(|x| x.0)));
                }
            }));
            let arguments = &arguments;
            rows.push(Row::peer("MPFR", move || {
                for x in arguments {
                    black_box(enclosure(&Function::Value(activation), x, precision)).ok();
                    black_box(enclosure(&Function::Derivative(activation), x, precision)).ok();
                }
            }));
        }
        report(&format!("truth, {precision} bits"), (precision == USUAL).then_some("element"), &mut rows);
    }
    let doubles = &doubles;
    let floats: Vec<Float> = doubles.iter().map(|&x| Float::with_val(53, x)).collect();
    let mut rows: Vec<Row> = Vec::new();
    for name in ["tanh", "sigmoid", "silu", "softplus", "selu", "mish", "gelu_tanh", "hardswish", "gelu"] {
        let function = Function::Value(Activation::parse(name).expect("a name of the catalogue"));
        rows.push(Row::new(name, Target::Time(BINARY64_TARGET), move || {
            for &x in doubles {
                black_box(round_function_f64(&function, x, &F64));
            }
        }));
        let floats = &floats;
        rows.push(Row::peer("MPFR", move || {
            for x in floats {
                black_box(round_function(&function, x, &F64));
            }
        }));
    }
    report("binary64, correctly rounded", None, &mut rows);
}

/// One table.
fn report(title: &str, shape: Option<&str>, rows: &mut [Row]) {
    let table = Table { title, unit: "ns each", scale: 1e-9 * COUNT as f64, least: 0.0, shape };
    table.run(rows, "exp");
}
