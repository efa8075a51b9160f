//! `summary.csv`: a row per run, precision and layer, over the trials.

use super::cell::{number, optional, share, word};
use super::place::{self, Place, Placed, noise_columns, precisions};
use super::table::{self, Column};
use crate::judgement::{self, Advice, Cause, Judgement, RemedyName, Tried};
use crate::record::{Fates, Number, Quantiles, Record, Verdict};

/// One layer in one precision over the trials.
struct Row<'a> {
    place: Place<'a>,
    cause: Cause,
    advice: &'a Advice,
    /// What is advised, if anything is.
    tried: Option<&'a Tried>,
    /// The layer's noise under it.
    after: Option<Quantiles>,
}

impl Placed for Row<'_> {
    fn place(&self) -> &Place<'_> {
        &self.place
    }
}

/// A row per run, precision and layer, in the record's order; verdict, cause and remedy are those of its judgement.
pub fn summary_csv(record: &Record, judgement: &Judgement) -> String {
    let keys = place::keys(record);
    let rows = precisions(record, &keys).flat_map(|(number, precision, places)| {
        let judged = &judgement.runs[number].arithmetics[precision];
        let tried = match judged.remedy {
            Advice::Enough { place } | Advice::Gain { place } => judged.tried.get(place),
            _ => None,
        };
        places.into_iter().map(move |place| {
            let cause = judgement::cause_at(place.run, place.precision, place.index);
            let after =
                tried.and_then(|tried| judgement::noise_under(place.run, place.precision, &tried.remedy, place.index));
            Row { place, cause, advice: &judged.remedy, tried, after }
        })
    });
    table::table(&columns(), rows)
}

/// The first line of [`summary_csv`], whatever the record.
pub fn summary_header() -> String {
    table::header(&columns())
}

fn columns<'a>() -> Vec<Column<Row<'a>>> {
    let parts: [Vec<Column<Row<'a>>>; 5] = [place::columns(), noise(), verdicts(), entries(), explained()];
    parts.into_iter().flatten().collect()
}

fn quantiles<'r>(row: &'r Row<'_>) -> Option<&'r Quantiles> {
    row.place.layer().map(|layer| layer.noise())
}

/// How large the noise is, and what theory says of it.
fn noise<'a>() -> Vec<Column<Row<'a>>> {
    let measured: [Column<Row<'a>>; 5] = noise_columns!(
        quantiles,
        "noise_to_signal",
        "noise_to_signal_low",
        "noise_to_signal_high",
        "at_most",
        "trials_with_noise"
    );
    let derived: [Column<Row<'a>>; 4] = [
        ("correct_bits", |row| row.place.layer().map_or(String::new(), |layer| number(correct_bits(layer)))),
        ("evidence", |row| row.place.run.truth.evidence.to_string()),
        ("predicted_noise_to_signal", |row| {
            row.place.precision.theory.get(row.place.index).map_or(String::new(), |theory| number(theory.predicted))
        }),
        ("measured_to_predicted", |row| {
            row.place.precision.theory.get(row.place.index).map_or(String::new(), |theory| number(theory.ratio))
        }),
    ];
    measured.into_iter().chain(derived).collect()
}

/// −log₂ of the median noise, where it measures noise.
fn correct_bits(layer: &crate::record::SiteRun) -> Number {
    match layer.noise().median {
        _ if !layer.verdict.verdict.has_noise() => Number::None,
        Number::Finite(0.0) => Number::Infinite,
        Number::Finite(noise) => Number::new(-core_math::log2(noise)),
        _ => Number::None,
    }
}

fn verdicts<'a>() -> Vec<Column<Row<'a>>> {
    vec![
        ("verdict", |row| row.place.layer().map_or(String::new(), |layer| word(layer.verdict.verdict))),
        ("trials", |row| optional(row.place.layer().map(|layer| layer.verdict.of))),
        ("trials_sound", |row| count(row, Verdict::Sound)),
        ("trials_noisy", |row| count(row, Verdict::Noisy)),
        ("trials_chaotic", |row| count(row, Verdict::Chaotic)),
        ("trials_underflow", |row| count(row, Verdict::Underflow)),
        ("trials_overflow", |row| count(row, Verdict::Overflow)),
        ("trials_zero", |row| count(row, Verdict::Zero)),
        ("trials_not_established", |row| count(row, Verdict::NotEstablished)),
    ]
}

/// In how many trials the layer has a verdict; nothing from records before schema 3.
fn count(row: &Row, verdict: Verdict) -> String {
    let distribution = row.place.layer().and_then(|layer| layer.verdict.distribution.as_ref());
    optional(distribution.map(|distribution| distribution.get(&verdict).copied().unwrap_or(0)))
}

/// What became of the entries of the weight gradient, and branch flips.
fn entries<'a>() -> Vec<Column<Row<'a>>> {
    vec![
        ("entries", |row| optional(row.place.layer().map(|layer| layer.fates.total()))),
        ("overflowed_share", |row| fate(row, |fates| fates.overflowed)),
        ("undecided_share", |row| fate(row, |fates| fates.undecided)),
        ("true_zero_share", |row| fate(row, |fates| fates.true_zero)),
        ("ghost_share", |row| fate(row, |fates| fates.ghost)),
        ("flushed_share", |row| fate(row, |fates| fates.flushed)),
        ("cut_share", |row| fate(row, |fates| fates.cut)),
        ("drowned_share", |row| fate(row, |fates| fates.drowned)),
        ("degraded_share", |row| fate(row, |fates| fates.degraded)),
        ("resolved_share", |row| fate(row, |fates| fates.resolved)),
        ("flips", |row| flips(row, |flips| flips.flipped)),
        ("flips_nonfinite", |row| flips(row, |flips| flips.nonfinite)),
        ("flips_of", |row| flips(row, |flips| flips.total)),
    ]
}

fn fate(row: &Row, of: fn(&Fates) -> u64) -> String {
    row.place.layer().map_or(String::new(), |layer| share(of(&layer.fates), layer.fates.total()))
}

fn flips(row: &Row, of: fn(&crate::record::Flips) -> u64) -> String {
    optional(row.place.layer().and_then(|layer| layer.flips.as_ref()).map(of))
}

/// Cause and remedy.
fn explained<'a>() -> Vec<Column<Row<'a>>> {
    vec![
        ("cause", |row| {
            let name = match row.cause {
                Cause::Nothing => "nothing",
                Cause::BelowResolution => "below_resolution",
                Cause::NotMeasured => "not_measured",
                Cause::Source { .. } => "source",
                Cause::NoSingle { .. } => "no_single",
            };
            name.into()
        }),
        ("cause_source", |row| match row.cause {
            Cause::Source { source, .. } | Cause::NoSingle { greatest: Some(source), .. } => word(source),
            _ => String::new(),
        }),
        ("advice", |row| {
            let name = match row.advice {
                Advice::NotNeeded => "not_needed",
                Advice::NoFormatHelps => "no_format_helps",
                Advice::Enough { .. } => "enough",
                Advice::Gain { .. } => "gain",
                Advice::NoneHelps => "none_helps",
                Advice::NotMeasured => "not_measured",
            };
            name.into()
        }),
        ("remedy", |row| row.tried.map_or(String::new(), |tried| super::remedies::kind(&tried.remedy))),
        ("remedy_precision", |row| row.tried.map_or(String::new(), |tried| tried.remedy.precision().into())),
        ("remedy_log2_loss_scale", |row| match row.tried.map(|tried| &tried.remedy) {
            Some(RemedyName::Change { log2_loss_scale, .. }) => log2_loss_scale.to_string(),
            _ => String::new(),
        }),
        ("remedy_factor", |row| {
            let before = row.place.layer().map(|layer| layer.noise());
            before
                .zip(row.after.as_ref())
                .map_or(String::new(), |(before, after)| number(judgement::times_lower(before, after)))
        }),
        ("remedy_is_enough", |row| match row.advice {
            Advice::Enough { .. } => "true".into(),
            Advice::Gain { .. } => "false".into(),
            _ => String::new(),
        }),
    ]
}
