//! Pictures: every sheet of every case shows its words, keeps them apart and on its page, and decodes with its size.

use crate::common::causes::attributed;
use crate::common::records::{cases, default_record};
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use precision_probe::record::Record;
use precision_probe::report::panel::{Layout, Paint, Sheet};
use precision_probe::report::probe::panels::sheets;
use precision_probe::report::svg::{Theme, picture, rasterise};

/// For the eyes of whoever changes the drawing.
pub fn preview(name: &str, png: &[u8]) {
    let file = format!("{}.png", name.replace([' ', ',', ':', '/'], "-"));
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(file), png).unwrap();
}

/// A sheet of a record.
pub fn sheet(record: &Record, name: &str) -> Sheet {
    sheets(record).into_iter().find(|sheet| sheet.name == name).unwrap_or_else(|| panic!("no sheet {name}"))
}

struct Pixels {
    width: usize,
    height: usize,
    rgb: Vec<[u8; 3]>,
}

impl Pixels {
    fn decode(bytes: &[u8]) -> Pixels {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut buffer = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut buffer).expect("pixels");
        assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        let rgb = buffer.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Pixels { width: info.width as usize, height: info.height as usize, rgb }
    }

    /// Pixels far from the paper in every channel, in rows of a part of the page: text, as it stands out.
    fn ink(&self, (left, right): (usize, usize), rows: std::ops::Range<usize>) -> usize {
        let is_ink = |pixel: &&[u8; 3]| pixel.iter().zip(self.rgb[0]).all(|(one, paper)| one.abs_diff(paper) > 100);
        let row = |row: usize| self.rgb[row * self.width..][left..right].iter();
        rows.flat_map(row).filter(is_ink).count()
    }

    /// The first pixel that something was drawn on within the margin of a page.
    fn in_margin(&self) -> Option<(usize, usize)> {
        let is_inside = |at: usize, length: usize| (36..length - 36).contains(&at);
        let places = (0..self.rgb.len()).map(|index| (index % self.width, index / self.width));
        let mut drawn = places.zip(&self.rgb).filter(|(_, pixel)| **pixel != self.rgb[0]).map(|(at, _)| at);
        drawn.find(|(x, y)| !is_inside(*x, self.width) || !is_inside(*y, self.height))
    }
}

/// A sheet is on its canvas, no texts on each other, every word there; and a theme changes colours alone.
pub fn assert_readable(name: &str, sheet: &Sheet) -> String {
    let [light, dark] = Theme::ALL.map(|theme| picture(sheet, theme).expect(name));
    assert_on_canvas(name, &light);
    assert_texts_apart(name, &light);
    assert_says_everything(name, sheet, &light);
    let colorless =
        |svg: &str| svg.split('#').map(|part| part.get(6..).unwrap_or(part).to_string()).collect::<String>();
    assert!(colorless(&light) == colorless(&dark) && light != dark, "{name}: the themes differ in more than colours");
    light
}

/// A sheet is readable, and as PNG it has its page's size and free margins.
pub fn assert_drawn(name: &str, sheet: &Sheet) {
    let name = &format!("{name}, {}", sheet.name);
    let light = assert_readable(name, sheet);
    let bytes = rasterise(&light).expect(name);
    preview(name, &bytes);
    let (pixels, (width, height)) = (Pixels::decode(&bytes), size(&light));
    assert_eq!((pixels.width as f64, pixels.height as f64), (2.0 * width, 2.0 * height), "{name}");
    match sheet.layout {
        Layout::Poster => assert!(width == 1120.0 && pixels.in_margin().is_none(), "{name}: {:?}", pixels.in_margin()),
        Layout::Slide => assert_eq!((width, height), (800.0, 450.0), "{name}: a slide is 16:9"),
    }
}

/// Titles, keys, names and captions, in whatever lines.
fn assert_says_everything(name: &str, sheet: &Sheet, svg: &str) {
    let squeezed = |words: &str| words.split_whitespace().collect::<String>();
    let said: String = texts(svg).iter().map(|(words, _)| squeezed(words)).collect();
    // A slide has room for the beginning of a caption and the first names.
    let shown = if sheet.layout == Layout::Poster { usize::MAX } else { 1 };
    let mut words: Vec<&String> = [&sheet.title, &sheet.ruling].into_iter().chain(&sheet.sentences).collect();
    words.extend(sheet.caption.iter().take(shown));
    for panel in &sheet.panels {
        words.push(&panel.title);
        words.extend(panel.key.iter().map(|(_, label)| label));
        let beside = || panel.rows.iter().flat_map(|row| row.beside.iter().take(shown));
        words.extend(beside().map(|entry| &entry.name));
        words.extend(beside().map(|entry| &entry.note).filter(|_| shown > 1));
        let plots = || panel.rows.iter().flat_map(|row| &row.plots);
        words.extend(plots().flat_map(|plot| [&plot.title, &plot.note].into_iter().chain(&plot.notice)));
    }
    for words in words {
        assert!(said.contains(&squeezed(words)), "{name}: `{words}` is missing");
    }
}

#[test]
fn every_sheet_of_every_case_is_drawn() {
    for (case, record) in cases() {
        sheets(&record).iter().for_each(|sheet| assert_drawn(case, sheet));
    }
}

/// The rasteriser has the font and the theme; and a slide or a mail takes the default pictures: they are below 600 kB.
#[test]
fn default_sheets_are_small_pictures_in_both_themes() {
    for sheet in sheets(&attributed(default_record())) {
        for theme in Theme::ALL {
            let name = format!("{}, {}", sheet.name, theme.name());
            let svg = picture(&sheet, theme).unwrap();
            let bytes = rasterise(&svg).unwrap();
            assert!(bytes.len() < 600_000, "{name}: {} bytes", bytes.len());
            let (pixels, (red, green, blue)) = (Pixels::decode(&bytes), theme.rgb(Paint::Paper));
            assert_eq!(pixels.rgb[0], [red, green, blue], "{name}");
            let left = if sheet.title.is_empty() { 168 } else { 48 };
            assert!(pixels.ink((left, 840), 48..88) > 400, "{name}: no title");
            assert!(pixels.ink((48, 840), pixels.height - 84..pixels.height - 16) > 400, "{name}: no caption");
        }
    }
}

/// Every coordinate of the document is finite and on its canvas.
pub fn assert_on_canvas(name: &str, svg: &str) {
    let (width, height) = size(svg);
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
            let on_page = (0.0..=10.0 * width).contains(&x) && (0.0..=10.0 * height).contains(&y);
            assert!(on_page, "{name}: ({x}, {y}) in {line}");
        }
    }
}

/// The texts of a document and the areas that their letters cover: left, top, right, bottom.
fn texts(svg: &str) -> Vec<(String, [f64; 4])> {
    const FAMILY: &str = "DejaVu Sans";
    let fonts: [(&[u8], FontStyle); 2] = [
        (include_bytes!("../../../src/report/fonts/DejaVuSans-sub.ttf"), FontStyle::Normal),
        (include_bytes!("../../../src/report/fonts/DejaVuSans-Bold-sub.ttf"), FontStyle::Bold),
    ];
    for (bytes, style) in fonts {
        assert!(register_font(FAMILY, style, bytes).is_ok());
    }
    let mut texts = Vec::new();
    let mut lines = svg.lines();
    while let Some(line) = lines.next() {
        if !line.starts_with("<text") {
            continue;
        }
        let escapes = [("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
        let words =
            escapes.into_iter().fold(lines.next().expect(line).to_string(), |text, (code, c)| text.replace(code, c));
        let number = |name: &str| attribute(line, name).parse::<f64>().expect(line);
        let (size, x, y) = (number("font-size"), number("x"), number("y"));
        let style = if line.contains("font-weight=\"bold\"") { FontStyle::Bold } else { FontStyle::Normal };
        // plotters measures a line height; 1.164 is DejaVu's per em.
        let width = f64::from(FontDesc::new(FontFamily::Name(FAMILY), size * 1.164, style).box_size(&words).unwrap().0);
        let part = match attribute(line, "text-anchor") {
            "start" => 0.0,
            "middle" => 0.5,
            _ => 1.0,
        };
        let baseline = size * if attribute(line, "dy") == "0.76em" { 0.76 } else { 0.27 };
        let (from, to, above, below) =
            (-part * width, (1.0 - part) * width, baseline - 0.73 * size, baseline + 0.1 * size);
        let area = match line.contains("rotate(270") {
            true => [x + above, y - to, x + below, y - from],
            false => [x + from, y + above, x + to, y + below],
        };
        texts.push((words, area));
    }
    texts
}

/// No text of the document overlaps another or leaves the page's margins.
fn assert_texts_apart(name: &str, svg: &str) {
    let (width, height) = size(svg);
    let texts = texts(svg);
    assert!(!texts.is_empty(), "{name}");
    for (index, (words, area)) in texts.iter().enumerate() {
        let [left, top, right, bottom] = *area;
        let is_along = left >= 200.0 && right <= 10.0 * width - 200.0;
        assert!(
            is_along && top >= 200.0 && bottom <= 10.0 * height - 80.0,
            "{name}: `{words}` leaves the page: {area:?}"
        );
        for (other, taken) in &texts[..index] {
            let apart = left >= taken[2] || taken[0] >= right || top >= taken[3] || taken[1] >= bottom;
            assert!(apart, "{name}: `{words}` {area:?} overlaps `{other}` {taken:?}");
        }
    }
}

/// Width and height of a page.
fn size(svg: &str) -> (f64, f64) {
    (attribute(svg, "width").parse().expect("a width"), attribute(svg, "height").parse().expect("a height"))
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
    use precision_probe::report::csv;
    use precision_probe::report::probe::{details, page};
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
        for sheet in sheets(&record) {
            assert_on_canvas(name, &picture(&sheet, Theme::Light).expect(name));
        }
        assert!(details::terminal(&record, true, None).contains("leaky"), "{name}");
        assert!(csv::tables(&record).iter().all(|(_, text)| text.starts_with("spec_hash,activation,")), "{name}");
        assert!(page::html(&record).expect(name).ends_with("</html>\n"), "{name}");
    }
}
