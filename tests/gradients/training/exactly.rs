//! The exact gradient and the exact optimisers in rational numbers: nothing of the project's but its names.

use ndarray::Array2;
use precision_probe::activation::Activation;
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::Network;
use precision_probe::spec::training::Optimiser;
use precision_probe::train::optimiser::Moment;
use rug::{Float, Rational};

pub type Rows = Vec<Vec<Rational>>;

/// Bits of the only things that are no rational numbers: a norm, and Adam's root.
const ROOT_BITS: u32 = 600;

pub fn rational(x: f64) -> Rational {
    Rational::from_f64(x).expect("a finite number")
}

fn rows(values: &Array2<f64>) -> Rows {
    values.rows().into_iter().map(|row| row.iter().map(|x| rational(*x)).collect()).collect()
}

fn transposed(x: &Rows) -> Rows {
    (0..x[0].len()).map(|column| x.iter().map(|row| row[column].clone()).collect()).collect()
}

/// x·y
fn product(x: &Rows, y: &Rows) -> Rows {
    let y = transposed(y);
    let dot = |row: &[Rational], column: &[Rational]| -> Rational {
        row.iter().zip(column).map(|(x, y)| Rational::from(x * y)).fold(Rational::new(), |sum, term| sum + term)
    };
    x.iter().map(|row| y.iter().map(|column| dot(row, column)).collect()).collect()
}

/// The slope of an activation left of its kink; right of it, all have 1.
fn left_slope(activation: Activation, slope: Option<&Rational>) -> Rational {
    match activation {
        Activation::Relu => Rational::new(),
        Activation::Identity => Rational::from(1),
        Activation::Leaky { slope } => rational(slope),
        Activation::Prelu { .. } => slope.expect("PReLU has a stored slope").clone(),
        other => panic!("{other:?} is not piecewise linear with a kink at 0"),
    }
}

/// The gradient of the mean squared error for every parameter of a perceptron.
pub fn gradients(network: &Network, activations: &[Activation], batch: &Batch) -> Vec<Rows> {
    let values = |parameter: usize| rows(&network.parameters[parameter].values);
    let layers = network.site_parameters();
    let (mut inputs, mut sums, mut slopes) = (vec![rows(&batch.inputs)], Vec::new(), Vec::new());
    for (layer, [weight, bias, slope]) in layers.iter().enumerate() {
        let mut z = product(&values(weight.unwrap()), inputs.last().unwrap());
        if let Some(bias) = bias.map(values) {
            for (row, bias) in z.iter_mut().zip(&bias) {
                row.iter_mut().for_each(|z| *z += &bias[0]);
            }
        }
        let slope = slope.map(|slope| values(slope)[0][0].clone());
        // The head is linear.
        let left = activations.get(layer).map_or(Rational::from(1), |of| left_slope(*of, slope.as_ref()));
        let act = |z: &Rational| if *z > 0 { z.clone() } else { Rational::from(z * &left) };
        inputs.push(z.iter().map(|row| row.iter().map(act).collect()).collect());
        sums.push(z);
        slopes.push(left);
    }
    let Targets::Values(targets) = &batch.targets else { panic!("values") };
    let count = targets.len() as u64;
    let outputs = inputs.last().unwrap();
    let difference = |(y, t): (&Rational, &Rational)| Rational::from(y - t) * 2u32 / count;
    let pairs = outputs.iter().zip(rows(targets));
    let mut delta: Rows = pairs.map(|(y, t)| y.iter().zip(&t).map(difference).collect()).collect();
    let mut found = vec![Rows::new(); network.parameters.len()];
    for (layer, [weight, bias, slope]) in layers.iter().enumerate().rev() {
        if layer + 1 < layers.len() {
            // ∂L/∂a comes in, and ∂L/∂z goes on.
            let (z, left) = (&sums[layer], &slopes[layer]);
            let mut of_slope = Rational::new();
            for (delta, z) in delta.iter_mut().flatten().zip(z.iter().flatten()) {
                if *z <= 0 {
                    of_slope += Rational::from(&*delta * z);
                    *delta *= left;
                }
            }
            if let Some(slope) = slope {
                found[*slope] = vec![vec![of_slope]];
            }
        }
        found[weight.unwrap()] = product(&delta, &transposed(&inputs[layer]));
        if let Some(bias) = bias {
            let sum = |row: &Vec<Rational>| row.iter().fold(Rational::new(), |sum, x| sum + x);
            found[*bias] = delta.iter().map(|row| vec![sum(row)]).collect();
        }
        delta = product(&transposed(&values(weight.unwrap())), &delta);
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
