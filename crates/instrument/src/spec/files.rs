//! The files in a spec from which a network or a batch is read, and their contents.

use super::data::Data;
use super::error::SpecError;
use super::source::{BatchFile, Source, TargetKind, Weights};
use super::table::Spec;
use crate::activation::{Activation, PRELU_SLOPE};
use crate::assets::{FEATURES, OUTPUTS};
use crate::exchange::{self, Activations, Contents, Dtype, Gradients, Imported, Labels, Room, Samples, Sequential};
use crate::loss::Loss;
use crate::printable;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// Most activations listed in the name of a network that has several.
const MOST_LISTED: usize = 4;

/// The contents of the files that a spec names.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The network of [`Spec::weights`].
    pub network: Option<Arc<Sequential>>,
    /// The rows of [`Spec::batch_file`].
    pub samples: Option<Arc<Samples>>,
    /// The gradients of [`Spec::compared`].
    pub compared: Vec<Arc<Gradients>>,
    /// Notes for the user.
    pub notes: Vec<String>,
    /// Memory left for files, in bytes.
    pub room: Room,
}

impl Files {
    /// Reads a network's weights into a spec: the file determines depth, width and biases, the network is measured
    /// once, and its activations are `layers` or, without them, PReLU if the file has a slope for every hidden layer.
    ///
    /// # Errors
    /// One sentence with the file, what is wrong and the fix.
    pub fn weights(
        &mut self,
        spec: &mut Spec,
        path: &Path,
        dtype: Option<Dtype>,
        layers: Option<Activations>,
    ) -> Result<(), SpecError> {
        self.weights_from(spec, path, dtype, layers, None)
    }

    /// As [`Files::weights`], for the modules named by `layers_from`, in its order.
    ///
    /// # Errors
    /// One sentence with the file, what is wrong and the fix.
    pub fn weights_from(
        &mut self,
        spec: &mut Spec,
        path: &Path,
        dtype: Option<Dtype>,
        layers: Option<Activations>,
        layers_from: Option<&[String]>,
    ) -> Result<(), SpecError> {
        let (source, contents) = self.open(path, dtype)?;
        let named = |message: String| SpecError(format!("`{}`: {message}", path.display()));
        let Imported { network, layers_from, notes } = Sequential::read(contents, layers_from).map_err(named)?;
        self.note(path, &notes);
        let units = network.units();
        let hidden = &network.layers[..network.layers.len() - 1];
        spec.depth = hidden.len();
        spec.width = units[1..units.len() - 1].iter().copied().max().unwrap_or(0);
        spec.bias = network.layers.iter().any(|layer| layer.bias.is_some());
        spec.trials = 1;
        let slopes = hidden.iter().filter(|layer| layer.slope.is_some()).count();
        let mut activations = None;
        match layers {
            Some(Activations::Same(name)) => spec.activations = vec![name],
            Some(Activations::Compared(names)) => spec.activations = names,
            Some(Activations::Each(names)) => {
                if names.len() != hidden.len() {
                    let (has, needed) = (names.len(), hidden.len());
                    return Err(named(format!(
                        "the network has {needed} hidden layers and `activations` has {has} names: give one per layer"
                    )));
                }
                let canonical = |name: &String| Activation::parse(name).map(|activation| activation.name());
                let names: Vec<String> = names.iter().map(canonical).collect::<Result<_, _>>().map_err(SpecError)?;
                spec.activations = vec![summary(&names)];
                activations = names.iter().any(|name| *name != names[0]).then_some(names);
            }
            None if slopes == hidden.len() => spec.activations = vec!["prelu".into()],
            None => {
                return Err(named(
                    "it does not contain the activations: give --act relu, or --net FILE with one per layer".into(),
                ));
            }
        }
        spec.weights = Some(Weights { source, units, activations, layers_from });
        self.network = Some(Arc::new(network));
        Ok(())
    }

    /// Reads a batch into a spec; the file determines its size.
    ///
    /// # Errors
    /// One sentence with the file, what is wrong and the fix.
    pub fn batch(
        &mut self,
        spec: &mut Spec,
        path: &Path,
        dtype: Option<Dtype>,
        loss: Option<Loss>,
    ) -> Result<(), SpecError> {
        spec.batch = self.samples(spec, path, dtype, loss)?;
        Ok(())
    }

    /// Reads rows into a spec, from which batches of the spec's size are drawn.
    ///
    /// # Errors
    /// One sentence with the file, what is wrong and the fix.
    pub fn rows(
        &mut self,
        spec: &mut Spec,
        path: &Path,
        dtype: Option<Dtype>,
        loss: Option<Loss>,
    ) -> Result<(), SpecError> {
        let rows = self.samples(spec, path, dtype, loss)?;
        if let Some(file) = &mut spec.batch_file {
            file.drawn_from = Some(rows);
        }
        Ok(())
    }

    /// Reads inputs and targets, and returns how many rows they have.
    fn samples(
        &mut self,
        spec: &mut Spec,
        path: &Path,
        dtype: Option<Dtype>,
        loss: Option<Loss>,
    ) -> Result<usize, SpecError> {
        let (source, contents) = self.open(path, dtype)?;
        let samples =
            Samples::new(&contents, loss).map_err(|message| SpecError(format!("`{}`: {message}", path.display())))?;
        self.note(path, &Samples::notes(&contents));
        let targets = match samples.labels {
            Labels::Classes(_) => TargetKind::Classes,
            Labels::Values(_) => TargetKind::Values,
        };
        spec.data = Data::File;
        let (rows, features, outputs) = (samples.batch(), samples.features(), samples.outputs());
        spec.batch_file = Some(BatchFile { source, features, outputs, targets, drawn_from: None });
        self.samples = Some(Arc::new(samples));
        Ok(rows)
    }

    pub(super) fn open(&mut self, path: &Path, dtype: Option<Dtype>) -> Result<(Source, Contents), SpecError> {
        let mut digest = Sha256::new();
        let contents = exchange::read_with(path, dtype, self.room, &mut |bytes| digest.update(bytes));
        let contents = contents.map_err(SpecError)?;
        self.room = self.room.after_data(contents.tensors.iter().map(|tensor| tensor.values.len() as u64).sum());
        self.note(path, &contents.notes);
        let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        // Other programs read the record, too.
        let file = printable::in_one_line(&file).into_owned();
        Ok((Source { file, sha256, dtype: dtype.map(|dtype| dtype.name().into()) }, contents))
    }

    /// Adds a note about a file.
    fn note(&mut self, path: &Path, notes: &[String]) {
        self.notes.extend(notes.iter().map(|note| format!("{}: {note}", path.display())));
    }
}

/// `1 row`, `50 rows`.
pub(super) fn rows_in_words(rows: usize) -> String {
    if rows == 1 { "1 row".into() } else { format!("{rows} rows") }
}

/// `relu` if all layers have it, else `per layer: relu ×3, tanh`, with counts and in order of first occurrence.
fn summary(names: &[String]) -> String {
    let mut counts: Vec<(&String, usize)> = Vec::new();
    for name in names {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    match counts.as_slice() {
        [(only, _)] => (*only).clone(),
        several if several.len() > MOST_LISTED => format!("per layer: {} activations", several.len()),
        several => {
            let one = |(name, count): &(&String, usize)| match count {
                1 => (*name).clone(),
                _ => format!("{name} ×{count}"),
            };
            format!("per layer: {}", several.iter().map(one).collect::<Vec<_>>().join(", "))
        }
    }
}

impl Spec {
    /// The numbers of input features and outputs of the file's network, the file's batch, or the built-in data.
    pub fn shape(&self) -> (usize, usize) {
        match (&self.weights, &self.batch_file) {
            (Some(Weights { units, .. }), _) => {
                (units.first().copied().unwrap_or(FEATURES), units.last().copied().unwrap_or(OUTPUTS))
            }
            (None, Some(batch)) => (batch.features, batch.outputs),
            (None, None) => (FEATURES, OUTPUTS),
        }
    }

    /// True if batches are drawn; false if all rows of a file are the batch.
    pub fn draws_batches(&self) -> bool {
        self.batch_file.as_ref().is_none_or(|file| file.drawn_from.is_some())
    }

    /// φ of each hidden layer of a network whose layers differ in it.
    ///
    /// # Errors
    /// An unknown name.
    pub fn mixed_activations(&self) -> Result<Option<Vec<Activation>>, SpecError> {
        let names = self.weights.as_ref().and_then(|weights| weights.activations.as_ref());
        let read = |names: &Vec<String>| names.iter().map(|name| Activation::parse(name)).collect();
        names.map(read).transpose().map_err(SpecError)
    }

    /// Checks that the contents are those the spec names, and that network and batch fit together.
    pub(super) fn check_files(&self, files: &Files) -> Result<(), String> {
        if self.weights.is_some() != files.network.is_some() || self.batch_file.is_some() != files.samples.is_some() {
            return Err("the spec names files: read them with Files::weights and Files::batch".into());
        }
        if let (Some(BatchFile { source, drawn_from: Some(rows), .. }), Some(samples)) =
            (&self.batch_file, &files.samples)
        {
            if *rows != samples.batch() {
                return Err("the spec names rows to draw from: read them with Files::rows".into());
            }
            if self.batch > *rows {
                let (batch, file) = (self.batch, &source.file);
                return Err(format!("--batch {batch}: `{file}` has {}; give at most {rows}", rows_in_words(*rows)));
            }
        }
        let (features, outputs) = self.shape();
        let Some(weights) = &self.weights else { return Ok(()) };
        let file = &weights.source.file;
        let units = |what: &str, has: usize| format!("the network of `{file}` has {has} {what}");
        match (&self.batch_file, self.data) {
            (None, Data::Digits) => {
                self.check_digits().map_err(|misfit| format!("{misfit}: give --data FILE or --data gaussian"))?;
            }
            (Some(batch), _) if batch.features != features => {
                let (x, has) = (batch.features, units("inputs", features));
                return Err(format!("{has} and `x` of `{}` {x} columns: give a batch that fits", batch.source.file));
            }
            (Some(batch), _) => {
                let is_wrong = match batch.targets {
                    TargetKind::Classes => batch.outputs > outputs,
                    TargetKind::Values => batch.outputs != outputs,
                };
                if is_wrong {
                    let (y, has) = (batch.outputs, units("outputs", outputs));
                    let y = match batch.targets {
                        TargetKind::Classes => format!("a class {}", y - 1),
                        TargetKind::Values => format!("{y} columns"),
                    };
                    return Err(format!("{has} and `y` of `{}` {y}: give a batch that fits", batch.source.file));
                }
            }
            _ => {}
        }
        self.check_slopes(files)
    }

    /// Checks that a network from a file fits the digits; the error describes the misfit.
    pub(super) fn check_digits(&self) -> Result<(), String> {
        let Some(Weights { source, .. }) = &self.weights else { return Ok(()) };
        match self.shape() {
            (FEATURES, OUTPUTS..) => Ok(()),
            (features, outputs) => Err(format!(
                "the network of `{}` has {features} inputs and {outputs} outputs, the digits have {FEATURES} features and {OUTPUTS} classes",
                source.file
            )),
        }
    }

    /// Checks that the file has a slope for every PReLU and for no other activation.
    fn check_slopes(&self, files: &Files) -> Result<(), String> {
        let Some(network) = &files.network else { return Ok(()) };
        let hidden = &network.layers[..network.layers.len() - 1];
        let mixed = self.mixed_activations().map_err(|error| error.to_string())?;
        let runs = match mixed {
            Some(layers) => vec![layers],
            None => {
                let names = self.activations.iter();
                let same = |name: &String| Activation::parse(name).map(|activation| vec![activation; hidden.len()]);
                names.map(same).collect::<Result<Vec<_>, _>>()?
            }
        };
        for (activation, layer) in runs.iter().flat_map(|layers| layers.iter().zip(hidden)) {
            let (name, activation_name) = (&layer.name, activation.name());
            match (&layer.slope, matches!(activation, Activation::Prelu { .. })) {
                (None, true) => {
                    return Err(format!(
                        "{activation_name} after layer `{name}` has no slope in the file: give `leaky:SLOPE`, or save the PReLU with the weights"
                    ));
                }
                (Some(slope), false) => {
                    return Err(format!(
                        "`{}` is the slope of a PReLU after layer `{name}`, not of {activation_name}: give prelu for that layer (--net takes one name per layer)",
                        slope.name
                    ));
                }
                _ => {}
            }
            // `prelu` alone does not give a slope.
            let named = match activation {
                Activation::Prelu { slope } if *slope != PRELU_SLOPE => Some(*slope),
                _ => None,
            };
            let own = layer.slope.as_ref().map(|slope| slope.value);
            if let (Some(named), Some(own)) = (named, own.filter(|own| Some(*own) != named)) {
                return Err(format!(
                    "{activation_name}: the slope after layer `{name}` is {own} in the file, not {named}; give prelu to use the file's"
                ));
            }
        }
        Ok(())
    }
}
