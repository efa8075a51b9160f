//! A table: named columns, each of which is a function of a row.

use super::cell::quoted;

/// A column's name, and its cell in a row.
pub type Column<R> = (&'static str, fn(&R) -> String);

/// The line of names, then one line per row.
pub fn table<R>(columns: &[Column<R>], rows: impl IntoIterator<Item = R>) -> String {
    let mut text = header(columns);
    for row in rows {
        for (place, (_, cell)) in columns.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(&quoted(&cell(&row)));
        }
        text.push('\n');
    }
    text
}

/// The line of names.
pub fn header<R>(columns: &[Column<R>]) -> String {
    columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",") + "\n"
}
