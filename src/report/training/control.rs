//! Whether f64 itself learns, in sentences: what is said first.

use super::{facts, measured, words};
use crate::judgement::ExactState;
use crate::judgement::training::{Control, ControlOutcome, ExactAtStart, TrainingRunJudgement};
use crate::record::Number;
use crate::record::training::{Training, TrainingRun};
use crate::report::numbers::{Notation, power, short};

/// The control and the exact gradient with which it begins.
pub fn control(training: &Training, run: &TrainingRun, judged: &TrainingRunJudgement, notation: Notation) -> String {
    let control = &judged.control;
    let number = |number: Number| short(number.value(), notation);
    let chance = match control.chance {
        Number::None => String::new(),
        chance => format!(", and the best constant answer has {}", number(chance)),
    };
    let sentence = match control.outcome {
        ControlOutcome::Learns => learns(training, run, notation),
        ControlOutcome::TooShort => {
            format!("{} Whether it learns cannot be said after {}.", learns(training, run, notation), steps(control))
        }
        ControlOutcome::DoesNotLearn => format!(
            "f64 itself does not learn this network: in {} its loss goes from {} to {} at best{chance}.",
            steps(control),
            number(control.first),
            number(control.best)
        ),
        ControlOutcome::Diverges => diverges(run, control, notation),
    };
    let exact = judged.exact.and_then(|exact| exact_gradient(&exact, control, notation));
    sentence + &exact.map_or(String::new(), |exact| format!(" {exact}"))
}

fn steps(control: &Control) -> String {
    words::steps(control.steps)
}

fn diverges(run: &TrainingRun, control: &Control, notation: Notation) -> String {
    match (words::failure(&run.reference), run.reference.end.step()) {
        (Some(failure), Some(step)) => format!("f64 itself stops at step {step}: {failure}."),
        _ => format!(
            "f64 itself diverges: its loss goes from {} to {}.",
            short(control.first.value(), notation),
            short(control.last.value(), notation)
        ),
    }
}

fn learns(training: &Training, run: &TrainingRun, notation: Notation) -> String {
    let (course, target) = (&run.reference, short(training.spec.target_loss, notation));
    let reached = match course.reached(training.spec.target_loss) {
        Some(step) => format!("reaches loss {target} at step {step}"),
        None => format!("does not reach loss {target} in {}", words::steps(course.losses.len())),
    };
    let last = match course.last_loss() {
        Number::None => "has no loss yet".into(),
        loss => format!("ends at {}", short(loss.value(), notation)),
    };
    let held_out = measured::at_end(course).map_or(String::new(), |_| {
        let (shown, samples) = (measured::at_end_in_words(course, notation), facts::samples(training));
        match training.spec.has_classes() {
            true => format!(", with {shown} of the held-out {samples} right"),
            false => format!(", with loss {shown} on the held-out {samples}"),
        }
    });
    format!("f64 {reached} and {last}{held_out}.")
}

/// The exact gradient of layer 1, where it is not healthy.
fn exact_gradient(exact: &ExactAtStart, control: &Control, notation: Notation) -> Option<String> {
    let size = |number: Number| power(2, number.value().round() as i64, notation);
    let state = match exact.state {
        ExactState::Zero => "is zero".into(),
        ExactState::Vanishing => format!("vanishes ({} of its weights)", size(exact.log2_relative)),
        ExactState::Exploding => format!("explodes ({} times its weights)", size(exact.log2_relative)),
        ExactState::Healthy | ExactState::NotEstablished => return None,
    };
    let later = match exact.later {
        Some((step, ExactState::Healthy)) => format!("; from step {step} on it is healthy"),
        Some((step, ExactState::Vanishing)) => format!("; at step {step} it vanishes"),
        Some((step, ExactState::Exploding)) => format!("; at step {step} it explodes"),
        Some((step, ExactState::Zero)) => format!("; at step {step} it is zero"),
        Some((_, ExactState::NotEstablished)) | None => String::new(),
    };
    let remedy = match (control.is_passed(), exact.state) {
        (false, ExactState::Zero | ExactState::Vanishing) => {
            ". No format helps; another init or skip connections may (not measured)"
        }
        _ => "",
    };
    Some(format!("The exact gradient of layer\u{a0}1 {state} at step {}{later}{remedy}.", exact.step))
}
