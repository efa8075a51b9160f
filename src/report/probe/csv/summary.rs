//! `summary.csv`: a row per run, precision and layer, over the trials.

use super::place::{Place, advised, judged, key_names, kind, number_of, scale, statistics, tag};
use crate::judgement::{self, Advice, Cause, Judgement, Tried};
use crate::record::{Fates, Flips, Number, Quantiles, Record, SiteRun, Verdict};
use crate::report::table::csv::{Column, column, number, optional, share, table, word};

/// One layer in one precision over the trials.
struct Row<'a> {
    place: &'a Place<'a>,
    cause: Cause,
    advice: &'a Advice,
    /// What is advised, if anything is.
    tried: Option<&'a Tried>,
    /// The layer's noise under it.
    after: Option<Quantiles>,
}

/// A row per run, precision and layer, in the record's order; verdict, cause and remedy are those of its judgement.
pub fn summary_csv(record: &Record, judgement: &Judgement) -> String {
    let all: Vec<_> = judged(record, judgement).collect();
    let rows = all.iter().flat_map(|(places, _, judged)| {
        let tried = advised(judged);
        places.iter().map(move |place| {
            let cause = judgement::cause_at(place.run, place.precision, place.index);
            let under = |tried: &Tried| judgement::noise_under(place.run, place.precision, &tried.remedy, place.index);
            let after = tried.and_then(under);
            (&place.keys[..], Row { place, cause, advice: &judged.remedy, tried, after })
        })
    });
    table(&key_names(), &columns(), rows)
}

/// The first line of [`summary_csv`], whatever the record.
pub fn summary_header() -> String {
    table(&key_names(), &columns(), [])
}

fn columns<'a>() -> Vec<Column<'a, Row<'a>>> {
    let noise = statistics("", |row: &Row<'a>| Some(row.place.layer.noise()));
    noise.into_iter().chain(derived()).chain(verdicts()).chain(entries()).chain(explained()).collect()
}

/// What follows from the noise, and what theory says of it.
fn derived<'a>() -> [Column<'a, Row<'a>>; 4] {
    let theory = |row: &Row<'a>| row.place.precision.theory.get(row.place.index);
    [
        column("correct_bits", |row: &Row| number(correct_bits(row.place.layer))),
        column("evidence", |row: &Row| row.place.run.truth.evidence.to_string()),
        column("predicted_noise_to_signal", move |row| number_of(theory(row), |theory| theory.predicted)),
        column("measured_to_predicted", move |row| number_of(theory(row), |theory| theory.ratio)),
    ]
}

/// −log₂ of the median noise, where it measures noise.
fn correct_bits(layer: &SiteRun) -> Number {
    match layer.noise().median {
        _ if !layer.verdict.verdict.has_noise() => Number::None,
        Number::Finite(0.0) => Number::Infinite,
        Number::Finite(noise) => Number::new(-core_math::log2(noise)),
        _ => Number::None,
    }
}

fn verdicts<'a>() -> Vec<Column<'a, Row<'a>>> {
    let first = [
        column("verdict", |row: &Row| word(row.place.layer.verdict.verdict)),
        column("trials", |row: &Row| row.place.layer.verdict.of.to_string()),
    ];
    // In how many trials the layer has each; nothing from records before schema 3.
    let counts = Verdict::ALL.map(|verdict| {
        column(format!("trials_{}", word(verdict)), move |row: &Row| {
            let distribution = row.place.layer.verdict.distribution.as_ref();
            optional(distribution.map(|distribution| distribution.get(&verdict).copied().unwrap_or(0)))
        })
    });
    first.into_iter().chain(counts).collect()
}

/// A count by its name.
type Count<T> = (&'static str, fn(&T) -> u64);

/// What became of the entries, and the flips.
fn entries<'a>() -> Vec<Column<'a, Row<'a>>> {
    let fates: [Count<Fates>; 9] = [
        ("overflowed", |fates| fates.overflowed),
        ("undecided", |fates| fates.undecided),
        ("true_zero", |fates| fates.true_zero),
        ("ghost", |fates| fates.ghost),
        ("flushed", |fates| fates.flushed),
        ("cut", |fates| fates.cut),
        ("drowned", |fates| fates.drowned),
        ("degraded", |fates| fates.degraded),
        ("resolved", |fates| fates.resolved),
    ];
    let flips: [Count<Flips>; 3] = [
        ("flips", |flips| flips.flipped),
        ("flips_nonfinite", |flips| flips.nonfinite),
        ("flips_of", |flips| flips.total),
    ];
    let all = [column("entries", |row: &Row| row.place.layer.fates.total().to_string())];
    let shares = fates.map(|(name, of)| {
        column(format!("{name}_share"), move |row: &Row| {
            let fates = &row.place.layer.fates;
            share(of(fates), fates.total())
        })
    });
    let flips = flips.map(|(name, of)| column(name, move |row: &Row| optional(row.place.layer.flips.as_ref().map(of))));
    all.into_iter().chain(shares).chain(flips).collect()
}

/// Cause and remedy.
fn explained<'a>() -> [Column<'a, Row<'a>>; 8] {
    [
        column("cause", |row: &Row| tag(&row.cause, "cause")),
        column("cause_source", |row: &Row| match row.cause {
            Cause::Source { source, .. } | Cause::NoSingle { greatest: Some(source), .. } => word(source),
            _ => String::new(),
        }),
        column("advice", |row: &Row| tag(row.advice, "advice")),
        column("remedy", |row: &Row| optional(row.tried.map(|tried| kind(&tried.remedy)))),
        column("remedy_precision", |row: &Row| optional(row.tried.map(|tried| tried.remedy.precision()))),
        column("remedy_log2_loss_scale", |row: &Row| optional(row.tried.map(|tried| scale(&tried.remedy)))),
        column("remedy_factor", |row: &Row| {
            number_of(row.after.as_ref(), |after| judgement::times_lower(row.place.layer.noise(), after))
        }),
        column("remedy_is_enough", |row: &Row| match row.advice {
            Advice::Enough { .. } => "true".into(),
            Advice::Gain { .. } => "false".into(),
            _ => String::new(),
        }),
    ]
}
