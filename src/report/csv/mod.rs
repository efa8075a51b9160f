//! The tables of a run folder as tidy CSV files: one kind of row each, every row with the keys of its run, so that the
//! tables of two runs concatenate. `docs/reference/files.md` describes every column.

pub(super) mod cell;
mod keys;
mod place;
mod remedies;
mod sources;
mod summary;
mod table;
mod trials;

pub(super) use keys::{Keyed, RunKeys, run_columns};
pub use remedies::remedies_csv;
pub use sources::sources_csv;
pub use summary::{summary_csv, summary_header};
pub(super) use table::{Column, table};
pub use trials::trials_csv;

use super::files;
use crate::judgement::judge;
use crate::record::Record;

/// Every table of a record with its file's name.
pub fn tables(record: &Record) -> [(&'static str, String); 4] {
    let [summary, trials, sources, remedies] = files::TABLES;
    let judgement = judge(record);
    [
        (summary, summary_csv(record, &judgement)),
        (trials, trials_csv(record)),
        (sources, sources_csv(record)),
        (remedies, remedies_csv(record, &judgement)),
    ]
}
