//! Records of every kind as text: one line of JSON, and back to the same bytes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The bytes of a record's file.
pub fn write<T: Serialize>(record: &T) -> String {
    let mut text = serde_json::to_string(record).expect("a record has only serialisable fields");
    text.push('\n');
    text
}

/// Reads a record of a schema back; `kind` is what it is called: "law".
///
/// # Errors
/// A sentence with the place where the text is not a record of this schema.
pub fn read<T: DeserializeOwned>(text: &str, schema: &str, kind: &str) -> Result<T, String> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let head: Head = serde_json::from_str(text).map_err(|error| format!("not a {kind}: {error}"))?;
    if head.schema != schema {
        return Err(format!("schema `{}` cannot be read; this version reads `{schema}`", head.schema));
    }
    serde_json::from_str(text).map_err(|error| format!("not a {kind}: {error}"))
}
