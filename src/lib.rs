//! Finds out why a deep network stops learning: is its exact gradient too small, does the format lose it (underflow or
//! overflow), or does rounding noise dominate it? And what helps?
//!
//! precision-probe backpropagates the *identical* network in f16, bf16, f32, f64 and any other floating-point format,
//! with the accumulator as part of the arithmetic's name, and compares every gradient with the *exact* one: that of the
//! real-number network, with a proven error bound.
//!
//! ```
//! use precision_probe::{probe, spec::Spec, verdict::Verdict};
//!
//! let spec = Spec { depth: 6, width: 8, batch: 4, trials: 2, ..Spec::default() };
//! let plan = spec.validate()?;
//! let record = probe::run(&plan, &probe::Silent);
//! for arithmetic in &record.runs[0].arithmetics {
//!     let noise = arithmetic.sites[0].noise_to_signal.median;
//!     println!("{}: {} ({noise:?})", arithmetic.name, arithmetic.verdict.verdict);
//! }
//! assert_eq!(record.runs[0].arithmetics[4].name, "f64");
//! assert_eq!(record.runs[0].arithmetics[4].verdict.verdict, Verdict::Sound);
//! # Ok::<(), precision_probe::spec::SpecError>(())
//! ```
//!
//! The data flows one way: [`spec`] → [`graph`] and [`data`] (exact, built by an [`architecture`]) → [`operation`],
//! [`arithmetic`] and [`backprop`] (one implementation for all arithmetics), and [`truth`] (the exact gradient, by the lemmas
//! of the operations or by the same implementation in enclosures) → [`noise`] and [`fate`] → [`verdict`] → [`record`] →
//! [`judgement`] → [`report`]. [`law`] fits the noise of a record over its precisions, [`train`] trains the network in
//! every arithmetic and measures it on the way, [`study`] tests claims about activations with all of these, and
//! [`selfcheck`] verifies on the user's machine that everything rounds correctly.

pub mod cli;
pub mod judgement;
pub mod report;
pub mod study;

#[doc(inline)]
pub use precision_probe_arithmetic::{
    activation, arithmetic, draw, enclosure, format, integers, nearest, quote, selfcheck,
};
#[doc(inline)]
pub use precision_probe_instrument::{
    architecture, assets, backprop, data, disk, exchange, export, fate, graph, init, law, loss, magnitude, noise, norm,
    number, operation, printable, probe, progress, record, spec, statistics, sweep, theory, train, truth, verdict,
};

/// The example of the documentation compiles.
#[cfg(doctest)]
#[doc = include_str!("../docs/reference/rust.md")]
struct RustPage;
