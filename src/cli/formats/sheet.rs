//! One format in full: its constants in words, and a table of its codes where they are few.

use crate::format::{Class, Code, Constants, Dyadic, Format, MAX_LISTED_BITS, RangeConstants};
use crate::report::numbers::{Notation::Plain, display_width, short};
use crate::report::table::{WIDTH, aligned, wrapped};
use rug::{Float, Integer};

/// Most characters of an exact decimal number in a line of the sheet.
const LONG: usize = 60;

/// Space between blocks of codes side by side.
const GAP: &str = "    ";

/// What `formats NAME` prints.
pub fn text(format: &Format) -> String {
    let constants = format.constants();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |title: &str, text: String| rows.push(vec![title.into(), text]);
    if !constants.aliases.is_empty() {
        row("also called", constants.aliases.join(", "));
    }
    row("defined by", constants.source.into());
    let digits = short(constants.decimal_digits, Plain);
    row("precision p", format!("{} significand bits ≈ {digits} decimal digits", constants.precision));
    row("unit roundoff u", exact(&constants.unit_roundoff));
    row("spacing above 1", exact(&constants.spacing_above_one));
    match &constants.range {
        Some(range) => rows.extend(ranged(range, constants.has_infinities)),
        None => row("exponents", "MPFR's, some ±2^30: neither overflow nor underflow in practice".into()),
    }
    format!("{}\n{}\n{}", heading(&constants), aligned(&rows, &[false; 2]), codes(format))
}

fn heading(constants: &Constants) -> String {
    wrapped(&match &constants.range {
        Some(range) => format!(
            "{}: {} bits = 1 sign, {} exponent (bias {}), {} significand",
            constants.name, range.code_bits, range.exponent_bits, range.bias, range.trailing_bits
        ),
        None => format!("{}: a number of any size with {} significand bits", constants.name, constants.precision),
    })
}

fn ranged(range: &RangeConstants, has_infinities: bool) -> Vec<Vec<String>> {
    let beyond = if range.threshold_overflows { "from" } else { "beyond" };
    let special = if has_infinities { "infinity" } else { "NaN" };
    let decades = |x: f64| short(x, Plain);
    let counts = &range.counts;
    let whole = format!("{} binades ≈ {} decades", range.binades, decades(range.decades));
    let normal = format!("{} binades ≈ {} decades", range.normal_binades, decades(range.normal_decades));
    [
        ("exponents", format!("{} to {} of normal numbers", range.emin, range.emax)),
        ("largest finite", exact(&range.largest)),
        ("smallest normal", exact(&range.smallest_normal)),
        ("smallest subnormal", exact(&range.smallest_subnormal)),
        ("overflow", format!("{beyond} {} to {special}", exact(&range.overflow_threshold))),
        ("underflow to 0", format!("up to {}", exact(&range.underflow_threshold))),
        ("integers", format!("every one up to {}", count(&range.integers_up_to))),
        ("range", format!("{whole}; of normal numbers {normal}")),
        (
            "codes",
            format!(
                "{} zeros, {} subnormal, {} normal, {} infinities, {} NaN",
                counts.zeros,
                count(&counts.subnormal),
                count(&counts.normal),
                counts.infinities,
                count(&counts.nan)
            ),
        ),
        ("finite values", format!("{}, +0 and −0 being one", count(&counts.finite_values))),
    ]
    .map(|(title, text)| vec![title.into(), text])
    .into()
}

/// `2^-14 = 6.103515625e-5`, or rounded where the digits are too many for a line.
fn exact(x: &Dyadic) -> String {
    match x.decimal().filter(|digits| digits.len() <= LONG) {
        Some(digits) => format!("{} = {digits}", x.power_form()),
        None => format!("{} ≈ {}", x.power_form(), x.rounded(17)),
    }
}

/// A count in digits, or rounded where they are more than twenty.
fn count(n: &Integer) -> String {
    let digits = n.to_string();
    if digits.len() <= 20 { digits } else { format!("≈ {:.2e}", Float::with_val(64, n)) }
}

/// The table of codes, or why there is none.
fn codes(format: &Format) -> String {
    let Some(codes) = format.codes() else {
        return wrapped(&match format.range {
            crate::format::Range::Unbounded => {
                "No codes: MPFR stores numbers of this precision in its own way, not in a fixed width.".into()
            }
            crate::format::Range::Bounded { .. } => format!(
                "No table of codes: {} bits make {} of them; formats of {MAX_LISTED_BITS} bits and fewer have one.",
                format.code_bits(),
                count(&(Integer::from(1) << format.code_bits()))
            ),
        });
    };
    let (exponent, trailing) = (format.exponent_bits() as usize, format.precision as usize - 1);
    let bits = format.code_bits() as usize;
    let fields = format!("s {} {}", "e".repeat(exponent), "m".repeat(trailing));
    let half = codes.len() / 2;
    let row = |code: &Code| {
        vec![
            hexadecimal(code.code, bits),
            hexadecimal(code.code + half as u32, bits),
            format!("s {:0exponent$b} {:0trailing$b}", code.exponent_field, code.significand_field),
            magnitude(code),
            code.class.name().to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = codes[..half].iter().map(row).collect();
    let words = format!(
        "All {} codes. x and -x: the codes (hexadecimal) with sign bit s = 0 and s = 1; sign, exponent and \
         significand fields (binary); x, exact; class. The sign bit of a NaN means nothing.",
        codes.len()
    );
    format!("{}\n{}", wrapped(&words), blocks(&["x", "-x", &fields, "x", "class"].map(String::from), &rows))
}

/// A code in hexadecimal digits, as many as its width needs.
pub fn hexadecimal(code: u32, bits: usize) -> String {
    format!("{code:0width$x}", width = bits.div_ceil(4))
}

/// The exact value of a code without its sign.
pub fn magnitude(code: &Code) -> String {
    match code.class {
        Class::Infinity => "inf".into(),
        Class::Nan => "nan".into(),
        _ => code.magnitude.as_ref().and_then(Dyadic::decimal).unwrap_or_default(),
    }
}

/// Rows below one another in as many blocks side by side as [`WIDTH`] has room for.
fn blocks(titles: &[String], rows: &[Vec<String>]) -> String {
    let block = |rows: &[Vec<String>]| {
        let rows: Vec<Vec<String>> = std::iter::once(titles.to_vec()).chain(rows.iter().cloned()).collect();
        aligned(&rows, &[false; 5])
    };
    let width = block(rows).lines().map(display_width).max().unwrap_or(0);
    let count = ((WIDTH + GAP.len()) / (width + GAP.len())).max(1);
    let blocks: Vec<String> = rows.chunks(rows.len().div_ceil(count)).map(block).collect();
    let height = blocks.iter().map(|block| block.lines().count()).max().unwrap_or(0);
    let cells = |line| blocks.iter().map(|block| block.lines().nth(line).unwrap_or("").to_string()).collect();
    let lines: Vec<Vec<String>> = (0..height).map(cells).collect();
    aligned_with_gap(&lines)
}

/// Blocks as columns [`GAP`] apart.
fn aligned_with_gap(lines: &[Vec<String>]) -> String {
    let spaced = |line: &Vec<String>| {
        let last = line.len().saturating_sub(1);
        let cell =
            |(index, cell): (usize, &String)| if index < last { format!("{cell}{}", &GAP[2..]) } else { cell.clone() };
        line.iter().enumerate().map(cell).collect()
    };
    let lines: Vec<Vec<String>> = lines.iter().map(spaced).collect();
    aligned(&lines, &vec![false; lines.first().map_or(0, Vec::len)])
}
