//! How far a measurement has come.

/// Receives progress; shared between threads.
pub trait Progress: Sync {
    /// So many more units of work are done.
    fn done(&self, units: usize);

    /// Preparations are over that no unit of work counts.
    fn prepared(&self) {}

    /// A part begins when so many units are done in all; what it is, in words.
    fn begins(&self, _done: usize, _what: &str) {}
}

/// Discards progress.
pub struct Silent;

impl Progress for Silent {
    fn done(&self, _: usize) {}
}
