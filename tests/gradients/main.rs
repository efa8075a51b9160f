//! Gradients: the exact ones and their proofs, the computed ones, and what is measured of them in a run and in a training.

mod attribution;
mod backprop;
mod choice;
#[path = "../common/mod.rs"]
mod common;
mod escalation;
mod graphs;
mod law;
mod logged;
mod measured;
mod oracles;
mod places;
mod probe;
mod projection;
mod proofs;
mod residual;
mod roles;
mod setups;
mod theory;
mod training;
mod truth;
