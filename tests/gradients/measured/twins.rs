//! What was lost to the range, storage included.

use super::{arithmetics, trial};
use crate::common::given::{Layer, literal};
use precision_probe::format::two_to;
use precision_probe::record::{Attribute, NoiseSource, Verdict};

const INPUTS: &[&[f64]] = &[&[1.0, -0.5], &[0.25, 2.0], &[-1.0, 0.75]];
const TARGETS: &[&[f64]] = &[&[1.0], &[-2.0], &[0.5]];
const HALVES: &[&[f64]] = &[&[1.0, -0.5], &[0.25, 2.0], &[-1.5, 0.5]];

/// Weights that a format stores as zero are lost to its range, whether they are stored once or enter each role.
#[test]
fn stored_zeros_are_underflow() {
    let tiny: &[f64] = &[two_to(-26), -two_to(-27), two_to(-26)];
    let layers: &[Layer] = &[(HALVES, &[]), (&[tiny], &[])];
    let given = literal("leaky", layers, INPUTS, TARGETS);
    let record = given.measured(
        &["f16:acc=f32", "amp-fp16", "bf16:acc=f32", "f16", "storage=f16/forward=f32/backward=f32"],
        Attribute::All,
    );
    for (index, arithmetic) in arithmetics(&record).iter().enumerate() {
        let [first, head] = [1, 2].map(|layer| trial(&record, index, layer).verdict);
        let expected = if arithmetic.name.starts_with("bf16") { Verdict::Sound } else { Verdict::Underflow };
        assert_eq!((first, head), (expected, Verdict::Sound), "{}", arithmetic.name);
        let fates = arithmetic.sites[0].fates;
        let (flushed, cut) = if expected == Verdict::Sound { (0, 0) } else { (6, 0) };
        assert_eq!((fates.flushed, fates.cut), (flushed, cut), "{}", arithmetic.name);
    }
    // In amp-fp16 f32 stores them: the range of the roles loses them. Where f16 stores them, no role's range can help.
    for (index, is_storage) in [(0, true), (1, false)] {
        let sources = &arithmetics(&record)[index].attribution.as_ref().unwrap().sources;
        let without = |source: NoiseSource| {
            let found = sources.iter().find(|found| found.source == source);
            found.map(|found| found.sites[0].without.median.value())
        };
        assert_eq!(without(NoiseSource::Storage).is_some(), is_storage);
        assert_eq!(without(NoiseSource::Range).unwrap() < 0.1, !is_storage, "{:?}", without(NoiseSource::Range));
    }
}

/// Inputs and targets are stored as well.
#[test]
fn inputs_that_underflow_are_lost_to_the_range() {
    let tiny: Vec<[f64; 2]> = INPUTS.iter().map(|row| [row[0] * two_to(-30), row[1] * two_to(-30)]).collect();
    let inputs: Vec<&[f64]> = tiny.iter().map(|row| &row[..]).collect();
    let layers: &[Layer] = &[(HALVES, &[]), (&[&[1.0, 0.5, -0.25]], &[])];
    let given = literal("leaky", layers, &inputs, TARGETS);
    let record = given.measured(&["f16:acc=f32", "bf16:acc=f32"], Attribute::None);
    for layer in [1, 2] {
        assert_eq!(trial(&record, 0, layer).verdict, Verdict::Underflow, "layer {layer}");
        assert_eq!(trial(&record, 1, layer).verdict, Verdict::Sound, "layer {layer}");
    }
}

/// What precision makes zero is no underflow: of a twin with as few bits.
#[test]
fn zeros_of_precision_are_not_underflow() {
    // y − t is 2^-10 of 1: three bits store 1 for both, with any exponents.
    let layers: &[Layer] = &[(&[&[1.0]], &[]), (&[&[1.0]], &[])];
    let targets: &[&[f64]] = &[&[1.0 + two_to(-10)]];
    let given = literal("identity", layers, &[&[1.0]], targets);
    let record = given.measured(&["e5m2", "mpfr:3", "e4m3fn:acc=f32"], Attribute::None);
    for (index, arithmetic) in arithmetics(&record).iter().enumerate() {
        let layer = &arithmetic.sites[0];
        assert_eq!((layer.fates.flushed, layer.fates.cut), (0, 1), "{}", arithmetic.name);
        assert_eq!(trial(&record, index, 1).verdict, Verdict::Chaotic, "{}", arithmetic.name);
    }
}
