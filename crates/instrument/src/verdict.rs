//! Verdicts: whether a layer's gradient is usable in an arithmetic and, if not, whether the format's range or its precision
//! is the reason; and how far the trials agree.

use crate::noise::Noise;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The state of one layer's gradient in one arithmetic.
///
/// The first five are ordered by severity. `zero` and `not established` are outside this order: the first is caused by the
/// network, not by an arithmetic, and the second is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Noise below a tenth of the signal.
    Sound,
    /// Noise-to-signal ratio of at least 0.1.
    Noisy,
    /// Noise-to-signal ratio of at least 1, or the step does not decrease the loss: rounding noise dominates the gradient.
    Chaotic,
    /// Flushed entries carry at least half of the gradient's energy.
    #[serde(alias = "vanished")]
    Underflow,
    /// An entry is infinite or NaN.
    Overflow,
    /// Every entry of the exact gradient is zero; computed entries may be nonzero (ghosts, which the fates count).
    #[serde(alias = "dead", alias = "dead_with_ghosts")]
    Zero,
    /// The error bounds of the exact gradient do not decide the threshold.
    NotEstablished,
}

/// The verdicts of a layer over the trials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictCount {
    /// The most severe verdict that at least half of the ordered trials reach; if all trials are `zero` or
    /// `not established`, the more frequent of the two.
    pub verdict: Verdict,
    /// Number of trials that reach it: for an ordered verdict, those with this or a more severe one.
    pub count: usize,
    /// Number of trials.
    pub of: usize,
    /// Number of trials with each verdict; absent in records before schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/Verdict" }))]
    pub distribution: Option<BTreeMap<Verdict, usize>>,
}

impl Verdict {
    /// All verdicts: the ordered ones from harmless to severe, then those outside the order.
    pub const ALL: [Verdict; 7] = [
        Verdict::Sound,
        Verdict::Noisy,
        Verdict::Chaotic,
        Verdict::Underflow,
        Verdict::Overflow,
        Verdict::Zero,
        Verdict::NotEstablished,
    ];

    /// Names of verdicts in records before schema 3, with their present verdicts.
    const FORMER: [(&str, Verdict); 3] =
        [("vanished", Verdict::Underflow), ("dead", Verdict::Zero), ("dead with ghosts", Verdict::Zero)];

    /// The verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Sound => "sound",
            Verdict::Noisy => "noisy",
            Verdict::Chaotic => "chaotic",
            Verdict::Underflow => "underflow",
            Verdict::Overflow => "overflow",
            Verdict::Zero => "zero",
            Verdict::NotEstablished => "not established",
        }
    }

    /// The noise-to-signal ratio from which a gradient has this verdict; `None` if no ratio decides it.
    pub fn least_noise(self) -> Option<f64> {
        match self {
            Verdict::Noisy => Some(NOISY),
            Verdict::Chaotic => Some(CHAOTIC),
            _ => None,
        }
    }

    /// Whether it has a place in the order of severity.
    pub fn is_ordered(self) -> bool {
        !matches!(self, Verdict::Zero | Verdict::NotEstablished)
    }

    /// Whether the ratio of noise to signal measures noise: the gradient is neither lost to the range, nor zero, nor
    /// unknown.
    pub fn has_noise(self) -> bool {
        matches!(self, Verdict::Sound | Verdict::Noisy | Verdict::Chaotic)
    }

    /// Whether it is `threshold` or more severe; verdicts outside the order reach only themselves.
    pub fn reaches(self, threshold: Verdict) -> bool {
        self == threshold || self.is_ordered() && threshold.is_ordered() && self > threshold
    }

    /// True if a figure must draw the point hollow, because its ratio does not measure noise.
    pub fn is_zero_or_overflow(self) -> bool {
        matches!(self, Verdict::Underflow | Verdict::Zero | Verdict::Overflow)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// NSR from which a layer is noisy.
pub const NOISY: f64 = 0.1;
/// NSR from which a layer is chaotic.
pub const CHAOTIC: f64 = 1.0;
/// Share of the gradient's energy in flushed entries from which the verdict is underflow.
pub const UNDERFLOW: f64 = 0.5;

impl Verdict {
    /// The verdict of one layer in one trial: the first that applies, from severe to harmless.
    pub fn of(noise: &Noise) -> Verdict {
        if noise.fates.overflowed > 0 {
            return Verdict::Overflow;
        }
        if noise.is_dead() {
            return Verdict::Zero;
        }
        match noise.flushed_reaches(UNDERFLOW) {
            None => return Verdict::NotEstablished,
            Some(true) => return Verdict::Underflow,
            Some(false) => {}
        }
        let Some(ratio) = noise.ratio() else { return Verdict::NotEstablished };
        // Noise whose square exceeds the doubles leaves the descent open, but not the verdict.
        if ratio.reaches(CHAOTIC) == Some(true) {
            return Verdict::Chaotic;
        }
        let Some(descent) = noise.descent() else { return Verdict::NotEstablished };
        // The step does not decrease the loss if descent ≤ 0: "at least a positive number" must not hold.
        let climbs = match (descent.low > 0.0, descent.high <= 0.0) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => None,
        };
        match (ratio.reaches(CHAOTIC), climbs) {
            (Some(true), _) | (_, Some(true)) => Verdict::Chaotic,
            (None, _) | (_, None) => Verdict::NotEstablished,
            _ => match ratio.reaches(NOISY) {
                Some(true) => Verdict::Noisy,
                Some(false) => Verdict::Sound,
                None => Verdict::NotEstablished,
            },
        }
    }

    /// Reads a verdict as users write it: `chaotic`, `not-established`; accepts former names.
    ///
    /// # Errors
    /// An unknown verdict, with the nearest known one.
    pub fn parse(text: &str) -> Result<Verdict, String> {
        let plain = text.to_ascii_lowercase().replace(['-', '_'], " ");
        let former = || Verdict::FORMER.into_iter().find(|(name, _)| *name == plain).map(|(_, verdict)| verdict);
        let known = Verdict::ALL.into_iter().find(|verdict| verdict.name() == plain);
        known.or_else(former).ok_or_else(|| {
            if ["healthy", "vanishing", "exploding"].contains(&plain.as_str()) {
                let all = Verdict::ALL.map(|verdict| verdict.name().replace(' ', "-")).join(", ");
                return format!("`{text}` is a state of the exact gradient, not a verdict; write one of {all}");
            }
            let known = crate::nearest::nearest(&plain, Verdict::ALL.iter().map(|verdict| verdict.name()));
            format!("unknown verdict `{text}`; did you mean `{}`?", known.replace(' ', "-"))
        })
    }
}

impl VerdictCount {
    /// The distribution by count, at ties the more severe first: `sound 3, noisy 2`; `noisy 5 of 5` if all agree. For a record
    /// without a distribution, the verdict and the number of trials that reach it: `noisy in 3 of 5`.
    pub fn in_words(&self) -> String {
        let Some(distribution) = &self.distribution else {
            return format!("{} in {} of {}", self.verdict, self.count, self.of);
        };
        if let (1, Some(verdict)) = (distribution.len(), distribution.keys().next()) {
            return format!("{verdict} {} of {}", self.of, self.of);
        }
        let mut counts: Vec<(&Verdict, &usize)> = distribution.iter().collect();
        counts.sort_by(|(x, x_count), (y, y_count)| y_count.cmp(x_count).then(y.cmp(x)));
        counts.iter().map(|(verdict, count)| format!("{verdict} {count}")).collect::<Vec<_>>().join(", ")
    }

    /// Whether every trial has the same verdict, as far as recorded.
    pub fn is_unanimous(&self) -> bool {
        self.distribution.as_ref().map_or(self.count == self.of, |distribution| distribution.len() == 1)
    }
}

/// The verdicts over the trials, and the one that at least half of the ordered trials reach.
///
/// # Panics
/// If there are no trials.
pub fn over_trials(verdicts: &[Verdict]) -> VerdictCount {
    let mut distribution = BTreeMap::new();
    verdicts.iter().for_each(|verdict| *distribution.entry(*verdict).or_insert(0) += 1);
    let ordered = verdicts.iter().filter(|verdict| verdict.is_ordered()).count();
    let reaching = |verdict: Verdict| verdicts.iter().filter(|found| found.reaches(verdict)).count();
    let candidates = Verdict::ALL.into_iter().filter(|verdict| verdict.is_ordered() == (ordered > 0));
    let half_of = if ordered > 0 { ordered } else { verdicts.len() };
    let verdict = candidates.rev().find(|&verdict| 2 * reaching(verdict) >= half_of);
    let verdict = verdict.expect("invariant: there is a trial, and every ordered verdict reaches `sound`");
    VerdictCount { verdict, count: reaching(verdict), of: verdicts.len(), distribution: Some(distribution) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::ExactMatrix;
    use crate::enclosure::Bound;
    use crate::truth::TrueTensor;
    use ndarray::Array2;
    use rug::Float;

    fn row(values: &[f64]) -> Array2<f64> {
        Array2::from_shape_vec((1, values.len()), values.to_vec()).unwrap()
    }

    fn verdict(truth: &[f64], computed: &[f64], bound: f64) -> Verdict {
        let values = row(truth).map(|&x| Float::with_val(100, x));
        let truth = match bound {
            0.0 => TrueTensor::known(values),
            _ => TrueTensor::blurred(values, Bound::from_f64(bound)),
        };
        Verdict::of(&Noise::measure(&truth, &ExactMatrix::Doubles(row(computed))))
    }

    /// Every boundary: the threshold itself belongs to the more severe verdict.
    #[test]
    fn boundaries_of_the_verdicts() {
        let tiny = crate::format::two_to(-40);
        for (truth, computed, expected) in [
            (&[1.0, 1.0][..], &[1.0, 1.0][..], Verdict::Sound),
            (&[0.0, 0.0], &[0.0, -0.0], Verdict::Zero),
            (&[0.0, 0.0], &[0.0, 1e-300], Verdict::Zero),
            (&[0.0, 0.0], &[0.0, f64::NAN], Verdict::Overflow),
            (&[1.0, 1.0], &[1.0, f64::INFINITY], Verdict::Overflow),
            // Half of the energy flushed, and slightly less: NSR is then just below √½.
            (&[1.0, 1.0], &[1.0, 0.0], Verdict::Underflow),
            (&[1.0 + tiny, 1.0], &[1.0 + tiny, 0.0], Verdict::Noisy),
            (&[1e-300, 1e-300], &[0.0, 0.0], Verdict::Underflow),
            // Error equal to the signal, and slightly less.
            (&[3.0, 4.0], &[3.0 + 4.0, 4.0 - 3.0], Verdict::Chaotic),
            (&[3.0, 4.0], &[7.0 - 4e-9, 1.0], Verdict::Noisy),
            // Finite, but too large for doubles to square.
            (&[1e-200, 1e-200], &[1e200, 1e200], Verdict::Chaotic),
            // The step does not decrease the loss although the noise is hardly above the signal.
            (&[1.0, 0.0], &[-1e-9, 1e-9], Verdict::Chaotic),
            (&[8.0, 6.0], &[8.8, 5.4], Verdict::Noisy),
            (&[8.0, 6.0], &[8.79, 5.41], Verdict::Sound),
        ] {
            assert_eq!(verdict(truth, computed, 0.0), expected, "{computed:?} against {truth:?}");
        }
    }

    /// A bound that does not decide the threshold leaves the verdict open; a smaller one does not.
    #[test]
    fn bounds_that_do_not_separate_are_not_established() {
        assert_eq!(verdict(&[3.0, 4.0], &[7.0, 1.0], 1e-3), Verdict::NotEstablished);
        assert_eq!(verdict(&[3.0, 4.0], &[7.1, 0.9], 1e-3), Verdict::Chaotic);
        assert_eq!(verdict(&[1.0, 1.0], &[1.1, 1.1], 1e-3), Verdict::NotEstablished);
        assert_eq!(verdict(&[1.0, 1.0], &[1.05, 1.05], 1e-3), Verdict::Sound);
        assert_eq!(verdict(&[0.0, 0.0], &[0.0, 0.0], 1e-3), Verdict::NotEstablished);
        assert_eq!(verdict(&[1.0, 1.0], &[1.0, 0.0], 1e-3), Verdict::NotEstablished);
    }

    /// The verdict is taken over the ordered trials; the others are counted separately.
    #[test]
    fn half_of_the_ordered_trials_decide() {
        use Verdict::*;
        for (verdicts, expected, count, words) in [
            (&[Sound][..], Sound, 1, "sound 1 of 1"),
            (&[Sound, Chaotic], Chaotic, 1, "chaotic 1, sound 1"),
            (&[Sound, Chaotic, Sound], Sound, 3, "sound 2, chaotic 1"),
            (&[Noisy, Chaotic, Noisy, Sound, Chaotic], Noisy, 4, "chaotic 2, noisy 2, sound 1"),
            (&[Overflow, Underflow, Sound, Sound], Underflow, 2, "sound 2, overflow 1, underflow 1"),
            (&[Zero, Zero, Zero, Sound], Sound, 1, "zero 3, sound 1"),
            (&[NotEstablished, NotEstablished, Noisy, Sound, Noisy], Noisy, 2, "not established 2, noisy 2, sound 1"),
            (&[Zero, Zero, NotEstablished], Zero, 2, "zero 2, not established 1"),
            (&[Zero, Zero], Zero, 2, "zero 2 of 2"),
        ] {
            let found = over_trials(verdicts);
            assert_eq!((found.verdict, found.count, found.of), (expected, count, verdicts.len()), "{verdicts:?}");
            assert_eq!(found.in_words(), words);
        }
    }

    /// Severity orders the effects of an arithmetic; verdicts with other causes only reach themselves.
    #[test]
    fn verdicts_outside_the_order_reach_only_themselves() {
        use Verdict::*;
        assert!(Overflow.reaches(Noisy) && Noisy.reaches(Noisy) && !Sound.reaches(Noisy));
        assert!(!Zero.reaches(Sound) && !NotEstablished.reaches(Overflow) && !Overflow.reaches(Zero));
        assert!(Zero.reaches(Zero) && NotEstablished.reaches(NotEstablished));
    }

    #[test]
    fn verdicts_are_read_as_users_write_them() {
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::parse(&verdict.name().replace(' ', "-")), Ok(verdict));
            let json = serde_json::to_string(&verdict).unwrap();
            assert_eq!(json, format!("\"{}\"", verdict.name().replace(' ', "_")));
        }
        for (former, now) in
            [("vanished", Verdict::Underflow), ("dead", Verdict::Zero), ("dead_with_ghosts", Verdict::Zero)]
        {
            assert_eq!(Verdict::parse(former), Ok(now));
            assert_eq!(serde_json::from_str::<Verdict>(&format!("\"{former}\"")).unwrap(), now);
        }
        assert!(Verdict::parse("chaos").unwrap_err().contains("`chaotic`"));
        assert!(Verdict::parse("vanishing").unwrap_err().contains("a state of the exact gradient"));
    }
}
