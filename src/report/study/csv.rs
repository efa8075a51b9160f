//! A study's numbers as tidy CSV files: those that decide, and those of the charts.

use crate::record::study::{Chart, Claim, Finding, Series, Spread, Study};
use crate::report::csv::cell::number;
use crate::report::csv::{Column, table};

/// One number of a claim.
struct Row<'a, W> {
    study: &'a Study,
    claim: &'a Claim,
    what: W,
    spread: &'a Spread,
}

/// A point of a chart.
struct At<'a> {
    chart: &'a Chart,
    series: &'a Series,
    place: &'a str,
}

/// A row per finding, in the record's order.
pub fn findings_csv(study: &Study) -> String {
    let rows = study
        .claims
        .iter()
        .flat_map(|claim| claim.findings.iter().map(move |what| Row { study, claim, what, spread: &what.value }));
    fn own<'a>() -> [Column<Row<'a, &'a Finding>>; 1] {
        [("what", |row| row.what.what.clone())]
    }
    table(&around(own()), rows)
}

/// A row per point, in the record's order; 0 draws and no numbers where a chart has no point.
pub fn charts_csv(study: &Study) -> String {
    let charts = study.claims.iter().flat_map(|claim| claim.charts.iter().map(move |chart| (claim, chart)));
    let series = charts.flat_map(|(claim, chart)| chart.series.iter().map(move |series| (claim, chart, series)));
    let rows = series.flat_map(|(claim, chart, series)| {
        chart.places.iter().zip(&series.points).map(move |(place, spread)| Row {
            study,
            claim,
            what: At { chart, series, place },
            spread,
        })
    });
    fn own<'a>() -> [Column<Row<'a, At<'a>>>; 3] {
        [
            ("chart", |row| row.what.chart.title.clone()),
            ("series", |row| row.what.series.name.clone()),
            ("place", |row| row.what.place.into()),
        ]
    }
    table(&around(own()), rows)
}

/// Keys before what a table is about, numbers after it.
fn around<'a, W, const N: usize>(own: [Column<Row<'a, W>>; N]) -> Vec<Column<Row<'a, W>>> {
    let keys: [Column<Row<'a, W>>; 5] = [
        ("spec_hash", |row| row.study.spec_hash.clone()),
        ("width", |row| row.study.spec.width.to_string()),
        ("batch", |row| row.study.spec.batch.to_string()),
        ("seed", |row| row.study.spec.seed.to_string()),
        ("claim", |row| row.claim.letter.to_string()),
    ];
    let numbers: [Column<Row<'a, W>>; 4] = [
        ("median", |row| number(row.spread.median)),
        ("low", |row| number(row.spread.low)),
        ("high", |row| number(row.spread.high)),
        ("draws", |row| row.spread.count.to_string()),
    ];
    keys.into_iter().chain(own).chain(numbers).collect()
}
