//! Names that users give to policies: `SR:=bf16/update=f32/master=bf16:round=stochastic`.
//!
//! A name is only a label; the policy determines the computation. The record keeps both.

use super::error::{SpecError, named};
use crate::arithmetic::Policy;
use crate::format::{AMBIGUOUS, EIGHT_BITS, Format};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Separates a name from its policy.
const IS: &str = ":=";
/// Most characters of a name, so that a table column can hold it.
const LONGEST: usize = 24;

/// The named policies of a list, in canonical spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// True if no policy was given a name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of a policy in tables: its given name, or its canonical spelling.
    pub fn of<'a>(&'a self, policy: &'a str) -> &'a str {
        self.0.iter().find(|(_, named)| *named == policy).map_or(policy, |(name, _)| name)
    }

    /// The policy of that name.
    pub fn policy(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A policy as an option takes it: `SR:=bf16/update=f32` if it has a name.
    pub fn spelled(&self, policy: &str) -> String {
        match self.of(policy) {
            name if name == policy => policy.into(),
            name => format!("{name}{IS}{policy}"),
        }
    }

    /// Gives a policy in canonical spelling a name.
    ///
    /// # Errors
    /// The name does not fit into tables, means a format, or belongs to another policy; the message has the fix.
    pub fn give(&mut self, name: &str, policy: &str) -> Result<(), String> {
        check(name, policy)?;
        match self.0.insert(name.into(), policy.into()) {
            Some(other) if other != policy => {
                Err(format!("the name `{name}` is given to both `{other}` and `{policy}`; choose two names"))
            }
            _ => Ok(()),
        }
    }
}

/// The name, if there is one, and the policy of `NAME:=POLICY`.
pub(super) fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once(IS) {
        Some((name, policy)) => (Some(name.trim()), policy.trim()),
        None => (None, text),
    }
}

/// Reads a list of `POLICY` and `NAME:=POLICY`; `known` are names that policies already have and that may replace
/// them in the list.
pub(super) fn policies<T: PartialEq + fmt::Debug + fmt::Display>(
    texts: &[String],
    known: &Names,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<(Vec<T>, Names), SpecError> {
    let mut given = Vec::with_capacity(texts.len());
    let policies = named("precision", "--formats f16,f32", texts, |text| {
        let (name, policy) = split(text);
        if name.is_some() && policy.is_empty() {
            return Err(format!("`{text}`: the precision after `{IS}` is missing; write {text}bf16"));
        }
        let policy = parse(known.policy(policy).unwrap_or(policy))?;
        given.push(name.map(String::from));
        Ok(policy)
    })?;
    let mut names = Names::default();
    for (policy, name) in policies.iter().map(T::to_string).zip(given) {
        let of_known = || Some(known.of(&policy).to_string()).filter(|name| *name != policy);
        name.or_else(of_known).map_or(Ok(()), |name| names.give(&name, &policy)).map_err(SpecError)?;
    }
    match known.0.iter().find(|(name, _)| !names.0.contains_key(*name)) {
        Some((name, policy)) => Err(SpecError(format!(
            "`{name}` is the name of `{policy}`, which is not among the formats in this spelling; add it there"
        ))),
        None => Ok((policies, names)),
    }
}

/// Refuses a name that does not fit into every table, or that already means something else.
fn check(name: &str, policy: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.chars().count() > LONGEST || !name.chars().all(is_plain) {
        return Err(format!(
            "`{name}{IS}{policy}`: a name has 1 to {LONGEST} letters, digits, `-`, `_` and `.`, as in SR{IS}{policy}"
        ));
    }
    let lower = name.to_ascii_lowercase();
    let is_format = Format::parse(name).is_ok() || AMBIGUOUS.iter().chain(&EIGHT_BITS).any(|known| *known == lower);
    if is_format || lower == "mpfr" || Policy::parse(name).is_ok() {
        return Err(format!(
            "`{name}{IS}{policy}`: `{name}` is the name of a format or preset; choose another, as in my-{name}{IS}{policy}"
        ));
    }
    Ok(())
}
