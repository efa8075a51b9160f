//! What storing a gradient in its file's types costs: half an ulp of every number.

use crate::judgement::Tensor;
use crate::record::{ArithmeticRun, FormatFacts, SiteRun, StoredType};

/// How a file stores one layer's gradient.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storage {
    /// Largest relative rounding of the gradient, numbers in the normal range: half an ulp of 1, of a layer whose tensors
    /// differ in type weighted by their norms.
    pub unit: f64,
    /// log₂ of the 2-norm of half the spacings of subnormal numbers, one for each entry, with the loss scale divided out;
    /// `None` if the range is unbounded.
    log2_subnormal: Option<f64>,
    /// Of a file that holds several types, the largest rounding of each tensor, relative to its norm.
    tensors: [Option<(Tensor, f64)>; 2],
    /// The file holds several types.
    is_mixed: bool,
}

/// One tensor of a layer.
struct Part {
    tensor: Tensor,
    /// log₂ of the norm of its exact gradient, which stands for that of the stored one.
    log2_norm: f64,
    entries: f64,
    format: FormatFacts,
}

impl Storage {
    /// Of a layer of a file whose loss was multiplied by 2^`log2_scale`.
    pub fn new(run: &ArithmeticRun, layer: &SiteRun, log2_scale: i32) -> Storage {
        let parts = parts(layer);
        if parts.is_empty() {
            let entries = layer.fates.total() as f64;
            let spacing = log2_spacing(&run.format, log2_scale);
            return Storage {
                unit: unit(&run.format),
                log2_subnormal: spacing.map(|log2| core_math::log2(entries.sqrt()) + log2),
                tensors: [None; 2],
                is_mixed: false,
            };
        }
        let largest = parts.iter().map(|part| part.log2_norm).fold(f64::NEG_INFINITY, f64::max);
        let share = |part: &Part| core_math::exp2(2.0 * (part.log2_norm - largest));
        let rounding = parts.iter().map(|part| share(part) * unit(&part.format) * unit(&part.format)).sum::<f64>();
        let spacings = parts.iter().filter_map(|part| Some((part.entries, log2_spacing(&part.format, log2_scale)?)));
        let spacings: Vec<(f64, f64)> = spacings.collect();
        let widest = spacings.iter().map(|(_, log2)| *log2).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = spacings.iter().map(|(entries, log2)| entries * core_math::exp2(2.0 * (log2 - widest))).sum();
        let of_tensor = |part: &Part| {
            let spacing = log2_spacing(&part.format, log2_scale);
            let subnormal = spacing.map(|log2| core_math::log2(part.entries.max(1.0).sqrt()) + log2 - part.log2_norm);
            (part.tensor, unit(&part.format) + subnormal.map_or(0.0, core_math::exp2))
        };
        Storage {
            tensors: [0, 1].map(|place| parts.get(place).map(of_tensor)),
            unit: (rounding / parts.iter().map(share).sum::<f64>()).sqrt(),
            log2_subnormal: (sum > 0.0).then(|| widest + core_math::log2(sum) / 2.0),
            is_mixed: true,
        }
    }

    /// The largest rounding relative to a gradient of that norm.
    pub fn relative(&self, log2_norm: f64) -> f64 {
        self.unit + self.log2_subnormal.map_or(0.0, |log2| core_math::exp2(log2 - log2_norm))
    }

    /// The same of one tensor in a file of several types.
    pub fn relative_of(&self, tensor: Tensor) -> Option<f64> {
        self.tensors.iter().flatten().find(|(one, _)| *one == tensor).map(|(_, relative)| *relative)
    }

    /// What storing adds to the error of a model whose stored format rounds by up to `floor`: in a file of several types,
    /// where the layer's own is the coarser one, relative to a gradient of that norm. In a file of one type the model
    /// is to have that type.
    pub fn beyond(&self, floor: f64, log2_norm: f64) -> Option<f64> {
        (self.is_mixed && self.unit > floor).then(|| self.relative(log2_norm))
    }
}

/// Weights and biases of a layer with their types; empty where all of the file have one type, or the exact gradient is not
/// known.
fn parts(layer: &SiteRun) -> Vec<Part> {
    let Some(external) = &layer.external else { return Vec::new() };
    let tensors = layer.trials.first().map_or(&[][..], |trial| &trial.tensors);
    let part = |which: Tensor, name: &str, stored: &Option<StoredType>, entries: u64| {
        let tensor = tensors.iter().find(|tensor| tensor.tensor == name)?;
        let format = stored.as_ref()?.format.clone()?;
        // A tensor whose exact gradient is zero stores nothing that could be rounded.
        Some(Part { tensor: which, log2_norm: tensor.log2_signal.finite()?, entries: entries as f64, format })
    };
    let weights = layer.fates.total();
    [
        part(Tensor::Weight, "weight", &external.weight_type, weights),
        part(Tensor::Bias, "bias", &external.bias_type, external.entries.saturating_sub(weights)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Half an ulp of 1.
fn unit(format: &FormatFacts) -> f64 {
    core_math::exp2(-f64::from(format.precision))
}

/// log₂ of half the spacing of subnormal numbers; `None` if there are none.
fn log2_spacing(format: &FormatFacts, log2_scale: i32) -> Option<f64> {
    Some(format.log2_smallest_subnormal.finite()? - f64::from(log2_scale) - 1.0)
}
