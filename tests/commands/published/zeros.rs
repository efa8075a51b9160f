//! Pre-activations that rounding makes exactly zero, where ReLU'(0) decides (Bertoin et al. 2021), on a sweep.
//!
//! Records count no pre-activations, but in a network of identities on one sample an entry of the head's weight gradient
//! is δ_o·a_i with a_i = z_i: it is `cut` (zero without underflow, the exact entry not) in all ten rows of a unit whose
//! pre-activation cancelled, and nowhere else. (In e4m3fn, whose range ends so near, some of the ten can be underflow instead.)
//! The second hidden layer has sums of 32 products, as the published counts
//! (`exact_zeros_among_preactivations_are_as_many_as_published`), on other numbers: what is compared is the order, the
//! proportion to the spacing of the format, and what an f32 accumulator does.

use super::measured;
use crate::common::exhaustive;
use precision_probe::judgement::cell::{Cell, Group, Outcome};
use precision_probe::record::Fates;
use tempfile::TempDir;

/// Rows of the head.
const OUTPUTS: u64 = 10;

#[test]
fn exact_zeros_on_sweeps_are_as_frequent_as_the_format_is_coarse() {
    let trials = exhaustive("100", "4000");
    let formats = "f32,f16,bf16,e4m3fn,e5m2,f16:acc=f32,bf16:acc=f32,e4m3fn:acc=f32,e5m2:acc=f32";
    let network = ["sweep", "--act", "identity", "--depth", "2", "--width", "32", "--batch", "1", "--trials", trials];
    let options = [&network[..], &["--formats", formats, "--truth-bits", "24"]].concat();
    let cell: Cell = super::parsed(&measured(&TempDir::new().unwrap(), &options, "cells.jsonl"));
    let Outcome::Measured(run) = cell.outcome else { panic!("{:?}", cell.outcome) };
    let head = |name: &str| -> Fates {
        let arithmetic = run.arithmetics.iter().find(|arithmetic| arithmetic.name == name).unwrap();
        let head = arithmetic.layers.iter().find(|layer| layer.group == Group::Head).unwrap();
        assert_eq!((head.layer, head.fates.true_zero), (3, 0), "{name}");
        head.fates
    };
    let [single, half, brain, fine, coarse] = ["f32", "f16", "bf16", "e4m3fn", "e5m2"].map(|name| {
        let cut = head(name).cut;
        println!("{name}: {cut} of {trials} × 32 × {OUTPUTS} entries are of pre-activations that cancel");
        cut
    });
    assert_eq!((half % OUTPUTS, brain % OUTPUTS), (0, 0), "whole units");
    assert_eq!(single, 0);
    assert!(half <= brain && brain < fine && fine < coarse, "{half} {brain} {fine} {coarse}");
    // Published: 161, 2030 and 5774 of 256 000. A zero is as likely as the spacing 2^-p is wide, within a factor of 2
    // for chance and for the sums that e4m3fn's range takes away.
    if exhaustive(false, true) {
        for (found, p) in [(fine, 4), (coarse, 3)] {
            let ratio = found as f64 / brain as f64 / f64::from(1 << (8 - p));
            assert!((0.5..2.0).contains(&ratio), "{ratio} for {p} bits");
        }
    }
    // Published with f32 accumulators: 0 in f16 and bf16; what e4m3fn and e5m2 have left, 851 and 22, is underflow.
    // Where loss and range of e4m3fn act together, a hundredth may be left.
    let flushed = ["f16", "bf16", "e4m3fn", "e5m2"].map(|name| {
        let fates = head(&format!("{name}:acc=f32"));
        let allowed = if name.starts_with('e') { head(name).cut / 100 } else { 0 };
        assert!(fates.cut <= allowed, "{name} with an f32 accumulator: {fates:?}");
        fates.flushed
    });
    assert!(flushed[..2] == [0, 0] && flushed[3] < flushed[2], "{flushed:?}");
}
