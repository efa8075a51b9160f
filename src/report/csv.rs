//! Every measured number of a record as one flat CSV file, for spreadsheets, pandas and R.

use crate::record::{Number, Record};

const HEADER: &str = "activation,arithmetic,layer,layer_name,trial,tensor,log2_signal,log2_noise,noise_to_signal,at_most,\
descent,orthogonal_noise,cosine,sign_agreement,verdict,flips,evidence\n";

/// One line per run, arithmetic, layer, trial and tensor, in the record's order.
///
/// Quoted as RFC 4180 says. Trials count from 0 as in the record. An absent number (0/0, or flips where φ' has no jump)
/// is an empty cell, infinities are `inf` and `-inf`; verdict, flips and evidence are those of the layer.
pub fn layers_csv(record: &Record) -> String {
    let mut text = String::from(HEADER);
    for run in &record.runs {
        for arithmetic in &run.arithmetics {
            for (index, layer) in arithmetic.layers.iter().enumerate() {
                let truth = run.truth.layers.get(index);
                for (number, trial) in layer.trials.iter().enumerate() {
                    let evidence = truth.and_then(|truth| truth.trials.get(number)).map_or("", |known| &known.evidence);
                    for tensor in &trial.tensors {
                        let cells = [
                            run.activation.clone(),
                            arithmetic.name.clone(),
                            layer.layer.to_string(),
                            truth.map_or(String::new(), |truth| truth.name.clone()),
                            number.to_string(),
                            tensor.tensor.clone(),
                            cell(tensor.log2_signal),
                            cell(tensor.log2_noise),
                            cell(tensor.noise_to_signal),
                            tensor.at_most.to_string(),
                            cell(tensor.descent),
                            cell(tensor.orthogonal_noise),
                            cell(tensor.cosine),
                            cell(tensor.sign_agreement),
                            trial.verdict.to_string(),
                            trial.flips.map_or(String::new(), |flips| flips.to_string()),
                            evidence.to_string(),
                        ];
                        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
                        text.push('\n');
                    }
                }
            }
        }
    }
    text
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

/// RFC 4180, section 2: fields with commas, quotes or line breaks are quoted, quotes doubled.
pub(super) fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_only_where_needed() {
        assert_eq!(quoted("f16:acc=f32"), "f16:acc=f32");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("say \"no\"\n"), "\"say \"\"no\"\"\n\"");
    }
}
