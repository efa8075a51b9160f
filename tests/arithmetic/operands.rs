//! Products of quantised factors and of tensor cores, as arithmetics run them: each entry against its definition.

use crate::common::{Random, draw};
use ndarray::{Array2, s};
use precision_probe::arithmetic::dispatch::{Carriers, Visitor, dispatch_with};
use precision_probe::arithmetic::scaling::Quantised;
use precision_probe::arithmetic::sum::Chain;
use precision_probe::arithmetic::{ArithmeticName, Content, Numbers, Place, Side, Step, Sum};
use precision_probe::format::{F32, two_to};
use std::sync::Arc;

const ARITHMETICS: [&str; 16] = [
    "bf16:acc=f32:operands=e4m3fn",
    "bf16:acc=f32:operands=mxfp8",
    "bf16:acc=f32:operands=mxfp8-rceil",
    "bf16:acc=f32:operands=mxfp6-e3m2",
    "bf16:acc=f32:operands=mxfp4",
    "bf16:acc=f32:operands=nvfp4",
    "bf16:acc=f32:operands=tile-e4m3fn",
    "bf16:acc=f32:operands=amax-e4m3fn:gradients=amax-e5m2",
    "f16:acc=f32:sum=h100",
    "f16:acc=f16:sum=v100",
    "bf16:acc=f32:sum=a100",
    "tf32:acc=f32:sum=b200",
    "bf16:acc=f32:sum=h100:promote=128:operands=tile-e4m3fn",
    "bf16:acc=f32:sum=l40s:operands=amax-e4m3fn:gradients=amax-e5m2",
    "e4m3fn:acc=f32:sum=b200",
    "f64:operands=mxfp8",
];

/// A product, and the sums of its left factor's rows.
struct Product<'m> {
    left: &'m Array2<f64>,
    right: &'m Array2<f64>,
    last: Option<&'m [f64]>,
    contents: (Content, Content),
}

impl Visitor for Product<'_> {
    type Output = (Array2<f64>, Array2<f64>);
    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> Self::Output {
        let stored = |x: &Array2<f64>| arithmetic.round_doubles(Step::alone(0), x);
        let place = Place::new(Step::alone(0), (0, 0));
        let last: Option<Vec<A::Elem>> = self.last.map(|last| {
            last.iter().map(|x| arithmetic.round(place, &precision_probe::arithmetic::Exact::Double(*x))).collect()
        });
        let left = arithmetic.prepare(stored(self.left).view(), Side::Left, self.contents.0);
        let right = arithmetic.prepare(stored(self.right).view(), Side::Right, self.contents.1);
        let doubles = |x: &Array2<A::Elem>| x.map(|x| arithmetic.exact(x).to_f64());
        let product = doubles(&arithmetic.product(Step::alone(7), &left, &right, last.as_deref()));
        (product, doubles(&arithmetic.sum_rows(Step::alone(7), &stored(self.left))))
    }
}

fn product_in(name: ArithmeticName, carriers: Carriers, product: Product) -> (Array2<f64>, Array2<f64>) {
    dispatch_with(name, carriers, 0, product)
}

fn quantised(name: &ArithmeticName, matrix: &Array2<f64>, side: Side, content: Content) -> Quantised {
    let quantiser = name.quantiser(content).unwrap_or(precision_probe::arithmetic::Quantiser::Format(name.format));
    quantiser.quantise(matrix.view(), side, content)
}

/// One entry by its definition: f32 sums of exact products, or a tensor core's of the elements; the scale of tensors,
/// the bias, the stored format.
fn entry(name: &ArithmeticName, left: &Quantised, right: &Quantised, (i, j): (usize, usize), last: Option<f64>) -> f64 {
    let terms = left.values.ncols();
    let round = |x: f64| name.accumulator.round_f64(x);
    let sum = match name.sum {
        Sum::TensorCore(Chain { gpu, rule, promote }) => {
            let [of_left, of_right] =
                [left, right].map(|side| gpu.rule(&side.element, &rule.output()).expect("an input of the GPU"));
            let row: Vec<_> = (0..terms).map(|k| of_left.factor(left.element_at((i, k)))).collect();
            let column: Vec<_> = (0..terms).map(|k| of_right.factor(right.element_at((k, j)))).collect();
            match promote {
                None => rule.dot_of(&row, &column, 0.0),
                Some(every) => (0..terms).step_by(every as usize).fold(0.0, |sum, start| {
                    let end = terms.min(start + every as usize);
                    let scales = left.scale_at((i, start)) * right.scale_at((start, j));
                    F32.round_f64(sum + F32.round_f64(rule.dot_of(&row[start..end], &column[start..end], 0.0) * scales))
                }),
            }
        }
        _ => (0..terms).fold(-0.0, |sum, k| round(sum + round(left.values[(i, k)] * right.values[(k, j)]))),
    };
    let factor = F32.round_f64(left.factor * right.factor);
    let scaled = if factor == 1.0 { sum } else { round(sum * factor) };
    name.format.round_f64(last.map_or(scaled, |last| round(scaled + last)))
}

#[test]
fn entries_are_their_definition() {
    let mut random = Random(21);
    for arithmetic in ARITHMETICS {
        let name = ArithmeticName::parse(arithmetic).unwrap();
        let plain = ArithmeticName::parse(&name.format.to_string()).unwrap();
        let (mut entries, mut differ) = (0, 0);
        for (m, k, n) in [(3, 5, 2), (2, 33, 40), (4, 150, 3), (1, 300, 2)] {
            for (wild, contents) in [
                (false, (Content::Parameter, Content::Activation)),
                (false, (Content::Gradient, Content::Activation)),
                (true, (Content::Parameter, Content::Gradient)),
            ] {
                let mut matrix = |shape| {
                    Array2::from_shape_simple_fn(shape, || {
                        let x = name.format.round_f64(draw(&mut random, &name.format, false).to_f64());
                        // Rows and blocks of many sizes, and zeros; all finite.
                        let scale = if wild { two_to(random.below(20) as i64 - 10) } else { 1.0 };
                        if random.below(9) == 0 { 0.0 } else { name.format.round_f64(x * scale) }
                    })
                };
                let (left, right) = (matrix((m, k)), matrix((k, n)));
                let biases: Vec<f64> = matrix((m, 1)).into_iter().collect();
                for last in [None, Some(&biases[..])] {
                    let (found, sums) =
                        product_in(name, Carriers::Infallible, Product { left: &left, right: &right, last, contents });
                    let [of_left, of_right] = [(&left, Side::Left, contents.0), (&right, Side::Right, contents.1)]
                        .map(|(matrix, side, content)| quantised(&name, matrix, side, content));
                    for ((i, j), found) in found.indexed_iter() {
                        let expected = entry(&name, &of_left, &of_right, (i, j), last.map(|last| last[i]));
                        assert_eq!(found.to_bits(), expected.to_bits(), "{arithmetic}: {m}×{k}×{n} at {i}, {j}");
                    }
                    // Rows are summed as they are stored, in the accumulator.
                    for (i, found) in sums.iter().enumerate() {
                        let row = left.slice(s![i, ..]);
                        let sum = row.iter().fold(-0.0, |sum, x| name.accumulator.round_f64(sum + x));
                        assert_eq!(found.to_bits(), name.format.round_f64(sum).to_bits(), "{arithmetic}: row {i}");
                    }
                    let (in_order, _) =
                        product_in(plain, Carriers::Infallible, Product { left: &left, right: &right, last, contents });
                    differ += found.iter().zip(&in_order).filter(|(x, y)| x != y).count();
                    entries += found.len();
                }
            }
        }
        assert!(differ > entries / 20, "{arithmetic}: {differ} of {entries} differ from the plain format's");
    }
}

/// The twin without ends of the range gives the same numbers where nothing meets them.
#[test]
fn twins_agree_where_the_range_is_no_matter() {
    let mut random = Random(22);
    for arithmetic in
        ["f16:acc=f32:sum=h100", "bf16:acc=f32:sum=a100", "f16:acc=f16:sum=v100", "bf16:acc=f32:operands=e5m2"]
    {
        let name = ArithmeticName::parse(arithmetic).unwrap();
        let mut matrix = |shape| {
            Array2::from_shape_simple_fn(shape, || name.format.round_f64(1.0 + random.below(1000) as f64 / 999.0))
        };
        let (left, right) = (matrix((3, 70)), matrix((70, 5)));
        let product =
            || Product { left: &left, right: &right, last: None, contents: (Content::Parameter, Content::Activation) };
        let (bounded, _) = product_in(name, Carriers::Infallible, product());
        let (twin, _) = product_in(name.unbounded(), Carriers::Fast, product());
        let (long, _) = product_in(name.unbounded(), Carriers::Infallible, product());
        assert_eq!((&bounded, &bounded), (&twin, &long), "{arithmetic}");
    }
}

/// In a twin no element is flushed: its own precision is all that is left of a block format.
#[test]
fn twins_of_scales_flush_nothing() {
    for operands in ["mxfp4", "nvfp4", "amax-e4m3fn", "mxfp8"] {
        let name = ArithmeticName::parse(&format!("bf16:acc=f32:operands={operands}")).unwrap();
        // One large number takes the block's scale.
        let left = Array2::from_shape_fn((1, 32), |(_, k)| if k == 0 { 1.0 } else { two_to(-20) });
        let right = Array2::from_shape_fn((32, 1), |(k, _)| if k == 0 { 0.0 } else { 1.0 });
        let product =
            || Product { left: &left, right: &right, last: None, contents: (Content::Gradient, Content::Activation) };
        let (flushed, _) = product_in(name, Carriers::Infallible, product());
        let (twin, _) = product_in(name.unbounded(), Carriers::Fast, product());
        assert_eq!((flushed[(0, 0)], twin[(0, 0)]), (0.0, two_to(-20) * 31.0), "{operands}");
    }
}
