//! The main command: measures, writes the report and prints it.

use super::arguments::{Arguments, OutputFormat};
use super::conditions::{self, failed};
use super::failure::Failure;
use super::imports::Rows;
use super::measuring::{Measured, Output, measured};
use super::printing::{Json, print, show, tell};
use crate::judgement::{Summary, judge};
use crate::report::alarm;
use crate::report::screen::{self, View};
use crate::spec::{Data, Model, Plan, Spec};
use std::path::Path;
use std::process::ExitCode;

/// Measures, prints, and gives the exit status.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let plan = plan(arguments)?;
    let conditions = conditions::read(&arguments.fail_on, &plan)?;
    let output = Output {
        directory: arguments.out.as_deref(),
        force: arguments.force,
        theme: arguments.theme,
        exports: &arguments.exports,
        gradients: Some(&arguments.gradients),
        stdout: arguments.stdout(),
        is_quiet: arguments.quiet,
        resources: arguments.resources,
    };
    let Measured { record, picture, is_printed } = measured(plan, &output)?;
    match (arguments.json, arguments.output_format) {
        (Some(Json::Record), _) => print(record.to_json().as_bytes())?,
        (Some(Json::Summary), _) => print(Summary::of(&record).to_json().as_bytes())?,
        (None, OutputFormat::Github) => {
            let met = conditions::all_met(&conditions, &record);
            show(&alarm::annotations(&record, &judge(&record), &met))?;
        }
        (None, OutputFormat::Text) if arguments.quiet || is_printed => {}
        (None, OutputFormat::Text) => {
            let view = View { details: arguments.details, layers: arguments.layers };
            show(&screen::terminal(&record, view, Some(&picture)))?;
        }
    }
    Ok(conditions::sentence(&conditions, &record).map_or(ExitCode::SUCCESS, |sentence| failed(&sentence)))
}

/// The spec of the options, with the files that they name; prints the notes about these files.
fn plan(arguments: &Arguments) -> Result<Plan, Failure> {
    let mut spec = Spec::default();
    arguments.data.read(&mut spec)?;
    arguments.network.read(&mut spec)?;
    arguments.precision.read(&mut spec)?;
    let file = arguments.data.text("data").filter(|_| spec.data == Data::File).map(Path::new);
    let limit = arguments.resources.limit()?;
    let mut files = arguments.files.read(&mut spec, file, &arguments.given, Rows::Batch, limit)?;
    arguments.comparisons.read(&mut spec, &mut files, arguments.files.dtype()?, &Model::None)?;
    if !arguments.quiet {
        tell(&files);
    }
    Ok(spec.validate_with(files)?)
}
