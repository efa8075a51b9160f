//! The gradients against answers of programs that share no code with this project: rounded gradients
//! bit for bit, and the truth to all 60 digits.

use crate::common::{Oracle, oracles};
use precision_probe::arithmetic::{ArithmeticName, Exact, ExactMatrix};
use precision_probe::backprop::{Setup, gradients};
use precision_probe::truth::Undecided;
use precision_probe::truth::{Evidence, Prepared, TruthPass, precision};
use rug::Float;
use serde_json::Value;

/// Modes of the oracles, the arithmetics that stand for them, and log₂ of their loss scale.
const MODES: [(&str, &str, i32); 9] = [
    ("fp16_seq", "f16", 0),
    ("bf16_seq", "bf16", 0),
    ("fp32_seq", "f32", 0),
    ("fp64_seq", "f64", 0),
    ("fp16_acc32", "f16:acc=f32", 0),
    ("bf16_acc32", "bf16:acc=f32", 0),
    ("e4m3fn_seq", "e4m3fn", 0),
    ("e5m2_seq", "e5m2", 0),
    ("fp16_seq_ls1024", "f16", 10),
];

fn code(arithmetic: &ArithmeticName, x: &Exact) -> String {
    let digits = arithmetic.format.code_bits() as usize / 4;
    format!("{:0digits$x}", arithmetic.format.encode(x.to_f64()))
}

/// Compares one matrix, entry (i, j) of ours with `theirs(i, j)`; gives the number of entries.
fn compare(
    what: &str,
    arithmetic: &ArithmeticName,
    ours: &ExactMatrix,
    theirs: impl Fn(usize, usize) -> Value,
) -> usize {
    for ((i, j), x) in ours.indexed_iter() {
        let wanted = theirs(i, j);
        let wanted = wanted.as_str().unwrap_or_else(|| panic!("{what}[{i}][{j}] is not there"));
        assert_eq!(
            code(arithmetic, &x),
            wanted,
            "{what}[{i}][{j}]: we have {:?}, the oracle {}",
            x.to_f64(),
            arithmetic.format.decode(u64::from_str_radix(wanted, 16).unwrap_or(0))
        );
    }
    ours.len()
}

#[test]
fn rounded_gradients_agree_bit_for_bit() {
    let (mut networks, mut modes, mut entries) = (0, 0, 0);
    for Oracle { name, json, network, batch } in oracles() {
        networks += 1;
        for (mode, arithmetic, log2_loss_scale) in MODES {
            let expected = &json["rounded"][mode];
            if expected.is_null() {
                continue;
            }
            modes += 1;
            let arithmetic = ArithmeticName::parse(arithmetic).unwrap();
            let setup = Setup { log2_loss_scale, ..arithmetic.into() };
            // The oracle's gradients stay scaled.
            let scaled = |x: &ExactMatrix| x.clone().times_two_to(log2_loss_scale);
            for layer in gradients(setup, &network, &batch) {
                let l = layer.site;
                let what = |tensor: &str| format!("{name} {mode} {tensor} of layer {l}");
                entries +=
                    compare(&what("dW"), &arithmetic, &scaled(&layer.weight), |i, j| expected["dW"][l][i][j].clone());
                let bias = layer.bias.as_ref().expect("the oracles have biases");
                entries += compare(&what("db"), &arithmetic, &scaled(bias), |i, _| expected["db"][l][i].clone());
                if !expected["z"].is_null() {
                    entries +=
                        compare(&what("z"), &arithmetic, &layer.preactivation, |i, s| expected["z"][s][l][i].clone());
                    entries += compare(&what("delta"), &arithmetic, &scaled(&layer.delta), |i, s| {
                        expected["delta"][s][l][i].clone()
                    });
                }
            }
        }
    }
    // Seven networks: seven modes each, and two fp8 modes for the two networks exact in fp8.
    assert_eq!((networks, modes), (7, 7 * 7 + 2 * 2));
    assert_eq!(entries, 44_936 + 6_863, "entries compared");
}

/// Every digit of the exact gradients at 200 bits; and at 24 and 80 bits, where the oracle has more digits
/// than we have, an error that is there and stays within the proven bound.
#[test]
fn the_truth_agrees_to_sixty_digits_within_its_bound() {
    let (mut compared, mut visible) = (0, 0);
    for wanted_bits in [24, 80, 200] {
        for Oracle { name, json, network, batch } in oracles() {
            let prepared = Prepared::new(&network);
            let bits = match wanted_bits {
                200 => precision::forecast(&network, &prepared, &batch, wanted_bits),
                // Just enough for the proof, so that our own error is far above the oracle's last digit.
                fewer => fewer + 40,
            };
            let pass = TruthPass::new(&network, &prepared, &batch, bits, Undecided::Refused);
            assert_eq!(pass.undecided(), None, "{name}");
            for layer in pass {
                let l = layer.site;
                let tensors = [("dW", layer.weight), ("db", layer.bias.expect("the oracles have biases"))];
                for (tensor, ours) in tensors {
                    if wanted_bits == 200 {
                        assert!(Evidence::of(&ours).reaches(200), "{name} {tensor}[{l}]: {}", Evidence::of(&ours));
                    }
                    let ours = ours.expect("in range and decided");
                    for (index, value) in ours.values().indexed_iter() {
                        let (i, j) = index;
                        let exact = &json["exact"][tensor][l][i];
                        let exact = if tensor == "dW" { &exact[j] } else { exact };
                        let exact = Float::with_val(400, Float::parse(exact.as_str().unwrap()).unwrap());
                        let difference = Float::with_val(400, value - &exact).abs();
                        // The oracle's text has 60 digits: half a unit of the last one.
                        let text = Float::with_val(400, exact.abs_ref())
                            * Float::with_val(400, Float::parse("5e-60").unwrap());
                        let place = format!("{name} {tensor}[{l}][{i}][{j}] at {bits} bits: {value} against {exact}");
                        if wanted_bits == 200 {
                            assert!(difference <= text, "{place}");
                        }
                        let bound = ours.entry_error(index).to_float();
                        assert!(difference <= Float::with_val(400, &text + &bound), "{place}, bound {bound}");
                        visible += usize::from(difference > text);
                        compared += 1;
                    }
                }
            }
        }
    }
    assert_eq!(compared, 3 * 6_863, "entries compared");
    assert!(visible > 6_000, "only {visible} entries have an error that the oracle can see");
}
