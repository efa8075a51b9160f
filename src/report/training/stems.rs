//! Names of a training's pictures, without their endings.

use crate::report::files;

/// The picture of a single run, without its ending.
const SINGLE: &str = "training";

/// The picture that compares several runs, without its ending.
const COMPARISON: &str = "compare";

/// One per activation, and of several the comparison's, without their endings.
pub fn stems<'a>(activations: impl ExactSizeIterator<Item = &'a str>) -> Vec<String> {
    let is_single = activations.len() < 2;
    let mut stems: Vec<String> = Vec::new();
    for activation in activations {
        let is_taken = |name: &str| name == COMPARISON || stems.iter().any(|taken| taken == name);
        let stem = if is_single { SINGLE.into() } else { stem(activation, is_taken) };
        stems.push(stem);
    }
    if !is_single {
        stems.push(COMPARISON.into());
    }
    stems
}

/// An activation's name as a file's, numbered where it is taken.
fn stem(activation: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let plain = files::safe(activation);
    let numbered = (2..).map(|number: u64| format!("{plain}-{number}"));
    let mut candidates = std::iter::once(plain.clone()).chain(numbered);
    let is_free = |name: &String| !is_taken(name) && ![".", "..", ""].contains(&name.as_str());
    candidates.find(is_free).unwrap_or(plain)
}
