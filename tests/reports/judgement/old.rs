//! Records that lack what is judged: of a former schema, or odd.

use super::build::*;
use crate::common::causes::attributed;
use crate::common::{fixture, records};
use precision_probe::judgement::{Advice, Cause, Summary, judge};
use precision_probe::record::*;
use std::path::Path;

/// What a record before schema 3 does not hold is not recorded, and nothing is claimed in its place.
#[test]
fn a_former_record_leaves_open_what_it_does_not_hold() {
    for name in ["record-2.json.gz", "record-2-zero.json.gz"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/records").join(name);
        let record = Record::from_json(&String::from_utf8(fixture(&path)).unwrap()).unwrap();
        leaves_open_what_it_does_not_hold(&record);
    }
}

fn leaves_open_what_it_does_not_hold(record: &Record) {
    let judged = judge(record);
    assert_eq!(judged.runs.len(), record.runs.len());
    for (run, recorded) in judged.runs.iter().zip(&record.runs) {
        assert_eq!((run.exact.state, run.exact.distribution.len()), (None, 0));
        for (one, recorded) in run.arithmetics.iter().zip(&recorded.arithmetics) {
            assert_eq!((one.first.rows, one.first.minibatch.as_ref()), (None, None), "{}", one.name);
            assert_eq!(one.first.noise, recorded.sites[0].noise_to_signal);
            assert_eq!(one.first.verdict, recorded.verdict);
            let is_attributed = !recorded.remedies.is_empty();
            assert!(matches!(one.cause, Cause::Nothing | Cause::BelowResolution | Cause::NotMeasured), "{}", one.name);
            assert!(!is_attributed || !matches!(one.remedy, Advice::Enough { .. } | Advice::Gain { .. }));
        }
    }
}

/// Synthetic records of every state are judged without a panic, before and after their causes are known.
#[test]
fn odd_records_are_judged() {
    for (name, record) in records::cases() {
        for record in [record.clone(), attributed(record)] {
            let judged = judge(&record);
            assert_eq!(judged.runs[0].arithmetics.len(), record.runs[0].arithmetics.len(), "{name}");
            let json = serde_json::to_string(&judged).expect("a judgement is text");
            assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{name}");
            let arithmetics = record.runs[0].arithmetics.len();
            let summary = Summary::of(&record).to_json();
            assert!(summary.len() < 600 + 900 * arithmetics, "{name}: {} bytes of {arithmetics}", summary.len());
        }
    }
}

/// Records whose parts are missing.
#[test]
fn records_without_trials_or_layers_are_judged() {
    type Change = (&'static str, fn(&mut Record));
    let changes: [Change; 8] = [
        ("no runs", |record| record.runs.clear()),
        ("no arithmetics", |record| record.runs[0].arithmetics.clear()),
        ("no layers", |record| record.runs[0].arithmetics[0].sites.clear()),
        ("no truth", |record| record.runs[0].truth.sites.clear()),
        ("fewer layers of truth", |record| record.runs[0].truth.sites.truncate(1)),
        ("no trials", |record| record.runs[0].arithmetics[0].sites.iter_mut().for_each(|layer| layer.trials.clear())),
        ("no tensors", |record| {
            let trials = record.runs[0].arithmetics[0].sites.iter_mut().flat_map(|layer| &mut layer.trials);
            trials.for_each(|trial| trial.tensors.clear());
        }),
        ("remedies without trials", |record| {
            record.runs[0].arithmetics[0].remedies.iter_mut().for_each(|remedy| remedy.trials = Some(Vec::new()));
        }),
    ];
    for (name, change) in changes {
        let arithmetics = [("f16", all(NOISY, 3, 2)), ("bf16", all(SOUND, 3, 2))];
        let network = vec![vec![healthy(); 3]; 2];
        let mut record = attributed(with_exact(record(&arithmetics), &network));
        let second = record.runs[0].clone();
        record.runs.push(second);
        change(&mut record);
        let judged = judge(&record);
        assert_eq!(judged.runs.len(), record.runs.len(), "{name}");
        let is_claimed = judged
            .runs
            .iter()
            .flat_map(|run| &run.arithmetics)
            .flat_map(|one| &one.tried)
            .any(|tried| tried.of == 0 && tried.effect != precision_probe::judgement::Effect::None);
        assert!(!is_claimed, "{name}");
    }
}
