//! Finds which of several contenders has the least noise, as far as paired trials distinguish them.
//!
//! Contenders are measured on the same draws, so trial i of one pairs with trial i of another. Two count as different
//! if the sign test over the pairs says so (two-sided p ≤ 1/16) *and* the median of the paired ratios is at least 1.1:
//! a difference that is certain but tiny decides nothing. Fewer than five pairs can never reach p ≤ 1/16.

use super::layer::TrialNoise;
use crate::record::{Number, SiteRun};
use crate::statistics;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Fewest paired trials that can be ranked.
pub const LEAST_TRIALS: usize = 5;

/// The median of the paired ratios from which a difference counts.
pub const LEAST_RATIO: f64 = 1.1;

/// The largest two-sided p of the sign test is one over this.
const ONE_OVER_P: f64 = 16.0;

/// Noise/signal of one trial: a value, or only an upper limit of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The ratio, or its limit; +∞ where a gradient is not finite.
    pub value: f64,
    /// The ratio may be anywhere between 0 and `value`.
    pub at_most: bool,
}

/// One contender's noise/signal by trial; `None` where a trial has none (0/0).
pub type Trials = Vec<Option<Ratio>>;

/// The ratios of a layer's gradient, weights and biases together.
pub fn trials(layer: &SiteRun) -> Trials {
    let ratio = |noise: TrialNoise| {
        let is_known = noise.noise_to_signal != Number::None;
        is_known.then(|| Ratio { value: noise.noise_to_signal.value(), at_most: noise.at_most })
    };
    layer.trials.iter().map(|trial| TrialNoise::of(trial).and_then(ratio)).collect()
}

/// The outcome over several contenders, named by their places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Ranking {
    /// There are fewer paired trials than [`LEAST_TRIALS`].
    TooFewTrials {
        /// The trials that there are.
        trials: usize,
    },
    /// The contender with the smallest median, and those that cannot be distinguished from it, by their medians.
    Best {
        /// Its place.
        best: usize,
        /// Places of the others.
        not_apart: Vec<usize>,
    },
}

/// Ranks contenders; each has a ratio for every trial or `None`.
///
/// # Panics
/// Without contenders.
pub fn rank(contenders: &[Trials]) -> Ranking {
    let trials = contenders.iter().map(|trials| trials.iter().flatten().count()).min().expect("there are contenders");
    if trials < LEAST_TRIALS {
        return Ranking::TooFewTrials { trials };
    }
    let mut places: Vec<usize> = (0..contenders.len()).collect();
    places.sort_by(|x, y| median(&contenders[*x]).total_cmp(&median(&contenders[*y])));
    let best = places[0];
    let is_not_apart = |place: &usize| !is_less(&contenders[best], &contenders[*place]);
    Ranking::Best { best, not_apart: places[1..].iter().copied().filter(is_not_apart).collect() }
}

/// Ratios that are known exactly; `None` for NaN.
pub fn exactly(values: impl IntoIterator<Item = f64>) -> Trials {
    let ratio = |value: f64| (!value.is_nan()).then_some(Ratio { value, at_most: false });
    values.into_iter().map(ratio).collect()
}

/// Which of two contenders has less, as far as the paired trials tell: `None` if they cannot be told apart.
pub fn compared(one: &Trials, other: &Trials) -> Option<Ordering> {
    match (is_less(one, other), is_less(other, one)) {
        (true, _) => Some(Ordering::Less),
        (_, true) => Some(Ordering::Greater),
        _ => None,
    }
}

/// Whether the paired trials show that one contender has less noise than another.
pub fn is_less(less: &Trials, more: &Trials) -> bool {
    let pairs: Vec<(Ratio, Ratio)> =
        less.iter().zip(more).filter_map(|(less, more)| Some(((*less)?, (*more)?))).collect();
    // Each pair counts twice, so that a tie can give half to each side.
    let wins: usize = pairs
        .iter()
        .map(|(less, more)| 1 + usize::from(is_below(less, more)) - usize::from(is_below(more, less)))
        .sum();
    pairs.len() >= LEAST_TRIALS && tells(wins / 2, pairs.len()) && median_ratio(&pairs) >= LEAST_RATIO
}

/// Whether one ratio is certainly below another: an upper limit may be anywhere below itself.
fn is_below(less: &Ratio, more: &Ratio) -> bool {
    !more.at_most && less.value < more.value
}

/// Whether a number of wins out of a number of pairs has a two-sided p of at most 1/16 under equal chances.
fn tells(wins: usize, pairs: usize) -> bool {
    if 2 * wins <= pairs {
        return false;
    }
    // Σ C(n, k)/2^n over k from wins to n, times two; each term from the one before, so nothing overflows early.
    let mut term = crate::format::two_to(1 - pairs.min(1000) as i64);
    let mut sum = 0.0;
    for losses in 0..=pairs - wins {
        sum += term;
        term *= (pairs - losses) as f64 / (losses + 1) as f64;
    }
    sum * ONE_OVER_P <= 1.0
}

/// The upper median of the ratios of more noise over less. A limit is used as it stands: the true ratio
/// can only be larger.
fn median_ratio(pairs: &[(Ratio, Ratio)]) -> f64 {
    let ratio = |(less, more): &(Ratio, Ratio)| match (less.value, more.value) {
        (x, y) if x == y => 1.0,
        (x, y) if x.is_finite() && x > 0.0 => y / x,
        (0.0, _) => f64::INFINITY,
        _ => 0.0,
    };
    statistics::median(pairs.iter().map(ratio)).unwrap_or(1.0)
}

/// The upper median of a contender's ratios, as a record has it.
fn median(trials: &Trials) -> f64 {
    statistics::median(trials.iter().flatten().map(|ratio| ratio.value)).unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(values: &[f64]) -> Trials {
        values.iter().map(|value| Some(Ratio { value: *value, at_most: false })).collect()
    }

    /// The smallest number of wins that distinguishes two contenders: 5 of 5, 8 of 8, 8 of 9, 12 of 15, 21 of 30.
    #[test]
    fn the_sign_test_has_its_tabulated_limits() {
        for (least, of) in [(5, 5), (6, 6), (7, 7), (8, 8), (8, 9), (9, 10), (12, 15), (15, 20), (21, 30)] {
            assert!(tells(least, of) && !tells(least - 1, of), "{least} of {of}");
        }
        assert!(!tells(4, 4) && !tells(0, 5));
    }

    #[test]
    fn a_certain_but_tiny_difference_is_no_rank() {
        let base = [0.1, 0.2, 0.3, 0.15, 0.12];
        let twice = exactly(base.map(|x| 2.0 * x));
        assert_eq!(compared(&exactly(base), &twice), Some(Ordering::Less));
        assert_eq!(compared(&twice, &exactly(base)), Some(Ordering::Greater));
        assert_eq!(compared(&exactly(base), &exactly(base.map(|x| x * 1.09))), None);
        assert_eq!(exactly([f64::NAN, 1.0])[0], None);
        assert!(is_less(&known(&base), &known(&base.map(|x| x * 1.11))));
        assert!(!is_less(&known(&base), &known(&base.map(|x| x * 1.09))));
        // One trial the other way round.
        let mixed = [0.2, 0.4, 0.6, 0.3, 0.11];
        assert!(!is_less(&known(&base), &known(&mixed)));
    }

    #[test]
    fn limits_and_infinities_claim_no_more_than_they_tell() {
        let limit = |value| vec![Some(Ratio { value, at_most: true }); 5];
        assert!(is_less(&limit(1e-20), &known(&[0.1; 5])));
        assert!(!is_less(&known(&[1e-25; 5]), &limit(1e-20)), "the other may be lower still");
        assert!(!is_less(&limit(1e-25), &limit(1e-20)));
        assert!(is_less(&known(&[0.1; 5]), &known(&[f64::INFINITY; 5])));
        assert!(!is_less(&known(&[f64::INFINITY; 5]), &known(&[f64::INFINITY; 5])));
    }

    #[test]
    fn the_best_is_named_with_those_that_are_not_apart() {
        // Measured: relu, leaky and elu, depth 20, layer 1 in f16.
        let relu = known(&[0.092, 0.131, 0.156, 0.085, 0.078]);
        let leaky = known(&[0.081, 0.118, 0.139, 0.09, 0.07]);
        let elu = known(&[0.011, 0.012, 0.013, 0.01, 0.012]);
        assert_eq!(rank(&[relu.clone(), leaky.clone(), elu]), Ranking::Best { best: 2, not_apart: vec![] });
        assert_eq!(rank(&[relu.clone(), leaky]), Ranking::Best { best: 1, not_apart: vec![0] });
        assert_eq!(rank(&[relu[..4].to_vec(), relu]), Ranking::TooFewTrials { trials: 4 });
    }

    /// Pairs that differ by the draw alone are ranked in at most 1 of 16 cases, whatever the spread.
    #[test]
    fn equal_contenders_are_seldom_told_apart() {
        let mut state = 1u64;
        let mut draw = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            0.05 + (state >> 33) as f64 / (1u64 << 31) as f64
        };
        let pairs = 2000;
        let apart = (0..pairs).filter(|_| {
            let [one, other] = [0, 1].map(|_| known(&std::array::from_fn::<f64, 9, _>(|_| draw())));
            is_less(&one, &other) || is_less(&other, &one)
        });
        let apart = apart.count();
        // p of the test itself: 20 of 512; five standard deviations above.
        assert!(apart <= 2000 * 20 / 512 + 45, "{apart} of {pairs}");
        assert!(apart > 10, "{apart}: the test can tell something");
    }
}
