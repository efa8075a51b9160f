//! The arguments of `round`, and the layout of its JSON.

use crate::arithmetic::{ArithmeticName, Direction};
use crate::cli::failure::Failure;
use serde::Serialize;
use std::io;
use std::path::PathBuf;

/// Name and version of the JSON's layout.
pub const SCHEMA: &str = "precision-probe-round/1";

/// Arguments of `round`.
#[derive(clap::Args, Debug)]
pub struct RoundArguments {
    /// Numbers, read exactly: decimal (0.1, -7e4), hexadecimal (0x1.8p-24), inf, nan
    #[arg(value_name = "VALUE")]
    pub(super) values: Vec<String>,
    /// Precisions to round to, separated by commas, as in the main command: f16, bf16:round=up, e4m3fn:saturate, …;
    /// only one with --npy [default: f32,tf32,bf16,f16,e5m2,e4m3fn]
    #[arg(long, alias = "arithmetic", value_delimiter = ',', value_name = "LIST", help_heading = "Precision")]
    pub(super) formats: Vec<String>,
    /// Quantise the array of --npy like a factor of a matrix product: mxfp8, mxfp8-e5m2, mxfp6, mxfp6-e3m2, mxfp4 (each
    /// also with -rceil), nvfp4, amax-e4m3fn, amax-e5m2, tile-e4m3fn, or a format
    #[arg(long, value_name = "NAME", help_heading = "Precision")]
    pub(super) operands: Option<String>,
    /// Direction of the blocks of --operands: rows or columns [default: rows]
    #[arg(long, value_name = "AXIS", help_heading = "Precision")]
    pub(super) along: Option<String>,
    /// Sum every row of the array of --npy: round the entries to the format, then add them with its accumulator and
    /// order
    #[arg(long, help_heading = "Precision")]
    pub(super) sum: bool,
    /// Random integer of every stochastic rounding [default: depends on the entry's position, with key 0]
    #[arg(long, value_name = "N", value_parser = random, allow_negative_numbers = true, help_heading = "Precision")]
    pub(super) random: Option<u32>,
    /// Round every entry of this array (npy, at most two axes, read exactly) instead of values
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    pub(super) npy: Option<PathBuf>,
    /// Output file of --npy, as float64 (- for standard output, where nothing else is printed then)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) out: Option<PathBuf>,
    /// Overwrite the file of --out if its contents differ
    #[arg(long, help_heading = "Output")]
    pub(super) force: bool,
    /// Print JSON: a list `rounded` of results, codes, errors and events, or with --npy the counts
    ///
    /// Results are exact decimals, or powers of 2 if those would be too long
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

fn random(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("give a whole number from 0 to {}", u32::MAX))
}

/// Checks that every stochastic arithmetic can draw the integer, and that there is one.
pub fn check_random(random: Option<u32>, names: &[ArithmeticName]) -> Result<(), String> {
    let Some(random) = random else { return Ok(()) };
    let bits: Vec<u32> = names.iter().filter_map(bits).collect();
    match bits.iter().min() {
        None => Err("--random has no effect without round=stochastic: leave it out or give such a precision".into()),
        Some(least) if u64::from(random) >> least != 0 => Err(format!(
            "--random {random} has more than the {least} bits that are drawn: give at most {}",
            (1u64 << least) - 1
        )),
        Some(_) => Ok(()),
    }
}

/// The number of random bits of one rounding.
pub fn bits(name: &ArithmeticName) -> Option<u32> {
    match name.direction {
        Direction::Stochastic(bits) => Some(bits),
        Direction::Nearest | Direction::Toward(_) => None,
    }
}

/// A document as JSON.
pub fn document<D: Serialize>(document: &D) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(document);
    text.map(|text| text + "\n").map_err(|error| Failure::Output(io::Error::other(error)))
}
