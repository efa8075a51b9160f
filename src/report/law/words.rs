//! Describes one activation's law in words; every number comes from the record.

use crate::judgement::law::{Bits, enough};
use crate::record::law::{Fit, LawRun, Line, Point, Regime, Statistic};
use crate::report::numbers::{Notation::Plain, short};

/// Largest distance at which an exponent is called 1/2 or 1; the number itself is always shown as well.
const NEAR: f64 = 0.1;

/// Least factor of the root mean square over the median from which the rare networks are mentioned.
const CARRIED: f64 = 3.0;

/// `9 bits: f16, tf32, f32`; says so if the bits were not reached or are extrapolated.
pub fn bits_needed(needed: Bits) -> String {
    let formats = |bits: u32| {
        let names = enough(bits);
        if names.is_empty() { "none of these".into() } else { names.join(", ") }
    };
    match needed {
        Bits::From { bits, not } if bits == not + 1 => format!("{bits} bits: {}", formats(bits)),
        Bits::From { bits, not } => format!("{} to {bits} bits: {}", not + 1, formats(bits)),
        Bits::AtMost { bits } => format!("at most {bits} bits: {}", formats(bits)),
        Bits::NotReached { most, extrapolated: Some(bits) } => {
            format!("not reached with {most} bits (extrapolated: {bits})")
        }
        Bits::NotReached { most, extrapolated: None } => format!("not reached with {most} bits"),
        Bits::Unknown => "no gradient".into(),
    }
}

/// An activation's law in a sentence that starts with its name.
pub fn sentence(run: &LawRun) -> String {
    format!("{}: {}.", run.activation, clauses(run))
}

/// The same under a heading that names the activation.
pub fn sentence_alone(run: &LawRun) -> String {
    let mut clauses = clauses(run);
    if let Some(first) = clauses.get(..1).map(str::to_uppercase) {
        clauses.replace_range(..1, &first);
    }
    clauses + "."
}

fn clauses(run: &LawRun) -> String {
    if run.kinked { format!("{}; {}", many_flips(run), few_flips(run)) } else { smooth(run) }
}

fn fit(run: &LawRun, regime: Regime, statistic: Statistic) -> Option<&Fit> {
    run.fits.iter().find(|fit| fit.regime == regime && fit.statistic == statistic)
}

fn line(run: &LawRun, regime: Regime, statistic: Statistic) -> Option<(&Fit, &Line)> {
    let fit = fit(run, regime, statistic)?;
    Some((fit, fit.line.as_ref()?))
}

fn smooth(run: &LawRun) -> String {
    let of = |statistic| line(run, Regime::Smooth, statistic);
    match (of(Statistic::RootMeanSquare), of(Statistic::Median)) {
        (Some((_, mean)), Some((_, median))) if pace(mean) == pace(median) => format!(
            "without a kink no branch can flip, and its noise falls by about {} ({} of the root mean square, {} of the median)",
            pace(mean),
            beta(mean),
            beta(median)
        ),
        (None, None) => "too few points have noise below the signal to determine an exponent".into(),
        (mean, median) => {
            let told = |line: Option<(&Fit, &Line)>, name: &str| Some(format!("its {name} {}", falls(line?.1)));
            let told = [told(mean, "root-mean-square noise"), told(median, "median noise")];
            told.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    }
}

fn many_flips(run: &LawRun) -> String {
    match line(run, Regime::ManyFlips, Statistic::RootMeanSquare) {
        Some((fit, line)) => {
            let contrast = if line.high.value() < 1.0 && pace(line) != ONE { ", not by one" } else { "" };
            let bits = span(&fit.bits);
            format!("while flips are many ({bits} bits) its root-mean-square noise {}{contrast}", falls(line))
        }
        None if run.points.iter().any(|point| point.regime == Regime::ManyFlips) => {
            "too few points with many flips have noise below the signal to determine an exponent".into()
        }
        None => "flips are few at every precision".into(),
    }
}

fn few_flips(run: &LawRun) -> String {
    match line(run, Regime::FewFlips, Statistic::Median) {
        Some((fit, line)) => {
            let bits = span(&fit.bits);
            format!("while they are few ({bits} bits) the median network's {}{}", falls(line), carried(run))
        }
        None if run.points.iter().any(|point| point.regime == Regime::FewFlips) => {
            "while they are few there are too few points to determine an exponent".into()
        }
        None => match run.points.last() {
            Some(Point { bits, flips, .. }) => {
                format!("at {bits} bits a network still has {} flips", short(flips.value(), Plain))
            }
            None => "nothing was measured".into(),
        },
    }
}

/// In the regime of few flips, the first precision at which rare networks raise the root mean square far above the
/// median.
fn carried(run: &LawRun) -> String {
    let lifted = |point: &&Point| {
        let (mean, median) = (point.root_mean_square.value(), point.median.value());
        point.regime == Regime::FewFlips && median > 0.0 && mean.is_finite() && mean >= CARRIED * median
    };
    run.points.iter().find(lifted).map_or(String::new(), |point| {
        let times = point.root_mean_square.value() / point.median.value();
        format!(
            ", but the {} of {} networks that have a flip at {} bits raise the root mean square to {} times the median",
            point.flipped,
            point.trials.len(),
            point.bits,
            short(two_digits(times), Plain)
        )
    })
}

/// `falls by about half a bit per bit (β 0.48, 0.45 to 0.52)`.
fn falls(line: &Line) -> String {
    format!("falls by about {} ({})", pace(line), beta(line))
}

const ONE: &str = "one bit per bit";

/// β in words.
fn pace(line: &Line) -> String {
    let beta = line.exponent.value();
    if (beta - 1.0).abs() <= NEAR {
        ONE.into()
    } else if (beta - 0.5).abs() <= NEAR {
        "half a bit per bit".into()
    } else {
        format!("{} bits per bit", decimals(beta, 1))
    }
}

/// `β 0.48, 0.45 to 0.52`.
fn beta(line: &Line) -> String {
    let [beta, low, high] = exponent(line);
    if line.resamples == 0 { format!("β {beta}") } else { format!("β {beta}, {low} to {high}") }
}

/// β and the ends of its interval, with the digits that the interval makes meaningful.
pub fn exponent(line: &Line) -> [String; 3] {
    let width = line.high.value() - line.low.value();
    let digits = if width < 0.1 { 3 } else { 2 };
    [line.exponent, line.low, line.high].map(|number| decimals(number.value(), digits))
}

fn decimals(x: f64, digits: usize) -> String {
    if x.is_finite() { format!("{x:.digits$}").replace('-', "−") } else { short(x, Plain) }
}

/// A factor needs no third digit.
fn two_digits(x: f64) -> f64 {
    format!("{x:.1e}").parse().unwrap_or(x)
}

/// `6–16`: the least and the greatest.
pub fn span(bits: &[u32]) -> String {
    match bits {
        [] => "—".into(),
        [one] => one.to_string(),
        [first, .., last] => format!("{first}–{last}"),
    }
}
