//! What became of each entry, as shares by layer: a strip per arithmetic.

use super::kind::Kind;
use super::place;
use super::run::{along, name, of_run};
use crate::judgement::{ArithmeticJudgement, RunJudgement};
use crate::record::{ArithmeticRun, Run, SiteRun};
use crate::report::facts;
use crate::report::numbers::percent;
use crate::report::panel::{Area, Axis, Entry, Height, Panel, Plot, Row, Sample, Scale, Series, Tip};
use crate::report::probe::fate::Fate;

/// Most strips of a slide.
const ON_A_SLIDE: usize = 6;

/// The panel of a run; on a slide with few words and of the first arithmetics.
pub fn panel(run: &Run, judged: &RunJudgement, is_slide: bool) -> Panel {
    let shown = if is_slide { ON_A_SLIDE } else { usize::MAX };
    let count = run.arithmetics.len().min(shown);
    let mut rows: Vec<Row> =
        of_run(run, judged).take(shown).enumerate().map(|(index, one)| strip(run, index, one, is_slide)).collect();
    rows.iter_mut().take(count.saturating_sub(1)).for_each(|row| row.is_continued = true);
    let layers = || run.arithmetics.iter().take(shown).flat_map(|one| &one.sites);
    let present = Fate::ALL.into_iter().filter(|fate| layers().any(|layer| fate.count(&layer.fates) > 0));
    let words = |fate: Fate| if is_slide { fate.name() } else { fate.label() };
    let lost = of_run(run, judged).filter_map(|(one, _)| {
        let first = one.sites.first()?;
        Some(format!("{} {}", name(one), percent(Fate::Resolved.count(&first.fates), first.fates.total())))
    });
    Panel {
        name: Kind::Fates.name().into(),
        title: match (is_slide, run.arithmetics.len()) {
            (false, _) => Kind::Fates.title().into(),
            (true, all) if all > count => format!("What became of each entry ({count} of {all})"),
            (true, _) => "What became of each entry".into(),
        },
        alternative: format!(
            "Entries of layer 1 with an error below an eighth of them: {}.",
            lost.collect::<Vec<_>>().join("; ")
        ),
        key: present.map(|fate| (Sample::Area(fate.paint(), 1.0), words(fate).to_string())).collect(),
        rows,
    }
}

fn strip(run: &Run, index: usize, (arithmetic, judged): (&ArithmeticRun, &ArithmeticJudgement), is_slide: bool) -> Row {
    let edges: Vec<(f64, [f64; Fate::ALL.len()])> =
        arithmetic.sites.iter().map(|layer| (layer.site as f64, edges(layer))).collect();
    // Each fate as one stepped area, the whole column first and the lower fates over it, so that no seams show.
    let area = |fate: Fate| {
        let top = |(layer, edges): &(f64, [f64; Fate::ALL.len()])| {
            let upper = edges[fate as usize];
            [(layer - 0.5, upper), (layer + 0.5, upper)]
        };
        let mut outline: Vec<(f64, f64)> = edges.iter().flat_map(top).collect();
        let ends = outline.last().zip(outline.first()).map(|((right, _), (left, _))| [(*right, 0.0), (*left, 0.0)]);
        outline.extend(ends.into_iter().flatten());
        Area { outline, paint: fate.paint(), opacity: 1.0, hatch: None }
    };
    let is_there = |fate: &Fate| arithmetic.sites.iter().any(|layer| fate.count(&layer.fates) > 0);
    let tip = |layer: &SiteRun| {
        let counted =
            Fate::ALL.into_iter().map(|fate| (fate, fate.count(&layer.fates))).filter(|(_, count)| *count > 0);
        let shares =
            counted.map(|(fate, count)| format!("\n{} {} ({count})", fate.name(), percent(count, layer.fates.total())));
        let at = layer.site as f64;
        Tip {
            x: (at - 0.5, at + 0.5),
            y: (0.0, 100.0),
            row: index,
            words: format!("{}{}", place::of(arithmetic, layer), shares.collect::<String>()),
        }
    };
    let verdict = &judged.first.verdict;
    let plot = Plot {
        x: along(run, is_slide),
        y: Axis::new("share", Scale::Percent(0.0, 100.0)),
        areas: Fate::ALL.into_iter().rev().filter(is_there).map(area).collect(),
        tips: arithmetic.sites.iter().map(tip).collect(),
        ..Plot::default()
    };
    let entry = Entry {
        sample: Sample::Marker(Series::new(index)),
        name: name(arithmetic),
        note: if is_slide { verdict.in_words() } else { facts::verdict_and_reach(judged) },
        at: None,
    };
    Row { plots: vec![plot], height: Height::Strip, beside: vec![entry], is_continued: false }
}

/// For each fate the share of entries with this or an earlier fate in per cent: the upper edge of its area. All zero for a
/// layer without entries. Cumulated as integers, so that a full column ends at exactly 100.
fn edges(layer: &SiteRun) -> [f64; Fate::ALL.len()] {
    let total: u128 = Fate::ALL.into_iter().map(|fate| u128::from(fate.count(&layer.fates))).sum();
    let mut below = 0;
    Fate::ALL.map(|fate| {
        below += u128::from(fate.count(&layer.fates));
        100.0 * below as f64 / total.max(1) as f64
    })
}
