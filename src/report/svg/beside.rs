//! Words beside a plot: names of series with notes, and of lines.

use super::canvas::{Canvas, Drawn};
use super::key;
use super::text::{self, Font, WORDS};
use crate::report::panel::{Entry, Paint, Row, Rule, Sample};

/// The names beside plots.
const ENTRY: Font = Font { size: 11.0, bold: true };

/// Words beside a plot, in lines.
#[allow(missing_docs)] // the fields are their names
pub struct Beside {
    pub sample: Sample,
    pub name: Vec<String>,
    pub note: Vec<String>,
    /// The note stands on the name's own line.
    pub is_short: bool,
    pub left: f64,
    /// A place upwards that a line leads to: a coordinate until the plot has its height.
    pub at: Option<f64>,
    pub paint: Paint,
    pub font: Font,
}

impl Beside {
    pub fn new(entry: &Entry, left: f64, right: f64) -> Beside {
        let room = (right - left - key::width(entry.sample)).max(30.0);
        let (name, note) = (text::wrapped(&entry.name, ENTRY, room), text::wrapped(&entry.note, WORDS, room));
        let is_short = match (name.as_slice(), note.as_slice()) {
            ([name], [note]) => text::width(name, ENTRY) + 9.0 + text::width(note, WORDS) <= room,
            _ => note.is_empty(),
        };
        // What is said of a place alone reads like the name of a line.
        let is_plain = entry.at.is_some() && entry.sample == Sample::Nothing && entry.note.is_empty();
        let font = if is_plain { WORDS } else { ENTRY };
        Beside { sample: entry.sample, name, note, is_short, left, at: entry.at, paint: Paint::Ink, font }
    }

    /// The name of a line across the plot.
    pub fn of_rule(rule: &Rule, left: f64, right: f64) -> Beside {
        let name = text::block(&rule.label, WORDS, right - left, 2);
        let entry = Entry { at: Some(rule.at), ..Entry::default() };
        Beside { name, paint: rule.paint, ..Beside::new(&entry, left, right) }
    }

    /// Its height with the space below it.
    pub fn height(&self) -> f64 {
        let below = if self.is_short { 0 } else { self.note.len() };
        self.font.line() * self.name.len().max(1) as f64 + WORDS.line() * below as f64 + 1.0
    }

    /// Draws it from a height downwards.
    pub fn draw(&self, canvas: &Canvas, top: f64) -> Drawn {
        key::sample(canvas, self.sample, (self.left, top + self.font.line() / 2.0))?;
        let left = self.left + key::width(self.sample);
        let below = canvas.lines(&self.name, (left, top + 1.0), self.font, self.paint)?;
        let note = match (self.is_short, self.name.first()) {
            (true, Some(name)) => (left + text::width(name, self.font) + 9.0, top + 2.0),
            _ => (left, below),
        };
        canvas.lines(&self.note, note, WORDS, Paint::Soft)?;
        Ok(())
    }
}

/// Entries below each other: where they have no more than some height, without notes, then in a line each, then the first.
pub fn listed(row: &Row, (left, right): (f64, f64), room: Option<f64>) -> Vec<Beside> {
    let entries: Vec<&Entry> = row.beside.iter().filter(|entry| entry.at.is_none()).collect();
    let room = room.unwrap_or(f64::INFINITY);
    let shaped = |has_notes: bool, is_whole: bool| -> Vec<Beside> {
        let entry = |entry: &&Entry| {
            let width = right - left - key::width(entry.sample);
            let name = if is_whole { entry.name.clone() } else { text::shortened(&entry.name, ENTRY, width) };
            let note = if has_notes { entry.note.clone() } else { String::new() };
            Beside::new(&Entry { name, note, ..(*entry).clone() }, left, right)
        };
        entries.iter().map(entry).collect()
    };
    let shapes = [(true, true), (false, true), (false, false)].into_iter();
    let mut all = shapes.map(|(has_notes, is_whole)| shaped(has_notes, is_whole));
    all.find(|all| total(all) <= room).unwrap_or_else(|| {
        let mut shown = shaped(false, false);
        while total(&shown) > room - ENTRY.line() - 6.0 && shown.len() > 1 {
            shown.pop();
        }
        if shown.len() < entries.len() {
            let name = format!("and {} more", entries.len() - shown.len());
            shown.push(Beside::new(&Entry { name, ..Entry::default() }, left, right));
        }
        shown
    })
}

/// Height of entries below each other.
pub fn total(listed: &[Beside]) -> f64 {
    listed.iter().map(|one| one.height() + 5.0).sum()
}
