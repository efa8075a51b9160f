//! Sources, remedies and theory as sentences, tables and files.

use crate::common::causes::attributed;
use crate::common::records::{Behaviour, Behaviour::*, default_record, record};
use precision_probe::record::*;
use precision_probe::report::figure::{Panel, Summary};
use precision_probe::report::numbers::Notation::{Plain, Typeset};
use precision_probe::report::{cause, contents, csv, draw, html, markdown, table, words};
use precision_probe::verdict::Verdict;

/// An attributed record of ten layers.
fn tried(arithmetics: &[(&str, Behaviour)]) -> Record {
    attributed(record(10, 5, arithmetics))
}

fn remedy(record: &Record) -> String {
    words::remedy(&record.runs[0], Plain)
}

fn first(record: &mut Record) -> &mut ArithmeticRun {
    &mut record.runs[0].arithmetics[0]
}

/// Noise of a source or remedy at layer 1, the same in every trial.
fn exactly(noise: f64) -> Quantiles {
    let number = Number::new(noise);
    Quantiles { low: number, median: number, high: number, count: 5, at_most: false }
}

/// Sources at layer 1 by their noise alone and without them.
fn with_sources(sources: &[(NoiseSource, f64, f64)]) -> Record {
    let mut record = tried(&[("f16", Noise(0.25))]);
    let arithmetic = first(&mut record);
    arithmetic.layers[0].noise_to_signal = exactly(0.3);
    let attribution = arithmetic.attribution.as_mut().unwrap();
    attribution.sources = sources
        .iter()
        .map(|(source, alone, without)| SourceNoise {
            source: *source,
            alone: (*source != NoiseSource::Accumulation).then(|| vec![exactly(*alone)]),
            without: vec![exactly(*without)],
        })
        .collect();
    record
}

/// A forward pass that overflows does so by the format's range, though it flips branches, too.
#[test]
fn what_overflows_by_itself_rules() {
    use NoiseSource::*;
    let infinite = f64::INFINITY;
    let sources = [
        (Forward, infinite, 9e-4),
        (Backward, 9e-4, infinite),
        (BranchFlips, 0.045, infinite),
        (Range, infinite, 0.047),
    ];
    let mut record = with_sources(&sources);
    first(&mut record).layers[0].noise_to_signal = exactly(infinite);
    let ruling = cause::dominant(first(&mut record), 0).unwrap();
    assert_eq!((ruling.source, ruling.makes_most), (Range, true));
}

#[test]
fn the_source_that_rules_is_the_one_whose_removal_lowers_the_noise_most() {
    use NoiseSource::*;
    for (sources, source, makes_most) in [
        (&[(Forward, 0.1, 0.28), (Backward, 0.28, 0.1)][..], Some(Backward), true),
        // Flips are made on the way forward, and without that there are none.
        (&[(Forward, 0.29, 0.01), (Backward, 0.01, 0.29), (BranchFlips, 0.27, 0.05)], Some(BranchFlips), true),
        (&[(Forward, 0.29, 0.01), (Backward, 0.01, 0.29), (BranchFlips, 0.1, 0.25)], Some(Forward), true),
        // Removals that do not tell: the greatest alone.
        (&[(Forward, 0.15, 0.3), (Backward, 0.2, 0.29)], Some(Backward), false),
        // Accumulation is no further share.
        (&[(Backward, 0.25, 0.1), (Accumulation, 0.0, 0.001)], Some(Backward), true),
        (&[(Storage, 0.29, 0.02), (Range, 0.0, 0.3)], Some(Storage), true),
        // What underflows on the way back is the range's.
        (&[(Forward, 0.002, 0.3), (Backward, 0.3, 0.002), (Range, 0.3, 0.004)], Some(Range), true),
        (&[(Range, 0.0, 0.3)], None, false),
        (&[], None, false),
    ] {
        let record = with_sources(sources);
        let found = cause::dominant(&record.runs[0].arithmetics[0], 0);
        assert_eq!(found.map(|one| (one.source, one.makes_most)), source.map(|one| (one, makes_most)), "{sources:?}");
    }
    assert!(cause::dominant(&default_record().runs[0].arithmetics[0], 0).is_none(), "nothing was attributed");
}

#[test]
fn against_noise_the_one_change_that_buys_most_is_named_and_the_others_beside_it() {
    assert_eq!(
        remedy(&tried(&[("f16", Noise(0.41)), ("f64", Noise(1e-14))])),
        "Branch flips make most of it (0.469 alone; 0.0549 without them). Measured remedy: forward in f32 \
         (forward=f32/backward=f16) cuts the noise at layer 1 from 0.499 to 0.00817, 61 times; an f32 accumulator 2.2, \
         backward in f32 1.0, loss scaling (2^8) 1.0 times."
    );
    assert!(
        words::remedy(&tried(&[("f16", Noise(0.41))]).runs[0], Typeset)
            .ends_with("backward in f32 1.0, loss scaling (2⁸) 1.0 times.")
    );
    let mut record = with_sources(&[(NoiseSource::Forward, 0.15, 0.25), (NoiseSource::Backward, 0.2, 0.22)]);
    assert!(
        remedy(&record).starts_with(
            "No source makes most of it; the greatest is rounding on the way back (0.2 alone; 0.22 without it). Measured"
        ),
        "{}",
        remedy(&record)
    );
    for remedy in &mut first(&mut record).remedies {
        remedy.layers[0].noise_to_signal = exactly(0.295);
    }
    assert!(
        remedy(&record).contains(
            "No remedy that was tried cuts the noise at layer 1 from 0.3: an f32 accumulator 1.0, forward in f32 1.0, \
             backward in f32 1.0, loss scaling (2^8) 1.0 times."
        ),
        "{}",
        remedy(&record)
    );
    let mut limit = tried(&[("f16", Noise(0.41))]);
    first(&mut limit).remedies[1].layers[0].noise_to_signal = Quantiles { at_most: true, ..exactly(1e-20) };
    assert!(remedy(&limit).contains("from 0.499 to ≤ 1e-20, at least 5e19 times"), "{}", remedy(&limit));
    first(&mut limit).remedies[1].layers[0].noise_to_signal = exactly(0.0);
    assert!(remedy(&limit).contains("(forward=f32/backward=f16) makes layer 1 sound (noise/signal 0);"));
}

/// Where nothing underflows or overflows, a loss scale has nothing to cure.
#[test]
fn a_loss_scale_with_nothing_to_cure_is_needless() {
    let mut record = tried(&[("f16", Noise(0.41))]);
    for layer in &mut first(&mut record).layers {
        layer.fates.flushed = 0;
    }
    let found = remedy(&record);
    assert!(found.ends_with("an f32 accumulator 2.2, backward in f32 1.0 times; it needs no loss scale."), "{found}");
    let text = table::terminal(&record, false, None);
    assert!(text.contains("needs no loss scale"), "{text}");
    // Nor one that changes nothing.
    let mut same = tried(&[("f16", Noise(0.41))]);
    first(&mut same).log2_loss_scale = Some(8);
    assert!(remedy(&same).ends_with("no other loss scale is better."), "{}", remedy(&same));
}

#[test]
fn against_zeros_and_overflow_it_is_told_what_cures_them_and_what_loss_scaling_leaves() {
    assert_eq!(
        remedy(&tried(&[("f16", Vanished(10))])),
        "Measured remedy: backward in f32 (forward=f16/backward=f32) makes layer 1 sound (noise/signal 0.02); loss \
         scaling (2^14) makes it sound (noise/signal 0.03); an f32 accumulator and forward in f32 do not. With loss \
         scaling 0.12 % of its entries still underflow."
    );
    let mut record = tried(&[("f16:acc=f32", Vanished(10))]);
    first(&mut record).remedies.retain(|remedy| remedy.kind == RemedyKind::LossScaling);
    let layer = |record: &mut Record, verdict: Verdict, flushed: f64| {
        let layer = &mut first(record).remedies[0].layers[0];
        (layer.verdict.verdict, layer.flushed) = (verdict, Number::new(flushed));
    };
    for (verdict, flushed, expected) in [
        (Verdict::Sound, 0.0, "Measured remedy: loss scaling (2^14) makes layer 1 sound (noise/signal 0.03)."),
        (
            Verdict::Noisy,
            0.0,
            "Measured remedy: loss scaling (2^14) makes layer 1 noisy (noise/signal 0.03). What is left with loss scaling \
             is rounding noise, which no scale cures.",
        ),
        (
            Verdict::Vanished,
            0.5,
            "No remedy that was tried cures layer 1: loss scaling (2^14) does not. With loss scaling 50 % of its entries \
             still underflow: it only lifts what flows back.",
        ),
        (
            Verdict::Vanished,
            0.0,
            "No remedy that was tried cures layer 1: loss scaling (2^14) does not. What loss scaling does not cure are \
             zeros that no underflow makes: flipped branches, sums that cancel.",
        ),
        (
            Verdict::Overflow,
            0.0,
            "No remedy that was tried cures layer 1: loss scaling (2^14) makes it overflow. Loss scaling does not cure \
             what overflows with every scale.",
        ),
    ] {
        layer(&mut record, verdict, flushed);
        assert_eq!(remedy(&record), expected);
    }
    let overflow = remedy(&tried(&[("f16", Overflow(10))]));
    assert!(overflow.starts_with("Measured remedy: backward in f32 (forward=f16/backward=f32) makes layer 1 sound"));
}

#[test]
fn what_needs_no_remedy_or_has_none_says_so() {
    assert_eq!(
        remedy(&tried(&[("f16", Noise(0.01))])),
        "Branch flips make most of its noise (0.0114 alone; 0.00134 without them). No remedy is needed: every layer is \
         sound."
    );
    assert_eq!(
        remedy(&tried(&[("f16", Dead)])),
        "No remedy: a true gradient of exactly zero is cured by another network, not by another arithmetic."
    );
    assert_eq!(
        remedy(&tried(&[("f16", NotEstablished)])),
        "No remedy can be judged: the truth of layer 1 must be established first."
    );
}

#[test]
fn a_worse_layer_than_layer_1_is_named_with_its_remedy() {
    let worse = |verdict: Verdict, noise: f64, at_first: f64| {
        let mut record = tried(&[("f16", Noise(at_first))]);
        let layer = &mut first(&mut record).layers[6];
        (layer.verdict.verdict, layer.noise_to_signal) = (verdict, exactly(noise));
        remedy(&record)
    };
    let found = worse(Verdict::Chaotic, 1.5, 0.41);
    assert!(
        found.ends_with(
            "times. The worst layer is 7: chaotic (noise/signal 1.5); forward in f32 makes it sound \
                         (noise/signal 4.68e-4)."
        ),
        "{found}"
    );
    let found = worse(Verdict::Noisy, 0.2, 0.01);
    assert!(found.contains("without them). The worst layer is 7: noisy (noise/signal 0.2); forward in f32"), "{found}");
    assert!(!worse(Verdict::Noisy, 0.5, 0.41).contains("worst layer"), "as noisy as layer 1");
}

/// A record without the new fields looks as before.
#[test]
fn without_attribution_nothing_is_added() {
    let record = default_record();
    let summary = Summary::new(&record, &record.runs[0]);
    assert!(summary.attribution.is_none() && summary.sources.is_none() && summary.noise.frozen.is_none());
    assert!(
        Panel::ALL.into_iter().filter(|panel| !panel.is_of(&record.runs[0])).eq([Panel::Attribution, Panel::Sources])
    );
    let text = table::terminal(&record, true, None);
    for words in ["comes from", "What was tried", "theory predicts", "sources of every layer", "loss"] {
        assert!(!text.contains(words), "{words}: {text}");
    }
    assert!(remedy(&record).starts_with("Measured remedy: an f32 accumulator (f16:acc=f32) cuts"));
    let names: Vec<String> =
        contents::drawn(&record, draw::Theme::Light).unwrap().into_iter().map(|one| one.0).collect();
    assert!(names.iter().all(|name| !name.contains("attribution") && !name.contains("sources")), "{names:?}");
    let error = draw::panel_svg(&record, &record.runs[0], Panel::Attribution, draw::Theme::Light).unwrap_err();
    assert_eq!(error, "no attribution to draw: no noise was attributed");
    assert!(!html::page(&record).unwrap().contains("id=\"sources\""));
    // Sources without remedies: the listed arithmetics are all there is to compare.
    let mut record = attributed(record);
    record.runs[0].arithmetics.iter_mut().for_each(|arithmetic| arithmetic.remedies.clear());
    assert!(remedy(&record).contains("without them). Measured remedy: an f32 accumulator (f16:acc=f32) cuts"));
}

#[test]
fn the_terminal_tables_sources_and_remedies() {
    let mut record = attributed(default_record());
    // Another layer is the worst afterwards.
    first(&mut record).remedies[1].layers[4].noise_to_signal = exactly(0.05);
    let text = table::terminal(&record, false, None);
    let expected = "\
theory predicts 0.453 at layer 1 in f16 (measured/predicted 1.1)

Where the noise/signal of layer 1 comes from:
arithmetic      plain           forward  backward  branch flips    range  accumulation
f16             0.499  alone      0.484   0.00748         0.469        0             —
                       without  0.00798     0.494        0.0549    0.499         0.209
f16:acc=f32     0.207  alone      0.201    0.0031         0.194        0             —
                       without  0.00331     0.205        0.0227    0.207         0.192
bf16:acc=f32     1.09  alone       1.06    0.0164          1.03        0             —
                       without   0.0175      1.08          0.12     1.09          1.02
f32           3.89e-5  alone    3.78e-5   5.84e-7       3.66e-5        0             —
                       without  6.23e-7   3.85e-5       4.28e-6  3.89e-5       1.63e-5
(alone: only this source rounds; without: everything but it; sources do not add up exactly)

What was tried against it:
arithmetic    remedy           layer 1            times  verdict          worst layer
f16           f32 accumulator  0.499 → 0.227        2.2  noisy            1
              forward in f32   0.499 → 0.00817       61  noisy → sound    0.499 at 1 → 0.05 at 5
              backward in f32  0.499 → 0.499        1.0  noisy            1
              loss ×2^8        0.499 → 0.499        1.0  noisy            1
f16:acc=f32   forward in f32   0.207 → 0.00339       61  noisy → sound    1
              backward in f32  0.207 → 0.207        1.0  noisy            1
              loss ×2^8        0.207 → 0.207        1.0  noisy            1
bf16:acc=f32  forward in f32   1.09 → 0.0179         61  chaotic → sound  1
              backward in f32  1.09 → 1.09          1.0  chaotic          1
              loss ×2^8        1.09 → 1.09          1.0  chaotic          1
f32           loss ×2^8        3.89e-5 → 3.89e-5    1.0  sound            1
(before → after; times: how much less noise; worst layer: which it is, where not layer 1)

In f16 the gradient of layer 1 is noisy";
    assert!(text.contains(expected), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= table::WIDTH), "{text}");
    let vanished = table::terminal(&tried(&[("f16", Vanished(3))]), false, None);
    assert!(!vanished.contains("theory predicts"), "a zero gradient has no noise to predict: {vanished}");
    let layers = table::terminal(&tried(&[("f16", Noise(0.3))]), true, None);
    assert!(layers.contains("\nf16, sources of every layer:\nlayer    plain           forward"), "{layers}");
    assert_eq!(layers.matches("without").count(), 1 + 1 + 11 + 1, "the table, its note, every layer, the sentence");
    // Storage has a column only where something is stored with rounding.
    let stored = table::terminal(&tried(&[("e4m3fn", Noise(0.3))]), false, None);
    assert!(stored.contains("  storage  forward  backward"), "{stored}");
}

/// Several activations: one row each says what rules and what helps most.
#[test]
fn the_terminal_compares_what_rules_and_what_helps() {
    let mut both = record(4, 5, &[("f64", Noise(1e-14)), ("f16", Noise(0.41))]);
    let mut other = record(4, 5, &[("f64", Noise(1e-14)), ("f16", Noise(0.01))]).runs.remove(0);
    (other.activation, other.kinked) = ("tanh".into(), false);
    both.spec.activations.push("tanh".into());
    both.runs.push(other);
    let text = table::terminal(&both, false, None);
    assert!(!text.contains("What rules"), "{text}");
    let text = table::terminal(&attributed(both), false, None);
    let expected = "
What rules the noise/signal of layer 1 in f16, and what helps most:
activation  ruling source    alone  without  best remedy     layer 1           times
leaky       branch flips     0.469   0.0549  forward in f32  0.499 → 0.00817      61
tanh        backward       0.00888   0.0073  forward in f32  0.0122 → 1.99e-4     61
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn markdown_and_csv_hold_sources_and_remedies() {
    let record = attributed(record(2, 2, &[("f16", Noise(0.2)), ("f64", Noise(1e-14))]));
    let markdown = markdown::table(&record);
    assert!(markdown.contains("Where the noise/signal of layer 1 comes from:\n\n| arithmetic | plain |"), "{markdown}");
    assert!(markdown.contains(" | forward=f32/backward=f16 |\n"), "remedies have their names: {markdown}");
    let csv = csv::layers_csv(&record);
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|title| *title == name).unwrap();
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    let of = |name: &str, value: &str| rows.iter().filter(|row| row[column(name)] == value).count();
    // f16 only: four sources by two views and accumulation without; four remedies; three layers each.
    assert_eq!((of("view", "alone"), of("view", "without"), of("view", "with")), (4 * 3, 5 * 3, 4 * 3));
    assert_eq!((of("source", "branch flips"), of("remedy", "forward=f32/backward=f16")), (2 * 3, 3));
    let flips = rows.iter().find(|row| row[column("source")] == "branch flips").unwrap();
    let alone = &record.runs[0].arithmetics[0].attribution.as_ref().unwrap().sources[2].alone.as_ref().unwrap()[0];
    assert_eq!(flips[column("median")], format!("{:?}", alone.median.value()));
    assert_eq!([flips[column("layer")], flips[column("count")], flips[column("trial")]], ["1", "2", ""]);
    let tensor = &rows[1];
    let theory = &record.runs[0].arithmetics[0].theory[0];
    assert_eq!(tensor[column("predicted")], format!("{:?}", theory.predicted.value()));
    assert_eq!(tensor[column("ratio")], format!("{:?}", theory.ratio.value()));
    let scaled = rows.iter().find(|row| row[column("remedy")] == "f16").unwrap();
    assert_eq!(scaled[column("log2_loss_scale")], "8");
}

#[test]
fn the_page_has_both_tables_panels_with_tips_and_the_words() {
    let record = tried(&[("f16", Noise(0.41)), ("f64", Noise(1e-14))]);
    let html = html::page(&record).unwrap();
    assert_eq!(html.matches("<svg ").count(), 7);
    assert!(html.contains("<section id=\"sources\">") && html.contains("<h3>What was tried against it</h3>"));
    assert!(html.contains("<title>layer 1, f16, branch flips\nalone 0.469 ["), "a lane tells its numbers");
    assert!(html.contains("<title>layer 1, f16\nbranch flips alone\nnoise/signal 0.469 ["), "so does a point by layer");
    assert!(html.contains("predicted 0.453\n"), "and a point of the noise");
    for term in ["attribution", "twin run", "loss scale", "cut", "frozen branches", "accumulation"] {
        assert!(html.contains(&format!("<dt>{term}</dt>")), "{term}");
    }
}
