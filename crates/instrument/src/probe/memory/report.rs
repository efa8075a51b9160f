//! Estimates the memory of a report: the texts and pictures that are made from a record before the first is written.
//!
//! The size of a picture depends on how many arithmetics are drawn side by side; layers share an axis.

use super::shape::Shape;
use crate::spec::Plan;

/// Bytes of a row of pixels, and most rows of a strip that is drawn at once.
const ROW: u128 = 2240 * 4;
const STRIP: u128 = 8191;
/// Rows of a run's poster: what every one has, and what an arithmetic adds, with its sources or without.
const POSTER_ROWS: u128 = 3400;
const ATTRIBUTED_ROWS: u128 = 420;
const PLAIN_ROWS: u128 = 200;
/// Bytes of a poster as SVG: what every one has, and what an arithmetic adds; as PNG likewise. The panels alone are as
/// large together.
const SVG: (u128, u128) = (110 << 10, 64 << 10);
const PNG: (u128, u128) = (300 << 10, 44 << 10);
/// Times that a picture's text is held while it is drawn: as lines, as a tree, as paths.
const DRAWN: u128 = 12;
/// Rows of a law's picture, and as many for each activation; bytes of a trial at one precision.
const LAW_ROWS: u128 = 800;
const LAW_POINT: u128 = 200;
/// Bytes that a layer of an arithmetic has in JSON with its histogram, a trial and a tensor of it, and what was asked.
const JSON: (u128, u128, u128, u128) = (500, 100, 300, 2400);
/// The same of a trial's weights and biases together, of the exact network in a trial, and of a trial under all
/// remedies.
const JSON_TRIAL: (u128, u128, u128) = (220, 380, 250);
/// Bytes of the rows of tables for a layer of an arithmetic: in summary.csv, in trials.csv for a tensor in a trial, in
/// sources.csv and in remedies.csv; and how many times each holds the arithmetic's name.
const SUMMARY: (u128, u128) = (550, 3);
const TRIALS: (u128, u128) = (350, 2);
const SOURCES: (u128, u128) = (1900, 12);
const REMEDIES: (u128, u128) = (2400, 24);
/// Bytes of a layer of an arithmetic in the page, and of everything there that has no number.
const PAGE: (u128, u128) = (1000, 300 << 10);
/// Largest record that the page carries along.
const CARRIED: u128 = 4 << 20;

/// Bytes of everything that is made from a record.
pub fn bytes(plan: &Plan, shape: &Shape, threads: usize) -> u128 {
    let runs = plan.runs.len() as u128;
    let (mut rows, mut count, mut json, mut csv) = (POSTER_ROWS, 0, 0, 0);
    let (layers, trials) = (shape.layers(), plan.spec.trials as u128);
    let plain = plan.compared.iter().map(|_| (false, 20));
    let listed = shape.arithmetics.iter().map(|one| (one.is_attributed(), one.name));
    for (is_attributed, name) in listed.chain(plain) {
        count += 1;
        rows += if is_attributed { ATTRIBUTED_ROWS } else { PLAIN_ROWS };
        let asked = u128::from(is_attributed);
        let joint = if plan.spec.bias { JSON_TRIAL.0 } else { 0 };
        json += layers * (JSON.0 + trials * (JSON.1 + joint + shape.tensors * JSON.2) + asked * JSON.3);
        json += asked * trials * JSON_TRIAL.2;
        let row = |(bytes, names): (u128, u128)| bytes + names * name;
        let measured = row(SUMMARY) + trials * shape.tensors * row(TRIALS);
        csv += layers * (measured + asked * row(SOURCES) + row(REMEDIES));
    }
    json += layers * trials * JSON_TRIAL.1;
    let (json, csv) = (runs * json, runs * csv);
    let (svg, png) = (sized(SVG, count), sized(PNG, count));
    // A poster has as many pixels as the panels together; a text that grows holds twice as much.
    let at_once = drawing(2 * runs, threads, rows, svg);
    let page = PAGE.1 + runs * (2 * svg + count * layers * PAGE.0) + json.min(CARRIED);
    at_once + runs * 2 * (svg + png) + 3 * page + json * 3 / 2 + csv * 3 / 2
}

/// Bytes of a law's report: its one picture, and a line for each trial and precision in the record, as text and as
/// such.
pub fn law(plan: &Plan, shape: &Shape, threads: usize) -> u128 {
    let (runs, precisions) = (plan.runs.len() as u128, shape.arithmetics.len() as u128);
    let points = runs * precisions * plan.spec.trials as u128;
    drawing(1, threads, LAW_ROWS * (1 + runs), sized(SVG, runs)) + points * LAW_POINT
}

/// Bytes of the pictures of a training: one poster for each run and one that compares them.
pub fn posters(runs: u128, arithmetics: u128, threads: usize) -> u128 {
    let (svg, png) = (sized(SVG, arithmetics), sized(PNG, arithmetics));
    drawing(runs + 1, threads, POSTER_ROWS + PLAIN_ROWS * arithmetics, svg) + (runs + 1) * (svg + png)
}

/// What every one has, and what an arithmetic adds.
fn sized((all, each): (u128, u128), arithmetics: u128) -> u128 {
    all + each * arithmetics
}

/// Bytes of pictures while they are drawn, in as many threads as there are.
fn drawing(pictures: u128, threads: usize, rows: u128, svg: u128) -> u128 {
    pictures.min(threads as u128) * (rows.min(STRIP) * ROW + DRAWN * svg)
}
