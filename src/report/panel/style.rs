//! Colours by what they are for, dashes, markers and the samples of a key.

/// Lengths of dashes and gaps in turn; empty is solid.
pub type Dash = &'static [f64];

/// Solid, dashed, dotted, dash and dot.
pub const LINES: [Dash; 4] = [&[], &[7.0, 3.5], &[2.0, 2.6], &[8.0, 3.0, 2.0, 3.0]];

/// A colour by what it is for; a theme has its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Paint {
    /// Text, frames, and what matters.
    #[default]
    Ink,
    /// Names, notes, and what explains.
    Soft,
    /// Grid lines.
    Faint,
    /// The page.
    Paper,
    /// Where noise is at least the signal.
    ChaoticRegion,
    /// Where noise matters.
    NoisyRegion,
    /// What is exact.
    Truth,
    /// What is exactly zero, in a map.
    Zero,
    /// A colour by its place in a palette.
    Of(Palette, usize),
}

/// Colours that differ from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Palette {
    /// Arithmetics, activations: by their place in a list; they repeat after seven.
    Series,
    /// Fates of entries, from resolved to undecided.
    Fates,
    /// Sources of noise, by their place in the list of all.
    Sources,
    /// Noise/signal in a map, from little to much.
    Noise,
    /// Shares in a map, from none to all.
    Shares,
    /// Answers: confirmed, refuted, depends.
    Answers,
}

/// Shape of a marker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are their names
pub enum Marker {
    #[default]
    Circle,
    Square,
    Triangle,
    Diamond,
    /// A triangle on its tip.
    Down,
    Pentagon,
}

/// The shapes in the order in which a list takes them.
const MARKERS: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];

/// Strokes over an area, which a grey print tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are what they mark
pub enum Hatch {
    Vanishing,
    Flushed,
    Overflow,
    Unknown,
}

/// What stands at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// A shape, filled or hollow.
    Marker {
        /// The shape.
        marker: Marker,
        /// Hollow: the value is not a measurement like the others.
        is_hollow: bool,
    },
    /// A small filled disc inside a larger ring, so that both are seen where they meet.
    Disc,
    /// Not established, or failed.
    Cross,
    /// The value is at most this: an arrow down.
    Downward,
    /// The same on an axis along: an arrow to the left.
    Leftward,
    /// The value is at least this: an arrow to the right.
    Rightward,
}

/// How one series is drawn everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs)] // the fields are their types
pub struct Series {
    pub paint: Paint,
    pub dash: Dash,
    pub marker: Marker,
}

impl Series {
    /// The style of the series at a place in a list. Seven colours and four shapes repeat only after 28, and neighbours
    /// differ in dash and marker, so that a grey print tells them apart.
    pub fn new(index: usize) -> Series {
        Series { paint: Paint::Of(Palette::Series, index), dash: LINES[index % 4], marker: MARKERS[index % 4] }
    }
}

/// What stands before a label.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Sample {
    /// The label is a remark.
    #[default]
    Nothing,
    /// An area of this opacity.
    Area(Paint, f64),
    /// A hatched area.
    Hatched(Hatch),
    /// A line of this width.
    Line(Paint, f64, Dash),
    /// A symbol.
    Symbol(Paint, Symbol),
    /// A line with its marker.
    Curve(Series),
    /// A marker alone, as the series has it.
    Marker(Series),
    /// A marker with a bar along through it.
    Bar(Marker),
    /// A marker with a bar upwards through it.
    Whisker(Marker),
    /// A line upright within a band.
    Upright,
    /// The colours of a palette from its first to so many, with words at the left edge of some of them.
    Ramp(Palette, usize, &'static [(usize, &'static str)]),
}

impl Sample {
    /// A symbol in the colour of explanations.
    pub fn soft(symbol: Symbol) -> Sample {
        Sample::Symbol(Paint::Soft, symbol)
    }
}

impl Palette {
    /// How many colours there are before they repeat, or from the least to the greatest.
    #[allow(clippy::len_without_is_empty)] // none is
    pub fn len(self) -> usize {
        match self {
            Palette::Series => 7,
            Palette::Fates => 9,
            Palette::Sources => 6,
            Palette::Noise => 18,
            Palette::Shares => 7,
            Palette::Answers => 3,
        }
    }
}
