//! Reports of synthetic records: figures as data, pictures, tables, sentences, files.

mod causes;
mod compare;
mod figure;
mod files;
mod graph;
mod law;
mod law_panel;
mod pages;
mod panels;
pub mod picture;
mod say;
mod sources;
mod study;
mod study_panels;
mod sweep;
mod sweep_panels;
mod tables;
mod text;
mod theme;
mod training;
mod training_panels;
