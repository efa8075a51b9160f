//! `cargo bench`: how fast the instrument is, beside what it should be and beside what one would write first.
//!
//! `cargo bench -- --only kernels` (or functions, jobs) measures one part; `--tsv FILE` writes our own rows for
//! `benches/peers.py --ours FILE`.

mod functions;
mod harness;
mod jobs;
mod kernels;

/// The parts by name.
const PARTS: [&str; 3] = ["kernels", "functions", "jobs"];

fn main() {
    let only = harness::option("--only");
    if let Some(wanted) = only.as_deref().filter(|wanted| !PARTS.contains(wanted)) {
        eprintln!("--only {wanted}: give one of {}", PARTS.join(", "));
        std::process::exit(2);
    }
    if let Some(path) = harness::option("--tsv") {
        // Rows are added table by table.
        if let Err(error) = std::fs::write(&path, "") {
            eprintln!("--tsv {path}: {error}");
            std::process::exit(2);
        }
    }
    let is_wanted = |part: &str| only.as_deref().is_none_or(|wanted| wanted == part);
    println!("medians of {} interleaved rounds", harness::ROUNDS);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    if is_wanted("kernels") {
        one.install(kernels::run);
    }
    if is_wanted("functions") {
        one.install(functions::run);
    }
    if is_wanted("jobs") {
        one.install(jobs::run);
        jobs::run_on_all_threads();
    }
}
