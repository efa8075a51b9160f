//! The audit: another program's gradients next to our model of its arithmetic, worst layers first.

mod compared;
mod screen;
mod words;

pub use compared::{Remark, remarks};
pub use screen::{is_audit, terminal};
pub use words::failure;

use crate::judgement::audit::{self as judgement, AuditJudgement, LayerAudit, LayerVerdict, Standing};
use crate::judgement::judge_run;
use crate::record::{External, Number, Record, Run, SiteRun};
use crate::report::numbers::{Notation, ratio, short};
use crate::report::say;
use crate::report::table::Table;

/// Bits of excess allowed unless the user gives a threshold.
pub const OUT_OF_LINE: f64 = judgement::USUAL_EXCESS;

/// One file of gradients compared with the arithmetic that its judgement is about.
pub struct Audit<'r> {
    /// What the gradients are called.
    pub name: &'r str,
    /// The arithmetic.
    pub model: &'r str,
    /// How they were stored.
    pub external: &'r External,
    /// One per layer, the largest excess first; layers that cannot be judged last.
    pub rows: Vec<Row<'r>>,
    /// What is concluded.
    pub judgement: AuditJudgement,
}

/// One layer's gradient.
pub struct Row<'r> {
    /// 1 to L, the head is L+1.
    pub layer: usize,
    /// Its name in the file of weights.
    pub name: &'r str,
    /// The dump's.
    pub theirs: &'r SiteRun,
    /// The model's.
    pub ours: &'r SiteRun,
    /// Whether the layer can be judged.
    pub standing: Standing,
    /// What is concluded about it.
    pub verdict: LayerVerdict,
    /// log₂ of the ratio of both noises; infinite where only theirs is, or only theirs is not zero; `None` where either is
    /// unknown.
    pub excess: Option<f64>,
    /// ‖theirs − ours‖ over their noise: 0 if both are the same, about √2 for independent noise of the same size.
    pub distance: Option<f64>,
    /// Entries that torch.testing.assert_close rejects, and all.
    pub not_close: (u64, u64),
}

/// The audits of a run at [`OUT_OF_LINE`]: of every file that has a model among the run's arithmetics.
pub fn audits<'r>(record: &'r Record, run: &'r Run) -> Vec<Audit<'r>> {
    audits_at(record, run, OUT_OF_LINE)
}

/// The same with so many bits of excess allowed.
pub fn audits_at<'r>(record: &'r Record, run: &'r Run, threshold: f64) -> Vec<Audit<'r>> {
    judgement::judge(record, run, threshold).into_iter().filter_map(|judgement| Audit::new(run, judgement)).collect()
}

/// The first sentence of a picture and a page, and the others: the audits' answers before the sentences of the judgement,
/// and what is said about files of gradients that are not audited after them.
pub fn sentences(record: &Record, run: &Run, notation: Notation) -> [String; 2] {
    let judged = judge_run(run, record.spec.batch);
    let answers: Vec<String> = audits(record, run).iter().map(|audit| audit.answer(notation)).collect();
    let mut of_run = say::of_run(run, &judged, notation);
    // The answers say it already.
    if !answers.is_empty() && judged.exact.is_network_fault {
        let exact = say::exact::sentence(run, &judged.exact, None, notation);
        of_run.retain(|sentence| Some(sentence) != exact.as_ref());
    }
    let remarks = remarks(record, run, notation).into_iter().map(|remark| remark.sentence);
    let mut all = answers.into_iter().chain(of_run).chain(remarks);
    [all.next().unwrap_or_default(), all.collect::<Vec<_>>().join(" ")]
}

/// The types of a file's numbers: `F16`, `F32 and F16`.
fn types(external: &External) -> String {
    if external.dtypes.is_empty() { external.dtype.clone() } else { say::joined(&external.dtypes) }
}

impl<'r> Audit<'r> {
    fn new(run: &'r Run, judgement: AuditJudgement) -> Option<Audit<'r>> {
        let theirs = run.arithmetics.iter().find(|arithmetic| arithmetic.name == judgement.name)?;
        let model = judgement.judged();
        let ours = run.arithmetics.get(model.place)?;
        let names = run.sites.iter().map(|site| site.name.as_str()).chain(std::iter::repeat(""));
        let layers = theirs.sites.iter().zip(&ours.sites).zip(&model.layers).zip(names);
        let mut rows: Vec<Row> =
            layers.map(|(((theirs, ours), layer), name)| Row::new(theirs, ours, layer, name)).collect();
        let key = |row: &Row| match row.standing {
            Standing::Judged => row.excess.unwrap_or(f64::NEG_INFINITY),
            _ => f64::NEG_INFINITY,
        };
        rows.sort_by(|a, b| {
            let unjudged = |row: &Row| row.standing != Standing::Judged;
            unjudged(a).cmp(&unjudged(b)).then(key(b).total_cmp(&key(a)))
        });
        Some(Audit { name: &theirs.name, model: &ours.name, external: theirs.external.as_ref()?, rows, judgement })
    }

    /// A row per layer, the worst first.
    pub fn table(&self, notation: Notation) -> Table {
        let model = format!(">of {}", self.model);
        let titles = [">layer", "name", ">noise/signal", &model, ">excess bits", ">distance", "assert_close"];
        let mut table = Table::titled(titles);
        self.rows.iter().for_each(|row| table.push(row.cells(notation)));
        table.title =
            format!("{} ({}) compared with {}, worst layers first:", self.name, types(self.external), self.model);
        table.notes = vec![self.note(notation)];
        table
    }

    /// What the columns mean.
    fn note(&self, notation: Notation) -> String {
        let External { dtype, dtypes, relative_tolerance, absolute_tolerance, .. } = self.external;
        let tolerances = match dtypes.is_empty() {
            true => format!(
                "for {dtype}, rtol {} and atol {}, of the exact gradient rounded to {dtype}",
                short(*relative_tolerance, notation),
                short(*absolute_tolerance, notation)
            ),
            false => "for each tensor's type, of the exact gradient rounded to it".into(),
        };
        let what = match self.rows.iter().any(Row::is_joint) {
            true => "noise/signal of weights and biases together, distance of the weights",
            false => "of the weight gradients",
        };
        format!(
            "({what}; excess bits: log₂ of the quotient of the two ratios, ! above {} or where the layer fails for another reason; distance: ‖{} − {}‖ over the noise, 0 if both are the same; assert_close: entries, biases included, beyond torch.testing.assert_close's default tolerances {tolerances})",
            short(self.judgement.threshold, notation),
            self.name,
            self.model,
        )
    }
}

impl<'r> Row<'r> {
    fn new(theirs: &'r SiteRun, ours: &'r SiteRun, layer: &LayerAudit, name: &'r str) -> Row<'r> {
        let external = theirs.external.as_ref();
        Row {
            layer: theirs.site,
            name,
            theirs,
            ours,
            standing: layer.standing,
            verdict: layer.verdict,
            excess: layer.excess.map(Number::value),
            distance: layer.distance.map(Number::value),
            not_close: external.map_or((0, 0), |layer| (layer.not_close, layer.entries)),
        }
    }

    /// Whether it fails: more excess than allowed, or zeros, a constant factor, or the wrong direction.
    pub fn is_out_of_line(&self) -> bool {
        !matches!(self.verdict, LayerVerdict::Within | LayerVerdict::NotJudged)
    }

    /// `0`, or in a file of several types `0 (F16)`.
    fn name_and_type(&self) -> String {
        let external = self.theirs.external.as_ref();
        let types = external.map(|layer| [&layer.weight_type, &layer.bias_type]);
        let mut types: Vec<&str> = types.into_iter().flatten().flatten().map(|stored| stored.dtype.as_str()).collect();
        types.dedup();
        if types.is_empty() { self.name.into() } else { format!("{} ({})", self.name, types.join(", ")) }
    }

    /// Whether the noise of both is that of weights and biases together.
    fn is_joint(&self) -> bool {
        self.theirs.gradient.is_some() && self.ours.gradient.is_some()
    }

    fn cells(&self, notation: Notation) -> [String; 7] {
        let noise = |layer: &SiteRun| {
            let noise = if self.is_joint() { layer.noise() } else { &layer.noise_to_signal };
            if noise.median == Number::None { "—".into() } else { ratio(noise.median, noise.at_most, notation) }
        };
        let shown = |number: Option<f64>| number.map_or("—".into(), |x| short(rounded(x), notation));
        let mark = if self.is_out_of_line() { "! " } else { "" };
        let excess = match self.standing {
            Standing::ModelOverflows => "not judged: overflow".into(),
            Standing::ModelUnderflows => "not judged: underflow".into(),
            Standing::NoGradient => "no gradient".into(),
            Standing::Judged | Standing::NotEstablished => shown(self.excess),
        };
        let excess = match self.verdict {
            // Whatever the model does there.
            LayerVerdict::ZeroDump if self.standing != Standing::Judged => "! zero dump".into(),
            LayerVerdict::ZeroDump => format!("{mark}{excess}, zero dump"),
            LayerVerdict::ConstantFactor => format!("{mark}{excess}, constant factor"),
            LayerVerdict::WrongDirection => format!("{mark}{excess}, wrong direction"),
            LayerVerdict::Within | LayerVerdict::Beyond | LayerVerdict::NotJudged => format!("{mark}{excess}"),
        };
        [
            self.layer.to_string(),
            self.name_and_type(),
            noise(self.theirs),
            noise(self.ours),
            excess,
            shown(self.distance),
            self.closeness(),
        ]
    }

    /// `passes`, `fails 3 of 272`.
    fn closeness(&self) -> String {
        match self.not_close {
            (_, 0) => "—".into(),
            (0, _) => "passes".into(),
            (failing, all) => format!("fails {failing} of {all}"),
        }
    }
}

/// Two decimals: further ones are noise.
fn rounded(bits: f64) -> f64 {
    if bits.is_finite() { format!("{bits:.2}").parse::<f64>().unwrap_or(bits) + 0.0 } else { bits }
}
