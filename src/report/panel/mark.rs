//! What is drawn in a plot, in the units of its axes.

use super::style::{Dash, Hatch, Marker, Paint, Series, Symbol};

/// A filled area.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// Its corners in turn.
    pub outline: Vec<(f64, f64)>,
    /// Its colour.
    pub paint: Paint,
    /// From 0 to 1.
    pub opacity: f64,
    /// Strokes over it.
    pub hatch: Option<Hatch>,
}

impl Area {
    /// A rectangle between two ends of either axis, which may be infinite.
    pub fn rectangle((left, right): (f64, f64), (low, high): (f64, f64), paint: Paint) -> Area {
        let outline = vec![(left, low), (right, low), (right, high), (left, high)];
        Area { outline, paint, opacity: 1.0, hatch: None }
    }
}

/// A line across a plot where something ends or begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its place on the axis upwards, or if `is_upright` on that along.
    pub at: f64,
    /// True for a line from below to above.
    pub is_upright: bool,
    /// Its name: right of the plot, or if it is upright above it.
    pub label: String,
    /// Its colour.
    pub paint: Paint,
    /// Its width: 1 for a hair line, 2 for one that matters.
    pub width: f64,
    /// Its dashes.
    pub dash: Dash,
}

impl Rule {
    /// A line across at a height, which matters.
    pub fn level(at: f64, label: impl Into<String>, width: f64, dash: Dash) -> Rule {
        Rule { at, is_upright: false, label: label.into(), paint: Paint::Ink, width, dash }
    }

    /// A line from below to above, which explains.
    pub fn upright(at: f64, label: impl Into<String>, dash: Dash) -> Rule {
        Rule { at, is_upright: true, label: label.into(), paint: Paint::Soft, width: 1.0, dash }
    }
}

/// Something drawn at its place.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line through points.
    #[allow(missing_docs)] // as those of a rule
    Line { points: Vec<(f64, f64)>, paint: Paint, width: f64, dash: Dash },
    /// A filled area above the rules.
    Area(Area),
    /// A symbol at a point.
    #[allow(missing_docs)] // the fields are their types
    Symbol { at: (f64, f64), symbol: Symbol, paint: Paint },
    /// Words at a point.
    Text(Text),
}

/// Words in a plot, moved to where they cover nothing if `is_free`.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Where they belong.
    pub at: (f64, f64),
    /// The words.
    pub words: String,
    /// Their colour.
    pub paint: Paint,
    /// True where they may be moved, or left out where there is no room.
    pub is_free: bool,
}

/// A series.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// How it is drawn everywhere.
    pub series: Series,
    /// Neighbouring points that a line joins.
    pub stretches: Vec<Vec<Joined>>,
    /// Points that stand alone; those of several curves at one place are drawn beside each other.
    pub singles: Vec<Single>,
}

/// A point of a line with the band around it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // order statistics on the axis upwards
pub struct Joined {
    pub x: f64,
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

/// A point that no line joins, or that needs more than its line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Single {
    /// Its place.
    pub at: (f64, f64),
    /// What it is.
    pub symbol: Symbol,
}

/// The numbers behind an area or a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Tip {
    /// From and to along; the same twice is a point.
    pub x: (f64, f64),
    /// From and to upwards; the same twice is a point.
    pub y: (f64, f64),
    /// Tips of one row are walked through in turn.
    pub row: usize,
    /// The numbers, in lines.
    pub words: String,
}

impl Curve {
    /// Lines through those points that stand next to each other, and points that stand alone.
    pub fn new(series: Series, joined: impl Iterator<Item = Joined>, singles: Vec<Single>) -> Curve {
        let joined: Vec<Joined> = joined.collect();
        let stretches = joined.chunk_by(|one, next| one.x + 1.0 == next.x).map(<[Joined]>::to_vec).collect();
        Curve { series, stretches, singles }
    }
}

impl Tip {
    /// Of a point.
    pub fn point((x, y): (f64, f64), row: usize, words: String) -> Tip {
        Tip { x: (x, x), y: (y, y), row, words }
    }

    /// Of the column of a layer.
    pub fn column(layer: usize, row: usize, words: String) -> Tip {
        let at = layer as f64;
        Tip { x: (at - 0.5, at + 0.5), y: (f64::NEG_INFINITY, f64::INFINITY), row, words }
    }
}

impl Symbol {
    /// A series' own marker, hollow.
    pub fn hollow(marker: Marker) -> Symbol {
        Symbol::Marker { marker, is_hollow: true }
    }

    /// A series' own marker, filled.
    pub fn full(marker: Marker) -> Symbol {
        Symbol::Marker { marker, is_hollow: false }
    }
}
