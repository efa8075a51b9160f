//! From SVG to PNG, strip by strip: a picture of two hundred formats is 60 000 pixels high, and all of them at once take
//! 550 MB.

use super::outline::outlined;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use resvg::{tiny_skia, usvg};
use std::io::{self, Write};

/// Pixels of the PNG per unit of the page.
const PNG_SCALE: f32 = 2.0;

/// Rows of pixels that are held at once. tiny-skia draws taller pictures in tiles of this height, so the pixels are the
/// same, but for single ones on slanted edges whose places were rounded as far down as they lie.
const STRIP: u32 = 8191;

/// A picture as PNG, at twice the page's size.
///
/// # Errors
/// A sentence if the text is not one of this module's pictures.
pub fn rasterise(svg: &str) -> Result<Vec<u8>, String> {
    rasterise_with(svg, &[])
}

/// The same with texts by their keywords, in Latin-1.
///
/// # Errors
/// As [`rasterise`], or if a keyword or a text is none that PNG allows.
pub(super) fn rasterise_with(svg: &str, texts: &[(&'static str, String)]) -> Result<Vec<u8>, String> {
    let tree = usvg::Tree::from_str(&outlined(svg)?, &usvg::Options::default())
        .map_err(|error| format!("the picture cannot be read: {error}"))?;
    let size = tree.size();
    let (width, height) = ((size.width() * PNG_SCALE).ceil() as u32, (size.height() * PNG_SCALE).ceil() as u32);
    let rows = packed_rows(&tree, width, height)?;
    drop(tree);
    png(width, height, &rows, texts).map_err(|error| format!("the picture cannot be encoded: {error}"))
}

/// All rows from above, unfiltered and packed: lines and flat areas compress best so. The alpha channel is left out, as
/// every page is opaque.
fn packed_rows(tree: &usvg::Tree, width: u32, height: u32) -> Result<Vec<u8>, String> {
    // PNG's own name for a row that is not filtered.
    const UNFILTERED: u8 = 0;
    let unpacked = |error: io::Error| format!("the picture cannot be packed: {error}");
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut colors = Vec::with_capacity(width as usize * 3);
    for top in (0..height).step_by(STRIP as usize) {
        let strip = tiny_skia::Pixmap::new(width, STRIP.min(height - top));
        let mut strip = strip.ok_or("the picture is too large to draw")?;
        let place = tiny_skia::Transform::from_scale(PNG_SCALE, PNG_SCALE).post_translate(0.0, 0.0 - top as f32);
        resvg::render(tree, place, &mut strip.as_mut());
        for row in strip.pixels().chunks_exact(width as usize) {
            colors.clear();
            colors.extend(row.iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]));
            packed.write_all(&[UNFILTERED]).and_then(|()| packed.write_all(&colors)).map_err(unpacked)?;
        }
    }
    packed.finish().map_err(unpacked)
}

/// The file around packed rows.
fn png(width: u32, height: u32, rows: &[u8], texts: &[(&'static str, String)]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::with_capacity(rows.len() + 100);
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    texts.iter().try_for_each(|(key, text)| encoder.add_text_chunk((*key).into(), text.clone()))?;
    let mut writer = encoder.write_header()?;
    // As many bytes as a chunk may have.
    rows.chunks(i32::MAX as usize).try_for_each(|rows| writer.write_chunk(png::chunk::IDAT, rows))?;
    drop(writer);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drawn and encoded at once, by the png crate alone.
    fn at_once(svg: &str) -> (u32, Vec<u8>) {
        let tree = usvg::Tree::from_str(&outlined(svg).unwrap(), &usvg::Options::default()).unwrap();
        let (width, height) = ((tree.size().width() * 2.0) as u32, (tree.size().height() * 2.0) as u32);
        let mut pixels = tiny_skia::Pixmap::new(width, height).unwrap();
        resvg::render(&tree, tiny_skia::Transform::from_scale(2.0, 2.0), &mut pixels.as_mut());
        let colors: Vec<u8> =
            pixels.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        encoder.set_filter(png::Filter::NoFilter);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&colors).unwrap();
        writer.finish().unwrap();
        (height, bytes)
    }

    /// Text that is turned as axis titles are, a line through all of it, and curves.
    fn picture(height: u32) -> String {
        let place = |at: u32| f64::from(at) * 10.0 + 0.37;
        let marks: String = (0..height / 10)
            .map(|at| {
                let y = place(at);
                format!(
                    "<text x=\"3\" y=\"{y}\" font-size=\"7.5\" transform=\"rotate(270, 3, {y})\">f16 {at}</text>\
                     <circle cx=\"40.2\" cy=\"{y}\" r=\"3.3\" fill=\"#0072B2\"/>"
                )
            })
            .collect();
        format!(
            "<svg width=\"60\" height=\"{height}\" viewBox=\"0 0 60 {height}\" xmlns=\"http://www.w3.org/2000/svg\">\
             <rect width=\"60\" height=\"{height}\" fill=\"#ffffff\"/>{marks}\
             <line x1=\"1.3\" y1=\"0.2\" x2=\"58.1\" y2=\"{height}\" stroke=\"#D55E00\" stroke-width=\"0.7\"/></svg>"
        )
    }

    /// The colours of a file.
    fn colors(png: &[u8]) -> Vec<u8> {
        let mut reader = png::Decoder::new(io::Cursor::new(png)).read_info().unwrap();
        let mut colors = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut colors).unwrap();
        colors
    }

    /// Up to the height of a strip a picture has the bytes that it has at once.
    #[test]
    fn one_strip_is_the_whole_picture() {
        for height in [50, 4095] {
            let (rows, whole) = at_once(&picture(height));
            assert_eq!(rows, 2 * height);
            assert!(rasterise(&picture(height)).unwrap() == whole, "{height}");
        }
    }

    /// Of several strips, no colour is off by more than one of the sixteen points at which tiny-skia asks whether a pixel is
    /// covered, and few are: places so far down are rounded to 2^-10 of a pixel.
    #[test]
    fn strips_are_the_whole_picture() {
        let (rows, whole) = at_once(&picture(9000));
        assert!(rows > 2 * STRIP);
        let (whole, strips) = (colors(&whole), colors(&rasterise(&picture(9000)).unwrap()));
        assert_eq!(strips.len(), whole.len());
        let off: Vec<u8> =
            strips.iter().zip(&whole).map(|(one, other)| one.abs_diff(*other)).filter(|by| *by > 0).collect();
        let most = off.iter().max().copied().unwrap_or(0);
        assert!(most <= 16 && off.len() * 1000 <= whole.len(), "{} of {} by up to {most}", off.len(), whole.len());
    }
}
