//! The pictures of a probe as data: the panels of a run, and the sheets they make.

mod attribution;
mod caption;
mod comparison;
mod fates;
mod flips;
mod histogram;
mod kind;
mod limits;
mod noise;
mod place;
mod points;
mod range;
mod run;
mod sheets;
mod shown;

pub use comparison::panel as comparison;
pub use kind::Kind;
pub use sheets::{sheets, title};
pub use shown::{of_record, panels};
