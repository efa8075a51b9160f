//! The options of a probe's spec, each of which may have several values.

use crate::cli::failure::Failure;
use crate::law::bits::Bits;
use crate::record::sweep::SweepPlan;
use crate::spec::fields::{Field, Fields, Kind, SpecOption};
use crate::spec::{Attribute, Spec};
use crate::sweep::Setting;
use crate::sweep::file::{BITS, Settings};
use clap::{Arg, ArgAction, ArgMatches, Command};

/// Options that are given, with their values.
#[derive(Debug)]
pub struct Axes {
    given: Vec<(&'static str, String)>,
}

/// The spec of a sweep without options.
fn default_spec() -> Spec {
    Spec { attribute: Attribute::None, ..Spec::default() }
}

impl Axes {
    /// The plan of the options and of a file, whose fields they replace.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub fn plan(&self, file: Settings) -> Result<SweepPlan, Failure> {
        let text = |name: &str| self.given.iter().find(|(given, _)| *given == name).map(|(_, text)| text.clone());
        let own = Spec::FIELDS.iter().filter_map(|field| Some((field, text(field.name)?)));
        let mut settings: Vec<Setting> = file.fields.into_iter().chain(own).collect();
        let has_formats = |settings: &[Setting]| settings.iter().any(|(field, _)| field.name == "formats");
        if let Some(bits) = text(BITS).or_else(|| file.bits.filter(|_| text("formats").is_none())) {
            if text(BITS).is_some() && text("formats").is_some() {
                return Err(Failure::Input("--bits and --formats both give the precisions: leave one out".into()));
            }
            if text(BITS).is_none() && has_formats(&settings) {
                return Err(Failure::Input("bits and formats both give the precisions: leave one out".into()));
            }
            let formats = Bits::parse(&bits).map_err(Failure::Input)?.arithmetics().join(",");
            let field = Spec::FIELDS.iter().find(|field| field.name == "formats");
            settings.extend(field.map(|field| (field, formats)));
        }
        SweepPlan::of(default_spec(), &settings).map_err(Failure::Input)
    }
}

impl clap::FromArgMatches for Axes {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let names = Spec::FIELDS.iter().map(|field| field.name).chain([BITS]);
        let value = |name| Some((name, matches.get_many::<String>(name)?.cloned().collect::<Vec<_>>().join(",")));
        Ok(Axes { given: names.filter_map(value).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Axes {
    fn augment_args(command: Command) -> Command {
        let bits = Arg::new(BITS)
            .long(BITS)
            .value_name("LOW..HIGH")
            .help("Precisions mpfr:BITS of so many significand bits, instead of --formats: 6..24 or 8,11,24")
            .help_heading("Precision");
        Spec::in_help().into_iter().fold(command, |command, field| command.arg(argument(field))).arg(bits)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// An option of the main command as `sweep` has it: files are no data of a sweep.
fn in_words(field: &Field<Spec>) -> SpecOption {
    match field.name {
        "data" => field
            .option
            .help("digits (handwritten digits, cross-entropy) or gaussian (regression, mean squared error)")
            .details(""),
        _ => field.option,
    }
}

/// An option that takes values as text.
fn argument(field: &'static Field<Spec>) -> Arg {
    let SpecOption { long, value, kind, heading, help, details, .. } = in_words(field);
    let default = (field.text)(&default_spec()).filter(|_| field.option.shows_default);
    let default = default.map_or(String::new(), |text| format!(" [default: {text}]"));
    let mut argument = Arg::new(field.name)
        .long(long)
        .help(format!("{help}{default}"))
        .help_heading(heading.name())
        .action(ArgAction::Append)
        .allow_hyphen_values(matches!(kind, Kind::Number));
    if !details.is_empty() {
        argument = argument.long_help(format!("{help}{default}\n\n{details}"));
    }
    if let Some(alias) = field.option.alias {
        argument = argument.alias(alias);
    }
    match kind {
        Kind::Switch => argument.value_name("on,off").num_args(0..=1).require_equals(true).default_missing_value("on"),
        _ => argument.value_name(value),
    }
}
