//! Blocks as text of a terminal's width, and as GitHub Markdown.

use super::{Block, Page, Section};
use crate::printable::in_one_line;
use crate::report::table::{escaped_in_markdown as escaped, wrapped};

/// Blocks on a terminal, blank lines between them.
pub fn text(blocks: &[Block]) -> String {
    let text = blocks.iter().filter_map(|block| match block {
        Block::Question(words) | Block::Answer(words) | Block::Paragraph(words) | Block::Heading(words) => {
            Some(wrapped(words))
        }
        Block::Sentences(sentences) => Some(wrapped(&sentences.join(" "))),
        Block::Facts(facts) => Some(facts.iter().map(|fact| wrapped(fact)).collect()),
        Block::Table(table) => Some(table.text()),
        Block::Definitions(pairs) => {
            Some(pairs.iter().map(|(term, meaning)| wrapped(&format!("{term}: {meaning}"))).collect())
        }
        Block::Command(text) | Block::Json(text) => Some(format!("{text}\n")),
        Block::Lines(lines) => Some(lines.clone()),
        Block::Figure(_) | Block::Picture(..) | Block::Folded(..) | Block::Record(..) => None,
    });
    text.collect::<Vec<_>>().join("\n")
}

/// Blocks as Markdown: facts are a list, and every sentence is a paragraph.
pub fn markdown(blocks: &[Block]) -> String {
    let line = |text: &String| escaped(text) + "\n";
    let item = |text: &String| format!("- {}", line(text));
    // A fence in a name must not end the block.
    let code = |kind: &str, text: &str| format!("```{kind}\n{}\n```\n", in_one_line(text).replace("```", "` ` `"));
    let text = blocks.iter().filter_map(|block| match block {
        Block::Question(words) | Block::Paragraph(words) => Some(line(words)),
        Block::Answer(words) => Some(format!("**{}**\n", escaped(words))),
        Block::Sentences(sentences) => Some(sentences.iter().map(line).collect::<Vec<_>>().join("\n")),
        Block::Facts(facts) => Some(facts.iter().map(item).collect()),
        Block::Heading(words) => Some(format!("### {}", line(words))),
        Block::Table(table) => Some(table.markdown()),
        Block::Picture(words, file) => Some(format!("![{}]({file})\n", escaped(words))),
        Block::Folded(title, blocks) => {
            let (title, inner) = (escaped(title), markdown(blocks));
            Some(format!("<details>\n<summary>{title}</summary>\n\n{inner}\n</details>\n"))
        }
        Block::Definitions(pairs) => {
            Some(pairs.iter().map(|(term, meaning)| format!("- **{}**: {}", escaped(term), line(meaning))).collect())
        }
        Block::Command(text) => Some(code("sh", text)),
        Block::Json(text) => Some(code("json", text)),
        Block::Figure(_) | Block::Record(..) | Block::Lines(_) => None,
    });
    text.filter(|text: &String| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A page as Markdown. The first section has the page's title; one that a cell leads to has a name in links.
pub fn markdown_page(page: &Page) -> String {
    let tables = page.sections.iter().flat_map(|section| &section.blocks);
    let tables = tables.filter_map(|block| if let Block::Table(table) = block { Some(table) } else { None });
    let links: Vec<&String> =
        tables.flat_map(|table| table.rows.iter().flatten()).filter_map(|cell| cell.link.as_ref()).collect();
    let section = |(place, section): (usize, &Section)| {
        let is_linked = links.iter().any(|link| link.strip_prefix('#') == Some(&section.id));
        let anchor = is_linked.then(|| format!("<a id=\"{}\"></a>\n", section.id));
        let heading = if place == 0 {
            format!("# {}\n", escaped(&page.title))
        } else {
            format!("## {}\n", escaped(&section.title))
        };
        anchor.into_iter().chain([heading, markdown(&section.blocks)]).collect::<Vec<_>>().join("\n")
    };
    page.sections.iter().enumerate().map(section).collect::<Vec<_>>().join("\n")
}
