//! Rounding noise over minibatch noise by layer, at the last measured step of each arithmetic that knows it.

use crate::record::training::{Learner, TrainingRun};
use crate::report::training::measured;

/// Highest and lowest power of ten shown; what lies beyond sits on the edge.
const HIGHEST: i32 = 3;
const LOWEST: i32 = -18;

/// The panel.
#[derive(Clone, Debug, PartialEq)]
pub struct MinibatchPanel {
    /// First and last layer.
    pub layers: (usize, usize),
    /// The axis, as powers of ten.
    pub decades: (i32, i32),
    /// One per format that knows it, in the order given.
    pub curves: Vec<MinibatchCurve>,
    /// True if a value lies beyond the axis and is drawn on its edge.
    pub clamped: bool,
}

/// An arithmetic's ratios.
#[derive(Clone, Debug, PartialEq)]
pub struct MinibatchCurve {
    /// The arithmetic's place in the list.
    pub arithmetic: usize,
    /// Its name.
    pub name: String,
    /// `at step 475`.
    pub note: String,
    /// Layer and log₁₀ of the ratio, on the axis.
    pub points: Vec<(usize, f64)>,
}

impl MinibatchPanel {
    /// The panel of a run.
    pub fn new(run: &TrainingRun) -> Option<MinibatchPanel> {
        let found = run.learners.iter().enumerate().filter_map(|(index, learner)| ratios(index, learner));
        let mut curves: Vec<MinibatchCurve> = found.collect();
        let all = || curves.iter().flat_map(|curve| &curve.points);
        let numbers = all().map(|(layer, _)| *layer);
        let layers = numbers.fold(None, |known: Option<(usize, usize)>, layer| {
            Some(known.map_or((layer, layer), |(low, high)| (low.min(layer), high.max(layer))))
        })?;
        let (mut bottom, mut top) = (-2, 1);
        for log10 in all().map(|(_, ratio)| core_math::log10(*ratio)).filter(|log10| log10.is_finite()) {
            bottom = bottom.min(log10.floor().max(f64::from(LOWEST)) as i32);
            top = top.max(log10.ceil().min(f64::from(HIGHEST)) as i32);
        }
        // No noise at all has a logarithm below every axis.
        let (low, high) = (f64::from(bottom), f64::from(top));
        let clamped = all().any(|(_, ratio)| !(low..=high).contains(&core_math::log10(*ratio)));
        for (_, ratio) in curves.iter_mut().flat_map(|curve| &mut curve.points) {
            *ratio = core_math::log10(*ratio).clamp(low, high);
        }
        Some(MinibatchPanel { layers, decades: (bottom, top), curves, clamped })
    }
}

/// An arithmetic's ratios themselves, at the last measured step that has one.
fn ratios(arithmetic: usize, learner: &Learner) -> Option<MinibatchCurve> {
    learner.measures.iter().rev().find_map(|measure| {
        let layers = measure.sites.iter();
        let points: Vec<(usize, f64)> =
            layers.filter_map(|layer| Some((layer.site, measured::over_minibatch(layer)?))).collect();
        let note = format!("at step {}", measure.step);
        (!points.is_empty()).then(|| MinibatchCurve { arithmetic, name: learner.name.clone(), note, points })
    })
}
