//! Folders created for work that may fail.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that had to be created, the innermost first. Dropping this removes those that are still empty.
#[derive(Debug)]
pub struct Made(Vec<PathBuf>);

impl Made {
    /// Creates a folder and its missing parents.
    ///
    /// # Errors
    /// The first error of the file system; then no new folder remains.
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
        // A folder with contents stays, and so do its parents.
        let _ = self.0.iter().try_for_each(fs::remove_dir);
    }
}
