//! The embedded font: registration, measuring, breaking into lines.

use crate::printable::in_one_line;
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::OnceLock;

/// The font's internal name, which readers of the SVG look for.
pub const FAMILY: &str = "DejaVu Sans";

/// plotters writes a font size of 1/1.24 of the one it is given.
const PLOTTERS_EM: f64 = 1.24;

/// plotters measures a font of 1.24 em line height as if the line were the font's own 1.164: the difference less a margin.
const LINE_TO_EM: f64 = 0.955;

const REGULAR: &[u8] = include_bytes!("../fonts/DejaVuSans-sub.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/DejaVuSans-Bold-sub.ttf");

/// Both faces, for the rasteriser.
pub const FONTS: [&[u8]; 2] = [REGULAR, BOLD];

/// Size in page units, and weight.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // the fields are their names
pub struct Font {
    pub size: f64,
    pub bold: bool,
}

/// Words in and beside plots.
pub const WORDS: Font = Font { size: 10.0, bold: false };

impl Font {
    /// Distance of lines.
    pub fn line(self) -> f64 {
        self.size * 1.38
    }

    /// plotters' description at `scale` times the size.
    pub fn description(self, scale: f64) -> FontDesc<'static> {
        let style = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        FontDesc::new(FontFamily::Name(FAMILY), self.size * scale * PLOTTERS_EM, style)
    }
}

/// Makes the embedded font known to plotters, once.
///
/// # Errors
/// If the embedded font cannot be read.
pub fn register() -> Result<(), String> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let register_both = || {
        register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
            && register_font(FAMILY, FontStyle::Bold, BOLD).is_ok()
    };
    if *DONE.get_or_init(register_both) { Ok(()) } else { Err("the embedded font cannot be read".into()) }
}

/// Width of a text as it is drawn, in page units, a few per cent too large at most. A font that cannot be read is refused
/// before anything is measured.
pub fn width(text: &str, font: Font) -> f64 {
    // plotters measures in whole units: ask at a large scale.
    const SCALE: f64 = 20.0;
    let size = font.description(SCALE).box_size(&in_one_line(text)).unwrap_or_default();
    f64::from(size.0) / SCALE * LINE_TO_EM
}

/// Lines no wider than `limit`, broken at spaces, and within a word only where it is wider than a line.
pub fn wrapped(text: &str, font: Font, limit: f64) -> Vec<String> {
    let words: Vec<String> = text.split(' ').map(String::from).collect();
    wrapped_pieces(&words, " ", font, limit)
}

/// Lines no wider than `limit`, of pieces joined by `separator`, broken between pieces where possible.
pub fn wrapped_pieces(pieces: &[String], separator: &str, font: Font, limit: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces {
        let joined = if line.is_empty() { piece.clone() } else { format!("{line}{separator}{piece}") };
        if width(&joined, font) <= limit {
            line = joined;
            continue;
        }
        let mut parts = broken(piece, font, limit);
        lines.push(std::mem::replace(&mut line, parts.pop().unwrap_or_default()));
        lines.extend(parts);
    }
    lines.push(line);
    lines.retain(|line| !line.is_empty());
    lines
}

/// One piece in parts that fit: after a space, `:` or `/` if there is one, else anywhere.
fn broken(piece: &str, font: Font, limit: f64) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    for c in piece.chars() {
        part.push(c);
        if width(&part, font) > limit && part.chars().count() > 1 {
            let overfull = part.len() - c.len_utf8();
            let cut = part[..overfull].rfind([' ', ':', '/', ',']).map_or(overfull, |position| position + 1);
            let rest = part.split_off(cut);
            parts.push(part.trim_end().to_string());
            part = rest.trim_start().to_string();
        }
    }
    parts.push(part);
    parts
}

/// As [`wrapped`], but no more lines than `most`: the last one then ends in an ellipsis.
pub fn block(text: &str, font: Font, limit: f64, most: usize) -> Vec<String> {
    let mut lines = wrapped(text, font, limit);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let room = limit - width("…", font);
            while width(last, font) > room && last.pop().is_some() {}
            last.truncate(last.trim_end().len());
            last.push('…');
        }
    }
    lines
}

/// The text cut with an ellipsis to the width.
pub fn shortened(text: &str, font: Font, limit: f64) -> String {
    if width(text, font) <= limit {
        return text.to_string();
    }
    // From the beginning, as a record's words may be long.
    let candidates = text.char_indices().map(|(start, c)| format!("{}…", text[..start + c.len_utf8()].trim_end()));
    candidates.take_while(|candidate| width(candidate, font) <= limit).last().unwrap_or_default()
}
