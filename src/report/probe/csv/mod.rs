//! The tables of a run folder as tidy CSV files, one kind of row each.

mod measured;
mod place;
mod remedies;
mod summary;

pub use measured::{sources_csv, trials_csv};
pub use place::{advised, change};
pub use remedies::remedies_csv;
pub use summary::{summary_csv, summary_header};

use crate::judgement::judge;
use crate::record::Record;
use crate::report::files;

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
