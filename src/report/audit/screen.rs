//! The first screen of an audit: the answer, what was measured, a row per arithmetic that was tried, a row per layer.

use super::words::bits;
use super::{Audit, audits_at, types};
use crate::judgement::audit::{AuditJudgement, LayerVerdict, ModelJudgement, Outcome};
use crate::judgement::judge_run;
use crate::record::{Number, Record, Run};
use crate::report::numbers::{Notation::Plain, short};
use crate::report::probe::details;
use crate::report::table::{Column, Table, wrapped};
use crate::report::view::{View, report_line};
use crate::report::{facts, files, say};
use std::path::Path;

/// Layers that the first screen shows.
const LAYERS: usize = 10;

/// Whether a record was made by `audit`.
pub fn is_audit(record: &Record) -> bool {
    record.spec.compared.iter().any(|compared| compared.model.is_some())
}

/// An audit as text with so many bits of excess allowed: the first screen, and with details everything.
pub fn terminal(record: &Record, view: View, threshold: f64, picture: Option<&Path>) -> String {
    if view.details {
        let first = screen(record, threshold, view.layers, None);
        format!("{first}\n{}", details::terminal(record, view.layers, picture))
    } else {
        screen(record, threshold, view.layers, picture)
    }
}

/// The first screen. With `all_layers` every layer has its row.
fn screen(record: &Record, threshold: f64, all_layers: bool, picture: Option<&Path>) -> String {
    let mut blocks = Vec::new();
    for run in &record.runs {
        let audits = audits_at(record, run, threshold);
        blocks
            .push(audits.iter().map(|audit| wrapped(&audit.answer(Plain))).collect::<String>() + &header(record, run));
        for audit in &audits {
            if audit.judgement.models.len() > 1 {
                blocks.push(tried(audit));
            }
            blocks.push(layers(audit, all_layers));
        }
    }
    let report = picture.map(|picture| {
        let more = if record.spec.depth + 1 > LAYERS && !all_layers { ", every layer: --layers" } else { "" };
        report_line(&picture.with_file_name(files::PAGE), &format!(" (more here: --details{more})"))
    });
    blocks.join("\n") + &report.unwrap_or_default()
}

/// The network with its loss and data, and the state of its exact gradient. Long lines are wrapped.
fn header(record: &Record, run: &Run) -> String {
    let network = facts::network(record).into_iter().chain(facts::draws(&record.spec)).collect::<Vec<_>>().join(", ");
    let network = format!("{}, {network}", facts::activation(run));
    let state = say::exact::state(&judge_run(run, record.spec.batch).exact, Plain);
    [network, format!("Exact gradient of layer 1: {state}")].iter().map(|line| wrapped(line)).collect()
}

/// A row per arithmetic that was tried.
fn tried(audit: &Audit) -> String {
    let first = Column::left(format!("{} ({}) compared with", audit.name, types(audit.external)));
    let numbers = ["worst excess", "in layer", "distance"].map(Column::right);
    let mut table = Table::new([first].into_iter().chain(numbers).chain([Column::left("")]));
    for (place, model) in audit.judgement.models.iter().enumerate() {
        table.push(tried_row(&audit.judgement, place, model));
    }
    table.lines()
}

fn tried_row(judgement: &AuditJudgement, place: usize, model: &ModelJudgement) -> [String; 5] {
    let what = conclusion(judgement, model);
    let nearest = if judgement.nearest == Some(place) { ", nearest" } else { "" };
    let distance = model.distance.map_or("—".into(), |distance: Number| short(distance.value(), Plain));
    let (excess, layer) = match model.worst() {
        Some(worst) => (bits(worst.excess, Plain), worst.layer.to_string()),
        None => ("—".into(), "—".into()),
    };
    [model.name.clone(), excess, layer, distance, format!("{what}{nearest}")]
}

/// What one arithmetic says about the gradients. Nothing is within that cannot be judged or that fails whatever the
/// arithmetic.
fn conclusion(judgement: &AuditJudgement, model: &ModelJudgement) -> String {
    if model.has(LayerVerdict::ZeroDump) {
        return "zero dump".into();
    }
    let is_multiple = matches!(judgement.outcome, Outcome::ConstantFactor { .. });
    match (model.unjudged(), model.is_within) {
        _ if !model.says_something() => "not judged".into(),
        (_, false) => "beyond".into(),
        (_, true) if is_multiple => "constant factor".into(),
        ((0, _), true) => "within".into(),
        ((unjudged, all), true) => format!("within ({unjudged} of {all} layers not judged)"),
    }
}

/// A row per layer, the worst first.
fn layers(audit: &Audit, all: bool) -> String {
    let mut table = audit.table(Plain);
    table.rows.truncate(if all { usize::MAX } else { LAYERS });
    table.lines()
}
