//! Mean-field theory (Poole et al. 2016, Schoenholz et al. 2017, Hayou et al. 2019) on sweeps: the exact gradient of
//! networks that differ in depth grows by √χ₁ per layer. At small widths the mean logarithm of a ReLU network falls short
//! of that by what Hanin and Nica's law says.
//!
//! One normal input per network: with a batch, correlations between its samples change with depth, too.

use super::{mean, sweep};
use crate::common::{exhaustive, tolerances};
use precision_probe::judgement::ExactState;
use precision_probe::judgement::cell::{Cell, CellRun};

/// Standard errors that the draws may be away.
const STANDARD_ERRORS: f64 = 4.0;

/// Networks of one initialisation, and the published χ₁ of activations at the fixed points of their variances, with its
/// tolerance.
type Case = (&'static [&'static str], &'static [Published]);
type Published = (&'static str, f64, f64);

const SEVEN: f64 = tolerances::SEVEN_DECIMALS;
const NINE: f64 = tolerances::NINE_DECIMALS;
const TEN: f64 = tolerances::TEN_DECIMALS;
const CLOSED: f64 = tolerances::DOUBLES;
const EDGE: f64 = tolerances::CHI1_ON_THE_EDGE;

/// PAPERS C: at the gain that keeps a variance of 1, at gains 1 and √2, and on the edge of chaos at σ_b = 0.1; tanh at
/// σ_b² = 0.05 with σ_w² = 1, 1.3, 2.5 and 4. Variances of gelu and silu that do not vanish are unstable.
const CASES: [Case; 11] = [
    (
        &[],
        &[
            ("relu", 1.0, CLOSED),
            ("leaky", 1.0, CLOSED),
            ("elu", 1.035904719, NINE),
            ("selu", 1.071574992, NINE),
            ("tanh", 1.177807232, NINE),
            ("sigmoid", 0.152827012, NINE),
            ("softplus", 0.318458984, NINE),
        ],
    ),
    (
        &["--gain", "1"],
        &[
            ("relu", 0.5, CLOSED),
            ("sigmoid", 0.0557207068, TEN),
            ("softplus", 0.2887218490, TEN),
            ("gelu", 0.25, CLOSED),
            ("silu", 0.25, CLOSED),
        ],
    ),
    (
        &["--gain", "1.4142135623730951"],
        &[
            ("relu", 1.0, CLOSED),
            ("tanh", 1.1055288204, TEN),
            ("sigmoid", 0.1009770807, TEN),
            ("gelu", 0.5, CLOSED),
            ("silu", 0.5, CLOSED),
        ],
    ),
    (&["--gain", "1.1761484737", "--bias-std", "0.1"], &[("elu", 1.0, EDGE)]),
    (&["--gain", "0.8719131612", "--bias-std", "0.1"], &[("selu", 1.0, EDGE)]),
    (&["--gain", "1.1934007250", "--bias-std", "0.1"], &[("tanh", 1.0, EDGE)]),
    (&["--gain", "10.1504564807", "--bias-std", "0.1"], &[("sigmoid", 1.0, EDGE)]),
    (&["--gain", "1", "--bias-std", "0.22360679774997896"], &[("tanh", 0.7590316, SEVEN)]),
    (&["--gain", "1.140175425099138", "--bias-std", "0.22360679774997896"], &[("tanh", 0.8801635, SEVEN)]),
    (&["--gain", "1.5811388300841898", "--bias-std", "0.22360679774997896"], &[("tanh", 1.1335157, SEVEN)]),
    (&["--gain", "2", "--bias-std", "0.22360679774997896"], &[("tanh", 1.3424024, SEVEN)]),
];
/// Schoenholz et al.'s depth scales ξ = −1/ln χ₁ of the last four.
const DEPTH_SCALES: [f64; 4] = [3.627, 7.834, -7.979, -3.396];

/// χ₁ as sweeps record it, after as many layers as the variance needs to settle.
#[test]
fn chi1_on_sweeps_is_the_published_one() {
    for (options, expected) in exhaustive(&CASES[6..8], &CASES[..]) {
        for (cell, run) in cells(options, expected, &["--width", "1", "--depth", "300", "--trials", "1"]) {
            let (found, (_, chi1, allowed)) = (run.chi1.unwrap(), published(&cell, expected));
            let what = format!("{} {}: χ₁ {found}", cell.values["activation"], options.join(" "));
            println!("{what}, published {chi1}");
            assert!((found - chi1).abs() <= allowed, "{what}, not {chi1}");
        }
    }
    for ((_, tanh), scale) in CASES[7..].iter().zip(DEPTH_SCALES) {
        assert!((-1.0 / core_math::log(tanh[0].1) - scale).abs() <= tolerances::HALF_A_THOUSANDTH, "{scale}");
    }
}

/// The growth between two depths of the same trials, both beyond the layers in which the variance settles.
#[test]
fn gradients_on_sweeps_grow_as_chi1_says() {
    let (cases, width, depths, trials) = exhaustive((&CASES[7..9], 32, [6, 14], 12), (&CASES[..], 64, [24, 48], 16));
    for (options, expected) in cases {
        let [width_given, trials] = [width, trials].map(|number: usize| number.to_string());
        let depth = depths.map(|depth: usize| depth.to_string()).join(",");
        let found = cells(options, expected, &["--width", &width_given, "--depth", &depth, "--trials", &trials]);
        for pair in found.chunks(2) {
            let [(shallow, one), (_, other)] = pair else { panic!("two depths") };
            let sizes = one.exact.log2_relative.iter().zip(&other.exact.log2_relative);
            let layers = (depths[1] - depths[0]) as f64;
            let growth: Vec<f64> = sizes.map(|(one, other)| (other.value() - one.value()) / layers).collect();
            let (measured, error) = mean(&growth);
            let theory = core_math::log2(published(shallow, expected).1) / 2.0;
            let allowed = STANDARD_ERRORS * error + tolerances::GROWTH_TIMES_WIDTH / width as f64;
            let name = &shallow.values["activation"];
            let what = format!("{name} {}: {measured:.4} ± {error:.4} bits per layer", options.join(" "));
            println!("{what}, published {theory:.4}");
            assert!((measured - theory).abs() <= allowed, "{what}, not {theory}");
        }
    }
}

/// Hanin and Nica: where it is alive, a layer of n ReLUs multiplies the square of a gradient by χ²_K·2/n with K of n
/// units active. Gain 1 instead of √2 halves that per layer and makes the outputs so small that the loss sends the same
/// gradient back whatever they are; else it would depend on the network.
#[test]
fn gradients_of_narrow_relu_networks_shrink_as_published() {
    for (width, depths, expected) in exhaustive(
        &[("8", [8, 24], -0.3987773)][..],
        &[("4", [8, 20], -0.7165727), ("8", [12, 40], -0.3987773), ("16", [24, 72], -0.1763973)][..],
    ) {
        let depth = depths.map(|depth: usize| depth.to_string()).join(",");
        let trials = exhaustive("200", "1000");
        let options = ["--width", width, "--depth", &depth, "--trials", trials, "--gain", "1", "--act", "relu"];
        let found = sweep(&[&options[..], &["--batch", "1", "--data", "gaussian"]].concat());
        let [one, other] = [0, 1].map(|place: usize| {
            let exact = &found[place].1.exact;
            let alive = exact.log2_sizes.iter().zip(&exact.states).filter(|(_, state)| **state != ExactState::Zero);
            mean(&alive.map(|(size, _)| 2.0 * size.value() * std::f64::consts::LN_2).collect::<Vec<_>>())
        });
        let layers = (depths[1] - depths[0]) as f64;
        let (measured, error) =
            ((other.0 - one.0) / layers + std::f64::consts::LN_2, core_math::hypot(one.1, other.1) / layers);
        let what = format!("relu, width {width}: mean logarithm per layer {measured:.4} ± {error:.4}");
        println!("{what}, published {expected}");
        assert!((measured - expected).abs() <= STANDARD_ERRORS * error, "{what}, not {expected}");
    }
}

fn cells(options: &[&str], expected: &[Published], more: &[&str]) -> Vec<(Cell, CellRun)> {
    let activations = expected.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(",");
    let data = ["--act", &activations, "--batch", "1", "--data", "gaussian"];
    sweep(&[&data[..], options, more].concat())
}

fn published(cell: &Cell, expected: &[Published]) -> Published {
    let name = cell.values["activation"].to_string();
    *expected.iter().find(|(known, ..)| *known == name).unwrap()
}
