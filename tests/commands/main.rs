//! Commands: the program as its users meet it, and the files that it reads and writes.

mod activations_listing;
mod audit;
mod cli;
#[path = "../common/mod.rs"]
mod common;
mod exchange;
mod formats;
mod hostile;
mod jax;
mod published;
mod round;
mod schema;
mod selfcheck;
mod study;
mod subcommands;
mod sweep;
