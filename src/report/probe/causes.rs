//! The tables of the sources of an arithmetic's noise and of the remedies tried.

use super::csv::{advised, change};
use crate::judgement::{Advice, ArithmeticJudgement, Cause, Judgement, RunJudgement, Tried};
use crate::record::{ArithmeticRun, NoiseSource, Quantiles, Record, Remedy, Run, SiteRun};
use crate::report::cause::{self, State};
use crate::report::numbers::{Notation, Notation::Plain, factor, middle};
use crate::report::table::{Column, GiveWay, Table};
use crate::report::{facts, say};

/// A note about the numbers of [`sources`].
const SOURCES_NOTE: &str =
    "(only: this source rounds and nothing else does; all but: everything but it; sources do not add up exactly)";

/// Sources that any of the arithmetics has, in the order of tables and figures.
fn present<'a>(arithmetics: impl Iterator<Item = &'a ArithmeticRun> + Clone) -> Vec<NoiseSource> {
    let has = |source: &NoiseSource| {
        arithmetics.clone().any(|arithmetic| cause::sources(arithmetic).iter().any(|one| one.source == *source))
    };
    NoiseSource::ALL.into_iter().filter(has).collect()
}

/// Two rows per attributed arithmetic at layer 1: only the source, and all but the source; `None` if there is none.
pub fn sources(run: &Run, notation: Notation) -> Option<Table> {
    let attributed = run.arithmetics.iter().filter(|arithmetic| arithmetic.attribution.is_some());
    attributed.clone().next()?;
    let present = present(attributed.clone());
    let mut table = by_source(Column::left("precision"), &present);
    for arithmetic in attributed {
        let plain = arithmetic.sites.first().map(SiteRun::shown_noise);
        let head = [facts::name(arithmetic, notation), shown(plain.as_ref(), notation)];
        views(arithmetic, &present, 0, head, notation).into_iter().for_each(|row| table.push(row));
    }
    table.title = "Where the noise/signal of layer 1 comes from:".into();
    table.notes = vec![SOURCES_NOTE.into()];
    Some(table)
}

/// The same by layer for the first attributed arithmetic.
pub fn sources_by_layer(run: &Run) -> Option<Table> {
    let (_, arithmetic) = cause::first_attributed(run)?;
    let present = present(std::iter::once(arithmetic));
    let mut table = by_source(Column::right("layer"), &present);
    for (index, layer) in arithmetic.sites.iter().enumerate() {
        let head = [layer.site.to_string(), shown(Some(&layer.shown_noise()), Plain)];
        views(arithmetic, &present, index, head, Plain).into_iter().for_each(|row| table.push(row));
    }
    table.title = format!("{}, sources of every layer:", facts::name(arithmetic, Plain));
    Some(table)
}

/// A column for each source behind the first.
fn by_source(first: Column, present: &[NoiseSource]) -> Table {
    let number = |title| Column::right(title).giving_way(GiveWay::Stack);
    let sources = present.iter().map(|source| number(source.name()));
    Table::new([first, number("all"), Column::left("")].into_iter().chain(sources))
}

/// The row of sources alone behind its head, and the row without them.
fn views(
    arithmetic: &ArithmeticRun,
    present: &[NoiseSource],
    index: usize,
    head: [String; 2],
    notation: Notation,
) -> [Vec<String>; 2] {
    let of = |source: &NoiseSource| cause::source_at(arithmetic, *source, index);
    let alone = present.iter().map(|source| shown(of(source).and_then(|site| site.alone.as_ref()), notation));
    let without = present.iter().map(|source| shown(of(source).map(|site| &site.without), notation));
    [
        head.into_iter().chain(["only".into()]).chain(alone).collect(),
        [String::new(), String::new(), "all but".into()].into_iter().chain(without).collect(),
    ]
}

fn shown(noise: Option<&Quantiles>, notation: Notation) -> String {
    noise.map_or("—".into(), |noise| middle(noise, notation))
}

/// Of several runs one row each, in the first arithmetic that is attributed in any: the cause of the noise of layer 1,
/// and what to do about it; `None` where none is attributed.
pub fn ruling(record: &Record, judgement: &Judgement, notation: Notation) -> Option<Table> {
    let name = &record.runs.iter().find_map(cause::first_attributed)?.1.name;
    let mut table = Table::titled(["activation", "main source", ">only", ">all but", "remedy", "all layers"]);
    for (run, judged) in record.runs.iter().zip(&judgement.runs) {
        let both = run.arithmetics.iter().zip(&judged.arithmetics).find(|(arithmetic, _)| arithmetic.name == *name);
        let Some((arithmetic, judged)) = both else { continue };
        let noise = match judged.cause {
            Cause::Source { source, layer, .. } => {
                let place = arithmetic.sites.iter().position(|one| one.site == layer);
                place.and_then(|place| cause::source_at(arithmetic, source, place))
            }
            _ => None,
        };
        let effect = advised(judged).map(say::remedy::effect);
        table.push([
            run.activation.clone(),
            say::cause::cell(&judged.cause),
            shown(noise.and_then(|site| site.alone.as_ref()), notation),
            shown(noise.map(|site| &site.without), notation),
            say::remedy::cell(arithmetic, judged, notation),
            effect.unwrap_or("—".into()),
        ]);
    }
    table.title = format!("Main source of noise at layer 1 in {name}, and remedy:");
    Some(table)
}

/// One row per arithmetic and remedy; `None` where none was tried. `has_names` adds what each is called on the command
/// line.
pub fn remedies(run: &Run, judged: Option<&RunJudgement>, notation: Notation, has_names: bool) -> Option<Table> {
    run.arithmetics.iter().find(|arithmetic| !arithmetic.remedies.is_empty())?;
    let numbers = |title| Column::left(title).giving_way(GiveWay::Stack);
    let mut table = Table::new([
        Column::left("precision"),
        Column::left("remedy"),
        numbers("layer 1").about("before → after"),
        Column::right("factor").about("factor: how many times less noise").giving_way(GiveWay::Stack),
        Column::left("worst layer").about("worst layer: which it is, where not layer 1").giving_way(GiveWay::Leave),
        Column::left("all layers").about(
            "all layers: in how many trials all are sound, or the largest noise falls 1.5 times, or a layer overflows or \
             underflows",
        ),
        Column::left("name"),
    ]);
    for (place, arithmetic) in run.arithmetics.iter().enumerate() {
        let judged = judged.and_then(|judged| judged.arithmetics.get(place));
        for (index, remedy) in arithmetic.remedies.iter().enumerate() {
            let name = if index == 0 { facts::name(arithmetic, notation) } else { String::new() };
            let label = say::remedy::kind_label(remedy.kind, remedy.log2_loss_scale, notation);
            let effect = effect(arithmetic, remedy, amounts_to(judged, remedy), notation);
            table.push([name, label].into_iter().chain(effect).chain([remedy.name.clone()]));
        }
    }
    if !has_names {
        table.leave(table.columns.len() - 1);
    }
    table.title = "Remedies tried:".into();
    Some(table)
}

/// The assessment of a remedy over all layers.
fn amounts_to(judged: Option<&ArithmeticJudgement>, remedy: &Remedy) -> String {
    match judged {
        Some(judged) if judged.remedy == Advice::NotNeeded => "not needed".into(),
        judged => judged.and_then(|judged| tried(judged, remedy)).map_or("not recorded".into(), say::remedy::effect),
    }
}

/// The measured effect of a remedy, if the record holds its trials.
fn tried<'a>(judged: &'a ArithmeticJudgement, remedy: &Remedy) -> Option<&'a Tried> {
    judged.tried.iter().find(|tried| tried.remedy == change(remedy))
}

/// Layer 1, how many times less noise, the worst layer, and what that amounts to over all layers.
fn effect(arithmetic: &ArithmeticRun, remedy: &Remedy, amounts_to: String, notation: Notation) -> [String; 4] {
    let none = || String::from("—");
    let (before, after) = (cause::plain(arithmetic), cause::remedied(remedy));
    let (Some(first), Some(now)) = (before.first(), after.first()) else {
        return [none(), none(), none(), amounts_to];
    };
    let arrow = |from: String, to: String| format!("{from} → {to}");
    [
        arrow(first.short(notation), now.short(notation)),
        match first.cuts(now) {
            cuts if cuts.is_empty() => none(),
            cuts => cuts.iter().map(|times| factor(*times, notation)).collect::<Vec<_>>().join(", "),
        },
        worst(arithmetic, &before, &after, notation),
        amounts_to,
    ]
}

/// `layer 1` if it is that before and after, which has its own column; else `0.391 → 0.178 at layer 43`, or `0.391 at
/// layer 1 → 0.178 at 43` if the worst layer is another one afterwards.
fn worst(arithmetic: &ArithmeticRun, before: &[State], after: &[State], notation: Notation) -> String {
    let (Some(from), Some(to)) = (cause::worst(before), cause::worst(after)) else { return "—".into() };
    let number = |index: usize| arithmetic.sites.get(index).map_or(index + 1, |layer| layer.site);
    let (was, is) = (before[from].short(notation), after[to].short(notation));
    if (from, to) == (0, 0) {
        format!("layer {}", number(0))
    } else if from == to {
        format!("{was} → {is} at layer {}", number(to))
    } else {
        format!("{was} at layer {} → {is} at {}", number(from), number(to))
    }
}
