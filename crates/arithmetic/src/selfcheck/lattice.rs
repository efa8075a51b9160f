//! The numbers of a format by their codes, and the nearest of them in exact fractions: rounding by its definition
//! in IEEE 754, without a line of the code that rounds.

use super::numbers::Random;
use crate::format::{Format, two_to};
use rug::{Float, Rational};
use std::cmp::Ordering;

/// Codes of up to this many bits are all enumerated.
const MOST_LISTED: u32 = 16;
/// Number of random codes of a wider format.
const DRAWN: usize = 4000;
/// Bits of the smallest tested distance from a midpoint, far beyond those of any double.
const HAIR: u32 = 200;

/// Neighbours among the nonnegative numbers of a format.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The lower one.
    pub low: f64,
    /// The result of rounding up: the higher one, or the overflow result beyond the largest number.
    pub up: f64,
    /// The lower one, exactly.
    exact_low: Rational,
    /// The higher one, or the number that the next code would have.
    exact_high: Rational,
    /// Ties go to an even last bit.
    pub is_low_even: bool,
}

impl Gap {
    /// The exact number at a part of the gap.
    pub fn at(&self, part: &Rational) -> Rational {
        let width = Rational::from(&self.exact_high - &self.exact_low);
        &self.exact_low + width * part
    }

    /// The one nearest to a number between them; the even one at a tie.
    fn nearest(&self, x: &Rational) -> f64 {
        let (down, up) = (Rational::from(x - &self.exact_low), Rational::from(&self.exact_high - x));
        match down.cmp(&up) {
            Ordering::Less => self.low,
            Ordering::Greater => self.up,
            Ordering::Equal if self.is_low_even => self.low,
            Ordering::Equal => self.up,
        }
    }
}

/// A format as defined by its codes.
pub struct Lattice {
    /// The format.
    pub format: Format,
    /// All neighbours in order, or for a wide format those at the ends of binades, at both ends of the range, and
    /// random ones.
    pub gaps: Vec<Gap>,
    /// The overflow result: infinity, NaN if there is no infinity, or the largest number if there is neither.
    pub overflow: f64,
    has_infinity: bool,
    has_nan: bool,
    has_negative_zero: bool,
}

impl Lattice {
    /// The lattice of a bounded format of at most 64 bits.
    pub fn of(format: &Format) -> Lattice {
        if format.code_bits() <= MOST_LISTED { Lattice::listed(format) } else { Lattice::drawn(format) }
    }

    /// True if every code is enumerated.
    pub fn is_whole(format: &Format) -> bool {
        format.code_bits() <= MOST_LISTED
    }

    fn listed(format: &Format) -> Lattice {
        let all: Vec<f64> = (0..1u64 << format.code_bits()).map(|code| format.decode(code)).collect();
        let mut numbers: Vec<f64> = all.iter().copied().filter(|x| x.is_finite() && x.is_sign_positive()).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        let pairs = (0u64..).zip(numbers.windows(2)).map(|(place, pair)| (place, pair[0], Some(pair[1])));
        let last = numbers.len() - 1;
        let (top, below) = (numbers[last], numbers[last - 1]);
        let pairs: Vec<_> = pairs.chain([(last as u64, top, None)]).collect();
        let has_infinity = all.contains(&f64::INFINITY);
        let has_nan = all.iter().any(|x| x.is_nan());
        let has_negative_zero = all.iter().any(|x| x.to_bits() == (-0f64).to_bits());
        Lattice::new(format, &pairs, (top, below), (has_infinity, has_nan, has_negative_zero))
    }

    fn drawn(format: &Format) -> Lattice {
        let trailing = format.precision - 1;
        let largest = format.max().expect("invariant: a bounded format has a maximum").to_f64();
        let top = format.encode(largest);
        let mut random = Random(u64::from(format.code_bits()));
        let binades = (0..=top >> trailing).flat_map(|binade| {
            let first = binade << trailing;
            [first.saturating_sub(2), first.saturating_sub(1), first, first + 1]
        });
        let mut codes: Vec<u64> = binades.chain(0..100).chain(top - 100..=top).collect();
        codes.extend((0..DRAWN).map(|_| random.bits() % top));
        codes.retain(|code| *code <= top);
        codes.sort_unstable();
        codes.dedup();
        let pair = |code: u64| (code, format.decode(code), (code < top).then(|| format.decode(code + 1)));
        let pairs: Vec<_> = codes.into_iter().map(pair).collect();
        let beyond = format.decode(top + 1);
        let negative_zero = format.decode(1 << (format.code_bits() - 1));
        let nan = (beyond.is_nan() || format.decode(top + 2).is_nan(), negative_zero.to_bits() == (-0f64).to_bits());
        Lattice::new(format, &pairs, (largest, format.decode(top - 1)), (beyond.is_infinite(), nan.0, nan.1))
    }

    fn new(
        format: &Format,
        pairs: &[(u64, f64, Option<f64>)],
        (top, below): (f64, f64),
        (has_infinity, has_nan, has_negative_zero): (bool, bool, bool),
    ) -> Lattice {
        let overflow = match (has_infinity, has_nan) {
            (true, _) => f64::INFINITY,
            (false, true) => f64::NAN,
            (false, false) => top,
        };
        let beyond: Rational = exact(top) * 2 - exact(below);
        let gap = |&(place, low, high): &(u64, f64, Option<f64>)| Gap {
            low,
            up: high.unwrap_or(overflow),
            exact_low: exact(low),
            exact_high: high.map_or_else(|| beyond.clone(), exact),
            is_low_even: place % 2 == 0,
        };
        let gaps = pairs.iter().map(gap).collect();
        Lattice { format: *format, gaps, overflow, has_infinity, has_nan, has_negative_zero }
    }

    /// The result for the negative argument.
    pub fn mirrored(&self, result: f64) -> f64 {
        let is_unsigned = result.is_nan() || result == 0.0 && !self.has_negative_zero;
        if is_unsigned { result } else { -result }
    }

    /// Doubles with their rounded values: in every gap its lower end, the midpoint, the doubles and binary32 numbers
    /// next to it and next to both ends, with either sign; and special values outside all gaps.
    pub fn doubles(&self) -> Vec<(f64, f64)> {
        let mut cases = Vec::new();
        if self.format.fits_f64_lanes() {
            for gap in &self.gaps {
                let (low, high) = (gap.low, gap.exact_high.to_f64());
                let middle = low + 0.5 * (high - low);
                let single = middle as f32;
                let beside = [single.next_down(), single.next_up()].map(f64::from);
                let inside = [middle.next_down(), middle.next_up(), low.next_up(), high.next_down()];
                let inside = inside.into_iter().chain(beside).filter(|x| low < *x && *x < high);
                cases.extend([low, middle].into_iter().chain(inside).map(|x| (x, gap.nearest(&exact(x)))));
            }
        } else {
            cases.extend(self.gaps.iter().map(|gap| (gap.low, gap.low)));
        }
        let both = |(x, result): (f64, f64)| [(x, result), (-x, self.mirrored(result))];
        let mut cases: Vec<(f64, f64)> = cases.into_iter().chain(self.specials()).flat_map(both).collect();
        if self.has_nan {
            let payloads = [0x7ff8_0000_0000_0000, u64::MAX, 0x7ff0_0000_0000_0001, 0xfff0_0000_2000_0000];
            cases.extend(payloads.map(|bits| (f64::from_bits(bits), f64::NAN)));
        }
        cases
    }

    /// Positive numbers beyond the largest and below the smallest.
    fn specials(&self) -> Vec<(f64, f64)> {
        let infinity = if self.has_infinity { f64::INFINITY } else { self.overflow };
        let mut specials = vec![(f64::INFINITY, infinity)];
        let Some(top) = self.gaps.last().filter(|_| self.format.fits_f64_lanes()) else { return specials };
        let beyond = top.exact_high.to_f64();
        specials.extend([beyond, 2.0 * beyond, two_to(1023), f64::MAX].map(|x| (x, self.overflow)));
        specials.extend([f64::MIN_POSITIVE, f64::from_bits(1)].map(|x| (x, 0.0)));
        specials
    }

    /// Longer numbers: each gap's lower end, its midpoint, and numbers at a distance of 2^-200 of the gap from these.
    pub fn floats(&self, mut take: impl FnMut(Float, f64)) {
        let precision = self.format.precision + HAIR + 8;
        let hair = Rational::from((1, 1)) >> HAIR;
        let half = Rational::from((1, 2));
        let parts = [
            Rational::new(),
            hair.clone(),
            Rational::from(&half - &hair),
            half.clone(),
            Rational::from(&half + &hair),
            Rational::from(1 - &hair),
        ];
        for gap in &self.gaps {
            for part in &parts {
                let x = gap.at(part);
                let result = gap.nearest(&x);
                let x = Float::with_val(precision, &x);
                take(Float::with_val(precision, -&x), self.mirrored(result));
                take(x, result);
            }
        }
    }
}

/// A finite double as a fraction.
fn exact(x: f64) -> Rational {
    Rational::from_f64(x).expect("invariant: members are finite")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{E4M3FN, F16, F32, F64};

    #[test]
    fn neighbours_are_those_of_the_tables() {
        let half = Lattice::of(&F16);
        assert_eq!((half.gaps.len(), half.overflow), (0x7c00, f64::INFINITY));
        let top = half.gaps.last().unwrap();
        assert_eq!((top.low, top.up, top.is_low_even), (65504.0, f64::INFINITY, false));
        assert_eq!(top.exact_high, 65536);
        assert_eq!(top.nearest(&Rational::from(65520)), f64::INFINITY);
        assert_eq!(top.nearest(&exact(65520f64.next_down())), 65504.0);
        let eight = Lattice::of(&E4M3FN);
        let top = eight.gaps.last().unwrap();
        assert_eq!((top.low, eight.gaps.len()), (448.0, 127));
        assert!(eight.overflow.is_nan() && top.nearest(&Rational::from(464)) == 448.0);
        for (format, largest) in [(F32, f64::from(f32::MAX)), (F64, f64::MAX)] {
            let lattice = Lattice::of(&format);
            let top = lattice.gaps.last().unwrap();
            assert_eq!((top.low, top.up), (largest, f64::INFINITY));
            assert!(lattice.gaps.windows(2).all(|pair| pair[0].low < pair[1].low));
            assert!(lattice.has_negative_zero && lattice.has_nan && lattice.has_infinity);
        }
    }

    /// Every longer number has its stated position: the fraction has all bits of the number.
    #[test]
    fn hairs_are_kept() {
        let lattice = Lattice::of(&E4M3FN);
        let mut count = 0;
        lattice.floats(|x, result| {
            count += 1;
            assert!(x.to_rational().is_some() && (result.is_nan() || result.is_finite()));
        });
        assert_eq!(count, 127 * 6 * 2);
        let mut midpoints = Vec::new();
        lattice.floats(|x, _| midpoints.push(x));
        midpoints.sort_by(|x, y| x.partial_cmp(y).unwrap());
        // −0 and 0 are the same number.
        assert!(midpoints.windows(2).filter(|pair| pair[0] == pair[1]).count() == 1, "two arguments are one");
    }
}
