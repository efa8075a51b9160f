//! Records made by hand: what every layer does in every trial, what the exact network is, what was tried.

use crate::common::records::{self, Behaviour};
pub use crate::common::records::{first, judged};
use precision_probe::record::*;
use precision_probe::statistics::quantiles;
use precision_probe::verdict::over_trials;

/// One layer in one trial: its verdict and its noise-to-signal ratio.
pub type Cell = (Verdict, f64);

pub const SOUND: Cell = (Verdict::Sound, 0.01);
pub const NOISY: Cell = (Verdict::Noisy, 0.4);
pub const CHAOTIC: Cell = (Verdict::Chaotic, 3.0);
pub const UNDERFLOW: Cell = (Verdict::Underflow, 1.0);
pub const OVERFLOW: Cell = (Verdict::Overflow, f64::INFINITY);
pub const ZERO: Cell = (Verdict::Zero, f64::NAN);
pub const UNKNOWN: Cell = (Verdict::NotEstablished, f64::NAN);

/// A record of arithmetics; of each, a row per layer with a cell per trial.
pub fn record(arithmetics: &[(&str, Vec<Vec<Cell>>)]) -> Record {
    let (layers, trials) = (arithmetics[0].1.len(), arithmetics[0].1[0].len());
    let behaviours: Vec<(&str, Behaviour)> =
        arithmetics.iter().map(|(name, _)| (*name, Behaviour::Noise(0.2))).collect();
    let mut record = records::record(layers - 1, trials, &behaviours);
    for (run, (_, cells)) in record.runs[0].arithmetics.iter_mut().zip(arithmetics) {
        run.sites.iter_mut().zip(cells).for_each(|(layer, cells)| fill(layer, cells));
        run.verdict = run.sites[0].verdict.clone();
    }
    record
}

/// Sets what a layer does.
pub fn fill(layer: &mut SiteRun, cells: &[Cell]) {
    for (trial, (verdict, noise)) in layer.trials.iter_mut().zip(cells) {
        trial.verdict = *verdict;
        trial.tensors[0].noise_to_signal = Number::new(*noise);
    }
    layer.noise_to_signal = quantiles(cells.iter().map(|(_, noise)| (Number::new(*noise), false)));
    layer.verdict = over_trials(&cells.iter().map(|(verdict, _)| *verdict).collect::<Vec<_>>());
    layer.fates.flushed = if cells.iter().any(|cell| cell.0 == Verdict::Underflow) { 9 } else { 0 };
    layer.fates.overflowed = if cells.iter().any(|cell| cell.0 == Verdict::Overflow) { 9 } else { 0 };
}

/// The same cell in every layer and trial.
pub fn all(cell: Cell, layers: usize, trials: usize) -> Vec<Vec<Cell>> {
    vec![vec![cell; trials]; layers]
}

/// A remedy whose layers did so.
pub fn remedy(kind: RemedyKind, name: &str, layers: &[Vec<Cell>]) -> Remedy {
    let trials = (0..layers[0].len()).map(|trial| whole(layers.iter().map(|layer| layer[trial]))).collect();
    let sites = layers.iter().zip(1..).map(|(cells, site)| RemedySite {
        site,
        noise_to_signal: quantiles(cells.iter().map(|(_, noise)| (Number::new(*noise), false))),
        verdict: over_trials(&cells.iter().map(|(verdict, _)| *verdict).collect::<Vec<_>>()),
        flushed: Number::new(0.0),
    });
    let log2_loss_scale = if kind == RemedyKind::LossScaling { 8 } else { 0 };
    Remedy { kind, name: name.into(), policy: None, log2_loss_scale, sites: sites.collect(), trials: Some(trials) }
}

/// All layers in one trial, as a record tells it.
pub fn whole(layers: impl Iterator<Item = Cell>) -> WholeTrial {
    use Verdict::*;
    let counted: Vec<Cell> = layers.filter(|(verdict, _)| *verdict != Zero).collect();
    let noises = counted.iter().map(|(_, noise)| *noise).filter(|noise| !noise.is_nan());
    let order = [Sound, Noisy, Chaotic, NotEstablished, Underflow, Overflow];
    let worst = order.into_iter().rev().find(|verdict| counted.iter().any(|cell| cell.0 == *verdict));
    WholeTrial {
        worst_noise: noises.reduce(f64::max).map_or(Number::None, Number::new),
        verdict: worst.unwrap_or(Zero),
    }
}

/// A healthy layer of an exact network, sizes in log₂.
pub fn healthy() -> ExactSite {
    ExactSite {
        log2_gradient: Number::Finite(-6.0),
        log2_weights: Number::Finite(0.0),
        log2_inputs: Number::Finite(0.0),
        log2_outputs: Number::Finite(0.0),
        log2_derivatives: Number::Finite(-0.5),
        log2_delta: Number::Finite(-5.0),
        log2_minibatch_noise: Number::Finite(-7.0),
        minibatch_noise_at_most: false,
        zero: None,
    }
}

/// Gives every trial its exact network, layer 1 first.
pub fn with_exact(mut record: Record, trials: &[Vec<ExactSite>]) -> Record {
    for (place, layer) in record.runs[0].truth.sites.iter_mut().enumerate() {
        for (trial, network) in layer.trials.iter_mut().zip(trials) {
            trial.exact = Some(Box::new(network[place].clone()));
            trial.log2_norm = network[place].log2_gradient;
        }
    }
    record
}
