//! Faults of sums and products: contraction, a changed order, lost signs of zeros, flushed subnormal numbers.

use super::row;
use crate::arithmetic::doubles::Doubles;
use crate::arithmetic::kernels::Path;
use crate::arithmetic::{Arithmetic, ArithmeticName, Content, Side, Step};
use crate::format::{BF16, E4M3FN, F16, F32, F64, TF32, two_to};
use crate::selfcheck::rounding::paths;
use crate::selfcheck::tally::{Row, Tally, shown};
use ndarray::Array2;
use std::hint::black_box;

/// A product of matrices of members.
type Product<'p> = &'p dyn Fn(ArithmeticName, Path, &Array2<f64>, &Array2<f64>) -> Array2<f64>;

/// Faults of sums and products, on every path.
pub fn operations() -> Vec<Row> {
    let product: Product = &in_lanes;
    vec![
        row(
            contraction(product),
            "a·b + c contracted, or fma not fused",
            "-ffp-contract=fast",
            "all",
            "GCC's default -ffp-contract=fast fuses products and sums; without the instruction a fused one is easily two",
        ),
        row(
            order(product),
            "sums in a different order",
            "-fassociative-math, BLAS",
            "all",
            "vectorised and blocked sums add partial sums: 1 + u + … + u is 1 in index order and more in pairs",
        ),
        row(
            zeros(product),
            "−0 lost in a product or a sum",
            "sums that start at +0",
            "all",
            "+0 + −0 is +0: a sum that starts at +0 loses the sign of its first product",
        ),
        row(
            Tally::sum([gradual(&|x| x), subnormal_products(product)]),
            "flush-to-zero, denormals-are-zero",
            "-ffast-math: LLVM #57589",
            "all",
            "github.com/llvm/llvm-project/issues/57589: loading a library built with -ffast-math sets both for the process",
        ),
    ]
}

/// The program's own product.
fn in_lanes(name: ArithmeticName, path: Path, left: &Array2<f64>, right: &Array2<f64>) -> Array2<f64> {
    let lanes = Doubles::new(name, 0).expect("invariant: double lanes carry it").on(path);
    let (left, right) = (
        lanes.prepare(left.view(), Side::Left, Content::Parameter),
        lanes.prepare(right.view(), Side::Right, Content::Activation),
    );
    lanes.product(Step::alone(0), &left, &right, None)
}

/// One dot product in every lane: a row times a matrix of equal columns, and a matrix of equal rows times a column.
fn dot(tally: &mut Tally, product: Product, name: ArithmeticName, (x, y): (&[f64], &[f64]), expected: f64) {
    let (terms, copies) = (x.len(), 19);
    let column = |y: &[f64], columns: usize| Array2::from_shape_fn((terms, columns), |(k, _)| y[k]);
    let row = |x: &[f64], rows: usize| Array2::from_shape_fn((rows, terms), |(_, k)| x[k]);
    for path in paths() {
        for (left, right) in [(row(x, 1), column(y, copies)), (row(x, copies), column(y, 1))] {
            for got in product(name, path, &left, &right) {
                tally.double(got, expected, || {
                    let operands =
                        [x, y].map(|numbers| numbers.iter().map(|x| shown(*x)).collect::<Vec<_>>().join(", "));
                    (format!("{name} on {}", path.name()), operands.to_vec())
                });
            }
        }
    }
}

/// −1 + (1 + h)(1 − h): 0 if the product is rounded, −h² if it is not.
fn contraction(product: Product) -> Tally {
    let mut tally = Tally::default();
    for format in [F64, F32, TF32, BF16, F16, E4M3FN] {
        let h = two_to(-i64::from(format.precision.div_ceil(2) + 1));
        let operands: (&[f64], &[f64]) = (&[-1.0, 1.0 + h], &[1.0, 1.0 - h]);
        let plain = ArithmeticName::plain(format);
        dot(&mut tally, product, plain, operands, 0.0);
        dot(&mut tally, product, plain.with_fused_sums(), operands, -h * h);
    }
    tally
}

/// 1 + u + … + u is 1 from the left, where every sum is a tie, and more from the right.
fn order(product: Product) -> Tally {
    let mut tally = Tally::default();
    for format in [F64, F32, TF32, BF16, F16] {
        let u = format.unit_roundoff();
        for count in 1..40u32 {
            let mut terms = vec![1.0];
            terms.extend((0..count).map(|_| u));
            let ones = vec![1.0; terms.len()];
            let name = ArithmeticName::plain(format);
            dot(&mut tally, product, name, (&terms, &ones), 1.0);
            terms.reverse();
            // count·u is a member; in units of 2u its half, a tie to even.
            let units = count / 2 + (count % 2) * (count / 2 % 2);
            dot(&mut tally, product, name, (&terms, &ones), 1.0 + f64::from(units) * 2.0 * u);
        }
    }
    tally
}

/// Sums of products that are all −0.
fn zeros(product: Product) -> Tally {
    let mut tally = Tally::default();
    for format in [F64, F32, TF32, BF16, F16, E4M3FN] {
        let least = format.smallest_subnormal_exponent().map_or(0.0, |least| two_to(i64::from(least)));
        for name in [ArithmeticName::plain(format), ArithmeticName::plain(format).with_fused_sums()] {
            for count in [1, 2, 7] {
                for (x, y) in [(-0.0, 1.0), (0.0, -1.0), (-least, 0.0)] {
                    dot(&mut tally, product, name, (&vec![x; count], &vec![y; count]), -0.0);
                }
            }
            // Underflow keeps the sign, alone and before another −0.
            dot(&mut tally, product, name, (&[-least], &[least]), -0.0);
            dot(&mut tally, product, name, (&[-least, 0.0], &[least, -1.0]), -0.0);
            dot(&mut tally, product, name, (&[-0.0, 0.0], &[1.0, 1.0]), 0.0);
        }
    }
    tally
}

/// Subnormal numbers of the hardware as operands and as results; `through` is the operation that a double passes.
fn gradual(through: &dyn Fn(f64) -> f64) -> Tally {
    let mut tally = Tally::default();
    let least = through(black_box(f64::from_bits(1)));
    let normal = black_box(f64::MIN_POSITIVE);
    let doubles = [
        ("2^-1074 · 2", black_box(least * 2.0), f64::from_bits(2)),
        ("2^-1074 + 2^-1074", black_box(least + least), f64::from_bits(2)),
        ("2^-1074 · 2^1023", black_box(least * two_to(1023)), two_to(-51)),
        ("2^-1022 / 2", through(black_box(normal / 2.0)), f64::from_bits(1 << 51)),
        ("2^-1022 − 2^-1074", through(black_box(normal - f64::from_bits(1))), f64::from_bits((1 << 52) - 1)),
    ];
    for (operation, got, expected) in doubles {
        tally.double(got, expected, || (operation.into(), Vec::new()));
    }
    let least = black_box(f32::from_bits(1));
    let normal = black_box(f32::MIN_POSITIVE);
    let singles = [
        ("2^-149 · 2 in binary32", black_box(least * 2.0), f32::from_bits(2)),
        ("2^-149 + 2^-149 in binary32", black_box(least + least), f32::from_bits(2)),
        ("2^-126 / 2 in binary32", black_box(normal / 2.0), f32::from_bits(1 << 22)),
    ];
    for (operation, got, expected) in singles {
        tally.double(f64::from(got), f64::from(expected), || (operation.into(), Vec::new()));
    }
    tally
}

/// The same in vectors.
fn subnormal_products(product: Product) -> Tally {
    let mut tally = Tally::default();
    for format in [F64, F32, TF32, BF16, F16] {
        let Some((least, emin)) = format.smallest_subnormal_exponent().zip(format.smallest_normal_exponent()) else {
            continue;
        };
        let (smallest, normal) = (two_to(i64::from(least)), two_to(i64::from(emin)));
        let name = ArithmeticName::plain(format);
        dot(&mut tally, product, name, (&[smallest], &[1.0]), smallest);
        dot(&mut tally, product, name, (&[normal], &[0.5]), 0.5 * normal);
        dot(&mut tally, product, name, (&[smallest; 3], &[1.0; 3]), 3.0 * smallest);
        dot(&mut tally, product, name, (&[normal, smallest], &[1.0, -1.0]), normal - smallest);
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A product whose entries are a function of a row and a column.
    fn product_of(left: &Array2<f64>, right: &Array2<f64>, dot: impl Fn(&[f64], &[f64]) -> f64) -> Array2<f64> {
        Array2::from_shape_fn((left.nrows(), right.ncols()), |(i, j)| {
            dot(&left.row(i).to_vec(), &right.column(j).to_vec())
        })
    }

    #[test]
    fn each_fault_of_an_operation_is_seen_by_its_check() {
        let checks: [fn(Product) -> Tally; 4] = [contraction, order, zeros, subnormal_products];
        assert!(checks.iter().all(|check| check(&in_lanes).mismatches == 0));
        assert_eq!(gradual(&|x| x).mismatches, 0);
        let contracted = contraction(&|name, path, left, right| in_lanes(name.with_fused_sums(), path, left, right));
        assert_eq!(2 * contracted.mismatches, contracted.cases);
        let never =
            contraction(&|name, path, left, right| in_lanes(ArithmeticName::plain(name.format), path, left, right));
        assert_eq!(2 * never.mismatches, never.cases);
        fn pairs(x: &[f64]) -> f64 {
            match x.len() {
                1 => x[0],
                n => pairs(&x[..n / 2]) + pairs(&x[n / 2..]),
            }
        }
        let reassociated = order(&|name, path, left, right| {
            let terms = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).collect::<Vec<f64>>();
            match name.format {
                F64 => product_of(left, right, |x, y| pairs(&terms(x, y))),
                _ => in_lanes(name, path, left, right),
            }
        });
        assert!(reassociated.mismatches > 500, "{reassociated:?}");
        let from_zero = zeros(&|name, path, left, right| in_lanes(name, path, left, right) + 0.0);
        assert!(from_zero.mismatches > from_zero.cases / 2);
        let flushed = |x: f64| if x.abs() < f64::MIN_POSITIVE { 0f64.copysign(x) } else { x };
        assert!(gradual(&flushed).mismatches >= 4);
        let flush = subnormal_products(&|name, path, left, right| in_lanes(name, path, left, right).mapv(flushed));
        assert!(flush.mismatches > 0);
    }
}
