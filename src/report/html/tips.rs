//! The numbers behind the spots of a figure, one short text each.

use super::glossary::fate_name;
use crate::record::{ArithmeticRun, LayerRun, Record, Run};
use crate::report::draw::Spot;
use crate::report::figure::{Fate, RangePanel};
use crate::report::numbers::{LOG10_2, Notation::Typeset, percent, power_of_two};
use crate::report::{facts, table};

/// A point of the comparison: an activation in an arithmetic, at layer 1.
pub fn lane(record: &Record, spot: &Spot) -> Option<String> {
    let run = record.runs.get(spot.row)?;
    let arithmetic = run.arithmetics.get(spot.column)?;
    let layer = arithmetic.layers.first()?;
    let reach = facts::verdict_and_reach(arithmetic);
    Some(format!("{} in {}, layer {}\n{}\n{reach}", run.activation, arithmetic.name, layer.layer, ratio(layer)))
}

/// A point of the noise panel.
pub fn noise(run: &Run, spot: &Spot) -> Option<String> {
    let (arithmetic, _, layer) = layer(run, spot)?;
    let verdict = facts::verdict_and_count(&layer.verdict);
    Some(format!("{}\n{}\n{verdict}", place(arithmetic, layer), ratio(layer)))
}

/// A layer of a strip of fates: the shares that are not nothing.
pub fn fates(run: &Run, spot: &Spot) -> Option<String> {
    let (arithmetic, _, layer) = layer(run, spot)?;
    let total = facts::entries(&layer.fates);
    let counted = Fate::ALL.into_iter().map(|fate| (fate, fate.count(&layer.fates)));
    let shares = counted.filter(|(_, count)| *count > 0);
    let shares = shares.map(|(fate, count)| format!("\n{} {} ({count})", fate_name(fate), percent(count, total)));
    Some(format!("{}{}", place(arithmetic, layer), shares.collect::<String>()))
}

/// A point of the panel of flips.
pub fn flips(run: &Run, spot: &Spot) -> Option<String> {
    let (arithmetic, index, layer) = layer(run, spot)?;
    let flips = layer.flips?;
    let lost = match flips.nonfinite {
        0 => String::new(),
        lost => format!("\n{lost} of {} infinite or NaN", flips.total),
    };
    let shown = table::layer_flips(run, arithmetic, index);
    Some(format!(
        "{}\nflips {shown} ({} of {}, all trials){lost}",
        place(arithmetic, layer),
        flips.flipped,
        flips.total
    ))
}

/// A layer of the panel of the true gradient's size.
pub fn range(run: &Run, panel: &RangePanel, spot: &Spot) -> Option<String> {
    let truth = run.truth.layers.iter().find(|layer| layer.layer == spot.column)?;
    let evidence = truth.trials.first().map_or("", |trial| trial.evidence.as_str());
    let head = format!("layer {} ({})", truth.layer, truth.name);
    let Some(point) = panel.points.iter().find(|point| point.layer == spot.column) else {
        let is_zero = panel.zero_layers.contains(&spot.column);
        return Some(format!("{head}\n{}", if is_zero { "every entry is zero" } else { evidence }));
    };
    let size = |log10: f64| power_of_two(log10 / LOG10_2, Typeset);
    Some(format!(
        "{head}\nmedian |entry| {}\n1 % to 99 %: {} to {}\nlargest below {}",
        size(point.median),
        size(point.low),
        size(point.high),
        size(point.largest)
    ))
}

/// The layer that a spot shows.
fn layer<'a>(run: &'a Run, spot: &Spot) -> Option<(&'a ArithmeticRun, usize, &'a LayerRun)> {
    let arithmetic = run.arithmetics.get(spot.row)?;
    let index = arithmetic.layers.iter().position(|layer| layer.layer == spot.column)?;
    Some((arithmetic, index, arithmetic.layers.get(index)?))
}

fn place(arithmetic: &ArithmeticRun, layer: &LayerRun) -> String {
    format!("layer {}, {}", layer.layer, arithmetic.name)
}

/// `noise/signal 0.286 [0.232–0.391]`.
fn ratio(layer: &LayerRun) -> String {
    format!("noise/signal {}", table::spread(layer, Typeset))
}
