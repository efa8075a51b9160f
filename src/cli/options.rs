//! The options of a spec as the argument parser knows them, from the table of its fields.

use super::failure::Failure;
use crate::spec::fields::{Field, Fields, Heading, Kind, SpecOption, Wrong};
use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::fmt;
use std::marker::PhantomData;

/// Headings, as parameters of [`Options`].
pub const NETWORK: u8 = Heading::Network as u8;
pub const DATA: u8 = Heading::Data as u8;
pub const PRECISION: u8 = Heading::Precision as u8;
pub const OPTIMISER: u8 = Heading::Optimiser as u8;
pub const CLIPPING: u8 = Heading::Clipping as u8;
pub const MEASURING: u8 = Heading::Measuring as u8;

/// What a command makes of the options of its spec.
pub trait Asked: fmt::Debug {
    type Spec: Fields;

    /// The spec without options.
    fn default_spec() -> Self::Spec {
        Self::Spec::default()
    }

    /// Whether the command has the option.
    fn has(_: &Field<Self::Spec>) -> bool {
        true
    }

    /// The option in this command's words.
    fn in_words(field: &Field<Self::Spec>) -> SpecOption {
        field.option
    }
}

/// Options of the command `C` under one heading.
#[derive(Debug)]
pub struct Options<C, const HEADING: u8> {
    /// Fields with their values as text, defaults included.
    values: Vec<(&'static str, String)>,
    of: PhantomData<C>,
}

impl<C: Asked, const HEADING: u8> Options<C, HEADING> {
    fn fields() -> impl Iterator<Item = &'static Field<C::Spec>> {
        let fields = C::Spec::in_help().into_iter();
        fields.filter(|field| field.option.heading as u8 == HEADING && C::has(field))
    }

    /// The value of a field; `None` for an option that is not given and has no default.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(field, _)| *field == name).map(|(_, text)| text.as_str())
    }

    /// Reads the values into a spec.
    ///
    /// # Errors
    /// A value that cannot be read, with the fix.
    pub fn read(&self, spec: &mut C::Spec) -> Result<(), Failure> {
        let sentence = |field: &Field<C::Spec>, text: &str, wrong: Wrong| match wrong {
            Wrong::Sentence(sentence) => Failure::Input(sentence),
            Wrong::Value(fix) => Failure::Input(format!("--{} {text}: {fix}", field.option.long)),
        };
        Self::fields().try_for_each(|field| match self.text(field.name) {
            Some(text) => (field.set)(spec, text).map_err(|wrong| sentence(field, text, wrong)),
            None => Ok(()),
        })
    }
}

impl<C: Asked, const HEADING: u8> clap::FromArgMatches for Options<C, HEADING> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let value = |field: &'static Field<C::Spec>| {
            let text = match field.option.kind {
                Kind::Switch => if matches.get_flag(field.name) { "on" } else { "off" }.to_string(),
                _ => matches.get_many::<String>(field.name)?.map(String::as_str).collect::<Vec<_>>().join(","),
            };
            Some((field.name, text))
        };
        Ok(Options { values: Self::fields().filter_map(value).collect(), of: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<C: Asked, const HEADING: u8> clap::Args for Options<C, HEADING> {
    fn augment_args(command: Command) -> Command {
        let default = C::default_spec();
        Self::fields().fold(command, |command, field| command.arg(argument(field, C::in_words(field), &default)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// An option for the argument parser.
fn argument<S: Fields>(field: &'static Field<S>, option: SpecOption, default: &S) -> Arg {
    let SpecOption { long, value, kind, heading, help, details, .. } = option;
    let mut argument = Arg::new(field.name).long(long).help(help).help_heading(heading.name());
    if !details.is_empty() {
        argument = argument.long_help(format!("{help}\n\n{details}"));
    }
    if let Some(alias) = option.alias {
        argument = argument.alias(alias);
    }
    if option.is_switch() {
        return argument.action(ArgAction::SetTrue);
    }
    if let Some(text) = (field.text)(default).filter(|_| option.shows_default) {
        // The parser keeps defaults for the whole run.
        argument = argument.default_value(&*text.leak());
    }
    let argument = argument.value_name(value).allow_negative_numbers(matches!(kind, Kind::Number));
    match kind {
        Kind::List(_) => argument.value_delimiter(',').action(ArgAction::Append),
        _ => argument.value_parser(parser(field, kind)),
    }
}

/// Refuses values that cannot be read; values whose message is a sentence are refused when they are read.
fn parser<S: Fields>(field: &'static Field<S>, kind: Kind) -> ValueParser {
    if let Kind::Among(names) = kind {
        return PossibleValuesParser::new(names.iter().copied()).map(|name| name.to_string()).into();
    }
    ValueParser::new(move |text: &str| match (field.set)(&mut S::default(), text) {
        Err(Wrong::Value(fix)) => Err(fix),
        Ok(()) | Err(Wrong::Sentence(_)) => Ok(text.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use crate::cli::Arguments;
    use crate::spec::Spec;
    use crate::spec::fields::Fields;
    use crate::spec::training::TrainingSpec;
    use clap::{Command, CommandFactory};

    fn missing<S: Fields>(command: &Command) -> Vec<&'static str> {
        let longs = S::FIELDS.iter().map(|field| field.option.long);
        longs.filter(|long| !command.get_arguments().any(|argument| argument.get_long() == Some(long))).collect()
    }

    /// No heading is left out where a command takes the options of its spec.
    #[test]
    fn every_field_is_an_option() {
        let root = Arguments::command();
        let train = root.find_subcommand("train").unwrap();
        assert_eq!((missing::<Spec>(&root), missing::<TrainingSpec>(train)), (Vec::new(), Vec::new()));
        // `law` has precisions of its own.
        let law = root.find_subcommand("law").unwrap();
        assert_eq!(missing::<Spec>(law), ["formats", "loss-scale", "attribute"]);
    }
}
