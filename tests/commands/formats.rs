//! `formats` as its users meet it, against constants and values computed here from the definition in exact
//! rational numbers, and against the table of an independent program.

use crate::common::tolerances;
use assert_cmd::Command;
use precision_probe::arithmetic::Policy;
use precision_probe::arithmetic::policy::PRESETS;
use precision_probe::format::{AMBIGUOUS, EIGHT_BITS, Format, NAMED, Range, Special};
use rug::ops::Pow;
use rug::{Integer, Rational};
use serde_json::Value;
use std::collections::BTreeMap;

fn printed(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("precision-probe").unwrap().arg("formats").args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), error.as_ref()), (Some(0), ""), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one format in the JSON of `formats NAME`.
fn json(name: &str) -> Value {
    let mut document: Value = serde_json::from_str(&printed(&[name, "--json"])).unwrap();
    assert_eq!(document["schema"], "precision-probe-formats/1");
    let formats = document["formats"].as_array_mut().unwrap();
    assert_eq!(formats.len(), 1);
    formats.remove(0)
}

/// Formats of 8 bits and fewer that are not IEEE's: the codes of either sign that are no numbers there, in words.
const OTHERS: [(&str, &str); 9] = [
    ("e4m3fn", "the last is NaN"),
    ("e5m2fnuz", "-0 is NaN"),
    ("e4m3fnuz", "-0 is NaN"),
    ("e4m3b11fnuz", "-0 is NaN"),
    ("binary8p3se", "-0 is NaN, the last infinity"),
    ("binary8p4se", "-0 is NaN, the last infinity"),
    ("e3m2fn", "none"),
    ("e2m3fn", "none"),
    ("e2m1fn", "none"),
];

/// Every format of 8 bits and fewer that has a name and holds numbers.
fn narrow() -> Vec<Format> {
    let ieee = (2..7u32).flat_map(|x| (1..8 - x).map(move |y| Format::ieee(x, y)));
    let others = OTHERS.map(|(name, ..)| Format::parse(name).unwrap());
    ieee.chain(others).collect()
}

/// 2^e.
fn two(e: i64) -> Rational {
    let power = Rational::from(Integer::from(1) << e.unsigned_abs() as u32);
    if e < 0 { power.recip() } else { power }
}

/// A decimal number such as `-1.5e-3`, exact.
fn decimal(text: &str) -> Rational {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i64 = exponent.parse::<i64>().unwrap() - fraction.len() as i64;
    let scale = Rational::from(Integer::from(10).pow(exponent.unsigned_abs() as u32));
    let units = Rational::from(format!("{whole}{fraction}").parse::<Integer>().unwrap());
    if exponent < 0 { units / scale } else { units * scale }
}

/// `2^-14`, `13*2^-9` or `(2^11-1)*2^5`, exact.
fn power_form(text: &str) -> Rational {
    let power = |text: &str| two(text.strip_prefix("2^").unwrap().parse().unwrap());
    let Some((units, scale)) = text.split_once('*') else { return power(text) };
    let units = match units.strip_prefix('(').and_then(|units| units.strip_suffix("-1)")) {
        Some(bits) => power(bits) - 1,
        None => Rational::from(units.parse::<Integer>().unwrap()),
    };
    units * power(scale)
}

/// The entry's two exact spellings are `expected`, and the rounded one is as near as 17 digits come.
#[track_caller]
fn assert_number(entry: &Value, expected: &Rational) {
    assert_eq!(&power_form(entry["power_form"].as_str().unwrap()), expected);
    if let Some(digits) = entry["decimal"].as_str() {
        assert_eq!(&decimal(digits), expected);
    }
    let text = entry["rounded"].as_str().unwrap();
    let (digits, exponent) = text.split_once('e').unwrap();
    assert!(digits.len() <= 18, "17 digits and a point: {text}");
    let half = decimal(&format!("5e{}", exponent.parse::<i64>().unwrap() - 17));
    assert!(Rational::from(&decimal(text) - expected).abs() <= half, "{text}");
}

/// What IEEE 754, OCP and the others say of a format with these parameters, written out here.
struct Expected {
    p: i64,
    emin: i64,
    emax: i64,
    is_ieee: bool,
    /// What is no number, of [`OTHERS`].
    others: &'static str,
}

impl Expected {
    fn of(format: &Format) -> Expected {
        let Range::Bounded { emin, emax, special } = format.range else { panic!("{format} is unbounded") };
        let others = OTHERS.into_iter().find(|(name, _)| *name == format.name()).map_or("", |(_, others)| others);
        let is_ieee = special == Special::Ieee;
        assert_eq!(is_ieee, others.is_empty(), "{format}");
        Expected { p: format.precision.into(), emin: emin.into(), emax: emax.into(), is_ieee, others }
    }

    fn has_infinities(&self) -> bool {
        self.is_ieee || self.others.contains("infinity")
    }

    fn has_negative_zero(&self) -> bool {
        !self.others.contains("-0")
    }

    /// Whether the last code is none of a number, though its exponent has numbers.
    fn loses_last(&self) -> bool {
        self.others.contains("the last")
    }

    fn ulp_of_largest(&self) -> Rational {
        two(self.emax + 1 - self.p)
    }

    fn largest(&self) -> Rational {
        two(self.emax + 1) - self.ulp_of_largest() * if self.loses_last() { 2 } else { 1 }
    }
}

#[test]
fn every_constant_is_what_precision_and_range_say() {
    let more = ["e3m4", "e6m9", "e8m140", "e15m112", "e2m1ieee", "e4m3ieee", "e2m200", "e16m30"];
    let named = NAMED.iter().map(|(_, _, format)| *format).filter(|format| !format.is_scale());
    let formats = named.chain(more.map(|name| Format::parse(name).unwrap()));
    for format in formats.chain(narrow()) {
        let (entry, expected) = (json(&format.name()), Expected::of(&format));
        let Expected { p, emin, emax, is_ieee, .. } = expected;
        let range = &entry["range"];
        assert_eq!(entry["precision"], p);
        assert_eq!((&range["emin"], &range["emax"]), (&Value::from(emin), &Value::from(emax)));
        assert_eq!(range["bias"], 1 - emin);
        let bits = [&range["exponent_bits"], &range["trailing_bits"], &range["code_bits"]];
        let [exponent_bits, trailing_bits, code_bits] = bits.map(|bits| bits.as_i64().unwrap());
        assert_eq!((trailing_bits, code_bits), (p - 1, exponent_bits + p));
        // The exponent field counts zero and subnormals, emin..=emax, and under IEEE infinities and NaN.
        assert_eq!(1 << exponent_bits, emax - emin + 2 + i64::from(is_ieee), "{format}");
        assert_number(&entry["unit_roundoff"], &two(-p));
        assert_number(&entry["spacing_above_one"], &two(1 - p));
        assert_number(&range["largest"], &expected.largest());
        assert_number(&range["smallest_normal"], &two(emin));
        assert_number(&range["smallest_subnormal"], &two(emin - p + 1));
        assert_number(&range["overflow_threshold"], &(expected.largest() + expected.ulp_of_largest() / 2));
        assert_eq!(range["threshold_overflows"], !expected.loses_last(), "a tie goes to the even significand");
        assert_number(&range["underflow_threshold"], &two(emin - p));
        let integers: Integer = range["integers_up_to"].as_str().unwrap().parse().unwrap();
        assert_eq!(integers, Integer::from(expected.largest().trunc_ref()).min(Integer::from(1) << p as u32));
        assert_eq!(
            (&range["normal_binades"], &range["binades"]),
            (&(emax - emin + 1).into(), &(emax - emin + p).into())
        );
        let log10 = |low: i64| {
            let below: Rational = expected.largest() / two(emax + 1);
            (emax + 1 - low) as f64 * std::f64::consts::LOG10_2 + core_math::log10(below.to_f64())
        };
        for (decades, low) in [(&range["normal_decades"], emin), (&range["decades"], emin - p + 1)] {
            let (decades, log10) = (decades.as_f64().unwrap(), log10(low));
            assert!(
                (decades - log10).abs() <= tolerances::TWO_ROUNDINGS * log10.abs().max(1.0),
                "{format}: {decades} {log10}"
            );
        }
        let count = |name: &str| match &range["counts"][name] {
            Value::String(digits) => digits.parse::<Integer>().unwrap(),
            number => Integer::from(number.as_u64().unwrap()),
        };
        let classes = ["zeros", "subnormal", "normal", "infinities", "nan"].map(count);
        assert_eq!(classes.iter().sum::<Integer>(), Integer::from(1) << code_bits as u32, "{format}");
        assert_eq!(count("finite_values"), Integer::from(&classes[1] + &classes[2]) + 1);
        assert_eq!(count("subnormal"), (Integer::from(1) << p as u32) - 2);
        assert_eq!(count("infinities"), if expected.has_infinities() { 2 } else { 0 });
        assert_eq!(count("zeros"), if expected.has_negative_zero() { 2 } else { 1 });
        assert_eq!(entry["has_infinities"], expected.has_infinities());
        assert_eq!(entry["has_negative_zero"], expected.has_negative_zero());
        assert_eq!(entry["has_nan"], count("nan") > 0);
        let overflow = match expected.others {
            "none" => "largest",
            _ if expected.has_infinities() => "infinity",
            _ => "NaN",
        };
        assert_eq!((&range["overflow"], &range["sign_bits"]), (&Value::from(overflow), &Value::from(1)), "{format}");
    }
    assert_eq!(json("e16m30")["range"]["largest"]["decimal"], Value::Null, "9864 digits and more are left out");
    assert!(json("e15m112")["range"]["smallest_subnormal"]["decimal"].is_string());
    let long = json("mpfr:5000");
    assert_eq!((&long["range"], &long["codes"]), (&Value::Null, &Value::Null));
    assert_number(&long["unit_roundoff"], &two(-5000));
}

#[test]
fn constants_agree_with_the_table_of_an_independent_program() {
    let table: Value = serde_json::from_str(include_str!("../fixtures/formats.json")).unwrap();
    let theirs = |value: &Value| -> Option<Rational> {
        match value {
            Value::String(text) => Some(power_form(text)),
            Value::Number(number) => number.as_f64().and_then(Rational::from_f64),
            _ => None,
        }
    };
    let names = [("e4m3_ieee", "e4m3ieee"), ("e3m4_ieee", "e3m4")];
    let p3109 = [("P3109 binary8p3se", "binary8p3se"), ("P3109 binary8p4se", "binary8p4se")];
    // Neither has the table.
    let missing = ["e4m3b11fnuz", "e8m0fnu"];
    let other = |name: &&str| !(names.iter().chain(&p3109).any(|(_, ours)| ours == name) || missing.contains(name));
    let same = NAMED.iter().map(|(name, _, _)| *name).filter(other).map(|name| (name, name));
    let all: Vec<(&str, &str)> = same.chain(names).chain(p3109).collect();
    assert_eq!(all.len(), table["formats"].as_object().unwrap().len());
    for name in all {
        let (row, entry) = (&table["formats"][name.0], json(name.1));
        let range = &entry["range"];
        assert_eq!((&row["p"], &row["exp_bits"]), (&entry["precision"], &range["exponent_bits"]), "{name:?}");
        assert_eq!((&row["emin"], &row["emax_value"]), (&range["emin"], &range["emax"]), "{name:?}");
        assert_eq!((&row["bias"], &row["infinities"]), (&range["bias"], &entry["has_infinities"]), "{name:?}");
        for (key, ours) in [
            ("eps", &entry["spacing_above_one"]),
            ("unit_roundoff", &entry["unit_roundoff"]),
            ("max_float", &range["largest"]),
            ("min_normal", &range["smallest_normal"]),
            ("min_subnormal", &range["smallest_subnormal"]),
        ] {
            assert_number(ours, &theirs(&row[key]).unwrap());
        }
        let thresholds = [
            ("rne_overflow_threshold", &range["overflow_threshold"]),
            ("rne_underflow_to_zero_at_or_below", &range["underflow_threshold"]),
        ];
        // binary64's own thresholds are no doubles: the table writes one as a difference, the other as 0.
        for (key, ours) in thresholds.into_iter().filter(|_| name.0 != "f64") {
            assert_number(ours, &theirs(&row[key]).unwrap());
        }
    }
    assert_number(&json("f64")["range"]["overflow_threshold"], &(two(1024) - two(970)));
}

/// The value of a code by the fields' formula of IEEE 754-2019, 3.4, and the tables of the others.
fn by_fields(expected: &Expected, exponent_bits: i64, sign: u64, exponent: u64, significand: u64) -> String {
    let trailing = expected.p - 1;
    let bias = 1 - expected.emin;
    let is_top = exponent == (1 << exponent_bits) - 1;
    let is_last = is_top && significand == (1 << trailing) - 1;
    let minus = if sign == 1 { "-" } else { "" };
    if is_top && expected.is_ieee && significand == 0 || is_last && expected.others.contains("the last infinity") {
        return format!("{minus}inf");
    }
    let is_negative_zero = (sign, exponent, significand) == (1, 0, 0);
    if is_top && expected.is_ieee
        || is_last && expected.others == "the last is NaN"
        || is_negative_zero && !expected.has_negative_zero()
    {
        return "NaN".into();
    }
    let fraction = Rational::from(significand) * two(-trailing);
    let magnitude = if exponent == 0 { fraction * two(1 - bias) } else { (fraction + 1) * two(exponent as i64 - bias) };
    format!("{minus}{magnitude}")
}

/// An exact decimal value in the spelling of [`by_fields`].
fn as_fraction(value: &str) -> String {
    let magnitude = value.trim_start_matches('-');
    if ["inf", "NaN"].contains(&magnitude) {
        return value.into();
    }
    format!("{}{}", if value.starts_with('-') { "-" } else { "" }, decimal(magnitude))
}

/// A finite double, infinity or NaN in that spelling.
fn decoded(x: f64) -> String {
    match Rational::from_f64(x.abs()) {
        Some(magnitude) => format!("{}{magnitude}", if x.is_sign_negative() { "-" } else { "" }),
        None if x.is_nan() => "NaN".into(),
        None => format!("{x}"),
    }
}

fn class(expected: &Expected, value: &str) -> &'static str {
    match value.trim_start_matches('-') {
        "inf" => "inf",
        "NaN" => "NaN",
        "0" => "zero",
        magnitude if magnitude.parse::<Rational>().unwrap() < two(expected.emin) => "subnormal",
        _ => "normal",
    }
}

/// Codes of the printed table: code, fields in binary with the sign bit, value, class.
fn table(text: &str) -> BTreeMap<u64, [String; 4]> {
    let lines: Vec<&str> = text.lines().collect();
    let head = lines.iter().position(|line| line.starts_with("+x  ")).expect("a table");
    let mut codes = BTreeMap::new();
    for line in &lines[head + 1..] {
        let cells: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(cells.len() % 7, 0, "{line}");
        for block in cells.chunks(7) {
            let [plus, minus, "s", exponent, significand, value, class] = block else { panic!("{line}") };
            let signs = [(plus, "0", ""), (minus, "1", if *value == "NaN" { "" } else { "-" })];
            // Zero without a minus, and what has its code.
            for (hex, sign, minus) in signs.into_iter().filter(|(hex, ..)| **hex != "-") {
                let row = [format!("{sign}{exponent}{significand}"), format!("{minus}{value}"), class.to_string()];
                let [bits, value, class] = row;
                let old = codes.insert(u64::from_str_radix(hex, 16).unwrap(), [bits, value, class, hex.to_string()]);
                assert_eq!(old, None, "{hex} is printed twice");
            }
        }
    }
    codes
}

#[test]
fn every_printed_code_is_what_its_fields_say() {
    assert_eq!(narrow().len(), 24);
    for format in narrow() {
        let (name, expected) = (format.name(), Expected::of(&format));
        let (text, entry) = (printed(&[&name]), json(&name));
        let (table, list) = (table(&text), entry["codes"].as_array().unwrap());
        let bits = format.code_bits() as usize;
        let exponent_bits = bits as i64 - expected.p;
        assert_eq!((table.len(), list.len()), (1 << bits, 1 << bits), "{name}");
        for code in 0..1u64 << bits {
            let (row, item) = (&table[&code], &list[code as usize]);
            let binary = format!("{code:0bits$b}");
            let hex = format!("{code:0digits$x}", digits = bits.div_ceil(4));
            let field = |from: usize, to: usize| u64::from_str_radix(&binary[from..to], 2).unwrap();
            let split = 1 + exponent_bits as usize;
            let fields = (field(0, 1), field(1, split), field(split, bits));
            let value = by_fields(&expected, exponent_bits, fields.0, fields.1, fields.2);
            assert_eq!(value, decoded(format.decode(code)), "{name} {hex}");
            let class = class(&expected, &value);
            assert_eq!((&row[0], as_fraction(&row[1]).as_str()), (&binary, value.as_str()), "{name} {hex}");
            assert_eq!((row[2].as_str(), &row[3]), (class, &hex), "{name} {hex}");
            let text = |key: &str| item[key].as_str().unwrap();
            assert_eq!((text("hex"), text("binary"), text("class")), (hex.as_str(), binary.as_str(), class));
            assert_eq!(as_fraction(text("value")), value, "{name} {hex}");
            let numbers =
                ["code", "sign", "exponent_field", "significand_field"].map(|key| item[key].as_u64().unwrap());
            assert_eq!(numbers, [code, fields.0, fields.1, fields.2]);
        }
    }
}

/// The scales of blocks have a sheet of their own: one column of codes, powers of two.
#[test]
fn scales_are_listed_with_their_codes() {
    let (text, entry) = (printed(&["e8m0fnu"]), json("e8m0fnu"));
    assert!(text.starts_with("e8m0fnu: 8 bits = 0 sign, 8 exponent (bias 127), 0 trailing significand\n"), "{text}");
    assert_number(&entry["range"]["largest"], &two(127));
    assert_number(&entry["range"]["smallest_normal"], &two(-127));
    let codes = entry["codes"].as_array().unwrap();
    assert_eq!(codes.len(), 256);
    let cells: Vec<&str> = text.split_whitespace().collect();
    for (code, item) in codes.iter().enumerate() {
        let (value, class) =
            if code == 255 { ("NaN".to_string(), "NaN") } else { (format!("2^{}", code as i64 - 127), "normal") };
        let row = [format!("{code:02x}"), format!("{code:08b}"), value, class.to_string()];
        assert!(cells.windows(4).any(|cells| cells == row), "{row:?}");
        assert_eq!((&item["code"], &item["class"]), (&code.into(), &class.into()));
        if code < 255 {
            assert_eq!(decimal(item["value"].as_str().unwrap()), two(code as i64 - 127));
        }
    }
    let counts = &entry["range"]["counts"];
    assert_eq!((&counts["zeros"], &counts["normal"], &counts["nan"]), (&0.into(), &"255".into(), &"1".into()));
}

#[test]
fn sheets_fit_a_terminal_and_say_why_a_table_is_missing() {
    let wide = "e2m8 e8m140 e7m20 e5m40 e24m16383 e15m112 e11m2 e24m1 e9m90 mpfr:2 mpfr:16384";
    let all = NAMED.iter().map(|(name, _, _)| (*name).to_string());
    let names: Vec<String> =
        all.chain(narrow().iter().map(Format::name)).chain(wide.split(' ').map(Into::into)).collect();
    let listings = [("", printed(&[])), ("--all", printed(&["--all"]))];
    for (name, text) in names.iter().map(|name| (name.as_str(), printed(&[name]))).chain(listings) {
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{name}: {line}");
            assert_eq!(line.trim_end(), line, "{name}: {line:?}");
        }
    }
    assert!(
        printed(&["f16"])
            .ends_with("\nNo table of codes: 16 bits have 65536 codes; only formats of up to 8 bits have a table.\n")
    );
    assert!(printed(&["mpfr:100"]).contains("\nNo codes: MPFR stores"));
}

#[test]
fn the_listing_has_every_format_name_and_refusal() {
    let text = printed(&["--all"]);
    let cells = |line: &str| line.split_whitespace().map(String::from).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = text.lines().map(cells).collect();
    for (name, aliases, format) in NAMED.iter().filter(|(_, _, format)| !format.is_scale()) {
        let expected = Expected::of(format);
        let mut of_name = rows.iter().filter(|row| row.first().is_some_and(|cell| cell == name));
        let constants = of_name.next().unwrap();
        let Expected { p, emin, emax, .. } = expected;
        let start = [format.code_bits().into(), p].map(|n: i64| n.to_string());
        assert_eq!(constants[1..3], start);
        assert_eq!(constants[3..6], [format!("2^-{p}"), emin.to_string(), emax.to_string()]);
        let (largest, allowed) = match constants[6].as_str() {
            "≈" => (decimal(&constants[7]), Rational::from((5, 1000))),
            digits => (decimal(digits), Rational::new()),
        };
        let error = Rational::from(&largest - &expected.largest()).abs() / expected.largest();
        assert!(error <= allowed, "{name}: half a unit of three digits, or exact");
        assert!(text.contains(&format!("2^{emin} ")) && text.contains(&format!("2^{} ", emin - p + 1)), "{name}");
        let has = constants[constants.len() - 4..].join(" ");
        assert_eq!(has.contains("no -0"), !expected.has_negative_zero(), "{name}");
        assert_eq!(has.contains("inf"), expected.has_infinities(), "{name}");
        assert_eq!(has.contains("numbers only"), expected.others == "none", "{name}");
        let names = of_name.next().map(|cells| cells.join(" ")).unwrap_or_default();
        for alias in *aliases {
            assert!(names.contains(&format!(" {alias}")), "{name}: {alias}");
            assert_eq!(printed(&[alias]), printed(&[name]));
        }
    }
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for refused in AMBIGUOUS.into_iter().chain(EIGHT_BITS) {
        assert!(flat.contains(&Format::parse(refused).unwrap_err()), "{refused}");
    }
    for example in ["e3m4", "e4m3ieee", "mpfr:100"] {
        assert!(flat.contains(example) && Format::parse(example).is_ok(), "{example}");
    }
    let document: Value = serde_json::from_str(&printed(&["--json"])).unwrap();
    let listed = document["formats"].as_array().unwrap();
    assert_eq!(listed.len(), NAMED.len());
    for (entry, (name, _, _)) in listed.iter().zip(NAMED) {
        let mut whole = json(name);
        whole.as_object_mut().unwrap().remove("codes").expect("codes, or null");
        assert_eq!(entry, &whole, "the list is the sheets without codes");
    }
}

/// One screen: a line for each format and preset, with its bits and range.
#[test]
fn the_overview_has_a_line_for_each_format_and_preset() {
    let text = printed(&[]);
    assert!(text.lines().count() <= NAMED.len() + PRESETS.len() + 8, "{text}");
    let row = |name: &str| {
        let mut rows = text.lines().filter(|line| line.split_whitespace().next() == Some(name));
        let row = rows.next().unwrap_or_else(|| panic!("{name} is missing: {text}"));
        assert_eq!(rows.next(), None, "{name}");
        row.split_whitespace().map(String::from).collect::<Vec<_>>()
    };
    for (name, _, format) in NAMED.iter().filter(|(_, _, format)| !format.is_scale()) {
        let Expected { p, emin, .. } = Expected::of(format);
        let bits = i64::from(format.code_bits());
        let cells = [bits.to_string(), p.to_string(), format!("2^{}", emin - p + 1), format!("2^{emin}")];
        assert_eq!(row(name)[1..5], cells, "{name}");
    }
    for preset in &PRESETS {
        let policy = Policy::parse(preset.policy).unwrap();
        let row = row(preset.name).join(" ");
        let start = format!("{} {}, sums in f32 ", preset.name, policy.forward.format.name());
        assert!(row.starts_with(&start), "{row}");
        let factors = policy.forward.operands.map_or("the same".to_string(), |operands| operands.to_string());
        assert!(row.contains(&factors), "{row}");
    }
    assert!(text.contains("--all") && text.contains("formats NAME"), "{text}");
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    for (name, words) in [
        ("flaot16", "unknown format `flaot16`; did you mean `float16`?"),
        ("e4m3", "`e4m3` is ambiguous"),
        ("mpfr:1", "needs a precision from 2"),
        ("f16:acc=f32", "`f16:acc=f32` combines two formats: give one, `f16` or `f32`"),
        ("f16,f32", "`f16,f32` is a list: give one format"),
        ("", "unknown format ``"),
    ] {
        for arguments in [&["formats", name][..], &["formats", name, "--json"]] {
            let output = Command::cargo_bin("precision-probe").unwrap().args(arguments).output().unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{name}");
            assert!(error.starts_with("error: ") && error.contains(words) && error.lines().count() == 1, "{error}");
        }
    }
}

/// The documentation shows lines of the real output.
#[test]
fn the_documentation_shows_what_is_printed() {
    let page = include_str!("../../docs/how-to/round-numbers.md");
    let shown = page.split("$ precision-probe formats e4m3fn\n").nth(1).expect("the block");
    let text = printed(&["e4m3fn"]);
    let lines: Vec<&str> = shown.split("```").next().unwrap().lines().filter(|line| *line != "…").collect();
    assert!(lines.len() > 5);
    for line in lines {
        assert!(text.lines().any(|printed| printed == line), "{line}");
    }
}
