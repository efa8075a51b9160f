//! `--compare` and `--compare-scale`: gradients from other programs, measured like those of our own arithmetics.

use super::failure::Failure;
use crate::exchange::Dtype;
use crate::format::two_to;
use crate::spec::scale::{log2_in_words, within_scales};
use crate::spec::{Files, Model, Spec};
use std::path::Path;

/// Gradients that other programs computed.
#[derive(clap::Args, Debug)]
pub struct CompareOptions {
    /// Compare gradients that another program computed from --weights and --data FILE with the exact ones, under this
    /// name; may be repeated
    ///
    /// FILE is safetensors, npz or npy. Its tensors are matched to the weights by name, or else by shape in the order
    /// of their names
    #[arg(long, value_name = "NAME=FILE", help_heading = "Precision")]
    compare: Vec<String>,
    /// Divide compared gradients by this power of two, the loss scale of the other program: 1024, or torch=1024 for one
    /// file
    #[arg(long, value_name = "[NAME=]SCALE", allow_negative_numbers = true, help_heading = "Precision")]
    compare_scale: Vec<String>,
}

impl CompareOptions {
    /// True if nothing is compared.
    pub fn is_empty(&self) -> bool {
        self.compare.is_empty()
    }

    /// Reads the files into a spec whose weights and batch were read.
    ///
    /// # Errors
    /// What cannot be used, with the fix.
    pub fn read(&self, spec: &mut Spec, files: &mut Files, dtype: Option<Dtype>, model: &Model) -> Result<(), Failure> {
        let mut pairs = Vec::with_capacity(self.compare.len());
        for text in &self.compare {
            let fix = "write a name and a file, such as --compare torch=grads.safetensors";
            pairs.push(text.split_once('=').ok_or_else(|| Failure::Input(format!("--compare {text}: {fix}")))?);
        }
        let scales = self.scales(&pairs).map_err(Failure::Input)?;
        for ((name, path), scale) in pairs.into_iter().zip(scales) {
            files.compare(spec, name, Path::new(path), dtype, scale, model)?;
        }
        Ok(())
    }

    /// The scale of each file; 1 where none is given.
    fn scales(&self, pairs: &[(&str, &str)]) -> Result<Vec<f64>, String> {
        let mut scales: Vec<Option<f64>> = vec![None; pairs.len()];
        for text in &self.compare_scale {
            let fail = |message: &str| Err(format!("--compare-scale {text}: {message}"));
            let (name, number) = match text.split_once('=') {
                Some((name, number)) => (Some(name), number),
                None => (None, text.as_str()),
            };
            let Some(scale) = scale_of(number) else {
                return fail(
                    "give the power of two that the loss was multiplied by, such as 1024 or 2^10 (dividing by any other number would round the gradients)",
                );
            };
            let mut is_used = false;
            for ((known, _), place) in pairs.iter().zip(&mut scales) {
                if name.is_none_or(|name| name == *known) {
                    is_used = true;
                    if place.replace(scale).is_some() {
                        return fail("a file has two scales; keep one");
                    }
                }
            }
            if !is_used {
                return fail("no compared gradients have that name; also give --compare NAME=FILE");
            }
        }
        Ok(scales.into_iter().map(|scale| scale.unwrap_or(1.0)).collect())
    }
}

/// A written scale, if gradients can be divided by it.
fn scale_of(text: &str) -> Option<f64> {
    log2_in_words(text).and_then(within_scales).map(|log2| two_to(log2.into()))
}
