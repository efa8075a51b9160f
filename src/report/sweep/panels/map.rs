//! Networks against depth, a map per precision: the noise of layer 1, and where which mode rules it.

use super::cell::{self, Cell};
use super::{Grid, rows};
use crate::judgement::horizon::Line;
use crate::judgement::sweep::Sweep;
use crate::report::panel::{self, Axis, Group, Height, Panel, Plot, Row, Scale};

/// A lane: its name, the network, and the place of the precision.
type Lane<'a> = (&'a str, &'a Line, usize);

/// The maps of all precisions.
pub fn panel(sweep: &Sweep) -> Panel {
    let grid = Grid::new(sweep);
    let (mut cells, mut worst) = (Vec::new(), Vec::new());
    let mut plots = Vec::new();
    for (title, lanes) in maps(&grid) {
        let (plot, own) = map(&grid, title, &lanes);
        let lost = own.iter().filter(|cell| !matches!(cell, Cell::Noise(_) | Cell::Absent)).count();
        let measured = own.iter().filter(|cell| !matches!(cell, Cell::Absent)).count();
        worst.push(format!("{title}: {lost} of {measured} cells"));
        cells.extend(own);
        plots.push(plot);
    }
    Panel {
        name: "map".into(),
        title: "What becomes of the gradient of layer 1".into(),
        alternative: format!("Cells whose gradient of layer 1 is lost, {}.", worst.join("; ")),
        key: panel::key(cell::key(&cells)),
        rows: rows(plots).into_iter().map(|row| Row { height: Height::Low, ..row }).collect(),
    }
}

/// A map per precision with a lane per network, or of one network a map with a lane per precision.
fn maps<'a>(grid: &'a Grid) -> Vec<(&'a str, Vec<Lane<'a>>)> {
    let precisions = || grid.precisions.iter().copied().enumerate();
    match grid.lines.as_slice() {
        [(line, name)] => vec![(name, precisions().map(|(place, precision)| (precision, *line, place)).collect())],
        lines => {
            let lanes = |place: usize| lines.iter().map(|(line, name)| (name.as_str(), *line, place)).collect();
            precisions().map(|(place, precision)| (precision, lanes(place))).collect()
        }
    }
}

fn map(grid: &Grid, title: &str, lanes: &[Lane]) -> (Plot, Vec<Cell>) {
    let names = lanes.iter().map(|(name, ..)| name.to_string()).collect();
    let mut plot = Plot {
        title: title.into(),
        x: grid.places(),
        y: Axis::new("", Scale::Lanes(vec![Group { name: String::new(), lanes: names }])),
        ..Plot::default()
    };
    let mut cells = Vec::new();
    for (y, (name, line, precision)) in lanes.iter().enumerate() {
        for (x, depth) in grid.depths.iter().enumerate() {
            let (at, cell) = ((x as f64, y as f64), Cell::at(line, *precision, *depth));
            cell.draw(&mut plot, at);
            cells.push(cell);
            let words = cell::words(line, *precision, *depth);
            plot.tips.push(cell::tip(at, format!("{name}, {title}, depth {depth}\n{words}")));
        }
    }
    (plot, cells)
}
