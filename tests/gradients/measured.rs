//! What a record holds for the judgement: the layer's gradient as one vector, rows, the exact network, and what each trial
//! does under a source's removal and a remedy. Networks are given entry by entry, with answers that are known by hand.

mod exact;
mod judged;
mod layers;
mod minibatches;
mod trials;
mod twins;

use precision_probe::record::{ArithmeticRun, Record, SiteTrial};

/// The first trial of a layer (from 1) of an arithmetic.
pub fn trial(record: &Record, arithmetic: usize, layer: usize) -> &SiteTrial {
    &record.runs[0].arithmetics[arithmetic].sites[layer - 1].trials[0]
}

/// The arithmetics of the first run.
pub fn arithmetics(record: &Record) -> &[ArithmeticRun] {
    &record.runs[0].arithmetics
}
