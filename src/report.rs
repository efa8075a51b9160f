//! Reports: a record turned into a picture, a table, files and sentences, and nothing measured again.
//!
//! Figures are data first ([`figure`], pure functions of a record), then drawn ([`draw`]); the table,
//! the sentences and the CSV read the record directly. Everything here can be made again from a
//! stored `record.json`.

pub mod alarm;
pub mod audit;
pub mod cause;
pub mod command;
pub mod contents;
pub mod draw;
pub mod facts;
pub mod figure;
pub mod files;
pub mod html;
pub mod keys;
pub mod law;
pub mod naming;
pub mod numbers;
pub mod panel;
pub mod probe;
pub mod say;
pub mod study;
pub mod table;
pub mod training;

pub use probe::{csv, screen};
