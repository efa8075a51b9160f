//! Tables of horizons.

use super::words::{cell, full, marks, name, resampled};
use crate::judgement::horizon::{Horizon, LinePrecision};
use crate::judgement::sweep::Sweep;
use crate::record::Number;
use crate::report::table::{Column, GiveWay, Table};

/// log₂ of the largest and over the smallest size that any network has.
const LARGEST_LOG2: f64 = 1e7;

/// A row per network: where its exact gradient is lost, and where in every precision.
pub fn horizons(sweep: &Sweep) -> Table {
    let precisions = sweep.horizons.lines.first().map_or(&[][..], |line| &line.arithmetics);
    let columns = [Column::left("activation").giving_way(GiveWay::Name), Column::left("exact gradient")];
    let each = precisions.iter().map(|precision| Column::left(precision.name.clone()).giving_way(GiveWay::Wrap));
    let mut table = Table::new(columns.into_iter().chain(each));
    for line in &sweep.horizons.lines {
        let trials = sweep.plan.spec.trials;
        let own = [name(line, sweep), cell(&line.exact, trials)];
        table.push(own.into_iter().chain(line.arithmetics.iter().map(|one| cell(&one.horizons, trials))));
    }
    table.notes = marks(&table).into_iter().collect();
    table
}

/// A row per network, precision and mode that is reached.
pub fn every_horizon(sweep: &Sweep) -> Table {
    let mut table =
        Table::titled(["activation", "precision", "mode", "horizon", "95 % of resamples", "saturated trials"]);
    for line in &sweep.horizons.lines {
        let exact = line.exact.iter().map(|horizon| ("exact", horizon));
        let own =
            line.arithmetics.iter().flat_map(|one| one.horizons.iter().map(|horizon| (one.name.as_str(), horizon)));
        for (precision, horizon) in
            exact.chain(own).filter(|(_, horizon)| horizon.saturated.iter().any(|count| *count > 0))
        {
            // Depths of a bisection differ from line to line.
            let at = |(depth, count): (&usize, &usize)| match sweep.plan.bisects {
                true => format!("{depth}:{count}"),
                false => count.to_string(),
            };
            let counts: Vec<String> = line.depths.iter().zip(&horizon.saturated).map(at).collect();
            let row =
                [name(line, sweep), precision.into(), horizon.mode.to_string(), full(horizon), resampled(horizon)];
            table.push(row.into_iter().chain([counts.join(" ")]));
        }
    }
    let counts = if sweep.plan.bisects { "depth:trials" } else { "at every depth in turn" };
    table.notes = vec![format!(
        "(in brackets behind a horizon: the depths at which 2/5 and 4/5 of the trials are saturated; 95 % of resamples: of the trials, the same ones at every depth; saturated trials: {counts})"
    )];
    table
}

/// Every list of a line has an entry per measured depth, depths grow, and no mode has more trials than there are.
///
/// # Errors
/// What is otherwise, as a part of a sentence.
pub fn check(sweep: &Sweep) -> Result<(), String> {
    let count = sweep.horizons.lines.first().map_or(0, |line| line.arithmetics.len());
    for line in &sweep.horizons.lines {
        let depths = line.depths.len();
        let is_whole = |horizon: &Horizon| {
            let is_possible = |trials: &usize| *trials <= sweep.plan.spec.trials;
            horizon.saturated.len() == depths && horizon.saturated.iter().all(is_possible)
        };
        let is_complete = |one: &LinePrecision| {
            [0, depths].contains(&one.predicted.len())
                && one.noise.len() == depths
                && one.verdicts.len() == depths
                && one.horizons.iter().all(is_whole)
        };
        let is_size = |log2: &Number| log2.finite().is_none_or(|log2| log2.abs() <= LARGEST_LOG2);
        let has_exact = line.log2_relative.len() == depths && line.exact.iter().all(is_whole);
        let is_complete = has_exact && line.cheapest.len() == depths && line.arithmetics.iter().all(is_complete);
        let name = name(line, sweep);
        match () {
            () if !line.depths.is_sorted_by(|one, next| one < next) => Err(format!("the depths of {name} do not grow")),
            () if depths > 0 && line.arithmetics.len() != count => Err(format!("{name} has other precisions")),
            () if !line.log2_relative.iter().all(is_size) => {
                Err(format!("a gradient of {name} has an impossible size"))
            }
            () if !is_complete => Err(format!("{name} has not {depths} depths, or more trials than there are")),
            () => Ok(()),
        }?;
    }
    Ok(())
}
