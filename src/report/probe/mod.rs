//! Reports of a probe: the panels, pages and tables of its record.

pub mod fate;
pub mod panels;
