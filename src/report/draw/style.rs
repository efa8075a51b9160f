//! Dashes, markers and the page's measures.

use super::theme::Paint;
use crate::record::NoiseSource;
use crate::report::figure::{Edge, Owner};

/// Width of every page.
pub const PAGE_WIDTH: f64 = 1120.0;
/// Free on every side of the page.
pub const MARGIN: f64 = 24.0;
/// Left edge of every plot, so that layers stand above each other.
pub const PLOT_LEFT: f64 = 84.0;
/// Right edge of every plot; the gutter beyond it holds labels and names.
pub const PLOT_RIGHT: f64 = 826.0;
/// Left edge of the gutter's text.
pub const GUTTER: f64 = PLOT_RIGHT + 10.0;

/// Lengths of dashes and gaps in turn; empty is solid.
pub type Dash = &'static [f64];

/// Solid, dashed, dotted, dash and dot.
const DASHES: [Dash; 4] = [&[], &[7.0, 3.5], &[2.0, 2.6], &[8.0, 3.0, 2.0, 3.0]];

/// Shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are their names
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    /// A triangle on its tip.
    Down,
    Pentagon,
}

const MARKERS: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];

/// How one arithmetic is drawn everywhere on a page.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // the fields are their types
pub struct Series {
    pub color: Paint,
    pub dash: Dash,
    pub marker: Marker,
}

impl Series {
    /// The style of the arithmetic at a place in the list. Seven colours and four shapes repeat only after 28, and
    /// neighbours differ in dash and marker, so that a grey print tells them apart.
    pub fn new(index: usize) -> Series {
        Series { color: Paint::Series(index), dash: DASHES[index % 4], marker: MARKERS[index % 4] }
    }

    /// The style of a source of noise, the same in every picture; markers and dashes differ, so that a grey print tells
    /// them apart.
    pub fn source(source: NoiseSource) -> Series {
        let (dash, marker) = match source {
            NoiseSource::Storage => (&[1.5, 4.5][..], Marker::Pentagon),
            NoiseSource::Forward => (DASHES[1], Marker::Square),
            NoiseSource::Backward => (DASHES[2], Marker::Triangle),
            NoiseSource::BranchFlips => (DASHES[3], Marker::Diamond),
            NoiseSource::Range => (&[12.0, 5.0][..], Marker::Circle),
            NoiseSource::Accumulation => (DASHES[0], Marker::Down),
        };
        Series { color: Paint::Source(source), dash, marker }
    }

    /// The style of whose noise a curve is.
    pub fn of(owner: Owner) -> Series {
        match owner {
            Owner::Arithmetic(index) => Series::new(index),
            Owner::Source(source) => Series::source(source),
        }
    }
}

/// The dash of a format's limit.
pub fn edge_dash(edge: Edge) -> Dash {
    match edge {
        Edge::Largest => &[],
        Edge::SmallestNormal => DASHES[1],
        Edge::SmallestSubnormal => DASHES[2],
    }
}

#[cfg(test)]
mod tests {
    use super::super::theme::SERIES_COLORS;
    use super::*;

    /// In a grey print, dash and marker tell neighbours apart; with the colour, 28 series are all different.
    #[test]
    fn series_differ_without_their_colours() {
        for index in 0..40 {
            let (one, next) = (Series::new(index), Series::new(index + 1));
            assert!(one.dash != next.dash && one.marker != next.marker, "{index}");
        }
        let style = |index: usize| (index % SERIES_COLORS, format!("{:?}", Series::new(index).marker));
        let styles: std::collections::HashSet<_> = (0..28).map(style).collect();
        assert_eq!(styles.len(), 28);
    }

    #[test]
    fn sources_differ_without_their_colours() {
        let styles = NoiseSource::ALL.map(Series::source);
        for (index, one) in styles.iter().enumerate() {
            assert!(styles[..index].iter().all(|other| other.dash != one.dash && other.marker != one.marker));
        }
    }
}
