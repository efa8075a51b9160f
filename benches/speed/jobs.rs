//! Whole jobs: the true gradient by its stages, the main command by its stages, and how both grow.

use super::harness::{Row, Table, Target};
use precision_probe::arithmetic::Policy;
use precision_probe::backprop::gradients;
use precision_probe::data::Batch;
use precision_probe::graph::Network;
use precision_probe::graph::segments::Segments;
use precision_probe::probe::{self, Silent};
use precision_probe::report::kind::Kind;
use precision_probe::report::svg::Theme;
use precision_probe::spec::{Attribute, Spec};
use precision_probe::truth::Undecided;
use precision_probe::truth::{EnclosedPass, Prepared, TruthPass, precision};
use std::hint::black_box;
use std::sync::Arc;

/// Bits of the truth in the main command.
const BITS: u32 = 80;
/// Milliseconds.
const UNIT: f64 = 1e-3;

/// A drawn network with its batch.
fn drawn(activation: &str, depth: usize, width: usize, batch: usize) -> (Network, Batch) {
    let spec = Spec { activations: vec![activation.into()], depth, width, batch, ..Spec::default() };
    let plan = spec.validate().expect("the spec is valid");
    let probe::Drawn { network, batch } = probe::draw(&plan, &plan.runs[0], 0);
    (network, batch)
}

/// The true gradient of every layer, proven to so many bits.
fn truth((network, batch): &(Network, Batch), bits: u32) {
    let prepared = Prepared::new(network);
    let working = precision::forecast(network, &prepared, batch, bits);
    let pass = TruthPass::new(network, &prepared, batch, working, Undecided::Refused).wanting(bits);
    pass.for_each(|layer| drop(black_box(layer)));
}

/// The same by enclosures.
fn enclosed((network, batch): &(Network, Batch), bits: u32) {
    let working = EnclosedPass::forecast(network, batch, bits);
    let segments = Arc::new(Segments::new(network, 1));
    EnclosedPass::new(network, batch, segments, working, Some(bits)).for_each(|layer| drop(black_box(layer)));
}

fn computed((network, batch): &(Network, Batch), policy: &str) {
    let policy = Policy::parse(policy).expect("a named arithmetic");
    gradients(policy, network, batch).for_each(|layer| drop(black_box(layer)));
}

/// The true gradient of 50 layers beside computed ones, and its stages.
fn gradient() {
    let job = drawn("relu", 50, 128, 32);
    let smooth = drawn("tanh", 50, 128, 32);
    let (network, batch) = &job;
    let prepared = Prepared::new(network);
    let working = precision::forecast(network, &prepared, batch, BITS);
    let up = || TruthPass::new(network, &prepared, batch, working, Undecided::Refused).wanting(BITS);
    let mut rows = vec![
        Row::new("f64", Target::None, || computed(&job, "f64")),
        Row::new("f32", Target::None, || computed(&job, "f32")),
        Row::new("f16", Target::None, || computed(&job, "f16")),
        Row::new("truth, relu", Target::Time(40.0), || truth(&job, BITS)),
        Row::new("  of it: weights and their norms", Target::None, || drop(black_box(Prepared::new(network)))),
        Row::new("  of it: the forecast of bits", Target::None, || {
            black_box(precision::forecast(network, &prepared, batch, BITS));
        }),
        Row::new("  of it: the way up", Target::None, || drop(black_box(up()))),
        Row::new("  of it: up and back", Target::None, || up().for_each(|layer| drop(black_box(layer)))),
        Row::new("truth, tanh", Target::None, || truth(&smooth, BITS)),
        Row::new("enclosures, relu", Target::None, || enclosed(&job, BITS)),
        Row::new("enclosures, tanh", Target::None, || enclosed(&smooth, BITS)),
    ];
    let title = format!("gradient, depth 50, width 128, batch 32; the truth at {working} bits, one thread");
    Table { title: &title, unit: "ms", scale: UNIT, least: 0.0, shape: Some("gradient") }.run(&mut rows, "f64");
}

/// The main command by its stages, on all threads.
fn main_job() {
    let spec = |attribute| Spec { activations: vec!["leaky".into()], depth: 50, attribute, ..Spec::default() };
    let plan = |attribute| spec(attribute).validate().expect("the spec is valid");
    let (bare, whole) = (plan(Attribute::None), plan(Attribute::Narrow));
    let record = probe::run(&whole, &Silent);
    let draw = || drop(black_box(record.drawn(Theme::Light)));
    let mut rows = vec![
        Row::new("drawing 5 networks", Target::None, || {
            (0..5).for_each(|trial| drop(black_box(probe::draw(&bare, &bare.runs[0], trial))));
        }),
        Row::new("noise of 5 arithmetics", Target::None, || drop(black_box(probe::run(&bare, &Silent)))),
        Row::new("noise and its sources", Target::None, || drop(black_box(probe::run(&whole, &Silent)))),
        Row::new("figures and page", Target::None, draw),
        Row::new("all", Target::Time(1000.0), || {
            black_box(probe::run(&whole, &Silent));
            draw();
        }),
    ];
    let threads = rayon::current_num_threads();
    let title = format!("--act leaky --depth 50, {threads} threads");
    Table { title: &title, unit: "ms", scale: UNIT, least: 0.0, shape: None }.run(&mut rows, "all");
}

/// Twice as deep, wide, many, precise.
fn growth() {
    let base = drawn("relu", 25, 64, 32);
    let others = [
        ("depth 50", drawn("relu", 50, 64, 32), BITS),
        ("depth 100", drawn("relu", 100, 64, 32), BITS),
        ("width 128", drawn("relu", 25, 128, 32), BITS),
        ("width 256", drawn("relu", 25, 256, 32), BITS),
        ("batch 64", drawn("relu", 25, 64, 64), BITS),
        ("batch 128", drawn("relu", 25, 64, 128), BITS),
        ("160 bits", base.clone(), 160),
        ("320 bits", base.clone(), 320),
    ];
    let mut rows = vec![Row::new("depth 25, width 64, batch 32, 80 bits", Target::None, || truth(&base, BITS))];
    rows.extend(others.iter().map(|(name, job, bits)| Row::new(*name, Target::None, || truth(job, *bits))));
    Table { title: "growth of the truth, relu, one thread", unit: "ms", scale: UNIT, least: 0.0, shape: None }
        .run(&mut rows, "depth 25");
    let mut rows = vec![Row::new("depth 25, width 64, batch 32", Target::None, || computed(&base, "f16"))];
    let computed_jobs = others.iter().filter(|(_, _, bits)| *bits == BITS);
    rows.extend(computed_jobs.map(|(name, job, _)| Row::new(*name, Target::None, || computed(job, "f16"))));
    Table { title: "growth of f16, relu, one thread", unit: "ms", scale: UNIT, least: 0.0, shape: None }
        .run(&mut rows, "depth 25");
}

/// Measures and prints what one thread does.
pub fn run() {
    gradient();
    growth();
}

/// The main command, on all threads.
pub fn run_on_all_threads() {
    main_job();
}
