//! φ, φ' and exp: the fast evaluation against the definition, which encloses the real value with MPFR.

use super::faults::both;
use super::numbers::{Kind, Random, member};
use super::rounding::named;
use super::tally::{Row, Tally, shown};
use crate::activation::{ALL, Function, round_function, round_function_f64};
use crate::format::{BF16, F16, F32, F64, Format};
use rayon::prelude::*;
use rug::Float;

/// In 16-bit formats every so many codes are checked, with a different start for every function; a prime, so that no
/// bit stays constant.
const STRIDE: u64 = 11;
/// Random arguments in formats of more than 16 bits.
const DRAWN: usize = 300;

/// A correctly rounded function.
type Rounded<'r> = &'r (dyn Fn(&Function, f64, &Format) -> f64 + Sync);

/// Formats of 8 bits and fewer, of 16 bits, and wider ones.
pub fn rows() -> Vec<Row> {
    let narrow: Vec<Format> = named().filter(|format| format.code_bits() <= 8).collect();
    let what = |of: &str| format!("{} functions in {of}", functions().count());
    let rows = [
        (narrow.clone(), what(&format!("{} formats ≤ 8 bits", narrow.len()))),
        (vec![F16, BF16], what("f16, bf16")),
        (vec![F32, F64], what("f32, f64")),
    ];
    let row = |(formats, what): (Vec<Format>, String)| {
        check(&formats, &round_function_f64).row(what, "enclosures by MPFR", "scalar")
    };
    rows.into_iter().map(row).collect()
}

/// φ and φ' of the whole catalogue, and exp.
fn functions() -> impl Iterator<Item = Function> {
    both(ALL).chain([Function::Exp])
}

/// The arguments at which a function is checked: every code, every so many codes, or random numbers of the format.
fn arguments(format: &Format, begin: u64) -> Vec<f64> {
    let codes = 1u64 << format.code_bits().min(63);
    match format.code_bits() {
        0..=8 => (0..codes).map(|code| format.decode(code)).collect(),
        9..=16 => (begin % STRIDE..codes).step_by(STRIDE as usize).map(|code| format.decode(code)).collect(),
        _ => {
            let mut random = Random(begin);
            (0..DRAWN).map(|at| member(&mut random, format, Kind::ALL[at % Kind::ALL.len()])).collect()
        }
    }
}

/// Every function in formats.
fn check(formats: &[Format], tested: Rounded) -> Tally {
    let pairs: Vec<(u64, Function, Format)> = formats
        .iter()
        .flat_map(|format| (0..).zip(functions()).map(move |(at, function)| (at, function, *format)))
        .collect();
    let of = |(begin, function, format): &(u64, Function, Format)| {
        let mut tally = Tally::default();
        for x in arguments(format, *begin) {
            let expected = round_function(function, &Float::with_val(53, x), format).to_f64();
            tally.double(tested(function, x, format), expected, || {
                (format!("{function:?} in {format}"), vec![shown(x)])
            });
        }
        tally
    };
    Tally::sum(pairs.par_iter().map(of).collect::<Vec<Tally>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;
    use crate::activation::double::value_f64;
    use crate::format::E4M3FN;

    /// A function that is slightly wrong in one format.
    #[test]
    fn a_function_that_is_rounded_twice_is_seen() {
        let right = check(&[E4M3FN], &round_function_f64);
        assert_eq!(right.mismatches, 0, "{:?}", right.first);
        let shifted = check(&[E4M3FN], &|function, x, format| match function {
            Function::Value(Activation::Silu) => format.round_f64(value_f64(&Activation::Silu, x) * (1.0 + 1e-3)),
            _ => round_function_f64(function, x, format),
        });
        assert!((1..50).contains(&shifted.mismatches), "{shifted:?}");
        assert!(shifted.first[0].operation.contains("Silu"));
        let of_value = check(&[F64], &|function, x, format| match function {
            Function::Value(Activation::Gelu) => format.round_f64(value_f64(&Activation::Gelu, x)),
            _ => round_function_f64(function, x, format),
        });
        assert!(of_value.mismatches > 0, "gelu in doubles is not correctly rounded");
    }
}
