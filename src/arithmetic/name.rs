//! Names of arithmetics: the grammar `format(:key[=value])*`.
//!
//! "f16" without its accumulator means nothing, so the accumulator is part of the name wherever it is
//! not the format itself. Any order of keys parses; one canonical order is printed.

use crate::format::Format;
use crate::nearest::nearest;
use std::fmt;

/// Format and accumulator of an arithmetic that rounds to nearest, ties to even.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArithmeticName {
    /// What is stored.
    pub format: Format,
    /// In what sums of products run.
    pub accumulator: Format,
}

/// Keys of the grammar that later versions fill.
const RESERVED: [&str; 5] = ["sum", "round", "ftz", "daz", "saturate"];

impl ArithmeticName {
    /// An arithmetic whose accumulator is its own format.
    pub const fn plain(format: Format) -> ArithmeticName {
        ArithmeticName { format, accumulator: format }
    }

    /// Reads an arithmetic's name.
    ///
    /// # Errors
    /// A sentence with the fix, and a second line that points at the character.
    pub fn parse(text: &str) -> Result<ArithmeticName, String> {
        let point = |offset: usize, message: String| {
            let column = text[..offset].chars().count();
            format!("arithmetic `{text}`, character {}: {message}\n  {text}\n  {}^", column + 1, " ".repeat(column))
        };
        // The precision of `mpfr:N` is the one colon inside a format's name.
        let skip = if text.to_ascii_lowercase().starts_with("mpfr:") { "mpfr:".len() } else { 0 };
        let format_end = text[skip..].find(':').map_or(text.len(), |at| skip + at);
        let format = Format::parse(&text[..format_end]).map_err(|message| point(0, message))?;
        let mut accumulator = None;
        let mut offset = format_end;
        while offset < text.len() {
            let start = offset + 1;
            let rest = &text[start..];
            let key_end = rest.find([':', '=']).map_or(text.len(), |at| start + at);
            let key = &text[start..key_end].to_ascii_lowercase();
            if key != "acc" {
                let message = if RESERVED.contains(&key.as_str()) {
                    format!("`{key}` is not available yet; remove it")
                } else if key.is_empty() {
                    "a key is missing; write `acc=FORMAT` or remove the `:`".into()
                } else {
                    let known = nearest(key, std::iter::once("acc").chain(RESERVED));
                    format!("unknown key `{key}`; did you mean `{known}`?")
                };
                return Err(point(start, message));
            }
            if accumulator.is_some() {
                return Err(point(start, "`acc` is given twice; keep one".into()));
            }
            if !text[key_end..].starts_with('=') {
                return Err(point(key_end, "`acc` needs a format; write `acc=f32`".into()));
            }
            let value = key_end + 1;
            let skip = if text[value..].to_ascii_lowercase().starts_with("mpfr:") { "mpfr:".len() } else { 0 };
            let value_end = text[value + skip..].find(':').map_or(text.len(), |at| value + skip + at);
            accumulator = Some(Format::parse(&text[value..value_end]).map_err(|message| point(value, message))?);
            offset = value_end;
        }
        Ok(ArithmeticName { format, accumulator: accumulator.unwrap_or(format) })
    }
}

impl fmt::Display for ArithmeticName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.format)?;
        if self.accumulator != self.format {
            write!(f, ":acc={}", self.accumulator)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_in_one_spelling() {
        for (text, canonical) in [
            ("f16", "f16"),
            ("float16:acc=float32", "f16:acc=f32"),
            ("F16:ACC=F32", "f16:acc=f32"),
            ("f16:acc=f16", "f16"),
            ("mpfr:100:acc=f32", "mpfr:100:acc=f32"),
            ("bf16:acc=mpfr:40", "bf16:acc=mpfr:40"),
            ("e5m10", "f16"),
            ("e6m9", "e6m9"),
            ("e4m3ieee", "e4m3ieee"),
        ] {
            let name = ArithmeticName::parse(text).unwrap();
            assert_eq!(name.to_string(), canonical);
            assert_eq!(ArithmeticName::parse(canonical), Ok(name));
        }
    }

    #[test]
    fn errors_point_at_the_character() {
        for (text, column, words) in [
            ("flaot16", 1, "did you mean `float16`"),
            ("f16:ac=f32", 5, "did you mean `acc`"),
            ("f16:acc", 8, "needs a format"),
            ("f16:acc=f33", 9, "unknown format `f33`"),
            ("f16:acc=f32:acc=f32", 13, "twice"),
            ("f16:", 5, "a key is missing"),
            ("f16:ftz", 5, "not available yet"),
            ("e4m3", 1, "`e4m3fn`"),
            ("mpfr:0", 1, "precision from 2"),
            ("mpfr:+24", 1, "precision from 2"),
        ] {
            let error = ArithmeticName::parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
            let caret = error.lines().last().unwrap();
            assert_eq!(caret.chars().count(), column + 2, "{text}: {error}");
            assert!(caret.ends_with('^'));
        }
    }
}
