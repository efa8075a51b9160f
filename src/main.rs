//! The `precision-probe` command.

fn main() -> std::process::ExitCode {
    precision_probe::cli::main()
}
