//! Clipping of gradients by their norm, as torch.nn.utils.clip_grad_norm_ does it, in any arithmetic.

use super::optimiser::{Rounded, rounded};
use crate::activation::Function;
use crate::arithmetic::{Binary, Exact, ExactMatrix, Numbers, Steps, Text};
use crate::number::Number;
use crate::record::training::Scalar;
use ndarray::Array2;

/// What torch adds to the norm before dividing by it.
const NEVER_ZERO: f64 = 1e-6;

/// Effects of clipping beyond rounding.
pub struct Clipped {
    /// The norm that is infinite or NaN although every gradient is finite, in binary64: of the first tensor that has such
    /// a norm, or of all together.
    pub overflow: Option<Number>,
    /// Constants that became 0.
    pub scalars: Vec<Rounded>,
}

/// Multiplies all gradients by min(1, most/(‖g‖ + 10^-6)), ‖g‖ being the norm of the tensors' norms.
///
/// Squares are summed in the arithmetic's accumulator and their sum is rounded to its format before the root, as every
/// other result is; PyTorch's norm of a narrow tensor stays in binary32 until after the root, as an update in f32 does
/// here. In a format in which 10^-6 is 0 a gradient of zeros becomes NaN, as does every gradient if the norm is NaN.
pub fn clip<A: Numbers>(arithmetic: &A, most: f64, gradients: &mut [Array2<A::Elem>]) -> Clipped {
    let steps = Steps::new(arithmetic, Text::Clipping);
    let norm = |entries: &[A::Elem]| steps.apply(&Function::SquareRoot, &steps.dot(entries, entries));
    let norms: Vec<A::Elem> =
        gradients.iter().map(|gradient| norm(&gradient.iter().cloned().collect::<Vec<_>>())).collect();
    let total = norm(&norms);
    let number = |x: f64| steps.number(&Exact::Double(x));
    let (never_zero, largest) = (number(NEVER_ZERO), number(most));
    let divisor = steps.binary(Binary::Add, &total, &never_zero);
    let mut factor = steps.binary(Binary::Divide, &largest, &divisor);
    let overflow = if arithmetic.exact(&total).is_finite() { None } else { overflow(arithmetic, &norms, gradients) };
    let scalars = [(Scalar::ClipEpsilon, NEVER_ZERO, &never_zero), (Scalar::ClipNorm, most, &largest)];
    let scalars = scalars.map(|(scalar, exact, stored)| rounded(arithmetic, scalar, exact, stored));
    if arithmetic.exact(&factor) > Exact::Double(1.0) {
        factor = number(1.0);
    }
    for gradient in gradients.iter_mut() {
        let factors = Array2::from_elem(gradient.dim(), factor.clone());
        *gradient = steps.zip(Binary::Multiply, gradient, &factors);
    }
    Clipped { overflow, scalars: scalars.into_iter().flatten().collect() }
}

/// The norm that overflows, if every entry of a gradient is finite.
fn overflow<A: Numbers>(arithmetic: &A, norms: &[A::Elem], gradients: &[Array2<A::Elem>]) -> Option<Number> {
    let exact: Vec<ExactMatrix> = gradients.iter().map(|gradient| arithmetic.exact_matrix(gradient)).collect();
    let square = |x: Exact| x.to_f64() * x.to_f64();
    let squares: Vec<f64> = exact.iter().map(|gradient| gradient.iter().map(square).sum()).collect();
    let own = norms.iter().position(|norm| !arithmetic.exact(norm).is_finite());
    let square = own.map_or_else(|| squares.iter().sum(), |tensor| squares[tensor]);
    exact.iter().all(ExactMatrix::is_finite).then(|| Number::new(f64::sqrt(square)))
}
