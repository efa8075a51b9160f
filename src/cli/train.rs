//! `train`: trains copies of a network in several arithmetics side by side and measures them on the way.

mod options;

use super::checkpoint::{self, CHECKPOINT, Work};
use super::folder::{Folder, REPORTS};
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
use crate::report::naming::FolderName;
use crate::report::training as report;
use crate::spec::training::{MOST_TRIALS, MeasureAt, TrainingPlan, TrainingScale, TrainingSpec};
use crate::spec::{Data, LARGEST, Names};
use crate::train::{Trainer, trials};
use options::OptimiserOptions;
use std::io;
use std::path::{Path, PathBuf};

/// The names that notes use.
const WORK: Work = Work { name: "training", beginning: "at step 0" };

/// Arguments of `train`.
#[derive(clap::Args, Debug)]
pub struct TrainArguments {
    /// Activation functions of the main command, separated by commas, or `all`; prelu learns its slopes
    #[arg(
        long = "act",
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "relu,leaky,prelu,elu",
        help_heading = "Network"
    )]
    activations: Vec<String>,
    /// Number of hidden layers; a linear output layer follows
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 20, help_heading = "Network")]
    depth: usize,
    #[command(flatten)]
    network: NetworkOptions,
    /// digits (handwritten digits, cross-entropy), or a safetensors or npz FILE
    ///
    /// A FILE holds inputs x [rows × features] and y: integers [rows] are class labels (cross-entropy), floats [rows ×
    /// outputs] are regression targets (mean squared error). The rows are shuffled once; 80 % are used for training and
    /// the rest is held out (nothing is held out of fewer than 10 rows)
    #[arg(long, default_value = "digits", help_heading = "Data")]
    data: String,
    /// Minibatch size; every epoch visits the rows in a new order
    #[arg(long, value_name = "N", value_parser = whole(1, LARGEST), allow_negative_numbers = true, default_value_t = 32, help_heading = "Data")]
    batch: usize,
    /// Number of trials: trainings with consecutive seeds, each with networks and a data order of its own
    ///
    /// Shows the spread of the steps to the target loss, the final loss and the held-out accuracy. Gradients are
    /// measured with the first seed only
    #[arg(long, value_name = "N", value_parser = whole(1, MOST_TRIALS), allow_negative_numbers = true, default_value_t = 1, help_heading = "Data")]
    trials: usize,
    /// Random seed
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0, help_heading = "Data")]
    seed: u64,
    #[command(flatten)]
    files: FileOptions,
    /// Precisions to compare, separated by commas, as in the main command but with at most 53 significand bits
    ///
    /// In addition to forward= and backward=, /update=PRECISION sets the precision of the optimiser and /master=FORMAT
    /// that of the stored parameters: SR:=bf16/update=f32/master=bf16:round=stochastic, where SR is a name of your
    /// choice
    #[arg(
        long,
        alias = "arithmetic",
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "f16,bf16,f32",
        help_heading = "Precision"
    )]
    formats: Vec<String>,
    /// Multiply the loss by this power of two and divide the gradients by it; or dynamic[=N], like torch.amp.GradScaler
    ///
    /// The dynamic scale starts at 2^16 and doubles after N clean steps (default 2000); when a gradient is not finite,
    /// the step is skipped and the scale halved
    #[arg(
        long,
        value_name = "N|dynamic",
        default_value = "1",
        allow_negative_numbers = true,
        help_heading = "Precision"
    )]
    loss_scale: String,
    /// Proven accuracy of the exact gradient (reference) in every layer, in bits
    #[arg(long, value_name = "BITS", value_parser = bits, allow_negative_numbers = true, default_value_t = 80, help_heading = "Precision")]
    truth_bits: u32,
    #[command(flatten)]
    optimiser: OptimiserOptions,
    /// Steps at which gradients and updates are compared with the exact ones: every=N, log=POINTS, or none; the last
    /// step is always included
    #[arg(
        long,
        value_name = "WHEN",
        allow_negative_numbers = true,
        default_value = "every=25",
        help_heading = "Measuring"
    )]
    measure: String,
    /// Number of minibatches that estimate minibatch noise at every measured step [default: 8, or fewer if the training
    /// rows do not fill 8]
    #[arg(long, value_name = "N", value_parser = whole(2, LARGEST), allow_negative_numbers = true, help_heading = "Measuring")]
    minibatches: Option<usize>,
    /// Report the first step that reaches this loss (mean over 20 minibatches)
    #[arg(long, value_name = "LOSS", value_parser = real("a positive finite number, such as 0.5"), allow_negative_numbers = true, default_value_t = 0.5, help_heading = "Measuring")]
    target_loss: f64,
    /// Output directory [default: in reports/, named after the network and the options]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Resume from the checkpoint of a stopped training; the result has the same bytes as an uninterrupted one
    #[arg(long, help_heading = "Output")]
    resume: bool,
    /// Also print every measured quantity, in sentences
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = "Output")]
    details: bool,
    /// Print only training.json
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Print only errors and, with --json, training.json
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    /// Overwrite a report with other options
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the plots
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
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
    let hash = plan.spec.hash(probe::VERSION);
    let own = || Path::new(REPORTS).join(name(&plan.spec, &hash));
    let directory = arguments.out.clone().unwrap_or_else(own);
    let plan = arguments.resources.fit(plan, is_silent)?;
    let mut names = report::names(&plan.spec.activations);
    names.push(CHECKPOINT.into());
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
    // The checkpoint is removed last, so a run that is stopped earlier can be resumed.
    folder.write(&all)?;
    folder.remove(&[CHECKPOINT.to_string()])?;
    folder.make_latest(is_silent);
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
    name.option("trials", &spec.trials, &default.trials, usize::to_string);
    name.option("steps", &spec.steps, &default.steps, usize::to_string);
    name.option("optimizer", &spec.optimiser, &default.optimiser, ToString::to_string);
    name.option("lr", &spec.rate.learning_rate, &default.rate.learning_rate, f64::to_string);
    name.option("warmup", &spec.rate.warmup, &default.rate.warmup, ToString::to_string);
    name.option("cosine", &spec.rate.cosine, &default.rate.cosine, |_| "on".into());
    name.option("clip", &spec.clip_norm, &default.clip_norm, |clip| clip.unwrap_or_default().to_string());
    name.option("scale", &spec.loss_scale, &default.loss_scale, ToString::to_string);
    name.option("measure", &spec.measure, &default.measure, ToString::to_string);
    name.option("minibatches", &spec.minibatches, &default.minibatches, usize::to_string);
    name.option("target", &spec.target_loss, &default.target_loss, f64::to_string);
    name.of_hash(hash)
}
