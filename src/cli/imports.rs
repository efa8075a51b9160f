//! `--weights`, `--net` and `--data FILE`: a spec from files instead of random draws, and the options that it excludes.

use super::failure::Failure;
use crate::exchange::{Activations, Dtype, Room, read_net};
use crate::spec::fields::{Field, Fields};
use crate::spec::{Data, Files, Loss, Spec};
use std::path::{Path, PathBuf};

/// The user's own network or data.
#[derive(clap::Args, Debug)]
pub struct FileOptions {
    /// Use your own network, from safetensors, npz or the index.json of a sharded checkpoint; give its activations with
    /// --act or --net
    ///
    /// Reads fully connected layers and PReLU slopes under the names of PyTorch, Hugging Face, Flax or Keras: 0.weight,
    /// fc1.bias, params/Dense_0/kernel, W1, …
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    weights: Option<PathBuf>,
    /// Use only these layers of --weights, in this order: fc1,fc2,head [default: all, by number or else in file order]
    #[arg(long, value_name = "LAYERS", value_delimiter = ',', help_heading = "Network")]
    layers_from: Option<Vec<String>>,
    /// TOML file with the activations of --weights: activation = "relu", or activations = ["relu", "tanh"] with one
    /// name per hidden layer
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    net: Option<PathBuf>,
    /// How to read y of --data FILE if its type leaves this open: cross-entropy (class indices) or mse (targets, even
    /// if every row is a probability distribution)
    #[arg(long, value_name = "LOSS", help_heading = "Data")]
    loss: Option<String>,
    /// Element type of untyped (`V1`, `V2`) arrays in npz and npy files: bfloat16, float16, float8_e4m3fn or
    /// float8_e5m2
    #[arg(long, value_name = "DTYPE", help_heading = "Data")]
    dtype: Option<String>,
}

/// How a command uses the rows of `--data FILE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// All rows are the batch.
    Batch,
    /// Batches are drawn from them.
    Drawn,
}

impl FileOptions {
    /// The file that `--data` names; `None` for the built-in data.
    ///
    /// # Errors
    /// Neither a known name nor a file, with the nearest name.
    pub fn data(text: &str) -> Result<(Data, Option<&Path>), Failure> {
        let data = Data::or_file(text).map_err(Failure::Input)?;
        Ok((data, (data == Data::File).then(|| Path::new(text))))
    }

    /// True if the network comes from a file.
    pub fn has_weights(&self) -> bool {
        self.weights.is_some()
    }

    /// The element type of untyped arrays.
    ///
    /// # Errors
    /// An unknown type, with the nearest known one.
    pub fn dtype(&self) -> Result<Option<Dtype>, Failure> {
        self.dtype.as_deref().map(Dtype::parse).transpose().map_err(Failure::Input)
    }

    /// Reads the files into the spec of all other options; `given` are the options on the command line, and `memory` is
    /// the number of bytes that a run may use, if known.
    ///
    /// # Errors
    /// A file that cannot be used, or an option that contradicts it, with the fix.
    pub fn read(
        &self,
        spec: &mut Spec,
        data: Option<&Path>,
        given: &[String],
        rows: Rows,
        memory: Option<u64>,
    ) -> Result<Files, Failure> {
        let is_given = |option: &str| given.iter().any(|id| id == option);
        let refuse = |message: String| Err(Failure::Input(message));
        for (option, is_there, needs, has) in [
            ("net", self.net.is_some(), "--weights FILE", self.weights.is_some()),
            ("layers-from", self.layers_from.is_some(), "--weights FILE", self.weights.is_some()),
            ("loss", self.loss.is_some(), "--data FILE", data.is_some()),
            ("dtype", self.dtype.is_some(), "--weights FILE or --data FILE", self.weights.is_some() || data.is_some()),
        ] {
            if is_there && !has {
                return refuse(format!("--{option} has no effect without {needs}: add that, or leave out the option"));
            }
        }
        let fixing =
            |field: &Field<Spec>| field.option.fixed_by.file(self.has_weights(), data.is_some(), rows == Rows::Batch);
        let given = Spec::FIELDS.iter().filter(|field| is_given(field.name));
        let excluded = given.filter_map(|field| Some((field, fixing(field)?)));
        if let Some((field, file)) = excluded.min_by_key(|(field, _)| field.option.fixed_by) {
            let option = field.option.long;
            return refuse(format!("--{option}: {file} determines it; leave out --{option} or {file}"));
        }
        if self.net.is_some() && is_given("activations") {
            return refuse("--net and --act both give the activations: leave one out".into());
        }
        let dtype = self.dtype()?;
        let loss = self.loss.as_deref().map(Loss::parse).transpose().map_err(Failure::Input)?;
        let mut files = Files { room: Room::of(memory), ..Files::default() };
        if let Some(path) = &self.weights {
            let layers = match &self.net {
                Some(net) => Some(read_net(net).map_err(Failure::Input)?),
                // Several activations are compared, as with drawn networks.
                None if is_given("activations") => Some(Activations::Compared(spec.activations.clone())),
                None => None,
            };
            let trials = spec.trials;
            files.weights_from(spec, path, dtype, layers, self.layers_from.as_deref())?;
            if rows == Rows::Drawn {
                // The trials share the network and differ in their batches.
                spec.trials = trials;
            }
        }
        if let Some(path) = data {
            match rows {
                Rows::Batch => files.batch(spec, path, dtype, loss)?,
                Rows::Drawn => files.rows(spec, path, dtype, loss)?,
            }
        }
        Ok(files)
    }
}
