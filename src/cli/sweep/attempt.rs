//! Measures one network; a fault of this program is a reason like any other, so that one cell costs no other.

use crate::probe::{self, Silent};
use crate::record::Record;
use crate::spec::Plan;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The record, or why there is none.
pub fn attempt(plan: &Plan, pool: &rayon::ThreadPool) -> Result<Record, String> {
    catch_unwind(AssertUnwindSafe(|| pool.install(|| probe::run(plan, &Silent)))).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("a fault of this program: {}", text.unwrap_or_else(|| "it panicked".into()))
    })
}
