//! Figures as data made visible: SVG by plotters, PNG from that SVG by resvg.
//!
//! plotters' SVG backend rounds coordinates to whole units, so everything is drawn on a canvas ten
//! times the page. Nothing is computed here but places on the page: the page is laid
//! out first, panel by panel from above, each as high as its words need, and then drawn.

mod axis;
mod canvas;
mod compare;
mod decades;
mod fates;
mod key;
mod magnitude;
mod noise;
mod style;
mod text;

use crate::record::{Record, Run};
use crate::report::figure::{Comparison, Summary};
use canvas::{Canvas, Drawn, Rect};
use plotters::style::RGBColor;
use resvg::{tiny_skia, usvg};
use style::{FAINT, INK, MARGIN, PAGE_WIDTH, PLOT_LEFT, PLOT_RIGHT, SOFT};
use text::Font;

/// Pixels of the PNG per unit of the page.
const PNG_SCALE: f32 = 2.0;

const TITLE: Font = Font { size: 19.0, bold: true };
const VERDICT: Font = Font { size: 13.0, bold: false };
const CAPTION: Font = Font { size: 10.5, bold: false };

/// The summary picture of one run of a record as PNG, at twice the page's size.
///
/// # Errors
/// A sentence if the picture cannot be drawn (it never depends on the numbers in the record).
pub fn summary_png(record: &Record, run: &Run) -> Result<Vec<u8>, String> {
    rasterise(&summary_svg(record, run)?)
}

/// The summary picture of one run of a record as SVG.
///
/// # Errors
/// As [`summary_png`].
pub fn summary_svg(record: &Record, run: &Run) -> Result<String, String> {
    svg(&Summary::new(record, run))
}

/// The picture that compares all runs of a record, as PNG at twice the page's size.
///
/// # Errors
/// As [`summary_png`].
pub fn comparison_png(record: &Record) -> Result<Vec<u8>, String> {
    rasterise(&comparison_svg(record)?)
}

/// The picture that compares all runs of a record, as SVG.
///
/// # Errors
/// As [`summary_png`].
pub fn comparison_svg(record: &Record) -> Result<String, String> {
    compare::svg(&Comparison::new(record))
}

/// Where everything is on the page.
struct Layout {
    title: Vec<String>,
    verdict: Vec<Vec<String>>,
    noise: noise::Placed,
    magnitude: magnitude::Placed,
    fates: fates::Placed,
    caption: Vec<String>,
    caption_top: f64,
    height: f64,
}

impl Layout {
    fn new(summary: &Summary) -> Result<Layout, String> {
        let width = PAGE_WIDTH - 2.0 * MARGIN;
        let title = text::wrapped(&summary.title, TITLE, width)?;
        let verdict = summary.verdict.iter().map(|sentence| text::wrapped(sentence, VERDICT, width));
        let verdict: Vec<Vec<String>> = verdict.collect::<Result<_, _>>()?;
        let verdict_lines: usize = verdict.iter().map(Vec::len).sum();
        let mut y = MARGIN + TITLE.line() * title.len() as f64 + 6.0 + VERDICT.line() * verdict_lines as f64 + 18.0;
        let noise = noise::Placed::new(&summary.noise, y)?;
        y = noise.bottom() + 20.0;
        let magnitude = magnitude::Placed::new(&summary.magnitude, y)?;
        y = magnitude.bottom() + 20.0;
        let fates = fates::Placed::new(&summary.fates, y)?;
        y = fates.bottom() + 14.0;
        let caption = text::wrapped_pieces(&summary.caption, " · ", CAPTION, width)?;
        let height = y + 8.0 + CAPTION.line() * caption.len() as f64 + MARGIN;
        Ok(Layout { title, verdict, noise, magnitude, fates, caption, caption_top: y, height: height.ceil() })
    }
}

fn svg(summary: &Summary) -> Result<String, String> {
    let layout = Layout::new(summary)?;
    let mut document = String::new();
    {
        let canvas = Canvas::new(&mut document, PAGE_WIDTH, layout.height)?;
        draw(&canvas, summary, &layout)?;
        canvas.finish()?;
    }
    canvas::to_page_units(&document, PAGE_WIDTH, layout.height)
}

fn draw(canvas: &Canvas, summary: &Summary, layout: &Layout) -> Drawn {
    let mut y = 6.0 + lines(canvas, &layout.title, MARGIN, TITLE, INK)?;
    for sentence in &layout.verdict {
        y = lines(canvas, sentence, y, VERDICT, INK)?;
    }
    layout.noise.draw(canvas, &summary.noise, summary.layers)?;
    layout.magnitude.draw(canvas, &summary.magnitude, summary.layers)?;
    layout.fates.draw(canvas, &summary.fates, summary.layers)?;
    caption(canvas, &layout.caption, layout.caption_top)
}

/// Lines of running text from a height downwards; gives where they end.
fn lines(canvas: &Canvas, lines: &[String], top: f64, font: Font, color: RGBColor) -> Result<f64, String> {
    let mut y = top;
    for line in lines {
        canvas.text(line, (MARGIN, y), font, color)?;
        y += font.line();
    }
    Ok(y)
}

/// The caption below a rule.
fn caption(canvas: &Canvas, text: &[String], top: f64) -> Drawn {
    canvas.line(&[(MARGIN, top), (PAGE_WIDTH - MARGIN, top)], FAINT, 0.8)?;
    lines(canvas, text, top + 8.0, CAPTION, SOFT).map(|_| ())
}

/// The plot area of a panel between two heights.
fn plot(top: f64, height: f64) -> Rect {
    Rect { left: PLOT_LEFT, top, right: PLOT_RIGHT, bottom: top + height }
}

fn rasterise(svg: &str) -> Result<Vec<u8>, String> {
    let mut options = usvg::Options { font_family: text::FAMILY.into(), ..usvg::Options::default() };
    for font in text::FONTS {
        options.fontdb_mut().load_font_data(font.to_vec());
    }
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| format!("the picture cannot be read: {error}"))?;
    let size = tree.size();
    let (width, height) = ((size.width() * PNG_SCALE).ceil() as u32, (size.height() * PNG_SCALE).ceil() as u32);
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or("the picture is too large to draw")?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(PNG_SCALE, PNG_SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| format!("the picture cannot be encoded: {error}"))
}
