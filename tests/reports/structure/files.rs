//! Which source file uses what which other file defines. An import of what a file only passes on (`pub use`) leads to
//! the file that defines it; declaring a module or passing on its items is no use of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Of a module below `crate`: `["cli", "train"]`.
pub type Name = Vec<String>;

/// An import, or an item that is passed on.
struct Use {
    path: Name,
    /// What it is called here; `*` for everything.
    alias: String,
    is_public: bool,
}

struct Module {
    /// Without comments, strings, imports and unit tests.
    body: String,
    uses: Vec<Use>,
    /// Names of items that a `*` passes on.
    items: BTreeSet<String>,
}

/// The modules of all crates; no two crates share a room.
pub struct Modules(BTreeMap<Name, Module>);

/// Where a path leads.
enum Found {
    Module(Name),
    ItemOf(Name),
}

impl Modules {
    /// Of these files, each with the folder of its crate.
    pub fn read<'f>(files: impl Iterator<Item = (&'f Path, &'f Path)>) -> Modules {
        let module = |(folder, file): (&Path, &Path)| {
            let below = file.strip_prefix(folder).unwrap().with_extension("");
            let mut name: Name = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            name.pop_if(|last| last == "mod");
            let text = fs::read_to_string(file).unwrap();
            // Unit tests may reach anywhere.
            (name, Module::new(text.split("#[cfg(test)]").next().unwrap()))
        };
        let is_test = |name: &Name| name.iter().any(|part| part == "tests");
        Modules(files.map(module).filter(|(name, _)| !is_test(name)).collect())
    }

    /// For every module those whose items it uses.
    pub fn edges(&self) -> BTreeMap<&Name, BTreeSet<Name>> {
        self.0.iter().map(|(name, module)| (name, self.used_by(name, module))).collect()
    }

    fn used_by(&self, here: &Name, module: &Module) -> BTreeSet<Name> {
        let mut used = BTreeSet::new();
        let mut modules: BTreeMap<&str, Name> = BTreeMap::new();
        for import in &module.uses {
            let Some(path) = self.rooted(here, &import.path) else { continue };
            match self.find(&path, 0) {
                Some(Found::Module(name)) if import.alias != "*" => {
                    modules.insert(&import.alias, name);
                }
                Some(Found::Module(name) | Found::ItemOf(name)) if !import.is_public => {
                    used.insert(name);
                }
                _ => {}
            }
        }
        for path in paths(&module.body) {
            let imported = modules.get(path[0].as_str()).map(|name| [name, &path[1..]].concat());
            let found = imported.or_else(|| self.rooted(here, &path)).and_then(|path| self.find(&path, 0));
            if let Some(Found::Module(name) | Found::ItemOf(name)) = found {
                used.insert(name);
            }
        }
        used.remove(here);
        used
    }

    /// A path from the crate's root; `None` if it does not begin at one of our modules.
    fn rooted(&self, here: &Name, path: &[String]) -> Option<Name> {
        let ups = path.iter().take_while(|part| *part == "super").count();
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([here, &path[1..]].concat()),
            "super" => Some([&here[..here.len().checked_sub(ups)?], &path[ups..]].concat()),
            first => {
                let child = [here, &[first.to_string()][..]].concat();
                self.0.contains_key(&child).then(|| [here, path].concat())
            }
        }
    }

    /// Where a path from the root leads; `depth` counts the items that were passed on.
    fn find(&self, path: &[String], depth: usize) -> Option<Found> {
        let known = (1..=path.len()).take_while(|length| self.0.contains_key(&path[..*length])).last()?;
        let (name, rest) = path.split_at(known);
        let Some(item) = rest.first().filter(|item| *item != "*") else { return Some(Found::Module(name.to_vec())) };
        assert!(depth < 10, "{path:?} is passed on in a circle");
        let module = &self.0[name];
        let here = name.to_vec();
        if let Some(import) = module.uses.iter().find(|import| import.alias == *item) {
            let path = self.rooted(&here, &import.path)?;
            return self.find(&[&path, &rest[1..]].concat(), depth + 1);
        }
        let passed_on =
            module.uses.iter().filter(|import| import.is_public && import.alias == "*").find_map(|import| {
                let from = self.rooted(&here, &import.path[..import.path.len() - 1])?;
                self.0.get(&from)?.items.contains(item).then_some(from)
            });
        Some(Found::ItemOf(passed_on.unwrap_or(here)))
    }
}

impl Module {
    fn new(text: &str) -> Module {
        let (mut uses, mut body) = (Vec::new(), String::new());
        let mut text = plain(text);
        // Who may see an item is no use.
        while let Some(start) = text.find("(in ") {
            let end = start + text[start..].find(')').unwrap();
            text.replace_range(start..=end, "");
        }
        for statement in text.split(';') {
            match import(statement) {
                Some((before, is_public, tree)) => {
                    body += before;
                    branches(tree, &Vec::new(), is_public, &mut uses);
                }
                None => body += statement,
            }
            body.push(';');
        }
        let words: Vec<&str> = body.split(|c: char| !is_name(c)).filter(|word| !word.is_empty()).collect();
        let declares = ["fn", "struct", "enum", "trait", "const", "static", "type", "mod"];
        let items = words.windows(2).filter(|pair| declares.contains(&pair[0])).map(|pair| pair[1].to_string());
        Module { items: items.collect(), body, uses }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Without comments and the contents of strings and characters.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let end = if plain.ends_with("r#") { "\"#" } else { "\"" };
                let mut length = 1;
                while !rest[length..].starts_with(end) {
                    let is_escape = rest[length..].starts_with('\\') && !plain.ends_with(['r', '#']);
                    length += if is_escape { 1 } else { 0 };
                    length += rest[length..].chars().next().map_or(1, char::len_utf8);
                }
                length + end.len()
            }
            '\'' if rest.starts_with("'\\") => 2 + rest[2..].find('\'').map_or(0, |end| end.max(1) + 1),
            '\'' => match rest[1..].chars().next().filter(|next| rest[1 + next.len_utf8()..].starts_with('\'')) {
                Some(inner) => 2 + inner.len_utf8(),
                None => 0,
            },
            _ => 0,
        };
        if skipped == 0 {
            plain.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            rest = &rest[skipped..];
        }
    }
    plain
}

/// What stands before an import, whether it is public, and its tree; `None` for other statements.
fn import(statement: &str) -> Option<(&str, bool, &str)> {
    let (before, tree) = statement.rsplit_once("use ")?;
    let is_tree = tree.chars().all(|c| is_name(c) || c.is_whitespace() || ":{},*".contains(c));
    let visibility = before.trim_end();
    let of_crate = |scope: &&str| visibility.ends_with(*scope);
    let is_public = ["pub", "pub(super)", "pub(crate)"].iter().any(of_crate);
    (is_tree && before.chars().next_back().is_none_or(char::is_whitespace)).then_some((before, is_public, tree))
}

/// The paths of an import's tree.
fn branches(tree: &str, prefix: &Name, is_public: bool, uses: &mut Vec<Use>) {
    let tree = tree.trim();
    if let Some((head, rest)) = tree.split_once('{') {
        let prefix = [prefix, &parts(head)[..]].concat();
        let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
        let (mut depth, mut start) = (0, 0);
        for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
            depth += i32::from(c == '{') - i32::from(c == '}');
            if c == ',' && depth == 0 {
                branches(&inner[start..at], &prefix, is_public, uses);
                start = (at + 1).min(inner.len());
            }
        }
    } else if !tree.is_empty() {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
        let mut path = [prefix, &parts(path)[..]].concat();
        path.pop_if(|last| last == "self");
        let alias = alias.map_or_else(|| path.last().cloned().unwrap_or_default(), String::from);
        uses.push(Use { path, alias, is_public });
    }
}

fn parts(path: &str) -> Name {
    path.split("::")
        .map(|part| part.trim().trim_start_matches('$').to_string())
        .filter(|part| !part.is_empty())
        .collect()
}

/// The paths in a text that begin with a module.
fn paths(body: &str) -> impl Iterator<Item = Name> + '_ {
    let words = body.split(|c: char| !is_name(c) && c != ':' && c != '$');
    let is_path = |word: &&str| word.contains("::") && word.starts_with(|c: char| c.is_lowercase() || c == '$');
    words.filter(is_path).map(parts).filter(|path| path.len() > 1)
}

/// The circles of a graph: sets of modules each of which leads to every other.
pub fn circles(edges: &BTreeMap<&Name, BTreeSet<Name>>) -> BTreeSet<BTreeSet<String>> {
    let reached = |from: &Name| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(here) = next.pop() {
            for there in edges.get(here).into_iter().flatten() {
                if reached.insert(there) {
                    next.push(there);
                }
            }
        }
        reached
    };
    let reached: BTreeMap<&Name, BTreeSet<&Name>> = edges.keys().map(|name| (*name, reached(name))).collect();
    let circle = |from: &Name| {
        let others = reached[from].iter().filter(|there| reached.get(**there).is_some_and(|back| back.contains(from)));
        others.map(|name| name.join("/")).collect::<BTreeSet<_>>()
    };
    reached.keys().map(|name| circle(name)).filter(|circle| !circle.is_empty()).collect()
}
