//! Many networks: axes of fields of a spec, the cells that they make, and how these are dealt to several machines.

pub mod axis;
pub mod deal;
pub mod file;
pub mod plan;

pub use plan::{Planned, Setting};
