//! The optimisers, one implementation for all arithmetics: from gradient and state to an update, every operation rounded.
//!
//! torch.optim's SGD, Adam and AdamW (PyTorch 2.15, the implementation for single tensors), one operation after the
//! other and each rounded once; where PyTorch fuses a product and a sum, two are rounded here. Numbers that are the same
//! for all parameters (bias corrections, 1 − lr·λ) are computed in binary64, as PyTorch does it in Python, and rounded to
//! the arithmetic once.

use crate::activation::Function;
use crate::arithmetic::{Binary, Exact, Numbers, Step, Steps, Text};
use crate::record::training::Scalar;
use crate::spec::training::Optimiser;
use ndarray::Array2;
use rug::Float;
use rug::ops::Pow;

/// An optimiser's state of one parameter tensor: SGD's buffer once there is one; Adam's two moments.
pub type State<E> = Vec<Array2<E>>;

/// The time of an update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The learning rate.
    pub rate: f64,
    /// Number of this update, from 1, for Adam's bias corrections.
    pub update: u64,
}

/// One parameter tensor's update: θ' = R(decayed − change).
pub struct Change<E> {
    /// θ, or R(R(1 − lr·λ)·θ) where the weight decay is decoupled.
    pub decayed: Array2<E>,
    /// What is subtracted from it.
    pub change: Array2<E>,
    /// The step of that subtraction.
    pub subtraction: Step,
    /// Constants that became 0 or 1 and are neither.
    pub scalars: Vec<Rounded>,
}

/// A constant that an arithmetic rounds to 0 or 1, and that is neither.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounded {
    /// Which.
    pub scalar: Scalar,
    /// Its value in binary64.
    pub exact: f64,
    /// 0 or 1.
    pub rounded: u8,
}

/// A constant that is rounded to 0 or 1, is neither in binary64, and changes the optimiser by it.
pub(super) fn rounded<A: Numbers>(arithmetic: &A, scalar: Scalar, exact: f64, stored: &A::Elem) -> Option<Rounded> {
    let stored = arithmetic.exact(stored).to_f64();
    let is_changed = stored != exact && scalar.is_degenerate(stored);
    is_changed.then_some(Rounded { scalar, exact, rounded: u8::from(stored == 1.0) })
}

/// Matrix operations of one parameter's update.
struct Operations<'a, A: Numbers> {
    steps: Steps<'a, A>,
    shape: (usize, usize),
    /// Constants that became 0 or 1.
    scalars: Vec<Rounded>,
}

impl<'a, A: Numbers> Operations<'a, A> {
    fn new(arithmetic: &'a A, parameter: usize, shape: (usize, usize)) -> Operations<'a, A> {
        Operations { steps: Steps::new(arithmetic, Text::Update(parameter)), shape, scalars: Vec::new() }
    }

    /// 0 in every entry.
    fn zeros(&self) -> Array2<A::Elem> {
        Array2::from_elem(self.shape, self.steps.number(&Exact::Double(0.0)))
    }

    /// R(x) in every entry.
    fn number(&mut self, scalar: Scalar, x: f64) -> Array2<A::Elem> {
        let stored = self.steps.number(&Exact::Double(x));
        self.scalars.extend(rounded(self.steps.arithmetic(), scalar, x, &stored));
        Array2::from_elem(self.shape, stored)
    }

    fn two(&self, operation: Binary, x: &Array2<A::Elem>, y: &Array2<A::Elem>) -> Array2<A::Elem> {
        self.steps.zip(operation, x, y)
    }

    /// The update θ' = R(decayed − change), which is the next step.
    fn finish(self, decayed: Array2<A::Elem>, change: Array2<A::Elem>) -> Change<A::Elem> {
        Change { decayed, change, subtraction: self.steps.next(), scalars: self.scalars }
    }

    /// R(R(x)·y).
    fn times(&mut self, scalar: Scalar, x: f64, y: &Array2<A::Elem>) -> Array2<A::Elem> {
        let x = self.number(scalar, x);
        self.two(Binary::Multiply, &x, y)
    }

    /// R(x + R(R(factor)·y)).
    fn plus_times(&mut self, x: &Array2<A::Elem>, scalar: Scalar, factor: f64, y: &Array2<A::Elem>) -> Array2<A::Elem> {
        let product = self.times(scalar, factor, y);
        self.two(Binary::Add, x, &product)
    }

    /// torch.lerp from m to g, which goes from the nearer end.
    fn first_moment(&mut self, m: &Array2<A::Elem>, beta1: f64, g: &Array2<A::Elem>) -> Array2<A::Elem> {
        let away = self.two(Binary::Subtract, g, m);
        let weight = 1.0 - beta1;
        if weight < 0.5 {
            return self.plus_times(m, Scalar::Beta1Complement, weight, &away);
        }
        let back = self.times(Scalar::Beta1, 1.0 - weight, &away);
        self.two(Binary::Subtract, g, &back)
    }

    /// β₂v + (1 − β₂)g²
    fn second_moment(&mut self, v: &Array2<A::Elem>, beta2: f64, g: &Array2<A::Elem>) -> Array2<A::Elem> {
        let kept = self.times(Scalar::Beta2, beta2, v);
        let weighted = self.times(Scalar::Beta2Complement, 1.0 - beta2, g);
        let squared = self.two(Binary::Multiply, &weighted, g);
        self.two(Binary::Add, &kept, &squared)
    }
}

/// One parameter tensor's update from its gradient; the state advances.
pub fn change<A: Numbers>(
    arithmetic: &A,
    optimiser: &Optimiser,
    moment: Moment,
    parameter: usize,
    theta: &Array2<A::Elem>,
    gradient: Array2<A::Elem>,
    state: &mut State<A::Elem>,
) -> Change<A::Elem> {
    let mut ops = Operations::new(arithmetic, parameter, theta.dim());
    match *optimiser {
        Optimiser::Sgd { momentum, dampening, nesterov, weight_decay } => {
            let mut g = gradient;
            if weight_decay != 0.0 {
                g = ops.plus_times(&g, Scalar::WeightDecay, weight_decay, theta);
            }
            if momentum != 0.0 {
                let buffer = match state.pop() {
                    // The first buffer is the gradient itself, not dampened.
                    None => g.clone(),
                    Some(buffer) => {
                        let kept = ops.times(Scalar::Momentum, momentum, &buffer);
                        ops.plus_times(&kept, Scalar::DampeningComplement, 1.0 - dampening, &g)
                    }
                };
                g = if nesterov { ops.plus_times(&g, Scalar::Momentum, momentum, &buffer) } else { buffer.clone() };
                state.push(buffer);
            }
            let change = ops.times(Scalar::LearningRate, moment.rate, &g);
            ops.finish(theta.clone(), change)
        }
        Optimiser::Adam { beta1, beta2, epsilon, weight_decay, decoupled } => {
            let (mut g, mut decayed) = (gradient, theta.clone());
            if weight_decay != 0.0 && decoupled {
                decayed = ops.times(Scalar::DecayFactor, decay_factor(moment.rate, weight_decay), theta);
            } else if weight_decay != 0.0 {
                g = ops.plus_times(&g, Scalar::WeightDecay, weight_decay, theta);
            }
            if state.is_empty() {
                *state = vec![ops.zeros(), ops.zeros()];
            }
            state[0] = ops.first_moment(&state[0], beta1, &g);
            state[1] = ops.second_moment(&state[1], beta2, &g);
            let (correction1, correction2) = (correction(beta1, moment.update), correction(beta2, moment.update));
            let root = ops.steps.map(&Function::SquareRoot, &state[1]);
            let scale = ops.number(Scalar::Correction, correction2.sqrt());
            let scaled = ops.two(Binary::Divide, &root, &scale);
            let epsilon = ops.number(Scalar::Epsilon, epsilon);
            let denominator = ops.two(Binary::Add, &scaled, &epsilon);
            let numerator = ops.times(Scalar::StepSize, moment.rate / correction1, &state[0]);
            let change = ops.two(Binary::Divide, &numerator, &denominator);
            ops.finish(decayed, change)
        }
    }
}

/// 1 − lr·λ in binary64: AdamW's factor of a parameter.
pub fn decay_factor(rate: f64, weight_decay: f64) -> f64 {
    1.0 - rate * weight_decay
}

/// 1 − β^t in binary64, the power correctly rounded.
pub(super) fn correction(beta: f64, update: u64) -> f64 {
    1.0 - Float::with_val(53, Float::with_val(53, beta).pow(update)).to_f64()
}

/// θ' = R(decayed − change).
pub fn applied<A: Numbers>(arithmetic: &A, update: &Change<A::Elem>) -> Array2<A::Elem> {
    arithmetic.zip(update.subtraction, Binary::Subtract, &update.decayed, &update.change)
}
