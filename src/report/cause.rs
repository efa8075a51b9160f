//! The noise of an arithmetic by source and under remedies, as tables and figures show it; what is concluded from it is
//! the judgement's.

use crate::record::{
    ArithmeticRun, NoiseSource, Number, Quantiles, Remedy, Run, SiteRun, SourceNoise, SourceSite, Verdict,
};
use crate::report::numbers::{Notation, middle};

/// The first arithmetic whose noise was attributed, with its place.
pub fn first_attributed(run: &Run) -> Option<(usize, &ArithmeticRun)> {
    run.arithmetics.iter().enumerate().find(|(_, arithmetic)| arithmetic.attribution.is_some())
}

/// Every source of an arithmetic; empty if its noise was not attributed.
pub fn sources(arithmetic: &ArithmeticRun) -> &[SourceNoise] {
    arithmetic.attribution.as_ref().map_or(&[], |attribution| &attribution.sources)
}

/// One source of the noise of the layer at a place.
pub fn source_at(arithmetic: &ArithmeticRun, source: NoiseSource, place: usize) -> Option<&SourceSite> {
    sources(arithmetic).iter().find(|one| one.source == source)?.sites.get(place)
}

/// A layer as far as remedies go: its verdict and its noise.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// Over the trials.
    pub verdict: Verdict,
    /// Noise-to-signal ratio of the layer's gradient, of weights and biases together.
    pub noise: Quantiles,
}

impl State {
    /// True where the ratio measures noise: neither zero nor overflowed nor unknown.
    pub fn has_noise(&self) -> bool {
        self.verdict.has_noise()
    }

    /// `0.286`, `underflow`.
    pub fn short(&self, notation: Notation) -> String {
        if self.has_noise() { middle(&self.noise, notation) } else { self.verdict.to_string() }
    }

    /// How many times less noise `after` has: of two trials of the lesser and of the greater noise. Empty if that is no
    /// number.
    pub fn cuts(&self, after: &State) -> Vec<f64> {
        if !self.has_noise() || !after.has_noise() || self.noise.at_most {
            return Vec::new();
        }
        let is_of_two = (self.noise.both().is_some() || after.noise.both().is_some())
            && [self, after].iter().all(|state| state.noise.count == 2);
        let pairs = if is_of_two {
            vec![(self.noise.low, after.noise.low), (self.noise.high, after.noise.high)]
        } else {
            vec![(self.noise.median, after.noise.median)]
        };
        pairs.into_iter().map(|(before, after)| cut(before, after)).collect::<Option<_>>().unwrap_or_default()
    }

    /// Milder, or as mild with less noise.
    pub fn is_better_than(&self, other: &State) -> bool {
        let less = || self.noise.median.value() < other.noise.median.value();
        self.verdict < other.verdict || (self.verdict == other.verdict && self.has_noise() && less())
    }
}

/// How many times less `after` is than `before`; `None` where that is no number.
fn cut(before: Number, after: Number) -> Option<f64> {
    match (before, after) {
        (Number::Finite(from), Number::Finite(to)) if to > 0.0 => Some(from / to),
        (Number::Finite(from), Number::Finite(_)) if from > 0.0 => Some(f64::INFINITY),
        (Number::Infinite, Number::Finite(_)) => Some(f64::INFINITY),
        _ => None,
    }
}

/// The layers of the plain run.
pub fn plain(arithmetic: &ArithmeticRun) -> Vec<State> {
    arithmetic.sites.iter().map(plain_state).collect()
}

fn plain_state(layer: &SiteRun) -> State {
    State { verdict: layer.verdict.verdict, noise: layer.shown_noise() }
}

/// The layers under a remedy.
pub fn remedied(remedy: &Remedy) -> Vec<State> {
    let layers = remedy.sites.iter();
    layers.map(|layer| State { verdict: layer.verdict.verdict, noise: layer.noise_to_signal }).collect()
}

/// The place of the worst layer: the most severe verdict, then the most noise, then the nearest to the input. Layers
/// whose gradient is zero or not established are no arithmetic's doing; they count only where there are no others.
pub fn worst(layers: &[State]) -> Option<usize> {
    let is_ordered = |place: &usize| layers[*place].verdict.is_ordered();
    let ordered: Vec<usize> = (0..layers.len()).filter(is_ordered).collect();
    let candidates = if ordered.is_empty() { (0..layers.len()).collect() } else { ordered };
    candidates.into_iter().reduce(|worst, next| if layers[worst].is_better_than(&layers[next]) { next } else { worst })
}
