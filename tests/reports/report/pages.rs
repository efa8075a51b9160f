//! Pages of laws, trainings, studies and sweeps: they load nothing, escape every name, are small, and say in words what figures show.

use super::law::measured;
use super::study::strange;
use super::sweep::sweep;
use crate::common::studies::study;
use crate::common::trainings::{Fare, training};
use precision_probe::record::law::Law;
use precision_probe::record::sweep::AxisValue;
use precision_probe::record::training::Training;
use precision_probe::report::html::page;
use precision_probe::report::kind::Kind;
use precision_probe::report::page::Block;
use std::fs;

const HOSTILE: &str = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>\"'&";

fn html(record: &dyn Kind) -> String {
    page(&record.page().unwrap()).unwrap()
}

fn small_law() -> Law {
    measured(&["relu", "tanh"], "6..9", 3)
}

fn small_training() -> Training {
    training(&["relu", "elu"], &[("f16", Fare::Noise(0.2, 0.3)), ("bf16", Fare::Flushed(2))], 3, 40)
}

#[test]
fn pages_load_nothing_and_are_small() {
    for record in [&small_law() as &dyn Kind, &small_training(), &study(), &sweep()] {
        let (html, file) = (html(record), record.head().file);
        assert!(html.len() < 3_000_000, "{file}: {} bytes", html.len());
        for loading in ["src=", "url(", "@import", "fetch(", "XMLHttpRequest", "<iframe", "<object", "srcset", "<img"] {
            assert!(!html.contains(loading), "{file}: {loading}");
        }
        let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        for link in links {
            let is_here = link.strip_prefix('#').is_some_and(|id| html.contains(&format!(" id=\"{id}\"")));
            assert!(is_here || link.starts_with("data:,"), "{file}: {link}");
        }
        assert_eq!(html.replace("http://www.w3.org/2000/svg", "").matches("://").count(), 0, "{file}");
        assert!(html.contains("id=\"record-json\">") && html.contains(&format!("data-name=\"{file}\"")), "{file}");
        assert_eq!(html.matches("<section ").count(), html.matches("</section>").count(), "{file}");
    }
}

#[test]
fn figures_have_alternative_words_and_tell_their_numbers() {
    for record in [&small_law() as &dyn Kind, &small_training(), &study(), &sweep()] {
        let html = html(record);
        let blocks = record.page().unwrap().sections.into_iter().flat_map(|section| section.blocks);
        let panels = blocks.filter_map(|block| if let Block::Figure(panel) = block { Some(panel) } else { None });
        let panels: Vec<_> = panels.collect();
        assert!(!panels.is_empty(), "{}", record.head().file);
        assert_eq!(html.matches("<svg ").count(), panels.len(), "{}", record.head().file);
        for panel in panels {
            assert!(panel.alternative.len() > 20, "{}: {}", panel.name, panel.alternative);
        }
        let labels: Vec<&str> = html.split("role=\"group\" aria-label=\"").skip(1).collect();
        assert_eq!(labels.len(), html.matches("<figure ").count());
    }
    let law = small_law();
    let shown = html(&law);
    for (run, point) in law.runs.iter().flat_map(|run| run.points.iter().map(move |point| (run, point))) {
        for statistic in ["root mean square", "median"] {
            let tip = format!("<title>{}, {} bits\n{statistic} ", run.activation, point.bits);
            assert!(shown.contains(&tip), "{tip}");
        }
    }
    assert!(html(&study()).contains("<title>relu, 5\n0.003 [0.0015–0.006], 10 draws</title>"));
}

/// Whoever edits a record by hand cannot make a page do anything: names stay text everywhere.
#[test]
fn hostile_records_stay_text() {
    let (mut law, mut training, mut study) = (small_law(), small_training(), study());
    (law.version, law.spec_hash) = (HOSTILE.into(), HOSTILE.into());
    law.spec.formats = vec![HOSTILE.into(), "mpfr:x".into(), "mpfr:4294967295".into()];
    for run in &mut law.runs {
        (run.activation, run.constants) = (HOSTILE.into(), vec![HOSTILE.into()]);
    }
    (training.version, training.spec_hash) = (HOSTILE.into(), HOSTILE.into());
    for run in &mut training.runs {
        run.activation = HOSTILE.into();
        run.learners.iter_mut().for_each(|learner| learner.name = HOSTILE.into());
    }
    (study.version, study.spec_hash) = (HOSTILE.into(), HOSTILE.into());
    study.spec.activations = vec![HOSTILE.into()];
    for claim in &mut study.claims {
        (claim.statement, claim.letter) = (HOSTILE.into(), '<');
        claim.reasons.push(HOSTILE.into());
        claim.findings.iter_mut().for_each(|finding| finding.what = HOSTILE.into());
        for chart in &mut claim.charts {
            (chart.title, chart.horizontal, chart.vertical) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
            chart.series.iter_mut().for_each(|series| series.name = HOSTILE.into());
            chart.places.iter_mut().for_each(|place| *place = HOSTILE.into());
        }
    }
    let mut sweep = sweep();
    (sweep.plan.version, sweep.plan.spec_hash) = (HOSTILE.into(), HOSTILE.into());
    for line in &mut sweep.horizons.lines {
        line.values.insert("activation".into(), AxisValue::Text(HOSTILE.into()));
        line.failed.push((5, HOSTILE.into()));
        line.arithmetics.iter_mut().for_each(|one| one.name = HOSTILE.into());
    }
    for record in [&law as &dyn Kind, &training, &study, &sweep] {
        let html = html(record);
        assert!(!html.contains("<img") && !html.contains("</script><script>document"), "{}", record.head().file);
        assert!(html.contains("&lt;img"), "{}", record.head().file);
    }
}

/// What no record should hold has its page.
#[test]
fn strange_records_have_pages() {
    for (name, study) in strange() {
        let html = html(&study);
        assert_eq!(html.matches("<svg ").count(), study.claims.len(), "{name}");
    }
    let mut law = small_law();
    law.runs[0].points.clear();
    law.runs[1].fits.clear();
    law.runs[1].constants = vec!["x".repeat(3000)];
    assert!(html(&law).contains("Exponents"));
    law.runs.clear();
    assert!(html(&law).contains("nothing was measured"));
}

/// The command at the end of a law's page measures the law again.
#[test]
fn the_page_of_a_law_tells_how_to_measure_it_again() {
    let place = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("precision-probe").expect("the binary is built");
        let output = command.current_dir(place.path()).args(arguments).output().expect("the command starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let spec = ["law", "--act", "leaky:0.3,tanh", "--depth", "3", "--width", "5", "--batch", "4", "--trials", "2"];
    run(&[&spec[..], &["--bits", "6..8,11", "--seed", "7", "--bias", "--out", "one", "--quiet"]].concat());
    let html = fs::read_to_string(place.path().join("one/report.html")).unwrap();
    let line = html.split_once("<pre><code>").unwrap().1.split_once("</code>").unwrap().0;
    assert!(line.contains(" --bits 6..8,11"), "{line}");
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    run(&[&words[..], &["--out", "two", "--quiet"]].concat());
    let law = |folder: &str| fs::read(place.path().join(folder).join("law.json")).unwrap();
    assert!(law("one") == law("two"), "{line}");
}
