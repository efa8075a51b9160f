//! What several integration tests share.
#![allow(dead_code)] // each test binary uses its part

pub mod records;

use flate2::read::GzDecoder;
use ndarray::Array2;
use precision_probe::activation::Activation;
use precision_probe::format::F16;
use precision_probe::network::{Batch, Loss, Network, Targets};
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
