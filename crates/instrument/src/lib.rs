//! The measurements: a network's gradients in every arithmetic, the exact gradient, the noise between them, trainings,
//! and the records of all that.
//!
//! Part of precision-probe, whose crate of that name has everything.

pub mod architecture;
pub mod assets;
pub mod backprop;
pub mod data;
pub mod disk;
pub mod exchange;
pub mod export;
pub mod fate;
pub mod graph;
pub mod init;
pub mod law;
pub mod loss;
pub mod magnitude;
pub mod noise;
pub mod norm;
pub mod number;
pub mod operation;
pub mod printable;
pub mod probe;
pub mod progress;
pub mod record;
pub mod spec;
pub mod statistics;
pub mod sweep;
pub mod theory;
pub mod train;
pub mod truth;
pub mod verdict;

use precision_probe_arithmetic::{activation, arithmetic, draw, enclosure, format, integers, nearest, quote};
