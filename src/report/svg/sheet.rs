//! Pages: a poster of panels below each other, and a slide.

use super::canvas::{self, Anchor, Canvas, Drawn, Spot};
use super::panel::{Place, Placed, room_left};
use super::text::{self, Font};
use super::theme::Theme;
use crate::printable::in_one_line;
use crate::report::panel::{Layout, Paint, Panel, Scale, Sheet};
use maud::html;

/// Width of a poster.
const POSTER: f64 = 1120.0;
/// Width and height of a slide: 16:9.
const SLIDE: (f64, f64) = (800.0, 450.0);
/// Free on every side of a page.
const MARGIN: f64 = 24.0;
/// Room for words beside the plots of a poster, and of a slide.
const GUTTER: f64 = 270.0;
const SLIDE_GUTTER: f64 = 126.0;
/// Part of a slide's width that its first panel takes.
const FIRST: f64 = 0.57;
/// Free space between panels, and above a caption's rule and below it.
const PANEL_GAP: f64 = 16.0;
const CAPTION_GAPS: (f64, f64) = (6.0, 8.0);

const TITLE: Font = Font { size: 19.0, bold: true };
/// The sentence to read first.
const RULING: Font = Font { size: 14.0, bold: true };
const SENTENCE: Font = Font { size: 13.0, bold: false };
const CAPTION: Font = Font { size: 10.5, bold: false };
const SLIDE_CAPTION: Font = Font { size: 8.5, bold: false };

/// A picture and where its data are to be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The picture.
    pub svg: String,
    /// What can be pointed at, from below to above where spots overlap.
    pub spots: Vec<Spot>,
}

/// A sheet as SVG.
///
/// # Errors
/// A sentence if it cannot be drawn; it never depends on its numbers.
pub fn picture(sheet: &Sheet, theme: Theme) -> Result<String, String> {
    let picture = match sheet.layout {
        Layout::Poster => poster(sheet, theme)?,
        Layout::Slide => slide(sheet, theme)?,
    };
    Ok(described(sheet, &picture.svg))
}

/// The document with what it shows in words, for those who do not see it.
fn described(sheet: &Sheet, svg: &str) -> String {
    let told = [sheet.ruling.as_str()].into_iter().chain(sheet.panels.iter().map(|panel| panel.alternative.as_str()));
    let told: Vec<&str> = told.filter(|words| !words.is_empty()).collect();
    let title = sheet.panels.first().map_or("", |panel| &panel.title);
    let title = if sheet.title.is_empty() { title } else { &sheet.title };
    let words = html! { title { (in_one_line(title)) } desc { (in_one_line(&told.join(" "))) } };
    let (tag, rest) = svg.split_at(svg.find('>').map_or(0, |end| end + 1));
    format!("{}\n{}{rest}", tag.replacen("<svg ", "<svg role=\"img\" ", 1), words.into_string())
}

/// A panel within a page, which has its own words around it.
///
/// # Errors
/// As [`picture`].
pub fn figure(panel: &Panel, theme: Theme) -> Result<Picture, String> {
    poster(&Sheet { panels: vec![panel.clone()], ..Sheet::default() }, theme)
}

fn poster(sheet: &Sheet, theme: Theme) -> Result<Picture, String> {
    let width = POSTER - 2.0 * MARGIN;
    text::register()?;
    let words = Words::new(sheet, width);
    let mut y = MARGIN + words.height();
    // Plots over layers stand above each other.
    let is_aligned = |panel: &&Panel| {
        panel.rows.iter().flat_map(|row| &row.plots).any(|plot| matches!(plot.x.scale, Scale::Layers(..)))
    };
    let aligned = sheet.panels.iter().filter(is_aligned).map(room_left).fold(0.0, f64::max);
    let mut panels = Vec::new();
    for panel in &sheet.panels {
        let place = Place { left: MARGIN, right: POSTER - MARGIN, top: y, gutter: GUTTER, bottom: None };
        let left = if is_aligned(&panel) { aligned } else { room_left(panel) };
        let placed = Placed::new(panel, place, left);
        y = placed.bottom + PANEL_GAP;
        panels.push(placed);
    }
    let caption = text::wrapped_pieces(&sheet.caption, " · ", CAPTION, width);
    let rule = y - PANEL_GAP + CAPTION_GAPS.0;
    let height = match caption.len() {
        0 => y - PANEL_GAP + 4.0,
        lines => rule + CAPTION_GAPS.1 + CAPTION.line() * lines as f64 + MARGIN,
    };
    drawn((POSTER, height.ceil()), theme, |canvas| {
        words.draw(canvas)?;
        panels.iter().try_for_each(|placed| placed.draw(canvas))?;
        if !caption.is_empty() {
            canvas.line(&[(MARGIN, rule), (POSTER - MARGIN, rule)], Paint::Faint, 0.8)?;
            canvas.lines(&caption, (MARGIN, rule + CAPTION_GAPS.1), CAPTION, Paint::Soft)?;
        }
        Ok(())
    })
}

/// The first panel on the left, the others on the right, one alone across all of it, and what explains them below.
fn slide(sheet: &Sheet, theme: Theme) -> Result<Picture, String> {
    let width = SLIDE.0 - 2.0 * MARGIN;
    text::register()?;
    let above = Words::new(&Sheet { sentences: Vec::new(), ..sheet.clone() }, width);
    let sentences = text::wrapped(&sheet.sentences.join(" "), SENTENCE, width);
    let caption = text::shortened(&sheet.caption.join(" · "), SLIDE_CAPTION, width);
    let caption_top = SLIDE.1 - 8.0 - SLIDE_CAPTION.line();
    let sentences_top = caption_top - 4.0 - SENTENCE.line() * sentences.len() as f64;
    let (top, bottom) = (MARGIN + above.height() - 8.0, sentences_top - 10.0);
    let middle = if sheet.panels.len() > 1 { MARGIN + FIRST * width } else { SLIDE.0 - MARGIN + 8.0 };
    let mut panels = Vec::new();
    let count = sheet.panels.len().saturating_sub(1).max(1) as f64;
    for (index, panel) in sheet.panels.iter().enumerate() {
        let (left, right) = if index == 0 { (MARGIN, middle - 8.0) } else { (middle + 8.0, SLIDE.0 - MARGIN) };
        let part = |index: f64| top + (bottom - top) * index / count;
        let (top, bottom) = if index == 0 { (top, bottom) } else { (part(index as f64 - 1.0), part(index as f64)) };
        let place = Place { left, right, top, gutter: SLIDE_GUTTER, bottom: Some(bottom) };
        panels.push(Placed::new(panel, place, room_left(panel)));
    }
    drawn(SLIDE, theme, |canvas| {
        above.draw(canvas)?;
        panels.iter().try_for_each(|placed| placed.draw(canvas))?;
        canvas.lines(&sentences, (MARGIN, sentences_top), SENTENCE, Paint::Ink)?;
        canvas.anchored(&caption, (MARGIN, caption_top), SLIDE_CAPTION, Paint::Soft, Anchor::TopLeft)
    })
}

/// A page of a size.
fn drawn((width, height): (f64, f64), theme: Theme, body: impl FnOnce(&Canvas) -> Drawn) -> Result<Picture, String> {
    let mut document = String::new();
    let spots = {
        let canvas = Canvas::new(&mut document, width, height, theme)?;
        body(&canvas)?;
        canvas.finish()?
    };
    Ok(Picture { svg: canvas::to_page_units(&document, width, height)?, spots })
}

/// The words above the panels, in lines.
struct Words(Vec<(Vec<String>, Font, f64)>);

impl Words {
    fn new(sheet: &Sheet, width: f64) -> Words {
        let paragraphs = [(&sheet.title, TITLE, 6.0), (&sheet.ruling, RULING, 3.0)].into_iter();
        let paragraphs = paragraphs.chain(sheet.sentences.iter().map(|sentence| (sentence, SENTENCE, 3.0)));
        let shown = paragraphs.filter(|(words, ..)| !words.is_empty());
        Words(shown.map(|(words, font, gap)| (text::wrapped(words, font, width), font, gap)).collect())
    }

    /// Their height with the space below them.
    fn height(&self) -> f64 {
        let lines: f64 = self.0.iter().map(|(lines, font, gap)| font.line() * lines.len() as f64 + gap).sum();
        if self.0.is_empty() { 0.0 } else { lines + 14.0 }
    }

    fn draw(&self, canvas: &Canvas) -> Drawn {
        let mut y = MARGIN;
        for (lines, font, gap) in &self.0 {
            y = gap + canvas.lines(lines, (MARGIN, y), *font, Paint::Ink)?;
        }
        Ok(())
    }
}
