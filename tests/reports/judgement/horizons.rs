//! Horizons by hand: cells of which every verdict is chosen.

use precision_probe::judgement::ExactState;
use precision_probe::judgement::cell::{Cell, CellArithmetic, CellLayer, CellRun, ExactCell, Group, Outcome};
use precision_probe::judgement::horizon::{Horizon, Horizons, Mode, Reach, horizons};
use precision_probe::judgement::ranking::Ranking;
use precision_probe::record::sweep::AxisValue;
use precision_probe::record::{Evidence, Fates, Number, Quantiles, Verdict, VerdictCount, WholeTrial};
use std::collections::BTreeMap;

use Verdict::{Chaotic, NotEstablished, Overflow, Sound, Underflow};

const NONE: Quantiles =
    Quantiles { low: Number::None, median: Number::None, high: Number::None, count: 0, at_most: false };

/// Layer 1 of one precision, which is the whole network.
fn arithmetic(verdicts: &[Verdict], bits: u32) -> CellArithmetic {
    let verdict = VerdictCount { verdict: verdicts[0], count: 0, of: verdicts.len(), distribution: None };
    let layer = |group| CellLayer {
        group,
        layer: 1,
        verdict: verdict.clone(),
        verdicts: verdicts.to_vec(),
        noise: NONE,
        predicted: None,
        trials: Vec::new(),
        limits: Vec::new(),
        flips: Vec::new(),
        fates: Fates::default(),
    };
    CellArithmetic {
        name: format!("e8m{bits}"),
        bits: Some(bits),
        log2_loss_scale: None,
        storage_noise: Number::None,
        layers: [Group::First, Group::Worst, Group::Head].map(layer),
        whole: verdicts.iter().map(|verdict| WholeTrial { worst_noise: Number::None, verdict: *verdict }).collect(),
        remedies: Vec::new(),
    }
}

fn cell(activation: &str, depth: u64, states: &[ExactState], arithmetics: Vec<CellArithmetic>) -> Cell {
    let run = CellRun {
        kinked: true,
        gain: None,
        chi1: None,
        phase: None,
        exact: ExactCell {
            evidence: Evidence::Exact {},
            states: states.to_vec(),
            by_depth: vec![false; states.len()],
            log2_sizes: Vec::new(),
            log2_relative: Vec::new(),
            zeros: Vec::new(),
        },
        arithmetics,
    };
    let values = [("activation", AxisValue::Text(activation.into())), ("depth", AxisValue::Whole(depth))];
    let values: BTreeMap<String, AxisValue> = values.map(|(name, value)| (name.to_string(), value)).into();
    Cell { cell: 1, id: String::new(), values, outcome: Outcome::Measured(Box::new(run)) }
}

/// A line of networks whose exact gradient is healthy and whose trials become chaotic from these depths on.
fn chaotic_from(activation: &str, from: &[u64]) -> Vec<Cell> {
    let cell = |depth: u64| {
        let verdicts: Vec<Verdict> = from.iter().map(|from| if depth >= *from { Chaotic } else { Sound }).collect();
        cell(activation, depth, &vec![ExactState::Healthy; from.len()], vec![arithmetic(&verdicts, 8)])
    };
    [5, 10, 20, 40].map(cell).into()
}

fn noise(found: &Horizons) -> &Horizon {
    found.lines[0].arithmetics[0].horizons.iter().find(|horizon| horizon.mode == Mode::Noise).unwrap()
}

/// Half of the trials, at this depth and the next; the interval is where 2/5 and 4/5 are reached.
#[test]
fn a_horizon_is_where_half_of_the_trials_are_saturated() {
    let from = |depth| Reach::From { depth };
    let beyond = Reach::Beyond { depth: 40 };
    let unconfirmed = Reach::Unconfirmed { depth: 40 };
    for (trials, reach, interval, saturated) in [
        (&[5, 10, 20, 20, 99][..], from(20), [from(10), from(20)], [1, 2, 4, 4]),
        (&[10, 10, 20, 20], from(10), [from(10), from(20)], [0, 2, 4, 4]),
        (&[5, 5, 5, 99, 99], from(5), [from(5), beyond], [3, 3, 3, 3]),
        (&[40, 40, 40, 40, 99], unconfirmed, [unconfirmed, unconfirmed], [0, 0, 0, 4]),
        (&[40, 99, 99, 99, 99], beyond, [beyond, beyond], [0, 0, 0, 1]),
        (&[20], from(20), [from(20), from(20)], [0, 0, 1, 1]),
    ] {
        let found = horizons(chaotic_from("relu", trials), 0);
        let horizon = noise(&found);
        assert_eq!((horizon.reach, horizon.interval), (reach, interval), "{trials:?}");
        assert_eq!((&horizon.saturated[..], horizon.is_monotone), (&saturated[..], true), "{trials:?}");
        assert_eq!(horizon.resampled.is_some(), trials.len() > 1);
        assert_eq!(found.lines[0].depths, [5, 10, 20, 40]);
    }
}

/// A depth at which fewer trials are saturated again is told; a single depth before the horizon does not make one.
#[test]
fn horizons_that_are_not_monotone_are_told() {
    let verdicts = |verdict| vec![arithmetic(&[verdict; 3], 8)];
    for (line, reach, is_monotone) in [
        ([Chaotic, Sound, Chaotic, Chaotic], Reach::From { depth: 20 }, false),
        ([Chaotic, Chaotic, Sound, Sound], Reach::From { depth: 5 }, false),
        ([Sound, Chaotic, Sound, Sound], Reach::Beyond { depth: 40 }, false),
        ([Sound, Sound, Chaotic, Chaotic], Reach::From { depth: 20 }, true),
        // What is not established is no trial.
        ([NotEstablished, Sound, NotEstablished, NotEstablished], Reach::Beyond { depth: 40 }, true),
        ([Sound, Underflow, Overflow, Overflow], Reach::Beyond { depth: 40 }, true),
    ] {
        let cells = [5, 10, 20, 40].into_iter().zip(line);
        let cells = cells.map(|(depth, verdict)| cell("relu", depth, &[ExactState::Healthy; 3], verdicts(verdict)));
        let found = horizons(cells, 0);
        assert_eq!((noise(&found).reach, noise(&found).is_monotone), (reach, is_monotone), "{line:?}");
    }
}

/// Modes are separate: of the exact gradient and of the precision.
#[test]
fn every_mode_has_a_horizon_of_its_own() {
    let healthy = [ExactState::Healthy; 2];
    let cells = [
        cell("relu", 5, &healthy, vec![arithmetic(&[Sound, Underflow], 8)]),
        cell("relu", 10, &healthy, vec![arithmetic(&[Overflow, Underflow], 8)]),
        cell("relu", 20, &[ExactState::Vanishing; 2], vec![arithmetic(&[Overflow; 2], 8)]),
        cell("relu", 40, &[ExactState::Vanishing, ExactState::Zero], vec![arithmetic(&[Overflow, Verdict::Zero], 8)]),
    ];
    let line = horizons(cells, 0).lines.remove(0);
    let reach: BTreeMap<Mode, Reach> =
        line.exact.iter().chain(&line.arithmetics[0].horizons).map(|horizon| (horizon.mode, horizon.reach)).collect();
    let expected = [
        (Mode::Vanishing, Reach::From { depth: 20 }),
        (Mode::Zero, Reach::Unconfirmed { depth: 40 }),
        (Mode::Underflow, Reach::From { depth: 5 }),
        (Mode::Overflow, Reach::From { depth: 10 }),
        (Mode::Noise, Reach::Beyond { depth: 40 }),
    ];
    assert_eq!(reach, expected.into());
}

/// A trial that is saturated at no depth is better than any that is; five trials are needed.
#[test]
fn activations_are_ranked_by_the_depth_to_which_they_are_usable() {
    let ranked = |lines: [&[u64]; 3]| {
        let names = ["relu", "tanh", "elu"];
        let cells = names.into_iter().zip(lines).flat_map(|(name, trials)| chaotic_from(name, trials));
        let found = horizons(cells, 0);
        assert_eq!((found.rankings.len(), &found.rankings[0].lines[..]), (1, &[0, 1, 2][..]));
        found.rankings[0].ranking.clone()
    };
    let best = |best, not_apart: &[usize]| Ranking::Best { best, not_apart: not_apart.into() };
    assert_eq!(ranked([&[10; 5], &[20; 5], &[5; 5]]), best(1, &[]));
    assert_eq!(ranked([&[10; 5], &[99; 5], &[99; 5]]), best(1, &[2]));
    assert_eq!(ranked([&[40; 5], &[99; 5], &[40, 40, 40, 40, 99]]), best(1, &[2]));
    assert_eq!(ranked([&[10; 4], &[20; 4], &[5; 4]]), Ranking::TooFewTrials { trials: 4 });
}

/// Fewest bits in which every layer is sound in four of five trials.
#[test]
fn the_cheapest_sound_precision_has_the_fewest_bits() {
    let [good, bad] = [[Sound, Sound, Sound, Sound, Chaotic], [Sound, Sound, Sound, Chaotic, Chaotic]];
    let cells = [(5, good, good, good), (10, bad, good, good), (20, bad, bad, good), (40, bad, bad, bad)];
    let cells = cells.map(|(depth, least, middle, most)| {
        let arithmetics = vec![arithmetic(&most, 24), arithmetic(&least, 8), arithmetic(&middle, 11)];
        cell("relu", depth, &[ExactState::Healthy; 5], arithmetics)
    });
    let found = horizons(cells, 0).lines.remove(0).cheapest;
    assert_eq!(found, [Some("e8m8".to_string()), Some("e8m11".into()), Some("e8m24".into()), None]);
}

/// A failed cell has its reason, and horizons lie over the others.
#[test]
fn failed_cells_are_no_depths() {
    let mut cells = chaotic_from("relu", &[20; 3]);
    cells[1].outcome = Outcome::Failed("no memory".into());
    let found = horizons(cells, 0);
    assert_eq!(
        (&found.lines[0].depths[..], &found.lines[0].failed[..]),
        (&[5, 20, 40][..], &[(10, "no memory".into())][..])
    );
    assert_eq!(noise(&found).reach, Reach::From { depth: 20 });
}
