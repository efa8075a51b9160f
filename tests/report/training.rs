//! Trainings: text, tables, figures as data, then drawings in both themes.

use crate::common::trainings::{Fare, eventful, training, usual};
use crate::picture::{Pixels, assert_on_canvas, assert_texts_apart};
use precision_probe::record::training::Training;
use precision_probe::report::draw::{Theme, rasterise, training_comparison_svg, training_svg};
use precision_probe::report::training::{drawn, layers_csv, steps_csv, terminal};

fn cases() -> Vec<(&'static str, Training)> {
    vec![
        ("usual", usual()),
        ("eventful", eventful()),
        ("one step", training(&["tanh"], &[("f16", Fare::Noise(0.1, 0.1))], 1, 1)),
    ]
}

#[test]
fn every_training_is_drawn_on_its_page() {
    let preview = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (case, training) in cases() {
        let text = terminal(&training, None);
        std::fs::write(preview.join(format!("training-{case}.txt").replace(' ', "-")), &text).unwrap();
        for theme in Theme::ALL {
            let mut pages = vec![("compare".to_string(), training_comparison_svg(&training, theme).expect(case))];
            for run in &training.runs {
                pages.push((run.activation.clone(), training_svg(&training, run, theme).expect(case)));
            }
            for (page, svg) in pages {
                let name = format!("training {case} {page} {}", theme.name());
                let bytes = rasterise(&svg).expect(&name);
                std::fs::write(preview.join(format!("{}.png", name.replace([' ', ':'], "-"))), &bytes).unwrap();
                assert_on_canvas(&name, &svg);
                assert_texts_apart(&name, &svg, 8);
                assert_eq!(Pixels::decode(&bytes).in_margin(), None, "{name}");
            }
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert!(steps_csv(&training).starts_with("activation,arithmetic,step,"));
        assert!(layers_csv(&training).starts_with("activation,arithmetic,step,layer,"));
        assert!(!drawn(&training, Theme::Light).expect(case).is_empty());
    }
}
