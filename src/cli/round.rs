//! `round VALUES`: rounds numbers to formats and shows the errors; `round --npy FILE`: rounds every entry of an array.

mod arguments;
mod bulk;

pub use arguments::RoundArguments;

use super::failure::Failure;
use super::printing::{print, show};
use crate::arithmetic::entry::{Entry, Number};
use crate::arithmetic::random::{ALONE, Draws};
use crate::arithmetic::{ArithmeticName, Place, Step};
use crate::format::Dyadic;
use crate::report::numbers::{Notation::Plain, short};
use crate::report::table::Table;
use arguments::{SCHEMA, bits, check_random, document};
use rug::Float;
use serde::Serialize;

/// The formats without `--formats`.
const FORMATS: [&str; 6] = ["f32", "tf32", "bf16", "f16", "e5m2", "e4m3fn"];

/// Most characters of an exact result in the table; a longer one is rounded to [`DIGITS`].
const LONG: usize = 24;
const DIGITS: usize = 12;

/// Rounds and prints, or writes.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &RoundArguments) -> Result<(), Failure> {
    let refuse = |message: &str| Err(Failure::Input(message.into()));
    if let Some(npy) = &arguments.npy {
        if let [value, ..] = arguments.values.as_slice() {
            return refuse(&format!("--npy rounds an array, not values: leave out --npy or `{value}`"));
        }
        return bulk::execute(arguments, npy);
    }
    let of_arrays = [
        ("out", arguments.out.is_some()),
        ("force", arguments.force),
        ("operands", arguments.operands.is_some()),
        ("along", arguments.along.is_some()),
        ("sum", arguments.sum),
    ];
    if let Some((option, _)) = of_arrays.iter().find(|(_, is_given)| *is_given) {
        return refuse(&format!("--{option} has no effect without --npy FILE: add that, or leave out the option"));
    }
    if arguments.values.is_empty() {
        return refuse("no numbers are given: write some, as in `precision-probe round 0.1 70000`, or give --npy FILE");
    }
    let numbers: Result<Vec<Number>, String> = arguments.values.iter().map(|text| Number::parse(text)).collect();
    let numbers = numbers.map_err(Failure::Input)?;
    let names = names(arguments)?;
    let rounded: Vec<Rounded> = arguments
        .values
        .iter()
        .zip(&numbers)
        .enumerate()
        .flat_map(|(at, (text, number))| {
            names.iter().map(move |name| rounded(name, text, number, at, arguments.random))
        })
        .collect();
    if arguments.json { print(json(&rounded)?.as_bytes()) } else { show(&table(&rounded, names.len())) }
}

/// The given arithmetics, or the default ones.
fn names(arguments: &RoundArguments) -> Result<Vec<ArithmeticName>, Failure> {
    let given = arguments.formats.iter().map(String::as_str);
    let texts: Vec<&str> = if arguments.formats.is_empty() { FORMATS.to_vec() } else { given.collect() };
    let names: Result<Vec<ArithmeticName>, String> = texts.into_iter().map(ArithmeticName::parse).collect();
    let names = names.map_err(Failure::Input)?;
    check_random(arguments.random, &names).map_err(Failure::Input)?;
    Ok(names)
}

/// One value in one arithmetic.
struct Rounded {
    value: String,
    arithmetic: ArithmeticName,
    /// The integer that was drawn, and its bits.
    draw: Option<(u32, u32)>,
    entry: Entry,
}

/// The values form a row; their positions determine their random draws.
fn rounded(name: &ArithmeticName, text: &str, number: &Number, at: usize, random: Option<u32>) -> Rounded {
    let draw = bits(name).map(|bits| {
        let at = Place::new(Step::alone(0), (0, at));
        (random.unwrap_or_else(|| Draws::new(0, at, bits).first(ALONE)), bits)
    });
    let entry = Entry::of(name, number, draw.map_or(0, |(random, _)| random));
    Rounded { value: text.replace('−', "-"), arithmetic: *name, draw, entry }
}

/// A block for each value with a row for each arithmetic.
fn table(rounded: &[Rounded], arithmetics: usize) -> String {
    let mut table = Table::titled(["value, precision", "result", ">code", ">relative error", ">in ulps", "events"]);
    for of_value in rounded.chunks(arithmetics.max(1)) {
        of_value.first().into_iter().for_each(|one| table.group(one.value.clone()));
        of_value.iter().for_each(|one| table.push(row(one)));
    }
    let note = "(≈ rounded, all other results exact; error = result − value, relative to the value and in units in the \
                last place of the value)";
    table.notes = vec![note.into()];
    table.text()
}

fn row(one: &Rounded) -> [String; 6] {
    let Entry { result, code, relative_error, ulps, events } = &one.entry;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "—".into());
    let width = one.arithmetic.format.code_bits().div_ceil(4) as usize;
    let draw = one.draw.map(|(random, bits)| format!("draw {random} of {}", 1u64 << bits));
    let words: Vec<String> = events.iter().map(|event| event.name().replace('-', "−")).chain(draw).collect();
    [
        format!("  {}", one.arithmetic),
        in_short(result),
        or_none(code.map(|code| format!("{code:0width$x}"))),
        or_none(relative_error.as_ref().map(error)),
        or_none(ulps.as_ref().map(error)),
        words.join(", "),
    ]
}

/// An error with three digits, however small.
fn error(x: &Float) -> String {
    let double = x.to_f64();
    if x.is_zero() || double.is_normal() { short(double, Plain) } else { format!("{x:.3e}").replace('-', "−") }
}

/// NaN or infinity; `None` for a number.
fn special(x: &Float) -> Option<&'static str> {
    match (x.is_nan(), x.is_infinite()) {
        (true, _) => Some("NaN"),
        (_, true) => Some("inf"),
        _ => None,
    }
}

fn magnitude(x: &Float) -> Dyadic {
    // Zero has no exponent of its own.
    let (units, exponent) = x.to_integer_exp().filter(|(units, _)| !units.is_zero()).unwrap_or_default();
    Dyadic { units: units.abs(), exponent }
}

/// A result in the notation of the table.
fn in_short(x: &Float) -> String {
    let sign = if x.is_sign_negative() && !x.is_nan() { "−" } else { "" };
    if let Some(word) = special(x) {
        return format!("{sign}{word}");
    }
    let magnitude = magnitude(x);
    match magnitude.decimal().filter(|digits| digits.len() <= LONG) {
        Some(digits) => format!("{sign}{digits}"),
        None => format!("≈ {sign}{}", magnitude.rounded(DIGITS)),
    }
}

/// A result in the notation of the JSON.
fn exactly(x: &Float) -> String {
    let sign = if x.is_sign_negative() && !x.is_nan() { "-" } else { "" };
    let magnitude = || {
        let magnitude = magnitude(x);
        magnitude.decimal().unwrap_or_else(|| magnitude.power_form().replace('·', "*").replace(" − ", "-"))
    };
    format!("{sign}{}", special(x).map_or_else(magnitude, String::from))
}

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    rounded: Vec<JsonEntry>,
}

/// One result in JSON; errors that do not exist are null.
#[derive(Serialize)]
struct JsonEntry {
    value: String,
    arithmetic: String,
    result: String,
    code: Option<String>,
    relative_error: Option<f64>,
    ulps: Option<f64>,
    draw: Option<u32>,
    events: Vec<&'static str>,
}

fn json(rounded: &[Rounded]) -> Result<String, Failure> {
    let entry = |one: &Rounded| {
        let width = one.arithmetic.format.code_bits().div_ceil(4) as usize;
        JsonEntry {
            value: one.value.clone(),
            arithmetic: one.arithmetic.to_string(),
            result: exactly(&one.entry.result),
            code: one.entry.code.map(|code| format!("{code:0width$x}")),
            relative_error: one.entry.relative_error.as_ref().map(Float::to_f64),
            ulps: one.entry.ulps.as_ref().map(Float::to_f64),
            draw: one.draw.map(|(random, _)| random),
            events: one.entry.events.iter().map(|event| event.name()).collect(),
        }
    };
    document(&Document { schema: SCHEMA, rounded: rounded.iter().map(entry).collect() })
}
