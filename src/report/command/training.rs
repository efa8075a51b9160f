//! The command line that asks for a training again.

use super::{Words, network, spelled};
use crate::record::training::{Optimiser, Rate, TrainingSpec};
use crate::record::{Field, Fields};

/// `precision-probe train --act leaky --steps 200 …`: the options that differ from the defaults.
pub fn training_line(spec: &TrainingSpec) -> String {
    let TrainingSpec { formats, names, optimiser, rate, weights, batch_file, .. } = spec;
    let default = TrainingSpec::default();
    let mut words = Words(["precision-probe", "train"].map(String::from).into());
    let (switches, valued): (Vec<_>, Vec<_>) = TrainingSpec::FIELDS.iter().partition(|field| field.option.is_switch());
    let is_given = |field: &Field<TrainingSpec>| {
        let is_fixed = field.option.fixed_by.file(weights.is_some(), batch_file.is_some(), false).is_some();
        !is_fixed && !field.is_equal(spec, &default)
    };
    for field in valued {
        match field.name {
            "activations" if weights.is_some() => network(&mut words, weights.as_ref(), &spec.activations),
            "batch" => files(&mut words, spec),
            "clip_norm" => updates(&mut words, (optimiser, rate), (&default.optimiser, &default.rate)),
            _ => {}
        }
        match field.name {
            "activations" if weights.is_some() => {}
            "formats" if spelled(formats, names) == default.formats.join(",") => {}
            "formats" => words.option("formats", &spelled(formats, names)),
            _ if is_given(field) => words.field(field, spec),
            _ => {}
        }
    }
    switches.into_iter().filter(|field| is_given(field)).for_each(|field| words.field(field, spec));
    words.switch("cosine", rate.cosine);
    words.switch("nesterov", matches!(optimiser, Optimiser::Sgd { nesterov: true, .. }));
    words.0.join(" ")
}

/// The rows of a file, and what its types are read as.
fn files(words: &mut Words, spec: &TrainingSpec) {
    if let Some(file) = &spec.batch_file {
        words.option("data", &file.source.file);
        words.option("loss", spec.loss().option());
    }
    let dtype = spec.sources().find_map(|source| source.dtype.as_ref());
    dtype.into_iter().for_each(|dtype| words.option("dtype", dtype));
}

/// The optimiser and its learning rate where they differ from the defaults.
fn updates(words: &mut Words, (optimiser, rate): (&Optimiser, &Rate), default: (&Optimiser, &Rate)) {
    if optimiser.name() != default.0.name() {
        words.option("optimizer", optimiser.name());
    }
    for (name, value) in constants(optimiser) {
        words.option(name, &format!("{value:?}"));
    }
    if rate.learning_rate != default.1.learning_rate {
        words.option("lr", &format!("{:?}", rate.learning_rate));
    }
    if rate.warmup != default.1.warmup {
        words.option("warmup", &rate.warmup.to_string());
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::training::{MeasureAt, TrainingScale};
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
