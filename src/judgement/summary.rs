//! A judgement as JSON, with what it was made from.

use super::{Judgement, judge};
use crate::record::Record;
use serde::Serialize;

/// Name and version of the layout.
pub const SCHEMA: &str = "precision-probe-judgement/1";

/// What `--json=summary` prints: a few kB, whatever the depth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary<'r> {
    /// Name and version of the layout.
    pub schema: &'static str,
    /// Version of precision-probe that measured.
    pub version: &'r str,
    /// The record's: SHA-256 of the version and the spec's JSON, in hexadecimal.
    pub spec_hash: &'r str,
    /// The loss, as `--loss` takes it.
    pub loss: &'static str,
    /// What is concluded from the record.
    #[serde(flatten)]
    pub judgement: Judgement,
}

impl Summary<'_> {
    /// Of a record.
    pub fn of(record: &Record) -> Summary<'_> {
        Summary {
            schema: SCHEMA,
            version: &record.version,
            spec_hash: &record.spec_hash,
            loss: record.spec.loss().option(),
            judgement: judge(record),
        }
    }

    /// As text that ends its line.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self).expect("plain fields serialise");
        text.push('\n');
        text
    }
}
