//! What a worked example shows is code of the program, word for word.

use super::{documents, text};

/// Every block of Rust on a page, with the source file that was named last before it.
fn blocks(page: &str) -> Vec<(Option<String>, Vec<&str>)> {
    let (mut source, mut blocks, mut open) = (None, Vec::new(), None);
    for line in page.lines() {
        match &mut open {
            None if line == "```rust" => open = Some(Vec::new()),
            None => {
                let named = line.split('`').skip(1).step_by(2).filter(|quoted| quoted.ends_with(".rs"));
                source = named.last().map(String::from).or(source);
            }
            Some(_) if line == "```" => blocks.extend(open.take().map(|lines| (source.clone(), lines))),
            Some(lines) => lines.push(line),
        }
    }
    assert!(open.is_none(), "a block has no end");
    blocks
}

/// How often lines follow each other in a file, indented alike.
fn occurrences(lines: &[&str], file: &str) -> usize {
    let file: Vec<&str> = file.lines().collect();
    let is_here = |window: &&[&str]| {
        let indent = window[0].len() - window[0].trim_start().len();
        window.iter().zip(lines).all(|(found, line)| found.get(indent..).unwrap_or_default() == *line)
    };
    file.windows(lines.len()).filter(is_here).count()
}

/// A page cannot show what no longer compiles: its blocks are parts of source files that the build compiles and the tests
/// run.
#[test]
fn worked_examples_are_code_of_the_program() {
    let pages: Vec<String> = documents::pages().into_iter().filter(|page| page.contains("/contributing/")).collect();
    assert!(!pages.is_empty(), "there is no worked example");
    for page in pages {
        let contents = text(&page);
        let blocks = blocks(&contents);
        assert!(!blocks.is_empty(), "{page} shows no code");
        for (source, lines) in blocks {
            let source = source.unwrap_or_else(|| panic!("{page}: name the file of `{}` before it", lines[0]));
            let count = occurrences(&lines, &text(&source));
            assert_eq!(count, 1, "{page}: times that {source} has the block that begins with `{}`", lines[0]);
        }
    }
}

#[test]
fn a_changed_line_is_seen() {
    let file = "mod a {\n    /// one\n    const X: u8 = 1;\n\n    const Y: u8 = 2;\n}";
    assert_eq!(occurrences(&["/// one", "const X: u8 = 1;", "", "const Y: u8 = 2;"], file), 1);
    assert_eq!(occurrences(&["/// one", "const X: u8 = 2;"], file), 0);
    assert_eq!(occurrences(&["/// one", "const Y: u8 = 2;"], file), 0);
}
