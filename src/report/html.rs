//! The report as one HTML file that works offline: words, figures as SVG, and a sortable table.
//!
//! Style and script are separate files next to this module and are embedded in the page; the page forbids the browser
//! to load anything else. Without the script the page is complete except for sorting and filtering.

mod figures;
mod glossary;
mod layers;
mod making;
mod policy;
mod tips;

use crate::judgement::{judge, judge_run};
use crate::printable::in_json;
use crate::record::{Record, Run};
use crate::report::figure::{Comparison, Summary};
use crate::report::numbers::Notation::Typeset;
use crate::report::probe::{causes, tables};
use crate::report::table::{Table, escaped, paragraph};
use crate::report::{audit, files, say, screen};
use rayon::prelude::*;

/// How every page begins.
pub const BEGINNING: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
                             <meta http-equiv=\"Content-Security-Policy\" content=\"";

const STYLE: &str = include_str!("html/style.css");
/// One after the other: each is complete in itself.
const SCRIPTS: [&str; 3] =
    [include_str!("html/layers.js"), include_str!("html/tips.js"), include_str!("html/record.js")];

/// Largest record that the page carries along, in bytes: a larger one is named instead.
const LARGEST_RECORD: usize = 4 << 20;

const QUESTION: &str = "Where a deep network stops learning: is its exact gradient too small, does the format lose it, or \
                        does rounding noise dominate it, and what helps?";

/// A section of the page.
struct Section {
    id: String,
    title: String,
    body: String,
}

impl Section {
    fn new(id: &str, title: &str, body: String) -> Section {
        Section { id: id.into(), title: title.into(), body }
    }

    fn html(&self) -> String {
        format!("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", self.id, escaped(&self.title), self.body)
    }
}

/// The page of a record.
///
/// # Errors
/// What could not be drawn, and that a record without a run has nothing to show.
pub fn page(record: &Record) -> Result<String, String> {
    let Some(first) = record.runs.first() else { return Err("the record has no run".into()) };
    let is_comparison = record.runs.len() > 1;
    let title = if is_comparison { Comparison::new(record).title } else { Summary::new(record, first).title };
    let mut sections = vec![Section::new("answer", "The answer", answer(record)), layer_one(record)];
    sections.extend(causes(record));
    sections.extend(audits(record));
    if is_comparison {
        sections.push(Section::new("comparison", "The activations side by side", figures::comparison(record)?));
    }
    let figures: Vec<String> =
        record.runs.par_iter().map(|run| figures::run(record, run)).collect::<Result<_, String>>()?;
    for (index, (run, figures)) in record.runs.iter().zip(figures).enumerate() {
        let id = if is_comparison { format!("figures-{}", index + 1) } else { "figures".into() };
        let title = if is_comparison { format!("{} by layer", run.activation) } else { "By layer".into() };
        let words = if is_comparison { ruling(record, index) } else { String::new() };
        sections.push(Section { id, title, body: words + &figures });
    }
    sections.push(Section::new("layers", "Every layer", layers::layers(record)));
    sections.push(Section::new("making", "How this was made", making::making(record)));
    sections.push(Section::new("glossary", "What the words mean", glossary::glossary()));
    sections.push(Section::new("record", "The numbers behind it", stored(record)));
    let contents = if is_comparison { contents(&sections) } else { String::new() };
    let body: String = sections.iter().map(Section::html).collect();
    let style = STYLE.to_string() + &figures::dark_style();
    let script = SCRIPTS.concat();
    Ok(format!(
        "{BEGINNING}{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"generator\" content=\"precision-probe {}\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{style}</style>\n</head>\n<body>\n\
         <header>\n<p class=\"program\">precision-probe</p>\n<h1>{title}</h1>\n</header>\n{contents}<main>\n{body}</main>\n\
         <div id=\"tip\" role=\"status\" hidden></div>\n<script>{script}</script>\n</body>\n</html>\n",
        policy::policy(&script, &style),
        escaped(&record.version),
        title = escaped(&title),
    ))
}

/// The question and its answer, in the words of the terminal and the picture.
fn answer(record: &Record) -> String {
    let question = format!("<p class=\"question\">{QUESTION}</p>\n");
    if record.runs.len() > 1 {
        question + &answers(say::sentences(record, &judge(record), Typeset))
    } else {
        question + &ruling(record, 0)
    }
}

/// The sentences of a run, or what its audits say.
fn ruling(record: &Record, index: usize) -> String {
    let Some(run) = record.runs.get(index) else { return String::new() };
    answers(audit::sentences(record, run, Typeset).into_iter().filter(|sentence| !sentence.is_empty()).collect())
}

fn answers(sentences: Vec<String>) -> String {
    sentences.iter().map(|sentence| format!("<p class=\"answer\">{}</p>\n", escaped(sentence))).collect()
}

/// Gradients of other programs next to our model of their arithmetic.
fn audits(record: &Record) -> Option<Section> {
    let audits = record.runs.iter().flat_map(|run| audit::audits(record, run));
    let body: String = audits.map(|audit| audit.table(Typeset).html() + &paragraph(&audit.answer(Typeset))).collect();
    (!body.is_empty()).then(|| Section::new("audit", "Gradients of other programs", body))
}

/// Layer 1 in every arithmetic, and of every activation.
fn layer_one(record: &Record) -> Section {
    let judgement = judge(record);
    let header = screen::header(record, &judgement, Typeset).iter().map(|line| paragraph(line)).collect::<String>();
    let verdicts = say::cells::table(record, &judgement, Typeset);
    let flips = tables::layer_one(record, &judgement, Typeset);
    let flips = Table { title: "Flips and underflow".into(), ..flips };
    Section::new("layer-1", "Layer 1", header + &verdicts.html() + &flips.html())
}

/// Where the noise of layer 1 comes from and what was tried against it, of every run that tells.
fn causes(record: &Record) -> Option<Section> {
    let of_run = |run: &Run| {
        let remedies = causes::remedies(run, Some(&judge_run(run, record.spec.batch)), Typeset, true);
        let tables = [causes::sources(run, Typeset), remedies].into_iter().flatten();
        let named = |mut table: Table| {
            if record.runs.len() > 1 {
                table.title = format!("{}, {}", table.title.trim_end_matches(':'), run.activation);
            }
            table.html()
        };
        tables.map(named).collect::<String>()
    };
    let body: String = record.runs.iter().map(of_run).collect();
    (!body.is_empty()).then(|| Section::new("sources", "Sources of the noise, and remedies", body))
}

fn contents(sections: &[Section]) -> String {
    let link = |section: &Section| format!("<li><a href=\"#{}\">{}</a></li>\n", section.id, escaped(&section.title));
    let links: String = sections.iter().map(link).collect();
    format!("<nav aria-label=\"contents\">\n<ul>\n{links}</ul>\n</nav>\n")
}

/// The record itself, to be saved from the page, or where it is.
fn stored(record: &Record) -> String {
    let beside = format!(
        "The record is <code>{}</code> in the report’s directory; <code>summary.csv</code> and the other tables hold its numbers.",
        files::RECORD
    );
    // Counted before it is written: a large record is not to stand in memory as text for nothing.
    if record.json_length() > LARGEST_RECORD {
        return format!("<p>{beside}</p>\n");
    }
    // Inside a string `<` may be written as an escape, so that no element can begin or end within the JSON.
    let json = in_json(&record.to_json().replace('<', "\\u003c"));
    format!(
        "<p>{beside} This page carries the record, too: <button type=\"button\" id=\"save-record\" \
         data-name=\"{}\" hidden>save it</button></p>\n\
         <script type=\"application/json\" id=\"record-json\">{json}</script>\n",
        files::RECORD
    )
}
