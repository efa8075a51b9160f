//! SELU's constants as exact fractions (Klambauer et al. 2017).

use super::{SELU_ALPHA, SELU_LAMBDA};
use rug::{Float, Integer, Rational};
use std::sync::LazyLock;

/// The decimals of SELU as fractions: λ, α and λα.
struct Selu {
    lambda: Rational,
    lambda_alpha: Rational,
    /// Numerator of λ over 10^29 (it ends in 9, so that is the lowest form).
    lambda_numerator: Integer,
    five_to_29: Integer,
}

static SELU: LazyLock<Selu> = LazyLock::new(|| {
    let fraction = |decimal: &str| {
        let (_, decimals) = decimal.split_once('.').expect("invariant: SELU's constants have a decimal point");
        let numerator = decimal.replace('.', "").parse::<Integer>().expect("invariant: SELU's constants are decimals");
        Rational::from((numerator, Integer::from(Integer::u_pow_u(10, decimals.len() as u32))))
    };
    let (lambda, alpha) = (fraction(SELU_LAMBDA), fraction(SELU_ALPHA));
    let lambda_alpha = Rational::from(&lambda * &alpha);
    let lambda_numerator = lambda.numer().clone();
    Selu { lambda, lambda_alpha, lambda_numerator, five_to_29: Integer::from(Integer::u_pow_u(5, 29)) }
});

/// λ rounded to nearest at the given precision.
pub(super) fn lambda(precision: u32) -> Float {
    Float::with_val(precision, &SELU.lambda)
}

/// λα rounded to nearest at the given precision.
pub(super) fn lambda_alpha(precision: u32) -> Float {
    Float::with_val(precision, &SELU.lambda_alpha)
}

/// λx where it is a binary number: λ = N/10^29 with N prime to 5, so 5^29 must divide x's significand.
pub(super) fn exact_lambda(x: &Float) -> Option<Float> {
    if x.prec() < 68 {
        return None; // 5^29 > 2^67
    }
    let (significand, exponent) = x.to_integer_exp()?;
    let (quotient, remainder) = significand.div_rem_ref(&SELU.five_to_29).into();
    let remainder: Integer = remainder;
    if remainder != 0 {
        return None;
    }
    let units: Integer = Integer::from(&quotient * &SELU.lambda_numerator);
    Some(Float::with_val(units.significant_bits().max(2), units) << exponent << -29)
}
