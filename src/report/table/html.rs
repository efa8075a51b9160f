//! Text and tables as HTML: the one place where a record's words become markup.

use super::data::{Cell, Column, Table};
use crate::printable::printable;

/// Text that stands for itself in an element and in a quoted attribute, with hidden characters shown; line breaks stay.
pub fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => plain += "&amp;",
            '<' => plain += "&lt;",
            '>' => plain += "&gt;",
            '"' => plain += "&quot;",
            '\'' => plain += "&#39;",
            c => plain.push(c),
        }
    }
    plain
}

/// `<p>text</p>`.
pub fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

/// A definition list of terms and what they mean.
pub fn definitions<T: AsRef<str>>(pairs: &[(T, String)]) -> String {
    let items = pairs.iter().map(|(term, meaning)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(term.as_ref()), escaped(meaning))
    });
    format!("<dl>\n{}</dl>\n", items.collect::<String>())
}

impl Table {
    /// A heading, the table, and its notes.
    pub fn html(&self) -> String {
        let title = self.title.trim_end_matches(':');
        let title = if title.is_empty() { title.into() } else { format!("<h3>{}</h3>\n", escaped(title)) };
        let notes: String = self.explained().iter().map(|note| paragraph(note)).collect();
        let notes = if notes.is_empty() { notes } else { format!("<div class=\"notes\">\n{notes}</div>\n") };
        format!("{title}{}{notes}", self.html_rows())
    }

    /// The table alone: every group is a body, and the first column titles the rows.
    fn html_rows(&self) -> String {
        let head: String =
            self.columns.iter().map(|column| tagged("th", " scope=\"col\"", column, &column.title)).collect();
        let mut body = String::from("<tbody>\n");
        for (place, row) in self.rows.iter().enumerate() {
            if place > 0 && self.groups.iter().any(|group| group.row == place) {
                body += "</tbody>\n<tbody>\n";
            }
            let cells = row.iter().zip(&self.columns).enumerate().map(|(place, (cell, column))| match place {
                0 => format!("<th scope=\"row\">{}</th>", escaped(&cell.text)),
                _ => tagged("td", "", column, &cell.text),
            });
            body += &format!("<tr>{}</tr>\n", cells.collect::<String>());
        }
        format!("<div class=\"scroll\"><table>\n<thead><tr>{head}</tr></thead>\n{body}</tbody>\n</table></div>\n")
    }

    /// The table as one that the page's script sorts by its titles and filters by the tags of its cells.
    pub fn sortable_html(&self, id: &str, label: &str) -> String {
        let heads: String = self.columns.iter().map(sortable_title).collect();
        let row = |row: &Vec<Cell>| {
            let both = || row.iter().zip(&self.columns);
            let tag = |(cell, column): (&Cell, &Column)| {
                Some(format!(" data-{}=\"{}\"", column.key, escaped(cell.tag.as_ref()?)))
            };
            let tags: String = both().filter_map(tag).collect();
            let cells: String = both().map(|(cell, column)| sortable_cell(cell, column)).collect();
            format!("<tr{tags}>{cells}</tr>\n")
        };
        let rows: String = self.rows.iter().map(row).collect();
        format!(
            "<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\"><table class=\"layers\" \
             id=\"{id}\">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
        )
    }
}

fn tagged(tag: &str, attributes: &str, column: &Column, text: &str) -> String {
    let class = if column.is_right_aligned { " class=\"number\"" } else { "" };
    format!("<{tag}{attributes}{class}>{}</{tag}>", escaped(text))
}

fn sortable_title(column: &Column) -> String {
    let Column { key, title, about, is_right_aligned, is_greatest_first, .. } = column;
    let class = if *is_right_aligned { " class=\"number\"" } else { "" };
    let first = if *is_greatest_first { "descending" } else { "ascending" };
    format!(
        "<th scope=\"col\"{class} data-key=\"{key}\" data-first=\"{first}\"><button type=\"button\" title=\"{}\">{}</button></th>",
        escaped(about),
        escaped(title)
    )
}

/// A cell that is sorted by its number, as JavaScript reads it.
fn sortable_cell(cell: &Cell, column: &Column) -> String {
    let class = if column.is_right_aligned { "number" } else { column.key };
    let value = cell.number.filter(|number| !number.is_nan()).map(|number| match number {
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ => format!("{number:?}"),
    });
    let value = value.map_or(String::new(), |value| format!(" data-value=\"{value}\""));
    format!("<td class=\"{class}\"{value}>{}</td>", escaped(&cell.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_markup() {
        assert_eq!(
            escaped("<b a='1' c=\"2\">&amp;\u{0}\u{202e}\n"),
            "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;\\u{0}\\u{202e}\n"
        );
        assert_eq!(escaped("f16:acc=f32 2.6·10⁻¹⁵"), "f16:acc=f32 2.6·10⁻¹⁵");
    }

    #[test]
    fn groups_are_bodies() {
        let mut table = Table::titled(["a"]);
        table.push(["1"]);
        table.group("");
        table.push(["2"]);
        assert_eq!(["<tbody>", "<th scope=\"row\">"].map(|tag| table.html().matches(tag).count()), [2, 2]);
    }
}
