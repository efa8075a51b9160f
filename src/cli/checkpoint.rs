//! Checkpoints of long runs: `--resume` goes on from one, and without it a run begins anew.

use super::Failure;
use crate::disk;
use std::io::{self, Write};
use std::path::Path;

/// A run as it stands, while it is under way.
pub const CHECKPOINT: &str = "checkpoint";

/// What is resumed, in words: `("training", "at step 0")`.
#[derive(Clone, Copy)]
pub struct Work {
    /// What it is.
    pub name: &'static str,
    /// Where it begins without a checkpoint.
    pub beginning: &'static str,
}

/// The checkpoint to go on from; `None` if the run begins anew, which is said where somebody may have expected otherwise.
///
/// # Errors
/// It is there and cannot be read, with the fix.
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
            note(format!("there is no checkpoint, and the {name} begins {beginning}"));
            Ok(None)
        }
        (Err(unread), true) => Err(unusable(directory, unread)),
        (Ok(_), false) => {
            note(format!("a checkpoint of a stopped {name} is replaced; --resume would have gone on from it"));
            Ok(None)
        }
        (Err(_), false) => Ok(None),
    }
}

/// A checkpoint that is of no use; `why` is the rest of a sentence that begins with it.
pub fn unusable(directory: &Path, why: impl std::fmt::Display) -> Failure {
    let path = directory.join(CHECKPOINT);
    Failure::Input(format!("`{}` {why}: leave --resume out to begin anew", path.display()))
}
