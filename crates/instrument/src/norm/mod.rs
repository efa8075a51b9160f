//! What the norm-wise lemmas of operations are made of: columns in fixed point with a bound on the 2-norm of their error.
//!
//! Every sample is a [`column::Column`]; a lemma is a function that maps columns with bounds to columns with bounds, and stands
//! beside its operation (`lemma` in [`crate::operation`]).

pub mod column;
pub mod evaluation;
pub mod spectral;
pub mod sums;
pub mod tensor;
pub mod term;
pub mod unproven;
