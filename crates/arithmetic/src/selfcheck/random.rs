//! Checks stochastic rounding with so few random bits that all draws can be tried: each draw against exact fractions,
//! and their mean.

use super::lattice::{Gap, Lattice};
use super::rounding::named;
use super::tally::{Mismatch, Row, Tally, shown};
use crate::format::Format;
use rayon::prelude::*;
use rug::{Float, Rational};

/// Random bits.
const BITS: u32 = 4;
/// Number of draws of that many bits.
const DRAWS: u32 = 1 << BITS;
/// Operands in a gap: multiples of a quarter of the random bits' resolution.
const PARTS: u32 = 4 * DRAWS;
/// Most gaps of one format; further ones are skipped at regular steps.
const GAPS: usize = 128;

/// The definition and its fast implementation.
pub fn rows() -> Vec<Row> {
    let formats: Vec<Format> = named().collect();
    let definition = formats
        .par_iter()
        .map(|format| check(&Lattice::of(format), &|x, draw| format.round_stochastically(x, BITS, draw).to_f64()));
    let definition = Tally::sum(definition.collect::<Vec<Tally>>());
    let in_lanes: Vec<Format> =
        formats.iter().copied().filter(|format| format.stochastic_rounder(BITS).is_some()).collect();
    let fast = in_lanes.par_iter().filter_map(|format| {
        let rounder = format.stochastic_rounder(BITS)?;
        Some(check(&Lattice::of(format), &|x, draw| rounder.round(x.to_f64(), draw)))
    });
    let fast = Tally::sum(fast.collect::<Vec<Tally>>());
    let what = |count: usize| format!("stochastic: all {DRAWS} draws, {count} formats");
    let against = "fractions, their mean";
    vec![definition.row(what(formats.len()), against, "MPFR"), fast.row(what(in_lanes.len()), against, "scalar")]
}

/// Every draw at every operand: away from zero iff f + u ≥ 1 with f truncated to the random bits; and the mean over the
/// draws, which is below the operand by less than 2^-r of the gap.
pub fn check(lattice: &Lattice, round: &dyn Fn(&Float, u32) -> f64) -> Tally {
    let mut tally = Tally::default();
    let step = lattice.gaps.len().div_ceil(GAPS);
    // The last gap is where overflow begins.
    let gaps = lattice.gaps.iter().step_by(step).chain(lattice.gaps.last());
    for gap in gaps {
        for part in 0..PARTS {
            let x = gap.at(&Rational::from((part, PARTS)));
            // Four bits beyond the random ones and the format's own.
            let x = Float::with_val(lattice.format.precision + 2 * BITS, &x);
            for x in [Float::with_val(x.prec(), -&x), x] {
                at(&mut tally, lattice, gap, part, &x, round);
            }
        }
    }
    tally
}

fn at(tally: &mut Tally, lattice: &Lattice, gap: &Gap, part: u32, x: &Float, round: &dyn Fn(&Float, u32) -> f64) {
    let signed = |result: f64| if x.is_sign_negative() { lattice.mirrored(result) } else { result };
    let (low, up) = (signed(gap.low), signed(gap.up));
    let cut = part * DRAWS / PARTS;
    let mut ups = 0;
    for draw in 0..DRAWS {
        let got = round(x, draw);
        // An operand that is a number of the format is kept, and so is the mean.
        let expected = if cut + draw >= DRAWS { up } else { low };
        ups += u32::from(got.to_bits() == up.to_bits() && low.to_bits() != up.to_bits());
        tally
            .double(got, expected, || (format!("{}, draw {draw} of {DRAWS}", lattice.format), vec![shown(x.to_f64())]));
    }
    // (f − mean)·2^r of the gap, in parts: 0 and more, less than one.
    let lost = i64::from(part) - i64::from(ups * (PARTS / DRAWS));
    let is_mean = up.is_nan() || (0..i64::from(PARTS / DRAWS)).contains(&lost) || low.to_bits() == up.to_bits();
    tally.case(is_mean, || Mismatch {
        operation: format!("{}, draws that round up", lattice.format),
        operands: vec![shown(x.to_f64())],
        got: ups.to_string(),
        expected: cut.to_string(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{E4M3FN, E5M2, F16};

    #[test]
    fn wrong_draws_are_seen() {
        for format in [E5M2, E4M3FN, F16] {
            let lattice = Lattice::of(&format);
            let rounder = format.stochastic_rounder(BITS).unwrap();
            let right = check(&lattice, &|x, draw| rounder.round(x.to_f64(), draw));
            assert_eq!(right.mismatches, 0, "{format}");
            let nearest = check(&lattice, &|x, _| format.round_f64(x.to_f64()));
            assert!(nearest.mismatches > right.cases / 4, "{format}: to nearest is not by chance");
            let shifted = check(&lattice, &|x, draw| rounder.round(x.to_f64(), (draw + 1).min(DRAWS - 1)));
            assert!(shifted.mismatches > right.cases / 100, "{format}: a draw that never comes shifts the mean");
            let unsigned = check(&lattice, &|x, draw| rounder.round(x.to_f64(), draw) + 0.0);
            assert!(unsigned.mismatches > 0, "{format}: a lost −0");
        }
    }
}
