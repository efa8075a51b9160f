//! The numbers behind the spots of a figure, one short text each.

use super::glossary::fate_name;
use crate::judgement::{Judgement, RunJudgement};
use crate::record::{ArithmeticRun, Quantiles, Record, Run, SiteRun};
use crate::report::draw::Spot;
use crate::report::figure::{Fate, Owner, RangePanel, Summary};
use crate::report::numbers::{LOG10_2, Notation::Typeset, percent, power_of_two, short};
use crate::report::probe::tables as table;
use crate::report::{cause, facts};

/// A point of the comparison: an activation in an arithmetic, at layer 1.
pub fn lane(record: &Record, judgement: &Judgement, spot: &Spot) -> Option<String> {
    let run = record.runs.get(spot.row)?;
    let arithmetic = run.arithmetics.get(spot.column)?;
    let layer = arithmetic.sites.first()?;
    let judged = judgement.runs.get(spot.row)?.arithmetics.get(spot.column)?;
    let reach = facts::verdict_and_reach(judged);
    Some(format!("{} in {}, layer {}\n{}\n{reach}", run.activation, arithmetic.name, layer.site, ratio(layer)))
}

/// A point of the noise panel.
pub fn noise(run: &Run, judged: &RunJudgement, spot: &Spot) -> Option<String> {
    let (arithmetic, index, layer) = layer(run, spot)?;
    let verdict = facts::verdict_and_count(judged.arithmetics.get(spot.row)?.verdicts.get(index)?);
    let theory = run.arithmetics.get(spot.row)?.theory.get(index);
    let predicted = theory.and_then(|theory| theory.predicted.finite());
    let predicted = predicted.map_or(String::new(), |x| format!("\npredicted {}", short(x, Typeset)));
    Some(format!("{}\n{}{predicted}\n{verdict}", place(arithmetic, layer), ratio(layer)))
}

/// A lane of the attribution: a source at layer 1, alone and taken away.
pub fn attribution(run: &Run, figure: &Summary, spot: &Spot) -> Option<String> {
    let row = figure.attribution.as_ref()?.rows.get(spot.row)?;
    let arithmetic = run.arithmetics.get(row.arithmetic)?;
    let source = cause::sources(arithmetic).get(spot.column)?;
    let first = arithmetic.sites.first()?;
    let site = source.sites.first()?;
    let alone = site.alone.as_ref().map_or(String::new(), |noise| format!("\nonly {}", spread(noise)));
    let without = format!("\nall but {}", spread(&site.without));
    let plain = table::spread(first, Typeset);
    Some(format!("{}, {}{alone}{without}\nall {plain}", place(arithmetic, first), source.source.name()))
}

/// A point of the sources by layer.
pub fn sources(run: &Run, judged: &RunJudgement, figure: &Summary, spot: &Spot) -> Option<String> {
    let (index, arithmetic) = cause::first_attributed(run)?;
    match figure.sources.as_ref()?.curves.get(spot.row)?.owner {
        Owner::Arithmetic(_) => noise(run, judged, &Spot { row: index, ..*spot }),
        Owner::Source(source) => {
            let one = cause::sources(arithmetic).iter().find(|one| one.source == source)?;
            let layer = arithmetic.sites.iter().find(|layer| layer.site == spot.column)?;
            let alone = one.sites.iter().find(|site| site.site == spot.column)?.alone.as_ref()?;
            let head = place(arithmetic, layer);
            Some(format!("{head}\nonly {}\nnoise/signal {}", source.name(), spread(alone)))
        }
    }
}

/// `0.286 [0.232–0.391]` of a source, which has no trials of its own to leave out.
fn spread(noise: &Quantiles) -> String {
    let bracket = |noise: &Quantiles| {
        let ends = [noise.low, noise.high].map(|end| short(end.value(), Typeset));
        format!(" [{}]", ends.join("–"))
    };
    let bracket = if noise.low == noise.high { String::new() } else { bracket(noise) };
    format!("{}{bracket}", cause::of(noise, Typeset))
}

/// A layer of a strip of fates: the shares that are not nothing.
pub fn fates(run: &Run, spot: &Spot) -> Option<String> {
    let (arithmetic, _, layer) = layer(run, spot)?;
    let total = layer.fates.total();
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

/// A layer of the panel of the exact gradient's size.
pub fn range(run: &Run, panel: &RangePanel, spot: &Spot) -> Option<String> {
    let truth = run.truth.sites.iter().find(|layer| layer.site == spot.column)?;
    let evidence = truth.trials.first().map_or(String::new(), |trial| trial.evidence.to_string());
    let name = run.sites.iter().find(|site| site.ordinal == truth.site).map_or("", |site| &site.name);
    let head = format!("layer {} ({name})", truth.site);
    let Some(point) = panel.points.iter().find(|point| point.layer == spot.column) else {
        let is_zero = panel.zero_layers.contains(&spot.column);
        return Some(format!("{head}\n{}", if is_zero { "every entry is zero" } else { &evidence }));
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
fn layer<'a>(run: &'a Run, spot: &Spot) -> Option<(&'a ArithmeticRun, usize, &'a SiteRun)> {
    let arithmetic = run.arithmetics.get(spot.row)?;
    let index = arithmetic.sites.iter().position(|layer| layer.site == spot.column)?;
    Some((arithmetic, index, arithmetic.sites.get(index)?))
}

fn place(arithmetic: &ArithmeticRun, layer: &SiteRun) -> String {
    format!("layer {}, {}", layer.site, facts::name(arithmetic, Typeset))
}

/// `noise/signal 0.286 [0.232–0.391]`.
fn ratio(layer: &SiteRun) -> String {
    format!("noise/signal {}", table::spread(layer, Typeset))
}
