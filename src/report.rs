//! Reports: a record turned into a picture, a table, files and sentences, and nothing measured again.
//!
//! A kind of record says what there is to show: pictures as [`panel`]s, tables as [`table`]s, a [`page`] of both. Renderers
//! ([`svg`], [`html`], and those of [`table`]) know no record. Everything here can be made again from a stored
//! `record.json`.

pub mod alarm;
pub mod audit;
pub mod cause;
pub mod command;
pub mod contents;
pub mod facts;
pub mod files;
pub mod graph;
pub mod html;
pub mod keys;
pub mod kind;
pub mod law;
pub mod naming;
pub mod numbers;
pub mod page;
pub mod panel;
pub mod probe;
pub mod say;
pub mod study;
pub mod svg;
pub mod sweep;
pub mod table;
pub mod training;
pub mod view;

pub use probe::{csv, screen};
