//! Names of a study's pictures, without their endings.

use crate::record::study::Study;

/// The picture of all claims.
pub const STEM: &str = "study";

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
