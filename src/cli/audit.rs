//! `audit`: checks whether another program's gradients are as accurate as a model of its arithmetic predicts.

use super::comparisons::CompareOptions;
use super::conditions::failed;
use super::export::Exports;
use super::failure::Failure;
use super::imports::{FileOptions, Rows};
use super::measuring::{Measured, Output, measured};
use super::options::{Asked, Options, PRECISION};
use super::printing::{Json, print, show, tell, theme};
use super::resources::Resources;
use crate::judgement::audit::AuditSummary;
use crate::report::audit;
use crate::report::svg::Theme;
use crate::report::view::View;
use crate::spec::fields::Field;
use crate::spec::{Attribute, Model, Plan, Spec};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `audit`.
#[derive(clap::Args, Debug)]
pub struct AuditArguments {
    /// Activation function of the network, unless --weights or --net gives it
    #[arg(long = "act", value_name = "NAME", help_heading = "Network")]
    activation: Option<String>,
    /// Batch: a safetensors or npz FILE with inputs x [batch × features] and y, integer class labels [batch] or
    /// regression targets [batch × outputs]
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    data: String,
    #[command(flatten)]
    files: FileOptions,
    #[command(flatten)]
    comparisons: CompareOptions,
    /// Expected arithmetic [default: the one that an export of this program names, else by element type f16:acc=f32,
    /// bf16:acc=f32, f32 or f64; other likely ones are tried as well, and the best match is reported]
    #[arg(long = "as", value_name = "PRECISION", help_heading = "Precision")]
    model: Option<String>,
    /// Exit with status 3 if a layer's error exceeds the expected error by more than BITS [default: 1 decides between
    /// PASS and FAIL, and the exit status is 0]
    #[arg(long, value_name = "BITS", value_parser = excess, allow_negative_numbers = true, help_heading = "Output")]
    max_excess: Option<f64>,
    #[command(flatten)]
    precision: Options<Audit, PRECISION>,
    /// Output directory [default: in reports/, named after the network and the options]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Print all tables, the meaning of their columns, and how the file's tensors were matched
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    details: bool,
    /// Print every layer instead of the ten worst; with --details, the layers of every precision
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    layers: bool,
    /// Print only JSON: the record, or with --json=summary the verdict, excess and noise of every layer
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "record",
        help_heading = "Output"
    )]
    json: Option<Json>,
    /// Print only errors, the reason for exit status 3 and, with --json, the record
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    /// Overwrite a report with other options, and exported files with other contents
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the plots
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    #[command(flatten)]
    exports: Exports,
    #[command(flatten)]
    resources: Resources,
}

fn excess(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bits) if bits.is_finite() => Ok(bits),
        _ => Err("give a number of bits, such as 1".into()),
    }
}

/// The spec of `audit`.
#[derive(Debug)]
struct Audit;

impl Asked for Audit {
    type Spec = Spec;

    fn has(field: &Field<Spec>) -> bool {
        field.option.is_in_audit
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
        stdout: arguments.json.map(|_| "--json"),
        is_quiet: arguments.quiet,
        resources: arguments.resources,
    };
    let Measured { record, picture, is_printed } = measured(plan, &output)?;
    let allowed = arguments.max_excess.unwrap_or(audit::OUT_OF_LINE);
    let view = View { details: arguments.details, layers: arguments.layers };
    match arguments.json {
        Some(Json::Record) => print(record.to_json().as_bytes())?,
        Some(Json::Summary) => print(AuditSummary::new(&record, allowed).to_json().as_bytes())?,
        None if arguments.quiet || is_printed => {}
        None => show(&audit::terminal(&record, view, allowed, Some(&picture)))?,
    }
    let audits: Vec<_> = record.runs.iter().flat_map(|run| audit::audits_at(&record, run, allowed)).collect();
    let failure = arguments.max_excess.and_then(|_| audit::failure(&audits));
    Ok(failure.map_or(ExitCode::SUCCESS, |sentence| failed(&sentence)))
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
    let attribute = Attribute::None;
    let mut spec = Spec { data, attribute, activations: names, formats: Vec::new(), ..Spec::default() };
    arguments.precision.read(&mut spec)?;
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
