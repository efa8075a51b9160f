//! Random command lines over all subcommands, made of the options that the program itself lists.

use super::place::{Place, shown};
use crate::common::{Random, exhaustive};
use clap::{Arg, Command, CommandFactory};
use precision_probe::cli::Arguments;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Numbers that no option should take for what they are not. Those that an option may take are small.
const NUMBERS: [&str; 26] = [
    "0",
    "-1",
    "1",
    "2",
    "3",
    "1000000000000000000",
    "9223372036854775808",
    "18446744073709551616",
    "1e18",
    "1e400",
    "1e-400",
    "NaN",
    "inf",
    "-inf",
    "",
    " ",
    "ten",
    "0x10",
    "1_000",
    "१२",
    "٣",
    "+2",
    "-0",
    "0.5",
    "2^10",
    "1e-3",
];

/// Words that are wrong or strange wherever they stand.
const WORDS: [&str; 30] = [
    "",
    " ",
    "-",
    "--",
    "---",
    "-x",
    "=",
    ",",
    ",,",
    ":",
    "::",
    "@",
    "'",
    "`",
    "``",
    "\"",
    "é",
    "日本語",
    "\u{1b}[31m",
    "a\nb",
    "\u{202e}",
    "relu",
    "f16",
    "all",
    "none",
    "--act",
    "-q",
    "--help-me",
    "%s%n",
    "$(true)",
];

/// Arithmetics, right ones first.
const FORMATS: [&str; 29] = [
    "f16",
    "bf16:acc=f32",
    "e5m2",
    "mpfr:12",
    "f16:round=stochastic=4",
    "f16:sum=kahan",
    "amp-fp16",
    "sr-8.2_x:=bf16:round=stochastic=8",
    "f32:=bf16",
    "x:=,:=f16",
    "x y:=f16",
    "x:=f16,x:=f32",
    "f16,f32",
    "f16,f16",
    "f17",
    "f16:",
    "f16:acc",
    "mpfr:0",
    "mpfr:99999999999999999999",
    "e99999m99999",
    "e3m999999999",
    "e4m3",
    "f16:sum=block=99999999999",
    "f16:sum=h100:promote=7",
    "f16:round=stochastic=99999999999",
    "forward=f16",
    "f16/master=f64",
    "f16, loss ×2^10",
    "f16:operands=mxfp99",
];

/// Activations, right ones first.
const ACTIVATIONS: [&str; 14] = [
    "relu",
    "leaky:0.2",
    "tanh",
    "elu:0.5 (alpha = 0.5)",
    "relu,tanh",
    "relu,relu",
    "laeky",
    "swish:1e400",
    "leaky:1e400",
    "hardtanh:2:1",
    "leaky (slope = 0.2)",
    "relu:",
    "elu:-1",
    "relu,",
];

/// A source of command lines.
struct Lines {
    root: Command,
    random: Random,
    /// How many were made.
    count: usize,
}

impl Lines {
    fn new(seed: u64) -> Lines {
        Lines { root: Arguments::command(), random: Random(seed), count: 0 }
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.random.below(many) == 0
    }

    fn pick<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.random.below(all.len() as u64) as usize]
    }

    /// The next command line, without the program's name.
    fn next(&mut self) -> Vec<OsString> {
        self.count += 1;
        let names: Vec<String> = self.root.get_subcommands().map(|command| command.get_name().to_string()).collect();
        // Half of all measure or are about to.
        let at = self.random.below(2 * names.len() as u64) as usize;
        let name = names.get(at).cloned();
        let command = match &name {
            Some(name) => self.root.find_subcommand(name).expect("it was listed").clone(),
            None => self.root.clone(),
        };
        let arguments: Vec<Arg> =
            command.get_arguments().filter(|argument| !argument.is_global_set()).cloned().collect();
        let wanted = 1 + self.random.below(5);
        let mut parts: Vec<Vec<String>> = Vec::new();
        let mut given: Vec<String> = Vec::new();
        let broken = if self.one_in(3) { 0 } else { 1 + self.random.below(2) };
        for index in (0..wanted).filter(|_| !arguments.is_empty()) {
            let argument = &arguments[self.random.below(arguments.len() as u64) as usize];
            let id = argument.get_id().to_string();
            // An option twice is worth a try now and then.
            if !given.contains(&id) || self.one_in(10) {
                parts.push(self.part(argument, index < broken));
                given.push(id);
            }
        }
        // What keeps a run small, and what it cannot do without.
        for argument in &arguments {
            let is_given = given.contains(&argument.get_id().to_string());
            let is_needed = argument.is_required_set() || small(argument.get_long().unwrap_or_default()).is_some();
            if !is_given && is_needed && !(argument.is_required_set() && self.one_in(8)) {
                parts.push(self.part(argument, false));
            }
        }
        for at in (1..parts.len()).rev() {
            let other = self.random.below(at as u64 + 1) as usize;
            parts.swap(at, other);
        }
        let mut words: Vec<OsString> = parts.concat().into_iter().map(OsString::from).collect();
        let place = if self.one_in(12) { self.random.below(words.len() as u64 + 1) as usize } else { 0 };
        name.iter().for_each(|name| words.insert(place, name.into()));
        if self.one_in(4) {
            self.spoil(&mut words);
        }
        // A study takes a quarter of an hour: none is begun.
        if name.as_deref() == Some("study") {
            let ends: [&[&str]; 4] = [&["--seed", "ten"], &["--nonsense"], &["--out", "mine"], &["second"]];
            words.extend(ends[self.random.below(4) as usize].iter().map(OsString::from));
        }
        // Replacing files of the user's is what --force is for.
        if words.iter().any(|word| word.to_string_lossy().contains("mine")) {
            words.retain(|word| word != "--force");
        }
        words
    }

    /// An option with its value, or a value without an option.
    fn part(&mut self, argument: &Arg, is_broken: bool) -> Vec<String> {
        let long = argument.get_long().unwrap_or_default();
        let option = match (argument.get_short(), long) {
            (Some(short), _) if self.one_in(2) => Some(format!("-{short}")),
            (_, "") => None,
            _ => Some(format!("--{long}")),
        };
        if !argument.get_action().takes_values() {
            return option.into_iter().collect();
        }
        let value = self.value(argument, is_broken);
        if argument.is_require_equals_set() && self.one_in(2) {
            return option.into_iter().collect();
        }
        match option {
            Some(option) if argument.is_require_equals_set() => vec![format!("{option}={value}")],
            Some(option) if option.starts_with("--") && self.one_in(4) => vec![format!("{option}={value}")],
            option => option.into_iter().chain([value]).collect(),
        }
    }

    /// A value of the kind that an option takes, or one that it should not.
    fn value(&mut self, argument: &Arg, is_broken: bool) -> String {
        let long = argument.get_long().unwrap_or_default().to_string();
        let named =
            argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
        let known: Vec<String> =
            argument.get_possible_values().iter().map(|value| value.get_name().to_string()).collect();
        let default = argument.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
        let out = format!("out/{}", self.count);
        // Wherever something is written to.
        if long == "out" || long.starts_with("export") {
            let wrong = ["", "mine", "mine/thesis.txt", "/dev/null/x", "out/é/ü", "kept/main"];
            let is_folder = named == "DIR";
            let right = if is_folder { out } else { format!("out/{}-{long}", self.count) };
            return match is_broken {
                true if is_folder && self.one_in(5) => format!("out/{}", "n".repeat(300)),
                true if is_folder => self.pick(&wrong).into(),
                _ => right,
            };
        }
        if is_broken && self.one_in(6) {
            return self.long_word();
        }
        if is_broken && self.one_in(4) {
            return self.pick(&WORDS).into();
        }
        match long.as_str() {
            "formats" | "as" => self.choice(&FORMATS, 8, is_broken),
            "act" => self.choice(&ACTIVATIONS, 5, is_broken),
            "bits" => self.choice(
                &["4..6", "4,5,7", "5..7,9", "6..", "1..9", "9..6", "1..999999999999", "5", "x..y"],
                3,
                is_broken,
            ),
            "measure" => self.choice(
                &["none", "every=1", "log=2", "log=18446744073709551615", "log=4294967297", "log", "every=0"],
                3,
                is_broken,
            ),
            "loss-scale" => self.choice(
                &["1024", "2^10", "×2^-3", "auto", "dynamic=3", "3", "2^999", "-2", "dynamic=0"],
                3,
                is_broken,
            ),
            "memory" => self.choice(&["1GiB", "16.0 EiB", "2.5GiB", "1", "GiB", "-1", "1e400GB"], 3, is_broken),
            "data" => self.choice(
                &[
                    "gaussian",
                    "mine/export/batch.safetensors",
                    "mine/digits.npz",
                    "digit",
                    "mine/rows.csv",
                    "mine",
                    "nowhere.npz",
                ],
                2,
                is_broken,
            ),
            "weights" => self.choice(
                &[
                    "mine/export/network.safetensors",
                    "mine/model.safetensors.index.json",
                    "mine/thesis.txt",
                    "mine",
                    "no.npz",
                ],
                1,
                is_broken,
            ),
            "compare" => self.choice(
                &["a=mine/export/gradients.f64.safetensors", "a=mine", "mine", "f16=mine/alone.npy", "=", "é="],
                1,
                is_broken,
            ),
            "compare-scale" => self.choice(&["1024", "a=2^10", "3", "b=2", "a=a=a"], 2, is_broken),
            "npy" => self.choice(&["mine/alone.npy", "mine/thesis.txt", "mine", "/dev/null"], 1, is_broken),
            "net" => self.choice(&["mine/net.toml", "mine/thesis.txt", "mine/photos"], 1, is_broken),
            "operands" => self.choice(&["mxfp8", "nvfp4", "e4m3fn", "mxfp7"], 3, is_broken),
            "fail-on" => self.choice(&["sound", "noisy@f16", "not established", "chaos", "noisy@", "@"], 3, is_broken),
            "only" => self.choice(&["mpfr", "mpfr,", "mpfr,mpfr", "speed"], 1, is_broken),
            _ if !known.is_empty() => match is_broken {
                true => self.pick(&["blue", "x", "", "LIGHT"]).into(),
                false => known[self.random.below(known.len() as u64) as usize].clone(),
            },
            _ if is_broken => self.pick(&NUMBERS).into(),
            long => match (small(long), named.as_str()) {
                (Some(small), _) => small.into(),
                (None, "PATH") => {
                    self.pick(&["kept/main", "kept/law", "kept/train/training.json", "mine", "mine/thesis.txt"]).into()
                }
                (None, "NAME") if argument.get_long().is_none() => {
                    self.pick(&["f16", "gelu", "relu", "mpfr:100", "e4m3fn"]).into()
                }
                (None, "VALUE") => {
                    self.pick(&["0.1", "-7e4", "0x1.8p-24", "inf", "nan", "1e99999", "0x", "--1"]).into()
                }
                _ => default.unwrap_or_else(|| self.pick(&NUMBERS).into()),
            },
        }
    }

    /// One of the first values, which are right, or of the others.
    fn choice(&mut self, all: &[&str], right: usize, is_broken: bool) -> String {
        let (right, wrong) = all.split_at(right);
        self.pick(if is_broken { wrong } else { right }).into()
    }

    /// More than a message should repeat.
    fn long_word(&mut self) -> String {
        let pieces = ["x", "é", "ab ", "f16,", "9", "`", "=", "日", "f16:acc=", "\u{7}", "a/"];
        let piece = self.pick(&pieces);
        piece.repeat(200 + self.random.below(3000) as usize)
    }

    /// A slip of the fingers.
    fn spoil(&mut self, words: &mut Vec<OsString>) {
        if words.is_empty() {
            return;
        }
        let at = self.random.below(words.len() as u64) as usize;
        let text = words[at].to_string_lossy().into_owned();
        let is_target = |word: &OsString| {
            let text = word.to_string_lossy();
            text.starts_with("--out") || text.starts_with("--export")
        };
        match self.random.below(6) {
            // Where something is written to stays as it was meant.
            _ if is_target(&words[at]) || (at > 0 && is_target(&words[at - 1])) => words.push(self.pick(&WORDS).into()),
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[at].clone()),
            2 => words.push(self.long_word().into()),
            3 => words.insert(at, OsString::from_vec(b"out/\xff\xfe".to_vec())),
            4 if text.starts_with("--") && text.len() > 4 => {
                let mut letters: Vec<char> = text.chars().collect();
                let place = 2 + self.random.below(letters.len() as u64 - 3) as usize;
                letters.swap(place, place + 1);
                words[at] = letters.into_iter().collect::<String>().into();
            }
            _ => words.push(self.pick(&WORDS).into()),
        }
    }
}

/// A value with which a run is quick, for options whose default is large.
fn small(long: &str) -> Option<&'static str> {
    Some(match long {
        "depth" | "batch" | "minibatches" => "2",
        "width" => "3",
        "trials" => "1",
        "steps" => "3",
        "measure" => "none",
        "formats" => "f16",
        "act" => "relu",
        "bits" => "4..6",
        "only" => "mpfr",
        "truth-bits" => "20",
        "threads" => "2",
        _ => return None,
    })
}

/// Sixty lines of a thousand, or all of them.
#[test]
fn no_command_line_panics_hangs_or_touches_a_file_of_the_users() {
    let place = Place::new();
    let mine = place.mine();
    let (mut lines, mut codes) = (Lines::new(7), [0usize; 4]);
    for _ in 0..exhaustive(60, 1000) {
        let line = lines.next();
        let what = shown(&line);
        let ending = place.run(&line);
        ending.check(&what);
        codes[ending.code.unwrap_or_default() as usize] += 1;
        // An export may add to a folder that it is given.
        let now = place.mine();
        let is_kept = |(path, hash): (&PathBuf, &String)| now.get(path) == Some(hash);
        assert!(mine.iter().all(is_kept), "{what}: a file of the user's has changed");
        for entry in std::fs::read_dir(place.path("")).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            assert!(["mine", "kept", "out", "reports"].contains(&name.as_str()), "{what}: it wrote `{name}`");
        }
    }
    place.check_whole("out", "after all command lines");
    println!("exit status 0: {}, 1: {}, 2: {}, 3: {}", codes[0], codes[1], codes[2], codes[3]);
    assert!(codes[0] > 0 && codes[2] > codes[0] / 4, "the lines are all of one kind: {codes:?}");
    assert_eq!(codes[1], 0, "nothing was in the way");
}

/// The same seed, the same lines: a failing one can be found again.
#[test]
fn lines_can_be_made_again() {
    let (mut one, mut other) = (Lines::new(7), Lines::new(7));
    for _ in 0..100 {
        assert_eq!(one.next(), other.next());
    }
    assert_ne!(one.next(), Lines::new(8).next());
}
