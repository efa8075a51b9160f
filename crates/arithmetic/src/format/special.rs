//! The special codes of a format, which determine the results of overflow and of −0.

/// Which codes are infinities, NaN and −0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Special {
    /// IEEE 754: the top exponent holds infinities and NaN; overflow rounds to infinity.
    Ieee,
    /// `fn` (finite, NaN): the top exponent holds numbers, only its all-ones code is NaN; overflow gives NaN.
    FiniteNan,
    /// `fnuz` (finite, NaN, unsigned zero): the code of −0 is NaN and every other code a number; overflow gives NaN.
    NanForNegativeZero,
    /// P3109's formats with infinities: the code of −0 is NaN, and the all-ones code of each sign is its infinity.
    NanForNegativeZeroAndInfinities,
    /// Every code is a number; overflow gives the largest one, and NaN has no code.
    Finite,
    /// The scale of a block: powers of two without sign or zero; the all-ones code is NaN. Everything that does not
    /// round to a positive number gives NaN.
    Scale,
}

/// The result of an overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The infinity of its sign.
    Infinity,
    /// NaN.
    Nan,
    /// The largest number of its sign.
    Largest,
}

impl Special {
    /// Whether ±infinity is among the values.
    pub fn has_infinities(self) -> bool {
        matches!(self, Special::Ieee | Special::NanForNegativeZeroAndInfinities)
    }

    /// Whether NaN has a code.
    pub fn has_nan(self) -> bool {
        self != Special::Finite
    }

    /// Whether zero has a sign.
    pub fn has_negative_zero(self) -> bool {
        matches!(self, Special::Ieee | Special::FiniteNan | Special::Finite)
    }

    /// Whether numbers have a sign.
    pub fn is_signed(self) -> bool {
        self != Special::Scale
    }

    /// The result of an overflow.
    pub fn overflow(self) -> Overflow {
        match self {
            Special::Ieee | Special::NanForNegativeZeroAndInfinities => Overflow::Infinity,
            Special::FiniteNan | Special::NanForNegativeZero | Special::Scale => Overflow::Nan,
            Special::Finite => Overflow::Largest,
        }
    }

    /// The largest number, if that is the result of a positive overflow.
    pub(crate) fn overflow_of(self, largest: f64) -> f64 {
        match self.overflow() {
            Overflow::Infinity => f64::INFINITY,
            Overflow::Nan => f64::NAN,
            Overflow::Largest => largest,
        }
    }

    /// Whether the last code of the largest number's exponent, with either sign, is not a number.
    pub(super) fn takes_last_code(self) -> bool {
        matches!(self, Special::FiniteNan | Special::NanForNegativeZeroAndInfinities)
    }
}
