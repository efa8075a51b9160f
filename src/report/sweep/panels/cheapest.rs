//! Networks against depth: the precision with the fewest bits that keeps every layer sound.

use super::Grid;
use super::cell::{self, Cell};
use crate::judgement::sweep::Sweep;
use crate::report::panel::{self, Axis, Group, Mark, Paint, Palette, Panel, Plot, Row, Sample, Scale, Text};

/// How far left of its place a digit begins, in columns.
const DIGIT: f64 = 0.05;

/// The map; a digit in a cell is the precision's place in the key.
pub fn panel(sweep: &Sweep) -> Panel {
    panel_of(sweep, usize::MAX)
}

/// The same of the first networks.
pub fn panel_of(sweep: &Sweep, most: usize) -> Panel {
    let mut grid = Grid::new(sweep);
    let left_out = grid.lines.len().saturating_sub(most);
    grid.lines.truncate(most);
    let lanes = grid.lines.iter().map(|(_, name)| name.clone()).collect();
    let y = Axis::new("", Scale::Lanes(vec![Group { name: String::new(), lanes }]));
    let mut plot = Plot { x: grid.places(), y, ..Plot::default() };
    let (mut has_none, mut lost) = (false, Vec::new());
    let mut counts = vec![0; grid.precisions.len()];
    for (y, (line, name)) in grid.lines.iter().enumerate() {
        for (x, depth) in grid.depths.iter().enumerate() {
            let at = (x as f64, y as f64);
            let cell = Cell::at(line, 0, *depth);
            let found = line.depths.iter().position(|one| one == depth).and_then(|place| line.cheapest.get(place));
            // Rounding may be small where the network itself has lost its gradient.
            let is_lost = matches!(cell, Cell::Vanishing | Cell::Zero);
            let Some(found) = found.filter(|_| !is_lost) else {
                cell.draw(&mut plot, at);
                plot.tips.push(cell::tip(at, format!("{name}, depth {depth}\n{}", cell::words(line, 0, *depth))));
                lost.push(cell);
                continue;
            };
            let place = grid.precisions.iter().position(|one| found.as_deref() == Some(*one));
            has_none |= place.is_none();
            let paint = place.map_or(Paint::Faint, |place| Paint::Of(Palette::Series, place));
            plot.areas.push(cell::around(at, paint));
            if let Some(place) = place {
                counts[place] += 1;
                let words = (place + 1).to_string();
                let at = (at.0 - DIGIT * words.len() as f64, at.1);
                plot.marks.push(Mark::Text(Text { at, words, paint: Paint::Paper, is_free: false }));
            }
            let found = found.as_deref().unwrap_or("none of the precisions");
            plot.tips.push(cell::tip(at, format!("{name}, depth {depth}\n{found}")));
        }
    }
    let precisions = grid.precisions.iter().enumerate().zip(&counts).filter(|(_, count)| **count > 0);
    let mut key: Vec<(Sample, String)> = precisions
        .map(|((place, name), _)| {
            (Sample::Area(Paint::Of(Palette::Series, place), 1.0), format!("{}: {name}", place + 1))
        })
        .collect();
    key.extend(panel::key(cell::key(&lost)));
    key.extend(panel::key([
        (has_none, Sample::Area(Paint::Faint, 1.0), "none of them"),
        (left_out > 0, Sample::Nothing, &format!("{left_out} more are in the other pictures")),
    ]));
    let told = grid.precisions.iter().zip(&counts).map(|(name, count)| format!("{name} in {count}"));
    Panel {
        name: "formats".into(),
        title: "Precision with the fewest bits that keeps every layer sound".into(),
        alternative: format!("Cells by that precision: {}.", told.collect::<Vec<_>>().join(", ")),
        key,
        rows: vec![Row { plots: vec![plot], ..Row::default() }],
    }
}
