//! precision-probe
pub mod activation;
pub mod arithmetic;
pub mod assets;
pub mod backprop;
pub mod cli;
pub mod fate;
pub mod format;
pub mod nearest;
pub mod network;
pub mod noise;
pub mod probe;
pub mod record;
pub mod report;
pub mod spec;
pub mod truth;
pub mod verdict;
