//! Finds the known name nearest to a mistyped one, for error messages that suggest a fix.

/// The candidate most similar to `typed` (Jaro-Winkler), the first of several equal ones.
pub fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> &'a str {
    let mut best = ("", -1.0);
    for candidate in candidates {
        let similarity = strsim::jaro_winkler(typed, candidate);
        if similarity > best.1 {
            best = (candidate, similarity);
        }
    }
    best.0
}
