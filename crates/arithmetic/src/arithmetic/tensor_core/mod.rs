//! Dot products as the tensor cores of NVIDIA's GPUs round them.
//!
//! A tensor core gives D = A·B + C of a few columns of A at a time, a **block**. Within a block nothing is rounded
//! but by alignment: the products are exact, every addend, C included, is cut toward zero to F bits below the largest
//! exponent among them, and what is left is added exactly; then D is rounded once. A long sum is a chain of blocks,
//! each block's D the C of the next. [`TensorCore::rule`] gives the [`Rule`] of a GPU, [`Rule::dot`] the chain.
//!
//! What each GPU does is measured, by F. A. Khattak and M. Mikaitis (Accurate Models of NVIDIA Tensor Cores, ACM
//! Transactions on Architecture and Code Optimization; doi.org/10.1145/3830409): 5000 rows for each GPU and format,
//! published in `north-numerical-computing/MATLAB-tensor-core` at commit b12b5a7. The rules reproduce every bit of
//! the sets of V100, A100, A2, Ada, L40S, H100, H200 and B200, except E4M3 and E5M2 into f16 on H100, H200 and
//! B200, which no known rule explains and which are refused.
//!
//! The rows are all of the order of 1, so they do not cover zeros, subnormal numbers, exponents near the ends of the
//! range, infinities and NaN. There the rules follow the simulator of P. Xie, Y. Wang, F. Yang and M. Yang (MMA-Sim,
//! arXiv 2511.10909; `microsoft/MMA-Sim` at commit c785138), see [`Rule`]. Three more things rest on MMA-Sim or on a
//! sibling alone: fp8 on H100 and H200 was measured with C = 0, and C is part of the block as everywhere else; tf32 on
//! H100, H200 and B200 was measured with 4 terms, and a block has 8; fp8 into f16 was measured on Ada and not on L40S,
//! whose other rows are Ada's. On B200 any rule that sums a block of fp8 without loss explains the rows (of mma.sync);
//! MMA-Sim's, for tcgen05.mma, has the same F and puts C in the block. A GPU without measured rows is no
//! [`TensorCore`].

mod block;
mod rule;
mod unbounded;

pub use block::Factor;
pub use rule::{Rounding, Rule};

use crate::format::{BF16, E4M3FN, E5M2, F16, F32, Format, TF32};
use std::fmt;

/// A GPU whose tensor cores were measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TensorCore {
    /// Volta.
    V100,
    /// Ampere.
    A100,
    /// Ampere, with A100's rules.
    A2,
    /// Ada Lovelace: an RTX 1000.
    Ada,
    /// Ada Lovelace, with the RTX 1000's rules and the same rows.
    L40s,
    /// Hopper.
    H100,
    /// Hopper, with H100's rules.
    H200,
    /// Blackwell.
    B200,
}

/// The properties that tensor cores of one generation share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Generation {
    Volta,
    Ampere,
    Ada,
    Hopper,
    Blackwell,
}

impl TensorCore {
    /// All GPUs, by age.
    pub const ALL: [TensorCore; 8] = [
        TensorCore::V100,
        TensorCore::A100,
        TensorCore::A2,
        TensorCore::Ada,
        TensorCore::L40s,
        TensorCore::H100,
        TensorCore::H200,
        TensorCore::B200,
    ];

    /// The GPU's name in lower case, as [`TensorCore::parse`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            TensorCore::V100 => "v100",
            TensorCore::A100 => "a100",
            TensorCore::A2 => "a2",
            TensorCore::Ada => "ada",
            TensorCore::L40s => "l40s",
            TensorCore::H100 => "h100",
            TensorCore::H200 => "h200",
            TensorCore::B200 => "b200",
        }
    }

    /// Reads a GPU's name, in any case.
    ///
    /// # Errors
    /// An unknown GPU, with the known ones.
    pub fn parse(name: &str) -> Result<TensorCore, String> {
        let lower = name.to_ascii_lowercase();
        TensorCore::ALL.into_iter().find(|gpu| gpu.name() == lower).ok_or_else(|| {
            let names = listed(TensorCore::ALL.map(TensorCore::name).as_slice(), "or");
            format!("the tensor cores of `{name}` are not known: write {names}")
        })
    }

    fn generation(self) -> Generation {
        match self {
            TensorCore::V100 => Generation::Volta,
            TensorCore::A100 | TensorCore::A2 => Generation::Ampere,
            TensorCore::Ada | TensorCore::L40s => Generation::Ada,
            TensorCore::H100 | TensorCore::H200 => Generation::Hopper,
            TensorCore::B200 => Generation::Blackwell,
        }
    }

    /// The generation and the supported formats, as a line for a listing.
    pub fn about(self) -> &'static str {
        match self.generation() {
            Generation::Volta => "Volta: f16 into f32 or f16",
            Generation::Ampere => "Ampere: f16 into f32 or f16; bf16, tf32 into f32",
            Generation::Ada => "Ada Lovelace: f16, e4m3fn, e5m2 into f32 or f16; bf16, tf32 into f32",
            Generation::Hopper => "Hopper: f16 into f32 or f16; bf16, tf32, e4m3fn, e5m2 into f32",
            Generation::Blackwell => "Blackwell: f16 into f32 or f16; bf16, tf32, e4m3fn, e5m2 into f32",
        }
    }

    /// The source of the rules, the same for every GPU.
    pub fn source() -> &'static str {
        "measured rows: north-numerical-computing/MATLAB-tensor-core at b12b5a7 (doi.org/10.1145/3830409); \
         zeros, ends and infinities: microsoft/MMA-Sim at c785138 (arXiv 2511.10909)"
    }

    /// The formats of A and B that the GPU multiplies.
    pub fn inputs(self) -> &'static [Format] {
        match self.generation() {
            Generation::Volta => &[F16],
            Generation::Ampere => &[F16, BF16, TF32],
            Generation::Ada | Generation::Hopper | Generation::Blackwell => &[F16, BF16, TF32, E4M3FN, E5M2],
        }
    }

    /// How the GPU sums products of two numbers of `input` into D of `output`.
    ///
    /// # Errors
    /// What the GPU does not support or what is unknown about it, and what to write instead.
    pub fn rule(self, input: &Format, output: &Format) -> Result<Rule, String> {
        let (generation, gpu) = (self.generation(), self.name());
        if !self.inputs().contains(input) {
            return Err(self.missing(input));
        }
        let is_narrow = [E4M3FN, E5M2].contains(input);
        let into_half = *output == F16;
        if !into_half && *output != F32 {
            let has_half = *input == F16 || is_narrow && generation == Generation::Ada;
            let outputs = if has_half { "f32 or f16" } else { "f32" };
            return Err(format!("{gpu} sums products of {input} in {outputs}, not in {output}: write {outputs}"));
        }
        if into_half && is_narrow && generation > Generation::Ada {
            return Err(format!("no known rule explains how {gpu} sums products of {input} in f16: sum them in f32"));
        }
        if into_half && [BF16, TF32].contains(input) {
            return Err(format!("{gpu} sums products of {input} only in f32: write f32 instead of f16"));
        }
        let fraction_bits = match generation {
            Generation::Ada | Generation::Hopper if is_narrow => 13,
            Generation::Volta => 23,
            Generation::Ampere | Generation::Ada => 24,
            Generation::Hopper | Generation::Blackwell => 25,
        };
        // 16-bit inputs; twice the length is half the width.
        let halves = match generation {
            Generation::Volta => 4,
            Generation::Ampere | Generation::Ada => 8,
            Generation::Hopper | Generation::Blackwell => 16,
        };
        let block = match *input {
            TF32 => halves / 2,
            _ if is_narrow => halves * 2,
            _ => halves,
        };
        let rounding = match generation {
            _ if into_half => Rounding::NearestHalf,
            Generation::Ada | Generation::Hopper if is_narrow => Rounding::TowardZero { fraction_bits: 13 },
            Generation::Blackwell if is_narrow => Rounding::ApartFromC,
            _ => Rounding::TowardZero { fraction_bits: 23 },
        };
        Ok(Rule::new(*input, block, fraction_bits, rounding))
    }

    /// Why there is no rule for an input format.
    fn missing(self, input: &Format) -> String {
        let gpu = self.name();
        let own: Vec<String> = self.inputs().iter().map(Format::name).collect();
        let own = listed(&own, "or");
        let others: Vec<&str> =
            TensorCore::ALL.iter().filter(|other| other.inputs().contains(input)).map(|other| other.name()).collect();
        match others.as_slice() {
            [] => format!("the tensor cores of {gpu} do not multiply {input}: write {own}"),
            others => format!(
                "the tensor cores of {gpu} do not multiply {input}: write {own}, or a GPU that does, {}",
                listed(others, "or")
            ),
        }
    }
}

/// `a`, `a or b`, `a, b or c`.
fn listed<T: AsRef<str>>(names: &[T], last: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => names.concat(),
    }
}

impl fmt::Display for TensorCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for gpu in TensorCore::ALL {
            assert_eq!(TensorCore::parse(gpu.name()), Ok(gpu));
            assert_eq!(TensorCore::parse(&gpu.name().to_uppercase()), Ok(gpu));
        }
        assert_eq!(
            TensorCore::parse("t4").unwrap_err(),
            "the tensor cores of `t4` are not known: write v100, a100, a2, ada, l40s, h100, h200 or b200"
        );
    }

    /// Every pair of formats that a line names has a rule, and no other one does.
    #[test]
    fn the_lines_of_a_listing_are_the_rules() {
        for gpu in TensorCore::ALL {
            let (_, said) = gpu.about().split_once(": ").unwrap();
            let is_said = |input: &Format, output: &Format| {
                said.split("; ").filter_map(|part| part.split_once(" into ")).any(|(inputs, outputs)| {
                    inputs.split(", ").any(|name| name == input.name())
                        && outputs.split(" or ").any(|name| name == output.name())
                })
            };
            for input in [F16, BF16, TF32, E4M3FN, E5M2, F32] {
                for output in [F32, F16, BF16] {
                    assert_eq!(is_said(&input, &output), gpu.rule(&input, &output).is_ok(), "{gpu} {input} {output}");
                }
            }
            assert!(gpu.about().len() <= 70, "{gpu}");
        }
    }

    #[test]
    fn what_a_gpu_does_not_have_is_said_in_one_sentence() {
        for (gpu, input, output, said) in [
            (
                TensorCore::V100,
                TF32,
                F32,
                "the tensor cores of v100 do not multiply tf32: write f16, or a GPU that does, \
                 a100, a2, ada, l40s, h100, h200 or b200",
            ),
            (
                TensorCore::A100,
                E5M2,
                F32,
                "the tensor cores of a100 do not multiply e5m2: write f16, bf16 or tf32, or a GPU that does, \
                 ada, l40s, h100, h200 or b200",
            ),
            (
                TensorCore::H100,
                F32,
                F32,
                "the tensor cores of h100 do not multiply f32: write f16, bf16, tf32, e4m3fn or e5m2",
            ),
            (TensorCore::H100, BF16, F16, "h100 sums products of bf16 only in f32: write f32 instead of f16"),
            (TensorCore::H100, F16, BF16, "h100 sums products of f16 in f32 or f16, not in bf16: write f32 or f16"),
            (TensorCore::B200, E5M2, TF32, "b200 sums products of e5m2 in f32, not in tf32: write f32"),
            (
                TensorCore::H200,
                E4M3FN,
                F16,
                "no known rule explains how h200 sums products of e4m3fn in f16: sum them in f32",
            ),
        ] {
            assert_eq!(gpu.rule(&input, &output).unwrap_err(), said);
        }
    }
}
