//! The data of a spec: built-in sets, or a file.

use super::fields::parsed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where inputs and targets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// The handwritten digits: 1797 images of 8×8 pixels, 10 classes, softmax cross-entropy.
    Digits,
    /// Gaussian inputs and targets, rounded to the grid; mean squared error.
    Gaussian,
    /// A file, which `batch_file` names.
    File,
}

impl Data {
    /// The built-in data sets by name.
    pub const ALL: [(&str, Data); 2] = [("digits", Data::Digits), ("gaussian", Data::Gaussian)];

    /// Samples that can be drawn without replacement, if there is a limit.
    pub fn samples(self) -> Option<usize> {
        match self {
            Data::Digits => Some(crate::assets::DIGITS),
            Data::Gaussian | Data::File => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Data::ALL.iter().find(|(_, data)| *data == self).map_or("file", |(name, _)| name)
    }

    /// Reads a name.
    ///
    /// # Errors
    /// A sentence with the nearest known name.
    pub fn parse(text: &str) -> Result<Data, String> {
        Data::ALL.iter().find(|(name, _)| *name == text).map(|(_, data)| *data).ok_or_else(|| {
            let known = crate::nearest::nearest(text, Data::ALL.iter().map(|(name, _)| *name));
            format!(
                "unknown data `{text}`; did you mean `{known}`? (`digits`, `gaussian`, or a .safetensors or .npz file)"
            )
        })
    }

    /// Reads a name, or the path of a file.
    ///
    /// # Errors
    /// Neither a known name nor a file, with the nearest name.
    pub fn or_file(text: &str) -> Result<Data, String> {
        // A symbolic link that leads nowhere is a file, too, whose reading says why.
        let is_file = || text.contains(['.', '/', '\\']) || Path::new(text).symlink_metadata().is_ok();
        Data::parse(text).or_else(|message| if is_file() { Ok(Data::File) } else { Err(message) })
    }
}

parsed!(Data, Data::or_file, |data| data.name().into());
