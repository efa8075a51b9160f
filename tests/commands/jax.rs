//! JAX itself, where it is installed: `examples/jax_gradients.py` is run and its gradients are audited.
//!
//! Python is `PRECISION_PROBE_PYTHON`, or `python3` if it has JAX; without either the test is skipped with a message.
//! `.ci/python` makes an environment with it.

use crate::common::tolerances;
use assert_cmd::Command;
use precision_probe::record::{Record, Verdict};
use precision_probe::report::audit;
use std::path::Path;
use std::process;
use tempfile::TempDir;

/// A Python that has JAX.
fn python() -> Option<String> {
    let has_jax = |python: &str| {
        let found = process::Command::new(python).args(["-c", "import jax"]).output();
        found.is_ok_and(|found| found.status.success())
    };
    match std::env::var("PRECISION_PROBE_PYTHON") {
        Ok(python) => {
            assert!(has_jax(&python), "PRECISION_PROBE_PYTHON={python} cannot import jax");
            Some(python)
        }
        Err(_) => Some("python3".to_string()).filter(|python| has_jax(python)),
    }
}

/// In every type the model explains JAX's gradients to less than a bit (0.62 bits at most where this was written; other
/// processors and versions of XLA sum in other orders), and double precision has 12 digits.
#[test]
fn the_example_is_explained() {
    let Some(python) = python() else {
        eprintln!("skipped: no Python with JAX; install it, or name one in PRECISION_PROBE_PYTHON");
        return;
    };
    let folder = TempDir::new().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/jax_gradients.py");
    let ran =
        process::Command::new(&python).arg(script).arg(folder.path()).env("JAX_PLATFORMS", "cpu").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut probe = Command::cargo_bin("precision-probe").unwrap();
    probe.current_dir(folder.path());
    probe.args(["audit", "--weights", "weights.npz", "--act", "tanh", "--data", "batch.npz", "--json"]);
    let types = ["float64", "float32", "float16", "bfloat16"];
    for name in types {
        probe.args(["--compare", &format!("jax-{name}={name}.npz")]);
    }
    let audited = probe.assert().success();
    let record = Record::from_json(&String::from_utf8_lossy(&audited.get_output().stdout)).unwrap();
    let audits = audit::audits(&record, &record.runs[0]);
    assert_eq!(audits.len(), types.len());
    for audit in &audits {
        for row in &audit.rows {
            let excess = row.excess.unwrap();
            assert!(excess < audit::OUT_OF_LINE, "{} in layer {}: {excess} bits", audit.name, row.layer);
            assert_eq!(row.theirs.verdict.verdict, Verdict::Sound);
            if audit.name == "jax-float64" {
                assert!(
                    row.theirs.noise_to_signal.median.value() < tolerances::NOISE_OF_DOUBLES,
                    "layer {}",
                    row.layer
                );
            }
        }
    }
}
