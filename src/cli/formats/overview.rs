//! All named formats and presets on one screen, one per line.

use crate::arithmetic::policy::{PRESETS, Policy, Preset};
use crate::format::{Constants, NAMED};
use crate::report::table::{Table, wrapped};

/// Most digits of a largest number; a longer one is rounded.
const SHORT: usize = 6;

/// What `formats` prints.
pub fn text() -> String {
    let more = "Other formats: eXmY (such as e3m4), mpfr:N. `precision-probe formats NAME` prints every constant of one \
                format; `--all` prints all aliases, sources and the options that you can append with `:`.";
    [formats(), presets(), wrapped(more)].join("\n")
}

fn formats() -> String {
    let titles = ["format", ">bits", ">significand", "smallest", "least normal", "largest", "alias"];
    let mut table = Table::titled(titles);
    let rows = NAMED.iter().filter_map(|(_, _, format)| row(&format.constants()));
    rows.for_each(|row| table.push(row));
    table.text()
}

/// `f16   16  11  2^-24  2^-14  65504  float16`.
fn row(constants: &Constants) -> Option<[String; 7]> {
    let range = constants.range.as_ref()?;
    let largest = range.largest.decimal().filter(|digits| digits.len() <= SHORT);
    Some([
        constants.name.clone(),
        range.code_bits.to_string(),
        constants.precision.to_string(),
        range.smallest_subnormal.power_form(),
        range.smallest_normal.power_form(),
        largest.unwrap_or_else(|| format!("≈ {}", range.largest.rounded(3))),
        constants.aliases.first().map_or(String::new(), ToString::to_string),
    ])
}

fn presets() -> String {
    let mut table = Table::titled(["preset", "tensors", "factors of products", "as in"]);
    PRESETS.iter().for_each(|one| table.push(preset(one)));
    table.text()
}

fn preset(preset: &Preset) -> [String; 4] {
    let forward = Policy::parse(preset.policy).ok().map(|policy| policy.forward);
    let tensors = forward
        .map_or(String::new(), |forward| format!("{}, sums in {}", forward.format.name(), forward.accumulator.name()));
    let factors = forward.and_then(|forward| forward.operands).map_or("the same".into(), |factors| factors.to_string());
    let whose = preset.about.split([':', ',']).next().unwrap_or(preset.about);
    [preset.name.into(), tensors, factors, whose.into()]
}
