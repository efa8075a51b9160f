//! Verifies, on the machine where it runs, that this build rounds correctly.
//!
//! Measurements of rounding noise are only as good as the roundings of the instrument: with this compiler, on this
//! processor, in this process. Each check takes its subject as an argument (a rounding, a product, a function), so that
//! unit tests can pass a wrong one and see that it is detected. It compares the subject with something that shares no
//! code with it: exact fractions, GMP, MPFR, the hardware's own binary32, or another program's tables. Vector code is
//! checked on every path that the processor supports, not only on the fastest. Operands are enumerated or drawn from
//! fixed seeds, so every run on a machine has the same counts.

mod directed;
mod elementary;
mod faults;
mod integers;
mod kernels;
mod lattice;
mod native;
mod numbers;
mod random;
mod rounding;
mod tables;
mod tally;

pub use rounding::paths;
pub use tables::{TABLES, hash};
pub use tally::{Mismatch, Row, Tally};

use rayon::prelude::*;

/// A check and its rows.
type Check = fn() -> Vec<Row>;

/// A group of checks, as `--only` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Rounding of numbers to formats, to nearest and stochastically.
    Rounding,
    /// Known faults of other programs.
    Faults,
    /// Products of matrices against their definitions, and the truth's integers against GMP.
    Kernels,
    /// MPFR and the processor against each other.
    Mpfr,
    /// φ, φ' and exp.
    Functions,
}

impl Group {
    /// All groups, in the order of the output.
    pub const ALL: [Group; 5] = [Group::Rounding, Group::Faults, Group::Kernels, Group::Mpfr, Group::Functions];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Group::Rounding => "rounding",
            Group::Faults => "faults",
            Group::Kernels => "kernels",
            Group::Mpfr => "mpfr",
            Group::Functions => "functions",
        }
    }

    /// The group of that name.
    pub fn parse(name: &str) -> Option<Group> {
        Group::ALL.into_iter().find(|group| group.name() == name)
    }

    /// Its checks, which can run in parallel.
    fn checks(self) -> &'static [Check] {
        match self {
            Group::Rounding => &[rounding::narrow, rounding::wide, rounding::codes, directed::rows, random::rows],
            Group::Faults => &[faults::conversions, faults::operations, faults::functions],
            Group::Kernels => &[
                kernels::sequential,
                kernels::accumulated,
                kernels::fused,
                kernels::exact,
                kernels::stochastic,
                kernels::directed,
                kernels::tensor_cores,
                integers::rows,
            ],
            Group::Mpfr => &[native::against_mpfr, native::emulated],
            Group::Functions => &[tables::rows, elementary::rows],
        }
    }
}

/// Runs the checks of groups in their order; the rows do not depend on the number of threads.
pub fn run(groups: &[Group]) -> Vec<Row> {
    let checks: Vec<(Group, Check)> =
        groups.iter().flat_map(|group| group.checks().iter().map(|check| (*group, *check))).collect();
    let rows = checks.into_par_iter().map(|(group, check)| {
        let named = |row: Row| Row { group: group.name(), ..row };
        check().into_iter().map(named).collect::<Vec<Row>>()
    });
    rows.collect::<Vec<_>>().into_iter().flatten().collect()
}
