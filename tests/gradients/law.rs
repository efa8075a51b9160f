//! The precision law: known answers of the fit, what the instrument measures against theory, files and refusals.

mod bits;
mod files;

use crate::common::tolerances;
use assert_cmd::Command;
use precision_probe::format::two_to;
use precision_probe::law::bits::Bits;
use precision_probe::law::fit::{fit, least_squares};
use precision_probe::law::{self, regimes, statistics};
use precision_probe::probe::{Silent, run};
use precision_probe::record::Number;
use precision_probe::record::law::{Fit, Law, LawRun, Line, Point, PointTrial, Regime, Statistic};
use precision_probe::spec::{Attribute, Data, Spec};
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// A point of trials whose ratios are these.
fn point(bits: u32, regime: Regime, ratios: &[f64]) -> Point {
    let summary = statistics::summary(ratios);
    Point {
        bits,
        root_mean_square: Number::new(summary.root_mean_square),
        low: Number::new(summary.low),
        median: Number::new(summary.median),
        high: Number::new(summary.high),
        count: summary.count,
        at_most: false,
        flips: Number::None,
        flipped: 0,
        regime,
        storage_noise: Number::Finite(0.0),
        trials: ratios.iter().map(|ratio| PointTrial { noise_to_signal: Number::new(*ratio), flips: None }).collect(),
    }
}

fn power(exponent: i32) -> f64 {
    two_to(exponent.into())
}

/// Five identical trials along 2^c·u^β with β = halves/2.
fn exact_line(halves: i32, c: i32, bits: impl Iterator<Item = u32>) -> Vec<Point> {
    let ratio = |bits: u32| power(c - halves * bits as i32 / 2);
    bits.map(|bits| point(bits, Regime::Smooth, &[ratio(bits); 5])).collect()
}

fn smooth(points: &[Point], statistic: Statistic) -> Fit {
    fit(points, Regime::Smooth, statistic, 0)
}

/// Points on a line give its exponent and factor, and trials that do not differ an interval without width. A record keeps
/// nine digits of each ratio: β comes out to the last of its nine, c and the scatter to 10^-8.
#[test]
fn exact_lines_are_found_exactly() {
    for (halves, c) in [(2, 0), (1, -3), (0, -1), (3, 5)] {
        for statistic in Statistic::ALL {
            let found = smooth(&exact_line(halves, c, (6..=24).step_by(2)), statistic);
            // 2^5·u^1.5 is below 1 from 4 bits on, so that every point takes part.
            assert_eq!((found.bits.len(), found.left_out.len()), (10, 0));
            let Line { exponent, low, high, resamples, log2_factor, scatter } = found.line.unwrap();
            let beta = Number::Finite(f64::from(halves) / 2.0);
            assert_eq!(([exponent, low, high], resamples), ([beta; 3], 1000), "{halves}, {c}");
            assert!(
                (log2_factor.value() - f64::from(c)).abs() < tolerances::RECORDED
                    && scatter.value() < tolerances::RECORDED,
                "{halves}, {c}"
            );
        }
    }
    assert_eq!(least_squares(&[(0.0, 0.0), (1.0, 2.0)]), None, "two points always lie on a line");
    assert_eq!(least_squares(&[(1.0, 0.0), (1.0, 2.0), (1.0, 3.0)]), None, "upright");
    // By hand: x̄ = 1, ȳ = 4/3, Σ(x − x̄)(y − ȳ) = 3, Σ(x − x̄)² = 2.
    let (c, beta) = least_squares(&[(0.0, 0.0), (1.0, 1.0), (2.0, 3.0)]).unwrap();
    assert!(
        (beta - 1.5).abs() < tolerances::FEW_ROUNDINGS && (c - (4.0 / 3.0 - 1.5)).abs() < tolerances::FEW_ROUNDINGS,
        "{c} {beta}"
    );
}

/// Saturated, infinite, zero, unknown and merely limited points are left out and named; the others' line is what it was.
#[test]
fn what_measures_nothing_is_left_out() {
    let mut points = exact_line(2, 0, 6..=12);
    let line = smooth(&points, Statistic::RootMeanSquare).line;
    points.insert(0, point(5, Regime::Smooth, &[1.0; 5]));
    points.insert(0, point(4, Regime::Smooth, &[f64::INFINITY; 5]));
    points.push(point(13, Regime::Smooth, &[0.0; 5]));
    points.push(point(14, Regime::Smooth, &[f64::NAN; 5]));
    points.push(Point { at_most: true, ..point(15, Regime::Smooth, &[1e-9; 5]) });
    points.push(point(16, Regime::FewFlips, &[1e-9; 5]));
    let found = smooth(&points, Statistic::RootMeanSquare);
    assert_eq!(found.bits, (6..=12).collect::<Vec<_>>());
    assert_eq!(found.left_out, [4, 5, 13, 14, 15], "16 bits are another regime's");
    assert_eq!(found.line, line);
    // One infinite trial is no median of five, but it is every root mean square.
    let mut points = exact_line(2, 0, 6..=12);
    let ratio = points[6].median.value();
    points[6] = point(12, Regime::Smooth, &[ratio, ratio, ratio, ratio, f64::INFINITY]);
    assert_eq!(smooth(&points, Statistic::RootMeanSquare).left_out, [12]);
    assert_eq!(smooth(&points, Statistic::Median).left_out, [0; 0]);
}

#[test]
fn fewer_than_three_points_give_no_line() {
    let found = smooth(&exact_line(2, 0, 6..=7), Statistic::Median);
    assert_eq!((found.bits, found.line), (vec![6, 7], None));
    assert!(smooth(&exact_line(2, 0, 6..=8), Statistic::Median).line.is_some());
}

/// One trial cannot be exchanged with another: there is a slope and no interval.
#[test]
fn one_trial_has_no_interval() {
    let points: Vec<Point> = (6..=9).map(|bits| point(bits, Regime::Smooth, &[power(-(bits as i32))])).collect();
    let line = smooth(&points, Statistic::Median).line.unwrap();
    assert_eq!((line.exponent, line.low, line.high), (Number::Finite(1.0), Number::None, Number::None));
    assert_eq!(line.resamples, 0);
}

/// Two kinds of trials, of slopes 1/2 and 1: every resample's slope lies between, and most of the interval is wide.
#[test]
fn the_interval_holds_what_trials_may_do() {
    let mixed = |bits: u32| {
        let (half, whole) = (power(-(bits as i32) / 2), power(-(bits as i32)));
        point(bits, Regime::Smooth, &[half, half, half, half, whole, whole, whole])
    };
    let points: Vec<Point> = (6..=20).step_by(2).map(mixed).collect();
    let line = smooth(&points, Statistic::Median).line.unwrap();
    assert_eq!(line.exponent, Number::Finite(0.5));
    // The median of 7 draws is a slow one with probability P(Bin(7, 4/7) ≥ 4) = 0.65: both ends are reached.
    assert_eq!((line.low, line.high), (Number::Finite(0.5), Number::Finite(1.0)));
    assert_eq!(smooth(&points, Statistic::Median).line, Some(line), "drawn from the seed alone");
    // Trials that all differ: another seed, other resamples.
    let spread = |bits: u32| {
        let ratios: Vec<f64> =
            (1..=9).map(|trial| power(-(bits as i32)) / f64::from(trial * bits as i32 % 11 + 1)).collect();
        point(bits, Regime::Smooth, &ratios)
    };
    let points: Vec<Point> = (6..=20).map(spread).collect();
    let [one, other] = [0, 1].map(|seed| fit(&points, Regime::Smooth, Statistic::RootMeanSquare, seed).line.unwrap());
    assert_eq!(one.exponent, other.exponent);
    assert!(one.low < one.exponent && one.exponent < one.high, "{one:?}");
    assert_ne!((one.low, one.high), (other.low, other.high));
}

/// First many, then between, then few, whatever a single count does later.
#[test]
fn regimes_part_where_they_are_told() {
    use Regime::{Between, FewFlips, ManyFlips};
    let split = |flips: &[f64]| regimes::split(&flips.iter().map(|flips| Number::new(*flips)).collect::<Vec<_>>());
    assert_eq!(
        split(&[200.0, 1.0, 0.99, 0.5, 0.49, 0.6, 1.2, 0.0]),
        [ManyFlips, ManyFlips, Between, Between, FewFlips, FewFlips, FewFlips, FewFlips]
    );
    assert_eq!(split(&[1.5, 0.2]), [ManyFlips, FewFlips]);
    assert_eq!(split(&[0.0]), [FewFlips]);
    assert_eq!(split(&[3.0, f64::NAN, 3.0]), [ManyFlips; 3]);
}

fn measured(spec: Spec, bits: &str) -> Law {
    let formats = Bits::parse(bits).unwrap().arithmetics();
    let attribute = Attribute::None;
    let plan = Spec { formats, data: Data::Gaussian, batch: 32, trials: 12, attribute, ..spec }.validate().unwrap();
    law::of(&run(&plan, &Silent))
}

fn line(run: &LawRun, regime: Regime, statistic: Statistic) -> Line {
    let found = run.fits.iter().find(|fit| fit.regime == regime && fit.statistic == statistic);
    found.and_then(|fit| fit.line).unwrap_or_else(|| panic!("{}: no line", run.activation))
}

/// Where φ' is Lipschitz, a rounding error of z moves φ' in proportion: one bit of noise per bit of precision, for tanh
/// 1 ± 0.1 (second-order terms at 8 bits, sampling). Inputs are Gaussian with 8 bits, so that their products with 8-bit
/// weights need 16 and are rounded at every precision here; the digits have 3 bits, with which products are exact from
/// 11 bits on and layer 1 falls out of the law.
///
/// Where φ' jumps, a flipped branch changes φ' by the jump however small the error of z was, and flips come in proportion
/// to u: the mean square of the noise does too, half a bit per bit, for relu while flips are many 1/2 ± 0.15. The intervals
/// must tell the two laws apart.
#[test]
fn smooth_and_kinked_activations_obey_different_laws() {
    let small = Spec { activations: vec!["tanh".into()], depth: 10, width: 16, ..Spec::default() };
    let law = measured(Spec { batch: 8, ..small }, "8..15");
    let smooth = Statistic::ALL.map(|statistic| line(&law.runs[0], Regime::Smooth, statistic));
    for line in smooth {
        let Line { exponent, low, high, .. } = line;
        assert!((exponent.value() - 1.0).abs() <= tolerances::SMOOTH_EXPONENT, "{line:?}");
        assert!(low.value() >= 0.85 && high.value() <= 1.15 && line.scatter.value() < 0.5, "{line:?}");
    }
    let deep = Spec { activations: vec!["relu".into()], depth: 20, width: 32, ..Spec::default() };
    let law = measured(deep, "8..12");
    let kinked = line(&law.runs[0], Regime::ManyFlips, Statistic::RootMeanSquare);
    assert!((kinked.exponent.value() - 0.5).abs() <= tolerances::KINKED_EXPONENT, "{kinked:?}");
    assert!(kinked.low.value() <= 0.5 && 0.5 <= kinked.high.value(), "{kinked:?}");
    assert!(smooth.iter().all(|smooth| kinked.high < smooth.low), "{kinked:?} {smooth:?}");
    for (one, next) in law.runs[0].points.iter().zip(&law.runs[0].points[1..]) {
        // Flips are in proportion to u, within the chance of some tens of them per network.
        let ratio = one.flips.value() / next.flips.value();
        assert!((1.5..2.7).contains(&ratio), "{} bits: {ratio}", next.bits);
    }
}

/// A law read back is written again to the same bytes; strangers are refused by name.
#[test]
fn laws_survive() {
    let spec = Spec { activations: vec!["relu".into(), "tanh".into()], depth: 3, width: 5, ..Spec::default() };
    let text = measured(spec, "3..6,53").to_json();
    let back = Law::from_json(&text).unwrap();
    assert_eq!(back.to_json(), text);
    assert_eq!(back.runs[0].points.iter().map(|point| point.bits).collect::<Vec<_>>(), [3, 4, 5, 6, 53]);
    let error = Law::from_json(&text.replace("precision-probe-law/4", "precision-probe-law/9")).unwrap_err();
    assert_eq!(
        error,
        "schema `precision-probe-law/9` cannot be read; this version reads `precision-probe-law/4`, `precision-probe-law/3` and `precision-probe-law/1`"
    );
    let error = Law::from_json(&text.replacen("{\"statistic\"", "{\"surprise\":1,\"statistic\"", 1)).unwrap_err();
    assert!(error.contains("unknown field `surprise`"), "{error}");
    assert!(Law::from_json("{}").unwrap_err().starts_with("not a law: missing field `schema`"));
    // An axis as long as that would be drawn for minutes.
    for place in ["\"bits\":", "\"bits\":["] {
        assert!(text.contains(&format!("{place}3")), "{text}");
        let error = Law::from_json(&text.replacen(&format!("{place}3"), &format!("{place}1000000"), 1)).unwrap_err();
        assert!(error.starts_with("not a law: 1000000 bits"), "{error}");
    }
}

fn command(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("precision-probe").expect("the binary is built");
    command.current_dir(place).args(arguments).output().expect("the command starts")
}

/// A law in a fraction of a second.
const SMALL: [&str; 11] = ["law", "--depth", "3", "--width", "5", "--batch", "3", "--trials", "4", "--bits", "6..9"];

fn succeed(place: &Path, more: &[&str]) -> String {
    let output = command(place, &[&SMALL[..], more].concat());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), errors.as_str()), (Some(0), ""), "{more:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(place: &Path, arguments: &[&str]) -> String {
    let output = command(place, arguments);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

const FILES: [&str; 6] = ["law.csv", "law.json", "law.png", "law.svg", "report.html", "run.json"];

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into()).collect();
    names.sort();
    names
}

/// Every file but `run.json` has the same bytes on one thread and on two, and `--json` prints one of them.
#[test]
fn the_report_depends_on_the_spec_alone() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let first = succeed(place, &["--threads", "1", "--out", "one"]);
    assert!(first.ends_with("\nPicture: one/law.png (--details prints the exponents)\n"), "{first}");
    // A row for each of two activations.
    assert!(first.lines().count() <= 10 + 2 && first.lines().all(|line| line.chars().count() <= 100), "{first}");
    assert!(first.starts_with("Significand bits needed for noise below 10 % of the gradient"), "{first}");
    let printed = succeed(place, &["--threads", "1", "--out", "one", "--details"]);
    assert!(printed.ends_with("\nPicture: one/law.png\n"), "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() <= 100), "{printed}");
    for words in ["relu  ", "tanh  ", "many flips", "no kink", "\nrelu: ", "\ntanh: ", "at 6–7 bits the format cannot"]
    {
        assert!(printed.contains(words), "{words:?} is missing: {printed}");
    }
    let json = succeed(place, &["--threads", "2", "--out", "two", "--json"]);
    assert_eq!(names(&place.join("one")), FILES);
    for file in &FILES[..5] {
        let [one, two] = ["one", "two"].map(|folder| fs::read(place.join(folder).join(file)).unwrap());
        assert!(one == two, "{file}");
    }
    assert_eq!(json, fs::read_to_string(place.join("two/law.json")).unwrap());
    let law = Law::from_json(&json).unwrap();
    assert_eq!(law.spec.formats, ["mpfr:6", "mpfr:7", "mpfr:8", "mpfr:9"]);
    let csv = fs::read_to_string(place.join("one/law.csv")).unwrap();
    let rows = crate::common::tables::rows(&csv);
    assert_eq!(rows.len(), 2 * 4);
    let cells = |row: usize| ["activation", "bits", "trials_with_noise"].map(|name| rows[row][name].as_str());
    assert_eq!((cells(0), cells(7)), (["relu", "6", "4"], ["tanh", "9", "4"]));
    assert!(rows.iter().all(|row| row["spec_hash"] == law.spec_hash), "{csv}");
}

/// Named after what differs; replaced only by the same spec, or where that is asked for.
#[test]
fn directories_belong_to_their_spec() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    assert_eq!(succeed(place, &["--quiet"]), "");
    let [latest, name] = &names(&place.join("reports"))[..] else { panic!("a report and a link to it") };
    assert_eq!(latest, "latest");
    assert!(name.starts_with("law-relu+tanh-3x5-batch-3-bits-6..9-trials-4-"), "{name}");
    succeed(place, &["--quiet"]);
    succeed(place, &["--quiet", "--act", "tanh", "--theme", "dark"]);
    assert_eq!(names(&place.join("reports")).len(), 3);
    let taken = format!("reports/{name}");
    let message = refused(place, &[&SMALL[..], &["--seed", "1", "--out", &taken]].concat());
    assert!(
        message
            .contains("holds a report with other options or of another version: choose another place with --out DIR"),
        "{message}"
    );
    succeed(place, &["--quiet", "--seed", "1", "--force", "--out", &taken]);
    fs::create_dir(place.join("mine")).unwrap();
    fs::write(place.join("mine/thesis.txt"), "words").unwrap();
    let message = refused(place, &[&SMALL[..], &["--out", "mine"]].concat());
    assert!(message.contains("`mine` is not empty and holds no law.json: choose another place"), "{message}");
    assert_eq!(names(&place.join("mine")), ["thesis.txt"]);
}

#[test]
fn bits_are_read_in_every_spelling() {
    for (text, canonical, count) in [
        ("6..24", "6..24", 19),
        ("6..=24", "6..24", 19),
        (" 6 .. 8 ", "6..8", 3),
        ("8,11,24", "8,11,24", 3),
        ("24,8,11", "8,11,24", 3),
        ("6..9,12,53", "6..9,12,53", 6),
        ("2,3,4", "2..4", 3),
    ] {
        let bits = Bits::parse(text).unwrap();
        assert_eq!((bits.to_string().as_str(), bits.arithmetics().len()), (canonical, count), "{text}");
        assert_eq!(Bits::parse(canonical).unwrap(), bits, "{text}");
    }
}

/// Each message points at what is wrong and says what to write instead; nothing is measured or written.
#[test]
fn wrong_bits_are_told_with_their_fix() {
    let place = TempDir::new().unwrap();
    let examples = "write a range such as 6..24 or a list such as 8,11,24";
    for (bits, words) in [
        ("24..6", "`24..6` runs backwards; write 6..24".to_string()),
        ("6..", format!("`6..` does not say where it ends; {examples}")),
        ("..24", format!("`..24` does not say where it begins; {examples}")),
        ("..", format!("`..` does not say where it begins; {examples}")),
        ("6-24", format!("`6-24` is not a number of bits; {examples}")),
        ("-3..5", format!("`-3` is not a number of bits; {examples}")),
        ("6...24", format!("`.24` is not a number of bits; {examples}")),
        ("f16,bf16,f32", format!("`f16` is not a number of bits; {examples}")),
        ("8,,9", format!("a number is missing; {examples}")),
        ("1..24", "1 is out of range; give 2 to 53 bits".into()),
        ("6..54", "54 is out of range; give 2 to 53 bits".into()),
        ("6..99999999999999999999", "99999999999999999999 is out of range; give 2 to 53 bits".into()),
        ("8,9,8", "8 is given twice; keep one".into()),
        ("6..9,8", "8 is given twice; keep one".into()),
        ("8", "1 precision gives no exponent; give at least 3, such as 6..24".into()),
        ("8,24", "2 precisions give no exponent; give at least 3, such as 6..24".into()),
    ] {
        let message = refused(place.path(), &["law", "--bits", bits]);
        assert_eq!(message, format!("error: --bits {bits}: {words}\n"));
    }
    assert_eq!(refused(place.path(), &["law", "--bits", ""]), format!("error: --bits is empty; {examples}\n"));
    for (arguments, words) in [
        (&["--trials", "0"][..], "--trials 0: give a positive number"),
        (&["--act", "rleu"], "did you mean `relu`?"),
        (&["--data", "batch.npz"], "`batch.npz` cannot be read ("),
        (&["--data", "digit"], "did you mean `digits`?"),
        (&["--threads", "0"], "--threads 0: give a positive number"),
    ] {
        let message = refused(place.path(), &[&["law"], arguments].concat());
        assert!(message.starts_with("error: ") && message.contains(words), "{message}");
    }
    let message = refused(place.path(), &["--depth", "5", "law"]);
    assert!(message.contains("--depth comes before `law`, where it has no effect"), "{message}");
    let message = refused(place.path(), &["--formats", "f16", "law"]);
    assert!(message.contains("--formats comes before `law`, which has no such option"), "{message}");
    assert!(names(place.path()).is_empty());
}
