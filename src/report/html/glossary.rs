//! What verdicts and fates mean, for a reader who has only the page.

use super::markup::definitions;
use crate::record::Verdict;
use crate::report::figure::Fate;

/// Both lists.
pub fn glossary() -> String {
    let verdicts = Verdict::ALL.map(|verdict| (verdict.name(), verdict_meaning(verdict).to_string()));
    let fates = Fate::ALL.map(|fate| (fate_name(fate), fate_meaning(fate).to_string()));
    format!(
        "<p>Noise is ‖computed − true‖₂ of a layer’s weight gradient, signal is ‖true‖₂; a flip is a pre-activation on \
         the other side of a kink than in the exact network. The descent is ⟨computed, true⟩/‖true‖²: at most 0, a step \
         along the computed gradient climbs. Proven k bits: the true gradient is known to 2⁻ᵏ of its norm.</p>\n\
         <h3>Verdicts, from harmless to severe</h3>\n{}\
         <p>Over several trials: the most severe verdict that at least half of them reach, and how many reach it.</p>\n\
         <h3>Fates of the entries</h3>\n{}",
        definitions(&verdicts),
        definitions(&fates)
    )
}

fn verdict_meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Sound => "noise below a tenth of the signal",
        Verdict::Noisy => "noise at least a tenth of the signal",
        Verdict::Chaotic => {
            "noise at least as large as the signal, or the step would climb: the gradient is lost to rounding noise"
        }
        Verdict::Vanished => "entries computed as zero carry at least half of ‖true‖²: the gradient is lost to zeros",
        Verdict::Dead => "every entry of the true gradient is exactly zero: no arithmetic can help",
        Verdict::DeadWithGhosts => "dead, and some computed entries are not zero: rounding made them",
        Verdict::Overflow => "a computed entry is infinite or NaN",
        Verdict::NotEstablished => "the bounds on the true gradient do not decide",
    }
}

/// A fate in one word or two.
pub fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Resolved => "resolved",
        Fate::Degraded => "degraded",
        Fate::Drowned => "drowned",
        Fate::Flushed => "flushed",
        Fate::Cut => "cut",
        Fate::Overflowed => "overflowed",
        Fate::Ghost => "ghost",
        Fate::TrueZero => "true zero",
        Fate::Undecided => "undecided",
    }
}

fn fate_meaning(fate: Fate) -> &'static str {
    match fate {
        Fate::Resolved => "its error is below an eighth of the true entry",
        Fate::Degraded => "its error is an eighth of the true entry or more",
        Fate::Drowned => "its error is as large as the true entry or larger",
        Fate::Flushed => {
            "computed as zero by underflow: not zero in truth, nor in the twin run with unbounded exponents (of gradients \
             that have no twin run: every computed zero whose true entry is not zero)"
        }
        Fate::Cut => "computed as zero for another reason, in the twin run too: a flipped branch, a sum that cancels",
        Fate::Overflowed => "computed as infinite or NaN",
        Fate::Ghost => "zero in truth, and computed as something else",
        Fate::TrueZero => "zero in truth, and computed as zero",
        Fate::Undecided => "the bounds on the true gradient do not decide",
    }
}
