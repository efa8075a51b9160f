//! One panel: its head, its rows of plots, and the words beside them, laid out first and then drawn.

use super::beside::{Beside, listed, total};
use super::canvas::{Anchor, Canvas, Drawn, Rect};
use super::key::Head;
use super::plot::{self, Around, NAME};
use super::ruler::{Ruler, TICK, lanes, spread};
use super::text::{self, Font, WORDS};
use crate::report::panel::{Height, Paint, Panel, Plot, Row, Rule, Sample, Scale};

/// Least space left of plots for their numbers and the axis' name.
const LEFT: f64 = 60.0;
/// Free space between plots side by side, and between a frame and words beside it.
const GAP: f64 = 20.0;
const TO_WORDS: f64 = 10.0;
/// Free space between rows that share their axis along, and between others.
const BETWEEN: (f64, f64) = (7.0, 14.0);
/// Less room than this beside plots is for names alone: those of lines stand on their lines.
const NARROW: f64 = 150.0;
/// Least height of a lane.
const LANE: f64 = 16.0;
/// What more room the words beside lanes get.
const LANE_WORDS: f64 = 64.0;
/// A plot's own title.
const PLOT_TITLE: Font = Font { size: 12.0, bold: true };

/// Where a panel stands and how much room there is beside its plots.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Left edge, numbers included.
    pub left: f64,
    /// Right edge, words beside the plots included.
    pub right: f64,
    /// Upper edge.
    pub top: f64,
    /// Room for words beside plots.
    pub gutter: f64,
    /// Where it ends, if its plots share a given height.
    pub bottom: Option<f64>,
}

/// A panel, laid out.
pub struct Placed<'a> {
    place: Place,
    head: Head,
    rows: Vec<PlacedRow<'a>>,
    /// Where it ends.
    pub bottom: f64,
}

struct PlacedRow<'a> {
    row: &'a Row,
    /// Titles and notes of the plots in lines, and their frames.
    plots: Vec<([Vec<String>; 2], Rect)>,
    top: f64,
    around: Around,
    beside: Vec<Beside>,
}

/// Room that the numbers of the widest axis upwards need left of plots.
pub fn room_left(panel: &Panel) -> f64 {
    let plots = panel.rows.iter().filter_map(|row| row.plots.first());
    // As many ticks as a tall plot has.
    let ticks = plots.flat_map(|plot| Ruler::upwards(&plot.y, (400.0, 0.0), true).ticks());
    ticks.flat_map(|tick| tick.label).map(|label| text::width(&label, TICK) + 32.0).fold(LEFT, f64::max)
}

impl<'a> Placed<'a> {
    /// Lays a panel out; `left` is the room left of its plots.
    pub fn new(panel: &'a Panel, mut place: Place, left: f64) -> Placed<'a> {
        let has_scale = |is: fn(&Plot) -> bool| panel.rows.iter().flat_map(|row| &row.plots).any(is);
        if has_scale(|plot| matches!(plot.y.scale, Scale::Lanes(_))) {
            // A lane is as high as a line of words: they need width.
            place.gutter += LANE_WORDS;
        }
        let edge = place.left + left;
        let head_left = if panel.rows.is_empty() { place.left } else { edge };
        let head = Head::new(&panel.title, &panel.key, (head_left, place.right), place.top);
        let has_entries = panel.rows.iter().any(|row| !row.beside.is_empty());
        let is_aligned = has_scale(|plot| matches!(plot.x.scale, Scale::Layers(..)));
        let gutter = if has_entries || is_aligned { place.gutter } else { names_width(panel, place).min(place.gutter) };
        let right = place.right - gutter;
        let mut y = head.bottom;
        // Where the height is given, rows share what is left of it.
        let below: f64 = panel.rows.iter().map(|row| below(row) + between(row)).sum();
        let share = place.bottom.map(|bottom| ((bottom - y - below) / panel.rows.len().max(1) as f64).max(8.0));
        let placed = |row: &'a Row| {
            let placed = PlacedRow::new(row, place, (edge, right), y, share);
            y = placed.bottom() + below_of(&placed) + between(row);
            placed
        };
        let rows: Vec<PlacedRow> = panel.rows.iter().map(placed).collect();
        let bottom = y - panel.rows.last().map_or(0.0, between);
        Placed { place, head, rows, bottom }
    }

    /// Draws it.
    pub fn draw(&self, canvas: &Canvas) -> Drawn {
        self.head.draw(canvas)?;
        self.rows.iter().try_for_each(|row| row.draw(canvas))?;
        // One name upwards for neighbouring rows of the same axis.
        let name = |row: &PlacedRow| row.row.plots.first().map_or(String::new(), |plot| plot.y.name.clone());
        for group in self.rows.chunk_by(|one, next| name(one) == name(next) && one.row.is_continued) {
            let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
            if let (Some((.., first_frame)), Some((.., last_frame))) = (first.plots.first(), last.plots.first()) {
                let middle = (first_frame.top + last_frame.bottom) / 2.0;
                let room = last_frame.bottom - first_frame.top;
                let name = text::shortened(&name(first), NAME, room.max(40.0));
                canvas.anchored(&name, (self.place.left + 8.0, middle), NAME, Paint::Soft, Anchor::Upward)?;
            }
        }
        Ok(())
    }
}

/// Free space below a row.
fn between(row: &Row) -> f64 {
    if row.is_continued { BETWEEN.0 } else { BETWEEN.1 }
}

/// Height of the numbers and the name below a row whose labels have one line.
fn below(row: &Row) -> f64 {
    if row.is_continued { 0.0 } else { 6.0 + TICK.line() + NAME.line() }
}

/// The same of a laid out row, whose labels may have several lines.
fn below_of(row: &PlacedRow) -> f64 {
    let lines = row.plots.iter().zip(&row.row.plots).map(|((.., frame), plot)| label_lines(plot, *frame));
    below(row.row) + if row.row.is_continued { 0.0 } else { TICK.line() * (lines.max().unwrap_or(1).max(1) - 1) as f64 }
}

fn label_lines(plot: &Plot, frame: Rect) -> usize {
    plot::rulers(plot, frame).0.ticks().iter().map(|tick| tick.label.len()).max().unwrap_or(1)
}

/// Height of a row's plots, unless it is given.
fn least_height(row: &Row) -> f64 {
    let height: f64 = match row.height {
        Height::Strip => 35.0,
        Height::Low => 146.0,
        Height::Middle => 206.0,
        Height::Tall => 320.0,
    };
    let counts = row.plots.iter().map(|plot| plot.counts[0].len() + plot.counts[1].len()).max().unwrap_or(0);
    height + plot::COUNT_ROW * counts as f64
}

impl<'a> PlacedRow<'a> {
    fn new(row: &'a Row, place: Place, (edge, right): (f64, f64), top: f64, share: Option<f64>) -> PlacedRow<'a> {
        // Names of lines stand nearest; entries without a place beside them.
        let first = right + TO_WORDS;
        let is_listed = row.beside.iter().any(|entry| entry.at.is_none());
        let room = if is_listed { first + 0.45 * place.gutter } else { place.right };
        let lines = named_lines(row, place).map(|rule| Beside::of_rule(rule, first, room));
        let entries = row.beside.iter().filter(|entry| entry.at.is_some());
        let mut beside: Vec<Beside> =
            lines.chain(entries.map(|entry| Beside::new(entry, first, place.right))).collect();
        let names = beside.iter().filter(|one| !one.font.bold).flat_map(|one| &one.name);
        let second = names.map(|line| first + text::width(line, WORDS) + 10.0).fold(first, f64::max);
        // Plots with an axis upwards of their own have its numbers beside them.
        let apart = if has_own_axes(row) { LEFT } else { GAP };
        let count = row.plots.len().max(1) as f64;
        let width = (right - edge - apart * (count - 1.0)) / count;
        let words =
            |plot: &Plot| [text::wrapped(&plot.title, PLOT_TITLE, width), text::wrapped(&plot.note, WORDS, width)];
        let words: Vec<[Vec<String>; 2]> = row.plots.iter().map(words).collect();
        let above = row.plots.iter().zip(&words).map(|(plot, words)| above(plot, words)).fold(0.0, f64::max);
        // Nothing is dropped where a plot may be as high as its words.
        let needed: f64 = beside.iter().map(Beside::height).sum();
        let given = share.map(|share| (share - above).max(8.0));
        let listed = listed(row, (second, place.right), given.map(|height| height + below(row) + between(row)));
        let height = given.unwrap_or(least_height(row).max(needed).max(total(&listed)).max(lane_height(row, &beside)));
        beside.extend(listed);
        let frame = |index: usize| {
            let left = edge + (width + apart) * index as f64;
            Rect { left, right: left + width, top: top + above, bottom: top + above + height }
        };
        let plots: Vec<_> = words.into_iter().enumerate().map(|(index, words)| (words, frame(index))).collect();
        let around = Around {
            has_left: true,
            has_below: !row.is_continued,
            is_strip: row.height == Height::Strip,
            has_names_inside: place.gutter < NARROW,
        };
        let ruler = row.plots.last().zip(plots.last()).map(|(plot, (_, frame))| plot::rulers(plot, *frame).1);
        beside.iter_mut().for_each(|one| one.at = one.at.zip(ruler).map(|(at, ruler)| ruler.at(at)));
        PlacedRow { row, plots, top, around, beside }
    }

    fn bottom(&self) -> f64 {
        self.plots.first().map_or(self.top, |(.., frame)| frame.bottom)
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        for (index, (plot, ([title, note], frame))) in self.row.plots.iter().zip(&self.plots).enumerate() {
            let below = canvas.lines(title, (frame.left, self.top), PLOT_TITLE, Paint::Ink)?;
            canvas.lines(note, (frame.left, below), WORDS, Paint::Soft)?;
            let has_left = index == 0 || has_own_axes(self.row);
            plot::draw(canvas, plot, *frame, Around { has_left, ..self.around })?;
            upright_names(canvas, plot, *frame)?;
            if self.around.has_below && !plot.x.name.is_empty() {
                let lines = label_lines(plot, *frame).max(1) as f64;
                let middle = ((frame.left + frame.right) / 2.0, frame.bottom + 7.0 + TICK.line() * lines);
                let name = text::shortened(&plot.x.name, NAME, frame.right - frame.left + GAP);
                canvas.anchored(&name, middle, NAME, Paint::Soft, Anchor::Top)?;
            }
        }
        self.words(canvas)
    }

    /// Words beside the last plot: those with a place pushed apart, the others from above.
    fn words(&self, canvas: &Canvas) -> Drawn {
        let Some((.., frame)) = self.plots.last() else { return Ok(()) };
        let mut placed: Vec<(f64, &Beside)> = self.beside.iter().filter_map(|one| Some((one.at?, one))).collect();
        placed.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        // Their first line stands at their place.
        let first = |one: &Beside| one.font.line() / 2.0;
        let wanted: Vec<f64> = placed.iter().map(|(at, one)| at - first(one)).collect();
        let heights: Vec<f64> = placed.iter().map(|(_, one)| one.height()).collect();
        let last = heights.last().copied().unwrap_or(0.0);
        let tops = spread(&wanted, &heights, (frame.top - 2.0, (frame.bottom - last + 4.0).max(frame.top)));
        for ((at, one), top) in placed.iter().zip(tops) {
            if one.sample == Sample::Nothing && (top + first(one) - at).abs() < 200.0 {
                let bend =
                    [(frame.right, *at), (frame.right + 4.0, top + first(one)), (one.left - 2.0, top + first(one))];
                canvas.line(&bend, Paint::Soft, 0.6)?;
            }
            one.draw(canvas, top)?;
        }
        let mut y = frame.top;
        for one in self.beside.iter().filter(|one| one.at.is_none()) {
            one.draw(canvas, y)?;
            y += one.height() + if self.around.is_strip { 0.0 } else { 5.0 };
        }
        Ok(())
    }
}

/// The lines of the last plot whose names stand beside it.
fn named_lines(row: &Row, place: Place) -> impl Iterator<Item = &Rule> {
    let is_named = move |rule: &&Rule| !rule.is_upright && !rule.label.is_empty() && place.gutter >= NARROW;
    row.plots.last().into_iter().flat_map(|plot| &plot.rules).filter(is_named)
}

/// Room for the names of lines, where nothing else stands beside the plots.
fn names_width(panel: &Panel, place: Place) -> f64 {
    let names = panel.rows.iter().flat_map(|row| named_lines(row, place));
    names.map(|rule| text::width(&rule.label, WORDS) + TO_WORDS + 4.0).fold(6.0, f64::max)
}

/// Height of a plot's words above its frame.
fn above(plot: &Plot, [title, note]: &[Vec<String>; 2]) -> f64 {
    let words = PLOT_TITLE.line() * title.len() as f64 + WORDS.line() * note.len() as f64;
    let names = if upright_lines(plot).next().is_some() { WORDS.line() + 3.0 } else { 0.0 };
    words + names + if words > 0.0 { 4.0 } else { 0.0 }
}

/// The upright lines with a name above the plot.
fn upright_lines(plot: &Plot) -> impl Iterator<Item = &Rule> {
    plot.rules.iter().filter(|rule| rule.is_upright && !rule.label.is_empty())
}

/// True where plots side by side have different axes upwards.
fn has_own_axes(row: &Row) -> bool {
    row.plots.windows(2).any(|pair| pair[0].y != pair[1].y)
}

/// Height of lanes in which the words beside them have room.
fn lane_height(row: &Row, beside: &[Beside]) -> f64 {
    let Some(Scale::Lanes(groups)) = row.plots.first().map(|plot| &plot.y.scale) else { return 0.0 };
    let mut places: Vec<(f64, f64)> = beside.iter().filter_map(|one| Some((one.at?, one.height()))).collect();
    places.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let count = lanes(groups).max(1) as f64;
    let ends = places.iter().map(|(at, _)| *at).skip(1).chain([count]);
    let needed = places.iter().zip(ends).map(|((at, height), end)| height / (end - at).max(1.0));
    needed.fold(LANE, f64::max) * count
}

/// The names of upright lines above a plot, pushed apart and kept within its width.
fn upright_names(canvas: &Canvas, plot: &Plot, frame: Rect) -> Drawn {
    let x = plot::rulers(plot, frame).0;
    let mut end = f64::NEG_INFINITY;
    let mut named: Vec<(f64, &Rule)> = upright_lines(plot).map(|rule| (x.at(rule.at), rule)).collect();
    named.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    for (at, rule) in named {
        let half = text::width(&rule.label, WORDS) / 2.0;
        let middle = at.max(end + half + 8.0).max(frame.left - 30.0 + half).min(frame.right + 30.0 - half);
        if middle - half < end {
            continue;
        }
        canvas.line(&[(at, frame.top - 3.0), (at, frame.top)], rule.paint, 0.8)?;
        let at = (middle, frame.top - WORDS.line() / 2.0 - 3.0);
        canvas.anchored(&rule.label, at, WORDS, rule.paint, Anchor::Middle)?;
        end = middle + half;
    }
    Ok(())
}
