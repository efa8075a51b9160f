//! The cells of the first screen's table: one row per arithmetic, or per arithmetic and activation.

use super::layer::{bits, is_worse, verdict};
use super::{cause, remedy};
use crate::judgement::{Advice, ArithmeticJudgement, Judgement};
use crate::record::Record;
use crate::report::facts;
use crate::report::numbers::Notation;
use crate::report::table::{Column, GiveWay, Table};

pub use super::layer::{middle, spread};

/// A row per arithmetic; of several runs one per arithmetic and activation, those of an arithmetic together, and their
/// bits, which follow from the noise, only where there is room.
pub fn table(record: &Record, judgement: &Judgement, notation: Notation) -> Table {
    let several = record.runs.len() > 1;
    let name = |title| Column::left(title).giving_way(GiveWay::Name);
    let words = |title| Column::left(title).giving_way(GiveWay::Words);
    let bits_give_way = if several { GiveWay::Leave } else { GiveWay::Never };
    let (noise, verdict) = (Column::left("noise/signal"), Column::left("verdict, layer 1"));
    let bits_column = Column::right("bits").giving_way(bits_give_way);
    let columns = [name("precision"), name("act"), noise, bits_column, verdict, words("cause"), words("remedy")];
    let mut table = Table::new(columns);
    let count = record.runs.iter().map(|run| run.arithmetics.len()).max().unwrap_or(0);
    for place in 0..count {
        for (run, of_run) in record.runs.iter().zip(&judgement.runs) {
            let Some((arithmetic, judged)) = run.arithmetics.get(place).zip(of_run.arithmetics.get(place)) else {
                continue;
            };
            let first = &judged.first;
            // If the network itself is at fault, a precision in which all is sound needs no explanation.
            let is_explained = !(of_run.exact.is_network_fault && judged.remedy == Advice::NotNeeded);
            table.push([
                facts::name(arithmetic, notation),
                run.activation.clone(),
                spread(first, notation),
                bits(first),
                verdict_of(judged),
                if is_explained { cause::cell(&judged.cause) } else { "—".into() },
                remedy::cell(arithmetic, judged, notation),
            ]);
        }
    }
    if !several {
        table.leave(1);
    }
    table
}

/// `noisy 5 of 5`, `sound 3, noisy 2`; with a layer that is worse `sound; layer 7 overflow`.
fn verdict_of(judged: &ArithmeticJudgement) -> String {
    let (first, worst) = (&judged.first, &judged.worst);
    match is_worse(first, worst) {
        true => format!("{}; layer {} {}", verdict(first), worst.layer, worst.verdict.verdict),
        false => first.verdict.in_words(),
    }
}
