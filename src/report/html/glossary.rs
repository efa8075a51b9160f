//! What verdicts, fates and sources mean, for a reader who has only the page.

use super::markup::definitions;
use crate::record::{NoiseSource, Verdict};
use crate::report::figure::Fate;

/// All lists.
pub fn glossary() -> String {
    let verdicts = Verdict::ALL.map(|verdict| (verdict.name(), verdict_meaning(verdict).to_string()));
    let fates = Fate::ALL.map(|fate| (fate_name(fate), fate_meaning(fate).to_string()));
    let sources = NoiseSource::ALL.map(|source| (source.name(), source_meaning(source).to_string()));
    let terms = TERMS.map(|(term, meaning)| (term, meaning.to_string()));
    format!(
        "<p>Noise is ‖computed − true‖₂ of a layer’s weight gradient, signal is ‖true‖₂; a flip is a pre-activation on \
         the other side of a kink than in the exact network. The descent is ⟨computed, true⟩/‖true‖²: at most 0, a step \
         along the computed gradient climbs. Proven k bits: the true gradient is known to 2⁻ᵏ of its norm.</p>\n\
         <h3>Verdicts, from harmless to severe</h3>\n{}\
         <p>Over several trials: the most severe verdict that at least half of them reach, and how many reach it.</p>\n\
         <h3>Fates of the entries</h3>\n{}\
         <h3>Sources of the noise</h3>\n{}\
         <h3>Runs beside the plain one, and theory</h3>\n{}",
        definitions(&verdicts),
        definitions(&fates),
        definitions(&sources),
        definitions(&terms)
    )
}

/// What else a report speaks of.
const TERMS: [(&str, &str); 6] = [
    (
        "attribution",
        "the same network with one source on and everything else exact (alone), and with that source off and everything \
         else as it is (without). Sources do not add up exactly, so both are shown",
    ),
    (
        "twin run",
        "the same arithmetic with unbounded exponents: an entry that is zero, and is not zero there, has underflowed",
    ),
    (
        "loss scale",
        "a power of two by which the loss is multiplied before gradients flow back, and which is divided out again: it \
         lifts them over the format's smallest numbers",
    ),
    ("remedy", "a change that was tried on the same draws: f32 sums, one role in f32, or a loss scale"),
    (
        "predicted",
        "the noise that mean-field theory derives from the forward noise that was measured: by flips where φ' has kinks, by \
         φ'' where it is smooth, and by the rounding of the way back",
    ),
    (
        "frozen branches",
        "what rounding would do if every pre-activation stayed on its true branch, as analyses of rounding assume: γₙ, \
         every operation at its worst and all of one sign, and √n·u, independent of each other",
    ),
];

fn source_meaning(source: NoiseSource) -> &'static str {
    match source {
        NoiseSource::Storage => "parameters, inputs and targets rounded when they are stored",
        NoiseSource::Forward => {
            "rounding on the way forward: z, φ(z), φ'(z), softmax and skips. It makes the branch flips"
        }
        NoiseSource::Backward => "rounding on the way back: δ, Wᵀδ, its product with φ', and the gradients",
        NoiseSource::BranchFlips => "φ' taken from the branch that rounding chose, everything else exact",
        NoiseSource::Range => "underflow and overflow: the format's exponents against unbounded ones",
        NoiseSource::Accumulation => {
            "rounding inside sums, against exact sums. It is part of forward and backward, so there is only a noise without it"
        }
    }
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
