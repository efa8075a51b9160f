//! A table as GitHub Markdown.

use super::data::{Cell, Table};
use crate::printable::printable;
use crate::report::numbers::display_width;

impl Table {
    /// Title, rows and notes, each a block of its own.
    pub fn markdown(&self) -> String {
        let line = |text: &String| escaped(text) + "\n";
        let title = Some(&self.title).filter(|title| !title.is_empty()).map(line);
        let notes = self.explained();
        title.into_iter().chain([self.markdown_rows()]).chain(notes.iter().map(line)).collect::<Vec<_>>().join("\n")
    }

    /// Titles and rows: columns are padded so that the source can be read, too.
    fn markdown_rows(&self) -> String {
        let cell = |cell: &Cell| match (&cell.link, escaped(&cell.text)) {
            (Some(link), text) => format!("[{text}]({link})"),
            (None, text) if cell.is_strong => format!("**{text}**"),
            (None, text) => text,
        };
        let titles = self.columns.iter().map(|column| escaped(&column.title)).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(cell).collect());
        let lines: Vec<Vec<String>> = std::iter::once(titles).chain(rows).collect();
        let width =
            |place: usize| lines.iter().filter_map(|line| line.get(place)).map(|cell| display_width(cell)).max();
        let widths: Vec<usize> = (0..self.columns.len()).map(|place| width(place).unwrap_or(0).max(3)).collect();
        let columns = || self.columns.iter().zip(&widths);
        let line = |cells: &Vec<String>| {
            let cells = cells.iter().zip(columns()).map(|(cell, (column, width))| {
                let padding = " ".repeat(width - display_width(cell));
                if column.is_right_aligned { format!("| {padding}{cell} ") } else { format!("| {cell}{padding} ") }
            });
            cells.collect::<String>() + "|\n"
        };
        let rule = columns().map(|(column, width)| {
            let rule = "-".repeat(width - 1);
            if column.is_right_aligned { format!("| {rule}: ") } else { format!("| :{rule} ") }
        });
        let mut lines = lines.iter().map(line);
        lines.next().unwrap_or_default() + &rule.collect::<String>() + "|\n" + &lines.collect::<String>()
    }
}

/// Text that Markdown shows as it stands, in a cell or a sentence, with hidden characters shown.
pub fn escaped(text: &str) -> String {
    let mut plain = String::new();
    for c in printable(text).chars() {
        // Brackets alone are no link; what may follow them makes one.
        let is_target = matches!(c, '(' | '[' | ':') && plain.ends_with(']');
        match c {
            '\\' | '|' | '*' | '_' | '`' | '<' | '>' | '~' | '#' | '&' => plain.extend(['\\', c]),
            c if is_target => plain.extend(['\\', c]),
            '\n' => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_taken_for_markup() {
        assert_eq!(escaped("f16:acc=f32 [0.2–0.3]"), "f16:acc=f32 [0.2–0.3]");
        assert_eq!(escaped("a|b\n<i>*c*_d_`\\"), "a\\|b \\<i\\>\\*c\\*\\_d\\_\\`\\\\");
        assert_eq!(escaped("![a](b) [a][b] [a]: b (c) d: e"), "![a]\\(b) [a]\\[b] [a]\\: b (c) d: e");
        assert_eq!(escaped("&#8238;a\u{202e}b\u{1b}"), "\\&\\#8238;a\\\\u{202e}b\\\\u{1b}");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::titled(["name", ">bits"]);
        table.push(["a|b", "≤ 3"]);
        assert_eq!(table.markdown(), "| name | bits |\n| :--- | ---: |\n| a\\|b |  ≤ 3 |\n");
    }
}
