//! Nanoseconds per element of φ and φ' together: the quick phase beside MPFR, in the same run.
//!
//! As the kernels' bench: interleaved rounds, medians, one thread.

use precision_probe::activation::quick::{self, Number};
use precision_probe::activation::{Activation, Function, enclosure, round_function, round_function_f64};
use precision_probe::format::F64;
use precision_probe::network::draw::Stream;
use rug::Float;
use rug::integer::Order;
use std::hint::black_box;
use std::time::Instant;

/// Rounds of which the median is taken.
const ROUNDS: usize = 9;
/// Arguments of one call.
const COUNT: usize = 1024;
/// Nanoseconds that one function should cost per element at the truth's usual precision; a pair is two.
const TARGET: f64 = 150.0;
/// 208 bits and the truth's guard.
const USUAL: u32 = 216;
/// The same of one binary64 value.
const BINARY64_TARGET: f64 = 300.0;

/// One way of doing a job: its name, its target, the work on [`COUNT`] elements.
struct Row<'a> {
    name: String,
    target: Option<f64>,
    work: Box<dyn FnMut() + 'a>,
}

/// A value's leading word: enough to keep the work.
struct Leading(u64);

impl From<Number<'_>> for Leading {
    fn from(number: Number<'_>) -> Leading {
        Leading(number.words.last().copied().unwrap_or(0))
    }
}

fn main() {
    let mut stream = Stream::new(0, 0, "bench");
    let doubles: Vec<f64> = (0..COUNT).map(|_| stream.normal()).collect();
    println!("one thread, medians of {ROUNDS} interleaved rounds; ns per element");
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
        rows.push(Row {
            name: "exp".into(),
            target: (precision == USUAL).then_some(TARGET),
            work: Box::new(|| {
                for x in numbers() {
                    black_box(quick::single::<Leading>(&Function::Exp, x, precision).map(|leading| leading.0));
                }
            }),
        });
        rows.push(Row {
            name: "  MPFR".into(),
            target: None,
            work: Box::new(|| {
                for x in &arguments {
                    black_box(enclosure(&Function::Exp, x, precision)).ok();
                }
            }),
        });
        for name in ["tanh", "sigmoid", "silu", "softplus", "selu", "mish", "gelu_tanh"] {
            let activation = Activation::parse(name).expect("a name of the catalogue");
            rows.push(Row {
                name: format!("{name} and its derivative"),
                target: (precision == USUAL).then_some(2.0 * TARGET),
                work: Box::new(move || {
                    for x in numbers() {
                        let (value, derivative) = quick::pair::<Leading>(activation, x, precision);
                        black_box((value.map(|x| x.0), derivative.map(|x| x.0)));
                    }
                }),
            });
            let arguments = &arguments;
            rows.push(Row {
                name: "  MPFR".into(),
                target: None,
                work: Box::new(move || {
                    for x in arguments {
                        black_box(enclosure(&Function::Value(activation), x, precision)).ok();
                        black_box(enclosure(&Function::Derivative(activation), x, precision)).ok();
                    }
                }),
            });
        }
        report(&format!("{precision} bits"), &mut rows);
    }
    let doubles = &doubles;
    let floats: Vec<Float> = doubles.iter().map(|&x| Float::with_val(53, x)).collect();
    let mut rows: Vec<Row> = Vec::new();
    for name in ["tanh", "sigmoid", "silu", "softplus", "selu", "mish", "gelu_tanh", "hardswish", "gelu"] {
        let function = Function::Value(Activation::parse(name).expect("a name of the catalogue"));
        rows.push(Row {
            name: name.into(),
            target: Some(BINARY64_TARGET),
            work: Box::new(move || {
                for &x in doubles {
                    black_box(round_function_f64(&function, x, &F64));
                }
            }),
        });
        let floats = &floats;
        rows.push(Row {
            name: "  MPFR".into(),
            target: None,
            work: Box::new(move || {
                for x in floats {
                    black_box(round_function(&function, x, &F64));
                }
            }),
        });
    }
    report("binary64, correctly rounded", &mut rows);
}

/// Measures in interleaved rounds and prints one table.
fn report(title: &str, rows: &mut [Row]) {
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(ROUNDS); rows.len()];
    for _ in 0..ROUNDS {
        for (row, times) in rows.iter_mut().zip(&mut times) {
            let start = Instant::now();
            (row.work)();
            times.push(1e9 * start.elapsed().as_secs_f64() / COUNT as f64);
        }
    }
    println!("\n{title}");
    for (Row { name, target, .. }, times) in rows.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let time = times[ROUNDS / 2];
        let verdict = match target {
            None => String::new(),
            Some(target) if time <= *target => format!("≤ {target}: met"),
            Some(target) => format!("≤ {target}: missed by {:.1} times", time / target),
        };
        println!("{name:<32} {time:>8.1}  {verdict}");
    }
}
