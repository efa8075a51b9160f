//! A study as a Markdown page: the answers in a table, then a section for each claim with its picture and its numbers.

use super::facts::{self, plain, spread};
use super::stems::stems;
use crate::record::study::{Chart, Claim, Spread, Study, StudySpec};
use crate::report::numbers::{Notation::Plain, short};
use crate::report::table::{Column, Table, escaped_in_markdown as escaped};

/// What the page's words mean, for a reader who has only the page.
const WORDS: [(&str, &str); 9] = [
    (
        "exact gradient",
        "the weight gradient of the exact real-number network, computed with a proof, so that its error is known",
    ),
    ("noise/signal", "‖computed − true‖₂ of a layer's weight gradient over ‖true‖₂; noise is rounding error"),
    ("layer 1", "the hidden layer at the input side, whose gradient has come through all others"),
    ("depth", "hidden layers, each an affine map and an activation; a linear head follows"),
    ("draw", "network and batch, drawn anew from the seed; all activations and precisions see the same draws"),
    ("flip", "a pre-activation that rounding puts on the other side of a kink than in the exact network"),
    ("zero", "every entry of the exact gradient is zero: no format can help"),
    ("underflow", "entries that underflow to zero carry at least half of the exact gradient's square"),
    ("copy", "a network that is trained in one precision, from the same start and on the same batches as the others"),
];

/// The page.
pub fn markdown(study: &Study) -> String {
    let mut blocks = vec![format!("# {}\n", escaped(&facts::title(study))), format!("{}.\n", facts::tally(study))];
    blocks.push(summary(study));
    blocks.push("![All claims, each with its answer and a chart](study.png)\n".into());
    let facts: Vec<String> = facts::set_up(study);
    blocks.push("## What was measured\n".into());
    blocks.push(facts.iter().map(|fact| format!("- {}\n", escaped(fact))).collect());
    for (claim, stem) in study.claims.iter().zip(stems(study)) {
        blocks.extend(section(claim, &stem));
    }
    blocks.extend(reading(study));
    blocks.join("\n")
}

/// A row per claim: the answer and the number that decides.
fn summary(study: &Study) -> String {
    let mut table = Table::titled(["", "claim", "answer", "deciding number", "median [low–high]", ">draws", "figure"]);
    for (claim, stem) in study.claims.iter().zip(stems(study)) {
        let numbers = claim.findings.first().map_or(["—".into(), "—".into(), "—".into()], |first| {
            [escaped(&plain(&first.what)), spread(&first.value), first.value.count.to_string()]
        });
        let row = [
            format!("[{}](#{stem})", escaped(&claim.letter.to_string())),
            escaped(&plain(&claim.statement)),
            format!("**{}**", escaped(&facts::answer(&claim.answer))),
        ];
        table.push(row.into_iter().chain(numbers).chain([format!("[{stem}]({stem}.png)")]));
    }
    table.markdown_of_markup()
}

/// One claim: answer, reasons, picture, deciding numbers, and the numbers of every chart.
fn section(claim: &Claim, stem: &str) -> Vec<String> {
    let letter = escaped(&claim.letter.to_string());
    let mut blocks = vec![
        format!("<a id=\"{stem}\"></a>\n"),
        format!("## ({letter}) {}\n", escaped(&plain(&claim.statement))),
        format!("**{}**\n", escaped(&facts::answer_in_capitals(&claim.answer))),
    ];
    if !claim.reasons.is_empty() {
        blocks.push(claim.reasons.iter().map(|reason| format!("- {}\n", escaped(&plain(reason)))).collect());
    }
    blocks.push(format!("![Claim {letter}: its charts]({stem}.png)\n"));
    if !claim.findings.is_empty() {
        let mut table = Table::titled(["what", "median [low–high]", ">draws"]);
        for finding in &claim.findings {
            table.push([escaped(&plain(&finding.what)), spread(&finding.value), finding.value.count.to_string()]);
        }
        blocks.push(table.markdown_of_markup());
    }
    blocks.extend(claim.charts.iter().flat_map(numbers));
    blocks
}

/// The numbers of a chart, folded away.
fn numbers(chart: &Chart) -> Vec<String> {
    let most = chart.series.iter().flat_map(|series| &series.points).map(|point| point.count).max().unwrap_or(0);
    let title = escaped(&plain(&chart.title));
    let mut blocks = vec![format!("<details>\n<summary>{title}: the numbers</summary>\n")];
    if most == 0 || chart.places.is_empty() {
        blocks.push("Nothing was measured.\n".into());
    } else {
        let name = |text: &str| escaped(&plain(text));
        let titles = std::iter::once(&chart.horizontal).chain(chart.series.iter().map(|series| &series.name));
        let mut table = Table::new(titles.map(|title| Column::left(name(title))));
        for (index, place) in chart.places.iter().enumerate() {
            let points =
                chart.series.iter().map(|series| series.points.get(index).map_or("—".into(), |one| cell(one, most)));
            table.push(std::iter::once(name(place)).chain(points));
        }
        blocks.push(table.markdown_of_markup());
        let draws = facts::counted(most as u64, "draw", "draws");
        blocks.push(format!("{}; each of {draws} unless stated otherwise.\n", name(&chart.vertical)));
    }
    let references: Vec<String> = chart
        .references
        .iter()
        .map(|(name, value)| {
            let value = short(value.value(), Plain);
            format!("{} = {value}", escaped(&plain(name)))
        })
        .collect();
    if !references.is_empty() {
        blocks.push(format!("References: {}.\n", references.join(", ")));
    }
    blocks.push("</details>\n".into());
    blocks
}

/// A point, and of how many draws where those are fewer.
fn cell(point: &Spread, most: usize) -> String {
    let text = spread(point);
    if point.count > 0 && point.count < most { format!("{text} in {}", point.count) } else { text }
}

/// How to read it and how to run it again.
fn reading(study: &Study) -> Vec<String> {
    let sentence = facts::interval(study);
    let mut first = sentence.chars();
    let sentence = first.next().map_or(String::new(), |c| c.to_uppercase().collect::<String>() + first.as_str());
    let words = WORDS.map(|(word, meaning)| format!("- **{word}**: {meaning}\n"));
    let mut blocks = vec![
        "## How to read the numbers\n".into(),
        format!("{}.\n", escaped(&sentence)),
        "Every number is in `findings.csv` and `charts.csv`, and with everything else in `study.json`.\n".into(),
        "### Words\n".into(),
        words.concat(),
        "## How to run it again\n".into(),
        format!("```sh\n{}\n```\n", command(&study.spec)),
    ];
    let [program, hash] = facts::provenance(study);
    blocks.push(format!("{}, {}. The whole spec:\n", escaped(&program), escaped(&hash)));
    let spec = serde_json::to_string(&study.spec).unwrap_or_default();
    // A fence in a name must not end the block.
    blocks.push(format!("```json\n{}\n```\n", plain(&spec).replace("```", "` ` `")));
    blocks
}

/// The command line of a study that differs from the two known ones in its seed at most; else it says so.
fn command(spec: &StudySpec) -> String {
    let line = |thorough: &str| format!("precision-probe study leaky-vs-relu{thorough} --seed {}", spec.seed);
    if *spec == (StudySpec { seed: spec.seed, ..StudySpec::default() }) {
        line("")
    } else if *spec == (StudySpec { seed: spec.seed, ..StudySpec::thorough() }) {
        line(" --thorough")
    } else {
        format!("{} # and the options that the spec below names", line(""))
    }
}
