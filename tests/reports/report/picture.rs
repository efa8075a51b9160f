//! Pictures: every case decodes, has the promised size, shows its words and stays within its page.

use crate::common::causes::attributed;
use crate::common::records::{cases, default_record};
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use precision_probe::record::{Record, Run};
use precision_probe::report::draw::{Paint, Theme, panel_svg, rasterise};
use precision_probe::report::figure::Panel;

const PAGE_WIDTH: u32 = 1120;

fn summary_svg(record: &Record, run: &Run) -> Result<String, String> {
    precision_probe::report::draw::summary_svg(record, run, Theme::Light)
}

fn summary_png(record: &Record, run: &Run) -> Result<Vec<u8>, String> {
    rasterise(&summary_svg(record, run)?)
}

pub struct Pixels {
    pub width: usize,
    pub height: usize,
    rgb: Vec<[u8; 3]>,
}

impl Pixels {
    pub fn decode(bytes: &[u8]) -> Pixels {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut buffer = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut buffer).expect("pixels");
        assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        let rgb = buffer.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Pixels { width: info.width as usize, height: info.height as usize, rgb }
    }

    /// Pixels unlike the paper in an area of the page (x and y ranges in page units): text, as it stands out.
    pub fn ink(&self, x: (f64, f64), y: (f64, f64)) -> usize {
        let at = |page: f64| (page * 2.0) as usize;
        let rows = at(y.0)..at(y.1);
        rows.map(|row| {
            let line = &self.rgb[row * self.width + at(x.0)..row * self.width + at(x.1)];
            line.iter().filter(|pixel| self.is_ink(**pixel)).count()
        })
        .sum()
    }

    /// The colour of the upper left corner.
    pub fn paper(&self) -> [u8; 3] {
        self.rgb[0]
    }

    /// Far from the paper in every channel.
    fn is_ink(&self, pixel: [u8; 3]) -> bool {
        pixel.iter().zip(self.paper()).all(|(channel, paper)| channel.abs_diff(paper) > 100)
    }

    /// The first pixel that something was drawn on within the margin of a page.
    pub fn in_margin(&self) -> Option<(usize, usize)> {
        let margin = 36;
        let inside = |x: usize, y: usize| {
            (margin..self.width - margin).contains(&x) && (margin..self.height - margin).contains(&y)
        };
        let places = (0..self.rgb.len()).map(|index| (index % self.width, index / self.width));
        places.zip(&self.rgb).find(|((x, y), pixel)| !inside(*x, *y) && **pixel != self.paper()).map(|(at, _)| at)
    }
}

#[test]
fn every_case_is_drawn_within_its_page() {
    let preview = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, record) in cases() {
        let bytes = summary_png(&record, &record.runs[0]).expect(name);
        // For the eyes of whoever changes the drawing.
        std::fs::write(preview.join(format!("{}.png", name.replace([' ', ','], "-"))), &bytes).unwrap();
        let pixels = Pixels::decode(&bytes);
        let svg = summary_svg(&record, &record.runs[0]).expect(name);
        assert_eq!(pixels.width, 2 * PAGE_WIDTH as usize, "{name}");
        assert!(svg.contains(&format!("width=\"{PAGE_WIDTH}\" height=\"{}\"", pixels.height / 2)), "{name}: size");
        let colors: std::collections::HashSet<[u8; 3]> = pixels.rgb.iter().copied().collect();
        assert!(colors.len() > 20, "{name}: {} colours", colors.len());
        let height = pixels.height as f64 / 2.0;
        for (place, x, y) in [
            ("title", (24.0, 500.0), (24.0, 52.0)),
            ("verdict", (24.0, 500.0), (56.0, 90.0)),
            ("tick labels", (34.0, 84.0), (120.0, 500.0)),
            ("legend", (950.0, 1090.0), (100.0, 300.0)),
            ("strip names", (836.0, 1090.0), (height - 180.0, height - 60.0)),
            ("caption", (24.0, 500.0), (height - 62.0, height - 24.0)),
        ] {
            assert!(pixels.ink(x, y) > 60, "{name}: no text at the {place}");
        }
        assert_eq!(pixels.in_margin(), None, "{name}: in the margin of {} × {}", pixels.width, pixels.height);
    }
}

#[test]
fn coordinates_are_numbers_on_the_canvas() {
    for (name, record) in cases() {
        assert_on_canvas(name, &summary_svg(&record, &record.runs[0]).expect(name));
    }
}

/// Every coordinate of the document is finite and on its canvas.
pub fn assert_on_canvas(name: &str, svg: &str) {
    let height: f64 = attribute(svg, "height").parse().unwrap();
    let (right, bottom) = (f64::from(PAGE_WIDTH) * 10.0, height * 10.0);
    for line in svg.lines().filter(|line| line.starts_with('<') && !line.starts_with("</") && !line.starts_with("<svg"))
    {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for pair in attribute(line, "points").split_whitespace() {
            let (x, y) = pair.split_once(',').expect(line);
            points.push((x.parse().expect(line), y.parse().expect(line)));
        }
        for (x, y) in [("x", "y"), ("cx", "cy"), ("x1", "y1"), ("x2", "y2")] {
            if line.contains(&format!(" {x}=\"")) {
                points.push((attribute(line, x).parse().expect(line), attribute(line, y).parse().expect(line)));
            }
        }
        for (x, y) in points {
            let on_page = x.is_finite() && y.is_finite() && (0.0..=right).contains(&x) && (0.0..=bottom).contains(&y);
            assert!(on_page, "{name}: ({x}, {y}) in {line}");
        }
    }
}

#[test]
fn no_two_texts_overlap() {
    for (name, record) in cases() {
        assert_texts_apart(name, &summary_svg(&record, &record.runs[0]).expect(name), 40);
    }
}

/// Every panel of every case, in both themes: on its canvas, no texts on each other, its title and caption there.
#[test]
fn every_panel_stands_on_its_own() {
    for (case, record) in cases() {
        for panel in Panel::ALL.into_iter().filter(|panel| panel.is_of(&record.runs[0])) {
            for theme in Theme::ALL {
                let name = format!("{case}, {}, {}", panel.name(), theme.name());
                let svg = panel_svg(&record, &record.runs[0], panel, theme).expect(&name);
                assert_on_canvas(&name, &svg);
                assert_texts_apart(&name, &svg, 3);
                for words in [panel.title(), " (slope = 0.010009765625) · depth ", " · seed 0 · precision-probe 0.1.0"]
                {
                    let words = words.replace('\'', "&apos;");
                    assert!(svg.contains(&words), "{name}: `{words}` is missing");
                }
            }
        }
    }
}

#[test]
fn panels_are_pictures_in_both_themes() {
    let preview = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for panel in Panel::ALL {
        for theme in Theme::ALL {
            let name = format!("{}, {}", panel.name(), theme.name());
            let record = attributed(default_record());
            let svg = panel_svg(&record, &record.runs[0], panel, theme).expect(&name);
            let file = preview.join(format!("panel-{}-{}.png", panel.name(), theme.name()));
            std::fs::write(file, rasterise(&svg).expect(&name)).unwrap();
            let pixels = Pixels::decode(&rasterise(&svg).expect(&name));
            let (red, green, blue) = theme.rgb(Paint::Paper);
            assert_eq!((pixels.width, pixels.paper()), (2 * PAGE_WIDTH as usize, [red, green, blue]), "{name}");
            let height = pixels.height as f64 / 2.0;
            assert!(pixels.ink((84.0, 500.0), (24.0, 44.0)) > 400, "{name}: no title");
            assert!(pixels.ink((24.0, 500.0), (height - 42.0, height - 22.0)) > 400, "{name}: no caption");
            assert_eq!(pixels.in_margin(), None, "{name}");
        }
    }
}

/// A slide or a mail takes it: the default picture is below 600 kB.
#[test]
fn the_default_picture_is_small() {
    let record = attributed(default_record());
    let bytes = summary_png(&record, &record.runs[0]).expect("a picture").len();
    assert!(bytes < 600_000, "{bytes} bytes");
}

/// No text of the document overlaps another or leaves the page's margins.
pub fn assert_texts_apart(name: &str, svg: &str, least: usize) {
    const FAMILY: &str = "DejaVu Sans";
    let fonts: [(&[u8], FontStyle); 2] = [
        (include_bytes!("../../../src/report/fonts/DejaVuSans-sub.ttf"), FontStyle::Normal),
        (include_bytes!("../../../src/report/fonts/DejaVuSans-Bold-sub.ttf"), FontStyle::Bold),
    ];
    for (bytes, style) in fonts {
        assert!(register_font(FAMILY, style, bytes).is_ok());
    }
    let mut boxes: Vec<(String, [f64; 4])> = Vec::new();
    let mut lines = svg.lines();
    while let Some(line) = lines.next() {
        if !line.starts_with("<text") || line.contains("rotate") {
            continue;
        }
        let text = lines
            .next()
            .expect(line)
            .replace("&apos;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        let size: f64 = attribute(line, "font-size").parse().unwrap();
        let style = if line.contains("font-weight=\"bold\"") { FontStyle::Bold } else { FontStyle::Normal };
        // plotters measures a line height; 1.164 is DejaVu's per em.
        let font = FontDesc::new(FontFamily::Name(FAMILY), size * 1.164, style);
        let width = f64::from(font.box_size(&text).unwrap().0);
        let x: f64 = attribute(line, "x").parse().unwrap();
        let y: f64 = attribute(line, "y").parse().unwrap();
        let left = x - width
            * match attribute(line, "text-anchor") {
                "start" => 0.0,
                "middle" => 0.5,
                _ => 1.0,
            };
        let baseline = y + size * if attribute(line, "dy") == "0.76em" { 0.76 } else { 0.27 };
        let area = [left, baseline - 0.73 * size, left + width, baseline + 0.1 * size];
        assert!(
            left >= 200.0 && left + width <= f64::from(PAGE_WIDTH) * 10.0 - 200.0,
            "{name}: `{text}` leaves the page"
        );
        for (other, taken) in &boxes {
            let apart = area[0] >= taken[2] || taken[0] >= area[2] || area[1] >= taken[3] || taken[1] >= area[3];
            assert!(apart, "{name}: `{text}` {area:?} overlaps `{other}` {taken:?}");
        }
        boxes.push((text, area));
    }
    assert!(boxes.len() >= least, "{name}: {} texts", boxes.len());
}

/// The value of an attribute of an SVG element; empty if absent.
fn attribute<'a>(line: &'a str, name: &str) -> &'a str {
    let start = format!(" {name}=\"");
    line.split_once(&start).and_then(|(_, rest)| rest.split_once('"')).map_or("", |(value, _)| value)
}

#[test]
fn strange_records_are_drawn_and_worded_without_a_panic() {
    use crate::common::records::{Behaviour::Noise, record};
    use precision_probe::record::{Fates, Flips, Number};
    use precision_probe::report::probe::details;
    use precision_probe::report::{csv, html};
    let base = attributed(record(3, 2, &[("f16", Noise(0.2)), ("f32", Noise(1e-5))]));
    type Change = fn(&mut precision_probe::record::Record);
    let changes: [(&str, Change); 9] = [
        ("no arithmetics", |record| record.runs[0].arithmetics.clear()),
        ("no layers", |record| record.runs[0].arithmetics[0].sites.clear()),
        ("no truth", |record| record.runs[0].truth.sites.clear()),
        ("no trials", |record| {
            record.spec.trials = 0;
            record.runs[0].truth.precision.clear();
            record.runs[0].arithmetics[0].sites[0].trials.clear();
        }),
        ("extreme exponents", |record| {
            record.runs[0].truth.sites[0].histogram.lowest = i64::MIN;
            record.runs[0].truth.sites[1].histogram.lowest = i64::MAX - 20;
        }),
        ("extreme counts", |record| {
            let layers = &mut record.runs[0].arithmetics[0].sites;
            layers[0].fates = Fates { resolved: u64::MAX, flushed: u64::MAX, ..Fates::default() };
            layers[0].flips = Some(Flips { flipped: u64::MAX, nonfinite: u64::MAX, total: u64::MAX });
            layers[1].site = usize::MAX;
        }),
        ("sources of other layers", |record| {
            let arithmetics = &mut record.runs[0].arithmetics;
            let sources = &mut arithmetics[0].attribution.as_mut().unwrap().sources;
            sources[0].sites.iter_mut().for_each(|site| site.alone = None);
            sources[1].sites.clear();
            sources[2].sites.extend_from_within(..);
            arithmetics[0].remedies[0].sites.clear();
            arithmetics[0].theory.truncate(1);
            arithmetics[1].attribution.as_mut().unwrap().sources.clear();
        }),
        ("extreme sources", |record| {
            let arithmetic = &mut record.runs[0].arithmetics[0];
            arithmetic.log2_loss_scale = Some(i32::MIN);
            arithmetic.remedies[3].log2_loss_scale = i32::MAX;
            arithmetic.remedies[3].sites[0].flushed = Number::Infinite;
            arithmetic.sites[1].site = usize::MAX;
            let sources = &mut arithmetic.attribution.as_mut().unwrap().sources;
            sources[0].sites[0].without.median = Number::None;
            sources[1].sites[0].without.high = Number::MinusInfinite;
            sources[2].sites[0].without.median = Number::Finite(-1.0);
            (arithmetic.theory[0].predicted, arithmetic.theory[0].ratio) = (Number::Infinite, Number::Finite(-0.0));
        }),
        ("extreme numbers", |record| {
            let run = &mut record.runs[0];
            (run.gain, run.chi1) = (Some(f64::NAN), Some(f64::INFINITY));
            run.constants = vec!["x".repeat(500)];
            run.arithmetics[0].name =
                "forward=e4m3fn:acc=f32/backward=e5m2:acc=f32:sum=block=32:round=stochastic=8".repeat(3);
            run.arithmetics[0].format.log2_max = Number::Finite(1e308);
            run.arithmetics[0].sites[0].noise_to_signal.median = Number::MinusInfinite;
            run.arithmetics[0].sites[0].noise_to_signal.high = Number::None;
            run.arithmetics[1].sites[0].noise_to_signal.median = Number::Finite(-1.0);
        }),
    ];
    for (name, change) in changes {
        let mut record = base.clone();
        change(&mut record);
        assert!(!summary_png(&record, &record.runs[0]).expect(name).is_empty());
        assert!(details::terminal(&record, true, None).contains("leaky"), "{name}");
        assert!(csv::tables(&record).iter().all(|(_, text)| text.starts_with("spec_hash,activation,")), "{name}");
        assert!(html::page(&record).expect(name).ends_with("</html>\n"), "{name}");
    }
}
