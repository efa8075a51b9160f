//! Gradients of other programs that are compared without an audit (`--compare` of the main command), one sentence for each
//! file: which of the run's arithmetics is the nearest, and how much larger the error is.

use super::words::{bits, hint, why};
use crate::judgement::audit::{AuditJudgement, Outcome, compared};
use crate::record::{Number, Record, Run};
use crate::report::numbers::Notation;

/// What is said about one file.
pub struct Remark {
    /// What its gradients are called.
    pub name: String,
    /// Whole, with its full stop.
    pub sentence: String,
    /// Whether something is wrong whatever the arithmetic: zeros, a constant factor, the wrong direction, entries that are
    /// not finite.
    pub is_fault: bool,
}

/// One remark for each file of a run's gradients that is not audited; of several runs the sentence begins with the
/// activation.
pub fn remarks(record: &Record, run: &Run, notation: Notation) -> Vec<Remark> {
    let of = if record.runs.len() > 1 { format!("{}: ", run.activation) } else { String::new() };
    compared(record, run).iter().map(|judgement| remark(judgement, &of, notation)).collect()
}

fn remark(judgement: &AuditJudgement, of: &str, notation: Notation) -> Remark {
    let model = &judgement.judged().name;
    let worst = judgement.worst();
    let is_finite = worst.and_then(|worst| worst.excess).is_some_and(|excess| excess.value().is_finite());
    let (what, is_fault) = match (&judgement.outcome, worst) {
        (Outcome::Pass | Outcome::Excess { .. }, Some(worst)) if is_finite || judgement.outcome.is_pass() => {
            let beyond = match worst.excess.map(Number::value) {
                Some(excess) if excess > 0.0 => {
                    format!("its error exceeds that of {model}, the nearest precision, by up to")
                }
                _ => format!("its error is nowhere larger than that of {model}, the nearest precision; worst excess"),
            };
            let excess = bits(worst.excess, notation);
            (format!("{beyond} {} bits (layer {})", excess.trim_start_matches('+'), worst.layer), false)
        }
        (Outcome::ConstantFactor { factor, .. }, _) => (format!("{}{}", why(judgement, notation), hint(factor)), true),
        (Outcome::ModelSaysNothing, _) => {
            let all = judgement.models.iter().all(|model| !model.says_something());
            let reason = "they overflow or underflow in every layer";
            let who = if all { "no precision of this run can judge it" } else { "it cannot be judged" };
            (format!("{who}: {reason}"), false)
        }
        (Outcome::NothingToJudge, _) => (why(judgement, notation), false),
        _ => (why(judgement, notation), true),
    };
    Remark { name: judgement.name.clone(), sentence: format!("{of}{}: {what}.", judgement.name), is_fault }
}
