//! Nanoseconds per multiply-add of every kernel, and its ratio to the f64 kernel in the same run.
//!
//! One thread. Peers are the loops that one would write first: ndarray's product, the `half` crate, MPFR, GMP.

use super::harness::{Row, Table, Target};
use half::f16;
use ndarray::{Array2, ArrayView2};
use precision_probe::arithmetic::doubles::Doubles;
use precision_probe::arithmetic::kernels::limbs::{self, Cut, Left, Right};
use precision_probe::arithmetic::kernels::{Matrix, Operand, Path, Products, exact};
use precision_probe::arithmetic::{Arithmetic, ArithmeticName, Content, Side, Step};
use precision_probe::draw::Stream;
use precision_probe::format::Format;
use precision_probe::integers::Integers;
use rug::{Assign, Float, Integer};
use std::hint::black_box;

/// Calls are repeated until a round takes so long, in seconds.
const LEAST: f64 = 2e-3;
/// Bits of long numbers.
const BITS: u32 = 208;

/// (m, k, n): a layer of the default job, two larger ones, and one sample.
const SHAPES: [(&str, (usize, usize, usize)); 3] =
    [("S 128 × 128 × 32", (128, 128, 32)), ("M 256 × 256 × 64", (256, 256, 64)), ("V 64 × 64 × 1", (64, 64, 1))];

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
    target: Target,
    path: Path,
    (member, accumulator, is_fused): (&str, &str, bool),
    (left, right): (&Array2<f64>, &Array2<f64>),
) -> Row<'a> {
    let format = |name| Format::parse(name).expect("a named format");
    let products = Products::new(&format(member), &format(accumulator), is_fused);
    let members = |x: &Array2<f64>| x.map(|&x| format(member).round_f64(x));
    let ready = |x: ArrayView2<f64>, side| -> Operand { products.prepare(x, side, singles, copied) };
    let (left, right) = (ready(members(left).view(), Side::Left), ready(members(right).view(), Side::Right));
    Row::new(name, target, move || drop(black_box(products.product_on(path, &left, &right, None))))
}

/// A product whose every operation is rounded stochastically.
fn stochastic<'a>(arithmetic: &str, (left, right): (&Array2<f64>, &Array2<f64>)) -> Row<'a> {
    let name = ArithmeticName::parse(arithmetic).expect("an arithmetic");
    let rounded = Doubles::new(name, 0).expect("double lanes carry it");
    let ready = |x, side| rounded.prepare(rounded.round_doubles(Step::alone(0), x).view(), side, Content::Activation);
    let (left, right) = (ready(left, Side::Left), ready(right, Side::Right));
    Row::new(arithmetic, Target::Ratio(6.0), move || {
        drop(black_box(rounded.product(Step::alone(0), &left, &right, None)))
    })
}

/// A product in doubles, in any direction, order and limit.
fn in_doubles<'a>(arithmetic: &str, (left, right): (&Array2<f64>, &Array2<f64>)) -> Row<'a> {
    let name = ArithmeticName::parse(arithmetic).expect("an arithmetic");
    let doubles = Doubles::new(name, 0).expect("doubles carry it");
    let ready = |x, side| doubles.prepare(doubles.round_doubles(Step::alone(0), x).view(), side, Content::Activation);
    let (left, right) = (ready(left, Side::Left), ready(right, Side::Right));
    Row::new(arithmetic, Target::None, move || drop(black_box(doubles.product(Step::alone(0), &left, &right, None))))
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

/// Long integers of a matrix that does not fit doubles.
fn long_integers(numbers: &[Float]) -> Integers {
    let integer = |x: &Float| Float::with_val(BITS, x << 180u32).to_integer().unwrap_or_default();
    Integers::from_rug(&numbers.iter().map(integer).collect::<Vec<Integer>>())
}

/// The truth's product, packing of what is not packed once for all included.
fn truth<'a>(
    left: &'a Integers,
    right: &'a Integers,
    shape: (usize, usize, usize),
    is_short: bool,
) -> impl FnMut() + 'a {
    let (m, k, n) = shape;
    let (left_bits, right_bits) = (left.longest(), right.longest());
    let cut = if is_short { Cut::left_of(left_bits, k, 1) } else { Cut::even(left_bits, right_bits, k) };
    let cut = cut.expect("the numbers have room");
    let pack =
        move || Left::new((m, k), left_bits, cut, |i, x| (left.magnitude(i * k + x), left.is_negative(i * k + x)));
    // Weights are packed once; a long left factor belongs to one product.
    let packed = is_short.then(pack);
    move || {
        let entry = |x: usize, j: usize| (right.magnitude(x * n + j), right.is_negative(x * n + j));
        let right = Right::new((k, n), right_bits, cut, entry);
        match &packed {
            Some(left) => drop(black_box(limbs::product(left, &right))),
            None => drop(black_box(limbs::product(&pack(), &right))),
        }
    }
}

/// Measures and prints.
pub fn run() {
    println!("\nkernels, one thread; best path here: {}", Path::current().name());
    for (name, shape) in SHAPES {
        let (m, k, n) = shape;
        let mut stream = Stream::new(0, 0, "bench");
        let (left, right) = (matrix(&mut stream, (m, k)), matrix(&mut stream, (k, n)));
        let halves = |x: &Array2<f64>| x.iter().map(|&x| f16::from_f64(x)).collect::<Vec<f16>>();
        let (left_halves, right_halves) = (halves(&left), halves(&right));
        let long = |x: &Array2<f64>| x.iter().map(|&x| Float::with_val(BITS, x) / 3u32).collect::<Vec<Float>>();
        let (left_long, right_long) = (long(&left), long(&right));
        let words: Vec<Integer> = left.iter().map(|x| Integer::from((x * 16_777_216.0) as i64)).collect();
        let short = Integers::from_rug(&words);
        let (left_integers, right_integers) = (long_integers(&left_long), long_integers(&right_long));
        let gmp: Vec<Integer> = (0..right_integers.len()).map(|i| right_integers.to_rug(i)).collect();
        let best = Path::current();
        let mut rows: Vec<Row> = Vec::new();
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            let name = format!("f64 on {}", path.name());
            rows.push(product(name, Target::None, path, ("f64", "f64", false), (&left, &right)));
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
            rows.push(product(name.into(), Target::Ratio(target), best, formats, (&left, &right)));
        }
        for format in ["f16", "bf16", "tf32", "e4m3fn", "f32"] {
            rows.push(stochastic(&format!("{format}:round=stochastic"), (&left, &right)));
        }
        for arithmetic in [
            "f16:round=zero",
            "f16:round=odd",
            "f16:sum=pairwise",
            "f16:sum=kahan",
            "f16:sum=block=32",
            "f16:ftz:daz",
            "bf16:acc=f32:operands=mxfp8",
            "f16:acc=f32:sum=h100",
            "bf16:acc=f32:sum=h100:operands=e4m3fn",
        ] {
            rows.push(in_doubles(arithmetic, (&left, &right)));
        }
        let doubles = |x: &Array2<f64>| Matrix::by_rows(x.view(), copied);
        let (left_doubles, right_doubles) = (doubles(&left), doubles(&right));
        rows.push(Row::new("exact sums", Target::None, move || {
            drop(black_box(exact::product(&left_doubles, &right_doubles, None)));
        }));
        let name_of = |what: &str| format!("truth, {BITS} bits, {what}");
        let work = truth(&short, &right_integers, shape, true);
        rows.push(Row::new(name_of("weights of a word"), Target::Ratio(8.0), work));
        let work = truth(&left_integers, &right_integers, shape, false);
        rows.push(Row::new(name_of("all operands long"), Target::Ratio(18.0), work));
        rows.push(Row::peer("GMP, weights of a word", || {
            for row in words.chunks_exact(k) {
                for j in 0..n {
                    let mut sum = Integer::new();
                    row.iter().enumerate().for_each(|(x, w)| sum += w * &gmp[x * n + j]);
                    black_box(sum);
                }
            }
        }));
        rows.push(Row::peer(format!("MPFR, {BITS} bits"), || {
            drop(black_box(mpfr_loop(&left_long, &right_long, shape)))
        }));
        rows.push(Row::peer("half, f16", || drop(black_box(half_loop(&left_halves, &right_halves, shape)))));
        rows.push(Row::peer("ndarray (matrixmultiply), f64", || drop(black_box(left.dot(&right)))));
        let scale = 1e-9 * (m * k * n) as f64;
        let table = Table { title: name, unit: "ns/MAC", scale, least: LEAST, shape: name.split(' ').next() };
        table.run(&mut rows, "f64 on");
    }
}
