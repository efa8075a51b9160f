//! Reads numbers on the command line, with error messages. The spec checks their limits.

use crate::spec;

/// Reads a whole number; the message has the range that the spec accepts.
pub fn whole(least: usize, most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync + 'static {
    move |text| text.parse().map_err(|_| format!("give a whole number, at least {least} and at most {most}"))
}

/// Reads a number of steps, or 0 for none.
pub fn steps(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "give 0 for none, or a whole number of steps, such as 50".into())
}

/// Reads a seed.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("give a whole number from 0 to {}", u64::MAX))
}

/// Reads a double; `wanted` says which numbers the option takes.
pub fn real(wanted: &'static str) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
    move |text| spec::fields::real(text, &format!("give {wanted}"))
}
