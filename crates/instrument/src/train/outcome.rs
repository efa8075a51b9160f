//! When learning stopped, and why: from the learning curve and the measures of a copy.

use crate::record::training::{Cause, Course, End, Measure, MeasuredSite, Outcome, Saturation};
use crate::verdict::Verdict;

/// Share of the energy, of a gradient's noise or of an update, from which a cause dominates.
const HALF: f64 = 0.5;

/// The outcome of a training. With stochastic rounding one layer at one measured step is a single draw, which shows no lost
/// updates: on average they are applied.
pub fn of(course: &Course, measures: &[Measure], target: f64, is_stochastic: bool) -> Outcome {
    let first_saturation = measures.iter().find_map(|measure| saturation(measure, is_stochastic));
    Outcome {
        reached: course.reached(target),
        last_loss: course.last_loss(),
        last_progress: course.last_progress(),
        first_saturation,
        recovered: first_saturation.and_then(|saturation| recovery(saturation, course, measures, is_stochastic)),
    }
}

/// Which mode of saturation dominates a layer.
fn cause(layer: &MeasuredSite) -> Option<Cause> {
    match layer.own.verdict {
        Verdict::Zero => Some(Cause::TrueZero),
        Verdict::Underflow => Some(Cause::Flushed),
        Verdict::Overflow => Some(Cause::Overflow),
        Verdict::Chaotic => {
            let (with, without) = (layer.own.noise_to_signal.value(), layer.without_flips.value());
            let is_flips = without * without <= (1.0 - HALF) * with * with;
            Some(if is_flips { Cause::Flips } else { Cause::Rounding })
        }
        Verdict::Sound | Verdict::Noisy | Verdict::NotEstablished => {
            let is_lost = layer.lost_energy.value() >= HALF && layer.update_descent.value() <= HALF;
            is_lost.then_some(Cause::LostUpdates)
        }
    }
}

/// The layer nearest to the input that is saturated at a step.
fn saturation(measure: &Measure, is_stochastic: bool) -> Option<Saturation> {
    // A skipped step changes nothing, and loses nothing for good.
    let counts = |cause: &Cause| match cause {
        Cause::LostUpdates => !measure.skipped && !is_stochastic,
        Cause::Overflow => !measure.skipped,
        _ => true,
    };
    let dominant = |site: &MeasuredSite| cause(site).filter(counts);
    let (site, cause) = measure.sites.iter().find_map(|site| Some((site, dominant(site)?)))?;
    Some(Saturation {
        step: measure.step,
        site: site.site,
        sites: measure.sites.iter().filter(|site| dominant(site) == Some(cause)).count(),
        verdict: site.own.verdict,
        cause,
    })
}

/// The first measured step after a saturation from which no layer is saturated any more, if the loss also fell.
fn recovery(saturation: Saturation, course: &Course, measures: &[Measure], is_stochastic: bool) -> Option<usize> {
    if course.end != End::Completed {
        return None;
    }
    let last_saturated = measures.iter().rposition(|measure| self::saturation(measure, is_stochastic).is_some())?;
    let recovered = measures.get(last_saturated + 1)?.step;
    let means = course.mean_losses();
    // The first mean is of the first steps together.
    let at = |step: usize| means.iter().find(|(at, _)| *at >= step).or(means.last()).map(|(_, mean)| *mean);
    let (then, now) = (at(saturation.step)?, means.last()?.1);
    (now < then).then_some(recovered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Number;
    use crate::record::training::{Track, Updates};
    use crate::record::{Evidence, Fates, Flips};

    fn course(losses: impl Iterator<Item = f64>) -> Course {
        let losses = losses.map(Number::new).collect();
        Course { losses, held_out: vec![], scales: vec![], skipped: vec![], end: End::Completed }
    }

    fn site(site: usize, verdict: Verdict, noise: f64, without_flips: f64, lost_energy: f64) -> MeasuredSite {
        let number = Number::new;
        let own = Track {
            verdict,
            log2_signal: number(0.0),
            log2_noise: number(0.0),
            noise_to_signal: number(noise),
            at_most: false,
            descent: None,
            fates: Fates::default(),
            flips: Some(Flips::default()),
        };
        MeasuredSite {
            site,
            own,
            at_reference: None,
            without_flips: number(without_flips),
            log2_minibatch_spread: number(0.0),
            dead_units: 0,
            units: 4,
            updates: Updates::default(),
            lost_energy: number(lost_energy),
            update_descent: number(1.0 - lost_energy),
        }
    }

    fn measure(step: usize, sites: Vec<MeasuredSite>) -> Measure {
        let (evidence, distance) = (Evidence::Exact {}, Number::None);
        Measure { step, evidence, proof: Default::default(), distance, learning_rate: 0.1, skipped: false, sites }
    }

    #[test]
    fn causes_of_saturation() {
        let none = f64::NAN;
        for (found, expected) in [
            (site(1, Verdict::Sound, 0.01, 0.001, 0.49), None),
            (site(1, Verdict::Sound, 0.01, 0.001, 0.5), Some(Cause::LostUpdates)),
            (site(1, Verdict::Chaotic, 2.0, 1.0, 0.0), Some(Cause::Flips)),
            (site(1, Verdict::Chaotic, 2.0, 1.5, 0.0), Some(Cause::Rounding)),
            (site(1, Verdict::Chaotic, 2.0, none, 1.0), Some(Cause::Rounding)),
            (site(1, Verdict::Underflow, 1.0, 1.0, 1.0), Some(Cause::Flushed)),
            (site(1, Verdict::Zero, none, none, none), Some(Cause::TrueZero)),
            (site(1, Verdict::Overflow, f64::INFINITY, none, none), Some(Cause::Overflow)),
        ] {
            assert_eq!(cause(&found), expected);
        }
    }

    #[test]
    fn recoveries_need_sound_layers_and_a_lower_loss() {
        let sound = |step| measure(step, vec![site(1, Verdict::Sound, 0.01, 0.01, 0.0)]);
        let chaotic = |step| {
            let sites = [(1, Verdict::Sound), (2, Verdict::Chaotic), (3, Verdict::Chaotic)];
            measure(step, sites.map(|(at, verdict)| site(at, verdict, 2.0, 0.1, 0.0)).to_vec())
        };
        let measures = [sound(0), chaotic(25), sound(50), chaotic(75), sound(99)];
        let falling = course((0..100).map(|step| 100.0 - f64::from(step)));
        let outcome = of(&falling, &measures, 1.0, false);
        let saturation = Saturation { step: 25, site: 2, sites: 2, verdict: Verdict::Chaotic, cause: Cause::Flips };
        assert_eq!((outcome.first_saturation, outcome.recovered), (Some(saturation), Some(99)));
        let flat = course((0..100).map(|_| 1.0));
        assert_eq!(of(&flat, &measures, 1.0, false).recovered, None);
        assert_eq!(of(&falling, &measures[..4], 1.0, false).recovered, None);
    }

    #[test]
    fn one_draw_of_stochastic_rounding_shows_no_lost_updates() {
        let lost = |verdict| measure(25, vec![site(1, verdict, 2.0, 1.9, 0.9)]);
        let falling = course((0..100).map(|step| 100.0 - f64::from(step)));
        let cause = |verdict, is_stochastic| {
            of(&falling, &[lost(verdict)], 1.0, is_stochastic).first_saturation.map(|saturation| saturation.cause)
        };
        assert_eq!(cause(Verdict::Sound, false), Some(Cause::LostUpdates));
        assert_eq!(cause(Verdict::Sound, true), None);
        assert_eq!(cause(Verdict::Chaotic, true), Some(Cause::Rounding));
    }
}
