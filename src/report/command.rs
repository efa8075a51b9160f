//! The command line that asks for a spec: what a report gives its reader to measure it again.

mod training;

pub use training::training_line;

use crate::record::Spec;

/// `precision-probe --act leaky --depth 50 …`: every option of the spec, none left to a default that a later version
/// may change.
pub fn line(spec: &Spec) -> String {
    // Destructured, so that a new field of the spec cannot be forgotten here.
    let Spec {
        activations,
        depth,
        width,
        batch,
        trials,
        seed,
        data,
        init,
        gain,
        bias,
        residual,
        formats,
        names,
        truth_bits,
        loss_scale,
        attribute,
        weights,
        batch_file,
        compared,
    } = spec;
    let mut words = vec!["precision-probe".to_string()];
    let models: Vec<&String> = compared.iter().filter_map(|one| one.model.as_ref()).collect();
    if !models.is_empty() {
        words.push("audit".into());
    }
    let mut option = |name: &str, value: String| words.extend([format!("--{name}"), quoted(&value)]);
    if let Some(weights) = weights {
        option("weights", weights.source.file.clone());
        match weights.activations {
            None => option("act", activations.join(",")),
            // The record holds the activations of each layer and not the file that said them.
            Some(_) => option("net", "net.toml".into()),
        }
        if let Some(layers) = &weights.layers_from {
            option("layers-from", layers.join(","));
        }
    } else {
        option("act", activations.join(","));
        option("depth", depth.to_string());
        option("width", width.to_string());
        option("init", init.to_string());
        option("trials", trials.to_string());
    }
    if let Some(gain) = gain {
        option("gain", format!("{gain:?}"));
    }
    if let Some(batch_file) = batch_file {
        option("data", batch_file.source.file.clone());
        option("loss", spec.loss().option().into());
    } else {
        option("data", data.name().into());
        option("batch", batch.to_string());
    }
    let sources = weights.iter().map(|weights| &weights.source).chain(batch_file.iter().map(|batch| &batch.source));
    let sources = sources.chain(compared.iter().map(|one| &one.source));
    if let Some(dtype) = sources.filter_map(|source| source.dtype.clone()).next() {
        option("dtype", dtype);
    }
    if weights.is_none() || batch_file.is_none() {
        option("seed", seed.to_string());
    }
    for one in compared {
        option("compare", format!("{}={}", one.name, one.source.file));
    }
    for one in compared.iter().filter(|one| one.log2_scale != 0) {
        option("compare-scale", format!("{}={:?}", one.name, core_math::exp2(one.log2_scale.into())));
    }
    match models.as_slice() {
        [] => option("formats", formats.iter().map(|policy| names.spelled(policy)).collect::<Vec<_>>().join(",")),
        // Those that are likely for the files' types are tried where no model is named.
        _ if compared.iter().any(|one| !one.likely.is_empty()) => {}
        // Models that differ are those of the files' types.
        [first, rest @ ..] if rest.iter().all(|model| model == first) => {
            option("as", names.spelled(names.policy(first).unwrap_or(first)))
        }
        _ => {}
    }
    option("truth-bits", truth_bits.to_string());
    if models.is_empty() {
        option("loss-scale", loss_scale.to_string());
        option("attribute", attribute.name().into());
    }
    if *bias && weights.is_none() {
        words.push("--bias".into());
    }
    if *residual {
        words.push("--residual".into());
    }
    words.join(" ")
}

/// A word as a POSIX shell reads it back: in single quotes unless it is harmless.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ",:=._/+-@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{BatchFile, Compared, Source, TargetKind, Weights};

    #[test]
    fn every_option_is_given() {
        let spec = Spec { bias: true, residual: true, gain: Some(1.5), ..Spec::default() };
        assert_eq!(
            line(&spec),
            "precision-probe --act leaky --depth 50 --width 64 --init preserve --trials 5 --gain 1.5 --data digits --batch 32 \
             --seed 0 --formats f16:acc=f32,bf16:acc=f32,f16,f32,f64 --truth-bits 80 --loss-scale 1 \
             --attribute narrow --bias --residual"
        );
    }

    /// Files are named as they lay, without folders; an audit by its model.
    #[test]
    fn files_and_audits_are_given() {
        let source = |file: &str| Source { file: file.into(), sha256: String::new(), dtype: None };
        let weights = Weights { source: source("net.npz"), units: vec![2, 3, 2], activations: None, layers_from: None };
        let batch = BatchFile {
            source: source("batch.npz"),
            features: 2,
            outputs: 2,
            targets: TargetKind::Classes,
            drawn_from: None,
        };
        let compared = |name: &str, log2_scale: i32, model: Option<&str>| Compared {
            name: name.into(),
            source: source("g.npz"),
            log2_scale,
            model: model.map(String::from),
            likely: Vec::new(),
        };
        let mut spec = Spec {
            activations: vec!["relu".into()],
            formats: vec!["f16".into()],
            weights: Some(weights),
            batch_file: Some(batch),
            compared: vec![compared("a", 10, None), compared("b", 0, None)],
            ..Spec::default()
        };
        let files = "--weights net.npz --act relu --data batch.npz --loss cross-entropy --compare a=g.npz --compare b=g.npz \
                     --compare-scale a=1024.0";
        assert_eq!(
            line(&spec),
            format!("precision-probe {files} --formats f16 --truth-bits 80 --loss-scale 1 --attribute narrow")
        );
        spec.weights.as_mut().unwrap().layers_from = Some(vec!["a/stem".into(), "head".into()]);
        assert!(
            line(&spec).starts_with("precision-probe --weights net.npz --act relu --layers-from a/stem,head --data")
        );
        spec.weights.as_mut().unwrap().layers_from = None;
        spec.compared.iter_mut().for_each(|one| one.model = Some("f16".into()));
        assert_eq!(line(&spec), format!("precision-probe audit {files} --as f16 --truth-bits 80"));
        spec.compared.iter_mut().for_each(|one| one.likely = vec!["f16:sum=fma".into()]);
        assert_eq!(line(&spec), format!("precision-probe audit {files} --truth-bits 80"));
    }

    #[test]
    fn words_reach_the_shell_as_they_are() {
        assert_eq!(quoted("f16:acc=f32,e4m3fn"), "f16:acc=f32,e4m3fn");
        assert_eq!(quoted("a b;$(x)"), "'a b;$(x)'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
