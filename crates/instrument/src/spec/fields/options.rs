//! What the command line says about an option.

/// Largest depth, width, batch and number of trials: more than anyone needs, and small enough never to overflow.
pub const LARGEST: usize = 1_000_000;

/// The heading under which help lists an option, in the order of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heading {
    /// The network.
    Network,
    /// Inputs, targets and draws.
    Data,
    /// Arithmetics and what is asked about them.
    Precision,
    /// Updates.
    Optimiser,
    /// Updates, after the optimiser's own options.
    Clipping,
    /// What is measured while a network trains.
    Measuring,
}

impl Heading {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Heading::Network => "Network",
            Heading::Data => "Data",
            Heading::Precision => "Precision",
            Heading::Optimiser | Heading::Clipping => "Optimiser",
            Heading::Measuring => "Measuring",
        }
    }
}

/// Where help lists an option under its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    /// Before the others.
    First,
    /// In the order of the record.
    Usual,
    /// After the others.
    Last,
}

/// What follows the option on the command line.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Nothing.
    Switch,
    /// A number, or a name that may stand for one.
    Number,
    /// A name.
    Name,
    /// One of these names.
    Among(&'static [&'static str]),
    /// A list separated by commas, read by this function.
    List(fn(Vec<String>) -> Result<Vec<String>, String>),
}

/// What to write instead of a value that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fix {
    /// The type's own message says it.
    OfType,
    /// These words.
    Words(&'static str),
    /// A whole number from 1 to a largest one, with an example.
    #[allow(missing_docs)] // the words above name them
    Count { most: usize, example: &'static str },
    /// A whole number between these.
    Whole(usize, usize),
}

impl Fix {
    /// In words.
    pub fn in_words(self) -> String {
        let whole = |least, most| format!("give a whole number, at least {least} and at most {most}");
        match self {
            Fix::OfType => String::new(),
            Fix::Words(words) => format!("give {words}"),
            Fix::Count { most, .. } => whole(1, most),
            Fix::Whole(least, most) => whole(least, most),
        }
    }
}

/// Why a value cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// What to write instead of it.
    Value(String),
    /// A whole sentence.
    Sentence(String),
}

/// Files that determine a field, so that its option contradicts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixedBy {
    /// No file.
    Nothing,
    /// `--weights`.
    Weights,
    /// `--weights` if no batches are drawn from a file's rows: one network is measured once.
    WeightsOnce,
    /// `--data FILE` if all of its rows are the batch.
    Rows,
    /// Both together if all rows are the batch: nothing is drawn.
    Both,
}

impl FixedBy {
    /// The option with the file that determines the field; `is_whole` if all rows of a data file are the batch.
    pub fn file(self, has_weights: bool, has_data: bool, is_whole: bool) -> Option<&'static str> {
        let (is_fixed, file) = match self {
            FixedBy::Nothing => (false, ""),
            FixedBy::Weights => (has_weights, "--weights"),
            FixedBy::WeightsOnce => (has_weights && is_whole, "--weights"),
            FixedBy::Rows => (has_data && is_whole, "--data FILE"),
            FixedBy::Both => (has_weights && has_data && is_whole, "--weights"),
        };
        is_fixed.then_some(file)
    }
}

/// An option of the command line.
#[derive(Clone, Copy, Debug)]
pub struct SpecOption {
    /// Its name.
    pub long: &'static str,
    /// Another name, which help does not list.
    pub alias: Option<&'static str>,
    /// What help calls its value.
    pub value: &'static str,
    /// What follows it.
    pub kind: Kind,
    /// Where help lists it.
    pub heading: Heading,
    /// Where under its heading.
    pub position: Position,
    /// Its help.
    pub help: &'static str,
    /// A second paragraph of `--help`.
    pub details: &'static str,
    /// What to write instead of a value that cannot be read.
    pub fix: Fix,
    /// Whether help names the default; if not, its words do.
    pub shows_default: bool,
    /// What the name of a folder calls it; `None` if another part of the name has the value.
    pub key: Option<&'static str>,
    /// Files that determine it.
    pub fixed_by: FixedBy,
    /// Whether `audit` has the option, too.
    pub is_in_audit: bool,
}

impl SpecOption {
    /// Whether nothing follows it.
    pub fn is_switch(&self) -> bool {
        matches!(self.kind, Kind::Switch)
    }

    pub(in crate::spec) const fn new(
        long: &'static str,
        value: &'static str,
        kind: Kind,
        heading: Heading,
    ) -> SpecOption {
        SpecOption {
            long,
            alias: None,
            value,
            kind,
            heading,
            position: Position::Usual,
            help: "",
            details: "",
            fix: Fix::OfType,
            shows_default: true,
            key: Some(long),
            fixed_by: FixedBy::Nothing,
            is_in_audit: false,
        }
    }

    /// An option with a number.
    pub const fn number(long: &'static str, value: &'static str, heading: Heading, fix: Fix) -> SpecOption {
        SpecOption { fix, ..SpecOption::new(long, value, Kind::Number, heading) }
    }

    /// An option with a name.
    pub const fn name(long: &'static str, value: &'static str, heading: Heading) -> SpecOption {
        SpecOption::new(long, value, Kind::Name, heading)
    }

    /// An option without a value.
    pub const fn switch(long: &'static str, heading: Heading) -> SpecOption {
        SpecOption::new(long, "", Kind::Switch, heading)
    }

    /// With this help.
    pub const fn help(self, help: &'static str) -> SpecOption {
        SpecOption { help, ..self }
    }

    /// With a second paragraph of help.
    pub const fn details(self, details: &'static str) -> SpecOption {
        SpecOption { details, ..self }
    }

    /// Before or after the others under its heading.
    pub const fn at(self, position: Position) -> SpecOption {
        SpecOption { position, ..self }
    }

    /// With another name in folder names, or none.
    pub const fn key(self, key: Option<&'static str>) -> SpecOption {
        SpecOption { key, ..self }
    }

    /// Determined by files.
    pub const fn fixed_by(self, fixed_by: FixedBy) -> SpecOption {
        SpecOption { fixed_by, ..self }
    }
}
