//! Trainings: drawings in both themes, words and tables, and strange records.

use super::picture::{assert_drawn, assert_on_canvas};
use crate::common::tables::{rows, with};
use crate::common::trainings::{Fare, eventful, of, training, usual};
use precision_probe::record::training::{End, MeasureAt, ScaleChange, Training, TrainingSpec};
use precision_probe::record::{Fates, Number, Verdict};
use precision_probe::report::kind::Kind;
use precision_probe::report::svg::{Theme, picture};
use precision_probe::report::training::panels::sheets;
use precision_probe::report::training::{details, layers_csv, pictures, steps_csv, terminal};

/// Steps and layers beyond what maps have columns and rows for.
fn long() -> Training {
    let spec = TrainingSpec {
        activations: vec!["relu".into()],
        formats: vec!["f16".into()],
        depth: 130,
        steps: 200,
        measure: MeasureAt::Every(1),
        ..TrainingSpec::default()
    };
    of(spec, &[("f16", Fare::Noise(0.1, 0.1))])
}

fn unmeasured() -> Training {
    let mut training = usual();
    for learner in training.runs.iter_mut().flat_map(|run| &mut run.learners) {
        learner.measures.clear();
        learner.outcome.first_saturation = None;
        learner.outcome.recovered = None;
    }
    training.spec.measure = MeasureAt::Never;
    training
}

fn hopeless() -> Training {
    let mut training = training(&["relu", "elu"], &[("f16", Fare::Fails(0.5, 0)), ("bf16", Fare::Unknown)], 3, 30);
    for run in &mut training.runs {
        let learners = run.learners.iter_mut().map(|learner| &mut learner.course);
        for course in learners.chain([&mut run.reference]) {
            course.losses.fill(Number::None);
            course.held_out.iter_mut().for_each(|held_out| held_out.loss = Number::Infinite);
            course.end = End::ParametersNotFinite { step: 0 };
        }
    }
    training
}

fn unfinished() -> Training {
    let mut training = usual();
    training.steps_done = 120;
    for run in &mut training.runs {
        let learners = run.learners.iter_mut();
        learners.for_each(|learner| learner.measures.retain(|measure| measure.step < 120));
        let courses = run.learners.iter_mut().map(|learner| &mut learner.course);
        for course in courses.chain([&mut run.reference]) {
            course.losses.truncate(120);
            course.held_out.retain(|held_out| held_out.step < 120);
        }
    }
    training
}

fn cases() -> Vec<(&'static str, Training)> {
    let many: Vec<(&str, Fare)> =
        ["f16", "bf16", "e4m3fn", "e5m2", "f32", "mpfr:12", "mpfr:13", "mpfr:14", "mpfr:15", "mpfr:16", "f64"]
            .map(|name| (name, Fare::Noise(0.2, 0.1)))
            .to_vec();
    let activations = ["relu", "leaky", "prelu", "elu", "tanh", "gelu", "leaky:0.2"];
    vec![
        ("usual", usual()),
        ("eventful", eventful()),
        ("one step", training(&["tanh"], &[("f16", Fare::Noise(0.1, 0.1))], 1, 1)),
        ("unmeasured", unmeasured()),
        ("hopeless", hopeless()),
        ("unfinished", unfinished()),
        ("long", long()),
        ("many", training(&activations, &many, 4, 60)),
    ]
}

#[test]
fn every_training_is_drawn_on_its_page() {
    let preview = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (case, training) in cases() {
        let screen = terminal(&training, Some(std::path::Path::new("reports/train/training.png")));
        let text = screen.clone() + &details(&training, None);
        std::fs::write(preview.join(format!("training-{case}.txt").replace(' ', "-")), &text).unwrap();
        let rows: usize = training.runs.iter().map(|run| run.learners.len() + 1).sum();
        assert!(screen.lines().count() <= 10 + rows, "{case}: {screen}");
        let sheets = sheets(&training);
        // The first two activations, and the comparison.
        let shown = sheets.iter().take(2).chain(sheets.iter().skip(2).last());
        shown.for_each(|sheet| assert_drawn(&format!("training {case}"), sheet));
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{case}: {line}");
        }
    }
}

#[test]
fn a_training_is_told_in_a_hundred_columns() {
    let training = training(&["leaky"], &[("f16", Fare::Fails(0.4, 30)), ("bf16", Fare::Noise(0.3, 0.5))], 2, 60);
    let picture = Some(std::path::Path::new("reports/train/training.png"));
    let told = details(&training, picture);
    assert_eq!(told, include_str!("../../fixtures/training.txt"), "{told}");
    let screen = terminal(&training, picture);
    assert_eq!(screen, include_str!("../../fixtures/training-screen.txt"), "{screen}");
}

#[test]
fn sentences_tell_noise_from_parameter_drift() {
    let told = details(&eventful(), None).replace('\n', " ");
    for words in [
        "f16 stops at step 180: the update made parameters infinite or NaN.",
        "the parameters have drifted (by",
        "the gradient underflows to zero.",
        "the format's range is the reason, not parameter drift.",
        "From step 225 on no layer is saturated, and its loss is lower, so it recovers.",
        "rounding noise is the reason, not parameter drift.",
        "Rounding noise exceeds minibatch noise",
        "64 % of the exact update is applied in the median layer",
        "(at most 0.0052 of it, at step 250 in layer 12): harmless.",
        "amp-fp16: storage=f32, forward=f16, backward=f16, update=f32",
    ] {
        assert!(told.contains(words), "`{words}` is missing: {told}");
    }
    let told = details(&unfinished(), None);
    assert!(told.contains("unfinished: 120 of 500 steps made"), "{told}");
    assert!(details(&unmeasured(), None).contains("(no gradient was measured)"));
    // In the order asked for: one training each ranks nothing.
    let told = details(&usual(), None).replace('\n', " ");
    assert!(
        told.contains("(a single training each, so no ranking): f64: relu 167, leaky 147, prelu 128, elu 110;"),
        "{told}"
    );
    assert!(told.contains("bf16: relu 214"), "{told}");
    assert!(terminal(&usual(), None).contains("no ranking of activations"));
}

#[test]
fn tables_have_a_row_for_every_step_and_layer() {
    let training = usual();
    let steps = rows(&steps_csv(&training));
    // One more than the steps: the held-out digits at the end.
    assert_eq!(steps.len(), 4 * 4 * 501);
    let names = ["spec_hash", "activation", "precision", "step"].map(|name| steps[0][name].as_str());
    assert_eq!(names, [training.spec_hash.as_str(), "relu", "f64 (reference)", "0"]);
    let last = with(&steps, &[("activation", "relu"), ("step", "500")]);
    assert!(last.len() == 4 && last.iter().all(|row| row["loss_of_minibatch"].is_empty()));
    assert_eq!(rows(&layers_csv(&training)).len(), 4 * 3 * 21 * 21);
    let scaled = rows(&steps_csv(&eventful()));
    let row = |step: &str| {
        let row = with(&scaled, &[("activation", "leaky"), ("precision_as_given", "amp-fp16"), ("step", step)])[0];
        [row["log2_loss_scale"].clone(), row["skipped"].clone()]
    };
    assert_eq!([row("2"), row("3"), row("4")], [["16", "true"], ["15", "true"], ["14", "false"]]);
}

#[test]
fn files_have_their_names_and_the_main_picture_last() {
    let names = |training: &Training| -> Vec<String> {
        training.drawn(Theme::Dark).unwrap().into_iter().map(|(name, _)| name).collect()
    };
    let one = training(&["tanh"], &[("f16", Fare::Noise(0.1, 0.1))], 1, 3);
    assert_eq!(names(&one), ["steps.csv", "layers.csv", "report.html", "training.svg", "training.png"]);
    let mut two = training(&["leaky:0.2", "relu"], &[("f16", Fare::Noise(0.1, 0.1))], 1, 3);
    let expected = ["leaky-0.2.svg", "leaky-0.2.png", "relu.svg", "relu.png", "compare.svg", "compare.png"];
    assert_eq!(names(&two)[3..], expected);
    assert_eq!(pictures(&two.spec.activations), expected);
    two.runs[0].activation = "compare".into();
    two.runs[1].activation = "compare".into();
    assert_eq!(names(&two)[3], "compare-2.svg");
    assert_eq!(names(&two)[5], "compare-3.svg");
    two.runs.clear();
    assert!(two.drawn(Theme::Light).is_err());
    assert!(sheets(&two).is_empty());
}

#[test]
fn strange_trainings_are_drawn_and_worded_without_a_panic() {
    type Change = fn(&mut Training);
    let changes: [(&str, Change); 9] = [
        ("no learners", |training| training.runs[0].learners.clear()),
        ("no losses", |training| {
            training.runs[0].reference.losses.clear();
            training.runs[0].reference.held_out.clear();
            training.runs[0].learners[0].course.losses.clear();
        }),
        ("no layers", |training| {
            training.runs[0].sites.clear();
            training.runs[0].learners[0].measures[0].sites.clear();
            training.runs[0].learners[1].measures.iter_mut().for_each(|measure| measure.sites.clear());
        }),
        ("extreme steps", |training| {
            let learner = &mut training.runs[0].learners[0];
            learner.measures[0].step = usize::MAX;
            learner.course.end = End::BeyondDoubles { step: usize::MAX };
            learner.course.held_out[0].step = usize::MAX;
            learner.course.scales = [i32::MIN, i32::MAX].map(|log2| ScaleChange { step: usize::MAX, log2 }).to_vec();
            learner.course.skipped = vec![usize::MAX; 2];
            training.steps_done = usize::MAX;
        }),
        ("extreme counts", |training| {
            for layer in &mut training.runs[0].learners[0].measures[0].sites {
                layer.own.fates = Fates { resolved: u64::MAX, flushed: u64::MAX, ..Fates::default() };
                (layer.dead_units, layer.units) = (u64::MAX, 1);
                (layer.updates.due, layer.updates.lost, layer.updates.wrong_sign) = (u64::MAX, u64::MAX, u64::MAX);
            }
        }),
        ("extreme numbers", |training| {
            training.spec.target_loss = 1e-300;
            let measure = &mut training.runs[0].learners[0].measures[0];
            measure.distance = Number::Infinite;
            measure.sites[0].own.noise_to_signal = Number::MinusInfinite;
            measure.sites[0].own.log2_noise = Number::Finite(1e300);
            measure.sites[0].log2_minibatch_spread = Number::Finite(-1e300);
            measure.sites[1].own.log2_noise = Number::MinusInfinite;
            measure.sites[1].site = usize::MAX;
            measure.sites[1].update_descent = Number::Finite(-1e300);
            training.runs[0].reference.losses[0] = Number::Finite(1e308);
            training.runs[0].reference.losses[1] = Number::Finite(0.0);
        }),
        ("dead", |training| {
            for layer in training.runs[0].learners[0].measures.iter_mut().flat_map(|measure| &mut measure.sites) {
                (layer.own.verdict, layer.own.noise_to_signal) = (Verdict::Zero, Number::None);
                layer.at_reference = None;
            }
        }),
        ("long names", |training| {
            training.runs[0].learners[0].name = "bf16/update=f32/master=bf16:round=stochastic,".repeat(4);
            training.runs[0].activation = "a\"quoted\", activation ".repeat(8);
            training.runs[0].constants = vec!["x".repeat(300)];
        }),
        ("odd spec", |training| {
            training.spec.steps = 0;
            training.spec.rate.learning_rate = f64::NAN;
            training.spec.gain = Some(f64::INFINITY);
            training.spec.target_loss = f64::NAN;
            training.spec_hash.clear();
        }),
    ];
    let base = training(&["relu", "elu"], &[("f16", Fare::Noise(0.2, 0.3)), ("bf16", Fare::Flushed(2))], 3, 40);
    for (name, change) in changes {
        let mut training = base.clone();
        change(&mut training);
        sheets(&training).iter().for_each(|sheet| assert_on_canvas(name, &picture(sheet, Theme::Dark).expect(name)));
        assert!(details(&training, None).contains("elu"), "{name}");
        let screen = terminal(&training, Some(std::path::Path::new("training.png")));
        assert!(screen.lines().all(|line| line.chars().count() <= 100), "{name}: {screen}");
        assert!(steps_csv(&training).len() > 100 && layers_csv(&training).len() > 100, "{name}");
    }
}
