//! `formats [NAME]`: the constants of all named formats, or of one format with its codes, as text or JSON.

mod keys;
mod listing;
mod overview;
mod sheet;

use super::failure::Failure;
use super::printing::{print, show};
use crate::arithmetic::ArithmeticName;
use crate::format::{Class, Code, Constants, Format, NAMED};
use serde::Serialize;
use std::io;

/// Name and version of the JSON's layout.
const SCHEMA: &str = "precision-probe-formats/1";

/// Arguments of `formats`.
#[derive(clap::Args, Debug)]
pub struct FormatsArguments {
    /// Format to show, by any of its names: f16, float8_e4m3fn, e3m4, mpfr:100, … [default: list all]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print every constant, alias, source and option
    #[arg(long, conflicts_with_all = ["name", "json"], help_heading = "Output")]
    all: bool,
    /// Print JSON: a list `formats` of constants; with NAME also its `codes` (null beyond 8 bits)
    ///
    /// Numbers are {decimal, power_form, rounded}; the first two are exact, and decimal is null for exponents of 2
    /// beyond ±20000. Large counts are strings
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// Prints the list or the sheet.
///
/// # Errors
/// An unknown name, with the nearest known one.
pub fn execute(arguments: &FormatsArguments) -> Result<(), Failure> {
    let format = arguments.name.as_deref().map(parse).transpose().map_err(Failure::Input)?;
    if arguments.json {
        let constants = || NAMED.iter().map(|(_, _, format)| Entry::Constants(format.constants())).collect();
        return print(json(format.map_or_else(constants, |format| vec![Entry::whole(&format)]))?.as_bytes());
    }
    show(&match format {
        Some(format) => sheet::text(&format),
        None if arguments.all => listing::text(),
        None => overview::text(),
    })
}

/// Reads one format's name and recognises what is more than one.
fn parse(name: &str) -> Result<Format, String> {
    Format::parse(name).map_err(|message| match ArithmeticName::parse(name) {
        Ok(arithmetic) => {
            format!("`{name}` combines two formats: give one, `{}` or `{}`", arithmetic.format, arithmetic.accumulator)
        }
        Err(_) if name.contains(',') => format!("`{name}` is a list: give one format, or none for all named ones"),
        Err(_) => message,
    })
}

/// The JSON of both forms.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    formats: Vec<Entry>,
}

/// One format in JSON: with its codes if it was requested by name.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Constants(Constants),
    Whole {
        #[serde(flatten)]
        constants: Constants,
        codes: Option<Vec<CodeEntry>>,
    },
}

/// One code in JSON; the value is exact, `-0`, `inf`, `-inf` or `NaN`.
#[derive(Serialize)]
struct CodeEntry {
    code: u32,
    hex: String,
    binary: String,
    sign: u32,
    exponent_field: u32,
    significand_field: u32,
    class: &'static str,
    value: String,
}

impl Entry {
    fn whole(format: &Format) -> Entry {
        let bits = format.code_bits() as usize;
        let entry = |code: Code| CodeEntry {
            code: code.code,
            hex: sheet::hexadecimal(code.code, bits),
            binary: format!("{:0bits$b}", code.code),
            sign: u32::from(code.is_negative),
            exponent_field: code.exponent_field,
            significand_field: code.significand_field,
            class: code.class.name(),
            value: signed(&code),
        };
        let codes = format.codes().map(|codes| codes.into_iter().map(entry).collect());
        Entry::Whole { constants: format.constants(), codes }
    }
}

fn signed(code: &Code) -> String {
    let magnitude = sheet::magnitude(code);
    if code.is_negative && code.class != Class::Nan { format!("-{magnitude}") } else { magnitude }
}

fn json(formats: Vec<Entry>) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(&Document { schema: SCHEMA, formats });
    text.map(|text| text + "\n").map_err(|error| Failure::Output(io::Error::other(error)))
}
