//! The files of a study's report but its record: the page, the tables and the pictures.

use super::{charts_csv, findings_csv, markdown};
use crate::record::study::Study;
use crate::report::draw::{self, Origin};
use crate::report::files;

/// The report as a page.
pub const PAGE: &str = "study.md";

/// The picture of all claims.
pub const PICTURE: &str = "study.png";

/// Letters of the claims that there are.
const LETTERS: [char; 6] = ['a', 'b', 'c', 'd', 'e', 'f'];

/// The tables: of findings, and of what the charts show.
const TABLES: [&str; 2] = ["findings.csv", "charts.csv"];

/// The picture of all claims, without its ending.
pub(super) const STEM: &str = "study";

/// Names of all files of a study's report.
pub fn names() -> Vec<String> {
    let own = [files::STUDY, files::RUN, PAGE].into_iter().chain(TABLES).map(String::from);
    let stems = LETTERS.map(|letter| format!("claim-{letter}")).into_iter().chain([STEM.to_string()]);
    own.chain(stems.flat_map(|stem| ["svg", "png"].map(|ending| format!("{stem}.{ending}")))).collect()
}

/// Names and contents of all files, the picture of all claims last.
///
/// # Errors
/// As [`draw::study_svg`].
pub fn drawn(study: &Study, theme: crate::report::svg::Theme) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut files = vec![
        (PAGE.to_string(), markdown(study).into_bytes()),
        (TABLES[0].to_string(), findings_csv(study).into_bytes()),
        (TABLES[1].to_string(), charts_csv(study).into_bytes()),
    ];
    let origin = Origin::new(&study.version, &study.spec_hash, std::iter::empty());
    for (claim, stem) in study.claims.iter().zip(stems(study)) {
        files.extend(origin.files(&stem, &draw::claim_svg(study, claim, theme.into())?)?);
    }
    files.extend(origin.files(STEM, &draw::study_svg(study, theme.into())?)?);
    Ok(files)
}

/// The claims' pictures without their endings, `claim-a` and on; by their place where letters are no names of their own.
pub fn stems(study: &Study) -> Vec<String> {
    let letters: Vec<char> = study.claims.iter().map(|claim| claim.letter).collect();
    let is_name =
        |letter: &char| letter.is_ascii_lowercase() && letters.iter().filter(|other| *other == letter).count() == 1;
    let stem = |(index, letter): (usize, &char)| {
        if is_name(letter) { format!("claim-{letter}") } else { format!("claim-{}", index + 1) }
    };
    letters.iter().enumerate().map(stem).collect()
}
