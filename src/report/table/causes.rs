//! The tables of the sources of an arithmetic's noise and of the remedies tried, as rows of text.

use crate::judgement::{Advice, ArithmeticJudgement, Cause, Judgement, RemedyName, RunJudgement, Tried};
use crate::record::{ArithmeticRun, NoiseSource, Quantiles, Record, Remedy, Run, SiteRun};
use crate::report::cause::{self, State};
use crate::report::numbers::Notation;
use crate::report::{facts, say};

/// A note about the numbers of [`sources`].
pub const SOURCES_NOTE: &str =
    "(only: this source rounds and nothing else does; all but: everything but it; sources do not add up exactly)";

/// A note about the columns of [`remedies`].
pub const REMEDIES_NOTE: &str = "(before → after; factor: how many times less noise; worst layer: which it is, where not layer 1; all layers: in \
     how many trials all are sound, or the largest noise falls 1.5 times, or a layer overflows or underflows)";

/// The column of [`remedies`] that is left out where the table is too wide, and its part of the note.
pub const WORST_LAYER: usize = 4;
pub const WORST_LAYER_NOTE: &str = " worst layer: which it is, where not layer 1;";

/// The title of the table of sources.
pub const SOURCES_TITLE: &str = "Where the noise/signal of layer 1 comes from";

/// The title of the table of remedies.
pub const REMEDIES_TITLE: &str = "Remedies tried";

/// A table: its rows, the first of which holds the titles, and which columns hold numbers.
pub struct Table {
    /// An empty row starts a group.
    pub rows: Vec<Vec<String>>,
    /// Right-aligned columns.
    pub right: Vec<bool>,
}

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
    let titles = ["precision", "all", ""].into_iter().chain(present.iter().map(|source| source.name()));
    let mut rows = vec![titles.map(String::from).collect::<Vec<_>>()];
    for arithmetic in attributed {
        let plain = arithmetic.sites.first().map(SiteRun::shown_noise);
        rows.extend(views(
            arithmetic,
            &present,
            0,
            [facts::name(arithmetic, notation), shown(plain.as_ref(), notation)],
            notation,
        ));
    }
    let right = [false, true, false].into_iter().chain(present.iter().map(|_| true)).collect();
    Some(Table { rows, right })
}

/// The same by layer for the first attributed arithmetic, whose name comes first.
pub fn sources_by_layer(run: &Run, notation: Notation) -> Option<(String, Table)> {
    let (_, arithmetic) = cause::first_attributed(run)?;
    let present = present(std::iter::once(arithmetic));
    let titles = ["layer", "all", ""].into_iter().chain(present.iter().map(|source| source.name()));
    let mut rows = vec![titles.map(String::from).collect::<Vec<_>>()];
    for (index, layer) in arithmetic.sites.iter().enumerate() {
        let head = [layer.site.to_string(), shown(Some(&layer.shown_noise()), notation)];
        rows.extend(views(arithmetic, &present, index, head, notation));
    }
    let right = [true, true, false].into_iter().chain(present.iter().map(|_| true)).collect();
    Some((facts::name(arithmetic, notation), Table { rows, right }))
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
    noise.map_or("—".into(), |noise| cause::of(noise, notation))
}

/// Of several runs one row each, in the first arithmetic that is attributed in any: the cause of the noise of layer 1,
/// and what to do about it. The arithmetic's name comes first; `None` where none is attributed.
pub fn ruling(record: &Record, judgement: &Judgement, notation: Notation) -> Option<(String, Table)> {
    let name = record.runs.iter().find_map(cause::first_attributed)?.1.name.clone();
    let titles = ["activation", "main source", "only", "all but", "remedy", "all layers"];
    let mut rows = vec![titles.map(String::from).to_vec()];
    for (run, judged) in record.runs.iter().zip(&judgement.runs) {
        let both = run.arithmetics.iter().zip(&judged.arithmetics).find(|(arithmetic, _)| arithmetic.name == name);
        let Some((arithmetic, judged)) = both else { continue };
        let source = match judged.cause {
            Cause::Source { source, layer, .. } => Some((source, layer)),
            _ => None,
        };
        let noise = source.and_then(|(source, layer)| {
            let place = arithmetic.sites.iter().position(|one| one.site == layer)?;
            cause::source_at(arithmetic, source, place)
        });
        let (alone, without) = (noise.and_then(|site| site.alone.as_ref()), noise.map(|site| &site.without));
        let effect = match judged.remedy {
            Advice::Enough { place } | Advice::Gain { place } => judged.tried.get(place).map(say::remedy::effect),
            _ => None,
        };
        rows.push(vec![
            run.activation.clone(),
            say::cause::cell(&judged.cause),
            shown(alone, notation),
            shown(without, notation),
            say::remedy::cell(arithmetic, judged, notation),
            effect.unwrap_or("—".into()),
        ]);
    }
    Some((name, Table { rows, right: vec![false, false, true, true, false, false] }))
}

/// One row per arithmetic and remedy; `None` where none was tried. `with_names` adds what each is called on the command
/// line.
pub fn remedies(run: &Run, judged: Option<&RunJudgement>, notation: Notation, with_names: bool) -> Option<Table> {
    run.arithmetics.iter().find(|arithmetic| !arithmetic.remedies.is_empty())?;
    let mut titles = vec!["precision", "remedy", "layer 1", "factor", "worst layer", "all layers"];
    let mut right = vec![false, false, false, true, false, false];
    if with_names {
        titles.push("name");
        right.push(false);
    }
    let mut rows = vec![titles.into_iter().map(String::from).collect::<Vec<_>>()];
    for (place, arithmetic) in run.arithmetics.iter().enumerate() {
        let judged = judged.and_then(|judged| judged.arithmetics.get(place));
        for (index, remedy) in arithmetic.remedies.iter().enumerate() {
            let name = if index == 0 { facts::name(arithmetic, notation) } else { String::new() };
            let label = say::remedy::kind_label(remedy.kind, remedy.log2_loss_scale, notation);
            let mut row = vec![name, label];
            let amounts_to = amounts_to(judged, remedy);
            row.extend(effect(arithmetic, remedy, amounts_to, notation));
            if with_names {
                row.push(remedy.name.clone());
            }
            rows.push(row);
        }
    }
    Some(Table { rows, right })
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
    judged.tried.iter().find(|tried| match &tried.remedy {
        RemedyName::Change { kind, name, log2_loss_scale } => {
            (*kind, name, *log2_loss_scale) == (remedy.kind, &remedy.name, remedy.log2_loss_scale)
        }
        RemedyName::Arithmetic { .. } => false,
    })
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
            cuts => cuts.iter().map(|times| say::factor(*times, notation)).collect::<Vec<_>>().join(", "),
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
