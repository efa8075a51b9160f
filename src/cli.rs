//! The command line: options, their translation into a spec, and what each outcome prints.

mod activations;
mod arguments;
mod audit;
mod checkpoint;
mod comparisons;
mod conditions;
mod export;
mod failure;
mod folder;
mod formats;
mod gradients;
mod imports;
mod law;
mod manual;
mod measuring;
mod numbers;
mod options;
mod parsing;
mod printing;
mod probe;
mod progress;
mod redraw;
mod refusal;
mod reporting;
mod resources;
mod round;
mod run_info;
mod schema;
mod selfcheck;
mod study;
mod subcommands;
mod sweep;
mod targets;
mod train;

pub use activations::figure as activation_figure;
pub use arguments::Arguments;

use crate::arithmetic::kernels;
use clap::CommandFactory;
use failure::{BAD_INPUT, Failure, told};
use std::io::{self, Write};
use std::process::ExitCode;

/// Runs the command line and gives its exit status.
pub fn main() -> ExitCode {
    let forced = kernels::Path::forced().map_err(Failure::Input);
    match parsing::parse().and_then(|arguments| forced.and_then(|_| execute(&arguments))) {
        Ok(status) => status,
        Err(Failure::Input(message)) => {
            // Nothing more can be done if the error stream is closed too.
            let _ = writeln!(io::stderr(), "error: {}", told(&message));
            ExitCode::from(BAD_INPUT)
        }
        Err(Failure::Output(error)) => {
            let _ = writeln!(io::stderr(), "error: {}", told(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.subcommand {
        Some(subcommand) => subcommands::execute(subcommand, &arguments.given, Arguments::command()),
        None => probe::execute(arguments),
    }
}
