//! The pictures of a probe as data: the panels of a run, and the sheets they make.

mod attribution;
mod comparison;
mod fates;
mod flips;
mod histogram;
mod kind;
mod lanes;
mod limits;
pub mod noise;
pub(in crate::report) mod points;
mod range;
mod run;
mod sheets;

pub use comparison::panel as comparison;
pub use kind::Kind;
pub use sheets::{of_record, sheets, title};
