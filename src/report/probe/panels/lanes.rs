//! Noise of layer 1 on an axis along, in lanes with an entry beside each.

use super::points::{self, Kind, Point};
use crate::record::Quantiles;
use crate::report::panel::{
    Area, Axis, Entry, Group, Mark, Panel, Plot, Powers, Row, Sample, Scale, Series, Symbol, Tip,
};

/// Lanes that grow group by group.
pub struct Lanes {
    pub axis: Powers,
    pub plot: Plot,
    groups: Vec<Group>,
    beside: Vec<Entry>,
    drawn: Vec<Point>,
}

impl Lanes {
    /// Lanes on an axis around some noise.
    pub fn new<'a>(name: &str, noise: impl Iterator<Item = &'a Quantiles>) -> Lanes {
        let axis = points::axis(noise);
        let swapped = |area: Area| Area { outline: area.outline.iter().map(|(x, y)| (*y, *x)).collect(), ..area };
        let mut rules = points::rules(&axis);
        rules.iter_mut().for_each(|rule| rule.is_upright = true);
        let plot = Plot {
            x: Axis::new(name, Scale::Powers(axis)),
            areas: points::regions().into_iter().map(swapped).collect(),
            rules,
            ..Plot::default()
        };
        Lanes { axis, plot, groups: Vec::new(), beside: Vec::new(), drawn: Vec::new() }
    }

    /// The first lane of the next group.
    pub fn next(&self) -> f64 {
        self.groups.iter().map(|group| group.lanes.len()).sum::<usize>() as f64
    }

    pub fn group(&mut self, name: &str, lanes: Vec<String>) {
        self.groups.push(Group { name: name.into(), lanes });
    }

    /// What stands beside a lane.
    pub fn entry(&mut self, series: Series, name: String, note: String, lane: f64) {
        self.beside.push(Entry { sample: Sample::Marker(series), name, note, at: Some(lane) });
    }

    pub fn tip(&mut self, lane: f64, row: usize, words: Option<String>) {
        let tip = |words| Tip { x: (f64::NEG_INFINITY, f64::INFINITY), y: (lane - 0.5, lane + 0.5), row, words };
        self.plot.tips.extend(words.map(tip));
    }

    /// Marks of a point.
    pub fn draw(&mut self, point: Point, marks: impl IntoIterator<Item = Mark>) {
        self.drawn.push(point);
        self.plot.marks.extend(marks);
    }

    /// A bar of this width and a symbol, which is `measured` where the point is no limit.
    pub fn mark(&mut self, point: Point, series: Series, lane: f64, (width, measured): (f64, Symbol)) {
        let (at, paint) = (point.at, series.paint);
        let bar = vec![(at.low, lane), (at.high, lane)];
        let bar = point.kind.is_joined().then_some(Mark::Line { points: bar, paint, width, dash: &[] });
        let symbol = point.kind.symbol(Symbol::Leftward, series.marker).unwrap_or(measured);
        self.draw(point, bar.into_iter().chain([Mark::Symbol { at: (at.median, lane), symbol, paint }]));
    }

    pub fn has(&self, kind: Kind) -> bool {
        self.drawn.iter().any(|point| point.kind == kind)
    }

    /// The points that are noise.
    pub fn joined(&self) -> impl Iterator<Item = &Point> {
        self.drawn.iter().filter(|point| point.kind.is_joined())
    }

    /// What is said of bars that end on the frame, if there are any.
    pub fn edge(&self) -> (bool, Sample, &'static str) {
        let is_clamped = self.joined().any(|point| point.at.high >= self.axis.high);
        (is_clamped, Sample::Nothing, "what reaches the right end lies beyond it")
    }

    pub fn points(&self) -> &[Point] {
        &self.drawn
    }

    /// Every entry in a sentence.
    pub fn in_words(&self) -> String {
        self.beside.iter().map(|entry| format!("{}: {}", entry.name, entry.note)).collect::<Vec<_>>().join(" ")
    }

    /// The panel with these lanes.
    pub fn panel(mut self, panel: Panel) -> Panel {
        self.plot.y = Axis::new("", Scale::Lanes(self.groups));
        let rows = vec![Row { plots: vec![self.plot], beside: self.beside, ..Row::default() }];
        Panel { rows, ..panel }
    }
}
