//! The picture of an activation: φ above φ', over the same x.

use crate::report::files;
use crate::report::numbers::{Notation::Typeset, short};
use crate::report::panel::{
    self, Axis, Dash, Height, LINES, Mark, Marker, Paint, Palette, Panel, Plot, Row, Rule, Sample, Scale, Sheet, Symbol,
};

const WIDTH: f64 = 2.0;
const KINK: Dash = &[4.0, 3.0];
const SMOOTH: Dash = &[1.5, 3.0];

/// φ and φ' of an activation against x; it is made of the catalogue's facts, not of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The activation.
    pub name: String,
    /// φ(x) in a formula.
    pub formula: String,
    /// Both ends of the x axis.
    pub x: (f64, f64),
    /// φ, then φ'.
    pub functions: [Function; 2],
    /// The joints from the left.
    pub joints: Vec<Joint>,
    /// Everything else worth knowing, in pieces that may be broken into lines.
    pub caption: Vec<String>,
}

/// One function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// `φ`, `φ'`.
    pub name: &'static str,
    /// Both ends of the axis upwards.
    pub y: (f64, f64),
    /// Points joined by lines; a new stretch begins where the function jumps.
    pub stretches: Vec<Vec<(f64, f64)>>,
    /// The ends of the stretches where it jumps.
    pub dots: Vec<Dot>,
}

/// One side of a jump.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Its place.
    pub at: (f64, f64),
    /// Whether the function has this value there; else it is the limit from one side.
    pub closed: bool,
}

/// Where two formulas meet.
#[derive(Clone, Debug, PartialEq)]
pub struct Joint {
    /// The argument.
    pub at: f64,
    /// Whether φ or φ' jumps there.
    pub is_kink: bool,
    /// `kink at −3`.
    pub label: String,
}

/// The sheet of an activation.
pub fn sheet(graph: &Graph) -> Sheet {
    let functions = graph.functions.iter().enumerate();
    Sheet {
        name: files::safe(&graph.name),
        title: format!("{}: φ and its derivative φ'", graph.name),
        ruling: format!("φ(x) = {}", graph.formula),
        panels: functions.map(|(index, function)| panel(graph, index, function)).collect(),
        caption: graph.caption.clone(),
        ..Sheet::default()
    }
}

fn panel(graph: &Graph, index: usize, function: &Function) -> Panel {
    let (paint, dash) = (Paint::Of(Palette::Series, index), LINES[index % LINES.len()]);
    let name = format!("{}(x)", function.name);
    let lines =
        function.stretches.iter().map(|points| Mark::Line { points: points.clone(), paint, width: WIDTH, dash });
    // Open ones first: where a jump is too small to be seen, the value is.
    let dots =
        [false, true].into_iter().flat_map(|closed| function.dots.iter().filter(move |dot| dot.closed == closed));
    let dots = dots.map(|dot| Mark::Symbol { at: dot.at, symbol: circle(!dot.closed), paint });
    let dashed = |joint: &Joint| if joint.is_kink { KINK } else { SMOOTH };
    let joints = graph.joints.iter().map(|joint| Rule::upright(joint.at, &joint.label, dashed(joint)));
    let plot = Plot {
        x: Axis::new("x", Scale::Linear(graph.x.0, graph.x.1)),
        y: Axis::new(&name, Scale::Linear(function.y.0, function.y.1)),
        rules: joints.collect(),
        marks: lines.chain(dots).collect(),
        ..Plot::default()
    };
    let has = |is_kink| graph.joints.iter().any(|joint| joint.is_kink == is_kink);
    let key = [
        (true, Sample::Line(paint, WIDTH, dash), function.name),
        (!function.dots.is_empty(), Sample::soft(circle(false)), "the value there, PyTorch's choice"),
        (!function.dots.is_empty(), Sample::soft(circle(true)), "the limit from that side"),
        (has(true), Sample::Line(Paint::Soft, 1.0, KINK), "kink: φ or φ' jumps"),
        (has(false), Sample::Line(Paint::Soft, 1.0, SMOOTH), "formulas meet, φ and φ' are continuous"),
    ];
    let joints = graph.joints.iter().map(|joint| format!("; {}", joint.label));
    Panel {
        name: if index == 0 { "value".into() } else { "derivative".into() },
        alternative: format!(
            "{name} of {} from x = {} to {}, between {} and {}{}.",
            graph.name,
            short(graph.x.0, Typeset),
            short(graph.x.1, Typeset),
            short(function.y.0, Typeset),
            short(function.y.1, Typeset),
            joints.collect::<String>()
        ),
        title: name,
        key: panel::key(key),
        rows: vec![Row { plots: vec![plot], height: Height::Tall, ..Row::default() }],
    }
}

fn circle(is_hollow: bool) -> Symbol {
    Symbol::Marker { marker: Marker::Circle, is_hollow }
}
