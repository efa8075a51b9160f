//! Pictures of sweeps made by hand: every mode, few and many networks and precisions, cells that failed.

use super::picture::{assert_readable, preview};
use crate::common::tolerances;
use precision_probe::judgement::ExactState;
use precision_probe::judgement::cell::{Cell, CellArithmetic, CellLayer, CellRun, ExactCell, Group, Outcome};
use precision_probe::judgement::sweep::Sweep;
use precision_probe::record::sweep::{Axis, AxisValue, PLAN_SCHEMA, SweepPlan};
use precision_probe::record::{Evidence, Fates, Number, Spec, Verdict, WholeTrial};
use precision_probe::report::panel::{Mark, Panel, Plot, Symbol};
use precision_probe::report::svg::{Theme, picture, rasterise};
use precision_probe::report::sweep::panels;
use precision_probe::statistics::quantiles;
use precision_probe::verdict::over_trials;
use std::collections::BTreeMap;

const DEPTHS: [u64; 8] = [5, 8, 14, 24, 41, 70, 118, 200];
const TRIALS: usize = 10;
/// Names, significand bits, and log₂ of the largest and the smallest number.
const PRECISIONS: [(&str, u32, f64); 5] = [
    ("f16:acc=f32", 16, 24.0),
    ("bf16:acc=f32", 16, 133.0),
    ("f16", 16, 24.0),
    ("e4m3fn:acc=f32", 8, 9.0),
    ("f32", 32, 149.0),
];
const UNITS: [f64; 5] = [4e-4, 3e-3, 1e-3, 3e-2, 6e-8];
const NAMES: [&str; 26] = [
    "relu",
    "leaky:0.200000001",
    "prelu",
    "elu",
    "celu",
    "selu",
    "tanh",
    "sigmoid",
    "gelu",
    "gelu_tanh",
    "silu",
    "mish",
    "softplus",
    "softsign",
    "hardtanh",
    "relu6",
    "hardswish",
    "hardsigmoid",
    "logsigmoid",
    "tanhshrink",
    "softshrink",
    "hardshrink",
    "relu2",
    "identity",
    "threshold",
    "erf",
];

/// A cell whose noise grows with depth, and whose exact gradient changes by a factor of 2^`slope` per layer.
fn cell(values: &[(&str, AxisValue)], depth: u64, rank: usize, slope: f64, precisions: usize) -> Cell {
    let log2 = slope * depth as f64;
    let state = match log2 {
        _ if rank % 9 == 8 && depth > 30 => ExactState::Zero,
        log2 if log2 < -20.0 => ExactState::Vanishing,
        log2 if log2 > 20.0 => ExactState::Exploding,
        _ => ExactState::Healthy,
    };
    let arithmetic = |place: usize| {
        let (name, bits, range) = PRECISIONS[place];
        let trial = |trial: usize| {
            let noise = UNITS[place]
                * (1.0 + 0.2 * trial as f64)
                * core_math::pow(1.03, (depth * (1 + rank as u64 % 5) / 2) as f64);
            let verdict = match state {
                ExactState::Zero => Verdict::Zero,
                _ if log2 > range => Verdict::Overflow,
                _ if -log2 + trial as f64 > range => Verdict::Underflow,
                _ if noise >= 1.0 => Verdict::Chaotic,
                _ if noise >= 0.1 => Verdict::Noisy,
                _ => Verdict::Sound,
            };
            (verdict, if state == ExactState::Zero { Number::None } else { Number::new(noise) })
        };
        let (verdicts, noise): (Vec<Verdict>, Vec<Number>) = (0..TRIALS).map(trial).unzip();
        let layer = |group| CellLayer {
            group,
            layer: 1,
            verdict: over_trials(&verdicts),
            verdicts: verdicts.clone(),
            noise: quantiles(noise.iter().map(|noise| (*noise, false))),
            // Theory is not known of the last precision.
            predicted: (place + 1 < PRECISIONS.len()).then(|| Number::new(0.8 * UNITS[place])),
            trials: noise.clone(),
            limits: vec![false; TRIALS],
            flips: Vec::new(),
            fates: Fates::default(),
        };
        CellArithmetic {
            name: name.into(),
            bits: Some(bits),
            log2_loss_scale: None,
            storage_noise: Number::Finite(0.0),
            layers: [Group::First, Group::Worst, Group::Head].map(layer),
            whole: verdicts
                .iter()
                .zip(&noise)
                .map(|(verdict, noise)| WholeTrial { worst_noise: *noise, verdict: *verdict })
                .collect(),
            remedies: Vec::new(),
        }
    };
    let size = Number::new(if state == ExactState::Zero { f64::NEG_INFINITY } else { log2 });
    let run = CellRun {
        kinked: true,
        gain: Some(1.0),
        chi1: Some(core_math::exp2(2.0 * slope)),
        phase: None,
        exact: ExactCell {
            evidence: Evidence::Exact {},
            states: vec![state; TRIALS],
            by_depth: vec![true; TRIALS],
            log2_sizes: vec![size; TRIALS],
            log2_relative: vec![size; TRIALS],
            zeros: Vec::new(),
        },
        arithmetics: (0..precisions).map(arithmetic).collect(),
    };
    let failed = rank % 7 == 3 && depth == 200;
    let outcome =
        if failed { Outcome::Failed("needs 9.1 GB of memory".into()) } else { Outcome::Measured(Box::new(run)) };
    let values = values.iter().map(|(name, value)| (name.to_string(), value.clone()));
    let values: BTreeMap<String, AxisValue> = values.chain([("depth".into(), AxisValue::Whole(depth))]).collect();
    Cell { cell: 1, id: String::new(), values, outcome }
}

fn sweep(cells: Vec<Cell>, axes: &[(&str, &[&str])]) -> Sweep {
    let axis = |(field, values): &(&str, &[&str])| Axis {
        field: field.to_string(),
        values: values.iter().map(|value| value.to_string()).collect(),
    };
    let depths = Axis { field: "depth".into(), values: DEPTHS.map(|depth| depth.to_string()).into() };
    let plan = SweepPlan {
        bisects: false,
        schema: PLAN_SCHEMA.into(),
        version: "0".into(),
        spec: Spec { trials: TRIALS, ..Spec::default() },
        axes: axes.iter().map(axis).chain([depths]).collect(),
        spec_hash: "0123456789abcdef".into(),
    };
    Sweep::of(&plan, cells)
}

/// So many activations and precisions; `shift` is added to every slope of the exact gradient.
fn activations(count: usize, precisions: usize, shift: f64) -> Sweep {
    let line = |rank: usize| {
        let slope = [0.0, -0.02, 0.03, -0.4, 0.2][rank % 5] + shift;
        DEPTHS.map(|depth| cell(&[("activation", AxisValue::Text(NAMES[rank].into()))], depth, rank, slope, precisions))
    };
    sweep((0..count).flat_map(line).collect(), &[])
}

/// Two numeric axes, χ₁ = 1 where both together are 2.
fn plane() -> Sweep {
    let (gains, deviations) = (["0.5", "1", "1.5"], ["0", "0.1", "0.2"]);
    let mut cells = Vec::new();
    for (rank, (gain, deviation)) in gains.iter().flat_map(|gain| deviations.map(|one| (*gain, one))).enumerate() {
        let [x, y]: [f64; 2] = [gain, deviation].map(|value| value.parse().unwrap());
        let values = [
            ("activation", AxisValue::Text("tanh".into())),
            ("gain", AxisValue::Real(x)),
            ("bias_std", AxisValue::Real(y)),
        ];
        cells.extend(DEPTHS.map(|depth| cell(&values, depth, 7 * rank, 0.4 * (x - y - 1.0), 2)));
    }
    sweep(cells, &[("gain", &gains), ("bias_std", &deviations)])
}

fn plots(panel: &Panel) -> Vec<&Plot> {
    panel.rows.iter().flat_map(|row| &row.plots).collect()
}

/// Every sheet of every case has its words apart, in both themes.
#[test]
fn sweeps_of_all_sizes_are_drawn() {
    let cases = [
        ("sweep-26x5", activations(26, 5, 0.0)),
        ("sweep-7x5", activations(7, 5, 0.0)),
        ("sweep-7x1", activations(7, 1, 0.0)),
        ("sweep-1x5", activations(1, 5, 0.0)),
        ("sweep-1x1", activations(1, 1, 0.0)),
        ("sweep-vanishing", activations(7, 5, -5.0)),
        ("sweep-plane", plane()),
        ("sweep-empty", sweep(Vec::new(), &[])),
    ];
    let mut faults = Vec::new();
    for (name, sweep) in &cases {
        for sheet in panels::sheets(sweep) {
            assert!(panels::STEMS.contains(&sheet.name.as_str()));
            for theme in Theme::ALL {
                let svg = picture(&sheet, theme).unwrap();
                let name = format!("{name}-{}-{}", sheet.name, theme.name());
                preview(&name, &rasterise(&svg).unwrap());
            }
            let named = format!("{name}, {}", sheet.name);
            let drawn = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| assert_readable(&named, &sheet)));
            faults.extend(drawn.err().map(|_| named));
        }
    }
    assert!(faults.is_empty(), "{faults:?}");
}

/// Every cell is on its map, a cross where one failed, and a tip tells of each.
#[test]
fn a_map_has_every_cell() {
    let sweep = activations(26, 5, 0.0);
    let panel = panels::map(&sweep);
    assert_eq!(plots(&panel).len(), 5);
    for plot in plots(&panel) {
        let is_cross = |mark: &&Mark| matches!(mark, Mark::Symbol { symbol: Symbol::Cross, .. });
        let failed = plot.marks.iter().filter(is_cross).count();
        assert_eq!((failed, plot.areas.len() + failed, plot.tips.len()), (4, 26 * 8, 26 * 8));
    }
    let one = panels::map(&activations(1, 5, 0.0));
    assert_eq!((plots(&one).len(), plots(&one)[0].areas.len()), (1, 40), "of one network, a lane per precision");
}

/// A marker or an arrow per network and precision, each in its own place.
#[test]
fn every_horizon_has_a_mark() {
    let sweep = activations(7, 5, 0.0);
    let panel = panels::horizons(&sweep);
    let at = |mark: &Mark| if let Mark::Symbol { at, .. } = mark { Some(at.1) } else { None };
    let mut heights: Vec<f64> = plots(&panel)[0].marks.iter().filter_map(at).collect();
    heights.sort_by(f64::total_cmp);
    heights.dedup();
    assert_eq!(heights.len(), 35);
}

/// Only a plan with two numeric axes other than depth has a phase diagram. The edge of chaos of tanh passes through
/// σ_w = 1, 1.1934007250 and 1.3041458401 at σ_b = 0, 0.1 and 0.2.
#[test]
fn two_numeric_axes_have_a_phase_diagram() {
    assert!(panels::phase(&activations(7, 5, 0.0)).is_none());
    let panel = panels::phase(&plane()).unwrap();
    assert_eq!((plots(&panel).len(), plots(&panel)[0].areas.len()), (1, 9));
    let [Mark::Line { points, dash: [], .. }] = plots(&panel)[0].marks.as_slice() else { panic!("one line") };
    for (height, gain) in [(2.0, 1.0), (1.0, 1.193400725), (0.0, 1.3041458401)] {
        let along = 1.0 + (gain - 1.0) / 0.5;
        let is_there = |(x, y): &(f64, f64)| *y == height && (x - along).abs() <= tolerances::NINE_DECIMALS * 2.0;
        assert!(points.iter().any(is_there), "{gain}: {points:?}");
    }
}

/// What theory predicts is a line of every network, in precisions of which it is known.
#[test]
fn theory_is_a_line_beside_the_measured_one() {
    let panel = panels::noise(&activations(3, 5, 0.0));
    let lines = |plot: &&Plot| plot.marks.iter().filter(|mark| matches!(mark, Mark::Line { .. })).count();
    assert_eq!(plots(&panel).iter().map(lines).collect::<Vec<_>>(), [3, 3, 3, 3, 0]);
    assert!(panel.key.iter().any(|(_, words)| words.contains("predicted by theory")));
}
