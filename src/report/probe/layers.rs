//! Every layer of every run in every arithmetic as one table that sorts and filters.

use super::tables;
use crate::judgement::judge;
use crate::record::{ArithmeticRun, Evidence, Number, Record, Run, SiteRun, TensorNoise, Truth, Verdict, VerdictCount};
use crate::report::facts;
use crate::report::numbers::{Notation::Typeset, short};
use crate::report::table::{Cell, Column, Table};

/// The columns: a name in a link to a sorted page, a title, and what it means. Numbers are read from the right.
fn columns() -> [Column; 10] {
    let words = |key, title: &str, about| Column { key, about, ..Column::left(title) };
    let number = |key, title: &str, about| Column { key, about, ..Column::right(title) };
    let greatest = |column| Column { is_greatest_first: true, ..column };
    let noise = "median over the trials; in brackets the interval; ≤: an upper limit";
    let flips = "pre-activations on the other side of a kink than in the exact network";
    let flushed = "entries computed as zero by underflow that are not zero";
    let cosine = "of the angle between computed and exact gradient, median over the trials";
    let descent =
        "⟨computed, exact⟩/‖exact‖², median over the trials; if it is at most 0, the step would increase the loss";
    let verdict = "the most severe one that at least half of the trials reach";
    let proven = "the exact gradient is known to 2⁻ᵏ of its norm, in the worst trial";
    [
        words("activation", "activation", "in the order asked for"),
        words("arithmetic", "precision", "in the order asked for"),
        number("layer", "layer", "1 is the input side"),
        greatest(words("noise", "noise/signal", noise)),
        greatest(number("flips", "flips", flips)),
        greatest(number("flushed", "flushed", flushed)),
        number("cosine", "cosine", cosine),
        number("descent", "descent", descent),
        greatest(words("verdict", "verdict", verdict)),
        number("proven", "proven bits", proven),
    ]
}

/// The table. The column of activations is left out where there is one.
pub fn table(record: &Record) -> Table {
    let mut table = Table::new(columns());
    for (run_index, (run, judged)) in record.runs.iter().zip(&judge(record).runs).enumerate() {
        for (index, (arithmetic, judged)) in run.arithmetics.iter().zip(&judged.arithmetics).enumerate() {
            let activation = cell(run_index as f64, run.activation.clone(), Some(&run.activation));
            let precision = cell(index as f64, facts::name(arithmetic, Typeset), Some(&arithmetic.name));
            for (index, (layer, count)) in arithmetic.sites.iter().zip(&judged.verdicts).enumerate() {
                let head = [activation.clone(), precision.clone()].into_iter();
                table.push(head.chain(numbers(run, arithmetic, index, (layer, count))));
            }
        }
    }
    if record.runs.len() < 2 {
        table.leave(0);
    }
    table
}

/// A cell that is sorted by a number, and selected by a tag.
fn cell(number: impl Into<Option<f64>>, text: String, tag: Option<&str>) -> Cell {
    Cell { text, number: number.into(), tag: tag.map(String::from), ..Cell::default() }
}

/// The cells from the layer's number on.
fn numbers(
    run: &Run,
    arithmetic: &ArithmeticRun,
    index: usize,
    (layer, count): (&SiteRun, &VerdictCount),
) -> [Cell; 8] {
    let flips = layer.flips.map(|flips| flips.flipped as f64 / flips.total.saturating_sub(flips.nonfinite) as f64);
    let flushed = layer.fates.flushed as f64 / layer.fates.total() as f64;
    let cosine = median(layer, |tensor| tensor.cosine);
    let descent = median(layer, |tensor| tensor.descent);
    let severity = Verdict::ALL.iter().position(|one| *one == count.verdict).map(|place| place as f64);
    let (bits, proven) = evidence(&run.truth, index);
    [
        cell(layer.site as f64, name(run, index, layer.site), None),
        cell(layer.noise().median.value(), tables::spread(layer, Typeset), None),
        cell(flips, tables::layer_flips(run, arithmetic, index), None),
        cell(flushed, tables::flushed(layer), None),
        cell(cosine, shown(cosine), None),
        cell(descent, shown(descent), None),
        cell(severity, count.in_words(), Some(count.verdict.name())),
        cell(bits, proven, None),
    ]
}

fn shown(number: Option<f64>) -> String {
    number.map_or("—".into(), |number| short(number, Typeset))
}

/// `7`, and `51 (head)` where the name says more than the number.
fn name(run: &Run, index: usize, number: usize) -> String {
    match run.sites.get(index).map(|site| &site.name) {
        Some(name) if *name != format!("hidden.{number}") => format!("{number} ({name})"),
        _ => number.to_string(),
    }
}

/// The upper median over the trials of a number of the weight gradient, as the record's own medians.
fn median(layer: &SiteRun, number: fn(&TensorNoise) -> Number) -> Option<f64> {
    let known = layer.trials.iter().filter_map(|trial| trial.tensors.first());
    let mut values: Vec<f64> = known.map(|tensor| number(tensor).value()).filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Proven bits of a layer's exact gradient in its worst trial, as a number to sort by and in words.
fn evidence(truth: &Truth, index: usize) -> (Option<f64>, String) {
    let trials = truth.sites.get(index).map_or(&[][..], |site| &site.trials);
    // Exact is more than any number of bits, not established less than one.
    match Evidence::weakest(trials.iter().map(|trial| trial.evidence)) {
        None => (None, "—".into()),
        Some(Evidence::Proven { bits }) => (Some(f64::from(bits)), bits.to_string()),
        Some(exact @ Evidence::Exact {}) => (Some(f64::INFINITY), exact.to_string()),
        Some(unknown) => (Some(0.0), unknown.to_string()),
    }
}
