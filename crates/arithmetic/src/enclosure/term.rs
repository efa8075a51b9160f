//! The terms of the enclosures' radii, by name.

use super::bound::Bound;
use super::fault::terms;

terms! {
    /// Half a unit of a midpoint that is shortened.
    Shortened,
    /// r of a sum's first number.
    SumFirst,
    /// r of its second number.
    SumSecond,
    /// A summand too small to be added.
    SumLeftOut,
    /// |x|·r of a product's second number.
    ProductSecond,
    /// r·|y| of its first number.
    ProductFirst,
    /// r·r of both.
    ProductBoth,
    /// r of a quotient's numerator.
    QuotientNumerator,
    /// |q|·r of its denominator.
    QuotientDenominator,
    /// r in the least possible size of the denominator.
    QuotientMargin,
    /// The quotient's own rounding.
    QuotientRounding,
    /// Half the distance of two numbers of which one is meant.
    EitherDistance,
    /// Their larger r.
    EitherRadius,
    /// A function's steepness times r.
    FunctionPropagated,
    /// A function's steepness on one of several pieces times their width.
    FunctionWidth,
    /// A function's computed value.
    FunctionEvaluated,
    /// A function's value below all exponents.
    FunctionVanished,
    /// eʳ − 1 of an exponential.
    ExponentialPropagated,
    /// e^(m + r) of an exponential of numbers far from each other.
    ExponentialFar,
    /// r/√x of a root.
    RootPropagated,
    /// |W|·r in a product of matrices.
    MatrixRight,
    /// r·|A| in a product of matrices.
    MatrixLeft,
    /// r·r in a product of matrices.
    MatrixBoth,
    /// Half a unit of an entry that is aligned with the others of its line.
    MatrixAligned,
    /// Half a unit of an entry whose last digits the other factor's radii exceed.
    MatrixBalanced,
}
