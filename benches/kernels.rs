//! Nanoseconds per multiply-add of every kernel, and its ratio to the f64 kernel in the same run.
//!
//! `cargo bench` measures in interleaved rounds, one call of every kernel after the other, and takes medians:
//! on a machine that others use too only ratios within one run hold. One thread. Peers are the loops that one
//! would write first: ndarray's product, the `half` crate, MPFR, GMP.

use half::f16;
use ndarray::{Array2, ArrayView2};
use precision_probe::arithmetic::kernels::limbs::{Limbs, limb_bits, short_products};
use precision_probe::arithmetic::kernels::{Matrix, Operand, Path, Products, exact};
use precision_probe::arithmetic::stochastic::Stochastic;
use precision_probe::arithmetic::{Arithmetic, ArithmeticName, Side};
use precision_probe::format::Format;
use precision_probe::network::draw::Stream;
use rug::{Assign, Float, Integer};
use std::hint::black_box;
use std::time::Instant;

/// Rounds of which the median is taken.
const ROUNDS: usize = 9;
/// Calls are repeated until a round takes so long, in seconds.
const LEAST: f64 = 2e-3;
/// Bits of long numbers.
const BITS: u32 = 208;

/// (m, k, n): a layer of the default job, two larger ones, and one sample.
const SHAPES: [(&str, (usize, usize, usize)); 3] =
    [("S 128 × 128 × 32", (128, 128, 32)), ("M 256 × 256 × 64", (256, 256, 64)), ("V 64 × 64 × 1", (64, 64, 1))];

/// One kernel: its name, what it should cost at most as a ratio to f64, and the work.
struct Kernel<'a> {
    name: String,
    target: Option<f64>,
    work: Box<dyn FnMut() + 'a>,
}

fn matrix(stream: &mut Stream, shape: (usize, usize)) -> Array2<f64> {
    let format = Format::parse("f16").expect("a named format");
    Array2::from_shape_simple_fn(shape, || format.round_f64(stream.normal()))
}

fn copied(from: &[f64], to: &mut [f64]) {
    to.copy_from_slice(from);
}

fn singles(from: &[f64], to: &mut [f32]) {
    to.iter_mut().zip(from).for_each(|(to, x)| *to = *x as f32);
}

/// A product of members of a format in an accumulator, fused or not, its operands ready.
fn product<'a>(
    name: String,
    target: Option<f64>,
    path: Path,
    (member, accumulator, is_fused): (&str, &str, bool),
    (left, right): (&Array2<f64>, &Array2<f64>),
) -> Kernel<'a> {
    let format = |name| Format::parse(name).expect("a named format");
    let products = Products::new(&format(member), &format(accumulator), is_fused);
    let members = |x: &Array2<f64>| x.map(|&x| format(member).round_f64(x));
    let ready = |x: ArrayView2<f64>, side| -> Operand { products.prepare(x, side, singles, copied) };
    let (left, right) = (ready(members(left).view(), Side::Left), ready(members(right).view(), Side::Right));
    Kernel { name, target, work: Box::new(move || drop(black_box(products.product_on(path, &left, &right, None)))) }
}

/// A product whose every operation is rounded stochastically.
fn stochastic<'a>(
    name: String,
    target: Option<f64>,
    arithmetic: &str,
    (left, right): (&Array2<f64>, &Array2<f64>),
) -> Kernel<'a> {
    let arithmetic = ArithmeticName::parse(arithmetic).expect("an arithmetic");
    let arithmetic = Stochastic::new(arithmetic, 0).expect("double lanes carry it");
    let ready = |x, side| arithmetic.prepare(arithmetic.round_doubles(0, x).view(), side);
    let (left, right) = (ready(left, Side::Left), ready(right, Side::Right));
    Kernel { name, target, work: Box::new(move || drop(black_box(arithmetic.product(0, &left, &right, None)))) }
}

/// Seconds of one call: as many as a round needs.
fn seconds(work: &mut dyn FnMut()) -> f64 {
    let mut calls = 1u32;
    loop {
        let start = Instant::now();
        (0..calls).for_each(|_| work());
        let elapsed = start.elapsed().as_secs_f64();
        if elapsed >= LEAST {
            return elapsed / f64::from(calls);
        }
        calls *= 4;
    }
}

fn half_loop(left: &[f16], right: &[f16], (m, k, n): (usize, usize, usize)) -> Vec<f16> {
    let mut result = vec![f16::ZERO; m * n];
    for i in 0..m {
        for j in 0..n {
            let mut sum = left[i * k] * right[j];
            (1..k).for_each(|x| sum += left[i * k + x] * right[x * n + j]);
            result[i * n + j] = sum;
        }
    }
    result
}

fn mpfr_loop(left: &[Float], right: &[Float], (m, k, n): (usize, usize, usize)) -> Vec<Float> {
    let mut product = Float::new(BITS);
    let mut entry = |i: usize, j: usize| {
        let mut sum = Float::new(BITS);
        for x in 0..k {
            product.assign(&left[i * k + x] * &right[x * n + j]);
            sum += &product;
        }
        sum
    };
    (0..m).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect()
}

fn main() {
    println!("one thread, medians of {ROUNDS} interleaved rounds; best path here: {}", Path::current().name());
    for (name, shape) in SHAPES {
        let (m, k, n) = shape;
        let mut stream = Stream::new(0, 0, "bench");
        let (left, right) = (matrix(&mut stream, (m, k)), matrix(&mut stream, (k, n)));
        let halves = |x: &Array2<f64>| x.iter().map(|&x| f16::from_f64(x)).collect::<Vec<f16>>();
        let (left_halves, right_halves) = (halves(&left), halves(&right));
        let long = |x: &Array2<f64>| x.iter().map(|&x| Float::with_val(BITS, x) / 3u32).collect::<Vec<Float>>();
        let (left_long, right_long) = (long(&left), long(&right));
        // The truth's product: weights of a word, columns of long integers, one sample after the other.
        let weights: Vec<i32> = left.iter().map(|x| (x * 16_777_216.0) as i32).collect();
        let bits = limb_bits(32, k).expect("a word has room");
        let integer = |x: &Float| Float::with_val(BITS, x << 180u32).to_integer().unwrap_or_default();
        let columns: Vec<Vec<Integer>> =
            (0..n).map(|j| (0..k).map(|x| integer(&right_long[x * n + j])).collect()).collect();
        let best = Path::current();
        let mut kernels: Vec<Kernel> = Vec::new();
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            let name = format!("f64 on {}", path.name());
            kernels.push(product(name, None, path, ("f64", "f64", false), (&left, &right)));
        }
        for (name, formats, target) in [
            ("f32", ("f32", "f32", false), 0.5),
            ("f16, every operation rounded", ("f16", "f16", false), 3.0),
            ("bf16, every operation rounded", ("bf16", "bf16", false), 3.0),
            ("e4m3fn, every operation rounded", ("e4m3fn", "e4m3fn", false), 4.0),
            ("tf32, every operation rounded", ("tf32", "tf32", false), 6.0),
            ("f16, f32 accumulator", ("f16", "f32", false), 0.5),
            ("f64, fused", ("f64", "f64", true), 1.0),
            ("f32, fused", ("f32", "f32", true), 0.5),
            ("f16, fused, every operation rounded", ("f16", "f16", true), 4.0),
            ("bf16, fused, every operation rounded", ("bf16", "bf16", true), 6.0),
        ] {
            kernels.push(product(name.into(), Some(target), best, formats, (&left, &right)));
        }
        for format in ["f16", "bf16", "tf32", "e4m3fn", "f32"] {
            let arithmetic = format!("{format}:round=stochastic");
            kernels.push(stochastic(arithmetic.clone(), Some(6.0), &arithmetic, (&left, &right)));
        }
        let doubles = |x: &Array2<f64>| Matrix::by_rows(x.view(), copied);
        let (left_doubles, right_doubles) = (doubles(&left), doubles(&right));
        kernels.push(Kernel {
            name: "exact sums".into(),
            target: None,
            work: Box::new(move || drop(black_box(exact::product(&left_doubles, &right_doubles, None)))),
        });
        kernels.push(Kernel {
            name: format!("truth, {BITS} bits, weights of a word"),
            target: Some(8.0),
            work: Box::new(|| {
                for column in &columns {
                    black_box(short_products(&weights, &Limbs::new(column, bits), k));
                }
            }),
        });
        kernels.push(Kernel {
            name: "peer: GMP, the same integers".into(),
            target: None,
            work: Box::new(|| {
                for column in &columns {
                    for row in weights.chunks_exact(k) {
                        let mut sum = Integer::new();
                        row.iter().zip(column).for_each(|(&w, a)| sum += a * w);
                        black_box(sum);
                    }
                }
            }),
        });
        kernels.push(Kernel {
            name: format!("peer: MPFR, {BITS} bits"),
            target: None,
            work: Box::new(|| drop(black_box(mpfr_loop(&left_long, &right_long, shape)))),
        });
        kernels.push(Kernel {
            name: "peer: half, f16".into(),
            target: None,
            work: Box::new(|| drop(black_box(half_loop(&left_halves, &right_halves, shape)))),
        });
        kernels.push(Kernel {
            name: "peer: ndarray (matrixmultiply), f64".into(),
            target: None,
            work: Box::new(|| drop(black_box(left.dot(&right)))),
        });
        report(name, (m * k * n) as f64, &mut kernels);
    }
}

/// Measures in interleaved rounds and prints one table.
fn report(shape: &str, operations: f64, kernels: &mut [Kernel]) {
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(ROUNDS); kernels.len()];
    for _ in 0..ROUNDS {
        kernels.iter_mut().zip(&mut times).for_each(|(kernel, times)| times.push(seconds(&mut *kernel.work)));
    }
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort_by(f64::total_cmp);
            1e9 * times[ROUNDS / 2] / operations
        })
        .collect();
    let reference = kernels.iter().zip(&medians).filter(|(kernel, _)| kernel.name.starts_with("f64")).map(|(_, x)| *x);
    let reference = reference.fold(f64::INFINITY, f64::min);
    println!("\n{shape}\n{:<42} {:>10} {:>8}  target", "kernel", "ns/MAC", "x f64");
    for (Kernel { name, target, .. }, time) in kernels.iter().zip(&medians) {
        let ratio = time / reference;
        let verdict = match target {
            None => String::new(),
            Some(target) if ratio <= *target => format!("≤ {target}: met"),
            Some(target) => format!("≤ {target}: missed by {:.1} times", ratio / target),
        };
        println!("{name:<42} {time:>10.4} {ratio:>8.2}  {verdict}");
    }
}
