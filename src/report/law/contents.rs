//! The files of a law's report but its record: the table and the picture.

use super::{law_csv, panel};
use crate::record::law::Law;
use crate::report::files;
use crate::report::svg::{Origin, Theme};

/// The table.
const TABLE: &str = "law.csv";

/// Names of all files of a law's report.
pub fn names() -> Vec<String> {
    [files::LAW, files::RUN, TABLE].map(String::from).into_iter().chain(pictures()).collect()
}

fn pictures() -> [String; 2] {
    ["svg", "png"].map(|ending| format!("{}.{ending}", panel::NAME))
}

/// File names and contents of everything but `law.json` and `run.json`, the picture last.
///
/// # Errors
/// A picture could not be drawn.
pub fn drawn(law: &Law, theme: Theme) -> Result<Vec<(String, Vec<u8>)>, String> {
    let origin = Origin::new(&law.version, &law.spec_hash, law.runs.iter().map(|run| run.evidence));
    let pictures = origin.pictures(&[panel::sheet(law)], theme)?;
    Ok([(TABLE.to_string(), law_csv(law).into_bytes())].into_iter().chain(pictures).collect())
}
