//! `train`: copies of a network in several arithmetics, trained side by side and measured on the way.

mod options;

use super::progress::Bar;
use super::resources::Resources;
use super::subcommands::print;
use super::{Failure, activations, bits, count, run_info, seed, theme, unwritable};
use crate::cli::network::NetworkOptions;
use crate::probe;
use crate::record::training::Training;
use crate::report::draw::Theme;
use crate::report::files;
use crate::report::training as report;
use crate::spec::training::{MeasureAt, TrainingPlan, TrainingScale, TrainingSpec};
use crate::train::Trainer;
use options::OptimiserOptions;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The training as it stands, while it is under way.
const CHECKPOINT: &str = "checkpoint";

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
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true, default_value_t = 20, help_heading = "Network")]
    depth: usize,
    #[command(flatten)]
    network: NetworkOptions,
    /// Samples per minibatch; of the 1797 digits 1437 are trained on, in another order every epoch, and 360 held out
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true, default_value_t = 32, help_heading = "Data")]
    batch: usize,
    /// Seed of every draw
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0, help_heading = "Data")]
    seed: u64,
    /// Arithmetics, separated by commas, as the main command reads them; beside forward= and backward= there may be
    /// /update=ARITHMETIC, in which the optimiser computes, and /master=FORMAT, in which parameters are kept, such as
    /// bf16/update=f32/master=bf16:round=stochastic. At most 53 significand bits
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
    /// Steps at which gradients and updates are held against the true ones: every=N, log=POINTS, or none; the last step
    /// is among them
    #[arg(long, value_name = "WHEN", default_value = "every=25", help_heading = "Measuring")]
    measure: String,
    /// Minibatches over which the gradient's spread is taken at every measured step
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true, default_value_t = 8, help_heading = "Measuring")]
    minibatches: usize,
    /// The loss whose first step is told, as a mean over 20 minibatches
    #[arg(long, value_name = "LOSS", value_parser = number, allow_negative_numbers = true, default_value_t = 0.5, help_heading = "Measuring")]
    target_loss: f64,
    /// Where the report goes [default: reports/train- and what differs from the defaults]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Go on from the checkpoint of a training that was stopped; ends with the same bytes as one that was not
    #[arg(long, help_heading = "Output")]
    resume: bool,
    /// Replace a report of another spec
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Background of the pictures
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", help_heading = "Output")]
    theme: Theme,
    /// Print training.json and nothing else
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    json: bool,
    /// Print nothing but errors
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    #[command(flatten)]
    resources: Resources,
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "give a number, such as 0.5".into())
}

/// Trains, writes the report and prints it.
///
/// # Errors
/// Wrong input with its fix, or what could not be written.
pub fn execute(arguments: &TrainArguments) -> Result<(), Failure> {
    let plan = spec(arguments)?.validate()?;
    let is_silent = arguments.quiet || arguments.json;
    let own = || Path::new("reports").join(name(&plan.spec));
    let directory = arguments.out.clone().unwrap_or_else(own);
    files::check_target_of(&directory, files::TRAINING, &plan.spec.hash(probe::VERSION), arguments.force)
        .map_err(Failure::Input)?;
    let plan = arguments.resources.fit(plan, is_silent)?;
    let clock = run_info::Clock::start();
    let pool = arguments.resources.threads.pool()?;
    let training = match finished(&plan, &directory).filter(|_| arguments.resume) {
        Some(training) => training,
        None => {
            let trainer = begin(&plan, &directory, arguments.resume, is_silent)?;
            pool.install(|| trained(trainer, &directory, is_silent))?
        }
    };
    let drawn = pool.install(|| report::drawn(&training, arguments.theme));
    let drawn = drawn.map_err(|error| Failure::Output(io::Error::other(error)))?;
    let picture = drawn.last().map(|(name, _)| directory.join(name));
    let mut all = vec![
        (files::TRAINING.to_string(), training.to_json().into_bytes()),
        ("run.json".to_string(), clock.to_json(pool.current_num_threads()).into()),
    ];
    all.extend(drawn);
    // The checkpoint goes last: whoever is stopped before it can go on.
    let written = files::write(&directory, &all).and_then(|()| files::remove(&directory, &[CHECKPOINT.to_string()]));
    written.map_err(|error| unwritable(&directory, &error))?;
    if arguments.json {
        print(training.to_json().as_bytes())
    } else if arguments.quiet {
        Ok(())
    } else {
        print(report::terminal(&training, picture.as_deref()).as_bytes())
    }
}

/// The record of this very training, if all of its steps were made: there is nothing to go on with.
fn finished(plan: &TrainingPlan, directory: &Path) -> Option<Training> {
    let text = fs::read_to_string(directory.join(files::TRAINING)).ok()?;
    let is_whole = |training: &Training| {
        training.steps_done == plan.spec.steps && training.spec_hash == plan.spec.hash(probe::VERSION)
    };
    Training::from_json(&text).ok().filter(is_whole)
}

/// A training from its beginning, or from its checkpoint.
fn begin<'p>(plan: &'p TrainingPlan, directory: &Path, resume: bool, is_silent: bool) -> Result<Trainer<'p>, Failure> {
    let path = directory.join(CHECKPOINT);
    let note = |words: &str| {
        if !is_silent {
            let _ = writeln!(io::stderr(), "note: {words}");
        }
    };
    match (fs::read(&path), resume) {
        (Ok(bytes), true) => Trainer::resume(plan, &bytes).map_err(|message| {
            let path = path.display();
            Failure::Input(format!("`{path}` {message}: leave --resume out to begin anew"))
        }),
        (Err(error), true) if error.kind() == io::ErrorKind::NotFound => {
            note("there is no checkpoint, and the training begins at step 0");
            Ok(Trainer::new(plan))
        }
        (Err(error), true) => {
            let path = path.display();
            Err(Failure::Input(format!("`{path}` cannot be read ({error}): leave --resume out to begin anew")))
        }
        (Ok(_), false) => {
            note("a checkpoint of a stopped training is replaced; --resume would have gone on from it");
            Ok(Trainer::new(plan))
        }
        (Err(_), false) => Ok(Trainer::new(plan)),
    }
}

/// Trains to the end; record and checkpoint on the disk are never older than a few steps.
fn trained(mut trainer: Trainer, directory: &Path, is_silent: bool) -> Result<Training, Failure> {
    let bar = Bar::of_work(!is_silent && io::stderr().is_terminal(), trainer.work());
    bar.begin_at(trainer.work_done());
    let mut training = trainer.record();
    while !trainer.is_done() {
        bar.tell(format!("step {} of {}", training.steps_done, training.spec.steps));
        trainer.advance(&bar);
        training = trainer.record();
        // The record first: its spec says whose the directory is.
        let kept = [
            (files::TRAINING.to_string(), training.to_json().into_bytes()),
            (CHECKPOINT.to_string(), trainer.checkpoint()),
        ];
        files::write(directory, &kept).map_err(|error| unwritable(directory, &error))?;
    }
    bar.finish();
    Ok(training)
}

fn spec(arguments: &TrainArguments) -> Result<TrainingSpec, Failure> {
    let (optimiser, rate) = arguments.optimiser.read().map_err(Failure::Input)?;
    Ok(TrainingSpec {
        activations: activations(&arguments.activations)?,
        depth: arguments.depth,
        width: arguments.network.width,
        batch: arguments.batch,
        seed: arguments.seed,
        init: arguments.network.init()?,
        gain: arguments.network.gain,
        bias: arguments.network.bias,
        residual: arguments.network.residual,
        formats: arguments.formats.clone(),
        steps: arguments.optimiser.steps,
        optimiser,
        rate,
        clip_norm: arguments.optimiser.clip_norm,
        loss_scale: TrainingScale::parse(&arguments.loss_scale).map_err(Failure::Input)?,
        measure: MeasureAt::parse(&arguments.measure).map_err(Failure::Input)?,
        minibatches: arguments.minibatches,
        target_loss: arguments.target_loss,
        truth_bits: arguments.truth_bits,
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
    let networks = |spec: &TrainingSpec| crate::spec::Spec { formats: spec.formats.clone(), ..spec.networks() };
    format!("train-{}", files::name_against(&networks(spec), &networks(&default), &more))
}
