//! Curves over layers: the band, the line and the markers of every stretch of joined layers.

use super::axis::Layers;
use super::canvas::{Canvas, Drawn};
use super::style::Series;

/// Least distance of a curve's markers.
const MARKER_DISTANCE: f64 = 60.0;

/// Least distance of marks that stand apart from lines: hollow points, crosses, arrows.
const MARK_DISTANCE: f64 = 9.0;

/// Opacity of a band; with many bands over each other less, so that lines stay readable.
pub fn band_opacity(curves: usize) -> f64 {
    if curves > 5 { 0.08 } else { 0.16 }
}

/// One layer on the page.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // heights of the quantiles
pub struct Place {
    pub x: f64,
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

/// An arithmetic's or a source's stretches of joined layers.
#[derive(Clone, Debug)]
pub struct Curve {
    series: Series,
    stretches: Vec<Vec<Place>>,
}

impl Curve {
    /// A curve in its style.
    pub fn new(series: Series, stretches: Vec<Vec<Place>>) -> Curve {
        Curve { series, stretches }
    }
}

/// Bands below lines below markers, the first arithmetic, which is judged, above the others.
pub fn draw(canvas: &Canvas, curves: &[Curve], columns: &Layers) -> Drawn {
    for curve in curves {
        bands(canvas, curve, band_opacity(curves.len()))?;
    }
    for curve in curves.iter().rev() {
        for stretch in &curve.stretches {
            let line: Vec<_> = stretch.iter().map(|place| (place.x, place.median)).collect();
            canvas.dashed(&line, curve.series.color, 1.8, curve.series.dash)?;
        }
    }
    for (index, curve) in curves.iter().enumerate().rev() {
        markers(canvas, curve, index as f64 / curves.len() as f64, columns)?;
    }
    Ok(())
}

fn bands(canvas: &Canvas, curve: &Curve, opacity: f64) -> Drawn {
    let color = curve.series.color;
    for stretch in &curve.stretches {
        let upper = stretch.iter().map(|place| (place.x, place.high));
        let lower = stretch.iter().rev().map(|place| (place.x, place.low));
        if stretch.len() > 1 {
            canvas.area(&upper.chain(lower).collect::<Vec<_>>(), color, opacity)?;
        } else if let [place] = stretch.as_slice() {
            // A layer alone has no width of its own: its band is an error bar.
            canvas.line(&[(place.x, place.low), (place.x, place.high)], color, 1.0)?;
        }
    }
    Ok(())
}

/// Markers on the line now and then, shifted against other curves, and wherever a layer stands alone.
fn markers(canvas: &Canvas, curve: &Curve, offset: f64, columns: &Layers) -> Drawn {
    let every_layer = columns.column() >= MARKER_DISTANCE / 2.0;
    let mut next = columns.x(0) + offset * MARKER_DISTANCE;
    for stretch in &curve.stretches {
        for place in stretch {
            if every_layer || stretch.len() == 1 || place.x >= next {
                canvas.marker((place.x, place.median), curve.series.marker, 3.2, curve.series.color, false)?;
                next = place.x + MARKER_DISTANCE;
            }
        }
    }
    Ok(())
}

/// Which of a curve's `layers` get a mark, and where: curves often have theirs at the same place (all overflowed).
///
/// In wide columns the marks of the `of` curves stand side by side; in narrow ones each curve, by its `rank`, takes
/// other layers in turn. A curve without a layer in its turn marks its first.
pub fn marks(layers: &[usize], (rank, of): (usize, usize), columns: &Layers) -> Vec<(usize, f64)> {
    let together = MARK_DISTANCE * of as f64;
    if columns.column() >= together {
        let shift = (rank as f64 - (of as f64 - 1.0) / 2.0) * MARK_DISTANCE;
        return layers.iter().map(|layer| (*layer, columns.x(*layer) + shift)).collect();
    }
    // Slots of whole columns, so that two curves never take the same one; a curve marks its first layer of a slot.
    let columns_of_slot = (MARK_DISTANCE / columns.column()).ceil().max(1.0) as usize;
    let slot = |layer: &usize| columns.index(*layer) / columns_of_slot;
    let mut marked: Vec<(usize, f64)> = layers
        .chunk_by(|one, next| slot(one) == slot(next))
        .filter_map(|layers| layers.first())
        .filter(|layer| slot(layer) % of == rank)
        .map(|layer| (*layer, columns.x(*layer)))
        .collect();
    if let (true, Some(first)) = (marked.is_empty(), layers.first()) {
        marked.push((*first, columns.x(*first)));
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::super::canvas::Rect;
    use super::*;

    /// Marks of curves that all have one in every layer never touch, whatever the width of a column.
    #[test]
    fn marks_of_several_curves_stand_apart() {
        for depth in [1, 2, 3, 10, 30, 51, 100, 501, 2000] {
            let plot = Rect { left: 84.0, top: 0.0, right: 826.0, bottom: 100.0 };
            let columns = Layers::new((1, depth), plot);
            let layers: Vec<usize> = (1..=depth).collect();
            for of in [1, 2, 3, 7, 10] {
                // Only curves that have a turn within the plot: more marks than columns cannot stand apart.
                let turns = of.min(depth);
                let mut places: Vec<f64> =
                    (0..turns).flat_map(|rank| marks(&layers, (rank, of), &columns)).map(|(_, x)| x).collect();
                assert!(places.len() >= turns, "depth {depth}, {of} curves");
                places.sort_by(f64::total_cmp);
                let least = places.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
                assert!(least > MARK_DISTANCE - 0.01, "depth {depth}, {of} curves: {least}");
            }
        }
    }

    #[test]
    fn a_curve_with_one_mark_shows_it() {
        let columns = Layers::new((1, 501), Rect { left: 84.0, top: 0.0, right: 826.0, bottom: 100.0 });
        for rank in 0..10 {
            assert_eq!(marks(&[3], (rank, 10), &columns).len(), 1);
        }
    }
}
