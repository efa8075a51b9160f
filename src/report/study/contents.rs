//! The files of a study's report but its record: the page, the tables and the pictures.

use super::stems::STEM;
use super::{charts_csv, findings_csv, markdown, panels};
use crate::record::study::Study;
use crate::report::files;
use crate::report::svg::{Origin, Theme};

/// The report as a page.
pub const PAGE: &str = "study.md";

/// The picture of all claims.
pub const PICTURE: &str = "study.png";

/// Letters of the claims that there are.
const LETTERS: [char; 6] = ['a', 'b', 'c', 'd', 'e', 'f'];

/// The tables: of findings, and of what the charts show.
const TABLES: [&str; 2] = ["findings.csv", "charts.csv"];

/// Names of all files of a study's report.
pub fn names() -> Vec<String> {
    let own = [files::STUDY, files::RUN, PAGE].into_iter().chain(TABLES).map(String::from);
    let stems = LETTERS.map(|letter| format!("claim-{letter}")).into_iter().chain([STEM.to_string()]);
    own.chain(stems.flat_map(|stem| ["svg", "png"].map(|ending| format!("{stem}.{ending}")))).collect()
}

/// Names and contents of all files, the picture of all claims last.
///
/// # Errors
/// What could not be drawn.
pub fn drawn(study: &Study, theme: Theme) -> Result<Vec<(String, Vec<u8>)>, String> {
    let own = [(PAGE, markdown(study)), (TABLES[0], findings_csv(study)), (TABLES[1], charts_csv(study))];
    let own = own.map(|(name, text)| (name.to_string(), text.into_bytes()));
    let origin = Origin::new(&study.version, &study.spec_hash, std::iter::empty());
    Ok(own.into_iter().chain(origin.pictures(&panels::sheets(study), theme)?).collect())
}
