//! Verdicts: which of the two saturation modes rules a layer in an arithmetic.

use crate::noise::Noise;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The state of one layer's gradient in one arithmetic, from harmless to severe.
///
/// Two modes of saturation are told apart: the gradient is **zero** (`dead`, `vanished`), or **noise**
/// of rounding dominates it (`chaotic`, before it `noisy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Noise below a tenth of the signal.
    Sound,
    /// Noise-to-signal ratio of at least 0.1.
    Noisy,
    /// Noise-to-signal ratio of at least 1, or the step does not descend: chaotic-noise saturation.
    Chaotic,
    /// Flushed entries carry at least half of the gradient's energy: zero-gradient saturation.
    Vanished,
    /// Every true entry is exactly zero: zero-gradient saturation.
    Dead,
    /// Every true entry is exactly zero, and a computed one is not.
    DeadWithGhosts,
    /// An entry is infinite or NaN.
    Overflow,
    /// The truth's bounds do not separate the threshold.
    NotEstablished,
}

/// A verdict over the trials: the most severe one that at least half of them reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictCount {
    /// The verdict.
    pub verdict: crate::verdict::Verdict,
    /// Trials that reach it or a more severe one.
    pub count: usize,
    /// All trials.
    pub of: usize,
}

impl Verdict {
    /// All verdicts, from harmless to severe.
    pub const ALL: [Verdict; 8] = [
        Verdict::Sound,
        Verdict::Noisy,
        Verdict::Chaotic,
        Verdict::Vanished,
        Verdict::Dead,
        Verdict::DeadWithGhosts,
        Verdict::Overflow,
        Verdict::NotEstablished,
    ];

    /// The verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Sound => "sound",
            Verdict::Noisy => "noisy",
            Verdict::Chaotic => "chaotic",
            Verdict::Vanished => "vanished",
            Verdict::Dead => "dead",
            Verdict::DeadWithGhosts => "dead with ghosts",
            Verdict::Overflow => "overflow",
            Verdict::NotEstablished => "not established",
        }
    }

    /// True where a figure must draw the point hollow: its ratio is not a measure of noise.
    pub fn is_zero_or_overflow(self) -> bool {
        matches!(self, Verdict::Vanished | Verdict::Dead | Verdict::DeadWithGhosts | Verdict::Overflow)
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
/// Share of the gradient's energy in flushed entries from which it has vanished.
pub const VANISHED: f64 = 0.5;

impl Verdict {
    /// The verdict of one layer in one trial: the first that applies, from severe to harmless.
    pub fn of(noise: &Noise) -> Verdict {
        if noise.fates.overflowed > 0 {
            return Verdict::Overflow;
        }
        if noise.is_dead() {
            return if noise.fates.ghost > 0 { Verdict::DeadWithGhosts } else { Verdict::Dead };
        }
        match noise.flushed_reaches(VANISHED) {
            None => return Verdict::NotEstablished,
            Some(true) => return Verdict::Vanished,
            Some(false) => {}
        }
        let Some(ratio) = noise.ratio() else { return Verdict::NotEstablished };
        // Noise beyond any double's square leaves the descent open, not the verdict.
        if ratio.reaches(CHAOTIC) == Some(true) {
            return Verdict::Chaotic;
        }
        let Some(descent) = noise.descent() else { return Verdict::NotEstablished };
        // The step climbs where descent ≤ 0: "at least a positive number" must not hold.
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

    /// Reads a verdict as users write it: `chaotic`, `dead with ghosts`, `not-established`.
    ///
    /// # Errors
    /// A sentence with the nearest known verdict.
    pub fn parse(text: &str) -> Result<Verdict, String> {
        let plain = text.to_ascii_lowercase().replace(['-', '_'], " ");
        Verdict::ALL.into_iter().find(|verdict| verdict.name() == plain).ok_or_else(|| {
            let known = crate::nearest::nearest(&plain, Verdict::ALL.iter().map(|verdict| verdict.name()));
            format!("unknown verdict `{text}`; did you mean `{}`?", known.replace(' ', "-"))
        })
    }
}

/// The most severe verdict that at least half of the trials reach, and how many reach it.
///
/// # Panics
/// If there are no trials.
pub fn over_trials(verdicts: &[Verdict]) -> VerdictCount {
    let reaching = |verdict: Verdict| verdicts.iter().filter(|&&found| found >= verdict).count();
    let verdict = Verdict::ALL
        .into_iter()
        .rev()
        .find(|&verdict| 2 * reaching(verdict) >= verdicts.len())
        .expect("invariant: every verdict reaches `sound`");
    VerdictCount { verdict, count: reaching(verdict), of: verdicts.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::ExactMatrix;
    use crate::truth::TrueTensor;
    use crate::truth::bound::Bound;
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
            (&[0.0, 0.0], &[0.0, -0.0], Verdict::Dead),
            (&[0.0, 0.0], &[0.0, 1e-300], Verdict::DeadWithGhosts),
            (&[0.0, 0.0], &[0.0, f64::NAN], Verdict::Overflow),
            (&[1.0, 1.0], &[1.0, f64::INFINITY], Verdict::Overflow),
            // Half of the energy flushed; and a little less: NSR is then just below √½.
            (&[1.0, 1.0], &[1.0, 0.0], Verdict::Vanished),
            (&[1.0 + tiny, 1.0], &[1.0 + tiny, 0.0], Verdict::Noisy),
            (&[1e-300, 1e-300], &[0.0, 0.0], Verdict::Vanished),
            // Error exactly the signal, and a little less.
            (&[3.0, 4.0], &[3.0 + 4.0, 4.0 - 3.0], Verdict::Chaotic),
            (&[3.0, 4.0], &[7.0 - 4e-9, 1.0], Verdict::Noisy),
            // Finite, and larger by more than doubles can square.
            (&[1e-200, 1e-200], &[1e200, 1e200], Verdict::Chaotic),
            // The step climbs although the noise is hardly above the signal.
            (&[1.0, 0.0], &[-1e-9, 1e-9], Verdict::Chaotic),
            (&[8.0, 6.0], &[8.8, 5.4], Verdict::Noisy),
            (&[8.0, 6.0], &[8.79, 5.41], Verdict::Sound),
        ] {
            assert_eq!(verdict(truth, computed, 0.0), expected, "{computed:?} against {truth:?}");
        }
    }

    /// A bound that does not separate the threshold leaves the verdict open; a smaller one does not.
    #[test]
    fn bounds_that_do_not_separate_are_not_established() {
        assert_eq!(verdict(&[3.0, 4.0], &[7.0, 1.0], 1e-3), Verdict::NotEstablished);
        assert_eq!(verdict(&[3.0, 4.0], &[7.1, 0.9], 1e-3), Verdict::Chaotic);
        assert_eq!(verdict(&[1.0, 1.0], &[1.1, 1.1], 1e-3), Verdict::NotEstablished);
        assert_eq!(verdict(&[1.0, 1.0], &[1.05, 1.05], 1e-3), Verdict::Sound);
        assert_eq!(verdict(&[0.0, 0.0], &[0.0, 0.0], 1e-3), Verdict::NotEstablished);
        assert_eq!(verdict(&[1.0, 1.0], &[1.0, 0.0], 1e-3), Verdict::NotEstablished);
    }

    #[test]
    fn half_of_the_trials_decide() {
        use Verdict::*;
        for (verdicts, expected, count) in [
            (&[Sound][..], Sound, 1),
            (&[Sound, Chaotic], Chaotic, 1),
            (&[Sound, Chaotic, Sound], Sound, 3),
            (&[Noisy, Chaotic, Noisy, Sound, Chaotic], Noisy, 4),
            (&[Overflow, Dead, Sound, Sound], Dead, 2),
        ] {
            assert_eq!(over_trials(verdicts), VerdictCount { verdict: expected, count, of: verdicts.len() });
        }
    }

    #[test]
    fn verdicts_are_read_as_users_write_them() {
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::parse(&verdict.name().replace(' ', "-")), Ok(verdict));
        }
        assert!(Verdict::parse("chaos").unwrap_err().contains("`chaotic`"));
    }
}
