//! The catalogue's facts: constants of proofs, mean-field constants, names.

use precision_probe::activation::double::derivative_f64;
use precision_probe::activation::{
    ALL, Activation, Function, Phase, Piece, derivative_second_moment, enclose, mean_field, preserving_gain,
    second_moment,
};
use rug::Float;
use std::cmp::Ordering;

#[test]
fn the_constants_of_proofs_bound_and_are_attained() {
    let step = 1.0 / 8192.0;
    let more = ["leaky:0.2", "prelu:-0.5", "elu:0.5", "elu:1.7"].map(|name| Activation::parse(name).unwrap());
    for activation in ALL.into_iter().chain(more) {
        let pieces: &[Piece] =
            if activation.kinks().is_empty() { &[Piece::Whole] } else { &[Piece::Left, Piece::Right] };
        for &piece in pieces {
            let (low, high) = match piece {
                Piece::Left => (-20.0, 0.0),
                Piece::Right => (step, 20.0),
                Piece::Whole => (-20.0, 20.0),
            };
            let (mut steepest, mut sharpest) = (0f64, 0f64);
            let mut x = low;
            while x + step <= high {
                let (here, there) = (derivative_f64(&activation, x), derivative_f64(&activation, x + step));
                steepest = steepest.max(here.abs()).max(there.abs());
                sharpest = sharpest.max((there - here).abs() / step);
                x += step;
            }
            let (first, second) = (activation.lipschitz(piece), activation.curvature(piece));
            assert!(steepest <= first, "{activation} {piece:?}: |φ'| reaches {steepest} > {first}");
            assert!(steepest >= 0.95 * first, "{activation} {piece:?}: |φ'| only reaches {steepest} of {first}");
            assert!(sharpest <= second + 1e-11, "{activation} {piece:?}: |φ''| reaches {sharpest} > {second}");
            assert!(sharpest >= 0.95 * second, "{activation} {piece:?}: |φ''| only reaches {sharpest} of {second}");
        }
        if !activation.kinks().is_empty() {
            assert_eq!(activation.curvature(Piece::Whole), f64::INFINITY);
        }
        // φ' at the kink is that of the piece that holds the kink.
        assert_eq!(activation.piece(Ordering::Equal), activation.piece(Ordering::Less));
        assert_eq!(derivative_f64(&activation, 0.0), derivative_f64(&activation, -0.0));
    }
    // The rounded decimals of λα and λ are upper bounds.
    let selu = |x: f64| enclose(&Function::Derivative(Activation::Selu), &Float::with_val(53, x), 100).unwrap();
    assert!(
        selu(0.0) <= Activation::Selu.lipschitz(Piece::Left) && selu(1.0) <= Activation::Selu.lipschitz(Piece::Right)
    );
}

#[test]
fn mean_field_constants_agree_with_the_published_table() {
    // E[φ²] and E[φ'²] at q = 1, σ_w² that keeps q = 1, χ₁ there (PAPERS C; quadrature by mpmath).
    let rows = [
        ("relu", 0.5, 0.5, 2.0, 1.0),
        ("elu", 0.644945417493, 0.668102001223, 1.550518808, 1.035904719),
        ("selu", 1.0, 1.071574992456, 1.0, 1.071574992),
        ("gelu", 0.425221482570, 0.455850865649, 2.351715614, 1.072031598),
        ("silu", 0.355775519817, 0.379482351633, 2.810761124, 1.066634241),
        ("tanh", 0.394294490398, 0.464402902448, 2.536175433, 1.177807232),
        ("sigmoid", 0.293379035858, 0.044836241350, 3.408559842, 0.152827012),
        ("softplus", 0.921245908859, 0.293379035858, 1.085486503, 0.318458984),
    ];
    for (name, value, derivative, kept, chi1) in rows {
        let a = Activation::parse(name).unwrap();
        let close = |what: &str, got: f64, expected: f64, tolerance: f64| {
            assert!((got - expected).abs() <= tolerance, "{name} {what}: {got} is not {expected}");
        };
        close("E[φ²]", second_moment(&a, 1.0), value, 0.51e-12);
        close("E[φ'²]", derivative_second_moment(&a, 1.0), derivative, 0.51e-12);
        let gain = preserving_gain(&a);
        close("σ_w²", gain * gain, kept, 0.51e-9);
        close("χ₁", mean_field(&a, gain, 0.0, 100).chi1, chi1, 0.51e-9);
    }
    // The table's leaky slopes, not on the grid: 0.01 and 0.2 themselves.
    for (slope, moment, kept, chi1_at_2) in [(0.01, 0.50005, 1.99980002, 1.0001), (0.2, 0.52, 1.92307692, 1.04)] {
        let a = Activation::Leaky { slope };
        assert!((second_moment(&a, 1.0) - moment).abs() < 1e-15);
        assert!((derivative_second_moment(&a, 3.0) - moment).abs() < 1e-15);
        let gain = preserving_gain(&a);
        assert!((gain * gain - kept).abs() < 0.51e-8);
        assert!((mean_field(&a, 2f64.sqrt(), 0.0, 50).chi1 - chi1_at_2).abs() < 1e-12);
    }
    // (activation, σ_w², σ_b², depth, χ₁, q, tolerance): fixed points of the variance map.
    let fixed = [
        ("relu", 2.0, 0.0, 50, 1.0, 1.0, 1e-14),
        ("gelu", 2.0, 0.0, 5000, 0.5, 0.0, 1e-9),
        ("silu", 2.0, 0.0, 5000, 0.5, 0.0, 1e-9),
        ("gelu", 1.0, 0.0, 5000, 0.25, 0.0, 1e-9),
        ("silu", 1.0, 0.0, 5000, 0.25, 0.0, 1e-9),
        ("tanh", 2.0, 0.0, 5000, 1.1055288204, 0.6179647698, 0.51e-10),
        ("sigmoid", 2.0, 0.0, 5000, 0.1009770807, 0.5552895914, 0.51e-10),
        ("sigmoid", 1.0, 0.0, 5000, 0.0557207068, 0.2646868752, 0.51e-10),
        ("softplus", 1.0, 0.0, 5000, 0.2887218490, 0.8563051596, 0.51e-10),
        ("selu", 1.0, 0.0, 50, 1.071574992, 1.0, 0.51e-9),
        // On the edge of chaos χ₁ = 1; σ_w is printed to 10 decimals.
        ("tanh", 1.1934007250 * 1.1934007250, 0.01, 20_000, 1.0, 0.27330, 0.51e-5),
        ("tanh", 1.3041458401 * 1.3041458401, 0.04, 20_000, 1.0, 0.51208, 0.51e-5),
        ("elu", 1.1761484737 * 1.1761484737, 0.01, 20_000, 1.0, 0.43783, 0.51e-5),
        ("elu", 1.2292511241 * 1.2292511241, 0.04, 20_000, 1.0, 1.10693, 0.51e-5),
    ];
    for (name, weights, biases, depth, chi1, q, tolerance) in fixed {
        let field = mean_field(&Activation::parse(name).unwrap(), f64::sqrt(weights), biases, depth);
        assert!((field.chi1 - chi1).abs() <= tolerance, "{name} χ₁ at σ_w² = {weights}: {field:?}");
        assert!((field.q - q).abs() <= tolerance, "{name} q at σ_w² = {weights}: {field:?}");
        assert_eq!(field.phase, Phase::of(chi1), "{name}");
    }
}

#[test]
fn names_round_trip_and_mistakes_name_the_fix() {
    for activation in ALL {
        assert_eq!(Activation::parse(&activation.name()), Ok(activation));
        assert!(!activation.name().contains(':'));
    }
    let reads = [
        ("LeakyReLU", "leaky"),
        ("leaky_relu:0.01", "leaky"),
        ("leaky:0.2", "leaky:0.2001953125"),
        ("P_ReLU", "prelu"),
        ("prelu:0", "prelu:0"),
        ("ELU:1", "elu"),
        ("elu:0.3", "elu:0.3"),
        ("swish", "silu"),
        ("Linear", "identity"),
        ("SELU", "selu"),
        ("logistic", "sigmoid"),
    ];
    for (written, canonical) in reads {
        let activation = Activation::parse(written).unwrap();
        assert_eq!(activation.name(), canonical);
        assert_eq!(Activation::parse(canonical), Ok(activation));
    }
    assert_eq!(Activation::parse("leaky"), Ok(Activation::Leaky { slope: 0.010009765625 }));
    let mistakes = [
        ("gleu", "unknown activation `gleu`; did you mean `gelu`?"),
        ("leakyrlu", "unknown activation `leakyrlu`; did you mean `leaky_relu`?"),
        ("relu:0.1", "`relu:0.1`: relu has no parameter; write `relu`"),
        ("swish:2", "`swish:2`: silu has no parameter; write `silu`"),
        ("leaky:", "`leaky:`: the parameter must be a finite number, as in `leaky:0.2`"),
        ("leaky:nan", "`leaky:nan`: the parameter must be a finite number, as in `leaky:0.2`"),
        ("prelu:inf", "`prelu:inf`: the parameter must be a finite number, as in `prelu:0.25`"),
        ("elu:-1", "`elu:-1`: alpha must be from 0.000001 to 10000, as in `elu:0.5`"),
        ("elu:0", "`elu:0`: alpha must be from 0.000001 to 10000, as in `elu:0.5`"),
        ("leaky:1e9", "`leaky:1e9`: the slope is too large; give at most 65280, as in `leaky:0.2`"),
        ("leaky:1e-9", "`leaky:1e-9`: the slope is too small; give 0 or at least 2^-24, as in `leaky:0.2`"),
    ];
    for (written, message) in mistakes {
        assert_eq!(Activation::parse(written), Err(message.to_string()));
    }
}
