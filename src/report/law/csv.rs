//! The law's points as one flat CSV file.

use crate::record::law::{Law, Regime};
use crate::report::csv::{cell, quoted};

const HEADER: &str = "activation,bits,trials,root_mean_square,low,median,high,at_most,flips_per_network,flipped_networks,regime,\
storage_noise\n";

/// One line per activation and precision, in the record's order; numbers and quotes as in `layers.csv`.
pub fn law_csv(law: &Law) -> String {
    let mut text = String::from(HEADER);
    for run in &law.runs {
        for point in &run.points {
            let cells = [
                run.activation.clone(),
                point.bits.to_string(),
                point.count.to_string(),
                cell(point.root_mean_square),
                cell(point.low),
                cell(point.median),
                cell(point.high),
                point.at_most.to_string(),
                cell(point.flips),
                if run.kinked { point.flipped.to_string() } else { String::new() },
                regime(point.regime).to_string(),
                cell(point.storage_noise),
            ];
            text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
            text.push('\n');
        }
    }
    text
}

/// The names of `law.json`.
fn regime(regime: Regime) -> &'static str {
    match regime {
        Regime::Smooth => "smooth",
        Regime::ManyFlips => "many_flips",
        Regime::Between => "between",
        Regime::FewFlips => "few_flips",
    }
}
