//! Tables within a page: plain ones, and those that the page's script sorts and filters.

use super::words::text;
use crate::report::table::{Cell, Column, Table};
use maud::{Markup, PreEscaped, html};

/// A heading, the table, and its notes; a table with names of columns sorts.
pub fn table(table: &Table) -> Markup {
    if table.columns.iter().any(|column| !column.key.is_empty()) {
        // Its titles say what columns mean.
        return sortable(table);
    }
    let (title, notes) = (table.title.trim_end_matches(':'), table.explained());
    html! {
        @if !title.is_empty() { h3 { (text(title)) } "\n" }
        (plain(table))
        @if !notes.is_empty() {
            div class="notes" { "\n" @for note in &notes { p { (text(note)) } "\n" } }
            "\n"
        }
    }
}

/// Every group is a body, and the first column titles the rows.
fn plain(table: &Table) -> Markup {
    let bounds = table.groups.iter().map(|group| group.row).filter(|row| (1..table.rows.len()).contains(row));
    let bounds: Vec<usize> = [0].into_iter().chain(bounds).chain([table.rows.len()]).collect();
    let groups = bounds.windows(2).filter_map(|ends| table.rows.get(ends[0]..ends[1]));
    html! {
        div class="scroll" {
            table {
                "\n"
                thead { tr { @for column in &table.columns { th scope="col" class=[number(column)] { (text(&column.title)) } } } }
                "\n"
                @for group in groups {
                    tbody { "\n" @for row in group { (plain_row(table, row)) "\n" } }
                    "\n"
                }
            }
        }
    }
}

fn plain_row(table: &Table, row: &[Cell]) -> Markup {
    html! {
        tr {
            @for (place, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
                @if place == 0 { th scope="row" { (words(cell)) } }
                @else { td class=[number(column)] { (words(cell)) } }
            }
        }
    }
}

/// A cell's words, as a link where they lead to a section of the page.
fn words(cell: &Cell) -> Markup {
    let words = text(&cell.text);
    match cell.link.as_ref().filter(|link| link.starts_with('#')) {
        Some(link) => html! { a href=(text(link)) { (words) } },
        None if cell.is_strong => html! { strong { (words) } },
        None => html! { (words) },
    }
}

fn number(column: &Column) -> Option<&'static str> {
    column.is_right_aligned.then_some("number")
}

/// The choices, hidden until the script makes them work, and the rows.
fn sortable(table: &Table) -> Markup {
    html! {
        form class="filters" id="layer-filters" hidden {
            @for (column, tags) in choices(table) {
                label {
                    (text(&column.title)) " "
                    select name=(column.key) { option value="" { "all" } @for tag in tags { option { (text(tag)) } } }
                }
                " "
            }
            output id="layer-count" {} " "
            button type="reset" { "show all" }
        }
        "\n"
        div class="scroll tall" tabindex="0" role="region" aria-label="every layer" {
            table class="layers" id="layer-table" {
                "\n"
                thead { tr { @for column in &table.columns { (title(column)) } } }
                "\n"
                tbody { "\n" @for row in &table.rows { (PreEscaped(sortable_row(table, row))) } }
                "\n"
            }
        }
    }
}

/// The columns with tags, and each tag once, by its number and then as they come.
fn choices<'t>(table: &'t Table) -> Vec<(&'t Column, Vec<&'t str>)> {
    let of_column = |(place, column): (usize, &'t Column)| {
        let mut tags: Vec<(&str, f64)> = Vec::new();
        for cell in table.rows.iter().filter_map(|row| row.get(place)) {
            if let Some(tag) = cell.tag.as_deref().filter(|tag| tags.iter().all(|(known, _)| known != tag)) {
                tags.push((tag, cell.number.unwrap_or(0.0)));
            }
        }
        tags.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        (!tags.is_empty()).then(|| (column, tags.into_iter().map(|(tag, _)| tag).collect()))
    };
    table.columns.iter().enumerate().filter_map(of_column).collect()
}

fn title(column: &Column) -> Markup {
    let first = if column.is_greatest_first { "descending" } else { "ascending" };
    html! {
        th scope="col" class=[number(column)] data-key=(column.key) data-first=(first) {
            button type="button" title=(text(column.about)) { (text(&column.title)) }
        }
    }
}

/// A row that is selected by its tags, of cells that are sorted by their numbers as JavaScript reads them. Names of
/// attributes are the columns' own, so this is written by hand.
fn sortable_row(table: &Table, row: &[Cell]) -> String {
    let escaped = |words: &str| html! { (text(words)) }.into_string();
    let both = || row.iter().zip(&table.columns);
    let tag =
        |(cell, column): (&Cell, &Column)| Some(format!(" data-{}=\"{}\"", column.key, escaped(cell.tag.as_ref()?)));
    let cell = |(cell, column): (&Cell, &Column)| {
        let class = if column.is_right_aligned { "number" } else { column.key };
        let value = cell.number.filter(|number| !number.is_nan()).map(|number| match number {
            f64::INFINITY => "Infinity".into(),
            f64::NEG_INFINITY => "-Infinity".into(),
            _ => format!("{number:?}"),
        });
        let value = value.map_or(String::new(), |value| format!(" data-value=\"{value}\""));
        format!("<td class=\"{class}\"{value}>{}</td>", escaped(&cell.text))
    };
    format!("<tr{}>{}</tr>\n", both().filter_map(tag).collect::<String>(), both().map(cell).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_markup() {
        let mut hostile = Table::titled(["<b a='1' c=\"2\">&amp;"]);
        hostile.push(["\u{202e}<script>"]);
        let html = table(&hostile).into_string();
        assert!(
            html.contains("&lt;b a='1' c=&quot;2&quot;&gt;&amp;amp;") && html.contains("\\u{202e}&lt;script&gt;"),
            "{html}"
        );
    }

    #[test]
    fn groups_are_bodies() {
        let mut grouped = Table::titled(["a"]);
        grouped.push(["1"]);
        grouped.group("");
        grouped.push(["2"]);
        let html = table(&grouped).into_string();
        assert_eq!(["<tbody>", "<th scope=\"row\">"].map(|tag| html.matches(tag).count()), [2, 2]);
    }
}
