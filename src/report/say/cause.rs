//! Where an arithmetic's noise comes from, in words.

use super::{Subject, capitalised};
use crate::judgement::Cause;
use crate::record::NoiseSource;
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

/// `branch flips cause it (0.0088 without them)`, to go on; `None` where nothing is to be said.
pub(super) fn clause(one: &Subject) -> Option<String> {
    claim(&one.judged.cause, one.notation)
}

/// The same of a cause alone.
pub fn claim(cause: &Cause, notation: Notation) -> Option<String> {
    let at = |layer: usize| if layer <= 1 { "it".to_string() } else { format!("the noise of layer {layer}") };
    match *cause {
        Cause::Nothing | Cause::NotMeasured => None,
        Cause::BelowResolution => {
            Some("the noise is too close to the resolution of the exact gradient to name its cause".into())
        }
        Cause::Source { source, layer, without } => {
            let (name, is_plural) = subject(source);
            let (verb, pronoun) = if is_plural { ("cause", "them") } else { ("causes", "it") };
            let without = without.finite().map(|x| format!(" ({} without {pronoun})", short(x, notation)));
            Some(format!("{name} {verb} {}{}", at(layer), without.unwrap_or_default()))
        }
        Cause::NoSingle { greatest, layer } => {
            let most = greatest.map_or(String::new(), |source| format!("; most comes from {}", subject(source).0));
            Some(format!("no single source causes {}{most}", at(layer)))
        }
    }
}

/// The same as a sentence of its own.
pub fn sentence(cause: &Cause, notation: Notation) -> Option<String> {
    claim(cause, notation).map(|claim| format!("{}.", capitalised(&claim)))
}

/// One or two words for a table: `branch flips`, `several`.
pub fn cell(cause: &Cause) -> String {
    match cause {
        Cause::Nothing => "—".into(),
        Cause::BelowResolution => "unresolved".into(),
        Cause::NotMeasured => "not measured".into(),
        Cause::Source { source, .. } => source.name().into(),
        Cause::NoSingle { .. } => "several".into(),
    }
}
