//! `--weights`, `--net`, `--data FILE` and what they exclude: a spec from files instead of draws.

use super::Failure;
use crate::exchange::{Activations, Dtype, Room, read_net};
use crate::spec::{Data, Files, Loss, Spec};
use std::path::{Path, PathBuf};

/// A network or a batch of the user's own.
#[derive(clap::Args, Debug)]
pub struct FileOptions {
    /// Use this network instead of drawn ones: fully connected layers as PyTorch, Hugging Face, Flax or Keras name them
    /// (0.weight, fc1.bias, params/Dense_0/kernel, …) and PReLU slopes, as safetensors, npz or the index.json of shards;
    /// --act or --net gives the activations
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    weights: Option<PathBuf>,
    /// Take these layers of --weights, in this order: fc1,fc2,head [default: all, by number, else in the order of the file]
    #[arg(long, value_name = "LAYERS", value_delimiter = ',', help_heading = "Network")]
    layers_from: Option<Vec<String>>,
    /// Activations of --weights as TOML: activation = "relu", or activations = ["relu", "tanh"] with one name per hidden
    /// layer
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    net: Option<PathBuf>,
    /// How `y` of --data FILE is read where its type does not say so: cross-entropy (class indices) or mse (targets, also
    /// where every row is a probability distribution)
    #[arg(long, value_name = "LOSS", help_heading = "Data")]
    loss: Option<String>,
    /// What numbers without a type in npz and npy files are (NumPy writes bfloat16 as V2, 8-bit floats as V1): bfloat16,
    /// float16, float8_e4m3fn or float8_e5m2
    #[arg(long, value_name = "DTYPE", help_heading = "Data")]
    dtype: Option<String>,
}

/// What a network from a file fixes, so that an option would contradict it.
const OF_WEIGHTS: [&str; 6] = ["depth", "width", "bias", "init", "gain", "residual"];

/// What a command makes of the rows of `--data FILE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// All of them are the one batch.
    Batch,
    /// Batches are drawn from them.
    Drawn,
}

impl Rows {
    /// Further options that a file fixes, with what fixes them: where all rows are the batch, a network from a file is
    /// measured once, and nothing is drawn where both are files.
    fn fixed(self, has_weights: bool, has_data: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
        let is_whole = self == Rows::Batch;
        let all = [
            ("trials", "--weights", has_weights),
            ("batch", "--data FILE", has_data),
            ("seed", "--weights", has_weights && has_data),
        ];
        all.into_iter().filter(move |(.., fixes)| is_whole && *fixes).map(|(option, file, _)| (option, file))
    }
}

impl FileOptions {
    /// The file that `--data` names; none for the built-in data.
    ///
    /// # Errors
    /// What is neither a name nor looks like a file, with the nearest name.
    pub fn data(text: &str) -> Result<(Data, Option<&Path>), Failure> {
        match Data::parse(text) {
            Ok(data) => Ok((data, None)),
            Err(_) if text.contains(['.', '/', '\\']) || Path::new(text).exists() => {
                Ok((Data::File, Some(Path::new(text))))
            }
            Err(message) => Err(Failure::Input(format!("{message} A file is a .safetensors or .npz"))),
        }
    }

    /// True if the network comes from a file.
    pub fn has_weights(&self) -> bool {
        self.weights.is_some()
    }

    /// What numbers without a type are.
    ///
    /// # Errors
    /// A type that is not known, with the nearest one.
    pub fn dtype(&self) -> Result<Option<Dtype>, Failure> {
        self.dtype.as_deref().map(Dtype::parse).transpose().map_err(Failure::Input)
    }

    /// Reads the files into the spec of all other options; `given` are the options of the command line, and `memory` is
    /// how many bytes a run may take, if that is known.
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
                return refuse(format!("--{option} has no effect without {needs}: give that, too, or leave it out"));
            }
        }
        let of_weights = OF_WEIGHTS.into_iter().filter(|_| self.has_weights()).map(|option| (option, "--weights"));
        let mut excluded = of_weights.chain(rows.fixed(self.has_weights(), data.is_some()));
        if let Some((option, file)) = excluded.find(|(option, _)| is_given(option)) {
            return refuse(format!("--{option}: {file} fixes it; leave out --{option} or {file}"));
        }
        if self.net.is_some() && is_given("activations") {
            return refuse("--net and --act both say the activations: leave one out".into());
        }
        let dtype = self.dtype()?;
        let loss = self.loss.as_deref().map(Loss::parse).transpose().map_err(Failure::Input)?;
        let mut files = Files { room: Room::of(memory), ..Files::default() };
        if let Some(path) = &self.weights {
            let layers = match &self.net {
                Some(net) => Some(read_net(net).map_err(Failure::Input)?),
                // Several are compared, as with drawn networks.
                None if is_given("activations") => Some(Activations::Compared(spec.activations.clone())),
                None => None,
            };
            let trials = spec.trials;
            files.weights_from(spec, path, dtype, layers, self.layers_from.as_deref())?;
            if rows == Rows::Drawn {
                // The network stays, its batches change.
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
