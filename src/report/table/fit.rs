//! How a table gives way where a terminal is too narrow for it: second values go below first ones, columns and ranges are
//! left out, names and words lose their middle; numbers and verdicts come last.

use super::data::{Cell, GiveWay, Group, Table, WIDTH};
use crate::printable::in_one_line;
use crate::report::numbers::display_width;
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthChar;

/// Columns of names and of words for which ranges are left out.
const ROOMY: [usize; 2] = [14, 20];

/// Columns to which they are shortened before numbers and verdicts are.
const SHORTEST: [usize; 2] = [11, 10];

/// Columns of the last words, such as a remedy, that names do not take the room of.
const MOST_WORDS: usize = 28;

/// Least columns of cells that are wrapped, however wide the others are.
const LEAST_WRAPPED: usize = 24;

/// Columns of a word that can still be recognised.
const LEAST_WORD: usize = 5;

/// Of columns, two spaces apart.
fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
}

impl Table {
    /// The table within so many columns, as far as its own give way.
    pub(super) fn fitted(&self, width: usize) -> Table {
        let mut table = self.clone();
        let is_wide = |table: &Table| total(&table.widths()) > width;
        for column in table.gives_way(GiveWay::Wrap) {
            let others = total(&table.widths()) - table.widths().get(column).copied().unwrap_or(0);
            table.wrap(column, width.saturating_sub(others).max(LEAST_WRAPPED));
        }
        if is_wide(&table) && !table.gives_way(GiveWay::Stack).is_empty() {
            table.rewrite(stacked);
        }
        while let (true, Some(column)) = (is_wide(&table), table.gives_way(GiveWay::Leave).first().copied()) {
            table.leave(column);
        }
        if is_wide(&table) {
            table.gives_way(GiveWay::Above).into_iter().for_each(|column| table.raise(column, width));
            if !table.gives_way(GiveWay::Name).is_empty() {
                table.shorten(width);
            }
        }
        table
    }

    /// Cells of a column for which there is no room become headings of their rows.
    fn raise(&mut self, column: usize, width: usize) {
        let widths = self.widths();
        let room = width.saturating_sub(total(&widths) - widths.get(column).copied().unwrap_or(0));
        for (row, cells) in self.rows.iter_mut().enumerate() {
            let long = cells.get_mut(column).filter(|cell| display_width(&cell.text) > room);
            let heading = long.map(|cell| std::mem::take(&mut cell.text));
            self.groups.extend(heading.map(|heading| Group { row, heading }));
        }
    }

    /// Takes the middle out of names and words. A truncated number would be wrong, so ranges are left out before, the
    /// longest first, then what is said of another layer.
    fn shorten(&mut self, width: usize) {
        self.rows.iter_mut().flatten().for_each(|cell| cell.text = in_one_line(&cell.text).into_owned());
        let least = |table: &Table, column: usize, [name, words]: [usize; 2]| match table.columns[column].give_way {
            GiveWay::Name => name,
            GiveWay::Words => words,
            _ => usize::MAX,
        };
        let is_wide = |table: &Table| {
            let floor = |(column, width): (usize, usize)| width.min(least(table, column, ROOMY));
            total(&table.widths().into_iter().enumerate().map(floor).collect::<Vec<_>>()) > width
        };
        while is_wide(self) && self.omit_longest_range() {}
        if is_wide(self) {
            let of_other = |cell: &Cell| cell.text.split_once("; layer ").map(|(before, _)| before.to_string());
            let cells = self.rows.iter_mut().flatten();
            cells.for_each(|cell| *cell = of_other(cell).map_or(cell.clone(), Cell::from));
        }
        let mut widths = self.widths();
        let last = widths.len().saturating_sub(1);
        while total(&widths) > width {
            let excess = |column: &usize| widths[*column].saturating_sub(least(self, *column, SHORTEST));
            let next = if widths[0] > SHORTEST[0] && (widths[last] <= MOST_WORDS || widths[0] >= widths[last]) {
                Some(0)
            } else if widths[last] > MOST_WORDS {
                Some(last)
            } else {
                (0..=last).filter(|column| excess(column) > 0).max_by_key(excess)
            };
            let Some(next) = next.or((0..=last).max_by_key(|column| widths[*column])) else { break };
            widths[next] -= 1;
        }
        let names = self.short_names(widths[0]);
        for row in &mut self.rows {
            for (column, (cell, width)) in row.iter_mut().zip(&widths).enumerate() {
                let name = names.get(&cell.text).filter(|_| column == 0);
                cell.text = name.cloned().unwrap_or_else(|| shortened(&cell.text, *width));
            }
        }
        for (column, width) in self.columns.iter_mut().zip(&widths) {
            column.title = shortened(&column.title, *width);
        }
    }

    /// Whether names of the first column are not whole in so many columns.
    pub fn shortens_names(&self) -> bool {
        let names = |table: &Table| {
            table.rows.iter().filter_map(|row| row.first()).map(|cell| cell.text.clone()).collect::<Vec<_>>()
        };
        names(&self.fitted(WIDTH)) != names(self).iter().map(|name| in_one_line(name).into_owned()).collect::<Vec<_>>()
    }

    /// The names of the first column as they are shown: of those that would read the same, each with its number.
    fn short_names(&self, width: usize) -> BTreeMap<String, String> {
        let mut all: Vec<&String> = Vec::new();
        self.rows.iter().filter_map(|row| row.first()).for_each(|cell| {
            if !all.contains(&&cell.text) {
                all.push(&cell.text);
            }
        });
        let shown = |(place, name): (usize, &&String)| {
            let short = shortened(name, width);
            let is_alone = all.iter().filter(|other| shortened(other, width) == short).count() == 1;
            let number = format!(" #{}", place + 1);
            let shown = if is_alone { short } else { shortened(name, width.saturating_sub(number.len())) + &number };
            ((*name).clone(), shown)
        };
        all.iter().enumerate().map(shown).collect()
    }

    /// Takes the range out of the longest cells that have one; false if none has.
    fn omit_longest_range(&mut self) -> bool {
        let ranged = || self.rows.iter().flatten().filter(|cell| without_range(&cell.text).is_some());
        let Some(longest) = ranged().map(|cell| display_width(&cell.text)).max() else { return false };
        for cell in self.rows.iter_mut().flatten().filter(|cell| display_width(&cell.text) == longest) {
            cell.text = without_range(&cell.text).unwrap_or(std::mem::take(&mut cell.text));
        }
        true
    }
}

/// `0.3 in 2 of 9` of `0.3 [0.1–0.4] in 2 of 9`.
fn without_range(cell: &str) -> Option<String> {
    let (before, rest) = cell.split_once(" [")?;
    Some(before.to_string() + rest.split_once(']')?.1)
}

/// A cell of at most the given number of columns. An ellipsis replaces the middle of its longest word, because names
/// differ at their ends and numbers are short words.
pub fn shortened(cell: &str, width: usize) -> String {
    let excess = display_width(cell).saturating_sub(width);
    if excess == 0 {
        return cell.into();
    }
    let longest = cell.split(' ').max_by_key(|word| display_width(word)).unwrap_or_default();
    match display_width(longest).checked_sub(excess) {
        Some(kept) if kept >= LEAST_WORD => cell.replacen(longest, &without_middle(longest, kept), 1),
        _ => without_middle(cell, width),
    }
}

/// A text of at most so many columns, with an ellipsis for its middle.
fn without_middle(text: &str, width: usize) -> String {
    let kept = width.saturating_sub(1);
    // As much from either side as fits.
    let side = |letters: &mut dyn Iterator<Item = char>, mut room: usize| {
        let fits = |c: &char| room.checked_sub(c.width().unwrap_or(0)).map(|rest| room = rest).is_some();
        letters.take_while(fits).collect::<Vec<char>>()
    };
    let start: String = side(&mut text.chars(), kept.div_ceil(2)).into_iter().collect();
    let end: String = side(&mut text.chars().rev(), kept / 2).into_iter().rev().collect();
    format!("{}…{}", start.trim_end(), end.trim_start())
}

/// A row with two values in some cell as two rows.
fn stacked(row: &[Cell]) -> Vec<Vec<Cell>> {
    let cells: Vec<Option<[String; 2]>> = row.iter().map(|cell| of_cell(&cell.text)).collect();
    if cells.iter().all(Option::is_none) {
        return vec![row.to_vec()];
    }
    let line = |place: usize| {
        let cells = row.iter().zip(&cells).map(|(cell, two)| match two {
            Some(two) => two[place].clone().into(),
            None if place == 0 => cell.clone(),
            None => Cell::default(),
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
    use super::super::data::Column;
    use super::*;

    fn rows(table: &Table) -> Vec<Vec<String>> {
        table.rows.iter().map(|row| row.iter().map(|cell| cell.text.clone()).collect()).collect()
    }

    fn first_screen(rows: &[[&str; 6]]) -> Table {
        let numbers = [Column::left("noise/signal"), Column::right("bits"), Column::left("verdict")];
        let words = ["cause", "remedy"].map(|title| Column::left(title).giving_way(GiveWay::Words));
        let name = [Column::left("precision").giving_way(GiveWay::Name)];
        let mut table = Table::new(name.into_iter().chain(numbers).chain(words));
        rows.iter().for_each(|row| table.push(*row));
        table
    }

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
        let of = |cell: &str| {
            let mut table = Table::new([Column::left(""), Column::right("noise").giving_way(GiveWay::Stack)]);
            table.push(["f16", cell]);
            rows(&table.fitted(WIDTH))
        };
        assert_eq!(of("0.1, 0.2"), [["f16", "0.1, 0.2"]]);
        let wide = of(&format!("0.1, 0.2 {}", "wide ".repeat(20)));
        assert_eq!([wide[0][0].as_str(), wide[1][0].as_str()], ["f16", ""]);
    }

    #[test]
    fn ranges_go_before_numbers_are_cut() {
        let row = ["f16", "0.3 [0.1–0.4] in 2 of 9", "1", "noisy", "none", "none"];
        assert_eq!(rows(&first_screen(&[row]).fitted(WIDTH)), [row]);
        let wide = ["f16", row[1], &"x".repeat(50), "noisy", "cause", &"remedy ".repeat(4)];
        assert_eq!(rows(&first_screen(&[wide]).fitted(WIDTH))[0][1], "0.3 in 2 of 9");
        let long = [&*"x".repeat(90), "xxx", "", "", "", &"字".repeat(40)];
        let text = first_screen(&[long]).text();
        assert!(text.lines().all(|line| display_width(line) <= WIDTH) && text.contains("xxx  "), "{text}");
    }

    /// Long names of precisions give way, in the first column and in the remedy; the factor stays, and names differ.
    #[test]
    fn names_give_way_before_remedies() {
        let policy = |sum: &str| format!("storage=f32/forward=e4m3fn:acc=f32:sum={sum}/backward=e5m2:acc=f32");
        let [pairwise, kahan, fma] = ["pairwise", "kahan", "fma"].map(policy);
        let row = |name, remedy| [name, "0.614 [0.431–0.758]", "0.7", "noisy 5 of 5", "range: backward", remedy];
        let remedies = [format!("{fma} 12×"), format!("gain 2.2×: {fma}")];
        let all = [row(&pairwise, "loss scale 2^10 7.2×"), row(&kahan, &remedies[0]), row("bf16", &remedies[1])];
        let fitted = first_screen(&all).fitted(WIDTH);
        let (text, rows) = (fitted.lines(), rows(&fitted));
        assert!(text.lines().all(|line| display_width(line) <= WIDTH), "{text}");
        assert!(rows.iter().zip(&all).all(|(row, whole)| row[1..5] == whole[1..5]), "{text}");
        assert_eq!(rows[0][5], "loss scale 2^10 7.2×", "a remedy that is short stays whole");
        assert!(rows[1][5].starts_with("storage") && rows[1][5].ends_with("acc=f32 12×"), "{text}");
        assert!(rows[2][5].starts_with("gain 2.2×: stor") && display_width(&rows[1][5]) >= 20, "{text}");
        assert!(rows[0][0] != rows[1][0] && rows[0][0].contains('…') && rows[2][0] == "bf16", "{text}");
    }
}
