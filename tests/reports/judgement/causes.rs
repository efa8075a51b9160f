//! The cause of a layer's noise.

use super::build::*;
use precision_probe::judgement::{Cause, RangeLoss};
use precision_probe::record::*;
use precision_probe::statistics::quantiles;

/// A source whose removal leaves a noise in every layer, and in how many trials it is milder and lower.
fn source(source: NoiseSource, left: f64, milder: usize, lower: usize, layers: usize) -> SourceNoise {
    let left = quantiles([(Number::new(left), false)].into_iter());
    let site = |site| SourceSite { site, alone: None, without: left, milder: Some(milder), lower: Some(lower) };
    SourceNoise { source, sites: (1..=layers).map(site).collect() }
}

fn attributed(cells: Vec<Vec<Cell>>, sources: &[(NoiseSource, f64, usize, usize)]) -> Record {
    let layers = cells.len();
    let mut record = record(&[("f16", cells)]);
    let sources = sources.iter().map(|(one, left, milder, lower)| source(*one, *left, *milder, *lower, layers));
    let attribution = Attribution { exact: "mpfr:53".into(), sources: sources.collect() };
    record.runs[0].arithmetics[0].attribution = Some(attribution);
    record
}

fn named(cause: Cause) -> Option<NoiseSource> {
    match cause {
        Cause::Source { source, .. } => Some(source),
        _ => None,
    }
}

/// The most specific candidate that leaves at most twice the noise of the best, or a tenth of the plain noise.
#[test]
fn the_most_specific_candidate_is_named() {
    use NoiseSource::*;
    for (name, sources, expected) in [
        // Measured: f16 of the default run.
        (
            "flips, a part of forward",
            vec![
                (Forward, 0.0086, 5, 5),
                (BranchFlips, 0.0088, 5, 5),
                (Accumulation, 0.094, 5, 5),
                (Backward, 0.39, 0, 0),
                (Range, 0.4, 0, 0),
            ],
            Some(BranchFlips),
        ),
        ("a sum that stands", vec![(Accumulation, 0.0016, 1, 5), (Backward, 0.001, 5, 5)], Some(Backward)),
        ("the sum in enough trials", vec![(Accumulation, 0.0016, 4, 5), (Backward, 0.001, 5, 5)], Some(Accumulation)),
        ("range before all", vec![(Range, 0.01, 5, 5), (Forward, 0.006, 5, 5), (Storage, 0.02, 5, 5)], Some(Range)),
        ("a range that leaves too much", vec![(Range, 0.04, 5, 5), (Forward, 0.006, 5, 5)], Some(Forward)),
        // As in a backward pass whose smallest terms are flushed: what is left is rounding.
        ("an underflow", vec![(Range, 0.0098, 5, 5), (Backward, 0.0004, 5, 5), (Forward, 0.28, 0, 0)], Some(Range)),
        ("storage before the roles", vec![(Storage, 0.02, 4, 4), (Backward, 0.011, 5, 5)], Some(Storage)),
        ("backward before forward", vec![(Forward, 0.01, 5, 5), (Backward, 0.02, 5, 5)], Some(Backward)),
        ("too few trials", vec![(Forward, 0.01, 3, 5), (BranchFlips, 0.01, 3, 5)], None),
        ("all noise gone", vec![(Storage, 0.0, 5, 5), (Range, 0.03, 5, 5)], Some(Storage)),
        ("an overflow that stays", vec![(Range, f64::INFINITY, 0, 0), (Storage, 0.3, 5, 5)], Some(Storage)),
    ] {
        let judged = first(&attributed(all((Verdict::Noisy, 0.286), 3, 5), &sources));
        assert_eq!(named(judged.cause), expected, "{name}: {:?}", judged.cause);
    }
}

/// Without a candidate there is no single source; the greatest is named only where its removal is seen to help.
#[test]
fn without_a_candidate_there_is_no_single_source() {
    use NoiseSource::*;
    for (sources, greatest) in [
        (vec![(Forward, 0.1, 3, 4), (Backward, 0.25, 0, 5)], Some(Forward)),
        (vec![(Forward, 0.1, 3, 4), (BranchFlips, 0.11, 3, 4)], Some(BranchFlips)),
        (vec![(Forward, 0.2, 0, 3), (Backward, 0.25, 0, 5)], Some(Backward)),
        (vec![(Forward, 0.2, 0, 3), (Backward, 0.25, 0, 3)], None),
    ] {
        let judged = first(&attributed(all(NOISY, 2, 5), &sources));
        assert_eq!(judged.cause, Cause::NoSingle { greatest, layer: 1 });
    }
}

/// Layer 1 is explained where it is not sound, else the worst layer.
#[test]
fn the_layer_that_is_explained() {
    let sources = [(NoiseSource::Backward, 0.01, 5, 5)];
    for (layers, layer, lost) in [
        (vec![NOISY, CHAOTIC, SOUND], Some(1), None),
        (vec![SOUND, NOISY, CHAOTIC], Some(3), None),
        (vec![ZERO, SOUND, NOISY], Some(3), None),
        // Of what underflows it is said where.
        (vec![UNKNOWN, UNDERFLOW, NOISY], Some(2), Some(RangeLoss::Backward)),
        (vec![SOUND, SOUND, SOUND], None, None),
        (vec![ZERO, ZERO, ZERO], None, None),
        (vec![UNKNOWN, UNKNOWN, UNKNOWN], None, None),
    ] {
        let cells = layers.iter().map(|cell| vec![*cell; 5]).collect();
        let expected = layer.map_or(Cause::Nothing, |layer| Cause::Source {
            source: NoiseSource::Backward,
            layer,
            without: quantiles([(Number::new(0.01), false)].into_iter()),
            lost,
        });
        assert_eq!(first(&attributed(cells, &sources)).cause, expected, "{layers:?}");
    }
}

/// What lies below the resolution of the truth has no cause, and one that a single bit lifts above it has.
#[test]
fn noise_below_the_resolution_has_no_cause() {
    let sources = [(NoiseSource::Range, 0.0, 5, 5)];
    let proven = |bits| Evidence::Proven { bits };
    for (evidence, noise, at_most, cause) in [
        (proven(83), 0.4, false, None),
        (proven(3), 0.4, false, Some(Cause::BelowResolution)),
        (proven(4), 0.4, false, None),
        (Evidence::Exact {}, 0.4, false, None),
        (proven(83), 0.4, true, Some(Cause::BelowResolution)),
    ] {
        let mut record = attributed(vec![vec![(Verdict::Noisy, noise); 5]; 2], &sources);
        record.runs[0].truth.sites[0].trials[3].evidence = evidence;
        let layer = &mut record.runs[0].arithmetics[0].sites[0];
        layer.noise_to_signal.at_most = at_most;
        layer.trials.iter_mut().for_each(|trial| trial.tensors[0].at_most = at_most);
        let judged = first(&record).cause;
        match cause {
            Some(cause) => assert_eq!(judged, cause, "{evidence}"),
            None => assert_eq!(named(judged), Some(NoiseSource::Range), "{evidence}"),
        }
    }
}

/// Trials that cannot become milder are not waited for: those that are sound, and those whose exact gradient is zero.
#[test]
fn trials_that_cannot_become_milder_do_not_veto_a_cause() {
    for other in [ZERO, SOUND, UNKNOWN] {
        let cells = vec![vec![other, NOISY, NOISY, other, NOISY]; 2];
        for (milder, is_named) in [(3, true), (2, false)] {
            let record = attributed(cells.clone(), &[(NoiseSource::Forward, 0.01, milder, 3)]);
            assert_eq!(named(first(&record).cause).is_some(), is_named, "{other:?}, {milder}");
        }
    }
}

/// What is lost is lost to the range, even where no removal brings it back: stored parameters that underflow or overflow.
#[test]
fn what_is_lost_is_the_ranges_doing() {
    for cell in [UNDERFLOW, OVERFLOW, CHAOTIC] {
        let sources = [(NoiseSource::Range, 1.0, 0, 0), (NoiseSource::Storage, 1.0, 0, 0)];
        let without = quantiles(std::iter::empty());
        let range = Cause::Source { source: NoiseSource::Range, layer: 1, without, lost: None };
        let expected = if cell == CHAOTIC { Cause::NoSingle { greatest: None, layer: 1 } } else { range };
        assert_eq!(first(&attributed(all(cell, 2, 5), &sources)).cause, expected, "{cell:?}");
    }
}

/// Where the range loses a layer: in storing if what is stored leaves the range and that alone loses the layer, unless only
/// another part is seen to help; else in the only part whose removal is seen to help, and sums before the passes that they are part of.
#[test]
fn the_place_where_the_range_is_lost() {
    use NoiseSource::{Accumulation, Backward, Forward, Range, Storage};
    use RangeLoss::{Accumulator, Storing};
    let none: &[NoiseSource] = &[];
    for (name, cell, stored, alone, help, expected) in [
        ("weights become 0", UNDERFLOW, 1.0, Some(1.0), none, Some(Storing)),
        ("three quarters of the energy", UNDERFLOW, 1.0, Some(0.87), none, Some(Storing)),
        ("inputs become infinite", OVERFLOW, f64::INFINITY, Some(f64::INFINITY), none, Some(Storing)),
        ("but the backward pass helps", UNDERFLOW, 1.0, Some(1.0), &[Backward], Some(RangeLoss::Backward)),
        ("and so does storing exactly", UNDERFLOW, 1.0, Some(1.0), &[Storage, Backward], Some(Storing)),
        ("some that do not matter", UNDERFLOW, 1.0, Some(0.3), &[Backward], Some(RangeLoss::Backward)),
        ("stored with rounding", UNDERFLOW, 0.3, Some(1.0), none, None),
        ("stored exactly", UNDERFLOW, 0.0, None, &[Range, Backward], Some(RangeLoss::Backward)),
        ("activations", OVERFLOW, 0.0, None, &[Range, Forward], Some(RangeLoss::Forward)),
        ("both passes", OVERFLOW, 0.0, None, &[Range, Forward, Backward], None),
        ("a sum", OVERFLOW, 0.0, None, &[Range, Accumulation, Backward], Some(Accumulator)),
        ("part of it in the backward pass", NOISY, 0.0, None, &[Range, Backward], Some(RangeLoss::Backward)),
        ("not the range's doing", NOISY, 1.0, Some(1.0), &[Backward], None),
    ] {
        let sources = NoiseSource::ALL.map(|one| {
            let milder = if help.contains(&one) { 5 } else { 0 };
            (one, if one == Range { 0.01 } else { 0.02 }, milder, milder)
        });
        let mut record = attributed(all(cell, 2, 5), &sources);
        let run = &mut record.runs[0].arithmetics[0];
        run.storage_noise = Number::new(stored);
        let sources = &mut run.attribution.as_mut().unwrap().sources;
        let storage = sources.iter_mut().find(|one| one.source == NoiseSource::Storage).unwrap();
        let alone = alone.map(|alone| quantiles([(Number::new(alone), false)].into_iter()));
        storage.sites.iter_mut().for_each(|site| site.alone = alone);
        let Cause::Source { lost, .. } = first(&record).cause else { panic!("{name}: {:?}", first(&record).cause) };
        assert_eq!(lost, expected, "{name}");
    }
}
