//! A study as a page and as Markdown: the answers in a table, then a section for each claim with its charts and numbers.

use super::facts::{self, plain, spread};
use super::panels::panel;
use super::stems::{STEM, stems};
use crate::record::Number;
use crate::record::study::{Chart, Claim, Spread, Study, StudySpec};
use crate::report::files;
use crate::report::numbers::{Notation::Plain, short};
use crate::report::page::{Block, Page, Section, markdown_page};
use crate::report::table::{Cell, Column, GiveWay, Table};

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

/// The study as Markdown.
pub fn markdown(study: &Study) -> String {
    markdown_page(&Page { title: facts::title(study), version: study.version.clone(), sections: sections(study) })
}

/// The page, which carries the record.
pub fn page(study: &Study) -> Page {
    let record = Section::record(files::STUDY, "findings.csv and charts.csv hold", study.to_json());
    let sections = sections(study).into_iter().chain([record]).collect();
    Page { title: facts::title(study), version: study.version.clone(), sections }
}

fn sections(study: &Study) -> Vec<Section> {
    let picture = Block::Picture("All claims, each with its answer and a chart".into(), format!("{STEM}.png"));
    let answers = vec![Block::Paragraph(format!("{}.", facts::tally(study))), summary(study).into(), picture];
    let claims = study.claims.iter().zip(stems(study)).map(|(claim, stem)| section(claim, &stem, &study.spec));
    [
        Section::new("answer", "The answers", answers),
        Section::new("measured", "What was measured", vec![Block::Facts(facts::set_up(study))]),
    ]
    .into_iter()
    .chain(claims)
    .chain([
        Section::new("reading", "How to read the numbers", reading(study)),
        Section::new("making", "How to run it again", making(study)),
    ])
    .collect()
}

/// A row per claim: the answer and the number that decides.
fn summary(study: &Study) -> Table {
    let mut table = Table::titled(["", "claim", "answer", "deciding number", "median [low–high]", ">draws", "figure"]);
    for (claim, stem) in study.claims.iter().zip(stems(study)) {
        let numbers = claim.findings.first().map_or(["—".into(), "—".into(), "—".into()], |first| {
            [plain(&first.what), spread(&first.value), first.value.count.to_string()]
        });
        let answer = Cell { is_strong: true, ..plain(&claim.answer.to_string()).into() };
        let row = [Cell::linked(claim.letter, format!("#{stem}")), plain(&claim.statement).into(), answer];
        let figure = Cell::linked(&*stem, format!("{stem}.png"));
        table.push(row.into_iter().chain(numbers.map(Cell::from)).chain([figure]));
    }
    table
}

/// One claim: answer and reasons, its charts, and their numbers.
fn section(claim: &Claim, stem: &str, spec: &StudySpec) -> Section {
    let mut blocks = told(claim);
    // Answer and reasons stand before the charts, numbers after them.
    let place = blocks.iter().position(|block| matches!(block, Block::Table(_))).unwrap_or(blocks.len());
    let picture = Block::Picture(format!("Claim {}: its charts", claim.letter), format!("{stem}.png"));
    let mut figure = panel(claim, stem, spec, true);
    // The reasons stand above it.
    figure.key.truncate(2);
    blocks.splice(place..place, [picture, Block::Figure(figure)]);
    blocks.extend(claim.charts.iter().map(numbers));
    Section::new(stem, format!("({}) {}", claim.letter, plain(&claim.statement)), blocks)
}

/// Answer, reasons and deciding numbers.
pub fn told(claim: &Claim) -> Vec<Block> {
    let answer = Block::Answer(facts::answer_in_capitals(&claim.answer));
    let reasons: Vec<String> = claim.reasons.iter().map(|reason| plain(reason)).collect();
    let what = Column::left("what").giving_way(GiveWay::Wrap);
    let mut table = Table::new([what, Column::left("median [low–high]"), Column::right("draws")]);
    for finding in &claim.findings {
        table.push([plain(&finding.what), spread(&finding.value), finding.value.count.to_string()]);
    }
    let reasons = (!reasons.is_empty()).then_some(Block::Facts(reasons));
    let table = (!table.rows.is_empty()).then_some(Block::Table(table));
    [answer].into_iter().chain(reasons).chain(table).collect()
}

/// The numbers of a chart, folded away.
fn numbers(chart: &Chart) -> Block {
    let most = chart.series.iter().flat_map(|series| &series.points).map(|point| point.count).max().unwrap_or(0);
    let named = |(name, value): &(String, Number)| format!("{} = {}", plain(name), short(value.value(), Plain));
    let references: Vec<String> = chart.references.iter().map(named).collect();
    let references = (!references.is_empty()).then(|| format!("References: {}.", references.join(", ")));
    let title = format!("{}: the numbers", plain(&chart.title));
    if most == 0 || chart.places.is_empty() {
        let lines = ["Nothing was measured.".into()].into_iter().chain(references);
        return Block::Folded(title, lines.map(Block::Paragraph).collect());
    }
    let titles = std::iter::once(&chart.horizontal).chain(chart.series.iter().map(|series| &series.name));
    let mut table = Table::new(titles.map(|title| Column::left(plain(title))));
    for (index, place) in chart.places.iter().enumerate() {
        let points =
            chart.series.iter().map(|series| series.points.get(index).map_or("—".into(), |one| cell(one, most)));
        table.push(std::iter::once(plain(place)).chain(points));
    }
    let draws = facts::counted(most as u64, "draw", "draws");
    let note = format!("{}; each of {draws} unless stated otherwise.", plain(&chart.vertical));
    table.notes = [note].into_iter().chain(references).collect();
    Block::Folded(title, vec![table.into()])
}

/// A point, and of how many draws where those are fewer.
fn cell(point: &Spread, most: usize) -> String {
    let text = spread(point);
    if point.count > 0 && point.count < most { format!("{text} in {}", point.count) } else { text }
}

/// How to read it.
fn reading(study: &Study) -> Vec<Block> {
    let sentence = facts::interval(study);
    let mut first = sentence.chars();
    let sentence = first.next().map_or(String::new(), |c| c.to_uppercase().collect::<String>() + first.as_str());
    let files = "Every number is in findings.csv and charts.csv, and with everything else in study.json.";
    vec![
        Block::Paragraph(format!("{sentence}.")),
        Block::Paragraph(files.into()),
        Block::Heading("Words".into()),
        Block::definitions(WORDS),
    ]
}

/// How to run it again.
fn making(study: &Study) -> Vec<Block> {
    let [program, hash] = facts::provenance(study);
    vec![
        Block::Command(command(&study.spec)),
        Block::Paragraph(format!("{program}, {hash}. The whole spec:")),
        Block::Json(serde_json::to_string(&study.spec).unwrap_or_default()),
    ]
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
