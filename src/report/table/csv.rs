//! Tidy CSV files: named columns, each of which is a function of a row.

use crate::printable::in_one_line;
use crate::record::Number;
use csv::{Terminator, WriterBuilder};
use serde::Serialize;

/// A column's name, and its cell in a row.
pub struct Column<'a, R> {
    name: String,
    cell: Box<dyn Fn(&R) -> String + 'a>,
}

/// A column.
pub fn column<'a, R>(name: impl Into<String>, cell: impl Fn(&R) -> String + 'a) -> Column<'a, R> {
    Column { name: name.into(), cell: Box::new(cell) }
}

/// The line of names, then one line per row; rows that belong together begin with the same cells.
pub fn table<'a, R>(
    keys: &[&str],
    columns: &[Column<'a, R>],
    rows: impl IntoIterator<Item = (&'a [String], R)>,
) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    // Memory takes all bytes, and every record has as many fields as the first.
    let names = keys.iter().copied().chain(columns.iter().map(|column| column.name.as_str()));
    let mut is_written = writer.write_record(names).is_ok();
    for (keys, row) in rows {
        let cells = keys.iter().cloned().chain(columns.iter().map(|column| (column.cell)(&row)));
        is_written &= writer.write_record(cells.map(|cell| harmless(&cell))).is_ok();
    }
    debug_assert!(is_written, "rows of different lengths");
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A number as a cell: `inf`, `-inf`, and nothing for what has no value.
pub fn number(number: Number) -> String {
    match number {
        Number::Finite(x) => format!("{x:?}"),
        Number::Infinite => "inf".into(),
        Number::MinusInfinite => "-inf".into(),
        Number::None => String::new(),
    }
}

/// A share of a whole; nothing where there is no whole.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 { String::new() } else { format!("{:?}", part as f64 / whole as f64) }
}

/// A value that may be absent.
pub fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

/// The word that stands for a value in JSON: `branch_flips`.
pub fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// First characters from which spreadsheets take a cell for a formula, in full width too.
const FORMULA: [char; 9] = ['=', '+', '-', '@', '−', '＝', '＋', '－', '＠'];

/// A field whose hidden characters, tabs and line breaks among them, are escapes. Text that a spreadsheet would take for
/// a formula gets an apostrophe in front; numbers stay numbers.
fn harmless(field: &str) -> String {
    let field = in_one_line(field);
    let is_formula = field.starts_with(FORMULA) && field.parse::<f64>().is_err();
    if is_formula { format!("'{field}") } else { field.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(field: &str) -> String {
        let columns = [column("a", |text: &String| text.clone()), column("b", |_| String::new())];
        table(&[], &columns, [(&[][..], field.to_string())]).trim_start_matches("a,b\n").trim_end_matches(",\n").into()
    }

    #[test]
    fn fields_are_quoted_only_where_needed() {
        assert_eq!(written("f16:acc=f32"), "f16:acc=f32");
        assert_eq!(written("a,b"), "\"a,b\"");
        assert_eq!(written("say \"no\"\n"), "\"say \"\"no\"\"\\n\"");
    }

    /// Formulas as texts, numbers of either sign as numbers, and nothing that hides.
    #[test]
    fn no_field_is_taken_for_a_formula() {
        for text in ["=1+1", "+cmd", "-cmd|' /C calc'!A0", "@SUM(A1)", "−1", "＝1", "-", "+-1"] {
            assert_eq!(written(text), format!("'{text}"));
        }
        assert_eq!(written("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
        assert_eq!(written("\t=1"), "\\t=1");
        assert_eq!(written("a\u{202e}\r"), "a\\u{202e}\\r");
        for number in ["-1.5", "-inf", "+2", "-4.9e-324", "1", "a-b", ""] {
            assert_eq!(written(number), number);
        }
    }
}
