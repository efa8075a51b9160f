//! Whatever is typed, whatever a file holds, whenever a run is killed and however full the disk is: no panic, no hang, a
//! documented exit status, no file of the user's changed and no file of a report half-written.
//!
//! A small sample every day; with PRECISION_PROBE_EXHAUSTIVE=1 a thousand command lines, a hundred files, fifty kills and
//! ten disks.

mod contradictions;
mod disk;
mod files;
mod kills;
mod lines;
mod numbers;
pub mod place;
