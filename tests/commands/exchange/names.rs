//! Networks under the names that people give them: the same numbers as under `0.weight`, in the right order, or a
//! sentence that says what to choose.

use super::network::{measured, refused, run, succeed};
use crate::common::Random;
use flate2::Crc;
use precision_probe::exchange::{Tensor, npy_bytes, safetensors_bytes, write_safetensors};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A tensor as a file holds it, in bytes of any type.
#[derive(Clone)]
pub struct Raw {
    pub name: String,
    pub dtype: &'static str,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// A tensor of raw bytes.
pub fn raw(name: &str, dtype: &'static str, shape: &[usize], bytes: &[u8]) -> Raw {
    Raw { name: name.into(), dtype, shape: shape.to_vec(), bytes: bytes.to_vec() }
}

pub fn doubles(tensor: &Tensor) -> Raw {
    let bytes: Vec<u8> = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
    raw(&tensor.name, "F64", &tensor.shape, &bytes)
}

/// A safetensors file with the numbers in the order of the tensors and the header in that of `header`.
pub fn file(tensors: &[Raw], header: &[usize]) -> Vec<u8> {
    let mut ends = vec![0];
    tensors.iter().for_each(|tensor| ends.push(ends[ends.len() - 1] + tensor.bytes.len()));
    let entry = |&index: &usize| {
        let Raw { name, dtype, shape, .. } = &tensors[index];
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [ends[index], ends[index + 1]]});
        format!("{}:{entry}", Value::from(name.as_str()))
    };
    let header = format!("{{{}}}", header.iter().map(entry).collect::<Vec<_>>().join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    tensors.iter().for_each(|tensor| bytes.extend(&tensor.bytes));
    bytes
}

/// Tensors in the order that they are given in.
pub fn write(path: &Path, tensors: &[Raw]) {
    fs::write(path, file(tensors, &(0..tensors.len()).collect::<Vec<_>>())).unwrap();
}

/// An npz file as numpy.savez writes it: stored arrays in the order that they are given in.
fn npz(tensors: &[Tensor]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for tensor in tensors {
        let (name, array) = (format!("{}.npy", tensor.name), npy_bytes(&tensor.shape, &tensor.values));
        let mut checksum = Crc::new();
        checksum.update(&array);
        let mut fields = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let length = (array.len() as u32).to_le_bytes();
        fields.extend([checksum.sum().to_le_bytes(), length, length].concat());
        fields.extend([name.len() as u8, 0, 0, 0]);
        directory.extend([b"PK\x01\x02\x14\x00", &fields[..], &[0; 10]].concat());
        directory.extend((file.len() as u32).to_le_bytes());
        directory.extend(name.bytes());
        file.extend([b"PK\x03\x04", &fields[..], name.as_bytes(), &array].concat());
    }
    let (start, length) = (file.len() as u32, directory.len() as u32);
    file.extend(&directory);
    let count = (tensors.len() as u16).to_le_bytes();
    file.extend([b"PK\x05\x06\x00\x00\x00\x00", &count[..], &count].concat());
    file.extend([length.to_le_bytes(), start.to_le_bytes()].concat());
    file.extend([0, 0]);
    file
}

/// Weight and bias of each layer of a network, 4 features, 3 units in every hidden layer, 2 outputs: any two of the
/// square ones could change places, and any could be transposed.
pub struct Network(Vec<[Tensor; 2]>);

impl Network {
    pub fn new(layers: usize) -> Network {
        let mut random = Random(3);
        let mut drawn = |shape: &[usize]| {
            let values = (0..shape.iter().product()).map(|_| (random.below(2001) as f64 - 1000.0) / 900.0).collect();
            Tensor::doubles("", shape.to_vec(), values)
        };
        let inputs = |layer: usize| if layer == 0 { 4 } else { 3 };
        let outputs = |layer: usize| if layer + 1 == layers { 2 } else { 3 };
        Network((0..layers).map(|layer| [drawn(&[outputs(layer), inputs(layer)]), drawn(&[outputs(layer)])]).collect())
    }

    /// The tensors under these names: `fc1.` gets a weight and a bias, `Dense_0/` a kernel.
    pub fn named(&self, modules: &[impl AsRef<str>]) -> Vec<Tensor> {
        assert_eq!(self.0.len(), modules.len());
        let named = |(module, [weight, bias]): (&str, &[Tensor; 2])| {
            let weight = match module.ends_with('/') {
                true => Tensor { name: format!("{module}kernel"), ..transposed(weight) },
                false => Tensor { name: format!("{module}weight"), ..weight.clone() },
            };
            [weight, Tensor { name: format!("{module}bias"), ..bias.clone() }]
        };
        modules.iter().map(AsRef::as_ref).zip(&self.0).flat_map(named).collect()
    }

    /// As nn.Sequential saves it.
    pub fn numbered(&self) -> Vec<Tensor> {
        self.named(&(0..self.0.len()).map(|layer| format!("{}.", 2 * layer)).collect::<Vec<_>>())
    }
}

fn transposed(tensor: &Tensor) -> Tensor {
    let [rows, columns] = tensor.shape[..] else { panic!("a matrix") };
    let values = (0..rows * columns).map(|at| tensor.values[at % rows * columns + at / rows]).collect();
    Tensor { shape: vec![columns, rows], values, ..tensor.clone() }
}

pub fn write_batch(place: &Path) {
    let values = |count: usize| (0..count).map(|at| (at % 5) as f64 / 4.0 - 0.5).collect();
    let batch = [Tensor::doubles("x", vec![3, 4], values(12)), Tensor::doubles("y", vec![3, 2], values(6))];
    write_safetensors(&place.join("b.safetensors"), &batch).unwrap();
}

pub const FILES: [&str; 6] = ["--data", "b.safetensors", "--formats", "f16,bf16,f64", "--out", "o"];

/// What a network's file is measured to be, its layers' names, and what was printed to the error stream.
pub fn probed(place: &Path, weights: &str, options: &[&str]) -> (String, Vec<String>, String) {
    let arguments = [&["--weights", weights, "--force"], &FILES[..], options].concat();
    let arguments = if options.contains(&"--net") { arguments } else { [&arguments[..], &["--act", "tanh"]].concat() };
    let output = run(place, &arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{weights}: {said}");
    let text = fs::read_to_string(place.join("o/record.json")).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    let sites = record["runs"][0]["sites"].as_array().unwrap();
    let names = sites.iter().map(|site| site["name"].as_str().unwrap().to_string()).collect();
    (measured(place, "o/record.json").0, names, said)
}

/// Every family of names, in both kinds of file: the numbers of `0.weight`, and the names as they were given.
#[test]
fn every_way_of_naming_gives_the_same_numbers() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    let network = Network::new(4);
    fs::write(place.join("n.safetensors"), safetensors_bytes(&network.numbered())).unwrap();
    let (expected, _, said) = probed(place, "n.safetensors", &[]);
    assert!(!said.contains("note: "), "{said}");
    let by_file = "layers in the order of the file: ";
    let transposed = "read as in × out and transposed: ";
    for (modules, notes) in [
        (["fc1.", "fc2.", "fc3.", "head."], vec![by_file]),
        (["stem.", "body.", "deep.", "answer."], vec![by_file]),
        (["l1.0.", "l1.3.", "l2.0.", "l10.0."], vec![]),
        (
            [
                "model.layers.0.mlp.dense.",
                "model.layers.1.mlp.dense.",
                "model.layers.9.mlp.dense.",
                "model.layers.10.mlp.dense.",
            ],
            vec![],
        ),
        (
            [
                "bert.encoder.layer.0.dense.",
                "bert.encoder.layer.1.dense.",
                "bert.encoder.layer.2.dense.",
                "classifier.",
            ],
            vec![by_file],
        ),
        (
            ["encoder/layer_0/dense.", "encoder/layer_1/dense.", "encoder/layer_2/dense.", "encoder/layer_3/dense."],
            vec![],
        ),
        (["_orig_mod.module.5.", "_orig_mod.module.7.", "_orig_mod.module.70.", "_orig_mod.module.100."], vec![]),
        (["params/Dense_0/", "params/Dense_1/", "params/Dense_2/", "params/Dense_3/"], vec![transposed]),
        (["dense/", "dense_1/", "dense_2/", "dense_10/"], vec![by_file, transposed]),
        (["a0.", "a1/", "a2.", "a3/"], vec![transposed]),
    ] {
        let tensors = network.named(&modules);
        write(&place.join("named.safetensors"), &tensors.iter().map(doubles).collect::<Vec<_>>());
        fs::write(place.join("named.npz"), npz(&tensors)).unwrap();
        for file in ["named.safetensors", "named.npz"] {
            let (numbers, names, said) = probed(place, file, &[]);
            assert!(numbers == expected, "{modules:?} in {file}");
            assert_eq!(names, modules.map(|module| &module[..module.len() - 1]), "{file}");
            assert_eq!(said.matches("note: ").count(), notes.len(), "{modules:?}: {said}");
            notes.iter().for_each(|note| assert!(said.contains(note), "{modules:?}: {said}"));
        }
    }
}

/// How a program names the weight and the bias of a layer, what the layer is called then, and whether matrices are stored
/// as in × out.
type Naming = (fn(usize) -> [String; 2], fn(usize) -> String, bool);

const NAMINGS: [Naming; 8] = [
    (
        |layer| ["kernel", "bias"].map(|word| format!("['params']['Dense_{layer}']['{word}']")),
        |layer| format!("params/Dense_{layer}"),
        true,
    ),
    (
        |layer| ["weight", "bias"].map(|word| format!(".layers[{layer}].{word}")),
        |layer| format!("layers/{layer}"),
        false,
    ),
    (
        |layer| ["kernel", "bias"].map(|word| format!(".params.dense_{layer}.{word}")),
        |layer| format!("params/dense_{layer}"),
        true,
    ),
    (
        |layer| ["kernel", "bias"].map(|word| format!("['linear{layer}']['{word}'].value")),
        |layer| format!("linear{layer}"),
        true,
    ),
    (
        |layer| ["0", "1"].map(|number| format!("layers/dense_{layer}/vars/{number}")),
        |layer| format!("layers/dense_{layer}"),
        true,
    ),
    (|layer| ["W", "b"].map(|letter| format!("{letter}{}", layer + 1)), |layer| (layer + 1).to_string(), false),
    (|layer| ["W", "b"].map(|letter| format!("{letter}_{layer}")), |layer| layer.to_string(), true),
    (
        |layer| ["w", "b"].map(|letter| format!("mlp/~/linear_{layer}/{letter}")),
        |layer| format!("mlp/~/linear_{layer}"),
        true,
    ),
];

impl Network {
    fn in_naming(&self, (names, _, is_transposed): Naming) -> Vec<Tensor> {
        let layer = |(layer, [weight, bias]): (usize, &[Tensor; 2])| {
            let [weight_name, bias_name] = names(layer);
            let weight = if is_transposed { transposed(weight) } else { weight.clone() };
            [Tensor { name: weight_name, ..weight }, Tensor { name: bias_name, ..bias.clone() }]
        };
        self.0.iter().enumerate().flat_map(layer).collect()
    }
}

/// JAX's key paths, Keras 3's variables, and matrices called W: the same numbers as under `0.weight`, and gradients under
/// any of these names match a network under any other.
#[test]
fn key_paths_and_letters_are_names() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    let network = Network::new(4);
    fs::write(place.join("n.safetensors"), safetensors_bytes(&network.numbered())).unwrap();
    let (expected, ..) = probed(place, "n.safetensors", &["--export", "t"]);
    let exported = precision_probe::exchange::read(&place.join("t/gradients.f16.safetensors"), None).unwrap().tensors;
    let layer = |layer: usize| {
        ["weight", "bias"]
            .map(|kind| exported.iter().find(|one| one.name == format!("{}.{kind}", 2 * layer)).unwrap().clone())
    };
    let gradients = Network((0..4).map(layer).collect());
    fs::write(place.join("g.safetensors"), safetensors_bytes(&gradients.numbered())).unwrap();
    let arithmetics = |weights: &str, file: &str| -> (Value, String) {
        let (numbers, _, said) = probed(place, weights, &["--compare", &format!("theirs={file}")]);
        let all: Value = serde_json::from_str(numbers.lines().last().unwrap()).unwrap();
        let theirs = all.as_array().unwrap().iter().find(|one| one["name"] == "theirs").unwrap();
        (theirs["sites"].clone(), said)
    };
    let (matched, _) = arithmetics("n.safetensors", "g.safetensors");
    for (index, naming) in NAMINGS.into_iter().enumerate() {
        let tensors = network.in_naming(naming);
        write(&place.join("w.safetensors"), &tensors.iter().map(doubles).collect::<Vec<_>>());
        fs::write(place.join("w.npz"), npz(&tensors)).unwrap();
        for file in ["w.safetensors", "w.npz"] {
            let (numbers, names, said) = probed(place, file, &[]);
            assert!(numbers == expected, "{index} in {file}: {said}");
            assert_eq!(names, (0..4).map(naming.1).collect::<Vec<_>>(), "{file}");
            assert_eq!(said.contains("read as in × out and transposed: "), naming.2, "{said}");
        }
        // The gradients under these names, and with a `d` in front of a letter.
        let mut named = gradients.in_naming(naming);
        for letters in [false, true] {
            if letters && !named[0].name.starts_with('W') {
                continue;
            }
            if letters {
                named.iter_mut().for_each(|tensor| tensor.name.insert(0, 'd'));
            }
            write_safetensors(&place.join("named.safetensors"), &named).unwrap();
            let (theirs, said) = arithmetics("w.safetensors", "named.safetensors");
            assert!(theirs == matched, "{index}: {said}");
            assert!(!said.contains("matched by shape") && !said.contains("no gradient of"), "{index}: {said}");
        }
    }
}

/// Shapes decide how a matrix called W is stored; where they do not, that is said.
#[test]
fn shapes_decide_how_a_matrix_is_stored() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    let square = |name: &str| Tensor::doubles(name, vec![2, 2], vec![0.5, 0.25, -0.5, 1.0]);
    let values = |count: usize| (0..count).map(|at| at as f64 / 8.0 - 0.5).collect();
    let batch = [Tensor::doubles("x", vec![3, 2], values(6)), Tensor::doubles("y", vec![3, 2], values(6))];
    write_safetensors(&place.join("b.safetensors"), &batch).unwrap();
    let squares = |names: [&str; 2]| names.map(square);
    write_safetensors(&place.join("n.safetensors"), &squares(["0.weight", "2.weight"])).unwrap();
    write_safetensors(&place.join("w.safetensors"), &squares(["W1", "W2"])).unwrap();
    let (expected, ..) = probed(place, "n.safetensors", &[]);
    let (numbers, _, said) = probed(place, "w.safetensors", &[]);
    assert!(numbers == expected);
    let note = "their shapes fit either way, read as out × in (transpose them if they are in × out): `W1`, `W2`";
    assert!(said.contains(note), "{said}");
    let misfits = [Tensor::doubles("W1", vec![3, 2], values(6)), Tensor::doubles("W2", vec![5, 4], values(20))];
    write_safetensors(&place.join("w.safetensors"), &misfits).unwrap();
    let arguments = ["--weights", "w.safetensors", "--act", "tanh", "--data", "b.safetensors"];
    refused(place, &arguments, "give layers that fit");
}

/// Neither the header's order nor the order of names as text decides: 10 comes after 2, with a head among the numbers.
#[test]
fn twelve_layers_are_in_the_order_of_their_numbers() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    let network = Network::new(12);
    fs::write(place.join("n.safetensors"), safetensors_bytes(&network.numbered())).unwrap();
    let (expected, ..) = probed(place, "n.safetensors", &[]);
    let mut random = Random(5);
    let numbers = |first: usize| (0..12).map(move |layer| format!("fc{}.", first + layer));
    for modules in [
        numbers(1).collect::<Vec<_>>(),
        numbers(7).collect(),
        numbers(1).take(11).chain(["head.".into()]).collect(),
        (0..12).map(|layer| format!("Dense_{layer}/")).collect(),
    ] {
        let mut tensors: Vec<Raw> = network.named(&modules).iter().map(doubles).collect();
        // Sorted as text, as safetensors does, or anyhow; the head must come last.
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        let mut header: Vec<usize> = (0..tensors.len()).collect();
        for round in 0..3 {
            fs::write(place.join("named.safetensors"), file(&tensors, &header)).unwrap();
            let (numbers, names, _) = probed(place, "named.safetensors", &[]);
            assert!(numbers == expected, "{modules:?}, round {round}");
            assert!(names.iter().zip(&modules).all(|(name, module)| module.starts_with(name)), "{names:?}");
            for last in (1..header.len()).rev() {
                header.swap(last, random.below(last as u64 + 1) as usize);
            }
            if !modules[11].starts_with("head") {
                tensors.rotate_left(5);
            }
        }
    }
}

/// `--layers-from` gives the layers and their order by any end of their names, is part of the spec, and names what it
/// leaves out; without it an order that is not certain is refused.
#[test]
fn layers_can_be_given_in_their_order() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    let network = Network::new(4);
    fs::write(place.join("n.safetensors"), safetensors_bytes(&network.numbered())).unwrap();
    let (expected, ..) = probed(place, "n.safetensors", &[]);
    let names = ["net.encoder.0.", "net.encoder.1.", "net.decoder.0/", "net.decoder.1."];
    let more = [
        Tensor::doubles("net.norm.weight", vec![3], vec![1.0; 3]),
        Tensor::doubles("net.norm.bias", vec![3], vec![f64::NAN; 3]),
        Tensor::doubles("net.embedding", vec![7, 3], vec![0.0; 21]),
    ];
    let tensors = [network.named(&names), more.to_vec()].concat();
    let raws = || tensors.iter().map(doubles);
    write(&place.join("w.safetensors"), &raws().chain([raw("net.table", "F4", &[2, 2], &[0; 2])]).collect::<Vec<_>>());
    let from = ["--layers-from", "encoder.0,encoder.1,net.decoder.0, decoder.1"];
    let (numbers, layers, said) = probed(place, "w.safetensors", &from);
    assert!(numbers == expected);
    assert_eq!(layers, names.map(|name| &name[..name.len() - 1]));
    for words in [
        "left out by --layers-from: `net.norm.weight` [3] F64, `net.norm.bias` [3] F64, `net.embedding` [7 × 3] F64, `net.table` [2 × 2] F4",
        "read as in × out and transposed: `net.decoder.0/kernel`",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let record = |options: &[&str]| -> Value {
        probed(place, "w.safetensors", options);
        serde_json::from_slice(&fs::read(place.join("o/record.json")).unwrap()).unwrap()
    };
    let first = record(&from);
    assert_eq!(first["spec"]["weights"]["layers_from"], json!(layers));
    assert_eq!(record(&["--layers-from", &layers.join(",")])["spec_hash"], first["spec_hash"]);
    let other = record(&["--layers-from", "encoder.0,decoder.0,encoder.1,decoder.1"]);
    assert_ne!((&other["spec_hash"], &other["runs"]), (&first["spec_hash"], &first["runs"]));
    succeed(place, &["report", "o", "--out", "r", "-q"]);
    assert_eq!(fs::read(place.join("r/report.html")).unwrap(), fs::read(place.join("o/report.html")).unwrap());

    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    let check = |tensors: &[Raw], options: &[&str], words: &str| {
        write(&place.join("w.safetensors"), tensors);
        let arguments = [&["--weights", "w.safetensors", "--act", "tanh", "--data", "b.safetensors"], options].concat();
        refused(place, &arguments, words);
    };
    let all: Vec<Raw> = network.named(&names).iter().map(doubles).collect();
    check(
        &all,
        &[],
        "`encoder.0` and `decoder.0` differ in more than their number: give the layers in their order with --layers-from, out of encoder.0, encoder.1, decoder.0, decoder.1",
    );
    check(&all, &["--layers-from", "encoder.0,decodr.1"], "there is no layer `decodr.1`; did you mean `decoder.1`?");
    check(&all, &["--layers-from", "encoder.0,0"], "both `net.encoder.0` and `net.decoder.0` end with `0`");
    check(&all, &["--layers-from", "encoder.0"], "--layers-from gives one layer, `net.encoder.0`");
    check(
        &all,
        &["--layers-from", "decoder.1,encoder.0"],
        "takes 4 inputs and the layer before, `net.decoder.1`, has 2 outputs",
    );
    check(&all, &["--layers-from", "encoder.0,,decoder.1"], "a name is missing");
    let three = [network.named(&["stem.", "body.", "deep.", "head."]), more.to_vec()].concat();
    let three: Vec<Raw> = three.iter().map(doubles).collect();
    check(
        &three,
        &[],
        "`net.embedding` of shape [7 × 3] is not a weight, kernel or bias: name those of a layer NAME.weight [out × in] and NAME.bias, or leave it out with --layers-from",
    );
    check(
        &three,
        &["--layers-from", "stem,net.norm,head"],
        "`net.norm.weight` of shape [3] has a bias: normalisation layers are not read",
    );
    let sorted = |names: [&str; 3]| -> Vec<Raw> { Network::new(3).named(&names).iter().rev().map(doubles).collect() };
    check(
        &sorted(["stem.", "body.", "head."]),
        &[],
        "one order only: give --layers-from stem,body,head if it is the right one",
    );
    refused(place, &["--layers-from", "fc1,fc2"], "--layers-from has no effect without --weights FILE");
}

/// PReLU's slope follows its layer by number, by Flax's name, and where it is given.
#[test]
fn slopes_follow_their_layers() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    fs::write(place.join("net.toml"), "activations = [\"prelu\", \"tanh\"]\n").unwrap();
    let network = Network::new(3);
    let slope = |name: &str, shape: &[usize]| Tensor::doubles(name, shape.to_vec(), vec![0.375]);
    let with = |names: [&str; 3], slope: Tensor| -> Vec<Raw> {
        network.named(&names).iter().chain([&slope]).map(doubles).collect()
    };
    let net = ["--net", "net.toml"];
    write(&place.join("w.safetensors"), &with(["0.", "2.", "4."], slope("1.weight", &[1])));
    let (expected, ..) = probed(place, "w.safetensors", &net);
    assert!(expected.contains("0.375"), "the slope is a constant of the run");
    write(
        &place.join("w.safetensors"),
        &with(["Dense_0/", "Dense_1/", "Dense_2/"], slope("PReLU_0/negative_slope", &[])),
    );
    let from = [&net[..], &["--layers-from", "Dense_0,PReLU_0,Dense_1,Dense_2"]].concat();
    assert!(probed(place, "w.safetensors", &from).0 == expected);
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    write(&place.join("w.safetensors"), &with(["fc1.", "fc2.", "head."], slope("act1.weight", &[1])));
    let arguments = ["--weights", "w.safetensors", "--act", "prelu", "--data", "b.safetensors"];
    refused(place, &arguments, "one order only: give --layers-from fc1,act1,fc2,head if it is the right one");
}

/// Tensors that nothing is computed from are skipped in weights and batches with a note, of whatever type; those that
/// change the numbers are not.
#[test]
fn inert_tensors_are_skipped() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    let network: Vec<Raw> = Network::new(3).numbered().iter().map(doubles).collect();
    write(&place.join("w.safetensors"), &network);
    let (expected, ..) = probed(place, "w.safetensors", &[]);
    let inert = [
        raw("0._extra_state", "U8", &[5], &[0; 5]),
        raw("2._extra_state", "U8", &[0], &[]),
        raw("4._extra_state", "F8_E8M0", &[2], &[127; 2]),
        raw("1.num_batches_tracked", "I64", &[], &3u64.to_le_bytes()),
        raw("step", "U64", &[], &[0xff; 8]),
        raw("flag", "BOOL", &[], &[1]),
        raw("marker", "F32", &[0], &[]),
        raw("7.offset", "F64", &[], &f64::NAN.to_le_bytes()),
    ];
    for one in &inert {
        // Before and after: an empty tensor begins where the next one does.
        for tensors in
            [[std::slice::from_ref(one), &network[..]].concat(), [&network[..], std::slice::from_ref(one)].concat()]
        {
            write(&place.join("w.safetensors"), &tensors);
            let (numbers, _, said) = probed(place, "w.safetensors", &[]);
            assert!(numbers == expected, "{}", one.name);
            let note = format!("note: w.safetensors: skipped, as nothing is computed from it: `{}` [", one.name);
            assert!(said.contains(&note) && said.matches("note: ").count() == 1, "{said}");
        }
    }
    write(&place.join("w.safetensors"), &[&inert, &network[..]].concat());
    let (numbers, _, said) = probed(place, "w.safetensors", &[]);
    assert!(numbers == expected && said.contains("`flag` [] BOOL and 4 more"), "{said}");

    let batch = fs::read(place.join("b.safetensors")).unwrap();
    let mut tensors = precision_probe::exchange::parse(&batch, "", None).unwrap().tensors;
    tensors.push(Tensor::doubles("sample_weight", vec![3], vec![f64::INFINITY; 3]));
    let mut raws: Vec<Raw> = tensors.iter().map(doubles).collect();
    raws.insert(0, raw("flag", "BOOL", &[], &[1]));
    raws.push(raw("codes", "F4", &[2, 2], &[0; 2]));
    write(&place.join("b.safetensors"), &raws);
    let (numbers, _, said) = probed(place, "w.safetensors", &[]);
    assert!(numbers == expected);
    for words in [
        "note: b.safetensors: skipped, as nothing is computed from it: `flag` [] BOOL\n",
        "note: b.safetensors: not used (a batch is `x` and `y`): `sample_weight` [3] F64, `codes` [2 × 2] F4\n",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let place = TempDir::new().unwrap();
    let place = place.path();
    let arguments = ["--weights", "w.safetensors", "--act", "tanh", "--data", "b.safetensors"];
    for (changes, words) in [
        (raw("0.weight_scale", "F8_E8M0", &[3, 1], &[127; 3]), "`0.weight_scale` belongs to quantised weights"),
        (raw("0.weight_scale", "F32", &[], &[0; 4]), "dequantise them and save the result"),
        (raw("0.weight.absmax", "F32", &[3], &[0; 12]), "belongs to quantised weights"),
        (raw("6.weight", "F4", &[2, 2], &[0; 2]), "`6.weight` has the dtype \"F4\": convert it to one of BOOL"),
        (raw("1.running_var", "F32", &[3], &[0; 12]), "is not a weight, kernel or bias"),
        (raw("6.bias", "F32", &[], &[0; 4]), "`6.bias` has no weight: every layer needs one"),
        (raw("0.kernel", "F32", &[1, 1], &[0; 4]), "both `0.weight` and `0.kernel` are the weight of one layer"),
        (raw("9.weight", "U64", &[1], &[0xff; 8]), "`9.weight`, entry [0]: a 64-bit integer beyond 2^53"),
    ] {
        write_batch(place);
        write(&place.join("w.safetensors"), &[&network[..], &[changes]].concat());
        refused(place, &arguments, words);
    }
    // A batch under other names, and one that cannot be read.
    write(&place.join("w.safetensors"), &network);
    for (names, words) in [
        (["X", "y"], "a batch has inputs `x` and targets `y`; rename `X` if it is meant"),
        (
            ["x", "labels"],
            "there is no `y`, only `labels` [3 × 2] F64, `x` [3 × 4] F64: a batch has inputs `x` and targets `y`; rename `labels` if",
        ),
        (["x_train", "y_train"], "rename `x_train` if it is meant"),
        (["x", "z"], "a batch has inputs `x` and targets `y`\n"),
    ] {
        let renamed =
            tensors[..2].iter().zip(names).map(|(tensor, name)| Tensor { name: name.into(), ..tensor.clone() });
        write_safetensors(&place.join("b.safetensors"), &renamed.collect::<Vec<_>>()).unwrap();
        refused(place, &arguments, words);
    }
    write(&place.join("b.safetensors"), &[doubles(&tensors[0]), raw("y", "F8_E8M0", &[3, 2], &[0; 6])]);
    refused(place, &arguments, "tensor `y` has the dtype \"F8_E8M0\"");
}

/// Gradients under the network's own names match by name, kernels with kernels and weights with kernels; an export of
/// such a network is read again to the same numbers.
#[test]
fn gradients_and_exports_follow_the_names() {
    let place = TempDir::new().unwrap();
    let place = place.path();
    write_batch(place);
    let network = Network::new(4);
    let flax = ["params/Dense_0/", "params/Dense_1/", "params/Dense_2/", "params/Dense_3/"];
    fs::write(place.join("torch.safetensors"), safetensors_bytes(&network.numbered())).unwrap();
    fs::write(place.join("flax.safetensors"), safetensors_bytes(&network.named(&flax))).unwrap();
    let (plain, ..) = probed(place, "torch.safetensors", &["--export", "t"]);
    let (numbers, names, _) = probed(place, "flax.safetensors", &["--export", "f"]);
    assert!(numbers == plain);
    let (again, same_names, _) = probed(place, "f/network.safetensors", &[]);
    assert!(again == plain && same_names == names);

    // f16 gradients by name of either kind, against the weights of either kind.
    let gradients = precision_probe::exchange::read(&place.join("t/gradients.f16.safetensors"), None).unwrap().tensors;
    let pair = |layer: usize| {
        let get = |kind: &str| gradients.iter().find(|tensor| tensor.name == format!("{}.{kind}", 2 * layer)).unwrap();
        [get("weight").clone(), get("bias").clone()]
    };
    let own = Network((0..4).map(pair).collect());
    let grads = ["grads/Dense_0/", "grads/Dense_1/", "grads/Dense_2/", "grads/Dense_3/"];
    let mut files = vec![("flax.safetensors", own.named(&flax), 4), ("flax.safetensors", own.named(&grads), 4)];
    let dots = ["params.Dense_0.", "params.Dense_1.", "params.Dense_2.", "params.Dense_3."];
    files.push(("flax.safetensors", own.named(&dots), 0));
    files.push(("torch.safetensors", own.named(&["0/", "2/", "4/", "6/"]), 4));
    let compared = |weights: &str| {
        let (numbers, _, said) = probed(place, weights, &["--compare", "theirs=g.safetensors"]);
        (numbers, said)
    };
    fs::write(place.join("g.safetensors"), safetensors_bytes(&own.numbered())).unwrap();
    let (expected, _) = compared("torch.safetensors");
    assert!(expected.contains("theirs"));
    for (weights, tensors, transposed) in files {
        let names: Vec<String> = tensors.iter().map(|tensor| tensor.name.clone()).collect();
        let inert = raw("opt._extra_state", "F8_E8M0", &[4], &[0; 4]);
        let tensors: Vec<Raw> = tensors.iter().map(doubles).chain([inert]).collect();
        write(&place.join("g.safetensors"), &tensors);
        let (numbers, said) = compared(weights);
        let theirs = |text: &str| text.replace("opt._extra_state [4]", "");
        assert_eq!(said.contains("g.safetensors: read as in × out and transposed: "), transposed > 0, "{said}");
        assert!(!said.contains("matched by shape") && !said.contains("no gradient of"), "{names:?}: {said}");
        assert!(said.contains("matching no parameter: opt._extra_state [4]"), "{said}");
        let measured = |text: &str| -> Value { serde_json::from_str(text.lines().last().unwrap()).unwrap() };
        let layers = |text: &str| -> Vec<Value> {
            let arithmetics = measured(text);
            arithmetics.as_array().unwrap().iter().map(|arithmetic| arithmetic["sites"].clone()).collect()
        };
        assert_eq!(layers(&theirs(&numbers)), layers(&expected), "{weights} {names:?}");
    }
    // A gradient that is needed and cannot be read.
    let place_of = |name: &str| place.join(name);
    let mut tensors: Vec<Raw> = own.numbered().iter().map(doubles).collect();
    tensors[0] = raw("0.weight", "F4", &[3, 4], &[0; 6]);
    write(&place_of("g.safetensors"), &tensors);
    let arguments = [&["--weights", "torch.safetensors", "--act", "tanh", "--compare", "a=g.safetensors"], &FILES[..]];
    let output = run(place, &arguments.concat());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && message.contains("`0.weight` has the dtype \"F4\""), "{message}");
}
