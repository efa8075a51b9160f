//! The figures of a record as SVG within the page, in the colours of the reader's screen, with the numbers behind them.

use super::tips;
use crate::judgement::{judge, judge_run};
use crate::record::{NoiseSource, Record, Run};
use crate::report::draw::{self, Paint, Picture, SERIES_COLORS, Spot, Theme};
use crate::report::figure::{Comparison, Fate, Panel, Summary};
use crate::report::table::escaped;

/// The picture that compares all runs.
///
/// # Errors
/// What could not be drawn.
pub fn comparison(record: &Record) -> Result<String, String> {
    // The page says the title, the answer and the caption.
    let figure =
        Comparison { title: String::new(), answer: String::new(), caption: Vec::new(), ..Comparison::new(record) };
    let picture = draw::comparison(&figure, Theme::Light)?;
    let judgement = judge(record);
    let label = "noise/signal of layer 1 by activation and precision";
    Ok(html(label, &picture, |spot| tips::lane(record, &judgement, spot)))
}

/// The pictures of one run, one per panel.
///
/// # Errors
/// What could not be drawn.
pub fn run(record: &Record, run: &Run) -> Result<String, String> {
    let figure = Summary { panel_caption: Vec::new(), ..Summary::new(record, run) };
    let judged = judge_run(run, record.spec.batch);
    let mut pictures = String::new();
    for panel in Panel::ALL.into_iter().filter(|panel| panel.is_of(run)) {
        let picture = draw::panel(&figure, panel, Theme::Light)?;
        let label = format!("{}: {}", run.activation, panel.title());
        pictures += &html(&label, &picture, |spot| match panel {
            Panel::Noise => tips::noise(run, &judged, spot),
            Panel::Range => tips::range(run, &figure.range, spot),
            Panel::Fates => tips::fates(run, spot),
            Panel::Flips => tips::flips(run, spot),
            Panel::Attribution => tips::attribution(run, &figure, spot),
            Panel::Sources => tips::sources(run, &judged, &figure, spot),
            Panel::Histogram => None,
        });
    }
    Ok(pictures)
}

/// A figure that can be scrolled where it is wider than the page, and walked through with the arrow keys.
fn html(label: &str, picture: &Picture, tip: impl Fn(&Spot) -> Option<String>) -> String {
    let spots = picture.spots.iter().filter_map(|spot| Some(hit(spot, &tip(spot)?))).collect::<String>();
    let end = picture.svg.rfind("</svg>").unwrap_or(picture.svg.len());
    let (drawn, end) = picture.svg.split_at(end);
    // Read aloud, the labels of axes would say nothing: the page's tables hold the numbers.
    let drawn = drawn.replacen("<svg ", "<svg aria-hidden=\"true\" ", 1);
    let keys = if spots.is_empty() { "" } else { "; the arrow keys walk through its numbers" };
    format!(
        "<figure class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{}{keys}\">\n{drawn}{spots}{end}</figure>\n",
        escaped(label)
    )
}

/// A transparent area with its numbers: the browser's own tooltip where no script runs.
fn hit(spot: &Spot, tip: &str) -> String {
    let [x, y, width, height] = spot.place;
    format!(
        "<rect class=\"spot\" data-row=\"{}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"none\" \
         pointer-events=\"all\"><title>{}</title></rect>\n",
        spot.row,
        escaped(tip)
    )
}

/// The rules that turn the figures' colours into those of a dark screen: rules outweigh a drawing's own attributes.
pub fn dark_style() -> String {
    let single =
        [Paint::Ink, Paint::Soft, Paint::Faint, Paint::Paper, Paint::ChaoticRegion, Paint::NoisyRegion, Paint::Truth];
    let paints = single.into_iter().chain((0..SERIES_COLORS).map(Paint::Series)).chain(Fate::ALL.map(Paint::Fate));
    let paints = paints.chain(NoiseSource::ALL.map(Paint::Source));
    let mut known = Vec::new();
    let mut rules = String::new();
    for paint in paints {
        let light = code(Theme::Light, paint);
        // A series and a fate may share a colour; the series' then serves both.
        if !known.contains(&light) {
            let dark = code(Theme::Dark, paint);
            rules += &format!("  figure [fill=\"{light}\"] {{ fill: {dark}; }}\n");
            rules += &format!("  figure [stroke=\"{light}\"] {{ stroke: {dark}; }}\n");
            known.push(light);
        }
    }
    format!("\n@media screen and (prefers-color-scheme: dark) {{\n{rules}}}\n")
}

fn code(theme: Theme, paint: Paint) -> String {
    let (red, green, blue) = theme.rgb(paint);
    format!("#{red:02X}{green:02X}{blue:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every colour of the pictures is translated.
    #[test]
    fn dark_screens_have_every_colour() {
        let style = dark_style();
        for fate in Fate::ALL {
            assert!(style.contains(&format!("[fill=\"{}\"]", code(Theme::Light, Paint::Fate(fate)))), "{fate:?}");
        }
        for source in NoiseSource::ALL {
            assert!(
                style.contains(&format!("[stroke=\"{}\"]", code(Theme::Light, Paint::Source(source)))),
                "{source:?}"
            );
        }
        assert!(style.contains("[stroke=\"#1A1A1A\"] { stroke: #E8EAED; }"), "{style}");
        assert_eq!(style.matches("[fill=\"#000000\"]").count(), 1);
    }
}
