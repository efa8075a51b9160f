//! Figures of trainings as data: means, clamps, colours, what is there and what is left out.

use crate::common::tolerances;
use crate::common::trainings::{Fare, eventful, of, training, usual};
use precision_probe::record::training::{MeasureAt, Training, TrainingSpec};
use precision_probe::record::{Number, Verdict};
use precision_probe::report::draw::{Paint, Theme};
use precision_probe::report::figure::{
    Cell, LossPanel, MapKind, NOISE_LEVELS, SHARE_LEVELS, TrainingComparison, TrainingFigure, noise_from,
};

#[test]
fn losses_are_means_and_the_reference_comes_first() {
    let training = usual();
    let panels = LossPanel::new(&training, &training.runs);
    assert_eq!(panels.len(), 4);
    assert!(panels.iter().all(|panel| panel.range == panels[0].range && panel.last_step == 500));
    let names: Vec<&str> = panels[0].curves.iter().map(|curve| curve.name.as_str()).collect();
    assert_eq!(names, ["reference (f64)", "f16", "bf16", "f32"]);
    let curve = &panels[0].curves[1];
    let losses: Vec<f64> = training.runs[0].learners[0].course.losses.iter().map(|loss| loss.value()).collect();
    let mean = losses[480..].iter().sum::<f64>() / 20.0;
    let (step, log10) = *curve.line[0].last().unwrap();
    assert!(step == 499.0 && (log10 - core_math::log10(mean)).abs() < tolerances::DOUBLES);
    assert_eq!(curve.line[0][0], (0.0, core_math::log10(losses[0])));
    assert_eq!(panels[0].target, Some(core_math::log10(0.5)));
    assert_eq!(curve.held_out.len(), 22);
    assert!(!panels[0].clamped);
}

#[test]
fn failed_copies_end_where_they_failed() {
    let training = eventful();
    let panel = LossPanel::new(&training, &training.runs).swap_remove(0);
    let end = panel.curves[1].end.as_ref().expect("f16 fails");
    assert_eq!((end.at.0, end.label.as_str()), (180.0, "f16: parameters not finite at step 180"));
    assert_eq!(panel.curves[1].line[0].last().unwrap().0, 180.0);
    assert!(panel.curves[2].end.is_none());
}

/// A zero and a loss beyond all bounds lie on the edges, what is not finite breaks the line.
#[test]
fn losses_are_clamped_to_the_axis() {
    let mut training = training(&["relu"], &[("f16", Fare::Noise(0.1, 0.1))], 2, 60);
    let losses = &mut training.runs[0].learners[0].course.losses;
    losses[30..].fill(Number::Finite(0.0));
    losses[5] = Number::None;
    training.runs[0].reference.losses[0] = Number::Finite(1e9);
    let panel = LossPanel::new(&training, &training.runs).swap_remove(0);
    let line = &panel.curves[1].line;
    // The mean is not finite as long as step 5 is among the last 20.
    assert_eq!((line.len(), line[0].len(), line[1][0].0), (2, 5, 25.0));
    assert_eq!(line[1].last().unwrap().1, panel.range.0);
    assert_eq!(panel.curves[0].line[0][0].1, panel.range.1);
    assert!(panel.clamped);
}

#[test]
fn colours_begin_where_verdicts_do() {
    assert_eq!((noise_from(1), noise_from(9), noise_from(13)), (-3.0, -1.0, 0.0));
    let mut training = training(&["relu"], &[("f16", Fare::Noise(0.01, 0.0))], 8, 1);
    let ratios = [0.0, 9.9e-4, 1e-3, 0.0999, 0.1, 0.999, 1.0, 10.0, 1e12];
    for (layer, ratio) in training.runs[0].learners[0].measures[0].sites.iter_mut().zip(ratios) {
        layer.own.noise_to_signal = Number::new(ratio);
    }
    let column =
        |training: &Training| TrainingFigure::new(training, &training.runs[0]).maps[0].maps[0].cells[0].clone();
    let levels = [0, 0, 1, 8, 9, 12, 13, 17, NOISE_LEVELS - 1];
    assert_eq!(column(&training), levels.map(Cell::Level));
    let states = [
        (Verdict::Underflow, Cell::Flushed),
        (Verdict::Zero, Cell::Dead),
        (Verdict::Zero, Cell::Dead),
        (Verdict::Overflow, Cell::Overflow),
        (Verdict::NotEstablished, Cell::Unknown),
    ];
    for (layer, (verdict, _)) in training.runs[0].learners[0].measures[0].sites.iter_mut().zip(states) {
        layer.own.verdict = verdict;
    }
    assert_eq!(column(&training)[..5], states.map(|(_, cell)| cell));
}

#[test]
fn maps_without_anything_are_left_out_and_told() {
    let training = usual();
    let kinds = |index: usize| {
        let figure = TrainingFigure::new(&training, &training.runs[index]);
        (figure.maps.iter().map(|map| map.kind).collect::<Vec<_>>(), figure.remark)
    };
    let flushed = "no flushed entries at any measured step".to_string();
    assert_eq!(kinds(0), (vec![MapKind::OwnParameters, MapKind::ReferenceParameters, MapKind::Dead], Some(flushed)));
    let both = "no flushed entries and no dead units at any measured step".to_string();
    assert_eq!(kinds(3), (vec![MapKind::OwnParameters, MapKind::ReferenceParameters], Some(both)));
    let figure = TrainingFigure::new(&training, &training.runs[0]);
    assert_eq!((figure.maps[0].columns.len(), figure.maps[0].rows.len()), (21, 21));
    assert!(!figure.maps[0].is_thinned());
    let mut unmeasured = training.clone();
    unmeasured.runs[0].learners.iter_mut().for_each(|learner| learner.measures.clear());
    let figure = TrainingFigure::new(&unmeasured, &unmeasured.runs[0]);
    assert_eq!((figure.maps.len(), figure.remark.as_deref()), (0, Some("no gradient was measured")));
    assert!(figure.shares.is_none() && figure.minibatch.is_none() && figure.scales.is_none());
}

/// A cell of a long training shows the worst of its steps and layers.
#[test]
fn long_trainings_keep_their_worst() {
    let spec = TrainingSpec {
        activations: vec!["relu".into()],
        formats: vec!["f16".into()],
        depth: 130,
        steps: 200,
        measure: MeasureAt::Every(1),
        ..TrainingSpec::default()
    };
    let mut training = of(spec, &[("f16", Fare::Noise(1e-3, 0.1))]);
    training.runs[0].learners[0].measures[101].sites[77].own.verdict = Verdict::Overflow;
    let figure = TrainingFigure::new(&training, &training.runs[0]);
    let map = &figure.maps[0];
    assert!(map.columns.len() <= 64 && map.rows.len() <= 64 && map.is_thinned());
    let worst = |column: &usize, row: &usize| map.maps[0].cells[*column][*row] == Cell::Overflow;
    let column = map.columns.iter().position(|steps| steps.contains(&101)).unwrap();
    let row = map.rows.iter().position(|layers| layers.contains(&77)).unwrap();
    assert!(worst(&column, &row));
    let all = map.maps[0].cells.iter().flatten().filter(|cell| **cell == Cell::Overflow);
    assert_eq!(all.count(), 1);
}

#[test]
fn shares_leave_skipped_steps_out() {
    let mut training = training(&["relu"], &[("f16", Fare::Noise(0.1, 0.1))], 2, 60);
    let measures = &mut training.runs[0].learners[0].measures;
    (measures[1].skipped, measures[1].sites[0].updates.lost) = (true, u64::MAX);
    let panel = TrainingFigure::new(&training, &training.runs[0]).shares.unwrap();
    let points = &panel.plots[0].curves[0].points;
    assert_eq!(points.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [0.0, 50.0, 59.0]);
    assert!(panel.has_skipped && panel.plots[0].most < 20.0);
}

#[test]
fn rounding_is_held_against_minibatches_at_the_last_measured_step() {
    let training = eventful();
    let panel = TrainingFigure::new(&training, &training.runs[0]).minibatch.unwrap();
    assert_eq!((panel.layers, panel.curves.len()), ((1, 21), 6));
    let (f16, measure) = (&panel.curves[0], training.runs[0].learners[0].measures.last().unwrap());
    assert_eq!(f16.note, format!("at step {}", measure.step));
    // Layers that overflowed have no noise.
    assert_eq!(f16.points[0].0, 4);
    let layer = &measure.sites[3];
    let log2 = layer.own.log2_noise.value() - layer.log2_minibatch_spread.value();
    assert!((f16.points[0].1 - log2 * std::f64::consts::LOG10_2).abs() < tolerances::LONG_CHAIN_OF_DOUBLES);
}

#[test]
fn scales_are_lines_in_steps() {
    let training = eventful();
    let panel = TrainingFigure::new(&training, &training.runs[0]).scales.unwrap();
    assert_eq!((panel.range, panel.curves.len()), ((14, 17), 2));
    let amp = &panel.curves[1];
    assert_eq!(amp.corners[..3], [(0.0, 16.0), (3.0, 16.0), (3.0, 15.0)]);
    assert_eq!(amp.corners.last(), Some(&(300.0, 15.0)));
    assert_eq!((amp.skipped.len(), amp.note.as_str()), (3, "3 steps skipped"));
}

#[test]
fn comparisons_have_a_row_per_activation() {
    let training = usual();
    let figure = TrainingComparison::new(&training);
    assert_eq!(figure.strip.columns, ["reference", "f16", "bf16", "f32"]);
    let (name, cells) = &figure.strip.rows[0];
    assert_eq!(name, "relu");
    let words: Vec<&str> = cells.iter().map(|cell| cell[1].as_str()).collect();
    assert_eq!(words, ["", "not saturated", "branch flips from step 250 on, layer\u{a0}1", "not saturated"]);
    assert_eq!(cells[1][0], "86.1 %");
}

/// On white more is darker, on black lighter, from colour to colour.
#[test]
fn maps_are_read_by_lightness_alone() {
    let luminance = |(red, green, blue): (u8, u8, u8)| {
        let linear = |channel: u8| core_math::pow(f64::from(channel) / 255.0, 2.2);
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    };
    for (theme, sign) in [(Theme::Light, -1.0), (Theme::Dark, 1.0)] {
        let noise: Vec<f64> = (0..NOISE_LEVELS).map(|level| luminance(theme.rgb(Paint::Noise(level)))).collect();
        let shares: Vec<f64> = (0..SHARE_LEVELS.len()).map(|level| luminance(theme.rgb(Paint::Share(level)))).collect();
        for (name, scale) in [("noise", noise), ("shares", shares)] {
            for (level, pair) in scale.windows(2).enumerate() {
                assert!(sign * (pair[1] - pair[0]) > 0.0, "{} {name} {level}: {pair:?}", theme.name());
            }
        }
    }
}
