//! `remedies.csv`: a row per run, precision, remedy and layer.

use super::cell::{number, optional, word};
use super::place::{self, Place, Placed, noise_columns, precisions};
use super::table::{self, Column};
use crate::judgement::{self, Advice, ArithmeticJudgement, Judgement, RemedyName, Tried};
use crate::record::{ArithmeticRun, Quantiles, Record};

/// One layer under one remedy.
struct Row<'a> {
    place: Place<'a>,
    remedy: RemedyName,
    after: Option<Quantiles>,
    /// What the judgement says of it; nothing of records before schema 3.
    tried: Option<&'a Tried>,
    is_advised: bool,
}

impl Placed for Row<'_> {
    fn place(&self) -> &Place<'_> {
        &self.place
    }
}

/// A row per run, precision, remedy and layer. Of the other precisions of the list, only those have rows here that are a
/// change of this precision, and the one that is advised: all of them are in `summary.csv`.
pub fn remedies_csv(record: &Record, judgement: &Judgement) -> String {
    let keys = place::keys(record);
    let rows = precisions(record, &keys).flat_map(|(number, precision, places)| {
        let judged = &judgement.runs[number].arithmetics[precision];
        listed(&record.runs[number].arithmetics[precision], judged).into_iter().flat_map(
            move |(remedy, tried, is_advised)| {
                places.clone().into_iter().map(move |place| {
                    let after = judgement::noise_under(place.run, place.precision, &remedy, place.index);
                    Row { place, remedy: remedy.clone(), after, tried, is_advised }
                })
            },
        )
    });
    table::table(&columns(), rows)
}

/// The remedies that have rows, what is judged of them, and whether each is advised: first those that were tried as changes,
/// then precisions of the list.
fn listed<'a>(
    precision: &ArithmeticRun,
    judged: &'a ArithmeticJudgement,
) -> Vec<(RemedyName, Option<&'a Tried>, bool)> {
    let advised = match judged.remedy {
        Advice::Enough { place } | Advice::Gain { place } => judged.tried.get(place).map(|tried| &tried.remedy),
        _ => None,
    };
    let changes: Vec<RemedyName> = precision
        .remedies
        .iter()
        .map(|remedy| RemedyName::Change {
            kind: remedy.kind,
            name: remedy.name.clone(),
            log2_loss_scale: remedy.log2_loss_scale,
        })
        .collect();
    let of_list = judged.tried.iter().map(|tried| &tried.remedy).filter(|remedy| {
        let is_change = matches!(remedy, RemedyName::Change { .. });
        !changes.contains(remedy) && (is_change || advised == Some(*remedy))
    });
    let all = changes.iter().chain(of_list).map(|remedy| {
        let tried = judged.tried.iter().find(|tried| tried.remedy == *remedy);
        (remedy.clone(), tried, advised == Some(remedy))
    });
    all.collect()
}

/// What kind of remedy it is, as in JSON: `accumulator`, …, `arithmetic` for another precision of the list.
pub fn kind(remedy: &RemedyName) -> String {
    match remedy {
        RemedyName::Change { kind, .. } => word(kind),
        RemedyName::Arithmetic { .. } => "arithmetic".into(),
    }
}

fn quantiles<'r>(row: &'r Row<'_>) -> Option<&'r Quantiles> {
    row.after.as_ref()
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    let which: [Column<Row<'a>>; 3] = [
        ("remedy", |row| kind(&row.remedy)),
        ("remedy_precision", |row| row.remedy.precision().into()),
        ("remedy_log2_loss_scale", |row| match row.remedy {
            RemedyName::Change { log2_loss_scale, .. } => log2_loss_scale.to_string(),
            RemedyName::Arithmetic { .. } => String::new(),
        }),
    ];
    let noise: [Column<Row<'a>>; 5] = noise_columns!(
        quantiles,
        "noise_to_signal",
        "noise_to_signal_low",
        "noise_to_signal_high",
        "at_most",
        "trials_with_noise"
    );
    let judged: [Column<Row<'a>>; 9] = [
        ("factor", |row| {
            let before = row.place.layer().map(|layer| layer.noise());
            before
                .zip(row.after.as_ref())
                .map_or(String::new(), |(before, after)| number(judgement::times_lower(before, after)))
        }),
        ("worst_layer_factor", |row| row.tried.map_or(String::new(), |tried| number(tried.times))),
        ("trials", |row| optional(row.tried.map(|tried| tried.of))),
        ("trials_lower", |row| optional(row.tried.map(|tried| tried.lower))),
        ("trials_sound", |row| optional(row.tried.map(|tried| tried.sound))),
        ("trials_lost", |row| optional(row.tried.map(|tried| tried.lost))),
        ("effect", |row| row.tried.map_or(String::new(), |tried| word(tried.effect))),
        ("is_needless", |row| optional(row.tried.map(|tried| tried.is_needless))),
        ("is_advised", |row| row.is_advised.to_string()),
    ];
    place::columns().into_iter().chain(which).chain(noise).chain(judged).collect()
}
