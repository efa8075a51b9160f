//! Colours, dashes, markers and the page's measures.

use crate::report::figure::{Edge, Fate};
use plotters::style::RGBColor;

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

/// Text and frames.
pub const INK: RGBColor = RGBColor(26, 26, 26);
/// Secondary text.
pub const SOFT: RGBColor = RGBColor(85, 85, 85);
/// Grid lines.
pub const FAINT: RGBColor = RGBColor(222, 222, 222);
/// Paper.
pub const WHITE: RGBColor = RGBColor(255, 255, 255);
/// Region where noise outweighs the signal.
pub const CHAOTIC_REGION: RGBColor = RGBColor(249, 228, 219);
/// Region where noise is a tenth of the signal or more.
pub const NOISY_REGION: RGBColor = RGBColor(253, 246, 227);
/// The true gradient.
pub const TRUTH: RGBColor = RGBColor(70, 70, 70);

/// Okabe and Ito's colours for all kinds of sight, without the yellow that white paper swallows.
const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(0, 0, 0),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
];

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
}

const MARKERS: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];

/// How one arithmetic is drawn everywhere on a page.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // the fields are their types
pub struct Series {
    pub color: RGBColor,
    pub dash: Dash,
    pub marker: Marker,
}

impl Series {
    /// The style of the arithmetic at a place in the list. Seven colours and four shapes repeat only after 28, and
    /// neighbours differ in dash and marker, so that a grey print tells them apart.
    pub fn new(index: usize) -> Series {
        Series { color: PALETTE[index % 7], dash: DASHES[index % 4], marker: MARKERS[index % 4] }
    }
}

/// The fixed colour of a fate; neighbours in a strip differ in lightness too, for a grey print.
pub fn fate_color(fate: Fate) -> RGBColor {
    match fate {
        Fate::Resolved => RGBColor(128, 194, 234),
        Fate::Degraded => RGBColor(240, 228, 66),
        Fate::Drowned => RGBColor(213, 94, 0),
        Fate::Flushed => RGBColor(0, 72, 130),
        Fate::Overflowed => RGBColor(0, 0, 0),
        Fate::Ghost => RGBColor(204, 121, 167),
        Fate::TrueZero => RGBColor(228, 228, 228),
        Fate::Undecided => RGBColor(150, 150, 150),
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
