//! Sentences and cells of judgements that are given as values: what is said, in which order, and what is never said.

use crate::common::causes::attributed;
use crate::common::records::{Behaviour::*, record};
use precision_probe::judgement::*;
use precision_probe::record::{NoiseSource, Number, Quantiles, RemedyKind, Run, ZeroReason};
use precision_probe::report::numbers::Notation::{Plain, Typeset};
use precision_probe::report::say;
use precision_probe::statistics::quantiles;
use precision_probe::verdict::{Verdict, over_trials};

/// A run in f16 and f32, and its judgement with a healthy exact gradient.
fn judged(first: crate::common::records::Behaviour) -> (Run, RunJudgement) {
    let run = attributed(record(10, 5, &[("f16", first), ("f32", Noise(1e-5))])).runs.remove(0);
    let mut judgement = judge_run(&run, 32);
    let exact = &mut judgement.exact;
    exact.state = Some(ExactState::Healthy);
    exact.distribution = [(ExactState::Healthy, 5)].into();
    exact.log2_relative = Number::Finite(-3.0);
    (run, judgement)
}

fn said(run: &Run, judgement: &RunJudgement) -> Vec<String> {
    say::of_run(run, judgement, Plain)
}

fn tried(kind: RemedyKind, times: f64, effect: Effect) -> Tried {
    let remedy = RemedyName::Change { kind, name: "any".into(), log2_loss_scale: 8 };
    let times = Number::new(times);
    let none = Number::None;
    let first = Quantiles { low: none, median: none, high: none, count: 0, at_most: false };
    Tried {
        remedy,
        times,
        trials: vec![times; 5],
        first,
        first_times: times,
        first_times_of_two: None,
        lower: 4,
        sound: 5,
        lost: 0,
        of: 5,
        is_needless: false,
        effect,
    }
}

fn assert_order(text: &str, parts: &[&str]) {
    let places: Vec<usize> =
        parts.iter().map(|part| text.find(part).unwrap_or_else(|| panic!("`{part}` is missing: {text}"))).collect();
    assert!(places.is_sorted(), "{parts:?}: {text}");
}

/// Noise, its cause, the remedy that was seen to work: in this order, and with its trials.
#[test]
fn noise_comes_with_its_cause_and_the_remedy_seen_to_work() {
    let (run, mut judgement) = judged(Noise(0.41));
    let f16 = &mut judgement.arithmetics[0];
    let without = quantiles([(Number::Finite(0.0088), false)].into_iter());
    f16.cause = Cause::Source { source: NoiseSource::BranchFlips, layer: 1, without, lost: None };
    f16.tried =
        vec![tried(RemedyKind::Accumulator, 2.2, Effect::Gain), tried(RemedyKind::Forward, 33.4, Effect::Enough)];
    f16.remedy = Advice::Enough { place: 1 };
    let text = said(&run, &judgement).join(" ");
    let parts = [
        "In f16",
        "noisy",
        "0.499 of the signal",
        "Branch flips cause it (0.0088 without them)",
        "forward in f32 makes every layer sound in 5 of 5 trials",
        "33 times",
    ];
    assert_order(&text, &parts);
    for never in ["limits", "explains", "vanish", "no format"] {
        assert!(!text.contains(never), "{never}: {text}");
    }
    judgement.arithmetics[0].remedy = Advice::Gain { place: 0 };
    let text = said(&run, &judgement).join(" ");
    assert_order(
        &text,
        &[
            "no remedy that was tried is enough",
            "an f32 accumulator lowers the largest noise 2.2 times in 4 of 5 trials",
        ],
    );
    judgement.arithmetics[0].remedy = Advice::NoneHelps;
    assert!(said(&run, &judgement).join(" ").contains("no remedy that was tried clearly helps"));
    judgement.arithmetics[0].cause = Cause::NoSingle { greatest: Some(NoiseSource::Forward), layer: 3 };
    let text = said(&run, &judgement).join(" ");
    assert!(
        text.contains("No single source causes the noise of layer 3; most comes from rounding in the forward pass")
    );
}

/// The first sentence is about the exact gradient where it is not healthy, and no format is offered where none helps.
#[test]
fn an_exact_gradient_that_is_not_healthy_comes_first() {
    let (run, mut judgement) = judged(Vanished(10));
    let set = |judgement: &mut RunJudgement, state: ExactState, is_fault: bool| {
        judgement.exact.state = Some(state);
        judgement.exact.distribution = [(state, 5)].into();
        judgement.exact.log2_relative = Number::Finite(-108.0);
        judgement.exact.is_network_fault = is_fault;
        judgement.arithmetics[0].remedy = if is_fault { Advice::NoFormatHelps } else { Advice::NoneHelps };
    };
    set(&mut judgement, ExactState::Vanishing, true);
    judgement.exact.vanishing = Some(Vanishing::ByDepth { backward: 0.41, forward: 1.0 });
    let first = said(&run, &judgement).remove(0);
    let parts = [
        "vanishes by depth",
        "3.08e-33 of the weights",
        "×0.41 per layer in the backward pass",
        "no format helps",
        "inits, skips or activations",
        "(not measured)",
    ];
    assert_order(&first, &parts);
    assert!(!said(&run, &judgement).join(" ").contains("makes every layer sound"));
    judgement.exact.vanishing = Some(Vanishing::ByDepth { backward: 0.71, forward: 0.7 });
    assert_order(&said(&run, &judgement)[0], &["×0.7 per layer in the forward pass", "×0.71 in the backward pass"]);
    // At one layer: said, and no reason to offer no format.
    set(&mut judgement, ExactState::Vanishing, false);
    judgement.exact.vanishing =
        Some(Vanishing::AtLayer { layer: 2, small: Small::Weights, log2_size: Number::Finite(-26.575424759) });
    let first = said(&run, &judgement).remove(0);
    assert!(first.contains("layer 2, whose weights are 1e-8") && !first.contains("no format"), "{first}");
    set(&mut judgement, ExactState::Exploding, false);
    assert!(said(&run, &judgement)[0].contains("explodes"));
}

/// Every reason of a zero gradient has its own words and its own way out.
#[test]
fn zeros_are_told_with_their_reason() {
    let (run, mut judgement) = judged(Dead);
    judgement.exact.state = Some(ExactState::Zero);
    judgement.exact.distribution = [(ExactState::Zero, 5)].into();
    judgement.exact.log2_relative = Number::MinusInfinite;
    judgement.arithmetics.iter_mut().for_each(|one| one.remedy = Advice::NoFormatHelps);
    let mut told = |reason, layer, ends_after_one_step| {
        judgement.exact.zero = Some(ZeroJudgement { reason, layer, ends_after_one_step });
        let all = said(&run, &judgement);
        assert!(all.join(" ").matches("no format helps").count() == 1, "{all:?}");
        all[0].clone()
    };
    let cases = [
        (told(ZeroReason::LossAtMinimum, None, None), &["loss is at its minimum"][..]),
        (told(ZeroReason::ZeroWeights, Some(4), Some(true)), &["weights of layer 4 are zero", "lives after one step"]),
        (
            told(ZeroReason::ZeroWeights, Some(4), Some(false)),
            &["weights of layer 4 are zero", "learning does not change"],
        ),
        (told(ZeroReason::DeadUnits, Some(3), None), &["layer 3", "dead units", "inits, skips or activations"]),
        (told(ZeroReason::ZeroInputs, Some(1), None), &["the inputs are zero", "other data"]),
        (told(ZeroReason::ZeroInputs, Some(3), None), &["layer 2 puts out zeros"]),
        (told(ZeroReason::Cancels, None, None), &["terms cancel exactly"]),
    ];
    let mut all: Vec<&String> = Vec::new();
    for (sentence, parts) in &cases {
        assert_order(sentence, parts);
        assert!(!all.contains(&sentence), "{sentence}");
        all.push(sentence);
    }
    // Some trials only.
    judgement.exact.distribution = [(ExactState::Zero, 2), (ExactState::Healthy, 3)].into();
    judgement.exact.state = Some(ExactState::Healthy);
    assert!(said(&run, &judgement)[0].contains("is zero in 2 of 5 trials"));
}

/// Relative to minibatch noise: harmless, one-sided, or a number.
#[test]
fn noise_is_compared_with_that_of_minibatches() {
    let (run, mut judgement) = judged(Noise(0.41));
    for (ratio, meaning, expected) in [
        (0.05, MinibatchMeaning::Harmless, "0.05 of minibatch noise (harmless at this batch size)"),
        (0.2, MinibatchMeaning::OneSided, "0.2 of minibatch noise, but one-sided, so it does not average out"),
        (3.0, MinibatchMeaning::Noticeable, "3 times minibatch noise."),
    ] {
        judgement.arithmetics[0].first.minibatch = Some(MinibatchJudgement {
            ratio: Number::Finite(ratio),
            trials: vec![Number::Finite(ratio); 5],
            at_least: false,
            meaning,
        });
        assert!(said(&run, &judgement)[0].contains(expected), "{expected}: {:?}", said(&run, &judgement));
    }
}

/// Rows, a worse tensor, a worse layer, and gradients below Adam's ε.
#[test]
fn what_layer_1_alone_does_not_show_is_said() {
    let (run, mut judgement) = judged(Noise(0.01));
    judgement.exact.is_below_adam_epsilon = true;
    judgement.exact.log2_size = Number::Finite(-30.0);
    let f16 = &mut judgement.arithmetics[0];
    f16.first.rows = Some(RowShare { wrong: 511, wholly_wrong: Some(256), of: 512, ghosts: 0 });
    f16.first.worse_tensor = Some((Tensor::Bias, Verdict::Chaotic));
    f16.worst = LayerJudgement { layer: 7, verdict: over_trials(&[Verdict::Overflow; 5]), ..f16.first.clone() };
    f16.remedy = Advice::NoneHelps;
    let text = said(&run, &judgement).join(" ");
    assert_order(
        &text,
        &[
            "sound",
            "layer 7 is worse: it overflows",
            "511 of 512 rows",
            "wrong by half or more, 256 by 100 % or more.",
            "the bias gradient of layer 1 is worse: chaotic",
        ],
    );
    assert!(text.contains("below Adam's usual ε of 1e-8"), "{text}");
    let one = crate::common::records::record(10, 5, &[("f16", Noise(0.01)), ("f32", Noise(1e-5))]);
    let whole = Judgement { depth: 10, trials: 5, runs: vec![judgement], rankings: Vec::new() };
    let table = say::cells::table(&one, &whole, Plain);
    assert_eq!(table.rows[0][3].text, "sound; layer 7 overflow");
}

/// A tie is told as such; of two trials both values, and no median.
#[test]
fn distributions_and_few_trials_are_told_as_they_are() {
    let (run, mut judgement) = judged(Noise(0.05));
    let first = &mut judgement.arithmetics[0].first;
    first.verdict = over_trials(&[Verdict::Sound, Verdict::Noisy, Verdict::Noisy, Verdict::Sound, Verdict::Sound]);
    judgement.arithmetics[0].remedy = Advice::NoneHelps;
    let text = said(&run, &judgement).join(" ");
    assert!(text.contains("is sound in 3 of 5 trials and noisy in 2"), "{text}");
    let first = &mut judgement.arithmetics[0].first;
    first.trials = vec![Number::Finite(0.2), Number::Finite(0.08)];
    first.verdict = over_trials(&[Verdict::Noisy, Verdict::Sound]);
    let text = said(&run, &judgement).join(" ");
    assert!(text.contains("0.08 and 0.2 of the signal"), "{text}");
    assert_eq!(say::cells::spread(&judgement.arithmetics[0].first, Plain), "0.08, 0.2");
    // What follows from the noise has both values, too.
    let f16 = &mut judgement.arithmetics[0];
    f16.first.verdict = over_trials(&[Verdict::Noisy; 2]);
    let numbers = |both: [f64; 2]| both.map(Number::new).to_vec();
    f16.first.minibatch = Some(MinibatchJudgement {
        ratio: Number::new(3.0),
        trials: numbers([3.0, 0.5]),
        at_least: false,
        meaning: MinibatchMeaning::Noticeable,
    });
    let without = quantiles([0.02, 0.01].into_iter().map(|noise| (Number::new(noise), false)));
    f16.cause = Cause::Source { source: NoiseSource::Forward, layer: 1, without, lost: None };
    let factors = Some([Number::new(8.0), Number::new(11.4)]);
    f16.tried = vec![Tried { first_times_of_two: factors, ..tried(RemedyKind::Forward, 11.4, Effect::Enough) }];
    f16.remedy = Advice::Enough { place: 0 };
    let text = said(&run, &judgement).join(" ");
    for expected in ["0.5 and 3 times minibatch noise", "(0.01 and 0.02 without it)", "(8.0 and 11 times less noise)"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert_eq!(say::remedy::cell(&run.arithmetics[0], &judgement.arithmetics[0], Plain), "forward in f32 8.0×, 11×");
    assert_eq!(say::cells::spread(&judgement.arithmetics[1].first, Typeset).split(' ').next(), Some("1.22·10⁻⁵"));
}

/// A remedy's cell says how much it does; a gain is called one.
#[test]
fn cells_say_cause_and_remedy_in_a_word_or_two() {
    let (run, mut judgement) = judged(Noise(0.41));
    let f16 = &mut judgement.arithmetics[0];
    f16.tried = vec![
        tried(RemedyKind::LossScaling, 2.2, Effect::Gain),
        tried(RemedyKind::Forward, f64::INFINITY, Effect::Enough),
    ];
    for (advice, expected) in [
        (Advice::Gain { place: 0 }, "gain 2.2×: loss scale 2^8"),
        (Advice::Enough { place: 1 }, "forward in f32"),
        (Advice::NoFormatHelps, "no format helps"),
        (Advice::NotNeeded, "—"),
        (Advice::NotMeasured, "not recorded"),
    ] {
        f16.remedy = advice;
        assert_eq!(say::remedy::cell(&run.arithmetics[0], f16, Plain), expected);
    }
    let without = quantiles(std::iter::empty());
    let cells = [
        (Cause::Source { source: NoiseSource::Accumulation, layer: 1, without, lost: None }, "accumulation"),
        (
            Cause::Source { source: NoiseSource::Range, layer: 1, without, lost: Some(RangeLoss::Storing) },
            "range: storing",
        ),
        (Cause::NoSingle { greatest: None, layer: 1 }, "several"),
        (Cause::BelowResolution, "unresolved"),
        (Cause::Nothing, "—"),
    ];
    for (cause, expected) in cells {
        assert_eq!(say::cause::cell(&cause), expected);
    }
}
