//! Validation of a spec, with the fix in each error message.

use super::error::{SpecError, named};
use super::fields::Fields;
use super::files::Files;
use super::names;
use super::plan::{Plan, RunPlan, Schedule};
use super::table::Spec;
use crate::activation::Activation;
use crate::arithmetic::Policy;
use crate::draw::LARGEST_NORMAL;
use crate::format::GRID;
use crate::init::BIAS_DEVIATION;

/// Smallest and largest accepted accuracy of the exact gradient, in bits.
const TRUTH_BITS: std::ops::RangeInclusive<u32> = 8..=8192;
/// Smallest weight of the grid of drawn parameters.
const SMALLEST_WEIGHT: f64 = 1.0 / (1 << 24) as f64;

impl Spec {
    /// Reads every name and checks every limit.
    ///
    /// # Errors
    /// The first mistake, with the fix; a spec that names files needs [`Spec::validate_with`].
    pub fn validate(&self) -> Result<Plan, SpecError> {
        self.validate_with(Files::default())
    }

    /// Reads every name and checks every limit of a spec whose files were read.
    ///
    /// # Errors
    /// The first mistake, with the fix.
    pub fn validate_with(&self, files: Files) -> Result<Plan, SpecError> {
        let fail = |message: String| Err(SpecError(message));
        Spec::FIELDS.iter().try_for_each(|field| field.check(self)).map_err(SpecError)?;
        if let Some(samples) = self.data.samples().filter(|&samples| self.batch > samples) {
            let name = self.data.name();
            return fail(format!("--batch {}: the {name} have {samples} samples; give at most {samples}", self.batch));
        }
        let (features, _) = self.shape();
        if self.residual && self.depth == 1 && self.width != features {
            let width = self.width;
            return fail(format!(
                "--residual: the only hidden layer has {features} inputs and {width} outputs; give --depth 2 or --width {features}"
            ));
        }
        if !TRUTH_BITS.contains(&self.truth_bits) {
            let (least, most) = (TRUTH_BITS.start(), TRUTH_BITS.end());
            return fail(format!("--truth-bits {}: give {least} to {most}", self.truth_bits));
        }
        let (bias, bias_std) = self.biases().map_err(SpecError)?;
        self.check_files(&files).map_err(SpecError)?;
        self.check_compared(&files).map_err(SpecError)?;
        let (runs, activations) = match self.mixed_activations()? {
            Some(layers) => (vec![RunPlan::PerLayer(layers)], self.activations.clone()),
            None => {
                let activations = named("activation", "--act leaky", &self.activations, Activation::parse)?;
                if self.weights.is_none() {
                    self.check_gains(&activations).map_err(SpecError)?;
                }
                let names = activations.iter().map(Activation::name).collect();
                (activations.into_iter().map(RunPlan::Uniform).collect(), names)
            }
        };
        let (arithmetics, names) = names::policies(&self.formats, &self.names, Policy::parse)?;
        self.check_names(&names).map_err(SpecError)?;
        let spec = Spec {
            activations,
            names,
            formats: arithmetics.iter().map(Policy::to_string).collect(),
            bias,
            bias_std,
            ..self.clone()
        };
        let Files { network, samples, compared, .. } = files;
        Ok(Plan { spec, runs, arithmetics, network, samples, compared, schedule: Schedule::default() })
    }

    /// Whether there are biases, and their standard deviation unless it is the usual one.
    fn biases(&self) -> Result<(bool, Option<f64>), String> {
        let Some(deviation) = self.bias_std else { return Ok((self.bias || self.init.implies_biases(), None)) };
        let fail = |fix: String| Err(format!("--bias-std {deviation:?}: {fix}"));
        let most = GRID.max().map_or(f64::INFINITY, |max| max.to_f64()) / LARGEST_NORMAL;
        match deviation {
            _ if self.init.implies_biases() => {
                fail(format!("--init {} has biases of its own; leave --bias-std out or give another --init", self.init))
            }
            0.0 => Ok((false, None)),
            BIAS_DEVIATION => Ok((true, None)),
            _ if deviation.is_nan() || deviation < SMALLEST_WEIGHT => {
                fail(format!("many biases would be rounded to zero; give 0 or at least {SMALLEST_WEIGHT:.1e}"))
            }
            _ if deviation > most => fail(format!("biases would exceed f16's range; give at most {most:.0}")),
            _ => Ok((true, Some(deviation))),
        }
    }

    /// Refuses gains for which weights exceed the range of the grid.
    fn check_gains(&self, activations: &[Activation]) -> Result<(), String> {
        if let Some(gain) = self.gain {
            if !self.init.takes_gain() {
                let init = self.init;
                return Err(format!(
                    "--gain {gain}: --init {init} has a fixed gain; leave --gain out or give --init xavier"
                ));
            }
            if !(gain.is_finite() && gain > 0.0) {
                return Err(format!("--gain {gain}: give a positive finite number, such as --gain 1.5"));
            }
        }
        // Per unit of gain: the largest possible weight, and the smallest standard deviation.
        let inner = (self.depth > 1).then_some((self.width, self.width));
        let (features, outputs) = self.shape();
        let shapes = || [(features, self.width), (self.width, outputs)].into_iter().chain(inner);
        let largest =
            shapes().map(|(fan_in, fan_out)| self.init.largest_weight(1.0, fan_in, fan_out)).fold(0.0, f64::max);
        let deviations = shapes().map(|(fan_in, fan_out)| self.init.deviation(1.0, fan_in, fan_out));
        let most = GRID.max().map_or(f64::INFINITY, |max| max.to_f64()) / largest;
        let least = SMALLEST_WEIGHT / deviations.fold(f64::INFINITY, f64::min);
        for activation in activations {
            let gain = self.gain_for(activation)?;
            let option = match self.gain {
                Some(gain) => format!("--gain {gain:?}"),
                None => format!("--init {} gives {} the gain {gain:.1e}", self.init, activation.name()),
            };
            let give = if self.gain.is_some() { "give" } else { "give --gain" };
            if gain.is_nan() || gain > most {
                return Err(format!("{option}: weights would exceed f16's range; {give} at most {most:.0}"));
            }
            if gain < least {
                return Err(format!("{option}: many weights would be rounded to zero; {give} at least {least:.1e}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::Init;

    fn error(change: impl Fn(&mut Spec)) -> String {
        let mut spec = Spec::default();
        change(&mut spec);
        spec.validate().expect_err("the spec is wrong").0
    }

    #[test]
    fn the_default_is_canonical() {
        let plan = Spec::default().validate().unwrap();
        assert_eq!(plan.spec, Spec::default());
    }

    #[test]
    fn aliases_become_canonical_and_share_the_hash() {
        let aliases = Spec {
            activations: vec!["LeakyReLU".into()],
            formats: ["half:acc=float32", "bfloat16:acc=f32", "float16", "float", "double"].map(String::from).to_vec(),
            init: Init::parse("he").unwrap(),
            ..Spec::default()
        };
        let canonical = aliases.validate().unwrap().spec;
        assert_eq!(canonical, Spec::default());
        assert_eq!(canonical.hash("1"), Spec::default().hash("1"));
        assert_ne!(canonical.hash("1"), canonical.hash("2"));
        assert_ne!(canonical.hash("1"), Spec { seed: 1, ..canonical.clone() }.hash("1"));
    }

    /// The same network has the same spec, whichever option says it.
    #[test]
    fn deviations_of_biases_are_canonical() {
        let biases = |bias, bias_std| {
            let spec = Spec { bias, bias_std, ..Spec::default() }.validate().unwrap().spec;
            (spec.bias, spec.bias_std)
        };
        assert_eq!(biases(true, Some(0.0)), biases(false, None));
        assert_eq!(biases(false, Some(0.1)), biases(true, None));
        assert_eq!(biases(false, Some(0.2)), (true, Some(0.2)));
    }

    #[test]
    fn every_mistake_names_its_fix() {
        for (message, words) in [
            (error(|spec| spec.depth = 0), "--depth 50"),
            (error(|spec| spec.width = 0), "--width 64"),
            (error(|spec| spec.batch = 0), "--batch 32"),
            (error(|spec| spec.trials = 0), "--trials 5"),
            (error(|spec| spec.batch = 1798), "at most 1797"),
            (error(|spec| spec.gain = Some(f64::NAN)), "positive finite"),
            (error(|spec| spec.gain = Some(f64::INFINITY)), "positive finite"),
            (error(|spec| spec.gain = Some(-1.0)), "positive finite"),
            (error(|spec| spec.gain = Some(1e9)), "f16's range"),
            (error(|spec| spec.gain = Some(1e-9)), "give at least 4.8e-7"),
            (error(|spec| spec.bias_std = Some(-0.1)), "give 0 or at least 6.0e-8"),
            (error(|spec| spec.bias_std = Some(f64::NAN)), "give 0 or at least"),
            (error(|spec| spec.bias_std = Some(1e6)), "f16's range"),
            (error(|spec| (spec.init, spec.bias_std) = (Init::Torch, Some(0.2))), "biases of its own"),
            (error(|spec| spec.activations = vec![" ".into()]), "--act leaky"),
            (error(|spec| spec.formats = vec!["f16".into(), String::new()]), "an empty precision"),
            (error(|spec| spec.formats = vec!["f16\u{1b}[31m".into()]), "control character"),
            (error(|spec| spec.truth_bits = 0), "8 to 8192"),
            (error(|spec| (spec.init, spec.gain) = (Init::Torch, Some(1.0))), "leave --gain out"),
            (error(|spec| (spec.init, spec.gain) = (Init::Lecun, Some(1.0))), "--init xavier"),
            (error(|spec| (spec.init, spec.gain) = (Init::Orthogonal, Some(1e6))), "give at most 65280"),
            (error(|spec| (spec.init, spec.gain) = (Init::Xavier, Some(1e-9))), "give at least 4.8e-7"),
            (error(|spec| (spec.init, spec.activations) = (Init::Kaiming, vec!["elu".into()])), "--init preserve"),
            (error(|spec| (spec.residual, spec.depth, spec.width) = (true, 1, 8)), "--depth 2 or --width 64"),
            (error(|spec| spec.activations = vec![]), "--act leaky"),
            (error(|spec| spec.activations = vec!["laeky".into()]), "did you mean `leaky`"),
            (error(|spec| spec.formats = vec!["f16".into(), "half".into()]), "given twice"),
        ] {
            assert!(message.contains(words), "{message}");
            assert!(!message.ends_with('.'), "{message}");
        }
    }
}
