//! Checkpoints of long runs: `--resume` continues from one, and without it a run starts over.

use super::failure::Failure;
use crate::disk;
use std::io::{self, Write};
use std::path::Path;

/// Name of the file that holds the state of an unfinished run.
pub const CHECKPOINT: &str = "checkpoint";

/// A resumable run in words: `("training", "at step 0")`.
#[derive(Clone, Copy)]
pub struct Work {
    /// What kind of run it is.
    pub name: &'static str,
    /// Where it starts without a checkpoint.
    pub beginning: &'static str,
}

/// The checkpoint to continue from; `None` if the run starts over, with a note if the user may have expected otherwise.
///
/// # Errors
/// The checkpoint exists but cannot be read, with the fix.
pub fn found(directory: &Path, work: Work, resume: bool, is_silent: bool) -> Result<Option<Vec<u8>>, Failure> {
    let note = |words: String| {
        if !is_silent {
            let _ = writeln!(io::stderr(), "note: {words}");
        }
    };
    let Work { name, beginning } = work;
    match (disk::stored(&directory.join(CHECKPOINT), u64::MAX), resume) {
        (Ok(bytes), true) => Ok(Some(bytes)),
        (Err(unread), true) if unread.is_absent() => {
            note(format!("there is no checkpoint, so the {name} starts {beginning}"));
            Ok(None)
        }
        (Err(unread), true) => Err(unusable(directory, unread)),
        (Ok(_), false) => {
            note(format!("this overwrites the checkpoint of a stopped {name}; --resume would have continued from it"));
            Ok(None)
        }
        (Err(_), false) => Ok(None),
    }
}

/// The error about an unusable checkpoint; `why` completes a sentence that starts with its path.
pub fn unusable(directory: &Path, why: impl std::fmt::Display) -> Failure {
    let path = directory.join(CHECKPOINT);
    Failure::Input(format!("`{}` {why}: leave out --resume to start over", path.display()))
}
