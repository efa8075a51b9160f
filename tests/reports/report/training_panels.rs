//! Panels of trainings: means, ranges, cells, what is there and what is left out.

use super::figure::plot as only;
use crate::common::tolerances;
use crate::common::trainings::{Fare, eventful, of, training, usual};
use precision_probe::record::training::{MeasureAt, Training, TrainingSpec};
use precision_probe::record::{Number, Verdict};
use precision_probe::report::panel::{Hatch, Mark, Paint, Palette, Panel, Plot, Scale, Symbol};
use precision_probe::report::training::panels::{panels, sheets};

fn names(panels: &[Panel]) -> Vec<&str> {
    panels.iter().map(|panel| panel.name.as_str()).collect()
}

/// A panel of the first activation.
fn panel(training: &Training, name: &str) -> Panel {
    panels(training, &training.runs[0]).into_iter().find(|panel| panel.name == name).expect(name)
}

/// Lines from below to above.
fn lines(plot: &Plot) -> Vec<&Vec<(f64, f64)>> {
    plot.marks
        .iter()
        .filter_map(|mark| if let Mark::Line { points, .. } = mark { Some(points) } else { None })
        .collect()
}

#[test]
fn losses_are_means_and_the_reference_lies_below_the_others() {
    let training = usual();
    let loss = panel(&training, "loss");
    let beside: Vec<&str> = loss.rows[0].beside.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(beside, ["reference (f64)", "f16", "bf16", "f32"]);
    let lines = lines(only(&loss));
    let losses: Vec<f64> = training.runs[0].learners[0].course.losses.iter().map(|loss| loss.value()).collect();
    let (step, log10) = *lines[3].last().unwrap();
    let mean = losses[480..].iter().sum::<f64>() / 20.0;
    assert!(step == 499.0 && (log10 - core_math::log10(mean)).abs() < tolerances::DOUBLES);
    assert_eq!(lines[3][0], (0.0, core_math::log10(losses[0])));
    assert_eq!(only(&loss).rules[0].at, core_math::log10(0.5));
    assert_eq!(only(&loss).tips.iter().filter(|tip| tip.words.starts_with("f16\n")).count(), 22);
}

#[test]
fn failed_copies_end_where_they_failed() {
    let loss = panel(&eventful(), "loss");
    let at = only(&loss).marks.iter().find_map(|mark| match mark {
        Mark::Text(text) if text.words == "f16: parameters not finite at step 180" => Some(text.at),
        _ => None,
    });
    let at = at.expect("f16 fails");
    assert_eq!(at.0, 180.0);
    let is_cross = |mark: &&Mark| matches!(mark, Mark::Symbol { at: place, symbol: Symbol::Cross, .. } if *place == at);
    assert_eq!(only(&loss).marks.iter().filter(is_cross).count(), 1);
    assert!(loss.alternative.contains("f16 parameters not finite at step 180"), "{}", loss.alternative);
}

/// A zero lies below the axis and a loss beyond all bounds above it; what is not finite breaks the line.
#[test]
fn losses_beyond_the_axis_are_told() {
    let mut training = training(&["relu"], &[("f16", Fare::Noise(0.1, 0.1))], 2, 60);
    assert!(!panel(&training, "loss").key.iter().any(|(_, words)| words.contains("beyond")));
    let losses = &mut training.runs[0].learners[0].course.losses;
    losses[30..].fill(Number::Finite(0.0));
    losses[5] = Number::None;
    training.runs[0].reference.losses[0] = Number::Finite(1e9);
    let loss = panel(&training, "loss");
    let Scale::Decimals(low, high) = only(&loss).y.scale else { panic!("a loss has decimals") };
    let lines = lines(only(&loss));
    // The mean is not finite as long as step 5 is among the last 20.
    assert_eq!((lines.len(), lines[1].len(), lines[2][0].0), (3, 5, 25.0));
    assert!(lines[2].last().unwrap().1 < low && lines[0][0].1 > high);
    assert!(loss.key.iter().any(|(_, words)| words.contains("beyond")));
}

#[test]
fn colours_begin_where_verdicts_do() {
    let mut training = training(&["relu"], &[("f16", Fare::Noise(0.01, 0.0))], 8, 1);
    let ratios = [0.0, 1e-3, 0.0999, 0.1, 0.999, 1.0, 10.0, 9.9e-4, 1e12];
    for (layer, ratio) in training.runs[0].learners[0].measures[0].sites.iter_mut().zip(ratios) {
        layer.own.noise_to_signal = Number::new(ratio);
    }
    let looks = |training: &Training| -> Vec<(Paint, Option<Hatch>, (f64, f64))> {
        let areas = only(&panel(training, "noise")).areas.clone();
        areas.iter().map(|area| (area.paint, area.hatch, (area.outline[0].1, area.outline[2].1))).collect()
    };
    let levels: Vec<Paint> = looks(&training).into_iter().map(|(paint, ..)| paint).collect();
    assert_eq!(levels, [0, 1, 8, 9, 12, 13, 17, 0, 17].map(|level| Paint::Of(Palette::Noise, level)));
    let states = [Verdict::Underflow, Verdict::Zero, Verdict::Zero, Verdict::Overflow, Verdict::NotEstablished];
    for (layer, verdict) in training.runs[0].learners[0].measures[0].sites.iter_mut().zip(states) {
        layer.own.verdict = verdict;
    }
    let expected = [
        (Paint::Zero, Some(Hatch::Flushed), (0.5, 1.5)),
        (Paint::Zero, None, (1.5, 3.5)),
        (Paint::Of(Palette::Fates, 5), Some(Hatch::Overflow), (3.5, 4.5)),
        (Paint::Paper, Some(Hatch::Unknown), (4.5, 5.5)),
    ];
    assert_eq!(looks(&training)[..4], expected);
    assert_eq!(panel(&training, "noise").key.len(), 5, "the ramp and four flat colours");
}

#[test]
fn panels_without_anything_are_left_out_and_maps_are_told() {
    let training = usual();
    let all = |index: usize| panels(&training, &training.runs[index]);
    assert_eq!(names(&all(0)), ["loss", "noise", "noise-at-reference", "dead", "updates", "minibatch"]);
    assert_eq!(names(&all(3)), ["loss", "noise", "noise-at-reference", "updates", "minibatch"]);
    let sheets = sheets(&training);
    let stems: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    assert_eq!(stems, ["relu", "leaky", "prelu", "elu", "compare"]);
    let last = |index: usize| sheets[index].sentences.last().unwrap().as_str();
    assert_eq!(last(0), "No map of flushed entries: there are none at any measured step.");
    assert_eq!(last(3), "No map of flushed entries and dead units: there are none at any measured step.");
    let mut unmeasured = training.clone();
    unmeasured.runs.truncate(1);
    unmeasured.runs[0].learners.iter_mut().for_each(|learner| learner.measures.clear());
    let sheet = &precision_probe::report::training::panels::sheets(&unmeasured)[0];
    assert_eq!((names(&sheet.panels), sheet.name.as_str()), (vec!["loss"], "training"));
    assert_eq!(sheet.sentences.last().unwrap(), "No gradient was measured.");
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
    let noise = panel(&training, "noise");
    let plot = only(&noise);
    let Scale::Places(columns) = &plot.x.scale else { panic!("steps are places") };
    let bad: Vec<_> = plot.areas.iter().filter(|area| area.hatch == Some(Hatch::Overflow)).collect();
    assert!(columns.len() <= 64 && bad.len() == 1);
    let ((left, low), (right, high)) = (bad[0].outline[0], bad[0].outline[2]);
    let steps = columns[((left + right) / 2.0) as usize].parse::<usize>().unwrap()..;
    assert!(steps.contains(&101) && low < 78.0 && 78.0 < high && high - low <= 3.0);
    let tip = plot.tips.iter().find(|tip| tip.words.ends_with("infinite or NaN")).unwrap();
    assert_eq!((tip.x, tip.y), ((left, right), (low, high)));
    assert!(noise.key.iter().any(|(_, words)| words.contains("worst")));
}

#[test]
fn shares_leave_skipped_steps_out() {
    let mut training = training(&["relu"], &[("f16", Fare::Noise(0.1, 0.1))], 2, 60);
    let measures = &mut training.runs[0].learners[0].measures;
    (measures[1].skipped, measures[1].sites[0].updates.lost) = (true, u64::MAX);
    let updates = panel(&training, "updates");
    let points = &only(&updates).curves[0].stretches[0];
    assert_eq!(points.iter().map(|point| point.x).collect::<Vec<_>>(), [0.0, 50.0, 59.0]);
    assert!(matches!(only(&updates).y.scale, Scale::Percent(0.0, most) if most < 20.0) && updates.key.len() == 1);
}

#[test]
fn rounding_is_compared_with_minibatches_at_the_last_measured_step() {
    let training = eventful();
    let minibatch = panel(&training, "minibatch");
    let measure = training.runs[0].learners[0].measures.last().unwrap();
    assert_eq!((only(&minibatch).curves.len(), &only(&minibatch).x.scale), (6, &Scale::Layers(1, 21)));
    assert_eq!(minibatch.rows[0].beside[0].note, format!("at step {}", measure.step));
    // Layers that overflowed have no noise.
    let first = only(&minibatch).curves[0].stretches[0][0];
    let log2 = measure.sites[3].own.log2_noise.value() - measure.sites[3].log2_minibatch_spread.value();
    assert!(first.x == 4.0);
    assert!((first.median - log2 * std::f64::consts::LOG10_2).abs() < tolerances::LONG_CHAIN_OF_DOUBLES);
}

#[test]
fn scales_are_lines_in_steps() {
    let scales = panel(&eventful(), "scales");
    let plot = only(&scales);
    assert!(matches!(plot.y.scale, Scale::Powers(powers) if (powers.base, powers.low, powers.high) == (2, 13.0, 18.0)));
    // The first format lies above the others.
    let amp = lines(plot)[0];
    assert_eq!((lines(plot).len(), &amp[..3]), (2, &[(0.0, 16.0), (3.0, 16.0), (3.0, 15.0)][..]));
    assert_eq!(amp.last(), Some(&(300.0, 15.0)));
    assert_eq!((plot.curves[1].singles.len(), scales.rows[0].beside[1].note.as_str()), (3, "3 steps skipped"));
}

#[test]
fn comparisons_have_a_lane_for_each_copy() {
    let sheet = sheets(&usual()).pop().unwrap();
    assert_eq!(sheet.panels[0].rows.iter().map(|row| row.plots.len()).collect::<Vec<_>>(), [2, 2]);
    let ranges: Vec<&Scale> =
        sheet.panels[0].rows.iter().flat_map(|row| &row.plots).map(|plot| &plot.y.scale).collect();
    assert!(ranges.iter().all(|range| *range == ranges[0]));
    let results = &sheet.panels[1].rows[0];
    let notes: Vec<&str> = results.beside.iter().take(4).map(|entry| entry.note.as_str()).collect();
    assert_eq!(notes, ["", "not saturated", "branch flips from step 250 on, layer\u{a0}1", "not saturated"]);
    assert_eq!((results.beside[1].name.as_str(), results.beside.len()), ("86.1 %", 16));
    let Scale::Lanes(groups) = &results.plots[0].y.scale else { panic!("copies are lanes") };
    assert_eq!((groups.len(), groups[0].lanes[1].as_str()), (4, "relu, f16"));
}
