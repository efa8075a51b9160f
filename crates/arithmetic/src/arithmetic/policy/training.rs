//! Policies of training: the arithmetic of gradients, that of the optimiser, and the format of the parameters.

use super::{Policy, first_line};
use crate::arithmetic::{ArithmeticName, Sum};
use std::fmt;

/// Most significand bits of the values kept between steps, which doubles store.
const MOST_BITS: u32 = 53;

/// The precisions with which one copy of a network is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrainingPolicy {
    /// The policy of gradients.
    pub gradients: Policy,
    /// The arithmetic of the optimiser, in whose format its state is kept.
    pub update: ArithmeticName,
    /// The rounding of the optimiser's results to the parameters that are kept between steps.
    pub master: ArithmeticName,
}

impl From<Policy> for TrainingPolicy {
    /// The default: the optimiser computes in the single arithmetic of a plain run, in the format of stored parameters,
    /// or in the wider of the roles.
    fn from(gradients: Policy) -> TrainingPolicy {
        let Policy { storage, forward, backward } = gradients;
        let wider = if backward.format.precision > forward.format.precision { backward } else { forward };
        let update = gradients.plain().unwrap_or(ArithmeticName::plain(storage.unwrap_or(wider.format)));
        TrainingPolicy { gradients, update, master: ArithmeticName::plain(update.format) }
    }
}

impl TrainingPolicy {
    /// Reads a policy of gradients with or without `/update=ARITHMETIC` and `/master=FORMAT`.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub fn parse(text: &str) -> Result<TrainingPolicy, String> {
        let (mut update, mut master, mut gradients) = (None, None, Vec::new());
        for part in text.split('/') {
            let (slot, name) = match part.split_once('=') {
                Some(("update", name)) => (&mut update, name),
                Some(("master", name)) => (&mut master, name),
                _ => {
                    gradients.push(part);
                    continue;
                }
            };
            let name = ArithmeticName::parse(name)
                .map_err(|message| format!("precision `{text}`, `{part}`: {}", first_line(&message)))?;
            if slot.replace(name).is_some() {
                return Err(format!("precision `{text}`: the role `{part}` is given twice; keep one"));
            }
        }
        if gradients.is_empty() {
            return Err(format!("precision `{text}`: the precision of gradients is missing; write `bf16/{text}`"));
        }
        let plain = TrainingPolicy::from(Policy::parse(&gradients.join("/"))?);
        let update = update.unwrap_or(plain.update);
        let master = master.unwrap_or(ArithmeticName::plain(update.format));
        if master.accumulator != master.format || master.sum != Sum::Sequential || master.operands.is_some() {
            let format = master.format;
            return Err(format!(
                "precision `{text}`: `master={master}` has no sums, because parameters are rounded one by one; write `master={format}`, with or without `:round=…`"
            ));
        }
        for (role, name) in [("update", update), ("master", master)] {
            let bits = name.format.precision;
            if bits > MOST_BITS {
                return Err(format!(
                    "precision `{text}`: training stores parameters as doubles, but `{role}` has {bits} significand bits; give at most {MOST_BITS}, as in `{}/update=f64`",
                    plain.gradients
                ));
            }
        }
        Ok(TrainingPolicy { gradients: plain.gradients, update, master })
    }
}

impl TrainingPolicy {
    /// Role by role, even for presets.
    pub fn spelled(&self) -> String {
        self.gradients.spelled() + &self.roles_of_training()
    }

    /// `/update=f32/master=bf16`, each only if it is not the default.
    fn roles_of_training(&self) -> String {
        let update = if self.update != TrainingPolicy::from(self.gradients).update {
            format!("/update={}", self.update)
        } else {
            String::new()
        };
        let master = if self.master != ArithmeticName::plain(self.update.format) {
            format!("/master={}", self.master)
        } else {
            String::new()
        };
        update + &master
    }
}

/// A preset by its name, with the roles of training that are not the default.
impl fmt::Display for TrainingPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.gradients, self.roles_of_training())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_policies_round_trip_in_one_spelling() {
        for (text, canonical, update, master) in [
            ("half", "f16", "f16", "f16"),
            ("f16:acc=f32", "f16:acc=f32", "f16:acc=f32", "f16"),
            ("amp-fp16", "amp-fp16", "f32", "f32"),
            ("amp-fp16/update=f32", "amp-fp16", "f32", "f32"),
            ("bf16/update=f32", "bf16/update=f32", "f32", "f32"),
            (
                "master=bf16:round=stochastic/bf16/update=f32",
                "bf16/update=f32/master=bf16:round=stochastic",
                "f32",
                "bf16:round=stochastic",
            ),
            ("forward=f32/backward=f16", "forward=f32/backward=f16", "f32", "f32"),
            ("forward=f16/backward=f32/update=f16", "forward=f16/backward=f32/update=f16", "f16", "f16"),
            ("mpfr:60/update=f64", "mpfr:60/update=f64", "f64", "f64"),
            ("bf16:round=stochastic", "bf16:round=stochastic", "bf16:round=stochastic", "bf16"),
        ] {
            let policy = TrainingPolicy::parse(text).unwrap_or_else(|error| panic!("{error}"));
            let found = (policy.to_string(), policy.update.to_string(), policy.master.to_string());
            assert_eq!(found, (canonical.into(), update.into(), master.into()));
            assert_eq!(TrainingPolicy::parse(canonical), Ok(policy));
        }
    }

    #[test]
    fn wrong_training_policies_name_their_fix() {
        for (text, words) in [
            ("mpfr:60", "mpfr:60/update=f64"),
            ("f16/update=mpfr:54", "at most 53"),
            ("f16/master=f32:sum=kahan", "master=f32"),
            ("f16/update=f33", "unknown format"),
            ("f16/update=f32/update=f16", "twice"),
            ("update=f32", "missing"),
            ("f17/update=f32", "f17"),
        ] {
            let error = TrainingPolicy::parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
