//! Every layer of every run in every arithmetic as one table that sorts and filters.

use super::markup::escaped;
use crate::judgement::{Judgement, judge};
use crate::record::{ArithmeticRun, Evidence, Number, Record, Run, SiteRun, TensorNoise, Truth, Verdict, VerdictCount};
use crate::report::numbers::{Notation::Typeset, short};
use crate::report::{facts, table};

/// One column: its name in a link to a sorted page, its title, and what is sorted first.
struct Column {
    key: &'static str,
    title: &'static str,
    about: &'static str,
    first: First,
    is_number: bool,
}

/// Which end of a column is of interest, and comes first when it is sorted for the first time.
#[derive(Clone, Copy)]
enum First {
    Least,
    Greatest,
}

const fn column(key: &'static str, title: &'static str, about: &'static str, first: First) -> Column {
    // Words and spreads are read from the left.
    let is_number = !matches!(key.as_bytes(), b"activation" | b"arithmetic" | b"noise" | b"verdict");
    Column { key, title, about, first, is_number }
}

const COLUMNS: [Column; 10] = [
    column("activation", "activation", "in the order asked for", First::Least),
    column("arithmetic", "precision", "in the order asked for", First::Least),
    column("layer", "layer", "1 is the input side", First::Least),
    column(
        "noise",
        "noise/signal",
        "median over the trials; in brackets the interval; ≤: an upper limit",
        First::Greatest,
    ),
    column("flips", "flips", "pre-activations on the other side of a kink than in the exact network", First::Greatest),
    column("flushed", "flushed", "entries computed as zero by underflow that are not zero", First::Greatest),
    column(
        "cosine",
        "cosine",
        "of the angle between computed and exact gradient, median over the trials",
        First::Least,
    ),
    column(
        "descent",
        "descent",
        "⟨computed, exact⟩/‖exact‖², median over the trials; if it is at most 0, the step would increase the loss",
        First::Least,
    ),
    column("verdict", "verdict", "the most severe one that at least half of the trials reach", First::Greatest),
    column("proven", "proven bits", "the exact gradient is known to 2⁻ᵏ of its norm, in the worst trial", First::Least),
];

/// The filters and the table. The column of activations is left out where there is one.
pub fn layers(record: &Record) -> String {
    let several = record.runs.len() > 1;
    let shown = |column: &&Column| several || column.key != "activation";
    let titles: String = COLUMNS.iter().filter(shown).map(title).collect();
    let judgement = judge(record);
    let mut rows = String::new();
    for (run_index, (run, judged)) in record.runs.iter().zip(&judgement.runs).enumerate() {
        for (arithmetic_index, (arithmetic, judged)) in run.arithmetics.iter().zip(&judged.arithmetics).enumerate() {
            for (index, (layer, count)) in arithmetic.sites.iter().zip(&judged.verdicts).enumerate() {
                let verdict = count.verdict;
                rows += &format!(
                    "<tr data-activation=\"{}\" data-arithmetic=\"{}\" data-verdict=\"{}\">",
                    escaped(&run.activation),
                    escaped(&arithmetic.name),
                    verdict.name()
                );
                if several {
                    rows += &cell("", Some(run_index as f64), &run.activation);
                }
                rows += &cell("", Some(arithmetic_index as f64), &facts::name(arithmetic, Typeset));
                rows += &numbers(run, arithmetic, index, (layer, count));
                rows += "</tr>\n";
            }
        }
    }
    format!(
        "{}<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-label=\"every layer\">\
         <table class=\"layers\" id=\"layer-table\">\n<thead><tr>{titles}</tr></thead>\n<tbody>\n{rows}</tbody>\n\
         </table></div>\n",
        filters(record, &judgement)
    )
}

fn title(column: &Column) -> String {
    let Column { key, title, about, first, is_number } = column;
    let class = if *is_number { " class=\"number\"" } else { "" };
    let first = match first {
        First::Least => "ascending",
        First::Greatest => "descending",
    };
    format!(
        "<th scope=\"col\"{class} data-key=\"{key}\" data-first=\"{first}\"><button type=\"button\" title=\"{}\">{title}</button></th>",
        escaped(about)
    )
}

/// A cell that is sorted by a number; without one it comes last.
fn cell(class: &str, key: Option<f64>, text: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let key = key.filter(|key| !key.is_nan()).map_or(String::new(), |key| format!(" data-value=\"{}\"", sortable(key)));
    format!("<td{class}{key}>{}</td>", escaped(text))
}

/// A number as JavaScript reads it.
fn sortable(x: f64) -> String {
    match x {
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ => format!("{x:?}"),
    }
}

/// The cells from the layer's number on.
fn numbers(run: &Run, arithmetic: &ArithmeticRun, index: usize, (layer, count): (&SiteRun, &VerdictCount)) -> String {
    let flips = layer.flips.map(|flips| {
        let finite = flips.total.saturating_sub(flips.nonfinite);
        flips.flipped as f64 / finite as f64
    });
    let entries = layer.fates.total();
    let flushed = layer.fates.flushed as f64 / entries as f64;
    let cosine = median(layer, |tensor| tensor.cosine);
    let descent = median(layer, |tensor| tensor.descent);
    let verdict = count.verdict;
    let severity = Verdict::ALL.iter().position(|one| *one == verdict).map(|place| place as f64);
    let (bits, proven) = evidence(&run.truth, index);
    let state = format!("verdict {}", verdict.name().replace(' ', "-"));
    [
        cell("number", Some(layer.site as f64), &name(run, index, layer.site)),
        cell("noise", Some(layer.noise().median.value()), &table::spread(layer, Typeset)),
        cell("number", flips, &table::layer_flips(run, arithmetic, index)),
        cell("number", Some(flushed), &table::flushed(layer)),
        cell("number", cosine, &shown(cosine)),
        cell("number", descent, &shown(descent)),
        cell(&state, severity, &facts::verdict_and_count(count)),
        cell("number", bits, &proven),
    ]
    .concat()
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

/// Choices of arithmetic, activation and verdict; hidden until the script makes them work.
fn filters(record: &Record, judgement: &Judgement) -> String {
    let mut arithmetics: Vec<&str> = Vec::new();
    let mut activations: Vec<&str> = Vec::new();
    let mut present = [false; Verdict::ALL.len()];
    for run in &record.runs {
        activations.push(&run.activation);
        for arithmetic in &run.arithmetics {
            if !arithmetics.contains(&arithmetic.name.as_str()) {
                arithmetics.push(&arithmetic.name);
            }
        }
    }
    let judged = judgement.runs.iter().flat_map(|run| &run.arithmetics).flat_map(|one| &one.verdicts);
    for count in judged {
        let place = Verdict::ALL.iter().position(|one| *one == count.verdict);
        place.into_iter().for_each(|place| present[place] = true);
    }
    let verdicts = Verdict::ALL.iter().zip(present).filter(|(_, present)| *present).map(|(verdict, _)| verdict.name());
    let mut choices = choice("arithmetic", "precision", &arithmetics);
    if activations.len() > 1 {
        choices += &choice("activation", "activation", &activations);
    }
    choices += &choice("verdict", "verdict", &verdicts.collect::<Vec<_>>());
    format!(
        "<form class=\"filters\" id=\"layer-filters\" hidden>{choices}<output id=\"layer-count\"></output> \
         <button type=\"reset\">show all</button></form>\n"
    )
}

/// A choice by its name in a link and its label.
fn choice(name: &str, label: &str, values: &[&str]) -> String {
    let option = |value: &&str| format!("<option>{}</option>", escaped(value));
    let options: String = values.iter().map(option).collect();
    format!("<label>{label} <select name=\"{name}\"><option value=\"\">all</option>{options}</select></label> ")
}
