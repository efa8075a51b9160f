//! Operands from fixed seeds.

use crate::format::{Format, two_to};
use ndarray::Array2;

/// Random numbers for operands: splitmix64 (Steele, Lea and Flood 2014).
pub struct Random(pub u64);

impl Random {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a count.
    pub fn below(&mut self, count: i64) -> i64 {
        (self.bits() >> 1) as i64 % count
    }

    /// 1.xxx with either sign.
    pub fn signed_significand(&mut self) -> f64 {
        let bits = self.bits();
        f64::from_bits(bits >> 12 | 1023 << 52 | bits << 63)
    }
}

/// Which numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Around 1, and zeros: nothing overflows.
    Moderate,
    /// The smallest: sums and products of subnormal numbers, and some that round to zero.
    Tiny,
    /// Finite numbers at both ends of the range: sums and products that overflow.
    Ends,
    /// The whole range, including infinities and NaN.
    Wild,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::Moderate, Kind::Tiny, Kind::Ends, Kind::Wild];
}

/// A member of a bounded format.
pub fn member(random: &mut Random, format: &Format, kind: Kind) -> f64 {
    let ends = (format.smallest_subnormal_exponent(), format.smallest_normal_exponent(), format.max_exponent());
    let (Some(least), Some(emin), Some(emax)) = ends else { return random.signed_significand() };
    let (least, emin, emax) = (i64::from(least), i64::from(emin), i64::from(emax));
    let significand = random.signed_significand();
    let exponent = match (kind, random.below(8)) {
        (_, 0) => return format.round_f64(0f64.copysign(significand)),
        (Kind::Tiny, 1..=2) | (Kind::Ends, 1..=2) | (Kind::Wild, 1) => least + random.below(4),
        (Kind::Tiny, 3..=5) => (emin + least) / 2 + random.below(4) - 2,
        (Kind::Ends, 3..=5) => emax / 2 + random.below(3) - 1,
        (Kind::Ends, _) => emax - random.below(2),
        (Kind::Wild, 2) => emax - random.below(3),
        (Kind::Wild, 3..=5) => least + random.below(emax - least + 1),
        (Kind::Wild, 6) if random.below(4) == 0 => {
            return format.round_f64(if random.below(2) == 0 { f64::NAN } else { significand * f64::INFINITY });
        }
        _ => random.below(5) - 3,
    };
    let power = two_to(exponent.max(-1074));
    // binary64 has the number itself; other formats round it, clamping numbers that would overflow.
    let largest = format.max().map_or(f64::MAX, |max| max.to_f64());
    format.round_f64((significand * power).clamp(-largest, largest))
}

/// A matrix of members.
pub fn matrix(random: &mut Random, format: &Format, kind: Kind, shape: (usize, usize)) -> Array2<f64> {
    Array2::from_shape_simple_fn(shape, || member(random, format, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind has what it promises, in every format.
    #[test]
    fn kinds_reach_the_ends_of_the_range() {
        for format in super::super::rounding::named() {
            let name = format.name();
            let mut random = Random(1);
            let mut draw = |kind| (0..2000).map(|_| member(&mut random, &format, kind)).collect::<Vec<f64>>();
            let least = two_to(i64::from(format.smallest_normal_exponent().unwrap()));
            let tiny = draw(Kind::Tiny);
            assert!(tiny.iter().any(|x| *x != 0.0 && x.abs() < least), "{name}");
            let ends = draw(Kind::Ends);
            assert!(ends.iter().any(|x| x.abs() > format.max().unwrap().to_f64() / 4.0), "{name}");
            assert!(ends.iter().all(|x| x.is_finite()), "{name}");
            for x in draw(Kind::Wild).into_iter().chain(tiny).chain(ends) {
                assert_eq!(format.round_f64(x).to_bits(), x.to_bits(), "{name}: {x:e} is no member");
            }
        }
    }
}
