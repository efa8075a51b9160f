//! CSV tables as their readers see them: rows by the names of their columns.
#![allow(dead_code)] // each test binary uses its part

use std::collections::BTreeMap;

/// A row's cells by the names of their columns.
pub type Row = BTreeMap<String, String>;

/// The names of the columns.
pub fn header(text: &str) -> Vec<String> {
    fields(text.lines().next().expect("a first line"))
}

/// The rows after the first line; each must have as many cells.
pub fn rows(text: &str) -> Vec<Row> {
    let names = header(text);
    let row = |line: &str| {
        let cells = fields(line);
        assert_eq!(cells.len(), names.len(), "{line}");
        names.iter().cloned().zip(cells).collect()
    };
    text.lines().skip(1).map(row).collect()
}

/// The rows in which all of these columns have these values.
pub fn with<'a>(rows: &'a [Row], cells: &[(&str, &str)]) -> Vec<&'a Row> {
    rows.iter().filter(|row| cells.iter().all(|(name, value)| row[*name] == *value)).collect()
}

/// The cells of a line, as RFC 4180 quotes them.
fn fields(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells
}
