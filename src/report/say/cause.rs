//! Where an arithmetic's noise comes from, in words.

use super::words;
use crate::judgement::{ArithmeticJudgement, Cause, RangeLoss};
use crate::record::{NoiseSource, Number, Verdict};
use crate::report::numbers::{Notation, short};

/// A source as the subject of a sentence, and whether it is a plural.
fn subject(source: NoiseSource) -> (&'static str, bool) {
    match source {
        NoiseSource::Storage => ("rounding of the stored parameters and inputs", false),
        NoiseSource::Forward => ("rounding in the forward pass", false),
        NoiseSource::Backward => ("rounding in the backward pass", false),
        NoiseSource::BranchFlips => ("branch flips", true),
        NoiseSource::Range => ("the format's range", false),
        NoiseSource::Accumulation => ("rounding inside sums", false),
    }
}

/// `branch flips cause it (0.0088 without them)`, to continue a sentence; `None` if there is nothing to say.
pub(super) fn clause(judged: &ArithmeticJudgement, notation: Notation) -> Option<String> {
    let at = |layer: usize| if layer <= 1 { "it".to_string() } else { format!("the noise of layer {layer}") };
    match judged.cause {
        Cause::Nothing | Cause::NotMeasured => None,
        Cause::BelowResolution => {
            Some("the noise is too close to the resolution of the exact gradient to name its cause".into())
        }
        Cause::Source { lost: Some(RangeLoss::Storing), layer, .. } => {
            let lost = match if layer <= 1 { &judged.first } else { &judged.worst }.verdict.verdict {
                Verdict::Underflow => "become zero",
                Verdict::Overflow => "become infinite",
                _ => "leave the format's range",
            };
            let of = if layer <= 1 { String::new() } else { format!(", which causes {}", at(layer)) };
            Some(format!("parameters, inputs or targets {lost} when they are stored{of}"))
        }
        Cause::Source { source, layer, without, lost } => {
            let (name, is_plural) = subject(source);
            let (verb, pronoun) = if is_plural { ("cause", "them") } else { ("causes", "it") };
            let place = lost.filter(|_| source == NoiseSource::Range).map_or("", |lost| match lost {
                RangeLoss::Storing => " in storing",
                RangeLoss::Forward => " in the forward pass",
                RangeLoss::Backward => " in the backward pass",
                RangeLoss::Accumulator => " inside sums",
            });
            let without = match (without.median.finite(), without.both()) {
                (_, Some([Number::Finite(low), Number::Finite(high)])) => {
                    format!(" ({} and {} without {pronoun})", short(low, notation), short(high, notation))
                }
                (Some(median), _) => format!(" ({} without {pronoun})", short(median, notation)),
                (None, _) => String::new(),
            };
            Some(format!("{name} {verb} {}{place}{without}", at(layer)))
        }
        Cause::NoSingle { greatest, layer } => {
            let most = greatest.map_or(String::new(), |source| format!("; most comes from {}", subject(source).0));
            Some(format!("no single source causes {}{most}", at(layer)))
        }
    }
}

/// The same as a sentence of its own.
pub fn sentence(judged: &ArithmeticJudgement, notation: Notation) -> Option<String> {
    words::sentence(clause(judged, notation).as_slice())
}

/// One or two words for a table: `branch flips`, `range: storing`, `several`.
pub fn cell(cause: &Cause) -> String {
    match cause {
        Cause::Nothing => "—".into(),
        Cause::BelowResolution => "unresolved".into(),
        Cause::NotMeasured => "not measured".into(),
        Cause::Source { source: NoiseSource::Range, lost: Some(lost), .. } => match lost {
            RangeLoss::Storing => "range: storing".into(),
            RangeLoss::Forward => "range: forward".into(),
            RangeLoss::Backward => "range: backward".into(),
            RangeLoss::Accumulator => "range: sums".into(),
        },
        Cause::Source { source, .. } => source.name().into(),
        Cause::NoSingle { .. } => "several".into(),
    }
}
