//! What is shown of a probe's record: its panels, its tables, the screens that they make up, and its CSV files.

pub mod causes;
pub mod csv;
pub mod details;
pub mod fate;
mod glossary;
mod layers;
pub mod page;
pub mod panels;
pub mod screen;
pub mod tables;
