//! The claims of a study: each with its answer and its charts, every height decided here.

use crate::record::Number;
use crate::record::study::{Answer, Chart, Claim, Series, Spread, Study, StudySpec};
use crate::report::numbers::Notation::Typeset;
use crate::report::study::facts::{self, plain};

/// Characters of a text that a picture looks at: the page has all of it.
const LONGEST: usize = 1500;

/// The picture of a study, or of one of its claims.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyFigure {
    /// The question.
    pub title: String,
    /// How many claims got which answer.
    pub tally: String,
    /// One per claim, in the order of the record.
    pub claims: Vec<ClaimPanel>,
    /// Everything needed to measure it again, in pieces that may be broken into lines.
    pub caption: Vec<String>,
}

/// One claim.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimPanel {
    /// `(a) What is claimed`.
    pub statement: String,
    /// Its colour.
    pub kind: AnswerKind,
    /// `REFUTED`, `DEPENDS ON`.
    pub answer: String,
    /// What it depends on; empty for the other answers.
    pub rest: String,
    /// The deciding number: what it is, and it; empty where there is none.
    pub deciding: String,
    /// Why.
    pub reasons: Vec<String>,
    /// What shows it.
    pub charts: Vec<ChartPanel>,
}

/// What an answer's colour tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as in the record
pub enum AnswerKind {
    Confirmed,
    Refuted,
    DependsOn,
}

impl AnswerKind {
    /// All kinds.
    pub const ALL: [AnswerKind; 3] = [AnswerKind::Confirmed, AnswerKind::Refuted, AnswerKind::DependsOn];

    /// The kind of an answer.
    pub fn of(answer: &Answer) -> AnswerKind {
        match answer {
            Answer::Confirmed => AnswerKind::Confirmed,
            Answer::Refuted => AnswerKind::Refuted,
            Answer::DependsOn(_) => AnswerKind::DependsOn,
        }
    }
}

/// One chart: heights are logarithms to the base 10 where the axis is logarithmic, else the numbers themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartPanel {
    /// What is shown.
    pub title: String,
    /// What the axis to the right is.
    pub horizontal: String,
    /// What the axis upwards is.
    pub vertical: String,
    /// Whether heights are logarithms.
    pub logarithmic: bool,
    /// Both ends of the axis upwards.
    pub range: (f64, f64),
    /// Labels of the places to the right.
    pub places: Vec<String>,
    /// One per series that has its place in the record.
    pub curves: Vec<ChartCurve>,
    /// Names and heights of references for comparison.
    pub references: Vec<(String, f64)>,
    /// What the bars are; nothing where no bar has a length.
    pub spread: Option<String>,
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartCurve {
    /// Its name.
    pub name: String,
    /// Which style it has: the same name has the same where all names of a chart are of one kind.
    pub style: usize,
    /// One per place; nothing where there is none.
    pub points: Vec<Option<ChartPoint>>,
}

/// The median at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChartPoint {
    /// Where it stands.
    pub height: Height,
    /// From the low to the high order statistic, clamped to the axis; nothing where they agree.
    pub bar: Option<(f64, f64)>,
}

/// Where a number stands on an axis upwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Height {
    /// On the axis.
    At(f64),
    /// Infinite: on the upper edge.
    Above,
    /// Minus infinite, or on a logarithmic axis zero or negative: on the lower edge.
    Below,
}

impl StudyFigure {
    /// The figure of all claims, each with its first chart.
    pub fn new(study: &Study) -> StudyFigure {
        let mut caption = facts::set_up(study);
        caption.extend(facts::provenance(study));
        StudyFigure {
            title: facts::title(study),
            tally: facts::tally(study),
            claims: study.claims.iter().map(|claim| ClaimPanel::new(claim, &study.spec, 1)).collect(),
            caption,
        }
    }

    /// The figure of one claim with all its charts.
    pub fn of(study: &Study, claim: &Claim) -> StudyFigure {
        let panel = ClaimPanel::new(claim, &study.spec, usize::MAX);
        StudyFigure { claims: vec![panel], ..StudyFigure::new(&Study { claims: Vec::new(), ..study.clone() }) }
    }
}

impl ClaimPanel {
    fn new(claim: &Claim, spec: &StudySpec, charts: usize) -> ClaimPanel {
        let (answer, rest) = facts::answer_parts(&claim.answer);
        ClaimPanel {
            statement: shown(&format!("({}) {}", claim.letter, claim.statement)),
            kind: AnswerKind::of(&claim.answer),
            answer: answer.into(),
            rest: shown(&rest),
            deciding: claim.findings.first().map_or(String::new(), |first| deciding(&first.what, &first.value)),
            reasons: claim.reasons.iter().map(|reason| shown(reason)).collect(),
            charts: claim.charts.iter().take(charts).map(|chart| ChartPanel::new(chart, spec)).collect(),
        }
    }
}

impl ChartPanel {
    /// A chart of a study.
    pub fn new(chart: &Chart, spec: &StudySpec) -> ChartPanel {
        let log = chart.logarithmic;
        let points = || chart.series.iter().flat_map(|series| series.points.iter().take(chart.places.len()));
        let references = chart.references.iter().filter_map(|(name, value)| match height(*value, log) {
            Some(Height::At(at)) => Some((shown(name), at)),
            _ => None,
        });
        let references: Vec<(String, f64)> = references.collect();
        let numbers = points().filter(|point| point.count > 0).flat_map(|point| [point.low, point.median, point.high]);
        let heights = numbers.filter_map(|number| match height(number, log) {
            Some(Height::At(at)) => Some(at),
            _ => None,
        });
        let range = range(heights.chain(references.iter().map(|(_, at)| *at)), log);
        let styles = styles(&chart.series, spec);
        let curves = chart.series.iter().zip(styles).map(|(series, style)| ChartCurve {
            name: shown(&series.name),
            style,
            points: series.points.iter().take(chart.places.len()).map(|one| point(one, log, range)).collect(),
        });
        let curves: Vec<ChartCurve> = curves.collect();
        let has_bars = curves.iter().flat_map(|curve| &curve.points).flatten().any(|point| point.bar.is_some());
        let draws = points().map(|point| point.count);
        ChartPanel {
            title: shown(&chart.title),
            horizontal: shown(&chart.horizontal),
            vertical: shown(&chart.vertical),
            logarithmic: log,
            range,
            places: chart.places.iter().map(|place| shown(place)).collect(),
            references,
            spread: has_bars.then(|| spread(draws.clone().filter(|count| *count > 0).min(), draws.max())),
            curves,
        }
    }

    /// Whether any median stands at this edge.
    pub fn has(&self, height: Height) -> bool {
        self.points().any(|point| point.height == height)
    }

    /// Whether there is nothing to see.
    pub fn is_empty(&self) -> bool {
        self.points().next().is_none()
    }

    fn points(&self) -> impl Iterator<Item = &ChartPoint> {
        self.curves.iter().flat_map(|curve| &curve.points).flatten()
    }
}

/// `noise/signal of layer 1, f16: 0.41 [0.24–0.58], 10 draws`.
fn deciding(what: &str, value: &Spread) -> String {
    let draws = facts::counted(value.count as u64, "draw", "draws");
    shown(&format!("{what}: {}, {draws}", facts::spread_in(value, Typeset)))
}

/// What bars are of so many draws.
fn spread(least: Option<usize>, most: Option<usize>) -> String {
    let (least, most) = (least.unwrap_or(0), most.unwrap_or(0));
    let draws = if least == most { format!("{most} draws") } else { format!("{least} to {most} draws") };
    match (least, most) {
        (_, ..=10) => format!("least to greatest of {draws}"),
        (11.., _) => format!("10 % to 90 % of {draws}"),
        _ => format!("of {draws}, least to greatest of at most 10, else 10 % to 90 %"),
    }
}

/// Where a number stands; nothing where there is none.
fn height(number: Number, log: bool) -> Option<Height> {
    match number {
        Number::None => None,
        Number::Infinite => Some(Height::Above),
        Number::MinusInfinite => Some(Height::Below),
        // A record that was written by hand may hold one.
        Number::Finite(x) if !x.is_finite() => None,
        Number::Finite(x) if !log => Some(Height::At(x)),
        Number::Finite(x) if x > 0.0 => Some(Height::At(core_math::log10(x))),
        Number::Finite(_) => Some(Height::Below),
    }
}

fn point(spread: &Spread, log: bool, (bottom, top): (f64, f64)) -> Option<ChartPoint> {
    let height = height(spread.median, log).filter(|_| spread.count > 0)?;
    let end = |number: Number| match self::height(number, log)? {
        Height::At(at) => Some(at.clamp(bottom, top)),
        Height::Above => Some(top),
        Height::Below => Some(bottom),
    };
    let bar = end(spread.low).zip(end(spread.high)).filter(|(low, high)| low < high);
    Some(ChartPoint { height, bar })
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
    let size = low.abs().max(high.abs()).min(1e300);
    let (low, high) = (low.clamp(-1e300, 1e300), high.clamp(-1e300, 1e300));
    // Zero belongs to what is not far from it.
    let low = if low > 0.0 && low < 0.6 * high { 0.0 } else { low };
    let high = if high < 0.0 && high > 0.6 * low { 0.0 } else { high };
    if size < 1e-300 {
        return (-1.0, 1.0);
    }
    let missing = (0.05 * size - (high - low)).max(0.0) / 2.0;
    (low - missing, high + missing)
}

/// Activations have their place among the study's, arithmetics theirs, so that a colour means the same in all charts
/// of a kind; other series have their place in the chart.
fn styles(series: &[Series], spec: &StudySpec) -> Vec<usize> {
    let mut formats = spec.formats.clone();
    formats.extend(spec.trained_formats.iter().filter(|name| !spec.formats.contains(name)).cloned());
    for names in [&spec.activations, &formats] {
        let places: Option<Vec<usize>> =
            series.iter().map(|one| names.iter().position(|name| *name == one.name)).collect();
        if let Some(places) = places {
            return places;
        }
    }
    (0..series.len()).collect()
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
        assert_eq!(of(&[], true), (-1.0, 1.0));
        assert_eq!(of(&[], false), (0.0, 1.0));
        assert_eq!(of(&[-3.0, 2.0], true), (-3.0, 2.0));
        assert_eq!(of(&[0.2, 1.0], false), (0.0, 1.0));
        assert_eq!(of(&[0.9, 1.0], false), (0.9, 1.0));
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
