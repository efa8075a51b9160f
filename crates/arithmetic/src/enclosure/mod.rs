//! Enclosures: a midpoint with a radius that contains a number which is not known exactly, and functions of it.

mod ball;
pub mod bound;
pub mod fault;
pub mod function;
mod precision;
mod reach;
pub mod scaled;
mod sign;
pub(crate) mod term;

pub use ball::Ball;
pub use bound::Bound;
pub use precision::Precision;
pub use reach::compared;
pub use scaled::Scaled;
pub use sign::Sign;
