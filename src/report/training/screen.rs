//! The first screen: what was trained, whether f64 learns, a row per format with what limits it and the cheapest format of
//! the list without that, and the most severe limit in a sentence.

use super::control::{self, control};
use super::rows::INDENT;
use super::{events, facts, measured, words};
use crate::judgement::training::{
    ControlOutcome, LearnerJudgement, Limit, TrainingJudgement, TrainingRunJudgement, TrialSpread, judge, spread,
};
use crate::record::Number;
use crate::record::training::{Course, Training};
use crate::report::numbers::{Notation::Plain, display_width, short};
use crate::report::table::{Column, GiveWay, Table, WIDTH, shortened, wrapped};
use crate::report::view::report_line;
use std::path::Path;

/// Most lines besides the table's rows.
const LINES: usize = 10;

/// Most networks that are listed with what f64 does over trials.
const LISTED: usize = 2;

/// The first screen: at most ten lines and a row for every activation and format.
pub fn screen(training: &Training, picture: Option<&Path>) -> String {
    let judged = judge(training);
    let mut text = header(training) + &wrapped(&controls(training, &judged)) + "\n";
    let mut last = String::new();
    if training.runs.len() > 1 && training.trials.is_empty() {
        last += "(A single training each: no ranking of activations; --trials N shows how far trainings differ.)\n";
    }
    last += &seeds(training);
    last += &picture.map_or(String::new(), |picture| {
        let directory = picture.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        report_line(directory, " (--details prints every measure in sentences)")
    });
    // The titles of the table are a line, too.
    let room = LINES.saturating_sub(text.lines().count() + 1 + last.lines().count());
    text += &table(training, &judged);
    text += &answer(training, &judged).map_or(String::new(), |sentences| first_that_fit(&sentences, room));
    text + &last
}

/// As many of the first sentences as fit in so many lines.
fn first_that_fit(sentences: &[String], lines: usize) -> String {
    let fit = (0..=sentences.len()).rev().map(|count| wrapped(&sentences[..count].join(" ")));
    fit.into_iter().find(|text| text.lines().count() <= lines).unwrap_or_default()
}

/// Three lines: the network, the training, the data, each as far as it fits.
fn header(training: &Training) -> String {
    let network = std::iter::once(facts::activations(training)).chain(facts::network(training));
    let draws = facts::draws(training, &training.runs, Plain);
    let data = [facts::data(training), facts::loss(training).to_string()].into_iter();
    let evidence = facts::evidence(training);
    fitting(network)
        + &fitting(facts::optimiser(training, Plain).into_iter().chain(draws))
        + &fitting(data.chain(evidence))
}

/// Pieces in one line, without those that no longer fit.
fn fitting(pieces: impl Iterator<Item = String>) -> String {
    let mut line = String::new();
    for piece in pieces {
        let piece = if line.is_empty() { piece } else { format!(", {piece}") };
        let room = WIDTH - display_width(&line);
        match display_width(&piece) <= room {
            true => line += &piece,
            false if line.is_empty() => line = shortened(&piece, WIDTH),
            false => break,
        }
    }
    line + "\n"
}

/// The table with its ranges over trials, after what f64 does in them; `None` without repetitions.
pub fn over_trials(training: &Training) -> Option<String> {
    let judged = judge(training);
    (!training.trials.is_empty())
        .then(|| wrapped(&controls(training, &judged)) + "\n" + &table(training, &judged) + &seeds(training))
}

/// What ranges are over, if there are any.
fn seeds(training: &Training) -> String {
    let first = training.spec.seed;
    match training.trials.last() {
        None => String::new(),
        Some(last) => format!(
            "({} trials, seeds {first} to {}: least–greatest; only seed {first} is measured, for limits)\n",
            training.trials.len() + 1,
            last.seed
        ),
    }
}

/// Whether f64 itself learns, over all trials: one network in full, of several those that it does not learn.
fn controls(training: &Training, judged: &TrainingJudgement) -> String {
    if let ([run], [one]) = (training.runs.as_slice(), judged.runs.as_slice()) {
        return control::over_trials(training, 0, one, Plain).unwrap_or_else(|| control(training, run, one, Plain));
    }
    let all: Vec<(ControlOutcome, &str)> =
        judged.runs.iter().map(|run| (worst(run), run.activation.as_str())).collect();
    if all.iter().all(|(outcome, _)| *outcome == ControlOutcome::Learns) {
        let networks = if all.len() == 2 { "both networks".into() } else { format!("all {} networks", all.len()) };
        let trials = match training.trials.len() {
            0 => String::new(),
            more => format!(" in all {} trials", more + 1),
        };
        return format!("f64 learns {networks}{trials}.");
    }
    if !training.trials.is_empty() {
        let each = judged.runs.iter().map(|run| match &run.control_trials {
            Some(outcomes) => format!("{} {}", run.activation, control::distribution(outcomes)),
            None => format!("{} {}", run.activation, control::outcome(run.control.outcome)),
        });
        let each: Vec<String> = each.collect();
        let (shown, rest) = each.split_at(each.len().min(LISTED));
        let rest = if rest.is_empty() { String::new() } else { format!("; and {} more", rest.len()) };
        return format!("In f64: {}{rest}.", shown.join("; "));
    }
    let parts = ControlOutcome::ALL.into_iter().skip(1).filter_map(|outcome| {
        let names: Vec<String> =
            all.iter().filter(|(one, _)| *one == outcome).map(|(_, name)| (*name).to_string()).collect();
        let words = match outcome {
            ControlOutcome::DoesNotLearn => "does not learn",
            ControlOutcome::Diverges => "diverges with",
            ControlOutcome::Falls => "has not reached chance with",
            _ => "has too few steps to tell whether it learns",
        };
        (!names.is_empty()).then(|| format!("{words} {}", few(&names)))
    });
    format!("f64 itself {}.", parts.collect::<Vec<_>>().join("; "))
}

/// The worst outcome of f64 over all trials, as far as they record it.
fn worst(run: &TrainingRunJudgement) -> ControlOutcome {
    let is_seen = |outcome: &ControlOutcome| {
        run.control_trials.as_ref().map_or(run.control.outcome == *outcome, |trials| trials.count(*outcome) > 0)
    };
    ControlOutcome::ALL.into_iter().rev().find(is_seen).unwrap_or(run.control.outcome)
}

/// `relu, tanh and 3 more`.
fn few(names: &[String]) -> String {
    match names.len() {
        0..=4 => names.join(", "),
        count => format!("{} and {} more", names[..3].join(", "), count - 3),
    }
}

/// A row for f64's copy of every activation, and one for every format.
fn table(training: &Training, judged: &TrainingJudgement) -> String {
    let target = format!("loss {}", short(training.spec.target_loss, Plain));
    let name = |title| Column::left(title).giving_way(GiveWay::Name);
    let limits = Column::left("main event or limit").giving_way(GiveWay::Words);
    let numbers = [&*target, "last loss", "held out"].map(Column::right);
    let mut table = Table::new([name("precision")].into_iter().chain(numbers).chain([limits, name("without it")]));
    for (index, (run, one)) in training.runs.iter().zip(&judged.runs).enumerate() {
        let name = [format!("{} in f64", run.activation)].into_iter();
        let outcome_of_f64 = outcome(training, &run.reference, spread(training, index, None));
        table.push(name.chain(outcome_of_f64).chain([of_control(one), String::new()]));
        for (place, (learner, own)) in run.learners.iter().zip(&one.learners).enumerate() {
            let name = [format!("{INDENT}{}", learner.name)].into_iter();
            let over_trials = || spread(training, index, Some(place));
            let limit = limit(own) + &failures(over_trials());
            let without = one.without(own).map_or(String::new(), String::from);
            table.push(name.chain(outcome(training, &learner.course, over_trials())).chain([limit, without]));
        }
    }
    table.text()
}

/// `learns`, `learns 4, does not learn 1`.
fn of_control(judged: &TrainingRunJudgement) -> String {
    let words = |outcome: ControlOutcome| match outcome {
        ControlOutcome::TooShort => "too few steps to tell",
        outcome => control::outcome(outcome),
    };
    match judged.control_trials.as_ref().map(|trials| trials.outcomes.as_slice()) {
        None | Some([_] | []) => words(judged.control.outcome).into(),
        Some(outcomes) => {
            let each = outcomes.iter().map(|(outcome, count)| format!("{} {count}", words(*outcome)));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The step of the target loss, the last loss and the held-out samples, over all trials where there are several.
fn outcome(training: &Training, course: &Course, spread: Option<TrialSpread>) -> [String; 3] {
    let Some(TrialSpread { trials, reached, steps, last_loss, held_out, .. }) = spread else {
        let last = course.last_loss();
        let last = if last == Number::None { "—".into() } else { short(last.value(), Plain) };
        let reached = course.reached(training.spec.target_loss).map_or("never".into(), |step| step.to_string());
        return [reached, last, measured::at_end_in_words(course, Plain)];
    };
    let steps = match steps {
        None => "never".into(),
        Some([least, most]) if reached == trials => between(least.to_string(), most.to_string()),
        Some([least, _]) => format!("{least}–never"),
    };
    let has_classes = training.spec.has_classes();
    let factor = if has_classes { 100.0 } else { 1.0 };
    let range = |ends: [Number; 2], factor: f64| {
        let [least, most] = ends.map(|end| short(factor * end.value(), Plain));
        between(least, most)
    };
    let unit = if has_classes { " %" } else { "" };
    let held_out = held_out.map_or("—".into(), |ends| range(ends, factor) + unit);
    [steps, range(last_loss, 1.0), held_out]
}

fn between(least: String, most: String) -> String {
    if least == most { least } else { format!("{least}–{most}") }
}

/// `; 3 of 5 trials stop`.
fn failures(spread: Option<TrialSpread>) -> String {
    match spread {
        Some(TrialSpread { trials, failed, .. }) if failed > 0 => format!("; {failed} of {trials} trials stop"),
        _ => String::new(),
    }
}

/// A copy's limit in a few words.
pub fn limit(judged: &LearnerJudgement) -> String {
    let failed = judged.failed.map_or(String::new(), |step| format!("; stops at {step}"));
    match judged.limit {
        Limit::Control => "not judged: f64 does not learn".into(),
        Limit::Event { event } => events::brief(&event, judged, Plain) + &failed,
        Limit::Failed { step } => format!("stops at step {step}"),
        Limit::ZeroGradient { saturation } => format!("exact gradient zero at step {}", saturation.step),
        Limit::Range { saturation } => {
            format!("{}, layer {}, step {}", saturation.verdict, saturation.site, saturation.step)
        }
        Limit::LongUpdates { lengths } => {
            format!("updates {}× too long at step {}", facts::times(lengths.most, Plain), lengths.step)
        }
        Limit::ShortUpdates { lengths } => {
            format!("updates {} of their length, step {}", facts::times(lengths.least, Plain), lengths.step)
        }
        Limit::Absorption { absorption } => match (absorption.is_general(), absorption.first) {
            (false, Some(saturation)) => {
                format!("updates absorbed, layer {}, step {}", saturation.site, saturation.step)
            }
            _ => format!("{} % of the update applied", facts::times(100.0 * absorption.applied.share, Plain)),
        },
        Limit::Noise { saturation: Some(saturation), .. } => {
            format!("{}, layer {}, step {}", saturation.verdict, saturation.site, saturation.step)
        }
        Limit::Noise { largest: Some(largest), .. } => {
            format!("noise {}× minibatch noise, step {}", facts::times(largest.ratio, Plain), largest.step)
        }
        Limit::Noise { .. } => "noise".into(),
        Limit::Nothing if judged.is_harmless() => "none: noise is harmless".into(),
        Limit::Nothing => "none".into(),
    }
}

/// A sentence that goes on after a colon.
fn after_colon(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

/// The most severe limit in sentences; if there is none, the most noise.
fn answer(training: &Training, judged: &TrainingJudgement) -> Option<Vec<String>> {
    let pairs = training.runs.iter().zip(&judged.runs);
    let all = pairs.flat_map(|(run, one)| {
        run.learners.iter().zip(&one.learners).map(move |(learner, own)| (run, one, learner, own))
    });
    let blamed = all.clone().filter(|(_, _, _, own)| own.limit.is_blamed());
    if let Some((run, one, learner, own)) = blamed.min_by_key(|(_, _, _, own)| own.limit.rank()) {
        let of = if training.runs.len() > 1 { format!(" with {}", run.activation) } else { String::new() };
        let without = one.without(own).map(|other| format!("{other} does not have this problem."));
        let first = format!("{}{of}: {}", learner.name, after_colon(&words::limit(learner, own, Plain)));
        return Some(std::iter::once(first).chain(without).collect());
    }
    let noises =
        all.filter_map(|(_, _, learner, own)| Some((learner, own, own.noise.filter(|_| own.limit == Limit::Nothing)?)));
    let (learner, own, noise) = noises.max_by(|one, other| one.2.largest.ratio.total_cmp(&other.2.largest.ratio))?;
    let noise = words::minibatch(&noise, own.is_harmless(), Plain);
    let learns = judged.runs.iter().all(|run| run.control.outcome == ControlOutcome::Learns);
    let first = match learns {
        true => "None of these precisions limits learning.",
        false => "None of these precisions is known to do worse than f64.",
    };
    Some(vec![first.into(), format!("{}: {noise}", learner.name)])
}
