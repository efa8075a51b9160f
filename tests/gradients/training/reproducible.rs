//! The same bytes with any number of threads, in pieces, and from any checkpoint; damaged checkpoints are refused.

use super::shared::{constant, named, plan, small};
use precision_probe::record::training::{End, Training};
use precision_probe::spec::training::{MeasureAt, Rate, TrainingPlan, TrainingScale, TrainingSpec};
use precision_probe::train::{Silent, Trainer, run};
use sha2::{Digest, Sha256};

/// SHA-256 of `training.json` of [`hashed`]: any change of one bit of any number, name or word shows here.
///
/// To renew it deliberately: make sure that the change of the record is meant, run
/// `cargo test --test gradients the_command_writes_the_bytes_that_are_fixed`, copy the hash that the failure prints, and say in
/// the commit why the bytes changed. It must be the same on every machine, in debug and release builds, and for any
/// number of threads: if it is not, that is the defect, not the hash.
pub const HASH: &str = "3b40cb81397cf3eb98febd728984b1454593c69dfed05ead0505de069ad450a7";

/// Several activations and arithmetics, biases, everything that may be chosen, in one small spec.
pub fn hashed() -> TrainingSpec {
    let formats = ["f16", "bf16:round=stochastic", "amp-fp16", "e4m3fn/update=f32", "mpfr:11/update=f64/master=f32"];
    TrainingSpec {
        depth: 3,
        width: 6,
        bias: true,
        steps: 12,
        optimiser: named("adamw"),
        rate: Rate { learning_rate: 0.01, warmup: 3, cosine: true },
        clip_norm: Some(1.0),
        loss_scale: TrainingScale::Dynamic { growth_interval: 4 },
        measure: MeasureAt::Every(5),
        minibatches: 2,
        ..small(&["relu", "prelu", "elu", "gelu"], &formats)
    }
}

/// Measured steps, others between them in one piece and in several, and copies that end early.
fn in_pieces() -> TrainingSpec {
    // Pure f16 has no ε of Adam's, and ends.
    let formats = ["f16", "f16/update=f32", "bf16/update=f32/master=bf16:round=stochastic"];
    TrainingSpec {
        steps: 70,
        optimiser: named("adam"),
        rate: constant(0.02),
        loss_scale: TrainingScale::Dynamic { growth_interval: 3 },
        measure: MeasureAt::Every(33),
        minibatches: 2,
        ..small(&["prelu"], &formats)
    }
}

/// Without dynamic scaling, which would skip every step, all copies end.
fn diverging() -> TrainingSpec {
    TrainingSpec { rate: constant(1e30), loss_scale: TrainingScale::None, ..in_pieces() }
}

pub fn hash(json: &str) -> String {
    Sha256::digest(json.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All checkpoints of a training from its beginning to its end, and its record.
fn checkpoints(plan: &TrainingPlan) -> (Vec<Vec<u8>>, Training) {
    let mut trainer = Trainer::new(plan);
    let mut kept = vec![trainer.checkpoint()];
    while !trainer.is_done() {
        trainer.advance(&Silent);
        kept.push(trainer.checkpoint());
    }
    (kept, trainer.record())
}

fn finish(mut trainer: Trainer) -> Training {
    while !trainer.is_done() {
        trainer.advance(&Silent);
    }
    trainer.record()
}

#[test]
fn every_checkpoint_leads_to_the_same_end() {
    for spec in [in_pieces(), diverging()] {
        let plan = plan(&spec);
        let (kept, training) = checkpoints(&plan);
        assert_eq!(training, run(&plan, &Silent));
        // Steps 0, 1 to 25, 26 to 32, 33, 34 to 58, 59 to 65, 66, 67 and 68, 69.
        assert_eq!(kept.len(), 10);
        for (piece, bytes) in kept.iter().enumerate() {
            let trainer = Trainer::resume(&plan, bytes).unwrap_or_else(|error| panic!("piece {piece}: {error}"));
            assert!(trainer.checkpoint() == *bytes, "piece {piece} is kept again to the same bytes");
            assert_eq!(trainer.record().steps_done, [0, 1, 26, 33, 34, 59, 66, 67, 69, 70][piece]);
            assert_eq!(trainer.is_done(), piece == 9);
            assert_eq!(finish(trainer).to_json(), training.to_json(), "from piece {piece}");
        }
    }
}

/// What the pieces have to carry on is there: a scale that moved, skipped steps, a copy that ended.
#[test]
fn the_pieces_hold_everything_that_moves() {
    let training = run(&plan(&in_pieces()), &Silent);
    let [f16, mixed, stochastic] = [0, 1, 2].map(|index| &training.runs[0].learners[index].course);
    assert!(f16.end.step().is_some());
    for course in [mixed, stochastic] {
        assert!(course.scales.len() > 3 && course.end == End::Completed, "{:?}", course.scales);
    }
    assert!(!mixed.skipped.is_empty(), "steps are skipped");
    let diverged = run(&plan(&diverging()), &Silent);
    let ends: Vec<End> = diverged.runs[0].learners.iter().map(|learner| learner.course.end).collect();
    assert!(ends.iter().all(|end| end.step().is_some()), "{ends:?}");
}

/// Progress counts the same units in pieces as in all.
#[test]
fn progress_adds_up_to_the_work() {
    use precision_probe::train::Progress;
    use std::sync::atomic::{AtomicUsize, Ordering};
    struct Units(AtomicUsize);
    impl Progress for Units {
        fn done(&self, units: usize) {
            self.0.fetch_add(units, Ordering::Relaxed);
        }
    }
    let plan = plan(&in_pieces());
    let (mut trainer, told) = (Trainer::new(&plan), Units(AtomicUsize::new(0)));
    assert_eq!(trainer.work_done(), 0);
    while !trainer.is_done() {
        trainer.advance(&told);
        assert_eq!(told.0.load(Ordering::Relaxed), trainer.work_done());
    }
    assert_eq!(trainer.work_done(), trainer.work());
    trainer.advance(&told);
    assert_eq!(trainer.record().steps_done, 70, "nothing comes after the last step");
}

fn refusal(plan: &TrainingPlan, bytes: &[u8]) -> String {
    match Trainer::resume(plan, bytes) {
        Ok(_) => panic!("{} damaged bytes are taken", bytes.len()),
        Err(words) => words,
    }
}

const DAMAGED: &str = "is no whole checkpoint of precision-probe";

#[test]
fn damaged_checkpoints_are_refused() {
    let plan = plan(&TrainingSpec { steps: 30, ..in_pieces() });
    let (kept, _) = checkpoints(&plan);
    let whole = &kept[2];
    for length in (0..whole.len()).step_by(97) {
        assert_eq!(refusal(&plan, &whole[..length]), DAMAGED, "the first {length} bytes");
    }
    for place in (0..whole.len()).step_by(997).chain(whole.len() - 40..whole.len()) {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        assert_eq!(refusal(&plan, &damaged), DAMAGED, "one bit of byte {place}");
    }
    assert_eq!(refusal(&plan, &[whole.as_slice(), b"\n"].concat()), DAMAGED);
}

#[test]
fn checkpoints_of_another_training_are_refused() {
    let (one, other) = (plan(&in_pieces()), plan(&TrainingSpec { seed: 1, ..in_pieces() }));
    let bytes = Trainer::new(&one).checkpoint();
    assert_eq!(refusal(&other, &bytes), "is of another training or another version");
    assert!(Trainer::resume(&one, &bytes).is_ok());
}

/// Files whose SHA-256 is right and whose content is not: written by a program, not by an accident.
#[test]
fn forged_checkpoints_are_refused() {
    let plan = plan(&TrainingSpec { steps: 30, ..in_pieces() });
    let (kept, _) = checkpoints(&plan);
    let whole = &kept[2];
    let length = u64::from_le_bytes(whole[16..24].try_into().unwrap()) as usize;
    let text = std::str::from_utf8(&whole[24..24 + length]).unwrap();
    let matrices = &whole[24 + length..whole.len() - 32];
    let forge = |length: u64, text: &str, matrices: &[u8]| {
        let bytes = [&whole[..16], &length.to_le_bytes(), text.as_bytes(), matrices].concat();
        let digest = Sha256::digest(&bytes);
        [bytes.as_slice(), digest.as_slice()].concat()
    };
    let sealed = |text: &str, matrices: &[u8]| forge(text.len() as u64, text, matrices);
    assert!(sealed(text, matrices) == *whole, "the forge works");
    let replaced = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        sealed(&text.replace(from, to), matrices)
    };
    for (what, forged) in [
        ("no text", sealed("", matrices)),
        ("a text of 2^64 − 1 bytes", forge(u64::MAX, text, matrices)),
        ("no matrices", sealed(text, &[])),
        ("half the matrices", sealed(text, &matrices[..matrices.len() / 2])),
        ("steps after the last", replaced("\"step\":26,\"runs\"", "\"step\":31,\"runs\"")),
        ("fewer states than matrices", replaced("\"kept\":2", "\"kept\":1")),
        ("more states than matrices", replaced("\"kept\":2", "\"kept\":3")),
        ("very many states", replaced("\"kept\":2", "\"kept\":18446744073709551615")),
        ("another field", replaced("\"kept\":2", "\"keep\":2")),
        ("no runs", sealed(&format!("{},\"runs\":[]}}", &text[..text.find(",\"runs\"").unwrap()]), matrices)),
        ("no copies", sealed(&format!("{},\"runs\":[[]]}}", &text[..text.find(",\"runs\"").unwrap()]), matrices)),
    ] {
        assert_eq!(refusal(&plan, &forged), DAMAGED, "{what}");
    }
    let mut other_mark = whole[..whole.len() - 32].to_vec();
    other_mark[15] = b'2';
    let digest = Sha256::digest(&other_mark);
    assert_eq!(refusal(&plan, &[other_mark.as_slice(), digest.as_slice()].concat()), DAMAGED);
}
