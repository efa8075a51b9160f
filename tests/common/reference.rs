//! The gradient once more, as one would write it on a blackboard: every operation in MPFR at one long precision, sample
//! by sample, nothing shared with the project but the description of the network.

use precision_probe::activation::{Activation, GELU_TANH_CUBIC, SELU_ALPHA, SELU_LAMBDA};
use precision_probe::data::{Batch, Targets};
use precision_probe::graph::{Network, Operation};
use rug::Float;
use rug::float::Constant;

/// Rows of numbers.
pub type Rows = Vec<Vec<Float>>;

/// The gradients of one layer.
pub struct ReferenceLayer {
    /// ∂L/∂W, out × in.
    pub weight: Rows,
    /// ∂L/∂b, out × 1, whether or not there is a bias.
    pub bias: Rows,
    /// ∂L/∂slope, 1 × 1, of PReLU.
    pub slope: Option<Rows>,
    /// ∂L/∂z, out × batch.
    pub delta: Rows,
    /// z, out × batch.
    pub preactivation: Rows,
}

/// A number of the calculation: an entry of a parameter, or the value of an affine node's unit and sample.
#[derive(Clone, Copy, PartialEq)]
pub enum Entry {
    Parameter(usize, (usize, usize)),
    Affine(usize, (usize, usize)),
}

/// The calculation at so many bits.
pub struct Reference {
    pub bits: u32,
}

impl Reference {
    fn number(&self, x: f64) -> Float {
        Float::with_val(self.bits, x)
    }

    fn decimal(&self, text: &str) -> Float {
        Float::with_val(self.bits, Float::parse(text).expect("a decimal"))
    }

    /// 1/(1 + e^−x)
    fn logistic(&self, x: &Float) -> Float {
        (Float::with_val(self.bits, -x).exp() + 1u32).recip()
    }

    /// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|)
    fn softplus(&self, x: &Float) -> Float {
        let decay = (-Float::with_val(self.bits, x.abs_ref())).exp();
        decay.ln_1p() + Float::with_val(self.bits, x.max_ref(&self.number(0.0)))
    }

    /// xσ(t), and its derivative where t' = `slope`: σ(t) + x·σ(t)σ(−t)·t'.
    fn gated(&self, x: &Float, t: &Float, slope: &Float) -> (Float, Float) {
        let (right, left) = (self.logistic(t), self.logistic(&Float::with_val(self.bits, -t)));
        let bent = Float::with_val(self.bits, &right * &left) * slope * x;
        (Float::with_val(self.bits, x * &right), right + bent)
    }

    /// φ(x) and φ'(x), PyTorch's choice where pieces meet.
    pub fn activation(&self, activation: Activation, x: &Float) -> (Float, Float) {
        // Functions of MPFR have the precision of their argument.
        let x = &Float::with_val(self.bits, x);
        let constant = |x: f64| self.number(x);
        let times = |factor: f64| Float::with_val(self.bits, x * factor);
        let (zero, one) = (|| constant(0.0), || constant(1.0));
        let copied = || (x.clone(), one());
        let multiple = |slope: f64| (times(slope), constant(slope));
        let magnitude = Float::with_val(self.bits, x.abs_ref());
        match activation {
            Activation::Identity => copied(),
            Activation::Relu
            | Activation::Leaky { .. }
            | Activation::Prelu { .. }
            | Activation::Rrelu { .. }
            | Activation::Elu { .. }
            | Activation::Celu { .. }
                if *x > 0 =>
            {
                copied()
            }
            Activation::Relu => (zero(), zero()),
            Activation::Leaky { slope } | Activation::Prelu { slope } => multiple(slope),
            // (1/8 + 1/3)/2 on the grid of 8 significant bits.
            Activation::Rrelu { .. } => multiple(235.0 / 1024.0),
            Activation::Elu { alpha } => (x.clone().exp_m1() * alpha, x.clone().exp() * alpha),
            Activation::Celu { alpha } => {
                let t = Float::with_val(self.bits, x / alpha);
                (t.clone().exp_m1() * alpha, t.exp())
            }
            Activation::Selu => {
                let lambda = self.decimal(SELU_LAMBDA);
                if *x > 0 {
                    return (Float::with_val(self.bits, &lambda * x), lambda);
                }
                let both = lambda * self.decimal(SELU_ALPHA);
                (x.clone().exp_m1() * &both, x.clone().exp() * both)
            }
            Activation::Relu6 => match () {
                () if *x <= 0 => (zero(), zero()),
                () if *x >= 6 => (constant(6.0), zero()),
                () => copied(),
            },
            Activation::Hardtanh { low, high } => match () {
                () if *x <= low => (constant(low), zero()),
                () if *x >= high => (constant(high), zero()),
                () => copied(),
            },
            Activation::Hardsigmoid => match () {
                () if *x <= -3 => (zero(), zero()),
                () if *x >= 3 => (one(), zero()),
                () => (Float::with_val(self.bits, x + 3u32) / 6u32, one() / 6u32),
            },
            Activation::Hardswish => match () {
                () if *x <= -3 => (zero(), zero()),
                () if *x >= 3 => copied(),
                () => (Float::with_val(self.bits, x + 3u32) * x / 6u32, (times(2.0) + 3u32) / 6u32),
            },
            Activation::Softshrink { lambda } => match () {
                () if *x > lambda => (Float::with_val(self.bits, x - lambda), one()),
                () if *x < -lambda => (Float::with_val(self.bits, x + lambda), one()),
                () => (zero(), zero()),
            },
            Activation::Hardshrink { lambda } if magnitude > lambda => copied(),
            Activation::Hardshrink { .. } => (zero(), zero()),
            Activation::Threshold { threshold, .. } if *x > threshold => copied(),
            Activation::Threshold { value, .. } => (constant(value), zero()),
            Activation::ReluSquared if *x > 0 => (Float::with_val(self.bits, x.square_ref()), times(2.0)),
            Activation::ReluSquared => (zero(), zero()),
            Activation::Tanh => (x.clone().tanh(), x.clone().sech().square()),
            Activation::Tanhshrink => {
                // Twice x's leading zeros cancel; where they are many, x³/3 − 2x⁵/15 with a share of x⁴ beyond.
                let zeros = x.get_exp().map_or(0, |exponent| exponent.min(0).unsigned_abs());
                let value = if 4 * u64::from(zeros) > u64::from(self.bits) + 16 {
                    let square = Float::with_val(self.bits, x.square_ref());
                    let cube = Float::with_val(self.bits, &square * x) / 3u32;
                    let next = square * &cube * 2u32 / 5u32;
                    cube - next
                } else {
                    let tanh = Float::with_val(self.bits + 2 * zeros, x).tanh();
                    Float::with_val(self.bits, x - tanh)
                };
                (value, x.clone().tanh().square())
            }
            Activation::Sigmoid => {
                let right = self.logistic(x);
                let slope = self.logistic(&Float::with_val(self.bits, -x)) * &right;
                (right, slope)
            }
            Activation::LogSigmoid => {
                let minus = Float::with_val(self.bits, -x);
                (-self.softplus(&minus), self.logistic(&minus))
            }
            Activation::Softplus { beta } => (self.softplus(&times(beta)) / beta, self.logistic(&times(beta))),
            Activation::Softsign => {
                let below = magnitude + 1u32;
                (Float::with_val(self.bits, x / &below), below.square().recip())
            }
            Activation::Silu => self.gated(x, x, &one()),
            Activation::Swish { beta } => self.gated(x, &times(beta), &constant(beta)),
            Activation::Mish => {
                let softplus = self.softplus(x);
                let bent = softplus.clone().sech().square() * self.logistic(x) * x;
                let tanh = softplus.tanh();
                (Float::with_val(self.bits, &tanh * x), tanh + bent)
            }
            Activation::Gelu => {
                let root = constant(2.0).sqrt();
                let below = (-Float::with_val(self.bits, x / root)).erfc() / 2u32;
                let density = (-Float::with_val(self.bits, x.square_ref()) / 2u32).exp()
                    / (Float::with_val(self.bits, Constant::Pi) * 2u32).sqrt();
                (Float::with_val(self.bits, &below * x), density * x + below)
            }
            Activation::GeluTanh => {
                // (1 + tanh u)/2 = σ(2u)
                let root = (constant(8.0) / Float::with_val(self.bits, Constant::Pi)).sqrt();
                let cubic = Float::with_val(self.bits, x.square_ref()) * self.decimal(GELU_TANH_CUBIC);
                let t = Float::with_val(self.bits, &cubic + 1u32) * &root * x;
                self.gated(x, &t, &((cubic * 3u32 + 1u32) * root))
            }
        }
    }

    /// The gradients of every layer, from the input up.
    pub fn gradients(&self, network: &Network, batch: &Batch) -> Vec<ReferenceLayer> {
        let samples = batch.inputs.ncols();
        let empty = |rows: usize, columns: usize| vec![vec![self.number(0.0); columns]; rows];
        let mut layers: Vec<ReferenceLayer> = Vec::new();
        for layer in &network.sites {
            let Operation::Affine { weight, .. } = network.nodes[layer.node].operation else { unreachable!() };
            let (units, inputs) = network.parameters[weight].values.dim();
            layers.push(ReferenceLayer {
                weight: empty(units, inputs),
                bias: empty(units, 1),
                slope: None,
                delta: empty(units, samples),
                preactivation: empty(units, samples),
            });
        }
        for sample in 0..samples {
            let values = self.values(network, batch, sample);
            self.add_sample(network, batch, sample, &values, &mut layers);
        }
        layers
    }

    /// Every node's value for one sample, from the input up.
    pub fn values(&self, network: &Network, batch: &Batch, sample: usize) -> Rows {
        self.values_moved(network, batch, sample, &|_, x| x)
    }

    /// The same where entries are moved before they are used.
    fn values_moved(
        &self,
        network: &Network,
        batch: &Batch,
        sample: usize,
        moved: &dyn Fn(Entry, Float) -> Float,
    ) -> Rows {
        let parameter = |id: usize, index: (usize, usize)| {
            moved(Entry::Parameter(id, index), self.number(network.parameters[id].values[index]))
        };
        let mut values: Rows = Vec::new();
        for (id, node) in network.nodes.iter().enumerate() {
            let input = |which: usize| &values[node.inputs[which]];
            values.push(match node.operation {
                Operation::Input => batch.inputs.column(sample).iter().map(|&x| self.number(x)).collect(),
                Operation::Affine { weight, bias } => {
                    let unit = |i: usize| {
                        let mut z = bias.map_or(self.number(0.0), |bias| parameter(bias, (i, 0)));
                        for (j, a) in input(0).iter().enumerate() {
                            z += parameter(weight, (i, j)) * a;
                        }
                        moved(Entry::Affine(id, (i, sample)), z)
                    };
                    (0..network.parameters[weight].values.nrows()).map(unit).collect()
                }
                Operation::Activation { slope: Some(slope), .. } => {
                    let slope = parameter(slope, (0, 0));
                    let value = |z: &Float| if *z > 0 { z.clone() } else { Float::with_val(self.bits, &slope * z) };
                    input(0).iter().map(value).collect()
                }
                Operation::Activation { activation, slope: None } => {
                    input(0).iter().map(|z| self.activation(activation, z).0).collect()
                }
                Operation::Scale { factor } => {
                    input(0).iter().map(|x| Float::with_val(self.bits, x * factor)).collect()
                }
                Operation::Add => {
                    input(0).iter().zip(input(1)).map(|(x, y)| Float::with_val(self.bits, x + y)).collect()
                }
            });
        }
        values
    }

    /// (L(θ + h) − L(θ − h))/2h of one entry, h = 2^−60.
    pub fn quotient(&self, network: &Network, batch: &Batch, entry: Entry) -> Float {
        let at = |sign: f64| {
            let step = self.number(sign) >> 60u32;
            self.loss(network, batch, &|other, x| if other == entry { x + &step } else { x })
        };
        (at(1.0) - at(-1.0)) << 59u32
    }

    /// The loss, where entries are moved before they are used.
    fn loss(&self, network: &Network, batch: &Batch, moved: &dyn Fn(Entry, Float) -> Float) -> Float {
        let samples = batch.inputs.ncols();
        let of_sample = |sample: usize| {
            let y = self.values_moved(network, batch, sample, moved).pop().expect("a head");
            match &batch.targets {
                Targets::Classes(classes) => {
                    let powers: Vec<Float> = y.iter().map(|y| y.clone().exp()).collect();
                    let sum = Float::with_val(self.bits, Float::sum(powers.iter()));
                    (sum.ln() - &y[classes[sample]]) / samples as u32
                }
                Targets::Values(targets) => {
                    let square =
                        |(k, y): (usize, &Float)| Float::with_val(self.bits, y - targets[(k, sample)]).square();
                    let squares: Vec<Float> = y.iter().enumerate().map(square).collect();
                    Float::with_val(self.bits, Float::sum(squares.iter())) / (samples * y.len()) as u32
                }
            }
        };
        (0..samples).map(of_sample).fold(self.number(0.0), |sum, loss| sum + loss)
    }

    /// ∂L/∂y of one sample.
    fn loss_gradient(&self, batch: &Batch, sample: usize, y: &[Float]) -> Vec<Float> {
        let samples = batch.inputs.ncols() as u32;
        match &batch.targets {
            Targets::Values(targets) => {
                let difference = |(k, y): (usize, &Float)| Float::with_val(self.bits, y - targets[(k, sample)]);
                let terms = samples * y.len() as u32;
                y.iter().enumerate().map(|place| difference(place) * 2u32 / terms).collect()
            }
            Targets::Classes(classes) => {
                let top = y.iter().fold(y[0].clone(), |top, y| top.max(y));
                let powers: Vec<Float> = y.iter().map(|y| Float::with_val(self.bits, y - &top).exp()).collect();
                let total = Float::with_val(self.bits, Float::sum(powers.iter()));
                let others = powers.iter().enumerate().filter(|(k, _)| *k != classes[sample]).map(|(_, power)| power);
                let others = Float::with_val(self.bits, Float::sum(others));
                let numerator = |k: usize| if k == classes[sample] { -others.clone() } else { powers[k].clone() };
                (0..y.len()).map(|k| numerator(k) / &total / samples).collect()
            }
        }
    }

    /// Adds what one sample gives to the gradients.
    fn add_sample(
        &self,
        network: &Network,
        batch: &Batch,
        sample: usize,
        values: &Rows,
        layers: &mut [ReferenceLayer],
    ) {
        let mut arrived: Rows = values.iter().map(|value| vec![self.number(0.0); value.len()]).collect();
        let output = network.output();
        arrived[output] = self.loss_gradient(batch, sample, &values[output]);
        for (id, node) in network.nodes.iter().enumerate().rev() {
            let gradient = std::mem::take(&mut arrived[id]);
            let mut send = |to: usize, i: usize, share: Float| arrived[node.inputs[to]][i] += share;
            match node.operation {
                Operation::Input => {}
                Operation::Affine { weight, .. } => {
                    let layer = &mut layers[network.site_of(id)];
                    for (i, delta) in gradient.iter().enumerate() {
                        layer.bias[i][0] += delta;
                        layer.delta[i][sample].clone_from(delta);
                        layer.preactivation[i][sample].clone_from(&values[id][i]);
                        for (j, a) in values[node.inputs[0]].iter().enumerate() {
                            layer.weight[i][j] += Float::with_val(self.bits, delta * a);
                            let w = network.parameters[weight].values[(i, j)];
                            send(0, j, Float::with_val(self.bits, delta * w));
                        }
                    }
                }
                Operation::Activation { slope, .. } => {
                    let activation = activation_of(network, &node.operation);
                    let mut of_slope = self.number(0.0);
                    for (i, (g, z)) in gradient.iter().zip(&values[node.inputs[0]]).enumerate() {
                        send(0, i, self.activation(activation, z).1 * g);
                        if *z <= 0 {
                            of_slope += Float::with_val(self.bits, g * z);
                        }
                    }
                    if slope.is_some() {
                        let zero = vec![vec![self.number(0.0)]];
                        layers[network.site_of(node.inputs[0])].slope.get_or_insert(zero)[0][0] += of_slope;
                    }
                }
                Operation::Scale { factor } => {
                    gradient.into_iter().enumerate().for_each(|(i, g)| send(0, i, g * factor));
                }
                Operation::Add => {
                    for (i, g) in gradient.into_iter().enumerate() {
                        send(0, i, g.clone());
                        send(1, i, g);
                    }
                }
            }
        }
    }
}

/// The activation of a node, PReLU with its stored slope.
pub fn activation_of(network: &Network, operation: &Operation) -> Activation {
    match operation {
        Operation::Activation { slope: Some(slope), .. } => {
            Activation::Prelu { slope: network.parameters[*slope].values[(0, 0)] }
        }
        Operation::Activation { activation, slope: None } => *activation,
        _ => unreachable!("asked for activations only"),
    }
}
