//! Names the terms of bounds, so that unit tests can plant a fault in one at a time.
//!
//! A bound is a sum of terms, and `term(Term::X, bound)` names one where it is computed; it returns the bound unchanged.
//! Unit tests drop or shrink one term at a time (`mutation::with`) and check that a test notices.

/// Declares the terms of a proof together with the list of them, so that its tests miss none.
#[doc(hidden)]
#[macro_export]
macro_rules! terms {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// One term of one bound.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Term { $($(#[$doc])* $name,)* }

        #[cfg(test)]
        impl Term {
            /// Every term.
            pub const ALL: &[Term] = &[$(Term::$name,)*];
        }

        /// A term of a bound, unchanged.
        #[cfg(not(test))]
        #[inline(always)]
        pub fn term(_: Term, bound: Bound) -> Bound {
            bound
        }

        /// A term of a bound, unchanged or as mutated by the running test.
        #[cfg(test)]
        pub fn term(name: Term, bound: Bound) -> Bound {
            mutation::apply(name, bound)
        }

        /// Planted faults.
        #[cfg(test)]
        pub mod mutation {
            use super::{Bound, Term};
            use std::cell::Cell;

            thread_local! {
                static PLANTED: Cell<Option<(Term, f64)>> = const { Cell::new(None) };
            }

            /// Runs `f` with one term multiplied by `factor` on this thread.
            pub fn with<T>(name: Term, factor: f64, f: impl FnOnce() -> T) -> T {
                PLANTED.set(Some((name, factor)));
                let result = f();
                PLANTED.set(None);
                result
            }

            pub(super) fn apply(name: Term, bound: Bound) -> Bound {
                match PLANTED.get() {
                    Some((planted, factor)) if planted == name => bound * Bound::from_f64(factor),
                    _ => bound,
                }
            }
        }
    };
}

pub use terms;
