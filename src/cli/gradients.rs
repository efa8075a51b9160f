//! `--export DIR`: the network, the batch and all gradients as files that other programs can read.

use super::failure::{Failure, told};
use super::folder::{Folder, refuse_stdout, unwritable};
use super::targets::{Target, Targets};
use crate::disk;
use crate::export::{self, GRADIENTS, TRUTH};
use crate::quote::listed;
use crate::record::Record;
use crate::report::files;
use crate::spec::Plan;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Gradients for other programs.
#[derive(clap::Args, Debug)]
pub struct GradientExport {
    /// Write trial 1 for other programs, as safetensors: the network, the batch, the exact gradients and those of every
    /// precision
    ///
    /// Tensors have the names of a torch.nn.Sequential; truth.json holds the exact gradients with up to 60 digits and
    /// their error bounds. Each of several activations gets its own folder
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    export: Option<PathBuf>,
}

/// The folder of one run's gradients, and the files that may be written there.
pub struct Destination {
    path: PathBuf,
    /// `None` for the folder of the report, which is locked already.
    _folder: Option<Folder>,
    targets: Vec<(String, Target)>,
}

/// The option's name in messages.
const OPTION: (&str, &str) = ("--export", "DIR");

impl GradientExport {
    /// Checks, before anything is measured, that the files may be written together with a report.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub fn claim(
        &self,
        plan: &Plan,
        force: bool,
        report: &Folder,
        targets: &mut Targets,
    ) -> Result<Vec<Destination>, Failure> {
        let Some(directory) = &self.export else { return Ok(Vec::new()) };
        if plan.spec.residual {
            let message = "--export: an nn.Sequential has no skip connections; leave out --residual or --export";
            return Err(Failure::Input(message.into()));
        }
        refuse_stdout(OPTION.0, directory)?;
        let mut destinations = Vec::new();
        for (path, run) in folders(directory, plan).into_iter().zip(&plan.runs) {
            refuse_foreign(&path, &export::names(plan), force)?;
            let folder = if report.is(&path) { None } else { Some(Folder::lock(OPTION.0, &path)?) };
            let mut claimed = Vec::new();
            for name in export::names(plan) {
                let target = targets.claim(OPTION, &path.join(&name), b"")?;
                claimed.push((name, target));
            }
            accept(&claimed, &export::inputs(plan, run))?;
            destinations.push(Destination { path, _folder: folder, targets: claimed });
        }
        Ok(destinations)
    }
}

/// Writes the files, and notes which other gradients stay in the folder.
///
/// # Errors
/// One sentence with the fix; if a file exists with other contents, nothing is written.
pub fn write(destinations: &[Destination], plan: &Plan, record: &Record, is_silent: bool) -> Result<(), Failure> {
    let runs = destinations.iter().zip(&plan.runs).zip(&record.runs);
    let contents: Vec<_> = runs.map(|((to, one), run)| (to, export::files(plan, one, run))).collect();
    contents.iter().try_for_each(|(to, files)| accept(&to.targets, files))?;
    for (to, files) in &contents {
        for (name, bytes) in files {
            target(&to.targets, name).map_or(Ok(()), |target| target.write(bytes))?;
        }
        let mut others = gradients(&to.path)?;
        others.retain(|name| !files.iter().any(|(written, _)| written == name));
        if !others.is_empty() && !is_silent {
            others.sort();
            let note = format!(
                "note: `{}` keeps files that are not part of this export: {}",
                to.path.display(),
                listed(&others)
            );
            let _ = writeln!(io::stderr(), "{}", told(&note));
        }
    }
    Ok(())
}

fn target<'t>(targets: &'t [(String, Target)], name: &str) -> Option<&'t Target> {
    targets.iter().find(|(claimed, _)| claimed == name).map(|(_, target)| target)
}

fn accept(targets: &[(String, Target)], files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let mut known = files.iter().filter_map(|(name, bytes)| Some((target(targets, name)?, bytes)));
    known.try_for_each(|(target, bytes)| target.accepts(bytes))
}

/// Accepts a folder that is empty or holds an export, or the remains of one from a killed run.
fn refuse_foreign(folder: &Path, names: &[String], force: bool) -> Result<(), Failure> {
    let is_left = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let is_own = names.iter().any(|own| name == own.as_str());
        is_own || name == disk::LOCK || disk::is_partial(&name) || disk::is_vacant(&entry.path())
    };
    let holds_any = fs::read_dir(folder).is_ok_and(|found| found.flatten().any(|entry| !is_left(&entry)));
    if force || !holds_any || folder.join(TRUTH).is_file() {
        return Ok(());
    }
    let place = folder.display();
    Err(Failure::Input(format!(
        "`{place}` is not empty and holds no {TRUTH}: choose another place with --export DIR, or write there with --force"
    )))
}

/// The gradient files in a folder.
fn gradients(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| unwritable(OPTION.0, folder, &error))?;
    let files = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_dir()));
    let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| name.starts_with(GRADIENTS) && !disk::is_partial(name.as_ref())).collect())
}

/// The directory itself, or one subdirectory for each of several activations.
fn folders(directory: &Path, plan: &Plan) -> Vec<PathBuf> {
    match plan.runs.len() {
        1 => vec![directory.to_path_buf()],
        // The subdirectories are named like the pictures.
        _ => files::Pictures::new(&plan.spec.activations)
            .runs
            .iter()
            .map(|names| directory.join(&names.summary))
            .collect(),
    }
}
