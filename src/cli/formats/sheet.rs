//! One format in full: its constants in words, and a table of its codes if there are few.

use crate::format::{Class, Code, Constants, Dyadic, Format, MAX_LISTED_BITS, Overflow, Range, RangeConstants};
use crate::report::numbers::{Notation::Plain, display_width, short};
use crate::report::table::{Column, Table, WIDTH, wrapped};
use rug::{Float, Integer};

/// Most characters of an exact decimal number in a line of the sheet.
const LONG: usize = 46;

/// Space between blocks of codes side by side.
const GAP: &str = "    ";

/// What `formats NAME` prints.
pub fn text(format: &Format) -> String {
    let constants = format.constants();
    let mut rows: Vec<(&str, String)> = Vec::new();
    let mut row = |title: &'static str, text: String| rows.push((title, text));
    if !constants.aliases.is_empty() {
        row("aliases", constants.aliases.join(", "));
    }
    row("defined by", constants.source.into());
    let digits = short(constants.decimal_digits, Plain);
    row("precision p", format!("{} significand bits ≈ {digits} decimal digits", constants.precision));
    row("unit roundoff u", exact(&constants.unit_roundoff));
    row("spacing above 1", exact(&constants.spacing_above_one));
    match &constants.range {
        Some(range) => rows.extend(ranged(range)),
        None => row("exponents", "MPFR's, some ±2^30: neither overflow nor underflow in practice".into()),
    }
    let note = wrapped("(= exact, ≈ rounded; --json has all digits for exponents of 2 up to ±20000)");
    format!("{}\n{}{note}\n{}", heading(&constants), Table::facts(rows).text(), codes(format))
}

fn heading(constants: &Constants) -> String {
    wrapped(&match &constants.range {
        Some(range) => format!(
            "{}: {} bits = {} sign, {} exponent (bias {}), {} trailing significand",
            constants.name, range.code_bits, range.sign_bits, range.exponent_bits, range.bias, range.trailing_bits
        ),
        None => format!("{}: a number of any size with {} significand bits", constants.name, constants.precision),
    })
}

fn ranged(range: &RangeConstants) -> Vec<(&'static str, String)> {
    let beyond = if range.threshold_overflows { "from" } else { "beyond" };
    let overflow = match range.overflow {
        Overflow::Infinity => "overflow to inf",
        Overflow::Nan => "overflow to NaN",
        Overflow::Largest => "overflow to largest",
    };
    let counts = &range.counts;
    let has_zero = counts.zeros > 0;
    let span = |binades: i64, decades: f64| format!("{binades} binades ≈ {} decades", short(decades, Plain));
    let zeros = match counts.zeros {
        1 => "1 zero".into(),
        many => format!("{many} zeros"),
    };
    let mut rows = vec![
        ("exponents", format!("{} to {}", range.emin, range.emax)),
        ("largest finite", exact(&range.largest)),
        ("smallest normal", exact(&range.smallest_normal)),
    ];
    if has_zero {
        rows.push(("smallest subnormal", exact(&range.smallest_subnormal)));
    }
    rows.extend([
        (overflow, format!("{beyond} {}", exact(&range.overflow_threshold))),
        (
            if has_zero { "underflow to 0" } else { "underflow to NaN" },
            format!("up to {}", exact(&range.underflow_threshold)),
        ),
        (
            "integers",
            format!("every one {}up to {}", if has_zero { "" } else { "from 1 " }, count(&range.integers_up_to)),
        ),
        ("positive numbers", span(range.binades, range.decades)),
        ("normal numbers", span(range.normal_binades, range.normal_decades)),
        (
            "codes of numbers",
            format!("{zeros}, {} subnormal, {} normal", count(&counts.subnormal), count(&counts.normal)),
        ),
        ("other codes", format!("{} infinities, {} NaN", counts.infinities, count(&counts.nan))),
        (
            "finite values",
            match counts.zeros {
                2 => format!("{}, with +0 and -0 as one", count(&counts.finite_values)),
                _ => count(&counts.finite_values),
            },
        ),
    ]);
    rows
}

/// `2^-14 = 6.103515625e-5`, or rounded if the digits do not fit on a line.
fn exact(x: &Dyadic) -> String {
    match x.decimal().filter(|digits| digits.len() <= LONG) {
        Some(digits) => format!("{} = {digits}", x.power_form()),
        None => format!("{} ≈ {}", x.power_form(), x.rounded(17)),
    }
}

/// A count in digits, or rounded if it has more than twenty.
fn count(n: &Integer) -> String {
    let digits = n.to_string();
    if digits.len() <= 20 { digits } else { format!("≈ {:.3e}", Float::with_val(64, n)) }
}

/// Why there is no table of codes.
fn no_codes(format: &Format) -> String {
    match format.range {
        Range::Unbounded => "No codes: MPFR stores numbers of this precision without a fixed width.".into(),
        Range::Bounded { .. } => format!(
            "No table of codes: {} bits have {} codes; only formats of up to {MAX_LISTED_BITS} bits have a table.",
            format.code_bits(),
            count(&(Integer::from(1) << format.code_bits()))
        ),
    }
}

/// The table of codes, or the reason why there is none.
fn codes(format: &Format) -> String {
    let Some(codes) = format.codes() else { return wrapped(&no_codes(format)) };
    let (exponent, trailing) = (format.exponent_bits() as usize, format.precision as usize - 1);
    let bits = format.code_bits() as usize;
    let mut fields = vec![("s", 1), ("e", exponent), ("m", trailing)];
    fields.retain(|(name, bits)| *bits > 0 && !(format.is_scale() && *name == "s"));
    let fields: Vec<String> = fields.into_iter().map(|(name, bits)| name.repeat(bits)).collect();
    let in_binary = |code: &Code| {
        let sign = if format.is_scale() { "" } else { "s " };
        match trailing {
            0 => format!("{sign}{:0exponent$b}", code.exponent_field),
            _ => format!("{sign}{:0exponent$b} {:0trailing$b}", code.exponent_field, code.significand_field),
        }
    };
    if format.is_scale() {
        let rows: Vec<Vec<String>> = codes
            .iter()
            .map(|code| {
                vec![hexadecimal(code.code, bits), in_binary(code), magnitude_in_powers(code), code.class.name().into()]
            })
            .collect();
        let words = format!(
            "All {} codes: in hexadecimal, the exponent field in binary, the exact value as a power of two, and the class.",
            codes.len()
        );
        let titles = ["x", &fields.join(" "), "x", "class"].map(String::from);
        return format!("{}\n{}", wrapped(&words), blocks(&titles, &rows));
    }
    let half = codes.len() / 2;
    // Infinities and numbers have codes of both signs; in some formats, the only NaN has the code of −0.
    let row = |code: &Code| {
        let negative = &codes[code.code as usize + half];
        let is_nan_for_zero = code.class == Class::Zero && negative.class == Class::Nan;
        vec![
            hexadecimal(code.code, bits),
            if is_nan_for_zero { String::from("-") } else { hexadecimal(negative.code, bits) },
            in_binary(code),
            magnitude(code),
            code.class.name().to_string(),
        ]
    };
    let mut rows: Vec<Vec<String>> = codes[..half].iter().map(row).collect();
    if let [zero, ..] = &codes[half..]
        && zero.class == Class::Nan
    {
        rows.push(vec![
            String::from("-"),
            hexadecimal(zero.code, bits),
            in_binary(zero),
            magnitude(zero),
            zero.class.name().to_string(),
        ]);
    }
    let words = format!(
        "All {} codes: of +x (s = 0) and -x (s = 1) in hexadecimal, the sign, exponent and significand fields in binary, \
         the exact value and the class. The sign bit of a NaN has no meaning.",
        codes.len()
    );
    format!("{}\n{}", wrapped(&words), blocks(&["+x", "-x", &fields.join(" "), "x", "class"].map(String::from), &rows))
}

/// A code in hexadecimal digits, as many as its width needs.
pub fn hexadecimal(code: u32, bits: usize) -> String {
    format!("{code:0width$x}", width = bits.div_ceil(4))
}

/// The exact value of a code without its sign.
pub fn magnitude(code: &Code) -> String {
    match code.class {
        Class::Infinity | Class::Nan => code.class.name().into(),
        _ => code.magnitude.as_ref().and_then(Dyadic::decimal).unwrap_or_default(),
    }
}

/// The same as a power of two, for values with too many decimal digits.
fn magnitude_in_powers(code: &Code) -> String {
    match &code.magnitude {
        Some(magnitude) => magnitude.power_form(),
        None => code.class.name().into(),
    }
}

/// Lays rows out in as many blocks side by side as fit into [`WIDTH`].
fn blocks(titles: &[String], rows: &[Vec<String>]) -> String {
    let block = |rows: &[Vec<String>]| {
        let mut table = Table::new(titles.iter().map(Column::left));
        rows.iter().for_each(|row| table.push(row.iter().map(String::as_str)));
        table.lines().lines().map(String::from).collect::<Vec<_>>()
    };
    let width = block(rows).iter().map(|line| display_width(line)).max().unwrap_or(0);
    let count = ((WIDTH + GAP.len()) / (width + GAP.len())).max(1);
    let blocks: Vec<Vec<String>> = rows.chunks(rows.len().div_ceil(count)).map(block).collect();
    let height = blocks.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = String::new();
    for line in 0..height {
        let cells: Vec<String> =
            blocks.iter().map(|block| format!("{:width$}", block.get(line).map_or("", String::as_str))).collect();
        text += cells.join(GAP).trim_end();
        text.push('\n');
    }
    text
}
