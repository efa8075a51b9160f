//! Tables of two trials whose cells hold both values: where a terminal is too narrow for that, the second value goes below
//! the first.

use super::{WIDTH, aligned};
use crate::report::numbers::display_width;

/// Whether aligned rows fit the terminal.
pub fn fits(rows: &[Vec<String>], right: &[bool]) -> bool {
    aligned(rows, right).lines().all(|line| display_width(line) <= WIDTH)
}

/// The rows, or if they are too wide each with two values as two rows.
pub fn stacked(rows: Vec<Vec<String>>, right: &[bool]) -> Vec<Vec<String>> {
    if fits(&rows, right) { rows } else { rows.iter().flat_map(|row| of_row(row)).collect() }
}

fn of_row(row: &[String]) -> Vec<Vec<String>> {
    let cells: Vec<Option<[String; 2]>> = row.iter().map(|cell| of_cell(cell)).collect();
    if cells.iter().all(Option::is_none) {
        return vec![row.to_vec()];
    }
    let line = |place: usize| {
        let cells = row.iter().zip(&cells).map(|(cell, two)| match two {
            Some(two) => two[place].clone(),
            None if place == 0 => cell.clone(),
            None => String::new(),
        });
        cells.collect()
    };
    vec![line(0), line(1)]
}

/// `0.1, 0.2 at layer 3 → 0.01, 0.02` as `0.1 at layer 3 → 0.01` and `0.2 at layer 3 → 0.02`; `None` without two values.
fn of_cell(cell: &str) -> Option<[String; 2]> {
    let parts: Vec<Option<[String; 2]>> = cell.split(" → ").map(of_part).collect();
    parts.iter().any(Option::is_some).then(|| {
        [0, 1].map(|place| {
            let parts = cell.split(" → ").zip(&parts);
            let parts = parts.map(|(part, two)| two.as_ref().map_or(part, |two| &two[place]));
            parts.collect::<Vec<_>>().join(" → ")
        })
    })
}

fn of_part(part: &str) -> Option<[String; 2]> {
    let (first, rest) = part.split_once(", ")?;
    let is_number = |text: &str| text.starts_with(|begin: char| begin.is_ascii_digit() || "≤−-∞".contains(begin));
    if !is_number(first) || !is_number(rest) {
        return None;
    }
    // A limit is a sign and a number.
    let words = if rest.starts_with("≤ ") { 2 } else { 1 };
    let suffix: String = rest.split(' ').skip(words).map(|word| format!(" {word}")).collect();
    Some([format!("{first}{suffix}"), rest.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_values_are_told_from_other_commas() {
        let two = |cell: &str| of_cell(cell).map(|two| two.join(" | "));
        assert_eq!(two("0.1, 0.2").unwrap(), "0.1 | 0.2");
        assert_eq!(two("≤ 1e-9, ≤ 2e-9").unwrap(), "≤ 1e-9 | ≤ 2e-9");
        assert_eq!(
            two("0.1, 0.2 at layer 3 → 0.3, ∞ at 1").unwrap(),
            "0.1 at layer 3 → 0.3 at 1 | 0.2 at layer 3 → ∞ at 1"
        );
        assert_eq!(two("sound 1, noisy 1"), None);
        assert_eq!(two("layer 1"), None);
    }

    #[test]
    fn only_wide_tables_are_stacked() {
        let row = |cell: &str| vec![vec!["f16".to_string(), cell.to_string(), "fits".to_string()]];
        let right = [false, true, false];
        assert_eq!(stacked(row("0.1, 0.2"), &right), row("0.1, 0.2"));
        let wide = stacked(row(&format!("0.1, 0.2 {}", "wide ".repeat(20))), &right);
        assert_eq!(wide.len(), 2);
        assert_eq!((wide[0][0].as_str(), wide[1][0].as_str(), wide[1][2].as_str()), ("f16", "", ""));
    }
}
