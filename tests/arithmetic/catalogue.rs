//! The catalogue's facts: constants of proofs, mean-field constants, names.

use crate::common::tolerances;
use precision_probe::activation::double::{derivative_f64, value_f64};
use precision_probe::activation::{
    ALL, Activation, Break, EdgePoint, Function, Owner, Phase, Piece, Stability, derivative_second_moment,
    edge_of_chaos, enclose, mean_field, preserving_gain, second_moment,
};
use rug::Float;

#[test]
fn the_constants_of_proofs_bound_and_are_attained() {
    let step = 1.0 / 8192.0;
    let more = [
        "leaky:0.2",
        "prelu:-0.5",
        "elu:0.5",
        "elu:1.7",
        "celu:0.5",
        "softplus:3",
        "swish:0.5",
        "hardtanh:-2:0.5",
        "softshrink:2",
        "hardshrink:1",
        "threshold:-1:2",
        "threshold:0:0",
    ];
    for activation in ALL.into_iter().chain(more.map(|name| Activation::parse(name).unwrap())) {
        for piece in (0..activation.pieces()).map(|piece| Piece(piece as u8)) {
            let (low, high) = activation.joints().ends(piece);
            // Just inside: the joints themselves may belong to the neighbours.
            let (low, high) = ((low + 1e-9).max(-20.0), (high - 1e-9).min(20.0));
            let (mut steepest, mut sharpest) = (0f64, 0f64);
            let mut x = low;
            while x < high {
                let next = (x + step).min(high);
                let (here, there) = (derivative_f64(&activation, x), derivative_f64(&activation, next));
                steepest = steepest.max(here.abs()).max(there.abs());
                if next - x == step {
                    sharpest = sharpest.max((there - here).abs() / step);
                }
                x = next;
            }
            let reach = low.abs().max(high.abs());
            let (first, second) = (activation.lipschitz(piece).at(reach), activation.curvature(piece));
            assert!(steepest <= first, "{activation} {piece:?}: |φ'| reaches {steepest} > {first}");
            assert!(steepest >= 0.95 * first, "{activation} {piece:?}: |φ'| only reaches {steepest} of {first}");
            assert!(sharpest <= second + 1e-10, "{activation} {piece:?}: |φ''| reaches {sharpest} > {second}");
            assert!(sharpest >= 0.95 * second, "{activation} {piece:?}: |φ''| only reaches {sharpest} of {second}");
        }
    }
    // The rounded decimals of λα and λ are upper bounds.
    let selu = |x: f64| enclose(&Function::Derivative(Activation::Selu), &Float::with_val(53, x), 100).unwrap();
    for (x, piece) in [(0.0, Piece(0)), (1.0, Piece(1))] {
        assert!(selu(x) <= Activation::Selu.lipschitz(piece).at(0.0));
    }
}

/// At every joint: what jumps is what the entry says, and φ' there is PyTorch's choice.
#[test]
fn joints_break_what_they_say_and_belong_to_pytorchs_side() {
    let at = |function: Function, x: f64| enclose(&function, &Float::with_val(53, x), 80).unwrap().to_f64();
    let mut kinked = Vec::new();
    let more = ["elu:0.5", "threshold:-1:2", "threshold:2:2"].map(|name| Activation::parse(name).unwrap());
    for activation in ALL.into_iter().chain(more) {
        let (value, slope) = (Function::Value(activation), Function::Derivative(activation));
        for joint in activation.joints().iter() {
            let sides = |function| (at(function, joint.at - 1e-12), at(function, joint.at + 1e-12));
            let jump = |(below, above): (f64, f64)| (below - above).abs() > tolerances::ACROSS_A_JOINT;
            let seen = match (jump(sides(value)), jump(sides(slope))) {
                (true, _) => Break::Value,
                (false, true) => Break::Slope,
                (false, false) => Break::Curvature,
            };
            assert_eq!(joint.breaks, seen, "{activation} at {}", joint.at);
            let owner = if joint.owner == Owner::Left { sides(slope).0 } else { sides(slope).1 };
            assert!((at(slope, joint.at) - owner).abs() < tolerances::ACROSS_A_JOINT, "{activation}' at {}", joint.at);
        }
        if activation.is_kinked() {
            kinked.push(activation.name());
        }
    }
    // φ' at the joints, from PyTorch's kernels as the catalogue's table quotes them.
    let expected: &[(&str, &[(f64, f64)])] = &[
        ("relu", &[(0.0, 0.0)]),
        ("leaky", &[(0.0, 0.010009765625)]),
        ("prelu", &[(0.0, 0.25)]),
        ("rrelu", &[(0.0, 0.2294921875)]),
        ("elu", &[(0.0, 1.0)]),
        ("elu:0.5", &[(0.0, 0.5)]),
        ("celu", &[(0.0, 1.0)]),
        ("selu", &[(0.0, 1.7580993408473768)]),
        ("relu6", &[(0.0, 0.0), (6.0, 0.0)]),
        ("hardtanh", &[(-1.0, 0.0), (1.0, 0.0)]),
        ("hardsigmoid", &[(-3.0, 0.0), (3.0, 0.0)]),
        ("hardswish", &[(-3.0, 0.0), (3.0, 1.0)]),
        ("softshrink", &[(-0.5, 0.0), (0.5, 0.0)]),
        ("hardshrink", &[(-0.5, 0.0), (0.5, 0.0)]),
        ("threshold", &[(1.0, 0.0)]),
        ("relu2", &[(0.0, 0.0)]),
    ];
    for (name, points) in expected {
        let activation = Activation::parse(name).unwrap();
        assert_eq!(activation.joints().len(), points.len(), "{name}");
        for (x, slope) in *points {
            assert_eq!(at(Function::Derivative(activation), *x), *slope, "{name}' at {x}");
            assert_eq!(derivative_f64(&activation, *x), *slope, "{name}' at {x} in doubles");
        }
    }
    let without: Vec<&str> = ["elu", "celu", "relu2"].into();
    assert!(without.iter().all(|name| !kinked.iter().any(|kinked| kinked == name)), "{kinked:?}");
    assert_eq!(kinked.len(), 15, "{kinked:?}");
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
    type Row = (&'static str, f64, f64, f64, f64);
    let check = |rows: &[Row], depth: usize, [of_value, of_slope, of_gain, of_growth]: [f64; 4]| {
        for &(name, value, derivative, kept, chi1) in rows {
            let a = Activation::parse(name).unwrap();
            let close = |what: &str, got: f64, expected: f64, tolerance: f64| {
                assert!((got - expected).abs() <= tolerance, "{name} {what}: {got} is not {expected}");
            };
            close("E[φ²]", second_moment(&a, 1.0), value, of_value);
            close("E[φ'²]", derivative_second_moment(&a, 1.0), derivative, of_slope);
            let gain = preserving_gain(&a);
            close("σ_w²", gain * gain, kept, of_gain);
            close("χ₁", mean_field(&a, gain, 0.0, depth).chi1, chi1, of_growth);
        }
    };
    let (twelve, nine) = (tolerances::TWELVE_DECIMALS, tolerances::NINE_DECIMALS);
    check(&rows, 100, [twelve, twelve, nine, nine]);
    // The rest of the catalogue, by mpmath's quadrature (25 digits; E[φ'²] from numerical derivatives, 8 of them).
    let rows = [
        ("rrelu", 0.526333332062, 0.526333332, 1.8999366734, 1.0),
        ("celu:0.5", 0.564551659714, 0.594410641, 1.7713170846, 1.0528897),
        ("relu6", 0.499999998075, 0.499999999, 2.0000000077, 1.0),
        ("hardtanh", 0.516058550962, 0.682689492, 1.9377646163, 1.3228915),
        ("hardsigmoid", 0.277639091057, 0.0277027834, 3.6017982777, 0.099779838),
        ("hardswish", 0.331567375138, 0.358531517, 3.0159782747, 1.0813233),
        ("softshrink", 0.419278520051, 0.617075077, 2.3850494413, 1.4717546),
        ("hardshrink", 0.969140404216, 0.617075077, 1.0318422343, 0.63672413),
        ("threshold", 0.400625978451, 0.158655254, 2.4960937478, 0.39601839),
        ("relu2", 1.5, 2.0, 0.66666666667, 1.3333333),
        ("tanhshrink", 0.182883471194, 0.252991883, 5.4679627058, 1.3833502),
        ("logsigmoid", 0.921245908859, 0.293379036, 1.0854865030, 0.31845898),
        ("softplus:2", 0.582445365906, 0.348573623, 1.7168992296, 0.59846578),
        ("softsign", 0.183014021267, 0.22767134, 5.4640622236, 1.2440104),
        ("swish:2", 0.439472466670, 0.466425055, 2.2754554058, 1.0613294),
        ("mish", 0.452342192376, 0.479083758, 2.2107157299, 1.059118),
        ("gelu_tanh", 0.425193711033, 0.455817846, 2.3518692164, 1.072024),
    ];
    let (slope, gain) = (tolerances::NUMERICAL_DERIVATIVES, tolerances::TEN_DECIMALS_OF_A_SQUARE);
    check(&rows, 1, [twelve, slope, gain, tolerances::SEVEN_DECIMALS]);
    // The table's leaky slopes, not on the grid: 0.01 and 0.2 themselves.
    for (slope, moment, kept, chi1_at_2) in [(0.01, 0.50005, 1.99980002, 1.0001), (0.2, 0.52, 1.92307692, 1.04)] {
        let a = Activation::Leaky { slope };
        assert!((second_moment(&a, 1.0) - moment).abs() < tolerances::FEW_ROUNDINGS);
        assert!((derivative_second_moment(&a, 3.0) - moment).abs() < tolerances::FEW_ROUNDINGS);
        let gain = preserving_gain(&a);
        assert!((gain * gain - kept).abs() < tolerances::EIGHT_DECIMALS);
        assert!((mean_field(&a, 2f64.sqrt(), 0.0, 50).chi1 - chi1_at_2).abs() < tolerances::DOUBLES);
    }
    // (activation, σ_w², σ_b², depth, χ₁, q, tolerance): fixed points of the variance map.
    let fixed = [
        ("relu", 2.0, 0.0, 50, 1.0, 1.0, tolerances::A_FIXED_POINT_OF_RELU),
        ("gelu", 2.0, 0.0, 5000, 0.5, 0.0, tolerances::A_VARIANCE_THAT_VANISHES),
        ("silu", 2.0, 0.0, 5000, 0.5, 0.0, tolerances::A_VARIANCE_THAT_VANISHES),
        ("gelu", 1.0, 0.0, 5000, 0.25, 0.0, tolerances::A_VARIANCE_THAT_VANISHES),
        ("silu", 1.0, 0.0, 5000, 0.25, 0.0, tolerances::A_VARIANCE_THAT_VANISHES),
        ("tanh", 2.0, 0.0, 5000, 1.1055288204, 0.6179647698, tolerances::TEN_DECIMALS),
        ("sigmoid", 2.0, 0.0, 5000, 0.1009770807, 0.5552895914, tolerances::TEN_DECIMALS),
        ("sigmoid", 1.0, 0.0, 5000, 0.0557207068, 0.2646868752, tolerances::TEN_DECIMALS),
        ("softplus", 1.0, 0.0, 5000, 0.2887218490, 0.8563051596, tolerances::TEN_DECIMALS),
        ("selu", 1.0, 0.0, 50, 1.071574992, 1.0, tolerances::NINE_DECIMALS),
        // On the edge of chaos χ₁ = 1; σ_w is printed to 10 decimals.
        ("tanh", 1.1934007250 * 1.1934007250, 0.01, 20_000, 1.0, 0.27330, tolerances::FIVE_DECIMALS_PRINTED),
        ("tanh", 1.3041458401 * 1.3041458401, 0.04, 20_000, 1.0, 0.51208, tolerances::FIVE_DECIMALS_PRINTED),
        ("elu", 1.1761484737 * 1.1761484737, 0.01, 20_000, 1.0, 0.43783, tolerances::FIVE_DECIMALS_PRINTED),
        ("elu", 1.2292511241 * 1.2292511241, 0.04, 20_000, 1.0, 1.10693, tolerances::FIVE_DECIMALS_PRINTED),
    ];
    for (name, weights, biases, depth, chi1, q, tolerance) in fixed {
        let field = mean_field(&Activation::parse(name).unwrap(), f64::sqrt(weights), biases, depth);
        assert!((field.chi1 - chi1).abs() <= tolerance, "{name} χ₁ at σ_w² = {weights}: {field:?}");
        assert!((field.q - q).abs() <= tolerance, "{name} q at σ_w² = {weights}: {field:?}");
        assert_eq!(field.phase, Phase::of(chi1), "{name}");
    }
}

/// The edge of chaos of the published table: σ_w to its ten decimals, q to the five that are printed of some.
#[test]
fn the_edge_of_chaos_is_the_published_one() {
    let unknown = f64::NAN;
    let rows = [
        ("elu", 0.1, 1.1761484737, 0.43783, Stability::Stable),
        ("elu", 0.2, 1.2292511241, 1.10693, Stability::Stable),
        ("selu", 0.1, 0.8719131612, unknown, Stability::Stable),
        ("selu", 0.2, 0.9374755821, unknown, Stability::Stable),
        ("gelu", 0.1, 1.7270782753, 0.18348, Stability::Unstable),
        ("gelu", 0.2, 1.5470094704, 0.57564, Stability::Unstable),
        ("silu", 0.1, 1.8200517223, unknown, Stability::Unstable),
        ("silu", 0.2, 1.6795316007, unknown, Stability::Unstable),
        ("tanh", 0.1, 1.1934007250, 0.27330, Stability::Stable),
        ("tanh", 0.2, 1.3041458401, 0.51208, Stability::Stable),
        ("sigmoid", 0.1, 10.1504564807, unknown, Stability::Stable),
        ("sigmoid", 0.2, 10.1540302742, unknown, Stability::Stable),
        // Schoenholz et al.'s σ_b² = 0.05: σ_w² = 1.7609546396.
        ("tanh", 0.05f64.sqrt(), 1.7609546396f64.sqrt(), 0.57004788, Stability::Stable),
    ];
    for (name, bias_deviation, gain, q, stability) in rows {
        let [point] = edge(name, bias_deviation)[..] else { panic!("{name} has one point at σ_b = {bias_deviation}") };
        assert!((point.gain - gain).abs() <= tolerances::TEN_DECIMALS, "{name}: {point:?}");
        let found = point.q.unwrap();
        assert!(q.is_nan() || (found - q).abs() <= tolerances::FIVE_DECIMALS_PRINTED, "{name}: {point:?}");
        assert_eq!(point.stability, stability, "{name} at σ_b = {bias_deviation}: {point:?}");
    }
    // Without biases relu and leaky are on it at any variance, with biases nowhere; softplus never is.
    for (name, gain) in [("relu", 2f64.sqrt()), ("leaky", f64::sqrt(2.0 / (1.0 + 0.010009765625 * 0.010009765625)))] {
        let [point] = edge(name, 0.0)[..] else { panic!("{name} has one point") };
        assert!((point.gain - gain).abs() <= tolerances::FEW_ROUNDINGS && point.q.is_none(), "{name}: {point:?}");
        assert_eq!(point.stability, Stability::Marginal);
    }
    for (slope, gain) in [(0.01, 1.41414285), (0.2, 1.38675049)] {
        let [point] = edge_of_chaos(&Activation::Leaky { slope }, 0.0)[..] else { panic!("leaky has one point") };
        assert!((point.gain - gain).abs() <= tolerances::CUT_AFTER_EIGHT_DECIMALS, "{slope}: {point:?}");
    }
    for name in ["relu", "leaky", "leaky:0.2", "softplus"] {
        assert!([0.1, 0.2].iter().all(|bias| edge(name, *bias).is_empty()), "{name}");
    }
}

/// Where the edge turns from unstable to stable (Roberts, Yaida and Hanin 2022): χ₁ = 1 and slope 1 at once.
#[test]
fn half_stable_points_are_the_published_ones() {
    for (name, bias_variance, weights, q) in [
        ("gelu", 0.1729223907560682, 1.9830582574375466, 3.56155281),
        ("silu", 0.5551431707, 1.9880046782694918, 14.3201736180),
    ] {
        let [point] = edge(name, f64::sqrt(bias_variance))[..] else { panic!("{name} has one point") };
        assert!((point.gain * point.gain - weights).abs() <= tolerances::EIGHT_DECIMALS, "{name}: {point:?}");
        assert!((point.variance_slope - 1.0).abs() <= tolerances::HALF_STABLE_SLOPE, "{name}: {point:?}");
        assert!((point.q.unwrap() - q).abs() <= tolerances::HALF_STABLE_VARIANCE, "{name}: {point:?}");
        assert_eq!(edge(name, f64::sqrt(0.9 * bias_variance))[0].stability, Stability::Unstable);
        assert_eq!(edge(name, f64::sqrt(1.1 * bias_variance))[0].stability, Stability::Stable);
    }
}

/// Every point of every activation is what it says, by the definitions; discontinuous and flat ones have none or some.
#[test]
fn points_of_the_edge_of_chaos_are_fixed_points_with_critical_gradients() {
    let more = [
        "hardtanh:-8:0.5",
        "swish:100",
        "threshold:10:0",
        "threshold:0.1:20",
        "softshrink:1000",
        "leaky:0",
        "elu:10000",
    ];
    let more = more.map(|name| Activation::parse(name).unwrap());
    for activation in ALL.into_iter().chain(more) {
        for bias_deviation in [0.0, 1e-3, 0.1, 0.2, 3.0] {
            for point in edge_of_chaos(&activation, bias_deviation) {
                let weights = point.gain * point.gain;
                // A limit of small variances, or any variance.
                let q = point.q.filter(|q| *q > 0.0).unwrap_or(1e-250);
                let next = weights * second_moment(&activation, q) + bias_deviation * bias_deviation;
                assert!(
                    (next / q - 1.0).abs() <= tolerances::DOUBLES,
                    "{activation}, σ_b = {bias_deviation}: {point:?}"
                );
                let chi1 = weights * derivative_second_moment(&activation, q);
                assert!((chi1 - 1.0).abs() <= tolerances::DOUBLES, "{activation}, σ_b = {bias_deviation}: {point:?}");
            }
        }
    }
    for bias_deviation in [1e200, f64::INFINITY, f64::NAN] {
        assert!(ALL.iter().all(|activation| edge_of_chaos(activation, bias_deviation).is_empty()), "{bias_deviation}");
    }
    let with_biases = |activation: &&Activation| !edge_of_chaos(activation, 0.1).is_empty();
    let without: Vec<String> = ALL.iter().filter(|activation| !with_biases(activation)).map(Activation::name).collect();
    let expected =
        ["relu", "leaky", "prelu", "rrelu", "hardshrink", "threshold", "relu2", "logsigmoid", "softplus", "identity"];
    assert_eq!(without, expected);
}

fn edge(name: &str, bias_deviation: f64) -> Vec<EdgePoint> {
    edge_of_chaos(&Activation::parse(name).unwrap(), bias_deviation)
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
        ("swish:1", "silu"),
        ("swish:2", "swish:2"),
        ("ReLU6", "relu6"),
        ("squared_relu", "relu2"),
        ("LogSigmoid", "logsigmoid"),
        ("gelu_new", "gelu_tanh"),
        ("GELU-tanh", "gelu_tanh"),
        ("hardtanh:-2", "hardtanh:-2:1"),
        ("hardtanh:-1:1", "hardtanh"),
        ("threshold:0.1:20", "threshold:0.1:20"),
        ("rrelu:0.125:0.25", "rrelu:0.125:0.25"),
        ("softplus:1.0", "softplus"),
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
        ("silu:2", "`silu:2`: silu has no parameter; write `silu`"),
        ("celu:1:2", "`celu:1:2`: celu has one parameter, as in `celu:0.5`"),
        ("hardtanh:1:2:3", "`hardtanh:1:2:3`: hardtanh has 2 parameters, as in `hardtanh:-2:2`"),
        ("hardtanh:2:1", "`hardtanh:2:1`: the first value must be below the second, as in `hardtanh:-2:2`"),
        ("hardtanh:2", "`hardtanh:2`: the first value must be below the second, as in `hardtanh:-2:2`"),
        ("rrelu:0.5:0.1", "`rrelu:0.5:0.1`: the first slope must not be above the second, as in `rrelu:0.125:0.25`"),
        ("softshrink:0", "`softshrink:0`: lambda must be from 0.000001 to 10000, as in `softshrink:0.25`"),
        ("swish:-1", "`swish:-1`: beta must be from 0.000001 to 10000, as in `swish:2`"),
        ("threshold:1e9", "`threshold:1e9`: the threshold must be from -10000 to 10000, as in `threshold:0.1:20`"),
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

/// φ and φ' of the whole catalogue are PyTorch's, at joints and beside them. (`rrelu` is not there: its slope is on
/// the grid here.)
#[test]
fn values_and_derivatives_are_pytorchs() {
    let text = include_str!("../fixtures/pytorch.json");
    let table: serde_json::Value = serde_json::from_str(text).unwrap();
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    let points = numbers(&table["x"]);
    let activations = table["activations"].as_object().unwrap();
    assert_eq!(activations.len(), 23);
    for (name, entry) in activations {
        let activation = Activation::parse(name).unwrap();
        let (values, derivatives) = (numbers(&entry["value"]), numbers(&entry["derivative"]));
        for ((x, value), derivative) in points.iter().zip(values).zip(derivatives) {
            let allowed = tolerances::TORCH_FUNCTIONS * x.abs().max(1.0);
            let allowed_slope = if name == "hardsigmoid" { tolerances::A_SIXTH_IN_F32 } else { allowed };
            let (ours, slope) = (value_f64(&activation, *x), derivative_f64(&activation, *x));
            assert!((ours - value).abs() <= allowed, "{name}({x}) is {value}, not {ours}");
            assert!((slope - derivative).abs() <= allowed_slope, "{name}'({x}) is {derivative}, not {slope}");
        }
    }
}
