//! `sweep --bits` against `law`: the axis `mpfr:p` gives the same numbers for the same network.

use super::{measured, parsed};
use crate::common::exhaustive;
use precision_probe::judgement::cell::{Cell, Group, Outcome};
use precision_probe::record::Number;
use precision_probe::record::law::Law;
use tempfile::TempDir;

/// Every number of layer 1's noise that both have: ratios trial by trial, their order statistics, how many there are,
/// whether they are upper limits, and what storing costs. (`law` has weights alone, a cell weights and biases together,
/// so networks here have no biases; `law` counts flips of all layers, a cell by layer.)
#[test]
fn a_sweep_over_bits_has_the_numbers_of_law() {
    let network = exhaustive(
        [
            "--act",
            "relu,tanh,gelu",
            "--depth",
            "5",
            "--width",
            "12",
            "--batch",
            "6",
            "--trials",
            "4",
            "--bits",
            "3..10,24",
        ],
        [
            "--act",
            "relu,tanh,gelu",
            "--depth",
            "30",
            "--width",
            "64",
            "--batch",
            "32",
            "--trials",
            "8",
            "--bits",
            "6..24",
        ],
    );
    let place = TempDir::new().unwrap();
    let law: Law = parsed(&measured(&place, &[&["law"], &network[..]].concat(), "law.json"));
    let cells = measured(&place, &[&["sweep"], &network[..]].concat(), "cells.jsonl");
    let cells: Vec<Cell> = cells.lines().map(parsed).collect();
    assert_eq!((law.runs.len(), cells.len()), (3, 3));
    for (run, cell) in law.runs.iter().zip(&cells) {
        assert_eq!(cell.values["activation"].to_string(), run.activation);
        let Outcome::Measured(measured) = &cell.outcome else { panic!("{:?}", cell.outcome) };
        assert_eq!((measured.arithmetics.len(), measured.exact.evidence), (run.points.len(), run.evidence));
        for (arithmetic, point) in measured.arithmetics.iter().zip(&run.points) {
            let what = format!("{}, {} bits", run.activation, point.bits);
            assert_eq!(arithmetic.name, format!("mpfr:{}", point.bits), "{what}");
            assert_eq!(arithmetic.storage_noise, point.storage_noise, "{what}");
            let first = &arithmetic.layers[0];
            assert_eq!((first.group, first.layer), (Group::First, 1), "{what}");
            let trials: Vec<Number> = point.trials.iter().map(|trial| trial.noise_to_signal).collect();
            assert_eq!(first.trials, trials, "{what}");
            let (noise, expected) = (first.noise, (point.low, point.median, point.high, point.count, point.at_most));
            assert_eq!((noise.low, noise.median, noise.high, noise.count, noise.at_most), expected, "{what}");
        }
        let distinct = |number: fn(&precision_probe::record::law::Point) -> Number| {
            run.points.windows(2).all(|pair| number(&pair[0]) != number(&pair[1]))
        };
        assert!(distinct(|point| point.median), "another precision has other noise");
    }
}
