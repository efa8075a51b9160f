//! A record of no kind that the program knows, drawn by the renderer that draws all others.

use crate::report::picture::assert_drawn;
use precision_probe::report::panel::{
    Area, Axis, Curve, Entry, Group, Height, Joined, Layout, Mark, Marker, Paint, Palette, Panel, Plot, Powers, Row,
    Rule, Sample, Scale, Series, Sheet, Single, Symbol, Text, Tip,
};
use precision_probe::report::svg::{Theme, picture};

const ALL: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

fn joined(x: f64, median: f64) -> Joined {
    Joined { x, low: median - 0.3, median, high: median + 0.4 }
}

/// Curves over layers with regions, rules, singles, a row for zero, and names.
fn courses(depth: usize, count: usize) -> Panel {
    let curve = |rank: usize| {
        let points =
            (1..=depth).map(|layer| joined(layer as f64, -4.0 + rank as f64 + 3.0 * (layer as f64 / depth as f64)));
        Curve {
            series: Series::new(rank),
            stretches: vec![points.collect()],
            singles: vec![
                Single { at: (depth as f64, f64::NEG_INFINITY), symbol: Symbol::hollow(Marker::Circle) },
                Single { at: (1.0, -4.0 + rank as f64), symbol: Symbol::Downward },
            ],
        }
    };
    let rule = |at, label: &str, width| Rule {
        at,
        is_upright: false,
        label: label.into(),
        paint: Paint::Ink,
        width,
        dash: &[],
    };
    let powers = Powers { knee: Some(-3.0), beyond: [Some("0"), None], ..Powers::of_ten(-11.0, 2.0) };
    let entry = |rank: usize| Entry {
        sample: Sample::Curve(Series::new(rank)),
        name: format!("format{rank}"),
        note: "noisy 4 of 5".into(),
        at: None,
    };
    Panel {
        name: "courses".into(),
        title: "Courses over layers".into(),
        alternative: "courses".into(),
        key: vec![
            (Sample::Area(Paint::Soft, 0.16), "band: 10 % to 90 % of 5 trials".into()),
            (Sample::soft(Symbol::Downward), "at most: no noise, or below the resolution of the exact gradient".into()),
            (
                Sample::soft(Symbol::hollow(Marker::Circle)),
                "hollow: gradient zero, underflowed or overflowed, so its ratio is not noise".into(),
            ),
        ],
        rows: vec![Row {
            plots: vec![Plot {
                x: Axis::layers((1, depth)),
                y: Axis::new("noise / signal", Scale::Powers(powers)),
                areas: vec![
                    Area::rectangle(ALL, (0.0, f64::INFINITY), Paint::ChaoticRegion),
                    Area::rectangle(ALL, (-1.0, 0.0), Paint::NoisyRegion),
                ],
                rules: vec![rule(0.0, "noise = signal", 1.4), rule(-1.0, "noisy from 0.1", 0.6)],
                curves: (0..count).map(curve).collect(),
                tips: vec![Tip { x: (1.0, 1.0), y: (-4.0, -4.0), row: 0, words: "layer 1".into() }],
                ..Plot::default()
            }],
            beside: (0..count).map(entry).collect(),
            ..Row::default()
        }],
    }
}

/// Shares by layer in strips.
fn strips(depth: usize) -> Panel {
    let row = |rank: usize| {
        let x = (0.5, depth as f64 + 0.5);
        Row {
            plots: vec![Plot {
                x: Axis::layers((1, depth)),
                y: Axis::new("share", Scale::Percent(0.0, 100.0)),
                areas: vec![
                    Area::rectangle(x, (0.0, 100.0), Paint::Of(Palette::Fates, 7)),
                    Area::rectangle(x, (0.0, 60.0), Paint::Of(Palette::Fates, 0)),
                ],
                ..Plot::default()
            }],
            height: Height::Strip,
            beside: vec![Entry {
                sample: Sample::Marker(Series::new(rank)),
                name: format!("format{rank}"),
                note: "noisy 4 of 5, layers 1–37".into(),
                at: None,
            }],
            is_continued: rank == 0,
        }
    };
    let key = vec![(Sample::Area(Paint::Of(Palette::Fates, 0), 1.0), "resolved".to_string())];
    Panel {
        name: "strips".into(),
        title: "What became of each entry".into(),
        key,
        rows: vec![row(0), row(1)],
        ..Panel::default()
    }
}

/// Lanes in groups along powers of ten.
fn lanes() -> Panel {
    let group = |name: &str| Group { name: name.into(), lanes: vec![String::new(); 3] };
    let entry = |lane: usize| Entry {
        sample: Sample::Marker(Series::new(lane % 3)),
        name: format!("format{}", lane % 3),
        note: "0.41, noisy 4 of 5".into(),
        at: Some(lane as f64),
    };
    let mark = |lane: usize| Mark::Symbol {
        at: (-2.0 + 0.3 * lane as f64, lane as f64),
        symbol: Symbol::full(Marker::Square),
        paint: Paint::Of(Palette::Series, lane % 3),
    };
    let rule =
        |at, label: &str| Rule { at, is_upright: true, label: label.into(), paint: Paint::Ink, width: 0.8, dash: &[] };
    let plot = Plot {
        x: Axis::new("noise / signal (left is better)", Scale::Powers(Powers::of_ten(-4.0, 1.0))),
        y: Axis::new("", Scale::Lanes(vec![group("relu"), group("leaky:0.200000001")])),
        rules: vec![rule(0.0, "noise = signal"), rule(-1.0, "noisy from 0.1")],
        marks: (0..6).map(mark).collect(),
        ..Plot::default()
    };
    let row = Row { plots: vec![plot], beside: (0..6).map(entry).collect(), ..Row::default() };
    Panel { name: "lanes".into(), title: "Lanes".into(), rows: vec![row], ..Panel::default() }
}

/// Plots side by side: a map of cells, places with bars, and lines with words.
fn several() -> Panel {
    let cell = |index: usize| {
        let (x, y) = ((index % 6) as f64, (index / 6) as f64 + 1.0);
        Area::rectangle((x - 0.5, x + 0.5), (y - 0.5, y + 0.5), Paint::Of(Palette::Noise, index % 18))
    };
    let map = Plot {
        title: "A map".into(),
        x: Axis::new("measured step", Scale::Places((0..6).map(|step| (100 * step).to_string()).collect())),
        y: Axis::new("layer", Scale::Layers(1, 5)),
        areas: (0..30).map(cell).collect(),
        ..Plot::default()
    };
    let places = ["16 samples", "64 samples of the same data", "256"].map(String::from).to_vec();
    let curve = |rank: usize| Curve {
        series: Series::new(rank),
        stretches: vec![(0..3).map(|x| joined(f64::from(x), 2.0 + rank as f64)).collect()],
        singles: Vec::new(),
    };
    let bars = Plot {
        title: "Places".into(),
        x: Axis::new("batch", Scale::Places(places)),
        y: Axis::new("", Scale::Linear(0.0, 5.0)),
        curves: vec![curve(0), curve(1)],
        ..Plot::default()
    };
    let text =
        |at: f64| Mark::Text(Text { at: (10.0, at), words: format!("β {at}"), paint: Paint::Ink, is_free: true });
    let line = Mark::Line { points: vec![(0.0, 1.0), (20.0, 4.0)], paint: Paint::Ink, width: 1.0, dash: &[4.0, 3.0] };
    let words = Plot {
        title: "Words".into(),
        note: "each where it covers nothing".into(),
        x: Axis::new("bits", Scale::Whole(0.0, 20.0)),
        y: Axis::new("", Scale::Linear(0.0, 5.0)),
        marks: vec![line, text(2.5), text(2.4)],
        counts: [vec![(Sample::Curve(Series::new(0)), "3 (0.2 %)".into())], Vec::new()],
        ..Plot::default()
    };
    let key = vec![(Sample::Ramp(Palette::Noise, 18, &[(1, "10⁻⁸"), (9, "0.1")]), "noise / signal".to_string())];
    let rows = vec![Row { plots: vec![map, bars, words], ..Row::default() }];
    Panel { name: "several".into(), title: "Side by side".into(), key, rows, ..Panel::default() }
}

#[test]
fn every_kind_of_panel_is_drawn() {
    let sheet = Sheet {
        title: "A toy".into(),
        ruling: "This is the sentence to read first.".into(),
        sentences: vec!["And another.".into()],
        panels: vec![courses(50, 5), strips(50), lanes(), several()],
        caption: vec!["precision-probe".into(), "spec 1234".into()],
        ..Sheet::default()
    };
    let slide = Sheet { layout: Layout::Slide, panels: vec![courses(50, 3), strips(50)], ..sheet.clone() };
    for (name, sheet) in [("toy-poster", &sheet), ("toy-slide", &slide)] {
        assert_drawn(name, sheet);
        let svg = picture(sheet, Theme::Dark).unwrap();
        let ticks: &[&str] =
            if sheet.layout == Layout::Poster { &["leaky:0.200000001", "256", "β 2.4", "3 (0.2 %)"] } else { &[] };
        for words in [&["noise = signal", "noise / signal", "head", "10⁻²"], ticks].concat() {
            assert!(svg.contains(words), "{name}: no {words}");
        }
    }
}
