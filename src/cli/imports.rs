//! `--weights`, `--net`, `--data FILE` and what they exclude: a spec from files instead of draws.

use super::Failure;
use crate::exchange::{Activations, Dtype, LossName, Room, read_net};
use crate::spec::{Data, Files, Spec};
use std::path::{Path, PathBuf};

/// A network or a batch of the user's own.
#[derive(clap::Args, Debug)]
pub struct FileOptions {
    /// Measure this network instead of drawn ones: the state dict of a torch.nn.Sequential of nn.Linear and nn.PReLU
    /// (0.weight, 0.bias, 2.weight, …) as safetensors or npz; --act or --net says its activations
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    weights: Option<PathBuf>,
    /// Activations of --weights as TOML: activation = "relu", or activations = ["relu", "tanh"] with one name per hidden
    /// layer
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    net: Option<PathBuf>,
    /// How `y` of --data FILE is read where its type does not say so: cross-entropy (class indices) or mse (targets)
    #[arg(long, value_name = "LOSS", help_heading = "Data")]
    loss: Option<String>,
    /// What numbers without a type in npz and npy files are (NumPy writes bfloat16 as V2, 8-bit floats as V1): bfloat16,
    /// float16, float8_e4m3fn or float8_e5m2
    #[arg(long, value_name = "DTYPE", help_heading = "Data")]
    dtype: Option<String>,
}

/// What a file fixes, so that an option would contradict it.
const OF_WEIGHTS: [&str; 7] = ["depth", "width", "bias", "init", "gain", "residual", "trials"];

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
        memory: Option<u64>,
    ) -> Result<Files, Failure> {
        let is_given = |option: &str| given.iter().any(|id| id == option);
        let refuse = |message: String| Err(Failure::Input(message));
        for (option, is_there, needs, has) in [
            ("net", self.net.is_some(), "--weights FILE", self.weights.is_some()),
            ("loss", self.loss.is_some(), "--data FILE", data.is_some()),
            ("dtype", self.dtype.is_some(), "--weights FILE or --data FILE", self.weights.is_some() || data.is_some()),
        ] {
            if is_there && !has {
                return refuse(format!("--{option} has no effect without {needs}: give that, too, or leave it out"));
            }
        }
        let excluded = [
            self.weights.as_ref().and(OF_WEIGHTS.iter().find(|option| is_given(option)).zip(Some("--weights"))),
            data.and(["batch"].iter().find(|option| is_given(option)).zip(Some("--data FILE"))),
            self.weights.as_ref().and(data).and(["seed"].iter().find(|option| is_given(option)).zip(Some("--weights"))),
        ];
        if let Some((option, file)) = excluded.into_iter().flatten().next() {
            return refuse(format!("--{option}: {file} fixes it; leave out --{option} or {file}"));
        }
        if self.net.is_some() && is_given("activations") {
            return refuse("--net and --act both say the activations: leave one out".into());
        }
        let dtype = self.dtype()?;
        let loss = self.loss.as_deref().map(LossName::parse).transpose().map_err(Failure::Input)?;
        let mut files = Files { room: Room { bytes: memory }, ..Files::default() };
        if let Some(path) = &self.weights {
            let layers = match &self.net {
                Some(net) => Some(read_net(net).map_err(Failure::Input)?),
                // Several are compared, as with drawn networks.
                None if is_given("activations") => Some(Activations::Compared(spec.activations.clone())),
                None => None,
            };
            files.weights(spec, path, dtype, layers)?;
        }
        if let Some(path) = data {
            files.batch(spec, path, dtype, loss)?;
        }
        Ok(files)
    }
}
