//! Reports of studies: text and page word for word, tables, the figure as data, drawings of every kind in both themes.

use super::picture::{assert_drawn, assert_readable};
use crate::common::studies::{around, finding, nothing, series, spread, study};
use precision_probe::record::Number;
use precision_probe::record::study::{Answer, Chart, Study, StudySpec};
use precision_probe::report::kind::Kind;
use precision_probe::report::study::{charts_csv, findings_csv, markdown, screen, sheets, stems, terminal};
use precision_probe::report::svg::{Theme, picture};
use std::path::Path;

/// A study of some of the claims.
pub fn of_claims(letters: &str) -> Study {
    let mut study = study();
    study.claims.retain(|claim| letters.contains(claim.letter));
    study
}

const TEXT: &str = "\
Leaky ReLU or ReLU? 2 claims about activations: 1 refuted, 1 depends on the case
activations relu, leaky, prelu, elu, silu, tanh
at initialisation: depths 5, 10, 20, 50, 100, width 64 (narrow networks 8), in f16, bf16, f32, batch
32, 10 draws (narrow 100), seed 0: 5400 networks compared with their exact gradients
trained: depths 5, 20, 50, 100, in bf16, f16/update=f32, bf16/update=f32, f32, 3 trainings of 200
updates each, measured every 50: 360 copies of networks
slopes on the positive side 0.5, 2, 0.75, 1.25, 1.5, 3

(a) With leaky ReLU the gradient cannot vanish
    → REFUTED

    - In truth leaky's gradient never is exactly zero: 0 of 100 narrow networks of depth 100 are
      dead, of ReLU's 100.
    - But it shrinks by as much as ReLU's with a small gain, and in f16 it underflows: at depth 100
      entries that carry 0.93 of its square are computed as zero.

    what                                                             median [low–high]  draws
    share of dead draws, leaky, width 8, depth 100                   0                    100
    share of dead draws, relu, width 8, depth 100                    1                    100
    share of the exact gradient's square that f16 computes as zero,  0.93 [0.71–1]         10
      layer 1, leaky, depth 100, init kaiming with a gain of 1

(f) ELU avoids saturation in shallow networks and makes no difference in deep ones
    → DEPENDS ON the arithmetic and on what is called deep

    - In shallow networks neither saturates; at depth 50 ELU learns in f16 and ReLU does not.

    what                                                            median [low–high]  draws
    share of right held-out samples, elu minus relu, depth 50, f16  0.2 [0.15–0.26]        3

(in brackets order statistics over the draws, never interpolated: with at most 10 draws the least
and the greatest, with more their 10 % and 90 % quantiles; before them the upper median. Counts and
shares of draws have no spread)

Page:     reports/study/study.md
Pictures: reports/study/study.png, claim-a.png to claim-f.png next to it
";

#[test]
fn the_terminal_tells_claims_answers_reasons_and_numbers() {
    assert_eq!(terminal(&of_claims("af"), Some(Path::new("reports/study/study.png"))), TEXT);
    let text = terminal(&study(), None);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains(": 2 confirmed, 2 refuted, 2 depend on the case\n") && !text.contains("Pictures"));
}

const SCREEN: &str = "\
Leaky ReLU or ReLU? 2 claims about activations: 1 refuted, 1 depends on the case
measured on 5400 networks at initialisation and 360 trained copies

(a) REFUTED     With leaky ReLU the gradient cannot vanish
(f) DEPENDS ON  the arithmetic and on what is called deep: ELU avoids saturation in shallow …

--details prints the reasons and the deciding numbers.
Report: reports/study/study.md
";

/// The first screen has a line for each claim and at most ten others.
#[test]
fn the_first_screen_has_the_answers() {
    assert_eq!(screen(&of_claims("af"), Some(Path::new("reports/study/study.png"))), SCREEN);
    let changed = strange().into_iter().map(|(_, study)| study);
    for study in changed.chain([study()]) {
        let text = screen(&study, Some(Path::new("study.png")));
        assert!(text.lines().count() <= 10 + study.claims.len(), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}

const PAGE: &str = "\
# Leaky ReLU or ReLU? 1 claim about activations

1 refuted.

|               | claim                                                                           | answer      | deciding number                                            | median [low–high] | draws | figure                 |
| :------------ | :------------------------------------------------------------------------------ | :---------- | :--------------------------------------------------------- | :---------------- | ----: | :--------------------- |
| [e](#claim-e) | With depth the difference between ReLU and its parametric variants goes to zero | **refuted** | noise/signal of prelu over relu's, layer 1, f16, depth 100 | 0.1 [0.05–0.3]    |    10 | [claim-e](claim-e.png) |

![All claims, each with its answer and a chart](study.png)

## What was measured

- activations relu, leaky, prelu, elu, silu, tanh
- at initialisation: depths 5, 10, 20, 50, 100, width 64 (narrow networks 8), in f16, bf16, f32, batch 32, 10 draws (narrow 100), seed 0: 5400 networks compared with their exact gradients
- trained: depths 5, 20, 50, 100, in bf16, f16/update=f32, bf16/update=f32, f32, 3 trainings of 200 updates each, measured every 50: 360 copies of networks
- slopes on the positive side 0.5, 2, 0.75, 1.25, 1.5, 3

<a id=\"claim-e\"></a>

## (e) With depth the difference between ReLU and its parametric variants goes to zero

**REFUTED**

- The difference grows with depth for prelu and stays for leaky.

![Claim e: its charts](claim-e.png)

| what                                                       | median [low–high] | draws |
| :--------------------------------------------------------- | :---------------- | ----: |
| noise/signal of prelu over relu's, layer 1, f16, depth 100 | 0.1 [0.05–0.3]    |    10 |

<details>
<summary>Noise/signal of the variant over ReLU's, layer 1, f16: the numbers</summary>

| hidden layers | leaky               | prelu          |
| :------------ | :------------------ | :------------- |
| 5             | 1 [0.9–1.1]         | 0.8 [0.7–0.9]  |
| 10            | 0.98 [0.8–1.2] in 7 | 0.7 [0.6–0.85] |
| 20            | —                   | 0.55 [0.4–0.8] |
| 50            | 0.9 [0.5–1.6]       | 0.3 [0.2–0.6]  |
| 100           | 0.8 [0.3–2.4]       | 0.1 [0.05–0.3] |

ratio of noise/signal; each of 10 draws unless stated otherwise.

References: no difference = 1.

</details>

## How to read the numbers

In brackets order statistics over the draws, never interpolated";

#[test]
fn the_page_begins_with_the_answers_and_ends_with_the_command() {
    let mut study = of_claims("e");
    study.claims[0].charts[0].series[0].points[1].count = 7;
    study.claims[0].charts[0].series[0].points[2] = nothing();
    let page = markdown(&study);
    assert!(page.starts_with(PAGE), "{page}");
    for words in
        ["\n- **exact gradient**: ", "```sh\nprecision-probe study leaky-vs-relu --seed 0\n```", "\"narrow_width\":8,"]
    {
        assert!(page.contains(words), "`{words}` is missing");
    }
    study.spec = StudySpec { seed: 7, ..StudySpec::thorough() };
    assert!(markdown(&study).contains("\nprecision-probe study leaky-vs-relu --thorough --seed 7\n"));
    study.spec.width = 5;
    assert!(markdown(&study).contains("\nprecision-probe study leaky-vs-relu --seed 7 # and the options"));
}

#[test]
fn tables_hold_every_number() {
    let mut study = study();
    let findings = findings_csv(&study);
    assert_eq!(findings.lines().count(), 1 + study.claims.iter().map(|claim| claim.findings.len()).sum::<usize>());
    let keys = format!("{},{},{},{}", study.spec_hash, study.spec.width, study.spec.batch, study.spec.seed);
    assert!(findings.starts_with(&format!(
        "spec_hash,width,batch,seed,claim,what,median,low,high,draws\n\
         {keys},a,\"share of dead draws, leaky, width 8, depth 100\",0.0,0.0,0.0,100\n"
    )));
    assert!(findings.contains(&format!("\n{keys},b,\"dead draws of relu over leaky's, depth 50\",inf,inf,inf,100\n")));
    let charts = charts_csv(&study);
    assert!(charts.starts_with(&format!(
        "spec_hash,width,batch,seed,claim,chart,series,place,median,low,high,draws\n\
         {keys},a,Size of layer 1's exact gradient,relu,5,0.003,0.0015,0.006,10\n"
    )));
    assert!(charts.contains(&format!("\n{keys},a,Size of layer 1's exact gradient,elu,20,,,,0\n")));
    let points = |study: &Study| {
        study
            .claims
            .iter()
            .flat_map(|claim| &claim.charts)
            .map(|one| one.series.len() * one.places.len())
            .sum::<usize>()
    };
    assert_eq!(charts.lines().count(), 1 + points(&study));
    study.claims.clear();
    assert_eq!((findings_csv(&study).lines().count(), charts_csv(&study).lines().count()), (1, 1));
}

#[test]
fn files_have_their_names_and_the_main_picture_is_the_last() {
    let study = of_claims("de");
    let files = study.drawn(Theme::Light).unwrap();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let pictures = ["claim-d.svg", "claim-d.png", "claim-e.svg", "claim-e.png", "study.svg", "study.png"];
    assert_eq!(names[..4], ["study.md", "findings.csv", "charts.csv", "report.html"]);
    assert_eq!(names[4..], pictures);
    assert!(files.iter().all(|(_, bytes)| !bytes.is_empty()));
    assert_eq!(files[0].1, markdown(&study).into_bytes());
    let mut twice = study;
    twice.claims.extend_from_within(..1);
    twice.claims[1].letter = '/';
    assert_eq!(stems(&twice), ["claim-1", "claim-2", "claim-3"]);
}

#[test]
fn every_picture_is_drawn_within_its_page() {
    sheets(&study()).iter().for_each(|sheet| assert_drawn("study", sheet));
    let poster = picture(sheets(&study()).last().unwrap(), Theme::Light).unwrap();
    for answer in ["REFUTED", "CONFIRMED", "DEPENDS ON"] {
        assert!(poster.contains(answer));
    }
}

fn charts(study: &mut Study, mut change: impl FnMut(&mut Chart)) {
    study.claims.iter_mut().flat_map(|claim| &mut claim.charts).for_each(&mut change);
}

/// What no study should hold, and a report survives.
pub fn strange() -> Vec<(&'static str, Study)> {
    type Change = fn(&mut Study);
    let changes: [(&str, Change); 13] = [
        ("no claims", |study| study.claims.clear()),
        ("one claim", |study| study.claims.truncate(1)),
        ("no charts", |study| {
            study.claims.iter_mut().for_each(|claim| {
                claim.charts.clear();
                claim.findings.clear();
                claim.reasons.clear();
            });
        }),
        ("empty charts", |study| charts(study, |chart| chart.series.clear())),
        ("no places", |study| charts(study, |chart| chart.places.clear())),
        ("one place", |study| charts(study, |chart| chart.places.truncate(1))),
        ("no numbers", |study| {
            charts(study, |chart| {
                chart.series.iter_mut().for_each(|series| series.points.fill(nothing()));
                chart.references = vec![("nowhere".into(), Number::None), (String::new(), Number::Infinite)];
            });
            study.claims.iter_mut().for_each(|claim| claim.findings = vec![finding("nothing", nothing())]);
        }),
        ("points without places", |study| {
            charts(study, |chart| {
                chart.series.iter_mut().for_each(|series| series.points.push(around(1.0, 3)));
                chart.series[0].points.clear();
            });
        }),
        ("extreme numbers", |study| {
            let extreme = [1e308, -1e308, 5e-324, 0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
            let mut next = extreme.into_iter().cycle();
            charts(study, |chart| {
                for point in chart.series.iter_mut().flat_map(|series| &mut series.points) {
                    let [low, median, high] = [(); 3].map(|()| Number::new(next.next().unwrap_or(0.0)));
                    (point.low, point.median, point.high) = (low, median, high);
                }
                chart.references.push(("far".into(), Number::Finite(f64::INFINITY)));
                chart.references.push(("zero".into(), Number::Finite(0.0)));
            });
            study.spec.slopes = extreme.to_vec();
        }),
        ("numbers at a double's ends", |study| {
            let mut next = [1.7e308, 5e-324, -1.7e308, 0.0].into_iter().cycle();
            charts(study, |chart| {
                let end = next.next().unwrap_or(0.0);
                chart.references.clear();
                chart.series.iter_mut().for_each(|series| series.points.fill(spread(end, end, end, 2)));
            });
        }),
        ("many", |study| {
            charts(study, |chart| {
                chart.places = (0..90).map(|place| format!("place {place} of all")).collect();
                let points = |index: u32| (0..90).map(|place| around(f64::from(index + place + 1), 12)).collect();
                chart.series =
                    (0..40).map(|index| series(&format!("activation {index} in f16"), points(index))).collect();
                chart.references = (1..30).map(|at| (format!("reference {at}"), Number::new(f64::from(at)))).collect();
            });
            study.claims.extend_from_within(..3);
        }),
        ("long words", |study| {
            let [words, word] = ["so many words ".repeat(300), "<&'>|*_".repeat(300)];
            study.version = word.clone();
            study.spec_hash = String::new();
            study.spec.activations = vec![words.clone(); 3];
            charts(study, |chart| {
                (chart.title, chart.horizontal, chart.vertical) = (words.clone(), word.clone(), words.clone());
                chart.series.iter_mut().for_each(|series| series.name = word.clone());
                chart.places.iter_mut().for_each(|place| *place = word.clone());
                chart.references = vec![(words.clone(), Number::new(0.5)), (word.clone(), Number::new(0.4))];
            });
            for claim in &mut study.claims {
                (claim.statement, claim.answer) = (words.clone(), Answer::DependsOn(words.clone()));
                claim.reasons = vec![word.clone(), words.clone(), String::new()];
                claim.findings.push(finding(&word, spread(-1e-300, 1e-300, 2e-300, usize::MAX)));
                claim.findings.insert(0, finding(&words, around(1.0, 2)));
            }
        }),
        ("no words", |study| {
            study.spec.activations.clear();
            study.claims[0].statement = "line\nbreak \u{1b}[31m\0".into();
            study.claims[1].answer = Answer::DependsOn(String::new());
            study.claims[1].letter = '\u{7}';
            charts(study, |chart| {
                [&mut chart.title, &mut chart.horizontal, &mut chart.vertical].into_iter().for_each(String::clear);
                chart.series.iter_mut().for_each(|series| series.name.clear());
                chart.places.iter_mut().for_each(String::clear);
            });
        }),
    ];
    let changed = |(name, change): (&'static str, Change)| {
        let mut study = study();
        change(&mut study);
        (name, study)
    };
    changes.map(changed).into()
}

#[test]
fn strange_studies_are_drawn_and_worded_without_a_panic() {
    for (name, study) in strange() {
        let text = terminal(&study, Some(Path::new("study.png")));
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{name}: {text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{name}");
        assert!(markdown(&study).contains("\n## How to run it again\n"), "{name}");
        assert!([findings_csv(&study), charts_csv(&study)].iter().all(|text| text.starts_with("spec_hash,")));
        let sheets = sheets(&study);
        sheets.iter().for_each(|sheet| drop(assert_readable(&format!("{name}, {}", sheet.name), sheet)));
        sheets.last().into_iter().for_each(|sheet| assert_drawn(&format!("strange {name}"), sheet));
    }
}
