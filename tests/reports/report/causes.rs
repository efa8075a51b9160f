//! Sources, remedies and theory as sentences, tables and files.

use crate::common::causes::attributed;
use crate::common::records::{Behaviour, Behaviour::*, default_record, record};
use precision_probe::judgement::judge;
use precision_probe::record::*;
use precision_probe::report::numbers::Notation::Plain;
use precision_probe::report::probe::panels::sheets;
use precision_probe::report::screen::{self, View};
use precision_probe::report::{html, markdown, say, table};

/// An attributed record of ten layers.
fn tried(arithmetics: &[(&str, Behaviour)]) -> Record {
    attributed(record(10, 5, arithmetics))
}

fn sentences(record: &Record) -> String {
    say::sentences(record, &judge(record), Plain).join(" ")
}

fn first(record: &mut Record) -> &mut ArithmeticRun {
    &mut record.runs[0].arithmetics[0]
}

/// Noise of a source or remedy at layer 1, the same in every trial.
fn exactly(noise: f64) -> Quantiles {
    let number = Number::new(noise);
    Quantiles { low: number, median: number, high: number, count: 5, at_most: false }
}

/// A record without the new fields looks as before.
#[test]
fn without_attribution_nothing_is_added() {
    let record = default_record();
    let text = table::terminal(&record, true, None);
    for words in ["comes from", "Remedies tried", "theory predicts", "sources of every layer", "loss scale"] {
        assert!(!text.contains(words), "{words}: {text}");
    }
    assert!(sentences(&record).contains("f32 makes every layer sound in 5 of 5 trials"), "an arithmetic of the list");
    let sheets = sheets(&record);
    let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    assert_eq!(
        names,
        ["panels/noise", "panels/range", "panels/fates", "panels/flips", "panels/histogram", "details", "summary"]
    );
    let is_theory = |(_, label): &(_, String)| label.contains("theory");
    assert!(!sheets[0].panels[0].key.iter().any(is_theory), "{:?}", sheets[0].panels[0].key);
    assert!(!html::page(&record).unwrap().contains("id=\"sources\""));
}

/// What was tried in a record that does not hold the trials is neither enough nor a gain.
#[test]
fn what_an_old_record_lacks_is_not_recorded() {
    let record = tried(&[("f16", Noise(0.41)), ("f32", Noise(1e-5))]);
    let screen = screen::terminal(&record, View::default(), None);
    assert!(screen.lines().any(|line| line.starts_with("f16 ") && line.ends_with("not recorded")), "{screen}");
    assert!(!sentences(&record).contains("every layer sound"), "{}", sentences(&record));
    assert!(table::terminal(&record, false, None).contains("  not recorded\n"));
}

#[test]
fn the_terminal_tables_sources_and_remedies() {
    let mut record = attributed(default_record());
    // Another layer is the worst afterwards.
    first(&mut record).remedies[1].sites[4].noise_to_signal = exactly(0.05);
    let text = table::terminal(&record, false, None);
    let expected = "\
theory predicts 0.453 at layer 1 in f16 (medians: measured 0.499; measured/predicted 1.1)

Where the noise/signal of layer 1 comes from:
precision         all           forward  backward  branch flips    range  accumulation
f16             0.499  only       0.484   0.00748         0.469        0             —
                       all but  0.00798     0.494        0.0549    0.499         0.209
f16:acc=f32     0.207  only       0.201    0.0031         0.194        0             —
                       all but  0.00331     0.205        0.0227    0.207         0.192
bf16:acc=f32     1.09  only        1.06    0.0164          1.03        0             —
                       all but   0.0175      1.08          0.12     1.09          1.02
f32           3.89e-5  only     3.78e-5   5.84e-7       3.66e-5        0             —
                       all but  6.23e-7   3.85e-5       4.28e-6  3.89e-5       1.63e-5
";
    assert!(text.contains(expected), "{text}");
    let row = |beginning: &str| text.lines().find(|line| line.starts_with(beginning)).unwrap_or_default();
    assert!(text.contains("\n\nRemedies tried:\nprecision     remedy           layer 1"), "{text}");
    assert!(row("f16           f32 accumulator  0.499 → 0.227").contains("  2.2  layer 1 "), "{text}");
    assert!(
        row("              forward in f32   0.499 → 0.00817").contains("  61  0.499 at layer 1 → 0.05 at 5"),
        "{text}"
    );
    assert!(row("              loss scale 2^8   0.499 → 0.499").contains("  1.0  layer 1 "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= table::WIDTH), "{text}");
    let vanished = table::terminal(&tried(&[("f16", Vanished(3))]), false, None);
    assert!(!vanished.contains("theory predicts"), "a zero gradient has no noise to predict: {vanished}");
    let layers = table::terminal(&tried(&[("f16", Noise(0.3))]), true, None);
    assert!(layers.contains("\nf16, sources of every layer:\nlayer      all           forward"), "{layers}");
    assert_eq!(layers.matches("all but").count(), 1 + 1 + 11, "the table, its note, every layer");
    // Storage has a column only where something is stored with rounding.
    let stored = table::terminal(&tried(&[("e4m3fn", Noise(0.3))]), false, None);
    assert!(stored.contains("  storage  forward  backward"), "{stored}");
}

/// Several activations: one row each says what makes the noise and what helps.
#[test]
fn the_details_compare_sources_and_remedies() {
    let mut both = record(4, 5, &[("f64", Noise(1e-14)), ("f16", Noise(0.41))]);
    let mut other = record(4, 5, &[("f64", Noise(1e-14)), ("f16", Noise(0.01))]).runs.remove(0);
    (other.activation, other.kinked) = ("tanh".into(), false);
    both.spec.activations.push("tanh".into());
    both.runs.push(other);
    let text = table::terminal(&both, false, None);
    assert!(!text.contains("Main source"), "{text}");
    let text = table::terminal(&attributed(both), false, None);
    let (_, table) = text.split_once("\nMain source of noise at layer 1 in f16, and remedy:\n").expect("the table");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .take(3)
        .map(|row| row.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect())
        .collect();
    assert_eq!(rows[0], ["activation", "main source", "only", "all but", "remedy", "all layers"]);
    assert_eq!(rows[2], ["tanh", "—", "—", "—", "—", "—"], "sound: nothing to explain");
}

#[test]
fn markdown_holds_sources_and_remedies() {
    let record = attributed(record(2, 2, &[("f16", Noise(0.2)), ("f64", Noise(1e-14))]));
    let markdown = markdown::table(&record);
    assert!(
        markdown.contains("Where the noise/signal of layer 1 comes from:\n\n| precision |         all |"),
        "{markdown}"
    );
    assert!(markdown.contains(" | forward=f32/backward=f16 |\n"), "remedies have their names: {markdown}");
}

#[test]
fn the_page_has_both_tables_panels_with_tips_and_the_words() {
    let record = tried(&[("f16", Noise(0.41)), ("f64", Noise(1e-14))]);
    let html = html::page(&record).unwrap();
    assert_eq!(html.matches("<svg ").count(), 7);
    assert!(html.contains("<section id=\"sources\">") && html.contains("<h3>Remedies tried</h3>"));
    assert!(html.contains("<title>layer 1, f16, branch flips\nonly 0.469 ["), "a lane tells its numbers");
    assert!(html.contains("<title>layer 1, f16\nonly branch flips\nnoise/signal 0.469 ["), "so does a point by layer");
    assert!(html.contains("predicted 0.453\n"), "and a point of the noise");
    for term in ["attribution", "twin run", "loss scale", "cut", "no flips", "accumulation"] {
        assert!(html.contains(&format!("<dt>{term}</dt>")), "{term}");
    }
}
