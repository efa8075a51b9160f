//! The tables of a run folder: their rows agree with the record and its judgement, two of them concatenate.

use crate::common::causes::{self, attributed};
use crate::common::records::{self, Behaviour::*, default_record, record};
use crate::common::studies::study;
use crate::common::tables::{Row, header, rows, with};
use crate::common::tolerances;
use crate::common::trainings::usual;
use precision_probe::judgement::{Advice, Cause, RemedyName, judge};
use precision_probe::law;
use precision_probe::record::*;
use precision_probe::report::csv::{remedies_csv, sources_csv, summary_csv, tables, trials_csv};
use precision_probe::report::law::{self as law_report, law_csv};
use precision_probe::report::study::{self as study_report, charts_csv, findings_csv};
use precision_probe::report::training::{layers_csv, steps_csv};
use precision_probe::report::{files, training};

/// What every table begins with, in this order.
const KEYS: [&str; 18] = [
    "spec_hash",
    "activation",
    "depth",
    "width",
    "batch",
    "seed",
    "loss",
    "data",
    "init",
    "gain",
    "bias",
    "residual",
    "weights",
    "precision",
    "precision_as_given",
    "log2_loss_scale",
    "layer",
    "layer_name",
];

/// As a number's cell is written.
fn cell(number: Number) -> String {
    match number {
        Number::Finite(x) => format!("{x:?}"),
        Number::Infinite => "inf".into(),
        Number::MinusInfinite => "-inf".into(),
        Number::None => String::new(),
    }
}

/// Whatever the record, the columns are the same, and every row has all of them: tables of two runs concatenate, and their
/// keys tell the runs apart.
#[test]
fn tables_of_any_two_runs_concatenate() {
    let (_, first) = &records::cases()[0];
    let headers = tables(first).map(|(_, text)| header(&text));
    for (name, record) in records::cases().into_iter().chain(causes::cases()) {
        for ((file, text), expected) in tables(&record).into_iter().zip(&headers) {
            assert_eq!(header(&text), *expected, "{name}, {file}");
            assert_eq!(expected[..KEYS.len()], KEYS, "{name}, {file}");
            for row in rows(&text) {
                assert_eq!(row["spec_hash"], record.spec_hash, "{name}, {file}");
                assert!(record.runs.iter().any(|run| run.activation == row["activation"]), "{name}, {file}");
            }
        }
    }
    let mut other = first.clone();
    (other.spec.seed, other.spec_hash) = (7, "other".into());
    let [one, two] = [first, &other].map(|record| rows(&summary_csv(record, &judge(record))));
    assert_eq!((one[0]["seed"].as_str(), two[0]["seed"].as_str()), ("0", "7"));
    assert_ne!(one[0]["spec_hash"], two[0]["spec_hash"]);
}

#[test]
fn the_summary_has_a_row_per_precision_and_layer_as_the_record_says() {
    for (name, record) in records::cases().into_iter().chain(causes::cases()) {
        let rows = rows(&summary_csv(&record, &judge(&record)));
        let layers: Vec<(&Run, &ArithmeticRun, &SiteRun)> = record
            .runs
            .iter()
            .flat_map(|run| run.arithmetics.iter().map(move |arithmetic| (run, arithmetic)))
            .flat_map(|(run, arithmetic)| arithmetic.sites.iter().map(move |layer| (run, arithmetic, layer)))
            .collect();
        assert_eq!(rows.len(), layers.len(), "{name}");
        for (row, (run, arithmetic, layer)) in rows.iter().zip(layers) {
            let noise = layer.noise();
            assert_eq!(row["activation"], run.activation, "{name}");
            assert_eq!(row["precision_as_given"], arithmetic.name, "{name}");
            assert_eq!(row["precision"], *arithmetic.policy.as_ref().unwrap_or(&arithmetic.name), "{name}");
            assert_eq!(row["layer"], layer.site.to_string(), "{name}");
            let statistics = ["noise_to_signal", "noise_to_signal_low", "noise_to_signal_high"].map(|name| &row[name]);
            assert_eq!(statistics, [&cell(noise.median), &cell(noise.low), &cell(noise.high)], "{name}");
            assert_eq!(row["verdict"], layer.verdict.verdict.name().replace(' ', "_"), "{name}");
            counted(row, layer);
        }
    }
}

/// Verdicts of all trials, and shares of all entries.
fn counted(row: &Row, layer: &SiteRun) {
    let number = |name: &str| row[name].parse::<f64>().unwrap();
    assert_eq!(number("trials"), layer.verdict.of as f64);
    if let Some(distribution) = &layer.verdict.distribution {
        let names = ["sound", "noisy", "chaotic", "underflow", "overflow", "zero", "not_established"];
        let counts = names.map(|name| number(&format!("trials_{name}")));
        assert_eq!(counts.iter().sum::<f64>(), number("trials"));
        assert_eq!(counts[0], distribution.get(&Verdict::Sound).copied().unwrap_or(0) as f64);
    } else {
        assert_eq!(row["trials_sound"], "");
    }
    assert_eq!(number("entries"), layer.fates.total() as f64);
    if layer.fates.total() > 0 {
        let shares: f64 =
            row.iter().filter(|(name, _)| name.ends_with("_share")).map(|(_, cell)| cell.parse::<f64>().unwrap()).sum();
        assert!((shares - 1.0).abs() < tolerances::DOUBLES, "{shares}");
        assert_eq!(number("flushed_share"), layer.fates.flushed as f64 / layer.fates.total() as f64);
    }
    assert_eq!(row["flips_of"], layer.flips.map_or(String::new(), |flips| flips.total.to_string()));
    match (layer.verdict.verdict.has_noise(), layer.noise().median.finite()) {
        (true, Some(noise)) if noise > 0.0 => {
            assert!(
                (number("correct_bits") + core_math::log2(noise)).abs() < tolerances::RECORDED_RATIO,
                "{}",
                row["correct_bits"]
            );
        }
        (true, Some(_)) => assert_eq!(row["correct_bits"], "inf"),
        _ => assert_eq!(row["correct_bits"], ""),
    }
}

/// Cause, advice and remedy of layer 1 are those of the judgement that every other output renders.
#[test]
fn the_summary_says_what_the_judgement_says() {
    let mut explained = 0;
    for (name, record) in records::cases().into_iter().chain(causes::cases()) {
        let judgement = judge(&record);
        let table = rows(&summary_csv(&record, &judge(&record)));
        for (run, judged) in record.runs.iter().zip(&judgement.runs) {
            for (arithmetic, judged) in run.arithmetics.iter().zip(&judged.arithmetics) {
                let of = [("activation", run.activation.as_str()), ("precision_as_given", arithmetic.name.as_str())];
                let Some(row) = with(&table, &[&of[..], &[("layer", "1")]].concat()).first().copied() else { continue };
                let json = serde_json::to_value(judged).unwrap();
                assert_eq!(row["advice"], json["remedy"]["advice"].as_str().unwrap(), "{name}");
                if let Advice::Enough { place } | Advice::Gain { place } = judged.remedy {
                    let tried = &judged.tried[place];
                    assert_eq!(row["remedy_factor"], cell(tried.first_times), "{name}");
                    let (RemedyName::Change { name, .. } | RemedyName::Arithmetic { name }) = &tried.remedy;
                    assert_eq!(row["remedy_precision"], *name);
                    explained += 1;
                }
                // The judgement explains the worst layer where layer 1 is sound.
                if !matches!(row["cause"].as_str(), "nothing") {
                    assert_eq!(row["cause"], json["cause"]["cause"].as_str().unwrap(), "{name}");
                }
                if let Cause::Source { source, layer: 1, .. } = judged.cause {
                    assert_eq!(row["cause_source"], serde_json::to_value(source).unwrap().as_str().unwrap(), "{name}");
                }
            }
        }
    }
    assert!(explained > 0, "no record has a remedy that is advised");
}

#[test]
fn trials_have_a_row_per_tensor_of_every_layer_and_count_from_one() {
    let mut record = record(2, 2, &[("f16", Noise(0.2)), ("f32", Overflow(1))]);
    record.runs[0].activation = "leaky, twice".into();
    let tensor = &mut record.runs[0].arithmetics[1].sites[0].trials[1].tensors[0];
    (tensor.log2_signal, tensor.cosine) = (Number::MinusInfinite, Number::None);
    let text = trials_csv(&record);
    let rows = rows(&text);
    assert_eq!(rows.len(), 2 * 3 * 2);
    assert!(rows.iter().all(|row| ["1", "2"].contains(&row["trial"].as_str())));
    assert!(text.contains("\"leaky, twice\",2,"), "{text}");
    let row = with(&rows, &[("precision", "f32"), ("layer", "1"), ("trial", "2")])[0];
    let measured = [
        ("activation", "leaky, twice"),
        ("layer_name", "hidden.1"),
        ("tensor", "weight"),
        ("log2_signal", "-inf"),
        ("log2_noise", "-9.5"),
        ("noise_to_signal", "inf"),
        ("at_most", "false"),
        ("descent", "0.99"),
        ("orthogonal_noise", "inf"),
        ("cosine", ""),
        ("sign_agreement", "0.97"),
        ("layer_noise_to_signal", "inf"),
        ("layer_verdict", "overflow"),
        ("layer_flips", "4"),
        ("layer_evidence", "proven 83 bits"),
    ];
    measured.into_iter().for_each(|(name, value)| assert_eq!(row[name], value, "{name}"));
    let head = with(&rows, &[("layer", "3")]);
    assert!(head.iter().all(|row| row["layer_flips"].is_empty()), "the head has no flips");
}

#[test]
fn sources_and_remedies_have_a_row_per_layer() {
    let record = attributed(record(2, 2, &[("f16", Noise(0.2)), ("f64", Noise(1e-14))]));
    let arithmetic = &record.runs[0].arithmetics[0];
    let sources = rows(&sources_csv(&record));
    // f16 alone was attributed: five sources of three layers.
    assert_eq!(sources.len(), 5 * 3);
    let flips = with(&sources, &[("source", "branch_flips"), ("layer", "1")])[0];
    let source = &arithmetic.attribution.as_ref().unwrap().sources[2];
    assert_eq!(flips["only_noise_to_signal"], cell(source.sites[0].alone.unwrap().median));
    assert_eq!(flips["all_but_noise_to_signal"], cell(source.sites[0].without.median));
    assert_eq!((flips["only_trials_with_noise"].as_str(), flips["all_but_trials_milder"].as_str()), ("2", ""));
    let sums = with(&sources, &[("source", "accumulation")]);
    assert!(sums.len() == 3 && sums.iter().all(|row| row["only_noise_to_signal"].is_empty()));
    let remedies = rows(&remedies_csv(&record, &judge(&record)));
    assert_eq!(remedies.len(), 4 * 3);
    let forward = with(&remedies, &[("remedy", "forward"), ("layer", "2")])[0];
    assert_eq!(forward["remedy_precision"], "forward=f32/backward=f16");
    assert_eq!(forward["noise_to_signal"], cell(arithmetic.remedies[1].sites[1].noise_to_signal.median));
    let factor: f64 = forward["factor"].parse().unwrap();
    assert!((factor - 61.0).abs() < tolerances::RECORDED_RATIO, "{factor}");
    // Records without trials under a remedy say nothing of their effect.
    assert_eq!((forward["effect"].as_str(), forward["is_advised"].as_str()), ("", "false"));
    assert_eq!(with(&remedies, &[("remedy", "loss_scaling")])[0]["remedy_log2_loss_scale"], "8");
    let summary = rows(&summary_csv(&record, &judge(&record)));
    assert_eq!(summary[0]["predicted_noise_to_signal"], cell(arithmetic.theory[0].predicted));
    assert_eq!(summary[0]["measured_to_predicted"], cell(arithmetic.theory[0].ratio));
}

/// Names that users give stand beside what they mean.
#[test]
fn a_name_stands_beside_its_policy() {
    let mut record = record(2, 1, &[("f16", Noise(0.2))]);
    let arithmetic = &mut record.runs[0].arithmetics[0];
    (arithmetic.name, arithmetic.policy) = ("mine".into(), Some("forward=f32/backward=f16".into()));
    for (file, text) in tables(&record) {
        for row in rows(&text) {
            let names = [&row["precision"], &row["precision_as_given"]];
            assert_eq!(names, ["forward=f32/backward=f16", "mine"], "{file}");
        }
    }
    assert_eq!(rows(&trials_csv(&record)).len(), 3);
}

/// The names of the columns in the table below a heading of the page that documents them.
fn documented(heading: &str) -> Vec<String> {
    let page = include_str!("../../../docs/reference/files.md");
    let (_, below) = page.split_once(&format!("\n### {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let section = below.split("\n## ").next().unwrap().split("\n### ").next().unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("| `"));
    lines.map(|line| line.split('`').next().unwrap().to_string()).collect()
}

/// No column is undocumented, and none is documented that is not written; in the same order, with a meaning and a word on empty
/// cells each.
#[test]
fn every_column_is_documented() {
    let record = default_record();
    let law = law::of(&record);
    let (training, study) = (usual(), study());
    let (run, layer) = (documented("Keys of the run"), documented("Keys of the layer"));
    assert_eq!([&run[..], &layer[..]].concat(), KEYS);
    let of_layer = tables(&record).map(|(file, text)| (file, text, [&run[..], &layer[..]].concat()));
    let of_run =
        [("law.csv", law_csv(&law)), ("steps.csv", steps_csv(&training)), ("layers.csv", layers_csv(&training))];
    let of_run = of_run.map(|(file, text)| (file, text, run.clone()));
    let of_study = [("findings.csv", findings_csv(&study)), ("charts.csv", charts_csv(&study))];
    let of_study = of_study.map(|(file, text)| (file, text, Vec::new()));
    let page = include_str!("../../../docs/reference/files.md");
    for (file, text, keys) in of_layer.into_iter().chain(of_run).chain(of_study) {
        let own = documented(&format!("`{file}`"));
        let names = header(&text);
        assert_eq!([keys, own].concat(), names, "{file}");
        let different: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(different.len(), names.len(), "{file}: a name stands twice");
        assert!(page.contains(&format!("| [`{file}`](#{})", file.replace('.', ""))), "{file} is in the list of files");
    }
    let rows = page.lines().filter(|line| line.starts_with("| `") && line.matches(" | ").count() == 3);
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(!cells[1].is_empty() && !cells[3].is_empty(), "{row}");
    }
}

/// Every file that a report can have is in the list of files.
#[test]
fn every_file_is_documented() {
    let page = include_str!("../../../docs/reference/files.md");
    let one = |name: &str| vec![name.to_string()];
    let of_probe = files::names(&one("relu")).into_iter().chain(files::names(&[one("relu"), one("tanh")].concat()));
    let of_training =
        training::names(&one("relu")).into_iter().chain(training::names(&[one("relu"), one("tanh")].concat()));
    let all = of_probe.chain(of_training).chain(law_report::names()).chain(study_report::names());
    let mut checked = 0;
    for name in all {
        let (stem, ending) = name.split_once('.').unwrap_or((&name, ""));
        let is_claim = stem.starts_with("claim-");
        let shown = match ending {
            _ if name.starts_with("panels/") => "| `panels/` |".into(),
            "png" | "svg" if is_claim => "| `claim-a.png`, `.svg` to `claim-f.png`, `.svg` |".into(),
            // Pictures of single runs have the names of their activations.
            "png" | "svg" if ["relu", "tanh"].contains(&stem.trim_end_matches("-details")) => "one each".into(),
            "png" | "svg" => format!("| `{stem}.png`, `.svg` |"),
            _ => format!("`{name}`"),
        };
        assert!(page.contains(&shown), "{name} is not in the list of files");
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
}
