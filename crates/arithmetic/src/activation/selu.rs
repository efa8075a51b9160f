//! SELU's constants as exact fractions (Klambauer et al. 2017).

use super::{SELU_ALPHA, SELU_LAMBDA};
use rug::{Float, Integer, Rational};
use std::sync::LazyLock;

/// The decimals of SELU as fractions.
struct Selu {
    lambda: Rational,
    lambda_alpha: Rational,
    /// −λα.
    least: Rational,
    /// λ's denominator is this odd number, a power of 5, times a power of two.
    odd: Integer,
    /// log₂ of the latter.
    log2_even: u32,
}

static SELU: LazyLock<Selu> = LazyLock::new(|| {
    let fraction = |decimal: &str| {
        let (_, decimals) = decimal.split_once('.').expect("invariant: SELU's constants have a decimal point");
        let numerator = decimal.replace('.', "").parse::<Integer>().expect("invariant: SELU's constants are decimals");
        Rational::from((numerator, Integer::from(Integer::u_pow_u(10, decimals.len() as u32))))
    };
    let (lambda, alpha) = (fraction(SELU_LAMBDA), fraction(SELU_ALPHA));
    let lambda_alpha = Rational::from(&lambda * &alpha);
    let log2_even = lambda.denom().find_one(0).expect("invariant: a denominator is not 0");
    let odd = Integer::from(lambda.denom() >> log2_even);
    Selu { least: Rational::from(-&lambda_alpha), lambda, lambda_alpha, odd, log2_even }
});

/// λ = φ' on the right.
pub(super) fn slope() -> &'static Rational {
    &SELU.lambda
}

/// −λα = φ(−∞).
pub(super) fn least() -> &'static Rational {
    &SELU.least
}

/// λ rounded to nearest at the given precision.
pub(super) fn lambda(precision: u32) -> Float {
    Float::with_val(precision, &SELU.lambda)
}

/// λα rounded to nearest at the given precision.
pub(super) fn lambda_alpha(precision: u32) -> Float {
    Float::with_val(precision, &SELU.lambda_alpha)
}

/// λx where it is a binary number: where the odd part of λ's denominator divides x's significand.
pub(super) fn exact_lambda(x: &Float) -> Option<Float> {
    let Selu { lambda, odd, log2_even, .. } = &*SELU;
    if x.prec() < odd.significant_bits() {
        return None;
    }
    let (significand, exponent) = x.to_integer_exp()?;
    let (quotient, remainder) = significand.div_rem_ref(odd).into();
    let remainder: Integer = remainder;
    if remainder != 0 {
        return None;
    }
    let units: Integer = Integer::from(&quotient * lambda.numer());
    Some(Float::with_val(units.significant_bits().max(2), units) << exponent >> *log2_even)
}
