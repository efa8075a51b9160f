//! Where an arithmetic's noise comes from, and what was tried against it: what tables, sentences and figures ask of both.

use crate::record::{
    ArithmeticRun, LayerRun, NoiseSource, Number, Quantiles, Remedy, RemedyKind, Run, SourceNoise, Verdict,
};
use crate::report::facts;
use crate::report::numbers::{Notation, power, ratio, short};

/// A remedy must cut the noise at least this much to be called one, and a layer must have as much more to be worse.
pub const LEAST_CUT: f64 = 1.1;

/// The source that rules a layer's noise.
#[derive(Clone, Copy, Debug)]
pub struct Dominant<'a> {
    /// Which.
    pub source: NoiseSource,
    /// The noise with it alone.
    pub alone: Option<&'a Quantiles>,
    /// The noise with everything but it.
    pub without: Option<&'a Quantiles>,
    /// True if it carries at least half of the noise's energy, alone or by its absence.
    pub makes_most: bool,
}

impl Dominant<'_> {
    /// `0.27 alone; 0.031 without them`.
    pub fn numbers(&self, notation: Notation) -> String {
        let pronoun = if self.is_plural() { "them" } else { "it" };
        let alone = self.alone.map(|noise| format!("{} alone", of(noise, notation)));
        let without = self.without.map(|noise| format!("{} without {pronoun}", of(noise, notation)));
        alone.into_iter().chain(without).collect::<Vec<_>>().join("; ")
    }

    /// `Branch flips make most of it`, `No source makes most of it; the greatest is rounding on the way back`.
    pub fn claim(&self) -> String {
        let name = match self.source {
            NoiseSource::Storage => "storage",
            NoiseSource::Forward => "rounding on the way forward",
            NoiseSource::Backward => "rounding on the way back",
            NoiseSource::BranchFlips => "branch flips",
            NoiseSource::Range => "the format's range",
            NoiseSource::Accumulation => "accumulation",
        };
        if !self.makes_most {
            return format!("No source makes most of it; the greatest is {name}");
        }
        let mut letters = name.chars();
        let first = letters.next().map_or(String::new(), |letter| letter.to_uppercase().to_string());
        let verb = if self.is_plural() { "make" } else { "makes" };
        format!("{first}{} {verb} most of it", letters.as_str())
    }

    fn is_plural(&self) -> bool {
        self.source == NoiseSource::BranchFlips
    }
}

/// A layer's noise in words: `≤ 1e-20`.
pub fn of(noise: &Quantiles, notation: Notation) -> String {
    match noise.median {
        Number::None => "—".into(),
        median => ratio(median, noise.at_most, notation),
    }
}

/// The first arithmetic whose noise was attributed, with its place.
pub fn first_attributed(run: &Run) -> Option<(usize, &ArithmeticRun)> {
    run.arithmetics.iter().enumerate().find(|(_, arithmetic)| arithmetic.attribution.is_some())
}

/// Every source of an arithmetic; none where its noise was not attributed.
pub fn sources(arithmetic: &ArithmeticRun) -> &[SourceNoise] {
    arithmetic.attribution.as_ref().map_or(&[], |attribution| &attribution.sources)
}

/// The source that rules the layer at a place: the one whose removal lowers the noise most, and where removals do not
/// tell, the greatest alone.
///
/// Accumulation cuts across forward and backward and is no further share. Branch flips are made by rounding on the way
/// forward, so that taking `forward` away takes them away, too, and what leaves the range does so in one of the roles:
/// where such a part carries at least half of the role's energy, it is named in its place.
pub fn dominant(arithmetic: &ArithmeticRun, index: usize) -> Option<Dominant<'_>> {
    struct Share<'a> {
        source: NoiseSource,
        alone: Option<&'a Quantiles>,
        without: Option<&'a Quantiles>,
    }
    let finite = |noise: Option<&Quantiles>| noise.and_then(|noise| noise.median.finite());
    let shares: Vec<Share> = sources(arithmetic)
        .iter()
        .filter(|one| one.source != NoiseSource::Accumulation)
        .map(|one| Share {
            source: one.source,
            alone: one.alone.as_ref().and_then(|layers| layers.get(index)),
            without: one.without.get(index),
        })
        .collect();
    let plain = arithmetic.layers.get(index)?.noise_to_signal.median.value();
    // A difference below this is within what order statistics of few trials do by themselves.
    let least = shares.iter().filter_map(|share| finite(share.without)).fold(plain, f64::min);
    let is_near = |share: &&Share| finite(share.without).is_some_and(|without| without <= least * LEAST_CUT);
    let decided = least * LEAST_CUT < plain;
    let candidates = shares.iter().filter(|share| !decided || is_near(share));
    // What overflows by itself is the greatest of all.
    let alone = |share: &Share| share.alone.map_or(0.0, |noise| noise.median.value().max(0.0));
    let greatest = candidates.reduce(|best, next| if alone(next) > alone(best) { next } else { best })?;
    let half = std::f64::consts::FRAC_1_SQRT_2;
    let is_part = |part: &&Share| match greatest.source {
        NoiseSource::Forward => matches!(part.source, NoiseSource::BranchFlips | NoiseSource::Range),
        NoiseSource::Backward => part.source == NoiseSource::Range,
        _ => false,
    };
    let parts = shares.iter().filter(is_part).filter(|part| alone(part) > 0.0 && alone(part) >= half * alone(greatest));
    let ruling = parts.reduce(|best, next| if alone(next) > alone(best) { next } else { best }).unwrap_or(greatest);
    let is_there = alone(ruling) > 0.0 || finite(ruling.without).is_some_and(|without| without < plain);
    let makes_most = alone(ruling) >= half * plain || finite(ruling.without).is_some_and(|x| x <= half * plain);
    is_there.then_some(Dominant { source: ruling.source, alone: ruling.alone, without: ruling.without, makes_most })
}

/// A layer as far as remedies go: its verdict and its noise.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// Over the trials.
    pub verdict: Verdict,
    /// Noise-to-signal ratio of the weight gradient.
    pub noise: &'a Quantiles,
}

impl State<'_> {
    /// True where the ratio measures noise: neither zero nor overflowed nor unknown.
    pub fn has_noise(&self) -> bool {
        matches!(self.verdict, Verdict::Sound | Verdict::Noisy | Verdict::Chaotic)
    }

    /// `0.286`, `vanished`.
    pub fn short(&self, notation: Notation) -> String {
        if self.has_noise() { of(self.noise, notation) } else { self.verdict.to_string() }
    }

    /// How many times less noise `after` has; `None` where that is no number.
    pub fn cut(&self, after: &State) -> Option<f64> {
        let both = self.has_noise() && after.has_noise();
        cut(self.noise, after.noise).filter(|_| both)
    }

    /// Milder, or as mild with less noise.
    pub fn is_better_than(&self, other: &State) -> bool {
        let less = || self.noise.median.value() < other.noise.median.value();
        self.verdict < other.verdict || (self.verdict == other.verdict && self.has_noise() && less())
    }

    /// Clearly better: a milder verdict, or noise that is [`LEAST_CUT`] times less.
    pub fn cures(&self, before: &State) -> bool {
        let cut = before.cut(self).is_some_and(|times| times >= LEAST_CUT);
        self.has_noise()
            && (cut && self.verdict <= before.verdict || self.verdict < before.verdict && !before.has_noise())
    }
}

/// How many times less noise `after` has than `before`; `None` where that is no number.
pub fn cut(before: &Quantiles, after: &Quantiles) -> Option<f64> {
    match (before.median, after.median) {
        (Number::Finite(from), Number::Finite(to)) if to > 0.0 && !before.at_most => Some(from / to),
        (Number::Finite(from), Number::Finite(_)) if from > 0.0 && !before.at_most => Some(f64::INFINITY),
        (Number::Infinite, Number::Finite(_)) => Some(f64::INFINITY),
        _ => None,
    }
}

/// The layers of the plain run.
pub fn plain(arithmetic: &ArithmeticRun) -> Vec<State<'_>> {
    arithmetic.layers.iter().map(plain_state).collect()
}

fn plain_state(layer: &LayerRun) -> State<'_> {
    State { verdict: layer.verdict.verdict, noise: &layer.noise_to_signal }
}

/// The layers under a remedy.
pub fn remedied(remedy: &Remedy) -> Vec<State<'_>> {
    let layers = remedy.layers.iter();
    layers.map(|layer| State { verdict: layer.verdict.verdict, noise: &layer.noise_to_signal }).collect()
}

/// The place of the worst layer: the most severe verdict, then the most noise, then the nearest to the input.
pub fn worst(layers: &[State]) -> Option<usize> {
    (0..layers.len()).reduce(|worst, next| if layers[worst].is_better_than(&layers[next]) { next } else { worst })
}

/// The remedy that makes the layer at a place best, if any makes it clearly better.
pub fn best(arithmetic: &ArithmeticRun, index: usize) -> Option<(&Remedy, State<'_>)> {
    let before = plain_state(arithmetic.layers.get(index)?);
    let after = |remedy| Some((remedy, *remedied(remedy).get(index)?));
    let cures = arithmetic.remedies.iter().filter_map(after).filter(|(_, state)| state.cures(&before));
    cures.reduce(|best, next| if next.1.is_better_than(&best.1) { next } else { best })
}

/// True for loss scaling where no entry of any layer underflows or overflows, or where it changes nothing.
pub fn is_needless(arithmetic: &ArithmeticRun, remedy: &Remedy) -> bool {
    let is_lost = |layer: &LayerRun| {
        layer.fates.flushed > 0 || layer.fates.overflowed > 0 || layer.verdict.verdict == Verdict::Vanished
    };
    let has_nothing_to_cure = || !arithmetic.layers.iter().any(is_lost);
    let changes_nothing = remedy.log2_loss_scale == arithmetic.log2_loss_scale.unwrap_or(0);
    remedy.kind == RemedyKind::LossScaling && (changes_nothing || has_nothing_to_cure())
}

/// Why loss scaling that is needless is: `needs no loss scale`, or that no other one is better than the one it has.
pub fn needless(arithmetic: &ArithmeticRun) -> &'static str {
    if arithmetic.log2_loss_scale.is_some() { "no other loss scale is better" } else { "needs no loss scale" }
}

/// A remedy in few words, for a table: `f32 accumulator`, `loss ×2^8`.
pub fn label(arithmetic: &ArithmeticRun, remedy: &Remedy, notation: Notation) -> String {
    match remedy.kind {
        RemedyKind::Accumulator => "f32 accumulator".into(),
        RemedyKind::Forward => "forward in f32".into(),
        RemedyKind::Backward => "backward in f32".into(),
        RemedyKind::LossScaling if is_needless(arithmetic, remedy) => "loss scaling".into(),
        RemedyKind::LossScaling => facts::scale(remedy.log2_loss_scale, notation),
    }
}

/// A remedy in a sentence: `an f32 accumulator`, `loss scaling (2^8)`.
pub fn in_words(remedy: &Remedy, notation: Notation) -> String {
    match remedy.kind {
        RemedyKind::Accumulator => "an f32 accumulator".into(),
        RemedyKind::Forward => "forward in f32".into(),
        RemedyKind::Backward => "backward in f32".into(),
        RemedyKind::LossScaling => format!("loss scaling ({})", power(2, remedy.log2_loss_scale.into(), notation)),
    }
}

/// A factor to two digits, a whole one below 10 with its decimal: `2.2`, `1.0`, `61`, `4.9e19`.
pub fn factor(times: f64, notation: Notation) -> String {
    let rounded: f64 = format!("{times:.1e}").parse().unwrap_or(times);
    if (1.0..10.0).contains(&rounded) { format!("{rounded:.1}") } else { short(rounded, notation) }
}
