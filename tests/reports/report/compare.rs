//! Comparisons of several activations: the figure, the table and the answer in words.

use super::figure::{plot, powers};
use super::picture::assert_drawn;
use crate::common::records::{Behaviour, Behaviour::*, record};
use precision_probe::judgement::judge;
use precision_probe::record::{Number, Record};
use precision_probe::report::files::Pictures;
use precision_probe::report::numbers::Notation::{Plain, Typeset};
use precision_probe::report::panel::{Mark, Marker, Scale, Sheet, Symbol};
use precision_probe::report::probe::panels::{Kind, sheets};
use precision_probe::report::{say, table};
use std::path::Path;

/// A record of several activations, each with its own behaviour in the same arithmetics.
fn compared(trials: usize, runs: &[(&str, &[(&str, Behaviour)])]) -> Record {
    let mut all = record(10, trials, runs[0].1);
    all.spec.activations = runs.iter().map(|(name, _)| (*name).to_string()).collect();
    all.runs.clear();
    for (name, arithmetics) in runs {
        let mut run = record(10, trials, arithmetics).runs.remove(0);
        run.activation = (*name).into();
        all.runs.push(run);
    }
    all
}

/// The picture of all.
fn comparison(record: &Record) -> Sheet {
    sheets(record).pop().expect("several runs")
}

/// Activations in f16 alone.
fn in_f16(runs: &[(&str, Behaviour)]) -> Record {
    let lists: Vec<[(&str, Behaviour); 1]> = runs.iter().map(|(_, one)| [("f16", *one)]).collect();
    let named: Vec<(&str, &[(&str, Behaviour)])> =
        runs.iter().zip(&lists).map(|((name, _), list)| (*name, &list[..])).collect();
    compared(5, &named)
}

fn answer(runs: &[(&str, Behaviour)]) -> String {
    answer_of(&in_f16(runs))
}

fn answer_of(record: &Record) -> String {
    say::sentences(record, &judge(record), Plain).join(" ")
}

#[test]
fn the_answer_names_the_least_noise_and_the_state_of_the_others() {
    let found = answer(&[("relu", Noise(0.41)), ("leaky", Noise(0.4)), ("elu", Noise(0.03)), ("sigmoid", Vanished(3))]);
    let expected = "At layer 1 in f16, elu (0.0365, sound) has the least noise; relu (0.499, noisy) and leaky \
                    (0.486, noisy) have more; sigmoid underflows.";
    assert_eq!(found, expected);
    let found = answer(&[("relu", Noise(0.41)), ("leaky", Noise(0.3)), ("tanh", Overflow(2)), ("elu", Overflow(1))]);
    let expected = "At layer 1 in f16, leaky (0.365, noisy) has the least noise; relu (0.499, noisy) has more; tanh and \
                    elu overflow.";
    assert_eq!(found, expected);
}

#[test]
fn the_answer_where_all_are_sound_or_none_has_a_gradient() {
    let found = answer(&[("relu", Noise(0.01)), ("elu", Noise(0.02)), ("tanh", Noise(0.03))]);
    let expected = "At layer 1 in f16 every activation is sound; relu (0.0122, sound) has the least noise; elu \
                    (0.0243, sound) and tanh (0.0365, sound) have more.";
    assert_eq!(found, expected);
    let found = answer(&[("relu", Dead), ("sigmoid", Vanished(3)), ("tanh", Overflow(2)), ("elu", Vanished(9))]);
    let expected =
        "At layer 1 in f16, no activation keeps a gradient: sigmoid and elu underflow, tanh overflows, relu is zero.";
    assert_eq!(found, expected);
    let found = answer(&[("relu", Dead), ("sigmoid", Noise(2.0))]);
    let expected = "At layer 1 in f16, only sigmoid (2.43, chaotic) has a gradient that is neither zero nor lost to the \
                    format's range; relu is zero.";
    assert_eq!(found, expected);
}

/// What is not established is never called better or worse.
#[test]
fn the_answer_claims_nothing_that_is_not_established() {
    let found = answer(&[("relu", NotEstablished), ("sigmoid", Vanished(3))]);
    let expected =
        "At layer 1 in f16, no activation is known to keep a gradient: sigmoid underflows, relu is not established.";
    assert_eq!(found, expected);
    let found = answer(&[("relu", NotEstablished), ("elu", Noise(0.01)), ("tanh", Noise(0.02))]);
    assert!(
        found.contains("elu (0.0122, sound) has the least known noise; tanh")
            && found.ends_with("relu is not established."),
        "{found}"
    );
    let found = answer(&[("relu", NotEstablished), ("elu", Noise(0.01))]);
    assert!(found.contains("only elu (0.0122, sound) is known to have a gradient that is neither zero nor"), "{found}");
    let found = answer(&[("relu", AtMost(1e-25)), ("elu", AtMost(1e-26)), ("tanh", Noise(0.01))]);
    let expected = "At layer 1 in f16 every activation is sound; elu (≤ 1e-26, sound) and relu (≤ 1e-25, sound) have the \
                    least noise and cannot be told apart; tanh (0.0122, sound) has more.";
    assert_eq!(found, expected);
    let found = answer(&[("relu", AtMost(1e-25)), ("tanh", Noise(0.01))]);
    assert!(found.contains("relu (≤ 1e-25, sound) has the least noise; tanh"), "{found}");
    let found = answer(&[("relu", Exact), ("tanh", Exact), ("elu", Noise(0.2))]);
    let expected = "relu (0, sound) and tanh (0, sound) have the least noise and cannot be told apart; elu (0.243, noisy) has more";
    assert!(found.contains(expected), "{found}");
}

/// The least median that does not win enough of the pairs is no winner, and fewer than five trials rank nothing.
#[test]
fn what_trials_do_not_tell_apart_is_not_ranked() {
    let mut record = in_f16(&[("relu", Noise(0.01)), ("elu", Noise(0.011))]);
    for trial in &mut record.runs[0].arithmetics[0].sites[0].trials[..3] {
        trial.tensors[0].noise_to_signal = Number::Finite(0.09);
    }
    let found = answer_of(&record);
    assert!(found.contains("; the noise of elu (") && found.ends_with(") does not differ beyond chance."), "{found}");
    let few = compared(2, &[("relu", &[("f16", Noise(0.4))][..]), ("elu", &[("f16", Noise(0.01))])]);
    let found = answer_of(&few);
    assert!(
        found.starts_with("At layer 1 in f16, 2 trials are too few to rank activations (give --trials 5): relu ("),
        "{found}"
    );
}

/// The other precisions are ranked by the same rule, those with the same outcome in one clause, and not from too few trials.
#[test]
fn the_answer_ranks_in_every_precision() {
    let of = |noise: [f64; 4]| {
        let [f16, bf16, tf32, f32] = noise.map(Noise);
        [("f16", f16), ("bf16", bf16), ("tf32", tf32), ("f32", f32), ("f64", Exact)]
    };
    let [relu, elu, tanh] = [[0.4, 0.8, 0.4, 1e-6], [0.03, 0.05, 0.03, 4e-6], [0.2, 0.3, 0.2, 1e-6]].map(of);
    let runs: [(&str, &[(&str, Behaviour)]); 3] = [("relu", &relu), ("elu", &elu), ("tanh", &tanh)];
    let expected = " have more. In bf16 and tf32 elu has the least noise; in f32 relu and tanh have the least noise and \
                    cannot be told apart; in f64 the noise of relu, elu and tanh does not differ beyond chance. In bf16 ";
    let found = answer_of(&compared(5, &runs));
    assert!(found.contains(expected), "{found}");
    let found = answer_of(&compared(4, &runs));
    assert_eq!(found.matches("least noise").count() + found.matches("beyond chance").count(), 0, "{found}");
}

#[test]
fn the_terminal_compares_and_ends_with_the_answer() {
    let arithmetics: [&[(&str, Behaviour)]; 2] =
        [&[("f16", Noise(0.41)), ("f64", Noise(5e-14))], &[("f16", Vanished(4)), ("f64", Noise(6e-14))]];
    let record = compared(5, &[("relu", arithmetics[0]), ("sigmoid", arithmetics[1])]);
    let text = table::terminal(&record, false, Some(Path::new("there/compare.png")));
    let expected = "\
precision  activation  noise/signal                     flips  flushed  verdict of layer 1
f16         relu        0.499 [0.307–0.691]         1 in 512      1 %  noisy 5 of 5, layers 1–4
";
    let is_row = |line: &&str| ["f16 ", "f64 ", "precision "].iter().any(|name| line.starts_with(name));
    let rows: Vec<&str> = text.lines().filter(is_row).collect();
    assert_eq!(rows.len(), 5, "{text}");
    let words = |line: &str| line.split_whitespace().map(String::from).collect::<Vec<_>>();
    assert_eq!(words(rows[0]), words(expected.lines().next().unwrap()));
    assert!(rows[1].starts_with("f16        relu        0.499 [0.307–0.691]"), "{text}");
    assert!(rows[2].contains("sigmoid") && rows[2].contains("underflow 5 of 5, layers 1–4"), "{text}");
    assert!(text.contains("\n\nf64        relu"), "arithmetics stand apart: {text}");
    let sentences = "At layer 1 in f16, only relu (0.499, noisy) has a gradient that is neither zero nor lost to the \
                     format's range; sigmoid underflows. In f64 relu has the least noise. In f64 every activation is sound at \
                     layer 1.";
    assert!(text.replace('\n', " ").contains(sentences), "{text}");
    assert!(text.ends_with("\n\nPage:    there/report.html\nPicture: there/compare.png\n"), "{text}");
    let layers = table::terminal(&record, true, None);
    assert!(layers.contains("\nsigmoid, f64, every layer:\n") && layers.starts_with(&text[..40]), "{layers}");
}

#[test]
fn figures_hold_a_lane_per_activation_and_arithmetic() {
    let first: [(&str, Behaviour); 3] = [("f16", Noise(0.41)), ("f64", Noise(5e-14)), ("mpfr:100", AtMost(1e-25))];
    let second: [(&str, Behaviour); 3] = [("f16", Vanished(4)), ("f64", NotEstablished), ("mpfr:100", Exact)];
    let record = compared(5, &[("relu", &first), ("sigmoid", &second)]);
    let sheet = comparison(&record);
    assert_eq!(sheet.title, "Rounding noise at layer 1: 2 activations on the same draws, depth 10");
    let (panel, plot) = (&sheet.panels[0], plot(&sheet.panels[0]));
    let axis = powers(&plot.x.scale);
    assert_eq!((axis.low, axis.high, axis.knee), (-25.0, 1.0, Some(-3.0)));
    let Scale::Lanes(groups) = &plot.y.scale else { panic!("arithmetics are lanes") };
    let groups: Vec<(&str, usize)> = groups.iter().map(|group| (group.name.as_str(), group.lanes.len())).collect();
    assert_eq!(groups, [("relu", 3), ("sigmoid", 3)]);
    let symbols = plot.marks.iter().filter_map(|mark| match mark {
        Mark::Symbol { at, symbol, .. } => Some((at.1, *symbol)),
        _ => None,
    });
    let (full, hollow) = (Symbol::full, Symbol::hollow(Marker::Circle));
    let expected = [
        (0.0, full(Marker::Circle)),
        (1.0, full(Marker::Square)),
        (2.0, Symbol::Leftward),
        (3.0, hollow),
        // 0/0 in lane 4 has no place.
        (5.0, Symbol::Leftward),
    ];
    assert_eq!(symbols.collect::<Vec<_>>(), expected);
    let noise = &record.runs[0].arithmetics[0].sites[0].noise_to_signal;
    let [low, median, high] = [noise.low, noise.median, noise.high].map(|number| core_math::log10(number.value()));
    assert!(matches!(&plot.marks[0], Mark::Line { points, .. } if *points == [(low, 0.0), (high, 0.0)]), "its bar");
    assert!(matches!(&plot.marks[1], Mark::Symbol { at, .. } if *at == (median, 0.0)));
    let notes: Vec<&str> = panel.rows[0].beside.iter().map(|entry| entry.note.as_str()).collect();
    assert_eq!(notes[0], "0.499, noisy 5 of 5");
    assert!(
        notes[2].starts_with("≤ 10⁻²⁵, ") && notes[3].starts_with("1, ") && notes[4].starts_with("—, "),
        "{notes:?}"
    );
    let caption = sheet.caption.join(" | ");
    for words in ["seed 0", "spec 0123456789ab", "relu (slope", "sigmoid (slope", "gain 1.41 (init preserve)"] {
        assert!(caption.contains(words), "{caption}");
    }
}

/// Pictures and the first screen's table print the same ratios, also where only two of nine trials have one, whatever the
/// verdict; the picture draws the range that the table has in brackets.
#[test]
fn lanes_print_the_ratios_of_the_table() {
    let mut some = compared(9, &[("relu", &[("f16", Vanished(4))][..]), ("leaky", &[("f16", Noise(0.3))])]);
    let layer = &mut some.runs[0].arithmetics[0].sites[0];
    for (index, trial) in layer.trials.iter_mut().enumerate() {
        trial.tensors[0].noise_to_signal =
            [Number::Finite(0.25), Number::Finite(1.0)].get(index).map_or(Number::None, |x| *x);
    }
    (layer.noise_to_signal.low, layer.noise_to_signal.count) = (Number::Finite(0.25), 2);
    assert!(comparison(&some).panels[0].rows[0].beside[0].note.starts_with("0.25, 1 in\u{a0}2\u{a0}of\u{a0}9, "));
    for (name, record) in cases().into_iter().chain([("some trials".to_string(), some)]) {
        let sheet = comparison(&record);
        let mut entries = sheet.panels[0].rows[0].beside.iter();
        let table = say::cells::rows(&record, &judge(&record), Typeset);
        for run in &record.runs {
            for entry in entries.by_ref().take(run.arithmetics.len()) {
                let cells = table.iter().find(|cells| cells[0] == entry.name && cells[1] == run.activation);
                let cell = &cells.unwrap_or_else(|| panic!("{name}: {} with {}", entry.name, run.activation))[2];
                let (before, after) = cell.split_once(" [").unwrap_or((cell, ""));
                let after = after.split_once(']').map_or("", |(_, after)| after);
                let noise = entry.note.replace('\u{a0}', " ");
                assert!(noise.starts_with(&format!("{before}{after}, ")), "{name}: {noise} for {cell}");
            }
        }
    }
}

/// From 2 × 1 to 11 × 10, and the degenerate ones.
fn cases() -> Vec<(String, Record)> {
    let ten = [
        ("f16", Noise(0.41)),
        ("f16:acc=f32", Noise(0.17)),
        ("bf16:acc=f32", Noise(0.9)),
        ("bf16", Noise(2.4)),
        ("tf32:acc=f32", NotEstablished),
        ("f32", Noise(3.2e-5)),
        ("e5m2:acc=f32:round=nearest:sum=pairwise", Vanished(40)),
        ("e4m3fn:acc=f32", Overflow(20)),
        ("f64", Noise(5.1e-14)),
        ("mpfr:100", AtMost(1e-25)),
    ];
    let names = [
        "relu",
        "leaky:-0.2001953125",
        "prelu",
        "elu:0.000012345678901234567",
        "tanh",
        "sigmoid",
        "softplus",
        "silu",
        "gelu",
        "selu",
        "identity",
    ];
    let runs: Vec<(&str, &[(&str, Behaviour)])> = names.iter().map(|name| (*name, &ten[..])).collect();
    let mut cases = vec![
        ("2 by 1".to_string(), in_f16(&[("relu", Noise(0.4)), ("leaky", Noise(0.2))])),
        ("all sound".to_string(), in_f16(&[("relu", Noise(0.01)), ("leaky", Noise(0.02))])),
        ("far beyond".to_string(), in_f16(&[("relu", Noise(1e9)), ("leaky", Overflow(3))])),
        ("dead".to_string(), in_f16(&[("relu", Dead), ("leaky", NotEstablished), ("elu", Exact)])),
        ("eleven by ten".to_string(), compared(20, &runs)),
        ("one trial".to_string(), compared(1, &runs)),
    ];
    let mut empty = in_f16(&[("relu", Noise(0.4)), ("leaky", Noise(0.2))]);
    empty.runs[0].arithmetics.clear();
    empty.runs[1].arithmetics[0].sites.clear();
    cases.push(("nothing measured".to_string(), empty));
    cases
}

#[test]
fn every_comparison_is_drawn_within_its_page_without_overlaps() {
    for (name, record) in cases() {
        assert_drawn(&name, &comparison(&record));
        let text = table::terminal(&record, true, None).replace('\n', " ");
        assert!(text.contains("on the same draws"), "{name}");
    }
}

#[test]
fn pictures_have_safe_and_different_names() {
    let pictures = |list: &[&str]| Pictures::new(&list.iter().map(|name| (*name).to_string()).collect::<Vec<_>>());
    let one = pictures(&["tanh"]);
    let mut expected: Vec<String> = Vec::new();
    for panel in Kind::ALL {
        expected.extend(["svg", "png"].map(|ending| format!("panels/{}.{ending}", panel.name())));
    }
    expected.extend(["details.svg", "details.png", "summary.svg", "summary.png"].map(String::from));
    assert_eq!(one.files(), expected);
    let two = pictures(&["relu", "leaky:0.2001953125"]);
    assert_eq!(two.files().len(), 2 * (2 * 9 + 1));
    assert_eq!(two.files().last().map(String::as_str), Some("compare.png"));
    let names = [&two.runs[1].summary, &two.runs[1].details];
    assert_eq!(names, ["leaky-0.2001953125", "leaky-0.2001953125-details"]);
    assert_eq!(two.runs[1].panels[0].1, "panels/leaky-0.2001953125/noise");
    let hostile = pictures(&["../x", "..:x", "compare", "a/b", "panels", ".."]);
    let names: Vec<&str> = hostile.runs.iter().map(|run| run.summary.as_str()).collect();
    assert_eq!(names, ["..-x", "..-x-2", "compare-2", "a-b", "panels-2", "..-2"]);
}
