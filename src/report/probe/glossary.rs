//! What verdicts, fates and sources mean, for a reader who has only the page.

use super::fate::FATES;
use crate::judgement::ExactState;
use crate::record::{NoiseSource, Verdict};
use crate::report::page::Block;
use crate::report::say;

/// All lists.
pub fn glossary() -> Vec<Block> {
    let heading = |words: &str| Block::Heading(words.into());
    let paragraph = |words: &str| Block::Paragraph(words.into());
    vec![
        paragraph(
            "Noise is ‖computed − exact‖₂ of a layer’s gradient, weights and biases together; signal is ‖exact‖₂. A flip is a \
             pre-activation on the other side of a kink than in the exact network. The descent is ⟨computed, exact⟩/‖exact‖²: \
             at 0 or below, a step along the computed gradient increases the loss. Proven k bits: the exact gradient is known \
             to 2⁻ᵏ of its norm.",
        ),
        heading("The exact gradient"),
        Block::definitions(EXACT.map(|(state, meaning)| (say::exact::name(state), meaning))),
        heading("Verdicts on a computed gradient, from harmless to severe"),
        Block::definitions(Verdict::ALL.map(|verdict| (verdict.name(), verdict_meaning(verdict)))),
        paragraph(
            "“zero” and “not established” stand outside this order. Over several trials: how many have each verdict.",
        ),
        heading("Causes and remedies"),
        Block::definitions(JUDGED),
        heading("Fates of the entries"),
        Block::definitions(FATES.map(|[name, _, meaning]| (name, meaning))),
        heading("Sources of the noise"),
        Block::definitions(NoiseSource::ALL.map(|source| (source.name(), source_meaning(source)))),
        heading("Other runs, and theory"),
        Block::definitions(TERMS),
    ]
}

/// States of the exact gradient.
const EXACT: [(ExactState, &str); 5] = [
    (ExactState::Healthy, "neither of the following"),
    (
        ExactState::Vanishing,
        "a step at learning rate 1 would change the layer’s weights by less than a millionth. By depth: it shrinks layer \
         after layer, and no format helps; at a layer: something there is tiny",
    ),
    (ExactState::Exploding, "a step at learning rate 1 would change the layer’s weights more than a millionfold"),
    (ExactState::Zero, "every entry is proven to be zero: no format helps"),
    (ExactState::NotEstablished, "its bounds do not decide"),
];

/// What is concluded from the numbers.
const JUDGED: [(&str, &str); 5] = [
    ("cause", "the source of noise without which the verdict is milder; “several” where no single one is"),
    (
        "remedy",
        "the cheapest change under which every layer was sound in at least four fifths of the trials and none overflowed \
         or underflowed in any; a gain lowers the largest noise at least 1.5 times",
    ),
    (
        "minibatch noise",
        "how much the exact gradient differs between batches of this size. Rounding noise below a third of it is harmless \
         at this batch size unless it is one-sided",
    ),
    ("rows wrong by half or more", "output units whose own noise/signal is at least 1/2"),
    ("gain 2.2×", "the best remedy that was tried, where none is enough"),
];

/// What else a report speaks of.
const TERMS: [(&str, &str); 6] = [
    (
        "attribution",
        "the same network with one source on and everything else exact (only), and with that source off and everything \
         else as it is (all but). Sources do not add up exactly, so both are shown",
    ),
    (
        "twin run",
        "the same precision with unbounded exponents: an entry that is zero, and is not zero there, has underflowed",
    ),
    (
        "loss scale",
        "a power of two by which the loss is multiplied before gradients flow back, and which is divided out again: it \
         lifts them over the format's smallest numbers",
    ),
    ("remedies tried", "changes on the same draws: f32 sums, one role in f32, or a loss scale"),
    (
        "predicted",
        "the noise that mean-field theory derives from the forward noise that was measured: by flips where φ' has kinks, by \
         φ'' where it is smooth, and by the rounding of the backward pass",
    ),
    (
        "no flips",
        "what theory expects if every pre-activation stays on its exact branch, as analyses of rounding assume. Worst: \
         every operation at its bound γₙ and all errors of one sign; typical: independent errors of √n·u",
    ),
];

fn source_meaning(source: NoiseSource) -> &'static str {
    match source {
        NoiseSource::Storage => "parameters, inputs and targets rounded when they are stored",
        NoiseSource::Forward => {
            "rounding in the forward pass: z, φ(z), φ'(z), softmax and skips. It causes the branch flips"
        }
        NoiseSource::Backward => "rounding in the backward pass: δ, Wᵀδ, its product with φ', and the gradients",
        NoiseSource::BranchFlips => "φ' taken from the branch that rounding chose, everything else exact",
        NoiseSource::Range => "underflow and overflow: the format's exponents compared with unbounded ones",
        NoiseSource::Accumulation => {
            "rounding inside sums, compared with exact sums. It is part of forward and backward, so only the noise without it is shown"
        }
    }
}

fn verdict_meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Sound => "noise below a tenth of the signal",
        Verdict::Noisy => "noise at least a tenth of the signal",
        Verdict::Chaotic => {
            "noise at least as large as the signal, or the step would increase the loss: rounding noise dominates the gradient"
        }
        Verdict::Underflow => {
            "entries that underflow to zero carry at least half of ‖exact‖²: the format's range loses the gradient"
        }
        Verdict::Zero => "every entry of the exact gradient is zero: no format can help",
        Verdict::Overflow => "a computed entry is infinite or NaN",
        Verdict::NotEstablished => "the bounds on the exact gradient do not decide",
    }
}
