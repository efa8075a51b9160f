//! Names of a training's pictures, without their endings.

use crate::report::files;

/// The picture of a single run, without its ending.
const SINGLE: &str = "training";

/// One per activation, and of several the comparison's, without their endings.
pub fn stems<'a>(activations: impl ExactSizeIterator<Item = &'a str>) -> Vec<String> {
    let is_single = activations.len() < 2;
    let mut stems: Vec<String> = Vec::new();
    for activation in activations {
        let is_taken = |name: &str| stems.iter().any(|taken| taken == name);
        let stem = if is_single { SINGLE.into() } else { files::free_name(activation, is_taken) };
        stems.push(stem);
    }
    stems.extend((!is_single).then(|| files::COMPARISON.to_string()));
    stems
}
