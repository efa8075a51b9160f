//! What the name of a tensor says: its module, which parameter of the module it is, and the numbers in it.
//!
//! PyTorch separates the words of a name by `.` (`model.layers.3.dense.weight`), Flax and Keras by `/`
//! (`params/Dense_0/kernel`), JAX writes key paths (`['params']['Dense_0']['kernel']`); TensorFlow appends `:0`. A
//! `weight` is stored as out × in, a `kernel` as in × out, which Keras 3 saves as `vars/0`. A matrix that is called `W1`
//! or `w` is stored either way.

use super::paths::plain;
use crate::quote::listed;
use std::cmp::Ordering;

/// What separates the words of a name.
pub(super) const SEPARATORS: [char; 2] = ['.', '/'];
/// The last word of what PyTorch's `get_extra_state` saves.
const EXTRA_STATE: &str = "_extra_state";
/// The word before the number of a variable that Keras 3 saves.
const VARIABLES: &str = "vars";

/// Which parameter of its module a tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `weight`, out × in; of a PReLU its slope.
    Weight,
    /// `kernel`, in × out.
    Kernel,
    /// `W1`: out × in or in × out.
    Matrix,
    /// `bias`.
    Bias,
    /// `negative_slope` of Flax's PReLU.
    Slope,
}

/// The module and the last word: `fc1.weight` is (`fc1`, `weight`), a name of one word belongs to the module ``. The
/// number of `W1` is its module, that of `vars/0` is part of the last word.
pub(super) fn split(name: &str) -> (String, String) {
    let plain = plain(name);
    let whole = without_variable_number(&plain);
    let (module, last) = whole.rsplit_once(SEPARATORS).unwrap_or(("", whole));
    let variables = module.strip_suffix(VARIABLES).filter(|_| matches!(last, "0" | "1"));
    if let Some(module) = variables.filter(|module| module.is_empty() || module.ends_with(SEPARATORS)) {
        return (module.trim_end_matches(SEPARATORS).into(), format!("{VARIABLES}/{last}"));
    }
    match letter_and_number(last) {
        Some((letter, number)) if !number.is_empty() => {
            let module = if module.is_empty() { number.into() } else { format!("{module}/{number}") };
            (module, letter.into())
        }
        _ => (module.into(), last.into()),
    }
}

/// `W` and `1` of `W1` and `W_1`, `b` and nothing of `b`; `None` for other words.
fn letter_and_number(word: &str) -> Option<(&str, &str)> {
    let letter = word.get(..1).filter(|letter| matches!(*letter, "W" | "w" | "b"))?;
    let number = &word[1..];
    let number = number.strip_prefix('_').filter(|digits| !digits.is_empty()).unwrap_or(number);
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some((letter, number))
}

/// Which parameter a tensor of that name is; `None` for anything but a weight, a bias or a slope.
pub(super) fn role(name: &str) -> Option<Role> {
    match split(name).1.as_str() {
        "weight" => Some(Role::Weight),
        "kernel" | "vars/0" => Some(Role::Kernel),
        "W" | "w" => Some(Role::Matrix),
        "bias" | "b" | "vars/1" => Some(Role::Bias),
        "negative_slope" => Some(Role::Slope),
        _ => None,
    }
}

/// True if the name says that a matrix is stored as in × out; `dense_kernel` does, too.
pub(super) fn is_kernel(name: &str) -> bool {
    let plain = plain(name);
    let last = without_variable_number(&plain).rsplit(['.', '/', ':', '_']).next();
    role(name) == Some(Role::Kernel) || last.is_some_and(|last| last.eq_ignore_ascii_case("kernel"))
}

/// The name by which tensors of different frameworks are compared: `Dense_0/kernel` becomes `Dense_0.weight`, `b1`
/// becomes `1.bias`.
pub(super) fn common_spelling(name: &str) -> String {
    let (module, last) = split(name);
    let last = match role(name) {
        Some(Role::Weight | Role::Kernel | Role::Matrix | Role::Slope) => "weight",
        Some(Role::Bias) => "bias",
        None => last.as_str(),
    };
    let module = module.replace('/', ".");
    if module.is_empty() { last.into() } else { format!("{module}.{last}") }
}

/// The same of a gradient, which may be named after its parameter: `dW1`, `grad_b1`.
pub(super) fn gradient_spelling(name: &str) -> String {
    let plain = plain(name);
    let last = plain.rfind(SEPARATORS).map_or(0, |at| at + 1);
    let (module, word) = plain.split_at(last);
    let parameter = ["grad_", "d_", "d"].into_iter().filter_map(|prefix| word.strip_prefix(prefix));
    let parameter = parameter.into_iter().find(|rest| letter_and_number(rest).is_some());
    common_spelling(&parameter.map_or(plain.to_string(), |parameter| format!("{module}{parameter}")))
}

/// `kernel:0` without the number of the TensorFlow variable.
fn without_variable_number(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((before, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => name,
    }
}

/// True for a tensor that no layer computes with: `_extra_state`, single numbers such as `num_batches_tracked`, the state
/// of Keras's random generators, and tensors without an entry. Parameters and the scales of quantised weights are never
/// inert.
pub(super) fn is_inert(name: &str, shape: &[usize]) -> bool {
    let has_no_axis = shape.is_empty() || shape.contains(&0);
    // Keras numbers all variables, those of its optimisers, too.
    let is_parameter = role(name).is_some() && !(shape.is_empty() && split(name).1.starts_with(VARIABLES));
    let is_state = is_extra_state(name) || split(&split(name).0).1 == "seed_generator";
    is_state || has_no_axis && !is_parameter && !is_of_quantised(name)
}

/// True for what a module of PyTorch saves besides its parameters and buffers.
pub(super) fn is_extra_state(name: &str) -> bool {
    name.split(SEPARATORS).any(|word| word == EXTRA_STATE)
}

/// True for scales, zero points and tables next to quantised weights: the weights alone are other numbers.
pub(super) fn is_of_quantised(name: &str) -> bool {
    const WORDS: [&str; 9] =
        ["scales", "scale_inv", "qscale", "zero_point", "qzeros", "qweight", "absmax", "SCB", "quant_map"];
    const SUBJECTS: [&str; 6] = ["weight", "kernel", "bias", "input", "output", "activation"];
    let (module, last) = split(name);
    let is_scale = last.contains("scale") || last.contains("zero_point");
    WORDS.contains(&last.as_str())
        || is_scale && SUBJECTS.iter().any(|subject| last.starts_with(subject))
        || matches!(split(&module).1.as_str(), "weight" | "kernel")
}

/// Lengths of the prefixes that all names share and that end with a separator, the empty one first.
pub(super) fn shared_prefixes(names: &[&str], separators: &[char]) -> Vec<usize> {
    let Some(first) = names.first() else { return vec![0] };
    let ends = first.char_indices().filter(|(_, c)| separators.contains(c)).map(|(at, _)| at + 1);
    let shared = ends.take_while(|&end| names.iter().all(|name| name.as_bytes().starts_with(&first.as_bytes()[..end])));
    std::iter::once(0).chain(shared).collect()
}

/// The name with `#` for every number in it: names of one template differ in their numbers only.
pub(super) fn template(name: &str) -> String {
    let mut template = String::with_capacity(name.len());
    for c in name.chars() {
        match c.is_ascii_digit() {
            true if template.ends_with('#') => {}
            true => template.push('#'),
            false => template.push(c),
        }
    }
    template
}

/// Runs of digits as numbers, everything else by character: `2` comes before `10`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        match (digits(a), digits(b)) {
            (from_a, from_b) if from_a > 0 && from_b > 0 => {
                let (number_a, number_b) = (a[..from_a].trim_start_matches('0'), b[..from_b].trim_start_matches('0'));
                let order = number_a.len().cmp(&number_b.len()).then(number_a.cmp(number_b));
                if order != Ordering::Equal {
                    return order;
                }
                (a, b) = (&a[from_a..], &b[from_b..]);
            }
            _ => {
                let (mut rest_a, mut rest_b) = (a.chars(), b.chars());
                match (rest_a.next(), rest_b.next()) {
                    (None, None) => return Ordering::Equal,
                    (next_a, next_b) if next_a != next_b => return next_a.cmp(&next_b),
                    _ => (a, b) = (rest_a.as_str(), rest_b.as_str()),
                }
            }
        }
    }
}

/// The note about matrices stored as in × out; `None` if there are none.
pub(super) fn transposed_note(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("read as in × out and transposed: {}", listed(names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_their_last_separator() {
        for (name, module, role_of) in [
            ("0.weight", "0", Some(Role::Weight)),
            ("model.layers.3.mlp.dense.bias", "model.layers.3.mlp.dense", Some(Role::Bias)),
            ("params/Dense_0/kernel", "params/Dense_0", Some(Role::Kernel)),
            ("model/dense_1/kernel:0", "model/dense_1", Some(Role::Kernel)),
            ("PReLU_0/negative_slope", "PReLU_0", Some(Role::Slope)),
            ("weight", "", Some(Role::Weight)),
            ("0.weight_scale", "0", None),
            ("fc1.Weight", "fc1", None),
            ("attention.in_proj_weight", "attention", None),
            ("['params']['Dense_0']['kernel']", "params/Dense_0", Some(Role::Kernel)),
            (".params.dense.kernel", "params/dense", Some(Role::Kernel)),
            ("['Dense_0']['bias']", "Dense_0", Some(Role::Bias)),
            ("layers/dense/vars/0", "layers/dense", Some(Role::Kernel)),
            ("layers/dense_1/vars/1", "layers/dense_1", Some(Role::Bias)),
            ("layers/dense/vars/2", "layers/dense/vars", None),
            ("layers/myvars/0", "layers/myvars", None),
            ("W1", "1", Some(Role::Matrix)),
            ("W_10", "10", Some(Role::Matrix)),
            ("w0", "0", Some(Role::Matrix)),
            ("b1", "1", Some(Role::Bias)),
            ("b_2", "2", Some(Role::Bias)),
            ("net.W3", "net/3", Some(Role::Matrix)),
            ("mlp/~/linear_0/w", "mlp/~/linear_0", Some(Role::Matrix)),
            ("linear/b", "linear", Some(Role::Bias)),
            ("W1x", "", None),
            ("W_", "", None),
            ("b1.c", "b1", None),
            ("Wü", "", None),
        ] {
            assert_eq!((split(name).0.as_str(), role(name)), (module, role_of), "{name}");
        }
        assert_eq!(common_spelling("params/Dense_0/kernel:0"), "params.Dense_0.weight");
        assert_eq!(common_spelling("kernel"), "weight");
        for (name, spelling) in [
            ("['Dense_0']['kernel']", "Dense_0.weight"),
            ("layers/dense/vars/1", "layers.dense.bias"),
            ("W1", "1.weight"),
            ("b_1", "1.bias"),
            ("dW1", "1.weight"),
            ("db_1", "1.bias"),
            ("grad_W1", "1.weight"),
            ("net.d_b1", "net.1.bias"),
            ("['dW1']", "1.weight"),
            ("dense.weight", "dense.weight"),
            ("d", "d"),
        ] {
            assert_eq!(gradient_spelling(name), spelling, "{name}");
        }
        assert_eq!(common_spelling("dW1"), "dW1", "of a parameter it is no weight");
    }

    #[test]
    fn only_what_changes_no_number_is_inert() {
        for (name, shape, inert) in [
            ("0._extra_state", &[5][..], true),
            ("0._extra_state.recipe", &[5, 2], true),
            ("1.num_batches_tracked", &[], true),
            ("flag", &[], true),
            ("marker", &[0], true),
            ("marker", &[3, 0], true),
            ("0.weight", &[3, 0], false),
            ("0.bias", &[], false),
            ("1/negative_slope", &[], false),
            ("0.weight_scale", &[], false),
            ("0.input_scale", &[], false),
            ("0.weight.absmax", &[0], false),
            ("running_mean", &[1], false),
            ("layers/dropout/seed_generator/vars/0", &[2], true),
            ("optimizer/vars/0", &[], true),
            ("layers/dense/vars/0", &[4, 3], false),
            ("layers/dense/vars/1", &[3], false),
        ] {
            assert_eq!(is_inert(name, shape), inert, "{name} {shape:?}");
        }
        assert!(!is_of_quantised("LayerNorm_0/scale") && !is_of_quantised("logit_scale"));
    }

    #[test]
    fn names_with_numbers_are_in_the_order_of_numbers() {
        for (first, second) in
            [("2.w", "10.w"), ("a2b", "a10"), ("a", "b"), ("a", "a1"), ("x09", "x10"), ("2.b", "2.w")]
        {
            assert_eq!((natural(first, second), natural(second, first)), (Ordering::Less, Ordering::Greater));
        }
        assert_eq!(natural("a1.w", "a1.w"), Ordering::Equal);
        assert_eq!(template("layers.10.fc2"), "layers.#.fc#");
    }
}
