//! Finds horizons by bisection: in every round each line of networks names the depths that its search asks for, and all of
//! them are measured together. What is asked depends on results alone, so that a search that was interrupted asks the same.

use super::arguments::SweepArguments;
use super::planning::Planning;
use super::store::Store;
use super::workers;
use crate::cli::failure::Failure;
use crate::judgement::cell::Cell;
use crate::judgement::horizon::search::{Probed, next};
use crate::record::sweep::AxisValue;
use crate::sweep::plan::DEPTH;
use std::collections::BTreeMap;
use std::io;

/// Networks that differ in depth alone: the places of their cells in the plan by depth, and what is known of each.
struct Line {
    places: Vec<usize>,
    grid: Vec<Probed>,
}

/// Measures the cells that the search asks for, and returns all of them in the plan's order.
///
/// # Errors
/// As [`workers::measure`], or a stored cell that cannot be read.
pub fn measure(planning: &Planning, store: &Store, arguments: &SweepArguments) -> Result<Vec<usize>, Failure> {
    let mut lines = lines(planning);
    let mut asked = Vec::new();
    loop {
        let round: Vec<Vec<usize>> = lines.iter().map(|line| next(&line.grid).into_iter().collect()).collect();
        let places: Vec<usize> = lines.iter().zip(&round).flat_map(|(line, round)| line.of(round)).collect();
        if places.is_empty() {
            asked.sort_unstable();
            return Ok(asked);
        }
        let rest = store.rest(&places);
        if !rest.is_empty() {
            workers::measure(planning, store, rest, arguments)?;
        }
        for (line, round) in lines.iter_mut().zip(round) {
            line.learn(&round, store).map_err(Failure::Output)?;
        }
        asked.extend(places);
    }
}

/// The lines of a plan.
fn lines(planning: &Planning) -> Vec<Line> {
    let mut found: BTreeMap<String, Vec<(u64, usize)>> = BTreeMap::new();
    for (place, cell) in planning.cells.iter().enumerate() {
        let mut values = planning.plan.values(cell.combination);
        let depth = match values.remove(DEPTH) {
            Some(AxisValue::Whole(depth)) => depth,
            _ => 0,
        };
        let name = values.iter().map(|(field, value)| format!("{field}={value} ")).collect();
        found.entry(name).or_default().push((depth, place));
    }
    let line = |mut cells: Vec<(u64, usize)>| {
        cells.sort_unstable();
        let places: Vec<usize> = cells.into_iter().map(|(_, place)| place).collect();
        Line { grid: vec![Probed::Unknown; places.len()], places }
    };
    found.into_values().map(line).collect()
}

impl Line {
    /// The places in the plan of some depths of the grid.
    fn of(&self, round: &[usize]) -> Vec<usize> {
        round.iter().filter_map(|index| self.places.get(*index).copied()).collect()
    }

    /// Takes in what was measured.
    fn learn(&mut self, round: &[usize], store: &Store) -> io::Result<()> {
        for index in round {
            let place = self.places[*index];
            let line = store.line(place)?.ok_or_else(|| io::Error::other(format!("cell {} is missing", place + 1)))?;
            let cell: Cell = serde_json::from_slice(&line).map_err(io::Error::other)?;
            self.grid[*index] = cell.outcome.into();
        }
        Ok(())
    }
}
