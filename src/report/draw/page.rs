//! Pages: the summary of all panels, and one panel on its own.

use super::canvas::{self, Canvas, Drawn, Rect};
use super::style::{MARGIN, PAGE_WIDTH, PLOT_LEFT, PLOT_RIGHT};
use super::text::{self, Font};
use super::theme::{Paint, Theme};
use super::{Picture, attribution, fates, flips, histogram, noise, range};
use crate::report::figure::{Panel, Summary};

/// The page's title.
pub const TITLE: Font = Font { size: 19.0, bold: true };
/// What rules: the sentence to read first.
const RULING: Font = Font { size: 14.0, bold: true };
/// The rest of the verdict in words.
pub const VERDICT: Font = Font { size: 13.5, bold: false };
/// What is needed to measure it again.
pub const CAPTION: Font = Font { size: 10.5, bold: false };

/// Free space between panels.
const PANEL_GAP: f64 = 16.0;
/// Free space above the caption's rule, and below it.
const CAPTION_GAPS: (f64, f64) = (14.0, 8.0);

/// A panel laid out on its page.
pub trait Placed {
    /// Where the panel ends.
    fn bottom(&self) -> f64;

    /// Draws it.
    fn draw(&self, canvas: &Canvas) -> Drawn;
}

/// Lays a panel out from a height downwards; nothing where the figure has nothing to show in it.
fn place<'a>(figure: &'a Summary, panel: Panel, top: f64) -> Result<Option<Box<dyn Placed + 'a>>, String> {
    let (layers, title) = (figure.layers, panel.title());
    Ok(Some(match panel {
        Panel::Noise => Box::new(noise::Placed::new(&figure.noise, layers, title, top)?),
        Panel::Range => Box::new(range::Placed::new(&figure.range, layers, top)?),
        Panel::Fates => Box::new(fates::Placed::new(&figure.fates, layers, top)?),
        Panel::Flips => Box::new(flips::Placed::new(&figure.flips, layers, top)?),
        Panel::Attribution => match &figure.attribution {
            Some(attribution) => Box::new(attribution::Placed::new(attribution, top)?),
            None => return Ok(None),
        },
        Panel::Sources => match &figure.sources {
            Some(sources) => Box::new(noise::Placed::new(sources, layers, title, top)?),
            None => return Ok(None),
        },
        Panel::Histogram => Box::new(histogram::Placed::new(&figure.histogram, top)?),
    }))
}

/// The page of all panels.
pub fn summary(figure: &Summary, theme: Theme) -> Result<Picture, String> {
    let width = PAGE_WIDTH - 2.0 * MARGIN;
    let title = text::wrapped(&figure.title, TITLE, width)?;
    let ruling = text::wrapped(&figure.ruling, RULING, width)?;
    let remedy = text::wrapped(&figure.remedy, VERDICT, width)?;
    let words = RULING.line() * ruling.len() as f64 + 3.0 + VERDICT.line() * remedy.len() as f64;
    let mut y = MARGIN + TITLE.line() * title.len() as f64 + 6.0 + words + 18.0;
    let mut panels = Vec::new();
    for panel in Panel::ALL.into_iter().filter(|panel| panel.is_in_summary()) {
        let Some(placed) = place(figure, panel, y)? else { continue };
        y = placed.bottom() + PANEL_GAP;
        panels.push(placed);
    }
    let top = y - PANEL_GAP + CAPTION_GAPS.0;
    document(&figure.caption, top, theme, |canvas| {
        let below = 6.0 + lines(canvas, &title, MARGIN, TITLE, Paint::Ink)?;
        let below = 3.0 + lines(canvas, &ruling, below, RULING, Paint::Ink)?;
        lines(canvas, &remedy, below, VERDICT, Paint::Ink)?;
        panels.iter().try_for_each(|placed| placed.draw(canvas))
    })
}

/// The page of one panel.
pub fn panel(figure: &Summary, panel: Panel, theme: Theme) -> Result<Picture, String> {
    let placed =
        place(figure, panel, MARGIN)?.ok_or_else(|| format!("no {} to draw: no noise was attributed", panel.name()))?;
    document(&figure.panel_caption, placed.bottom() + CAPTION_GAPS.0, theme, |canvas| placed.draw(canvas))
}

/// A page that ends in a caption below a height, or there if its caption is empty.
pub fn document(
    caption: &[String],
    caption_top: f64,
    theme: Theme,
    body: impl FnOnce(&Canvas) -> Drawn,
) -> Result<Picture, String> {
    let caption = text::wrapped_pieces(caption, " · ", CAPTION, PAGE_WIDTH - 2.0 * MARGIN)?;
    let below = caption_top + CAPTION_GAPS.1;
    let height = match caption.len() {
        0 => caption_top.ceil(),
        lines => (below + CAPTION.line() * lines as f64 + MARGIN).ceil(),
    };
    let mut document = String::new();
    let spots = {
        let canvas = Canvas::new(&mut document, PAGE_WIDTH, height, theme)?;
        body(&canvas)?;
        if !caption.is_empty() {
            canvas.line(&[(MARGIN, caption_top), (PAGE_WIDTH - MARGIN, caption_top)], Paint::Faint, 0.8)?;
            lines(&canvas, &caption, below, CAPTION, Paint::Soft)?;
        }
        canvas.finish()?
    };
    Ok(Picture { svg: canvas::to_page_units(&document, PAGE_WIDTH, height)?, spots })
}

/// Lines of running text from a height downwards; gives where they end.
pub fn lines(canvas: &Canvas, lines: &[String], top: f64, font: Font, color: Paint) -> Result<f64, String> {
    let mut y = top;
    for line in lines {
        canvas.text(line, (MARGIN, y), font, color)?;
        y += font.line();
    }
    Ok(y)
}

/// The plot area of a panel between two heights.
pub fn plot(top: f64, height: f64) -> Rect {
    Rect { left: PLOT_LEFT, top, right: PLOT_RIGHT, bottom: top + height }
}
