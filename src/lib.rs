//! precision-probe
pub mod activation;
pub mod format;
pub mod nearest;
pub mod record;
pub mod spec;
pub mod verdict;
