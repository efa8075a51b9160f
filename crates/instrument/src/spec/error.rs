//! What is wrong with a spec.

use std::fmt;

/// A spec that cannot be run: what is wrong and the fix, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SpecError(pub String);

/// Reads a list of names and refuses empty lists and repetitions.
pub(super) fn named<T: PartialEq + fmt::Debug>(
    what: &str,
    example: &str,
    names: &[String],
    mut parse: impl FnMut(&str) -> Result<T, String>,
) -> Result<Vec<T>, SpecError> {
    if names.is_empty() {
        return Err(SpecError(format!("no {what} given; write {example}")));
    }
    let mut read = Vec::with_capacity(names.len());
    for name in names {
        if name.chars().any(char::is_control) {
            return Err(SpecError(format!("{what} {name:?} holds a control character; write {example}")));
        }
        let name = name.trim();
        if name.is_empty() {
            return Err(SpecError(format!("an empty {what} is given; write {example}")));
        }
        let value = parse(name).map_err(SpecError)?;
        if read.contains(&value) {
            return Err(SpecError(format!("{what} `{name}` is given twice; keep one")));
        }
        read.push(value);
    }
    Ok(read)
}
