//! Constants that only depend on the number of words: computed once by MPFR, then kept.

use super::MOST_WORDS;
use super::exponential::Exponential;
use super::logarithm::Logarithm;
use super::normal::Normal;
use super::real::{Number, Real};
use crate::activation::GELU_TANH_CUBIC;
use crate::activation::selu::{lambda, lambda_alpha};
use rug::float::Constant;
use rug::integer::Order;
use rug::{Float, Rational};
use std::sync::OnceLock;

/// A real constant, rounded once to 64N bits: at most half a unit in the last place.
#[derive(Clone, Debug)]
pub struct Rounded {
    words: Vec<u64>,
    exponent: i64,
}

impl Rounded {
    fn new(value: &Float) -> Rounded {
        let (integer, exponent) = value.to_integer_exp().expect("invariant: constants are finite");
        Rounded { words: integer.to_digits(Order::Lsf), exponent: i64::from(exponent) }
    }

    /// The constant and its error.
    pub fn real<const N: usize>(&self) -> Real<N> {
        let number = Number { negative: false, words: &self.words, exponent: self.exponent };
        Real { error: 1, ..Real::read(number).expect("invariant: no constant is 0") }
    }
}

/// Tables and constants for numbers of N words.
#[derive(Clone, Debug)]
pub struct Constants {
    pub exponential: Exponential,
    pub logarithm: Logarithm,
    pub normal: Normal,
    /// λ and λα of SELU.
    pub lambda: Rounded,
    pub lambda_alpha: Rounded,
    /// √(8/π) and κ of gelu_tanh.
    pub sqrt_eight_over_pi: Rounded,
    pub cubic: Rounded,
    /// 1/√(2π) of gelu.
    pub inverse_sqrt_two_pi: Rounded,
}

impl Constants {
    pub fn new(words: usize) -> Constants {
        let bits = 64 * words as u32;
        // One rounding in all: the others are 64 bits further down.
        let root = (Float::with_val(bits + 64, Constant::Pi).recip() << 3u32).sqrt();
        let density = (Float::with_val(bits + 64, Constant::Pi) << 1u32).recip().sqrt();
        let cubic = GELU_TANH_CUBIC.trim_start_matches("0.");
        let numerator: u64 = cubic.parse().expect("invariant: the constant is a decimal");
        let cubic = Rational::from((numerator, 10u64.pow(cubic.len() as u32)));
        Constants {
            exponential: Exponential::new(words),
            logarithm: Logarithm::new(words),
            normal: Normal::new(words),
            lambda: Rounded::new(&lambda(bits)),
            lambda_alpha: Rounded::new(&lambda_alpha(bits)),
            sqrt_eight_over_pi: Rounded::new(&Float::with_val(bits, root)),
            cubic: Rounded::new(&Float::with_val(bits, &cubic)),
            inverse_sqrt_two_pi: Rounded::new(&Float::with_val(bits, density)),
        }
    }

    /// The constants for numbers with the given number of words.
    pub fn of(words: usize) -> &'static Constants {
        static ALL: [OnceLock<Constants>; MOST_WORDS + 1] = [const { OnceLock::new() }; MOST_WORDS + 1];
        ALL[words].get_or_init(|| Constants::new(words))
    }
}
