//! What the codes of a format mean that stand for no number, and so what overflow and −0 become.

/// Which codes are infinities, NaN and −0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Special {
    /// IEEE 754: the top exponent holds infinities and NaN; overflow rounds to infinity.
    Ieee,
    /// `fn` (finite, NaN): the top exponent holds numbers, only its all-ones code is NaN; overflow gives NaN.
    FiniteNan,
    /// `fnuz` (finite, NaN, unsigned zero): the code of −0 is NaN, every other one a number; overflow gives NaN.
    NanForNegativeZero,
    /// P3109's formats with infinities: the code of −0 is NaN, the all-ones code of either sign its infinity.
    NanForNegativeZeroAndInfinities,
    /// Every code is a number; overflow gives the largest one, and NaN has no code.
    Finite,
    /// A scale of a block: powers of two without sign and zero, the all-ones code NaN. What is no positive number, or
    /// rounds to none, gives NaN.
    Scale,
}

/// What a result beyond the largest number becomes.
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

    /// What overflow gives.
    pub fn overflow(self) -> Overflow {
        match self {
            Special::Ieee | Special::NanForNegativeZeroAndInfinities => Overflow::Infinity,
            Special::FiniteNan | Special::NanForNegativeZero | Special::Scale => Overflow::Nan,
            Special::Finite => Overflow::Largest,
        }
    }

    /// What a positive overflow gives where that is the largest number.
    pub(crate) fn overflow_of(self, largest: f64) -> f64 {
        match self.overflow() {
            Overflow::Infinity => f64::INFINITY,
            Overflow::Nan => f64::NAN,
            Overflow::Largest => largest,
        }
    }

    /// Whether the last code of the largest number's exponent, of either sign, is none of a number.
    pub(super) fn takes_last_code(self) -> bool {
        matches!(self, Special::FiniteNan | Special::NanForNegativeZeroAndInfinities)
    }
}
