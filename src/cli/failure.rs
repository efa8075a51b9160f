//! Why a run ends early, and how messages are printed.

use crate::printable::{in_one_line, printable};
use crate::quote;
use crate::spec::SpecError;
use std::io;

/// Exit status of bad input.
pub const BAD_INPUT: u8 = 2;
/// Exit status when a condition of the user is met: a verdict (`--fail-on`), or too much excess (`--max-excess`).
pub const VERDICT_REACHED: u8 = 3;

/// A message as it is printed: long pieces of input are shortened and hidden characters escaped. It is one line, unless
/// its last line points at a character.
pub fn told(message: &str) -> String {
    let inputs: Vec<String> = std::env::args_os().map(|input| input.to_string_lossy().into_owned()).collect();
    let points = message.lines().last().is_some_and(|line| line.trim() == "^");
    let shortened = quote::in_message(message, &inputs);
    if points { printable(&shortened).into_owned() } else { in_one_line(&shortened).into_owned() }
}

/// Why a run ended early.
pub enum Failure {
    /// The user can fix it.
    Input(String),
    /// Writing failed.
    Output(io::Error),
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Failure {
        Failure::Input(error.to_string())
    }
}
