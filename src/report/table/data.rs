//! Tables as data.

/// Columns at which text is wrapped.
pub const WIDTH: usize = 100;

/// Titled columns, rows in groups, and notes that explain them.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Empty if the text around it says what it holds.
    pub title: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// Where groups begin, before the first row too if it has a heading.
    pub groups: Vec<Group>,
    pub notes: Vec<String>,
}

/// Rows from here on belong together.
#[derive(Clone, Debug)]
pub struct Group {
    pub row: usize,
    /// Empty for a blank line.
    pub heading: String,
}

#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Its name in links to a sorted page; a table with such names sorts.
    pub key: &'static str,
    /// A line break begins a second line of titles in a terminal.
    pub title: String,
    /// What it means. Columns of a table that leaves some out are explained in a note, as far as they are shown.
    pub about: &'static str,
    pub is_right_aligned: bool,
    /// Whether its largest number is of interest, and comes first when a page sorts it.
    pub is_greatest_first: bool,
    pub give_way: GiveWay,
}

/// What happens to a column where a terminal is too narrow for its table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GiveWay {
    #[default]
    Never,
    /// The second of two values goes below the first.
    Stack,
    /// Left out.
    Leave,
    /// The middle of its cells is left out, that of names before that of words.
    Name,
    Words,
    /// The longest cells are lines of their own, above their rows.
    Above,
    /// Its cells are wrapped.
    Wrap,
}

/// What a row says in a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    pub text: String,
    /// By what a page sorts it; without a number it comes last.
    pub number: Option<f64>,
    /// By what a page selects it.
    pub tag: Option<String>,
    /// What it leads to: a section (`#claim-a`), or a file next to the report, which pages do not link to.
    pub link: Option<String>,
    /// Whether it stands out.
    pub is_strong: bool,
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { text, ..Cell::default() }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        text.to_string().into()
    }
}

impl Cell {
    pub fn linked(text: impl Into<String>, link: impl Into<String>) -> Cell {
        Cell { link: Some(link.into()), ..Cell::from(text.into()) }
    }
}

impl Column {
    pub fn left(title: impl Into<String>) -> Column {
        Column { title: title.into(), ..Column::default() }
    }

    pub fn right(title: impl Into<String>) -> Column {
        Column { is_right_aligned: true, ..Column::left(title) }
    }

    pub fn giving_way(self, give_way: GiveWay) -> Column {
        Column { give_way, ..self }
    }

    pub fn about(self, about: &'static str) -> Column {
        Column { about, ..self }
    }
}

impl Table {
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Table {
        Table { columns: columns.into_iter().collect(), ..Table::default() }
    }

    /// Of columns with these titles, right-aligned ones marked by `>`.
    pub fn titled<const N: usize>(titles: [&str; N]) -> Table {
        Table::new(titles.map(|title| title.strip_prefix('>').map_or_else(|| Column::left(title), Column::right)))
    }

    /// Facts, each with what it is about.
    pub fn facts<T: Into<Cell>>(pairs: impl IntoIterator<Item = (T, String)>) -> Table {
        let mut table = Table::titled(["", ""]);
        pairs.into_iter().for_each(|(what, fact)| table.push([what.into(), fact.into()]));
        table
    }

    pub fn push<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The rows that follow are a group.
    pub fn group(&mut self, heading: impl Into<String>) {
        self.groups.push(Group { row: self.rows.len(), heading: heading.into() });
    }

    /// Without a column, as if it had never been there.
    pub fn leave(&mut self, column: usize) {
        if column < self.columns.len() {
            self.columns.remove(column);
            self.rows.iter_mut().filter(|row| column < row.len()).for_each(|row| drop(row.remove(column)));
        }
    }

    /// The notes, and what the columns mean.
    pub fn explained(&self) -> Vec<String> {
        let about: Vec<&str> =
            self.columns.iter().map(|column| column.about).filter(|about| !about.is_empty()).collect();
        let columns = (!about.is_empty()).then(|| format!("({})", about.join("; ")));
        columns.into_iter().chain(self.notes.iter().cloned()).collect()
    }
}
