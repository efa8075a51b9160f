//! What is printed, and how.

use super::failure::{Failure, told};
use crate::printable::printable;
use crate::report::svg::Theme;
use crate::spec::Files;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::io::{self, Write};

/// What `--json` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Json {
    Record,
    Summary,
}

/// Reads a theme; help and completions list the themes.
pub fn theme() -> impl TypedValueParser<Value = Theme> {
    let names = PossibleValuesParser::new(Theme::ALL.map(Theme::name));
    names.try_map(|name| Theme::parse(&name).ok_or("give light or dark"))
}

/// Prints the notes about the files that were read.
pub fn tell(files: &Files) {
    files.notes.iter().for_each(|note| drop(writeln!(io::stderr(), "note: {}", told(note))));
}

/// Prints text for people, with hidden characters of names made visible.
///
/// # Errors
/// As [`print()`].
pub fn show(text: &str) -> Result<(), Failure> {
    print(printable(text).as_bytes())
}

/// Prints; a closed pipe is not an error, because its reader wants no more.
///
/// # Errors
/// Any other output error.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Output(io::Error::other(format!("cannot print: {error}"))))
        }
        _ => Ok(()),
    }
}
