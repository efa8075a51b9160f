//! δ = g·d, and PReLU's slope.

use super::{Check, LONG, TIGHT, bound, column_within, disturbed, exact, holds, real, reals, two_to, within};
use crate::activation::Piece;
use crate::enclosure::Bound;
use crate::norm::column::{Bits, Column, Scaled};
use crate::operation::activation::lemma::slope_gradient;
use crate::operation::activation::lemma::{Derivative, backward};
use rug::Float;

/// d̃ with an error of D in every entry, and the true d, D above it.
fn derivative(values: &[Float], error: &Float) -> (Derivative, Vec<Float>) {
    let derivative = Derivative {
        values: values.iter().map(Scaled::from_float).collect::<Vec<_>>().into(),
        inexact: Bits::from_fn(values.len(), |_| *error != 0),
        largest: values.iter().map(|x| bound(&x.clone().abs())).fold(Bound::ZERO, Bound::max),
        error: if *error == 0 { Bound::ZERO } else { bound(error) },
    };
    (derivative, values.iter().map(|x| Float::with_val(LONG, x + error)).collect())
}

pub fn check_backward() -> Check {
    let precision = 512;
    let zero = real(0.0);
    // d̃, D; g̃ and how far the true g is from it.
    let scenarios = [
        ("max|d̃|·γ", [0.75, 0.125], zero.clone(), [1.0, 1.0], [two_to(-30), zero.clone()]),
        ("D·γ", [0.0, 0.0], real(1.0), [0.0, 0.0], [real(3.0), real(4.0)]),
        ("D‖g̃‖", [0.0, 0.5], two_to(-20), [3.0, 4.0], [zero.clone(), zero.clone()]),
        ("all three", [0.5, 0.5], two_to(-3), [3.0, 4.0], [3 * two_to(-4), 4 * two_to(-4)]),
    ];
    for (what, d, error, g, moved) in scenarios {
        let (d, true_d) = derivative(&reals(&d), &error);
        let (g, true_g) = disturbed(&reals(&g), &moved);
        let delta = backward(&g, &d, precision);
        let truth: Vec<Float> = true_d.iter().zip(&true_g).map(|(d, g)| Float::with_val(LONG, d * g)).collect();
        column_within(what, &delta, &truth, TIGHT)?;
    }
    // An exact zero of either factor makes an exact zero; a computed zero proves nothing.
    let (mut d, _) = derivative(&reals(&[0.0, 0.0, 2.0]), &two_to(-20));
    d.inexact = Bits::from_fn(3, |i| i == 1);
    let (mut g, _) = disturbed(&reals(&[5.0, 5.0, 0.0]), &reals(&[1.0, 1.0, 0.0]));
    g.inexact = Bits::from_fn(3, |i| i != 2);
    let delta = backward(&g, &d, precision);
    holds(delta.is_exact_zero(0) && delta.is_exact_zero(2), || "0·g is exact".to_string())?;
    holds(delta.inexact.get(1), || "a computed zero counts as exact".to_string())?;
    let (d, _) = derivative(&reals(&[0.0, 0.0, 0.0]), &zero);
    let dead = backward(&g, &d, precision);
    holds(dead.error.is_zero() && !dead.inexact.any(), || "a dead layer's δ is exact".to_string())
}

/// ds of samples with one slope, its bound, and the true value.
fn slope(samples: &[(Column, Vec<Float>, Column, Vec<Float>)], precision: u32, what: &str, multiple: f64) -> Check {
    let side = |z: Scaled| Some(Piece(u8::from(z.mantissa > 0)));
    let gradients: Vec<Column> = samples.iter().map(|sample| sample.0.clone()).collect();
    let preactivations: Vec<Column> = samples.iter().map(|sample| sample.2.clone()).collect();
    let sides = |z: &Column| (0..z.len()).map(|i| side(z.entry(i))).collect();
    let pieces: Vec<Vec<Option<Piece>>> = preactivations.iter().map(sides).collect();
    let computed =
        slope_gradient(&gradients, &preactivations, &pieces, precision).map_err(|wrong| wrong.to_string())?;
    let mut truth = Float::new(LONG);
    for (_, true_g, _, true_z) in samples {
        for (g, z) in true_g.iter().zip(true_z).filter(|(_, z)| **z <= 0) {
            truth += Float::with_val(LONG, g * z);
        }
    }
    let actual = (truth - &computed.value((0, 0))).abs();
    holds(!computed.exact[(0, 0)] || actual == 0, || format!("{what}: an inexact slope gradient counts as exact"))?;
    within(what, &actual, computed.entry_error((0, 0)), multiple)?;
    within(what, &actual, computed.error, multiple)
}

fn sample(g: &[f64], moved_g: &[Float], z: &[f64], moved_z: &[Float]) -> (Column, Vec<Float>, Column, Vec<Float>) {
    let (g, true_g) = disturbed(&reals(g), moved_g);
    let (z, true_z) = disturbed(&reals(z), moved_z);
    (g, true_g, z, true_z)
}

pub fn check_slope_gradient() -> Check {
    let zero = reals(&[0.0, 0.0, 0.0]);
    let along = |x: f64, y: f64, e: i32| [real(x) << e, real(y) << e, real(0.0)];
    // The third unit is on the right and counts nowhere.
    let gradient = || sample(&[0.0, 0.0, 9.0], &along(-3.0, -4.0, -30), &[-3.0, -4.0, 7.0], &zero);
    slope(&[gradient(), gradient()], 128, "γ‖z̃⁻‖", TIGHT)?;
    let input = || sample(&[3.0, 4.0, 9.0], &zero, &[-1.0, -1.0, 7.0], &along(-3.0, -4.0, -30));
    slope(&[input(), input()], 128, "‖g̃⁻‖ζ", TIGHT)?;
    // Computed on the right and truly on the left, or the other way round.
    for side in [1.0, -1.0] {
        let either = sample(&[3.0, 0.0, 9.0], &zero, &[side * 1e-9, side, 7.0], &along(-side * 1.0, 0.0, -20));
        slope(&[either], 128, "either side", if side > 0.0 { 1.01 } else { f64::INFINITY })?;
    }
    // A decided z̃ is larger than ζ, so γζ is at most as large as γ‖z̃⁻‖.
    let crossed = sample(&[0.0, 0.0, 0.0], &along(1.0, 0.0, 0), &[-1.001, 0.0, 7.0], &along(-1.0, 0.0, 0));
    slope(&[crossed], 128, "γζ", TIGHT)?;

    // 2^24 + 1 in 24 bits.
    let tie = f64::from((1 << 24) + 1);
    let one_unit = |g: f64, moved: Float| {
        let (g, true_g) = disturbed(&[real(g)], &[moved]);
        (g, true_g, exact(&[real(-1.0)]), vec![real(-1.0)])
    };
    slope(&[one_unit(tie, two_to(-200))], 24, "conversion", TIGHT)?;
    // 24 = 3p bits of two samples that cancel: each loses half a unit, both in one direction.
    for sign in [1.0, -1.0] {
        let samples = [tie, 2.0 - tie].map(|g| one_unit(sign * g, real(0.0)));
        slope(&samples, 8, "alignment", 1.02)?;
    }
    Ok(())
}
