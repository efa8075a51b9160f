//! Several activations side by side: noise-to-signal at layer 1, a group per activation, a lane per arithmetic.

use super::lanes::Lanes;
use super::points::{self, measured};
use super::run::{name, of_layers, of_run, ratio, trials};
use crate::judgement::Judgement;
use crate::record::Record;
use crate::report::numbers::Notation::Typeset;
use crate::report::panel::{Marker, Panel, Sample, Series, Symbol};
use crate::report::{facts, say};

/// The panel of a record.
pub fn panel(record: &Record, judgement: &Judgement) -> Panel {
    let runs = || record.runs.iter().zip(&judgement.runs);
    let first = runs().flat_map(|(run, judged)| of_run(run, judged)).filter_map(|one| of_layers(one).next());
    let mut lanes = Lanes::new("noise / signal (left is better)", first.filter_map(measured));
    for (row, (run, judged)) in runs().enumerate() {
        for (place, one) in of_run(run, judged).enumerate() {
            let (series, lane) = (Series::new(place), lanes.next() + place as f64);
            if let Some(point) = points::first(one, &lanes.axis) {
                lanes.mark(point, series, lane, (2.2, Symbol::full(series.marker)));
            }
            let words = one.0.sites.first().map(|layer| {
                let reach = facts::verdict_and_reach(one.1);
                format!("{} in {}, layer {}\n{}\n{reach}", run.activation, one.0.name, layer.site, ratio(layer))
            });
            lanes.tip(lane, row, words);
            let noise = say::cells::middle(&one.1.first, Typeset);
            // Not broken within.
            let noise = noise.replace(" in ", " in\u{a0}").replace(" of ", "\u{a0}of\u{a0}");
            lanes.entry(series, name(one.0), format!("{noise}, {}", one.1.first.verdict.in_words()), lane);
        }
        lanes.group(&run.activation, vec![String::new(); run.arithmetics.len().max(1)]);
    }
    let trials = judgement.runs.first().map_or(0, trials);
    let bar = points::spread(lanes.joined().map(|one| one.at), trials, Sample::Bar(Marker::Circle), "median, bar");
    let mut key = points::key(lanes.points().iter(), bar, Symbol::Leftward, lanes.edge());
    key.push((Sample::Nothing, "verdicts: how many trials have each".into()));
    lanes.panel(Panel {
        name: "compare".into(),
        title: "Noise / signal of the computed weight gradient of layer 1".into(),
        alternative: say::sentences(record, judgement, Typeset).join(" "),
        key,
        ..Panel::default()
    })
}
