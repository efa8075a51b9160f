//! Files with a finished cell a line. The end of a killed run may be torn: a last line that is not whole does not count.

use crate::judgement::cell::Cell;
use crate::sweep::Planned;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where the lines of a file are that are whole.
#[derive(Debug)]
pub struct Lines {
    path: PathBuf,
    /// By the place of a cell, where its line begins and how long it is, the end of the line included.
    spans: Vec<Option<(u64, usize)>>,
    /// Bytes of whole lines.
    pub length: u64,
}

impl Lines {
    /// Of no file yet.
    pub fn none(path: &Path, cells: usize) -> Lines {
        Lines { path: path.into(), spans: vec![None; cells], length: 0 }
    }

    /// Reads where the cells of a plan are.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else, in words that follow its name.
    pub fn read(path: &Path, cells: &[Planned]) -> Result<Lines, String> {
        let places: HashMap<&str, usize> =
            cells.iter().enumerate().map(|(place, cell)| (cell.id.as_str(), place)).collect();
        let mut lines = Lines::none(path, cells.len());
        let mut reader = BufReader::new(File::open(path).map_err(|error| format!("cannot be read ({error})"))?);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(|error| format!("cannot be read ({error})"))?;
            if read == 0 || !line.ends_with(b"\n") {
                break;
            }
            let cell: Cell = match serde_json::from_slice(&line) {
                Ok(cell) => cell,
                // A file system may keep the length of a line whose contents are lost.
                Err(_) if reader.fill_buf().is_ok_and(|rest| rest.is_empty()) => break,
                Err(error) => return Err(format!("is damaged in line {number} ({error})")),
            };
            let place = places.get(cell.id.as_str()).copied().filter(|place| cell.cell == place + 1);
            let place = place.ok_or_else(|| format!("has in line {number} a cell that is not in the plan"))?;
            lines.take(place, &line, lines.length).map_err(|error| format!("is damaged in line {number} ({error})"))?;
        }
        Ok(lines)
    }

    /// Notes the line of a cell. One that is there already must be the same.
    fn take(&mut self, place: usize, line: &[u8], at: u64) -> Result<(), String> {
        match self.line(place).map_err(|error| error.to_string())? {
            Some(known) if known != line => return Err("its cell is there twice, with other numbers".into()),
            Some(_) => {}
            None => self.spans[place] = Some((at, line.len())),
        }
        self.length = at + line.len() as u64;
        Ok(())
    }

    /// Notes a line that was appended.
    pub fn appended(&mut self, place: usize, length: usize) {
        if let Some(span) = self.spans.get_mut(place) {
            *span = Some((self.length, length));
        }
        self.length += length as u64;
    }

    /// Whether a cell is there.
    pub fn has(&self, place: usize) -> bool {
        self.spans.get(place).is_some_and(Option::is_some)
    }

    /// The line of a cell.
    pub fn line(&self, place: usize) -> io::Result<Option<Vec<u8>>> {
        let Some((at, length)) = self.spans.get(place).copied().flatten() else { return Ok(None) };
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(at))?;
        let mut line = vec![0; length];
        file.read_exact(&mut line)?;
        Ok(Some(line))
    }
}
