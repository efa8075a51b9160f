//! Measures one network; a fault of this program is a reason like any other, so that one cell costs no other.

use crate::probe::{self, Silent};
use crate::record::Record;
use crate::spec::Plan;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The record, or why there is none.
pub fn attempt(plan: &Plan, pool: &rayon::ThreadPool) -> Result<Record, String> {
    caught(|| pool.install(|| probe::run(plan, &Silent)))
}

/// What is made, or what a panic said.
fn caught<T>(make: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(make)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("a fault of this program: {}", text.unwrap_or_else(|| "it panicked".into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Also on the threads of a pool, which goes on to work.
    #[test]
    fn a_panic_is_a_reason() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let within = |make: fn() -> usize| caught(|| pool.install(|| rayon::join(make, || 1).0));
        let count = "three".len();
        assert_eq!(within(|| panic!("no such layer")), Err("a fault of this program: no such layer".into()));
        assert_eq!(caught(|| -> usize { panic!("layer {count}") }), Err("a fault of this program: layer 5".into()));
        assert_eq!(within(|| std::panic::panic_any(7)), Err("a fault of this program: it panicked".into()));
        assert_eq!(within(|| 2), Ok(2));
    }
}
