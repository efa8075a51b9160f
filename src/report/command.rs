//! The command line that asks for a spec: what a report gives its reader to measure it again.

mod training;

pub use training::training_line;

use crate::record::{Compared, Field, Fields, FixedBy, Heading, Kind, Names, Spec, SpecOption, Weights};

/// `precision-probe --act leaky --depth 50 …`: every option of the spec, none left to a default that a later version
/// may change.
pub fn line(spec: &Spec) -> String {
    let is_audit = spec.compared.iter().any(|one| one.model.is_some());
    measuring(spec, is_audit.then_some("audit"))
}

/// The same of a law: `precision-probe law --act relu,tanh … --bits 6..24`.
pub fn law_line(spec: &Spec) -> String {
    measuring(spec, Some("law"))
}

/// Whether `law` has an option: `--bits` stands for the formats.
pub fn is_of_law(field: &Field<Spec>) -> bool {
    field.option.heading != Heading::Precision || ["truth_bits", "truth"].contains(&field.name)
}

fn measuring(spec: &Spec, command: Option<&str>) -> String {
    let Spec { names, weights, batch_file, compared, .. } = spec;
    let (is_audit, is_law) = (command == Some("audit"), command == Some("law"));
    let mut words = Words(["precision-probe"].into_iter().chain(command).map(String::from).collect());
    let mut fields = Spec::in_help();
    fields.retain(|field| field.option.fixed_by.file(weights.is_some(), batch_file.is_some(), !is_law).is_none());
    fields.sort_by_key(|field| place(field));
    let mut dtype = spec.sources().find_map(|source| source.dtype.as_ref());
    for field in fields {
        if matches!(field.name, "seed" | "formats") {
            dtype.take().into_iter().for_each(|dtype| words.option("dtype", dtype));
        }
        match field.name {
            "activations" => network(&mut words, weights.as_ref(), &spec.activations),
            "data" => match batch_file {
                Some(file) => {
                    words.option("data", &file.source.file);
                    words.option("loss", spec.loss().option());
                }
                None => words.option("data", spec.data.name()),
            },
            "formats" if is_law => words.option("bits", &bits(&spec.formats)),
            _ if is_law && !is_of_law(field) => {}
            "formats" => {
                compare(&mut words, compared);
                if !is_audit {
                    words.option("formats", &spelled(&spec.formats, names));
                } else if let Some(model) = model(compared) {
                    words.option("as", &names.spelled(names.policy(model).unwrap_or(model)));
                }
            }
            _ if is_audit && !field.option.is_in_audit => {}
            _ => words.field(field, spec),
        }
    }
    words.0.join(" ")
}

/// `mpfr:6` to `mpfr:11` and `mpfr:24` as `--bits` takes them: `6..11,24`.
fn bits(formats: &[String]) -> String {
    let bits = formats.iter().filter_map(|name| name.strip_prefix("mpfr:")?.parse().ok());
    let bits: Vec<u32> = bits.collect();
    let range = |bits: &[u32]| match bits {
        [first, .., last] => format!("{first}..{last}"),
        bits => bits.iter().map(u32::to_string).collect(),
    };
    bits.chunk_by(|one, next| one.checked_add(1) == Some(*next)).map(range).collect::<Vec<_>>().join(",")
}

/// Where a field stands: how networks are drawn, what every command has, what only a measurement has, switches.
fn place(field: &Field<Spec>) -> u8 {
    let SpecOption { kind, heading, fixed_by, is_in_audit, .. } = field.option;
    let is_drawing = heading == Heading::Network && !field.is_optional() || fixed_by == FixedBy::WeightsOnce;
    match kind {
        Kind::Switch => 3,
        _ if is_drawing => 0,
        Kind::List(_) => 1,
        _ if is_in_audit || heading != Heading::Precision => 1,
        _ => 2,
    }
}

/// The activations, with the network if it comes from a file.
fn network(words: &mut Words, weights: Option<&Weights>, activations: &[String]) {
    let Some(weights) = weights else { return words.option("act", &activations.join(",")) };
    words.option("weights", &weights.source.file);
    match weights.activations {
        None => words.option("act", &activations.join(",")),
        // The record holds the activations of each layer and not the file that said them.
        Some(_) => words.option("net", "net.toml"),
    }
    if let Some(layers) = &weights.layers_from {
        words.option("layers-from", &layers.join(","));
    }
}

/// Gradients of other programs.
fn compare(words: &mut Words, compared: &[Compared]) {
    for one in compared {
        words.option("compare", &format!("{}={}", one.name, one.source.file));
    }
    for one in compared.iter().filter(|one| one.log2_scale != 0) {
        words.option("compare-scale", &format!("{}={:?}", one.name, core_math::exp2(one.log2_scale.into())));
    }
}

/// The model that an audit named.
fn model(compared: &[Compared]) -> Option<&String> {
    // Those that are likely for the files' types are tried where no model is named.
    let is_named = compared.iter().all(|one| one.likely.is_empty());
    let mut models = compared.iter().filter_map(|one| one.model.as_ref()).filter(|_| is_named);
    let first = models.next()?;
    // Models that differ are those of the files' types.
    models.all(|model| model == first).then_some(first)
}

/// Policies with their names as `--formats` takes them.
fn spelled(formats: &[String], names: &Names) -> String {
    formats.iter().map(|policy| names.spelled(policy)).collect::<Vec<_>>().join(",")
}

/// The words of a command line.
struct Words(Vec<String>);

impl Words {
    fn option(&mut self, name: &str, value: &str) {
        self.0.extend([format!("--{name}"), quoted(value)]);
    }

    fn switch(&mut self, name: &str, is_on: bool) {
        self.0.extend(is_on.then(|| format!("--{name}")));
    }

    /// A field of a spec, if it is given.
    fn field<S: Fields>(&mut self, field: &Field<S>, spec: &S) {
        let text = (field.text)(spec);
        match (field.option.kind, text) {
            (Kind::Switch, text) => self.switch(field.option.long, text.as_deref() == Some("on")),
            (_, Some(text)) => self.option(field.option.long, &text),
            (_, None) => {}
        }
    }
}

/// A word as a POSIX shell reads it back: in single quotes unless it is harmless.
pub fn quoted(word: &str) -> String {
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
    use crate::record::{BatchFile, Source, TargetKind};

    #[test]
    fn every_option_is_given() {
        let spec = Spec { bias: true, residual: true, gain: Some(1.5), ..Spec::default() };
        assert_eq!(
            line(&spec),
            "precision-probe --act leaky --depth 50 --width 64 --init preserve --trials 5 --gain 1.5 --data digits --batch 32 \
             --seed 0 --formats f16:acc=f32,bf16:acc=f32,f16,f32,f64 --truth-bits 80 --truth norm --loss-scale 1 \
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
            format!(
                "precision-probe {files} --formats f16 --truth-bits 80 --truth norm --loss-scale 1 --attribute narrow"
            )
        );
        spec.weights.as_mut().unwrap().layers_from = Some(vec!["a/stem".into(), "head".into()]);
        assert!(
            line(&spec).starts_with("precision-probe --weights net.npz --act relu --layers-from a/stem,head --data")
        );
        spec.weights.as_mut().unwrap().layers_from = None;
        spec.compared.iter_mut().for_each(|one| one.model = Some("f16".into()));
        assert_eq!(line(&spec), format!("precision-probe audit {files} --as f16 --truth-bits 80 --truth norm"));
        spec.compared.iter_mut().for_each(|one| one.likely = vec!["f16:sum=fma".into()]);
        assert_eq!(line(&spec), format!("precision-probe audit {files} --truth-bits 80 --truth norm"));
    }

    #[test]
    fn words_reach_the_shell_as_they_are() {
        assert_eq!(quoted("f16:acc=f32,e4m3fn"), "f16:acc=f32,e4m3fn");
        assert_eq!(quoted("a b;$(x)"), "'a b;$(x)'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
