//! Every measured number of a record as one flat CSV file, for spreadsheets, pandas and R.

use crate::printable::in_one_line;
use crate::record::{ArithmeticRun, Number, Quantiles, Record, Run};

/// The columns, in groups: what a line is of, a tensor's measures in a trial, theory, and the sources and remedies that
/// were tried, as order statistics over the trials.
const COLUMNS: [&str; 27] = [
    "activation",
    "arithmetic",
    "layer",
    "layer_name",
    "trial",
    "tensor",
    "log2_signal",
    "log2_noise",
    "noise_to_signal",
    "at_most",
    "descent",
    "orthogonal_noise",
    "cosine",
    "sign_agreement",
    "verdict",
    "flips",
    "evidence",
    "predicted",
    "ratio",
    "source",
    "view",
    "remedy",
    "log2_loss_scale",
    "low",
    "median",
    "high",
    "count",
];

/// One line per run, arithmetic, layer, trial and tensor, in the record's order; behind those of an arithmetic, one per
/// source, view (`alone`, `without`) and layer, and one per remedy and layer (view `with`).
///
/// Quoted as RFC 4180 says. Trials count from 0 as in the record. An absent number (0/0, or flips where φ' has no jump)
/// is an empty cell, as is what a line is not of; infinities are `inf` and `-inf`; verdict, flips and evidence are those
/// of the layer, as are `predicted` (the noise that theory predicts) and `ratio` (measured over predicted).
pub fn layers_csv(record: &Record) -> String {
    let mut text = header();
    for run in &record.runs {
        for arithmetic in &run.arithmetics {
            tensors(run, arithmetic, &mut text);
            causes(run, arithmetic, &mut text);
        }
    }
    text
}

/// The first line of [`layers_csv`], whatever the record.
pub fn header() -> String {
    COLUMNS.join(",") + "\n"
}

/// A line's cells by their columns; the others are empty.
struct Line([String; COLUMNS.len()]);

impl Line {
    /// A layer of an arithmetic, and the loss scale it ran with.
    fn new(run: &Run, arithmetic: &ArithmeticRun, index: usize) -> Line {
        let mut line = Line(std::array::from_fn(|_| String::new()));
        line.put("activation", &run.activation);
        line.put("arithmetic", &arithmetic.name);
        let truth = run.truth.layers.get(index);
        let number = arithmetic.layers.get(index).map(|layer| layer.layer).or(truth.map(|truth| truth.layer));
        line.put("layer", &number.map_or(String::new(), |number| number.to_string()));
        line.put("layer_name", truth.map_or("", |truth| &truth.name));
        line.put("log2_loss_scale", &arithmetic.log2_loss_scale.map_or(String::new(), |log2| log2.to_string()));
        line
    }

    fn put(&mut self, column: &str, text: &str) {
        if let Some(place) = COLUMNS.iter().position(|name| *name == column) {
            self.0[place] = quoted(text);
        }
    }

    fn number(&mut self, column: &str, number: Number) {
        self.put(column, &cell(number));
    }

    /// Order statistics over the trials.
    fn quantiles(&mut self, noise: &Quantiles) {
        self.number("low", noise.low);
        self.number("median", noise.median);
        self.number("high", noise.high);
        self.put("count", &noise.count.to_string());
        self.put("at_most", &noise.at_most.to_string());
    }

    fn end(self, text: &mut String) {
        text.push_str(&self.0.join(","));
        text.push('\n');
    }
}

fn tensors(run: &Run, arithmetic: &ArithmeticRun, text: &mut String) {
    for (index, layer) in arithmetic.layers.iter().enumerate() {
        let truth = run.truth.layers.get(index);
        for (number, trial) in layer.trials.iter().enumerate() {
            let evidence = truth.and_then(|truth| truth.trials.get(number)).map_or("", |known| &known.evidence);
            for tensor in &trial.tensors {
                let mut line = Line::new(run, arithmetic, index);
                line.put("trial", &number.to_string());
                line.put("tensor", &tensor.tensor);
                line.number("log2_signal", tensor.log2_signal);
                line.number("log2_noise", tensor.log2_noise);
                line.number("noise_to_signal", tensor.noise_to_signal);
                line.put("at_most", &tensor.at_most.to_string());
                line.number("descent", tensor.descent);
                line.number("orthogonal_noise", tensor.orthogonal_noise);
                line.number("cosine", tensor.cosine);
                line.number("sign_agreement", tensor.sign_agreement);
                line.put("verdict", trial.verdict.name());
                line.put("flips", &trial.flips.map_or(String::new(), |flips| flips.to_string()));
                line.put("evidence", evidence);
                if let Some(theory) = arithmetic.theory.get(index) {
                    line.number("predicted", theory.predicted);
                    line.number("ratio", theory.ratio);
                }
                line.end(text);
            }
        }
    }
}

/// Sources and remedies, by layer.
fn causes(run: &Run, arithmetic: &ArithmeticRun, text: &mut String) {
    for source in arithmetic.attribution.iter().flat_map(|attribution| &attribution.sources) {
        for (view, layers) in [("alone", source.alone.as_ref()), ("without", Some(&source.without))] {
            for (index, noise) in layers.into_iter().flatten().enumerate() {
                let mut line = Line::new(run, arithmetic, index);
                line.put("tensor", "weight");
                line.put("source", source.source.name());
                line.put("view", view);
                line.quantiles(noise);
                line.end(text);
            }
        }
    }
    for remedy in &arithmetic.remedies {
        for (index, layer) in remedy.layers.iter().enumerate() {
            let mut line = Line::new(run, arithmetic, index);
            line.put("tensor", "weight");
            line.put("remedy", &remedy.name);
            line.put("view", "with");
            line.put("log2_loss_scale", &remedy.log2_loss_scale.to_string());
            line.put("verdict", layer.verdict.verdict.name());
            line.quantiles(&layer.noise_to_signal);
            line.end(text);
        }
    }
}

/// A number as a cell.
pub(super) fn cell(number: Number) -> String {
    match number {
        Number::Finite(x) => format!("{x:?}"),
        Number::Infinite => "inf".into(),
        Number::MinusInfinite => "-inf".into(),
        Number::None => String::new(),
    }
}

/// What makes a spreadsheet take a cell for a formula, in full width, too.
const FORMULA: [char; 9] = ['=', '+', '-', '@', '−', '＝', '＋', '－', '＠'];

/// A field as RFC 4180, section 2, has it: with commas or quotes in it, it is quoted, and its quotes are doubled.
///
/// Hidden characters, among them tabs and line breaks, are shown as escapes. A text that a spreadsheet would take for a
/// formula has an apostrophe in front; a number is a number.
pub(super) fn quoted(field: &str) -> String {
    let field = in_one_line(field);
    let is_formula = field.starts_with(FORMULA) && field.parse::<f64>().is_err();
    let apostrophe = if is_formula { "'" } else { "" };
    if field.contains([',', '"']) {
        format!("\"{apostrophe}{}\"", field.replace('"', "\"\""))
    } else {
        format!("{apostrophe}{field}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_only_where_needed() {
        assert_eq!(quoted("f16:acc=f32"), "f16:acc=f32");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("say \"no\"\n"), "\"say \"\"no\"\"\\n\"");
    }

    /// Formulas as texts, numbers of either sign as numbers, and nothing that hides.
    #[test]
    fn no_field_is_taken_for_a_formula() {
        for text in ["=1+1", "+cmd", "-cmd|' /C calc'!A0", "@SUM(A1)", "−1", "＝1", "-", "+-1"] {
            assert_eq!(quoted(text), format!("'{text}"));
        }
        assert_eq!(quoted("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
        assert_eq!(quoted("\t=1"), "\\t=1");
        assert_eq!(quoted("a\u{202e}\r"), "a\\u{202e}\\r");
        for number in ["-1.5", "-inf", "+2", "-4.9e-324", "1", "a-b", ""] {
            assert_eq!(quoted(number), number);
        }
    }
}
