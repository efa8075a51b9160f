//! What a sweep will measure and what it takes, in words.

use super::arguments::SweepArguments;
use super::calibration::Rates;
use super::planning::Planning;
use crate::cli::failure::Failure;
use crate::cli::measuring::counted;
use crate::probe::memory;
use indicatif::HumanDuration;
use std::time::Duration;

/// The plan for some of the cells in words, with the time that they will take.
pub fn in_words(planning: &Planning, cells: &[usize], arguments: &SweepArguments) -> Result<String, Failure> {
    let spec = &planning.plan.spec;
    let (workers, _) = planning.split(cells.len());
    let axes = planning.plan.axes.iter().filter_map(|axis| {
        let (long, values) = (axis.field()?.option.long, &axis.values);
        Some(format!("{long} {} to {} ({} values)", values.first()?, values.last()?, values.len()))
    });
    let activations = counted(spec.activations.len(), "activation");
    let all: Vec<String> = std::iter::once(activations).chain(axes).collect();
    let of = match cells.len() == planning.cells.len() {
        true => String::new(),
        false => format!(" of {}", planning.cells.len()),
    };
    let (trials, formats) = (counted(spec.trials, "trial"), counted(spec.formats.len(), "precision"));
    let mut largest: Vec<u64> = cells.iter().filter_map(|place| Some(planning.cells.get(*place)?.memory)).collect();
    largest.sort_unstable_by(|x, y| y.cmp(x));
    let memory = largest.iter().take(workers).fold(0, |sum: u64, one| sum.saturating_add(*one));
    let rates = Rates::measure(planning, cells)?;
    // A search measures fewer cells than it may choose from.
    let most = if planning.plan.bisects { "at most" } else { "about" };
    let time = rates.map_or_else(
        || "no time".into(),
        |rates| format!("{most} {}", HumanDuration(Duration::from_secs_f64(rates.time(planning, cells, workers)))),
    );
    Ok(format!(
        "{}{}{of}: {}; {trials} in {formats} each\nmemory about {}, disk {most} {}, time {time} in {}\n",
        if planning.plan.bisects { "at most " } else { "" },
        counted(cells.len(), "cell"),
        all.join(", "),
        memory::in_words(memory.min(planning.memory.unwrap_or(u64::MAX))),
        memory::in_words(planning.disk(cells, arguments.records)),
        counted(planning.threads, "thread"),
    ))
}
