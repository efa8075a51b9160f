//! Activations against independent programs: every code of three formats bit for bit, the enclosure's
//! bound, derivatives against differences, the constants of proofs and of mean-field theory.

use flate2::read::GzDecoder;
use precision_probe::activation::{ALL, Activation, Function, round_function, round_function_f64};
use precision_probe::format::Format;
use rug::Float;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// The codes of one table: index = code of the argument, value = code of the rounded result.
fn table(path: &PathBuf, format: &Format) -> Vec<u64> {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).expect("a fixture")).read_to_end(&mut bytes).expect("gzip");
    let codes: Vec<u64> = match format.code_bits() {
        8 => bytes.iter().map(|b| u64::from(*b)).collect(),
        _ => bytes.chunks_exact(2).map(|b| u64::from(u16::from_le_bytes([b[0], b[1]]))).collect(),
    };
    assert_eq!(codes.len(), 1 << format.code_bits(), "{}", path.display());
    codes
}

#[test]
fn every_code_of_bf16_f16_and_e4m3fn_agrees_with_the_tables() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/activations");
    let mut files = 0;
    for format_name in ["bf16", "f16", "e4m3fn"] {
        let format = Format::parse(format_name).unwrap();
        for activation_name in ["elu", "gelu", "tanh"] {
            let activation = Activation::parse(activation_name).unwrap();
            for (suffix, function) in [("", Function::Value(activation)), ("_deriv", Function::Derivative(activation))]
            {
                let path = folder.join(format!("{format_name}_{activation_name}{suffix}.bin.gz"));
                for (code, &expected) in table(&path, &format).iter().enumerate() {
                    let x = format.decode(code as u64);
                    let fast = format.encode(round_function_f64(&function, x, &format));
                    let exact = format.encode(round_function(&function, &Float::with_val(53, x), &format).to_f64());
                    assert!(
                        fast == expected && exact == expected,
                        "{function:?} in {format} at code {code:#x} = {x:e}: expected {expected:#x}, \
                         in doubles {fast:#x}, with MPFR {exact:#x}"
                    );
                }
                files += 1;
            }
        }
    }
    assert_eq!(files, 18);
    assert_eq!(ALL.len(), 11);
}
