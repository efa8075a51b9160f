//! Directed roundings and rounding to odd, by the neighbours of every code.

use super::lattice::{Gap, Lattice};
use super::rounding::named;
use super::tally::{Row, Tally, shown};
use crate::format::{Format, Toward};
use rayon::prelude::*;
use rug::Float;

/// In formats of more than 8 bits, the slow definition is checked at one gap in this many.
const STRIDE: usize = 16;

/// Every direction at every code, at its ties, and next to both.
pub fn rows() -> Vec<Row> {
    let formats: Vec<Format> = named().filter(|format| Lattice::is_whole(format) && format.fits_f64_lanes()).collect();
    let of = |format: &Format| {
        let lattice = Lattice::of(format);
        let stride = if format.code_bits() <= 8 { 1 } else { STRIDE };
        let rounder = |toward| format.directed_rounder(toward).expect("invariant: double lanes carry it");
        let rounders = Toward::ALL.map(|toward| (toward, rounder(toward)));
        let definition =
            by(&lattice, stride, &|toward, x| format.round_toward(&Float::with_val(53, x), toward).to_f64());
        let fast = by(&lattice, 1, &|toward, x| {
            rounders.iter().find(|(known, _)| *known == toward).map_or(f64::NAN, |(_, rounder)| rounder.round(x))
        });
        (definition, fast)
    };
    let (definitions, fast): (Vec<Tally>, Vec<Tally>) = formats.par_iter().map(of).unzip();
    let what = format!("zero, up, down, odd: {} formats ≤ 16 bits", formats.len());
    vec![
        Tally::sum(definitions).row(what.clone(), "exact fractions", "MPFR"),
        Tally::sum(fast).row(what, "exact fractions", "scalar"),
    ]
}

/// Checks a rounding in every direction, on numbers of both signs in every so many gaps.
pub fn by(lattice: &Lattice, stride: usize, round: &dyn Fn(Toward, f64) -> f64) -> Tally {
    let mut tally = Tally::default();
    // The last gap leads to overflow.
    let last = lattice.gaps.len().saturating_sub(1);
    let taken = lattice.gaps.iter().enumerate().filter(|(index, _)| index % stride == 0 || *index == last);
    for (_, gap) in taken {
        let high = gap.at(&1.into()).to_f64();
        let middle = gap.low + 0.5 * (high - gap.low);
        for x in [gap.low, gap.low.next_up(), middle, middle.next_down(), high.next_down()] {
            for toward in Toward::ALL {
                for is_negative in [false, true] {
                    let result = expected(gap, x, toward, is_negative);
                    let (x, result) = if is_negative { (-x, lattice.mirrored(result)) } else { (x, result) };
                    tally.double(round(toward, x), result, || {
                        (format!("{}, {toward:?}", lattice.format), vec![shown(x)])
                    });
                }
            }
        }
    }
    // An addition to a significand of ones must not carry into the sign.
    for x in [f64::NAN, f64::from_bits(u64::MAX), f64::from_bits(u64::MAX >> 1)] {
        for toward in Toward::ALL {
            let what = || (format!("{}, {toward:?}", lattice.format), vec![format!("{:#x}", x.to_bits())]);
            tally.double(round(toward, x), f64::NAN, what);
        }
    }
    tally
}

/// The magnitude to which a direction rounds a magnitude in a gap.
fn expected(gap: &Gap, x: f64, toward: Toward, is_negative: bool) -> f64 {
    let goes_up = match toward {
        _ if x == gap.low => false,
        Toward::Zero => false,
        Toward::Up => !is_negative,
        Toward::Down => is_negative,
        Toward::Odd => gap.is_low_even,
    };
    if goes_up { gap.up } else { gap.low }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{E4M3FN, F16};

    #[test]
    fn wrong_directions_are_seen() {
        for format in [F16, E4M3FN] {
            let lattice = Lattice::of(&format);
            let right = |toward, x| format.directed_rounder(toward).unwrap().round(x);
            assert_eq!(by(&lattice, 1, &right).mismatches, 0, "{format}");
            let nearest = by(&lattice, 1, &|_, x| format.round_f64(x));
            assert!(nearest.mismatches > nearest.cases / 5, "{format}: rounding to nearest");
            let swapped = by(&lattice, 1, &|toward, x| match toward {
                Toward::Up => right(Toward::Down, x),
                toward => right(toward, x),
            });
            assert!(swapped.mismatches > swapped.cases / 8, "{format}: down for up");
            // A rounding that changes numbers of the format.
            let moved = by(&lattice, 1, &|toward, x| right(toward, x.next_up()));
            assert!(moved.mismatches > 0, "{format}");
        }
    }
}
