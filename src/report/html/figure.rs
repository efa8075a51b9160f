//! A panel as SVG within the page, in the colours of the reader's screen, with the numbers behind it.

use super::words::text;
use crate::report::panel::Panel;
use crate::report::svg::{self, Spot, Theme};
use maud::{Markup, PreEscaped, html};

/// A figure that can be scrolled where it is wider than the page, and walked through with the arrow keys.
///
/// # Errors
/// What could not be drawn.
pub fn figure(panel: &Panel) -> Result<Markup, String> {
    let picture = svg::figure(panel, Theme::Light)?;
    let keys = if picture.spots.is_empty() { "" } else { " The arrow keys walk through its numbers." };
    let label = format!("{}. {}{keys}", panel.title, panel.alternative);
    let end = picture.svg.rfind("</svg>").unwrap_or(picture.svg.len());
    let (drawn, end) = picture.svg.split_at(end);
    // Read aloud, the labels of axes would say nothing: the label does, and the page's tables hold the numbers.
    let drawn = drawn.replacen("<svg ", "<svg aria-hidden=\"true\" ", 1);
    Ok(html! {
        figure class="scroll" tabindex="0" role="group" aria-label=(text(&label)) {
            (PreEscaped(drawn))
            @for spot in &picture.spots { (hit(spot)) "\n" }
            (PreEscaped(end))
        }
        "\n"
    })
}

/// A transparent area with its numbers: the browser's own tooltip where no script runs.
fn hit(spot: &Spot) -> Markup {
    let [x, y, width, height] = spot.place;
    html! {
        rect class="spot" data-row=(spot.row) x=(x) y=(y) width=(width) height=(height) fill="none" pointer-events="all" {
            title { (text(&spot.words)) }
        }
    }
}

/// The rules that turn the figures' colours into those of a dark screen: rules outweigh a drawing's own attributes.
pub fn dark_style() -> String {
    let mut known = Vec::new();
    let mut rules = String::new();
    for paint in svg::paints() {
        let (light, dark) = (Theme::Light.code(paint), Theme::Dark.code(paint));
        // Two paints may share a colour; the first one's then serves both.
        if !known.contains(&light) {
            for property in ["fill", "stroke"] {
                rules += &format!("  figure [{property}=\"{light}\"] {{ {property}: {dark}; }}\n");
            }
            known.push(light);
        }
    }
    format!("\n@media screen and (prefers-color-scheme: dark) {{\n{rules}}}\n")
}
