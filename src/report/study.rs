//! A study in plain words.
use crate::record::study::Study;
use std::path::Path;
/// As text.
pub fn terminal(study: &Study, _: Option<&Path>) -> String {
    let mut text = String::new();
    for claim in &study.claims {
        text += &format!("({}) {} {}\n", claim.letter, claim.statement, claim.answer);
        for reason in &claim.reasons {
            text += &format!("   {reason}\n");
        }
        for f in &claim.findings {
            text += &format!("      {}: {:?}\n", f.what, f.value);
        }
    }
    text
}
/// Files.
pub fn drawn(_: &Study, _: crate::report::draw::Theme) -> Result<Vec<(String, Vec<u8>)>, String> {
    Ok(vec![])
}
