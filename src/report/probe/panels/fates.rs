//! What became of each entry, as shares by layer: a strip per arithmetic.

use super::kind::Kind;
use super::run::{One, along, layer_in, name, of_run};
use crate::judgement::RunJudgement;
use crate::record::{Run, SiteRun};
use crate::report::facts;
use crate::report::numbers::percent;
use crate::report::panel::{Area, Axis, Entry, Height, Panel, Plot, Row, Sample, Scale, Series, Tip};
use crate::report::probe::fate::{FATES, counts, paint};

/// Most strips of a slide.
const ON_A_SLIDE: usize = 6;

/// The panel of a run; on a slide with few words and of the first arithmetics.
pub fn panel(run: &Run, judged: &RunJudgement, is_slide: bool) -> Panel {
    let all = run.arithmetics.len();
    let count = if is_slide { all.min(ON_A_SLIDE) } else { all };
    let strips = of_run(run, judged).take(count).enumerate();
    let mut rows: Vec<Row> = strips.map(|(index, one)| strip(run, index, one, is_slide)).collect();
    rows.iter_mut().take(count.saturating_sub(1)).for_each(|row| row.is_continued = true);
    let layers = || run.arithmetics.iter().take(count).flat_map(|one| &one.sites);
    let sample = |(place, [name, label, _]): (usize, [&str; 3])| {
        let words = if is_slide { name } else { label };
        is_there(place, layers()).then(|| (Sample::Area(paint(place), 1.0), words.to_string()))
    };
    let resolved = of_run(run, judged).filter_map(|(one, _)| {
        let fates = one.sites.first()?.fates;
        Some(format!("{} {}", name(one), percent(fates.resolved, fates.total())))
    });
    let resolved = resolved.collect::<Vec<_>>().join("; ");
    let panel = Kind::Fates.panel();
    Panel {
        title: match is_slide {
            false => panel.title,
            true if all > count => format!("What became of each entry ({count} of {all})"),
            true => "What became of each entry".into(),
        },
        alternative: format!("Entries of layer 1 with an error below an eighth of them: {resolved}."),
        key: FATES.into_iter().enumerate().filter_map(sample).collect(),
        rows,
        ..panel
    }
}

/// Whether any of the layers has entries with this fate.
fn is_there<'a>(place: usize, mut layers: impl Iterator<Item = &'a SiteRun>) -> bool {
    layers.any(|layer| counts(&layer.fates)[place] > 0)
}

fn strip(run: &Run, index: usize, (arithmetic, judged): One, is_slide: bool) -> Row {
    let sites = &arithmetic.sites;
    // Each fate as one stepped area, the whole column first and the lower fates over it, so that no seams show.
    let area = |place: usize| {
        let top = |layer: &SiteRun| [-0.5, 0.5].map(|side| (layer.site as f64 + side, edges(layer)[place]));
        let mut outline: Vec<(f64, f64)> = sites.iter().flat_map(top).collect();
        let ends = outline.last().zip(outline.first()).map(|((right, _), (left, _))| [(*right, 0.0), (*left, 0.0)]);
        outline.extend(ends.into_iter().flatten());
        Area { outline, paint: paint(place), opacity: 1.0, hatch: None }
    };
    let tip = |layer: &SiteRun| {
        let counted = FATES.into_iter().zip(counts(&layer.fates)).filter(|(_, count)| *count > 0);
        let shares =
            counted.map(|([name, ..], count)| format!("\n{name} {} ({count})", percent(count, layer.fates.total())));
        let words = format!("{}{}", layer_in(arithmetic, layer), shares.collect::<String>());
        Tip { y: (0.0, 100.0), ..Tip::column(layer.site, index, words) }
    };
    let plot = Plot {
        x: along(run, is_slide),
        y: Axis::new("share", Scale::Percent(0.0, 100.0)),
        areas: (0..FATES.len()).rev().filter(|place| is_there(*place, sites.iter())).map(area).collect(),
        tips: sites.iter().map(tip).collect(),
        ..Plot::default()
    };
    let entry = Entry {
        sample: Sample::Marker(Series::new(index)),
        name: name(arithmetic),
        note: if is_slide { judged.first.verdict.in_words() } else { facts::verdict_and_reach(judged) },
        at: None,
    };
    Row { plots: vec![plot], height: Height::Strip, beside: vec![entry], is_continued: false }
}

/// For each fate the share of entries with this or an earlier fate in per cent: the upper edge of its area. All zero for a
/// layer without entries. Cumulated as integers, so that a full column ends at exactly 100.
fn edges(layer: &SiteRun) -> [f64; FATES.len()] {
    let counts = counts(&layer.fates).map(u128::from);
    let total: u128 = counts.iter().sum();
    let mut below = 0;
    counts.map(|count| {
        below += count;
        100.0 * below as f64 / total.max(1) as f64
    })
}
