//! Compares whole tables of functions with another program's: elu, gelu and tanh with their derivatives at every code
//! of three formats.
//!
//! The tables were computed with arb, a library for ball arithmetic that shares no code with MPFR's enclosures here.
//! They are correctly rounded and have one code for NaN (f16 7e00, bf16 7fc0, e4m3fn 7f). Only their SHA-256 is stored
//! here, over the codes in the order of the arguments' codes, 16-bit codes in little-endian order. The tables
//! themselves are in `tests/fixtures/activations`, and a test checks that these are their hashes.

use super::tally::{Mismatch, Row, Tally};
use crate::activation::{Activation, Function, round_function_f64};
use crate::format::Format;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// Format, activation, whether it is φ', and the SHA-256 of the table.
pub const TABLES: [(&str, &str, bool, &str); 18] = [
    ("bf16", "elu", false, "97594511da6ccac1d875e74cdb1aa2168ced689a9e3e99b880fbec4d204cef57"),
    ("bf16", "elu", true, "dcce92e42b652003218ccc616ebd5c55fb0e6349dc5706f288002fd615c334c2"),
    ("bf16", "gelu", false, "2347cc6b5a4ccb2184af62f8ab4cd856b62f0a2eb98355aac339b4fef725815a"),
    ("bf16", "gelu", true, "37232b253d91027a66c121b18bc9e3f78523c510b4a08a84c573b9decaf52125"),
    ("bf16", "tanh", false, "93b86a43386e016707432e45f56fda72e4312b1c5cd68ccbb588ed7c9cacf0c4"),
    ("bf16", "tanh", true, "1aee39a0f196140436596a5cf70e91258f33f192f4e158c26c9ded9b07826268"),
    ("e4m3fn", "elu", false, "0835a52d1f78a3cfb1808c7ea1ebf9878608a0173cc4839bd658d19f7d35ee38"),
    ("e4m3fn", "elu", true, "236ce550785bba0bdff8239536de9b96df9d17bc02ecd0160866691814c6c701"),
    ("e4m3fn", "gelu", false, "d5985954bb63b4e732d4b8e0412b7a0183181eae6371883b0fcb5d9a02d4679b"),
    ("e4m3fn", "gelu", true, "92863ba8019232de8ba7c28802591ebb5f8f43680068f81f9b9547bd09cfb739"),
    ("e4m3fn", "tanh", false, "a4f27137fe8c56bb30c2090f3d27014bb4443f91835161dcee0da2a08e724b76"),
    ("e4m3fn", "tanh", true, "503d5feb8fae6d34ed897988e1d0d72e33aaf09df2786b7d57390f14e61eed9e"),
    ("f16", "elu", false, "be31c4d74bf1ba6059b60333de9467397b4bdb9aba7f8bc8a3f6b5d4802b2994"),
    ("f16", "elu", true, "bbe93eb140b727b42e402fe4279784f940bb957be8927233bd549ecd0cd2ef0e"),
    ("f16", "gelu", false, "6e527d1f66e760d19ef6ecd2793f6cdc0164c9e8b09e183a4229bcc7b67b95a0"),
    ("f16", "gelu", true, "53d23233e6706a7582f7e356059e95eaeebbe71e53f0bd10d0b1e9589e76084d"),
    ("f16", "tanh", false, "fe29dbdff0de41fbffd617d5648cdcab89d76b8291b9e2e9ac08a6fc97f0089c"),
    ("f16", "tanh", true, "ff77d20846168adaa54af17459c8cb4ccebac1fbf07de9fc772af1e019439711"),
];

/// A function rounded to a format, at a double.
type Rounded<'r> = &'r (dyn Fn(&Function, f64, &Format) -> f64 + Sync);

/// One row: every code of every table.
pub fn rows() -> Vec<Row> {
    let tally = check(&round_function_f64);
    vec![tally.row("elu, gelu, tanh, φ', all codes: SHA-256", "tables computed with arb", "scalar")]
}

/// Checks the hash of each table; its cases are the codes, which all count as wrong if the hash differs.
fn check(tested: Rounded) -> Tally {
    let of = |(format, activation, is_derivative, expected): &(&str, &str, bool, &str)| {
        let named = Format::parse(format).ok().zip(Activation::parse(activation).ok());
        let (parsed, function) = named.expect("invariant: the tables' names are known");
        let function = if *is_derivative { Function::Derivative(function) } else { Function::Value(function) };
        let got = hash(&parsed, |x| tested(&function, x, &parsed));
        let codes = 1u64 << parsed.code_bits();
        let is_right = got == *expected;
        let of = if *is_derivative { "φ' of" } else { "φ of" };
        let mismatch = || Mismatch {
            operation: format!("SHA-256 of {of} {activation} in {format}"),
            operands: vec![format!("{codes} codes")],
            got: got.clone(),
            expected: (*expected).into(),
        };
        let first = if is_right { Vec::new() } else { vec![mismatch()] };
        Tally { cases: codes, mismatches: if is_right { 0 } else { codes }, first }
    };
    Tally::sum(TABLES.par_iter().map(of).collect::<Vec<Tally>>())
}

/// SHA-256 of a function's results at every code of a format, in hexadecimal digits.
pub fn hash(format: &Format, function: impl Fn(f64) -> f64) -> String {
    let mut bytes = Vec::new();
    for code in 0..1u64 << format.code_bits() {
        let result = format.encode(function(format.decode(code))).to_le_bytes();
        bytes.extend_from_slice(&result[..format.code_bits().div_ceil(8) as usize]);
    }
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One code of one table, wrong by one unit.
    #[test]
    fn one_wrong_code_is_seen() {
        let tally = check(&|function, x, format| {
            let result = round_function_f64(function, x, format);
            let is_one = format.code_bits() == 8 && x == 1.0 && *function == Function::Value(Activation::Tanh);
            if is_one { format.decode(format.encode(result) + 1) } else { result }
        });
        assert_eq!((tally.mismatches, tally.first.len()), (256, 1));
        assert!(tally.first[0].operation.ends_with("φ of tanh in e4m3fn"), "{:?}", tally.first);
    }
}
