//! Lists, capitals and shares in words.

use crate::record::Number;
use crate::report::numbers::{Notation, short};
use std::collections::BTreeMap;

/// `a`, `a and b`, `a, b and c`.
pub fn joined<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().into(),
        [some @ .., last] => {
            let some: Vec<&str> = some.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", some.join(", "), last.as_ref())
        }
    }
}

/// The same of many names: the first `most`, and how many others there are unless that is one.
pub(super) fn shortened(mut names: Vec<String>, most: usize) -> String {
    if names.len() > most + 1 {
        let others = names.len() - most;
        names.truncate(most);
        names.push(format!("{others} others"));
    }
    joined(&names)
}

/// Clauses as a sentence, if there are any: with its first letter as a capital, unless it begins with a name such as `bf16`.
pub(super) fn sentence(clauses: &[String]) -> Option<String> {
    (!clauses.is_empty()).then(|| format!("{}.", capitalised(&clauses.join("; "))))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let word = text.split([' ', ',']).next().unwrap_or_default();
    match letters.next() {
        Some(first) if word.chars().all(char::is_alphabetic) => first.to_uppercase().chain(letters).collect(),
        _ => text.into(),
    }
}

/// Counts from the greatest; at ties the more severe first.
pub(super) fn by_count<T: Copy + Ord>(counts: &BTreeMap<T, usize>) -> Vec<(T, usize)> {
    let mut counts: Vec<(T, usize)> = counts.iter().map(|(what, count)| (*what, *count)).collect();
    counts.sort_by_key(|(what, count)| std::cmp::Reverse((*count, *what)));
    counts
}

/// `0.2 of the signal`, `1.09 times the signal`.
pub(super) fn share(ratio: f64, of: &str, notation: Notation) -> String {
    let shown = short(ratio, notation);
    if ratio < 1.0 { format!("{shown} of {of}") } else { format!("{shown} times {of}") }
}

/// Two values that differ, the lesser first: neither is a median.
pub(super) fn two_of(trials: &[Number]) -> Option<[f64; 2]> {
    match trials {
        [Number::Finite(one), Number::Finite(other)] if one != other => Some([one.min(*other), one.max(*other)]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::numbers::Notation::Plain;

    #[test]
    fn sentences_begin_with_capitals_and_names_stay() {
        assert_eq!(capitalised("an f32 accumulator"), "An f32 accumulator");
        assert_eq!(capitalised("bf16:acc=f32 is"), "bf16:acc=f32 is");
        assert_eq!(capitalised(""), "");
    }

    #[test]
    fn shares_and_lists_read_naturally() {
        assert_eq!(share(0.207, "the signal", Plain), "0.207 of the signal");
        assert_eq!(share(1.09, "the signal", Plain), "1.09 times the signal");
        assert_eq!(joined(&["a", "b", "c"]), "a, b and c");
    }
}
