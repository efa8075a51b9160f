//! `sweep.toml`: a sweep as a file, and `plan.json`, which a sweep wrote.

use super::plan::Setting;
use crate::record::sweep::{PLAN_SCHEMA, SweepPlan};
use crate::record::{Field, Fields, Spec};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The key of precisions that are given as numbers of bits.
pub const BITS: &str = "bits";
/// What a document must look like.
const FIX: &str = "write [spec] with fields such as width = 64, and [axes] with axes such as depth = \"5..200:log8\"";

/// What a file says: fields with their values, and bits.
#[derive(Default)]
pub struct Settings {
    /// Fields with values as options take them.
    pub fields: Vec<Setting>,
    /// Significand bits of precisions `mpfr:BITS`.
    pub bits: Option<String>,
    /// Whether horizons are found by bisection.
    pub bisects: bool,
}

/// A document: whether it asks for horizons alone, and its two tables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    horizon: bool,
    #[serde(default)]
    spec: Table,
    #[serde(default)]
    axes: Table,
}

/// Reads the text of a sweep's file.
///
/// # Errors
/// What is wrong, in a sentence without the file's name.
pub fn settings(text: &str) -> Result<Settings, String> {
    if text.trim_start().starts_with('{') {
        return of_plan(text);
    }
    let document: Document = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        format!("line {line}: {}; {FIX}", error.message().trim().replace('\n', ", "))
    })?;
    let mut found = Settings { bisects: document.horizon, ..Settings::default() };
    for (table, values) in [("spec", document.spec), ("axes", document.axes)] {
        for (key, value) in values {
            let values = texts(&value).ok_or_else(|| format!("[{table}] {key}: give a value or a list of values"))?;
            if key == BITS {
                found.bits = Some(values.join(","));
                continue;
            }
            let field =
                field(&key).map_err(|near| format!("[{table}] {key}: there is no such field; did you mean {near}?"))?;
            if found.fields.iter().any(|(other, _)| other.name == field.name) {
                return Err(format!("{key} is given twice: keep one"));
            }
            found.fields.push((field, values.join(",")));
        }
    }
    Ok(found)
}

/// The field of an option's name or its own name, with hyphens or underscores.
///
/// # Errors
/// The nearest name.
pub fn field(key: &str) -> Result<&'static Field<Spec>, &'static str> {
    let plain = key.replace('_', "-");
    let is_it = |field: &&Field<Spec>| {
        field.option.long == plain || field.option.alias == Some(&plain) || field.name.replace('_', "-") == plain
    };
    let longs = Spec::FIELDS.iter().map(|field| field.option.long).chain([BITS]);
    Spec::FIELDS.iter().find(is_it).ok_or_else(|| crate::nearest::nearest(&plain, longs))
}

/// Values as options take them; `None` of what is no value.
fn texts(value: &Value) -> Option<Vec<String>> {
    Some(match value {
        Value::String(text) => vec![text.clone()],
        Value::Integer(number) => vec![number.to_string()],
        Value::Float(number) => vec![format!("{number:?}")],
        Value::Boolean(is_on) => vec![if *is_on { "on" } else { "off" }.into()],
        Value::Array(values) => values.iter().map(texts).collect::<Option<Vec<_>>>()?.concat(),
        Value::Datetime(_) | Value::Table(_) => return None,
    })
}

/// The settings of a plan: all of its fields, and its axes.
fn of_plan(text: &str) -> Result<Settings, String> {
    let plan = read_plan(text)?;
    let axes: BTreeMap<&str, String> =
        plan.axes.iter().map(|axis| (axis.field.as_str(), axis.values.join(","))).collect();
    let formats =
        || plan.spec.formats.iter().map(|policy| plan.spec.names.spelled(policy)).collect::<Vec<_>>().join(",");
    let value = |field: &'static Field<Spec>| {
        let text = match field.name {
            "formats" => formats(),
            name => axes.get(name).cloned().or_else(|| (field.text)(&plan.spec))?,
        };
        Some((field, text))
    };
    Ok(Settings { fields: Spec::FIELDS.iter().filter_map(value).collect(), bits: None, bisects: plan.bisects })
}

/// Reads `plan.json`.
///
/// # Errors
/// Why it is no plan of this version's layout, as the rest of a sentence that names it.
pub fn read_plan(text: &str) -> Result<SweepPlan, String> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let wrong = |error: serde_json::Error| format!("is no plan of a sweep ({error})");
    let Head { schema } = serde_json::from_str(text).map_err(wrong)?;
    match schema == PLAN_SCHEMA {
        true => serde_json::from_str(text).map_err(wrong),
        false => Err(format!("has the schema `{schema}`; this version reads `{PLAN_SCHEMA}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_options_say() {
        let text = "[spec]\nwidth = 64\nresidual = true\ngain = 1.5\nloss-scale = \"auto\"\nbits = \"6..24\"\n\
                    [axes]\ndepth = \"5..200:log8\"\nact = [\"relu\", \"leaky:0.1\"]\nseed = [1, 2]\ntruth_bits = [80, 90]\n";
        let Settings { mut fields, bits, .. } = settings(text).unwrap();
        fields.sort_by_key(|(field, _)| field.name);
        let found: Vec<(&str, &str)> = fields.iter().map(|(field, text)| (field.name, text.as_str())).collect();
        let expected = [
            ("activations", "relu,leaky:0.1"),
            ("depth", "5..200:log8"),
            ("gain", "1.5"),
            ("loss_scale", "auto"),
            ("residual", "on"),
            ("seed", "1,2"),
            ("truth_bits", "80,90"),
            ("width", "64"),
        ];
        assert_eq!((found, bits.as_deref()), (expected.to_vec(), Some("6..24")));
    }

    #[test]
    fn every_mistake_names_its_fix() {
        for (text, words) in [
            ("[spec]\nwdith = 3", "[spec] wdith: there is no such field; did you mean width?"),
            ("[axes]\nbit = 3", "did you mean bits?"),
            ("[axis]\ndepth = 3", "write [spec]"),
            ("depth = 3", "line 1"),
            ("[spec]\nwidth = 3\n[axes]\nwidth = [4, 5]", "width is given twice"),
            ("[spec]\nwidth = { a = 1 }", "give a value or a list of values"),
            ("[spec\n", "line 1"),
            ("{\"schema\": \"precision-probe-record/4\"}", "has the schema `precision-probe-record/4`"),
            ("{\"schema\": 3}", "is no plan of a sweep"),
            ("{", "is no plan of a sweep"),
        ] {
            let message = settings(text).err().unwrap();
            assert!(message.contains(words) && !message.ends_with('.'), "{text}: {message}");
        }
    }

    /// A plan written and read is the same plan.
    #[test]
    fn a_plan_is_read_back() {
        let Settings { fields, .. } =
            settings("[axes]\nact = \"relu,tanh\"\ndepth = \"4,8\"\nbias = \"on,off\"").unwrap();
        let base = Spec { formats: vec!["mine:=f16:acc=f32".into(), "f32".into()], ..Spec::default() };
        let plan = SweepPlan::of(base, &fields).unwrap();
        let again = settings(&serde_json::to_string(&plan).unwrap()).unwrap();
        assert_eq!(SweepPlan::of(Spec::default(), &again.fields), Ok(plan));
    }
}
