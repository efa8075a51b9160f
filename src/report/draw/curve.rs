//! Curves over layers: the band, the line and the markers of every stretch of joined layers.

use super::axis::Layers;
use super::canvas::{Canvas, Drawn};
use super::style::Series;

/// Least distance of a curve's markers.
const MARKER_DISTANCE: f64 = 60.0;

/// One layer on the page.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // heights of the quantiles
pub struct Place {
    pub x: f64,
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

/// One arithmetic's stretches of joined layers.
#[derive(Clone, Debug)]
pub struct Curve {
    series: Series,
    stretches: Vec<Vec<Place>>,
}

impl Curve {
    /// The curve of the arithmetic at a place in the list.
    pub fn new(index: usize, stretches: Vec<Vec<Place>>) -> Curve {
        Curve { series: Series::new(index), stretches }
    }
}

/// Bands below lines below markers, the first arithmetic, which is judged, above the others.
pub fn draw(canvas: &Canvas, curves: &[Curve], columns: &Layers) -> Drawn {
    for curve in curves {
        bands(canvas, curve)?;
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

fn bands(canvas: &Canvas, curve: &Curve) -> Drawn {
    let color = curve.series.color;
    for stretch in &curve.stretches {
        let upper = stretch.iter().map(|place| (place.x, place.high));
        let lower = stretch.iter().rev().map(|place| (place.x, place.low));
        if stretch.len() > 1 {
            canvas.area(&upper.chain(lower).collect::<Vec<_>>(), color, 0.16)?;
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
