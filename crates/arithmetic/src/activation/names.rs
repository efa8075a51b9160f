//! Names of activations: `relu`, `leaky:0.2`, `hardtanh:-2:2`, PyTorch's spellings as aliases.

use super::Activation;
use super::about::{About, Kind};
use super::catalogue::{Entry, ROWS, Row, entry_of, parameters};
use crate::format::GRID;
use crate::nearest::nearest;
use serde::Serialize;
use std::fmt;

/// One parameter of an activation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name: `slope`, `least value`.
    pub name: &'static str,
    /// Its value; slopes are rounded to the grid.
    pub value: f64,
    /// Its default.
    pub default: f64,
}

/// A name without the characters that do not distinguish names.
fn plain(name: &str) -> String {
    name.trim().to_ascii_lowercase().chars().filter(|c| !matches!(c, '_' | '-')).collect()
}

impl Activation {
    /// Reads a name with optional parameters, as in `leaky:0.2` or `hardtanh:-2:2`.
    ///
    /// The slopes of leaky and prelu are rounded to the grid of parameters ([`GRID`]), so that every usual format holds
    /// them exactly: `leaky:0.01` is 0.010009765625. Of several parameters, only the first is required.
    ///
    /// # Errors
    /// What is wrong, and how to write it.
    pub fn parse(text: &str) -> Result<Activation, String> {
        // As reports write it, with its constants: `elu:0.5 (alpha = 0.5)`.
        if let Some((name, constants)) = text.trim().strip_suffix(')').and_then(|text| text.split_once(" (")) {
            let activation = Activation::parse(name)?;
            if activation.constants().join(", ") == constants {
                return Ok(activation);
            }
            let written = activation.grammar();
            return Err(format!("`{text}`: the text in parentheses does not match `{name}`; leave it out ({written})"));
        }
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let typed = plain(name);
        let names = |row: &'static Row| std::iter::once(row.about.name).chain(row.about.aliases.iter().copied());
        let Some(row) = ROWS.iter().find(|row| names(row).any(|name| plain(name) == typed)) else {
            let every = ROWS.iter().flat_map(names);
            return Err(format!("unknown activation `{name}`; did you mean `{}`?", nearest(&typed, every)));
        };
        let (entry, written): (&About, Vec<&str>) = (row.about, parts.collect());
        if written.len() > entry.parameters.len() {
            return Err(match entry.parameters.len() {
                0 => format!("`{text}`: {0} has no parameter; write `{0}`", entry.name),
                1 => format!("`{text}`: {} has one parameter, as in `{}`", entry.name, entry.example),
                count => format!("`{text}`: {} has {count} parameters, as in `{}`", entry.name, entry.example),
            });
        }
        let mut values = row.defaults.to_vec();
        for ((value, written), symbol) in values.iter_mut().zip(written).zip(entry.parameters) {
            *value = parameter(text, entry.example, written, symbol.what, &symbol.kind)?;
        }
        (row.build)(&values).map_err(|wrong| format!("`{text}`: {wrong}, as in `{}`", entry.example))
    }

    /// The syntax with parameters: `leaky[:SLOPE]`, or `swish:BETA`, which needs its parameter.
    pub fn grammar(&self) -> String {
        let about = self.about();
        let symbols: String = about.parameters.iter().map(|parameter| format!(":{}", parameter.symbol)).collect();
        match about.has_default && !symbols.is_empty() {
            true => format!("{}[{symbols}]", about.name),
            false => format!("{}{symbols}", about.name),
        }
    }

    /// The description of this activation.
    pub fn about(&self) -> &'static About {
        entry_of!(*self, entry => entry.about())
    }

    /// Aliases; capitals, `_` and `-` make no difference.
    pub fn aliases(&self) -> &'static [&'static str] {
        self.about().aliases
    }

    /// The parameters in order.
    pub fn parameters(&self) -> Vec<Parameter> {
        let named =
            self.about().parameters.iter().map(|symbol| symbol.what.strip_prefix("the ").unwrap_or(symbol.what));
        let values = parameters(self).into_iter().zip(self.defaults());
        named.zip(values).map(|(name, (value, default))| Parameter { name, value, default: *default }).collect()
    }

    fn defaults(&self) -> &'static [f64] {
        let name = self.about().name;
        ROWS.iter().find(|row| row.about.name == name).expect("invariant: every activation has an entry").defaults
    }

    /// Every exact constant of φ, as printed in records and captions.
    pub fn constants(&self) -> Vec<String> {
        entry_of!(*self, entry => entry.constants())
    }

    /// The canonical name, which [`Activation::parse`] reads back (for slopes on the grid); parameters
    /// are left out where they are the defaults.
    pub fn name(&self) -> String {
        let (name, values) = (self.about().name, parameters(self));
        if self.defaults() == values {
            return name.to_string();
        }
        values.iter().fold(name.to_string(), |name, value| format!("{name}:{value}"))
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// One parameter as written.
fn parameter(text: &str, example: &str, written: &str, what: &str, kind: &Kind) -> Result<f64, String> {
    let value = match written.trim().parse::<f64>() {
        // −0 would only differ from 0 in its name and in the sign of zeros.
        Ok(value) if value.is_finite() => value + 0.0,
        _ => return Err(format!("`{text}`: the parameter must be a finite number, as in `{example}`")),
    };
    match kind {
        Kind::Slope => slope(text, example, value),
        Kind::Range(range) if range.contains(&value) => Ok(value),
        Kind::Range(range) => {
            Err(format!("`{text}`: {what} must be from {} to {}, as in `{example}`", range.start(), range.end()))
        }
    }
}

/// A slope on the grid of parameters.
fn slope(text: &str, example: &str, value: f64) -> Result<f64, String> {
    let snapped = GRID.round_f64(value);
    if !snapped.is_finite() {
        return Err(format!("`{text}`: the slope is too large; give at most 65280, as in `{example}`"));
    }
    if snapped == 0.0 && value != 0.0 {
        return Err(format!("`{text}`: the slope is too small; give 0 or at least 2^-24, as in `{example}`"));
    }
    Ok(snapped)
}
