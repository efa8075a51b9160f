//! How long cells take here: small networks of the sweep are measured before it starts.

use super::attempt::attempt;
use super::planning::Planning;
use crate::cli::failure::Failure;
use crate::spec::Spec;
use crate::sweep::deal::largest_first;
use crate::sweep::plan::work;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Most time for all of it.
const MOST: Duration = Duration::from_secs(10);
/// Part of the estimated time of the sweep that it may take.
const SHARE: f64 = 0.02;
/// Depth of the first network that is tried.
const LEAST_DEPTH: usize = 4;
/// A network that takes less says little.
const ENOUGH: Duration = Duration::from_millis(300);

/// Work per second in one thread.
pub struct Rates {
    by_activation: BTreeMap<String, f64>,
    /// Of all that were measured together.
    all: f64,
}

impl Rates {
    /// Measures single trials of the cells, of every activation the one of median work, until the time is over; `None`
    /// if there is nothing to measure.
    pub fn measure(planning: &Planning, cells: &[usize]) -> Result<Option<Rates>, Failure> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = pool.map_err(|error| Failure::Input(format!("the system cannot start a thread ({error})")))?;
        let started = Instant::now();
        let mut by_activation: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for place in largest_first(&planning.cells, cells.iter().copied()) {
            let (spec, plan) = planning.plan.cell(planning.cells[place].combination);
            if plan.is_ok() {
                by_activation.entry(spec.activations.concat()).or_default().push(place);
            }
        }
        let total: f64 = cells.iter().filter_map(|place| planning.cells.get(*place)).map(|cell| cell.work as f64).sum();
        let (mut rates, mut done, mut spent) = (BTreeMap::new(), 0.0, 0.0);
        for (name, places) in by_activation {
            let Some(cell) = places.get(places.len() / 2).and_then(|place| planning.cells.get(*place)) else {
                continue;
            };
            let (whole, _) = planning.plan.cell(cell.combination);
            let mut depth = LEAST_DEPTH.min(whole.depth);
            loop {
                let Ok(plan) = (Spec { depth, trials: 1, ..whole.clone() }).validate() else { break };
                let began = Instant::now();
                let is_measured = attempt(&plan, &pool).is_ok();
                let took = began.elapsed();
                if !is_measured {
                    break;
                }
                (done, spent) = (done + work(&plan) as f64, spent + took.as_secs_f64());
                rates.insert(name.clone(), work(&plan) as f64 / took.as_secs_f64().max(1e-9));
                let left = MOST.saturating_sub(started.elapsed());
                if depth == whole.depth || took > ENOUGH || 6 * took > left || spent > SHARE * total * spent / done {
                    break;
                }
                depth = (4 * depth).min(whole.depth);
            }
            if started.elapsed() > MOST / 2 || spent > SHARE * total * spent / done.max(1.0) {
                break;
            }
        }
        Ok((done > 0.0).then(|| Rates { by_activation: rates, all: done / spent.max(1e-9) }))
    }

    /// Seconds that some cells take when so many are measured at once.
    pub fn time(&self, planning: &Planning, cells: &[usize], workers: usize) -> f64 {
        let seconds = |place: &usize| {
            let cell = planning.cells.get(*place)?;
            let activation = planning.plan.activation(cell.combination);
            let rate = activation.and_then(|name| self.by_activation.get(name)).unwrap_or(&self.all);
            Some(cell.work as f64 / rate)
        };
        let each: Vec<f64> = cells.iter().filter_map(seconds).collect();
        let longest = each.iter().copied().fold(0.0, f64::max);
        (each.iter().sum::<f64>() / workers as f64).max(longest)
    }
}
