//! Names that are paths: JAX's key paths in the words of a state dict.

use std::borrow::Cow;

/// The words of a JAX key path, separated by `/`, and any other name as it is.
///
/// `jax.tree_util.keystr` writes `['params']['Dense_0']['kernel']` for dictionaries, `[0]` for sequences, `.kernel` for
/// attributes, and `[<flat index 0>]` for unregistered nodes. What Flax NNX appends, `.value`, is no word of the name.
pub(super) fn plain(name: &str) -> Cow<'_, str> {
    if !name.starts_with(['[', '.']) {
        return Cow::Borrowed(name);
    }
    let Some(mut words) = words(name) else { return Cow::Borrowed(name) };
    if words.len() > 1 && words.last().is_some_and(|last| matches!(*last, "value" | "raw_value")) {
        words.pop();
    }
    Cow::Owned(words.join("/"))
}

/// The words of a key path; `None` if it is none.
fn words(path: &str) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (word, after) = if let Some(quoted) = rest.strip_prefix("['") {
            quoted.split_once("']")?
        } else if let Some(quoted) = rest.strip_prefix("[\"") {
            quoted.split_once("\"]")?
        } else if let Some(index) = rest.strip_prefix("[<flat index ") {
            index.split_once(">]")?
        } else if let Some(index) = rest.strip_prefix('[') {
            index.split_once(']')?
        } else {
            let attribute = rest.strip_prefix('.')?;
            attribute.split_at(attribute.find(['.', '[']).unwrap_or(attribute.len()))
        };
        if word.is_empty() {
            return None;
        }
        words.push(word);
        rest = after;
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_paths_become_words() {
        for (name, expected) in [
            ("['params']['Dense_0']['kernel']", "params/Dense_0/kernel"),
            (".params.dense.kernel", "params/dense/kernel"),
            (".layers[0].weight", "layers/0/weight"),
            ("[0]['W']", "0/W"),
            ("['mlp/~/linear_0']['w']", "mlp/~/linear_0/w"),
            ("['linear1']['kernel'].value", "linear1/kernel"),
            (".opt[<flat index 3>]", "opt/3"),
            // No key paths.
            ("0.weight", "0.weight"),
            ("params/Dense_0/kernel", "params/Dense_0/kernel"),
            ("['params'", "['params'"),
            ("[]", "[]"),
            (".a..b", ".a..b"),
            ("['a']b", "['a']b"),
        ] {
            assert_eq!(plain(name), expected, "{name}");
        }
    }
}
