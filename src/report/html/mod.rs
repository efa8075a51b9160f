//! A page as one HTML file that works offline.
//!
//! Style and script are separate files next to this module and are embedded in the page; the page forbids the browser
//! to load anything else. Without the script the page is complete except for sorting and filtering. Words are escaped by
//! their type (`maud`), after hidden characters were made visible.

mod figure;
mod table;
mod words;

use crate::printable::in_json;
use crate::report::page::{Block, Page, Section};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use words::text;

const STYLE: &str = include_str!("style.css");
/// One after the other: each is complete in itself.
const SCRIPTS: [&str; 3] = [include_str!("layers.js"), include_str!("tips.js"), include_str!("record.js")];

/// How every page begins.
pub const BEGINNING: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
                             <meta http-equiv=\"Content-Security-Policy\" content=\"";

/// Sections of a page that is long enough for a list of them.
const LISTED: usize = 9;

/// A page.
///
/// # Errors
/// What could not be drawn.
pub fn page(page: &Page) -> Result<String, String> {
    let (style, script) = (STYLE.to_string() + &figure::dark_style(), SCRIPTS.concat());
    let bodies: Vec<Markup> = page.sections.par_iter().map(section).collect::<Result<_, String>>()?;
    let title = text(&page.title);
    let document = html! {
        (DOCTYPE) "\n"
        html lang="en" {
            "\n"
            head {
                "\n"
                meta charset="utf-8"; "\n"
                meta http-equiv="Content-Security-Policy" content=(policy(&script, &style)); "\n"
                meta name="viewport" content="width=device-width, initial-scale=1"; "\n"
                meta name="color-scheme" content="light dark"; "\n"
                meta name="generator" content=(text(&format!("precision-probe {}", page.version))); "\n"
                title { (title) } "\n"
                link rel="icon" href="data:,"; "\n"
                style { (PreEscaped(&style)) } "\n"
            }
            "\n"
            body {
                "\n"
                header { p class="program" { "precision-probe" } "\n" h1 { (title) } } "\n"
                @if page.sections.len() > LISTED { (contents(&page.sections)) }
                main {
                    "\n"
                    @for body in &bodies { (body) }
                }
                "\n"
                div id="tip" role="status" hidden {} "\n"
                script { (PreEscaped(&script)) } "\n"
            }
        }
        "\n"
    };
    Ok(document.into_string())
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="contents" {
            ul { @for section in sections { li { a href={ "#" (section.id) } { (text(&section.title)) } } "\n" } }
        }
        "\n"
    }
}

fn section(section: &Section) -> Result<Markup, String> {
    let blocks: Vec<Markup> = section.blocks.iter().map(block).collect::<Result<_, String>>()?;
    Ok(html! {
        section id=(section.id) {
            "\n"
            h2 { (text(&section.title)) } "\n"
            @for block in &blocks { (block) "\n" }
        }
        "\n"
    })
}

fn block(block: &Block) -> Result<Markup, String> {
    Ok(match block {
        Block::Question(words) => html! { p class="question" { (text(words)) } },
        Block::Answer(words) => html! { p class="answer" { (text(words)) } },
        Block::Sentences(sentences) => html! { @for words in sentences { p class="answer" { (text(words)) } } },
        Block::Paragraph(words) => html! { p { (text(words)) } },
        Block::Facts(facts) => html! { ul { @for fact in facts { li { (text(fact)) } "\n" } } },
        Block::Heading(words) => html! { h3 { (text(words)) } },
        Block::Table(table) => table::table(table),
        Block::Figure(panel) => figure::figure(panel)?,
        Block::Definitions(pairs) => html! {
            dl { @for (term, meaning) in pairs { div { dt { (text(term)) } dd { (text(meaning)) } } "\n" } }
        },
        Block::Folded(title, blocks) => {
            let blocks: Vec<Markup> = blocks.iter().map(self::block).collect::<Result<_, String>>()?;
            html! { details { summary { (text(title)) } "\n" @for block in &blocks { (block) "\n" } } }
        }
        Block::Command(line) | Block::Json(line) => html! { pre { code { (text(line)) } } },
        Block::Record(name, json) => stored(name, json),
        Block::Picture(..) | Block::Lines(_) => html! {},
    })
}

/// The record itself, to be saved from the page.
fn stored(name: &str, json: &str) -> Markup {
    // Inside a string `<` may be written as an escape, so that no element can begin or end within the JSON.
    let json = in_json(&json.replace('<', "\\u003c"));
    html! {
        p { "This page carries the record, too: " button type="button" id="save-record" data-name=(name) hidden { "save it" } }
        "\n"
        script type="application/json" id="record-json" { (PreEscaped(json)) } "\n"
    }
}

/// What the page may do: run its own script, use its own style, and ask the network for nothing.
///
/// Both are named by their hashes (Content Security Policy Level 3, section 2.3.1), so that markup which a record might
/// have smuggled in would be neither run nor loaded.
fn policy(script: &str, style: &str) -> String {
    let [script, style] = [script, style].map(|text| STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; img-src data:; script-src 'sha256-{script}'; style-src 'sha256-{style}'; base-uri 'none'; \
         form-action 'none'"
    )
}
