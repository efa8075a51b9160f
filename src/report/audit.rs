//! The audit: another program's gradients beside our model of its arithmetic, layers out of line first.

use crate::record::{ArithmeticRun, External, LayerRun, Number, Record, Run};
use crate::report::numbers::{Notation, ratio, short};
use crate::report::words;

/// From how many bits on a layer is out of line: its noise is then at least twice what the model has. Half a bit, either
/// way, is what the order of sums alone may do.
pub const OUT_OF_LINE: f64 = 1.0;

/// Which columns of [`Audit::table`] hold numbers that are read from the right.
pub const RIGHT_ALIGNED: [bool; 7] = [true, false, true, true, true, true, false];

/// One file of gradients against the arithmetic that is to explain it.
pub struct Audit<'r> {
    /// What the gradients are called.
    pub name: &'r str,
    /// The arithmetic.
    pub model: &'r str,
    /// How they were stored.
    pub external: &'r External,
    /// One per layer, the most out of line first; layers without a gradient last.
    pub rows: Vec<Row<'r>>,
}

/// One layer's weight gradient.
pub struct Row<'r> {
    /// 1 to L, the head is L+1.
    pub layer: usize,
    /// Its name in the file of weights.
    pub name: &'r str,
    /// The dump's.
    pub theirs: &'r LayerRun,
    /// The model's.
    pub ours: &'r LayerRun,
    /// log₂ of the ratio of both noises; infinite where only theirs is, or only theirs is not zero; none where
    /// either is unknown.
    pub excess: Option<f64>,
    /// ‖theirs − ours‖ over their noise: 0 if both are the same, about √2 for independent noise of the same size.
    pub distance: Option<f64>,
    /// Entries that torch.testing.assert_close refuses, and all.
    pub not_close: (u64, u64),
}

/// The audits of a run: of every file that has a model among the run's arithmetics.
pub fn audits<'r>(record: &'r Record, run: &'r Run) -> Vec<Audit<'r>> {
    let mut audits = Vec::new();
    for compared in &record.spec.compared {
        let Some(model) = &compared.model else { continue };
        let named = |name: &str| run.arithmetics.iter().position(|arithmetic| arithmetic.name == name);
        let (Some(theirs), Some(ours)) = (named(&compared.name), named(model)) else { continue };
        let (theirs, place) = (&run.arithmetics[theirs], ours);
        let Some(external) = &theirs.external else { continue };
        let rows = rows(run, theirs, &run.arithmetics[place], place);
        audits.push(Audit { name: &theirs.name, model, external, rows });
    }
    audits
}

/// What a picture and a page say first, and what they say then: the audits' answers and what rules layer 1, or, of a run
/// without audits, what rules layer 1 and the remedy.
pub fn sentences(record: &Record, run: &Run, notation: Notation) -> [String; 2] {
    let ruling = words::ruling(run, notation);
    let answers: Vec<String> = audits(record, run).iter().map(|audit| audit.answer(notation)).collect();
    if answers.is_empty() { [ruling, words::remedy(run, notation)] } else { [answers.join(" "), ruling] }
}

fn rows<'r>(run: &'r Run, theirs: &'r ArithmeticRun, ours: &'r ArithmeticRun, place: usize) -> Vec<Row<'r>> {
    let names = run.truth.layers.iter().map(|layer| layer.name.as_str()).chain(std::iter::repeat(""));
    let both = theirs.layers.iter().zip(&ours.layers).zip(names);
    let mut rows: Vec<Row> = both
        .map(|((theirs, ours), name)| {
            let external = theirs.external.as_ref();
            Row {
                layer: theirs.layer,
                name,
                theirs,
                ours,
                excess: excess(theirs.noise_to_signal.median, ours.noise_to_signal.median, theirs, ours),
                distance: distance(theirs, place),
                not_close: external.map_or((0, 0), |layer| (layer.not_close, layer.entries)),
            }
        })
        .collect();
    let key = |row: &Row| row.excess.unwrap_or(f64::NEG_INFINITY);
    rows.sort_by(|a, b| key(b).total_cmp(&key(a)));
    rows
}

/// log₂(theirs/ours).
fn excess(theirs: Number, ours: Number, their_layer: &LayerRun, our_layer: &LayerRun) -> Option<f64> {
    match (theirs, ours) {
        // Both below the truth's resolution: what is told is its bound, not their noise.
        _ if their_layer.noise_to_signal.at_most && our_layer.noise_to_signal.at_most => Some(0.0),
        (Number::Finite(theirs), Number::Finite(ours)) if theirs == ours => Some(0.0),
        (Number::Finite(theirs), Number::Finite(ours)) => Some(core_math::log2(theirs / ours)),
        (Number::Infinite, Number::Infinite) => Some(0.0),
        (Number::Infinite, _) => Some(f64::INFINITY),
        (Number::Finite(_), Number::Infinite) => Some(f64::NEG_INFINITY),
        // 0/0 on both sides: a gradient that is zero in truth and computed so.
        (Number::None, Number::None) if is_silent(their_layer) && is_silent(our_layer) => Some(0.0),
        (Number::None, Number::Infinite) if is_silent(their_layer) => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

fn is_silent(layer: &LayerRun) -> bool {
    layer.fates.true_zero > 0
}

fn distance(theirs: &LayerRun, place: usize) -> Option<f64> {
    let distance = *theirs.external.as_ref()?.log2_distance.get(place)?;
    let noise = theirs.trials.first()?.tensors.first()?.log2_noise;
    match (distance, noise) {
        (Number::MinusInfinite, _) => Some(0.0),
        (Number::Finite(distance), Number::Finite(noise)) => Some(core_math::exp2(distance - noise)),
        _ => None,
    }
}

impl Audit<'_> {
    /// What the table holds.
    pub fn title(&self) -> String {
        format!("{} ({}) against {}, layers out of line first:", self.name, self.external.dtype, self.model)
    }

    /// The titles, then a row per layer.
    pub fn table(&self, notation: Notation) -> Vec<Vec<String>> {
        let model = format!("of {}", self.model);
        let titles = ["layer", "name", "noise/signal", &model, "excess bits", "distance", "assert_close"];
        let mut rows = vec![titles.map(String::from).to_vec()];
        for row in &self.rows {
            let noise = |layer: &LayerRun| {
                let noise = layer.noise_to_signal;
                if noise.median == Number::None { "—".into() } else { ratio(noise.median, noise.at_most, notation) }
            };
            let shown = |number: Option<f64>| number.map_or("—".into(), |x| short(rounded(x), notation));
            let mark = if row.is_out_of_line() { "! " } else { "" };
            rows.push(vec![
                row.layer.to_string(),
                row.name.to_string(),
                noise(row.theirs),
                noise(row.ours),
                format!("{mark}{}", shown(row.excess)),
                shown(row.distance),
                row.closeness(),
            ]);
        }
        rows
    }

    /// What the columns mean.
    pub fn note(&self, notation: Notation) -> String {
        let External { dtype, relative_tolerance, absolute_tolerance, .. } = self.external;
        let tolerance = |x: f64| short(x, notation);
        format!(
            "(of the weight gradients; excess bits: log₂ of the two ratios' quotient, ! from {} on; distance: ‖{} − {}‖ over the noise, 0 if both are the same; assert_close: entries, biases included, beyond torch.testing.assert_close's default tolerances for {dtype}, rtol {} and atol {}, of the true gradient rounded to {dtype})",
            OUT_OF_LINE,
            self.name,
            self.model,
            tolerance(*relative_tolerance),
            tolerance(*absolute_tolerance),
        )
    }

    /// The answer in one sentence.
    pub fn answer(&self, notation: Notation) -> String {
        let (name, model) = (self.name, self.model);
        let known: Vec<&Row> = self.rows.iter().filter(|row| row.excess.is_some()).collect();
        let out = known.iter().filter(|row| row.is_out_of_line()).count();
        let Some(worst) = known.first() else {
            return format!("Nothing can be said about {name}: no layer has both a gradient and an established truth.");
        };
        let excess = worst.excess.unwrap_or(0.0);
        let bits = short(rounded(excess), notation);
        let verdict = if excess < 0.0 {
            let least = short(rounded(-excess), notation);
            format!("{name} loses fewer bits than {model} in every layer, at least {least} (layer {})", worst.layer)
        } else if out == 0 {
            format!(
                "The rounding of {model} explains {name}: no layer loses {OUT_OF_LINE} bit more, at most {bits} (layer {})",
                worst.layer
            )
        } else {
            let what = match excess.is_finite() {
                true => format!("loses {bits} bits more than {model} in layer {}", worst.layer),
                false if worst.theirs.fates.overflowed > 0 => {
                    format!("has infinite or NaN entries in layer {}, where {model} has none", worst.layer)
                }
                false => format!("has noise in layer {}, where {model} has none", worst.layer),
            };
            format!(
                "{name} {what}, and {out} of {} layers are out of line: the rounding of {model} does not explain it",
                known.len()
            )
        };
        format!("{verdict}; {}.", self.closeness(out > 0))
    }

    fn closeness(&self, is_out_of_line: bool) -> String {
        let asked = self.rows.iter().filter(|row| row.not_close.1 > 0).count();
        let failing = self.rows.iter().filter(|row| row.not_close.0 > 0).count();
        match (failing, is_out_of_line) {
            _ if asked == 0 => "torch.testing.assert_close has nothing to compare".into(),
            (0, true) => "torch.testing.assert_close would pass all the same".into(),
            (0, false) => "torch.testing.assert_close passes, too".into(),
            (_, true) => format!("torch.testing.assert_close fails in {failing} of {asked}"),
            (_, false) => format!("torch.testing.assert_close fails all the same in {failing} of {asked} layers"),
        }
    }
}

impl Row<'_> {
    /// At least [`OUT_OF_LINE`] bits of excess.
    pub fn is_out_of_line(&self) -> bool {
        self.excess.is_some_and(|excess| excess >= OUT_OF_LINE)
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

/// Two decimals: the rest is chance.
fn rounded(bits: f64) -> f64 {
    if bits.is_finite() { format!("{bits:.2}").parse::<f64>().unwrap_or(bits) + 0.0 } else { bits }
}
