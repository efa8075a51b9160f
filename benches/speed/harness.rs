//! Interleaved rounds and medians: what every bench shares.
//!
//! Each round calls every row once, one after the other; ratios of medians within one run hold on a machine
//! that others use too, times do not.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

/// Rounds of which the median is taken.
pub const ROUNDS: usize = 9;

/// One piece of work in a table.
pub struct Row<'a> {
    /// Its name.
    pub name: String,
    /// What it rounds, for comparison with other programs; `None` for other programs.
    pub rounds: Option<&'static str>,
    /// What it should cost at most.
    pub target: Target,
    /// The work.
    pub work: Box<dyn FnMut() + 'a>,
}

/// What a row should cost at most.
#[derive(Clone, Copy)]
pub enum Target {
    /// Nobody said.
    None,
    /// So many times the reference.
    Ratio(f64),
    /// So many units of time.
    Time(f64),
}

impl<'a> Row<'a> {
    /// A row of our own.
    pub fn new(name: impl Into<String>, target: Target, work: impl FnMut() + 'a) -> Row<'a> {
        Row { name: name.into(), rounds: Some("as named"), target, work: Box::new(work) }
    }

    /// What one would use otherwise.
    pub fn peer(name: impl Into<String>, work: impl FnMut() + 'a) -> Row<'a> {
        Row { name: format!("peer: {}", name.into()), rounds: None, target: Target::None, work: Box::new(work) }
    }
}

/// A table: its title, its unit, and how many seconds that is.
pub struct Table<'a> {
    /// Above it.
    pub title: &'a str,
    /// What a time counts, such as `ns/MAC`.
    pub unit: &'a str,
    /// Seconds per unit.
    pub scale: f64,
    /// Calls of a row go on until a round takes so long, in seconds.
    pub least: f64,
    /// Shape's name in files for other programs.
    pub shape: Option<&'a str>,
}

/// Seconds of one call: as many as a round needs.
fn seconds(work: &mut dyn FnMut(), least: f64) -> f64 {
    let mut calls = 1u32;
    loop {
        let start = Instant::now();
        (0..calls).for_each(|_| work());
        let elapsed = start.elapsed().as_secs_f64();
        if elapsed >= least {
            return elapsed / f64::from(calls);
        }
        calls *= 4;
    }
}

impl Table<'_> {
    /// Measures and prints; ratios are to the fastest row whose name begins with `reference`.
    pub fn run(&self, rows: &mut [Row], reference: &str) {
        let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(ROUNDS); rows.len()];
        for _ in 0..ROUNDS {
            let each = rows.iter_mut().zip(&mut times);
            each.for_each(|(row, times)| times.push(seconds(&mut *row.work, self.least)));
        }
        let median = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2] / self.scale
        };
        let medians: Vec<f64> = times.iter_mut().map(median).collect();
        let of = rows.iter().zip(&medians).filter(|(row, _)| row.name.starts_with(reference));
        let reference = of.map(|(_, time)| *time).fold(f64::INFINITY, f64::min);
        println!("\n{}\n{:<46} {:>10} {:>8}  target", self.title, "", self.unit, "ratio");
        for (row, time) in rows.iter().zip(&medians) {
            let ratio = time / reference;
            let told = |limit: f64, found: f64| match found <= limit {
                true => format!("≤ {limit}: met"),
                false => format!("≤ {limit}: missed {:.1} times", found / limit),
            };
            let verdict = match row.target {
                Target::None => String::new(),
                Target::Ratio(limit) => told(limit, ratio),
                Target::Time(limit) => told(limit, *time),
            };
            println!("{:<46} {time:>10.4} {ratio:>8.2}  {verdict}", row.name);
        }
        self.write(rows, &medians);
    }

    /// Adds our own rows to the file of `--tsv`.
    fn write(&self, rows: &[Row], medians: &[f64]) {
        let (Some(path), Some(shape)) = (tsv(), self.shape) else { return };
        let mut text = std::fs::read_to_string(&path).unwrap_or_default();
        for (row, time) in rows.iter().zip(medians) {
            if let Some(rounds) = row.rounds {
                let nanoseconds = time * self.scale * 1e9;
                let per = if self.unit.starts_with("ns") { *time } else { nanoseconds };
                writeln!(text, "{}\t{shape}\t{per}\t{rounds}", row.name).expect("a string takes any text");
            }
        }
        if let Err(error) = std::fs::write(&path, text) {
            eprintln!("--tsv {}: {error}", path.display());
            std::process::exit(2);
        }
    }
}

/// What stands after an option of the command line.
pub fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// The file to which rows are added for `benches/peers.py --ours`.
fn tsv() -> Option<PathBuf> {
    option("--tsv").map(PathBuf::from)
}
