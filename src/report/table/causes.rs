//! The tables of what an arithmetic's noise is made of and of what was tried against it, as rows of text.

use crate::record::{ArithmeticRun, NoiseSource, Quantiles, Record, Remedy, Run};
use crate::report::cause::{self, State};
use crate::report::facts;
use crate::report::numbers::Notation;

/// What the numbers of [`sources`] are.
pub const SOURCES_NOTE: &str =
    "(alone: only this source rounds; without: everything but it; sources do not add up exactly)";

/// What the columns of [`remedies`] are.
pub const REMEDIES_NOTE: &str =
    "(before → after; times: how much less noise; worst layer: which it is, where not layer 1)";

/// What stands above the table of sources.
pub const SOURCES_TITLE: &str = "Where the noise/signal of layer 1 comes from";

/// What stands above the table of remedies.
pub const REMEDIES_TITLE: &str = "What was tried against it";

/// A table: its rows, the first of which holds the titles, and which columns hold numbers.
pub struct Table {
    /// An empty one begins a group.
    pub rows: Vec<Vec<String>>,
    /// Read from the right.
    pub right: Vec<bool>,
}

/// Sources that any of the arithmetics has, in the order of tables and figures.
fn present<'a>(arithmetics: impl Iterator<Item = &'a ArithmeticRun> + Clone) -> Vec<NoiseSource> {
    let has = |source: &NoiseSource| {
        arithmetics.clone().any(|arithmetic| cause::sources(arithmetic).iter().any(|one| one.source == *source))
    };
    NoiseSource::ALL.into_iter().filter(has).collect()
}

/// Two rows per attributed arithmetic at layer 1: every source alone, and everything but it; `None` where none is.
pub fn sources(run: &Run, notation: Notation) -> Option<Table> {
    let attributed = run.arithmetics.iter().filter(|arithmetic| arithmetic.attribution.is_some());
    attributed.clone().next()?;
    let present = present(attributed.clone());
    let titles = ["arithmetic", "plain", ""].into_iter().chain(present.iter().map(|source| source.name()));
    let mut rows = vec![titles.map(String::from).collect::<Vec<_>>()];
    for arithmetic in attributed {
        let plain = arithmetic.layers.first().map(|layer| &layer.noise_to_signal);
        rows.extend(views(
            arithmetic,
            &present,
            0,
            [facts::name(arithmetic, notation), shown(plain, notation)],
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
    let titles = ["layer", "plain", ""].into_iter().chain(present.iter().map(|source| source.name()));
    let mut rows = vec![titles.map(String::from).collect::<Vec<_>>()];
    for (index, layer) in arithmetic.layers.iter().enumerate() {
        let head = [layer.layer.to_string(), shown(Some(&layer.noise_to_signal), notation)];
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
    let of = |source: &NoiseSource| cause::sources(arithmetic).iter().find(|one| one.source == *source);
    let alone = present.iter().map(|source| of(source).and_then(|one| one.alone.as_ref()?.get(index)));
    let without = present.iter().map(|source| of(source).and_then(|one| one.without.get(index)));
    let alone = alone.map(|noise| shown(noise, notation));
    let without = without.map(|noise| shown(noise, notation));
    [
        head.into_iter().chain(["alone".into()]).chain(alone).collect(),
        [String::new(), String::new(), "without".into()].into_iter().chain(without).collect(),
    ]
}

fn shown(noise: Option<&Quantiles>, notation: Notation) -> String {
    noise.map_or("—".into(), |noise| cause::of(noise, notation))
}

/// Of several runs one row each, in the first arithmetic that is attributed in any: what rules the noise of layer 1, and
/// what helps most. The arithmetic's name comes first; `None` where none is attributed.
pub fn ruling(record: &Record, notation: Notation) -> Option<(String, Table)> {
    let name = record.runs.iter().find_map(cause::first_attributed)?.1.name.clone();
    let titles = ["activation", "ruling source", "alone", "without", "best remedy", "layer 1", "times"];
    let mut rows = vec![titles.map(String::from).to_vec()];
    for run in &record.runs {
        let Some(arithmetic) = run.arithmetics.iter().find(|arithmetic| arithmetic.name == name) else { continue };
        let dominant = cause::dominant(arithmetic, 0);
        let source = dominant.map_or("—", |one| one.source.name());
        let [alone, without] = dominant.map_or([None, None], |one| [one.alone, one.without]);
        let mut row: Vec<String> = vec![run.activation.clone(), source.into(), shown(alone, notation)];
        row.push(shown(without, notation));
        match cause::best(arithmetic, 0) {
            Some((remedy, _)) => {
                let [layer, times, ..] = effect(arithmetic, remedy, notation);
                row.extend([cause::label(arithmetic, remedy, notation), layer, times]);
            }
            None => row.extend(["—"; 3].map(String::from)),
        }
        rows.push(row);
    }
    Some((name, Table { rows, right: vec![false, false, true, true, false, false, true] }))
}

/// One row per arithmetic and remedy; `None` where none was tried. `with_names` adds what each is called on the command
/// line.
pub fn remedies(run: &Run, notation: Notation, with_names: bool) -> Option<Table> {
    let tried = run.arithmetics.iter().filter(|arithmetic| !arithmetic.remedies.is_empty());
    tried.clone().next()?;
    let mut titles = vec!["arithmetic", "remedy", "layer 1", "times", "verdict", "worst layer"];
    let mut right = vec![false, false, false, true, false, false];
    if with_names {
        titles.push("name");
        right.push(false);
    }
    let mut rows = vec![titles.into_iter().map(String::from).collect::<Vec<_>>()];
    for arithmetic in tried {
        for (index, remedy) in arithmetic.remedies.iter().enumerate() {
            let name = if index == 0 { facts::name(arithmetic, notation) } else { String::new() };
            let mut row = vec![name, cause::label(arithmetic, remedy, notation)];
            row.extend(effect(arithmetic, remedy, notation));
            if with_names {
                row.push(remedy.name.clone());
            }
            rows.push(row);
        }
    }
    Some(Table { rows, right })
}

/// Layer 1, how many times less noise, the verdict, the worst layer.
fn effect(arithmetic: &ArithmeticRun, remedy: &Remedy, notation: Notation) -> [String; 4] {
    let none = || String::from("—");
    if cause::is_needless(arithmetic, remedy) {
        return [cause::needless(arithmetic).into(), none(), none(), none()];
    }
    let (before, after) = (cause::plain(arithmetic), cause::remedied(remedy));
    let (Some(first), Some(now)) = (before.first(), after.first()) else { return [none(), none(), none(), none()] };
    let arrow = |from: String, to: String| format!("{from} → {to}");
    let verdict = if first.verdict == now.verdict {
        first.verdict.to_string()
    } else {
        arrow(first.verdict.to_string(), now.verdict.to_string())
    };
    [
        arrow(first.short(notation), now.short(notation)),
        first.cut(now).map_or_else(none, |times| cause::factor(times, notation)),
        verdict,
        worst(arithmetic, &before, &after, notation),
    ]
}

/// `1` where it is layer 1 before and after, which has its own column; else `0.391 → 0.178 at 43`, or `0.391 at 1 → 0.178
/// at 43` where the worst layer is another one afterwards.
fn worst(arithmetic: &ArithmeticRun, before: &[State], after: &[State], notation: Notation) -> String {
    let (Some(from), Some(to)) = (cause::worst(before), cause::worst(after)) else { return "—".into() };
    let number = |index: usize| arithmetic.layers.get(index).map_or(index + 1, |layer| layer.layer);
    let (was, is) = (before[from].short(notation), after[to].short(notation));
    if (from, to) == (0, 0) {
        number(0).to_string()
    } else if from == to {
        format!("{was} → {is} at {}", number(to))
    } else {
        format!("{was} at {} → {is} at {}", number(from), number(to))
    }
}
