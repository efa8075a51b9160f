//! `selfcheck`: verifies on this machine that the build rounds correctly; prints a line per group, a table or JSON.

use super::failure::Failure;
use super::printing::print;
use super::resources::Threads;
use crate::probe::VERSION;
use crate::report::table::{Table, wrapped};
use crate::selfcheck::{self, Group, Mismatch, Row};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use std::io;
use std::process::ExitCode;

/// Name and version of the JSON's layout.
const SCHEMA: &str = "precision-probe-selfcheck/1";

/// Number of mismatches that the text shows.
const SHOWN: usize = 20;

/// Arguments of `selfcheck`.
#[derive(clap::Args, Debug)]
pub struct SelfcheckArguments {
    /// Run only these groups of checks, separated by commas [default: all]
    #[arg(long, value_name = "GROUPS", value_delimiter = ',', value_parser = group(), help_heading = "Output")]
    only: Vec<Group>,
    /// Print every check and code path instead of one line per group
    #[arg(long, short, conflicts_with = "json", help_heading = "Output")]
    verbose: bool,
    /// Print JSON: a list `checks` with the rows of the table, and the `first` mismatches of each
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// Reads a group; help and completions list the groups.
fn group() -> impl TypedValueParser<Value = Group> {
    let names = PossibleValuesParser::new(Group::ALL.map(Group::name));
    names.try_map(|name| Group::parse(&name).ok_or("give one of the groups"))
}

/// Checks and prints; exit status 1 on any mismatch.
///
/// # Errors
/// Standard output cannot be written.
pub fn execute(arguments: &SelfcheckArguments) -> Result<ExitCode, Failure> {
    let is_wanted = |group: &Group| arguments.only.is_empty() || arguments.only.contains(group);
    let wanted: Vec<Group> = Group::ALL.into_iter().filter(is_wanted).collect();
    let rows = Threads::default().pool()?.install(|| selfcheck::run(&wanted));
    let agrees = rows.iter().all(|row| row.mismatches == 0);
    let text = match (arguments.json, arguments.verbose) {
        (true, _) => json(&rows)?,
        (false, true) => text(&checks(&rows), &rows),
        (false, false) => text(&groups(&rows), &rows),
    };
    print(text.as_bytes())?;
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The JSON, which does not depend on the time or the number of threads.
#[derive(Serialize)]
struct Document<'r> {
    schema: &'static str,
    version: &'static str,
    paths: Vec<&'static str>,
    cases: u64,
    mismatches: u64,
    checks: &'r [Row],
}

fn json(rows: &[Row]) -> Result<String, Failure> {
    let (cases, mismatches) = totals(rows);
    let document = Document { schema: SCHEMA, version: VERSION, paths: paths(), cases, mismatches, checks: rows };
    let text = serde_json::to_string_pretty(&document);
    text.map(|text| text + "\n").map_err(|error| Failure::Output(io::Error::other(error)))
}

/// The code paths of this processor.
fn paths() -> Vec<&'static str> {
    selfcheck::paths().map(|path| path.name()).collect()
}

fn totals(rows: &[Row]) -> (u64, u64) {
    (rows.iter().map(|row| row.cases).sum(), rows.iter().map(|row| row.mismatches).sum())
}

/// A table, the first mismatches, and one sentence.
fn text(table: &str, rows: &[Row]) -> String {
    format!("{table}\n{}{}", mismatches(rows), wrapped(&sentence(rows)))
}

/// One line per group: the number of cases and of mismatches.
fn groups(rows: &[Row]) -> String {
    let mut table = Table::titled(["group", "checked", ">cases", ">wrong"]);
    for group in rows.chunk_by(|one, next| one.group == next.group) {
        let Some(first) = group.first() else { continue };
        let (cases, mismatches) = totals(group);
        table.push([first.group.into(), subject(first.group).into(), spaced(cases), spaced(mismatches)]);
    }
    table.text()
}

/// Every check with its path, group by group.
fn checks(rows: &[Row]) -> String {
    let mut table = Table::titled(["checked", "against", "path", ">cases", ">wrong"]);
    for group in rows.chunk_by(|one, next| one.group == next.group) {
        table.group("");
        group.first().into_iter().for_each(|first| table.group(heading(first.group)));
        let mut above: Option<&Row> = None;
        for row in group {
            // Cells that repeat the row above stay empty.
            let is_same = above.is_some_and(|above| above.check == row.check && above.against == row.against);
            let (check, against) = if is_same { ("", "") } else { (row.check.as_str(), row.against) };
            let counts = [row.cases, row.mismatches].map(spaced);
            table.push([check, against, row.path].map(String::from).into_iter().chain(counts));
            above = Some(row);
        }
    }
    table.text()
}

fn heading(group: &str) -> String {
    format!("{group}: {}", subject(group))
}

/// What a group checks.
fn subject(group: &str) -> &'static str {
    match Group::parse(group) {
        Some(Group::Rounding) => "rounding to formats",
        Some(Group::Faults) => "known faults of other programs",
        Some(Group::Kernels) => "matrix products",
        Some(Group::Mpfr) => "MPFR against the hardware",
        Some(Group::Functions) => "φ, φ' and exp",
        None => "",
    }
}

/// The first mismatches, each in a paragraph.
fn mismatches(rows: &[Row]) -> String {
    let shown = |row: &Row, mismatch: &Mismatch| {
        let Mismatch { operation, operands, got, expected } = mismatch;
        let operands = operands.join(" and ");
        wrapped(&format!("{}, {}: {operation} of {operands} gave {got}, not {expected}", row.check, row.path))
    };
    let all = rows.iter().flat_map(|row| row.first.iter().map(move |mismatch| shown(row, mismatch)));
    let lines: String = all.take(SHOWN).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}

fn sentence(rows: &[Row]) -> String {
    let (cases, mismatches) = totals(rows);
    let paths = paths().join(", ");
    match mismatches {
        0 => format!("All {} cases are correct: this build rounds correctly on this machine ({paths}).", spaced(cases)),
        _ => format!(
            "{} of {} cases are wrong: this build does not round correctly on this machine ({paths}), and nothing that it \
             measures here can be trusted.",
            spaced(mismatches),
            spaced(cases)
        ),
    }
}

/// A count with spaces between thousands.
fn spaced(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selfcheck::Tally;

    #[test]
    fn counts_have_spaces_between_thousands() {
        assert_eq!([0, 999, 1000, 1_234_567].map(spaced), ["0", "999", "1 000", "1 234 567"]);
    }

    /// A mismatch is counted, shown with its operands, and judged.
    #[test]
    fn a_mismatch_is_shown() {
        let mut tally = Tally::default();
        tally.double(1.0, 1.0, || ("right".into(), Vec::new()));
        tally.double(-1.0, 1.5, || ("f16".into(), vec!["0x3ff8000000000000 = 1.5e0".into()]));
        let rows = [Row { group: "rounding", ..tally.row("all codes", "fractions", "scalar") }];
        let verbose = text(&checks(&rows), &rows);
        let text = text(&groups(&rows), &rows);
        assert!(verbose.contains("rounding: rounding to formats\n"), "{verbose}");
        assert!(text.lines().any(|line| line == "rounding  rounding to formats      2      1"), "{text}");
        assert!(verbose.lines().any(|line| line == "all codes  fractions  scalar      2      1"), "{verbose}");
        let told = "all codes, scalar: f16 of 0x3ff8000000000000 = 1.5e0 gave 0xbff0000000000000 = -1e0, not";
        assert!(text.contains(told) && verbose.contains(told), "{text}{verbose}");
        assert!(text.contains("\n1 of 2 cases are wrong: this build does not round correctly"), "{text}");
        let json = json(&rows).ok().unwrap();
        assert!(
            json.contains("\"mismatches\": 1") && json.contains("\"got\": \"0xbff0000000000000 = -1e0\""),
            "{json}"
        );
    }
}
