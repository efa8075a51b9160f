//! `--fail-on`: conditions on verdicts, and the exit status if one is met.

use super::failure::{Failure, VERDICT_REACHED, told};
use crate::arithmetic::Policy;
use crate::record::Record;
use crate::report::alarm::{self, Place};
use crate::spec::Plan;
use crate::verdict::Verdict;
use std::io::{self, Write};
use std::process::ExitCode;

/// One `--fail-on`: a verdict, in one arithmetic or in any.
pub struct Condition {
    /// As the user wrote it.
    text: String,
    verdict: Verdict,
    /// The arithmetic's name in tables.
    arithmetic: Option<String>,
}

impl Condition {
    /// The place where it is met.
    fn met(&self, record: &Record) -> Vec<Place> {
        let places = record.runs.iter().enumerate().flat_map(|(run, one)| {
            one.arithmetics.iter().enumerate().map(move |(place, arithmetic)| ((run, place), arithmetic))
        });
        places
            .filter(|(_, arithmetic)| self.arithmetic.as_ref().is_none_or(|name| *name == arithmetic.name))
            .filter(|(_, arithmetic)| arithmetic.verdict.verdict.reaches(self.verdict))
            .map(|(place, _)| place)
            .collect()
    }
}

/// The first condition that is met, in a sentence.
pub fn sentence(conditions: &[Condition], record: &Record) -> Option<String> {
    let met = |condition: &Condition| {
        let option = format!("--fail-on {}", condition.text);
        alarm::reached(record, &option, condition.verdict, &condition.met(record))
    };
    conditions.iter().find_map(met)
}

/// Every place where a condition is met.
pub fn all_met(conditions: &[Condition], record: &Record) -> Vec<Place> {
    conditions.iter().flat_map(|condition| condition.met(record)).collect()
}

/// Prints the reason to standard error, even with `--quiet`, and gives the exit status.
pub fn failed(sentence: &str) -> ExitCode {
    // If the error stream is closed, the exit status has to suffice.
    let _ = writeln!(io::stderr(), "failed: {}", told(sentence));
    ExitCode::from(VERDICT_REACHED)
}

/// Reads the conditions of a plan.
///
/// # Errors
/// An unknown verdict, or an arithmetic that is unknown or not measured, with the fix.
pub fn read(texts: &[String], plan: &Plan) -> Result<Vec<Condition>, Failure> {
    let named = |text: &String, message: String| Failure::Input(format!("--fail-on {text}: {message}"));
    let read = |text: &String| {
        let (verdict, arithmetic) = match text.split_once('@') {
            Some((verdict, arithmetic)) => (verdict, Some(arithmetic)),
            None => (text.as_str(), None),
        };
        let verdict = Verdict::parse(verdict).map_err(|message| named(text, message))?;
        if arithmetic.is_some_and(|name| name.trim().is_empty()) {
            let verdict = verdict.name().replace(' ', "-");
            let example = plan.spec.formats.first().map_or("f16", |policy| plan.spec.names.of(policy));
            let message = format!("a precision is missing after @; write {verdict}@{example}, or {verdict} for any");
            return Err(named(text, message));
        }
        let arithmetic = arithmetic.map(|name| measured(without_scale(name), plan)).transpose();
        let arithmetic = arithmetic.map_err(|message| named(text, message))?;
        Ok(Condition { text: text.clone(), verdict, arithmetic })
    };
    texts.iter().map(read).collect()
}

/// Removes a loss scale as tables (`f16, loss ×2^10`) and sentences (`f16 (loss ×2^10)`) append it.
fn without_scale(name: &str) -> &str {
    let end = [", loss ×", " (loss ×"].iter().filter_map(|scale| name.find(scale)).min();
    &name[..end.unwrap_or(name.len())]
}

/// The name in tables of an arithmetic of the plan, given by that name or by its policy in any spelling.
fn measured(name: &str, plan: &Plan) -> Result<String, String> {
    let names = &plan.spec.names;
    let compared = plan.spec.compared.iter().map(|compared| compared.name.as_str());
    let listed: Vec<&str> = plan.spec.formats.iter().map(|policy| names.of(policy)).collect();
    if names.policy(name).is_some() || compared.clone().any(|compared| compared == name) {
        return Ok(name.into());
    }
    let policy = Policy::parse(name)?.to_string();
    let name = names.of(&policy);
    match listed.contains(&name) {
        true => Ok(name.into()),
        false => Err(format!("`{name}` is not among --formats {}; add it there", listed.join(","))),
    }
}
