//! Gradients from another program, handled layer by layer like those of any arithmetic.

use super::projection::{self, Vector};
use crate::arithmetic::{Exact, ExactMatrix};
use crate::exchange::{Dtype, Gradient, Gradients};
use crate::format::F64;
use crate::graph::{Network, Operation, ParameterId};
use crate::noise::Noise;
use crate::record::{Number, Projection, StoredType};
use crate::truth::{SiteTruth, TrueTensor};
use rug::Float;

/// Bits for the comparison of tolerances, far more than any element type of a dump.
const TOLERANCE_BITS: u32 = 160;

/// A file's gradients with the loss scale that is divided out of them.
#[derive(Clone, Copy, Debug)]
pub struct ExternalGradients<'g> {
    /// The file's.
    pub gradients: &'g Gradients,
    /// log₂ of the loss scale.
    pub log2_scale: i32,
}

/// The gradients of one layer that the file contains.
pub struct ExternalTensors {
    /// ∂L/∂W, out × in.
    pub weight: Option<ExactMatrix>,
    /// ∂L/∂b, out × 1.
    pub bias: Option<ExactMatrix>,
    /// ∂L/∂slope, 1 × 1.
    pub slope: Option<ExactMatrix>,
    /// The element type of each, in the same order.
    dtypes: [Option<Dtype>; 3],
}

/// The gradients of one layer's parameters in an arithmetic of our own.
pub struct OwnTensors {
    /// ∂L/∂W, out × in.
    pub weight: ExactMatrix,
    /// ∂L/∂b, out × 1.
    pub bias: Option<ExactMatrix>,
}

impl ExternalGradients<'_> {
    /// The gradients of one layer, by its position in [`Network::sites`].
    pub fn layer(&self, network: &Network, layer: usize) -> ExternalTensors {
        let layer = &network.sites[layer];
        let (weight, bias) = match network.nodes[layer.node].operation {
            Operation::Affine { weight, bias } => (Some(weight), bias),
            _ => (None, None),
        };
        let slope = layer.activation.and_then(|node| match network.nodes[node].operation {
            Operation::Activation { slope, .. } => slope,
            _ => None,
        });
        let found = |parameter: Option<ParameterId>| self.gradients.tensors.get(parameter?)?.as_ref();
        let unscaled =
            |gradient: &Gradient| ExactMatrix::Doubles(gradient.values.clone()).times_two_to(-self.log2_scale);
        let own = [found(weight), found(bias), found(slope)];
        let [weight, bias, slope] = own.map(|gradient| gradient.map(unscaled));
        ExternalTensors { weight, bias, slope, dtypes: own.map(|gradient| gradient.map(|gradient| gradient.dtype)) }
    }
}

impl ExternalTensors {
    /// Types of the weight and the bias gradient, as far as the file has them.
    pub fn types(&self) -> [Option<StoredType>; 2] {
        let [weight, bias, _] = self.dtypes;
        [weight, bias].map(|dtype| dtype.map(StoredType::of))
    }

    /// Entries that torch.testing.assert_close rejects, and all entries that it can compare, with the exact gradient
    /// rounded to the dump's type as the expected value.
    pub fn not_close(&self, truth: &SiteTruth) -> (u64, u64) {
        let tensors = [
            (&self.weight, Some(&truth.weight)),
            (&self.bias, truth.bias.as_ref()),
            (&self.slope, truth.slope.as_ref()),
        ];
        let (mut refused, mut all) = (0, 0);
        for ((actual, expected), dtype) in tensors.into_iter().zip(self.dtypes) {
            let (Some(actual), Some(Ok(expected)), Some(dtype)) = (actual, expected, dtype) else { continue };
            let expected = expected.values();
            let far = actual.iter().zip(&expected).filter(|(actual, expected)| !is_close(actual, expected, dtype));
            refused += far.count() as u64;
            all += actual.len() as u64;
        }
        (refused, all)
    }

    /// log₂ of the norm of weights and biases together; [`Number::None`] if an entry is not finite or the file has neither.
    pub fn log2_norm(&self) -> Number {
        let tensors: Vec<&ExactMatrix> = [&self.weight, &self.bias].into_iter().flatten().collect();
        if tensors.is_empty() {
            Number::None
        } else {
            Vector::new(&tensors).map_or(Number::None, |all| all.log2_norm())
        }
    }

    /// The projection of their gradient on ours, for the tensors that both have.
    pub fn projection(&self, ours: &OwnTensors) -> Projection {
        let pairs = [(self.weight.as_ref(), Some(&ours.weight)), (self.bias.as_ref(), ours.bias.as_ref())];
        let (theirs, ours): (Vec<_>, Vec<_>) =
            pairs.into_iter().filter_map(|(theirs, ours)| Some((theirs?, ours?))).unzip();
        projection::along(&theirs, &ours)
    }

    /// log₂‖theirs − ours‖₂ of the weight gradient.
    pub fn log2_distance(&self, ours: &ExactMatrix) -> Number {
        match &self.weight {
            Some(theirs) if theirs.is_finite() && ours.is_finite() => {
                let ours = TrueTensor::known(ours.to_array().map(Exact::to_float));
                Noise::measure(&ours, theirs).to_record("weight").log2_noise
            }
            _ => Number::None,
        }
    }
}

/// rtol and atol of torch.testing.assert_close by type; a type that it does not list must be equal.
///
/// Source: PyTorch, torch/testing/_comparison.py, `_DTYPE_PRECISIONS`.
pub fn tolerances(dtype: Dtype) -> (f64, f64) {
    match dtype {
        Dtype::F16 => (1e-3, 1e-5),
        Dtype::BF16 => (1.6e-2, 1e-5),
        Dtype::F32 => (1.3e-6, 1e-5),
        Dtype::F64 => (1e-7, 1e-7),
        _ => (0.0, 0.0),
    }
}

/// |actual − expected| ≤ atol + rtol·|expected| with the exact gradient rounded to the type; NaN is close to nothing,
/// infinity to itself. Nothing else is rounded here, but torch computes both sides in the type, so it may decide
/// differently for entries that are within rounding of the threshold.
fn is_close(actual: &Exact, truth: &Float, dtype: Dtype) -> bool {
    let expected = dtype.format().unwrap_or(F64).round(truth);
    let actual = actual.to_float();
    if actual == expected {
        return true;
    }
    if !actual.is_finite() || !expected.is_finite() {
        return false;
    }
    let (relative, absolute) = tolerances(dtype);
    let allowed = Float::with_val(TOLERANCE_BITS, expected.abs_ref()) * relative + absolute;
    Float::with_val(TOLERANCE_BITS, &actual - &expected).abs() <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::two_to;

    fn close(actual: f64, truth: f64, dtype: Dtype) -> bool {
        is_close(&Exact::Double(actual), &Float::with_val(100, truth), dtype)
    }

    /// Thresholds by hand: 1 + 2^-10 and 1 are a step of f16 apart, 9.8e-4 of rtol 1e-3 and atol 1e-5 together.
    #[test]
    fn tolerances_are_torchs() {
        assert!(close(1.0 + two_to(-10), 1.0, Dtype::F16));
        assert!(!close(1.0 + two_to(-9), 1.0, Dtype::F16));
        assert!(close(1e-5, 0.0, Dtype::F32) && close(-1e-5, 0.0, Dtype::BF16) && !close(1.1e-5, 0.0, Dtype::F16));
        assert!(close(1.0 + 1.3e-6, 1.0, Dtype::F32) && !close(1.0 + 1.2e-5, 1.0, Dtype::F32));
        assert!(close(1.0 + 1.9e-7, 1.0, Dtype::F64) && !close(1.0 + 2.1e-7, 1.0, Dtype::F64));
        // The exact gradient is rounded to the type first: 65520 is infinite in f16.
        assert!(close(f64::INFINITY, 65520.0, Dtype::F16) && !close(65504.0, 65520.0, Dtype::F16));
        assert!(!close(f64::NAN, 0.0, Dtype::F16));
        assert!(close(0.5, 0.5, Dtype::F8E5M2) && !close(0.625, 0.5, Dtype::F8E5M2));
    }
}
