//! The arithmetics or sources of a panel in the gutter beside it: line, marker, name, and a note beside or under it.

use super::canvas::{Canvas, Drawn};
use super::style::{GUTTER, MARGIN, PAGE_WIDTH, Series};
use super::text::{self, Font};
use super::theme::Paint;

const NAME: Font = Font { size: 11.0, bold: true };
const NOTE: Font = Font { size: 10.0, bold: false };
const SAMPLE: f64 = 30.0;
/// Free space between a name and a note beside it.
const BESIDE: f64 = 9.0;
/// Free space below an entry.
const GAP: f64 = 5.0;

/// The entries, broken into lines.
#[derive(Clone, Debug)]
pub struct Legend {
    left: f64,
    entries: Vec<Entry>,
}

/// One curve.
#[derive(Clone, Debug)]
struct Entry {
    series: Series,
    name: Vec<String>,
    note: Vec<String>,
    /// Where the note stands on the name's own line, if it has room there.
    beside: Option<f64>,
}

impl Legend {
    /// Lays out names with their notes, at a distance from the gutter's left edge.
    pub fn new<'a>(entries: impl Iterator<Item = (Series, &'a str, &'a str)>, indent: f64) -> Result<Legend, String> {
        let left = GUTTER + indent;
        let width = PAGE_WIDTH - MARGIN - left - SAMPLE - 2.0;
        let entries = entries.map(|(series, name, note)| Entry::new(series, name, note, width));
        let entries = entries.collect::<Result<_, String>>()?;
        Ok(Legend { left, entries })
    }

    /// Height of all entries.
    pub fn height(&self) -> f64 {
        self.entries.iter().map(Entry::height).sum()
    }

    /// Draws it from a height downwards.
    pub fn draw(&self, canvas: &Canvas, top: f64) -> Drawn {
        let x = self.left;
        let mut y = top;
        for entry in &self.entries {
            let series = entry.series;
            let middle = y + NAME.line() / 2.0;
            canvas.dashed(&[(x, middle), (x + SAMPLE - 4.0, middle)], series.color, 1.8, series.dash)?;
            canvas.marker((x + (SAMPLE - 4.0) / 2.0, middle), series.marker, 3.4, series.color, false)?;
            let mut line_top = y;
            for line in &entry.name {
                canvas.text(line, (x + SAMPLE, line_top + 2.0), NAME, Paint::Ink)?;
                line_top += NAME.line();
            }
            let (left, mut line_top) = match entry.beside {
                Some(beside) => (x + SAMPLE + beside, y + 3.0),
                None => (x + SAMPLE, line_top),
            };
            for line in &entry.note {
                canvas.text(line, (left, line_top), NOTE, Paint::Soft)?;
                line_top += NOTE.line();
            }
            y += entry.height();
        }
        Ok(())
    }
}

impl Entry {
    fn new(series: Series, name: &str, note: &str, width: f64) -> Result<Entry, String> {
        let (name, note) = (text::wrapped(name, NAME, width)?, text::wrapped(note, NOTE, width)?);
        let beside = match (name.as_slice(), note.as_slice()) {
            ([name], [note]) => {
                let at = text::width(name, NAME)? + BESIDE;
                (at + text::width(note, NOTE)? <= width).then_some(at)
            }
            _ => None,
        };
        Ok(Entry { series, name, note, beside })
    }

    fn height(&self) -> f64 {
        let below = if self.beside.is_some() { 0 } else { self.note.len() };
        NAME.line() * self.name.len() as f64 + NOTE.line() * below as f64 + GAP
    }
}
