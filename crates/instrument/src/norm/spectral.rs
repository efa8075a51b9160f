//! A certified upper bound σ of a matrix's spectral norm ‖W‖₂, in double precision.
//!
//! W is scaled by a power of two to max|w| in [1/2, 1). G = WWᵀ or WᵀW, the smaller one (k × k), is
//! squared three times to P = G⁸. G is positive semidefinite, so ‖P‖_F ≥ ‖G‖₂⁸ = ‖W‖₂¹⁶, and σ is the
//! sixteenth root of ‖P‖_F, four square roots. It lies within k^(1/32) of ‖W‖₂ (1.14 at k = 64), whereas
//! ‖W‖_F or |W| would lose several bits per layer.
//!
//! Rounding, with u = 2^-53 and N the longer side: the computed Gram matrix is off by at most
//! Nu·‖W‖_F² ≤ kNu·‖G‖₂ in the Frobenius norm (first order); each squaring of an approximate k × k
//! matrix adds k²u relative to ‖G‖₂ and doubles what was there; the norm adds (k²/2+1)u. After the
//! sixteenth root the relative error is below (8kN + 7k² + k²)u/16 + 4u ≤ (kN + 4)u, of which the factor
//! 1 + 4(kN+4)u leaves three quarters for the higher orders and for underflow (at most k²N·2^-1074
//! where ‖P‖_F ≥ 2^-16). Sums run in index order.

use super::term::{Term, term};
use crate::arithmetic::Side;
use crate::arithmetic::kernels::{Path, Products, Rounding};
use crate::enclosure::Bound;
use ndarray::Array2;

/// σ ≥ ‖W‖₂; zero for a zero matrix.
pub fn spectral_norm_bound(weights: &Array2<f64>) -> Bound {
    let largest = weights.iter().fold(0.0f64, |largest, w| largest.max(w.abs()));
    if largest == 0.0 {
        return Bound::ZERO;
    }
    let e = crate::format::exponent_of(largest) + 1;
    // Exact unless the result is subnormal, where the entry is far below the slack.
    let scaled = weights.map(|&w| scale(w, -e));
    let (rows, columns) = scaled.dim();
    let wide = if rows <= columns { scaled } else { scaled.t().as_standard_layout().to_owned() };
    let (k, n) = wide.dim();
    let mut power = gram(&wide);
    for _ in 0..3 {
        power = gram(&power); // symmetric: P·Pᵀ = P²
    }
    let frobenius_squared = power.iter().fold(0.0, |sum, p| sum + p * p);
    let root = frobenius_squared.sqrt().sqrt().sqrt().sqrt().sqrt();
    let slack = 1.0 + 4.0 * ((k * n) as f64 + 4.0) * crate::format::two_to(-53);
    term(Term::SpectralNorm, (Bound::from_f64(root) * Bound::from_f64(slack)).scaled(e))
}

/// A·Aᵀ, each sum in index order.
fn gram(a: &Array2<f64>) -> Array2<f64> {
    let products = Products::of_doubles(Rounding::Double, false);
    let copy = |from: &[f64], to: &mut [f64]| to.copy_from_slice(from);
    let as_it_is = |matrix, side| products.prepare(matrix, side, |_, _| unreachable!("invariant: doubles"), copy);
    let (left, right) = (as_it_is(a.view(), Side::Left), as_it_is(a.t(), Side::Right));
    let sums = products.product_on(Path::current(), &left, &right, None).into_doubles();
    Array2::from_shape_vec((a.nrows(), a.nrows()), sums).expect("invariant: one sum per entry")
}

/// x·2^e in steps that stay in range.
fn scale(x: f64, e: i64) -> f64 {
    let half = e / 2;
    x * crate::format::two_to(half) * crate::format::two_to(e - half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Stream;

    /// ‖W‖₂ of a rank-one matrix is known exactly; of a diagonal one too.
    #[test]
    fn bounds_known_norms_within_the_stated_factor() {
        for (rows, columns) in [(1, 1), (3, 5), (64, 64), (10, 64), (64, 7)] {
            let mut stream = Stream::new(1, 0, "spectral");
            let u: Vec<f64> = (0..rows).map(|_| stream.normal()).collect();
            let v: Vec<f64> = (0..columns).map(|_| stream.normal()).collect();
            let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
            for e in [-1000, -300, 0, 300, 900] {
                let w = Array2::from_shape_fn((rows, columns), |(i, j)| scale(u[i] * v[j], e));
                let exact = core_math::log2(norm(&u) * norm(&v)) + e as f64;
                let excess = spectral_norm_bound(&w).log2() - exact;
                assert!((-1e-12..1e-9).contains(&excess), "{rows}x{columns} at 2^{e}: 2^{excess}");
            }
            let k = rows.min(columns);
            let identity = Array2::from_shape_fn((rows, columns), |(i, j)| f64::from(u8::from(i == j)));
            let factor = core_math::pow(k as f64, 1.0 / 32.0);
            let bound = spectral_norm_bound(&identity).to_f64();
            assert!(bound >= 1.0 && bound <= factor * (1.0 + 1e-9), "{bound} against {factor}");
        }
        assert!(spectral_norm_bound(&Array2::zeros((3, 2))).is_zero());
    }

    /// Random matrices: never below the norm that power iteration reaches, within k^(1/32) of it.
    #[test]
    fn bounds_random_norms() {
        for (seed, (rows, columns)) in [(4, 4), (64, 64), (10, 64), (33, 17)].into_iter().enumerate() {
            let mut stream = Stream::new(seed as u64, 0, "spectral");
            let w = Array2::from_shape_simple_fn((rows, columns), || stream.normal());
            let mut x = vec![1.0; columns];
            let mut reached = 0.0;
            for _ in 0..500 {
                let y: Vec<f64> = w.rows().into_iter().map(|r| r.iter().zip(&x).map(|(a, b)| a * b).sum()).collect();
                let z: Vec<f64> = w.columns().into_iter().map(|c| c.iter().zip(&y).map(|(a, b)| a * b).sum()).collect();
                let norm = z.iter().map(|z: &f64| z * z).sum::<f64>().sqrt();
                reached = norm.sqrt();
                x = z.iter().map(|z| z / norm).collect();
            }
            let bound = spectral_norm_bound(&w).to_f64();
            let factor = core_math::pow(rows.min(columns) as f64, 1.0 / 32.0);
            assert!(bound >= reached * (1.0 - 1e-12), "{bound} < {reached}");
            assert!(bound <= reached * factor * (1.0 + 1e-6), "{bound} > {reached}·{factor}");
        }
    }
}
