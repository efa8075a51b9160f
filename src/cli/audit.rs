//! `audit`: whether another program's gradients are as good as a model of its arithmetic.

use super::comparisons::CompareOptions;
use super::conditions::failed;
use super::export::Exports;
use super::imports::{FileOptions, Rows};
use super::measuring::{Measured, Output, measured};
use super::numbers::bits;
use super::resources::Resources;
use super::{Failure, tell, theme};
use crate::record::Record;
use crate::report::audit;
use crate::report::draw::Theme;
use crate::report::screen::View;
use crate::spec::{Attribute, Model, Plan, Spec};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `audit` is told.
#[derive(clap::Args, Debug)]
pub struct AuditArguments {
    /// Activation of the network, if --weights does not say it and --net is not given
    #[arg(long = "act", value_name = "NAME", help_heading = "Network")]
    activation: Option<String>,
    #[command(flatten)]
    files: FileOptions,
    /// The batch: a safetensors or npz FILE with inputs x [batch × features] and y: integers [batch] are classes, floats
    /// [batch × outputs] targets
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    data: String,
    #[command(flatten)]
    comparisons: CompareOptions,
    /// Expected arithmetic [default: that of their type (f16:acc=f32, bf16:acc=f32, f32 or f64); others that are likely
    /// for the type are tried, too, and the nearest is named]
    #[arg(long = "as", value_name = "ARITHMETIC", help_heading = "Arithmetic")]
    model: Option<String>,
    /// Allowed excess: FAIL, and exit with status 3, where a layer's error exceeds the expected error by more than BITS
    /// [default: 1 for PASS or FAIL, and exit status 0]
    #[arg(long, value_name = "BITS", value_parser = excess, allow_negative_numbers = true, help_heading = "Output")]
    max_excess: Option<f64>,
    /// Bits of every layer's true gradient that must be proven
    #[arg(long, value_name = "BITS", value_parser = bits, allow_negative_numbers = true, default_value_t = 80, help_heading = "Arithmetic")]
    truth_bits: u32,
    /// Where the report goes [default: reports/ and what differs from the defaults]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Replace a report of another spec, and exported files that exist with other contents
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the pictures
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    #[command(flatten)]
    exports: Exports,
    /// Print every layer, not only the ten worst; with --details those of every arithmetic
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    layers: bool,
    /// Print all tables, what their columns mean, and how the file's tensors were matched
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    details: bool,
    /// Print the record as JSON and nothing else
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print no table, notes or progress: nothing but errors, and with --json the record
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    #[command(flatten)]
    resources: Resources,
}

fn excess(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bits) if bits.is_finite() => Ok(bits),
        _ => Err("give a number of bits, such as 1".into()),
    }
}

/// Measures, prints, and gives the exit status.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &AuditArguments) -> Result<ExitCode, Failure> {
    let plan = plan(arguments)?;
    let output = Output {
        directory: arguments.out.as_deref(),
        force: arguments.force,
        theme: arguments.theme,
        exports: &arguments.exports,
        gradients: None,
        stdout: arguments.json.then_some("--json"),
        is_quiet: arguments.quiet,
        resources: arguments.resources,
    };
    let Measured { record, picture, is_printed } = measured(plan, &output)?;
    if arguments.json {
        super::subcommands::print(record.to_json().as_bytes())?;
    } else if !arguments.quiet && !is_printed {
        super::subcommands::show(&text(arguments, &record, &picture))?;
    }
    Ok(match arguments.max_excess.and_then(|most| failure(&record, most)) {
        Some(sentence) => failed(&sentence),
        None => ExitCode::SUCCESS,
    })
}

fn text(arguments: &AuditArguments, record: &Record, picture: &Path) -> String {
    let view = View { details: arguments.details, layers: arguments.layers };
    audit::terminal(record, view, arguments.max_excess.unwrap_or(audit::OUT_OF_LINE), Some(picture))
}

/// What failed, in one sentence, with so many bits of excess allowed.
fn failure(record: &Record, most: f64) -> Option<String> {
    let audits: Vec<_> = record.runs.iter().flat_map(|run| audit::audits_at(record, run, most)).collect();
    audit::failure(&audits)
}

fn plan(arguments: &AuditArguments) -> Result<Plan, Failure> {
    let fail = |message: &str| Err(Failure::Input(message.into()));
    if !arguments.files.has_weights() {
        return fail("audit needs the network whose gradients these are: give --weights FILE");
    }
    if arguments.comparisons.is_empty() {
        return fail("audit needs gradients: give --compare NAME=FILE, such as --compare torch=grads.safetensors");
    }
    let (data, file) = FileOptions::data(&arguments.data)?;
    if file.is_none() {
        return fail("audit needs the batch whose gradients these are: give --data FILE");
    }
    let (given, names) = match &arguments.activation {
        None => (Vec::new(), Spec::default().activations),
        Some(name) => (vec!["activations".to_string()], vec![name.clone()]),
    };
    let truth_bits = arguments.truth_bits;
    let attribute = Attribute::None;
    let mut spec = Spec { data, truth_bits, attribute, activations: names, formats: Vec::new(), ..Spec::default() };
    let mut files = arguments.files.read(&mut spec, file, &given, Rows::Batch, arguments.resources.limit()?)?;
    let model = match &arguments.model {
        Some(text) => Model::Named(text.clone()),
        None => Model::OfType,
    };
    arguments.comparisons.read(&mut spec, &mut files, arguments.files.dtype()?, &model)?;
    // The models first, then what else is likely.
    let models = spec.compared.iter().filter_map(|compared| compared.model.as_ref());
    let likely = spec.compared.iter().flat_map(|compared| &compared.likely);
    for model in models.chain(likely).cloned().collect::<Vec<_>>() {
        if !spec.formats.contains(&model) {
            spec.formats.push(model);
        }
    }
    if !arguments.quiet {
        tell(&files);
    }
    Ok(spec.validate_with(files)?)
}
