//! A study's numbers as flat CSV files: those that decide, and those of the charts.

use crate::record::study::{Spread, Study};
use crate::report::csv::{cell, quoted};

/// One line per finding, in the record's order; numbers and quotes as in `layers.csv`.
pub fn findings_csv(study: &Study) -> String {
    let mut text = String::from("claim,what,low,median,high,draws\n");
    for claim in &study.claims {
        for finding in &claim.findings {
            line(&mut text, &[claim.letter.to_string(), finding.what.clone()], &finding.value);
        }
    }
    text
}

/// One line per point, in the record's order; draws 0 and no numbers where there is nothing.
pub fn charts_csv(study: &Study) -> String {
    let mut text = String::from("claim,chart,series,place,low,median,high,draws\n");
    for claim in &study.claims {
        for chart in &claim.charts {
            for series in &chart.series {
                for (place, point) in chart.places.iter().zip(&series.points) {
                    let of = [claim.letter.to_string(), chart.title.clone(), series.name.clone(), place.clone()];
                    line(&mut text, &of, point);
                }
            }
        }
    }
    text
}

fn line(text: &mut String, of: &[String], spread: &Spread) {
    let numbers = [cell(spread.low), cell(spread.median), cell(spread.high), spread.count.to_string()];
    let cells: Vec<String> = of.iter().chain(&numbers).map(|cell| quoted(cell)).collect();
    *text += &cells.join(",");
    text.push('\n');
}
