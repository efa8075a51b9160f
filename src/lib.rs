//! precision-probe
pub mod format;
pub mod nearest;
pub mod record;
pub mod spec;
pub mod verdict;
