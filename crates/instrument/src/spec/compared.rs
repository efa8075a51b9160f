//! Gradients from other programs, as a spec names them.

use super::error::SpecError;
use super::files::Files;
use super::names::{Names, split};
use super::scale::log2_of_scale;
use super::source::Compared;
use super::table::Spec;
use crate::arithmetic::{ArithmeticName, Policy};
use crate::exchange::{Contents, Dtype, Gradients};
use crate::format::{F32, F64};
use crate::quote::listed;
use std::path::Path;
use std::sync::Arc;

/// The model with which an audit compares gradients.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// No model: the gradients are measured like one more arithmetic.
    None,
    /// The arithmetic that the file names, as this program's exports do; else the one that its element type suggests
    /// (`f16:acc=f32` for f16, `f32` for f32), and other likely ones.
    OfType,
    /// This arithmetic, with or without a name: `POLICY` or `NAME:=POLICY`.
    Named(String),
}

impl Files {
    /// Reads gradients of the network of [`Files::weights`], computed by another program from the batch of
    /// [`Files::batch`] and multiplied by `scale`, a power of two.
    ///
    /// # Errors
    /// One sentence with the file, what is wrong and the fix.
    pub fn compare(
        &mut self,
        spec: &mut Spec,
        name: &str,
        path: &Path,
        dtype: Option<Dtype>,
        scale: f64,
        model: &Model,
    ) -> Result<(), SpecError> {
        let Some(network) = self.network.clone() else {
            return Err(SpecError(
                "gradients can be compared only for a network from a file: give --weights FILE".into(),
            ));
        };
        check_name(name)?;
        let log2_scale = log2_of_scale(scale).ok_or_else(|| {
            SpecError(format!(
                "--compare-scale {scale}: give the power of two that the loss was multiplied by, such as 1024 (dividing by any other number would round the gradients)"
            ))
        })?;
        let notes = self.notes.len();
        let (source, contents) = self.open(path, dtype)?;
        // The notes about the file come with its gradients.
        self.notes.truncate(notes);
        let mut gradients = Gradients::new(&contents, &network.parameters())
            .map_err(|message| SpecError(format!("`{}`: {message}", path.display())))?;
        let named = |what: &str, items: &[String]| {
            (!items.is_empty()).then(|| format!("{}: {what}: {}", path.display(), listed(items)))
        };
        let exported = exported(&contents).filter(|_| *model == Model::OfType);
        gradients.notes.extend(exported.iter().map(|policy| {
            format!("exported by precision-probe as {policy}, so compared with it; --as gives another arithmetic")
        }));
        self.notes.extend(gradients.notes.iter().map(|note| format!("{}: {note}", path.display())));
        self.notes.extend(named("no gradient of", &gradients.missing));
        self.notes.extend(named("matching no parameter", &gradients.unused));
        let (model, likely) = match model {
            Model::None => (None, Vec::new()),
            Model::OfType if exported.is_some() => (exported, Vec::new()),
            Model::OfType => models(&gradients.dtypes()),
            Model::Named(text) => (Some(named_model(spec, text).map_err(SpecError)?), Vec::new()),
        };
        spec.compared.push(Compared { name: name.into(), source, log2_scale, model, likely });
        self.compared.push(Arc::new(gradients));
        Ok(())
    }
}

impl Spec {
    /// Refuses gradients with the same name as a policy.
    pub(super) fn check_names(&self, names: &Names) -> Result<(), String> {
        match self.compared.iter().find(|compared| names.policy(&compared.name).is_some()) {
            Some(Compared { name, .. }) => {
                Err(format!("--compare {name}: a precision of --formats has the same name; choose another"))
            }
            None => Ok(()),
        }
    }

    /// Checks that the network and the batch come from files, as gradients from other programs need, and that names are
    /// unique.
    pub(super) fn check_compared(&self, files: &Files) -> Result<(), String> {
        let Some(first) = self.compared.first() else { return Ok(()) };
        if self.compared.len() != files.compared.len() {
            return Err("the spec names files of gradients: read them with Files::compare".into());
        }
        if self.weights.is_none() || self.draws_batches() {
            return Err(format!(
                "--compare {}: gradients belong to one network and one batch; give --weights FILE and --data FILE",
                first.name
            ));
        }
        for (index, compared) in self.compared.iter().enumerate() {
            if self.compared[..index].iter().any(|other| other.name == compared.name) {
                return Err(format!("--compare {}: the name is given twice; choose another", compared.name));
            }
        }
        Ok(())
    }
}

/// Refuses names that tables, file names or `@NAME` cannot use, and names of arithmetics.
fn check_name(name: &str) -> Result<(), SpecError> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | ' ');
    if name.trim() != name || name.is_empty() || name.chars().count() > 40 || !name.chars().all(is_plain) {
        return Err(SpecError(format!(
            "--compare {name:?}=…: give a name of 1 to 40 letters and digits, such as --compare torch=grads.safetensors"
        )));
    }
    match Policy::parse(name) {
        Ok(_) => Err(SpecError(format!(
            "--compare {name}=…: `{name}` is the name of a precision; choose another, such as torch-{name}"
        ))),
        Err(_) => Ok(()),
    }
}

/// The name in tables of the model `POLICY` or `NAME:=POLICY`; the spec keeps a given name.
fn named_model(spec: &mut Spec, text: &str) -> Result<String, String> {
    let (name, policy) = split(text);
    let policy = Policy::parse(policy)?.to_string();
    let Some(name) = name else { return Ok(spec.names.of(&policy).to_string()) };
    spec.names.give(name, &policy)?;
    Ok(name.into())
}

/// The arithmetic that an export names, in canonical spelling; `None` if it names none that is known.
fn exported(contents: &Contents) -> Option<String> {
    Policy::parse(contents.arithmetic.as_ref()?).ok().map(|policy| policy.to_string())
}

/// The expected arithmetic of a file with these types, the commonest first, and the others that are likely.
fn models(dtypes: &[Dtype]) -> (Option<String>, Vec<String>) {
    let own = |dtype: &Dtype| std::iter::once(model_of(*dtype)).chain(likely(*dtype));
    let mut all: Vec<String> = Vec::new();
    for model in dtypes.iter().flat_map(own) {
        if !all.contains(&model) {
            all.push(model);
        }
    }
    let rest = all.split_off(all.len().min(1));
    (all.pop(), rest)
}

/// The arithmetic in which frameworks usually compute gradients of that type.
fn model_of(dtype: Dtype) -> String {
    let format = dtype.format().unwrap_or(F64);
    let accumulator = if format.precision < F32.precision { F32 } else { format };
    ArithmeticName::with_accumulator(format, accumulator).to_string()
}

/// Other arithmetics in which gradients of that type are often computed: with fused sums, with sums in the type itself,
/// with operands in TF32, or under autocast.
fn likely(dtype: Dtype) -> Vec<String> {
    let format = dtype.format().unwrap_or(F64);
    let own = ArithmeticName::plain(format);
    let names = if format.precision < F32.precision {
        let wide = ArithmeticName::with_accumulator(format, F32);
        [wide.with_fused_sums(), own, own.with_fused_sums()].map(|name| name.to_string()).to_vec()
    } else if format == F32 {
        vec![own.with_fused_sums().to_string(), "f32:operands=tf32".into(), "amp-bf16".into(), "amp-fp16".into()]
    } else {
        vec![own.with_fused_sums().to_string()]
    };
    // The canonical spelling, as in specs and records.
    let canonical = |name: String| Policy::parse(&name).map_or(name, |policy| policy.to_string());
    names.into_iter().map(canonical).collect()
}
