//! Names of run folders: `default`, or a head that people read and eight digits of the spec's hash that keeps two specs
//! apart: `relu-50x64-f16+bf16-3fa9c2d1`.

use super::files::safe;
use crate::record::{Field, Fields, Heading, Source, Spec};

/// Most characters of a name.
pub const LONGEST: usize = 60;
/// Digits of the hash at the end.
const DIGITS: usize = 8;
/// Most characters of a file's name, of activations and of precisions in a head.
const LONGEST_FILE: usize = 16;
const LONGEST_ACTIVATIONS: usize = 20;
const LONGEST_PRECISIONS: usize = 24;

/// A name that grows part by part.
pub struct FolderName {
    /// What every name of a command begins with: `law`; nothing for the main command's.
    command: &'static str,
    head: String,
}

impl FolderName {
    /// A name of a command's folder without any part yet.
    pub fn new(command: &'static str) -> FolderName {
        FolderName { command, head: command.into() }
    }

    /// Adds a part, made safe for any file system; one for which there is no room is left out, since the hash stands for it.
    pub fn part(&mut self, text: &str) {
        let text = safe(text);
        let text = text.trim_matches(['-', '.']);
        let dashes = 1 + usize::from(!self.head.is_empty());
        if !text.is_empty() && self.head.len() + text.len() + dashes + DIGITS <= LONGEST {
            if !self.head.is_empty() {
                self.head.push('-');
            }
            self.head.push_str(text);
        }
    }

    /// Adds a key and its value where the value differs from the default's.
    pub fn option<T: PartialEq>(&mut self, key: &str, value: &T, default: &T, shown: impl Fn(&T) -> String) {
        if value != default {
            self.part(&format!("{key}-{}", shown(value)));
        }
    }

    /// Adds what a spec asks for: the network and its file, the activations and precisions, then what differs from a
    /// default, data first.
    pub fn spec(&mut self, spec: &Spec, default: &Spec) {
        let Spec { activations, depth, width, formats, names, weights, batch_file, compared, .. } = spec;
        if let Some(weights) = weights {
            self.part(&stem(&weights.source));
        }
        self.part(&listed(activations, LONGEST_ACTIVATIONS));
        if weights.is_none() {
            self.part(&format!("{depth}x{width}"));
        }
        compared.iter().for_each(|one| self.part(&one.name));
        if *formats != default.formats || !names.is_empty() {
            let names: Vec<String> = formats.iter().map(|policy| names.of(policy).to_string()).collect();
            self.part(&listed(&names, LONGEST_PRECISIONS));
        }
        match batch_file {
            Some(batch) => self.part(&stem(&batch.source)),
            None if spec.data != default.data => self.part(spec.data.name()),
            None => {}
        }
        let mut fields = Spec::in_help();
        fields.sort_by_key(|field| match field.option.heading {
            Heading::Data => 0,
            Heading::Network => 1,
            _ => 2,
        });
        let is_fixed = |field: &Field<Spec>| {
            field.option.fixed_by.file(weights.is_some(), batch_file.is_some(), !spec.draws_batches()).is_some()
        };
        fields.into_iter().filter(|field| !is_fixed(field)).for_each(|field| self.field(field, spec, default));
    }

    /// Adds a field of a spec where it differs from the default's, unless another part of the name has it.
    pub fn field<S: Fields>(&mut self, field: &Field<S>, spec: &S, default: &S) {
        if let Some(key) = field.option.key.filter(|_| !field.is_equal(spec, default)) {
            self.part(&format!("{key}-{}", (field.in_name)(spec)));
        }
    }

    /// The name of the spec with this hash.
    pub fn of_hash(&self, hash: &str) -> String {
        let digits: String = hash.chars().take(DIGITS).collect();
        if self.head.is_empty() { digits } else { format!("{}-{digits}", self.head) }
    }

    /// The name of the default spec of this command: `default`, `law-default`.
    pub fn of_default(&self) -> String {
        if self.command.is_empty() { "default".into() } else { format!("{}-default", self.command) }
    }
}

/// The name of a probe's or an audit's folder.
pub fn run_name(spec: &Spec, hash: &str) -> String {
    let is_audit = spec.compared.iter().any(|compared| compared.model.is_some());
    let mut name = FolderName::new(if is_audit { "audit" } else { "" });
    let default = Spec::default();
    if *spec == default {
        return name.of_default();
    }
    name.spec(spec, &default);
    name.of_hash(hash)
}

/// A file's name without its ending, as far as there is room for it.
fn stem(source: &Source) -> String {
    let name = source.file.rsplit_once('.').map_or(source.file.as_str(), |(stem, _)| stem);
    safe(name).chars().take(LONGEST_FILE).collect()
}

/// `relu+tanh`; of a list for which there is no room the first and how many more: `relu+9more`.
fn listed(items: &[String], longest: usize) -> String {
    let items: Vec<String> = items.iter().map(|item| safe(item).trim_matches(['-', '.']).to_string()).collect();
    let whole = items.join("+");
    match items.as_slice() {
        [first, rest @ ..] if whole.len() > longest => {
            let more = if rest.is_empty() { String::new() } else { format!("+{}more", rest.len()) };
            first.chars().take(longest.saturating_sub(more.len())).chain(more.chars()).collect()
        }
        _ => whole,
    }
}
