//! precision-probe
pub mod format;
pub mod nearest;
pub mod record;
pub mod report;
pub mod spec;
pub mod verdict;
