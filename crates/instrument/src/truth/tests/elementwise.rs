//! Activations and their derivatives: at the steepest and the most curved point of each piece.

use super::{Check, LONG, TIGHT, column_within, disturbed, exact, holds, long, real, reals, two_to, within};
use crate::activation::{ALL, Activation, Break, Function, Joint, enclosure};
use crate::enclosure::Bound;
use crate::norm::column::Scaled;
use crate::norm::evaluation::adversary;
use crate::operation::activation::lemma::{Activated, Undecided, activate};
use rug::Float;

const PRECISION: u32 = 128;
/// Bound over worst error at the extreme point: φ there bends by ζ = 2^-20 at most.
const NEARLY_TIGHT: f64 = 1.0001;

fn run(activation: &Activation, z: &super::Column, precision: u32) -> Result<Activated, String> {
    let slope = match activation {
        Activation::Prelu { slope } => Some(*slope),
        _ => None,
    };
    activate(activation, slope, z, precision, Undecided::Refused).map_err(|wrong| wrong.to_string())
}

fn truth(function: Function, z: &Float) -> Float {
    enclosure(&function, z, LONG).expect("in range").value
}

/// The catalogue, and others with more jumps or other joints.
fn activations() -> impl Iterator<Item = Activation> {
    let more = ["elu:0.5", "leaky:-2", "threshold:-1:-1", "softplus:4", "swish:0.5", "celu:0.25"];
    ALL.into_iter().chain(more.map(|name| Activation::parse(name).expect("a name")))
}

/// No branch may be decided while the true pre-activation can lie on the other side of a jump.
pub fn check_decision() -> Check {
    for activation in activations() {
        for joint in activation.joints().iter().filter(|joint| joint.is_kink()) {
            for sign in [1.0, -1.0] {
                // The last: nothing is as far from the kink as the next joint.
                for (magnitude, reach, is_decided) in
                    [(0.25, 0.375, false), (0.375, 0.375, false), (0.375, 0.375 - 1e-9, true), (0.0, 1e-30, false)]
                {
                    let z = joint.at + sign * magnitude;
                    let (column, _) = disturbed(&[real(z)], &[real(reach)]);
                    let what = |piece: &dyn std::fmt::Debug| format!("{activation} at {z} ± {reach}: {piece:?}");
                    let activated = run(&activation, &column, PRECISION);
                    if joint.breaks == Break::Value && !is_decided {
                        holds(activated.is_err(), || what(&"φ itself is undecided"))?;
                        continue;
                    }
                    let piece = activated?.pieces[0];
                    let sides = [z - reach, z + reach].map(|end| activation.piece_of(end));
                    holds(piece.is_none_or(|piece| sides == [piece; 2]), || what(&piece))?;
                    holds(piece.is_some() == is_decided, || what(&piece))?;
                }
            }
        }
        // An exact pre-activation is decided wherever it lies, the joint itself on its owner's side.
        for Joint { at, .. } in activation.joints().iter() {
            let points = [*at, at + 1e-9, at - 1e-9];
            let pieces = run(&activation, &exact(&reals(&points)), PRECISION)?.pieces;
            let expected = points.map(|x| Some(activation.piece_of(x)));
            holds(pieces == expected, || format!("{activation}: {pieces:?}"))?;
        }
    }
    Ok(())
}

/// Where |φ'| is largest: on each piece; and where z is so near the joint that it may be on either side.
fn steepest(activation: &Activation) -> Vec<f64> {
    let near = 1e-4;
    match activation {
        Activation::Relu | Activation::Relu6 | Activation::Hardtanh { .. } => vec![0.75, 0.0],
        Activation::Hardsigmoid => vec![1.0, 3.0],
        Activation::Leaky { .. } | Activation::Prelu { .. } | Activation::Rrelu { .. } => vec![-1.0, 1.0, 0.0],
        Activation::Elu { alpha } if *alpha == 1.0 => vec![1.0],
        Activation::Elu { .. } | Activation::Selu => vec![-near / 100.0, 1.0, 0.0],
        Activation::Celu { .. } => vec![1.0, 0.0],
        Activation::Hardswish => vec![3.0 - 3e-6, 4.0, 3.0],
        Activation::Softshrink { lambda } => vec![-1.0, 1.0, *lambda],
        Activation::Hardshrink { .. } => vec![-1.0, 1.0],
        Activation::Threshold { threshold, .. } => vec![threshold + 0.5],
        Activation::ReluSquared => vec![5.0],
        Activation::Tanh | Activation::Sigmoid | Activation::Softsign => vec![0.0],
        Activation::Tanhshrink => vec![40.0],
        Activation::Softplus { .. } => vec![60.0],
        Activation::LogSigmoid => vec![-60.0],
        Activation::Silu => vec![2.399357280520],
        Activation::Swish { beta } => vec![2.399357280520 / beta],
        Activation::Mish => vec![1.490571179485],
        Activation::Gelu => vec![std::f64::consts::SQRT_2],
        Activation::GeluTanh => vec![1.418504008791],
        Activation::Identity => vec![-3.0],
    }
}

/// Where |φ''| is largest.
fn most_curved(activation: &Activation) -> Option<f64> {
    match activation {
        Activation::Elu { .. } | Activation::Selu | Activation::Celu { .. } => Some(-1e-6),
        Activation::Tanh | Activation::Tanhshrink => Some(0.6584789484624083),
        Activation::Sigmoid => Some(1.3169578969248166),
        Activation::Softplus { .. } | Activation::LogSigmoid | Activation::Silu | Activation::Swish { .. } => Some(0.0),
        Activation::Gelu | Activation::GeluTanh => Some(0.0),
        Activation::Mish => Some(-0.087934431315),
        Activation::Softsign => Some(1e-6),
        Activation::Hardswish | Activation::ReluSquared => Some(1.0),
        _ => None,
    }
}

/// z̃ ± ζ with ζ just below z̃'s distance from a kink, or 2^-20.
fn reach_at(z: f64) -> f64 {
    if z == 0.0 { crate::format::two_to(-20) } else { (z.abs() * 0.99).min(crate::format::two_to(-20)) }
}

/// The worse of the two ends of the interval.
fn worse(check: impl Fn(Float) -> Result<Float, String>, z: f64) -> Result<Float, String> {
    let ends = [check(real(z) + reach_at(z))?, check(real(z) - reach_at(z))?];
    Ok(ends.into_iter().max_by(Float::total_cmp).expect("two ends"))
}

pub fn check_activation() -> Check {
    for activation in activations() {
        for z in steepest(&activation) {
            // A second unit on the flattest side, exact, must not matter.
            let (mut column, _) = disturbed(&[real(z), real(-6.0)], &[real(reach_at(z)), real(0.0)]);
            column.inexact = super::Bits::from_fn(2, |i| i == 0);
            let value = run(&activation, &column, PRECISION)?.value;
            let other = truth(Function::Value(activation), &real(-6.0));
            let other = if value.inexact.get(1) { long(&value.entry(1)) } else { other };
            let end = |z: Float| super::distance(&value, &[truth(Function::Value(activation), &z), other.clone()]);
            within(&format!("{activation} at {z}"), &worse(end, z)?, value.error, NEARLY_TIGHT)?;
        }
    }
    Ok(())
}

/// The adversary chooses a value of p bits, which storing does not change, at the end of the allowance.
pub fn check_activation_evaluation() -> Check {
    let precision = 16;
    let value = two_to(-1) + two_to(-16);
    let allowance = two_to(1 - (precision as i32 + 8));
    let wanted = Float::with_val(LONG, &value * (real(1.0) - real(0.95) * allowance));
    let z = Float::with_val(LONG, wanted.atanh_ref());
    let chosen = value.clone();
    adversary::with(
        move |function, _, value, _| {
            if *function == Function::Value(Activation::Tanh) { chosen.clone() } else { value.clone() }
        },
        || {
            let stored = run(&Activation::Tanh, &exact(&[z.clone(), real(0.0)]), precision)?.value;
            holds(long(&stored.entry(0)) == value, || "the value was rounded again".to_string())?;
            holds(!stored.inexact.get(1), || "tanh 0 = 0".to_string())?;
            column_within("tanh", &stored, &[wanted.clone(), real(0.0)], 1.06)
        },
    )
}

pub fn check_derivative() -> Check {
    for activation in activations() {
        let Some(z) = most_curved(&activation) else { continue };
        // A second unit, exact, where φ' has no error to speak of.
        let (mut column, _) = disturbed(&[real(z), real(2.0)], &[real(reach_at(z)), real(0.0)]);
        column.inexact = super::Bits::from_fn(2, |i| i == 0);
        let derivative = run(&activation, &column, PRECISION)?.derivative.map_err(|wrong| wrong.to_string())?;
        let end = |z: Float| {
            let difference = truth(Function::Derivative(activation), &z) - long(&derivative.values.get(0));
            Ok(difference.abs())
        };
        within(&format!("{activation}' at {z}"), &worse(end, z)?, derivative.error, NEARLY_TIGHT)?;
        let values: Vec<Scaled> = (0..derivative.values.len()).map(|i| derivative.values.get(i)).collect();
        let largest = values.iter().map(|value| long(value).abs());
        let largest = largest.max_by(Float::total_cmp).expect("two values");
        within(&format!("max |{activation}'|"), &largest, derivative.largest, TIGHT)?;
    }
    Ok(())
}

/// The adversary moves every value to the end of the allowance.
pub fn check_derivative_evaluation() -> Check {
    for activation in activations() {
        let z = real(-0.875);
        let moved = move |_: &Function, _: &Float, value: &Float, allowance: &Float| {
            let value = Float::with_val(LONG, value);
            let step = Float::with_val(LONG, &value * allowance) * real(0.98);
            value + step
        };
        let derivative = adversary::with(moved, || run(&activation, &exact(&[z.clone(), real(3.0)]), 64))?;
        let derivative = derivative.derivative.map_err(|wrong| wrong.to_string())?;
        let true_values = [&z, &real(3.0)].map(|z| truth(Function::Derivative(activation), z));
        let mut worst = real(0.0);
        for (i, theirs) in true_values.into_iter().enumerate() {
            let ours = &derivative.values.get(i);
            let difference = Float::with_val(LONG, long(ours) - theirs).abs();
            // The enclosure of the truth has an error of its own, far below anything that matters here.
            let is_equal = difference < two_to(-500);
            holds(derivative.inexact.get(i) || is_equal, || format!("{activation}'({i}) counts as exact"))?;
            worst = if is_equal { worst } else { worst.max(&difference) };
        }
        let multiple = if worst == 0 { f64::INFINITY } else { 1.05 };
        if worst == 0 {
            holds(derivative.error.is_zero(), || format!("{activation}' is exact and has an error"))?;
        }
        within(&format!("{activation}' computed"), &worst, derivative.error, multiple)?;
    }
    Ok(())
}

/// What is constant or copied on a decided piece stays exact whatever the error of z.
pub fn check_exact_pieces() -> Check {
    let (z, _) = disturbed(&reals(&[-3.0, 5.0]), &[real(0.5), real(0.5)]);
    let relu = run(&Activation::Relu, &z, PRECISION)?;
    let derivative = relu.derivative.map_err(|wrong| wrong.to_string())?;
    holds(relu.value.is_exact_zero(0) && relu.value.inexact.get(1), || "relu(−3 ± 1/2) = 0".to_string())?;
    holds(!derivative.inexact.any() && derivative.error.is_zero(), || "relu' is exact".to_string())?;
    let elu = run(&Activation::Elu { alpha: 0.5 }, &z, PRECISION)?;
    let derivative = elu.derivative.map_err(|wrong| wrong.to_string())?;
    holds(derivative.inexact.get(0) && !derivative.inexact.get(1), || "elu' = 1 on the right".to_string())?;
    // A layer of dead units: exact zeros without any error.
    let (z, _) = disturbed(&reals(&[-3.0, -5.0]), &[real(0.5), real(0.5)]);
    let dead = run(&Activation::Relu, &z, PRECISION)?.value;
    holds(dead.error.is_zero() && !dead.inexact.any(), || "a dead layer is exactly zero".to_string())?;
    // Exact pre-activations beyond p bits: only storing rounds them.
    let long_value = two_to(0) + two_to(-200);
    let stored = run(&Activation::Relu, &exact(std::slice::from_ref(&long_value)), PRECISION)?.value;
    column_within("relu stores", &stored, &[long_value], f64::INFINITY)
}

/// φ(−10¹⁰) of the exponential tails is neither 0 nor within the exponents; nor is φ' at ±10¹⁰ where φ has a limit.
#[test]
fn what_vanishes_is_no_exact_zero() {
    let tails = ["gelu", "gelu_tanh", "silu", "swish:1.5", "mish", "sigmoid", "softplus"];
    let limits = ["tanh", "elu", "celu:0.5", "selu"];
    for name in tails.into_iter().chain(limits) {
        let activation = Activation::parse(name).expect("a name");
        let activated = run(&activation, &exact(&reals(&[-1e10, 1.5])), PRECISION).expect("proven");
        let derivative = activated.derivative.expect("decided");
        assert!(derivative.values.integers.is_zero(0) && derivative.inexact.get(0), "{name}'");
        if tails.contains(&name) {
            assert!(activated.value.integers.is_zero(0) && !activated.value.is_exact_zero(0), "{name}");
            let alone = run(&activation, &exact(&reals(&[-1e10])), PRECISION).expect("proven");
            let below = |error: Bound| error.scaled(1 << 29).to_f64();
            assert!((1.0..1.0001).contains(&below(alone.value.error)), "{name}");
            assert!((1.0..1.0001).contains(&below(alone.derivative.expect("decided").error)), "{name}'");
        }
        // The other entry is as it was.
        let function = Function::Value(activation);
        let whole = truth(function, &real(1.5));
        let kept = long(&activated.value.entry(1));
        assert!(Float::with_val(LONG, kept - whole).abs() < 1e-37, "{name}");
    }
}
