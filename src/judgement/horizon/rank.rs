//! Which activation stays usable to the greatest depth.

use super::networks::{Networks, is_severe};
use super::reach::{Reach, reach};
use crate::judgement::exact::ExactState;
use crate::judgement::ranking::{self, Ranking, Ratio};
use crate::record::Verdict;
use crate::record::sweep::AxisValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The field in which contenders differ.
const ACTIVATION: &str = "activation";

/// Which activation stays usable to the greatest depth, of networks that differ in it alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HorizonRanking {
    /// The values that they share, without depth.
    pub values: BTreeMap<String, AxisValue>,
    /// The precision.
    pub arithmetic: String,
    /// Places of their lines.
    pub lines: Vec<usize>,
    /// The outcome, by places in `lines`.
    pub ranking: Ranking,
}

/// For every precision of networks that differ in the activation alone, how far each stays usable.
pub fn rankings(networks: &[Networks]) -> Vec<HorizonRanking> {
    let mut groups: Vec<(BTreeMap<String, AxisValue>, Vec<usize>)> = Vec::new();
    for (place, one) in networks.iter().enumerate() {
        let mut values = one.values.clone();
        values.remove(ACTIVATION);
        match groups.iter_mut().find(|(shared, _)| *shared == values) {
            Some((_, lines)) => lines.push(place),
            None => groups.push((values, vec![place])),
        }
    }
    let mut rankings = Vec::new();
    for (values, lines) in groups.into_iter().filter(|(_, lines)| lines.len() > 1) {
        let names = networks[lines[0]].measured.values().next().map_or(&[][..], |network| &network.precisions);
        for (place, precision) in names.iter().enumerate() {
            let contenders: Vec<ranking::Trials> = lines.iter().map(|line| usable(&networks[*line], place)).collect();
            let (ranking, arithmetic) = (ranking::rank(&contenders), precision.name.clone());
            rankings.push(HorizonRanking { values: values.clone(), arithmetic, lines: lines.clone(), ranking });
        }
    }
    rankings
}

/// One over the greatest depth to which no mode saturates a trial: the less, the deeper; infinite where it is saturated at
/// every measured depth, and an upper limit where it is at none.
fn usable(networks: &Networks, place: usize) -> ranking::Trials {
    let is_saturated = |(verdict, state): (&Verdict, &ExactState)| {
        Some(is_severe(*verdict) || *verdict == Verdict::Zero || *state == ExactState::Vanishing)
    };
    let grid = networks.grid(|network| {
        let verdicts = network.precisions.get(place).map_or(&[][..], |one| &one.verdicts);
        verdicts.iter().zip(&network.states).map(is_saturated).collect()
    });
    let trials = grid.iter().map(|(_, trials)| trials.len()).min().unwrap_or(0);
    let ratio = |trial| {
        let reach = reach(&grid, (1, 1), &[trial]);
        let usable = grid.iter().map(|(depth, _)| *depth).take_while(|depth| (*depth as f64) < reach.depth()).last();
        let value = usable.map_or(f64::INFINITY, |depth| 1.0 / depth.max(1) as f64);
        Some(Ratio { value, at_most: matches!(reach, Reach::Beyond { .. }) })
    };
    (0..trials).map(ratio).collect()
}
