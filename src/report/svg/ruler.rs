//! Coordinates of one axis on the page, and its ticks.

use super::text::{self, Font};
use crate::report::numbers::{Notation::Typeset, short, superscript};
use crate::report::panel::{Axis, Group, Powers, Scale};

/// Tick labels.
pub const TICK: Font = Font { size: 10.5, bold: false };
/// Height of a row for what lies beyond an axis.
const BEYOND: f64 = 26.0;
/// Part of the length for what lies below a knee.
const COMPRESSED: f64 = 0.4;
/// Most lines of a place's label.
const LINES: usize = 3;

/// A place on an axis with its label.
#[derive(Clone, Debug)]
pub struct Tick {
    /// On the page.
    pub at: f64,
    /// The label in lines; empty for a line of the grid alone.
    pub label: Vec<String>,
    /// Whether a line of the grid runs through it.
    pub has_line: bool,
}

/// Places the coordinates of an axis between two ends on the page.
#[derive(Clone, Copy, Debug)]
pub struct Ruler<'a> {
    scale: &'a Scale,
    /// The ends of the frame: of the least coordinate, and of the greatest.
    frame: (f64, f64),
    /// Where the ends of the scale are drawn.
    ends: (f64, f64),
    is_upright: bool,
}

impl<'a> Ruler<'a> {
    /// An axis along from the left edge of a frame to the right one.
    pub fn along(axis: &'a Axis, frame: (f64, f64), has_marks: bool) -> Ruler<'a> {
        Ruler::new(&axis.scale, frame, has_marks, false)
    }

    /// An axis upwards from the lower edge of a frame to the upper one; lanes are counted from above.
    pub fn upwards(axis: &'a Axis, (bottom, top): (f64, f64), has_marks: bool) -> Ruler<'a> {
        let is_from_above = matches!(axis.scale, Scale::Lanes(_));
        Ruler::new(&axis.scale, if is_from_above { (top, bottom) } else { (bottom, top) }, has_marks, true)
    }

    fn new(scale: &'a Scale, frame: (f64, f64), has_marks: bool, is_upright: bool) -> Ruler<'a> {
        // Markers at the ends need room; what fills its column or is drawn from edge to edge has none.
        let padding = match scale {
            Scale::Layers(..) | Scale::Places(_) | Scale::Lanes(_) => 0.0,
            Scale::Linear(..) if !is_upright => 0.0,
            Scale::Percent(..) if !has_marks => 0.0,
            Scale::Percent(..) | Scale::Whole(..) | Scale::Decimals(..) => 8.0,
            Scale::Linear(..) | Scale::Powers(_) => 12.0,
        };
        let sign = if frame.1 > frame.0 { 1.0 } else { -1.0 };
        let [below, above] = match scale {
            Scale::Powers(powers) => powers.beyond.map(|row| if row.is_some() { BEYOND } else { 0.0 }),
            _ => [0.0; 2],
        };
        let ends = (frame.0 + sign * (padding + below), frame.1 - sign * (padding + above));
        Ruler { scale, frame, ends, is_upright }
    }

    /// The place of a coordinate; what lies beyond the axis is on the frame, or in its row.
    pub fn at(&self, coordinate: f64) -> f64 {
        let (from, to) = self.frame;
        if let (Scale::Powers(Powers { beyond, .. }), true) = (self.scale, coordinate.is_infinite()) {
            let (row, edge) = if coordinate < 0.0 { (beyond[0], from) } else { (beyond[1], to) };
            let inwards = if (coordinate < 0.0) == (to > from) { 0.5 } else { -0.5 };
            return if row.is_some() { edge + inwards * BEYOND } else { edge };
        }
        let place = self.ends.0 + self.part(coordinate) * (self.ends.1 - self.ends.0);
        // NaN is nowhere; a record may hold it.
        if place.is_nan() { from } else { place.clamp(from.min(to), from.max(to)) }
    }

    /// Where in the row beyond an axis one of several curves runs: the height has no meaning there.
    pub fn at_of(&self, coordinate: f64, (rank, of): (usize, usize)) -> f64 {
        let middle = self.at(coordinate);
        let is_row =
            matches!(self.scale, Scale::Powers(powers) if powers.beyond[usize::from(coordinate > 0.0)].is_some());
        if !coordinate.is_infinite() || !is_row {
            return middle;
        }
        middle + ((rank as f64 + 0.5) / of.max(1) as f64 - 0.5) * (BEYOND - 10.0)
    }

    /// The row beyond an axis: its ends on the page and its label.
    pub fn rows(&self) -> Vec<((f64, f64), &'static str)> {
        let Scale::Powers(Powers { beyond, .. }) = self.scale else { return Vec::new() };
        let sign = if self.frame.1 > self.frame.0 { BEYOND } else { -BEYOND };
        let rows = [(self.frame.0, self.frame.0 + sign), (self.frame.1 - sign, self.frame.1)];
        rows.into_iter().zip(beyond).filter_map(|(row, label)| Some((row, (*label)?))).collect()
    }

    /// How long a step of one coordinate is.
    pub fn unit(&self) -> f64 {
        (self.part(1.0) - self.part(0.0)).abs() * (self.ends.1 - self.ends.0).abs()
    }

    /// True where each coordinate has a column of its own.
    pub fn has_columns(&self) -> bool {
        matches!(self.scale, Scale::Layers(..) | Scale::Places(_) | Scale::Lanes(_))
    }

    /// True where coordinates are places without a course between them: series stand beside each other.
    pub fn has_places(&self) -> bool {
        matches!(self.scale, Scale::Places(_))
    }

    /// A coordinate as a part of the axis.
    fn part(&self, at: f64) -> f64 {
        let over = |low: f64, high: f64| (at - low) / if high > low { high - low } else { 1.0 };
        match self.scale {
            Scale::Linear(low, high)
            | Scale::Whole(low, high)
            | Scale::Percent(low, high)
            | Scale::Decimals(low, high) => over(*low, *high),
            Scale::Powers(Powers { low, high, knee: None, .. }) => over(*low, *high),
            Scale::Powers(Powers { low, high, knee: Some(knee), .. }) if at >= *knee => {
                COMPRESSED + (1.0 - COMPRESSED) * (at - knee) / (high - knee).max(1e-9)
            }
            Scale::Powers(Powers { low, knee: Some(knee), .. }) => COMPRESSED * (at - low) / (knee - low).max(1e-9),
            Scale::Layers(first, last) => (at - *first as f64 + 0.5) / (last.saturating_sub(*first) as f64 + 1.0),
            Scale::Places(labels) => (at + 0.5) / labels.len().max(1) as f64,
            Scale::Lanes(groups) => (at + 0.5) / lanes(groups).max(1) as f64,
        }
    }

    /// The ticks, as many as have room for their labels.
    pub fn ticks(&self) -> Vec<Tick> {
        let length = (self.ends.1 - self.ends.0).abs();
        let distance = |along: f64, upwards: f64| if self.is_upright { upwards } else { along };
        let line = |at: f64, label: String| self.tick(at, vec![label], true);
        let round = |(low, high): (&f64, &f64), distance: f64| round_ticks((*low, *high), length, distance).into_iter();
        let number = |at: f64| line(at, short(at, Typeset));
        match self.scale {
            Scale::Linear(low, high) => round((low, high), distance(60.0, 30.0)).map(number).collect(),
            Scale::Whole(low, high) => {
                let widest = text::width(&short(*high, Typeset), TICK) + 14.0;
                round((low, high), distance(widest, 20.0)).filter(|at| at.fract() == 0.0).map(number).collect()
            }
            Scale::Percent(low, high) => {
                let ticks = round((low, high), distance(60.0, 20.0));
                ticks.map(|at| line(at, format!("{} %", short(at, Typeset)))).collect()
            }
            Scale::Powers(powers) => {
                let label = |power: f64| line(power, power_label(powers.base, power as i64));
                self.powers(powers, distance(40.0, 22.0)).into_iter().map(label).collect()
            }
            Scale::Decimals(low, high) => {
                self.decimals(*low, *high).into_iter().map(|(at, text)| line(at, text)).collect()
            }
            Scale::Layers(first, last) => self.layers(*first, *last),
            Scale::Places(labels) => self.places(labels),
            Scale::Lanes(groups) => self.lanes(groups),
        }
    }

    fn tick(&self, at: f64, label: Vec<String>, has_line: bool) -> Tick {
        Tick { at: self.at(at), label, has_line }
    }

    /// Powers a round step apart on either side of a knee, which has its label from above.
    fn powers(&self, powers: &Powers, distance: f64) -> Vec<f64> {
        let stretch = |low: f64, high: f64| -> Vec<f64> {
            let unit = (self.at(high) - self.at(low)).abs() / (high - low).max(1e-9);
            let step = round_step(distance, unit) as f64;
            let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
            (first..=last).map(|multiple| multiple as f64 * step).collect()
        };
        let Some(knee) = powers.knee else { return stretch(powers.low, powers.high) };
        let is_apart = |at: &f64| (self.at(*at) - self.at(knee)).abs() > 0.85 * distance;
        let mut all: Vec<f64> = stretch(powers.low, knee).into_iter().filter(is_apart).collect();
        all.extend(stretch(knee, powers.high));
        all
    }

    /// log₁₀ of 1, 2 and 5 times powers of ten where there is room, else of fewer.
    fn decimals(&self, low: f64, high: f64) -> Vec<(f64, String)> {
        let of = |units: &[u32]| -> Vec<(f64, String)> {
            let powers = low.floor() as i32..=high.ceil() as i32;
            let numbers = powers.flat_map(|power| units.iter().map(move |unit| format!("{unit}e{power}")));
            let numbers = numbers.filter_map(|text| text.parse::<f64>().ok());
            let places = numbers.map(|x| (core_math::log10(x), short(x, Typeset)));
            places.filter(|(at, _)| (low..=high).contains(at)).collect()
        };
        let is_apart = |ticks: &Vec<(f64, String)>| {
            ticks.windows(2).all(|pair| (self.at(pair[0].0) - self.at(pair[1].0)).abs() >= 14.0)
        };
        let ticks = [&[1, 2, 5][..], &[1, 3]].into_iter().map(of).find(is_apart).unwrap_or_else(|| of(&[1]));
        let ends = (core_math::exp10(low), core_math::exp10(high));
        if ticks.len() > 2 || !ends.1.is_finite() {
            return ticks;
        }
        // Less than a power of ten: round numbers as on an axis of numbers, as many as stand apart.
        let numbers = round_ticks(ends, 8.0, 1.0).into_iter();
        let places = numbers.filter(|x| *x > 0.0).map(|x| (core_math::log10(x), short(x, Typeset)));
        let mut finer: Vec<(f64, String)> = Vec::new();
        for (at, words) in places.filter(|(at, _)| (low..=high).contains(at)) {
            if finer.last().is_none_or(|(last, _)| (self.at(at) - self.at(*last)).abs() >= 16.0) {
                finer.push((at, words));
            }
        }
        if finer.len() > ticks.len() { finer } else { ticks }
    }

    /// A round step apart, the first, and the head last, none too near another.
    fn layers(&self, first: usize, last: usize) -> Vec<Tick> {
        let room = |words: &str, more: f64| if self.is_upright { TICK.line() } else { text::width(words, TICK) + more };
        let tick = |layer: usize, label: String| self.tick(layer as f64, vec![label], false);
        let mut ticks = vec![tick(first, first.to_string())];
        if last <= first {
            return ticks;
        }
        let (head, unit) = (room("head", 12.0), self.unit());
        let step = round_step(room(&last.to_string(), 26.0), unit);
        let is_apart = |layer: &usize| {
            let apart = |other: usize| layer.abs_diff(other) as f64 * unit;
            apart(first) >= 0.75 * step as f64 * unit && apart(last) >= head
        };
        let layers = (first / step + 1..=last / step).map(|multiple| multiple * step);
        ticks.extend(layers.filter(is_apart).map(|layer| tick(layer, layer.to_string())));
        ticks.push(tick(last, "head".into()));
        ticks
    }

    /// Labels in lines where all have room, else every so many.
    fn places(&self, labels: &[String]) -> Vec<Tick> {
        let room = (self.unit() - 6.0).max(TICK.size);
        let wrapped: Vec<_> = labels.iter().map(|label| text::block(label, TICK, room, LINES)).collect();
        if labels.iter().zip(&wrapped).all(|(label, lines)| lines.join(" ") == *label) {
            let places = wrapped.into_iter().enumerate();
            return places.map(|(place, lines)| self.tick(place as f64, lines, false)).collect();
        }
        let cut: Vec<String> = labels.iter().map(|label| text::shortened(label, TICK, WIDEST)).collect();
        let widest = cut.iter().map(|label| text::width(label, TICK)).fold(0.0, f64::max);
        let places = cut.into_iter().enumerate().step_by(round_step(widest + 12.0, self.unit()));
        places.map(|(place, label)| self.tick(place as f64, vec![label], false)).collect()
    }

    /// The lanes' names, or those of groups beside their middle.
    fn lanes(&self, groups: &[Group]) -> Vec<Tick> {
        let mut ticks = Vec::new();
        let mut first = 0.0;
        for Group { name, lanes } in groups {
            if name.is_empty() {
                let named = lanes.iter().enumerate().filter(|(_, lane)| !lane.is_empty());
                ticks.extend(named.map(|(index, lane)| self.tick(first + index as f64, vec![lane.clone()], false)));
            } else {
                let middle = first + (lanes.len() as f64 - 1.0) / 2.0;
                ticks.push(self.tick(middle, text::wrapped(name, TICK, WIDEST), false));
            }
            first += lanes.len() as f64;
        }
        ticks
    }
}

/// Widest line of a group's name, and of a place's where not all have room.
const WIDEST: f64 = 130.0;

/// How many lanes there are.
pub fn lanes(groups: &[Group]) -> usize {
    groups.iter().map(|group| group.lanes.len()).sum()
}

/// `1`, `10`, `10⁻³`.
fn power_label(base: u32, power: i64) -> String {
    match power {
        0 => "1".into(),
        1 => base.to_string(),
        _ => format!("{base}{}", superscript(power)),
    }
}

/// The least of 1, 2, 5, 10, 20, 50, … steps of `unit` that are at least `distance` apart.
fn round_step(distance: f64, unit: f64) -> usize {
    let mut step = 1;
    // Bounded: no axis has a step beyond 10^18.
    for factor in [2.0, 2.5, 2.0].into_iter().cycle().take(54) {
        if step as f64 * unit >= distance {
            break;
        }
        step = (step as f64 * factor) as usize;
    }
    step
}

/// Multiples of a round step between two ends that are `length` apart on the page, at least `distance` apart.
fn round_ticks((low, high): (f64, f64), length: f64, distance: f64) -> Vec<f64> {
    let least = (high - low) * distance / length;
    // Written out, the power of ten is there without a logarithm.
    let power: i32 = format!("{least:e}").split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let number = |units: i64, power: i32| format!("{units}e{power}").parse::<f64>().unwrap_or(0.0);
    let multiples = [(1, power), (2, power), (5, power), (1, power + 1)];
    let (units, power) =
        multiples.into_iter().find(|(units, power)| number(*units, *power) >= least).unwrap_or((2, power + 1));
    let step = number(units, power);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    // Each is read from its decimal, so that no tick is 0.30000000000000004.
    (first..=last).map(|multiple| number(multiple * units, power)).collect()
}

/// Places near the wanted ones (sorted from above) that are at least `distance` apart and within the bounds.
///
/// Labels push each other downwards, then what overran the lower bound is pushed back up. With more labels than the
/// bounds hold, the last ones are dropped: fewer places come back.
pub fn spread(wanted: &[f64], distance: &[f64], (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::new();
    let mut least = top;
    let mut used = 0.0;
    for (wanted, distance) in wanted.iter().zip(distance) {
        used += distance;
        if !places.is_empty() && used > bottom - top + distance {
            break;
        }
        places.push(wanted.clamp(top, bottom.max(top)).max(least));
        least = places[places.len() - 1] + distance;
    }
    let mut most = bottom;
    for (index, place) in places.iter_mut().enumerate().rev() {
        *place = place.min(most).max(top);
        most = *place - if index > 0 { distance[index - 1] } else { 0.0 };
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (unit, step) in [(30.0, 1), (12.0, 2), (5.0, 5), (1.2, 20), (0.5, 50), (0.3, 100)] {
            assert_eq!(round_step(22.0, unit), step);
        }
    }

    #[test]
    fn ticks_are_round_and_apart() {
        assert_eq!(round_ticks((-4.0, 4.0), 900.0, 60.0), [-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(round_ticks((0.0, 0.31), 300.0, 80.0), [0.0, 0.1, 0.2, 0.3]);
        assert_eq!(round_ticks((-10001.0, 10001.0), 900.0, 60.0).len(), 11);
        assert_eq!(round_ticks((-4e-5, 4e-5), 900.0, 60.0)[0], -4e-5);
    }

    #[test]
    fn labels_are_spread_and_never_leave_the_plot() {
        assert_eq!(spread(&[10.0, 11.0, 60.0], &[10.0; 3], (0.0, 100.0)), [10.0, 20.0, 60.0]);
        assert_eq!(spread(&[95.0, 99.0, 120.0], &[10.0; 3], (0.0, 100.0)), [80.0, 90.0, 100.0]);
        assert_eq!(spread(&[0.0; 30], &[10.0; 30], (0.0, 100.0)).len(), 11);
    }

    #[test]
    fn coordinates_beyond_an_axis_are_on_its_frame_or_in_their_row() {
        let axis = |beyond| Axis::new("", Scale::Powers(Powers { beyond, ..Powers::of_ten(-3.0, 1.0) }));
        let (plain, rows) = (axis([None; 2]), axis([Some("0"), Some("∞")]));
        let ruler = Ruler::upwards(&plain, (100.0, 0.0), true);
        assert_eq!([f64::NEG_INFINITY, -9.0, 9.0, f64::INFINITY].map(|at| ruler.at(at)), [100.0, 100.0, 0.0, 0.0]);
        assert!(ruler.at(-3.0) == 88.0 && ruler.at(1.0) == 12.0 && ruler.at(f64::NAN) == 100.0);
        let ruler = Ruler::upwards(&rows, (100.0, 0.0), true);
        assert_eq!([f64::NEG_INFINITY, -3.0, 1.0, f64::INFINITY].map(|at| ruler.at(at)), [87.0, 62.0, 38.0, 13.0]);
    }
}
