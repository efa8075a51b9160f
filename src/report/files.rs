//! Report directories: what they hold, what may be written where, and files that appear whole or not at all.

use crate::disk;
use crate::record::Spec;
use crate::report::probe::panels::Kind;
use serde::Deserialize;
use std::fs;
use std::io;
use std::path::Path;

/// The file that says which spec a report directory belongs to.
pub const RECORD: &str = "record.json";

/// The same of a law's report.
pub const LAW: &str = "law.json";

/// The same of a training's.
pub const TRAINING: &str = "training.json";

/// The same of a study's.
pub const STUDY: &str = "study.json";

/// The conclusions of a sweep.
pub const SWEEP: &str = "sweep.json";
/// What a sweep measures.
pub const PLAN: &str = "plan.json";

/// The report as a page.
pub const PAGE: &str = "report.html";

/// The tables of a probe: every layer over the trials, every trial, every source of noise, every remedy.
pub const TABLES: [&str; 4] = ["summary.csv", "trials.csv", "sources.csv", "remedies.csv"];

/// What differs between two runs of the same spec.
pub const RUN: &str = "run.json";

/// The picture of a single run, without its ending.
const SUMMARY: &str = "summary";

/// The poster of all panels of a single run, and the ending of those of several.
const DETAILS: &str = "details";

/// The picture that compares several runs, without its ending.
pub const COMPARISON: &str = "compare";

/// The folder of single panels.
const PANELS: &str = "panels";

/// What pictures are saved as.
const ENDINGS: [&str; 2] = ["svg", "png"];

/// Names of a report's pictures, without their endings: each is there as SVG and as PNG.
#[derive(Clone, Debug, PartialEq)]
pub struct Pictures {
    /// One per run.
    pub runs: Vec<RunPictures>,
    /// The comparison of several runs: `compare`.
    pub comparison: Option<String>,
}

/// Names of a run's pictures, without their endings.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPictures {
    /// The slide: `summary`; of several runs `relu`, `leaky-0.2001953125`.
    pub summary: String,
    /// The poster: `details`; of several runs `relu-details`.
    pub details: String,
    /// `panels/noise`; of several runs `panels/relu/noise`. A run that has nothing to show in a panel has no such picture.
    pub panels: Vec<(Kind, String)>,
}

impl Pictures {
    /// The names for a spec's activations.
    pub fn new(activations: &[String]) -> Pictures {
        let run = |summary: String, details: String, folder: &str| RunPictures {
            summary,
            details,
            panels: Kind::ALL.into_iter().map(|panel| (panel, format!("{folder}/{}", panel.name()))).collect(),
        };
        if let [_] | [] = activations {
            let runs = activations.iter().map(|_| run(SUMMARY.into(), DETAILS.into(), PANELS)).collect();
            return Pictures { runs, comparison: None };
        }
        let mut runs: Vec<RunPictures> = Vec::new();
        for activation in activations {
            let name = free_name(activation, |name| {
                let mut taken = runs.iter().flat_map(|run| [&run.summary, &run.details]);
                name == PANELS || taken.any(|taken| taken == name)
            });
            let (folder, details) = (format!("{PANELS}/{name}"), format!("{name}-{DETAILS}"));
            runs.push(run(name, details, &folder));
        }
        Pictures { runs, comparison: Some(COMPARISON.into()) }
    }

    /// Every file, the main picture last: `summary.png`, or of several runs `compare.png`.
    pub fn files(&self) -> Vec<String> {
        let runs = self
            .runs
            .iter()
            .flat_map(|run| run.panels.iter().map(|(_, stem)| stem).chain([&run.details, &run.summary]));
        runs.chain(&self.comparison).flat_map(|stem| ENDINGS.map(|ending| format!("{stem}.{ending}"))).collect()
    }
}

/// Largest record that a page carries along, in bytes: a larger one is only beside it.
pub const LARGEST_CARRIED: usize = 4 << 20;

/// Pictures of the report that a directory holds, less those about to be written: they tell of another spec.
pub fn stale_pictures(directory: &Path, kept: &[String]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Head {
        spec: Spec,
    }
    let bytes = disk::stored(&directory.join(RECORD), u64::MAX).unwrap_or_default();
    // What is no record names no pictures.
    let old =
        serde_json::from_slice::<Head>(&bytes).map_or(Vec::new(), |head| Pictures::new(&head.spec.activations).files());
    old.into_iter().filter(|name| !kept.contains(name) && !disk::was_read(&directory.join(name))).collect()
}

/// Removes files that may be absent, and folders of theirs that are empty then.
///
/// # Errors
/// The first error of the file system.
pub fn remove(directory: &Path, names: &[String]) -> io::Result<()> {
    for name in names {
        match fs::remove_file(directory.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // From the innermost folder outwards; one that still holds something stays.
        let folders = Path::new(name).ancestors().skip(1).filter(|folder| *folder != Path::new(""));
        for folder in folders {
            if fs::remove_dir(directory.join(folder)).is_err() {
                break;
            }
        }
    }
    Ok(())
}

/// Names of the files of a record's report, as far as its spec tells; no pictures are drawn of what has nothing to show.
pub fn names(activations: &[String]) -> Vec<String> {
    let own = [RECORD, RUN].into_iter().chain(TABLES).chain([PAGE]).map(String::from);
    own.chain(Pictures::new(activations).files()).collect()
}

/// Writes each file next to its place under a temporary name and renames it, in the order given.
///
/// Whoever reads the directory meanwhile sees the old file or the new one, never a part; a failure
/// leaves the old ones and no temporary file, and files before the failing one are already new. Put
/// [`RECORD`] first: then a killed run leaves a directory that the same spec may write again.
///
/// # Errors
/// The first error of the file system, with the file's name.
pub fn write<N: AsRef<str>>(directory: &Path, files: &[(N, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, bytes) in files {
        let (name, target) = (name.as_ref(), directory.join(name.as_ref()));
        let folder = target.parent().map_or(Ok(()), fs::create_dir_all);
        let written = folder.and_then(|()| disk::write_file(&target, bytes));
        written.map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
    }
    Ok(())
}

/// Makes sure, before anything is measured, that [`write()`] can write files of these names: each is a regular file or
/// absent, none was read, and their folders take files.
///
/// # Errors
/// One sentence with the file and the fix.
pub fn check_names(directory: &Path, names: &[String]) -> Result<(), String> {
    let refuse =
        |path: &Path, what: String| Err(format!("`{}` {what}: choose another place with --out DIR", path.display()));
    let mut folders: Vec<&Path> = Vec::new();
    for name in names {
        let target = directory.join(name);
        let found = fs::metadata(&target);
        if let Some(found) = found.ok().filter(|found| !found.is_file()) {
            return refuse(&target, format!("is {}, and the report has a file there", disk::kind(found.file_type())));
        }
        if disk::was_read(&target) {
            return refuse(&target, "is read by this run, which would replace it".into());
        }
        let above = Path::new(name).ancestors().skip(1).filter(|folder| *folder != Path::new(""));
        folders.extend(above.filter(|folder| !folders.contains(folder)).collect::<Vec<_>>());
    }
    for folder in folders.into_iter().map(|folder| directory.join(folder)) {
        match fs::symlink_metadata(&folder) {
            Err(_) => {}
            Ok(found) if found.is_symlink() => {
                return refuse(
                    &folder,
                    "is a link to another place, and the report has a folder of its own there".into(),
                );
            }
            Ok(_) if !folder.is_dir() => {
                return refuse(&folder, "is no directory, and the report has one there".into());
            }
            Ok(_) => {
                disk::check_folder(&folder).or_else(|error| refuse(&folder, format!("takes no files ({error})")))?
            }
        }
    }
    Ok(())
}

/// Makes sure, before anything is measured, that a report may be written here.
///
/// The directory is made if need be and tried with a file. A directory of the same spec may be
/// replaced; another spec's, or one that holds other files, only with `force`.
///
/// # Errors
/// One sentence with the fix.
pub fn check_target(directory: &Path, spec_hash: &str, force: bool) -> Result<(), String> {
    check_target_of(directory, RECORD, spec_hash, force)
}

/// The same for a report whose spec stands in another file than [`RECORD`].
///
/// # Errors
/// One sentence with the fix.
pub fn check_target_of(directory: &Path, record: &str, spec_hash: &str, force: bool) -> Result<(), String> {
    let place = directory.display();
    let unusable =
        |error: io::Error| format!("cannot write to `{place}` ({error}): choose another place with --out DIR");
    fs::create_dir_all(directory).map_err(unusable)?;
    if !force {
        refuse_foreign(directory, record, spec_hash).map_err(|found| {
            format!("`{place}` {found}: choose another place with --out DIR, or overwrite it with --force")
        })?;
    }
    disk::check_folder(directory).map_err(unusable)
}

/// Says what the directory holds, if that is anything but a report of this spec.
fn refuse_foreign(directory: &Path, record: &str, spec_hash: &str) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Head {
        spec_hash: String,
    }
    let bytes = match disk::stored(&directory.join(record), u64::MAX) {
        Ok(bytes) => bytes,
        Err(unread) if unread.is_absent() => {
            fs::read_dir(directory).map_err(|error| format!("cannot be listed ({error})"))?;
            // What a killed run left is ignored.
            return match disk::is_vacant(directory) {
                false => Err(format!("is not empty and holds no {record}")),
                true => Ok(()),
            };
        }
        Err(unread) => return Err(format!("holds a {record} that {unread}")),
    };
    match serde_json::from_slice::<Head>(&bytes) {
        Ok(head) if head.spec_hash == spec_hash => Ok(()),
        Ok(_) => Err("holds a report with other options or of another version".into()),
        Err(_) => Err(format!("holds a {record} that is not a record")),
    }
}

/// An activation's name as a picture's: canonical names stay apart when made safe, others are numbered.
pub fn free_name(activation: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let plain = safe(activation);
    let numbered = (2u64..).map(|number| format!("{plain}-{number}"));
    let is_free = |name: &String| !is_taken(name) && ![COMPARISON, ".", "..", ""].contains(&name.as_str());
    std::iter::once(plain.clone()).chain(numbered).find(is_free).unwrap_or(plain)
}

/// A value as part of a file's name: every character outside `a-z 0-9 . = _ +` as `-`.
pub fn safe(value: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '=' | '_' | '+') { c } else { '-' };
    value.to_lowercase().chars().map(keep).collect()
}
