//! Policies, which assign an arithmetic to each role, and well-known presets.
//!
//! `forward=f32/backward=f16` computes z, a, φ', softmax's p and residual sums in f32 and the whole backward pass in
//! f16; a value that is passed from one role to the other is rounded once to the receiving one. `storage=FORMAT` first
//! rounds parameters, inputs and targets to that format, like a program that stores them in it; without it they enter
//! each role exactly and are rounded there. A single arithmetic serves all three roles.

mod training;

pub use training::TrainingPolicy;

use super::ArithmeticName;
use crate::format::Format;
use crate::nearest::nearest;
use crate::quote::pointed;
use std::fmt;

/// One arithmetic per role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Format of stored parameters, inputs and targets; `None` if they stay exact.
    pub storage: Option<Format>,
    /// z, a, φ'(z), softmax's p, residual sums.
    pub forward: ArithmeticName,
    /// δ, Wᵀδ, its product with φ', and the gradients of the parameters.
    pub backward: ArithmeticName,
}

/// A preset: its name, its policy, and the recipe that it imitates.
pub struct Preset {
    /// The name in `--formats`.
    pub name: &'static str,
    /// The policy, role by role.
    pub policy: &'static str,
    /// The source of the recipe.
    pub about: &'static str,
}

/// Well-known recipes of mixed precision. They do not include loss scaling; norms, softmax and the sums of bias
/// gradients stay in the stored format, as in the recipes.
pub const PRESETS: [Preset; 6] = [
    Preset {
        name: "amp-fp16",
        policy: "storage=f32/forward=f16:acc=f32/backward=f16:acc=f32",
        about: "torch.autocast in float16: f32 parameters, products in f16 with f32 accumulators (Micikevicius et al. 2018)",
    },
    Preset {
        name: "amp-bf16",
        policy: "storage=f32/forward=bf16:acc=f32/backward=bf16:acc=f32",
        about: "torch.autocast in bfloat16: the same in bf16 (Kalamkar et al. 2019)",
    },
    Preset {
        name: "fp8-hybrid",
        policy: "storage=f32/forward=bf16:acc=f32:operands=amax-e4m3fn/backward=bf16:acc=f32:operands=amax-e4m3fn:gradients=amax-e5m2",
        about: "TransformerEngine's Float8CurrentScaling, HYBRID: tensors in bf16, factors in e4m3, gradients in e5m2, a scale for each tensor (Micikevicius et al. 2022)",
    },
    Preset {
        name: "deepseek-fp8",
        policy: "storage=f32/forward=bf16:acc=f32:sum=h100:promote=128:operands=tile-e4m3fn/backward=bf16:acc=f32:sum=h100:promote=128:operands=tile-e4m3fn",
        about: "DeepSeek-V3: e4m3 in tiles of 128, Hopper's tensor cores, partial sums promoted to f32 every 128 terms (DeepSeek-AI 2024), scales powers of two",
    },
    Preset {
        name: "mxfp8",
        policy: "storage=f32/forward=bf16:acc=f32:operands=mxfp8-rceil/backward=bf16:acc=f32:operands=mxfp8-rceil",
        about: "NVIDIA's MXFP8: tensors in bf16, factors in e4m3 with a power of two for each 32 along the sum, rounded up (Mishra et al. 2025)",
    },
    Preset {
        name: "nvfp4",
        policy: "storage=f32/forward=bf16:acc=f32:operands=nvfp4/backward=bf16:acc=f32:operands=nvfp4",
        about: "NVIDIA's NVFP4: factors in e2m1 with an e4m3 for each 16 and an f32 for the tensor (NVIDIA 2025), without its Hadamard transforms, squares and stochastic gradients",
    },
];

/// Names of the roles in canonical order; the last two belong to training.
const ROLES: [&str; 5] = ["storage", "forward", "backward", "update", "master"];
/// Number of roles for gradients.
const GRADIENT_ROLES: usize = 3;

impl From<ArithmeticName> for Policy {
    /// The plain run: one arithmetic in every role.
    fn from(name: ArithmeticName) -> Policy {
        Policy { storage: Some(name.format), forward: name, backward: name }
    }
}

impl Policy {
    /// The one arithmetic of a plain run.
    pub fn plain(&self) -> Option<ArithmeticName> {
        (*self == Policy::from(self.forward)).then_some(self.forward)
    }

    /// The same precisions with unbounded exponents everywhere: in storage, in both roles and their accumulators.
    pub fn unbounded(&self) -> Policy {
        let storage = self.storage.map(|storage| Format::mpfr(storage.precision));
        Policy { storage, ..self.with_unbounded_roles() }
    }

    /// Both roles with unbounded exponents, including accumulators; storage is unchanged.
    pub fn with_unbounded_roles(&self) -> Policy {
        Policy { forward: self.forward.unbounded(), backward: self.backward.unbounded(), ..*self }
    }

    /// True if nothing can exceed the range: [`Policy::unbounded`] changes nothing.
    pub fn is_unbounded(&self) -> bool {
        *self == self.unbounded()
    }

    /// The preset that this is.
    pub fn preset(&self) -> Option<&'static Preset> {
        let spelled = self.spelled();
        PRESETS.iter().find(|preset| preset.policy == spelled)
    }

    /// Role by role, even for presets; a plain run by its single arithmetic.
    pub fn spelled(&self) -> String {
        if let Some(name) = self.plain() {
            return name.to_string();
        }
        let storage = self.storage.map(|storage| format!("storage={storage}/")).unwrap_or_default();
        format!("{storage}forward={}/backward={}", self.forward, self.backward)
    }

    /// Reads an arithmetic, a preset, or roles separated by `/`.
    ///
    /// # Errors
    /// A message with the fix, and lines that point at the character.
    pub fn parse(text: &str) -> Result<Policy, String> {
        let known = |name: &str| PRESETS.iter().find(|preset| preset.name == name.to_ascii_lowercase());
        if let Some(preset) = known(text) {
            return Policy::parse_roles(preset.policy);
        }
        let first = text.split(['=', '/', ':']).next().unwrap_or_default();
        let names_role = ROLES.contains(&first) && text[first.len()..].starts_with('=');
        if names_role || text.contains('/') {
            return Policy::parse_roles(text);
        }
        match ArithmeticName::parse(text) {
            Ok(name) => Ok(name.into()),
            // Only a name that looks like a preset is compared with the presets.
            Err(_) if ["amp", "fp8-", "mx", "nv", "deep"].iter().any(|start| text.starts_with(start)) => {
                let nearest = nearest(text, PRESETS.iter().map(|preset| preset.name));
                let all = PRESETS.map(|preset| format!("`{}`", preset.name)).join(", ");
                let message = format!("unknown preset; did you mean `{nearest}`? ({all} are valid)");
                Err(pointed("precision", text, 0, &message))
            }
            Err(message) => Err(message),
        }
    }

    fn parse_roles(text: &str) -> Result<Policy, String> {
        let point = |offset: usize, message: String| pointed("precision", text, offset, &message);
        // Checked first, because after a single arithmetic the message would be about missing roles.
        let mut start = 0;
        for part in text.split('/') {
            let role = part.split_once('=').map_or("", |(role, _)| role);
            if ROLES[GRADIENT_ROLES..].contains(&role) {
                let message = format!("`{role}` is a role of training, only for `precision-probe train`; remove it");
                return Err(point(start, message));
            }
            start += part.len() + 1;
        }
        let (mut storage, mut forward, mut backward) = (None, None, None);
        let mut offset = 0;
        for part in text.split('/') {
            let start = offset;
            offset += part.len() + 1;
            let Some((role, name)) = part.split_once('=') else {
                return Err(point(start, "a role is missing; write `forward=f32/backward=f16`".into()));
            };
            let value = start + role.len() + 1;
            let arithmetic = || ArithmeticName::parse(name).map_err(|message| point(value, first_line(&message)));
            let slot = match role {
                "storage" => {
                    let format = Format::parse_of_numbers(name).map_err(|message| point(value, message))?;
                    if storage.replace(format).is_some() {
                        return Err(point(start, "`storage` is given twice; keep one".into()));
                    }
                    continue;
                }
                "forward" => &mut forward,
                "backward" => &mut backward,
                other => {
                    let known = nearest(other, ROLES.into_iter().take(GRADIENT_ROLES));
                    return Err(point(
                        start,
                        format!(
                            "unknown role `{other}`; did you mean `{known}`? (`storage`, `forward` and `backward` are valid)"
                        ),
                    ));
                }
            };
            if slot.replace(arithmetic()?).is_some() {
                return Err(point(start, format!("`{role}` is given twice; keep one")));
            }
        }
        match (forward, backward) {
            (Some(forward), Some(backward)) => Ok(Policy { storage, forward, backward }),
            (None, _) => Err(point(text.len(), "the role `forward` is missing; add `/forward=f32`".into())),
            (_, None) => Err(point(text.len(), "the role `backward` is missing; add `/backward=f32`".into())),
        }
    }
}

/// An error without its own pointer.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.split_once(": ").map_or(line, |(_, words)| words).to_string()
}

impl fmt::Display for Policy {
    /// A preset by its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.preset() {
            Some(preset) => f.write_str(preset.name),
            None => f.write_str(&self.spelled()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_round_trip_in_one_spelling() {
        for (text, canonical) in [
            ("f16", "f16"),
            ("half:acc=float", "f16:acc=f32"),
            ("forward=float32/backward=half", "forward=f32/backward=f16"),
            ("backward=e5m2:acc=f32/forward=e4m3fn:acc=f32", "forward=e4m3fn:acc=f32/backward=e5m2:acc=f32"),
            ("forward=f16/backward=f16", "forward=f16/backward=f16"),
            ("backward=f16/storage=f16/forward=f16", "f16"),
            ("storage=bf16/forward=mpfr:40/backward=f16", "storage=bf16/forward=mpfr:40/backward=f16"),
            ("storage=f32/backward=f16:acc=f32/forward=f16:acc=f32", "amp-fp16"),
            ("AMP-bf16", "amp-bf16"),
            (
                "forward=mpfr:8:operands=mpfr:4/backward=f16:sum=v100",
                "forward=mpfr:8:operands=mpfr:4/backward=f16:acc=f32:sum=v100",
            ),
        ] {
            let policy = Policy::parse(text).unwrap();
            assert_eq!(policy.to_string(), canonical);
            assert_eq!(Policy::parse(canonical), Ok(policy));
        }
    }

    #[test]
    fn presets_are_policies_in_their_canonical_spelling() {
        for preset in &PRESETS {
            let policy = Policy::parse(preset.name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((policy.to_string().as_str(), policy.spelled().as_str()), (preset.name, preset.policy));
            assert_eq!(Policy::parse(preset.policy), Ok(policy));
        }
        assert!(Policy::parse("mxfp9").unwrap_err().contains("did you mean `mxfp8`"));
    }

    #[test]
    fn errors_point_at_the_character() {
        for (text, column, words) in [
            ("forward=f32", 12, "`backward` is missing"),
            ("backward=f32", 13, "`forward` is missing"),
            ("forward=f32/backwrad=f16", 13, "did you mean `backward`"),
            ("forward=f32/f16", 13, "a role is missing"),
            ("forward=f33/backward=f16", 9, "unknown format `f33`"),
            ("forward=f32/forward=f16", 13, "twice"),
            ("storage=f16:acc=f32/forward=f32/backward=f16", 9, "unknown format"),
            ("update=f32/forward=f32/backward=f16", 1, "training"),
            ("f16/f32", 1, "a role is missing"),
            ("f16/update=f32", 5, "precision-probe train"),
            ("bf16/master=bf16:round=stochastic", 6, "precision-probe train"),
        ] {
            let error = Policy::parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
            let caret = error.lines().last().unwrap();
            assert_eq!(caret.chars().count(), column + 2, "{text}: {error}");
        }
        assert!(Policy::parse("amp-f16").unwrap_err().contains("did you mean `amp-fp16`"));
        assert!(Policy::parse("flaot16").unwrap_err().contains("did you mean `float16`"));
    }
}
