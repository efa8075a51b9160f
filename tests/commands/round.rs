//! `round` as its users meet it: values against results written down, arrays against the library's definitions.

use crate::common::tolerances;
use assert_cmd::Command;
use ndarray::Array2;
use precision_probe::arithmetic::scaling::{Content, Quantiser};
use precision_probe::arithmetic::{ArithmeticName, Side};
use precision_probe::exchange;
use precision_probe::format::{Format, NAMED, two_to};
use rug::{Float, Rational};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

fn run(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("precision-probe").unwrap();
    command.current_dir(place).arg("round").args(arguments).output().unwrap()
}

fn printed(place: &Path, arguments: &[&str]) -> String {
    let output = run(place, arguments);
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()),
        (Some(0), ""),
        "{arguments:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Vec<Value> {
    let text = printed(Path::new("."), &[arguments, &["--json"]].concat());
    let mut document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["schema"], "precision-probe-round/1");
    document["rounded"].take().as_array().unwrap().clone()
}

/// Result, code and events of one value in one arithmetic.
fn told(value: &str, arithmetic: &str) -> (String, Option<String>, Vec<String>) {
    let entries = json(&[value, "--formats", arithmetic]);
    let [entry] = entries.as_slice() else { panic!("one entry") };
    assert_eq!(entry["value"], value);
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let events = entry["events"].as_array().unwrap().iter().map(text).collect();
    (text(&entry["result"]), entry["code"].as_str().map(String::from), events)
}

#[test]
fn values_become_what_can_be_written_down() {
    for (value, arithmetic, result, code, events) in [
        ("70000", "f16", "inf", "7c00", &["overflow"][..]),
        ("70000", "f16:saturate", "65504", "7bff", &["overflow", "saturated"]),
        ("70000", "f16:round=zero", "65504", "7bff", &["overflow"]),
        ("65519.999", "f16", "65504", "7bff", &[]),
        ("65520", "f16", "inf", "7c00", &["overflow"]),
        ("-65520", "e4m3fn", "NaN", "7f", &["overflow"]),
        ("464", "e4m3fn", "448", "7e", &[]),
        ("1e9", "e2m1fn", "6", "7", &["overflow"]),
        ("-1.5", "f64", "-1.5", "bff8000000000000", &["exact"]),
        ("0x1p-24", "f16", "5.9604644775390625e-8", "0001", &["exact", "subnormal"]),
        ("0x1p-24", "f16:ftz", "0", "0000", &["flushed to 0"]),
        ("0x1p-25", "f16", "0", "0000", &["underflow to 0"]),
        ("-0x1.000001p-25", "f16", "-5.9604644775390625e-8", "8001", &["subnormal"]),
        ("1e-5000", "f64", "0", "0000000000000000", &["underflow to 0"]),
        ("-1e-5000", "f64:round=down", "-4.94e-324", "8000000000000001", &["subnormal"]),
        ("-0", "f16", "-0", "8000", &["exact"]),
        ("-0", "e5m2fnuz", "0", "00", &["exact", "no -0 there"]),
        ("inf", "e4m3fn", "NaN", "7f", &["no infinity in the format"]),
        ("-inf", "e4m3fn:saturate", "-448", "fe", &["saturated", "no infinity in the format"]),
        ("inf", "f16", "inf", "7c00", &["exact"]),
        ("nan", "f16", "NaN", "7e00", &[]),
    ] {
        let (given, found, happened) = told(value, arithmetic);
        let is_same = if result.contains("e-324") { given.starts_with("-4.940656458412465") } else { given == result };
        assert!(is_same, "{value} in {arithmetic}: {given}, not {result}");
        assert_eq!(
            (found.as_deref(), happened.as_slice()),
            (Some(code), events.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
            "{value}"
        );
    }
    assert_eq!(told("nan", "e2m1fn"), ("NaN".into(), None, vec!["no code for NaN".into()]));
    assert_eq!(told("0.1", "mpfr:3").1, None);
}

/// A decimal is rounded once: these are on one side of a midpoint, and their nearest doubles on it.
#[test]
fn decimals_are_exact() {
    // 2049 is the midpoint of 2048 and 2050.
    assert_eq!(told("2049.00000000000000000000000000001", "f16").0, "2050");
    assert_eq!(told("2049", "f16").0, "2048");
    assert_eq!(told("2048.99999999999999999999999999999", "f16:round=nearest").0, "2048");
    assert_eq!(told("1.0000000000000000000000000000001", "f16:round=up").0, "1.0009765625");
    assert_eq!(told("1.00000000000000000000000000000001e0", "f64").2, Vec::<String>::new());
    let entries = json(&["0.1", "--formats", "f16"]);
    assert_eq!((&entries[0]["relative_error"], &entries[0]["ulps"]), (&(-0.000244140625).into(), &(-0.4).into()));
}

/// Errors are those of fractions, in every named format.
#[test]
fn errors_are_those_of_fractions() {
    let exact = |text: &str| {
        let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let units: rug::Integer = format!("{whole}{fraction}").parse().unwrap();
        let exponent = exponent.parse::<i64>().unwrap() - fraction.len() as i64;
        let power = Rational::from(rug::Integer::from(rug::Integer::u_pow_u(10, exponent.unsigned_abs() as u32)));
        if exponent < 0 { Rational::from(units) / power } else { Rational::from(units) * power }
    };
    let names: Vec<&str> = NAMED.iter().map(|(name, ..)| *name).filter(|name| *name != "e8m0fnu").collect();
    for value in ["1.7", "0.3", "-2.9", "4.99"] {
        for entry in json(&[value, "--formats", &names.join(",")]) {
            let name = entry["arithmetic"].as_str().unwrap();
            let format = Format::parse(name).unwrap();
            let (x, y) = (exact(value), exact(entry["result"].as_str().unwrap()));
            let error = y.clone() - &x;
            let near = |value: &Value, expected: &Rational| {
                let expected = Float::with_val(53, expected).to_f64();
                assert!(
                    (value.as_f64().unwrap() - expected).abs() <= tolerances::FEW_ROUNDINGS * expected.abs(),
                    "{name}: {value} {expected}"
                );
            };
            near(&entry["relative_error"], &(Rational::from(&error) / x.clone().abs()));
            let places = Float::with_val(53, &x).get_exp().unwrap() - 1;
            let unit = places.max(format.smallest_normal_exponent().unwrap()) - format.precision as i32 + 1;
            near(&entry["ulps"], &(error >> unit));
            assert!(
                y.is_zero()
                    || format.decode(u64::from_str_radix(entry["code"].as_str().unwrap(), 16).unwrap()) == y.to_f64()
            );
        }
    }
}

#[test]
fn the_table_is_narrow_and_grouped_by_value() {
    let place = TempDir::new().unwrap();
    let text = printed(place.path(), &["0.1", "70000", "-0x1.8p-24", "--formats", "f16,bf16:round=up,e4m3fn:saturate"]);
    let expected = "\
value, precision   result                   code  relative error  in ulps  events
0.1
  f16              0.0999755859375          2e66        −2.44e-4     −0.4
  bf16:round=up    0.10009765625            3dcd         9.77e-4      0.2
  e4m3fn:saturate  0.1015625                  1d          0.0156      0.2
70000
  f16              inf                      7c00               —        —  overflow
  bf16:round=up    70144                    4789         0.00206    0.281
  e4m3fn:saturate  448                        7e          −0.994    −8.49  overflow, saturated
-0x1.8p-24
  f16              −1.1920928955078125e-7   8002          −0.333     −0.5  subnormal
  bf16:round=up    −8.94069671630859375e-8  b3c0               0        0  exact
  e4m3fn:saturate  −0                         80               1  4.58e-5  underflow to 0
(≈ rounded, all other results exact; error = result − value, relative to the value and in units in
the last place of the value)
";
    assert_eq!(text, expected);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/how-to/round-numbers.md");
    assert!(fs::read_to_string(page).unwrap().contains(expected), "the documentation shows another table");
    // Without --formats the common ones; a value by itself and its twin alike.
    assert_eq!(printed(place.path(), &["1", "1"]).lines().filter(|line| *line == "1").count(), 2);
}

/// A draw is that of the key 0 and the place, or the given one; an array's first row draws what values draw.
#[test]
fn stochastic_draws_are_told_and_can_be_given() {
    let place = TempDir::new().unwrap();
    for (random, result) in [("0", "1"), ("7", "1"), ("8", "1.0009765625"), ("15", "1.0009765625")] {
        // Half of the way between two numbers.
        let arguments = ["0x1.002p0", "--formats", "f16:round=stochastic=4", "--random", random];
        let entries = json(&arguments);
        assert_eq!((entries[0]["result"].as_str(), entries[0]["draw"].to_string().as_str()), (Some(result), random));
    }
    let values: Vec<f64> = (0..40).map(|k| 1.0 + f64::from(k) / 40_000.0).collect();
    let texts: Vec<String> = values.iter().map(f64::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).chain(["--formats", "f16:round=stochastic"]).collect();
    let told: Vec<String> = json(&texts).iter().map(|entry| entry["result"].as_str().unwrap().into()).collect();
    let array = rounded(place.path(), &[1, 40], &values, &["--formats", "f16:round=stochastic"]);
    assert_eq!(told, array.iter().map(f64::to_string).collect::<Vec<_>>());
}

/// Writes an array, rounds it, and gives what was written.
fn rounded(place: &Path, shape: &[usize], values: &[f64], more: &[&str]) -> Vec<f64> {
    fs::write(place.join("in.npy"), exchange::npy_bytes(shape, values)).unwrap();
    let text = printed(place, &[&["--npy", "in.npy", "--out", "out.npy", "--force"], more].concat());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let contents = exchange::read(&place.join("out.npy"), None).unwrap();
    let expected = if more.contains(&"--sum") { &shape[..shape.len() - 1] } else { shape };
    assert_eq!(contents.tensors[0].shape, expected);
    contents.tensors[0].values.clone()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|x| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }).collect()
}

/// Numbers of many sizes, zeros, infinities, and NaNs of every kind.
fn numbers(count: usize) -> Vec<f64> {
    let mut state = 7u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 11
    };
    let plain = (0..count - 8).map(|k| {
        let x = next() as f64 / (1u64 << 53) as f64 - 0.5;
        x * two_to(k as i64 % 60 - 40)
    });
    let special = [0.0, -0.0, f64::INFINITY, -f64::INFINITY, f64::NAN, f64::from_bits(u64::MAX), 5e-324, f64::MAX];
    plain.collect::<Vec<_>>().into_iter().chain(special).collect()
}

#[test]
fn arrays_are_rounded_as_the_definition_rounds() {
    let place = TempDir::new().unwrap();
    let values = numbers(60);
    let names = ["f16", "bf16:round=up", "e4m3fn:saturate", "f32:round=odd", "f16:ftz", "mpfr:53", "f64:round=down"];
    for name in names {
        let arithmetic = ArithmeticName::parse(name).unwrap();
        let format = arithmetic.format;
        let define = |x: &f64| {
            let x = Float::with_val(53, *x);
            arithmetic.limits.result(&format, &x, arithmetic.direction.round(&format, &x, 0)).to_f64()
        };
        let expected: Vec<f64> = values.iter().map(define).collect();
        for shape in [&[60][..], &[6, 10]] {
            let found = rounded(place.path(), shape, &values, &["--formats", name]);
            assert_eq!(bits(&found), bits(&expected), "{name}");
        }
    }
    // The path of given draws, and a single number.
    let name = "bf16:round=stochastic=8";
    let format = Format::parse("bf16").unwrap();
    let expected: Vec<f64> =
        values.iter().map(|x| format.round_stochastically(&Float::with_val(53, *x), 8, 200).to_f64()).collect();
    let found = rounded(place.path(), &[60], &values, &["--formats", name, "--random", "200"]);
    assert_eq!(bits(&found), bits(&expected));
    assert_eq!(rounded(place.path(), &[], &[0.1], &["--formats", "f16"]), [0.0999755859375]);
    assert_eq!(rounded(place.path(), &[0, 3], &[], &["--formats", "f16"]), [0.0; 0]);
}

#[test]
fn rows_are_summed_in_the_arithmetic() {
    let place = TempDir::new().unwrap();
    // 2048 + 1 stays in f16, and twice 1 first does not.
    let values = [2048.0, 1.0, 1.0, 1.0, 1.0, 2048.0];
    let sums = |name: &str| rounded(place.path(), &[2, 3], &values, &["--sum", "--formats", name]);
    assert_eq!(sums("f16"), [2048.0, 2050.0]);
    assert_eq!(sums("f16:acc=f32"), [2050.0, 2050.0]);
    assert_eq!(sums("f16:sum=exact"), [2050.0, 2050.0]);
    assert_eq!(sums("f16:round=up"), [2052.0, 2050.0]);
    assert_eq!(rounded(place.path(), &[3], &values[..3], &["--sum", "--formats", "f16"]), [2048.0]);
    assert_eq!(rounded(place.path(), &[2, 0], &[], &["--sum", "--formats", "f16"]), [0.0, 0.0]);
}

#[test]
fn operands_are_quantised_in_blocks() {
    let place = TempDir::new().unwrap();
    let values = numbers(6 * 40);
    let matrix = Array2::from_shape_vec((6, 40), values.clone()).unwrap();
    for name in ["mxfp8", "mxfp6-e3m2-rceil", "mxfp4", "nvfp4", "amax-e4m3fn", "tile-e4m3fn", "e5m2"] {
        for (along, side) in [("rows", Side::Left), ("columns", Side::Right)] {
            let quantised = Quantiser::parse(name).unwrap().quantise(matrix.view(), side, Content::Activation);
            let expected: Vec<f64> = quantised.values.iter().map(|value| value * quantised.factor).collect();
            let found = rounded(place.path(), &[6, 40], &values, &["--operands", name, "--along", along]);
            assert_eq!(bits(&found), bits(&expected), "{name} along {along}");
        }
    }
    // The largest of 32 is 6, so that the scale is 1 and the elements are those of e2m1fn.
    let values: Vec<f64> = (0..32).map(|k| f64::from(k) * 6.0 / 31.0).collect();
    let found = rounded(place.path(), &[32], &values, &["--operands", "mxfp4"]);
    assert_eq!(found, rounded(place.path(), &[32], &values, &["--formats", "e2m1fn"]));
    let text = printed(place.path(), &["--npy", "in.npy", "--out", "out.npy", "--operands", "mxfp4", "--force"]);
    assert!(text.replace('\n', " ").contains("(1 block of 1 × 32, scale 2^0)"), "{text}");
    let amax = ["--npy", "in.npy", "--out", "amax.npy", "--operands", "amax-e4m3fn", "--json"];
    let text = printed(place.path(), &amax);
    let summary: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&summary["what"], &summary["shape"]), (&"amax-e4m3fn".into(), &serde_json::json!([32])));
    assert_eq!(summary["counts"]["became_zero"], 0);
}

/// One sentence, status 2, and no file.
#[test]
fn what_cannot_be_done_is_refused() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("in.npy"), exchange::npy_bytes(&[2], &[1.0, 0.1])).unwrap();
    fs::write(place.path().join("three.npy"), exchange::npy_bytes(&[1, 1, 1], &[1.0])).unwrap();
    fs::create_dir(place.path().join("folder")).unwrap();
    let npy = ["--npy", "in.npy", "--out", "out.npy"];
    for (arguments, words) in [
        (&[][..], "no numbers are given"),
        (&["ten"], "`ten` is not a number"),
        (&["1", "-5x"], "`-5x` is not a number"),
        (&["1e99999"], "is out of range: write a number"),
        (&["1", "--formats", "f17"], "unknown format `f17`"),
        (&["1", "--formats", "e8m0fnu"], "only holds scales"),
        (&["1", "--random", "1"], "--random has no effect without round=stochastic"),
        (&["1", "--formats", "f16:round=stochastic=4", "--random", "16"], "give at most 15"),
        (&["1", "--sum"], "--sum has no effect without --npy"),
        (&["1", "--force"], "--force has no effect without --npy"),
        (&["--npy", "in.npy", "--out", "in.npy", "--formats", "f16", "--force"], "never overwrites its input"),
        (
            &["--npy", "in.npy", "--out", "folder/../in.npy", "--formats", "f16", "--force"],
            "never overwrites its input",
        ),
        (&["--npy", "in.npy", "--out", "three.npy", "--formats", "f16"], "overwrite it with --force"),
        (&["--npy", "in.npy", "--out", "-", "--formats", "f16", "--json"], "both go to standard output"),
        (&["1", "--operands", "mxfp4"], "--operands has no effect without --npy"),
        (&["--npy", "in.npy", "--formats", "f16"], "--npy needs --out FILE"),
        (&["1", "--npy", "in.npy"], "leave out --npy or `1`"),
        (&npy, "takes one precision"),
        (&[&npy[..], &["--formats", "f16,bf16"]].concat(), "takes one precision"),
        (&[&npy[..], &["--formats", "mpfr:100:round=up", "--sum"]].concat(), "does not fit into float64"),
        (&[&npy[..], &["--operands", "mxfp5"]].concat(), "did you mean `mxfp"),
        (&[&npy[..], &["--operands", "mxfp4", "--formats", "f16"]].concat(), "cannot be used together"),
        (&[&npy[..], &["--operands", "mxfp4", "--along", "rwos"]].concat(), "give rows or columns"),
        (&[&npy[..], &["--formats", "f16", "--along", "rows"]].concat(), "--along has no effect"),
        (
            &[&npy[..], &["--formats", "f16:round=stochastic", "--sum", "--random", "1"]].concat(),
            "cannot be used together",
        ),
        (&["--npy", "three.npy", "--out", "out.npy", "--formats", "f16"], "at most two axes"),
        (&["--npy", "none.npy", "--out", "out.npy", "--formats", "f16"], "cannot be read"),
        (&["--npy", "in.npy", "--out", "folder", "--formats", "f16"], "choose another place"),
        (&["--npy", "in.npy", "--out", "none/out.npy", "--formats", "f16"], "choose another place"),
    ] {
        let output = run(place.path(), arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {message}");
        assert!(message.starts_with("error: ") && message.contains(words), "{arguments:?}: {message}");
    }
    let mut left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["folder", "in.npy", "three.npy"]);
}

/// Nothing but the array goes to standard output, and the same array once more is no replacement.
#[test]
fn an_array_goes_to_standard_output_or_to_a_file_once() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("in.npy"), exchange::npy_bytes(&[3], &[1.0, 0.1, 70000.0])).unwrap();
    let arguments = ["--npy", "in.npy", "--formats", "f16", "--out"];
    let piped = run(place.path(), &[&arguments[..], &["-"]].concat());
    assert_eq!((piped.status.code(), String::from_utf8_lossy(&piped.stderr).as_ref()), (Some(0), ""));
    for _ in 0..2 {
        printed(place.path(), &[&arguments[..], &["out.npy"]].concat());
        assert_eq!(fs::read(place.path().join("out.npy")).unwrap(), piped.stdout);
    }
    let other = run(place.path(), &["--npy", "in.npy", "--formats", "bf16", "--out", "out.npy"]);
    let message = String::from_utf8(other.stderr).unwrap();
    let expected = "error: `out.npy` exists and has other contents: choose another place with --out FILE, or overwrite it \
                    with --force\n";
    assert_eq!((other.status.code(), message.as_str()), (Some(2), expected));
    assert_eq!(fs::read(place.path().join("out.npy")).unwrap(), piped.stdout);
    assert!(!place.path().join("-").exists());
}
