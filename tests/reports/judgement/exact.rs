//! The state of the exact gradient.

use super::build::*;
use crate::common::tolerances;
use precision_probe::judgement::{Advice, ExactState, Small, Vanishing, ZeroWeights};
use precision_probe::record::*;

/// An exact network from the factors of δ, from the output down to layer 1, and those of a, from the input up; a tiny
/// factor of δ is the doing of φ' where `by_derivatives`, else of the weights above it.
fn network(back: &[f64], up: &[f64], by_derivatives: bool) -> Vec<ExactSite> {
    let mut layers = vec![healthy(); back.len() + 1];
    let mut delta = -5.0;
    for (place, factor) in (0..back.len()).rev().zip(back) {
        delta += factor;
        layers[place].log2_delta = Number::Finite(delta);
        if *factor < -2.0 && by_derivatives {
            layers[place].log2_derivatives = Number::Finite(*factor);
        } else if *factor < -2.0 {
            layers[place + 1].log2_weights = Number::Finite(*factor);
        }
    }
    let mut inputs = 0.0;
    for (place, layer) in layers.iter_mut().enumerate() {
        layer.log2_inputs = Number::Finite(inputs);
        let arrived = layer.log2_delta.value() + inputs;
        layer.log2_gradient = Number::new(arrived);
        inputs += up.get(place).copied().unwrap_or(0.0);
        layer.log2_outputs = Number::Finite(inputs);
    }
    layers
}

fn state_of(layers: Vec<ExactSite>) -> precision_probe::judgement::ExactJudgement {
    let record = record(&[("f16", all(NOISY, layers.len(), 1))]);
    judged(&with_exact(record, &[layers])).exact
}

fn at(layer: usize, small: Small, log2_size: f64) -> Vanishing {
    Vanishing::AtLayer { layer, small, log2_size: Number::Finite(log2_size) }
}

fn by_depth(back: f64) -> Vanishing {
    Vanishing::ByDepth { backward: core_math::exp2(back), forward: 1.0 }
}

/// Gradients that vanish, each in another way.
#[test]
fn a_gradient_that_vanishes_has_a_place() {
    let zero_at = |place: usize, size: f64, layers: usize| {
        let mut factors = vec![-0.1; layers];
        factors[layers - place] = size;
        factors
    };
    let alternating: Vec<f64> = (0..16).map(|step| if step % 2 == 0 { -4.0 } else { 1.0 }).collect();
    let doubling: Vec<f64> = (0..9).rev().map(|step| -core_math::exp2(f64::from(step))).collect();
    let dominated = |largest: f64| [vec![-2.5; 4], vec![largest]].concat();
    for (name, back, by_derivatives, place) in [
        ("like sigmoid: each layer alike", vec![-1.5; 18], true, by_depth(-1.5)),
        ("hardly less in each of many layers", vec![-0.4; 60], false, by_depth(-0.4)),
        ("the fewest layers that are depth", vec![-6.0; 4], false, by_depth(-6.0)),
        ("one layer fewer", vec![-9.0, -9.1, -9.0], false, at(3, Small::Weights, -9.1)),
        ("grows and shrinks in turn", alternating, false, by_depth(-1.5)),
        ("twice as fast with every layer, as a square does", doubling, true, by_depth(-511.0 / 9.0)),
        ("tiny weights of the head", zero_at(3, -26.0, 3), false, at(4, Small::Weights, -26.0)),
        ("tiny weights of layer 2 of many", zero_at(1, -26.0, 12), false, at(2, Small::Weights, -26.0)),
        ("a saturated layer in the middle", zero_at(4, -40.0, 9), true, at(4, Small::Derivatives, -40.0)),
        ("one layer that carries just less than two thirds", dominated(-19.9), false, by_depth(-29.9 / 5.0)),
        ("and just more", dominated(-20.1), false, at(2, Small::Weights, -20.1)),
    ] {
        let exact = state_of(network(&back, &[], by_derivatives));
        assert_eq!(exact.state, Some(ExactState::Vanishing), "{name}");
        match (exact.vanishing, place) {
            (Some(Vanishing::ByDepth { backward, .. }), Vanishing::ByDepth { backward: expected, .. }) => {
                assert!((backward / expected - 1.0).abs() < tolerances::DOUBLES, "{name}: {backward}, {expected}");
            }
            (found, expected) => assert_eq!(found, Some(expected), "{name}"),
        }
        let is_by_depth = matches!(exact.vanishing, Some(Vanishing::ByDepth { .. }));
        assert_eq!(exact.is_network_fault, is_by_depth, "{name}");
    }
}

/// A loss at its minimum and tiny data make no factor of a layer, and no depth is to blame for them.
#[test]
fn a_tiny_loss_and_tiny_data_are_no_matter_of_depth() {
    for mild in [vec![0.0; 3], vec![-0.2; 12], vec![-1.0; 8]] {
        let mut loss = network(&mild, &[], false);
        loss.iter_mut().for_each(|layer| {
            layer.log2_delta = Number::new(layer.log2_delta.value() - 40.0);
            layer.log2_gradient = Number::new(layer.log2_gradient.value() - 40.0);
        });
        let head = loss.len();
        let exact = state_of(loss);
        assert_eq!(exact.vanishing, Some(at(head, Small::Loss, -45.0)), "{mild:?}");
        assert!(!exact.is_network_fault);
        let mut data = network(&mild, &[], false);
        data[0].log2_inputs = Number::Finite(-40.0);
        data[0].log2_gradient = Number::new(data[0].log2_gradient.value() - 40.0);
        assert_eq!(state_of(data).vanishing, Some(at(1, Small::Inputs, -40.0)), "{mild:?}");
    }
}

/// ReLU with gain 1: a shrinks in the forward pass as δ does in the backward pass, and every layer's gradient is as small.
#[test]
fn a_signal_that_shrinks_both_ways_is_seen_in_every_layer() {
    let exact = state_of(network(&[-0.5; 60], &[-0.5; 60], false));
    assert_eq!(exact.other_layers.len(), 60);
    assert!(exact.other_layers.iter().all(|(_, state)| *state == ExactState::Vanishing));
    let Some(Vanishing::ByDepth { backward, forward }) = exact.vanishing else { panic!("{exact:?}") };
    let half = std::f64::consts::FRAC_1_SQRT_2;
    assert!(
        (backward - half).abs() < tolerances::DOUBLES && (forward - half).abs() < tolerances::DOUBLES,
        "{backward}, {forward}"
    );
    assert_eq!(exact.log2_relative, Number::Finite(-35.0));
}

/// The thresholds are a millionth and a million; weights that are all zero are measured by the others'.
#[test]
fn states_have_their_thresholds() {
    let millionth = core_math::log2(1e-6);
    for (gradient, state) in [
        (millionth - 1e-6, ExactState::Vanishing),
        (millionth + 1e-6, ExactState::Healthy),
        (0.0, ExactState::Healthy),
        (-millionth - 1e-6, ExactState::Healthy),
        (-millionth + 1e-6, ExactState::Exploding),
        (f64::NEG_INFINITY, ExactState::Zero),
        (f64::NAN, ExactState::NotEstablished),
    ] {
        let mut layers = vec![healthy(); 3];
        layers[0].log2_gradient = Number::new(gradient);
        assert_eq!(state_of(layers.clone()).state, Some(state), "{gradient}");
        // The same with larger weights.
        layers[0].log2_weights = Number::Finite(10.0);
        layers[0].log2_gradient = Number::new(gradient + 10.0);
        let exact = state_of(layers.clone());
        assert_eq!(exact.state, Some(state), "{gradient}");
        assert!(gradient.is_infinite() || gradient.is_nan() || exact.log2_relative == Number::new(gradient));
        // And with weights that are zero, where the others decide.
        layers.iter_mut().for_each(|layer| layer.log2_weights = Number::Finite(10.0));
        layers[0].log2_weights = Number::MinusInfinite;
        assert_eq!(state_of(layers).state, Some(state), "{gradient}");
    }
}

/// Over trials the commonest state, of ties the more severe; what is not established is none of them.
#[test]
fn states_are_counted_over_the_trials() {
    let zero = |reason| precision_probe::record::Zero { reason, site: Some(2), ends_after_one_step: Some(true) };
    let of = |state: ExactState| {
        let mut layers = vec![healthy(); 2];
        layers[0].log2_gradient = match state {
            ExactState::Healthy => Number::Finite(-1.0),
            ExactState::Vanishing => Number::Finite(-50.0),
            ExactState::Exploding => Number::Finite(50.0),
            ExactState::Zero => Number::MinusInfinite,
            ExactState::NotEstablished => Number::None,
        };
        layers[0].zero = (state == ExactState::Zero).then(|| zero(ZeroReason::ZeroWeights));
        layers
    };
    use ExactState::*;
    for (states, state, is_fault) in [
        (vec![Healthy, Healthy, Zero], Healthy, false),
        (vec![Healthy, Zero], Zero, true),
        (vec![Vanishing, Exploding], Exploding, false),
        (vec![NotEstablished, NotEstablished, Healthy], Healthy, false),
        (vec![NotEstablished], NotEstablished, false),
        (vec![Zero, Zero, Vanishing, Healthy], Zero, true),
    ] {
        let record = record(&[("f16", all(NOISY, 2, states.len()))]);
        let exact = judged(&with_exact(record, &states.iter().map(|state| of(*state)).collect::<Vec<_>>())).exact;
        assert_eq!((exact.state, exact.is_network_fault), (Some(state), is_fault), "{states:?}");
        assert_eq!(exact.distribution.values().sum::<usize>(), states.len());
        let reason = exact.zero.map(|zero| (zero.reason, zero.layer, zero.ends_after_one_step));
        let expected = states.contains(&Zero).then_some((ZeroReason::ZeroWeights, Some(2), Some(true)));
        assert_eq!(reason, expected, "{states:?}");
    }
}

/// A gradient below Adam's ε is told apart from one that is small beside its weights.
#[test]
fn adams_epsilon_is_an_absolute_size() {
    for (gradient, weights, is_below, state) in [
        (-26.0, -10.0, false, ExactState::Healthy),
        (-27.0, -10.0, true, ExactState::Healthy),
        (-27.0, 0.0, true, ExactState::Vanishing),
        (-25.0, 0.0, false, ExactState::Vanishing),
        (f64::NEG_INFINITY, 0.0, false, ExactState::Zero),
    ] {
        let mut layers = vec![healthy(); 2];
        layers[0].log2_gradient = Number::new(gradient);
        layers[0].log2_weights = Number::Finite(weights);
        let exact = state_of(layers);
        assert_eq!((exact.is_below_adam_epsilon, exact.state), (is_below, Some(state)), "{gradient}");
    }
}

/// Where the inputs are zero and the biases live, the weight gradient is zero and the layer is not.
#[test]
fn zero_weight_gradients_are_no_zero_layer() {
    for (inputs, inputs_are_zero) in [(Number::MinusInfinite, true), (Number::Finite(-1.0), false)] {
        let mut layers = vec![healthy(); 3];
        layers[0].log2_inputs = inputs;
        let mut record = with_exact(record(&[("f16", all(NOISY, 3, 2))]), &[layers.clone(), layers]);
        record.runs[0].truth.sites[0].trials.iter_mut().for_each(|trial| trial.log2_norm = Number::MinusInfinite);
        let judged = judged(&record);
        assert_eq!(judged.exact.zero_weights, [ZeroWeights { layer: 1, inputs_are_zero }]);
        assert_eq!(judged.exact.state, Some(ExactState::Healthy));
        assert!(!judged.exact.is_network_fault && judged.arithmetics[0].remedy != Advice::NoFormatHelps);
    }
}

/// Where no format helps, none is offered, however well one does.
#[test]
fn no_format_is_offered_where_the_network_is_at_fault() {
    let mut zero = vec![healthy(); 6];
    zero[0].log2_gradient = Number::MinusInfinite;
    let vanishing = network(&[-6.0; 5], &[], false);
    let tiny = network(&[0.0, 0.0, 0.0, 0.0, -40.0], &[], false);
    for (layers, is_fault) in [(zero, true), (vanishing, true), (tiny, false), (vec![healthy(); 6], false)] {
        let arithmetics = [("f16", all(UNDERFLOW, 6, 5)), ("bf16", all(SOUND, 6, 5))];
        let judged = judged(&with_exact(record(&arithmetics), &vec![layers; 5]));
        assert_eq!(judged.exact.is_network_fault, is_fault);
        let expected = if is_fault { Advice::NoFormatHelps } else { Advice::Enough { place: 0 } };
        assert_eq!(judged.arithmetics[0].remedy, expected);
    }
}

/// Over trials the place is by depth where it is so in at least half of those that vanish, with the median factors.
#[test]
fn the_place_is_that_of_most_trials() {
    let depth = |factor: f64| network(&[factor; 6], &[], false);
    let weights = network(&[0.0, 0.0, 0.0, 0.0, 0.0, -40.0], &[], false);
    for (trials, by_depth) in [
        (vec![depth(-4.0), depth(-6.0), depth(-5.0), vec![healthy(); 7]], Some(-5.0)),
        (vec![weights.clone(), depth(-6.0), depth(-5.0)], Some(-5.0)),
        (vec![weights.clone(), depth(-6.0)], Some(-6.0)),
        (vec![depth(-6.0), weights.clone(), weights.clone()], None),
    ] {
        let record = record(&[("f16", all(NOISY, 7, trials.len()))]);
        let exact = judged(&with_exact(record, &trials)).exact;
        assert_eq!(exact.is_network_fault, by_depth.is_some());
        match (exact.vanishing, by_depth) {
            (Some(Vanishing::ByDepth { backward, .. }), Some(factor)) => {
                assert!(
                    (backward / core_math::exp2(factor) - 1.0).abs() < tolerances::DOUBLES,
                    "{backward}, 2^{factor}"
                );
            }
            (found, _) => assert_eq!(found, Some(at(2, Small::Weights, -40.0))),
        }
    }
}
