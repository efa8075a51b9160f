//! `cells.csv`: a row for each of layer 1, the worst layer and the head, in every precision of every cell.

use crate::judgement::ExactState;
use crate::judgement::cell::{Cell, CellArithmetic, CellLayer, CellRun, Outcome};
use crate::record::sweep::SweepPlan;
use crate::record::{Number, Verdict};
use crate::report::table::csv::{number, optional, word};
use csv::{Terminator, WriterBuilder};
use serde::Serialize;

/// Columns after those of the values.
const COLUMNS: [&str; 15] = [
    "precision",
    "group",
    "layer",
    "trials",
    "verdict",
    "noise_to_signal_low",
    "noise_to_signal",
    "noise_to_signal_high",
    "predicted_noise",
    "trials_with_noise",
    "at_most",
    "flips",
    "chi1",
    "vanishing_by_depth",
    "failed",
];

/// The line of names.
pub fn head(plan: &SweepPlan) -> String {
    let names = ["cell", "id"].map(String::from).into_iter().chain(values(plan));
    let states = STATES.map(|state| format!("exact_{}", word(state)));
    line(names.chain(COLUMNS.map(String::from)).chain(Verdict::ALL.map(word)).chain(states))
}

const STATES: [ExactState; 5] =
    [ExactState::Healthy, ExactState::Vanishing, ExactState::Exploding, ExactState::Zero, ExactState::NotEstablished];

/// Names of the values, in the order of the axes.
fn values(plan: &SweepPlan) -> Vec<String> {
    let mut names: Vec<String> = ["activation", "depth", "width"].map(String::from).to_vec();
    let others = plan.axes.iter().map(|axis| axis.field.clone()).filter(|field| !names.contains(field));
    let others: Vec<String> = others.collect();
    names.extend(others);
    names
}

/// The rows of a cell; of a failed one a single row that says why.
pub fn rows(plan: &SweepPlan, cell: &Cell) -> String {
    let own = values(plan).into_iter().map(|name| optional(cell.values.get(&name)));
    let keys: Vec<String> = [cell.cell.to_string(), cell.id.clone()].into_iter().chain(own).collect();
    let with = |columns: Vec<String>| line(keys.iter().cloned().chain(columns));
    match &cell.outcome {
        Outcome::Failed(why) => {
            let mut columns = vec![String::new(); COLUMNS.len() - 1];
            columns.push(why.clone());
            columns.extend(vec![String::new(); Verdict::ALL.len() + STATES.len()]);
            with(columns)
        }
        Outcome::Measured(run) => {
            let arithmetics = run.arithmetics.iter();
            let layers =
                arithmetics.flat_map(|arithmetic| arithmetic.layers.iter().map(move |layer| (arithmetic, layer)));
            layers.map(|(arithmetic, layer)| with(columns(run, arithmetic, layer))).collect()
        }
    }
}

fn columns(run: &CellRun, arithmetic: &CellArithmetic, layer: &CellLayer) -> Vec<String> {
    let noise = &layer.noise;
    let flips = layer.flips.iter().copied().flatten().reduce(u64::saturating_add);
    let by_depth = run.exact.by_depth.iter().filter(|is| **is).count();
    let mut columns = vec![
        arithmetic.name.clone(),
        word(layer.group),
        layer.layer.to_string(),
        layer.verdict.of.to_string(),
        word(layer.verdict.verdict),
        number(noise.low),
        number(noise.median),
        number(noise.high),
        number(layer.predicted.unwrap_or(Number::None)),
        noise.count.to_string(),
        noise.at_most.to_string(),
        optional(flips),
        number(run.chi1.map_or(Number::None, Number::new)),
        by_depth.to_string(),
        String::new(),
    ];
    columns.extend(counts(&layer.verdicts, Verdict::ALL));
    columns.extend(counts(&run.exact.states, STATES));
    columns
}

/// How many trials have each of these.
fn counts<T: PartialEq + Serialize, const N: usize>(trials: &[T], all: [T; N]) -> [String; N] {
    all.map(|one| trials.iter().filter(|trial| **trial == one).count().to_string())
}

fn line(cells: impl IntoIterator<Item = String>) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    // Memory takes all bytes.
    let _ = writer.write_record(cells.into_iter().map(|cell| crate::printable::in_one_line(&cell).into_owned()));
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}
