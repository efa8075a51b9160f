//! `net.toml`: the activations of a network whose weights come from a file.

use serde::Deserialize;
use std::path::Path;

/// Longest file in bytes.
const LONGEST: usize = 1 << 20;

/// What `net.toml` may say; one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// φ of every hidden layer.
    activation: Option<String>,
    /// φ of each hidden layer.
    activations: Option<Vec<String>>,
}

/// Activations by name.
#[derive(Clone, Debug, PartialEq)]
pub enum Activations {
    /// One for every hidden layer.
    Same(String),
    /// One for each hidden layer, from the input.
    Each(Vec<String>),
    /// Several, each for every hidden layer of a network of its own.
    Compared(Vec<String>),
}

/// Reads `activation = "relu"` or `activations = ["relu", "tanh"]`.
///
/// # Errors
/// What is wrong with its line, and the fix.
pub fn read_net(path: &Path) -> Result<Activations, String> {
    let shown = path.display();
    let fix = "write `activation = \"relu\"`, or `activations = [\"relu\", …]` with one name per hidden layer";
    let bytes = super::bytes_of(path)?;
    if bytes.len() > LONGEST {
        return Err(format!("`{shown}` is too long: {fix}"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("`{shown}` is not text: {fix}"))?;
    let document: Document =
        toml::from_str(text).map_err(|error| format!("`{shown}`: {}: {fix}", in_one_line(text, &error)))?;
    match document {
        Document { activation: Some(name), activations: None } => Ok(Activations::Same(name)),
        Document { activation: None, activations: Some(names) } => Ok(Activations::Each(names)),
        _ => Err(format!("`{shown}` says both or nothing: {fix}")),
    }
}

/// What is wrong with a document, and where.
fn in_one_line(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let message = error.message().trim().replace('\n', ", ");
    format!("TOML parse error at line {line}, column {column}: {message}")
}
