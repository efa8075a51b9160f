//! Cells: numbers, names as in JSON, and text quoted so that nothing but its reader interprets it.

use crate::printable::in_one_line;
use crate::record::Number;
use serde::Serialize;

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

/// A field as in RFC 4180, section 2: one that holds commas or quotes is quoted, and its quotes are doubled.
///
/// Hidden characters, tabs and line breaks among them, are written as escapes. Text that a spreadsheet would take for a
/// formula gets an apostrophe in front; numbers stay numbers.
pub fn quoted(field: &str) -> String {
    let field = in_one_line(field);
    let is_formula = field.starts_with(FORMULA) && field.parse::<f64>().is_err();
    let apostrophe = if is_formula { "'" } else { "" };
    if field.contains([',', '"']) {
        format!("\"{apostrophe}{}\"", field.replace('"', "\"\""))
    } else {
        format!("{apostrophe}{field}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_only_where_needed() {
        assert_eq!(quoted("f16:acc=f32"), "f16:acc=f32");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("say \"no\"\n"), "\"say \"\"no\"\"\\n\"");
    }

    /// Formulas as texts, numbers of either sign as numbers, and nothing that hides.
    #[test]
    fn no_field_is_taken_for_a_formula() {
        for text in ["=1+1", "+cmd", "-cmd|' /C calc'!A0", "@SUM(A1)", "−1", "＝1", "-", "+-1"] {
            assert_eq!(quoted(text), format!("'{text}"));
        }
        assert_eq!(quoted("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
        assert_eq!(quoted("\t=1"), "\\t=1");
        assert_eq!(quoted("a\u{202e}\r"), "a\\u{202e}\\r");
        for number in ["-1.5", "-inf", "+2", "-4.9e-324", "1", "a-b", ""] {
            assert_eq!(quoted(number), number);
        }
    }
}
