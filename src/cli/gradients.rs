//! `--export DIR`: the network, the batch and all gradients as files for other programs.

use super::Failure;
use crate::export::{self, GRADIENTS, TRUTH};
use crate::record::Record;
use crate::report::files;
use crate::spec::Plan;
use std::fs;
use std::path::{Path, PathBuf};

/// Gradients for other programs.
#[derive(clap::Args, Debug)]
pub struct GradientExport {
    /// Write trial 1 for other programs: network, batch, every arithmetic's gradients and the true ones as safetensors
    /// with the names of a torch.nn.Sequential, and truth.json (up to 60 digits, error bounds); of several activations a
    /// folder each
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    export: Option<PathBuf>,
}

impl GradientExport {
    /// Makes sure, before anything is measured, that the files may be written.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub fn check(&self, plan: &Plan, force: bool) -> Result<(), Failure> {
        let Some(directory) = &self.export else { return Ok(()) };
        let refuse = |message: String| Err(Failure::Input(message));
        if plan.spec.residual {
            return refuse("--export: an nn.Sequential has no skips; leave out --residual or --export".into());
        }
        for folder in folders(directory, plan) {
            let is_foreign = fs::read_dir(&folder).is_ok_and(|mut found| found.next().is_some())
                && !folder.join(TRUTH).is_file()
                && !force;
            if is_foreign {
                let place = folder.display();
                return refuse(format!(
                    "`{place}` is not empty and holds no {TRUTH}: choose another place with --export DIR, or write there with --force"
                ));
            }
            let tried = fs::create_dir_all(&folder).and_then(|()| files::check_file(&folder.join(TRUTH)));
            tried.map_err(|error| unwritable(&folder, &error))?;
        }
        Ok(())
    }

    /// Writes the files and removes the gradients of an earlier export that are not among them.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub fn write(&self, plan: &Plan, record: &Record) -> Result<(), Failure> {
        let Some(directory) = &self.export else { return Ok(()) };
        for ((folder, one), run) in folders(directory, plan).into_iter().zip(&plan.runs).zip(&record.runs) {
            let contents = export::files(plan, one, run);
            let stale: Vec<String> = fs::read_dir(&folder)
                .map_err(|error| unwritable(&folder, &error))?
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .filter(|name| name.starts_with(GRADIENTS) && !contents.iter().any(|(written, _)| written == name))
                .collect();
            let written = files::write(&folder, &contents).and_then(|()| files::remove(&folder, &stale));
            written.map_err(|error| unwritable(&folder, &error))?;
        }
        Ok(())
    }
}

/// The directory itself, or of several activations one in it for each.
fn folders(directory: &Path, plan: &Plan) -> Vec<PathBuf> {
    match plan.runs.len() {
        1 => vec![directory.to_path_buf()],
        // As the pictures are called.
        _ => files::Pictures::new(&plan.spec.activations)
            .runs
            .iter()
            .map(|names| directory.join(&names.summary))
            .collect(),
    }
}

fn unwritable(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::Input(format!("cannot write to `{}` ({error}): choose another place with --export DIR", folder.display()))
}
