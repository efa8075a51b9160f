//! A study's numbers as tidy CSV files: those that decide, and those of the charts.

use crate::record::study::{Claim, Spread, Study};
use crate::report::table::csv::{Column, column, number, table};

/// Names of the keys of a claim.
const KEYS: [&str; 5] = ["spec_hash", "width", "batch", "seed", "claim"];

/// A number, after what it is about.
type Row<'a> = (Vec<&'a str>, &'a Spread);

/// A row per finding, in the record's order.
pub fn findings_csv(study: &Study) -> String {
    csv(study, &["what"], |claim| claim.findings.iter().map(|one| (vec![&*one.what], &one.value)).collect())
}

/// A row per point, in the record's order; 0 draws and no numbers where a chart has no point.
pub fn charts_csv(study: &Study) -> String {
    csv(study, &["chart", "series", "place"], |claim| {
        let series = claim.charts.iter().flat_map(|chart| chart.series.iter().map(move |series| (chart, series)));
        let points = series.flat_map(|(chart, series)| {
            let points = chart.places.iter().zip(&series.points);
            points.map(|(place, point)| (vec![&*chart.title, &series.name, place], point))
        });
        points.collect()
    })
}

/// Keys before what the rows of a claim are about, numbers after it.
fn csv<'a>(study: &'a Study, about: &[&'a str], rows: fn(&'a Claim) -> Vec<Row<'a>>) -> String {
    let of_claim = |claim: &Claim| {
        let spec = &study.spec;
        let numbers = [spec.width as u64, spec.batch as u64, spec.seed].map(|number| number.to_string());
        [study.spec_hash.clone()].into_iter().chain(numbers).chain([claim.letter.to_string()]).collect()
    };
    let keys: Vec<Vec<String>> = study.claims.iter().map(of_claim).collect();
    let about = about.iter().enumerate();
    let about = about.map(|(place, name)| {
        column(*name, move |row: &Row| row.0.get(place).map_or(String::new(), |what| (*what).into()))
    });
    let numbers: [Column<Row>; 4] = [
        column("median", |row: &Row| number(row.1.median)),
        column("low", |row: &Row| number(row.1.low)),
        column("high", |row: &Row| number(row.1.high)),
        column("draws", |row: &Row| row.1.count.to_string()),
    ];
    let columns: Vec<Column<Row>> = about.chain(numbers).collect();
    let rows =
        study.claims.iter().zip(&keys).flat_map(|(claim, keys)| rows(claim).into_iter().map(|row| (&keys[..], row)));
    table(&KEYS, &columns, rows)
}
