//! All named formats in one table, their aliases, and the other names that are accepted or refused.

use super::keys;
use crate::format::{AMBIGUOUS, Constants, EIGHT_BITS, Format, MAX_EXPONENT_BITS, MAX_PRECISION, NAMED};
use crate::report::table::{Table, wrapped};

/// Most digits of a largest number in the table; a longer one is rounded.
const SHORT: usize = 6;

/// What `formats --all` prints.
pub fn text() -> String {
    let formats: Vec<Constants> = NAMED.iter().map(|(_, _, format)| format.constants()).collect();
    let note = "u = 2^-p is the unit roundoff and 2^emin the smallest normal number. ≈ marks numbers rounded to 3 digits; \
                all others are exact. precision-probe formats NAME prints every constant, and all codes if they have at \
                most 8 bits.";
    [constants(&formats) + &wrapped(note), names(&formats), grammar(), keys::text(), refused()].join("\n")
}

fn constants(formats: &[Constants]) -> String {
    let titles = ["format", ">bits", ">p", "u", ">emin", ">emax", "largest", "least normal", "least subnormal", "has"];
    let mut table = Table::titled(titles);
    for format in formats {
        let Some(range) = &format.range else { continue };
        let largest = range.largest.decimal().filter(|digits| digits.len() <= SHORT);
        table.push([
            format.name.clone(),
            range.code_bits.to_string(),
            format.precision.to_string(),
            format.unit_roundoff.power_form(),
            range.emin.to_string(),
            range.emax.to_string(),
            largest.unwrap_or_else(|| format!("≈ {}", range.largest.rounded(3))),
            range.smallest_normal.power_form(),
            range.smallest_subnormal.power_form(),
            has(format),
        ]);
    }
    table.text()
}

/// The values that are not numbers; only formats without signed zeros mention zeros.
fn has(format: &Constants) -> String {
    let range = format.range.as_ref();
    let zero = match range.map_or(2, |range| range.counts.zeros) {
        0 => Some("no 0"),
        1 => Some("no -0"),
        _ => None,
    };
    let infinity = format.has_infinities.then_some("inf");
    let parts = [infinity, format.has_nan.then_some("NaN"), zero];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "numbers only".into() } else { parts.join(", ") }
}

fn names(formats: &[Constants]) -> String {
    let mut table = Table::titled(["format", "aliases", "defined by"]);
    for format in formats {
        table.push([format.name.clone(), format.aliases.join(", "), format.source.into()]);
    }
    table.text()
}

/// Kinds of names that the table does not list, with one example each.
fn grammar() -> String {
    let stored = MAX_PRECISION - 1;
    let mut table = Table::titled(["other names", "example", "meaning"]);
    let rows = [
        [
            "eXmY".into(),
            "e3m4".into(),
            format!("IEEE-like, X = 2–{MAX_EXPONENT_BITS} exponent bits, Y = 1–{stored} trailing significand bits"),
        ],
        ["eXmYieee".into(), "e4m3ieee".into(), "the same; required where eXmY is ambiguous".into()],
        [
            "mpfr:N".into(),
            "mpfr:100".into(),
            format!("N = 2–{MAX_PRECISION} significand bits, practically unbounded exponents"),
        ],
    ];
    rows.into_iter().for_each(|row| table.push(row));
    table.text()
}

/// The error message of each refused name.
fn refused() -> String {
    let errors = AMBIGUOUS.into_iter().chain(EIGHT_BITS).filter_map(|name| Format::parse(name).err());
    let lines: String = errors.map(|message| wrapped(&message)).collect();
    format!("refused\n{lines}")
}
