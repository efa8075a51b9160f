//! Reports: records, what is concluded from them, tables, pages and pictures; and the documentation.

#[path = "../common/mod.rs"]
mod common;
mod compare;
mod completeness;
mod gallery;
mod html;
mod judgement;
mod record;
mod report;
mod structure;
mod toy;
