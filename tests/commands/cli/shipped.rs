//! The manual page and the completions of the wheel are what the program prints.
//!
//! `PRECISION_PROBE_RENEW=1 cargo test --test commands cli::shipped` writes them.

use super::{Place, error, status};
use std::fs;
use std::path::Path;

/// Where an installed wheel has each file, and what prints it.
const FILES: [(&str, &[&str]); 4] = [
    ("man/man1/precision-probe.1", &["man"]),
    ("bash-completion/completions/precision-probe", &["completions", "bash"]),
    ("zsh/site-functions/_precision-probe", &["completions", "zsh"]),
    ("fish/vendor_completions.d/precision-probe.fish", &["completions", "fish"]),
];

#[test]
fn shipped_files_are_what_the_program_prints() {
    let place = Place::new();
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/precision_probe.data/data/share");
    for (path, arguments) in FILES {
        let output = place.run(arguments);
        assert_eq!(status(&output), 0, "{}", error(&output));
        let file = shared.join(path);
        if std::env::var_os("PRECISION_PROBE_RENEW").is_some() {
            fs::create_dir_all(file.parent().expect("a folder")).expect("it can be made");
            fs::write(&file, &output.stdout).expect("it can be written");
        }
        let shipped = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(
            shipped == output.stdout,
            "python/precision_probe.data/data/share/{path} is not what `precision-probe {}` prints: run \
             PRECISION_PROBE_RENEW=1 cargo test --test commands cli::shipped",
            arguments.join(" ")
        );
    }
    assert_eq!(files(&shared), FILES.len(), "another file lies beside the shipped ones");
}

/// How many files lie in a folder and below it.
fn files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("it can be listed").map(|entry| entry.expect("an entry").path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}
