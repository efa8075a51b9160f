//! Rewords the argument parser's errors like all other messages: one sentence with what is wrong and what to write
//! instead.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};
use std::error::Error;

/// Similarity from which a known name is suggested for the one that was typed.
const SIMILAR: f64 = 0.75;

/// What other programs call options, and what they are called here.
const ELSEWHERE: [(&str, &str); 9] = [
    ("layers", "depth"),
    ("hidden-layers", "depth"),
    ("hidden", "width"),
    ("hidden-size", "width"),
    ("units", "width"),
    ("epochs", "steps"),
    ("iterations", "steps"),
    ("learning-rate", "lr"),
    ("activation", "act"),
];

/// The part of the command line where something is wrong.
struct Place<'c> {
    root: &'c Command,
    /// The subcommand, or the root if none is named before the mistake.
    command: &'c Command,
    given: &'c [String],
}

/// What is wrong and how to fix it; `given` is the command line, including the program's name.
pub fn sentence(root: &Command, given: &[String], error: &clap::Error) -> String {
    let command = subcommand(root, given).unwrap_or(root);
    let place = Place { root, command, given };
    let context = |kind| error.get(kind).map(texts).unwrap_or_default();
    let first = |kind| context(kind).into_iter().next().unwrap_or_default();
    let (argument, value) = (first(ContextKind::InvalidArg), first(ContextKind::InvalidValue));
    match error.kind() {
        ErrorKind::UnknownArgument => place.unknown(&argument),
        ErrorKind::InvalidSubcommand => place.unknown(&first(ContextKind::InvalidSubcommand)),
        ErrorKind::InvalidValue if value.is_empty() => place.without_value(&argument),
        ErrorKind::InvalidValue => {
            let known = context(ContextKind::ValidValue);
            let near = near(&value, known.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            format!("{}: give {}{near}", with_value(&argument, &value), alternatives(&known))
        }
        ErrorKind::ValueValidation => {
            let fix = error.source().map(ToString::to_string).unwrap_or_default();
            format!("{}: {fix}", with_value(&argument, &value))
        }
        ErrorKind::TooManyValues => place.flag_with_value(&name(&argument), &value, "="),
        ErrorKind::ArgumentConflict => conflict(&argument, &context(ContextKind::PriorArg)),
        ErrorKind::MissingRequiredArgument => place.missing(&context(ContextKind::InvalidArg)),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8 text: write it in UTF-8".into(),
        // No other kind can occur with these options; clap's own message is better than nothing.
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            format!("{}: see `{} --help`", line.strip_prefix("error: ").unwrap_or(line), spelled(root, command))
        }
    }
}

impl Place<'_> {
    /// An unknown option.
    fn unknown(&self, word: &str) -> String {
        if !word.starts_with('-') || word == "-" {
            return self.unknown_word(word);
        }
        // For `-depth` the parser reports only the first letter.
        let is_whole = |given: &&String| given.split('=').next() == Some(word);
        let begins = |given: &&String| given.starts_with(word) && !given.starts_with("--");
        let typed = self.given.iter().find(is_whole).or(self.given.iter().find(begins));
        let typed = typed.and_then(|typed| typed.split('=').next()).unwrap_or(word);
        let long = typed.trim_start_matches('-');
        if option(self.command, long).is_some() {
            return format!("{typed}: a long option begins with two hyphens; write --{long}");
        }
        if let Some(subcommand) = self.later_subcommand(long) {
            return misplaced(long, subcommand);
        }
        let lacks = format!("{typed}: {} has no such option", self.subject());
        if let Some(meant) = meant(long).filter(|meant| option(self.command, meant).is_some()) {
            return format!("{lacks}; did you mean --{meant}?");
        }
        let elsewhere: Vec<String> = std::iter::once(self.root)
            .chain(self.root.get_subcommands())
            .filter(|command| option(command, long).is_some())
            .map(|command| format!("`{}`", spelled(self.root, command)))
            .collect();
        if !elsewhere.is_empty() {
            return format!("{lacks}; leave it out, or use it with {}", alternatives(&elsewhere));
        }
        let others = || self.root.get_subcommands().filter(|command| command.get_name() != "help");
        let has = |meant: &str| others().find(|command| option(command, meant).is_some());
        if let Some((meant, command)) = meant(long).and_then(|meant| Some((meant, has(meant)?))) {
            return format!("{lacks}; did you mean --{meant} of `{}`?", spelled(self.root, command));
        }
        match near(long, longs(self.command)) {
            Some(near) => format!("{lacks}; did you mean --{near}?"),
            None => format!("{lacks}; leave it out, or see `{} --help`", spelled(self.root, self.command)),
        }
    }

    /// An unexpected word without hyphens.
    fn unknown_word(&self, word: &str) -> String {
        if let Some(flag) = self.flag_before(word) {
            return self.flag_with_value(&format!("--{flag}"), word, " ");
        }
        let help = spelled(self.root, self.command);
        let names = self.command.get_subcommands().map(Command::get_name);
        if self.command.has_subcommands() {
            return match near(word, names) {
                Some(near) => format!("`{word}`: there is no such subcommand; did you mean `{near}`?"),
                None => {
                    format!("`{word}`: there is no such subcommand, and options begin with --; see `{help} --help`")
                }
            };
        }
        match option(self.command, word) {
            Some(_) => format!("`{word}`: options begin with two hyphens; write --{word}"),
            None => {
                format!("`{word}`: {} takes no such argument; leave it out, or see `{help} --help`", self.subject())
            }
        }
    }

    /// The option without a value that a word follows, unless the word is nearly a subcommand.
    fn flag_before(&self, word: &str) -> Option<&str> {
        let names = self.command.get_subcommands().map(Command::get_name);
        let before = self.given.windows(2).find(|pair| pair[1] == word)?[0].strip_prefix("--")?;
        let takes_none = |option: &Arg| !option.get_action().takes_values();
        let is_flag = option(self.command, before).is_some_and(takes_none);
        (is_flag && near(word, names).is_none()).then_some(before)
    }

    /// A value of an option that takes none.
    fn flag_with_value(&self, flag: &str, value: &str, between: &str) -> String {
        let meant = meant(flag.trim_start_matches('-')).filter(|meant| option(self.command, meant).is_some());
        let value_of =
            |meant: &str| option(self.command, meant).is_some_and(|option| option.get_action().takes_values());
        let what = match flag {
            "--layers" => "prints every layer and takes no value",
            _ => "takes no value",
        };
        match meant.filter(|meant| value_of(meant) && value.parse::<f64>().is_ok()) {
            Some(meant) => format!("{flag}{between}{value}: {flag} {what}; did you mean --{meant} {value}?"),
            None if between == "=" => format!("{flag} {what}: leave out `={value}`"),
            None => format!("{flag} {value}: {flag} {what}; leave out `{value}`"),
        }
    }

    /// A later subcommand that has the option.
    fn later_subcommand(&self, long: &str) -> Option<&str> {
        let is_before = std::ptr::eq(self.command, self.root);
        let words = self.given.iter().skip(1).filter(|_| is_before);
        let mut named = words.filter_map(|word| self.root.find_subcommand(word));
        named.find(|command| option(command, long).is_some()).map(Command::get_name)
    }

    /// An option at the end of the line, before another one, or with an empty value.
    fn without_value(&self, argument: &str) -> String {
        let shown = name(argument);
        let defined = match shown.strip_prefix("--") {
            Some(long) => option(self.command, long),
            None => self.command.get_positionals().find(|positional| positional.to_string() == argument),
        };
        let known = defined.map(|defined| {
            defined.get_possible_values().iter().map(|value| value.get_name().to_string()).collect::<Vec<_>>()
        });
        let fix =
            match (known.filter(|known| !known.is_empty()), defined.and_then(|one| one.get_default_values().first())) {
                (Some(known), _) => format!("give {}", alternatives(&known)),
                (None, Some(example)) => format!("write one after it, such as {shown} {}", example.to_string_lossy()),
                (None, None) => format!("write {}", plain(argument)),
            };
        format!("{shown} has no value; {fix}")
    }

    /// Missing required arguments.
    fn missing(&self, arguments: &[String]) -> String {
        let all: Vec<String> = arguments.iter().map(|argument| plain(argument)).collect();
        let command = spelled(self.root, self.command);
        format!("{} needs {}: write `{command} {}`", self.subject(), all.join(" and "), all.join(" "))
    }

    /// The command in a sentence.
    fn subject(&self) -> String {
        format!("`{}`", self.command.get_name())
    }
}

/// An option before the subcommand that has it.
pub fn misplaced(long: &str, subcommand: &str) -> String {
    format!(
        "--{long} comes before `{subcommand}`, where it has no effect: put it after the subcommand, as in `precision-probe {subcommand} … --{long} …`"
    )
}

/// The subcommand that is named first, if any is.
fn subcommand<'c>(root: &'c Command, given: &[String]) -> Option<&'c Command> {
    let mut words = given.iter().skip(1);
    while let Some(word) = words.next() {
        match word.strip_prefix("--") {
            Some(long) => {
                let takes_next = |option: &Arg| option.get_action().takes_values() && !option.is_require_equals_set();
                if option(root, long).is_some_and(takes_next) {
                    words.next();
                }
            }
            None if word.starts_with('-') => {}
            None => return root.find_subcommand(word),
        }
    }
    None
}

/// The option of that name; help and version are options of every command that has them.
fn option<'c>(command: &'c Command, long: &str) -> Option<&'c Arg> {
    command.get_arguments().find(|argument| {
        argument.get_long() == Some(long) || argument.get_all_aliases().is_some_and(|aliases| aliases.contains(&long))
    })
}

/// Names of a command's options that its help lists.
fn longs(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter_map(Arg::get_long).chain(["help"])
}

/// What an option of other programs is called here.
fn meant(long: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == long).map(|(_, here)| *here)
}

/// A known name that is similar to the typed one.
fn near<'n>(typed: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    // A single letter is similar to every name that contains it.
    let typed = Some(typed.to_lowercase()).filter(|typed| typed.chars().count() > 1)?;
    let near = crate::nearest::nearest(&typed, known);
    (strsim::jaro_winkler(&typed, near) >= SIMILAR).then_some(near)
}

/// How a command is written on the command line.
fn spelled(root: &Command, command: &Command) -> String {
    match std::ptr::eq(root, command) {
        true => root.get_name().into(),
        false => format!("{} {}", root.get_name(), command.get_name()),
    }
}

/// The strings of a context.
fn texts(value: &ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(text) => vec![text.clone()],
        ContextValue::Strings(texts) => texts.clone(),
        _ => Vec::new(),
    }
}

/// `--depth` of the parser's `--depth <N>`, `--json` of `--json[=<WHAT>]`, `PATH` of `<PATH>`.
fn name(argument: &str) -> String {
    plain(argument.split(|c: char| c.is_whitespace() || c == '[').next().unwrap_or_default())
}

/// `--depth N` of the parser's `--depth <N>`.
fn plain(argument: &str) -> String {
    argument.replace(['<', '>'], "").trim_end_matches("...").into()
}

/// `--depth x`, or the value alone if it has no option; in backticks if it could be overlooked.
fn with_value(argument: &str, value: &str) -> String {
    let is_clear = !value.is_empty() && !value.contains(char::is_whitespace);
    match argument.starts_with('-') {
        true if is_clear => format!("{} {value}", name(argument)),
        true => format!("{} `{value}`", name(argument)),
        false => format!("`{value}`"),
    }
}

/// Two options that exclude each other, or one that is repeated.
fn conflict(argument: &str, others: &[String]) -> String {
    let argument = name(argument);
    match others.first().map(|other| name(other)) {
        Some(other) if other == argument => format!("{argument} is given twice: keep one"),
        Some(other) => format!("{argument} and {other} cannot be used together: leave one out"),
        None => format!("{argument} cannot be used with the other options: leave it out"),
    }
}

/// `light or dark`, `narrow, all or none`.
fn alternatives(all: &[String]) -> String {
    match all {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => all.concat(),
    }
}
