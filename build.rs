//! Refuses a build whose bits would depend on the machine that it was made on.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TARGET_CPU");
    // core-math-sys passes it to the C compiler as -march and takes `native` without it. Cargo sets it from
    // .cargo/config.toml, which it does not read for a crate that is not in the current folder.
    if std::env::var_os("TARGET_CPU").is_none_or(|cpu| cpu.is_empty() || cpu == "native")
        && std::env::var_os("DOCS_RS").is_none()
    {
        println!(
            "cargo::error=TARGET_CPU does not name a processor, so that CORE-MATH was compiled for this machine alone: run \
             the same command after `export TARGET_CPU=x86-64` (where a target folder is kept, also after \
             `cargo clean -p core-math-sys`), or in a checkout of precision-probe, whose .cargo/config.toml sets it"
        );
    }
}
