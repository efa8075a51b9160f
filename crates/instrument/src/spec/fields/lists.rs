//! The lists of `--act` and `--formats`, from their pieces between commas.

use crate::activation::{self, Activation};

/// The names of `--act`; `all` stands for the whole catalogue.
pub fn activations(pieces: Vec<String>) -> Result<Vec<String>, String> {
    let names = whole_names(&pieces);
    let is_all = |name: &String| name.trim().eq_ignore_ascii_case("all");
    match names.as_slice() {
        [one] if is_all(one) => Ok(activation::ALL.iter().map(Activation::name).collect()),
        _ if names.iter().any(is_all) => {
            Err(format!("--act {}: `all` already includes every activation; give it alone", pieces.join(",")))
        }
        _ => Ok(names),
    }
}

/// Splits a list at commas that are not within parentheses: `hardtanh:-2:2 (least = -2, largest = 2)` is one name.
fn whole_names(pieces: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match names.last_mut() {
            Some(name) if name.contains('(') && !name.contains(')') => *name += &format!(",{piece}"),
            _ => names.push(piece.clone()),
        }
    }
    names
}

/// How a loss scale starts in tables.
const SCALE: &str = "loss ×";

/// The names of `--formats`; refuses names with a loss scale, which tables append to them.
pub fn formats(names: Vec<String>) -> Result<Vec<String>, String> {
    let scale_in = |name: &String| name.split_once(SCALE).map(|(_, scale)| scale.trim_end_matches(')').to_string());
    match names.iter().find_map(scale_in) {
        Some(scale) => Err(format!(
            "--formats {}: `{SCALE}{scale}` is the loss scale of all precisions; leave it out and give --loss-scale {scale}",
            names.join(",")
        )),
        None => Ok(names),
    }
}
