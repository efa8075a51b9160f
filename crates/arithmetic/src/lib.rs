//! Floating-point formats, activation functions and arithmetics, and nothing of networks: every rounding by its
//! definition, with kernels that give the same bits faster.
//!
//! Part of precision-probe, whose crate of that name has everything.

pub mod activation;
pub mod arithmetic;
pub mod draw;
pub mod enclosure;
pub mod format;
pub mod integers;
pub mod nearest;
pub mod quote;
pub mod selfcheck;
