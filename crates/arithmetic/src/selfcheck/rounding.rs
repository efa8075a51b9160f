//! Checks rounding to nearest against exact fractions: the definition, its fast implementation, and the vector code on
//! every path.

use super::lattice::Lattice;
use super::numbers::Random;
use super::tally::{Mismatch, Row, Tally, shown};
use crate::arithmetic::kernels::{Path, Rounding, round_all};
use crate::format::{BF16, E5M2, F16, F32, F64, Format, NAMED, canonical};
use half::f16;
use rayon::prelude::*;
use rug::Float;

/// Random codes of the wide formats.
const DRAWN: usize = 20_000;

/// The paths of this processor.
pub fn paths() -> impl Iterator<Item = Path> {
    Path::ALL.into_iter().filter(|path| path.is_available())
}

/// All codes and midpoints of the narrow formats.
pub fn narrow() -> Vec<Row> {
    let formats: Vec<Format> = named().filter(Lattice::is_whole).collect();
    rows(&formats, &format!("all codes, ties of {} formats ≤ 16 bits", formats.len()))
}

/// The ends of binades and some random codes of the others.
pub fn wide() -> Vec<Row> {
    let formats: Vec<Format> = named().filter(|format| !Lattice::is_whole(format)).collect();
    rows(&formats, &format!("binades' ends of {}", names(&formats)))
}

/// The named formats except those of scales, which hold no numbers to round to.
pub fn named() -> impl Iterator<Item = Format> {
    NAMED.iter().map(|(_, _, format)| *format).filter(|format| format.max().is_some() && !format.is_scale())
}

fn names(formats: &[Format]) -> String {
    formats.iter().map(Format::name).collect::<Vec<String>>().join(", ")
}

/// The definition, one by one, and many at once on every path.
fn rows(formats: &[Format], what: &str) -> Vec<Row> {
    let of = |format: &Format| {
        let lattice = Lattice::of(format);
        let cases = lattice.doubles();
        let mut tallies = vec![by_definition(&lattice, &cases, &|x| format.round(x))];
        tallies.push(one_by_one(format, &cases, &|x| format.round_f64(x)));
        let vectors = format.fits_f64_lanes().then(|| Rounding::to(*format));
        tallies.extend(paths().map(|path| match &vectors {
            Some(rounding) => {
                let doubles = together(format, &cases, &|x| round_all(path, rounding, x));
                Tally::sum([doubles, singles_together(format, &cases, &|x| round_all(path, rounding, x))])
            }
            None => Tally::default(),
        }));
        tallies
    };
    let tallies: Vec<Vec<Tally>> = formats.par_iter().map(of).collect();
    let column = |at: usize| Tally::sum(tallies.iter().map(|tallies| tallies[at].clone()));
    let mut rows =
        vec![column(0).row(what, "exact fractions", "MPFR"), column(1).row(what, "exact fractions", "scalar")];
    rows.extend((2..).zip(paths()).map(|(at, path)| column(at).row(what, "exact fractions", path.name())));
    rows
}

/// A rounding of exact numbers, which may be longer than doubles.
pub fn by_definition(lattice: &Lattice, cases: &[(f64, f64)], round: &dyn Fn(&Float) -> Float) -> Tally {
    let mut tally = Tally::default();
    let name = lattice.format.name();
    let mut check = |x: &Float, result: f64| {
        let got = round(x).to_f64();
        tally.double(got, result, || (format!("{name}, exact number"), vec![x.to_string_radix(16, None)]));
    };
    cases.iter().for_each(|(x, result)| check(&Float::with_val(53, *x), *result));
    lattice.floats(|x, result| check(&x, result));
    tally
}

/// A rounding of doubles.
pub fn one_by_one(format: &Format, cases: &[(f64, f64)], round: &dyn Fn(f64) -> f64) -> Tally {
    let mut tally = Tally::default();
    for (x, result) in cases {
        tally.double(round(*x), *result, || (format.name(), vec![shown(*x)]));
    }
    tally
}

/// A rounding of many doubles at once.
pub fn together(format: &Format, cases: &[(f64, f64)], round: &dyn Fn(&mut [f64])) -> Tally {
    let mut values: Vec<f64> = cases.iter().map(|(x, _)| *x).collect();
    round(&mut values);
    let mut tally = Tally::default();
    for ((x, result), got) in cases.iter().zip(values) {
        tally.double(got, *result, || (format!("{format} from binary64"), vec![shown(*x)]));
    }
    tally
}

/// A rounding of many binary32 numbers at once, for the cases that are binary32 numbers.
pub fn singles_together(format: &Format, cases: &[(f64, f64)], round: &dyn Fn(&mut [f32])) -> Tally {
    let of_singles: Vec<(f64, f64)> =
        cases.iter().copied().filter(|(x, _)| x.is_nan() || f64::from(*x as f32) == *x).collect();
    let mut values: Vec<f32> = of_singles.iter().map(|(x, _)| *x as f32).collect();
    round(&mut values);
    let mut tally = Tally::default();
    for ((x, result), got) in of_singles.iter().zip(values) {
        tally.double(f64::from(got), *result, || (format!("{format} from binary32"), vec![shown(*x)]));
    }
    tally
}

/// Another program's conversion of codes.
type Decode = fn(u64) -> f64;

/// Codes: decoded and encoded again, and compared with other conversions.
pub fn codes() -> Vec<Row> {
    let mut there_and_back = Tally::default();
    for format in named() {
        each_code(&format, |code| {
            let x = format.decode(code);
            // All NaN codes give the canonical one.
            let expected = if x.is_nan() { format.encode(f64::NAN) } else { code };
            let got = format.encode(x);
            there_and_back.case(got == expected && (!x.is_nan() || format.decode(got).is_nan()), || {
                let (got, expected) = (format!("{got:#x}"), format!("{expected:#x}"));
                Mismatch { operation: format!("{format}, encode"), operands: vec![shown(x)], got, expected }
            });
        });
    }
    let what = format!("codes of {} formats, round trip", named().count());
    let conversions: [(Format, Decode); 5] = [
        (F64, f64::from_bits),
        (F32, |code| f64::from(f32::from_bits(code as u32))),
        (F16, |code| f64::from(f16::from_bits(code as u16).to_f32())),
        (BF16, |code| f64::from(f32::from_bits((code as u32) << 16))),
        // The upper half of binary16.
        (E5M2, |code| f64::from(f16::from_bits((code as u16) << 8).to_f32())),
    ];
    let mut decoded = Tally::default();
    for (format, convert) in conversions {
        each_code(&format, |code| {
            let expected = canonical(convert(code));
            decoded.double(format.decode(code), expected, || (format!("{format}, decode"), vec![format!("{code:#x}")]));
        });
    }
    let names = names(&conversions.map(|(format, _)| format));
    vec![
        there_and_back.row(what, "themselves", "scalar"),
        decoded.row(format!("codes of {names}"), "hardware, half crate", "scalar"),
    ]
}

/// All codes, or random ones of a wide format.
fn each_code(format: &Format, mut take: impl FnMut(u64)) {
    if Lattice::is_whole(format) {
        (0..1u64 << format.code_bits()).for_each(take);
    } else {
        let mut random = Random(u64::from(format.code_bits()));
        (0..DRAWN).for_each(|_| take(random.bits() >> (64 - format.code_bits())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{E4M3FN, TF32};

    fn wrong(format: &Format, round: impl Fn(f64) -> f64) -> u64 {
        one_by_one(format, &Lattice::of(format).doubles(), &round).mismatches
    }

    #[test]
    fn the_right_rounding_has_no_mismatch() {
        for format in [F16, E5M2, E4M3FN, TF32] {
            assert_eq!(wrong(&format, |x| format.round_f64(x)), 0, "{format}");
        }
    }

    /// Plausible faults, each of which must be detected.
    #[test]
    fn wrong_roundings_are_seen() {
        let half = |x: f64| F16.round_f64(x);
        // Through binary32: both neighbours of a midpoint among the doubles go to the even number.
        let twice = wrong(&F16, |x| half(f64::from(x as f32)));
        assert!(twice > 30_000, "{twice}");
        assert!(wrong(&F16, |x| half(x) + 0.0) > 0, "a lost −0");
        let cut = |x: f64| match half(x) {
            rounded if rounded.abs() > x.abs() => F16.decode(F16.encode(rounded) - 1),
            rounded => rounded,
        };
        assert!(wrong(&F16, cut) > 30_000, "rounding toward zero");
        // Ties away from zero by one double: wrong at those that go down, and just below those that go up.
        let away = |x: f64| half(f64::from_bits(x.to_bits() + 1));
        let ties = wrong(&F16, |x| if x.is_finite() && x != 0.0 { away(x) } else { half(x) });
        assert_eq!(ties, 63_488, "one for each finite number");
        let largest = F16.max().unwrap().to_f64();
        let saturated = wrong(&F16, |x| if x.is_nan() { x } else { half(x.clamp(-largest, largest)) });
        assert!(saturated > 0, "overflow that stays at the largest number");
        let flushed = wrong(&F16, |x| if x.abs() < 6e-5 { 0f64.copysign(x) } else { half(x) });
        assert!(flushed > 8_000, "{flushed} subnormal numbers flushed");
        assert!(wrong(&F16, |x| if x.is_nan() { 0.0 } else { half(x) }) > 0, "NaN lost");
        assert!(wrong(&E4M3FN, |x| if x.abs() > 448.0 { 448f64.copysign(x) } else { E4M3FN.round_f64(x) }) > 0);
    }

    /// For exact numbers, too: a distance of 2^-200 decides.
    #[test]
    fn a_definition_that_sees_only_doubles_is_seen() {
        let lattice = Lattice::of(&E5M2);
        let through_doubles = |x: &Float| E5M2.round(&Float::with_val(53, x));
        let tally = by_definition(&lattice, &lattice.doubles(), &through_doubles);
        assert!(tally.mismatches > 100 && tally.first.len() == 5, "{tally:?}");
        assert_eq!(by_definition(&lattice, &lattice.doubles(), &|x| E5M2.round(x)).mismatches, 0);
    }

    /// Many numbers at once: a lane that is left out.
    #[test]
    fn a_lane_that_is_left_out_is_seen() {
        let cases = Lattice::of(&F16).doubles();
        let all_but_one = |values: &mut [f64]| {
            values.iter_mut().enumerate().filter(|(at, _)| at % 8 != 7).for_each(|(_, x)| *x = F16.round_f64(*x));
        };
        assert!(together(&F16, &cases, &all_but_one).mismatches > 1000);
        let singles = |values: &mut [f32]| values.iter_mut().for_each(|x| *x = F16.round_f64((*x).into()) as f32);
        assert_eq!(singles_together(&F16, &cases, &singles).mismatches, 0);
    }
}
