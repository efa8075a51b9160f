//! Reads and writes records of every kind as one line of JSON; reading and writing again gives the same bytes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{self, Write};

/// The bytes of a record's file.
pub fn write<T: Serialize>(record: &T) -> String {
    let mut text = serde_json::to_string(record).expect("a record has only serialisable fields");
    text.push('\n');
    text
}

/// The number of bytes that [`write`] gives, without the text itself.
pub fn length<T: Serialize>(record: &T) -> usize {
    struct Count(usize);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(1);
    serde_json::to_writer(&mut count, record).expect("a record has only serialisable fields");
    count.0
}

/// Reads a record of this version's schema, or of a former one after its conversion to this layout; `kind` is its name:
/// "law".
///
/// # Errors
/// The place where the text is not a record of these schemas.
pub fn read<T: DeserializeOwned>(
    text: &str,
    kind: &str,
    schema: &str,
    former: &[&str],
    convert: fn(&mut Value) -> Result<(), String>,
) -> Result<T, String> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let wrong = |error: serde_json::Error| format!("not a {kind}: {error}");
    let head: Head = serde_json::from_str(text).map_err(wrong)?;
    if head.schema == schema {
        return serde_json::from_str(text).map_err(wrong);
    }
    if !former.contains(&head.schema.as_str()) {
        let known: Vec<String> = [schema].iter().chain(former).map(|schema| format!("`{schema}`")).collect();
        return Err(format!("schema `{}` cannot be read; this version reads {}", head.schema, joined(&known)));
    }
    let mut value: Value = serde_json::from_str(text).map_err(wrong)?;
    convert(&mut value).map_err(|error| format!("not a {kind}: {error}"))?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("schema".into(), schema.into());
    }
    serde_json::from_value(value).map_err(wrong)
}

/// `a, b and c`.
fn joined(all: &[String]) -> String {
    match all {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => all.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_that_of_the_text() {
        for record in [vec![], vec![("é\"\n", 1.5e-300)], vec![("a", 0.1), ("b", 7.0)]] {
            assert_eq!(length(&record), write(&record).len());
        }
    }
}
