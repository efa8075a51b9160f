//! The specifications of probes, trainings and studies: their tables, files and validation.

pub mod compared;
pub mod data;
pub mod effort;
mod error;
pub mod fields;
pub mod files;
pub mod names;
mod plan;
pub mod scale;
mod source;
pub mod study;
mod table;
pub mod training;
mod validate;

pub use crate::init::Init;
pub use crate::loss::Loss;
pub use compared::Model;
pub use data::Data;
pub use effort::{Attribute, LossScale, Proof};
pub use error::SpecError;
pub use fields::LARGEST;
pub use files::Files;
pub use names::Names;
pub use plan::{Plan, RunPlan, Schedule};
pub use source::{BatchFile, Compared, Source, TargetKind, Weights};
pub use table::Spec;
