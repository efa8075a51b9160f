//! How many bits numbers of a proof keep, and how its bounds count a rounding.

use super::bound::Bound;

/// The precision of a run: the bits kept in numbers, and the bits with which bounds count a rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precision {
    kept: u32,
    counted: u32,
}

impl From<u32> for Precision {
    /// For a proof: roundings are counted as they are.
    fn from(bits: u32) -> Precision {
        Precision { kept: bits, counted: bits }
    }
}

impl Precision {
    /// For a forecast: so few bits are kept, while bounds count roundings as in a far higher precision.
    pub const fn forecast(kept: u32, counted: u32) -> Precision {
        Precision { kept, counted }
    }

    /// Bits with which bounds count a rounding.
    pub fn counted_bits(self) -> u32 {
        self.counted
    }

    /// Bits kept in numbers.
    pub fn kept(self) -> u32 {
        self.kept
    }

    /// With more bits.
    pub fn wider(self, bits: u32) -> Precision {
        Precision { kept: self.kept + bits, counted: self.counted + bits }
    }

    /// The bound of a rounding to the kept bits, as it counts.
    pub fn counted(self, rounding: Bound) -> Bound {
        rounding.scaled(i64::from(self.kept) - i64::from(self.counted))
    }

    /// 2^-bits, as it counts.
    pub fn unit(self) -> Bound {
        Bound::power_of_two(-i64::from(self.counted))
    }
}
