//! The arithmetics of a panel in the gutter beside it: line, marker, name, and a note under it.

use super::canvas::{Canvas, Drawn};
use super::style::{GUTTER, MARGIN, PAGE_WIDTH, Series};
use super::text::{self, Font};
use super::theme::Paint;

const NAME: Font = Font { size: 11.0, bold: true };
const NOTE: Font = Font { size: 10.0, bold: false };
/// Width of the gutter's part for the names of lines; the legend stands to its right.
const INDENT: f64 = 116.0;
const SAMPLE: f64 = 30.0;
/// Free space below an entry.
const GAP: f64 = 5.0;

/// The entries, broken into lines.
#[derive(Clone, Debug)]
pub struct Legend {
    entries: Vec<(Vec<String>, Vec<String>)>,
}

impl Legend {
    /// Lays out names with their notes.
    pub fn new<'a>(entries: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Legend, String> {
        let width = PAGE_WIDTH - MARGIN - GUTTER - INDENT - SAMPLE - 2.0;
        let placed =
            entries.map(|(name, note)| Ok((text::wrapped(name, NAME, width)?, text::wrapped(note, NOTE, width)?)));
        Ok(Legend { entries: placed.collect::<Result<_, String>>()? })
    }

    /// Height of all entries.
    pub fn height(&self) -> f64 {
        self.entries.iter().map(height).sum()
    }

    /// Draws it from a height downwards.
    pub fn draw(&self, canvas: &Canvas, top: f64) -> Drawn {
        let x = GUTTER + INDENT;
        let mut y = top;
        for (index, entry) in self.entries.iter().enumerate() {
            let series = Series::new(index);
            let middle = y + NAME.line() / 2.0;
            canvas.dashed(&[(x, middle), (x + SAMPLE - 4.0, middle)], series.color, 1.8, series.dash)?;
            canvas.marker((x + (SAMPLE - 4.0) / 2.0, middle), series.marker, 3.4, series.color, false)?;
            let mut line_top = y;
            for line in &entry.0 {
                canvas.text(line, (x + SAMPLE, line_top + 2.0), NAME, Paint::Ink)?;
                line_top += NAME.line();
            }
            for line in &entry.1 {
                canvas.text(line, (x + SAMPLE, line_top), NOTE, Paint::Soft)?;
                line_top += NOTE.line();
            }
            y += height(entry);
        }
        Ok(())
    }
}

fn height((name, note): &(Vec<String>, Vec<String>)) -> f64 {
    NAME.line() * name.len() as f64 + NOTE.line() * note.len() as f64 + GAP
}
