//! Tensors in and out of files, held to NumPy, ml_dtypes and the safetensors crate, and files that are no such thing.
//! The fixtures are made by `tests/fixtures/exchange/make.py`.

mod damaged;
mod names;
mod network;
mod places;
mod shards;

use precision_probe::exchange::{Contents, Dtype, Tensor, parse, read, safetensors_bytes, write_safetensors};
use precision_probe::format::{Class, E4M3FN, E5M2, two_to};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype as Stored, TensorView};
use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/exchange")).join(name)
}

/// The same bits, or both NaN.
fn same(x: f64, y: f64) -> bool {
    x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan())
}

/// Every shape and every bit as NumPy and ml_dtypes tell them.
fn check_against_numpy(file: &str, contents: &Contents) {
    let expected = std::fs::read_to_string(fixture("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
    let expected = expected[file].as_object().unwrap();
    assert_eq!(contents.tensors.len(), expected.len(), "{file}");
    for (name, expected) in expected {
        let tensor = contents.get(name).unwrap_or_else(|| panic!("{file}: no `{name}`"));
        let shape: Vec<usize> = serde_json::from_value(expected["shape"].clone()).unwrap();
        assert_eq!(tensor.shape, shape, "{file}: {name}");
        let bits = |value: &serde_json::Value| u64::from_str_radix(value.as_str().unwrap(), 16).unwrap();
        let values: Vec<f64> = expected["values"].as_array().unwrap().iter().map(bits).map(f64::from_bits).collect();
        assert_eq!(tensor.values.len(), values.len(), "{file}: {name}");
        for (index, (x, y)) in tensor.values.iter().zip(&values).enumerate() {
            assert!(same(*x, *y), "{file}: {name}[{index}] is {x:e} and not {y:e}");
        }
    }
}

/// Stored and deflated, C and Fortran order, both byte orders, every type, no axis and three, no entry.
#[test]
fn numpy_files_are_read_as_numpy_reads_them() {
    for file in ["stored.npz", "compressed.npz", "alone.npy", "batch.npz"] {
        check_against_numpy(file, &read(&fixture(file), None).unwrap());
    }
    let contents = read(&fixture("stored.npz"), None).unwrap();
    let dtype = |name: &str| contents.get(name).unwrap().dtype;
    assert_eq!((dtype("brain"), dtype("e5m2"), dtype("big")), (Dtype::BF16, Dtype::F8E5M2, Dtype::F32));
    assert_eq!(contents.notes.len(), 2, "{:?}", contents.notes);
    assert!(contents.notes[0].contains("`<V2` is read as bfloat16"), "{:?}", contents.notes);
    assert!(contents.notes[1].contains("`<f1` is read as float8_e5m2"), "{:?}", contents.notes);
    check_against_numpy("network.safetensors", &read(&fixture("network.safetensors"), None).unwrap());
}

/// Raw bytes tell no type: two are bfloat16 unless said otherwise, one must be said.
#[test]
fn raw_bytes_are_read_as_the_user_says() {
    let message = read(&fixture("raw.npz"), None).unwrap_err();
    assert!(message.contains("|V1") || message.contains("<V1"), "{message}");
    assert!(message.contains("--dtype float8_e4m3fn"), "{message}");
    for name in ["float8_e4m3fn", "F8_E4M3", "e4m3fn"] {
        check_against_numpy("raw.npz", &read(&fixture("raw.npz"), Some(Dtype::parse(name).unwrap())).unwrap());
    }
    // A type of two bytes does not answer for one byte.
    assert!(read(&fixture("raw.npz"), Some(Dtype::F16)).is_err());
    let halves = read(&fixture("stored.npz"), Some(Dtype::F16)).unwrap();
    assert_eq!(halves.get("brain").unwrap().dtype, Dtype::F16);
    assert!(Dtype::parse("flaot16").unwrap_err().contains("did you mean `float16`"));
}

/// A file of the safetensors crate with one tensor.
fn stored(dtype: Stored, bytes: &[u8], length: usize) -> Tensor {
    let view = TensorView::new(dtype, vec![length], bytes).unwrap();
    let file = safetensors::serialize([("t", view)], None).unwrap();
    parse(&file, "", None).unwrap().tensors.remove(0)
}

/// The value of a code by the definition: (−1)^s · 1.m · 2^(e − bias), e = 0 subnormal.
fn by_definition(code: u32, exponent_bits: u32, significand_bits: u32) -> f64 {
    let significand = code & ((1 << significand_bits) - 1);
    let field = code >> significand_bits & ((1 << exponent_bits) - 1);
    let sign = if code >> (exponent_bits + significand_bits) == 1 { -1.0 } else { 1.0 };
    let bias = (1i64 << (exponent_bits - 1)) - 1;
    let unit = |exponent: i64| two_to(exponent - i64::from(significand_bits));
    sign * match field {
        0 => f64::from(significand) * unit(1 - bias),
        top if top == (1 << exponent_bits) - 1 && significand == 0 => f64::INFINITY,
        top if top == (1 << exponent_bits) - 1 => f64::NAN,
        field => f64::from(significand | 1 << significand_bits) * unit(i64::from(field) - bias),
    }
}

#[test]
fn every_code_of_the_narrow_types_is_read_exactly() {
    let codes: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    for (dtype, exponent_bits) in [(Stored::F16, 5), (Stored::BF16, 8)] {
        let read = stored(dtype, &codes, 1 << 16);
        for (code, value) in (0..).zip(&read.values) {
            let expected = by_definition(code, exponent_bits, 15 - exponent_bits);
            assert!(same(*value, expected), "{dtype:?} {code:#06x}: {value:e} and not {expected:e}");
        }
    }
    let codes: Vec<u8> = (0..=u8::MAX).collect();
    for (dtype, format) in [(Stored::F8_E4M3, E4M3FN), (Stored::F8_E5M2, E5M2)] {
        let read = stored(dtype, &codes, 256);
        for (code, value) in format.codes().unwrap().iter().zip(&read.values) {
            let magnitude = match (code.class, &code.magnitude) {
                (Class::Infinity, _) => f64::INFINITY,
                (_, Some(magnitude)) => magnitude.value().to_f64(),
                (_, None) => f64::NAN,
            };
            let expected = if code.is_negative { -magnitude } else { magnitude };
            assert!(same(*value, expected), "{dtype:?} {:#04x}: {value:e} and not {expected:e}", code.code);
            if dtype == Stored::F8_E5M2 {
                assert!(same(*value, by_definition(code.code, 5, 2)));
            }
        }
    }
}

#[test]
fn wide_types_are_read_exactly() {
    let singles = [0.1f32, -0.0, f32::MIN_POSITIVE / 2.0, f32::MAX, f32::NEG_INFINITY, f32::NAN];
    let bytes: Vec<u8> = singles.iter().flat_map(|x| x.to_le_bytes()).collect();
    let read = stored(Stored::F32, &bytes, singles.len());
    assert!(read.values.iter().zip(singles).all(|(x, y)| same(*x, f64::from(y))));
    let doubles = [0.1, -0.0, 5e-324, f64::MAX, f64::INFINITY, f64::NAN];
    let bytes: Vec<u8> = doubles.iter().flat_map(|x| x.to_le_bytes()).collect();
    assert!(stored(Stored::F64, &bytes, doubles.len()).values.iter().zip(doubles).all(|(x, y)| same(*x, y)));
    let integers = [-(1i64 << 53), 1 << 53, -1, 0];
    let bytes: Vec<u8> = integers.iter().flat_map(|x| x.to_le_bytes()).collect();
    assert_eq!(stored(Stored::I64, &bytes, integers.len()).values, integers.map(|x| x as f64));
    assert_eq!(stored(Stored::I8, &[0xff, 0x80, 0x7f], 3).values, [-1.0, -128.0, 127.0]);
    assert_eq!(stored(Stored::U8, &[0xff, 0x80, 0x7f], 3).values, [255.0, 128.0, 127.0]);
    let view = [TensorView::new(Stored::U64, vec![1], &[0xff; 8]).unwrap()];
    let file = safetensors::serialize(view.into_iter().map(|view| ("big", view)), None).unwrap();
    let message = parse(&file, "", None).unwrap_err();
    assert!(message.contains("`big`, entry [0]") && message.contains("2^53"), "{message}");
}

/// What is written is read back, by us and by the safetensors crate, and the same tensors give the same bytes.
#[test]
fn what_is_written_is_read_back() {
    let tensors = vec![
        Tensor::doubles("2.weight", vec![2, 2], vec![0.1, -0.0, 5e-324, f64::INFINITY]),
        Tensor::doubles("\"quoted\" ü", vec![0, 7], vec![]),
        Tensor { dtype: Dtype::I64, ..Tensor::doubles("10.y", vec![3], vec![-1.0, 0.0, 9e15]) },
        Tensor::doubles("scalar", vec![], vec![2.5]),
    ];
    let bytes = safetensors_bytes(&tensors);
    assert_eq!(bytes, safetensors_bytes(&tensors));
    let mut back = parse(&bytes, "", None).unwrap().tensors;
    back.sort_by_key(|tensor| tensors.iter().position(|other| other.name == tensor.name));
    assert_eq!(back, tensors);
    let crate_read = SafeTensors::deserialize(&bytes).expect("the safetensors crate reads it");
    assert_eq!(crate_read.tensor("2.weight").unwrap().shape(), [2, 2]);
    assert_eq!(crate_read.tensor("10.y").unwrap().dtype(), Stored::I64);
    assert_eq!(crate_read.len(), tensors.len());
    let place = tempfile::TempDir::new().unwrap();
    let path = place.path().join("t.safetensors");
    write_safetensors(&path, &tensors).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert!(write_safetensors(&place.path().join("no/t"), &tensors).unwrap_err().contains("choose another place"));
}
