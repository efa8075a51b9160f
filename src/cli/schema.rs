//! `schema [NAME]`: the JSON Schema of a document that this program writes.

use super::failure::Failure;
use super::printing::{print, show};
use super::run_info::RunInfo;
use crate::judgement::Summary;
use crate::judgement::audit::AuditSummary;
use crate::judgement::cell::Cell;
use crate::judgement::sweep::Sweep;
use crate::record::law::Law;
use crate::record::study::{Study, StudySpec};
use crate::record::sweep::SweepPlan;
use crate::record::training::{Training, TrainingSpec};
use crate::record::{Record, Spec};
use clap::ValueEnum;
use clap::builder::PossibleValue;
use schemars::generate::{Contract, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};

/// Arguments of `schema`.
#[derive(clap::Args, Debug)]
pub struct SchemaArguments {
    /// Document to describe [default: list all]
    #[arg(value_name = "NAME")]
    name: Option<Document>,
}

/// What this program writes as JSON.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Document {
    /// `record.json` of the main command and of `audit`, and what their --json prints
    Probe,
    /// `law.json`, and what `law --json` prints
    Law,
    /// `training.json`, and what `train --json` prints
    Training,
    /// `study.json`, and what `study --json` prints
    Study,
    /// `sweep.json`, and what `sweep --json` prints
    Sweep,
    /// `plan.json` of `sweep`
    SweepPlan,
    /// A line of `cells.jsonl`
    Cell,
    /// The specification in `record.json` and `law.json`
    Spec,
    /// The specification in `training.json`
    TrainingSpec,
    /// The specification in `study.json`
    StudySpec,
    /// What --json=summary of the main command prints
    Summary,
    /// What `audit --json=summary` prints
    AuditSummary,
    /// `run.json`: when and where a report was made
    Run,
}

/// Prints the list or a schema.
///
/// # Errors
/// The output cannot be written.
pub fn execute(arguments: &SchemaArguments) -> Result<(), Failure> {
    match arguments.name {
        Some(document) => print(format!("{:#}\n", document.schema().as_value()).as_bytes()),
        None => show(&list()),
    }
}

/// Every document on a line.
fn list() -> String {
    let documents = Document::value_variants().iter().filter_map(Document::to_possible_value);
    let line = |document: PossibleValue| {
        let what = document.get_help().map(ToString::to_string).unwrap_or_default();
        format!("{:<13}  {what}\n", document.get_name())
    };
    documents.map(line).collect()
}

impl Document {
    fn schema(self) -> Schema {
        match self {
            Document::Probe => read::<Record>(),
            Document::Law => read::<Law>(),
            Document::Training => read::<Training>(),
            Document::Study => read::<Study>(),
            Document::Sweep => read::<Sweep>(),
            Document::SweepPlan => read::<SweepPlan>(),
            Document::Cell => read::<Cell>(),
            Document::Spec => read::<Spec>(),
            Document::TrainingSpec => read::<TrainingSpec>(),
            Document::StudySpec => read::<StudySpec>(),
            Document::Summary => written::<Summary>(),
            Document::AuditSummary => written::<AuditSummary>(),
            Document::Run => written::<RunInfo>(),
        }
    }
}

/// Of what this program reads back: what the reader refuses is refused.
fn read<T: JsonSchema>() -> Schema {
    generated::<T>(Contract::Deserialize, refine)
}

/// Of what this program only writes: what it never writes is refused.
fn written<T: JsonSchema>() -> Schema {
    generated::<T>(Contract::Serialize, |schema| {
        refine(schema);
        if schema.get("properties").is_some() {
            schema.insert("additionalProperties".into(), false.into());
        }
    })
}

fn generated<T: JsonSchema>(contract: Contract, transform: fn(&mut Schema)) -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.contract = contract);
    settings.with_transform(RecursiveTransform(transform)).into_generator().into_root_schema_for::<T>()
}

/// Limits integers to their type, and words the documentation of fields for readers of JSON.
fn refine(schema: &mut Schema) {
    let limits = match schema.get("format").and_then(|format| format.as_str()) {
        Some("int32") => Some((i32::MIN.into(), i32::MAX.into())),
        Some("int64") => Some((i64::MIN.into(), i64::MAX.into())),
        Some("uint32") => Some((0.into(), u32::MAX.into())),
        Some("uint" | "uint64") => Some((0.into(), u64::MAX.into())),
        _ => None,
    };
    if let Some((least, most)) = limits {
        schema.insert("minimum".into(), least);
        schema.insert("maximum".into(), most);
    }
    let Some(documentation) = schema.get("description").and_then(|text| text.as_str()) else { return };
    let all = schema.as_value().to_string();
    let none = if all.contains("\"null\"") && !all.contains("/Number\"") { "`null`" } else { "`\"none\"`" };
    let words = documentation.replace("[`", "`").replace("`]", "`").replace("`None`", none);
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    schema.insert("description".into(), words.into());
}
