//! Reads the command line, and checks that no option precedes the subcommand.

use super::arguments::Arguments;
use super::failure::Failure;
use super::refusal;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};
use std::ffi::OsString;

/// Reads the command line; prints help or the version and exits if requested.
///
/// # Errors
/// An error of the parser, or an option before a subcommand, where it would have no effect: one sentence with the fix.
pub fn parse() -> Result<Arguments, Failure> {
    let (given, command) = (given(), Arguments::command());
    let refuse = |error: clap::Error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.exit(),
        _ => {
            let given: Vec<String> = given.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            Failure::Input(refusal::sentence(&command, &given, &error))
        }
    };
    let matches = command.clone().try_get_matches_from(&given).map_err(refuse)?;
    refuse_misplaced(&command, &matches).map_err(Failure::Input)?;
    let mut arguments = Arguments::from_arg_matches(&matches).map_err(refuse)?;
    let matches = matches.subcommand().map_or(&matches, |(_, of_subcommand)| of_subcommand);
    arguments.given = matches.ids().map(|id| id.to_string()).filter(|id| is_given(matches, id)).collect();
    Ok(arguments)
}

/// The command line; negative numbers of `round` get a minus sign instead of the hyphen, which would start an option.
fn given() -> Vec<OsString> {
    let mut given: Vec<OsString> = std::env::args_os().collect();
    if given.get(1).is_some_and(|name| name == "round") {
        for text in &mut given[2..] {
            let is_number = |text: &str| {
                text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
                    || text.to_ascii_lowercase().starts_with("inf")
            };
            if let Some(number) = text.to_str().and_then(|text| text.strip_prefix('-')).filter(|text| is_number(text)) {
                *text = format!("−{number}").into();
            }
        }
    }
    given
}

/// True for an option of the command line, false for a default.
fn is_given(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// Refuses options before a subcommand; names the first in the order of the help.
fn refuse_misplaced(command: &Command, matches: &ArgMatches) -> Result<(), String> {
    let Some((name, _)) = matches.subcommand() else { return Ok(()) };
    let is_given = |id: &str| matches.ids().any(|present| present.as_str() == id) && is_given(matches, id);
    let Some(long) = command
        .get_arguments()
        .filter(|argument| is_given(argument.get_id().as_str()))
        .find_map(|argument| argument.get_long())
    else {
        return Ok(());
    };
    let subcommand = command.find_subcommand(name);
    let is_shared =
        subcommand.is_some_and(|command| command.get_arguments().any(|argument| argument.get_long() == Some(long)));
    Err(if is_shared {
        refusal::misplaced(long, name)
    } else if name == "law" {
        format!("--{long} comes before `law`, which has no such option: leave out --{long}, or leave out `law`")
    } else {
        format!("--{long} is an option of the main command, not of `{name}`: leave out --{long}, or leave out `{name}`")
    })
}
