//! Tables and paragraphs as text of a terminal's width.

use super::data::{Cell, Column, GiveWay, Table, WIDTH};
use crate::printable::{in_one_line, printable};
use crate::report::numbers::display_width;
use std::borrow::Cow;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// Between two columns.
const GAP: &str = "  ";

/// Columns by which the further lines of a wrapped cell are set in, so that they are not taken for others.
const SET_IN: &str = "  ";

/// Lines broken at spaces, never at hyphens or symbols; words that are too long stay whole.
fn options<'a>(width: usize) -> Options<'a> {
    Options::new(width)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
}

/// Text wrapped at spaces.
pub fn wrapped(text: &str) -> String {
    lined(textwrap::wrap(&printable(text), options(WIDTH)))
}

/// The same set in, with something before the first line under which the others do not go; words longer than a line are
/// broken.
pub fn hanging(before: &str, text: &str, indent: usize) -> String {
    let first = " ".repeat(indent) + before;
    let others = " ".repeat(display_width(&first));
    let options = options(WIDTH).break_words(true).initial_indent(&first).subsequent_indent(&others);
    lined(textwrap::wrap(&in_one_line(text), options))
}

fn lined(lines: Vec<impl AsRef<str>>) -> String {
    lines.iter().map(|line| line.as_ref().trim_end().to_string() + "\n").collect()
}

impl Table {
    /// Title, rows and notes.
    pub fn text(&self) -> String {
        let fitted = self.fitted(WIDTH);
        let title = if self.title.is_empty() { String::new() } else { printable(&self.title).into_owned() + "\n" };
        title + &fitted.lines() + &fitted.explained().iter().map(|note| wrapped(note)).collect::<String>()
    }

    /// Titles and rows set in, in the room that is left.
    pub fn indented(&self, indent: usize) -> String {
        let lines = self.fitted(WIDTH.saturating_sub(indent)).lines();
        lines.lines().map(|line| format!("{}{line}\n", " ".repeat(indent))).collect()
    }

    /// Titles and rows as columns of equal width.
    pub fn lines(&self) -> String {
        let widths = self.widths();
        let mut text = String::new();
        if self.columns.iter().any(|column| !column.title.is_empty()) {
            let titles = || self.columns.iter().map(|column| column.title.split('\n'));
            (0..titles().map(Iterator::count).max().unwrap_or(0)).for_each(|line| {
                text += &self.line(titles().map(|mut lines| lines.nth(line).unwrap_or_default()), &widths);
            });
        }
        for (place, row) in self.rows.iter().enumerate() {
            let groups = self.groups.iter().filter(|group| group.row == place);
            groups.for_each(|group| text += &(in_one_line(&group.heading).into_owned() + "\n"));
            text += &self.line(row.iter().map(|cell| cell.text.as_str()), &widths);
        }
        text
    }

    fn line<'a>(&self, cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), column) in cells.zip(widths).zip(&self.columns) {
            let cell = in_one_line(cell);
            let padding = " ".repeat(width.saturating_sub(display_width(&cell)));
            let [before, after] = if column.is_right_aligned { [&*padding, ""] } else { ["", &padding] };
            line += &[before, &cell, after, GAP].concat();
        }
        line.trim_end().to_string() + "\n"
    }

    /// The widest cell of every column, titles included.
    pub(super) fn widths(&self) -> Vec<usize> {
        let width = |(place, column): (usize, &Column)| {
            let cells =
                self.rows.iter().filter_map(|row| row.get(place)).map(|cell| display_width(&in_one_line(&cell.text)));
            cells.chain(column.title.split('\n').map(display_width)).max().unwrap_or(0)
        };
        self.columns.iter().enumerate().map(width).collect()
    }

    /// Wraps the cells of a column, each line a row.
    pub(super) fn wrap(&mut self, column: usize, width: usize) {
        let options = options(width.saturating_sub(SET_IN.len()).max(1)).break_words(true);
        self.rewrite(|row| {
            let text = row.get(column).map_or(String::new(), |cell| in_one_line(&cell.text).into_owned());
            let lines = textwrap::wrap(&text, &options);
            let row_of = |(place, line): (usize, &Cow<str>)| {
                let mut cells = if place == 0 { row.to_vec() } else { vec![Cell::default(); column + 1] };
                let text = if place == 0 { line.to_string() } else { SET_IN.to_string() + line };
                cells.iter_mut().skip(column).take(1).for_each(|cell| *cell = text.as_str().into());
                cells
            };
            lines.iter().enumerate().map(row_of).collect()
        });
    }

    /// Replaces every row by several; groups go along.
    pub(super) fn rewrite(&mut self, row: impl Fn(&[Cell]) -> Vec<Vec<Cell>>) {
        let rows: Vec<_> = self.rows.iter().map(|cells| row(cells)).collect();
        let before = |place: usize| rows.iter().take(place).map(Vec::len).sum();
        self.groups.iter_mut().for_each(|group| group.row = before(group.row));
        self.rows = rows.into_iter().flatten().collect();
    }

    pub(super) fn gives_way(&self, give_way: GiveWay) -> Vec<usize> {
        let columns = self.columns.iter().enumerate().filter(move |(_, column)| column.give_way == give_way);
        columns.map(|(place, _)| place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_never_longer_than_told() {
        assert_eq!(hanging("- ", "one two", 92), format!("{0}- one\n{0}  two\n", " ".repeat(92)));
        assert_eq!(hanging("", "abcdefgh", 97), ["abc", "def", "gh"].map(|part| " ".repeat(97) + part + "\n").concat());
        let words = "0.3\u{a0}bits of β × 2⁻¹⁰ ".repeat(20);
        assert!(wrapped(&words).lines().all(|line| line.chars().count() <= WIDTH && !line.ends_with("0.3")));
    }
}
