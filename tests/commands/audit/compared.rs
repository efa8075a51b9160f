//! `--compare` of the main command: one sentence on the first screen for every file, and the same elsewhere.

use super::{fixture, program, tensors, written};
use precision_probe::exchange::Tensor;
use tempfile::TempDir;

fn printed(folder: &TempDir, arguments: &[&str]) -> String {
    let run = program(folder, &[], arguments).success();
    String::from_utf8(run.get_output().stdout.clone()).unwrap()
}

fn changed(folder: &TempDir, name: &str, change: impl Fn(&mut Tensor)) -> String {
    let mut all = tensors("float64.npz");
    all.iter_mut().for_each(change);
    written(folder, &format!("{name}.safetensors"), &all);
    format!("{name}={name}.safetensors")
}

#[test]
fn every_compared_file_has_a_sentence() {
    let folder = TempDir::new().unwrap();
    let zeros = changed(&folder, "zeros", |tensor| tensor.values.fill(0.0));
    let scaled = changed(&folder, "scaled", |tensor| tensor.values.iter_mut().for_each(|x| *x *= 1024.0));
    let broken = changed(&folder, "broken", |tensor| {
        if tensor.name == "8.weight" {
            tensor.values[0] = f64::NAN;
        }
    });
    let f16 = format!("jax={}", fixture("float16.npz").display());
    let formats = ["--formats", "f16:acc=f32,bf16:acc=f32,f64", "--attribute", "none"];
    for (compare, sentence, is_fault) in [
        (
            f16.as_str(),
            "jax: its error exceeds that of f16:acc=f32, the nearest precision, by up to 0.42 bits (layer 1).",
            false,
        ),
        (&zeros, "zeros: its gradients are all zero in every layer, where the exact ones are not.", true),
        (&scaled, "scaled: it is exactly 2^10 (1024) times the gradient that f64 gives, in all 9 layers (a loss", true),
        (&broken, "broken: layer 5 has infinite or NaN entries, where f16:acc=f32 has none.", true),
    ] {
        let compare = ["--compare", compare, "--force"];
        let text = printed(&folder, &[&formats[..], &compare].concat());
        assert!(text.replace('\n', " ").contains(sentence), "{sentence}\n{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        // Ten lines and one for each of four precisions.
        assert!(text.lines().count() <= 14, "{text}");
        let details = printed(&folder, &[&formats[..], &compare, &["--details"]].concat());
        assert!(details.replace('\n', " ").contains(sentence), "{details}");
        let page = std::fs::read_to_string(folder.path().join("report/report.html")).unwrap();
        let start = sentence.split([',', '^']).next().unwrap().replace(" 2", " ");
        assert!(page.contains(start.trim_end()), "{start}");
        let github = printed(&folder, &[&formats[..], &compare, &["--output-format", "github"]].concat());
        let name = sentence.split(':').next().unwrap();
        assert_eq!(github.contains(&format!("::warning title=tanh%3A {name}::{name}: ")), is_fault, "{github}");
    }
    // Two files, two sentences.
    let both = ["--compare", &zeros, "--compare", &f16, "--force"];
    let text = printed(&folder, &[&formats[..], &both].concat()).replace('\n', " ");
    assert!(text.contains(" zeros: its gradients are all zero") && text.contains(" jax: its error exceeds"), "{text}");
    // An audit says it in its answer.
    let audit = program(&folder, &["audit"], &["--compare", &f16, "--force"]).success();
    let text = String::from_utf8_lossy(&audit.get_output().stdout).into_owned();
    assert!(!text.contains("the nearest precision"), "{text}");
}
