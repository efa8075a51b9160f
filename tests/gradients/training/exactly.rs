//! The blackboard's gradient and the exact optimisers in rational numbers: nothing of the project's but its names.

use crate::common::reference::Reference;
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::Network;
use precision_probe::spec::training::Optimiser;
use precision_probe::train::optimiser::Moment;
use rug::{Float, Rational};

pub type Rows = Vec<Vec<Rational>>;

/// Bits of the blackboard.
const BITS: u32 = 2000;
/// Bits of the only things that are no rational numbers: a norm, and Adam's root.
const ROOT_BITS: u32 = 600;

pub fn rational(x: f64) -> Rational {
    Rational::from_f64(x).expect("a finite number")
}

/// The gradient of every parameter. What is added, subtracted and multiplied are multiples of 2^-1000 of few bits, which are
/// divided by the number of terms of the loss: the nearest such quotient is the one that the blackboard rounds to its bits.
pub fn gradients(network: &Network, batch: &Batch) -> Vec<Rows> {
    let Targets::Values(targets) = &batch.targets else { panic!("values") };
    let terms = targets.len() as u32;
    let quotient = |x: &Float| {
        let units = (Float::with_val(BITS, x * terms) << 1000u32).to_integer().expect("a finite number");
        (Rational::from(units) / terms) >> 1000u32
    };
    let exactly = |rows: &[Vec<Float>]| -> Rows { rows.iter().map(|row| row.iter().map(quotient).collect()).collect() };
    let mut found = vec![Rows::new(); network.parameters.len()];
    let layers = Reference { bits: BITS }.gradients(network, batch);
    for (own, parameters) in layers.iter().zip(network.site_parameters()) {
        let tensors = [Some(&own.weight), Some(&own.bias), own.slope.as_ref()];
        for (tensor, parameter) in tensors.into_iter().zip(parameters) {
            if let (Some(tensor), Some(parameter)) = (tensor, parameter) {
                found[parameter] = exactly(tensor);
            }
        }
    }
    found
}

/// All gradients times min(1, most/(‖g‖ + 10^-6)).
pub fn clip(most: f64, gradients: &mut [Rows]) {
    let all = || gradients.iter().flatten().flatten();
    let square = all().fold(Rational::new(), |sum, x| sum + Rational::from(x * x));
    let norm = Float::with_val(ROOT_BITS, square).sqrt().to_rational().expect("a finite norm");
    let factor = rational(most) / (norm + rational(1e-6));
    if factor < 1 {
        gradients.iter_mut().flatten().flatten().for_each(|x| *x *= &factor);
    }
}

/// θ' − θ of the exact optimiser for one parameter: what it remembers of it, its gradient.
pub fn due(optimiser: &Optimiser, moment: Moment, theta: f64, state: &[f64], g: &Rational) -> Rational {
    let (theta, rate) = (rational(theta), rational(moment.rate));
    match *optimiser {
        Optimiser::Sgd { momentum, dampening, nesterov, weight_decay } => {
            let (momentum, share) = (rational(momentum), rational(1.0 - dampening));
            let g = g + rational(weight_decay) * &theta;
            if momentum == 0 {
                return -(g * rate);
            }
            let buffer = match state {
                [] => g.clone(),
                [buffer] => rational(*buffer) * &momentum + share * &g,
                more => panic!("SGD remembers one number, not {}", more.len()),
            };
            let direction = if nesterov { g + momentum * buffer } else { buffer };
            -(direction * rate)
        }
        Optimiser::Adam { beta1, beta2, epsilon, weight_decay, decoupled } => {
            let mut g = g.clone();
            let mut decay = Rational::new();
            if decoupled {
                decay = rational(1.0 - moment.rate * weight_decay) * &theta - &theta;
            } else {
                g += rational(weight_decay) * &theta;
            }
            let [mean, square] = match state {
                [] => [0.0, 0.0],
                [mean, square] => [*mean, *square],
                more => panic!("Adam remembers two numbers, not {}", more.len()),
            };
            let mean = rational(mean) * rational(1.0 - (1.0 - beta1)) + rational(1.0 - beta1) * &g;
            let square = rational(square) * rational(beta2) + rational(1.0 - beta2) * Rational::from(&g * &g);
            let power = |beta: f64| (0..moment.update).fold(1.0, |power, _| power * beta);
            let (correction1, correction2) = (1.0 - power(beta1), 1.0 - power(beta2));
            let root = Float::with_val(ROOT_BITS, square).sqrt() / Float::with_val(53, correction2).sqrt();
            let below = (root + epsilon).to_rational().expect("a finite root");
            decay - mean * rational(moment.rate / correction1) / below
        }
    }
}
