//! Quotes input in error messages, shortened in the middle so that the fix at the end of the sentence stays visible.

use std::borrow::Cow;
use std::collections::HashSet;

/// Most characters of one piece of input that a message repeats.
pub const LONGEST: usize = 100;
/// Number of characters before the gap of a shortened piece.
const HEAD: usize = 60;
/// Replaces the characters that are left out.
const GAP: char = '…';

/// The text, or its beginning and its end with `…` between them: at most [`LONGEST`] characters.
pub fn shortened(text: &str) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= LONGEST {
        return text.into();
    }
    let tail = LONGEST - HEAD - 1;
    text.chars().take(HEAD).chain([GAP]).chain(text.chars().skip(count - tail)).collect()
}

/// The items of a list: the first four, and how many more there are.
pub fn listed(items: &[String]) -> String {
    let shown = items.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
    match items.len() {
        0..=4 => shown,
        more => format!("{shown} and {} more", more - 4),
    }
}

/// A message about one character of a text; the second line repeats the text and the third points at the character, which
/// starts at the byte `offset`. `kind` says what the text is. Only the surroundings of the character are shown if the text
/// is long.
///
/// # Panics
/// If no character starts at `offset`.
pub fn pointed(kind: &str, text: &str, offset: usize, message: &str) -> String {
    let column = text[..offset].chars().count();
    let (shown, at) = around(text, column);
    format!("{kind} `{}`, character {}: {message}\n  {shown}\n  {}^", shortened(text), column + 1, " ".repeat(at))
}

/// At most [`LONGEST`] characters around a column, and the column's position among them.
fn around(text: &str, column: usize) -> (Cow<'_, str>, usize) {
    let count = text.chars().count();
    if count <= LONGEST {
        return (text.into(), column);
    }
    let length = LONGEST - 2;
    let start = column.saturating_sub(length / 2).min(count - length);
    let before = (start > 0).then_some(GAP);
    let after = (start + length < count).then_some(GAP);
    let shown = before.into_iter().chain(text.chars().skip(start).take(length)).chain(after).collect::<String>();
    (shown.into(), column - start + usize::from(before.is_some()))
}

/// Shortens a message so that no piece of input exceeds [`LONGEST`] characters: no repeated part of `inputs`, no quoted
/// text and no word.
///
/// Messages quote names, files and numbers from many places; doing this where all of them are printed misses none.
pub fn in_message(message: &str, inputs: &[String]) -> String {
    let characters: Vec<char> = message.chars().collect();
    let mut pieces = repeated(&characters, inputs);
    pieces.extend(quoted(&characters));
    pieces.extend(words(&characters));
    pieces.sort_unstable();
    let mut told = String::with_capacity(message.len());
    let mut done = 0;
    for (start, end) in joined(&pieces) {
        told.extend(&characters[done..start]);
        told += &shortened(&characters[start..end].iter().collect::<String>());
        done = end;
    }
    told.extend(&characters[done..]);
    told
}

/// Ranges of characters.
type Ranges = Vec<(usize, usize)>;

/// Parts of the message that repeat more than [`LONGEST`] consecutive characters of some input, ignoring case.
fn repeated(message: &[char], inputs: &[String]) -> Ranges {
    let plain = |c: char| c.to_ascii_lowercase();
    let inputs: Vec<Vec<char>> = inputs.iter().map(|input| input.chars().map(plain).collect()).collect();
    let known: HashSet<&[char]> = inputs.iter().flat_map(|input| input.windows(LONGEST + 1)).collect();
    if known.is_empty() {
        return Ranges::new();
    }
    let message: Vec<char> = message.iter().copied().map(plain).collect();
    let found = message.windows(LONGEST + 1).enumerate().filter(|(_, window)| known.contains(window));
    found.map(|(at, window)| (at, at + window.len())).collect()
}

/// Text in backticks or double quotes; no letter precedes the opening quote or follows the closing one.
fn quoted(message: &[char]) -> Ranges {
    let mut found = Ranges::new();
    let mut at = 0;
    while at < message.len() {
        let quote = message[at];
        let opens = matches!(quote, '`' | '"') && (at == 0 || !message[at - 1].is_alphanumeric());
        let closes = |end: usize| message[end] == quote && message.get(end + 1).is_none_or(|c| !c.is_alphanumeric());
        match (at + 1..message.len()).find(|&end| opens && closes(end)) {
            Some(end) => {
                found.push((at + 1, end));
                at = end + 1;
            }
            None => at += 1,
        }
    }
    found.retain(|(start, end)| end - start > LONGEST);
    found
}

/// Words of more than [`LONGEST`] characters.
fn words(message: &[char]) -> Ranges {
    let mut found = Ranges::new();
    let mut start = 0;
    for word in message.split(|c| c.is_whitespace()) {
        if word.len() > LONGEST {
            found.push((start, start + word.len()));
        }
        start += word.len() + 1;
    }
    found
}

/// Sorts ranges and merges overlapping ones.
fn joined(ranges: &[(usize, usize)]) -> Ranges {
    let mut all = Ranges::new();
    for &(start, end) in ranges {
        match all.last_mut() {
            Some((_, last)) if start < *last => *last = end.max(*last),
            _ => all.push((start, end)),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_lose_their_middle_at_character_boundaries() {
        assert_eq!(shortened("f16"), "f16");
        let exactly = "é".repeat(LONGEST);
        assert_eq!(shortened(&exactly), exactly.as_str());
        let long = format!("a{}z", "é".repeat(LONGEST));
        let short = shortened(&long);
        assert_eq!(short.chars().count(), LONGEST);
        assert!(short.starts_with("aé") && short.ends_with("éz") && short.contains('…'), "{short}");
    }

    #[test]
    fn a_pointer_stays_below_its_character() {
        assert_eq!(pointed("arithmetic", "f17", 1, "wrong"), "arithmetic `f17`, character 2: wrong\n  f17\n   ^");
        let count = 1000;
        let text: String = ('a'..='z').cycle().take(count).collect();
        for offset in [0, 1, 50, 51, 500, 930, 999, 1000] {
            let message = pointed("arithmetic", &text, offset, "wrong");
            let lines: Vec<Vec<char>> = message.lines().map(|line| line.chars().collect()).collect();
            assert!(lines.iter().all(|line| line.len() < 150), "{message}");
            let below = lines[2].len() - 1;
            assert_eq!(lines[1].get(below).copied(), text.chars().nth(offset), "{offset}: {message}");
        }
    }

    #[test]
    fn messages_shorten_what_they_repeat_and_keep_the_fix() {
        let word = "x".repeat(1000);
        let words = "ab cd ".repeat(200);
        for (message, inputs) in [
            (format!("--depth {word}: give a whole number"), vec![]),
            (format!("--loss-scale {words}: give a whole number"), vec![words.clone()]),
            (format!("--loss-scale {}: give a whole number", words.to_uppercase()), vec![words.clone()]),
            (format!("`{words}`: two of `{words}`; give a whole number"), vec![]),
            (format!("invalid type: string \"{words}\", give a whole number"), vec![]),
        ] {
            let told = in_message(&message, &inputs);
            assert!(told.chars().count() < 300 && told.contains('…'), "{told}");
            assert!(told.ends_with("give a whole number"), "{told}");
        }
        let plain = "`a`b`, of `c`: write `d` (or any of a hundred other words that nobody typed, one after the other, and \
                     that are ours), or `e`";
        assert_eq!(in_message(plain, &["short".into()]), plain, "our own words stay");
    }
}
