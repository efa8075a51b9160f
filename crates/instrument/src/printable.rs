//! Makes text from files and command lines printable: characters that control a terminal, change the writing direction
//! or are invisible become escapes, so that no name can look like another.

use std::borrow::Cow;

/// The text with hidden characters as escapes, `\u{202e}`; line breaks stay.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_hidden(c))
}

/// The same on one line: line breaks are escaped, too.
pub fn in_one_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// JSON with the same meaning and no hidden characters, which only occur in its strings; line breaks stay.
pub fn in_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_hidden(c) {
            let units = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            shown += &units;
        } else {
            shown.push(c);
        }
    }
    shown
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_escaped(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Control characters, and Unicode's Default_Ignorable_Code_Point, Bidi_Control, line separators and interlinear marks.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_others_are_not() {
        let hidden = "\u{0}\u{1b}\u{7f}\u{85}\u{ad}\u{34f}\u{61c}\u{200b}\u{200d}\u{200f}\u{2028}\u{202a}\u{202e}\u{2060}\
                      \u{2064}\u{2066}\u{2069}\u{fe0f}\u{feff}\u{e0001}\u{e0041}\u{e007f}\u{e0100}";
        for c in hidden.chars() {
            let text = format!("a{c}b");
            assert_eq!(printable(&text), format!("a{}b", c.escape_default()));
            assert_eq!(in_one_line(&text), printable(&text));
        }
        let plain = "f16:acc=f32 ‖ĝ − g*‖₂ ≤ 2.6·10⁻¹⁵, ü 名 \\u{202e}";
        assert!(matches!(printable(plain), Cow::Borrowed(_)), "and what is escaped already stays");
        let json = "[\"a\u{202e}\u{e0041}\"]\n";
        assert_eq!(in_json(json), "[\"a\\u202e\\udb40\\udc41\"]\n");
        assert_eq!(serde_json::from_str::<Vec<String>>(&in_json(json)).unwrap(), ["a\u{202e}\u{e0041}"]);
        assert_eq!((printable("a\nb").as_ref(), in_one_line("a\nb\t").as_ref()), ("a\nb", "a\\nb\\t"));
    }
}
