//! φ' with a frozen branch: by the formula of a given piece, wherever the argument lies.

use super::piece::Piece;
use super::{Activation, polynomial};
use rug::Float;

/// φ' by the formula of one piece.
#[derive(Clone, Debug, PartialEq)]
pub enum OnPiece {
    /// A number that rounds as the formula's value does.
    Number(Float),
    /// As φ' at this argument, the piece's nearest end: the formula is no polynomial.
    At(f64),
}

impl Activation {
    /// φ' by the formula of `piece` at a finite x, which may lie beyond the piece: every format of at most
    /// `precision` bits rounds the number as it would the value.
    ///
    /// Pieces that are polynomials are continued beyond their ends. The others (the left ones of elu and
    /// selu) give the value at the nearest end, which differs from a continuation by φ''·|x − κ|, as little
    /// as rounding x does on the piece itself.
    pub fn derivative_on(&self, piece: Piece, x: &Float, precision: u32) -> OnPiece {
        let joints = self.joints();
        let (lower, upper) = joints.ends(piece);
        let end = if *x < lower { lower } else { upper };
        let Some(derivative) = self.polynomial(piece).map(|value| value.derivative()) else { return OnPiece::At(end) };
        match derivative.exact(x) {
            Ok(Some(value)) => OnPiece::Number(value),
            Ok(None) if !x.is_zero() => derivative.stand_in(x, precision).map_or(OnPiece::At(end), OnPiece::Number),
            // c/divisor is no binary number.
            Ok(None) => OnPiece::Number(polynomial::quotient(
                &Float::with_val(53, derivative.c),
                &Float::with_val(53, derivative.divisor),
                precision,
            )),
            Err(_) => OnPiece::At(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(activation: &str, piece: u8, x: f64) -> OnPiece {
        Activation::parse(activation).unwrap().derivative_on(Piece(piece), &Float::with_val(53, x), 53)
    }

    /// By hand: the slope of the other side, the parabola beyond its end, and 1/6 to the last bit.
    #[test]
    fn formulas_reach_beyond_their_pieces() {
        let number = |x: f64| OnPiece::Number(Float::with_val(53, x));
        assert_eq!(on("relu", 0, 0.25), number(0.0));
        assert_eq!(on("relu", 1, -0.25), number(1.0));
        assert_eq!(on("leaky", 0, 3.0), number(0.010009765625));
        assert_eq!(on("hardswish", 1, 4.5), number(2.0));
        assert_eq!(on("hardtanh", 0, 2.0), number(0.0));
        assert_eq!(on("elu:2", 0, 0.5), OnPiece::At(0.0));
        assert_eq!(on("elu:2", 1, -0.5), number(1.0));
        for x in [0.0, 4.0] {
            let OnPiece::Number(sixth) = on("hardsigmoid", 1, x) else { panic!("a polynomial") };
            assert_eq!(crate::format::F64.round(&sixth).to_f64(), 1.0 / 6.0);
        }
    }
}
