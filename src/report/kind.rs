//! What every kind of record has: its report's files, and what a terminal shows of it.

use super::page::Page;
use super::panel::Sheet;
use super::svg::{Origin, Theme};
use super::view::View;
use super::{files, html};
use crate::record::{Evidence, Record};
use std::path::Path;

/// What every record says of itself.
pub struct Head<'r> {
    /// The name of its file.
    pub file: &'static str,
    /// The version of the program that measured.
    pub version: &'r str,
    /// The hash of its spec.
    pub spec_hash: &'r str,
    /// Runs or claims.
    pub parts: usize,
}

/// A record of any kind.
pub trait Kind: Send + Sync {
    /// What it says of itself.
    fn head(&self) -> Head<'_>;
    /// The bytes of its file.
    fn json(&self) -> String;
    /// How well the exact gradients of its pictures are known.
    fn evidence(&self) -> Vec<Evidence>;
    /// Looks for contradictions.
    ///
    /// # Errors
    /// What contradicts itself in it, as a part of a sentence.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
    /// The tables and texts next to its page, by name.
    fn tables(&self) -> Vec<(&'static str, String)>;
    /// Its page.
    ///
    /// # Errors
    /// Why it has none.
    fn page(&self) -> Result<Page, String>;
    /// Its pictures, the main one last.
    fn sheets(&self) -> Vec<Sheet>;
    /// The first screen, or with details everything, and where the report with this picture is.
    fn terminal(&self, view: View, picture: Option<&Path>) -> String;
    /// The record itself, if it is a probe's.
    fn probe(&self) -> Option<&Record> {
        None
    }

    /// File names and contents of everything but the record and `run.json`; the main picture comes last. Pictures are drawn
    /// in parallel; the page takes its theme from the reader's screen.
    ///
    /// # Errors
    /// What could not be drawn, and that a record without a run has nothing to show.
    fn drawn(&self, theme: Theme) -> Result<Vec<(String, Vec<u8>)>, String> {
        let Head { version, spec_hash, parts, .. } = self.head();
        if parts == 0 {
            return Err("the record has no run".into());
        }
        let texts = self.tables().into_iter().chain([(files::PAGE, html::page(&self.page()?)?)]);
        let pictures = Origin::new(version, spec_hash, self.evidence().into_iter()).pictures(&self.sheets(), theme)?;
        Ok(texts.map(|(name, text)| (name.to_string(), text.into_bytes())).chain(pictures).collect())
    }
}
