//! Checks matrix products on every path against their definitions: one dot product per entry, operation by operation.

use super::numbers::{Kind, Random, matrix};
use super::rounding::paths;
use super::tally::{Row, Tally, shown};
use crate::arithmetic::carrier::Carrier;
use crate::arithmetic::direction::{Direction, RANDOM_BITS};
use crate::arithmetic::doubles::Doubles;
use crate::arithmetic::long::Long;
use crate::arithmetic::packed::Packed;
use crate::arithmetic::reference::Reference;
use crate::arithmetic::tensor_core::{Rule, TensorCore};
use crate::arithmetic::{Arithmetic, ArithmeticName, Binary, Content, Exact, Numbers, Place, Side, Step};
use crate::format::{BF16, E4M3FN, E5M2, F16, F32, F64, Format, TF32, two_to};
use half::{bf16, f16};
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;
use rug::Float;

/// The formats whose products are checked.
const FORMATS: [Format; 7] = [F64, F32, TF32, BF16, F16, E5M2, E4M3FN];
/// Rows, terms and columns: parts of vectors, of tiles and of panels, empty sums, one column, sums longer than a block.
const SHAPES: [(usize, usize, usize); 11] = [
    (1, 1, 1),
    (3, 0, 2),
    (2, 7, 5),
    (5, 16, 17),
    (15, 3, 31),
    (33, 9, 1),
    (1, 40, 71),
    (9, 33, 64),
    (16, 64, 35),
    (37, 21, 2),
    (3, 530, 9),
];
/// Size of the matrices for elementwise operations.
const ELEMENTS: (usize, usize) = (13, 151);
/// Largest number of terms of a sum that is shown in full.
const MOST_TOLD: usize = 9;
/// The tensor and the key of random bits.
const STEP: Step = Step::alone(5);
const KEY: u64 = 7;

/// A product of two matrices with a last summand, given by rows.
type Product<'p, E> = &'p dyn Fn(&Array2<E>, &Array2<E>, Option<&[E]>) -> Array2<E>;

/// An operation on every pair of entries.
type Elementwise<'e, E> = &'e dyn Fn(Binary, &Array2<E>, &Array2<E>) -> Array2<E>;

/// Sums in the format itself, and elementwise operations.
pub fn sequential() -> Vec<Row> {
    let names = FORMATS.map(ArithmeticName::plain);
    let mut rows = on_paths("products and elements, plain", &names, true);
    rows.iter_mut().for_each(|row| row.check += &format!(", {} formats", FORMATS.len()));
    rows
}

/// In binary32.
pub fn accumulated() -> Vec<Row> {
    let narrower = FORMATS.into_iter().filter(|format| format.precision < F32.precision);
    let names: Vec<ArithmeticName> = narrower.map(|format| ArithmeticName::with_accumulator(format, F32)).collect();
    on_paths("products, acc=f32", &names, false)
}

/// With one rounding for product and sum.
pub fn fused() -> Vec<Row> {
    let plain = FORMATS.map(|format| ArithmeticName::plain(format).with_fused_sums());
    let accumulated = [F16, E5M2].map(|format| ArithmeticName::with_accumulator(format, F32).with_fused_sums());
    on_paths("products, sum=fma", &[plain.as_slice(), &accumulated].concat(), false)
}

/// With one rounding for the whole sum, computed with pairs of doubles, which do not depend on the path; against MPFR.
pub fn exact() -> Vec<Row> {
    let names = FORMATS.map(|format| ArithmeticName::plain(format).with_exact_sums());
    let tallies = names.par_iter().map(|name| Tally::sum(in_lanes(*name, false).into_iter().take(1)));
    vec![Tally::sum(tallies.collect::<Vec<_>>()).row("products, sum=exact", "their definition, MPFR", "scalar")]
}

/// With every operation rounded stochastically.
pub fn stochastic() -> Vec<Row> {
    let plain = FORMATS.map(ArithmeticName::plain);
    let fused = plain.map(ArithmeticName::with_fused_sums);
    let accumulated = ArithmeticName::with_accumulator(F16, F32);
    let names = plain.into_iter().chain(fused).map(|name| name.rounded(Direction::Stochastic(RANDOM_BITS)));
    // With few random bits, draws that round the other way are not rare.
    let few = plain.into_iter().chain(fused).chain([accumulated]).map(|name| name.rounded(Direction::Stochastic(3)));
    let names: Vec<ArithmeticName> = names.chain(few).collect();
    let of = |name: &ArithmeticName| {
        let Some(definition) = Doubles::new(*name, KEY).map(Reference) else { return Vec::new() };
        let check = |path| {
            let tested = Doubles::new(*name, KEY)?.on(path);
            Some(products(*name, &definition, &|left, right, last| multiplied(&tested, left, right, last)))
        };
        paths().filter_map(check).collect()
    };
    by_path(names.par_iter().map(of).collect(), "products, round=stochastic")
}

/// In every direction, limit and order that doubles carry.
const DIRECTED: [&str; 9] = [
    "f16:round=zero",
    "bf16:acc=f32:round=up",
    "e4m3fn:round=down:sum=fma",
    "tf32:round=odd",
    "f16:sum=pairwise",
    "bf16:sum=kahan",
    "f64:sum=block=8",
    "f16:ftz:daz",
    "e5m2:acc=f16:saturate:round=stochastic=4",
];

/// Sums in doubles on every path against one entry at a time, and that against MPFR.
pub fn directed() -> Vec<Row> {
    let of = |name: &&str| {
        let name = ArithmeticName::parse(name).expect("invariant: a name of this list");
        let in_doubles = || Doubles::new(name, KEY).expect("invariant: doubles carry it");
        let definition = Reference(in_doubles());
        let on_paths: Vec<Tally> = paths()
            .map(|path| {
                let tested = in_doubles().on(path);
                products(name, &definition, &|left, right, last| multiplied(&tested, left, right, last))
            })
            .collect();
        let long = Long::new(name).keyed(KEY);
        let floats = |x: f64| Float::with_val(name.format.precision, x);
        let doubles = |x: &Array2<Float>| x.map(Float::to_f64);
        let against_mpfr = products(name, &long, &|left, right, last| {
            let last: Option<Vec<f64>> = last.map(|last| last.iter().map(Float::to_f64).collect());
            multiplied(&definition.0, &doubles(left), &doubles(right), last.as_deref()).map(|x| floats(*x))
        });
        (on_paths, against_mpfr)
    };
    let (on_paths, against_mpfr): (Vec<Vec<Tally>>, Vec<Tally>) = DIRECTED.par_iter().map(of).unzip();
    let what = "products: directions, limits, orders";
    let mut rows = vec![Tally::sum(against_mpfr).row(what, "their definition", "MPFR")];
    rows.extend(by_path(on_paths, what));
    rows
}

/// Terms and sums of a tensor core's check: parts of blocks, and several.
const CHAINS: (usize, usize) = (70, 300);

/// The rules of tensor cores against their definition on MPFR numbers.
pub fn tensor_cores() -> Vec<Row> {
    let rules = TensorCore::ALL.into_iter().flat_map(|gpu| {
        let outputs = move |input| [F32, F16].into_iter().filter_map(move |output| gpu.rule(input, &output).ok());
        gpu.inputs().iter().flat_map(outputs).map(move |rule| (gpu, rule))
    });
    let rules: Vec<(TensorCore, Rule)> = rules.collect();
    let of = |(gpu, rule): &(TensorCore, Rule)| {
        let mut tally = Tally::default();
        let mut random = Random(3);
        // Far from the ends of the range, which the definition lacks; those of binary16 are near, so its sums only
        // grow.
        let has_signs = rule.output() == F32;
        let mut number = || {
            let magnitude = 1.0 + random.below(1 << 20) as f64 / f64::from(1 << 20);
            let x = magnitude * two_to(random.below(3) - 3);
            rule.input().round_f64(if has_signs && random.below(2) == 0 { -x } else { x })
        };
        for terms in 0..CHAINS.1 {
            let terms = terms % CHAINS.0;
            let (a, b): (Vec<f64>, Vec<f64>) = (0..terms).map(|_| (number(), number())).unzip();
            let long = |x: &[f64]| x.iter().map(|x| Float::with_val(24, *x)).collect::<Vec<Float>>();
            let c = number();
            let expected = rule.unbounded_dot_long(&long(&a), &long(&b), &Float::with_val(24, c)).to_f64();
            tally.double(rule.dot(&a, &b, c), expected, || {
                let told = |x: &[f64]| x.iter().map(|x| shown(*x)).collect::<Vec<_>>().join(", ");
                let what = format!("{gpu}, {} into {}, {terms} terms", rule.input(), rule.output());
                (what, if terms <= MOST_TOLD { vec![told(&a), told(&b), shown(c)] } else { vec![shown(c)] })
            });
        }
        tally
    };
    let tallies: Vec<Tally> = rules.par_iter().map(of).collect();
    vec![Tally::sum(tallies).row(
        format!("sums of {} GPUs, {} rules", TensorCore::ALL.len(), rules.len()),
        "their definition, MPFR",
        "scalar",
    )]
}

fn on_paths(what: &str, names: &[ArithmeticName], has_elements: bool) -> Vec<Row> {
    by_path(names.par_iter().map(|name| in_lanes(*name, has_elements)).collect(), what)
}

/// A row for each path from the tallies of each arithmetic.
fn by_path(tallies: Vec<Vec<Tally>>, what: &str) -> Vec<Row> {
    let of = |at: usize| Tally::sum(tallies.iter().filter_map(|tallies| tallies.get(at).cloned()));
    paths().enumerate().map(|(at, path)| of(at).row(what, "their definition", path.name())).collect()
}

/// A tally for each path of an arithmetic in its storage type; `None` if doubles cannot carry it.
fn in_lanes(name: ArithmeticName, has_elements: bool) -> Vec<Tally> {
    match name.format {
        F64 => carried::<f64>(name, has_elements),
        F16 => carried::<f16>(name, has_elements),
        BF16 => carried::<bf16>(name, has_elements),
        _ => carried::<f32>(name, has_elements),
    }
}

fn carried<C: Carrier>(name: ArithmeticName, has_elements: bool) -> Vec<Tally> {
    let Some(definition) = Packed::<C>::new(name).map(Reference) else { return Vec::new() };
    let check = |path| {
        let tested = Packed::<C>::new(name)?.on(path);
        let mut tally = products(name, &definition, &|left, right, last| multiplied(&tested, left, right, last));
        if has_elements {
            tally.add(elements(name, &definition, &|operation, x, y| tested.zip(STEP, operation, x, y)));
        }
        Some(tally)
    };
    paths().filter_map(check).collect()
}

fn multiplied<A: Numbers>(
    arithmetic: &A,
    left: &Array2<A::Elem>,
    right: &Array2<A::Elem>,
    last: Option<&[A::Elem]>,
) -> Array2<A::Elem> {
    let (left, right) = (
        arithmetic.prepare(left.view(), Side::Left, Content::Parameter),
        arithmetic.prepare(right.view(), Side::Right, Content::Activation),
    );
    arithmetic.product(STEP, &left, &right, last)
}

/// The members of a matrix of doubles.
fn stored<A: Numbers>(arithmetic: &A, doubles: &Array2<f64>) -> Array2<A::Elem> {
    doubles.map(|x| arithmetic.round(Place::new(STEP, (0, 0)), &Exact::Double(*x)))
}

/// Products of random matrices of every shape and kind, with and without a last summand.
pub fn products<A: Numbers>(name: ArithmeticName, definition: &A, tested: Product<A::Elem>) -> Tally {
    let mut tally = Tally::default();
    let mut random = Random(1);
    for (m, k, n) in SHAPES {
        for kind in Kind::ALL {
            let mut drawn = |shape| stored(definition, &matrix(&mut random, &name.format, kind, shape));
            let (left, right, last) = (drawn((m, k)), drawn((k, n)), drawn((m, 1)));
            let last: Vec<A::Elem> = last.iter().cloned().collect();
            for last in [None, Some(last.as_slice())] {
                let expected = multiplied(definition, &left, &right, last);
                let got = tested(&left, &right, last);
                for ((index, expected), got) in expected.indexed_iter().zip(&got) {
                    let (got, expected) = (definition.exact(got).to_f64(), definition.exact(expected).to_f64());
                    tally.double(got, expected, || {
                        let drawn = if last.is_some() { " with a last summand" } else { "" };
                        let what = format!("{name}, {m} × {k} · {k} × {n}, {kind:?} numbers{drawn}");
                        (what, operands(definition, index, &left, &right))
                    });
                }
            }
        }
    }
    tally
}

/// The place of an entry, with its row and column if they are short.
fn operands<A: Numbers>(
    arithmetic: &A,
    (i, j): (usize, usize),
    left: &Array2<A::Elem>,
    right: &Array2<A::Elem>,
) -> Vec<String> {
    let told = |numbers: ArrayView1<A::Elem>| {
        let doubles: Vec<String> = numbers.iter().map(|x| shown(arithmetic.exact(x).to_f64())).collect();
        format!("({})", doubles.join(", "))
    };
    let mut operands = vec![format!("entry ({i}, {j})")];
    if left.ncols() <= MOST_TOLD {
        operands.extend([told(left.row(i)), told(right.column(j))]);
    }
    operands
}

/// Operations element by element, on numbers of every kind.
fn elements<A: Numbers>(name: ArithmeticName, definition: &A, tested: Elementwise<A::Elem>) -> Tally {
    let mut tally = Tally::default();
    let mut random = Random(2);
    for kind in Kind::ALL {
        let mut drawn = || stored(definition, &matrix(&mut random, &name.format, kind, ELEMENTS));
        let (left, right) = (drawn(), drawn());
        for operation in Binary::ALL {
            let got = tested(operation, &left, &right);
            for ((index, x), (y, got)) in left.indexed_iter().zip(right.iter().zip(&got)) {
                let expected = definition.binary(Place::new(STEP, index), operation, x, y);
                let double = |x: &A::Elem| definition.exact(x).to_f64();
                tally.double(double(got), double(&expected), || {
                    (format!("{name}, {operation:?}"), vec![shown(double(x)), shown(double(y))])
                });
            }
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::kernels::Path;

    fn lanes(name: ArithmeticName) -> Packed<f64> {
        Packed::new(name).unwrap().on(Path::Portable)
    }

    /// Products of a different arithmetic than the requested one.
    fn mismatches(name: ArithmeticName, other: ArithmeticName) -> (u64, u64) {
        let definition = Reference(lanes(name));
        let tested = lanes(other);
        let tally = products(name, &definition, &|left, right, last| multiplied(&tested, left, right, last));
        (tally.mismatches, tally.cases)
    }

    #[test]
    fn another_kind_of_sum_is_seen() {
        let plain = ArithmeticName::plain(F16);
        assert_eq!(mismatches(plain, plain).0, 0);
        for other in [plain.with_fused_sums(), plain.with_exact_sums(), ArithmeticName::with_accumulator(F16, F32)] {
            let (wrong, cases) = mismatches(plain, other);
            assert!(wrong > cases / 20, "{other}: {wrong} of {cases}");
        }
        // In binary64, fused sums differ rarely but are detected.
        let plain = ArithmeticName::plain(F64);
        assert!(mismatches(plain, plain.with_fused_sums()).0 > 100);
    }

    #[test]
    fn a_reversed_sum_and_a_forgotten_summand_are_seen() {
        let name = ArithmeticName::plain(F32);
        let (definition, tested) = (Reference(lanes(name)), lanes(name));
        let reversed = products(name, &definition, &|left, right, last| {
            let left = Array2::from_shape_fn(left.dim(), |(i, k)| left[(i, left.ncols() - 1 - k)]);
            let right = Array2::from_shape_fn(right.dim(), |(k, j)| right[(right.nrows() - 1 - k, j)]);
            multiplied(&tested, &left, &right, last)
        });
        assert!(reversed.mismatches > reversed.cases / 10, "{} of {}", reversed.mismatches, reversed.cases);
        let forgotten = products(name, &definition, &|left, right, _| multiplied(&tested, left, right, None));
        assert!(forgotten.mismatches > forgotten.cases / 10);
        let swapped = elements(name, &definition, &|operation, x, y| tested.zip(STEP, operation, y, x));
        assert!(swapped.mismatches > swapped.cases / 10);
    }
}
