//! Converts records of former schemas to this layout, as JSON values.
//!
//! Before schema 4 sites were layers without a list of their own, sources had a list for each of their numbers, and evidence,
//! phases and arithmetics were words. What a former record lacks besides is absent here, too. What is not laid out as a
//! record stays as it is: reading it says what is wrong.

use super::evidence::Evidence;
use super::format::{FormatFacts, Role, Roles, StoredType};
use super::site::{Site, SiteKind};
use crate::activation::Phase;
use crate::arithmetic::policy::TrainingPolicy;
use crate::arithmetic::{ArithmeticName, Policy};
use crate::exchange::Dtype;
use crate::format::Format;
use crate::number::Number;
use crate::truth::Unproven;
use serde::Serialize;
use serde_json::Value;

/// What a value says that no record does, as the end of a sentence.
type Converted = Result<(), String>;

/// A probe's record.
pub fn record(record: &mut Value) -> Converted {
    each(record, "runs").try_for_each(run)
}

/// A law.
pub fn law(law: &mut Value) -> Converted {
    each(law, "runs").try_for_each(|run| replace(run, "evidence", evidence))
}

/// A training.
pub fn training(training: &mut Value) -> Converted {
    let spec = training.get("spec").cloned().unwrap_or_default();
    each(training, "runs").try_for_each(|run| training_run(run, &spec))
}

fn run(run: &mut Value) -> Converted {
    let layers = list(run.pointer("/truth/layers"));
    let tensors = list(run.pointer("/arithmetics/0/layers")).iter().map(|layer| {
        let tensors = list(layer.pointer("/trials/0/tensors")).iter().filter_map(|tensor| text(tensor, "tensor"));
        tensors.filter(|tensor| *tensor != "activation_gradient").collect()
    });
    let sites: Vec<Site> = layers
        .iter()
        .zip(tensors)
        .enumerate()
        .map(|(place, (layer, tensors))| site(place, text(layer, "name").unwrap_or_default(), tensors))
        .collect();
    insert(run, "sites", sites);
    phase(run);
    if let Some(truth) = run.get_mut("truth") {
        replace(truth, "evidence", evidence)?;
        layers_to_sites(truth);
        for site in each(truth, "sites") {
            remove(site, "name");
            for trial in each(site, "trials") {
                replace(trial, "evidence", evidence)?;
                trial.pointer_mut("/exact/zero").into_iter().for_each(|zero| rename(zero, "layer", "site"));
            }
        }
    }
    each(run, "arithmetics").try_for_each(arithmetic)
}

/// A site by the tensors of its gradient. The slope of a PReLU from a file has its own name there, which former records
/// do not hold.
fn site(place: usize, name: &str, tensors: Vec<&str>) -> Site {
    Site {
        ordinal: place + 1,
        name: name.into(),
        kind: SiteKind::Affine,
        block: None,
        parameters: tensors.iter().map(|tensor| format!("{name}.{tensor}")).collect(),
    }
}

/// χ₁ says the phase; the words also said whether the variance is stable, and of a residual network the growth.
fn phase(run: &mut Value) {
    let Some(words) = text(run, "phase").map(String::from) else { return };
    if let Some(chi1) = run.get("chi1").and_then(Value::as_f64) {
        insert(run, "phase", Phase::of(chi1));
    }
    let growth = words.strip_prefix("gradients grow, in all ").and_then(|rest| rest.split(' ').next());
    match growth {
        Some(times) => insert(run, "growth", times.parse().map_or(Number::Infinite, Number::Finite)),
        None if words.ends_with("unstable") => insert(run, "has_unstable_variance", true),
        None => {}
    }
}

fn arithmetic(arithmetic: &mut Value) -> Converted {
    layers_to_sites(arithmetic);
    format_facts(arithmetic)?;
    for site in each(arithmetic, "sites") {
        let Some(external) = site.get_mut("external") else { continue };
        for (former, now) in [("weight_dtype", "weight_type"), ("bias_dtype", "bias_type")] {
            replace(external, former, |dtype| Ok(StoredType::of(Dtype::parse(dtype)?)))?;
            rename(external, former, now);
        }
    }
    if arithmetic.get("external").is_none_or(Value::is_null) {
        let policy = Policy::parse(definition(arithmetic)).map_err(first_line)?;
        insert(arithmetic, "roles", Roles::from(policy));
    }
    for source in arithmetic.get_mut("attribution").into_iter().flat_map(|one| each(one, "sources")) {
        source_sites(source);
    }
    for remedy in each(arithmetic, "remedies") {
        layers_to_sites(remedy);
        number(remedy, "sites");
        let name = definition(remedy);
        let spelled = Policy::parse(name).map_err(first_line)?.spelled();
        if spelled != name {
            insert(remedy, "policy", spelled);
        }
    }
    number(arithmetic, "theory");
    Ok(())
}

/// Lists of numbers by layer become a list of sites.
fn source_sites(source: &mut Value) {
    let lists = ["alone", "without", "milder", "lower"].map(|key| (key, remove(source, key)));
    let count = lists.iter().map(|(_, numbers)| list(numbers.as_ref()).len()).max().unwrap_or(0);
    let site = |place: usize| {
        let known = lists.iter().filter_map(|(key, numbers)| Some((*key, numbers.as_ref()?.get(place)?.clone())));
        let ordinal = ("site", Value::from(place + 1));
        Value::Object(std::iter::once(ordinal).chain(known).map(|(key, value)| (key.into(), value)).collect())
    };
    insert(source, "sites", (0..count).map(site).collect::<Vec<Value>>());
}

fn training_run(run: &mut Value, spec: &Value) -> Converted {
    let has_biases = spec.get("bias").and_then(Value::as_bool).unwrap_or(false);
    let layers: Vec<Value> = remove(run, "layers").and_then(|names| names.as_array().cloned()).unwrap_or_default();
    let of_file = list(spec.pointer("/weights/activations"));
    let sites = layers.iter().enumerate().map(|(place, name)| {
        let own = of_file.get(place).and_then(Value::as_str).or_else(|| text(run, "activation")).unwrap_or_default();
        let has_slope = own.starts_with("prelu") && place + 1 < layers.len();
        let tensors = [("weight", true), ("bias", has_biases), ("slope", has_slope)];
        let tensors = tensors.into_iter().filter(|(_, is_there)| *is_there).map(|(tensor, _)| tensor);
        site(place, name.as_str().unwrap_or_default(), tensors.collect())
    });
    let sites: Vec<Site> = sites.collect();
    insert(run, "sites", sites);
    for step in each(run, "exact") {
        layers_to_sites(step);
        number(step, "sites");
    }
    each(run, "learners").try_for_each(learner)
}

fn learner(learner: &mut Value) -> Converted {
    format_facts(learner)?;
    let policy = TrainingPolicy::parse(definition(learner)).map_err(first_line)?;
    insert(learner, "roles", Roles::from(policy.gradients));
    let role = |name: &str| ArithmeticName::parse(name).map(Role::from).map_err(first_line);
    ["update", "master"].into_iter().try_for_each(|key| replace(learner, key, role))?;
    for event in each(learner, "events") {
        let of_layer = ["/kind/forward_overflow", "/kind/gradient_overflow"];
        of_layer
            .iter()
            .for_each(|kind| event.pointer_mut(kind).into_iter().for_each(|kind| rename(kind, "layer", "site")));
    }
    for measure in each(learner, "measures") {
        replace(measure, "evidence", evidence)?;
        layers_to_sites(measure);
    }
    if let Some(saturation) = learner.pointer_mut("/outcome/first_saturation") {
        rename(saturation, "layer", "site");
        rename(saturation, "layers", "sites");
    }
    Ok(())
}

/// `proven 83 bits` as it is typed.
fn evidence(words: &str) -> Result<Evidence, String> {
    let between = |begin: &str, end: &str| words.strip_prefix(begin)?.strip_suffix(end)?.parse().ok();
    let branches = |count| Unproven::UndecidedBranch { count };
    let reason = match words {
        "exact" => return Ok(Evidence::Exact {}),
        "not established: exponent range" => Some(Unproven::ExponentRange),
        "not established: bounds too wide" => Some(Unproven::TooWide),
        "not established: an undecided branch" => Some(branches(1)),
        _ => between("not established: ", " undecided branches").map(|count: u32| branches(count as usize)),
    };
    let proven = || between("proven ", " bits").map(|bits| Evidence::Proven { bits });
    reason.map(Evidence::NotEstablished).or_else(proven).ok_or_else(|| format!("`{words}` is no evidence"))
}

/// Adds the constants that former records do not hold.
fn format_facts(arithmetic: &mut Value) -> Converted {
    let Some(format) = arithmetic.get_mut("format") else { return Ok(()) };
    let name = text(format, "name").unwrap_or_default();
    let FormatFacts { bits, largest, has_infinities, .. } = FormatFacts::of(&Format::parse(name)?);
    bits.into_iter().for_each(|bits| insert(format, "bits", bits));
    largest.into_iter().for_each(|largest| insert(format, "largest", largest));
    insert(format, "has_infinities", has_infinities);
    Ok(())
}

/// The spelling of an arithmetic that says what it computes in.
fn definition(arithmetic: &Value) -> &str {
    text(arithmetic, "policy").or_else(|| text(arithmetic, "name")).unwrap_or_default()
}

/// A message without the lines that point into its text.
fn first_line(message: String) -> String {
    message.lines().next().unwrap_or_default().into()
}

/// `layers` are `sites`, and so is the number of each.
fn layers_to_sites(value: &mut Value) {
    rename(value, "layers", "sites");
    each(value, "sites").for_each(|site| rename(site, "layer", "site"));
}

/// Gives the entries of a list their ordinals.
fn number(value: &mut Value, key: &str) {
    each(value, key).zip(1..).for_each(|(entry, ordinal): (_, usize)| insert(entry, "site", ordinal));
}

fn each<'v>(value: &'v mut Value, key: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

fn insert(value: &mut Value, key: &str, inserted: impl Serialize) {
    let inserted = serde_json::to_value(inserted).expect("a part of a record has only serialisable fields");
    if let Some(fields) = value.as_object_mut() {
        fields.insert(key.into(), inserted);
    }
}

fn remove(value: &mut Value, key: &str) -> Option<Value> {
    value.as_object_mut()?.remove(key)
}

fn rename(value: &mut Value, former: &str, now: &str) {
    if let Some(moved) = remove(value, former) {
        insert(value, now, moved);
    }
}

/// Replaces words by what they say.
fn replace<T: Serialize>(value: &mut Value, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Converted {
    let Some(words) = text(value, key) else { return Ok(()) };
    let read = read(words)?;
    insert(value, key, read);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of former records mean what they are displayed as.
    #[test]
    fn evidence_in_words_is_read() {
        let not = |reason| Evidence::NotEstablished(reason);
        for known in [
            Evidence::Exact {},
            Evidence::Proven { bits: 83 },
            not(Unproven::ExponentRange),
            not(Unproven::TooWide),
            not(Unproven::UndecidedBranch { count: 1 }),
            not(Unproven::UndecidedBranch { count: 12 }),
        ] {
            assert_eq!(evidence(&known.to_string()), Ok(known));
        }
        for strange in ["", "believed", "proven many bits", "proven 83", "proven -1 bits", "not established: x"] {
            assert_eq!(evidence(strange), Err(format!("`{strange}` is no evidence")));
        }
    }

    /// What is not laid out as a record is no reason to panic.
    #[test]
    fn strange_values_stay_as_they_are() {
        for text in
            ["[]", "7", "{\"runs\":3}", "{\"runs\":[1,[],{}]}", "{\"runs\":[{\"truth\":[],\"arithmetics\":{}}]}"]
        {
            for convert in [record, law, training] {
                let mut value: Value = serde_json::from_str(text).unwrap();
                convert(&mut value).unwrap();
            }
        }
    }
}
