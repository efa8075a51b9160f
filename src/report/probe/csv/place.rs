//! What the rows have in common: keys, places, and the cells of remedies and of order statistics.

use crate::judgement::{Advice, ArithmeticJudgement, Judgement, RemedyName, Tried};
use crate::record::{ArithmeticRun, Number, Quantiles, Record, Remedy, Run, SiteRun};
use crate::report::keys;
use crate::report::table::csv::{Column, column, number, optional, word};
use serde::Serialize;

/// Names of the keys of a layer in a precision.
const LAYER: [&str; 5] = ["precision", "precision_as_given", "log2_loss_scale", "layer", "layer_name"];

/// One layer in one precision of one run: what every row is about.
pub struct Place<'a> {
    /// Its cells in the columns of the run and the layer.
    pub keys: Vec<String>,
    pub run: &'a Run,
    pub precision: &'a ArithmeticRun,
    pub layer: &'a SiteRun,
    /// Its place among the layers.
    pub index: usize,
}

/// The names of all keys.
pub fn key_names() -> Vec<&'static str> {
    keys::RUN.into_iter().chain(LAYER).collect()
}

/// Every layer of every precision of every run, in the record's order.
pub fn places(record: &Record) -> Vec<Place<'_>> {
    record
        .runs
        .iter()
        .flat_map(|run| run.arithmetics.iter().flat_map(|precision| layers(record, run, precision)))
        .collect()
}

/// Every layer of a precision.
pub fn layers<'a>(record: &'a Record, run: &'a Run, precision: &'a ArithmeticRun) -> Vec<Place<'a>> {
    let of_run = keys::of_run(&record.spec_hash, &record.spec, &run.activation);
    let place = |(index, layer): (usize, &'a SiteRun)| {
        let own: [String; LAYER.len()] = [
            precision.definition().into(),
            precision.name.clone(),
            optional(precision.log2_loss_scale),
            layer.site.to_string(),
            run.sites.get(index).map_or(String::new(), |site| site.name.clone()),
        ];
        Place { keys: of_run.iter().cloned().chain(own).collect(), run, precision, layer, index }
    };
    precision.sites.iter().enumerate().map(place).collect()
}

/// Every precision of every run with what is judged of it, in the record's order.
pub fn judged<'a>(
    record: &'a Record,
    judgement: &'a Judgement,
) -> impl Iterator<Item = (Vec<Place<'a>>, &'a ArithmeticRun, &'a ArithmeticJudgement)> {
    let runs = record.runs.iter().zip(&judgement.runs);
    runs.flat_map(move |(run, of_run)| {
        let precisions = run.arithmetics.iter().zip(&of_run.arithmetics);
        precisions.map(move |(precision, judged)| (layers(record, run, precision), precision, judged))
    })
}

/// The remedy that is advised, if one is.
pub fn advised(judged: &ArithmeticJudgement) -> Option<&Tried> {
    match judged.remedy {
        Advice::Enough { place } | Advice::Gain { place } => judged.tried.get(place),
        _ => None,
    }
}

/// The name of a change that was tried.
pub fn change(remedy: &Remedy) -> RemedyName {
    let Remedy { kind, name, log2_loss_scale, .. } = remedy;
    RemedyName::Change { kind: *kind, name: name.clone(), log2_loss_scale: *log2_loss_scale }
}

/// What kind of remedy it is, as in JSON: `accumulator`, …, `arithmetic` for another precision of the list.
pub fn kind(remedy: &RemedyName) -> String {
    match remedy {
        RemedyName::Change { kind, .. } => word(kind),
        RemedyName::Arithmetic { .. } => "arithmetic".into(),
    }
}

/// The loss scale of a change.
pub fn scale(remedy: &RemedyName) -> String {
    match remedy {
        RemedyName::Change { log2_loss_scale, .. } => log2_loss_scale.to_string(),
        RemedyName::Arithmetic { .. } => String::new(),
    }
}

/// The word by which JSON tells the variants of a value apart.
pub fn tag<T: Serialize>(value: &T, name: &str) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.get(name).and_then(|tag| tag.as_str()).unwrap_or_default().into()
}

/// A number, if it is there.
pub fn number_of<T>(of: Option<T>, value: impl Fn(T) -> Number) -> String {
    of.map_or(String::new(), |of| number(value(of)))
}

/// The five columns of order statistics over the trials; `noise` finds them, if there are any.
pub fn statistics<'a, R: 'a>(prefix: &str, noise: fn(&R) -> Option<&Quantiles>) -> [Column<'a, R>; 5] {
    [
        column(format!("{prefix}noise_to_signal"), move |row| number_of(noise(row), |noise| noise.median)),
        column(format!("{prefix}noise_to_signal_low"), move |row| number_of(noise(row), |noise| noise.low)),
        column(format!("{prefix}noise_to_signal_high"), move |row| number_of(noise(row), |noise| noise.high)),
        column(format!("{prefix}at_most"), move |row| optional(noise(row).map(|noise| noise.at_most))),
        column(format!("{prefix}trials_with_noise"), move |row| optional(noise(row).map(|noise| noise.count))),
    ]
}
