//! A probe's or an audit's record as a kind of record: the files that follow from it alone.

use super::kind::{Head, Kind};
use super::page::Page;
use super::panel::Sheet;
use super::probe::{self, panels};
use super::view::View;
use super::{csv, files, screen};
use crate::record::{Evidence, Record};
use std::path::Path;

impl Kind for Record {
    fn head(&self) -> Head<'_> {
        Head { file: files::RECORD, version: &self.version, spec_hash: &self.spec_hash, parts: self.runs.len() }
    }

    fn json(&self) -> String {
        self.to_json()
    }

    fn evidence(&self) -> Vec<Evidence> {
        self.runs.iter().map(|run| run.truth.evidence).collect()
    }

    fn check(&self) -> Result<(), String> {
        Record::check(self)
    }

    fn tables(&self) -> Vec<(&'static str, String)> {
        csv::tables(self).into()
    }

    fn page(&self) -> Result<Page, String> {
        let names = files::Pictures::new(&self.spec.activations);
        // More runs than the spec asks for have no names.
        if names.runs.len() < self.runs.len() { Err("the record has no run".into()) } else { probe::page::page(self) }
    }

    fn sheets(&self) -> Vec<Sheet> {
        panels::sheets(self)
    }

    fn terminal(&self, view: View, picture: Option<&Path>) -> String {
        screen::terminal(self, view, picture)
    }

    fn probe(&self) -> Option<&Record> {
        Some(self)
    }
}
