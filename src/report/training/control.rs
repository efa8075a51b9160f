//! Whether f64 itself learns, in sentences: what is said first.

use super::{facts, measured};
use crate::judgement::ExactState;
use crate::judgement::training::{
    Control, ControlOutcome, ControlTrials, ExactAtStart, TrainingRunJudgement, TrialSpread, spread,
};
use crate::record::Number;
use crate::record::training::{Training, TrainingRun};
use crate::report::numbers::{Notation, power, short};

/// The control and the exact gradient with which it begins.
pub fn control(training: &Training, run: &TrainingRun, judged: &TrainingRunJudgement, notation: Notation) -> String {
    let control = &judged.control;
    let sentence = match control.outcome {
        ControlOutcome::Learns => learns(training, run, control, notation),
        ControlOutcome::Diverges => diverges(run, control, notation),
        ControlOutcome::Falls if control.chance == Number::None => {
            format!(
                "Whether f64 learns this network is open, since chance is not recorded: {}",
                fall(control, notation)
            )
        }
        ControlOutcome::Falls => format!("f64 has not reached chance: {}", fall(control, notation)),
        ControlOutcome::TooShort => {
            format!("f64 has too few steps to tell whether it learns this network: {}", fall(control, notation))
        }
        ControlOutcome::DoesNotLearn => format!("f64 itself does not learn this network: {}", fall(control, notation)),
    };
    let exact = judged.exact.and_then(|exact| exact_gradient(&exact, control, notation));
    sentence + &exact.map_or(String::new(), |exact| format!(" {exact}"))
}

/// `its loss goes from 9.1 to 2.4 at best in 60 steps; chance, the best constant answer, is 2.3.`
fn fall(control: &Control, notation: Notation) -> String {
    let [first, best] = [control.first, control.best].map(|loss| match loss {
        Number::None => "nothing finite".into(),
        loss => short(loss.value(), notation),
    });
    let chance = match control.chance {
        Number::None => String::new(),
        chance => format!("; chance, the best constant answer, is {}", short(chance.value(), notation)),
    };
    format!("its loss goes from {first} to {best} at best in {}{chance}.", facts::counted(control.steps))
}

fn diverges(run: &TrainingRun, control: &Control, notation: Notation) -> String {
    match (facts::failure(&run.reference), run.reference.end.step()) {
        (Some(failure), Some(step)) => format!("f64 itself stops at step {step}: {failure}."),
        _ => format!(
            "f64 itself diverges: its loss goes from {} to {}.",
            short(control.first.value(), notation),
            short(control.last.value(), notation)
        ),
    }
}

fn learns(training: &Training, run: &TrainingRun, control: &Control, notation: Notation) -> String {
    let (course, target) = (&run.reference, short(training.spec.target_loss, notation));
    let last = match course.last_loss() {
        Number::None => "has no loss yet".into(),
        loss => format!("ends at {}", short(loss.value(), notation)),
    };
    let held_out = measured::at_end(course)
        .map_or(String::new(), |_| held_out(training, &measured::at_end_in_words(course, notation)));
    match course.reached(training.spec.target_loss) {
        Some(step) => format!("f64 learns this network: it reaches loss {target} at step {step} and {last}{held_out}."),
        None => format!(
            "f64 learns this network, but does not reach loss {target} in {}: it {last} (chance: {}){held_out}.",
            facts::counted(course.losses.len()),
            short(control.chance.value(), notation)
        ),
    }
}

/// `, with 93 % of the held-out digits right`.
fn held_out(training: &Training, shown: &str) -> String {
    let samples = facts::samples(training);
    match training.spec.has_classes() {
        true => format!(", with {shown} of the held-out {samples} right"),
        false => format!(", with loss {shown} on the held-out {samples}"),
    }
}

/// What holds over all trials: how often f64 learns, and its ranges; `None` without repetitions.
pub fn over_trials(
    training: &Training,
    place: usize,
    judged: &TrainingRunJudgement,
    notation: Notation,
) -> Option<String> {
    let TrialSpread { trials, reached, steps, last_loss, held_out, .. } = spread(training, place, None)?;
    let target = short(training.spec.target_loss, notation);
    let reach = match steps {
        None => format!("never reaches loss {target}"),
        Some([least, most]) => {
            let at = if least == most { format!("step {least}") } else { format!("steps {least} to {most}") };
            format!("reaches loss {target} in {reached} of {trials} trials, at {at},")
        }
    };
    let range = |[least, most]: [Number; 2], factor: f64| {
        let [least, most] = [least, most].map(|end| short(factor * end.value(), notation));
        if least == most { least } else { format!("{least} to {most}") }
    };
    let held_out = held_out.map_or(String::new(), |ends| match training.spec.has_classes() {
        true => self::held_out(training, &format!("{} %", range(ends, 100.0))),
        false => self::held_out(training, &range(ends, 1.0)),
    });
    let outcomes = match &judged.control_trials {
        Some(outcomes) => format!("f64 {}", distribution(outcomes)),
        None => format!("f64 {} with seed {}", outcome(judged.control.outcome), training.spec.seed),
    };
    let exact = judged.exact.and_then(|exact| exact_gradient(&exact, &judged.control, notation));
    let exact = exact.map_or(String::new(), |exact| format!(" With seed {}: {exact}", training.spec.seed));
    Some(format!("{outcomes}: it {reach} and ends at {}{held_out}.{exact}", range(last_loss, 1.0)))
}

/// `learns in 4 of 5 trials, does not learn in 1`.
pub fn distribution(outcomes: &ControlTrials) -> String {
    let ControlTrials { trials, outcomes } = outcomes;
    let mut clauses = outcomes.iter().map(|(one, count)| (outcome(*one), count));
    let first = clauses.next().map(|(words, count)| format!("{words} in {count} of {trials} trials"));
    first.into_iter().chain(clauses.map(|(words, count)| format!("{words} in {count}"))).collect::<Vec<_>>().join(", ")
}

/// What f64 does, in a few words.
pub fn outcome(outcome: ControlOutcome) -> &'static str {
    match outcome {
        ControlOutcome::Learns => "learns",
        ControlOutcome::Falls => "has not reached chance",
        ControlOutcome::TooShort => "has too few steps to tell",
        ControlOutcome::DoesNotLearn => "does not learn",
        ControlOutcome::Diverges => "diverges",
    }
}

/// The exact gradient of layer 1, if it is not healthy.
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
