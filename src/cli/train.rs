//! `train`: copies of a network in several arithmetics, trained side by side and measured on the way.

mod options;

use super::checkpoint::{self, CHECKPOINT, Work};
use super::folder::Folder;
use super::imports::{FileOptions, Rows};
use super::measuring::counted;
use super::numbers::{bits, real, seed, whole};
use super::progress::{Bar, Job};
use super::resources::Resources;
use super::subcommands::{print, show};
use super::{Failure, activations, arithmetics, run_info, tell, theme};
use crate::cli::network::NetworkOptions;
use crate::disk;
use crate::probe;
use crate::record::training::Training;
use crate::report::draw::Theme;
use crate::report::files;
use crate::report::training as report;
use crate::spec::training::{MOST_TRIALS, MeasureAt, TrainingPlan, TrainingScale, TrainingSpec};
use crate::spec::{Data, LARGEST, Names};
use crate::train::{Trainer, trials};
use options::OptimiserOptions;
use std::io;
use std::path::{Path, PathBuf};

/// How notes call it.
const WORK: Work = Work { name: "training", beginning: "at step 0" };

/// What `train` is told.
#[derive(clap::Args, Debug)]
pub struct TrainArguments {
    /// Activations, separated by commas, or `all`: those of the main command; prelu's slopes are learnt
    #[arg(
        long = "act",
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "relu,leaky,prelu,elu",
        help_heading = "Network"
    )]
    activations: Vec<String>,
    /// Hidden layers (affine + activation); a linear head follows
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 20, help_heading = "Network")]
    depth: usize,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    files: FileOptions,
    /// digits (cross-entropy), or a safetensors or npz FILE with inputs x [rows × features] and y: integers [rows] are
    /// classes (cross-entropy), floats [rows × outputs] targets (mean squared error). The rows are shuffled once; eight
    /// tenths are trained on and the rest held out (none of fewer than 10 rows)
    #[arg(long, default_value = "digits", help_heading = "Data")]
    data: String,
    /// Samples per minibatch; of the 1797 digits 1437 are trained on, in another order every epoch, and 360 held out
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 32, help_heading = "Data")]
    batch: usize,
    /// Seed of every draw
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0, help_heading = "Data")]
    seed: u64,
    /// Repeat the training with the seeds that follow, each with its own networks and order of the data, and show the
    /// spread of steps to the target loss, last loss and held-out accuracy; gradients are measured with the first seed
    #[arg(long, value_name = "N", value_parser = whole(1, MOST_TRIALS), allow_negative_numbers = true, default_value_t = 1, help_heading = "Data")]
    trials: usize,
    /// Arithmetics, separated by commas, as the main command reads them; beside forward= and backward= there may be
    /// /update=ARITHMETIC, in which the optimiser computes, and /master=FORMAT, in which parameters are kept, such as
    /// SR:=bf16/update=f32/master=bf16:round=stochastic, where SR is a name of your choice. At most 53 significand bits
    #[arg(
        long,
        alias = "arithmetic",
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "f16,bf16,f32",
        help_heading = "Arithmetic"
    )]
    formats: Vec<String>,
    /// Multiply the loss by a power of two and divide the gradients by it; or dynamic[=STEPS], as torch.amp.GradScaler:
    /// from 2^16, doubled after 2000 (or so many) clean steps, halved and the step skipped where a gradient is not finite
    #[arg(
        long,
        value_name = "N|dynamic",
        default_value = "1",
        allow_negative_numbers = true,
        help_heading = "Arithmetic"
    )]
    loss_scale: String,
    /// Bits of every layer's true gradient that must be proven
    #[arg(long, value_name = "BITS", value_parser = bits, allow_negative_numbers = true, default_value_t = 80, help_heading = "Arithmetic")]
    truth_bits: u32,
    #[command(flatten)]
    optimiser: OptimiserOptions,
    /// Steps at which gradients and updates are compared with the exact ones: every=N, log=POINTS, or none; the last step
    /// is always included
    #[arg(
        long,
        value_name = "WHEN",
        allow_negative_numbers = true,
        default_value = "every=25",
        help_heading = "Measuring"
    )]
    measure: String,
    /// Minibatches over which the gradient's spread is taken at every measured step [default: 8, or as many as the rows
    /// that are trained on make]
    #[arg(long, value_name = "N", value_parser = whole(2, LARGEST), allow_negative_numbers = true, help_heading = "Measuring")]
    minibatches: Option<usize>,
    /// Report the first step that reaches this loss (mean over 20 minibatches)
    #[arg(long, value_name = "LOSS", value_parser = real("a positive finite number, such as 0.5"), allow_negative_numbers = true, default_value_t = 0.5, help_heading = "Measuring")]
    target_loss: f64,
    /// Output directory [default: reports/train- and what differs from the defaults]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Resume from the checkpoint of a stopped training; the result has the same bytes as an uninterrupted one
    #[arg(long, help_heading = "Output")]
    resume: bool,
    /// Overwrite a report of another spec
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the pictures
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    /// Print every measure in sentences, not the first screen alone
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    details: bool,
    /// Print training.json and nothing else
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print no table, notes or progress: nothing but errors, and with --json training.json
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    #[command(flatten)]
    resources: Resources,
}

/// Trains, writes the report and prints it.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &TrainArguments, given: &[String]) -> Result<(), Failure> {
    let plan = plan(arguments, given)?;
    let is_silent = arguments.quiet || arguments.json;
    let own = || Path::new("reports").join(name(&plan.spec));
    let directory = arguments.out.clone().unwrap_or_else(own);
    let plan = arguments.resources.fit(plan, is_silent)?;
    let mut names = report::names(&plan.spec.activations);
    names.push(CHECKPOINT.into());
    let hash = plan.spec.hash(probe::VERSION);
    let stored = if arguments.resume { stored(&directory) } else { None };
    stored.as_ref().map_or(Ok(()), |stored| refuse_other_files(stored, &plan.spec, &directory))?;
    let folder = Folder::of_report(&directory, files::TRAINING, &hash, &names, arguments.force)?;
    let clock = run_info::Clock::start();
    let pool = arguments.resources.threads.pool()?;
    let training = match stored.filter(|stored| is_finished(stored, &plan.spec)) {
        Some(training) => training,
        None => {
            let trainer = begin(&plan, &directory, arguments.resume, is_silent)?;
            pool.install(|| trained(trainer, &folder, arguments.quiet))?
        }
    };
    let training = pool.install(|| repeated(training, &plan, &folder, arguments.quiet))?;
    let drawn = pool.install(|| report::drawn(&training, arguments.theme));
    let drawn = drawn.map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = drawn.last().map(|(name, _)| directory.join(name));
    let mut all = vec![
        (files::TRAINING.to_string(), training.to_json().into_bytes()),
        (files::RUN.to_string(), clock.to_json(pool.current_num_threads()).into()),
    ];
    all.extend(drawn);
    // The checkpoint goes last: whoever is stopped before it can go on.
    folder.write(&all)?;
    folder.remove(&[CHECKPOINT.to_string()])?;
    if arguments.json {
        print(training.to_json().as_bytes())
    } else if arguments.quiet {
        Ok(())
    } else {
        let text = if arguments.details { report::details } else { report::terminal };
        show(&text(&training, picture.as_deref()))
    }
}

/// The record of a training in a directory, if there is one.
fn stored(directory: &Path) -> Option<Training> {
    let text = String::from_utf8(disk::stored(&directory.join(files::TRAINING), u64::MAX).ok()?).ok()?;
    Training::from_json(&text).ok()
}

/// Refuses to go on with a file whose contents are not those with which a training began.
fn refuse_other_files(stored: &Training, spec: &TrainingSpec, directory: &Path) -> Result<(), Failure> {
    let pairs = stored.spec.sources().zip(spec.sources());
    match pairs.into_iter().find(|(began, now)| began.file == now.file && began.sha256 != now.sha256) {
        Some((began, now)) => Err(Failure::Input(format!(
            "the training in `{}` began with another `{}` (SHA-256 {:.12}…, now {:.12}…): give the file it began with, or \
             leave --resume out and choose another place with --out DIR",
            directory.display(),
            now.file,
            began.sha256,
            now.sha256,
        ))),
        None => Ok(()),
    }
}

/// True for the record of this very training with all of its steps: there is nothing to go on with.
fn is_finished(stored: &Training, spec: &TrainingSpec) -> bool {
    stored.steps_done == spec.steps && stored.spec_hash == spec.hash(probe::VERSION)
}

/// A training from its beginning, or from its checkpoint.
fn begin<'p>(plan: &'p TrainingPlan, directory: &Path, resume: bool, is_silent: bool) -> Result<Trainer<'p>, Failure> {
    match checkpoint::found(directory, WORK, resume, is_silent)? {
        Some(bytes) => Trainer::resume(plan, &bytes).map_err(|message| checkpoint::unusable(directory, message)),
        None => Ok(Trainer::new(plan)),
    }
}

/// Trains to the end; record and checkpoint on the disk are never older than a few steps.
fn trained(mut trainer: Trainer, folder: &Folder, is_quiet: bool) -> Result<Training, Failure> {
    let mut training = trainer.record();
    let bar = Bar::of_work(is_quiet, job(&training.spec, trainer.work()));
    bar.begin_at(trainer.work_done());
    while !trainer.is_done() {
        bar.tell(format!("step {} of {}", training.steps_done, training.spec.steps));
        trainer.advance(&bar);
        training = trainer.record();
        // The record first: its spec says whose the directory is.
        let kept = [
            (files::TRAINING.to_string(), training.to_json().into_bytes()),
            (CHECKPOINT.to_string(), trainer.checkpoint()),
        ];
        folder.write(&kept)?;
    }
    bar.finish();
    Ok(training)
}

/// What there is to train.
fn job(spec: &TrainingSpec, units: usize) -> Job {
    let precisions = counted(spec.formats.len(), "precision");
    let networks = counted(spec.activations.len(), "network");
    let advice = match spec.measure {
        MeasureAt::Never => "fewer --steps take less; --resume continues a run that was stopped",
        _ => "--measure none takes less; --resume continues a run that was stopped",
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

/// Repeats a whole training with the seeds that follow. The record on the disk has every repetition that is done, and
/// --resume goes on with the next.
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

/// The spec of the options with the files that they name.
fn plan(arguments: &TrainArguments, given: &[String]) -> Result<TrainingPlan, Failure> {
    let (data, file) = FileOptions::data(&arguments.data)?;
    if data == Data::Gaussian {
        let message =
            "--data gaussian: there is nothing to learn from random targets; give digits, or a FILE with x and y";
        return Err(Failure::Input(message.into()));
    }
    let spec = spec(arguments)?;
    let mut networks = spec.networks();
    let files = arguments.files.read(&mut networks, file, given, Rows::Drawn, arguments.resources.limit()?)?;
    if !arguments.quiet {
        tell(&files);
    }
    let mut spec = spec.with_files_of(networks);
    if arguments.minibatches.is_none() {
        spec.minibatches = spec.minibatches.min(spec.trained() / spec.batch.max(1)).max(2);
    }
    Ok(spec.validate_with(files)?)
}

fn spec(arguments: &TrainArguments) -> Result<TrainingSpec, Failure> {
    let (optimiser, rate) = arguments.optimiser.read().map_err(Failure::Input)?;
    Ok(TrainingSpec {
        activations: activations(&arguments.activations)?,
        depth: arguments.depth,
        width: arguments.network.width,
        batch: arguments.batch,
        seed: arguments.seed,
        trials: arguments.trials,
        init: arguments.network.init()?,
        gain: arguments.network.gain,
        bias: arguments.network.bias,
        residual: arguments.network.residual,
        formats: arithmetics(&arguments.formats)?,
        steps: arguments.optimiser.steps,
        optimiser,
        rate,
        clip_norm: arguments.optimiser.clip_norm,
        loss_scale: TrainingScale::parse(&arguments.loss_scale).map_err(Failure::Input)?,
        measure: MeasureAt::parse(&arguments.measure).map_err(Failure::Input)?,
        minibatches: arguments.minibatches.unwrap_or(TrainingSpec::default().minibatches),
        target_loss: arguments.target_loss,
        truth_bits: arguments.truth_bits,
        names: Names::default(),
        weights: None,
        batch_file: None,
    })
}

/// `train-default`, `train-act-relu_steps-1000_optimizer-adam`: what differs from the defaults.
fn name(spec: &TrainingSpec) -> String {
    let default = TrainingSpec::default();
    let mut more: Vec<(&str, String)> = Vec::new();
    let mut part = |differs: bool, key: &'static str, value: String| {
        if differs {
            more.push((key, value));
        }
    };
    part(spec.trials != default.trials, "trials", spec.trials.to_string());
    part(spec.steps != default.steps, "steps", spec.steps.to_string());
    part(spec.optimiser != default.optimiser, "optimizer", spec.optimiser.to_string());
    part(spec.rate.learning_rate != default.rate.learning_rate, "lr", spec.rate.learning_rate.to_string());
    part(spec.rate.warmup != default.rate.warmup, "warmup", spec.rate.warmup.to_string());
    part(spec.rate.cosine, "cosine", "on".into());
    part(spec.clip_norm.is_some(), "clip", spec.clip_norm.unwrap_or_default().to_string());
    part(spec.loss_scale != default.loss_scale, "scale", spec.loss_scale.to_string());
    part(spec.measure != default.measure, "measure", spec.measure.to_string());
    part(spec.minibatches != default.minibatches, "minibatches", spec.minibatches.to_string());
    part(spec.target_loss != default.target_loss, "target", spec.target_loss.to_string());
    let networks = |spec: &TrainingSpec| crate::spec::Spec {
        formats: spec.formats.clone(),
        names: spec.names.clone(),
        ..spec.networks()
    };
    format!("train-{}", files::name_against(&networks(spec), &networks(&default), &more))
}
