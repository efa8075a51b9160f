//! The claims of a study: each with its answer and its charts, every height decided here.

use super::facts::{self, plain};
use super::stems::{STEM, stems};
use crate::record::Number;
use crate::record::study::{self, Answer, Chart, Claim, Spread, Study, StudySpec};
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{
    Axis, Curve, Dash, Entry, Joined, LINES, Paint, Palette, Panel, Plot, Powers, Row, Rule, Sample, Scale, Series,
    Sheet, Single, Symbol, Tip,
};
use std::collections::HashSet;

/// Characters of a text that a picture looks at: the page has all of it.
const LONGEST: usize = 1500;
/// From so many powers of ten on only these are labelled.
const POWERS: f64 = 2.2;

/// Every claim with all its charts, and last all claims, each with its first.
pub fn sheets(study: &Study) -> Vec<Sheet> {
    let caption: Vec<String> = facts::set_up(study).into_iter().chain(facts::provenance(study)).collect();
    let claims = || study.claims.iter().zip(stems(study));
    let poster = Sheet {
        name: STEM.into(),
        title: facts::title(study),
        ruling: facts::tally(study),
        panels: claims().map(|(claim, stem)| panel(claim, &stem, &study.spec, false)).collect(),
        caption: caption.clone(),
        ..Sheet::default()
    };
    let own = claims().map(|(claim, stem)| {
        let panels = vec![panel(claim, &stem, &study.spec, true)];
        Sheet { name: stem, panels, caption: caption.clone(), ..Sheet::default() }
    });
    own.chain([poster]).collect()
}

/// A claim with its answer, and if `is_whole` with the reasons and all charts, else with the first.
pub fn panel(claim: &Claim, stem: &str, spec: &StudySpec, is_whole: bool) -> Panel {
    let color = match claim.answer {
        Answer::Confirmed => 0,
        Answer::Refuted => 1,
        Answer::DependsOn(_) => 2,
    };
    let answer = shown(&facts::answer_in_capitals(&claim.answer));
    let deciding = claim.findings.first().map(|first| {
        let draws = facts::counted(first.value.count as u64, "draw", "draws");
        shown(&format!("Deciding number: {}: {}, {draws}", first.what, facts::spread_in(&first.value, Typeset)))
    });
    let reasons = claim.reasons.iter().filter(|_| is_whole).map(|reason| shown(reason));
    let mut key = vec![(Sample::Area(Paint::Of(Palette::Answers, color), 1.0), answer.clone())];
    key.extend(deciding.iter().cloned().chain(reasons).map(|words| (Sample::Nothing, words)));
    let charts = claim.charts.iter().take(if is_whole { usize::MAX } else { 1 });
    let mut rows: Vec<Row> = charts.map(|chart| row(chart, spec)).collect();
    if rows.is_empty() {
        let notice = Some("nothing was measured".into());
        rows.push(Row { plots: vec![Plot { notice, ..Plot::default() }], ..Row::default() });
    }
    Panel {
        name: stem.into(),
        title: shown(&format!("({}) {}", claim.letter, claim.statement)),
        alternative: format!("{answer}. {}", deciding.unwrap_or_default()),
        key,
        rows,
    }
}

/// A chart with the names of its series.
fn row(chart: &Chart, spec: &StudySpec) -> Row {
    let log = chart.logarithmic;
    let finite = |number: Number| height(number, log).filter(|at| at.is_finite());
    let references = chart.references.iter().filter_map(|(name, at)| Some((shown(name), finite(*at)?)));
    let references: Vec<(String, f64)> = references.collect();
    let measured: Vec<Vec<Joined>> = (0..chart.series.len()).map(|rank| points(chart, rank)).collect();
    let all = || measured.iter().flatten();
    let heights = all().flat_map(|point| [point.low, point.median, point.high]).filter(|y| y.is_finite());
    let (low, high) = range(heights.chain(references.iter().map(|(_, at)| *at)), log);
    let scale = match log {
        true if high - low >= POWERS => Scale::Powers(Powers::of_ten(low, high)),
        true => Scale::Decimals(low, high),
        false => Scale::Linear(low, high),
    };
    let rule = |((label, at), dash): ((String, f64), &Dash)| Rule::level(at, label, 0.9, dash);
    let mut plot = Plot {
        title: shown(&chart.title),
        note: note(chart, all()),
        x: Axis::new(shown(&chart.horizontal), Scale::Places(chart.places.iter().map(|place| shown(place)).collect())),
        y: Axis::new(shown(&chart.vertical), scale),
        rules: references.into_iter().zip(LINES.iter().skip(1).cycle()).map(rule).collect(),
        notice: all().next().is_none().then(|| "nothing was measured".into()),
        ..Plot::default()
    };
    let mut beside = Vec::new();
    for (rank, ((one, style), points)) in
        chart.series.iter().zip(styles(&chart.series, spec)).zip(&measured).enumerate()
    {
        let series = Series::new(style);
        plot.curves.push(curve(series, points));
        plot.tips.extend(points.iter().filter_map(|point| tip(chart, one, rank, point)));
        beside.push(Entry { sample: Sample::Curve(series), name: shown(&one.name), ..Entry::default() });
    }
    Row { plots: vec![plot], beside, ..Row::default() }
}

/// Where a series has a value: place and heights.
fn points(chart: &Chart, rank: usize) -> Vec<Joined> {
    let of = |number: Number| height(number, chart.logarithmic);
    let points = chart.series.get(rank).into_iter().flat_map(|series| series.points.iter()).take(chart.places.len());
    let point = |(place, spread): (usize, &Spread)| {
        let median = of(spread.median).filter(|_| spread.count > 0)?;
        let [low, high] = [spread.low, spread.high].map(|number| of(number).unwrap_or(median));
        Some(Joined { x: place as f64, low, median, high })
    };
    points.enumerate().filter_map(point).collect()
}

/// What is shown of a point where it is pointed at.
fn tip(chart: &Chart, series: &study::Series, rank: usize, point: &Joined) -> Option<Tip> {
    let place = point.x as usize;
    let (name, spread) = (chart.places.get(place)?, series.points.get(place)?);
    let draws = facts::counted(spread.count as u64, "draw", "draws");
    let words = format!("{}, {}\n{}, {draws}", shown(&series.name), shown(name), facts::spread_in(spread, Typeset));
    Some(Tip::point((point.x, point.median), rank, words))
}

/// Medians with their bars, joined from place to place; what is infinite lies hollow on the edge.
fn curve(series: Series, points: &[Joined]) -> Curve {
    let (known, beyond): (Vec<Joined>, Vec<Joined>) = points.iter().partition(|point| point.median.is_finite());
    let symbol = Symbol::hollow(series.marker);
    Curve {
        series,
        stretches: known.chunk_by(|one, next| one.x + 1.0 == next.x).map(<[Joined]>::to_vec).collect(),
        singles: beyond.iter().map(|point| Single { at: (point.x, point.median), symbol }).collect(),
    }
}

/// What marks and bars are.
fn note<'a>(chart: &Chart, points: impl Iterator<Item = &'a Joined> + Clone) -> String {
    let draws =
        chart.series.iter().flat_map(|series| &series.points).map(|point| point.count).filter(|count| *count > 0);
    let (least, most) = (draws.clone().min().unwrap_or(0), draws.max().unwrap_or(0));
    let of = if least == most { format!("{most} draws") } else { format!("{least} to {most} draws") };
    let bars = match (least, most) {
        (_, ..=10) => format!("median; bar: least to greatest of {of}"),
        (11.., _) => format!("median; bar: 10 % to 90 % of {of}"),
        _ => format!("median; bar: of {of}, least to greatest of at most 10, else 10 % to 90 %"),
    };
    let below = if chart.logarithmic { "hollow below: zero" } else { "hollow below: minus infinite" };
    let has = |is: fn(&Joined) -> bool| points.clone().any(is);
    let told = [
        (has(|point| point.low < point.high), bars.as_str()),
        (has(|point| point.median == f64::INFINITY), "hollow above: infinite"),
        (has(|point| point.median == f64::NEG_INFINITY), below),
    ];
    told.iter().filter(|(is_there, _)| *is_there).map(|(_, words)| *words).collect::<Vec<_>>().join("; ")
}

/// Where a number stands; `None` where there is none. On a logarithmic axis zero is infinitely far below.
fn height(number: Number, log: bool) -> Option<f64> {
    match number.value() {
        x if x.is_nan() => None,
        x if !log => Some(x),
        x if x > 0.0 => Some(core_math::log10(x)),
        _ => Some(f64::NEG_INFINITY),
    }
}

/// Both ends of an axis upwards around heights: they are a little apart whatever there is.
fn range(heights: impl Iterator<Item = f64>, log: bool) -> (f64, f64) {
    let (low, high) = heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
    if low > high {
        return if log { (-1.0, 1.0) } else { (0.0, 1.0) };
    }
    if log {
        // A fifth of a power of ten at least, so that labels of three digits differ.
        let missing = (0.2 - (high - low)).max(0.0) / 2.0;
        return (low - missing, high + missing);
    }
    let (low, high) = (low.clamp(-1e300, 1e300), high.clamp(-1e300, 1e300));
    let size = low.abs().max(high.abs());
    if size < 1e-300 {
        return (-1.0, 1.0);
    }
    // Zero belongs to what is not far from it.
    let low = if low > 0.0 && low < 0.6 * high { 0.0 } else { low };
    let high = if high < 0.0 && high > 0.6 * low { 0.0 } else { high };
    let missing = (0.05 * size - (high - low)).max(0.0) / 2.0;
    (low - missing, high + missing)
}

/// Activations have their place among the study's, arithmetics theirs, so that a colour means the same in all charts
/// of a kind; where names mix kinds or colours would repeat, series have their place in the chart.
fn styles(series: &[study::Series], spec: &StudySpec) -> Vec<usize> {
    let formats = spec.formats.iter().chain(spec.trained_formats.iter().filter(|name| !spec.formats.contains(name)));
    let places = |names: Vec<&String>| {
        let place = |one: &study::Series| names.iter().position(|name| **name == one.name);
        series.iter().map(place).collect::<Option<Vec<usize>>>()
    };
    let is_distinct = |places: &Vec<usize>| {
        places.iter().map(|place| place % Palette::Series.len()).collect::<HashSet<_>>().len() == places.len()
    };
    let lists = [spec.activations.iter().collect(), formats.collect()].into_iter();
    lists.filter_map(places).find(is_distinct).unwrap_or_else(|| (0..series.len()).collect())
}

/// Text as a picture shows it.
fn shown(text: &str) -> String {
    plain(&text.chars().take(LONGEST).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_heights_and_are_never_empty() {
        let of = |heights: &[f64], log| range(heights.iter().copied(), log);
        assert_eq!([of(&[], true), of(&[], false), of(&[-3.0, 2.0], true)], [(-1.0, 1.0), (0.0, 1.0), (-3.0, 2.0)]);
        assert_eq!([of(&[0.2, 1.0], false), of(&[0.9, 1.0], false)], [(0.0, 1.0), (0.9, 1.0)]);
        for heights in [[1.0; 2], [0.0; 2], [1e308, -1e308], [1e308, 1e308], [5e-324, 5e-324], [-1e16, -1e16 + 2.0]] {
            let (low, high) = of(&heights, false);
            assert!(low < high && (high - low).is_finite(), "{heights:?}: {low} {high}");
        }
        for heights in [[308.2; 2], [-323.3; 2], [0.0; 2]] {
            let (low, high) = of(&heights, true);
            assert!(high - low > 0.19, "{heights:?}: {low} {high}");
        }
    }
}
