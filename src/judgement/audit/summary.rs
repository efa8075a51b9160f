//! The audits of a record as JSON: what is concluded, layer by layer, with what it was made from.

use super::{AuditJudgement, LayerAudit, LayerVerdict, ModelJudgement, Outcome, judge};
use crate::judgement::ExactJudgement;
use crate::record::{Number, Record, Run};
use schemars::JsonSchema;
use serde::Serialize;

/// Name and version of the layout.
pub const SCHEMA: &str = "precision-probe-audit/1";

/// What `audit --json=summary` prints.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AuditSummary<'r> {
    /// Name and version of the layout.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: &'static str,
    /// Version of precision-probe that measured.
    pub version: &'r str,
    /// The record's: SHA-256 of the version and the spec's JSON, in hexadecimal.
    pub spec_hash: &'r str,
    /// The loss, as `--loss` takes it.
    pub loss: &'static str,
    /// Allowed excess in bits.
    pub threshold: f64,
    /// Whether every audit is passed.
    pub is_pass: bool,
    /// One per activation and file of gradients.
    pub audits: Vec<FileSummary<'r>>,
}

/// One file of gradients.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FileSummary<'r> {
    /// The network's activation.
    pub activation: &'r str,
    /// What the gradients are called.
    pub name: &'r str,
    /// Types of the file's numbers, the commonest first.
    pub dtypes: Vec<&'r str>,
    /// Whether it passes.
    pub is_pass: bool,
    /// Pass, or why not.
    pub result: Outcome,
    /// The arithmetic that the outcome and the layers are about.
    pub model: String,
    /// The nearest of the arithmetics that were tried; `null` where none can be compared.
    pub nearest: Option<String>,
    /// Layers in which torch.testing.assert_close rejects an entry, and layers that it can check.
    pub assert_close: (usize, usize),
    /// The exact gradient, before any arithmetic.
    pub exact: ExactJudgement,
    /// From the input side to the head.
    pub layers: Vec<LayerSummary<'r>>,
    /// Every arithmetic that was tried, the expected one first.
    pub models: Vec<ModelSummary>,
}

/// One layer of a file, compared with the model.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LayerSummary<'r> {
    /// Its name in the file of weights.
    pub name: &'r str,
    /// Layer number, verdict and numbers.
    #[serde(flatten)]
    pub audit: LayerAudit,
}

/// One arithmetic that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ModelSummary {
    /// Canonical name.
    pub name: String,
    /// Whether every layer that it can judge is within the threshold and points the right way.
    pub is_within: bool,
    /// Layers with a gradient in the file that it cannot judge.
    pub not_judged: usize,
    /// The layer with the largest excess.
    pub worst_layer: Option<usize>,
    /// That excess in bits.
    pub worst_excess: Option<Number>,
    /// The largest distance of any judged layer.
    pub distance: Option<Number>,
}

impl AuditSummary<'_> {
    /// Of a record made by `audit`, with so many bits of excess allowed.
    pub fn new(record: &Record, threshold: f64) -> AuditSummary<'_> {
        let mut audits = Vec::new();
        for run in &record.runs {
            audits.extend(judge(record, run, threshold).into_iter().map(|one| FileSummary::new(run, one)));
        }
        AuditSummary {
            schema: SCHEMA,
            version: &record.version,
            spec_hash: &record.spec_hash,
            loss: record.spec.loss().option(),
            threshold,
            is_pass: audits.iter().all(|audit| audit.is_pass),
            audits,
        }
    }

    /// As text that ends its line.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self).expect("plain fields serialise");
        text.push('\n');
        text
    }
}

impl<'r> FileSummary<'r> {
    fn new(run: &'r Run, judgement: AuditJudgement) -> FileSummary<'r> {
        let theirs = run.arithmetics.iter().find(|arithmetic| arithmetic.name == judgement.name);
        let external = theirs.and_then(|theirs| theirs.external.as_ref());
        let dtypes = external.map_or(Vec::new(), |external| match external.dtypes.as_slice() {
            [] => vec![external.dtype.as_str()],
            several => several.iter().map(String::as_str).collect(),
        });
        let names = run.sites.iter().map(|site| site.name.as_str()).chain(std::iter::repeat(""));
        let layers = judgement.judged().layers.iter().zip(names);
        let model = |model: &ModelJudgement| ModelSummary {
            name: model.name.clone(),
            is_within: model.is_within && !model.has(LayerVerdict::ZeroDump),
            not_judged: model.unjudged().0,
            worst_layer: model.worst().map(|worst| worst.layer),
            worst_excess: model.worst().and_then(|worst| worst.excess),
            distance: model.distance,
        };
        FileSummary {
            activation: &run.activation,
            name: theirs.map_or("", |theirs| theirs.name.as_str()),
            dtypes,
            is_pass: judgement.outcome.is_pass(),
            model: judgement.judged().name.clone(),
            nearest: judgement.nearest.map(|place| judgement.models[place].name.clone()),
            assert_close: judgement.refused,
            layers: layers.map(|(audit, name)| LayerSummary { name, audit: *audit }).collect(),
            models: judgement.models.iter().map(model).collect(),
            result: judgement.outcome,
            exact: judgement.exact,
        }
    }
}
