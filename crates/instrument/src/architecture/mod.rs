//! Networks as graphs: drawn perceptrons, and those of files.

pub mod mlp;
pub mod sequential;
mod weights;

pub use weights::orthonormal;
