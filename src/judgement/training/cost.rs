//! What an arithmetic costs in training: bits of its formats.

use crate::arithmetic::ArithmeticName;
use crate::arithmetic::policy::TrainingPolicy;
use crate::format::Format;
use crate::record::training::Learner;

/// Bits of the widest format of the gradients, then of the optimiser and of the parameters that are kept; accumulators
/// apart. None for `mpfr:N`, which nobody has.
pub type Cost = [u32; 3];

/// The cost of a learner's arithmetic.
pub fn of(learner: &Learner) -> Option<Cost> {
    let spelled = learner.policy.as_deref().unwrap_or(&learner.name);
    let gradients = match TrainingPolicy::parse(spelled) {
        Ok(policy) => {
            let policy = policy.gradients;
            let formats = [Some(policy.forward.format), Some(policy.backward.format), policy.storage];
            formats.into_iter().flatten().map(bits).collect::<Option<Vec<_>>>()?.into_iter().max()?
        }
        // A name of the user's own.
        Err(_) => bits(Format::parse(&learner.format.name).ok()?)?,
    };
    let of_name = |name: &str| bits(ArithmeticName::parse(name).ok()?.format);
    Some([gradients, of_name(&learner.update)?, of_name(&learner.master)?])
}

fn bits(format: Format) -> Option<u32> {
    format.max_exponent().map(|_| format.code_bits())
}
