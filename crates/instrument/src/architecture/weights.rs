//! Draws one weight matrix according to its init.

use crate::draw::Stream;
use crate::format::GRID;
use crate::init::Init;
use ndarray::Array2;

/// A column that loses more than this to the previous columns counts as dependent on them and is drawn again.
const DEPENDENT: f64 = 1.0 / (1 << 30) as f64;

/// Weights (out × in) on the grid, from the tensor's stream in row-major order.
pub fn weights(init: Init, gain: f64, (rows, columns): (usize, usize), stream: &mut Stream) -> Array2<f64> {
    let deviation = init.deviation(gain, columns, rows);
    match init {
        Init::Preserve | Init::Kaiming | Init::Xavier | Init::Lecun => {
            Array2::from_shape_simple_fn((rows, columns), || GRID.round_f64(deviation * stream.normal()))
        }
        Init::Torch => {
            let bound = deviation * 3f64.sqrt();
            Array2::from_shape_simple_fn((rows, columns), || GRID.round_f64(bound * stream.symmetric()))
        }
        Init::Orthogonal => orthonormal((rows, columns), || stream.normal()).map(|q| GRID.round_f64(gain * q)),
    }
}

/// A matrix with orthonormal columns, or rows where it is wider than long: as torch.nn.init.orthogonal_, the Q of
/// a Gaussian matrix (its transpose, where wider) whose R has a positive diagonal.
///
/// Gram and Schmidt's method, applied twice to each column, which leaves the columns orthogonal to a few units of
/// 2^-53 (Giraud, Langou, Rozložník 2005); its R has a positive diagonal by construction. Only + − · / and √ in
/// index order, so the bits are the same everywhere. The grid then keeps 8 bits of each entry: the products of two
/// snapped columns are within 2^-7 of 0 or 1, and no nearer.
pub fn orthonormal((rows, columns): (usize, usize), mut normal: impl FnMut() -> f64) -> Array2<f64> {
    let drawn = Array2::from_shape_simple_fn((rows, columns), &mut normal);
    let is_wide = rows < columns;
    let long = if is_wide { drawn.t() } else { drawn.view() };
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(long.ncols());
    for column in long.columns() {
        let mut column: Vec<f64> = column.to_vec();
        let unit = loop {
            let before = norm(&column);
            for _ in 0..2 {
                basis.iter().for_each(|earlier| remove(&mut column, earlier));
            }
            let left = norm(&column);
            if left > DEPENDENT * before {
                column.iter_mut().for_each(|x| *x /= left);
                break column;
            }
            column = (0..column.len()).map(|_| normal()).collect();
        };
        basis.push(unit);
    }
    let entry = |i: usize, j: usize| basis[j][i];
    Array2::from_shape_fn((rows, columns), |(i, j)| if is_wide { entry(j, i) } else { entry(i, j) })
}

/// Removes the component along a unit vector.
fn remove(column: &mut [f64], unit: &[f64]) {
    let along = dot(column, unit);
    column.iter_mut().zip(unit).for_each(|(x, u)| *x -= along * u);
}

fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).fold(0.0, |sum, (x, y)| sum + x * y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::two_to;

    /// Shapes from one entry to wide, tall and square.
    const SHAPES: [(usize, usize); 6] = [(1, 1), (1, 7), (7, 1), (10, 64), (64, 10), (33, 33)];

    /// The Gram matrix of the shorter side.
    fn gram(q: &Array2<f64>) -> Array2<f64> {
        if q.nrows() < q.ncols() { q.dot(&q.t()) } else { q.t().dot(q) }
    }

    fn stream(name: &str) -> Stream {
        Stream::new(3, 0, name)
    }

    /// Mean 0 and the variance of each rule's formula, on matrices wider than long and longer than wide. Five
    /// standard errors of N = 60 000 draws are allowed: 5/√N deviations of the mean, 5·√(2/N) of the variance for
    /// normals, less for the others; snapping adds a part in 10⁵.
    #[test]
    fn weights_have_the_variance_of_their_rule() {
        for (m, n) in [(200, 300), (300, 200)] {
            let (fan_in, fan_out) = (n as f64, m as f64);
            for (init, gain, variance) in [
                (Init::Preserve, 1.3, 1.69 / fan_in),
                (Init::Kaiming, 1.3, 1.69 / fan_in),
                (Init::Xavier, 1.3, 1.69 * 2.0 / (fan_in + fan_out)),
                (Init::Lecun, 1.0, 1.0 / fan_in),
                (Init::Torch, (1.0f64 / 3.0).sqrt(), 1.0 / (3.0 * fan_in)),
                (Init::Orthogonal, 1.3, 1.69 / 300.0),
            ] {
                let drawn = weights(init, gain, (m, n), &mut stream("w"));
                assert_eq!(drawn.dim(), (m, n));
                let count = drawn.len() as f64;
                let mean = drawn.sum() / count;
                let spread = drawn.iter().map(|w| w * w).sum::<f64>() / count;
                assert!(mean.abs() <= 5.0 * (variance / count).sqrt(), "{init}: mean {mean}");
                let allowed = 5.0 * (2.0 / count).sqrt() + 1e-5;
                assert!((spread / variance - 1.0).abs() <= allowed, "{init}, {m} × {n}: {spread} and not {variance}");
                let largest = drawn.iter().fold(0.0f64, |largest, w| largest.max(w.abs()));
                let snapped = 1.0 + two_to(-8);
                assert!(largest <= init.largest_weight(gain, n, m) * snapped, "{init}: {largest}");
            }
        }
    }

    /// torch's weights fill ±1/√fan_in evenly: quarters of the interval hold quarters of the draws, within five
    /// standard errors √(N·3/16).
    #[test]
    fn torch_weights_are_uniform() {
        let drawn = weights(Init::Torch, (1.0f64 / 3.0).sqrt(), (100, 256), &mut stream("w"));
        let mut counts = [0.0; 4];
        for w in &drawn {
            assert!(w.abs() <= 1.0 / 16.0, "{w}");
            counts[((w * 16.0 + 1.0) * 2.0).min(3.0) as usize] += 1.0;
        }
        let (expected, margin) = (drawn.len() as f64 / 4.0, 5.0 * (drawn.len() as f64 * 3.0 / 16.0).sqrt());
        assert!(counts.iter().all(|count| (count - expected).abs() <= margin), "{counts:?}");
    }

    /// Before snapping to rounding, after it to what the grid allows: each entry moves by 2^-8 of itself or by
    /// 2^-25, so a product of two unit columns of n entries by 2ε + ε² with ε = 2^-8 + √n·2^-25.
    #[test]
    fn orthogonal_matrices_are_orthogonal_within_their_snapping() {
        for shape in SHAPES {
            let mut normals = stream("w");
            let exact = orthonormal(shape, || normals.normal());
            let snapped = weights(Init::Orthogonal, 1.0, shape, &mut stream("w"));
            let length = shape.0.max(shape.1) as f64;
            let epsilon = two_to(-8) + length.sqrt() * two_to(-25);
            for (q, allowed) in [(&exact, 8.0 * length * two_to(-53)), (&snapped, epsilon * (2.0 + epsilon))] {
                for ((i, j), product) in gram(q).indexed_iter() {
                    let wanted = if i == j { 1.0 } else { 0.0 };
                    assert!((product - wanted).abs() <= allowed, "{shape:?} at {i}, {j}: {product}");
                }
            }
        }
    }

    /// R = Qᵀ·A is upper triangular with a positive diagonal: the sign that torch fixes.
    #[test]
    fn the_factor_has_a_positive_diagonal() {
        for (rows, columns) in [(9, 5), (6, 6), (4, 11)] {
            let mut normals = stream("a");
            let a = Array2::from_shape_simple_fn((rows, columns), || normals.normal());
            let mut normals = stream("a");
            let q = orthonormal((rows, columns), || normals.normal());
            let r = if rows < columns { q.dot(&a.t()) } else { q.t().dot(&a) };
            for ((i, j), entry) in r.indexed_iter() {
                assert!(if i == j { *entry > 0.0 } else { i < j || entry.abs() < 1e-14 }, "R[{i}, {j}] = {entry}");
            }
        }
    }

    /// Columns that depend on earlier ones are drawn again, and the matrix is orthogonal all the same.
    #[test]
    fn dependent_columns_are_drawn_again() {
        let mut drawn = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0].into_iter();
        let mut more = stream("more");
        let q = orthonormal((3, 2), || drawn.next().unwrap_or_else(|| more.normal()));
        assert!((gram(&q) - Array2::<f64>::eye(2)).iter().all(|x| x.abs() < 1e-15), "{q}");
    }
}
