//! `train`: trains copies of a network in several arithmetics side by side and measures them on the way.

mod optimiser;

use super::checkpoint::{self, CHECKPOINT, Work};
use super::failure::Failure;
use super::folder::Folder;
use super::imports::{FileOptions, Rows};
use super::measuring::counted;
use super::options::{Asked, CLIPPING, DATA, MEASURING, NETWORK, OPTIMISER, Options, PRECISION};
use super::printing::tell;
use super::progress::{Bar, Job};
use super::reporting::{Output, Reported};
use super::resources::Resources;
use super::run_info;
use crate::disk;
use crate::probe;
use crate::record::training::Training;
use crate::report::files;
use crate::report::naming::FolderName;
use crate::report::training as report;
use crate::spec::Data;
use crate::spec::fields::Fields;
use crate::spec::training::{MeasureAt, TrainingPlan, TrainingSpec};
use crate::train::{Trainer, trials};
use optimiser::OptimiserOptions;
use std::path::Path;

/// The names that notes use.
const WORK: Work = Work { name: "training", beginning: "at step 0" };

/// Arguments of `train`.
#[derive(clap::Args, Debug)]
pub struct TrainArguments {
    #[command(flatten)]
    network: Options<Asking, NETWORK>,
    /// digits (handwritten digits, cross-entropy), or a safetensors or npz FILE
    ///
    /// A FILE holds inputs x [rows × features] and y: integers [rows] are class labels (cross-entropy), floats [rows ×
    /// outputs] are regression targets (mean squared error). The rows are shuffled once; 80 % are used for training and
    /// the rest is held out (nothing is held out of fewer than 10 rows)
    #[arg(long, default_value = "digits", help_heading = "Data")]
    data: String,
    #[command(flatten)]
    draws: Options<Asking, DATA>,
    #[command(flatten)]
    files: FileOptions,
    #[command(flatten)]
    precision: Options<Asking, PRECISION>,
    #[command(flatten)]
    steps: Options<Asking, OPTIMISER>,
    #[command(flatten)]
    optimiser: OptimiserOptions,
    #[command(flatten)]
    clipping: Options<Asking, CLIPPING>,
    #[command(flatten)]
    measuring: Options<Asking, MEASURING>,
    #[command(flatten)]
    output: Output<Asking>,
    #[command(flatten)]
    resources: Resources,
}

/// The spec of `train`.
#[derive(Debug)]
struct Asking;

impl Asked for Asking {
    type Spec = TrainingSpec;
}

impl Reported for Asking {
    const RECORD: &'static str = files::TRAINING;
    const RESUMED: Option<&'static str> = Some("training");
    const DETAILS: &'static str = "every measured quantity, in sentences";
}

/// Trains, writes the report and prints it.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &TrainArguments, given: &[String]) -> Result<(), Failure> {
    let TrainArguments { output, resources, .. } = arguments;
    let plan = plan(arguments, given)?;
    let hash = plan.spec.hash(probe::VERSION);
    let directory = output.directory(&name(&plan.spec, &hash));
    let plan = resources.fit(plan, output.is_silent())?;
    let mut names = report::names(&plan.spec.activations);
    names.push(CHECKPOINT.into());
    let stored = if output.resume { stored(&directory) } else { None };
    stored.as_ref().map_or(Ok(()), |stored| refuse_other_files(stored, &plan.spec, &directory))?;
    let folder = output.folder(&directory, &hash, &names)?;
    let (clock, pool) = (run_info::Clock::start(), resources.threads.pool()?);
    let training = match stored.filter(|stored| is_finished(stored, &plan.spec)) {
        Some(training) => training,
        None => {
            let trainer = begin(&plan, &directory, output.resume, output.is_silent())?;
            pool.install(|| trained(trainer, &folder, output.quiet))?
        }
    };
    let training = pool.install(|| repeated(training, &plan, &folder, output.quiet))?;
    output.finish(&training, &folder, &pool, &clock)
}

/// The record of a training in a directory, if there is one.
fn stored(directory: &Path) -> Option<Training> {
    let text = String::from_utf8(disk::stored(&directory.join(files::TRAINING), u64::MAX).ok()?).ok()?;
    Training::from_json(&text).ok()
}

/// Refuses to resume with a file whose contents have changed since the training started.
fn refuse_other_files(stored: &Training, spec: &TrainingSpec, directory: &Path) -> Result<(), Failure> {
    let pairs = stored.spec.sources().zip(spec.sources());
    match pairs.into_iter().find(|(began, now)| began.file == now.file && began.sha256 != now.sha256) {
        Some((began, now)) => Err(Failure::Input(format!(
            "the training in `{}` started with another `{}` (SHA-256 {:.12}…, now {:.12}…): give that file again, or \
             leave --resume out and choose another place with --out DIR",
            directory.display(),
            now.file,
            began.sha256,
            now.sha256,
        ))),
        None => Ok(()),
    }
}

/// True for the record of this training with all of its steps, so nothing is left to resume.
fn is_finished(stored: &Training, spec: &TrainingSpec) -> bool {
    stored.steps_done == spec.steps && stored.spec_hash == spec.hash(probe::VERSION)
}

/// A new training, or one resumed from its checkpoint.
fn begin<'p>(plan: &'p TrainingPlan, directory: &Path, resume: bool, is_silent: bool) -> Result<Trainer<'p>, Failure> {
    match checkpoint::found(directory, WORK, resume, is_silent)? {
        Some(bytes) => Trainer::resume(plan, &bytes).map_err(|message| checkpoint::unusable(directory, message)),
        None => Ok(Trainer::new(plan)),
    }
}

/// Trains to the end; the record and the checkpoint on disk are never older than a few steps.
fn trained(mut trainer: Trainer, folder: &Folder, is_quiet: bool) -> Result<Training, Failure> {
    let mut training = trainer.record();
    let bar = Bar::of_work(is_quiet, job(&training.spec, trainer.work()));
    bar.begin_at(trainer.work_done());
    while !trainer.is_done() {
        bar.tell(format!("step {} of {}", training.steps_done, training.spec.steps));
        trainer.advance(&bar);
        training = trainer.record();
        // The record first: its spec says to which training the directory belongs.
        let kept = [
            (files::TRAINING.to_string(), training.to_json().into_bytes()),
            (CHECKPOINT.to_string(), trainer.checkpoint()),
        ];
        folder.write(&kept)?;
    }
    bar.finish();
    Ok(training)
}

/// The training as a job with progress.
fn job(spec: &TrainingSpec, units: usize) -> Job {
    let precisions = counted(spec.formats.len(), "precision");
    let networks = counted(spec.activations.len(), "network");
    let advice = match spec.measure {
        MeasureAt::Never => "fewer --steps are faster; --resume continues a stopped run",
        _ => "--measure none is faster; --resume continues a stopped run",
    };
    Job {
        what: format!("{} of {networks} in {precisions} and in f64", counted(spec.steps, "step")),
        advice: advice.into(),
        unit: "units of work",
        units,
        round: 1,
        preparations: 0,
    }
}

/// Repeats a whole training with the following seeds. The record on disk has every finished repetition, and --resume
/// continues with the next.
fn repeated(mut training: Training, plan: &TrainingPlan, folder: &Folder, is_quiet: bool) -> Result<Training, Failure> {
    let left = training.trials.len() + 1..plan.spec.trials;
    if left.is_empty() {
        return Ok(training);
    }
    let what = format!("{} of the training with other seeds", counted(left.len(), "repetition"));
    let bar = Bar::of_work(is_quiet, Job { what, ..job(&training.spec, trials::work(plan) * left.len()) });
    for trial in left {
        bar.tell(format!("trial {} of {}", trial + 1, plan.spec.trials));
        training.trials.push(trials::run(plan, trial, &bar));
        folder.write(&[(files::TRAINING.to_string(), training.to_json().into_bytes())])?;
    }
    bar.finish();
    Ok(training)
}

/// The spec of the options, with the files that they name.
fn plan(arguments: &TrainArguments, given: &[String]) -> Result<TrainingPlan, Failure> {
    let (data, file) = FileOptions::data(&arguments.data)?;
    if data == Data::Gaussian {
        let message = "--data gaussian: random targets cannot be learnt; give digits, or a FILE with x and y";
        return Err(Failure::Input(message.into()));
    }
    let spec = spec(arguments)?;
    let mut networks = spec.networks();
    let files = arguments.files.read(&mut networks, file, given, Rows::Drawn, arguments.resources.limit()?)?;
    if !arguments.output.quiet {
        tell(&files);
    }
    let mut spec = spec.with_files_of(networks);
    if arguments.measuring.text("minibatches").is_none() {
        spec.minibatches = spec.minibatches.min(spec.trained() / spec.batch.max(1)).max(2);
    }
    Ok(spec.validate_with(files)?)
}

fn spec(arguments: &TrainArguments) -> Result<TrainingSpec, Failure> {
    let (optimiser, rate) = arguments.optimiser.read().map_err(Failure::Input)?;
    let mut spec = TrainingSpec { optimiser, rate, ..TrainingSpec::default() };
    arguments.network.read(&mut spec)?;
    arguments.draws.read(&mut spec)?;
    arguments.precision.read(&mut spec)?;
    arguments.steps.read(&mut spec)?;
    arguments.clipping.read(&mut spec)?;
    arguments.measuring.read(&mut spec)?;
    Ok(spec)
}

/// `train-default`, `train-relu-20x64-steps-1000-optimizer-adam-3fa9c2d1`.
fn name(spec: &TrainingSpec, hash: &str) -> String {
    let default = TrainingSpec::default();
    let mut name = FolderName::new("train");
    if *spec == default {
        return name.of_default();
    }
    let networks = |spec: &TrainingSpec| crate::spec::Spec {
        formats: spec.formats.clone(),
        names: spec.names.clone(),
        ..spec.networks()
    };
    name.spec(&networks(spec), &networks(&default));
    for field in TrainingSpec::FIELDS {
        if field.name == "clip_norm" {
            name.option("optimizer", &spec.optimiser, &default.optimiser, ToString::to_string);
            name.option("lr", &spec.rate.learning_rate, &default.rate.learning_rate, f64::to_string);
            name.option("warmup", &spec.rate.warmup, &default.rate.warmup, ToString::to_string);
            name.option("cosine", &spec.rate.cosine, &default.rate.cosine, |_| "on".into());
        }
        name.field(field, spec, &default);
    }
    name.of_hash(hash)
}
