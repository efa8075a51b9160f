//! Rounding noise over minibatch noise by layer, at the last measured step of each format that knows it.

use super::copies::{entry, joined, learners};
use crate::record::training::{Learner, TrainingRun};
use crate::report::numbers::{Notation::Typeset, short};
use crate::report::panel::{self, Area, Axis, Curve, Paint, Panel, Plot, Powers, Row, Rule, Sample, Scale, Tip};
use crate::report::training::measured;

/// Least and greatest power of ten shown.
const BOUNDS: (f64, f64) = (-18.0, 3.0);

/// The panel of a run; `None` where the ratio is known nowhere.
pub(super) fn panel(run: &TrainingRun) -> Option<Panel> {
    let mut plot = Plot::default();
    let (mut beside, mut greatest) = (Vec::new(), Vec::new());
    for (series, learner) in learners(run) {
        let Some((step, ratios)) = ratios(learner) else { continue };
        for (layer, ratio) in &ratios {
            let words = format!("{}\nlayer {layer}: {}", learner.name, short(*ratio, Typeset));
            plot.tips.push(Tip::point((*layer as f64, core_math::log10(*ratio)), beside.len(), words));
        }
        let stretches = ratios.chunk_by(|one, next| one.0.checked_add(1) == Some(next.0)).map(|stretch| {
            stretch.iter().map(|(layer, ratio)| joined((*layer as f64, core_math::log10(*ratio)))).collect()
        });
        plot.curves.push(Curve { series, stretches: stretches.collect(), singles: Vec::new() });
        beside.push(entry(series, &learner.name, format!("at step {step}")));
        let most = ratios.iter().map(|(_, ratio)| *ratio).fold(0.0, f64::max);
        greatest.push(format!("{} in {}", short(most, Typeset), learner.name));
    }
    let layers = || plot.tips.iter().map(|tip| tip.x.0 as usize);
    let (first, last) = (layers().min()?, layers().max()?);
    let (low, high) = plot
        .tips
        .iter()
        .map(|tip| tip.y.0)
        .filter(|y| y.is_finite())
        .fold((-2.0, 1.0), |(low, high), y| (y.floor().max(BOUNDS.0).min(low), y.ceil().min(BOUNDS.1).max(high)));
    let is_exceeded = plot.tips.iter().any(|tip| !(low..=high).contains(&tip.y.0));
    let key = panel::key([
        (true, Sample::Nothing, "rounding error of the weight gradient relative to the spread over minibatches"),
        (is_exceeded, Sample::Nothing, "points on an edge lie beyond it"),
    ]);
    plot.x = Axis::layers((first, last));
    plot.y = Axis::new("rounding / minibatch", Scale::Powers(Powers::of_ten(low, high)));
    let all = (f64::NEG_INFINITY, f64::INFINITY);
    plot.areas.push(Area::rectangle(all, (0.0, f64::INFINITY), Paint::ChaoticRegion));
    plot.rules.push(Rule::level(0.0, "as large as minibatch noise", 1.4, &[]));
    Some(Panel {
        name: "minibatch".into(),
        title: "Rounding noise / minibatch noise".into(),
        alternative: format!(
            "Rounding noise over minibatch noise by layer at the last measured step, at most: {}.",
            greatest.join(", ")
        ),
        key,
        rows: vec![Row { plots: vec![plot], beside, ..Row::default() }],
    })
}

/// The last measured step that has a ratio, and those by layer.
fn ratios(learner: &Learner) -> Option<(usize, Vec<(usize, f64)>)> {
    learner.measures.iter().rev().find_map(|measure| {
        let layers = measure.sites.iter();
        let ratios: Vec<(usize, f64)> =
            layers.filter_map(|layer| Some((layer.site, measured::over_minibatch(layer)?))).collect();
        (!ratios.is_empty()).then_some((measure.step, ratios))
    })
}
