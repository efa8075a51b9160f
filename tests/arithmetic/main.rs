//! Numbers: formats, what every arithmetic computes with them, activations.

mod activations;
mod arithmetic;
mod catalogue;
#[path = "../common/mod.rs"]
mod common;
mod directions;
mod format;
mod kernels;
mod limbs;
mod operands;
mod scaling;
mod square_roots;
mod stochastic;
mod sums;
mod tensor_cores;
