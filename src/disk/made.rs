//! Folders that are made for something that may come to nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that had to be made, the innermost first. Those that are still empty are removed when it is dropped.
#[derive(Debug)]
pub struct Made(Vec<PathBuf>);

impl Made {
    /// Makes a folder and those above it that are missing.
    ///
    /// # Errors
    /// The first error of the file system; then nothing is left behind.
    pub fn new(folder: &Path) -> io::Result<Made> {
        let is_missing = |folder: &&Path| *folder != Path::new("") && !folder.exists();
        let made = Made(folder.ancestors().take_while(is_missing).map(Path::to_path_buf).collect());
        fs::create_dir_all(folder)?;
        Ok(made)
    }

    /// The folders.
    pub fn folders(&self) -> &[PathBuf] {
        &self.0
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // One that holds something stays, and so do those above it.
        let _ = self.0.iter().try_for_each(fs::remove_dir);
    }
}
