//! Gradients that are a constant multiple of the right ones: a loss scale that was not divided out or divided out twice, a
//! sum instead of a mean.

use super::storage::Storage;
use crate::record::{ArithmeticRun, Number, Projection, SiteRun};
use schemars::JsonSchema;
use serde::Serialize;

/// Largest difference of log₂|c| between layers that still have one factor.
const SPREAD: f64 = 0.01;

/// Least |log₂|c|| of a factor that is not 1.
const LEAST: f64 = 0.05;

/// Relative error of a number whose logarithm is recorded to nine digits.
const RECORDED: f64 = 1e-7;

/// A constant factor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Factor {
    /// Which number its size is.
    pub kind: FactorKind,
    /// The sign is reversed.
    pub is_negative: bool,
    /// log₂ of its size, as measured.
    pub log2: Number,
}

/// The size of a factor, as exactly as the noise allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FactorKind {
    /// 2^exponent.
    PowerOfTwo {
        /// The exponent.
        exponent: i32,
    },
    /// A whole number.
    Integer {
        /// Which.
        number: u32,
    },
    /// One over a whole number.
    Reciprocal {
        /// Which.
        number: u32,
    },
    /// Another number, or one that the noise does not determine.
    Other,
}

/// One layer's multiple of the model's gradient.
#[derive(Clone, Copy, Debug)]
struct Multiple {
    /// log₂|c|.
    log2: f64,
    is_negative: bool,
    /// Largest relative error of c due to noise.
    blur: f64,
}

/// The one factor of layers of theirs and of the model at a place among the run's arithmetics, and how many they are.
pub(super) fn constant<'l>(
    theirs: &ArithmeticRun,
    layers: impl Iterator<Item = (&'l SiteRun, &'l SiteRun)>,
    place: usize,
    log2_scale: i32,
) -> Option<(Factor, usize)> {
    // Zeros have no factor.
    let has_entries = |(theirs, _): &(&SiteRun, &SiteRun)| norm(theirs) != Some(Number::MinusInfinite);
    let of =
        |(layer, ours): (&SiteRun, &SiteRun)| multiple(layer, ours, place, &Storage::new(theirs, layer, log2_scale));
    let multiples = layers.filter(has_entries).map(of).collect::<Option<Vec<Multiple>>>()?;
    Some((common(&multiples)?, multiples.len()))
}

/// The factor of one layer alone.
pub(super) fn of_layer(theirs: &SiteRun, ours: &SiteRun, place: usize, storage: &Storage) -> Option<Factor> {
    common(&[multiple(theirs, ours, place, storage)?])
}

fn norm(layer: &SiteRun) -> Option<Number> {
    layer.external.as_ref()?.log2_norm
}

/// A layer's multiple, if what is left over is no more than twice the noise of the model and of the stored numbers.
fn multiple(theirs: &SiteRun, ours: &SiteRun, place: usize, storage: &Storage) -> Option<Multiple> {
    let Projection { log2_norm, log2_factor, is_negative, log2_rest } =
        *theirs.external.as_ref()?.projections.get(place)?;
    let (norm, log2) = (log2_norm.finite()?, log2_factor.finite()?);
    let noise = ours.noise().median.finite()?;
    // Both relative to ‖c·m‖.
    let blur = 2.0 * (noise + storage.relative(log2 + norm));
    let rest = core_math::exp2(log2_rest.value() - log2 - norm);
    // Noise as large as the gradient could have reversed the sign.
    (rest <= blur && (!is_negative || blur < 1.0)).then_some(Multiple { log2, is_negative, blur })
}

/// The one factor of several layers, if it is not 1 and no noise explains it.
fn common(multiples: &[Multiple]) -> Option<Factor> {
    let first = multiples.first()?;
    let all = |pick: fn(f64, f64) -> f64| multiples.iter().map(|one| one.log2).fold(first.log2, pick);
    let (low, high) = (all(f64::min), all(f64::max));
    let is_one = |one: &Multiple| !one.is_negative && one.log2.abs() <= LEAST.max(core_math::log2(1.0 + one.blur));
    let agrees = |one: &Multiple| one.is_negative == first.is_negative && !is_one(one);
    if high - low >= SPREAD || !multiples.iter().all(agrees) {
        return None;
    }
    let best = multiples.iter().min_by(|x, y| x.blur.total_cmp(&y.blur))?;
    let is = |log2: f64| {
        multiples.iter().all(|one| (one.log2 - log2).abs() <= SPREAD.min(core_math::log2(1.0 + one.blur + RECORDED)))
    };
    Some(Factor { kind: kind(best, &is), is_negative: first.is_negative, log2: Number::new(best.log2) })
}

/// The power of two, whole number or fraction that all layers agree with.
fn kind(best: &Multiple, is: &dyn Fn(f64) -> bool) -> FactorKind {
    let exponent = best.log2.round();
    if is(exponent) && exponent.abs() < 1e6 {
        return FactorKind::PowerOfTwo { exponent: exponent as i32 };
    }
    let whole = |log2: f64| {
        let number = core_math::exp2(log2).round();
        // Where noise covers half the way to the next whole number, either fits.
        let is_certain = number >= 2.0 && number * (best.blur + RECORDED) < 0.25;
        is_certain.then_some(number)
    };
    if let Some(number) = whole(best.log2).filter(|number| is(core_math::log2(*number))) {
        return FactorKind::Integer { number: number as u32 };
    }
    match whole(-best.log2).filter(|number| is(-core_math::log2(*number))) {
        Some(number) => FactorKind::Reciprocal { number: number as u32 },
        None => FactorKind::Other,
    }
}
