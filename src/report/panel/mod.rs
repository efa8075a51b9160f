//! Pictures as data: panels of plots in the units of what they show.
//!
//! A panel is made from a record by one function that decides every number, clamp and word; a renderer only places it on
//! a page. Nothing here knows a record, and nothing here knows a pixel.

mod axis;
mod mark;
mod ramp;
mod style;

pub use axis::{Axis, Group, Powers, Scale, ends};
pub use mark::{Area, Curve, Joined, Mark, Rule, Single, Text, Tip};
pub use ramp::NOISE_TICKS;
pub use style::{Dash, Hatch, LINES, Marker, Paint, Palette, Sample, Series, Symbol};

/// One picture: words above, panels, and what is needed to measure it again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The stem of its files: `summary`.
    pub name: String,
    /// How it is laid out.
    pub layout: Layout,
    /// What is shown; empty for a panel on its own, whose title says it.
    pub title: String,
    /// The sentence to read first; may be empty.
    pub ruling: String,
    /// The other sentences, a paragraph each.
    pub sentences: Vec<String>,
    /// The panels from above.
    pub panels: Vec<Panel>,
    /// Everything needed to measure it again, in pieces that may be broken into lines.
    pub caption: Vec<String>,
}

/// How a sheet is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Panel below panel, as high as they need.
    #[default]
    Poster,
    /// 16:9, the first panel on the left, the others on the right, large print.
    Slide,
}

/// One panel: a picture of its own, or a part of a sheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// The stem of its files: `noise`.
    pub name: String,
    /// What stands above it.
    pub title: String,
    /// What it shows in one sentence, for those who do not see it.
    pub alternative: String,
    /// What lines, areas and marks are; a label without a sample is a remark.
    pub key: Vec<(Sample, String)>,
    /// Rows of plots from above.
    pub rows: Vec<Row>,
}

/// Plots side by side, and the words beside them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// From the left; those of a row have the same axis upwards, whose numbers stand beside the first.
    pub plots: Vec<Plot>,
    /// How high the plots are at least.
    pub height: Height,
    /// Names and notes right of the last plot.
    pub beside: Vec<Entry>,
    /// True where the row below shows the same axis along, so that this one needs no numbers.
    pub is_continued: bool,
}

/// More bands than this over each other turn brown: only those of the first curves are drawn.
pub const BANDS: usize = 4;

/// What the bands of so many curves are called.
pub fn band_name(curves: usize) -> String {
    if curves > BANDS { format!("band, of the first {BANDS}") } else { "band".into() }
}

/// A key of those entries that are there.
pub fn key<'a>(entries: impl IntoIterator<Item = (bool, Sample, &'a str)>) -> Vec<(Sample, String)> {
    entries.into_iter().filter(|(is_there, ..)| *is_there).map(|(_, sample, words)| (sample, words.into())).collect()
}

impl Row {
    /// Plots of one kind on the same axes, at most three side by side, in rows that are as equal as can be.
    pub fn multiples(plots: Vec<Plot>) -> Vec<Row> {
        let rows = plots.len().div_ceil(3);
        let height = if rows > 1 { Height::Middle } else { Height::Tall };
        let mut plots = plots.into_iter();
        let row = |index: usize| {
            let count = plots.len().div_ceil(rows - index);
            Row { plots: plots.by_ref().take(count).collect(), height, ..Row::default() }
        };
        (0..rows).map(row).collect()
    }
}

/// How much height a row gets. Lanes have theirs by their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Height {
    /// A strip of shares.
    Strip,
    /// A few numbers.
    Low,
    /// Most plots.
    #[default]
    Middle,
    /// The only plot of a picture, or one whose slopes are compared.
    Tall,
}

/// A name beside a plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// What stands before the name.
    pub sample: Sample,
    /// Printed bold.
    pub name: String,
    /// Printed after or below it.
    pub note: String,
    /// The height that it belongs to, in the units of the axis upwards; without one, entries follow each other from above.
    pub at: Option<f64>,
}

/// Axes and what is drawn between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// What stands above the plot: the name of one of several plots, then words on it.
    pub title: String,
    /// Words below the title, in small print.
    pub note: String,
    /// Along.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// Areas below everything else: regions, bands of shares, cells.
    pub areas: Vec<Area>,
    /// Lines across the whole plot, with their names.
    pub rules: Vec<Rule>,
    /// Lines, marks and words, drawn in their order above the rules.
    pub marks: Vec<Mark>,
    /// Series: bands below lines below markers, the first one above the others.
    pub curves: Vec<Curve>,
    /// Rows of words inside the frame, above the plot's upper and below its lower end: counts of what has no place on the axis.
    pub counts: [Vec<(Sample, String)>; 2],
    /// A sentence in the middle, where there is nothing to see.
    pub notice: Option<String>,
    /// Numbers behind places, for readers who can point at them.
    pub tips: Vec<Tip>,
}
