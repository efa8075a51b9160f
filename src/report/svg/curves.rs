//! Series: bands below lines below markers, the first one, which is judged, above the others.

use super::canvas::{Canvas, Drawn, Point};
use super::labels::Labels;
use super::ruler::Ruler;
use crate::report::panel::{BANDS, Curve, Joined, Single, Symbol};

/// Least distance of a curve's markers.
const MARKER_DISTANCE: f64 = 60.0;
/// Least distance of points that stand alone.
const SINGLE_DISTANCE: f64 = 9.0;
/// Widest distance of series side by side, and the part of a column that they take.
const BESIDE: (f64, f64) = (16.0, 0.72);
/// Opacity of a band.
const BAND: f64 = 0.16;
const LINE: f64 = 1.8;
const RADIUS: f64 = 3.2;

/// Draws curves, and tells labels where they are.
pub fn draw(canvas: &Canvas, curves: &[Curve], (x, y): (&Ruler, &Ruler), labels: &mut Labels) -> Drawn {
    let count = curves.len();
    let shift = |rank: usize| match x.has_places() {
        true => (rank as f64 - (count as f64 - 1.0) / 2.0) * BESIDE.0.min(x.unit() * BESIDE.1 / count.max(1) as f64),
        false => 0.0,
    };
    let place = |rank: usize, along: f64, upwards: f64| (x.at(along) + shift(rank), y.at_of(upwards, (rank, count)));
    let bands_of = if x.has_places() { count } else { BANDS };
    for (rank, curve) in curves.iter().enumerate().take(bands_of).rev() {
        bands(canvas, curve, x.has_places(), |point, upwards| place(rank, point.x, upwards))?;
    }
    let middles = |rank: usize, stretch: &[Joined]| -> Vec<Point> {
        stretch.iter().map(|point| place(rank, point.x, point.median)).collect()
    };
    for (rank, curve) in curves.iter().enumerate().rev() {
        for stretch in &curve.stretches {
            let line = middles(rank, stretch);
            labels.avoid_line(&line);
            canvas.dashed(&line, curve.series.paint, LINE, curve.series.dash)?;
        }
    }
    for (rank, curve) in curves.iter().enumerate().rev() {
        // Shifted against other curves.
        let mut next = f64::NEG_INFINITY;
        let every = if x.unit() >= MARKER_DISTANCE / 2.0 { 0.0 } else { MARKER_DISTANCE };
        for stretch in curve.stretches.iter().map(|stretch| middles(rank, stretch)) {
            next = next.max(stretch.first().map_or(next, |(x, _)| x + every * rank as f64 / count.max(1) as f64));
            for at in &stretch {
                if every == 0.0 || stretch.len() == 1 || at.0 >= next {
                    canvas.marker(*at, curve.series.marker, RADIUS, curve.series.paint, false)?;
                    next = at.0 + every;
                }
            }
        }
    }
    singles(canvas, curves, x, |rank, at| place(rank, at.0, at.1))
}

/// Bands over joined points; a point alone has no width of its own, so that its band is an error bar.
fn bands(canvas: &Canvas, curve: &Curve, is_bars: bool, place: impl Fn(&Joined, f64) -> Point) -> Drawn {
    for stretch in &curve.stretches {
        let upper = stretch.iter().map(|point| place(point, point.high));
        let lower = stretch.iter().rev().map(|point| place(point, point.low));
        if stretch.len() > 1 && !is_bars {
            canvas.area(&upper.chain(lower).collect::<Vec<_>>(), curve.series.paint, BAND)?;
        } else {
            for point in stretch.iter().filter(|point| point.low < point.high) {
                canvas.line(&[place(point, point.low), place(point, point.high)], curve.series.paint, 1.2)?;
            }
        }
    }
    Ok(())
}

/// Points that stand alone: curves often have theirs at the same places (all overflowed), which they share.
fn singles(canvas: &Canvas, curves: &[Curve], x: &Ruler, place: impl Fn(usize, (f64, f64)) -> Point) -> Drawn {
    // An arrow belongs to its line and stays on it.
    let is_moved = |single: &&Single| !matches!(single.symbol, Symbol::Downward | Symbol::Leftward);
    let having: Vec<usize> =
        (0..curves.len()).filter(|rank| curves[*rank].singles.iter().any(|one| is_moved(&one))).collect();
    for (rank, curve) in curves.iter().enumerate() {
        let draw = |single: &Single, (x, y): Point| {
            let symbol = match single.symbol {
                Symbol::Marker { is_hollow, .. } => Symbol::Marker { marker: curve.series.marker, is_hollow },
                other => other,
            };
            canvas.symbol((x, y), symbol, RADIUS + 0.2, curve.series.paint)
        };
        for single in curve.singles.iter().filter(|single| !is_moved(single)) {
            draw(single, place(rank, single.at))?;
        }
        let moved: Vec<&Single> = curve.singles.iter().filter(is_moved).collect();
        let turn = (having.iter().position(|one| *one == rank).unwrap_or(0), having.len());
        for (index, shift) in
            shown(&moved.iter().map(|one| x.at(one.at.0)).collect::<Vec<_>>(), turn, x.unit(), x.has_columns())
        {
            let at = place(rank, moved[index].at);
            draw(moved[index], (at.0 + shift, at.1))?;
        }
    }
    Ok(())
}

/// Which of a curve's points are drawn, and how far beside their place.
///
/// In wide columns the points of the `of` curves stand side by side; in narrow ones each curve, by its `rank`, takes other
/// columns in turn. A curve without one in its turn draws its first.
fn shown(places: &[f64], (rank, of): (usize, usize), column: f64, has_columns: bool) -> Vec<(usize, f64)> {
    if has_columns && column >= SINGLE_DISTANCE * of as f64 {
        let shift = (rank as f64 - (of as f64 - 1.0) / 2.0) * SINGLE_DISTANCE;
        return (0..places.len()).map(|index| (index, shift)).collect();
    }
    // Slots of whole columns, so that two curves never take the same one; a curve draws its first point of a slot.
    let slot_width = if has_columns { (SINGLE_DISTANCE / column).ceil().max(1.0) * column } else { SINGLE_DISTANCE };
    let slot = |index: &usize| (places[*index] / slot_width).floor() as i64;
    let all: Vec<usize> = (0..places.len()).collect();
    let firsts = all.chunk_by(|one, next| slot(one) == slot(next)).filter_map(|group| group.first());
    // Places that are no columns are each curve's own.
    let is_turn = |index: &&usize| !has_columns || slot(index).rem_euclid(of.max(1) as i64) == rank as i64;
    let mut shown: Vec<(usize, f64)> = firsts.filter(is_turn).map(|index| (*index, 0.0)).collect();
    if shown.is_empty() && !places.is_empty() {
        shown.push((0, 0.0));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of curves that all have one in every layer never touch, whatever the width of a column.
    #[test]
    fn points_of_several_curves_stand_apart() {
        for depth in [1, 2, 3, 10, 30, 51, 100, 501, 2000] {
            let column = 742.0 / f64::from(depth);
            let places: Vec<f64> = (0..depth).map(|layer| (f64::from(layer) + 0.5) * column).collect();
            for of in [1, 2, 3, 7, 10] {
                // Only curves that have a turn within the plot: more points than columns cannot stand apart.
                let turns = of.min(depth as usize);
                let of_turn = |rank| shown(&places, (rank, of), column, true);
                let mut all: Vec<f64> =
                    (0..turns).flat_map(of_turn).map(|(index, shift)| places[index] + shift).collect();
                assert!(all.len() >= turns, "depth {depth}, {of} curves");
                all.sort_by(f64::total_cmp);
                let least = all.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
                assert!(least > SINGLE_DISTANCE - 0.01, "depth {depth}, {of} curves: {least}");
            }
        }
    }

    #[test]
    fn a_curve_with_one_point_shows_it() {
        for rank in 0..10 {
            assert_eq!(shown(&[3.3], (rank, 10), 1.5, true).len(), 1);
        }
    }
}
