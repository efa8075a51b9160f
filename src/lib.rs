//! precision-probe
pub mod format;
pub mod nearest;
