//! Text and tables as HTML: the one place where a record's words become markup.

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

/// A table whose first row holds the titles; an empty row begins a new group. `right` marks columns of numbers.
pub fn table(rows: &[Vec<String>], right: &[bool]) -> String {
    let Some((titles, rows)) = rows.split_first() else { return String::new() };
    let class = |column: usize| if right.get(column) == Some(&true) { " class=\"number\"" } else { "" };
    let cells = |row: &[String]| -> String {
        let cell = |(column, text): (usize, &String)| match column {
            0 => format!("<th scope=\"row\">{}</th>", escaped(text)),
            _ => format!("<td{}>{}</td>", class(column), escaped(text)),
        };
        row.iter().enumerate().map(cell).collect()
    };
    let title = |(column, text): (usize, &String)| format!("<th scope=\"col\"{}>{}</th>", class(column), escaped(text));
    let head: String = titles.iter().enumerate().map(title).collect();
    let groups = rows.split(Vec::is_empty).filter(|group| !group.is_empty());
    let body = groups.map(|group| {
        let lines: String = group.iter().map(|row| format!("<tr>{}</tr>\n", cells(row))).collect();
        format!("<tbody>\n{lines}</tbody>\n")
    });
    let body: String = body.collect();
    format!("<div class=\"scroll\"><table>\n<thead><tr>{head}</tr></thead>\n{body}</table></div>\n")
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
    fn an_empty_row_begins_a_group() {
        let rows = [vec!["a".into()], vec!["1".into()], vec![], vec!["2".into()]];
        let html = table(&rows, &[false]);
        assert_eq!(html.matches("<tbody>").count(), 2);
        assert_eq!(html.matches("<th scope=\"row\">").count(), 2);
    }
}
