//! What is shown of a law next to its picture: the bits that each activation needs, the exponents, and remarks on both.

use super::words::{bits_needed, exponent, span};
use crate::judgement::law as judgement;
use crate::record::law::{Fit, LEAST_POINTS, Law, LawRun, Point, Regime};
use crate::report::facts;
use crate::report::numbers::{Notation::Plain, short};
use crate::report::page::Block;
use crate::report::table::Table;
use std::collections::BTreeSet;

/// Significand bits of the drawn parameters.
const EXACT_BITS: u32 = 8;

/// The title of the first screen.
const BITS_HEADING: &str =
    "Significand bits needed for noise below 10 % of the gradient, and formats that have as many";

/// Largest number of networks whose worst tenth is at most one; the last column is then for all of them.
const FEW_NETWORKS: usize = 10;

/// What the bits mean.
const BITS_NOTE: &str = "(bf16 has 8 bits, f16 and tf32 11, f32 24; every operation is rounded, sums too, so a wider \
                         accumulator needs fewer; range is not considered)";

/// One row per activation with the bits that it needs, and what was measured.
pub fn bits(law: &Law) -> Vec<Block> {
    let worst = if law.spec.trials <= FEW_NETWORKS { "every network" } else { "all but the worst tenth" };
    let mut table = Table::titled(["activation", "median network", worst]);
    for run in &judgement::judge(law).runs {
        table.push([run.activation.clone(), bits_needed(run.median), bits_needed(run.worst_tenth)]);
    }
    table.title = BITS_HEADING.into();
    let scale = law.runs.iter().find_map(|run| run.residual_scale);
    let network = facts::network_of(&law.spec, scale).into_iter().chain(facts::draws(&law.spec)).collect::<Vec<_>>();
    let bits = law.runs.iter().flat_map(|run| run.points.iter().map(|point| point.bits)).collect::<BTreeSet<u32>>();
    let bits = span(&bits.into_iter().collect::<Vec<_>>());
    let measured = format!("measured at layer 1 with {bits} bits: {}", network.join(", "));
    vec![table.into(), Block::Facts(vec![BITS_NOTE.into(), measured])]
}

/// What was measured, and a row per activation, regime and statistic.
pub fn exponents(law: &Law) -> Vec<Block> {
    let names: Vec<&str> = law.runs.iter().map(|run| run.activation.as_str()).collect();
    let evidence: Vec<String> =
        law.runs.iter().map(|run| format!("{} ({})", facts::evidence(run.evidence), run.activation)).collect();
    let measured = vec![
        format!("{} in {}", names.join(", "), arithmetics(law)),
        set_up(law).join(", "),
        format!("exact gradient: {}", evidence.join(", ")),
    ];
    vec![Block::Facts(measured), table(law).into()]
}

/// `mpfr:6 to mpfr:24 (…)`, or all of them if they are not consecutive.
fn arithmetics(law: &Law) -> String {
    let bits: Vec<u32> = law.runs.first().map_or(Vec::new(), |run| run.points.iter().map(|point| point.bits).collect());
    let names: Vec<String> = match bits.as_slice() {
        [first, .., last] if last.abs_diff(*first) as usize + 1 == bits.len() => {
            vec![format!("mpfr:{first} to mpfr:{last}")]
        }
        _ => bits.iter().map(|bits| format!("mpfr:{bits}")).collect(),
    };
    format!("{} (precision alone: exponents are unbounded)", names.join(", "))
}

/// Network, data and draws.
pub fn set_up(law: &Law) -> Vec<String> {
    let scale = law.runs.iter().find_map(|run| run.residual_scale);
    let mut pieces = facts::network_of(&law.spec, scale);
    pieces.extend(facts::draws(&law.spec));
    let origin = facts::gain_origin(&law.spec);
    let own = |run: &LawRun| run.gain.map(|gain| format!("{} ({})", short(gain, Plain), run.activation));
    let gains: Vec<String> = law.runs.iter().filter_map(own).collect();
    match law.spec.gain {
        Some(gain) => pieces.push(format!("gain {} ({origin})", short(gain, Plain))),
        None if gains.is_empty() => {}
        None => pieces.push(format!("gain by {origin}: {}", gains.join(", "))),
    }
    pieces
}

/// A row per activation, regime and statistic.
fn table(law: &Law) -> Table {
    let mut table =
        Table::titled(["activation", "noise", "regime", "bits", ">β", "95 % interval", ">scatter", "noise/signal"]);
    for run in &law.runs {
        for fit in &run.fits {
            let row = [run.activation.clone(), fit.statistic.to_string(), fit.regime.to_string(), span(&fit.bits)];
            table.push(row.into_iter().chain(measures(run, fit)));
        }
    }
    table.notes = notes(law);
    table
}

/// β, its interval, the scatter and the ends of the line, or the reason why there is no line.
fn measures(run: &LawRun, fit: &Fit) -> Vec<String> {
    let Some(line) = &fit.line else {
        let points = match fit.bits.len() {
            0 => "no point".into(),
            1 => "only 1 point".into(),
            points => format!("only {points} points"),
        };
        return vec!["—".into(), points];
    };
    let [beta, low, high] = exponent(line);
    let interval = if line.resamples == 0 { "— (1 trial)".into() } else { format!("{low} to {high}") };
    let at = |bits: Option<&u32>| {
        let point = run.points.iter().find(|point| Some(&point.bits) == bits);
        point.map_or("—".into(), |point| short(fit.statistic.of(point).value(), Plain))
    };
    let ends = format!("{} → {}", at(fit.bits.first()), at(fit.bits.last()));
    vec![beta, interval, format!("{} bits", short(line.scatter.value(), Plain)), ends]
}

/// The meaning of the columns, then remarks.
fn notes(law: &Law) -> Vec<String> {
    let interval = interval(law).map_or(String::new(), |interval| format!("; {interval}"));
    let columns = "noise/signal ∝ u^β with u = 2^-bits, for layer 1's weight gradient; shown at both ends of the line";
    let scatter = "scatter: root-mean-square distance of the points from the line";
    std::iter::once(format!("({columns}{interval}; {scatter})")).chain(remarks(law)).collect()
}

/// How the intervals were computed; `None` if there are none.
pub fn interval(law: &Law) -> Option<String> {
    let lines = law.runs.iter().flat_map(|run| &run.fits).filter_map(|fit| fit.line);
    let resamples = lines.map(|line| line.resamples).max().filter(|resamples| *resamples > 0)?;
    Some(format!("intervals: 95 % of {resamples} bootstrap resamples of the {} trials", law.spec.trials))
}

/// Remarks on the ends of regimes, on points that are left out, and on points that include storage noise.
pub fn remarks(law: &Law) -> Vec<String> {
    let mut remarks = Vec::new();
    if law.runs.iter().any(|run| run.kinked) {
        remarks.push(regimes(law));
    }
    let is_loose = |fit: &Fit| fit.line.is_some_and(|line| !line.describes_its_points());
    if law.runs.iter().flat_map(|run| &run.fits).any(is_loose) {
        remarks.push("no line is drawn if the points scatter by 1 bit or more: rare draws dominate them".into());
    }
    if law.runs.iter().flat_map(|run| &run.fits).any(|fit| fit.line.is_none()) {
        remarks.push(format!("a line needs {LEAST_POINTS} points"));
    }
    remarks.extend(left_out(law));
    remarks.extend(storage(law));
    remarks
}

/// The measured limits of the regimes.
fn regimes(law: &Law) -> String {
    let between = |run: &LawRun| {
        let bits: Vec<u32> =
            run.points.iter().filter(|point| point.regime == Regime::Between).map(|point| point.bits).collect();
        (!bits.is_empty()).then(|| format!("{} at {} bits", run.activation, span(&bits)))
    };
    let between: Vec<String> = law.runs.iter().filter_map(between).collect();
    let which = if between.is_empty() { String::new() } else { format!(" ({})", between.join(", ")) };
    format!(
        "many flips: at least 1 per network on average; few: less than 1/2; in between{which} the median moves to the other \
         line"
    )
}

/// The points that were left out of their regime's line.
fn left_out(law: &Law) -> Option<String> {
    let listed = |run: &LawRun, fit: &Fit| {
        (!fit.left_out.is_empty())
            .then(|| format!("{} {} at {} bits", run.activation, fit.statistic, span(&fit.left_out)))
    };
    let all: Vec<String> =
        law.runs.iter().flat_map(|run| run.fits.iter().filter_map(move |fit| listed(run, fit))).collect();
    (!all.is_empty())
        .then(|| format!("left out because the noise is not below the signal or not measurable: {}", all.join(", ")))
}

/// The storage noise of formats that cannot hold the parameters.
fn storage(law: &Law) -> Option<String> {
    let points = || law.runs.iter().flat_map(|run| &run.points);
    let stored: Vec<&Point> = points().filter(|point| point.storage_noise.value() > 0.0).collect();
    let largest = stored.iter().map(|point| point.storage_noise.value()).fold(0.0, f64::max);
    let mut bits: Vec<u32> = stored.iter().map(|point| point.bits).collect();
    bits.sort_unstable();
    (!bits.is_empty()).then(|| {
        let (bits, largest) = (span(&bits), short(100.0 * largest, Plain));
        // Numbers of a file may have any number of bits.
        if law.spec.weights.is_some() || law.spec.batch_file.is_some() {
            return format!(
                "at {bits} bits the format cannot hold every parameter, input and target: storage noise, up to {largest} % of \
                 one of them, is part of these points"
            );
        }
        format!(
            "at {bits} bits the format cannot hold the parameters, which have {EXACT_BITS}: storage noise, up to {largest} % of \
             a parameter, is part of these points"
        )
    })
}
