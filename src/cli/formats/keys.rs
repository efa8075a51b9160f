//! The options that can follow a format in `--formats`, with their meanings and sources, and the presets.

use crate::arithmetic::direction::RANDOM_BITS;
use crate::arithmetic::policy::{PRESETS, Preset};
use crate::arithmetic::scaling::SCALED;
use crate::arithmetic::tensor_core::TensorCore;
use crate::format::MOST_RANDOM_BITS;
use crate::report::table::{Table, wrapped};

/// The tables.
pub fn text() -> String {
    let stochastic = format!("stochastic, 1–{MOST_RANDOM_BITS} random bits (default {RANDOM_BITS})");
    let sums = [
        ["acc=FORMAT", "accumulator of sums of products (default: the format)", ""],
        ["sum=sequential", "in index order, products and sums rounded (default)", "IEEE 754"],
        ["sum=fma", "product and sum rounded once, together", "IEEE 754"],
        ["sum=pairwise", "recursive halving: errors grow with log n", "Higham 1993"],
        ["sum=kahan", "compensated, from the third term on", "Kahan 1965"],
        ["sum=block=N", "within blocks of N, then over the blocks", "Blanchard et al. 2020"],
        ["sum=exact", "rounded once, no accumulator", "Kulisch"],
    ];
    let roundings = [
        ["round=nearest", "ties to even (default)", "IEEE 754"],
        ["round=zero|up|down", "directed", "IEEE 754"],
        ["round=odd", "inexact results go to the odd neighbour", "Boldo, Melquiond 2008"],
        ["round=stochastic[=BITS]", stochastic.as_str(), "Croci et al. 2022"],
        ["ftz", "flush subnormal results to 0", "SSE, CUDA -ftz=true"],
        ["daz", "read subnormal operands as 0", "SSE, CUDA -ftz=true"],
        ["saturate", "overflow and inf become the largest number", "OCP OFP8 1.0"],
    ];
    let limits = "ftz and saturate apply to every rounded result, including those in the accumulator. daz compares \
                  factors, the bias and arguments with the smallest normal number of the stored format, and products \
                  and partial sums with that of the accumulator; a finished sum is stored unchanged. operands= and \
                  gradients= always round factors to nearest, regardless of round, ftz, daz and saturate; beyond the \
                  range of a plain FORMAT they overflow.";
    [
        table(["sums", "meaning", "source"], sums.map(|row| row.map(String::from))),
        table(["rounding", "meaning", "source"], roundings.map(|row| row.map(String::from))) + &wrapped(limits),
        gpus(),
        operands(),
        presets(),
    ]
    .join("\n")
}

fn table<const N: usize>(titles: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::titled(titles);
    rows.into_iter().for_each(|row| table.push(row));
    table.text()
}

fn gpus() -> String {
    let rows = TensorCore::ALL.map(|gpu| [format!("sum={gpu}"), gpu.about().to_string()]);
    let promotion =
        ["promote=N".to_string(), "partial sums of N terms are added in f32 (DeepSeek-V3: 128)".to_string()];
    let note = format!("Source: {}. The default accumulator is f32.", TensorCore::source());
    table(["tensor cores", "summation"], rows.into_iter().chain([promotion])) + &wrapped(&note)
}

fn operands() -> String {
    let plain = ["operands=FORMAT".to_string(), "round the factors of matrix products to a format".to_string()];
    let scaled = SCALED.iter().map(|(name, _, _, about)| [format!("operands={name}"), (*about).to_string()]);
    let gradients =
        ["gradients=…".to_string(), "the same for factors that are gradients (default: operands=)".to_string()];
    table(["factors", "meaning, source"], std::iter::once(plain).chain(scaled).chain([gradients]))
}

fn presets() -> String {
    let preset = |preset: &Preset| {
        let about = wrapped(&format!("{}: {}", preset.name, preset.about));
        about + &indented(preset.policy)
    };
    format!("presets\n{}\n", PRESETS.iter().map(preset).collect::<Vec<_>>().join("\n"))
}

/// A policy with one role per line.
fn indented(policy: &str) -> String {
    policy.split('/').map(|role| format!("    {role}")).collect::<Vec<_>>().join("/\n")
}
