//! The proof, on the machine where it runs, that this build rounds right.
//!
//! Whoever measures rounding noise must know that the instrument rounds as it says: with this compiler, on this
//! processor, in this process. Each check takes what it checks as an argument (a rounding, a product, a function), so
//! that unit tests can hand it a wrong one and see that it is found out, and holds it against something that shares
//! no code with it: exact fractions, GMP, MPFR, the hardware's own binary32, tables of another program.
//! What runs in vectors is checked on every path that the processor has, not on the best alone. Operands are
//! enumerated or drawn from fixed seeds: the counts are the same at every run on a machine.

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

/// Checks that belong together, as `--only` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Rounding of numbers to formats, to nearest and stochastically.
    Rounding,
    /// Faults that other programs are known for.
    Faults,
    /// Products of matrices against their definitions, and the truth's integers against GMP.
    Kernels,
    /// MPFR and the processor against each other.
    Mpfr,
    /// φ, φ' and exp.
    Functions,
}

impl Group {
    /// All of them, in the order in which they are told.
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

    /// Its checks, each of which can run beside the others.
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

/// Runs the checks of groups, in their order; the rows do not depend on the number of threads.
pub fn run(groups: &[Group]) -> Vec<Row> {
    let checks: Vec<(Group, Check)> =
        groups.iter().flat_map(|group| group.checks().iter().map(|check| (*group, *check))).collect();
    let rows = checks.into_par_iter().map(|(group, check)| {
        let named = |row: Row| Row { group: group.name(), ..row };
        check().into_iter().map(named).collect::<Vec<Row>>()
    });
    rows.collect::<Vec<_>>().into_iter().flatten().collect()
}
