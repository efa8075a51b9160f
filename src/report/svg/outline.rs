//! Text as outlines: the `<text>` elements of a picture become paths, so that the rasteriser needs no fonts and no shaping
//! of text, which take a fifth of the time of all dependencies to compile.
//!
//! Only what plotters writes is read: a line of text with its place, size, weight, anchor and a turn about its place. Pairs
//! are kerned and ligatures taken as the font says, so that the pixels are those that resvg draws itself.

use super::text::FONTS;
use std::fmt::Write;
use ttf_parser::gpos::{PairAdjustment, PositioningSubtable};
use ttf_parser::gsub::SubstitutionSubtable;
use ttf_parser::opentype_layout::LayoutTable;
use ttf_parser::{Face, GlyphId, OutlineBuilder, Tag};

/// A picture whose text is drawn as paths.
///
/// # Errors
/// A sentence if an element is not one that plotters writes, or the font has no outlines.
pub fn outlined(svg: &str) -> Result<String, String> {
    let faces = FONTS.map(|font| Face::parse(font, 0));
    let [Ok(regular), Ok(bold)] = faces else { return Err("the embedded font cannot be read".into()) };
    let mut result = String::with_capacity(svg.len() * 2);
    let mut rest = svg;
    while let Some(start) = rest.find("<text") {
        let element = &rest[start..];
        let parts = element.split_once('>').and_then(|(tag, after)| Some((tag, after.split_once("</text>")?)));
        let (tag, (content, after)) = parts.ok_or("a text element does not end")?;
        result.push_str(&rest[..start]);
        let face = if attribute(tag, "font-weight") == Some("bold") { &bold } else { &regular };
        write_path(face, tag, &unescaped(content), &mut result)?;
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

/// The value of an attribute.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

/// Characters that stand for themselves, white space as a reader of SVG takes it.
fn unescaped(content: &str) -> String {
    let content = content.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    let content = content.replace("&#39;", "'").replace("&amp;", "&");
    content.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The path of one line of text.
fn write_path(face: &Face, tag: &str, content: &str, to: &mut String) -> Result<(), String> {
    let number = |name: &str| attribute(tag, name).and_then(|value| value.parse::<f32>().ok());
    let (x, y, size) = match (number("x"), number("y"), number("font-size")) {
        (Some(x), Some(y), Some(size)) => (x, y, size),
        _ => return Err("a text element has no place or size".into()),
    };
    let shift = match attribute(tag, "dy") {
        None => 0.0,
        Some(shift) => {
            // An ex is half of an em where a font is not asked.
            let em = shift.strip_suffix("em").map(|count| (count, size));
            let (count, unit) =
                em.or_else(|| Some((shift.strip_suffix("ex")?, size / 2.0))).unwrap_or((shift, f32::NAN));
            let distance = count.parse::<f32>().map(|count| count * unit).ok().filter(|distance| distance.is_finite());
            distance.ok_or(format!("a text element is moved by {shift}"))?
        }
    };
    let scale = size / f32::from(face.units_per_em());
    let glyphs = ligated(face, content.chars().map(|c| face.glyph_index(c).unwrap_or_default()).collect());
    let kerns: Vec<u16> = face.tables().gpos.iter().flat_map(|table| lookups(table, b"kern")).collect();
    let mut places = Vec::with_capacity(glyphs.len());
    let mut pen = 0.0;
    for (index, glyph) in glyphs.iter().enumerate() {
        places.push(pen);
        let kerning = glyphs.get(index + 1).map_or(0, |next| kerning(face, &kerns, *glyph, *next));
        pen += f32::from(face.glyph_hor_advance(*glyph).unwrap_or(0)) + f32::from(kerning);
    }
    let start = match attribute(tag, "text-anchor") {
        Some("middle") => x - pen * scale / 2.0,
        Some("end") => x - pen * scale,
        _ => x,
    };
    to.push_str("<path");
    for name in ["fill", "opacity", "transform"] {
        if let Some(value) = attribute(tag, name) {
            let _ = write!(to, " {name}=\"{value}\"");
        }
    }
    to.push_str(" d=\"");
    for (glyph, place) in glyphs.iter().zip(places) {
        let mut outline = Outline { to, x: start + place * scale, y: y + shift, scale };
        // A space has none.
        face.outline_glyph(*glyph, &mut outline);
    }
    to.push_str("\"/>");
    Ok(())
}

/// Glyphs that the font joins, such as f and i, as the one that stands for them.
fn ligated(face: &Face, glyphs: Vec<GlyphId>) -> Vec<GlyphId> {
    let Some(table) = face.tables().gsub else { return glyphs };
    let lookups: Vec<u16> = lookups(&table, b"liga").collect();
    let subtables = || {
        let tables = lookups.iter().filter_map(|index| table.lookups.get(*index));
        tables.flat_map(|lookup| lookup.subtables.into_iter::<SubstitutionSubtable>())
    };
    // The ligature that begins these glyphs, and how many it takes.
    let first = |glyphs: &[GlyphId]| {
        subtables().find_map(|subtable| {
            let SubstitutionSubtable::Ligature(ligatures) = subtable else { return None };
            let set = ligatures.ligature_sets.get(ligatures.coverage.get(glyphs[0])?)?;
            let is_there = |components: &[GlyphId]| glyphs[1..].starts_with(components);
            set.into_iter().find_map(|ligature| {
                let components: Vec<GlyphId> = ligature.components.into_iter().collect();
                is_there(&components).then_some((ligature.glyph, components.len() + 1))
            })
        })
    };
    let mut result = Vec::with_capacity(glyphs.len());
    let mut rest = &glyphs[..];
    while let Some(glyph) = rest.first() {
        let (glyph, count) = first(rest).unwrap_or((*glyph, 1));
        result.push(glyph);
        rest = &rest[count..];
    }
    result
}

/// What lies between two glyphs beside the first one's advance, in the font's units.
fn kerning(face: &Face, kerns: &[u16], first: GlyphId, second: GlyphId) -> i16 {
    let Some(table) = face.tables().gpos else { return 0 };
    // A lookup moves a pair once, by the first of its subtables that has it.
    let of_lookup = |index: &u16| {
        let mut subtables = table.lookups.get(*index)?.subtables.into_iter::<PositioningSubtable>();
        subtables.find_map(|subtable| match subtable {
            PositioningSubtable::Pair(pairs) => of_pair(&pairs, first, second),
            _ => None,
        })
    };
    kerns.iter().filter_map(of_lookup).sum()
}

/// The lookups of the first feature of a name.
fn lookups<'a>(table: &LayoutTable<'a>, name: &[u8; 4]) -> impl Iterator<Item = u16> + use<'a> {
    let name = Tag::from_bytes(name);
    let feature = table.features.into_iter().find(|feature| feature.tag == name);
    feature.into_iter().flat_map(|feature| feature.lookup_indices)
}

fn of_pair(pairs: &PairAdjustment, first: GlyphId, second: GlyphId) -> Option<i16> {
    let values = match pairs {
        PairAdjustment::Format1 { coverage, sets } => sets.get(coverage.get(first)?)?.get(second)?,
        PairAdjustment::Format2 { coverage, classes, matrix } => {
            coverage.get(first)?;
            matrix.get((classes.0.get(first), classes.1.get(second)))?
        }
    };
    Some(values.0.x_advance)
}

/// Writes a glyph's outline as path data.
struct Outline<'a> {
    to: &'a mut String,
    x: f32,
    y: f32,
    scale: f32,
}

impl Outline<'_> {
    fn put(&mut self, command: char, points: &[(f32, f32)]) {
        self.to.push(command);
        for (x, y) in points {
            // Writing to a string does not fail.
            let _ = write!(self.to, "{} {} ", self.x + x * self.scale, self.y - y * self.scale);
        }
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.put('M', &[(x, y)]);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.put('L', &[(x, y)]);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.put('Q', &[(x1, y1), (x, y)]);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.put('C', &[(x1, y1), (x2, y2), (x, y)]);
    }
    fn close(&mut self) {
        self.to.push('Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face() -> Face<'static> {
        Face::parse(FONTS[0], 0).unwrap()
    }

    fn glyphs(face: &Face, text: &str) -> Vec<GlyphId> {
        text.chars().map(|c| face.glyph_index(c).unwrap()).collect()
    }

    /// x of every point of a picture with one text.
    fn places(tag: &str, content: &str) -> Vec<f32> {
        let picture = outlined(&format!("<svg><text {tag}>\n{content}\n</text><rect/></svg>")).unwrap();
        let path = picture.strip_prefix("<svg><path").unwrap().strip_suffix("\"/><rect/></svg>").unwrap();
        let data = path.split("d=\"").nth(1).unwrap();
        let numbers = data.split(|c: char| c.is_ascii_alphabetic() || c == ' ').filter(|word| !word.is_empty());
        numbers.map(|number| number.parse().unwrap()).step_by(2).collect()
    }

    fn ends(places: &[f32]) -> (f32, f32) {
        (places.iter().copied().fold(f32::INFINITY, f32::min), places.iter().copied().fold(f32::NEG_INFINITY, f32::max))
    }

    #[test]
    fn pairs_are_kerned_and_ligatures_taken() {
        let face = face();
        let kerns: Vec<u16> = lookups(&face.tables().gpos.unwrap(), b"kern").collect();
        let pair = |text: &str| {
            let glyphs = glyphs(&face, text);
            kerning(&face, &kerns, glyphs[0], glyphs[1])
        };
        assert!(pair("AV") < 0 && pair("Te") < 0, "{} {}", pair("AV"), pair("Te"));
        assert_eq!(pair("nn"), 0);
        for (text, count) in [("flip", 3), ("first", 4), ("fan", 3), ("f", 1), ("", 0)] {
            assert_eq!(ligated(&face, glyphs(&face, text)).len(), count, "{text}");
        }
    }

    #[test]
    fn text_stands_where_its_anchor_says() {
        let tag = |anchor: &str| format!("x=\"100\" y=\"50\" font-size=\"10\" text-anchor=\"{anchor}\"");
        let [start, middle, end] = ["start", "middle", "end"].map(|anchor| ends(&places(&tag(anchor), "HIH")));
        let width = start.1 - start.0;
        assert!((100.0..102.0).contains(&start.0) && (98.0..100.0).contains(&end.1), "{start:?} {end:?}");
        assert!((middle.0 + middle.1 - 200.0).abs() < 1e-3, "{middle:?}");
        assert!((end.1 - end.0 - width).abs() < 1e-3 && (15.0..25.0).contains(&width), "{width}");
        // Escapes are characters, and white space at the ends is none.
        let plain = r#"x="0" y="0" font-size="10""#;
        assert_eq!(places(plain, "&lt;&amp;amp; &#39;"), places(plain, "  &lt;&amp;amp;   &apos; "));
        assert!(ends(&places(plain, "&lt;")).1 < 10.0);
    }

    #[test]
    fn what_plotters_does_not_write_is_refused() {
        for tag in [r#"x="0" y="0""#, r#"x="0" y="0" font-size="10" dy="3px""#, r#"x="0" y="0" font-size="10" dy="m""#]
        {
            assert!(outlined(&format!("<svg><text {tag}>a</text></svg>")).is_err(), "{tag}");
        }
        assert!(outlined("<svg><text x=\"0\"").is_err());
        assert_eq!(outlined("<svg><rect/></svg>").unwrap(), "<svg><rect/></svg>");
    }
}
