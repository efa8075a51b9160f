//! `remedies.csv`: a row per run, precision, remedy and layer.

use super::place::{Place, advised, change, judged, key_names, kind, number_of, scale, statistics};
use crate::judgement::{self, ArithmeticJudgement, Judgement, RemedyName, Tried};
use crate::record::{ArithmeticRun, Quantiles, Record};
use crate::report::table::csv::{Column, column, number, optional, table, word};

/// A remedy that has rows.
struct Listed<'a> {
    remedy: RemedyName,
    /// What the judgement says of it; nothing of records before schema 3.
    tried: Option<&'a Tried>,
    is_advised: bool,
}

/// One layer under one remedy.
struct Row<'a> {
    place: &'a Place<'a>,
    listed: &'a Listed<'a>,
    after: Option<Quantiles>,
}

/// A row per run, precision, remedy and layer. Of the other precisions of the list, only those have rows here that are a
/// change of this precision, and the one that is advised: all of them are in `summary.csv`.
pub fn remedies_csv(record: &Record, judgement: &Judgement) -> String {
    let all: Vec<_> = judged(record, judgement).map(|(places, run, judged)| (places, listed(run, judged))).collect();
    let rows = all.iter().flat_map(|(places, listed)| {
        listed.iter().flat_map(move |listed| {
            places.iter().map(move |place| {
                let after = judgement::noise_under(place.run, place.precision, &listed.remedy, place.index);
                (&place.keys[..], Row { place, listed, after })
            })
        })
    });
    table(&key_names(), &columns(), rows)
}

/// The remedies that have rows: first those that were tried as changes, then precisions of the list.
fn listed<'a>(precision: &ArithmeticRun, judged: &'a ArithmeticJudgement) -> Vec<Listed<'a>> {
    let advised = advised(judged).map(|tried| &tried.remedy);
    let changes: Vec<RemedyName> = precision.remedies.iter().map(change).collect();
    let of_list = judged.tried.iter().map(|tried| &tried.remedy).filter(|remedy| {
        let is_change = matches!(remedy, RemedyName::Change { .. });
        !changes.contains(remedy) && (is_change || advised == Some(*remedy))
    });
    let listed = |remedy: &RemedyName| Listed {
        remedy: remedy.clone(),
        tried: judged.tried.iter().find(|tried| tried.remedy == *remedy),
        is_advised: advised == Some(remedy),
    };
    changes.iter().chain(of_list).map(listed).collect()
}

fn columns<'a>() -> Vec<Column<'a, Row<'a>>> {
    let which = [
        column("remedy", |row: &Row| kind(&row.listed.remedy)),
        column("remedy_precision", |row: &Row| row.listed.remedy.precision().into()),
        column("remedy_log2_loss_scale", |row: &Row| scale(&row.listed.remedy)),
    ];
    let judged = [
        column("factor", |row: &Row| {
            number_of(row.after.as_ref(), |after| judgement::times_lower(row.place.layer.noise(), after))
        }),
        column("worst_layer_factor", |row: &Row| row.listed.tried.map_or(String::new(), |tried| number(tried.times))),
        column("trials", |row: &Row| optional(row.listed.tried.map(|tried| tried.of))),
        column("trials_lower", |row: &Row| optional(row.listed.tried.map(|tried| tried.lower))),
        column("trials_sound", |row: &Row| optional(row.listed.tried.map(|tried| tried.sound))),
        column("trials_lost", |row: &Row| optional(row.listed.tried.map(|tried| tried.lost))),
        column("effect", |row: &Row| row.listed.tried.map_or(String::new(), |tried| word(tried.effect))),
        column("is_needless", |row: &Row| optional(row.listed.tried.map(|tried| tried.is_needless))),
        column("is_advised", |row: &Row| row.listed.is_advised.to_string()),
    ];
    let noise = statistics("", |row: &Row<'a>| row.after.as_ref());
    which.into_iter().chain(noise).chain(judged).collect()
}
