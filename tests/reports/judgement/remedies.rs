//! Remedies: what each is seen to do, and the cheapest that is enough.

use super::build::*;
use precision_probe::arithmetic::Policy;
use precision_probe::judgement::{Advice, ArithmeticJudgement, Effect, RemedyName, Tried, enough_of};
use precision_probe::record::RemedyKind::*;
use precision_probe::record::*;

/// The policy of a remedy, or the name of an arithmetic of the list.
fn name(tried: &Tried) -> &str {
    match &tried.remedy {
        RemedyName::Change { name, .. } | RemedyName::Arithmetic { name } => name,
    }
}

/// What the first arithmetic is advised, with remedies that were tried on it.
fn advised(arithmetics: &[(&str, Vec<Vec<Cell>>)], remedies: Vec<Remedy>) -> (ArithmeticJudgement, Option<String>) {
    let mut record = record(arithmetics);
    record.runs[0].arithmetics[0].remedies = remedies;
    let judged = first(&record);
    let named = match judged.remedy {
        Advice::Enough { place } | Advice::Gain { place } => Some(name(&judged.tried[place]).to_string()),
        _ => None,
    };
    (judged, named)
}

fn is_enough(judged: &ArithmeticJudgement) -> bool {
    matches!(judged.remedy, Advice::Enough { .. })
}

#[test]
fn enough_trials_are_four_of_five() {
    let expected = [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (6, 5), (9, 8), (10, 8), (15, 12), (20, 16)];
    expected.iter().for_each(|(trials, needed)| assert_eq!(enough_of(*trials), *needed, "{trials}"));
}

/// Ten networks in which another layer overflows or keeps overflowing: no remedy that leaves one is named.
#[test]
fn no_remedy_leaves_a_layer_that_overflows() {
    let rows = |cells: &[Cell]| cells.iter().map(|cell| vec![*cell; 3]).collect::<Vec<_>>();
    // Overflow in one of three trials alone.
    let rarely = |layers: usize, at: usize| {
        let mut cells = all(SOUND, layers, 3);
        cells[at][2] = OVERFLOW;
        cells
    };
    for (what, plain, after, cure) in [
        ("the head overflows", rows(&[NOISY, SOUND, OVERFLOW]), rows(&[SOUND, SOUND, OVERFLOW]), true),
        ("the remedy moves it to the head", rows(&[OVERFLOW, SOUND]), rows(&[SOUND, OVERFLOW]), true),
        ("all overflow, one is left", all(OVERFLOW, 5, 3), rows(&[SOUND, SOUND, OVERFLOW, SOUND, SOUND]), true),
        ("in one trial of three", all(NOISY, 4, 3), rarely(4, 1), true),
        ("layer 1 is sound", rows(&[SOUND, OVERFLOW, SOUND]), rows(&[SOUND, OVERFLOW, SOUND]), true),
        ("it becomes an underflow", rows(&[SOUND, OVERFLOW]), rows(&[UNDERFLOW, SOUND]), true),
        ("a single layer", all(OVERFLOW, 1, 3), all(OVERFLOW, 1, 3), true),
        ("it ends", rows(&[NOISY, OVERFLOW, SOUND]), all(SOUND, 3, 3), false),
        ("it ends in one layer of many", all(OVERFLOW, 12, 3), rarely(12, 11), true),
        ("dead layers before it", rows(&[NOISY, ZERO, ZERO, OVERFLOW]), rows(&[SOUND, ZERO, ZERO, OVERFLOW]), true),
    ] {
        let layers = plain.len();
        let list = [("f16:acc=f32", plain), ("bf16:acc=f32", all(SOUND, layers, 3))];
        let remedies = vec![
            remedy(Backward, "forward=f16:acc=f32/backward=f32", &after),
            remedy(Forward, "forward=f32/backward=f16:acc=f32", &after),
            remedy(LossScaling, "f16:acc=f32", &after),
        ];
        let (judged, named) = advised(&list, remedies.clone());
        assert!(is_enough(&judged), "{what}");
        // Loss scaling is the cheapest, where it does not leave what it must not.
        assert_eq!(named.as_deref(), Some(if cure { "bf16:acc=f32" } else { "f16:acc=f32" }), "{what}");
        let (judged, named) = advised(&list[..1], remedies);
        assert_eq!((is_enough(&judged), named.is_some()), (!cure, !cure), "{what}");
        assert!(judged.tried.iter().all(|tried| cure == (tried.effect == Effect::None)), "{what}");
    }
}

/// Enough needs every layer sound in four of five trials, a gain 1.5 times less noise in as many.
#[test]
fn remedies_are_enough_in_enough_trials() {
    let trials = |cells: &[Cell]| vec![cells.to_vec(); 2];
    let lower = (Verdict::Noisy, 0.26);
    let hardly = (Verdict::Noisy, 0.27);
    for (what, cells, effect, sound, lowered, lost) in [
        ("sound in all", trials(&[SOUND; 5]), Effect::Enough, 5, 5, 0),
        ("sound in four", trials(&[SOUND, SOUND, SOUND, SOUND, NOISY]), Effect::Enough, 4, 4, 0),
        ("sound in three", trials(&[SOUND, SOUND, SOUND, lower, NOISY]), Effect::Gain, 3, 4, 0),
        ("lower in four", trials(&[lower, lower, lower, lower, NOISY]), Effect::Gain, 0, 4, 0),
        ("lower in three", trials(&[lower, lower, lower, hardly, hardly]), Effect::None, 0, 3, 0),
        ("hardly lower", trials(&[hardly; 5]), Effect::None, 0, 0, 0),
        ("lost in one", trials(&[SOUND, SOUND, SOUND, SOUND, UNDERFLOW]), Effect::None, 4, 4, 1),
        ("not established in one", trials(&[SOUND, SOUND, SOUND, SOUND, UNKNOWN]), Effect::Enough, 4, 4, 0),
        ("not established in two", trials(&[SOUND, SOUND, SOUND, UNKNOWN, UNKNOWN]), Effect::None, 3, 3, 0),
        ("sound in one layer", vec![vec![SOUND; 5], vec![lower; 5]], Effect::Gain, 0, 5, 0),
    ] {
        let remedies = vec![remedy(Accumulator, "f16:acc=f32", &cells)];
        let tried = advised(&[("f16", all((Verdict::Noisy, 0.39), 2, 5))], remedies).0.tried.remove(0);
        let found = (tried.effect, tried.sound, tried.lower, tried.lost, tried.of);
        assert_eq!(found, (effect, sound, lowered, lost, 5), "{what}");
    }
}

/// Trials whose exact gradient is zero everywhere are left out; a single trial is "1 of 1".
#[test]
fn trials_without_a_gradient_are_left_out() {
    let plain = vec![vec![ZERO, NOISY, NOISY, ZERO, NOISY]];
    let after = |cell| vec![remedy(Accumulator, "f16:acc=f32", &[vec![ZERO, SOUND, SOUND, ZERO, cell]])];
    let tried = &advised(&[("f16", plain.clone())], after(SOUND)).0.tried[0];
    assert_eq!((tried.effect, tried.of, tried.sound), (Effect::Enough, 3, 3));
    let tried = &advised(&[("f16", plain)], after(NOISY)).0.tried[0];
    assert_eq!((tried.effect, tried.of, tried.sound), (Effect::None, 3, 2));
    let (judged, _) = advised(&[("f16", all(NOISY, 1, 1))], vec![remedy(Forward, "x", &all(SOUND, 1, 1))]);
    assert_eq!((judged.tried[0].of, is_enough(&judged)), (1, true));
}

/// The first in DESIGN's order that is enough, whatever the others gain.
#[test]
fn the_cheapest_that_is_enough_is_named() {
    let cure = |noise| all((Verdict::Sound, noise), 2, 5);
    let remedies = |kinds: &[RemedyKind]| {
        let of = |kind: &RemedyKind| match kind {
            Accumulator => remedy(Accumulator, "e4m3fn:acc=f32", &cure(0.05)),
            Backward => remedy(Backward, "forward=e4m3fn/backward=f32", &cure(0.02)),
            Forward => remedy(Forward, "forward=f32/backward=e4m3fn", &cure(0.001)),
            LossScaling => remedy(LossScaling, "e4m3fn", &cure(0.09)),
        };
        kinds.iter().map(of).collect::<Vec<_>>()
    };
    let plain = || all(UNDERFLOW, 2, 5);
    let full = vec![
        ("e4m3fn", plain()),
        ("f32", cure(1e-7)),
        ("mpfr:5", cure(0.01)),
        ("bf16:acc=f32", cure(0.03)),
        ("tf32", cure(0.01)),
        ("e5m2:acc=f32", cure(0.06)),
        ("f64", cure(1e-15)),
        ("f16", cure(0.01)),
    ];
    let order = ["e4m3fn", "e4m3fn:acc=f32", "e5m2:acc=f32", "bf16:acc=f32", "f16"];
    let dear = ["forward=e4m3fn/backward=f32", "forward=f32/backward=e4m3fn", "f32"];
    let (judged, named) = advised(&full, remedies(&[Forward, Backward, Accumulator, LossScaling]));
    assert_eq!(judged.tried.iter().map(name).collect::<Vec<_>>(), [&order[..], &dear].concat());
    assert_eq!(named.as_deref(), Some("e4m3fn"), "loss scaling");
    for (kinds, list, expected) in [
        (&[Forward, Backward, Accumulator][..], 8, "e4m3fn:acc=f32"),
        (&[Forward, Backward], 8, "e5m2:acc=f32"),
        (&[Forward, Backward], 5, "bf16:acc=f32"),
        (&[Forward, Backward], 3, "forward=e4m3fn/backward=f32"),
        (&[Forward], 3, "forward=f32/backward=e4m3fn"),
        (&[], 3, "f32"),
    ] {
        assert_eq!(advised(&full[..list], remedies(kinds)).1.as_deref(), Some(expected));
    }
    assert_eq!(advised(&[full[0].clone(), full[2].clone(), full[6].clone()], vec![]).0.remedy, Advice::NotMeasured);
}

/// What is wider than the arithmetic is no remedy but f32 throughout; 16 bits always are.
#[test]
fn arithmetics_of_the_list_are_no_wider() {
    let tried = |own: &str, other: &str| {
        let judged = advised(&[(own, all(NOISY, 2, 5)), (other, all(SOUND, 2, 5))], vec![]).0;
        judged.tried.first().map(|tried| match &tried.remedy {
            RemedyName::Change { kind, .. } => format!("{kind:?}"),
            RemedyName::Arithmetic { name } => name.clone(),
        })
    };
    for (own, other, expected) in [
        ("bf16", "bf16:acc=f32", Some("Accumulator")),
        ("bf16", "f16:acc=f32", Some("f16:acc=f32")),
        ("f16", "bf16", Some("bf16")),
        ("f16", "tf32:acc=f32", None),
        ("f16", "f64", None),
        ("f16", "f32", Some("f32")),
        ("f16", "mpfr:8", None),
        ("tf32", "f16", Some("f16")),
        ("f32", "f64", None),
        ("f64", "f32", Some("f32")),
        ("e5m2", "f16", Some("f16")),
        ("f16:acc=f32", "e5m2:acc=f32", Some("e5m2:acc=f32")),
        ("mpfr:20", "f32", Some("f32")),
    ] {
        assert_eq!(tried(own, other).as_deref(), expected, "{own}, {other}");
    }
    // Policies: an f32 role beside the own one is that remedy.
    for (other, expected) in [
        ("forward=f32/backward=f16", Some("Forward")),
        ("forward=f16/backward=f32", Some("Backward")),
        ("storage=f16/forward=f16/backward=f32", Some("Backward")),
        ("storage=f32/forward=f16/backward=f32", None),
        ("forward=bf16/backward=f16", Some("forward=bf16/backward=f16")),
    ] {
        let mut record = record(&[("f16", all(NOISY, 2, 5)), ("f16", all(SOUND, 2, 5))]);
        let one = &mut record.runs[0].arithmetics[1];
        (one.name, one.policy) = ("named".into(), Some(other.into()));
        one.roles = Some(Policy::parse(other).unwrap().into());
        let tried = first(&record).tried;
        let found = tried.first().map(|tried| match &tried.remedy {
            RemedyName::Change { kind, name, .. } => (format!("{kind:?}"), name.clone()),
            RemedyName::Arithmetic { name } => (other.into(), name.clone()),
        });
        assert_eq!(found, expected.map(|expected| (expected.into(), "named".into())), "{other}");
    }
}

/// What was tried as a change is not tried again as an arithmetic of the list.
#[test]
fn a_listed_policy_is_tried_once() {
    let list = [("bf16", all(NOISY, 2, 5)), ("bf16:acc=f32", all(SOUND, 2, 5)), ("f16", all(SOUND, 2, 5))];
    let (judged, named) = advised(&list, vec![remedy(Accumulator, "bf16:acc=f32", &all(SOUND, 2, 5))]);
    assert_eq!(judged.tried.iter().map(name).collect::<Vec<_>>(), ["bf16:acc=f32", "f16"]);
    assert!(matches!(judged.tried[0].remedy, RemedyName::Change { kind: Accumulator, .. }));
    assert_eq!(named.as_deref(), Some("bf16:acc=f32"));
}

/// Loss scaling is a remedy only where something leaves the range, and only another scale than the run's.
#[test]
fn needless_loss_scaling_is_none() {
    let cure = || vec![remedy(LossScaling, "f16", &all(SOUND, 2, 5))];
    for (plain, own_scale, is_needless) in [
        (all(UNDERFLOW, 2, 5), None, false),
        (all(OVERFLOW, 2, 5), None, false),
        (all(NOISY, 2, 5), None, true),
        (all(UNDERFLOW, 2, 5), Some(8), true),
        (all(UNDERFLOW, 2, 5), Some(4), false),
    ] {
        let mut record = record(&[("f16", plain)]);
        record.runs[0].arithmetics[0].remedies = cure();
        record.runs[0].arithmetics[0].log2_loss_scale = own_scale;
        let judged = first(&record);
        assert_eq!(judged.tried[0].is_needless, is_needless);
        assert_eq!(is_enough(&judged), !is_needless);
    }
}

/// Sound runs need nothing; where nothing is enough the largest gain is named; where nothing gains, none.
#[test]
fn advice_follows_what_was_seen() {
    let lower = |noise| all((Verdict::Noisy, noise), 2, 5);
    let plain = || all((Verdict::Chaotic, 9.0), 2, 5);
    let accumulator = |noise| remedy(Accumulator, "f16:acc=f32", &lower(noise));
    let backward = |noise| remedy(Backward, "forward=f16/backward=f32", &lower(noise));
    let (judged, named) = advised(&[("f16", plain())], vec![accumulator(0.9), backward(0.2)]);
    assert!(matches!(judged.remedy, Advice::Gain { .. }));
    assert_eq!(named.as_deref(), Some("forward=f16/backward=f32"));
    assert_eq!((judged.tried[1].times, judged.tried[1].first_times), (Number::new(45.0), Number::new(45.0)));
    assert_eq!(judged.tried[1].first.median, Number::new(0.2));
    let (_, named) = advised(&[("f16", plain())], vec![accumulator(0.2), backward(0.2)]);
    assert_eq!(named.as_deref(), Some("f16:acc=f32"), "of equal gains the cheaper");
    let (judged, _) = advised(&[("f16", plain())], vec![accumulator(8.0), backward(7.0)]);
    assert_eq!(judged.remedy, Advice::NoneHelps, "1.1 times is no gain");
    assert_eq!(advised(&[("f16", plain())], vec![]).0.remedy, Advice::NotMeasured);
    let sound = [("f16", all(SOUND, 2, 5)), ("bf16", all((Verdict::Sound, 0.001), 2, 5))];
    let (judged, _) = advised(&sound, vec![accumulator(0.2)]);
    assert_eq!((judged.remedy, judged.tried.len()), (Advice::NotNeeded, 1), "what is sound needs nothing of the list");
    let mostly = |cell| vec![vec![SOUND, SOUND, SOUND, SOUND, cell]; 2];
    assert_eq!(advised(&[("f16", mostly(NOISY))], vec![accumulator(0.2)]).0.remedy, Advice::NotNeeded);
    assert_eq!(advised(&[("f16", mostly(UNDERFLOW))], vec![accumulator(0.2)]).0.remedy, Advice::NoneHelps);
    assert_eq!(advised(&[("f16", all(UNKNOWN, 2, 5))], vec![accumulator(0.2)]).0.remedy, Advice::NotMeasured);
    // A remedy whose trials are not recorded may be cheaper than any that is known.
    let unknown = Remedy { trials: None, ..accumulator(0.01) };
    let list = [("f16", plain()), ("bf16", all(SOUND, 2, 5))];
    assert_eq!(advised(&list, vec![unknown]).0.remedy, Advice::NotMeasured);
}
