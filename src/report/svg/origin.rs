//! Where a picture's numbers come from, as text within its files: `tEXt` chunks of a PNG, `<metadata>` of an SVG.

use super::{Theme, picture, raster};
use crate::record::Evidence;
use crate::report::panel::Sheet;
use rayon::prelude::*;

/// Most characters of a hash or version that are written; a damaged record may hold more.
const LONGEST: usize = 80;

/// The record that a picture shows.
#[derive(Clone, Debug)]
pub struct Origin {
    texts: Vec<(&'static str, String)>,
}

impl Origin {
    /// Of the version that measured, the spec's hash, and how well the exact gradients of the runs are known; nothing is said
    /// of evidence where there is none.
    pub fn new(version: &str, spec_hash: &str, evidence: impl Iterator<Item = Evidence>) -> Origin {
        let mut texts = vec![
            ("Software", format!("precision-probe {}", plain(version))),
            ("precision-probe:spec_hash", plain(spec_hash)),
        ];
        let worst = Evidence::weakest(evidence);
        texts.extend(worst.map(|worst| ("precision-probe:evidence", in_words(worst))));
        Origin { texts }
    }

    /// Two files for each sheet, drawn in parallel, in the order of the sheets.
    ///
    /// # Errors
    /// What could not be drawn.
    pub fn pictures(&self, sheets: &[Sheet], theme: Theme) -> Result<Vec<(String, Vec<u8>)>, String> {
        let files = sheets.par_iter().map(|sheet| self.files(&sheet.name, &picture(sheet, theme)?));
        Ok(files.collect::<Result<Vec<_>, String>>()?.into_iter().flatten().collect())
    }

    /// A picture's two files, as SVG and as PNG.
    ///
    /// # Errors
    /// As [`super::rasterise`].
    pub fn files(&self, stem: &str, svg: &str) -> Result<[(String, Vec<u8>); 2], String> {
        let png = raster::rasterise_with(svg, &self.texts)?;
        Ok([(format!("{stem}.svg"), self.marked(svg).into_bytes()), (format!("{stem}.png"), png)])
    }

    /// The picture with a line per text after its first tag; what is written has no characters that XML would have to escape.
    fn marked(&self, svg: &str) -> String {
        let lines: String = self.texts.iter().map(|(key, text)| format!("{key}: {text}\n")).collect();
        let end = svg.find('>').map_or(0, |end| end + 1);
        let (tag, rest) = svg.split_at(end);
        format!("{tag}\n<metadata>\n{lines}</metadata>{rest}")
    }
}

/// Letters, digits and dots of a text.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).take(LONGEST).collect()
}

/// How well an exact gradient is known, without the reason why it is not.
fn in_words(evidence: Evidence) -> String {
    if evidence.is_established() { evidence.to_string() } else { "not established".into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Unproven;

    const SVG: &str = "<svg width=\"60\" height=\"50\" viewBox=\"0 0 60 50\" xmlns=\"http://www.w3.org/2000/svg\">\n\
                       <rect width=\"60\" height=\"50\" fill=\"#ffffff\"/></svg>";

    /// The texts of a PNG's chunks.
    fn texts(png: &[u8]) -> Vec<(String, String)> {
        let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let chunks = &reader.info().uncompressed_latin1_text;
        chunks.iter().map(|chunk| (chunk.keyword.clone(), chunk.text.clone())).collect()
    }

    /// The least evidence of all runs; both files say the same, and show what they would without.
    #[test]
    fn both_files_say_where_their_numbers_come_from() {
        let proven = |bits| Evidence::Proven { bits };
        for (evidence, worst) in [
            (&[proven(114), Evidence::Exact {}, proven(83)][..], Some("proven 83 bits")),
            (&[Evidence::Exact {}], Some("exact")),
            (&[Evidence::Exact {}, Evidence::NotEstablished(Unproven::ExponentRange)], Some("not established")),
            (&[], None),
        ] {
            let origin = Origin::new("0.1.0", "3fa9", evidence.iter().copied());
            let [(svg_name, svg), (png_name, png)] = origin.files("there", SVG).unwrap();
            assert_eq!([svg_name, png_name], ["there.svg", "there.png"]);
            let mut expected = vec![("Software", "precision-probe 0.1.0"), ("precision-probe:spec_hash", "3fa9")];
            expected.extend(worst.map(|worst| ("precision-probe:evidence", worst)));
            let expected: Vec<(String, String)> =
                expected.into_iter().map(|(key, text)| (key.into(), text.into())).collect();
            assert_eq!(texts(&png), expected);
            let lines: String = expected.iter().map(|(key, text)| format!("{key}: {text}\n")).collect();
            let svg = String::from_utf8(svg).unwrap();
            assert!(svg.contains(&format!("\n<metadata>\n{lines}</metadata>\n<rect")), "{svg}");
            assert_eq!(raster::rasterise(&svg).unwrap(), raster::rasterise(SVG).unwrap());
        }
    }

    /// Whatever a damaged record holds, the picture is drawn and its text is harmless.
    #[test]
    fn hostile_texts_are_left_out() {
        let hash = format!("a<\u{0}é&\n{}", "9".repeat(1000));
        let origin = Origin::new("</metadata>1", &hash, std::iter::empty());
        let [(_, svg), (_, png)] = origin.files("there", SVG).unwrap();
        let found = texts(&png);
        assert_eq!(found[0].1, "precision-probe metadata1");
        assert_eq!(found[1].1, format!("a{}", "9".repeat(LONGEST - 1)));
        assert_eq!(String::from_utf8(svg).unwrap().matches("metadata>").count(), 2);
    }
}
