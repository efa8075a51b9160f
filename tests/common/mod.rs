//! What several integration tests share.
#![allow(dead_code)] // each test binary uses its part

pub mod causes;
pub mod drawn;
pub mod erased;
pub mod given;
pub mod rational;
pub mod records;
pub mod reference;
pub mod samples;
pub mod studies;
pub mod tables;
pub mod tolerances;
pub mod trainings;

use flate2::read::GzDecoder;
use ndarray::Array2;
use precision_probe::activation::Activation;
use precision_probe::arithmetic::{Exact, ExactMatrix};
use precision_probe::data::{Batch, Targets};
use precision_probe::format::{F16, Format, Range, two_to};
use precision_probe::graph::Network;
use precision_probe::loss::Loss;
use rug::Float;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file of `tests/fixtures`, unpacked.
pub fn fixture(path: &Path) -> Vec<u8> {
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    GzDecoder::new(file).read_to_end(&mut bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    bytes
}

/// The packed files of a folder of `tests/fixtures`, sorted.
pub fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

/// A network of the gradient oracles (schema `precision-probe-anchor-grad/1`).
pub struct Oracle {
    pub name: String,
    pub json: Value,
    pub network: Network,
    pub batch: Batch,
}

/// All networks of the gradient oracles.
pub fn oracles() -> Vec<Oracle> {
    fixtures("gradients").iter().map(|path| oracle(serde_json::from_slice(&fixture(path)).unwrap())).collect()
}

fn oracle(json: Value) -> Oracle {
    let half = |value: &Value| F16.decode(u64::from_str_radix(value.as_str().unwrap(), 16).unwrap());
    let vector = |value: &Value| value.as_array().unwrap().iter().map(half).collect::<Vec<f64>>();
    let matrix = |value: &Value| {
        let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(vector).collect();
        Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
    };
    let activation = match json["activation"].as_str().unwrap() {
        "leaky_relu" => Activation::Leaky { slope: 5.0 / 512.0 },
        name => Activation::parse(name).unwrap(),
    };
    let inputs = &json["inputs"];
    let loss = match json["loss"].as_str().unwrap() {
        "mse_mean" => Loss::MeanSquaredError,
        "softmax_ce_mean" => Loss::CrossEntropy,
        other => panic!("unknown loss {other}"),
    };
    let mut network = Network::new(loss);
    let layers = inputs["W"].as_array().unwrap().len();
    let mut node = 0;
    for layer in 0..layers {
        let bias = vector(&inputs["b"][layer]);
        let bias = Array2::from_shape_vec((bias.len(), 1), bias).unwrap();
        node = network.push_affine(&format!("layer.{layer}"), node, matrix(&inputs["W"][layer]), Some(bias));
        if layer + 1 < layers {
            node = network.push_activation(activation);
        }
    }
    // Stored sample by sample.
    let x = matrix(&inputs["x"]).t().as_standard_layout().to_owned();
    let targets = match loss {
        Loss::MeanSquaredError => Targets::Values(matrix(&inputs["target"]).t().as_standard_layout().to_owned()),
        Loss::CrossEntropy => Targets::Classes(
            inputs["target"].as_array().unwrap().iter().map(|class| class.as_u64().unwrap() as usize).collect(),
        ),
    };
    Oracle { name: json["name"].as_str().unwrap().to_string(), network, batch: Batch { inputs: x, targets }, json }
}

/// How much of a random test runs: a few cases every day, all of them where PRECISION_PROBE_EXHAUSTIVE is set.
pub fn exhaustive<T>(everyday: T, all: T) -> T {
    if std::env::var_os("PRECISION_PROBE_EXHAUSTIVE").is_some() { all } else { everyday }
}

/// A small deterministic generator (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound
    }
}

/// The same number: equal with the same sign of zero, or both NaN.
pub fn same(x: &Exact, y: &Exact) -> bool {
    let negative = |x: &Exact| match x {
        Exact::Double(x) => x.is_sign_negative(),
        Exact::Long(x) => x.is_sign_negative(),
    };
    match (x.sign(), y.sign()) {
        (None, None) => true,
        _ => x == y && negative(x) == negative(y),
    }
}

/// A number in decimal and in bits: the code of a double, all hexadecimal digits of a longer one.
pub fn show(x: &Exact) -> String {
    match x {
        Exact::Double(x) => format!("{x:e} (bits {:#018x})", x.to_bits()),
        Exact::Long(x) => format!("{:e} (hexadecimal {})", x.to_f64(), x.to_string_radix(16, None)),
    }
}

/// Panics with both numbers in decimal and bits unless they are the [`same`].
pub fn assert_same(expected: &Exact, actual: &Exact, what: impl FnOnce() -> String) {
    assert!(same(expected, actual), "{}: expected {}, got {}", what(), show(expected), show(actual));
}

/// A matrix of exact numbers, each by itself.
pub trait Entries {
    fn entries(&self) -> Array2<Exact>;
}

impl Entries for Array2<Exact> {
    fn entries(&self) -> Array2<Exact> {
        self.clone()
    }
}

impl Entries for ExactMatrix {
    fn entries(&self) -> Array2<Exact> {
        self.to_array()
    }
}

/// [`assert_same`] on every entry.
pub fn assert_same_matrix(expected: &impl Entries, actual: &impl Entries, what: impl Fn() -> String) {
    let (expected, actual) = (&expected.entries(), &actual.entries());
    assert_eq!(expected.dim(), actual.dim(), "{}: shape", what());
    for ((index, expected), actual) in expected.indexed_iter().zip(actual) {
        assert_same(expected, actual, || format!("{} at {index:?}", what()));
    }
}

/// A number for a format: mostly of moderate size; where `wild`, also zeros, subnormal and huge numbers,
/// infinities and NaN.
pub fn draw(random: &mut Random, format: &Format, wild: bool) -> Exact {
    let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
    let significand = 1.0 + (random.bits() >> 12) as f64 * two_to(-52);
    if !wild || random.below(3) == 0 {
        return Exact::Double(sign * significand * two_to(random.below(7) as i64 - 3));
    }
    let Range::Bounded { emin, emax, .. } = format.range else {
        // 80 bits, more than most of the formats have.
        let long = Float::with_val(80, random.bits()) << (random.below(60) as i32 - 90);
        return Exact::Long(long * sign + Float::with_val(53, significand));
    };
    let power = |e: i32| Float::with_val(64, sign * significand) << e;
    let smallest = format.smallest_subnormal_exponent().expect("bounded");
    match random.below(10) {
        0 => Exact::Double(0.0 * sign),
        1 => Exact::Long(power(emax - random.below(3) as i32)),
        2 => Exact::Long(power(emin - random.below(3) as i32)),
        3 => Exact::Long(power(smallest + random.below(3) as i32)),
        4 => Exact::Long(format.max().expect("bounded") * sign),
        5 => Exact::Long(power(emax / 2 + random.below(2) as i32)),
        6 => Exact::Long(power(emin / 2 - random.below(2) as i32)),
        7 if random.below(4) == 0 => Exact::Double(f64::INFINITY * sign),
        8 if random.below(4) == 0 => Exact::Double(f64::NAN),
        _ => Exact::Long(power(emin + random.below((emax - emin) as u64 + 1) as i32)),
    }
}

pub fn draw_matrix(random: &mut Random, format: &Format, wild: bool, shape: (usize, usize)) -> Array2<Exact> {
    Array2::from_shape_simple_fn(shape, || draw(random, format, wild))
}
