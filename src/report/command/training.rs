//! The command line that asks for a training again.

use super::quoted;
use crate::record::training::{Optimiser, TrainingSpec};

/// `precision-probe train --act leaky --steps 200 …`: the options that differ from the defaults.
pub fn training_line(spec: &TrainingSpec) -> String {
    // Destructured, so that a new field of the spec cannot be forgotten here.
    let TrainingSpec {
        activations,
        depth,
        width,
        batch,
        seed,
        trials,
        init,
        gain,
        bias,
        residual,
        formats,
        names,
        steps,
        optimiser,
        rate,
        clip_norm,
        loss_scale,
        measure,
        minibatches,
        target_loss,
        truth_bits,
        weights,
        batch_file,
    } = spec;
    let default = TrainingSpec::default();
    let mut words: Vec<String> = ["precision-probe", "train"].map(String::from).to_vec();
    let mut option = |differs: bool, name: &str, value: String| {
        if differs {
            words.extend([format!("--{name}"), quoted(&value)]);
        }
    };
    let is_drawn = weights.is_none();
    if let Some(weights) = weights {
        option(true, "weights", weights.source.file.clone());
        match weights.activations {
            None => option(true, "act", activations.join(",")),
            // The record holds the activations of each layer and not the file that said them.
            Some(_) => option(true, "net", "net.toml".into()),
        }
    }
    option(is_drawn && *activations != default.activations, "act", activations.join(","));
    option(is_drawn && *depth != default.depth, "depth", depth.to_string());
    option(is_drawn && *width != default.width, "width", width.to_string());
    if let Some(file) = batch_file {
        option(true, "data", file.source.file.clone());
        option(true, "loss", spec.loss().option().into());
    }
    let dtype = spec.sources().find_map(|source| source.dtype.clone());
    option(dtype.is_some(), "dtype", dtype.unwrap_or_default());
    option(*batch != default.batch, "batch", batch.to_string());
    option(*seed != default.seed, "seed", seed.to_string());
    option(*trials != default.trials, "trials", trials.to_string());
    option(*init != default.init, "init", init.to_string());
    option(*gain != default.gain, "gain", gain.map_or(String::new(), number));
    let spelled: Vec<String> = formats.iter().map(|policy| names.spelled(policy)).collect();
    option(spelled != default.formats, "formats", spelled.join(","));
    option(*steps != default.steps, "steps", steps.to_string());
    let named = optimiser.name();
    option(named != default.optimiser.name(), "optimizer", named.into());
    for (name, value) in constants(optimiser) {
        option(true, name, number(value));
    }
    option(rate.learning_rate != default.rate.learning_rate, "lr", number(rate.learning_rate));
    option(rate.warmup != default.rate.warmup, "warmup", rate.warmup.to_string());
    option(*clip_norm != default.clip_norm, "clip-norm", clip_norm.map_or(String::new(), number));
    option(*loss_scale != default.loss_scale, "loss-scale", loss_scale.to_string());
    option(*measure != default.measure, "measure", measure.to_string());
    option(*minibatches != default.minibatches, "minibatches", minibatches.to_string());
    option(*target_loss != default.target_loss, "target-loss", number(*target_loss));
    option(*truth_bits != default.truth_bits, "truth-bits", truth_bits.to_string());
    let is_nesterov = matches!(optimiser, Optimiser::Sgd { nesterov: true, .. });
    let flags =
        [(is_drawn && *bias, "bias"), (*residual, "residual"), (rate.cosine, "cosine"), (is_nesterov, "nesterov")];
    words.extend(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, name)| format!("--{name}")));
    words.join(" ")
}

/// The optimiser's constants that its name does not say.
fn constants(optimiser: &Optimiser) -> Vec<(&'static str, f64)> {
    let all = |optimiser: &Optimiser| match *optimiser {
        Optimiser::Sgd { momentum, dampening, weight_decay, .. } => {
            vec![("momentum", momentum), ("dampening", dampening), ("weight-decay", weight_decay)]
        }
        Optimiser::Adam { beta1, beta2, epsilon, weight_decay, .. } => {
            vec![("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), ("weight-decay", weight_decay)]
        }
    };
    let named = Optimiser::ALL.into_iter().find(|(name, _)| *name == optimiser.name());
    let usual = named.map_or(Vec::new(), |(_, usual)| all(&usual));
    all(optimiser).into_iter().filter(|constant| !usual.contains(constant)).collect()
}

/// The shortest decimal that is this number.
fn number(x: f64) -> String {
    format!("{x:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::training::{MeasureAt, Rate, TrainingScale};
    use crate::record::{BatchFile, Source, TargetKind, Weights};

    #[test]
    fn only_what_differs_is_given() {
        assert_eq!(training_line(&TrainingSpec::default()), "precision-probe train");
        let spec = TrainingSpec {
            activations: vec!["leaky".into()],
            formats: vec!["bf16/update=f32/master=bf16".into()],
            steps: 60,
            gain: Some(1.5),
            bias: true,
            optimiser: Optimiser::Sgd { momentum: 0.8, dampening: 0.0, nesterov: true, weight_decay: 1e-4 },
            rate: Rate { learning_rate: 1e-5, warmup: 10, cosine: true },
            clip_norm: Some(1.0),
            loss_scale: TrainingScale::Dynamic { growth_interval: 50 },
            measure: MeasureAt::Logarithmic(20),
            ..TrainingSpec::default()
        };
        assert_eq!(
            training_line(&spec),
            "precision-probe train --act leaky --gain 1.5 --formats bf16/update=f32/master=bf16 --steps 60 --momentum 0.8 \
             --weight-decay 0.0001 --lr 1e-5 --warmup 10 --clip-norm 1.0 --loss-scale dynamic=50 --measure log=20 --bias \
             --cosine --nesterov"
        );
        let source = |file: &str, dtype: Option<&str>| Source {
            file: file.into(),
            sha256: String::new(),
            dtype: dtype.map(String::from),
        };
        let rows = BatchFile {
            source: source("d.npz", Some("BF16")),
            features: 4,
            outputs: 2,
            targets: TargetKind::Values,
            drawn_from: Some(100),
        };
        let weights =
            Weights { source: source("n.npz", None), units: vec![4, 3, 2], activations: None, layers_from: None };
        let files = TrainingSpec {
            activations: vec!["tanh".into()],
            depth: 1,
            width: 3,
            bias: true,
            weights: Some(weights.clone()),
            batch_file: Some(rows),
            ..TrainingSpec::default()
        };
        let of_files = "--data d.npz --loss mse --dtype BF16";
        assert_eq!(training_line(&files), format!("precision-probe train --weights n.npz --act tanh {of_files}"));
        let activations = Some(vec!["tanh".into()]);
        let mixed = TrainingSpec { weights: Some(Weights { activations, ..weights }), ..files };
        assert_eq!(training_line(&mixed), format!("precision-probe train --weights n.npz --net net.toml {of_files}"));
        let adam = TrainingSpec { optimiser: Optimiser::ALL[3].1, ..TrainingSpec::default() };
        assert_eq!(training_line(&adam), "precision-probe train --optimizer adamw");
    }
}
